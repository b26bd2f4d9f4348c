//! What tells the tokens of one job from those of another, and which system a job runs in.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::jose::base64url;
use crate::json::members;
use crate::keys::subject::Subject;
use crate::subject::gitlab;

/// The variables that name a job, whatever its source is. What is kept for one job is not another's. The jobs of a matrix differ in
/// RUNNER_TRACKING_ID alone; SYSTEM_JOBID is the same in each run of a pipeline.
const JOBS: [&str; 10] = [
    "GITHUB_RUN_ID",
    "GITHUB_RUN_ATTEMPT",
    "GITHUB_JOB",
    "RUNNER_TRACKING_ID",
    "CI_JOB_ID",
    "CIRCLE_WORKFLOW_JOB_ID",
    "BUILDKITE_JOB_ID",
    "BUILD_BUILDID",
    "SYSTEM_JOBID",
    "FORGEJO_RUN_ID",
];

/// How each system shows that a job runs in it, and the variables that its token comes from or is asked for with. The first that
/// fits is taken: a job may run in a pod, or on a Google machine.
const SYSTEMS: [(&str, &[&str], &[&str]); 7] = [
    (
        "github-actions",
        &["GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_URL"],
        &["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
    ),
    ("gitlab", &["GITLAB_CI"], &[]),
    ("circleci", &["CIRCLECI"], &["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"]),
    ("buildkite", &["BUILDKITE"], &["BUILDKITE_AGENT_ACCESS_TOKEN"]),
    ("azure-devops", &["TF_BUILD"], &["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]),
    ("kubernetes", &["AZURE_FEDERATED_TOKEN_FILE", "KUBERNETES_SERVICE_HOST"], &["AZURE_FEDERATED_TOKEN_FILE"]),
    ("gcp", &["GCE_METADATA_HOST", "K_SERVICE", "CLOUD_RUN_JOB"], &["GCE_METADATA_HOST"]),
];

/// The same subject, where `auto` is the system that this runs in. Fails with `Config`, naming what was looked for.
pub fn found(subject: &Subject, environment: &Environment) -> Result<Subject> {
    if subject.source() != "auto" {
        return Ok(subject.clone());
    }
    let set = |names: &[&str]| names.iter().any(|name| environment.get(name).is_some_and(|value| value != "false"));
    // A machine of Google's sets no variable, so it is looked at last.
    let by_machine = || environment.on_google().then_some("gcp");
    match SYSTEMS.iter().find(|(_, signs, _)| set(signs)).map(|(name, ..)| *name).or_else(by_machine) {
        Some(name) => {
            let mut found = subject.clone();
            found.0.insert("source".into(), Json::from(name));
            Ok(found)
        }
        None => {
            let looked: Vec<String> = SYSTEMS.iter().map(|(name, signs, _)| format!("{} ({name})", signs.join(" or "))).collect();
            Err(Error::new(Kind::Config, format!("no CI system was found to run this; looked for {}", looked.join(", ")))
                .hint("name the source: subject = { source = \"github-actions\" }, or OAT_SUBJECT=env:NAME"))
        }
    }
}

/// Stands for a subject and the job that it is of, so that no token kept for one is served to another. It tells nothing of them.
pub fn mark(subject: &Subject, audience: Option<&str>, environment: &Environment) -> String {
    let values = |names: &[&str]| names.iter().map(|name| environment.get(name)).collect::<Vec<_>>();
    let own = SYSTEMS.iter().find(|(name, ..)| *name == subject.source()).map(|(.., names)| values(names));
    let variable = match subject.source() {
        "gitlab" => gitlab::variable(environment, subject, audience).ok(),
        "env" => subject.text("name").map(str::to_string),
        _ => None,
    };
    let token = variable.and_then(|name| environment.get(&name));
    digest(&Json::Object(members([
        ("subject", Json::Object(subject.0.clone())),
        ("audience", json!(audience)),
        ("job", json!(values(&JOBS))),
        ("system", json!(own)),
        ("token", json!(token)),
    ])))
}

/// A fingerprint of a value.
pub fn digest(value: &Json) -> String {
    base64url::encode(Sha256::digest(value.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> Subject {
        Subject::read(text).unwrap()
    }

    #[test]
    fn auto_is_the_first_system_that_shows_itself_and_none_is_told_by_what_was_looked_for() {
        let found = |variables: &[(&str, &str)]| super::found(&subject("auto,audience=a"), &Environment::of(variables));
        for (variable, source) in [
            ("GITHUB_ACTIONS", "github-actions"),
            ("GITLAB_CI", "gitlab"),
            ("CIRCLECI", "circleci"),
            ("BUILDKITE", "buildkite"),
            ("TF_BUILD", "azure-devops"),
            ("KUBERNETES_SERVICE_HOST", "kubernetes"),
            ("GCE_METADATA_HOST", "gcp"),
        ] {
            let found = found(
                &[("KUBERNETES_SERVICE_HOST", "10.0.0.1"), (variable, "true")]
                    .into_iter()
                    .filter(|(name, _)| variable != "GCE_METADATA_HOST" || *name != "KUBERNETES_SERVICE_HOST")
                    .collect::<Vec<_>>(),
            )
            .unwrap();
            assert_eq!((found.source(), found.text("audience")), (source, Some("a")), "{variable}");
        }
        let machine = ("/sys/class/dmi/id/product_name", "Google Compute Engine\n");
        assert_eq!(found(&[machine]).unwrap().source(), "gcp");
        assert_eq!(found(&[machine, ("GITLAB_CI", "true")]).unwrap().source(), "gitlab");
        assert!(found(&[(machine.0, "Standard PC")]).is_err());
        let error = found(&[("GITHUB_ACTIONS", "false")]).unwrap_err();
        assert!(["GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD"].iter().all(|name| error.message.contains(name)), "{error:?}");
    }

    #[test]
    fn another_job_another_request_token_or_another_variable_is_another_mark() {
        let marked = |text: &str, variables: &[(&str, &str)]| mark(&subject(text), Some("a"), &Environment::of(variables));
        let job = [("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r1"), ("GITHUB_RUN_ID", "1")];
        let first = marked("github-actions", &job);
        assert_eq!(first, marked("github-actions", &job));
        assert_ne!(first, marked("github-actions", &[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r2"), ("GITHUB_RUN_ID", "1")]));
        assert_ne!(first, marked("github-actions", &[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r1"), ("GITHUB_RUN_ID", "2")]));
        assert_ne!(marked("env:T", &[("T", "x")]), marked("env:T", &[("T", "y")]));
        assert_ne!(marked("gitlab", &[("A_ID_TOKEN", "x")]), marked("gitlab", &[("A_ID_TOKEN", "y")]));
        for name in ["CI_JOB_ID", "RUNNER_TRACKING_ID", "BUILD_BUILDID"] {
            let command = |job: &str| marked("{ command = [\"x\"] }", &[(name, job)]);
            assert_ne!(command("1"), command("2"), "{name}");
        }
        assert!(!first.contains("r1"));
    }
}
