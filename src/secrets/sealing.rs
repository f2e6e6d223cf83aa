//! Sealing by AES-256-GCM: bytes that open under one key and for one record only. The sealed bytes begin with the id
//! of their key, so that a store may hold records of two keys while it goes from one to the other.

use openssl::rand::rand_bytes;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

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

/// Seals `plain` for `record`: key id, random nonce, ciphertext, tag.
pub(super) fn seal_as(
    id: KeyId,
    key: &[u8; KEY_BYTES],
    record: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SecretsError> {
    let mut sealed = Vec::with_capacity(plain.len() + SEAL_BYTES);
    sealed.extend_from_slice(&id.to_be_bytes());
    seal_onto(&mut sealed, key, record, plain)?;
    Ok(sealed)
}

/// Opens what [`seal_as`] made with the same key, whose id the caller has looked at.
pub(super) fn open_named(
    key: &[u8; KEY_BYTES],
    record: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, SecretsError> {
    let (_, rest) = sealed
        .split_at_checked(KEY_ID_BYTES)
        .ok_or(SecretsError::Unsealable)?;
    open(key, record, rest)
}

/// Seals without naming the key: nonce, ciphertext, tag.
pub(super) fn seal(
    key: &[u8; KEY_BYTES],
    record: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SecretsError> {
    let mut sealed = Vec::with_capacity(plain.len() + NONCE_BYTES + TAG_BYTES);
    seal_onto(&mut sealed, key, record, plain)?;
    Ok(sealed)
}

fn seal_onto(
    sealed: &mut Vec<u8>,
    key: &[u8; KEY_BYTES],
    record: &[u8],
    plain: &[u8],
) -> Result<(), SecretsError> {
    let mut nonce = [0; NONCE_BYTES];
    rand_bytes(&mut nonce)?;
    let mut tag = [0; TAG_BYTES];
    let cipher_text = encrypt_aead(
        Cipher::aes_256_gcm(),
        key,
        Some(&nonce),
        record,
        plain,
        &mut tag,
    )?;
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&cipher_text);
    sealed.extend_from_slice(&tag);
    Ok(())
}

/// Opens what [`seal`] made.
pub(super) fn open(
    key: &[u8; KEY_BYTES],
    record: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, SecretsError> {
    let (nonce, rest) = sealed
        .split_at_checked(NONCE_BYTES)
        .ok_or(SecretsError::Unsealable)?;
    let (cipher_text, tag) = rest
        .len()
        .checked_sub(TAG_BYTES)
        .and_then(|length| rest.split_at_checked(length))
        .ok_or(SecretsError::Unsealable)?;
    decrypt_aead(
        Cipher::aes_256_gcm(),
        key,
        Some(nonce),
        record,
        cipher_text,
        tag,
    )
    .map_err(|_| SecretsError::Unsealable)
}
