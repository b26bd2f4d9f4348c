//! A person who signs in, and the issuer that says who it is.

use super::*;
use crate::jose::jws::SigningKey;
use crate::jose::jwt;
use crate::session::sign_in::{Report, Way, sign_in};
use crate::store::record::LongLived;

/// A server that is known by its endpoints alone, so that nobody's name can be told.
pub const PLAIN: &str = "[profile.p]\nauthorization_endpoint = \"https://a.example/authorize\"\ntoken_endpoint = \"https://a.example/token\"\nclient_id = \"c1\"\nclient_secret = { env = \"S\" }\nscope = \"openid offline_access\"\n";
/// The same by its issuer.
pub const ISSUED: &str =
    "[profile.p]\nissuer = \"https://a.example\"\nclient_id = \"c1\"\nclient_secret = { env = \"S\" }\nscope = \"openid offline_access\"\n";

pub const METADATA: &str = "https://a.example/.well-known/openid-configuration";
pub const JWKS: &str = "https://a.example/jwks";
pub const TOKEN: &str = "https://a.example/token";

/// The server of [`ISSUED`], with a key of its own.
pub struct Issuer(SigningKey);

impl Issuer {
    pub fn new() -> Issuer {
        Issuer(SigningKey::new_es256())
    }

    pub fn metadata(&self) -> Response {
        body(json!({
            "issuer": "https://a.example", "token_endpoint": TOKEN, "jwks_uri": JWKS,
            "authorization_endpoint": "https://a.example/authorize",
            "device_authorization_endpoint": "https://a.example/device",
            "revocation_endpoint": "https://a.example/revoke", "end_session_endpoint": "https://a.example/logout",
            "id_token_signing_alg_values_supported": ["ES256"],
        }))
    }

    pub fn jwks(&self) -> Response {
        body(json!({ "keys": [self.0.jwk().to_json()] }))
    }

    /// A signed ID token of the first sign-in of a script, with these claims in place of its own; null takes one out.
    pub fn id_token(&self, claims: Value) -> String {
        let own = json!({
            "iss": "https://a.example", "aud": "c1", "sub": "24400320", "nonce": nonce(),
            "exp": START.0 + 3600, "iat": START.0, "email": "ada@example.com",
        });
        let header = json!({ "kid": self.0.jwk().kid });
        jwt::encode(header.as_object().unwrap().clone(), merged(own, claims).as_object().unwrap(), &self.0).unwrap()
    }
}

/// What a script's third random number is as a nonce: a state and a code_verifier are drawn before it.
pub fn nonce() -> String {
    base64url::encode([3; 32])
}

pub fn merged(mut own: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap().clone() {
        own.as_object_mut().unwrap().insert(name, value);
    }
    own.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    own
}

/// A token answer with a refresh token, and with these members in place of its own; null takes one out.
pub fn session(access_token: &str, refresh_token: &str, more: Value) -> Response {
    let own = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh_token });
    body(merged(own, more))
}

/// A machine whose person comes back from the server with a code.
pub fn machine(answers: impl IntoIterator<Item = Response>) -> Machine {
    let mut machine = Machine::new(answers);
    machine.world.arrivals.push_back(("code=C&state=STATE".into(), false));
    machine
}

/// A machine where a person signed in and got the access token `at1` and the refresh token `rt1`, before these answers.
pub fn signed_in(text: &str, answers: impl IntoIterator<Item = Response>) -> Machine {
    let mut machine = machine([session("at1", "rt1", json!({}))]);
    machine.sign_in(&plan(text, &[])).unwrap();
    machine.goes_on(answers);
    machine
}

impl Machine {
    pub fn sign_in(&mut self, plan: &Plan) -> Result<Report> {
        sign_in(plan, Way::Browser, &store(&self.folder, self.key), &mut self.world)
    }

    /// A later command: its world gives these answers, and knows the public documents that were kept.
    pub fn goes_on(&mut self, answers: impl IntoIterator<Item = Response>) {
        let (cache, clock) = (std::mem::take(&mut self.world.cache), self.world.clock);
        self.world = Script { cache, clock, ..world(answers) };
    }

    pub fn later(&mut self, seconds: i64) {
        self.world.clock = self.world.clock + Seconds(seconds);
    }

    pub fn long_lived(&self) -> Option<LongLived> {
        store(&self.folder, self.key).load_sealed(&ProfileName::parse("p").unwrap()).unwrap()
    }

    pub fn refresh_token(&self) -> Option<String> {
        self.long_lived()?.refresh_token.map(|token| token.expose().to_string())
    }

    pub fn signed_in(&self) -> Option<SignedIn> {
        self.kept()?.signed_in
    }
}

pub fn refreshed(token: &str) -> (String, Source) {
    (token.into(), Source::Refreshed)
}
