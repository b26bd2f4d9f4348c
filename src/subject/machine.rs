//! The identity of a machine: what Kubernetes puts into a pod, and what Google's metadata server says.

use crate::error::{Error, Kind, Result};
use crate::keys::subject::Subject;
use crate::oauth::answer;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::World;
use crate::secret::{SUBJECT, SecretReference, SubjectToken, WireSecret};
use crate::subject::ci::{Call, encoded, with_query};

/// Where kubelet puts a service account's token unless the pod says otherwise.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The file of a projected token: the profile's, else that of Azure's webhook (AKS), else the usual one. kubelet replaces it, so it
/// is read each time.
pub fn kubernetes_file(subject: &Subject, variable: &dyn Fn(&str) -> Option<String>) -> SecretReference {
    let named = subject.text("file").map(str::to_string).or_else(|| variable("AZURE_FEDERATED_TOKEN_FILE"));
    SecretReference::File(named.unwrap_or_else(|| SERVICE_ACCOUNT.into()).into())
}

/// A pod's projected token.
pub fn kubernetes(world: &mut dyn World, subject: &Subject) -> Result<SubjectToken> {
    let reference = kubernetes_file(subject, &|name| world.environment().get(name));
    let token = world.reveal(&reference, SUBJECT).map_err(|error| {
        error.hint("mount one: volumes: [{name: oat, projected: {sources: [{serviceAccountToken: {path: token, audience: \"…\"}}]}}], and set `file`")
    })?;
    Ok(SubjectToken::new(token.expose()))
}

/// A Google machine's token (docs.cloud.google.com, "Verifying VM identity"). Nothing on the way is asked: no proxy, no name server
/// but for the one name.
pub fn gcp(world: &mut dyn World, subject: &Subject, audience: Option<&str>) -> Result<SubjectToken> {
    let audience = audience.ok_or_else(|| {
        Error::new(Kind::Config, "the metadata server gives a token for an audience, and none is named")
            .hint("subject = { source = \"gcp\", audience = \"…\" }, or OAT_SUBJECT_AUDIENCE")
    })?;
    let host = world.environment().get("GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".into());
    let account = encoded(subject.text("service_account").unwrap_or("default"));
    let path = format!("/computeMetadata/v1/instance/service-accounts/{account}/identity");
    let url = Endpoint::at_metadata_server(&host, &with_query(&path, &[("audience", audience), ("format", "full")])).map_err(|reason| {
        Error::new(Kind::Config, format!("the environment variable `GCE_METADATA_HOST` cannot be used: {reason}"))
            .hint("it is a host such as metadata.google.internal, or one on loopback with its port")
    })?;
    let call = Call {
        url,
        headers: vec![("metadata-flavor", WireSecret::new("Google"))],
        body: None,
        credential: None,
        whom: "the metadata server",
        cure: "has this machine a service account, and is `service_account` one of its?",
    };
    call.ask(world, &|response, expect| {
        if !(200..300).contains(&response.status) || response.cut_short.is_some() {
            // Whatever it says of it, it is no token.
            return answer::object(response, expect).and(Err(Error::new(Kind::Invalid, "the metadata server sent no token")));
        }
        let text = std::str::from_utf8(&response.body).map_err(|_| Error::new(Kind::Invalid, "what it sent is not UTF-8"))?;
        Ok(SubjectToken::new(text))
    })
}
