//! The sealed file: two sections under two keys, every byte authenticated.
//!
//! ```text
//! "oat-rec" version(2) | key id (8) | length of sealed (4, LE) | length of access (4, LE) | sealed | access
//! ```
//! A section is a random nonce (12), the ciphertext, and the tag (16) of ChaCha20-Poly1305 (RFC 8439); the sealed section
//! may be of length 0. The sealed section vouches for magic, key id and profile; the access section for
//! everything before it and the profile. So an opened access section vouches for the whole file.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::name::ProfileName;
use crate::random;
use crate::store::master::{KeyId, Keys, SectionKey};

/// Larger files are neither read nor written, in bytes.
pub const LONGEST: u64 = 16 << 20;

const RECORD: &[u8; 7] = b"oat-rec";
const SECRET: &[u8; 7] = b"oat-sec";
const VERSION: u8 = 2;
const HEADER: usize = 24;

/// A record file taken apart; nothing in it is trusted yet.
pub struct Record<'a> {
    /// Which key it says it was sealed under.
    pub key_id: KeyId,
    /// The sealed section as it is, possibly empty.
    pub sealed: &'a [u8],
    before: &'a [u8],
    access: &'a [u8],
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It does not start like one of ours, or its lengths do not fit.
    Foreign,
    /// A later oat wrote it.
    Version(u8),
    /// It is larger than 16 MiB.
    TooLong,
    /// The place of the key has no key.
    NoKey,
    /// It was sealed under a key that is not this place's.
    OtherKey,
    /// A byte was changed, or it belongs to another profile.
    Damaged,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Foreign => f.write_str("it is not a file of oat's, or it was cut short"),
            Unreadable::Version(version) => write!(f, "it is of format {version}, and this oat knows format {VERSION}"),
            Unreadable::TooLong => f.write_str("it is larger than 16 MiB"),
            Unreadable::NoKey => f.write_str("the key that it was sealed under is not there"),
            Unreadable::OtherKey => f.write_str("it was sealed under another key"),
            Unreadable::Damaged => f.write_str("it was changed, or it was sealed for another profile"),
        }
    }
}

impl<'a> Record<'a> {
    /// Takes a file apart.
    pub fn parse(bytes: &'a [u8]) -> std::result::Result<Record<'a>, Unreadable> {
        let (key_id, rest) = parse_start(bytes, RECORD)?;
        let (lengths, _) = rest.split_first_chunk::<8>().ok_or(Unreadable::Foreign)?;
        let [a, b, c, d, e, f, g, h] = *lengths;
        let (sealed, access) = (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]) as usize);
        if (bytes.len() - HEADER) as u64 != sealed as u64 + access as u64 {
            return Err(Unreadable::Foreign);
        }
        let (before, access) = bytes.split_at(HEADER + sealed);
        Ok(Record { key_id, sealed: &before[HEADER..], before, access })
    }

    /// The plain access section; success vouches for the whole file.
    pub fn open_access(&self, key: &SectionKey, profile: &ProfileName) -> std::result::Result<Zeroizing<Vec<u8>>, Unreadable> {
        open(key, &access_vouches(self.before, profile), self.access)
    }

    /// The plain sealed section; None where there is none.
    pub fn open_sealed(&self, key: &SectionKey, profile: &ProfileName) -> std::result::Result<Option<Zeroizing<Vec<u8>>>, Unreadable> {
        match self.sealed {
            [] => Ok(None),
            sealed => open(key, &sealed_vouches(RECORD, &self.key_id, profile), sealed).map(Some),
        }
    }
}

/// Seals a long-lived section.
pub fn seal_long_lived(keys: &Keys, key: &SectionKey, profile: &ProfileName, plain: &[u8]) -> Result<Vec<u8>> {
    seal(key, &sealed_vouches(RECORD, &keys.id, profile), plain)
}

/// Builds a record file from a sealed section as it is and a plain access section.
pub fn build(keys: &Keys, profile: &ProfileName, sealed: &[u8], access: &[u8]) -> Result<Vec<u8>> {
    let access_length = NONCE_LEN + access.len() + CHACHA20_POLY1305.tag_len();
    let whole = HEADER as u64 + sealed.len() as u64 + access_length as u64;
    if whole > LONGEST {
        return Err(Error::new(
            Kind::Store,
            format!("cannot keep {whole} bytes of tokens for profile `{profile}`: the limit is {LONGEST}"),
        )
        .hint("remove what is kept with `oat profile remove`, or keep nothing with `OAT_STORE=none`"));
    }
    let mut file = start(RECORD, &keys.id);
    // Both fit: the whole is at most LONGEST.
    file.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
    file.extend_from_slice(&(access_length as u32).to_le_bytes());
    file.extend_from_slice(sealed);
    let section = seal(&keys.access, &access_vouches(&file, profile), access)?;
    file.extend_from_slice(&section);
    Ok(file)
}

/// Builds the file of one client secret: `"oat-sec" version | key id | section`.
pub fn build_secret(keys: &Keys, key: &SectionKey, profile: &ProfileName, plain: &[u8]) -> Result<Vec<u8>> {
    let mut file = start(SECRET, &keys.id);
    file.extend_from_slice(&seal(key, &sealed_vouches(SECRET, &keys.id, profile), plain)?);
    Ok(file)
}

/// The key id of a client secret's file, and its section.
pub fn parse_secret(bytes: &[u8]) -> std::result::Result<(KeyId, &[u8]), Unreadable> {
    parse_start(bytes, SECRET)
}

/// Opens the section of a client secret's file.
pub fn open_secret(
    key: &SectionKey,
    id: &KeyId,
    profile: &ProfileName,
    section: &[u8],
) -> std::result::Result<Zeroizing<Vec<u8>>, Unreadable> {
    open(key, &sealed_vouches(SECRET, id, profile), section)
}

fn start(magic: &[u8; 7], id: &KeyId) -> Vec<u8> {
    [magic.as_slice(), &[VERSION], id].concat()
}

fn parse_start<'a>(bytes: &'a [u8], magic: &[u8; 7]) -> std::result::Result<(KeyId, &'a [u8]), Unreadable> {
    let rest = bytes.strip_prefix(magic.as_slice()).ok_or(Unreadable::Foreign)?;
    let (version, rest) = rest.split_first().ok_or(Unreadable::Foreign)?;
    if *version != VERSION {
        return Err(Unreadable::Version(*version));
    }
    let (id, rest) = rest.split_first_chunk::<8>().ok_or(Unreadable::Foreign)?;
    Ok((*id, rest))
}

fn access_vouches(before: &[u8], profile: &ProfileName) -> Vec<u8> {
    [before, profile.as_str().as_bytes()].concat()
}

fn sealed_vouches(magic: &[u8; 7], id: &KeyId, profile: &ProfileName) -> Vec<u8> {
    [start(magic, id).as_slice(), profile.as_str().as_bytes()].concat()
}

fn seal(key: &SectionKey, vouched: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE_LEN] = random::bytes()?;
    let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + CHACHA20_POLY1305.tag_len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let failed = |_| Error::new(Kind::Internal, "cannot seal a token");
    let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).map_err(failed)?);
    let tag = cipher
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(vouched), &mut sealed[NONCE_LEN..])
        .map_err(failed)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

fn open(key: &SectionKey, vouched: &[u8], section: &[u8]) -> std::result::Result<Zeroizing<Vec<u8>>, Unreadable> {
    let (nonce, sealed) = section.split_first_chunk::<NONCE_LEN>().ok_or(Unreadable::Foreign)?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).map_err(|_| Unreadable::Damaged)?);
    let length = cipher
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(vouched), plain.as_mut_slice())
        .map_err(|_| Unreadable::Damaged)?
        .len();
    plain.truncate(length);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::master::Master;

    fn name(text: &str) -> ProfileName {
        ProfileName::parse(text).unwrap()
    }

    fn keys(byte: u8) -> Keys {
        Keys::derive(&Master::from_bytes([byte; 32])).unwrap()
    }

    fn file(keys: &Keys, profile: &ProfileName) -> Vec<u8> {
        let sealed = seal_long_lived(keys, keys.sealed.as_ref().unwrap(), profile, b"refresh").unwrap();
        build(keys, profile, &sealed, b"access").unwrap()
    }

    fn opened(bytes: &[u8], keys: &Keys, profile: &ProfileName) -> std::result::Result<Vec<u8>, Unreadable> {
        let record = Record::parse(bytes)?;
        if record.key_id != keys.id {
            return Err(Unreadable::OtherKey);
        }
        Ok(record.open_access(&keys.access, profile)?.to_vec())
    }

    #[test]
    fn both_sections_open_under_their_own_key_only() {
        let (keys, profile) = (keys(1), name("a"));
        let bytes = file(&keys, &profile);
        let record = Record::parse(&bytes).unwrap();
        let sealed_key = keys.sealed.as_ref().unwrap();
        assert_eq!(record.open_access(&keys.access, &profile).unwrap().as_slice(), b"access");
        assert_eq!(record.open_sealed(sealed_key, &profile).unwrap().unwrap().as_slice(), b"refresh");
        assert_eq!(record.open_sealed(&keys.access, &profile).unwrap_err(), Unreadable::Damaged);
        assert_eq!(record.open_access(sealed_key, &profile).unwrap_err(), Unreadable::Damaged);
    }

    #[test]
    fn every_flipped_byte_is_detected() {
        let (keys, profile) = (keys(1), name("a"));
        let bytes = file(&keys, &profile);
        for at in 0..bytes.len() {
            for bit in [1, 0x80] {
                let mut flipped = bytes.clone();
                flipped[at] ^= bit;
                assert!(opened(&flipped, &keys, &profile).is_err(), "byte {at}");
            }
        }
        for length in 0..bytes.len() {
            assert!(opened(&bytes[..length], &keys, &profile).is_err(), "cut at {length}");
        }
        assert!(opened(&[bytes.as_slice(), b"\0"].concat(), &keys, &profile).is_err());
        assert_eq!(opened(&bytes, &keys, &profile).unwrap(), b"access");
    }

    #[test]
    fn every_flipped_byte_of_a_client_secret_is_detected() {
        let (keys, profile) = (keys(1), name("a"));
        let key = keys.sealed.as_ref().unwrap();
        let bytes = build_secret(&keys, key, &profile, b"s3cret").unwrap();
        let opened = |bytes: &[u8], profile: &ProfileName| {
            let (id, section) = parse_secret(bytes)?;
            open_secret(key, &id, profile, section)
        };
        assert_eq!(opened(&bytes, &profile).unwrap().as_slice(), b"s3cret");
        assert_eq!(opened(&bytes, &name("b")).unwrap_err(), Unreadable::Damaged);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(opened(&flipped, &profile).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_file_moved_to_another_profile_is_refused() {
        let keys = keys(1);
        let bytes = file(&keys, &name("a"));
        let record = Record::parse(&bytes).unwrap();
        assert_eq!(record.open_access(&keys.access, &name("b")).unwrap_err(), Unreadable::Damaged);
        assert_eq!(record.open_sealed(keys.sealed.as_ref().unwrap(), &name("b")).unwrap_err(), Unreadable::Damaged);
    }

    #[test]
    fn an_older_sealed_section_cannot_be_put_under_a_newer_access_section() {
        let (keys, profile) = (keys(1), name("a"));
        let (old, new) = (file(&keys, &profile), file(&keys, &profile));
        let sealed = Record::parse(&old).unwrap().sealed.to_vec();
        let mut mixed = new.clone();
        mixed[HEADER..HEADER + sealed.len()].copy_from_slice(&sealed);
        assert_eq!(opened(&mixed, &keys, &profile), Err(Unreadable::Damaged));
    }

    #[test]
    fn another_key_and_another_version_are_told_apart() {
        let (profile, bytes) = (name("a"), file(&keys(1), &name("a")));
        assert_eq!(opened(&bytes, &keys(2), &profile), Err(Unreadable::OtherKey));
        let mut later = bytes;
        later[7] = 9;
        assert_eq!(opened(&later, &keys(1), &profile), Err(Unreadable::Version(9)));
        assert_eq!(opened(b"", &keys(1), &profile), Err(Unreadable::Foreign));
    }

    #[test]
    fn no_two_files_share_a_nonce() {
        let (keys, profile) = (keys(1), name("a"));
        let (one, two) = (file(&keys, &profile), file(&keys, &profile));
        assert_ne!(one[HEADER..HEADER + 12], two[HEADER..HEADER + 12]);
        assert_ne!(one, two);
    }

    #[test]
    fn more_than_16_mib_are_not_written() {
        let error = build(&keys(1), &name("a"), &[], &vec![0; LONGEST as usize]).unwrap_err();
        assert_eq!(error.kind, Kind::Store);
    }
}
