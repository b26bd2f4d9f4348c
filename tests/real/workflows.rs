//! The workflows of the manual, as each CI system runs them: read from the committed pages, with the servers on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use saphyr::{LoadableYamlNode, YamlOwned};
use serde_json::json;

use crate::support::parts::part;
use crate::support::{Answer, Oat, Recorded, Server, manual};

/// The identity of the job, the token for the API, and what the job asks its CI system with. Outputs are searched for them.
const TOKEN: &str = "CANARY-access-token";
const TICKET: &str = "CANARY-request-token";

/// Variables by name.
type Variables = BTreeMap<String, String>;

fn identity() -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "iss": "https://ci.example", "sub": "job", "aud": "https://login.example.com", "exp": 4_000_000_000_u32 });
    format!("{}.{}.CANARY", part(json!({ "alg": "RS256" })), part(claims))
}

/// The workflow of a page of the manual.
fn workflow(page: &str) -> YamlOwned {
    YamlOwned::load_from_str(&manual::literal(page)).unwrap().remove(0)
}

fn text(value: &YamlOwned) -> String {
    value.as_str().map(str::to_string).unwrap_or_else(|| panic!("{value:?} is no text"))
}

fn list(value: &YamlOwned) -> Vec<&YamlOwned> {
    value.as_sequence().unwrap().iter().collect()
}

fn variables(value: &YamlOwned) -> Variables {
    value.as_mapping().unwrap().iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// A machine of a CI system, with its identity endpoint, the authorization server and the API behind one address.
struct Runner {
    oat: Oat,
    server: Server,
    folder: PathBuf,
    /// What every step has in its environment.
    variables: Variables,
}

impl Runner {
    fn new(identity: fn(&Recorded) -> Option<Answer>) -> Runner {
        let server = Server::start(move |request| match request.path() {
            "/token" => Answer::token(TOKEN),
            "/reports" if request.header("authorization") == Some(&format!("Bearer {TOKEN}")) => Answer::text(200, "text/plain", "report"),
            "/reports" => Answer::text(401, "text/plain", "who are you?"),
            _ => identity(request).unwrap_or_else(|| Answer::text(404, "text/plain", "no such place")),
        });
        let oat = Oat::new().unset("OAT_STORE").unset("OAT_CONFIG");
        let folder = oat.folder().join("bin");
        fs::create_dir(&folder).unwrap();
        symlink(env!("CARGO_BIN_EXE_oat"), folder.join("oat")).unwrap();
        let mut runner = Runner { oat, server, folder, variables: Variables::new() };
        let path = format!("{}:{}", runner.folder.display(), std::env::var("PATH").unwrap());
        let set = [("CI", "true".to_string()), ("PATH", path), ("HOME", runner.oat.home().display().to_string())];
        runner.variables.extend(set.map(|(name, value)| (name.to_string(), value)));
        let state = runner.oat.state().display().to_string();
        runner.with("OAT_STATE", &state)
    }

    fn with(mut self, name: &str, value: &str) -> Runner {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The servers of the workflow are on loopback.
    fn here(&self, text: &str) -> String {
        let text = text.replace("https://login.example.com/token", &self.server.url("/token"));
        text.replace("https://api.example.com/reports", &self.server.url("/reports"))
    }

    /// Runs a step with these variables, and gives its stdout.
    fn step(&self, script: &str, more: &Variables) -> String {
        let here = |(name, value): (&String, &String)| (name.clone(), self.here(value));
        let mut bash = part("bash");
        bash.args(["-e", "-o", "pipefail", "-c", &self.here(script)]).env_clear().current_dir(self.oat.folder());
        let output = bash.envs(self.variables.iter().map(here)).envs(more.iter().map(here)).output().unwrap();
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{script}: {stderr}");
        self.assert_masked(&stdout);
        self.assert_masked(&stderr);
        stdout
    }

    /// A token is in the log only where the runner is told to mask it, and what it was got with is nowhere.
    fn assert_masked(&self, log: &str) {
        assert!(!log.contains(TICKET) && !log.contains(&identity()), "{log}");
        let told = ["::add-mask::", "##vso[task.setsecret]", "##vso[task.setvariable "];
        for line in log.lines().filter(|line| line.contains(TOKEN)) {
            assert!(told.iter().any(|command| line.starts_with(command)), "{line}");
        }
    }

    /// The exchange: what every page says is sent.
    fn assert_exchanged(&self, times: usize, reports: usize) {
        let requests: Vec<Recorded> = self.server.requests().into_iter().filter(|request| request.path() == "/token").collect();
        assert_eq!(requests.len(), times, "{requests:#?}");
        for request in requests {
            let form = request.form();
            let value = |name: &str| form.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
            assert_eq!(value("grant_type"), Some("urn:ietf:params:oauth:grant-type:token-exchange"));
            assert_eq!((value("subject_token"), value("scope")), (Some(identity().as_str()), Some("reports")));
            assert_eq!(value("subject_token_type"), Some("urn:ietf:params:oauth:token-type:jwt"));
        }
        assert_eq!(self.server.count_of("/reports"), reports);
    }
}

#[test]
fn the_workflow_for_github_actions_runs() {
    let runner = Runner::new(|request| {
        let asked = request.target == "/identity?api-version=2.0&audience=https%3A%2F%2Flogin.example.com";
        let allowed = request.header("authorization") == Some(&format!("bearer {TICKET}"));
        (asked && allowed && request.method == "GET").then(|| Answer::json(200, json!({ "count": 1, "value": identity() })))
    });
    let handed_on = runner.oat.folder().join("github_env");
    fs::write(&handed_on, "").unwrap();
    let (url, file) = (runner.server.url("/identity?api-version=2.0"), handed_on.display().to_string());
    let runner = runner.with("GITHUB_ACTIONS", "true").with("GITHUB_ENV", &file);
    let workflow = workflow("oat-github-actions.7");
    let may_ask = text(&workflow["permissions"]["id-token"]) == "write";
    assert!(may_ask);
    let runner = runner.with("ACTIONS_ID_TOKEN_REQUEST_URL", &url).with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", TICKET);
    let own = variables(&workflow["env"]);
    for step in list(&workflow["jobs"]["report"]["steps"]) {
        let mut environment = own.clone();
        environment.extend(of_github_env(&fs::read_to_string(&handed_on).unwrap()));
        runner.step(&text(&step["run"]), &environment);
    }
    assert_eq!(of_github_env(&fs::read_to_string(&handed_on).unwrap())["API_TOKEN"], TOKEN);
    runner.assert_exchanged(1, 1);
}

/// As the runner reads it: `NAME<<DELIMITER`, lines, `DELIMITER`.
fn of_github_env(file: &str) -> Variables {
    let mut lines = file.lines();
    let mut read = Variables::new();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        read.insert(name.into(), value.join("\n"));
    }
    read
}

#[test]
fn the_workflow_for_gitlab_ci_runs() {
    let runner = Runner::new(|_| None);
    let job = &workflow("oat-gitlab-ci.7")["report"];
    let mut environment = variables(&job["variables"]);
    for (name, token) in job["id_tokens"].as_mapping().unwrap() {
        assert_eq!(text(&token["aud"]), "https://login.example.com");
        environment.insert(text(name), identity());
    }
    let runner = runner.with("GITLAB_CI", "true");
    for line in list(&job["script"]) {
        runner.step(&text(line), &environment);
    }
    runner.assert_exchanged(1, 1);
}

#[test]
fn the_workflow_for_circleci_runs() {
    let runner = Runner::new(|_| None);
    let program = format!(
        "#!/bin/sh\n[ \"$*\" = 'run oidc get --claims {{\"aud\":\"https://login.example.com\"}}' ] || exit 9\nprintf '%s\\n' '{}'\n",
        identity()
    );
    runner.oat.file("bin/circleci", 0o755, program);
    let runner = runner.with("CIRCLECI", "true").with("CIRCLE_OIDC_TOKEN_V2", "of-another-audience");
    let job = &workflow("oat-circleci.7")["jobs"]["report"];
    let environment = variables(&job["environment"]);
    for step in list(&job["steps"]).iter().filter_map(|step| step.as_mapping_get("run")) {
        runner.step(&text(step), &environment);
    }
    runner.assert_exchanged(1, 1);
}

#[test]
fn the_workflow_for_buildkite_runs() {
    let runner = Runner::new(|request| {
        let asked = request.method == "POST" && request.target == "/v3/jobs/job-1/oidc/tokens";
        let allowed = request.header("authorization") == Some(&format!("Token {TICKET}"));
        let right = asked && allowed && request.json()["audience"] == "https://login.example.com";
        right.then(|| Answer::json(200, json!({ "token": identity() })))
    });
    let endpoint = runner.server.url("/v3");
    let runner = runner.with("BUILDKITE", "true").with("BUILDKITE_AGENT_ENDPOINT", &endpoint);
    let runner = runner.with("BUILDKITE_JOB_ID", "job-1").with("BUILDKITE_AGENT_ACCESS_TOKEN", TICKET);
    let pipeline = workflow("oat-buildkite.7");
    let environment = variables(&pipeline["env"]);
    for step in list(&pipeline["steps"]) {
        for command in list(&step["commands"]) {
            // What the upload of a pipeline leaves of it.
            runner.step(&text(command).replace("$$", "$"), &environment);
        }
    }
    // Nothing is kept there.
    runner.assert_exchanged(3, 1);
}

#[test]
fn the_workflow_for_azure_pipelines_runs() {
    let runner = Runner::new(|request| {
        let asked = request.target == "/oidc?api-version=7.1&serviceConnectionId=66666666-7777-8888-9999-000000000000";
        let header = |name: &str, value: &str| request.header(name) == Some(value);
        let told = header("content-type", "application/json") && header("x-tfs-fedauthredirect", "Suppress");
        let allowed = header("authorization", &format!("Bearer {TICKET}"));
        (request.method == "POST" && asked && told && allowed).then(|| Answer::json(200, json!({ "oidcToken": identity() })))
    });
    let (oidc, token) = (runner.server.url("/oidc"), runner.server.url("/token"));
    // Microsoft's own address is where the preset has it.
    let runner = runner.with("TF_BUILD", "True").with("SYSTEM_OIDCREQUESTURI", &oidc).with("OAT_TOKEN_ENDPOINT", &token);
    let pipeline = workflow("oat-azure-pipelines.7");
    let own = variables(&pipeline["variables"]);
    let mut secret = Variables::from([("System.AccessToken".to_string(), TICKET.to_string())]);
    for step in list(&pipeline["steps"]) {
        let mut environment = own.clone();
        for (name, value) in variables(&step["env"]) {
            let macro_name = value.trim_start_matches("$(").trim_end_matches(')').to_string();
            environment.insert(name, secret[&macro_name].clone());
        }
        let log = runner.step(&text(&step["bash"]), &environment);
        for command in log.lines().filter_map(|line| line.strip_prefix("##vso[task.setvariable variable=")) {
            let (name, value) = command.split_once(";issecret=true]").unwrap();
            secret.insert(name.into(), value.into());
        }
    }
    assert_eq!(secret["API_TOKEN"], TOKEN);
    assert_eq!(runner.server.count_of("/reports"), 1);
    let requests: Vec<Recorded> = runner.server.requests().into_iter().filter(|request| request.path() == "/token").collect();
    assert_eq!(requests.len(), 1, "{requests:#?}");
    let form = requests[0].form();
    let value = |name: &str| form.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    assert_eq!(value("grant_type"), Some("client_credentials"));
    assert_eq!(value("client_assertion"), Some(identity().as_str()));
    assert_eq!(value("client_assertion_type"), Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    assert_eq!(value("client_id"), Some("11111111-2222-3333-4444-555555555555"));
    assert_eq!((value("scope"), value("client_secret")), (Some("https://api.example.com/.default"), None));
}

#[test]
fn the_pod_for_kubernetes_runs() {
    let runner = Runner::new(|_| None);
    let pod = workflow("oat-kubernetes.7");
    let container = &pod["spec"]["containers"][0];
    let mounted = text(&container["volumeMounts"][0]["mountPath"]);
    let projected = &pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"];
    assert_eq!(text(&projected["audience"]), "https://login.example.com");
    // As the kubelet lays it out: a link to a link.
    let volume = runner.oat.folder().join("volume");
    fs::create_dir_all(volume.join("..2026_11_24")).unwrap();
    let file = text(&projected["path"]);
    runner.oat.file(&format!("volume/..2026_11_24/{file}"), 0o644, identity());
    symlink("..2026_11_24", volume.join("..data")).unwrap();
    symlink(format!("..data/{file}"), volume.join(&file)).unwrap();
    let here = volume.display().to_string();
    let environment: Variables =
        list(&container["env"]).iter().map(|entry| (text(&entry["name"]), text(&entry["value"]).replace(&mounted, &here))).collect();
    let quoted = |word: &&YamlOwned| format!("'{}'", text(word).replace('\'', "'\\''"));
    let command: Vec<String> = list(&container["command"]).iter().map(quoted).collect();
    runner.step(&command.join(" "), &environment);
    runner.assert_exchanged(1, 0);
}
