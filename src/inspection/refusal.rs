//! Why an API refuses a token: what its challenge wants, held against what the token has (RFC 6750, 9470, 9728).

use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::inspection::words::for_shell;
use crate::inspection::{Report, checks};
use crate::json::members;
use crate::oauth::answer::status;
use crate::oauth::challenge::{Challenge, challenges};
use crate::oauth::claims::{Claims, SKEW};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::protected_resource::{self, ProtectedResource};
use crate::oauth::world::{Request, Response, World};
use crate::secret::{WireSecret, redact};
use crate::text::escape;
use crate::time::Seconds;

/// The most bytes of an API's answer; only its head is looked at.
const LIMIT: usize = 4 << 20;

/// How the person's own settings are called, so that what is told can be typed.
#[derive(Debug, Default)]
pub struct Cure {
    /// The profile.
    pub profile: Option<String>,
    /// Whether a person signs in for it.
    pub by_person: bool,
    /// `audience` or `resource`: how this server is told whom a token is for.
    pub audience_key: &'static str,
    /// The profiles of the file with their issuers.
    pub others: Vec<(String, String)>,
}

/// What an API wants, as far as it says.
#[derive(Debug, Default)]
struct Wanted {
    scheme: Option<String>,
    scope: Vec<String>,
    acr_values: Vec<String>,
    max_age: Option<Seconds>,
    issuers: Vec<String>,
    /// Where Azure's APIs say that a person signs in; that place is no issuer.
    authorization_uri: Option<String>,
    resource: Option<String>,
}

/// Asks the API without a token, and with it where `token` is given; then compares. The token goes nowhere else: no redirect is
/// followed. Fails as `World::send` does, and with `Invalid` for a resource's metadata that does not hold.
pub fn explain(world: &mut dyn World, report: &mut Report, api: &Endpoint, token: Option<&WireSecret>, cure: &Cure) -> Result<()> {
    let ours: Vec<WireSecret> = token.cloned().into_iter().collect();
    let first = ask(world, api, None)?;
    let mut all = challenges(&first);
    let mut object = json!({ "url": api.as_str(), "status": first.status });
    if let Some(token) = token {
        let second = ask(world, api, Some(token))?;
        object["status_with_token"] = second.status.into();
        let told: Vec<Challenge> = challenges(&second).into_iter().map(|challenge| without(challenge, &ours)).collect();
        answered(report, &second, &told, &ours);
        // What it says of this token is more than what it says of none.
        all.splice(0..0, told);
    } else {
        anonymous(report, &first);
    }
    object["challenges"] = all.iter().map(shown).collect();
    let wanted = match wanted(world, api, &all, &ours) {
        Ok(wanted) => wanted,
        Err(error) => {
            report.challenge = Some(object);
            return Err(error);
        }
    };
    if let Some(resource) = &wanted.resource {
        object["resource"] = resource.as_str().into();
        object["authorization_servers"] = wanted.issuers.iter().map(String::as_str).collect();
    }
    report.challenge = Some(object);
    compare(report, &wanted, cure);
    Ok(())
}

fn ask(world: &mut dyn World, api: &Endpoint, token: Option<&WireSecret>) -> Result<Response> {
    let mut headers = vec![("accept", WireSecret::new("*/*"))];
    headers.extend(token.map(|token| ("authorization", WireSecret::new(format!("Bearer {}", token.expose())))));
    world.send(&Request { url: api.clone(), headers, body: None, limit: LIMIT, ours: token.cloned().into_iter().collect(), identity: None })
}

/// How the API took a request without a token.
fn anonymous(report: &mut Report, response: &Response) {
    let code = status(response.status);
    match response.status {
        401 | 403 if challenges(response).is_empty() => report.unchecked(
            "api_answer",
            format!("the API answered {code} without a WWW-Authenticate header: it does not say what it wants; --send shows what it says to the token"),
        ),
        401 | 403 => report.unchecked("api_answer", format!("without a token the API answers {code}, and says what it wants")),
        200..300 => report.unchecked("api_answer", format!("the API answered {code} without any token: this address is open to everyone")),
        300..=399 => report.unchecked("api_answer", format!("the API answered {code} and points to {}: ask that address", target(response, &[]))),
        _ => report.unchecked("api_answer", format!("the API answered {code} without a token, which says nothing of tokens; --send shows what it says to this one")),
    }
}

/// How the API took the token.
fn answered(report: &mut Report, response: &Response, told: &[Challenge], ours: &[WireSecret]) {
    let code = status(response.status);
    let said = told.iter().find_map(|challenge| {
        let error = challenge.parameter("error")?;
        let described = challenge.parameter("error_description").map(|text| format!(" ({})", escape(text))).unwrap_or_default();
        Some(format!(": {}{described}", escape(error)))
    });
    let refused = |what: String| Err(Error::new(Kind::Invalid, what));
    let outcome = match response.status {
        200..300 => Ok(format!("the API took the token: {code}")),
        401 => refused(format!("the API refused the token: {code}{}", said.unwrap_or_default())),
        403 => refused(format!("the API knows the token, and does not let it do this: {code}{}", said.unwrap_or_default())),
        431 => refused(format!("the API refused the size of the token: {code}")),
        300..=399 => refused(format!("the API answered {code} and points to {}: a token never follows a redirect", target(response, ours))),
        _ => {
            report.unchecked("api_answer", format!("the API answered {code}, which says nothing of tokens"));
            return;
        }
    };
    report.check("api_answer", outcome);
}

fn target(response: &Response, ours: &[WireSecret]) -> String {
    response
        .header("location")
        .map_or_else(|| "nowhere".into(), |to| format!("`{}`", escape(&redact(to.split(['?', '#']).next().unwrap_or_default(), ours))))
}

/// R70: a challenge without what it repeats of the token. Before it is cut: half a token is one too.
fn without(challenge: Challenge, ours: &[WireSecret]) -> Challenge {
    let parameters = challenge.parameters.iter().map(|(name, value)| (redact(name, ours), redact(value, ours))).collect();
    Challenge { scheme: redact(&challenge.scheme, ours), parameters }
}

fn shown(challenge: &Challenge) -> Value {
    let mut object = members(challenge.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str().into())));
    object.insert("scheme".into(), challenge.scheme.as_str().into());
    object.into()
}

fn wanted(world: &mut dyn World, api: &Endpoint, all: &[Challenge], ours: &[WireSecret]) -> Result<Wanted> {
    let bearer = all.iter().filter(|challenge| challenge.is("Bearer") || challenge.is("DPoP"));
    let said = |name: &str| bearer.clone().find_map(|challenge| challenge.parameter(name)).filter(|text| !text.is_empty());
    let words = |name: &str| said(name).unwrap_or_default().split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let mut wanted = Wanted {
        scheme: all
            .iter()
            .map(|challenge| challenge.scheme.clone())
            .reduce(|all, one| if all.contains(&one) { all } else { all + ", " + &one }),
        scope: words("scope"),
        acr_values: words("acr_values"),
        max_age: said("max_age").and_then(|text| text.parse().ok()).map(Seconds),
        ..Wanted::default()
    };
    wanted.authorization_uri = said("authorization_uri").map(str::to_string);
    wanted.resource = said("resource_id").map(str::to_string);
    if let Some(url) = said("resource_metadata") {
        let ProtectedResource { resource, authorization_servers, .. } = protected_resource::fetch(world, url, api)?;
        wanted.resource = Some(redact(&resource, ours));
        wanted.issuers = authorization_servers.iter().map(|issuer| redact(issuer, ours)).collect();
    }
    Ok(wanted)
}

fn compare(report: &mut Report, wanted: &Wanted, cure: &Cure) {
    let said = report.said().cloned().unwrap_or_default();
    let claims = Claims { what: report.kind.called(), set: &said };
    if let Some(schemes) = &wanted.scheme {
        let bearer = schemes.split(", ").any(|scheme| scheme.eq_ignore_ascii_case("Bearer"));
        let dpop = schemes.split(", ").any(|scheme| scheme.eq_ignore_ascii_case("DPoP"));
        report.check("api_scheme", scheme(&escape(schemes), bearer, dpop));
    }
    issuer(report, &claims, wanted, cure);
    audience(report, &claims, wanted, cure);
    if !wanted.scope.is_empty() {
        let granted = checks::scopes(&said).or_else(|| Some(report.granted.as_ref()?.split_whitespace().map(str::to_string).collect()));
        let all = joined(granted.as_deref().unwrap_or_default(), &wanted.scope);
        match granted {
            // The server knows, and nobody asked it.
            None if said.is_empty() => report.unchecked(
                "api_scope",
                format!("the API wants the scope `{}`; of this token's scope nothing is known", escape(&wanted.scope.join(" "))),
            ),
            granted => {
                let outcome = checks::required(granted, &wanted.scope, &said);
                let outcome = outcome.map_err(|error| prefixed(error, "the API wants more scope").hint(cure.change("scope", &all)));
                report.check("api_scope", outcome);
            }
        }
    }
    level(report, &claims, wanted, cure);
}

fn scheme(schemes: &str, bearer: bool, dpop: bool) -> Result<String> {
    match (bearer, dpop) {
        (true, _) => Ok("the API takes bearer tokens".into()),
        (false, true) => Err(Error::new(Kind::Invalid, "the API takes DPoP-bound tokens only (RFC 9449), not bearer tokens")),
        _ => Err(Error::new(Kind::Invalid, format!("the API wants `{schemes}`, not a bearer token"))
            .hint("is this the address of the API, or of something before it?")),
    }
}

fn issuer(report: &mut Report, claims: &Claims, wanted: &Wanted, cure: &Cure) {
    if wanted.issuers.is_empty() {
        if let Some(place) = &wanted.authorization_uri {
            let own = claims.required("iss").map(|own| format!("; the token is from `{}`", escape(own))).unwrap_or_default();
            report.unchecked("api_issuer", format!("the API has people sign in at `{}`{own}", escape(place)));
        }
        return;
    }
    let listed = escape(&wanted.issuers.join("`, `"));
    let Ok(own) = claims.required("iss") else {
        return report.unchecked("api_issuer", format!("the API trusts `{listed}`; the token does not say who issued it"));
    };
    let outcome = if wanted.issuers.iter().any(|issuer| issuer.trim_end_matches('/') == own.trim_end_matches('/')) {
        Ok(format!("the API trusts `{}`", escape(own)))
    } else {
        let error = Error::new(Kind::Invalid, format!("the API trusts `{listed}`, and the token is from `{}`", escape(own)));
        let other = cure
            .others
            .iter()
            .find(|(_, issuer)| wanted.issuers.iter().any(|wanted| wanted.trim_end_matches('/') == issuer.trim_end_matches('/')));
        Err(error.hint(match (other, wanted.issuers.first()) {
            (Some((profile, _)), _) => format!("profile `{profile}` has that issuer: oat token get {profile}"),
            (None, Some(first)) => format!("oat profile add NAME --issuer {}", for_shell(first)),
            _ => "make a profile with that issuer".into(),
        }))
    };
    report.check("api_issuer", outcome);
}

fn audience(report: &mut Report, claims: &Claims, wanted: &Wanted, cure: &Cure) {
    let Some(resource) = &wanted.resource else { return };
    let Ok(has) = claims.audiences() else {
        return report.unchecked("api_audience", format!("the API is `{}`; the token does not say whom it is for", escape(resource)));
    };
    let plain = |text: &str| text.trim_end_matches('/').to_string();
    let outcome = if has.iter().any(|audience| plain(audience) == plain(resource)) {
        Ok(format!("the token is for `{}`", escape(resource)))
    } else {
        let error =
            Error::new(Kind::Invalid, format!("the API is `{}`, and the token is for {}", escape(resource), Claims::audiences_shown(&has)));
        Err(error.hint(cure.change(cure.audience_key, resource)))
    };
    report.check("api_audience", outcome);
}

/// RFC 9470: how, and how long ago, the person has to have signed in.
fn level(report: &mut Report, claims: &Claims, wanted: &Wanted, cure: &Cure) {
    if !wanted.acr_values.is_empty() {
        let values = wanted.acr_values.join(" ");
        let outcome = match claims.text("acr").ok().flatten() {
            Some(acr) if wanted.acr_values.iter().any(|value| value == acr) => {
                Ok(format!("the sign-in was at the level `{}`", escape(acr)))
            }
            acr => {
                let has = acr.map_or_else(|| "names no level".into(), |acr| format!("is of the level `{}`", escape(acr)));
                Err(Error::new(Kind::Invalid, format!("the API wants a sign-in of the level `{}`, and the token {has}", escape(&values)))
                    .hint(cure.change("acr_values", &values)))
            }
        };
        report.check("api_acr", outcome);
    }
    if let Some(max_age) = wanted.max_age {
        let outcome = match claims.time("auth_time").ok().flatten() {
            Some(at) if report.now - at <= max_age + SKEW => Ok(format!("the sign-in was {} ago", report.now - at)),
            at => {
                let had = at.map_or_else(|| "does not say when it was".into(), |at| format!("is from one {} ago", report.now - at));
                Err(Error::new(Kind::Invalid, format!("the API wants a sign-in within {max_age}, and the token {had}"))
                    .hint(cure.change("max_age", &format!("{}s", max_age.0))))
            }
        };
        report.check("api_max_age", outcome);
    }
}

impl Cure {
    /// What to type so that the next token differs in one key.
    fn change(&self, key: &str, value: &str) -> String {
        let value = for_shell(value);
        match &self.profile {
            Some(profile) => {
                // What begins with a hyphen would be a flag.
                let between = if value.starts_with('-') || value.starts_with("'-") { '=' } else { ' ' };
                let then = if self.by_person { format!("oat login {profile}") } else { format!("oat token get {profile} --force") };
                format!("oat profile edit {profile} --{}{between}{value} && {then}", key.replace('_', "-"))
            }
            None => format!("ask for a token with {key} = {value}"),
        }
    }
}

fn joined(has: &[String], wanted: &[String]) -> String {
    let mut all: Vec<&str> = has.iter().map(String::as_str).collect();
    all.extend(wanted.iter().map(String::as_str).filter(|scope| !has.iter().any(|other| other == scope)));
    all.join(" ")
}

fn prefixed(error: Error, what: &str) -> Error {
    error.saying(|said| format!("{what}: {said}"))
}
