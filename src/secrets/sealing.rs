//! Sealing by AES-256-GCM: bytes that open under one key and for one record only. The sealed bytes begin with the id
//! of their key, so that a store may hold records of two keys while it goes from one to the other.

use std::sync::{Mutex, PoisonError};

use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;

use super::{KEY_BYTES, SecretsError};

/// An encryption key's number within its store: 1, 2 and so on.
pub type KeyId = u32;

const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// What sealing adds to the plain bytes: the key's id, the nonce and the tag.
pub const SEAL_BYTES: usize = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

/// The id of the key that bytes were sealed under; `None` for what is too short to be sealed bytes.
pub fn key_id(sealed: &[u8]) -> Option<KeyId> {
    let (id, _) = sealed.split_first_chunk()?;
    Some(KeyId::from_be_bytes(*id))
}

/// A key that seals, with the contexts of openssl that it is loaded in: loading takes longer than sealing a record.
pub(super) struct SealingKey {
    key: [u8; KEY_BYTES],
    sealing: Mutex<Vec<CipherCtx>>,
    opening: Mutex<Vec<CipherCtx>>,
}

impl SealingKey {
    pub(super) fn new(key: [u8; KEY_BYTES]) -> SealingKey {
        SealingKey {
            key,
            sealing: Mutex::default(),
            opening: Mutex::default(),
        }
    }

    /// Seals `plain` for `record`: key id, random nonce, ciphertext, tag. `id` is this key's.
    pub(super) fn seal(
        &self,
        id: KeyId,
        record: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SecretsError> {
        let mut sealed = Vec::with_capacity(plain.len() + SEAL_BYTES);
        sealed.extend_from_slice(&id.to_be_bytes());
        self.seal_onto(&mut sealed, record, plain)?;
        Ok(sealed)
    }

    /// Opens what [`SealingKey::seal`] made by the same key, whose id the caller has looked at.
    pub(super) fn open(&self, record: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SecretsError> {
        let (_, rest) = sealed
            .split_at_checked(KEY_ID_BYTES)
            .ok_or(SecretsError::Unsealable)?;
        self.open_unnamed(record, rest)
    }

    fn seal_onto(
        &self,
        sealed: &mut Vec<u8>,
        record: &[u8],
        plain: &[u8],
    ) -> Result<(), SecretsError> {
        let mut nonce = [0; NONCE_BYTES];
        rand_bytes(&mut nonce)?;
        let mut context = match idle(&self.sealing) {
            Some(context) => context,
            None => {
                let mut context = CipherCtx::new()?;
                context.encrypt_init(Some(Cipher::aes_256_gcm()), Some(&self.key), None)?;
                context
            }
        };
        context.encrypt_init(None, None, Some(&nonce))?;
        context.cipher_update(record, None)?;
        sealed.extend_from_slice(&nonce);
        context.cipher_update_vec(plain, sealed)?;
        context.cipher_final(&mut [])?;
        let mut tag = [0; TAG_BYTES];
        context.tag(&mut tag)?;
        sealed.extend_from_slice(&tag);
        keep(&self.sealing, context);
        Ok(())
    }

    fn open_unnamed(&self, record: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SecretsError> {
        let (nonce, rest) = sealed
            .split_at_checked(NONCE_BYTES)
            .ok_or(SecretsError::Unsealable)?;
        let (cipher_text, tag) = rest
            .len()
            .checked_sub(TAG_BYTES)
            .and_then(|length| rest.split_at_checked(length))
            .ok_or(SecretsError::Unsealable)?;
        self.decrypt(nonce, record, cipher_text, tag)
            .map_err(|_| SecretsError::Unsealable)
    }

    fn decrypt(
        &self,
        nonce: &[u8],
        record: &[u8],
        cipher_text: &[u8],
        tag: &[u8],
    ) -> Result<Vec<u8>, ErrorStack> {
        let mut context = match idle(&self.opening) {
            Some(context) => context,
            None => {
                let mut context = CipherCtx::new()?;
                context.decrypt_init(Some(Cipher::aes_256_gcm()), Some(&self.key), None)?;
                context
            }
        };
        context.decrypt_init(None, None, Some(nonce))?;
        context.cipher_update(record, None)?;
        let mut plain = Vec::with_capacity(cipher_text.len());
        context.cipher_update_vec(cipher_text, &mut plain)?;
        context.set_tag(tag)?;
        // Nothing leaves here before the tag was found right.
        context.cipher_final(&mut [])?;
        keep(&self.opening, context);
        Ok(plain)
    }
}

/// A context that nobody uses. One that an error was met in is not kept.
fn idle(contexts: &Mutex<Vec<CipherCtx>>) -> Option<CipherCtx> {
    let mut contexts = contexts.lock().unwrap_or_else(PoisonError::into_inner);
    contexts.pop()
}

fn keep(contexts: &Mutex<Vec<CipherCtx>>, context: CipherCtx) {
    let mut contexts = contexts.lock().unwrap_or_else(PoisonError::into_inner);
    contexts.push(context);
}

/// Seals without naming the key: nonce, ciphertext, tag.
pub(super) fn seal(
    key: &[u8; KEY_BYTES],
    record: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SecretsError> {
    let mut sealed = Vec::with_capacity(plain.len() + NONCE_BYTES + TAG_BYTES);
    SealingKey::new(*key).seal_onto(&mut sealed, record, plain)?;
    Ok(sealed)
}

/// Opens what [`seal`] made.
pub(super) fn open(
    key: &[u8; KEY_BYTES],
    record: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, SecretsError> {
    SealingKey::new(*key).open_unnamed(record, sealed)
}
