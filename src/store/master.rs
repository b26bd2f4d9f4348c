//! The master key, and the keys that are derived from it.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Kind, Result};
use crate::random;

/// Which master key a file was sealed under; it tells nothing about the key.
pub type KeyId = [u8; 8];

/// A key for one kind of section.
pub type SectionKey = Zeroizing<[u8; 32]>;

/// The keys derived from one master key.
pub struct Keys {
    /// Names the master key.
    pub id: KeyId,
    /// Seals access tokens.
    pub access: SectionKey,
    /// Seals what lives long; None where only the access key was cached.
    pub sealed: Option<SectionKey>,
}

impl Keys {
    /// HKDF-SHA256 (RFC 5869), one label a key.
    pub fn derive(master: &Master) -> Result<Keys> {
        let prk = Salt::new(HKDF_SHA256, b"oat store").extract(master.0.as_slice());
        let named = expand(&prk, b"key id")?;
        let mut id = KeyId::default();
        id.copy_from_slice(&named[..8]);
        Ok(Keys { id, access: expand(&prk, b"access tokens")?, sealed: Some(expand(&prk, b"long-lived")?) })
    }
}

fn expand(prk: &Prk, label: &[u8]) -> Result<SectionKey> {
    let mut key = SectionKey::default();
    prk.expand(&[label], HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .map_err(|_| Error::new(Kind::Internal, "cannot derive the store's keys"))?;
    Ok(key)
}

/// The master key: 32 random bytes, wiped on drop.
pub struct Master(Zeroizing<[u8; 32]>);

impl Master {
    /// A new one.
    pub fn random() -> Result<Master> {
        Ok(Master::from_bytes(random::bytes()?))
    }

    /// From its bytes.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Master {
        let master = Master(Zeroizing::new(bytes));
        bytes.zeroize();
        master
    }

    /// From base64, with or without padding, in the standard or the URL-safe alphabet; None unless it is 32 bytes.
    pub fn parse(text: &str) -> Option<Master> {
        let text = text.trim_ascii();
        let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let mut room = Zeroizing::new([0; 48]);
        // 44 characters make 33 bytes at the most.
        let length = (text.len() <= 44).then(|| GeneralPurpose::new(alphabet, config).decode_slice(text, room.as_mut_slice()).ok())??;
        let bytes: [u8; 32] = room[..length].try_into().ok()?;
        Some(Master::from_bytes(bytes))
    }

    /// As base64, 44 characters.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(self.0.as_slice()))
    }

    /// The bytes.
    #[cfg(target_os = "linux")]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_both_alphabets_padded_or_not_and_only_at_32_bytes() {
        let bytes = [0xfb; 32];
        let text = Master::from_bytes(bytes).text();
        let url_safe = text.replace('+', "-").replace('/', "_");
        for text in [text.as_str(), text.trim_end_matches('='), &url_safe, url_safe.trim_end_matches('='), &format!(" {}\n", *text)] {
            assert!(Master::parse(text).is_some_and(|master| *master.0 == bytes), "{text}");
        }
        let longer = format!("AAAA{}", *text);
        for text in
            ["", "AAAA", &text[4..], &longer, &text.replace('=', "A"), &"A".repeat(10_000), &"é".repeat(22), "+-".repeat(22).as_str()]
        {
            assert!(Master::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn no_derived_key_is_another_or_the_master() {
        let master = Master::from_bytes([7; 32]);
        let (keys, again) = (Keys::derive(&master).unwrap(), Keys::derive(&master).unwrap());
        let sealed = keys.sealed.unwrap();
        assert!(keys.id == again.id && keys.access == again.access);
        assert!(keys.access != sealed && *keys.access != [7; 32] && *sealed != [7; 32]);
        assert!(keys.access[..8] != keys.id && sealed[..8] != keys.id);
        assert_ne!(keys.id, Keys::derive(&Master::from_bytes([8; 32])).unwrap().id);
    }

    #[test]
    fn two_random_keys_differ() {
        assert_ne!(Master::random().unwrap().text(), Master::random().unwrap().text());
    }
}
