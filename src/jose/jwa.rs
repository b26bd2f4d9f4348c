//! The signature algorithms by their registered names (RFC 7518 section 3.1).

/// A signature algorithm. There is no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alg {
    /// ECDSA on P-256 with SHA-256; the signature is `R || S`, 64 octets (RFC 7518 section 3.4).
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
    Rs256,
}

impl Alg {
    /// Every algorithm there is.
    pub const ALL: [Alg; 2] = [Alg::Es256, Alg::Rs256];

    /// The name in the `alg` header parameter.
    pub fn name(self) -> &'static str {
        match self {
            Alg::Es256 => "ES256",
            Alg::Rs256 => "RS256",
        }
    }

    /// Reads the `alg` header parameter: case-sensitive, None for a name not in the table.
    pub fn parse(name: &str) -> Option<Alg> {
        Alg::ALL.into_iter().find(|alg| alg.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_none_is_not_among_them() {
        for alg in Alg::ALL {
            assert_eq!(Alg::parse(alg.name()), Some(alg));
        }
        for bad in ["none", "None", "es256", "HS256", ""] {
            assert_eq!(Alg::parse(bad), None, "{bad}");
        }
    }
}
