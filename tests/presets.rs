//! The sign-in of each preset: where the person is sent, what the exchange and the refresh hold, and what comes out.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::id_token::{hs256, jwks, rs256};
use support::sign_in::{free_port, query};
use support::*;
use url::Url;

/// What one provider's row says.
struct Row {
    preset: &'static str,
    /// Lines of the profile besides the client.
    lines: &'static str,
    /// Where the person is sent.
    authorize: &'static str,
    /// The redirect URI without its port.
    redirect: &'static str,
    /// Parameters of the authorization request besides the protocol's.
    asks: &'static [(&'static str, &'static str)],
    /// Where the code is traded.
    token: &'static str,
    /// Parameters of the refresh besides the client, `grant_type` and the token.
    refreshes_with: &'static [(&'static str, &'static str)],
    secret: Secret,
}

/// How the client proves itself.
#[derive(Clone, Copy, PartialEq)]
enum Secret {
    Body,
    Basic,
    Json,
    Absent,
}

const ROWS: &[Row] = &[
    Row {
        preset: "google",
        lines: "scope = \"openid email\"",
        authorize: "https://accounts.google.com/o/oauth2/v2/auth",
        redirect: "http://127.0.0.1/callback",
        asks: &[("access_type", "offline"), ("prompt", "consent"), ("scope", "openid email")],
        token: "https://oauth2.googleapis.com/token",
        refreshes_with: &[],
        secret: Secret::Body,
    },
    Row {
        preset: "entra",
        lines: "tenant = \"contoso.onmicrosoft.com\"\nscope = \"https://graph.microsoft.com/User.Read offline_access\"",
        authorize: "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/authorize",
        redirect: "http://localhost",
        asks: &[("scope", "https://graph.microsoft.com/User.Read offline_access")],
        token: "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
        refreshes_with: &[("scope", "https://graph.microsoft.com/User.Read offline_access")],
        secret: Secret::Absent,
    },
    Row {
        preset: "okta",
        lines: "domain = \"dev-1.okta.com\"\nscope = \"openid offline_access\"",
        authorize: "https://dev-1.okta.com/oauth2/default/v1/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "openid offline_access")],
        token: "https://dev-1.okta.com/oauth2/default/v1/token",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "keycloak",
        lines: "base_url = \"https://sso.example.com\"\nrealm = \"main\"\nscope = \"openid\"",
        authorize: "https://sso.example.com/realms/main/protocol/openid-connect/auth",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "openid")],
        token: "https://sso.example.com/realms/main/protocol/openid-connect/token",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "github",
        lines: "scope = \"repo user\"",
        authorize: "https://github.com/login/oauth/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "repo user")],
        token: "https://github.com/login/oauth/access_token",
        refreshes_with: &[],
        secret: Secret::Body,
    },
    Row {
        preset: "gitlab",
        lines: "scope = \"read_api\"",
        authorize: "https://gitlab.com/oauth/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "read_api")],
        token: "https://gitlab.com/oauth/token",
        refreshes_with: &[("redirect_uri", "")],
        secret: Secret::Absent,
    },
    Row {
        preset: "cognito",
        lines: "region = \"eu-central-1\"\nrealm = \"eu-central-1_A\"\ndomain = \"my-app\"\nscope = \"openid\"",
        authorize: "https://my-app.auth.eu-central-1.amazoncognito.com/oauth2/authorize",
        redirect: "http://localhost/callback",
        asks: &[("scope", "openid")],
        token: "https://my-app.auth.eu-central-1.amazoncognito.com/oauth2/token",
        refreshes_with: &[],
        secret: Secret::Basic,
    },
    Row {
        preset: "pingone",
        lines: "region = \"eu\"\nrealm = \"e-1\"\nclient_auth = \"client_secret_post\"",
        authorize: "https://auth.pingone.eu/e-1/as/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[],
        token: "https://auth.pingone.eu/e-1/as/token",
        refreshes_with: &[],
        secret: Secret::Body,
    },
    Row {
        preset: "salesforce",
        lines: "domain = \"example.my.salesforce.com\"\nscope = \"api refresh_token\"",
        authorize: "https://example.my.salesforce.com/services/oauth2/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "api refresh_token")],
        token: "https://example.my.salesforce.com/services/oauth2/token",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "slack",
        lines: "scope = \"users:read,channels:read\"",
        authorize: "https://slack.com/oauth/v2/authorize",
        redirect: "http://localhost/callback",
        asks: &[("user_scope", "users:read,channels:read")],
        token: "https://slack.com/api/oauth.v2.access",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "atlassian",
        lines: "scope = \"read:me offline_access\"",
        authorize: "https://auth.atlassian.com/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("audience", "api.atlassian.com"), ("prompt", "consent"), ("scope", "read:me offline_access")],
        token: "https://auth.atlassian.com/oauth/token",
        refreshes_with: &[],
        secret: Secret::Json,
    },
    Row {
        preset: "spotify",
        lines: "scope = \"user-read-email\"",
        authorize: "https://accounts.spotify.com/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "user-read-email")],
        token: "https://accounts.spotify.com/api/token",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "dropbox",
        lines: "",
        authorize: "https://www.dropbox.com/oauth2/authorize",
        redirect: "http://localhost/callback",
        asks: &[("token_access_type", "offline")],
        token: "https://api.dropboxapi.com/oauth2/token",
        refreshes_with: &[],
        secret: Secret::Body,
    },
    Row {
        preset: "line",
        lines: "scope = \"profile openid\"",
        authorize: "https://access.line.me/oauth2/v2.1/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "profile openid")],
        token: "https://api.line.me/oauth2/v2.1/token",
        refreshes_with: &[],
        secret: Secret::Body,
    },
    Row {
        preset: "hydra",
        lines: "base_url = \"https://hydra.example.com\"\nscope = \"offline\"\naudience = \"a b\"",
        authorize: "https://hydra.example.com/oauth2/auth",
        redirect: "http://127.0.0.1/callback",
        asks: &[("audience", "a b"), ("scope", "offline")],
        token: "https://hydra.example.com/oauth2/token",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "zitadel",
        lines: "base_url = \"https://x.zitadel.cloud\"\nscope = \"openid urn:zitadel:iam:org:project:id:1:aud\"",
        authorize: "https://x.zitadel.cloud/oauth/v2/authorize",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "openid urn:zitadel:iam:org:project:id:1:aud")],
        token: "https://x.zitadel.cloud/oauth/v2/token",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "authentik",
        lines: "base_url = \"https://authentik.example.com\"\nrealm = \"my-app\"\nscope = \"offline_access\"",
        authorize: "https://authentik.example.com/application/o/authorize/",
        redirect: "http://127.0.0.1/callback",
        asks: &[("scope", "offline_access")],
        token: "https://authentik.example.com/application/o/token/",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
    Row {
        preset: "dex",
        lines: "base_url = \"https://dex.example.com\"\nscope = \"offline_access\"",
        authorize: "https://dex.example.com/auth",
        redirect: "http://127.0.0.1/callback",
        // Its metadata leaves response_modes_supported out, which means that it knows the query.
        asks: &[("response_mode", "query"), ("scope", "offline_access")],
        token: "https://dex.example.com/token",
        refreshes_with: &[],
        secret: Secret::Absent,
    },
];

fn row(preset: &str) -> &'static Row {
    ROWS.iter().find(|row| row.preset == preset).unwrap()
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64
}

impl Row {
    fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> =
            [self.authorize, self.token].iter().map(|url| Url::parse(url).unwrap().host_str().unwrap().to_string()).collect();
        hosts.push("www.googleapis.com".into());
        hosts
    }

    fn profile(&self) -> String {
        let secret = if self.secret == Secret::Absent { "" } else { "client_secret = { env = \"P_SECRET\" }\n" };
        // The presets' own ports are for people; tests run side by side.
        let ports = format!("redirect_ports = [{}]\n", free_port());
        format!("[profile.p]\nprovider = \"{}\"\nclient_id = \"id\"\n{secret}{ports}{}\n", self.preset, self.lines)
    }

    /// The real hosts, answering by `handler`, and a user of theirs.
    fn with(&self, handler: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> (StandIn, Oat) {
        let hosts = self.hosts();
        let there = StandIn::with(&hosts.iter().map(String::as_str).collect::<Vec<_>>(), handler);
        let oat = there.oat(&self.profile());
        (there, oat)
    }

    fn token_path(&self) -> String {
        Url::parse(self.token).unwrap().path().to_string()
    }

    /// What a token request holds besides the client, whose credentials have to be where the provider wants them.
    #[track_caller]
    fn checked(&self, request: &Recorded) -> Vec<(String, String)> {
        let url = Url::parse(self.token).unwrap();
        assert_eq!((request.method.as_str(), request.target.as_str(), request.header("host")), ("POST", url.path(), url.host_str()));
        let mut pairs = match self.secret {
            Secret::Json => {
                let object = request.json();
                let pairs = object.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_string()));
                pairs.collect()
            }
            _ => request.form(),
        };
        let mut credentials: Vec<(String, String)> = match self.secret {
            Secret::Basic => Vec::new(),
            Secret::Absent => vec![("client_id".into(), "id".into())],
            Secret::Body | Secret::Json => vec![("client_id".into(), "id".into()), ("client_secret".into(), SECRET.into())],
        };
        let basic = format!("Basic {}", STANDARD.encode(format!("id:{SECRET}")));
        assert_eq!(request.header("authorization"), (self.secret == Secret::Basic).then_some(basic.as_str()), "{}", self.preset);
        pairs.retain(|pair| match credentials.iter().position(|own| own == pair) {
            Some(at) => credentials.remove(at).0.is_empty(),
            None => true,
        });
        assert!(credentials.is_empty(), "{}: {credentials:?} not in {request:?}", self.preset);
        pairs
    }
}

/// The metadata that dex is asked for, and a token for everyone.
fn usual(request: &Recorded) -> Answer {
    let host = request.header("host").unwrap_or_default();
    match request.path() {
        "/.well-known/openid-configuration" if host == "dex.example.com" => Answer::json(
            200,
            json!({"issuer": "https://dex.example.com", "authorization_endpoint": "https://dex.example.com/auth", "token_endpoint": "https://dex.example.com/token", "jwks_uri": "https://dex.example.com/keys"}),
        ),
        _ if request.method == "GET" => Answer::text(404, "text/plain", "no"),
        _ => Answer::json(
            200,
            json!({"access_token": format!("token-{}", request.number), "token_type": "bearer", "expires_in": 3600, "refresh_token": "CANARY-refresh"}),
        ),
    }
}

#[test]
fn every_preset_signs_in_exchanges_and_refreshes_as_its_row_says() {
    for row in ROWS {
        let (there, oat) = row.with(usual);
        let (url, output) = oat.signed_in("code-1", &[]);
        let name = row.preset;
        assert_eq!(&url[..url::Position::AfterPath], row.authorize, "{name}");
        let own = ["state", "nonce", "code_challenge", "redirect_uri"];
        let (own, rest): (Vec<_>, Vec<_>) = query(&url).into_iter().partition(|(name, _)| own.contains(&name.as_str()));
        let protocol = [("client_id", "id"), ("response_type", "code"), ("code_challenge_method", "S256")];
        assert_eq!(rest, pairs(&[&protocol[..], row.asks].concat()), "{name}");
        let redirect_uri = own.iter().find(|(name, _)| name == "redirect_uri").unwrap().1.clone();
        let mut without_port = Url::parse(&redirect_uri).unwrap();
        assert!(without_port.port().is_some() && without_port.set_port(None).is_ok());
        assert_eq!(without_port.as_str().trim_end_matches('/'), row.redirect, "{name}");
        output.does_not_say(&["warning"]);

        let requests = there.sent_to(&row.token_path());
        assert_eq!(requests.len(), 1, "{name}");
        let mut exchange = row.checked(&requests[0]);
        exchange.retain(|(name, _)| name != "code_verifier");
        let expected = [("code", "code-1"), ("grant_type", "authorization_code"), ("redirect_uri", redirect_uri.as_str())];
        assert_eq!(exchange, pairs(&expected), "{name}");

        let kept = oat.get(&[]).line().to_string();
        let fresh = oat.run(&["refresh", "p", "--print"]).line().to_string();
        assert_ne!(kept, fresh, "{name}");
        let requests = there.sent_to(&row.token_path());
        assert_eq!(requests.len(), 2, "{name}");
        let filled =
            |(name, value): &(&'static str, &'static str)| (*name, if value.is_empty() { redirect_uri.clone() } else { value.to_string() });
        let more: Vec<(&str, String)> = row.refreshes_with.iter().map(filled).collect();
        let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let expected = [&[("grant_type", "refresh_token"), ("refresh_token", "CANARY-refresh")][..], &more].concat();
        assert_eq!(row.checked(&requests[1]), pairs(&expected), "{name}");
    }
}

#[test]
fn every_preset_that_people_sign_in_to_has_its_row() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/providers.toml")).unwrap();
    let names = text.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).filter(|name| !name.contains('.'));
    // VeriCerts and Zoom are for machines, and so are those of tests/exchange.rs; ABBYY and Auth0 have a file of their own.
    let elsewhere = ["vericerts", "zoom", "abbyy-vantage", "auth0"];
    let jobs = ["google-sts", "google-service-account", "buildkite", "openai", "openrouter", "anthropic"];
    let elsewhere = [&elsewhere[..], &jobs].concat();
    let missing: Vec<&str> = names.filter(|name| !elsewhere.contains(name) && ROWS.iter().all(|row| row.preset != *name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

// ── what single providers answer ────────────────────────────────────────────────────────────────────────────────

#[test]
fn google_without_its_secret_says_so_and_a_refresh_token_that_is_over_says_why() {
    let missing = Answer::error(400, "invalid_request", "client_secret is missing.");
    let (_there, oat) = row("google").with(move |_| missing.clone());
    let sign_in = oat.sign_in(&[]);
    sign_in.redirect(&[("code", "code-1"), ("state", &sign_in.parameter("state"))]);
    sign_in.end().fails_saying(4, &["client_secret is missing", "Google wants the client_secret of a desktop client too"]);

    let (there, oat) = row("google").with(|request| match request.number {
        0 | 1 => usual(request),
        _ => Answer::error(400, "invalid_grant", "Token has been expired or revoked."),
    });
    oat.signed_in("code-1", &[]);
    oat.run(&["refresh", "p"])
        .fails_saying(3, &["Token has been expired or revoked", "oat login p", "7 days while the app's status is Testing"]);
    let count = there.server.count();
    oat.run(&["refresh", "p"]).fails_saying(3, &["oat login p"]);
    assert_eq!(there.server.count(), count, "what was refused is not tried again");
}

#[test]
fn google_and_entra_grant_long_and_short_names_and_nobody_is_warned_of_them() {
    for (preset, granted) in
        [("google", "openid https://www.googleapis.com/auth/userinfo.email"), ("entra", "User.Read profile openid email")]
    {
        let (_there, oat) = row(preset).with(move |request| match request.method.as_str() {
            "GET" => usual(request),
            _ => Answer::json(
                200,
                json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "CANARY-refresh", "scope": granted}),
            ),
        });
        let (_, output) = oat.signed_in("code-1", &[]);
        output.does_not_say(&["warning"]);
    }
    let (_there, oat) = row("spotify")
        .with(|_| Answer::json(200, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "scope": "streaming"})));
    let (_, output) = oat.signed_in("code-1", &[]);
    output.says(&["oat: warning: the server did not grant the scope `user-read-email`; it granted `streaming`"]);
}

#[test]
fn google_offers_a_device_code_under_its_own_name_for_the_address() {
    let (there, oat) = row("google").with(|request| match request.path() {
        "/device/code" => Answer::json(
            200,
            json!({"device_code": "CANARY-device", "user_code": "GQVQ-JKEC", "verification_url": "https://www.google.com/device", "expires_in": 1800, "interval": 1}),
        ),
        _ => usual(request),
    });
    let output = oat.run(&["login", "p", "--device"]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    output.says(&["https://www.google.com/device", "GQVQ-JKEC"]);
    assert_eq!(there.sent_to("/device/code")[0].header("host"), Some("oauth2.googleapis.com"));
}

/// An answer with an ID token that repeats the nonce.
fn with_id_token(nonce: &Mutex<String>, issuer: &str, more: Value, sign: impl Fn(&Value) -> String) -> Answer {
    let mut claims = json!({"iss": issuer, "sub": "s-1", "aud": "id", "name": "Ada", "nonce": *nonce.lock().unwrap(), "iat": unix_now(), "exp": unix_now() + 600});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Answer::json(
        200,
        json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "CANARY-refresh", "id_token": sign(&claims)}),
    )
}

#[test]
fn entra_signs_for_the_tenant_of_whoever_signed_in_and_for_no_other_issuer() {
    let tenant = "9122040d-6c67-4c5b-b112-36a304b66dad";
    for (issuer, holds) in [
        (format!("https://login.microsoftonline.com/{tenant}/v2.0"), true),
        ("https://login.microsoftonline.com/other/v2.0".into(), false),
        (format!("https://evil.example/{tenant}/v2.0"), false),
    ] {
        let nonce: Arc<Mutex<String>> = Arc::default();
        let seen = nonce.clone();
        let shown = issuer.clone();
        let (there, _) = row("entra").with(move |request| match request.path() {
            "/common/discovery/v2.0/keys" => Answer::json(200, jwks()),
            _ => with_id_token(&seen, &issuer, json!({"tid": tenant}), rs256),
        });
        let oat = there.oat("[profile.p]\nprovider = \"entra\"\ntenant = \"common\"\nclient_id = \"id\"\nscope = \"openid\"\n");
        let sign_in = oat.sign_in(&[]);
        *nonce.lock().unwrap() = sign_in.parameter("nonce");
        sign_in.redirect(&[("code", "code-1"), ("state", &sign_in.parameter("state"))]);
        let output = sign_in.end();
        match holds {
            true => output.says(&["signed in to `p` as Ada"]),
            false => drop(output.fails_saying(8, &[&shown])),
        }
    }
}

#[test]
fn line_signs_with_the_channels_secret_and_with_no_other() {
    for (secret, holds) in [(SECRET, true), ("another", false)] {
        let nonce: Arc<Mutex<String>> = Arc::default();
        let seen = nonce.clone();
        let (there, oat) =
            row("line").with(move |_| with_id_token(&seen, "https://access.line.me", json!({}), |claims| hs256(claims, secret)));
        let sign_in = oat.sign_in(&[]);
        *nonce.lock().unwrap() = sign_in.parameter("nonce");
        sign_in.redirect(&[("code", "code-1"), ("state", &sign_in.parameter("state"))]);
        let output = sign_in.end();
        match holds {
            true => output.says(&["as Ada", "refreshed in silence until"]),
            false => drop(output.fails_saying(8, &["ID token"])),
        }
        assert_eq!(there.server.count(), 1, "no keys are asked for");
    }
}

#[test]
fn github_answers_in_a_form_without_an_end_and_with_its_errors_under_200() {
    let (there, oat) = row("github").with(|_| {
        Answer::text(200, "application/x-www-form-urlencoded; charset=utf-8", "access_token=gho_t&scope=repo%2Cuser&token_type=bearer")
    });
    let (_, output) = oat.signed_in("code-1", &[]);
    output.does_not_say(&["warning"]);
    output.says(&["access token for 365 days", "no refresh token"]);
    assert_eq!(oat.get(&[]).line(), "gho_t");
    assert_eq!(there.server.only().header("accept"), Some("application/json"));

    for (code, words) in
        [("incorrect_client_credentials", "check the client id and secret"), ("bad_verification_code", "older than ten minutes")]
    {
        let refusal = Answer::error(200, code, "no");
        let (_there, oat) = row("github").with(move |_| refusal.clone());
        let sign_in = oat.sign_in(&[]);
        sign_in.redirect(&[("code", "code-1"), ("state", &sign_in.parameter("state"))]);
        sign_in.end().fails_saying(4, &[code, words]);
    }
}

#[test]
fn github_with_a_device_code_needs_no_secret_and_slows_down_when_told() {
    let offer = json!({"device_code": "CANARY-device", "user_code": "WDJB-MJHT", "verification_uri": "https://github.com/login/device", "expires_in": 900, "interval": 1});
    let (there, _) = row("github").with(move |request| match request.path() {
        "/login/device/code" => Answer::json(200, offer.clone()),
        _ => Answer::text(200, "application/json", r#"{"access_token":"gho_t","token_type":"bearer","scope":"repo,user"}"#),
    });
    let oat = there.oat("[profile.p]\nprovider = \"github\"\nclient_id = \"id\"\nscope = \"repo user\"\ngrant = \"device_code\"\n");
    let output = oat.run(&["login", "p"]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert_eq!(there.server.requests()[0].form(), pairs(&[("client_id", "id"), ("scope", "repo user")]));
    assert!(there.server.requests()[1].form().iter().all(|(name, _)| name != "client_secret"));

    let off = Answer::error(200, "device_flow_disabled", "Device Flow must be explicitly enabled for this App");
    let (there, _) = row("github").with(move |_| off.clone());
    let oat = there.oat("[profile.p]\nprovider = \"github\"\nclient_id = \"id\"\ngrant = \"device_code\"\n");
    oat.run(&["login", "p"]).fails_saying(4, &["device_flow_disabled", "Enable Device Flow"]);
}

#[test]
fn a_user_of_slack_is_found_in_the_nested_answer_and_a_refresh_is_flat() {
    let (there, oat) = row("slack").with(|request| match request.number {
        0 => Answer::json(
            200,
            json!({"ok": true, "app_id": "A1", "access_token": "xoxb-bot", "token_type": "bot", "scope": "commands",
                   "authed_user": {"id": "U1", "scope": "users:read,channels:read", "access_token": "xoxe.xoxp-1", "token_type": "user", "refresh_token": "CANARY-xoxe-1", "expires_in": 43200}}),
        ),
        _ => Answer::json(
            200,
            json!({"ok": true, "access_token": "xoxe.xoxp-2", "token_type": "user", "scope": "users:read,channels:read", "refresh_token": "CANARY-xoxe-2", "expires_in": 43200}),
        ),
    });
    let (_, output) = oat.signed_in("code-1", &[]);
    output.does_not_say(&["warning"]);
    output.says(&["access token for 12 h", "refreshed in silence until"]);
    assert_eq!(oat.get(&[]).line(), "xoxe.xoxp-1");
    assert_eq!(oat.run(&["refresh", "p", "--print"]).line(), "xoxe.xoxp-2");
    let sent = |number: usize| there.server.requests()[number].form().into_iter().find(|(name, _)| name == "refresh_token").unwrap().1;
    assert_eq!(sent(1), "CANARY-xoxe-1");
    oat.run(&["refresh", "p"]);
    assert_eq!(sent(2), "CANARY-xoxe-2");

    let no = Answer::json(200, json!({"ok": false, "error": "invalid_code"}));
    let (_there, oat) = row("slack").with(move |_| no.clone());
    let sign_in = oat.sign_in(&[]);
    sign_in.redirect(&[("code", "code-1"), ("state", &sign_in.parameter("state"))]);
    sign_in.end().fails_saying(4, &["invalid_code"]);
    let oat = Oat::new().config("[profile.p]\nprovider = \"slack\"\nclient_id = \"id\"\n");
    oat.run(&["login", "p"]).fails_saying(6, &["lacks `scope`", "users:read"]);
    let own = "authorize_params = { scope = \"chat:write\" }\ntoken_pointer = \"\"";
    let oat = Oat::new().config(&format!("[profile.p]\nprovider = \"slack\"\nclient_id = \"id\"\n{own}\n"));
    oat.get(&[]).fails_saying(3, &["oat login p"]);
}

#[test]
fn salesforce_names_no_end_and_its_instance_comes_out_with_the_token() {
    let (_there, oat) = row("salesforce").with(|_| {
        Answer::json(
            200,
            json!({"access_token": "00D!t", "refresh_token": "CANARY-refresh", "instance_url": "https://example.my.salesforce.com", "id": "https://login.salesforce.com/id/1/2", "token_type": "Bearer", "issued_at": "1278448832702", "signature": "CANARY-signature", "scope": "api refresh_token"}),
        )
    });
    let (_, output) = oat.signed_in("code-1", &[]);
    output.says(&["access token for 15 min"]);
    let told: Value = serde_json::from_str(oat.get(&["--format", "json"]).line()).unwrap();
    assert_eq!(
        told["extra"]["instance_url"].as_str().or(told["instance_url"].as_str()),
        Some("https://example.my.salesforce.com"),
        "{told}"
    );
}

#[test]
fn keycloaks_refresh_token_starts_anew_with_each_refresh_and_its_offline_one_has_no_end() {
    for (lifetime, told) in [(1800, "refreshed in silence until"), (0, "refreshed in silence from then on")] {
        let (_there, oat) = row("keycloak").with(move |request| match request.method.as_str() {
            "GET" => usual(request),
            _ => Answer::json(
                200,
                json!({"access_token": "t", "expires_in": 300, "refresh_expires_in": lifetime, "refresh_token": "CANARY-refresh", "token_type": "Bearer", "not-before-policy": 0, "session_state": "s", "scope": "openid email profile"}),
            ),
        });
        let (_, output) = oat.signed_in("code-1", &[]);
        output.says(&[told]);
        output.does_not_say(&["warning"]);
    }
}
