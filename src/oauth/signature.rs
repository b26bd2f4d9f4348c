//! Who signed an answer: the algorithms that may be, and the keys (OpenID Connect Core section 3.1.3.7, 6 to 8).

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::jose::jwa::Alg;
use crate::jose::jwks::JwkSet;
use crate::jose::jwt::Jwt;
use crate::oauth::answer::{shown, wrong};
use crate::oauth::document::Known;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::jwks;
use crate::oauth::typ;
use crate::oauth::world::{Response, World};
use crate::secret::{ClientSecret, WireSecret, redact};
use crate::text::escape;

/// What a checked ID token is called in a sentence; a few hints are for it alone.
pub const ID_TOKEN: &str = "the ID token";

const OPERATOR: &str = "tell the server's operator";

/// The signature algorithms that a token may have, known before the token is looked at (RFC 8725 section 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algs(Vec<Alg>);

impl Algs {
    /// The one that the client is registered for, `id_token_signed_response_alg`; the only way to an HMAC. Fails with
    /// kind `Config` for a name that is not known here.
    pub fn registered(name: &str) -> Result<Algs> {
        Alg::parse(name).map(|alg| Algs(vec![alg])).ok_or_else(|| {
            let known = Algs([&Alg::ASYMMETRIC[..], &Alg::SYMMETRIC].concat());
            Error::new(Kind::Config, format!("`id_token_signed_response_alg` is `{}`, which cannot be checked", escape(name)))
                .hint(format!("one of {}", known.names()))
        })
    }

    /// What the server says it signs with, such as `id_token_signing_alg_values_supported`, as far as a public key checks
    /// it; where the server says nothing, every algorithm with a public key.
    pub fn supported(names: Option<&[String]>) -> Algs {
        let with_a_public_key = |name: &String| Alg::parse(name).filter(|alg| !alg.symmetric());
        Algs(names.map_or(Alg::ASYMMETRIC.to_vec(), |names| names.iter().filter_map(with_a_public_key).collect()))
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|alg| alg.name()).collect();
        if names.is_empty() { "nothing".into() } else { names.join(", ") }
    }
}

/// Checks the signature and says what it was made with; `what` is the token in the words of a sentence. A key that an
/// earlier command kept and that does not do is asked for once more, because servers change their keys. Fails with
/// `Invalid`, or as [`jwks::keys`] does.
pub fn check(
    world: &mut dyn World,
    jwt: &Jwt,
    what: &str,
    algs: &Algs,
    jwks_uri: Option<&Endpoint>,
    client_secret: Option<&ClientSecret>,
) -> Result<Alg> {
    let alg = allowed(jwt, what, algs)?;
    let name = alg.name();
    if alg.symmetric() {
        let secret = client_secret.ok_or_else(|| {
            invalid(format!("{what} is signed with {name}, which needs the client secret, and the profile has none"))
                .hint("set `client_secret` in the profile, or register the client for RS256")
        })?;
        jwt.verify_hmac(secret.expose().as_bytes()).map_err(|error| {
            invalid(format!("{what} cannot be trusted: {}", error.message))
                .hint("is `client_secret` the one of this client? it may have been replaced at the server")
        })?;
        return Ok(alg);
    }
    let uri = jwks_uri.ok_or_else(|| {
        invalid(format!("{what} is signed with {name}, and no keys are known to check it with"))
            .hint("set `jwks_uri`, or `issuer` for discovery, in the profile")
    })?;
    let known = jwks::keys(world, uri, Known::Kept)?;
    match signed_by_one_of(&known.set, jwt, what, alg, uri) {
        Err(error) if known.kept => match jwks::again(world, uri)? {
            Some(anew) => signed_by_one_of(&anew.set, jwt, what, alg, uri)?,
            None => return Err(error),
        },
        outcome => outcome?,
    }
    Ok(alg)
}

/// Who may sign an answer other than a token, and whom it must be for.
pub struct Signer<'a> {
    /// The issuer, byte for byte, where one is known.
    pub issuer: Option<&'a str>,
    /// Who the answer must be for.
    pub client_id: &'a str,
    /// Where the server's keys are, where that is known.
    pub jwks_uri: Option<&'a Endpoint>,
    /// The algorithms that may sign.
    pub algs: Algs,
    /// The key of an HMAC.
    pub client_secret: Option<&'a ClientSecret>,
    /// Whether the server says that it signs such answers, so that one may be asked for.
    pub offered: bool,
}

impl Signer<'_> {
    /// The claims of an answer that is one compact JWT, after its signature, `iss` and `aud`, and what it was signed with.
    /// With a `typ` it must be of that type and have both claims (RFC 9701 section 5); without, they may be absent (OpenID
    /// Connect Core section 5.3.2). `what` is the answer in the words of a sentence, `ours` what must not be shown of an
    /// echo. Fails as [`check`] does.
    pub fn claims(
        &self,
        world: &mut dyn World,
        response: &Response,
        what: &str,
        typ: Option<&str>,
        ours: &[WireSecret],
    ) -> Result<(Map<String, Value>, Alg)> {
        let text = String::from_utf8_lossy(&response.body);
        let jwt = Jwt::decode(text.trim()).map_err(|error| {
            let encrypted = text.matches('.').count() == 4;
            invalid(format!("{what} is {}", error.message)).hint(if encrypted {
                "register the client at the server for answers that are signed and not encrypted"
            } else {
                OPERATOR
            })
        })?;
        let said = |name: &str| jwt.header.get(name).and_then(Value::as_str).unwrap_or_default();
        if let Some(typ) = typ {
            let kind = typ::typ(&jwt.header);
            if kind != typ {
                let kind = shown(&kind, ours);
                return Err(invalid(format!("{what} is another kind of token: its `typ` is `{kind}`, not `{typ}`")).hint(OPERATOR));
            }
        }
        let alg = check(world, &jwt, what, &self.algs, self.jwks_uri, self.client_secret).map_err(|error| {
            let echo = ["kid", "alg"].into_iter().any(|name| redact(said(name), ours) != said(name));
            if echo { invalid(format!("{what} cannot be trusted, and its header repeats what was sent")).hint(OPERATOR) } else { error }
        })?;
        let refused = |sentence: String, hint: &str| Err(invalid(format!("{what} is {sentence}")).hint(hint));
        let (issuer, audience) = (jwt.claims.get("iss"), jwt.claims.get("aud"));
        match (issuer.map(Value::as_str), self.issuer) {
            (None, _) if typ.is_none() => {}
            (_, None) if typ.is_none() => {}
            (Some(Some(said)), Some(issuer)) if said == issuer => {}
            (Some(Some(said)), Some(issuer)) => {
                return refused(format!("from `{}`, and the issuer is `{}`", shown(said, ours), escape(issuer)), "is `issuer` right?");
            }
            (_, None) => return refused("signed, and no issuer is known that it could be from".into(), "set `issuer` in the profile"),
            _ => return Err(wrong(what, &jwt.claims, "iss", "a string")),
        }
        match audience {
            None if typ.is_none() => {}
            None => return Err(wrong(what, &jwt.claims, "aud", "a string")),
            Some(one) if one == self.client_id || one.as_array().is_some_and(|all| all.iter().any(|one| one == self.client_id)) => {}
            Some(_) => return refused(format!("not for the client `{}`", escape(self.client_id)), "is `client_id` right?"),
        }
        Ok((jwt.claims, alg))
    }
}

/// Whether an answer that went well is a JWT. A server that has `application/jwt` for JSON sends JSON all the same.
pub fn signed(response: &Response) -> bool {
    let media = response.media_type();
    let jwt = media.ends_with("+jwt") || (media == "application/jwt" && !response.body.trim_ascii_start().starts_with(b"{"));
    // One that was cut short is told as such by who reads the others.
    jwt && (200..300).contains(&response.status) && response.cut_short.is_none()
}

fn allowed(jwt: &Jwt, what: &str, algs: &Algs) -> Result<Alg> {
    let named = jwt.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let setting = if what == ID_TOKEN { "`id_token_signed_response_alg`" } else { "algorithm" };
    let register = format!("register the client at the server for another {setting}, such as RS256");
    match jwt.alg() {
        _ if jwt.header.get("kid").is_some_and(|kid| !kid.is_string()) => {
            Err(invalid(format!("{what}'s `kid` is not a string")).hint(OPERATOR))
        }
        Some(alg) if algs.0.contains(&alg) => Ok(alg),
        Some(alg) => {
            Err(invalid(format!("{what} is signed with {}, and what may be is {}", alg.name(), algs.names())).hint(if what == ID_TOKEN {
                format!("if the client is registered for that, set id_token_signed_response_alg = \"{}\" in the profile", alg.name())
            } else {
                register
            }))
        }
        None if named.eq_ignore_ascii_case("none") => Err(invalid(format!("{what} is not signed (`alg` is `none`)")).hint(register)),
        None => Err(invalid(format!("{what} is signed with `{}`, which cannot be checked", escape(named))).hint(register)),
    }
}

fn signed_by_one_of(set: &JwkSet, jwt: &Jwt, what: &str, alg: Alg, uri: &Endpoint) -> Result<()> {
    let mut refusal = None;
    for key in set.find(jwt.kid(), alg) {
        match jwt.verify(key) {
            Ok(()) => return Ok(()),
            Err(error) => refusal = Some(error.message.clone()),
        }
    }
    let changing = "the server may be changing its keys; try again in a minute";
    Err(match (refusal, jwt.kid()) {
        (Some(why), _) => invalid(format!("{what} cannot be trusted: {why}")).hint(if what == ID_TOKEN {
            "it may have been changed on its way: sign in again, and tell the server's operator if it comes back"
        } else {
            "it may have been changed on its way: try again, and tell the server's operator if it comes back"
        }),
        (None, Some(kid)) => invalid(format!("{what} is signed with the key `{}`, which is not at {uri}", escape(kid))).hint(changing),
        (None, None) => invalid(format!("{what} is signed with {}, and no key at {uri} is for that", alg.name())).hint(changing),
    })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, message)
}
