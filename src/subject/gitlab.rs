//! GitLab's tokens: they are in variables that the job's `id_tokens` names.

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::keys::subject::Subject;
use crate::oauth::world::World;
use crate::secret::SubjectToken;
use crate::subject::claims;
use crate::text::escape;

/// The token in the variable that is meant.
pub fn token(world: &mut dyn World, subject: &Subject, audience: Option<&str>) -> Result<SubjectToken> {
    let name = variable(world.environment(), subject, audience)?;
    let found = world.environment().get(&name).map(SubjectToken::new);
    found.ok_or_else(|| missing(&name, audience, &format!("the environment variable `{}` is not set", escape(&name))))
}

/// The variable that is meant: the one that is named; else that of the audience, as is usual (`SIGSTORE_ID_TOKEN`); else the one
/// whose token is for it; else the only one.
pub fn variable(environment: &Environment, subject: &Subject, audience: Option<&str>) -> Result<String> {
    if let Some(name) = subject.text("name") {
        return Ok(name.into());
    }
    let usual = audience.map(conventional);
    if let Some(name) = usual.as_ref().filter(|name| environment.get(name).is_some()) {
        return Ok(name.clone());
    }
    // GitLab's own guides call it ID_TOKEN_1 and GITLAB_OIDC_TOKEN too.
    let tokens = environment.named(&|name| {
        let name = name.trim_end_matches(|c: char| c == '_' || c.is_ascii_digit());
        name.ends_with("ID_TOKEN") || name.ends_with("OIDC_TOKEN")
    });
    let mut meant: Vec<&str> =
        tokens.iter().filter(|(_, token)| audience.is_some_and(|aud| is_for(token, aud))).map(|(name, _)| name.as_str()).collect();
    if meant.is_empty() {
        meant = tokens.iter().map(|(name, _)| name.as_str()).collect();
    }
    match meant[..] {
        [only] => Ok(only.into()),
        [] => Err(missing(usual.as_deref().unwrap_or("OAT_ID_TOKEN"), audience, "no variable of this job is named like an ID token")),
        _ => Err(Error::new(Kind::Config, format!("which ID token of this job? there are {}", escape(&meant.join(", "))))
            .hint(format!("subject = {{ source = \"gitlab\", name = \"{}\" }}, or OAT_SUBJECT=gitlab,name={0}", escape(meant[0])))),
    }
}

/// The tools' convention: the audience in capitals, `_` for what a variable cannot have, and `_ID_TOKEN`.
fn conventional(audience: &str) -> String {
    let name: String = audience.to_ascii_uppercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{name}_ID_TOKEN")
}

fn is_for(token: &str, audience: &str) -> bool {
    let claim = claims(token).and_then(|claims| claims.get("aud").cloned());
    claim.is_some_and(|aud| aud == audience || aud.as_array().is_some_and(|all| all.iter().any(|one| one == audience)))
}

fn missing(name: &str, audience: Option<&str>, why: &str) -> Error {
    let audience = audience.unwrap_or("https://…");
    Error::new(Kind::Config, format!("this job has no ID token: {why}")).hint(format!(
        "let the job in .gitlab-ci.yml say id_tokens: {{{}: {{aud: \"{}\"}}}}",
        escape(name),
        escape(audience)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::base64url;

    fn jwt(aud: &str) -> String {
        format!("{}.{}.c2ln", base64url::encode("{\"alg\":\"RS256\"}"), base64url::encode(format!("{{\"aud\":{aud}}}")))
    }

    fn chosen(subject: &str, audience: Option<&str>, variables: &[(&str, &str)]) -> Result<String> {
        variable(&Environment::of(variables), &Subject::read(subject).unwrap(), audience)
    }

    #[test]
    fn the_variable_is_the_named_one_else_that_of_the_audience_else_the_only_one() {
        let (a, b) = (jwt("\"https://a\""), jwt("[\"x\",\"https://b\"]"));
        let several = [("A_ID_TOKEN", a.as_str()), ("OTHER_ID_TOKEN", b.as_str()), ("SIGSTORE_ID_TOKEN", "t")];
        assert_eq!(chosen("gitlab,name=ANY", None, &several).unwrap(), "ANY");
        assert_eq!(chosen("gitlab", Some("sigstore"), &several).unwrap(), "SIGSTORE_ID_TOKEN");
        assert_eq!(chosen("gitlab", Some("https://a"), &several).unwrap(), "A_ID_TOKEN");
        assert_eq!(chosen("gitlab", Some("https://b"), &several).unwrap(), "OTHER_ID_TOKEN");
        assert_eq!(chosen("gitlab", Some("https://c"), &several[..1]).unwrap(), "A_ID_TOKEN", "the only one there is");
        for name in ["GITLAB_OIDC_TOKEN", "ID_TOKEN_1"] {
            assert_eq!(chosen("gitlab", Some("https://a"), &[(name, &a), ("CI_JOB_TOKEN", "t")]).unwrap(), name);
        }
        assert_eq!(conventional("https://vault.example"), "HTTPS___VAULT_EXAMPLE_ID_TOKEN");
    }

    #[test]
    fn several_are_named_and_none_is_told_with_the_lines_to_add() {
        let several = [("A_ID_TOKEN", "t"), ("B_ID_TOKEN", "t")];
        let error = chosen("gitlab", None, &several).unwrap_err();
        assert!(error.message.contains("A_ID_TOKEN, B_ID_TOKEN") && error.hint.as_ref().unwrap().contains("name=A_ID_TOKEN"), "{error:?}");
        let error = chosen("gitlab", Some("vault"), &[]).unwrap_err();
        assert!(error.hint.as_ref().unwrap().contains("id_tokens: {VAULT_ID_TOKEN: {aud: \"vault\"}}"), "{error:?}");
    }
}
