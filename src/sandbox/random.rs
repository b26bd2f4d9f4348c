//! Random names that nobody can guess.

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, Kind, Result};
use crate::jose::base64url;

/// 192 random bits as 32 base64url characters. Fails with kind `Internal` where the system has no randomness.
pub fn name() -> Result<String> {
    let mut bytes = [0; 24];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::new(Kind::Internal, "the system gave no random numbers"))?;
    Ok(base64url::encode(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_names_are_never_the_same() {
        let (a, b) = (super::name().unwrap(), super::name().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 32);
    }
}
