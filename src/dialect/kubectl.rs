//! Kubernetes' exec credential plugins: ExecCredential of client.authentication.k8s.io, v1 and v1beta1.

use serde_json::{Map, Value, json};

use crate::dialect::{Credential, malformed};
use crate::error::Result;
use crate::json::object;
use crate::secret::WireSecret;

const GROUP: &str = "client.authentication.k8s.io/";
/// The versions that are spoken, the one without a question first.
const VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// What kubectl says in KUBERNETES_EXEC_INFO.
#[derive(Debug, PartialEq, Eq)]
pub struct Info {
    version: &'static str,
    /// Whether the person can be asked something; None where kubectl does not say.
    pub interactive: Option<bool>,
    /// The cluster's API server, where kubectl names it (`provideClusterInfo`).
    pub server: Option<String>,
}

/// Reads the variable; without one, nothing is known. Fails with `Invalid` for what is no question that could be answered.
pub fn read(said: Option<&str>) -> Result<Info> {
    let mut info = Info { version: VERSIONS[0], interactive: None, server: None };
    let Some(said) = said else { return Ok(info) };
    let wrong = |why: &dyn std::fmt::Display| malformed("KUBERNETES_EXEC_INFO", why);
    let question = object(said.as_bytes()).map_err(|why| wrong(&why))?;
    if question.get("kind").and_then(Value::as_str) != Some("ExecCredential") {
        return Err(wrong(&"it is no ExecCredential"));
    }
    let version = question.get("apiVersion").and_then(Value::as_str).and_then(|version| version.strip_prefix(GROUP));
    info.version = VERSIONS
        .into_iter()
        .find(|known| version == Some(known))
        .ok_or_else(|| wrong(&"its apiVersion is neither client.authentication.k8s.io/v1 nor v1beta1"))?;
    let spec = question.get("spec").and_then(Value::as_object);
    info.interactive = spec.and_then(|spec| spec.get("interactive")?.as_bool());
    info.server = match spec.and_then(|spec| spec.get("cluster")?.get("server")) {
        None => None,
        Some(Value::String(server)) => Some(server.clone()),
        Some(_) => return Err(wrong(&"its server is no text")),
    };
    Ok(info)
}

impl Info {
    /// The answer, in the version that was asked for.
    pub fn answer(&self, credential: &Credential) -> WireSecret {
        let mut status = Map::new();
        status.insert("token".into(), credential.token.into());
        if let Some(end) = credential.renew_at {
            status.insert("expirationTimestamp".into(), end.to_string().into());
        }
        let answer = json!({
            "apiVersion": format!("{GROUP}{}", self.version),
            "kind": "ExecCredential",
            // The type asks for it in answers too.
            "spec": { "interactive": self.interactive.unwrap_or_default() },
            "status": status,
        });
        WireSecret::new(answer.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixTime;

    #[test]
    fn the_question_is_answered_in_its_own_version() {
        let credential = Credential { token: "T", username: "", expires_at: None, renew_at: Some(UnixTime(1_768_210_200)) };
        for version in VERSIONS {
            let said = json!({"apiVersion": format!("{GROUP}{version}"), "kind": "ExecCredential", "spec": {"interactive": true, "cluster": {"server": "https://k8s.example"}}});
            let info = read(Some(&said.to_string())).unwrap();
            assert_eq!((info.interactive, info.server.as_deref()), (Some(true), Some("https://k8s.example")));
            let answer: Value = serde_json::from_str(info.answer(&credential).expose()).unwrap();
            assert_eq!(answer["apiVersion"], format!("client.authentication.k8s.io/{version}"));
            assert_eq!(answer["status"], json!({"token": "T", "expirationTimestamp": "2026-01-12T09:30:00Z"}));
        }
        let info = read(None).unwrap();
        assert_eq!(info, Info { version: "v1", interactive: None, server: None });
        let answer: Value = serde_json::from_str(info.answer(&Credential { renew_at: None, ..credential }).expose()).unwrap();
        assert_eq!((&answer["apiVersion"], &answer["status"]), (&json!("client.authentication.k8s.io/v1"), &json!({"token": "T"})));
    }

    #[test]
    fn what_is_no_question_gets_no_answer() {
        for bad in [
            "CANARY",
            "{}",
            r#"{"kind":"ExecCredential"}"#,
            r#"{"kind":"Secret","apiVersion":"client.authentication.k8s.io/v1"}"#,
            r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1"}"#,
            r#"{"kind":"ExecCredential","apiVersion":"v1"}"#,
            r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"server":1}}}"#,
        ] {
            assert!(!format!("{:?}", read(Some(bad)).unwrap_err()).contains("CANARY"), "{bad}");
        }
    }
}
