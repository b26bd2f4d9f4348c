//! git itself clones from a guarded server with a token of oat's, set up as `oat credential setup` says.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use crate::credential::{Case, TOKEN, basic, text};
use crate::support::parts::{part, succeeded};
use crate::support::server::{Answer, Recorded};

/// A bare repository with one commit.
fn repository(folder: &Path) -> PathBuf {
    let git = |at: &Path, words: &[&str]| {
        let who = ["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "init.defaultBranch=main", "-c", "safe.directory=*"];
        succeeded("git", &part("git").current_dir(at).env("HOME", folder).args(who).args(words).output().unwrap());
    };
    let (work, bare) = (folder.join("work"), folder.join("repo.git"));
    fs::create_dir(&work).unwrap();
    git(&work, &["init", "-q"]);
    fs::write(work.join("hello"), "hello").unwrap();
    git(&work, &["add", "hello"]);
    git(&work, &["commit", "-q", "-m", "hello"]);
    git(folder, &["clone", "-q", "--bare", "work", "repo.git"]);
    bare
}

fn git_case(hosts: &str, challenge: &'static str) -> (Case, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let bare = repository(folder.path());
    let case = Case::new(hosts, challenge, move |request| http_backend(bare.parent().unwrap(), request));
    (case, folder)
}

/// git's own server, by the Common Gateway Interface (RFC 3875).
fn http_backend(root: &Path, request: &Recorded) -> Answer {
    let mut command = part("git");
    command.args(["-c", "safe.directory=*", "http-backend"]).env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("REQUEST_METHOD", &request.method).env("PATH_INFO", request.path());
    command.env("QUERY_STRING", request.target.split_once('?').map_or("", |(_, query)| query));
    for (name, header) in
        [("CONTENT_TYPE", "content-type"), ("HTTP_CONTENT_ENCODING", "content-encoding"), ("HTTP_GIT_PROTOCOL", "git-protocol")]
    {
        command.env(name, request.header(header).unwrap_or_default());
    }
    command.env("CONTENT_LENGTH", request.body.len().to_string());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&request.body).unwrap();
    let said = child.wait_with_output().unwrap().stdout;
    let end = said.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&said[..end]);
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    let status = value("Status").map_or(200, |status| status[..3].parse().unwrap());
    Answer::text(status, value("Content-Type").unwrap_or_default(), &said[end + 4..])
}

/// The Debian package's git too, where another one comes first.
fn gits() -> Vec<&'static str> {
    let debian = "/usr/bin/git";
    if Path::new(debian).is_file() { vec!["git", debian] } else { vec!["git"] }
}

fn clone(case: &Case, git: &str, helper: &[&str], to: &str) -> Output {
    let _ = fs::remove_dir_all(case.oat.folder().join(to));
    let mut command = case.program(git);
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_SSL_CAINFO", &case.ca).env("GIT_ASKPASS", "");
    command.args(helper).args(["clone", "-q", &case.url("/repo.git"), to]).output().unwrap()
}

#[test]
fn git_clones_with_the_helper_that_setup_prints_and_by_the_links_name() {
    for git in gits() {
        let (case, _folder) = git_case("localhost:PORT", "Basic realm=\"git\"");
        fs::write(case.oat.home().join(".gitconfig"), case.setup("git")).unwrap();
        succeeded("git", &clone(&case, git, &[], "one"));
        assert_eq!(fs::read(case.oat.folder().join("one/hello")).unwrap(), b"hello");
        fs::remove_file(case.oat.home().join(".gitconfig")).unwrap();
        for helper in ["credential.helper=oat", "credential.helper=oat p"] {
            succeeded("git", &clone(&case, git, &["-c", helper], "two"));
        }
        assert!(case.seen().iter().all(|sent| *sent == basic(&format!("{TOKEN}0"))), "{:?}", case.seen());
        assert_eq!(case.tokens.count(), 1, "{git}");
    }
}

#[test]
fn git_sends_bearer_where_it_can_and_the_server_offers_it() {
    for git in gits() {
        let (case, _folder) = git_case("localhost", "Bearer realm=\"git\"");
        let version = succeeded("git", &part(git).arg("--version").output().unwrap());
        let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
        let output = clone(&case, git, &["-c", "credential.helper=oat"], "one");
        // Before 2.46 git knows user names and passwords only, which curl does not offer to this server.
        if minor >= 46 {
            succeeded("git", &output);
            assert!(!case.seen().is_empty() && case.seen().iter().all(|sent| *sent == format!("Bearer {TOKEN}0")), "{:?}", case.seen());
        }
    }
}

#[test]
fn git_has_a_refused_token_forgotten_and_gets_a_new_one_the_next_time() {
    let (case, _folder) = git_case("localhost", "Basic realm=\"late\"");
    let helper = ["-c", "credential.helper=oat"];
    assert!(!clone(&case, "git", &helper, "one").status.success());
    succeeded("git", &clone(&case, "git", &helper, "one"));
    assert_eq!(case.tokens.count(), 2);
    assert_eq!(case.seen().first(), Some(&basic(&format!("{TOKEN}0"))));
    assert_eq!(case.seen().last(), Some(&basic(&format!("{TOKEN}1"))));
}

#[test]
fn git_gets_no_token_for_a_host_that_is_not_listed_and_hears_why_one_cannot_be_had() {
    let (case, _folder) = git_case("other.example", "Basic realm=\"git\"");
    assert!(!clone(&case, "git", &["-c", "credential.helper=oat"], "one").status.success());
    assert!(case.seen().is_empty() && case.tokens.connections() == 0);
    let (case, _folder) = git_case("localhost", "Basic realm=\"git\"");
    let case = Case { oat: case.oat.unset("P_SECRET"), ..case };
    let output = clone(&case, "git", &["-c", "credential.helper=oat"], "one");
    assert!(!output.status.success() && text(&output).contains("oat: error: ") && text(&output).contains("P_SECRET"), "{}", text(&output));
    assert!(case.seen().is_empty());
}
