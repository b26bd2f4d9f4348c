//! What CI systems are asked for a job's own token, each in its documented way.

use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::keys::subject::Subject;
use crate::oauth::answer::{self, Expectation};
use crate::oauth::endpoints::Endpoint;
use crate::oauth::patience::patiently;
use crate::oauth::world::{Request, Response, World};
use crate::secret::{SUBJECT, SecretReference, SubjectToken, WireSecret};
use crate::text::escape;
use crate::time::Seconds;

/// The most bytes of an identity endpoint's answer: a token, and what stands around it.
const LIMIT: usize = 2 << 20;

/// What is asked of an identity endpoint.
pub struct Call<'a> {
    /// Where.
    pub url: Endpoint,
    /// The headers, by lower-case name.
    pub headers: Vec<(&'static str, WireSecret)>,
    /// The body of a POST.
    pub body: Option<String>,
    /// What lets us ask.
    pub credential: Option<&'a str>,
    /// Who is asked.
    pub whom: &'static str,
    /// What may be wrong where it says no.
    pub cure: &'static str,
}

impl Call<'_> {
    /// Asks, and reads with `read` what no error and no redirect is.
    pub fn ask(&self, world: &mut dyn World, read: &dyn Fn(&Response, &Expectation) -> Result<SubjectToken>) -> Result<SubjectToken> {
        let ours: Vec<WireSecret> = self.credential.map(WireSecret::new).into_iter().collect();
        let expect = Expectation { ours: &ours, key: "identity_endpoint", ..Expectation::default() };
        let mut request = |_: &mut dyn World| {
            let body = self.body.as_deref().map(WireSecret::new);
            Ok(Request { url: self.url.clone(), headers: self.headers.clone(), body, limit: LIMIT, ours: ours.clone(), identity: None })
        };
        let mut token = None;
        let asked = patiently(world, &mut request, &mut |_, response| {
            token = Some(read(response, &expect)?);
            Ok(())
        });
        let none = || Error::new(Kind::Internal, "an answer was read, and is not there");
        asked.and_then(|()| token.ok_or_else(none)).map_err(|error| self.explained(error))
    }

    /// Its own words are none of the token endpoint's, and no key of the profile leads to it.
    fn explained(&self, mut error: Error) -> Error {
        error.oauth_error = None;
        let later = error.kind == Kind::Unavailable;
        let error = error.saying(|said| format!("no subject token from {}: {said}", self.whom));
        if later { error } else { error.hint(self.cure) }
    }
}

/// A member of a JSON answer, which is the token.
pub fn member(name: &'static str) -> impl Fn(&Response, &Expectation) -> Result<SubjectToken> {
    move |response, expect| {
        let members = answer::object(response, expect)?;
        let token = members.get(name).and_then(Value::as_str);
        token.map(SubjectToken::new).ok_or_else(|| answer::wrong("the identity endpoint's answer", &members, name, "a string"))
    }
}

const GITHUB: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
const GITHUB_CURE: &str = "does the job still run, and is it none of a pull request from a fork? those get no token. `permissions: {id-token: write, contents: read}` allows it";

/// GitHub Actions and Forgejo Actions (docs.github.com, "OpenID Connect reference").
pub fn github(world: &mut dyn World, audience: Option<&str>) -> Result<SubjectToken> {
    let [url, token] = both(world.environment(), GITHUB).map_err(|missing| {
        // Forgejo sets GitHub's variables, and has a word of its own for this.
        let line = match world.environment().starting_with("FORGEJO_").is_empty() {
            true => "the workflow or the job say permissions: {id-token: write, contents: read}",
            false => "the job say enable-openid-connect: true (Forgejo 15 and later)",
        };
        Error::new(Kind::Config, format!("this job may not ask for a token of its own: {missing}"))
            .hint(format!("let {line} - a pull request from a fork gets no such token"))
    })?;
    let url = audience.map_or(url.clone(), |audience| with_query(&url, &[("audience", audience)]));
    let call = Call {
        url: endpoint(&url, GITHUB[0])?,
        headers: vec![("accept", WireSecret::new("application/json")), ("authorization", WireSecret::new(format!("bearer {token}")))],
        body: None,
        credential: Some(&token),
        whom: "GitHub Actions",
        cure: GITHUB_CURE,
    };
    call.ask(world, &member("value"))
}

/// CircleCI (circleci.com/docs/oidc-tokens-with-custom-claims): the variable's audience is the organization's id; any other is asked
/// of its own program.
pub fn circleci(world: &mut dyn World, audience: Option<&str>) -> Result<SubjectToken> {
    if let Some(audience) = audience {
        let claims = json!({ "aud": audience }).to_string();
        let words = ["circleci", "run", "oidc", "get", "--claims", &claims];
        return program(
            world,
            &words,
            "is this a CircleCI job? for the organization's own audience, its variable is enough: leave the audience out",
        );
    }
    let found = ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"].iter().find_map(|name| world.environment().get(name));
    found.map(SubjectToken::new).ok_or_else(|| {
        Error::new(Kind::Config, "this job has no token of its own: neither CIRCLE_OIDC_TOKEN_V2 nor CIRCLE_OIDC_TOKEN is set").hint(
            "let the job in the workflow name a context, of any content: context: [NAME]; a build of a forked pull request has a token only where secrets are passed to forks (Project Settings, Advanced)",
        )
    })
}

const BUILDKITE: [&str; 2] = ["BUILDKITE_JOB_ID", "BUILDKITE_AGENT_ACCESS_TOKEN"];

/// Buildkite (buildkite.com/docs/agent/v3/cli-oidc): what the agent's own program asks, or that program.
pub fn buildkite(world: &mut dyn World, subject: &Subject, audience: Option<&str>) -> Result<SubjectToken> {
    let lifetime = subject.text("lifetime").and_then(Seconds::parse).map(|length| length.0);
    let Ok([job, token]) = both(world.environment(), BUILDKITE) else {
        let mut words = vec!["buildkite-agent", "oidc", "request-token"];
        words.extend(audience.iter().flat_map(|audience| ["--audience", audience]));
        // It takes seconds, and nothing else.
        let seconds = lifetime.map(|seconds| seconds.to_string());
        words.extend(seconds.iter().flat_map(|seconds| ["--lifetime", seconds]));
        return program(world, &words, "is this a Buildkite job? its variables, or the agent's program, have to be where this runs");
    };
    let base = world.environment().get("BUILDKITE_AGENT_ENDPOINT").unwrap_or_else(|| "https://agent.buildkite.com/v3".into());
    let mut body = json!({});
    if let Some(audience) = audience {
        body["audience"] = audience.into();
    }
    if let Some(seconds) = lifetime {
        body["lifetime"] = seconds.into();
    }
    let call = Call {
        url: endpoint(&format!("{}/jobs/{}/oidc/tokens", base.trim_end_matches('/'), encoded(&job)), "BUILDKITE_AGENT_ENDPOINT")?,
        headers: vec![
            ("accept", WireSecret::new("application/json")),
            ("authorization", WireSecret::new(format!("Token {token}"))),
            ("content-type", WireSecret::new("application/json")),
        ],
        body: Some(body.to_string()),
        credential: Some(&token),
        whom: "Buildkite",
        cure: "does the job still run? only its own agent's token may ask for it",
    };
    call.ask(world, &member("token"))
}

const AZURE: [&str; 2] = ["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"];

/// Azure DevOps (azure-identity, `AzurePipelinesCredential`).
pub fn azure(world: &mut dyn World, subject: &Subject) -> Result<SubjectToken> {
    let [uri, token] = both(world.environment(), AZURE).map_err(|missing| {
        Error::new(Kind::Config, format!("this step may not ask for a token of its own: {missing}"))
            .hint("the step has to be given it: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}")
    })?;
    let own = subject.text("service_connection").map(str::to_string);
    let connection = own.or_else(|| world.environment().get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")).ok_or_else(|| {
        Error::new(Kind::Config, "Azure DevOps gives a token for a service connection, and none is named")
            .hint("subject = { source = \"azure-devops\", service_connection = \"ID\" }: the id at the end of the connection's address")
    })?;
    let call = Call {
        url: endpoint(&with_query(&uri, &[("api-version", "7.1"), ("serviceConnectionId", &connection)]), AZURE[0])?,
        headers: vec![
            ("accept", WireSecret::new("application/json")),
            ("authorization", WireSecret::new(format!("Bearer {token}"))),
            ("content-type", WireSecret::new("application/json")),
            // So that it does not send a page to sign in at in place of a refusal.
            ("x-tfs-fedauthredirect", WireSecret::new("Suppress")),
        ],
        body: Some(String::new()),
        credential: Some(&token),
        whom: "Azure DevOps",
        cure: "is this pipeline allowed to use the service connection, and is `service_connection` its id?",
    };
    call.ask(world, &member("oidcToken"))
}

/// The values of two variables; of one that is not set, which.
fn both(environment: &Environment, names: [&str; 2]) -> std::result::Result<[String; 2], String> {
    match names.map(|name| environment.get(name)) {
        [Some(one), Some(other)] => Ok([one, other]),
        [None, None] => Err(format!("{} and {} are not set", names[0], names[1])),
        [None, _] => Err(format!("{} is not set", names[0])),
        _ => Err(format!("{} is not set", names[1])),
    }
}

/// What a program prints, run without a shell.
fn program(world: &mut dyn World, words: &[&str], cure: &str) -> Result<SubjectToken> {
    let reference = SecretReference::Command(words.iter().map(|word| word.to_string()).collect());
    let token = world.reveal(&reference, SUBJECT).map_err(|error| error.hint(cure));
    token.map(|token| SubjectToken::new(token.expose()))
}

fn endpoint(text: &str, variable: &str) -> Result<Endpoint> {
    Endpoint::parse(text).map_err(|reason| {
        // Its query may be what lets us ask.
        let shown = reason.replace(&escape(text), &escape(text.split('?').next().unwrap_or_default()));
        Error::new(Kind::Config, format!("the environment variable `{variable}` cannot be used: {shown}"))
            .hint("the CI system sets it: is it changed in the workflow?")
    })
}

/// An address with more parameters than it has: GitHub's has some already.
pub fn with_query(url: &str, parameters: &[(&str, &str)]) -> String {
    parameters.iter().fold(url.to_string(), |url, (name, value)| {
        let joint = if url.contains('?') { '&' } else { '?' };
        format!("{url}{joint}{name}={}", encoded(value))
    })
}

/// As a part of a URL.
pub fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
