//! kubectl, cargo, go and docker themselves ask oat for a token, set up as `oat credential setup` says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::credential::{Case, TOKEN, basic, refused, text};
use crate::support::json;
use crate::support::parts::succeeded;
use crate::support::redirect::Provider;
use crate::support::server::{Answer, Server};
use sha2::{Digest, Sha256};

fn kubectl(case: &Case, users: &str) -> Output {
    let clusters = format!("clusters:\n- name: c\n  cluster: {{ server: {:?}, certificate-authority: {:?} }}\n", case.url(""), case.ca);
    let contexts = "contexts:\n- name: x\n  context: { cluster: c, user: oat-p }\ncurrent-context: x\n";
    let kubeconfig = case.oat.file("kubeconfig", 0o600, format!("apiVersion: v1\nkind: Config\n{clusters}{contexts}{users}\n"));
    case.program("kubectl").arg("--kubeconfig").arg(kubeconfig).args(["get", "--raw", "/version"]).output().unwrap()
}

fn cluster(hosts: &str) -> Case {
    Case::new(hosts, "Bearer realm=\"k8s\"", |_| Answer::json(200, json!({"major": "1", "minor": "30", "gitVersion": "v1.30.0"})))
}

#[test]
fn kubectl_gets_a_token_in_both_versions_for_the_cluster_that_the_profile_lists() {
    for version in ["v1", "v1beta1"] {
        let case = cluster("localhost");
        let users = case.setup("kubectl").replace("k8s.io/v1", &format!("k8s.io/{version}"));
        let told = succeeded("kubectl", &kubectl(&case, &users));
        assert!(told.contains("v1.30.0"), "{told}");
        assert!(case.seen().iter().all(|sent| *sent == format!("Bearer {TOKEN}0")) && !case.seen().is_empty());
        // Without the server's name there is nothing to compare.
        succeeded("kubectl", &kubectl(&case, &users.replace("provideClusterInfo: true", "provideClusterInfo: false")));
        assert_eq!(case.tokens.count(), 1);
    }
}

#[test]
fn kubectl_gets_no_token_for_another_cluster() {
    let case = cluster("other.example");
    let output = kubectl(&case, &case.setup("kubectl"));
    assert!(!output.status.success() && text(&output).contains("does not list `localhost"), "{}", text(&output));
    assert!(case.seen().is_empty() && case.tokens.connections() == 0);
}

#[test]
fn on_a_terminal_a_sign_in_begins_where_kubectl_says_that_a_person_is_there() {
    let provider = Provider::good();
    for (interactive, begins) in [(true, true), (false, false)] {
        let info = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "spec": {"interactive": interactive}});
        let oat = provider.oat("").env("KUBERNETES_EXEC_INFO", &info.to_string()).env("OAT_LOGIN_TIMEOUT", "1").env("BROWSER", "true");
        let (code, screen) = oat.on_terminal(&["credential", "kubectl", "p", "--login"], &[]);
        assert_eq!((code, screen.contains("/authorize?")), (Some(3), begins), "{screen}");
    }
}

// ── cargo ───────────────────────────────────────────────────────────────────────────────────────────────────────

/// The cargo that builds this, without the machine's own settings.
fn cargo(case: &Case) -> Command {
    let mut command = case.program(env!("CARGO"));
    let tools = Path::new(env!("CARGO")).parent().unwrap();
    let path = format!("{}:{}:{}", case.oat.folder().join("bin").display(), tools.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env("CARGO_HOME", case.oat.home().join("cargo"));
    command
}

fn registry(hosts: &str) -> Case {
    let guarded = Server::start(|request| {
        let at = format!("http://{}", request.header("host").unwrap());
        let entry = json!({"name": "hello-oat", "vers": "1.0.0", "deps": [], "cksum": "0".repeat(64), "features": {}, "yanked": false});
        refused(request, "Cargo realm=\"x\"").unwrap_or_else(|| match request.path() {
            "/config.json" => Answer::json(200, json!({"dl": format!("{at}/dl"), "api": at, "auth-required": true})),
            "/he/ll/hello-oat" => Answer::text(200, "text/plain", entry.to_string()),
            _ => Answer::text(404, "", ""),
        })
    });
    Case::with(guarded, None, hosts)
}

/// A crate that depends on one of that registry.
fn settled(case: &Case) -> PathBuf {
    let folder = case.oat.folder().join("crate");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::create_dir_all(folder.join(".cargo")).unwrap();
    fs::write(folder.join("src/lib.rs"), "").unwrap();
    let manifest = "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nhello-oat = { version = \"1\", registry = \"corp\" }\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let index = format!("index = \"sparse+http://{}/\"\ncredential-provider = [\"oat\", \"p\"]\n", case.guarded.address);
    fs::write(folder.join(".cargo/config.toml"), format!("[registries.corp]\n{index}")).unwrap();
    folder
}

fn lock(case: &Case) -> Output {
    cargo(case).current_dir(settled(case)).arg("generate-lockfile").output().unwrap()
}

#[test]
fn cargo_gets_a_token_for_a_registry_that_wants_one() {
    let case = registry("127.0.0.1:PORT");
    let output = lock(&case);
    succeeded("cargo", &output);
    let locked = fs::read_to_string(case.oat.folder().join("crate/Cargo.lock")).unwrap();
    assert!(locked.contains("hello-oat"), "{locked}");
    assert!(!case.seen().is_empty() && case.seen().iter().all(|sent| *sent == format!("Bearer {TOKEN}0")), "{:?}", case.seen());
    assert_eq!(case.tokens.count(), 1);
    assert!(case.setup("cargo").contains("credential-provider = [\"oat\", \"p\"]"));
}

#[test]
fn cargo_gets_no_token_for_another_registry_and_shows_why_one_cannot_be_had() {
    let case = registry("other.example");
    assert!(!lock(&case).status.success());
    assert!(case.seen().is_empty() && case.tokens.connections() == 0);
    let case = registry("127.0.0.1");
    for verb in ["login", "logout"] {
        let output = cargo(&case).current_dir(settled(&case)).args([verb, "--registry", "corp"]).output().unwrap();
        assert!(!output.status.success() && text(&output).contains("not supported"), "{}", text(&output));
    }
    let case = registry("127.0.0.1");
    let case = Case { oat: case.oat.unset("P_SECRET"), ..case };
    let output = lock(&case);
    assert!(!output.status.success() && text(&output).contains("P_SECRET"), "{}", text(&output));
}

// ── go ──────────────────────────────────────────────────────────────────────────────────────────────────────────

fn versions(case: &Case, goauth: &str) -> Output {
    let mut command = case.program("go");
    command.env("GOAUTH", goauth).env("GOPROXY", case.url("")).env("SSL_CERT_FILE", &case.ca);
    command.env("GOTOOLCHAIN", "local").env("GONOSUMDB", "*").env("GOFLAGS", "-mod=mod").env("GOPATH", case.oat.home().join("go"));
    command.args(["list", "-m", "-versions", "example.com/m"]).output().unwrap()
}

fn module_proxy(hosts: &str) -> Case {
    Case::new(hosts, "Bearer realm=\"go\"", |request| match request.path() {
        "/example.com/m/@v/list" => Answer::text(200, "text/plain", "v1.0.0\nv1.1.0\n"),
        "/example.com/m/@v/v1.1.0.info" | "/example.com/m/@latest" => {
            Answer::json(200, json!({"Version": "v1.1.0", "Time": "2026-01-12T09:30:00Z"}))
        }
        "/example.com/m/@v/v1.1.0.mod" => Answer::text(200, "text/plain", "module example.com/m\n"),
        _ => Answer::text(404, "", ""),
    })
}

#[test]
fn go_gets_a_token_for_a_module_proxy_that_wants_one() {
    for goauth in ["oat credential go p", "oat credential go"] {
        let case = module_proxy("localhost:PORT");
        let told = succeeded("go", &versions(&case, goauth));
        assert!(told.contains("v1.0.0 v1.1.0"), "{told}");
        assert!(!case.seen().is_empty() && case.seen().iter().all(|sent| *sent == format!("Bearer {TOKEN}0")), "{:?}", case.seen());
        assert_eq!(case.tokens.count(), 1);
        assert!(case.setup("go").contains("GOAUTH='oat credential go p'"));
    }
}

#[test]
fn go_gets_no_token_for_another_proxy() {
    let case = module_proxy("other.example");
    assert!(!versions(&case, "oat credential go p").status.success());
    assert!(case.seen().is_empty() && case.tokens.connections() == 0);
}

// ── docker ──────────────────────────────────────────────────────────────────────────────────────────────────────

fn registry_of_images(hosts: &str) -> Case {
    let settings = json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).to_string();
    let digest = format!("sha256:{:x}", Sha256::digest(&settings));
    let kind = "application/vnd.docker.distribution.manifest.v2+json";
    let config = json!({"mediaType": "application/vnd.docker.container.image.v1+json", "size": settings.len(), "digest": digest});
    let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}).to_string();
    Case::new(hosts, "Basic realm=\"images\"", move |request| match request.path() {
        "/v2/" => Answer::json(200, json!({})).header("Docker-Distribution-Api-Version", "registry/2.0"),
        "/v2/x/manifests/1" => Answer::text(200, kind, manifest.clone()),
        path if path.ends_with(&digest) => Answer::text(200, "application/octet-stream", settings.clone()),
        _ => Answer::text(404, "", ""),
    })
}

fn inspected(case: &Case, settings: &str) -> Output {
    let folder = case.oat.home().join(".docker");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.json"), settings).unwrap();
    let image = format!("localhost:{}/x:1", case.guarded.address.port());
    case.program("docker").args(["manifest", "inspect", "--insecure", &image]).env("DOCKER_CLI_EXPERIMENTAL", "enabled").output().unwrap()
}

#[test]
fn docker_reads_a_guarded_registry_with_the_settings_that_setup_prints() {
    let case = registry_of_images("localhost:PORT");
    let printed = case.setup("docker");
    let settings: String = printed.lines().filter(|line| !line.starts_with('#')).collect();
    let told = succeeded("docker", &inspected(&case, &settings));
    assert!(told.contains("manifest.v2"), "{told}");
    assert!(!case.seen().is_empty() && case.seen().iter().all(|sent| *sent == basic(&format!("{TOKEN}0"))), "{:?}", case.seen());
    assert_eq!(case.tokens.count(), 1);
}

#[test]
fn docker_gets_no_token_for_another_registry_and_a_logout_works() {
    let case = registry_of_images("other.example");
    assert!(!inspected(&case, "{\"credsStore\": \"oat\"}").status.success());
    assert!(case.seen().is_empty() && case.tokens.connections() == 0);
    let image = format!("localhost:{}", case.guarded.address.port());
    let output = case.program("docker").args(["logout", &image]).output().unwrap();
    succeeded("docker", &output);
}
