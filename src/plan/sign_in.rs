//! What a sign-in needs besides the plan: read from the same settings, by the commands that sign a person in or keep them so.

use serde_json::Value as Json;

use crate::error::Result;
use crate::json;
use crate::keys::Value;
use crate::oauth::authorization::PROTOCOL;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::redirect::Redirect;
use crate::plan::{Plan, asked};
use crate::text::escape;
use crate::time::Seconds;

/// The parameter that asks for a refresh token (OpenID Connect Core section 11).
const OFFLINE: &str = "offline_access";

/// What a sign-in needs besides the plan.
#[derive(Debug)]
pub struct SignIn {
    /// Where a person signs in; None leaves it to discovery.
    pub authorization_endpoint: Option<Endpoint>,
    /// Where a device code is asked for.
    pub device_authorization_endpoint: Option<Endpoint>,
    /// Where the redirect ends.
    pub redirect: Redirect,
    /// The parameters of the authorization request.
    pub authorize: Vec<(String, Json)>,
    /// The parameters of the device authorization request.
    pub device: Vec<(String, Json)>,
    /// The parameters of the token request for a code or a device code.
    pub code: Vec<(String, Json)>,
    /// An issuer with a place for a tenant's id, where the profile names no one tenant (Entra).
    pub issuer_pattern: Option<String>,
    /// The one algorithm of ID tokens, where the profile names it.
    pub id_token_alg: Option<String>,
    /// How old a sign-in may be.
    pub max_age: Option<Seconds>,
    /// How long after a sign-in the refresh token works, where the profile says so, and whether a refresh starts it anew.
    pub refresh_token_lifetime: Option<(Seconds, bool)>,
}

impl SignIn {
    /// Reads the settings of a plan. Fails with `Config` or `Usage` for what is wrong in them.
    pub fn of(plan: &Plan) -> Result<SignIn> {
        let asked = asked(&plan.settings);
        let mut device = asked.clone();
        plan.settings.override_with("device_params", &mut device);
        let mut code: Vec<(String, Json)> = asked.iter().filter(|(name, _)| name == "resource").cloned().collect();
        plan.settings.override_with("token_params", &mut code);
        let sliding = plan.settings.on("refresh_token_sliding");
        Ok(SignIn {
            authorization_endpoint: plan.settings.endpoint("authorization_endpoint")?,
            device_authorization_endpoint: plan.settings.endpoint("device_authorization_endpoint")?,
            redirect: redirect(plan)?,
            authorize: authorize(plan, asked)?,
            device,
            code,
            issuer_pattern: issuer_pattern(plan),
            id_token_alg: plan.settings.text("id_token_signed_response_alg"),
            max_age: plan.settings.length("max_age"),
            refresh_token_lifetime: plan.settings.length("refresh_token_lifetime").map(|length| (length, sliding)),
        })
    }

    /// Whether an ID token is asked for.
    pub fn openid(&self) -> bool {
        says(&self.authorize, "openid")
    }

    /// Whether a refresh token is asked for, in either request. Hydra has a scope `offline`, Salesforce `refresh_token`; Google and
    /// Dropbox have a parameter for it.
    pub fn offline(&self) -> bool {
        let requests = [&self.authorize, &self.code, &self.device];
        requests.iter().any(|request| {
            [OFFLINE, "offline", "refresh_token"].iter().any(|word| says(request, word))
                || request.iter().any(|(name, value)| name.ends_with("access_type") && value == "offline")
        })
    }
}

/// The parameters of a refresh request for what `plan` asks, after a sign-in that asked for `before` (a JSON object).
pub fn refresh_parameters(plan: &Plan, before: &str, redirect_uri: Option<&str>) -> Vec<(String, Json)> {
    let before = json::object(before.as_bytes()).unwrap_or_default();
    let always = plan.settings.on("send_scope_on_refresh");
    let mut parameters: Vec<(String, Json)> = Vec::new();
    for (name, value) in &plan.parameters {
        // RFC 8707 section 2.2: the resource is named again; the rest only where it is not what the token stands for anyway.
        let another = before.get(name) != Some(value);
        let wanted = match name.as_str() {
            "resource" => true,
            "scope" => another || always,
            "audience" | "organization" => another,
            _ => false,
        };
        if wanted {
            parameters.push((name.clone(), value.clone()));
        }
    }
    if let Some(uri) = redirect_uri.filter(|_| plan.settings.on("send_redirect_uri_on_refresh")) {
        parameters.push(("redirect_uri".into(), uri.into()));
    }
    plan.settings.override_with("refresh_params", &mut parameters);
    parameters
}

/// The parameters of the authorization request. Fails where the profile says what is not its to say.
fn authorize(plan: &Plan, asked: Vec<(String, Json)>) -> Result<Vec<(String, Json)>> {
    let extra = plan.settings.parameters("authorize_params");
    // A response comes as a query here, and a server may want to be told so.
    let ours = |name: &&String| PROTOCOL.contains(&name.as_str()) && !(*name == "response_mode" && extra[*name] == "query");
    if let Some(name) = extra.keys().find(ours) {
        return Err(plan
            .settings
            .wrong("authorize_params", format!("`{}` is what oat itself says in the request", escape(name)))
            .hint(format!("take `{}` out", escape(name))));
    }
    let mut authorize = asked;
    authorize.extend(plan.settings.words(&["prompt", "login_hint", "acr_values"]));
    if let Some(age) = plan.settings.length("max_age") {
        authorize.push(("max_age".into(), age.0.into()));
    }
    plan.settings.override_with("authorize_params", &mut authorize);
    // OpenID Connect Core section 11: offline_access goes with prompt=consent. oidc-provider and lemonldap-ng drop it in silence
    // otherwise. The presets' servers do without, and some would send the person to an administrator.
    let chosen = plan.settings.value("prompt").is_some() || extra.contains_key("prompt");
    if plan.preset.is_none() && !chosen && says(&authorize, OFFLINE) {
        authorize.push(("prompt".into(), "consent".into()));
    }
    Ok(authorize)
}

fn redirect(plan: &Plan) -> Result<Redirect> {
    let ports = match plan.settings.value("redirect_ports") {
        Some(Value::Ports(ports)) => ports.as_slice(),
        _ => &[],
    };
    match plan.settings.text("redirect_uri") {
        None => Ok(Redirect { ports: ports.to_vec(), ..Redirect::default() }),
        Some(uri) => Redirect::parse(&uri, ports).map_err(|reason| {
            plan.settings
                .wrong("redirect_uri", reason)
                .hint("register http://127.0.0.1:PORT/callback at the server, and set it here; without a port, any free one is taken")
        }),
    }
}

/// A tenant by its id has an issuer of its own; `common` and a domain's name have the one of whoever signs in.
fn issuer_pattern(plan: &Plan) -> Option<String> {
    let pattern = plan.preset.as_ref()?.discovered_issuer.clone()?;
    let tenant = plan.settings.text("tenant")?;
    let id = tenant.len() == 36 && tenant.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    (!id).then_some(pattern)
}

fn says(parameters: &[(String, Json)], word: &str) -> bool {
    let scope = parameters.iter().find(|(name, _)| name == "scope").and_then(|(_, value)| value.as_str());
    scope.is_some_and(|scope| scope.split([' ', ',']).any(|other| other == word))
}
