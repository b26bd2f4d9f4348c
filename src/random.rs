//! Random bytes of the operating system.

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, Kind, Result};

/// `N` random bytes, fit for keys. Fails with kind `Internal` where the system has no randomness.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::new(Kind::Internal, "the system gave no random numbers"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_draws_are_never_the_same() {
        assert_ne!(super::bytes::<16>().unwrap(), super::bytes::<16>().unwrap());
    }
}
