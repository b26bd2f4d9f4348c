//! What the documents say: their commands are typed, their outputs compared, their tables held against the program.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use support::Oat;

/// Stands for anything in an output that a document shows.
const ANYTHING: char = '…';

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The code blocks of a language.
fn blocks(markdown: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(bool, Vec<&str>)> = None;
    for line in markdown.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(named)) => open = Some((named == language, Vec::new())),
            (Some((wanted, lines)), Some(_)) => {
                found.extend(wanted.then(|| lines.join("\n")));
                open = None;
            }
            (Some((_, lines)), None) => lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a code block has no end");
    found
}

/// The rows of the first table below a heading, without its head, each cell without spaces and backticks around it.
fn table(markdown: &str, heading: &str) -> Vec<Vec<String>> {
    let below = markdown.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("no heading `{heading}`"));
    let rows = below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cell = |text: &str| text.trim().trim_matches('`').to_string();
    rows.skip(2).map(|row| row.trim_matches('|').split(" | ").map(cell).collect()).collect()
}

/// Whether a text is the pattern with something, or nothing, in place of each `…`.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(ANYTHING);
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap()) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// Every call of `oat` in a line of shell, as words; the variables that are set before it are left out.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("oat ") {
        let before = rest[..at].chars().next_back();
        let call = &rest[at + 4..];
        if before.is_none_or(|c| " (\"".contains(c)) {
            let (words, length) = words(call);
            found.push(words);
            rest = &call[length..];
        } else {
            rest = call;
        }
    }
    found
}

/// The words of a simple command, up to where the shell would end it, and how long that is.
fn words(text: &str) -> (Vec<String>, usize) {
    let (mut words, mut word, mut quote, mut end) = (Vec::new(), String::new(), None, text.len());
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '|' | ')' | ';' | '&' | '>' | '#') => {
                end = at;
                break;
            }
            (None, ' ') => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            (_, c) => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    (words, end)
}

/// The grammar takes these words: `--help` behind them is only reached when it does.
fn assert_parses(words: &[String]) {
    let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    // What stands behind `--` is another program's.
    let ours = arguments.iter().position(|word| *word == "--").unwrap_or(arguments.len());
    arguments.insert(ours, "--help");
    let output = Oat::new().run(&arguments);
    assert_eq!(output.code, Some(0), "`oat {}`: {}", words.join(" "), output.stderr);
}

/// What the calls of one line print, each fed by the one before it: every stderr, then the last stdout.
fn ran(oat: &Oat, calls: &[Vec<String>]) -> Vec<String> {
    let (mut told, mut piped) = (Vec::new(), None);
    for words in calls {
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = oat.run_with(&arguments, piped.as_deref());
        told.extend(output.stderr.lines().map(str::to_string));
        piped = Some(output.stdout.into_bytes());
    }
    let printed = String::from_utf8(piped.unwrap_or_default()).unwrap();
    told.extend(printed.lines().map(str::to_string));
    told
}

#[test]
fn every_profile_of_the_readme_is_read_and_complete() {
    let blocks = blocks(&text("README.md"), "toml");
    assert!(blocks.len() > 4);
    for block in blocks {
        let oat = Oat::new().config(&block);
        let config = oat.config_file();
        let listed = oat.run(&["profile", "list", "--config", config.to_str().unwrap()]);
        assert_eq!(listed.code, Some(0), "{block}\n{}", listed.stderr);
        for name in block.lines().filter_map(|line| line.strip_prefix("[profile.")?.strip_suffix(']')) {
            let shown = oat.run(&["profile", "show", name]);
            assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""), "{block}");
        }
    }
}

#[test]
fn every_command_in_the_documents_can_be_typed() {
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let markdown = text(document);
        let shell = blocks(&markdown, "sh").into_iter().flat_map(|block| block.lines().map(str::to_string).collect::<Vec<_>>());
        let console = blocks(&markdown, "console")
            .into_iter()
            .flat_map(|block| block.lines().filter_map(|line| line.strip_prefix("$ ").map(str::to_string)).collect::<Vec<_>>());
        let calls: Vec<Vec<String>> = shell.chain(console).flat_map(|line| calls(&line)).collect();
        assert!(document != "README.md" || calls.len() > 20, "only {} commands in {document}", calls.len());
        calls.iter().for_each(|words| assert_parses(words));
    }
}

#[test]
fn the_sessions_of_the_readme_print_what_it_shows() {
    let oat = Oat::new();
    let mut compared = 0;
    for block in blocks(&text("README.md"), "console") {
        for step in block.split("$ ").filter(|step| !step.is_empty()) {
            let (command, expected) = step.split_once('\n').unwrap();
            let printed = ran(&oat, &calls(command));
            let expected: Vec<&str> = expected.lines().collect();
            assert_eq!(printed.len(), expected.len(), "`{command}` printed {printed:#?}");
            for (pattern, line) in expected.iter().zip(&printed) {
                assert!(fits(pattern, line), "`{command}`\nshown:   {pattern}\nprinted: {line}");
                compared += 1;
            }
        }
    }
    assert!(compared > 5);
}

#[test]
fn the_table_of_formats_is_what_is_printed() {
    let oat = Oat::new();
    oat.run(&["token", "get", "sandbox"]);
    let rows = table(&text("README.md"), "## Formats");
    for row in &rows {
        let printed = oat.run(&["token", "get", "sandbox", "--format", &row[0]]);
        assert!(fits(&row[1], printed.line()), "{}: {}", row[0], printed.stdout);
    }
    let help = oat.run(&["token", "get", "-h"]).stdout;
    let line = help.lines().find(|line| line.contains("--format")).unwrap();
    let names: Vec<&str> = line.split("possible values: ").nth(1).unwrap().trim_end_matches(']').split(", ").collect();
    assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<BTreeSet<_>>(), names.into_iter().collect());
}

#[test]
fn the_workflow_is_that_of_the_manual_which_is_run() {
    assert_eq!(blocks(&text("README.md"), "yaml"), [support::manual::literal("oat-github-actions.7")]);
}

#[test]
fn the_table_of_commands_is_the_grammar() {
    /// The commands below one, with what `--help` says of each.
    fn below(path: &[&str]) -> Vec<Vec<String>> {
        let help = Oat::new().run(&[path, &["--help"]].concat()).stdout;
        let Some(commands) = help.split("Commands:\n").nth(1) else { return Vec::new() };
        let mut found = Vec::new();
        for line in commands.lines().take_while(|line| !line.is_empty()) {
            let (name, about) = line.trim().split_once(' ').unwrap();
            let deeper = below(&[path, &[name]].concat());
            let words = [&["oat"], path, &[name]].concat().join(" ");
            if deeper.is_empty() { found.push(vec![words, about.trim().to_string()]) } else { found.extend(deeper) }
        }
        found
    }
    assert_eq!(table(&text("README.md"), "## Commands"), below(&[]));
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_manual() {
    let manual = Oat::new().run(&["man"]).stdout.replace("\\-", "-").replace("\\*(Aq", "'");
    let section = manual.split(".SH \"EXIT STATUS\"\n").nth(1).unwrap().split(".SH").next().unwrap();
    let entry = |part: &str| {
        let (code, meaning) = part.trim().split_once('\n').unwrap();
        vec![code.replace("\\fB", "").replace("\\fR", ""), meaning.replace('\n', " ")]
    };
    let told: Vec<Vec<String>> = section.split(".TP\n").filter(|part| !part.trim().is_empty()).map(entry).collect();
    assert_eq!(table(&text("README.md"), "## Exit codes"), told);
}

#[test]
fn the_places_of_the_key_and_the_presets_are_all_named() {
    let places: BTreeSet<String> = table(&text("README.md"), "## Where tokens are kept").into_iter().map(|row| row[0].clone()).collect();
    let refused = Oat::new().env("OAT_STORE", "attic").run(&["token", "get", "sandbox"]).stderr;
    let hint = refused.lines().find_map(|line| line.strip_prefix("oat: hint: one of ")).unwrap();
    assert_eq!(places, hint.split(", ").map(str::to_string).collect());
    let words: BTreeSet<String> = text("README.md").split(|c: char| !c.is_alphanumeric() && c != '-').map(str::to_string).collect();
    let presets = text("src/providers.toml");
    for name in presets.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).filter(|name| !name.contains('.')) {
        assert!(words.contains(name), "the preset `{name}` is not in the README");
    }
}

#[test]
fn every_test_that_security_md_names_is_there() {
    fn walk(folder: &Path, tests: &mut BTreeSet<String>) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() && !path.ends_with("node_modules") {
                walk(&path, tests);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code = fs::read_to_string(path).unwrap();
                tests.extend(code.lines().filter_map(|line| Some(line.trim().strip_prefix("fn ")?.split('(').next()?.to_string())));
            }
        }
    }
    let mut tests = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    walk(&root.join("src"), &mut tests);
    walk(&root.join("tests"), &mut tests);
    let security = text("SECURITY.md");
    let named: Vec<&str> =
        security.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() > 2 && !word.contains(' ')).collect();
    assert!(named.len() > 15, "only {} tests are named", named.len());
    for name in named {
        assert!(tests.contains(name), "SECURITY.md names the test `{name}`, which is not there");
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] {
        for target in text(document).split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let exists = Path::new(env!("CARGO_MANIFEST_DIR")).join(target.split('#').next().unwrap()).exists();
            assert!(exists || target.starts_with("https://") || target.starts_with('#'), "{document}: `{target}`");
        }
    }
}

#[test]
fn the_comparisons_above_can_fail() {
    assert!(fits("a…c", "abc") && fits("…", "") && fits("a…b…c", "a1b2c") && fits("abc", "abc"));
    assert!(!fits("a…c", "abd") && !fits("abc", "abcd") && !fits("a…b…c", "a1c") && !fits("…b", "a"));
    let call = |text: &str| calls(text).into_iter().map(|words| words.join(" ")).collect::<Vec<_>>();
    assert_eq!(call("export T=$(oat token get zero) || exit"), ["token get zero"]);
    assert_eq!(call("eval \"$(oat token get zero --name 'A B')\""), ["token get zero --name A B"]);
    assert_eq!(call("pass show zero | oat profile set-secret zero    # from a pipe"), ["profile set-secret zero"]);
    assert_eq!(call("curl -K <(oat token get a) https://goat.example/float x"), ["token get a"]);
    let broken = Oat::new().run(&["token", "get", "--no-such-flag", "--help"]);
    assert_eq!(broken.code, Some(2));
    assert_eq!(blocks("```toml\na\n```\n```sh\nb\n```\n", "sh"), ["b"]);
}
