//! The envelope around every stored value: format version, checksum, payload. Knows no table's contents.
//!
//! Invariant: what is decoded is what was encoded under the same key, or an error; never something else.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys::{KEY_BYTES_MAX, Key, Table};
use crate::secrets::{Keyring, SecretsError};
use crate::store::StoreError;

/// Largest value, envelope included. sled puts larger things into files that it never syncs.
pub(in crate::store) const VALUE_BYTES_MAX: usize = 65_536;

/// Format of every payload that is written. Raise it when a stored type changes, keep reading the old one
/// ([`FORMATS_READ`]), and say in [`upgraded_payload`] how an old payload becomes a new one.
pub(in crate::store) const FORMAT_VERSION: u8 = 1;

/// Formats that are read. In tests there is an earlier one, of the same payload, so that going from one to the next is
/// proven before there are two.
#[cfg(not(test))]
const FORMATS_READ: &[u8] = &[FORMAT_VERSION];
#[cfg(test)]
const FORMATS_READ: &[u8] = &[0, FORMAT_VERSION];

const CHECKSUM_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + CHECKSUM_BYTES;

/// Encodes a payload for its key: version, checksum over version, key and payload, payload.
pub(in crate::store) fn encode(key: &Key, payload: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let mut value = postcard::to_extend(payload, vec![FORMAT_VERSION, 0, 0, 0, 0])
        .map_err(|error| StoreError::Unavailable(format!("a record cannot be encoded: {error}")))?;
    limit(value.len(), VALUE_BYTES_MAX)?;
    limit(key.as_bytes().len(), KEY_BYTES_MAX)?;
    let (header, payload) = value.split_at_mut(HEADER_BYTES);
    let checksum = checksum(FORMAT_VERSION, key, payload);
    if let Some(place) = header.get_mut(1..) {
        place.copy_from_slice(&checksum);
    }
    Ok(value)
}

/// Decodes a value that was found under `key`.
pub(in crate::store) fn decode<T: DeserializeOwned>(
    table: Table,
    key: &Key,
    value: &[u8],
) -> Result<T, StoreError> {
    let (version, kept, payload) = split(value).ok_or_else(|| corrupt(table, "is too short"))?;
    if checksum(version, key, payload) != kept {
        return Err(corrupt(table, "does not match its checksum"));
    }
    if !FORMATS_READ.contains(&version) {
        return Err(unknown_format(table, version));
    }
    decode_payload(table, payload)
}

/// The format that a value is written in; `None` for what is no record.
pub(in crate::store) fn format_of(value: &[u8]) -> Option<u8> {
    split(value).map(|(version, _, _)| version)
}

/// A value of an earlier format in the newest one; `None` for one that has it already.
pub(in crate::store) fn upgraded(
    table: Table,
    key: &Key,
    value: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    let (version, kept, payload) = split(value).ok_or_else(|| corrupt(table, "is too short"))?;
    if checksum(version, key, payload) != kept {
        return Err(corrupt(table, "does not match its checksum"));
    }
    if version == FORMAT_VERSION {
        return Ok(None);
    }
    if !FORMATS_READ.contains(&version) {
        return Err(unknown_format(table, version));
    }
    let upgraded = in_format(FORMAT_VERSION, key, upgraded_payload(version, payload));
    limit(upgraded.len(), VALUE_BYTES_MAX)?;
    Ok(Some(upgraded))
}

/// A payload in the envelope of a format.
pub(in crate::store) fn in_format(version: u8, key: &Key, payload: &[u8]) -> Vec<u8> {
    let checksum = checksum(version, key, payload);
    [[version].as_slice(), &checksum, payload].concat()
}

/// Every format so far has the same payloads.
fn upgraded_payload(_version: u8, payload: &[u8]) -> &[u8] {
    payload
}

fn unknown_format(table: Table, version: u8) -> StoreError {
    StoreError::Corrupt(format!(
        "a record of the store's table \"{}\" has format {version}, which this program does not know: \
         run the version that wrote it, or a later one",
        table.name()
    ))
}

/// A payload sealed for its key: nothing of it stands in the file in clear.
pub(in crate::store) fn seal(
    keyring: &Keyring,
    key: &Key,
    payload: &impl Serialize,
) -> Result<Vec<u8>, StoreError> {
    let plain = postcard::to_stdvec(payload)
        .map_err(|error| StoreError::Unavailable(format!("a record cannot be encoded: {error}")))?;
    keyring
        .seal(key.as_bytes(), &plain)
        .map_err(|error| keys_failed(&error))
}

/// Opens what [`seal`] made for the same key.
pub(in crate::store) fn open_sealed(
    keyring: &Keyring,
    table: Table,
    key: &Key,
    sealed: &[u8],
) -> Result<Vec<u8>, StoreError> {
    keyring
        .open(key.as_bytes(), sealed)
        .map_err(|error| match error {
            SecretsError::Unsealable => corrupt(table, "does not open with the store's key"),
            SecretsError::UnknownKey(_) => StoreError::UnknownKey,
            other => keys_failed(&other),
        })
}

/// [`open_sealed`], decoded.
pub(in crate::store) fn unseal<T: DeserializeOwned>(
    keyring: &Keyring,
    table: Table,
    key: &Key,
    sealed: &[u8],
) -> Result<T, StoreError> {
    decode_payload(table, &open_sealed(keyring, table, key, sealed)?)
}

/// Decodes what [`open_sealed`] gave.
pub(in crate::store) fn decode_plain<'a, T: Deserialize<'a>>(
    table: Table,
    plain: &'a [u8],
) -> Result<T, StoreError> {
    decode_payload(table, plain)
}

/// A record that is not what was written.
pub(in crate::store) fn corrupt(table: Table, what: &str) -> StoreError {
    StoreError::Corrupt(format!(
        "a record of the store's table \"{}\" {what}: stop the server, keep a copy of the store's folder \
         for analysis, and restore the last backup",
        table.name()
    ))
}

/// A key could not be used; nothing is wrong with the data.
pub(in crate::store) fn keys_failed(error: &SecretsError) -> StoreError {
    StoreError::Unavailable(format!("the store's keys cannot be used: {error}"))
}

fn decode_payload<'a, T: Deserialize<'a>>(
    table: Table,
    payload: &'a [u8],
) -> Result<T, StoreError> {
    match postcard::take_from_bytes(payload) {
        Ok((decoded, [])) => Ok(decoded),
        Ok(_) => Err(corrupt(table, "has more bytes than it should")),
        // The error's own text could quote what it met, which may be personal.
        Err(_) => Err(corrupt(table, "cannot be decoded")),
    }
}

fn split(value: &[u8]) -> Option<(u8, [u8; CHECKSUM_BYTES], &[u8])> {
    let (version, rest) = value.split_first()?;
    let (checksum, payload) = rest.split_first_chunk()?;
    Some((*version, *checksum, payload))
}

/// Over the key too, so that a record that was moved to another key is found.
fn checksum(version: u8, key: &Key, payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let key = key.as_bytes();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[version]);
    hasher.update(&(key.len() as u64).to_be_bytes());
    hasher.update(key);
    hasher.update(payload);
    hasher.finalize().to_be_bytes()
}

/// Refuses what is larger than it may be.
pub(in crate::store) fn limit(bytes: usize, bytes_max: usize) -> Result<(), StoreError> {
    if bytes > bytes_max {
        return Err(StoreError::RecordTooLarge { bytes, bytes_max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::provider("9000001-1")
    }

    fn read(key: &Key, value: &[u8]) -> Result<String, StoreError> {
        decode(Table::Provider, key, value)
    }

    #[test]
    fn what_is_written_is_read_back_under_its_key_only() {
        let value = encode(&key(), &"payload").unwrap();
        assert_eq!(read(&key(), &value).unwrap(), "payload");
        assert!(read(&Key::provider("9000003-8"), &value).is_err());
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let value = encode(&key(), &"payload").unwrap();
        for index in 0..value.len() * 8 {
            let mut changed = value.clone();
            changed[index / 8] ^= 1 << (index % 8);
            assert!(
                matches!(read(&key(), &changed), Err(StoreError::Corrupt(_))),
                "bit {index}"
            );
        }
        for length in 0..value.len() {
            assert!(
                matches!(read(&key(), &value[..length]), Err(StoreError::Corrupt(_))),
                "{length} bytes"
            );
        }
        let longer = [value.as_slice(), &[0]].concat();
        assert!(read(&key(), &longer).is_err());
    }

    #[test]
    fn a_value_at_the_limit_is_kept_and_one_past_it_refused() {
        // Two length bytes would do for less than 16 KiB, three are needed here.
        let fits = "x".repeat(VALUE_BYTES_MAX - HEADER_BYTES - 3);
        assert_eq!(encode(&key(), &fits).unwrap().len(), VALUE_BYTES_MAX);
        assert!(matches!(
            encode(&key(), &(fits + "x")),
            Err(StoreError::RecordTooLarge { bytes, bytes_max: VALUE_BYTES_MAX }) if bytes == VALUE_BYTES_MAX + 1
        ));
    }

    #[test]
    fn a_key_at_the_limit_is_kept_and_one_past_it_refused() {
        let text = "x".repeat(KEY_BYTES_MAX - 5);
        assert!(encode(&Key::provider(&text), &1).is_ok());
        assert!(encode(&Key::provider(&(text + "x")), &1).is_err());
    }
}
