//! An OAuth error answer (RFC 6749 section 5.2).

use serde_json::json;

use crate::error::Error;
use crate::sandbox::http::Response;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// The client is unknown, or did not prove who it is.
    InvalidClient,
    /// A code or token is unknown, used, expired, revoked or another client's.
    InvalidGrant,
    /// The grant type is not one this server has.
    UnsupportedGrantType,
    /// The scope is malformed, or wider than what was granted.
    InvalidScope,
    /// A resource is malformed, or not one that was granted (RFC 8707 section 2).
    InvalidTarget,
    /// The person said no.
    AccessDenied,
    /// The response type is not `code` (RFC 6749 section 4.1.2.1).
    UnsupportedResponseType,
    /// There would have to be a page, and `prompt=none` forbids it (OpenID Connect Core section 3.1.2.6).
    LoginRequired,
    /// Request objects are not understood (OpenID Connect Core section 3.1.2.6).
    RequestNotSupported,
    /// The same, by reference.
    RequestUriNotSupported,
    /// The person has not answered yet (RFC 8628 section 3.5).
    AuthorizationPending,
    /// The same, and the client asks too often.
    SlowDown,
    /// The device code is too old.
    ExpiredToken,
    /// A fault of this server.
    ServerError,
}

/// A refusal: a code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// The sentence: printable ASCII without `"` and `\`.
    pub description: String,
}

impl Code {
    /// The `error` value and the status it is sent with.
    fn row(self) -> (&'static str, u16) {
        match self {
            Code::InvalidRequest => ("invalid_request", 400),
            Code::InvalidClient => ("invalid_client", 401),
            Code::UnsupportedGrantType => ("unsupported_grant_type", 400),
            Code::InvalidScope => ("invalid_scope", 400),
            Code::InvalidTarget => ("invalid_target", 400),
            Code::InvalidGrant => ("invalid_grant", 400),
            Code::AccessDenied => ("access_denied", 400),
            Code::UnsupportedResponseType => ("unsupported_response_type", 400),
            Code::LoginRequired => ("login_required", 400),
            Code::RequestNotSupported => ("request_not_supported", 400),
            Code::RequestUriNotSupported => ("request_uri_not_supported", 400),
            Code::AuthorizationPending => ("authorization_pending", 400),
            Code::SlowDown => ("slow_down", 400),
            Code::ExpiredToken => ("expired_token", 400),
            Code::ServerError => ("server_error", 500),
        }
    }
}

impl Refusal {
    /// A refusal; what RFC 6749 section 5.2 forbids in a description becomes `?`, and 200 characters are kept.
    pub fn new(code: Code, description: impl AsRef<str>) -> Refusal {
        let legal = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        let description = description.as_ref().chars().take(200).map(|c| if legal(c) { c } else { '?' }).collect();
        Refusal { code, description }
    }

    /// The `error` value.
    pub fn error(&self) -> &'static str {
        self.code.row().0
    }

    /// The refusal as an answer. A 401 says how to authenticate (RFC 9110 section 15.5.2).
    pub fn response(&self) -> Response {
        let (error, status) = self.code.row();
        let response = Response::json(status, &json!({ "error": error, "error_description": self.description }));
        if status == 401 { response.with("WWW-Authenticate", r#"Basic realm="oat sandbox", charset="UTF-8""#) } else { response }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::new(Code::ServerError, error.message.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_to_the_alphabet_of_the_rfc() {
        let refusal = Refusal::new(Code::InvalidRequest, "a \"b\" \\ é\r\nc");
        assert_eq!(refusal.description, "a ?b? ? ???c");
        assert_eq!(Refusal::new(Code::InvalidRequest, "x".repeat(999)).description.len(), 200);
    }

    #[test]
    fn only_invalid_client_asks_for_authentication() {
        let refused = Refusal::new(Code::InvalidClient, "no").response();
        assert_eq!(refused.status, 401);
        assert!(refused.header("WWW-Authenticate").unwrap().starts_with("Basic "));
        let refused = Refusal::new(Code::InvalidScope, "no").response();
        assert_eq!((refused.status, refused.header("WWW-Authenticate")), (400, None));
        assert_eq!(refused.value()["error"], "invalid_scope");
    }
}
