//! The checks that need no one but the token, the clock, and what is expected.

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::inspection::{Report, TokenKind};
use crate::json;
use crate::oauth::claims::{Claims, SKEW};
use crate::oauth::typ;
use crate::text::escape;
use crate::time::Seconds;

/// What a token has to agree with; what is None or empty is not asked.
#[derive(Debug, Default)]
pub struct Expected {
    /// The issuer, byte for byte.
    pub issuer: Option<String>,
    /// What it is called in sentences: `the issuer asked for`.
    pub whose: String,
    /// An issuer with a place for a tenant's id (Entra).
    pub issuer_pattern: Option<String>,
    /// What the provider's preset says where the issuer differs.
    pub issuer_hint: Option<String>,
    /// The client that an ID token has to be for.
    pub client_id: Option<String>,
    /// Audiences that must all be there.
    pub audiences: Vec<String>,
    /// What the profile asks for: one of these audiences must be there.
    pub asked: Vec<String>,
    /// Scopes that must all be there.
    pub scopes: Vec<String>,
    /// Whether the issuer and the times are of interest: not without a network, or where the signature alone is.
    pub standing: bool,
}

/// Checks the claims, one by one. What the signature is worth is another's to say.
pub fn claims(report: &mut Report, expected: &Expected) {
    let Some(set) = report.claims.clone() else { return };
    if expected.standing {
        standing(report, &Claims { what: report.kind.called(), set: &set }, expected);
    }
    of_set(report, &set, expected);
}

/// Checks what is said of a token for whom and for what it is: by its claims, or by the server.
pub fn of_set(report: &mut Report, set: &Map<String, Value>, expected: &Expected) {
    audiences(report, &Claims { what: report.kind.called(), set }, expected);
    if !expected.scopes.is_empty() {
        report.check("scope", required(scopes(set), &expected.scopes, set));
    }
}

/// Who asks for an audience or a scope is not told that all is well where nobody said anything of them: of an opaque or encrypted
/// token only the scope of the token answer is known.
pub fn unsaid(report: &mut Report, expected: &Expected) {
    if report.said().is_some() || report.trouble.is_some() {
        return;
    }
    let unknown = |of: &str| {
        let error = Error::new(Kind::Invalid, format!("of {} {of} is not known: only its server can read it", report.kind.called()));
        error.hint("--introspect asks the server")
    };
    let audience = (!expected.audiences.is_empty()).then(|| Err(unknown("the audience")));
    let granted = report.granted.as_ref().map(|scope| scope.split_whitespace().map(str::to_string).collect());
    let scope = (!expected.scopes.is_empty()).then(|| match granted {
        None => Err(unknown("the scope")),
        granted => required(granted, &expected.scopes, &Map::new()),
    });
    for (name, outcome) in [("aud", audience), ("scope", scope)] {
        if let Some(outcome) = outcome {
            report.check(name, outcome);
        }
    }
}

fn standing(report: &mut Report, claims: &Claims, expected: &Expected) {
    let (now, id_token) = (report.now, report.kind == TokenKind::Id);
    let of_kind = report.header.as_ref().and_then(|header| Some(of_its_kind(header, header.get("typ")?, report.kind)));
    if let Some(outcome) = of_kind {
        report.check("typ", outcome);
    }
    if let Some(issuer) = &expected.issuer {
        let issued = claims.issued_by(&expected.whose, issuer, expected.issuer_pattern.as_deref());
        let issued = issued.map_err(|error| match &expected.issuer_hint {
            Some(hint) => error.hint(hint),
            None => error,
        });
        report.check("iss", issued.map(|issuer| format!("`{}` is {}", escape(issuer), expected.whose)));
    }
    if id_token {
        report.check("sub", claims.subject().map(|subject| format!("about `{}`", escape(subject))));
    }
    // RFC 9068 section 2.2 and OpenID Connect Core section 2: these kinds must say when they end.
    let profiled = id_token || at_jwt(report);
    let there = |name: &str| claims.set.contains_key(name);
    if there("exp") || profiled {
        report.check(
            "exp",
            claims.unexpired(now).map(|end| if end > now { format!("ends in {}", end - now) } else { apart("ended", now - end, "ago") }),
        );
    } else {
        report.notes.push("it has no `exp`: nothing in it says when it ends".into());
    }
    if there("nbf") {
        report.check("nbf", claims.begun(now).map(|_| "its time has begun".into()));
    }
    if there("iat") || profiled {
        report.check(
            "iat",
            claims
                .issued(now)
                .map(|at| if at > now { apart("issued", at - now, "in the future") } else { format!("issued {} ago", now - at) }),
        );
    }
    if let Some(bound) = claims.set.get("cnf") {
        confirmation(report, bound);
    }
}

/// What holds only because clocks differ.
fn apart(what: &str, by: Seconds, direction: &str) -> String {
    format!("{what} {by} {direction}, and clocks may differ by {SKEW}")
}

fn at_jwt(report: &Report) -> bool {
    report.header.as_ref().is_some_and(|header| typ::typ(header) == typ::AT_JWT)
}

/// RFC 8725 section 3.11 and 3.12: tokens of other kinds by the same issuer are none of this kind.
fn of_its_kind(header: &Map<String, Value>, said: &Value, kind: TokenKind) -> Result<String> {
    let fails = |why: String| Err(Error::new(Kind::Invalid, format!("{} {why}", kind.called())));
    let Some(text) = said.as_str() else { return fails(format!("has a `typ` that is {}, not a string", json::type_name(said))) };
    let named = typ::typ(header);
    let wanted = match kind {
        TokenKind::Id => false,
        TokenKind::Access | TokenKind::Refresh => named == typ::AT_JWT,
        TokenKind::Unknown => true,
    };
    match typ::kind_of(&named).filter(|_| !wanted) {
        Some(another) => fails(format!("is another kind of token: its `typ` is `{}`, {another}", escape(text))),
        None => Ok(format!("`{}`", escape(text))),
    }
}

fn confirmation(report: &mut Report, bound: &Value) {
    let Some(members) = bound.as_object() else {
        let error = Error::new(Kind::Invalid, format!("`cnf` is {}, not an object", json::type_name(bound)));
        report.check("cnf", Err(error));
        return;
    };
    let to = match members.keys().map(String::as_str).find(|name| ["jkt", "x5t#S256", "jwk", "kid"].contains(name)) {
        Some("jkt") => "a DPoP key (RFC 9449): sent as a plain Bearer token it is refused",
        Some("x5t#S256") => "a client certificate (RFC 8705): sent over a connection without it, it is refused",
        _ => "a key (RFC 7800): whoever sends it has to prove that it is theirs",
    };
    report.unchecked("cnf", format!("it is bound to {to}; whether you hold it was not checked"));
}

fn audiences(report: &mut Report, claims: &Claims, expected: &Expected) {
    if let Some(client) = expected.client_id.as_deref().filter(|_| report.kind == TokenKind::Id && expected.standing) {
        report.check("aud", claims.for_the_client(client).map(|()| format!("for the client `{}`", escape(client))));
    }
    let wanted = (!expected.audiences.is_empty()).then_some((&expected.audiences, true));
    let asked = (!expected.asked.is_empty() && report.kind != TokenKind::Id).then_some((&expected.asked, false));
    for (wanted, every) in wanted.into_iter().chain(asked) {
        let outcome = claims.audiences().and_then(|has| {
            let missing: Vec<&str> = wanted.iter().map(String::as_str).filter(|audience| !has.contains(audience)).collect();
            let shown = Claims::audiences_shown(&has);
            let holds = if every { missing.is_empty() } else { missing.len() < wanted.len() };
            if holds {
                return Ok(format!("for {shown}"));
            }
            let hint = if every {
                "an API takes only tokens that name it in `aud`: is this the audience that the API expects?"
            } else {
                "the server gave a token for another audience than the profile asks for: does it know `audience`, or `resource`?"
            };
            Err(claims.fails(format!("is for {shown}, not for {}", Claims::audiences_shown(&missing))).hint(hint))
        });
        report.check("aud", outcome);
    }
}

/// The scopes of a claims set or an introspection answer: `scope` (RFC 9068), else `scp` (Entra, Okta), as text or a list.
/// None where it says nothing of them.
pub fn scopes(set: &Map<String, Value>) -> Option<Vec<String>> {
    let said = ["scope", "scp"].into_iter().find_map(|name| set.get(name))?;
    let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    match said {
        Value::String(text) => Some(words(text)),
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).flat_map(words).collect()),
        _ => None,
    }
}

/// Whether all of `wanted` was granted.
pub fn required(granted: Option<Vec<String>>, wanted: &[String], set: &Map<String, Value>) -> Result<String> {
    let has = granted.as_deref().unwrap_or_default();
    let missing: Vec<&str> = wanted.iter().map(String::as_str).filter(|scope| !has.iter().any(|other| other == scope)).collect();
    if missing.is_empty() {
        return Ok(format!("it has `{}`", escape(&wanted.join(" "))));
    }
    let holds = match &granted {
        Some(scopes) => format!("has the scope `{}`", escape(&scopes.join(" "))),
        None => "names no scope".into(),
    };
    // Auth0's permissions and Entra's roles are not in the scope.
    let elsewhere = ["permissions", "roles"].into_iter().find(|name| {
        let listed = set.get(*name).and_then(Value::as_array);
        listed.is_some_and(|listed| missing.iter().all(|scope| listed.iter().any(|other| other == scope)))
    });
    let hint = match elsewhere {
        Some(name) => format!("it is among its `{name}`, which is where this server puts it"),
        None => "ask for it with `scope` in the profile, and sign in or fetch anew".into(),
    };
    Err(Error::new(Kind::Invalid, format!("the token {holds}, and `{}` is missing", escape(&missing.join(" ")))).hint(hint))
}
