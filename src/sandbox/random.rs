//! Random names that nobody can guess.

use crate::error::Result;
use crate::jose::base64url;
use crate::random;

/// 192 random bits as 32 base64url characters. Fails with kind `Internal` where the system has no randomness.
pub fn name() -> Result<String> {
    Ok(base64url::encode(random::bytes::<24>()?))
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
