//! The grants, by the names that a profile uses.

/// How a token is got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8628.
    DeviceCode,
    /// RFC 8693.
    TokenExchange,
    /// RFC 7523 section 2.1.
    JwtBearer,
}

impl Grant {
    /// The name in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Grant::AuthorizationCode => "authorization_code",
            Grant::ClientCredentials => "client_credentials",
            Grant::DeviceCode => "device_code",
            Grant::TokenExchange => "token_exchange",
            Grant::JwtBearer => "jwt_bearer",
        }
    }

    /// Whether a token is the grant: who hands one in need not be known as a client (RFC 8693 section 2.1, RFC 7521 section 4.1).
    pub fn by_token(self) -> bool {
        matches!(self, Grant::TokenExchange | Grant::JwtBearer)
    }

    /// The grant of this name.
    pub fn named(name: &str) -> Option<Grant> {
        use Grant::*;
        [AuthorizationCode, ClientCredentials, DeviceCode, TokenExchange, JwtBearer].into_iter().find(|grant| grant.name() == name)
    }
}
