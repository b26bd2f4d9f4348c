//! kubectl asks for a token or an ID token: in which version, for which cluster, and whether a person may be asked.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use support::redirect::{Facts, Provider, now, sign_in};
use support::*;

const GROUP: &str = "client.authentication.k8s.io";

fn info(version: &str, spec: Value) -> String {
    json!({"apiVersion": format!("{GROUP}/{version}"), "kind": "ExecCredential", "spec": spec}).to_string()
}

fn cluster(server: &str) -> String {
    info("v1", json!({"interactive": false, "cluster": {"server": server, "certificate-authority-data": "eA==", "config": null}}))
}

/// An ExecCredential as Kubernetes' reference has it ("Client Authentication (v1)", kubernetes.io/docs/reference/config-api): `spec` and
/// its `interactive` are required, `expirationTimestamp` is a meta/v1.Time; these members, of these types, and no others.
#[track_caller]
fn credential(output: &Output, version: &str) -> (String, Option<i64>) {
    let answer: Value = serde_json::from_str(output.line()).unwrap();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&answer), ["apiVersion", "kind", "spec", "status"]);
    assert_eq!((&answer["apiVersion"], &answer["kind"]), (&json!(format!("{GROUP}/{version}")), &json!("ExecCredential")));
    assert_eq!(names(&answer["spec"]), ["interactive"]);
    assert!(answer["spec"]["interactive"].is_boolean());
    assert!(names(&answer["status"]).iter().all(|name| ["expirationTimestamp", "token"].contains(&name.as_str())));
    let end = answer["status"].get("expirationTimestamp").map(|end| {
        let end = humantime::parse_rfc3339(end.as_str().unwrap()).unwrap();
        end.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
    });
    (answer["status"]["token"].as_str().unwrap().to_string(), end)
}

#[test]
fn the_answer_has_the_version_of_the_question_and_ends_before_the_token() {
    let server = Server::always(Answer::token("CANARY-token"));
    let mut oat = Oat::against(&server);
    let output = oat.run(&["credential", "kubectl", "p"]);
    let (token, end) = credential(&output, "v1");
    assert_eq!(token, "CANARY-token");
    let left = end.unwrap() - now();
    assert!((3400..=3540).contains(&left), "{left}");
    for version in ["v1", "v1beta1"] {
        oat = oat.env("KUBERNETES_EXEC_INFO", &info(version, json!({"interactive": true})));
        assert_eq!(credential(&oat.run(&["credential", "kubectl", "p"]), version).0, "CANARY-token");
        assert_eq!(credential(&oat.run(&["credential", "kubectl"]), version).0, "CANARY-token");
    }
    assert_eq!(server.count(), 1);
    for bad in [info("v1alpha1", json!({})), info("v2", json!({})), "CANARY".into(), "{}".into(), json!({"kind": "Secret"}).to_string()] {
        oat = oat.env("KUBERNETES_EXEC_INFO", &bad);
        let output = oat.run(&["credential", "kubectl", "p"]);
        output.fails_saying(8, &["KUBERNETES_EXEC_INFO"]);
        output.assert_clean(&["CANARY"]);
    }
    oat.unset("KUBERNETES_EXEC_INFO").run(&["credential", "kubectl", "p", "x"]).fails(2);
}

#[test]
fn a_token_of_unknown_lifetime_has_no_end() {
    let server = Server::always(Answer::json(200, json!({"access_token": "opaque", "token_type": "Bearer"})));
    let oat = Oat::against(&server);
    let output = oat.run(&["credential", "kubectl", "p"]);
    assert_eq!(credential(&output, "v1"), ("opaque".into(), None));
}

#[test]
fn a_cluster_that_the_profile_does_not_list_gets_no_token() {
    let server = Server::always(Answer::token("CANARY-token"));
    let oat = Oat::at(&server.url("/token"), "hosts = [\"k8s.example\", \"*.corp.example\"]");
    let mut oat = oat.env("KUBERNETES_EXEC_INFO", &cluster("https://evil.example:6443"));
    for words in [&["credential", "kubectl", "p"][..], &["credential", "kubectl"]] {
        oat.run(words).fails_saying(6, &["evil.example"]);
    }
    // kubectl asks a server without a scheme by plain http, unless the cluster has a CA.
    for bad in [
        "http://k8s.example",
        "k8s.example",
        "k8s.example:6443",
        "//k8s.example",
        "https://u@k8s.example",
        "https://k8s.example\\@evil.example",
        "k8s\u{2028}.example",
        "",
    ] {
        oat = oat.env("KUBERNETES_EXEC_INFO", &cluster(bad));
        oat.run(&["credential", "kubectl", "p"]).fails(6);
    }
    assert_eq!(server.connections(), 0);
    for good in ["https://k8s.example:6443", "https://a.corp.example/k8s/clusters/c-1"] {
        oat = oat.env("KUBERNETES_EXEC_INFO", &cluster(good));
        for words in [&["credential", "kubectl", "p"][..], &["credential", "kubectl"]] {
            assert_eq!(credential(&oat.run(words), "v1").0, "CANARY-token");
        }
    }
    // A profile without `hosts` is named by the person's own kubeconfig.
    let free = Oat::against(&server).env("KUBERNETES_EXEC_INFO", &cluster("https://any.example"));
    assert_eq!(credential(&free.run(&["credential", "kubectl", "p"]), "v1").0, "CANARY-token");
    free.run(&["credential", "kubectl"]).fails_saying(6, &["any.example", "oat credential kubectl PROFILE"]);
}

#[test]
fn nobody_is_asked_to_sign_in_where_kubectl_says_that_nobody_is_there() {
    let provider = Provider::good();
    let oat = provider.oat("auto_login = true").env("KUBERNETES_EXEC_INFO", &info("v1", json!({"interactive": false})));
    oat.run(&["credential", "kubectl", "p", "--login"]).fails_saying(3, &["oat login p"]);
    assert_eq!(provider.server.count_of("/token"), 0);
}

/// ID tokens that live so long, and tokens that live an hour.
fn provider_of(lifetime: impl Fn(usize) -> i64 + Send + Sync + 'static) -> Provider {
    Provider::granting(move |_, facts: &Facts| {
        let mut claims = facts.claims();
        claims["exp"] = json!(now() + lifetime(facts.nth));
        claims["jti"] = json!(format!("n{}", facts.nth));
        facts.granted_with(&facts.signed(&claims))
    })
}

fn jti(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["jti"].clone()
}

#[test]
fn the_id_token_is_the_kept_one_while_it_is_good_and_renewed_after() {
    let provider = provider_of(|_| 600);
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    let (token, end) = credential(&oat.run(&["credential", "kubectl", "p", "--id-token"]), "v1");
    assert_eq!((jti(&token), provider.server.count_of("/token")), (json!("n0"), 1));
    let left = end.unwrap() - now();
    assert!((400..=541).contains(&left), "{left}");

    // The first is over before the access token is.
    let provider = provider_of(|nth| if nth == 0 { -30 } else { 600 });
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    for _ in 0..2 {
        let (token, _) = credential(&oat.run(&["credential", "kubectl", "p", "--id-token"]), "v1");
        assert_eq!((jti(&token), provider.server.count_of("/token")), (json!("n1"), 2));
    }
}

#[test]
fn where_no_new_id_token_comes_a_sign_in_is_asked_for() {
    let provider = Provider::granting(|request, facts| {
        let mut claims = facts.claims();
        claims["exp"] = json!(now() - 30);
        let mut granted = facts.granted(3600);
        granted["id_token"] = json!(facts.signed(&claims));
        if request.form().iter().any(|(_, value)| value == "refresh_token") {
            granted.as_object_mut().unwrap().remove("id_token");
        }
        Answer::json(200, granted)
    });
    let oat = provider.oat("");
    sign_in(&oat, &provider);
    oat.run(&["credential", "kubectl", "p", "--id-token"]).fails_saying(3, &["no new ID token", "oat login p"]);
    let server = Server::always(Answer::token("CANARY-token"));
    Oat::against(&server).run(&["credential", "kubectl", "p", "--id-token"]).fails_saying(6, &["client_credentials", "no ID token"]);
}
