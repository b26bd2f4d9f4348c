//! The languages of CI runners: how a token is masked in their logs, and how a later step gets one.

use crate::commands::obeyed::{named_in, obeyed};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::secret::WireSecret;

/// Parts of a token that are shorter are not masked: they would blacken the log.
const SHORTEST_PART: usize = 4;

/// The names that no later step may get from a token, whoever reads them: GitHub's runner refuses to set these. `*` stands for any end.
const RUNNERS: &str = "GITHUB_* RUNNER_* NODE_OPTIONS";
/// Azure's own, and the beginnings that its documentation rules out for variables.
const AZURE: &str = "AGENT_* BUILD_* SYSTEM_* ENDPOINT* INPUT* SECRET* PATH* SECUREFILE*";

/// Where a variable of a later step is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the environment of GitHub's later steps.
    GitHubEnvironment,
    /// Among the outputs of GitHub's step, which become no variables by themselves.
    GitHubOutput,
    /// Among the variables of Azure's job, which tasks map into their environment.
    AzureVariable,
}

/// Whether a name may be set there. In the environment, whoever chooses a token would else choose what the later steps run, load or trust.
pub fn may_be_set(scope: Scope, name: &str) -> bool {
    let refused = match scope {
        Scope::GitHubOutput => false,
        Scope::GitHubEnvironment => obeyed(name),
        Scope::AzureVariable => obeyed(name) || named_in(AZURE, name),
    };
    !refused && !named_in(RUNNERS, name)
}

/// The commands that mask a token in the log of the runner that reads this process's output, a line each; None where there is none.
/// Fails with `Invalid` for a token that is itself a command there.
pub fn masks(environment: &Environment, token: &str) -> Result<Option<WireSecret>> {
    let is_true = |name: &str| environment.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    // Forgejo's and Gitea's runners call themselves GitHub's too.
    let (github, azure) = (is_true("GITHUB_ACTIONS"), is_true("TF_BUILD"));
    if !github && !azure {
        return Ok(None);
    }
    // R66: a token is a server's text as well, and whoever prints it would have the runner obey it. RFC 6750 knows no such token.
    if token.starts_with("::") || ["##[", "##vso["].iter().any(|word| token.contains(word)) {
        return Err(Error::new(Kind::Invalid, "the token is a command to the CI runner, so it is not handed out here")
            .hint("tell the server's operator; it may be an attack"));
    }
    let mut lines = String::new();
    if github {
        github_masks(token, &mut lines);
    }
    if azure {
        lines.push_str(&azure_command("task.setsecret", token));
        lines.push('\n');
    }
    Ok(Some(WireSecret::new(lines)))
}

/// Some runners take `::` within a value for the end of the command: so its parts go first, and where the whole is then not understood
/// and shown, they are masked in it.
fn github_masks(token: &str, lines: &mut String) {
    let parts = token.split("::").filter(|part| part.len() >= SHORTEST_PART && part.len() < token.len());
    for value in parts.chain([token]) {
        lines.push_str("::add-mask::");
        lines.push_str(&encoded(value, "%25"));
        lines.push('\n');
    }
}

/// The line by which Azure's agent sets a secret variable of the job.
pub fn azure_variable(name: &str, value: &str) -> WireSecret {
    // Of what has to be encoded in a property (`;`, `]`, line ends, `%`), a variable's name has nothing.
    WireSecret::new(azure_command(&format!("task.setvariable variable={name};issecret=true"), value))
}

fn azure_command(command: &str, value: &str) -> String {
    format!("##vso[{command}]{}", encoded(value, "%AZP25"))
}

/// A value behind a command: GitHub's runner and Azure's agent agree on all but the sign for `%`.
fn encoded(value: &str, percent: &str) -> String {
    value.replace('%', percent).replace('\r', "%0D").replace('\n', "%0A")
}

/// A variable in one of the files that GitHub's runner reads after a step. Nothing in a value can end it but the delimiter, which is 128
/// random bits; `unended` says that the last line of the file has to be ended first.
pub fn github_variable(name: &str, value: &str, random: [u8; 16], unended: bool) -> WireSecret {
    let end = if unended { "\n" } else { "" };
    let delimiter = u128::from_le_bytes(random);
    WireSecret::new(format!("{end}{name}<<oat-{delimiter:032x}\n{value}\noat-{delimiter:032x}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)], token: &str) -> String {
        let masks = masks(&Environment::of(variables), token).unwrap();
        masks.map(|lines| lines.expose().to_string()).unwrap_or_default()
    }

    const GITHUB: &[(&str, &str)] = &[("GITHUB_ACTIONS", "true")];
    const AZURE: &[(&str, &str)] = &[("TF_BUILD", "True")];

    #[test]
    fn a_token_is_masked_where_a_runner_reads_and_nowhere_else() {
        assert_eq!(told(GITHUB, "abc"), "::add-mask::abc\n");
        assert_eq!(told(AZURE, "abc"), "##vso[task.setsecret]abc\n");
        assert_eq!(told(&[GITHUB, AZURE].concat(), "abc"), "::add-mask::abc\n##vso[task.setsecret]abc\n");
        for none in [&[][..], &[("CI", "true")], &[("GITHUB_ACTIONS", "false")], &[("GITLAB_CI", "true")], &[("TF_BUILD", "0")]] {
            assert_eq!(told(none, "abc"), "", "{none:?}");
        }
    }

    #[test]
    fn a_mask_is_encoded_as_each_runner_decodes_it() {
        // actions/runner, ActionCommand.cs: %25, %0D, %0A. azure-pipelines-task-lib, taskcommand.ts: %AZP25, %0D, %0A.
        assert_eq!(told(GITHUB, "100%25;]"), "::add-mask::100%2525;]\n");
        assert_eq!(told(AZURE, "100%25;]"), "##vso[task.setsecret]100%AZP2525;]\n");
        assert_eq!(encoded("a\r\nb", "%25"), "a%0D%0Ab");
    }

    #[test]
    fn a_token_with_two_colons_is_masked_in_parts_before_the_whole() {
        assert_eq!(told(GITHUB, "abcd::ef::ghij%"), "::add-mask::abcd\n::add-mask::ghij%25\n::add-mask::abcd::ef::ghij%25\n");
        assert_eq!(told(GITHUB, "a:b"), "::add-mask::a:b\n");
        assert_eq!(told(AZURE, "abcd::efgh"), "##vso[task.setsecret]abcd::efgh\n");
    }

    #[test]
    fn r66_a_token_that_is_a_command_is_not_handed_out_where_a_runner_reads() {
        for token in ["::stop-commands::x", "a##[add-mask]b", "##vso[task.complete]", "x##vso[y"] {
            for variables in [GITHUB, AZURE] {
                let error = masks(&Environment::of(variables), token).unwrap_err();
                assert!(error.kind == Kind::Invalid && !error.message.contains(token), "{error:?}");
            }
            assert_eq!(told(&[], token), "");
        }
    }

    #[test]
    fn a_variable_is_a_heredoc_whose_end_nobody_can_guess() {
        let text = github_variable("N", "v=1", [0xab; 16], false);
        let end = format!("oat-{}", "ab".repeat(16));
        assert_eq!(text.expose(), format!("N<<{end}\nv=1\n{end}\n"));
        assert!(github_variable("N", "v", [0; 16], true).expose().starts_with("\nN<<oat-00000000"));
        assert_eq!(azure_variable("N", "5%;]").expose(), "##vso[task.setvariable variable=N;issecret=true]5%AZP25;]");
    }

    #[test]
    fn names_that_a_later_step_obeys_are_not_set() {
        use Scope::*;
        for name in ["GITHUB_TOKEN", "github_env", "RUNNER_X", "NODE_OPTIONS", "node_options"] {
            assert!([GitHubEnvironment, GitHubOutput, AzureVariable].iter().all(|scope| !may_be_set(*scope, name)), "{name}");
        }
        for name in ["PATH", "Path", "LD_PRELOAD", "BASH_ENV", "GIT_SSH_COMMAND", "ACTIONS_ID_TOKEN_REQUEST_URL", "http_proxy"] {
            assert!(!may_be_set(GitHubEnvironment, name) && !may_be_set(AzureVariable, name) && may_be_set(GitHubOutput, name), "{name}");
        }
        for name in ["SYSTEM_ACCESSTOKEN", "secretToken", "PATHS"] {
            assert!(!may_be_set(AzureVariable, name) && may_be_set(GitHubEnvironment, name), "{name}");
        }
        for name in ["API_TOKEN", "OAT_ACCESS_TOKEN", "_x", "GIT_TOKEN", "MY_PATH", "token"] {
            assert!([GitHubEnvironment, GitHubOutput, AzureVariable].iter().all(|scope| may_be_set(*scope, name)), "{name}");
        }
    }
}
