//! The house: which room may use which, what each must do without, and what must never come in through a dependency.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// One room, the floor it stands on, and the rooms that it uses. The table is exact: an import that is not here fails
/// the test, and so does an entry that nothing uses any more.
struct Room {
    name: &'static str,
    floor: u8,
    uses: &'static [&'static str],
}

const fn room(name: &'static str, floor: u8, uses: &'static [&'static str]) -> Room {
    Room { name, floor, uses }
}

/// What the ground floor offers to everyone. `cli` and `keys` stand on it too, for `plan` and the rooms above.
const GROUND: [&str; 9] = ["environment", "error", "json", "mailbox", "name", "random", "secret", "text", "time"];

const HOUSE: [Room; 27] = [
    room("main", 9, &["commands"]),
    room(
        "commands",
        8,
        &[
            "cli",
            "config",
            "dialect",
            "hosts",
            "inspection",
            "jose",
            "keys",
            "oauth",
            "output",
            "plan",
            "provider",
            "sandbox",
            "session",
            "store",
            "subject",
            "world",
        ],
    ),
    room("session", 7, &["jose", "oauth", "plan", "store", "subject"]),
    room("plan", 6, &["cli", "config", "hosts", "keys", "oauth", "provider", "sandbox", "subject"]),
    room("subject", 5, &["jose", "keys", "oauth"]),
    room("output", 5, &["store"]),
    room("world", 5, &["oauth"]),
    room("inspection", 5, &["jose", "oauth"]),
    room("dialect", 5, &["hosts", "oauth"]),
    room("store", 4, &[]),
    room("oauth", 4, &["jose"]),
    room("config", 4, &["keys"]),
    room("sandbox", 4, &["jose"]),
    room("jose", 3, &[]),
    room("provider", 3, &["keys"]),
    room("cli", 2, &["keys"]),
    room("keys", 1, &[]),
    room("hosts", 1, &[]),
    room("name", 1, &[]),
    room("json", 1, &[]),
    room("random", 1, &[]),
    room("mailbox", 0, &[]),
    room("environment", 0, &[]),
    room("error", 0, &[]),
    room("secret", 0, &[]),
    room("text", 0, &[]),
    room("time", 0, &[]),
];

/// The protocol and the signatures reach the outside through their arguments only.
const PURE: [&str; 2] = ["oauth", "jose"];
const OUTSIDE: [&str; 13] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io::std",
    "SystemTime",
    "Instant",
    "ureq",
    "keyring",
    "anyhow",
    "directories",
    "rustix",
];

/// The files that may reach past a wall of clippy.toml, each with the one thing that it is the door to.
const DOORS: [(&str, usize); 6] = [
    ("src/commands/mod.rs", 1),   // the end of a panic
    ("src/environment.rs", 2),    // the variables
    ("src/output.rs", 3),         // stdout, whether somebody looks at it, and stdout as a socket to a process of ours
    ("src/store/lock.rs", 1),     // waiting for another process
    ("src/world/mod.rs", 2),      // the clock, and waiting
    ("src/world/terminal.rs", 2), // stderr
];

/// A source file without what is only for tests.
struct Source {
    path: String,
    room: String,
    whole: String,
    code: String,
}

impl Source {
    fn new(path: &str, whole: &str) -> Source {
        let room = path.trim_start_matches("src/").split('/').next().unwrap().trim_end_matches(".rs").to_string();
        Source { path: path.into(), room, code: code(whole), whole: whole.into() }
    }

    /// The names behind each `crate::`.
    fn imports(&self) -> Vec<String> {
        let word = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
        self.code.split("crate::").skip(1).map(word).collect()
    }
}

/// The lines that are not comments, up to the tests at the end.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let tests = line.trim().starts_with("#[cfg(") && line.contains("test");
        if tests && lines.peek().is_some_and(|next| next.contains("mod ") && next.ends_with('{')) {
            break;
        }
        if !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// The names of modules that are declared for tests only.
fn test_modules(text: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0].starts_with("#[cfg(") && pair[0].contains("test"));
    pairs.filter_map(|pair| Some(pair[1].strip_prefix("mod ")?.strip_suffix(';')?.to_string())).collect()
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        // A file `x.rs` may declare what lies in the folder `x`.
        let parent = folder.with_extension("rs");
        let files = entries.iter().chain([&parent]).filter(|path| path.is_file());
        let for_tests: BTreeSet<String> = files.flat_map(|path| test_modules(&fs::read_to_string(path).unwrap_or_default())).collect();
        for path in entries {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            if for_tests.contains(&stem) {
                continue;
            }
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let shown = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source::new(&shown, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), root, &mut found);
    assert!(found.len() > 40, "only {} files were found", found.len());
    found
}

fn floor(name: &str) -> Option<&'static Room> {
    HOUSE.iter().find(|room| room.name == name)
}

/// What a file imports that its room may not.
fn strangers(source: &Source) -> Vec<String> {
    let Some(room) = floor(&source.room) else { return vec![format!("{}: a room without a floor", source.path)] };
    let allowed = |name: &str| name == room.name || room.uses.contains(&name) || (room.floor > 0 && GROUND.contains(&name));
    let foreign = source.imports().into_iter().filter(|name| !allowed(name));
    foreign.map(|name| format!("{}: `{}` may not use `{name}`", source.path, room.name)).collect()
}

/// What makes a room hard to see into: faces, globs, relative paths.
fn shortcuts(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let mut platform = false;
    for line in source.code.lines().map(str::trim) {
        // One half of a file for each system, chosen by a cfg, is no face.
        if line.starts_with("pub use ") && !platform {
            found.push(format!("{}: a face: {line}", source.path));
        }
        platform = line.starts_with("#[cfg(");
        // The variants of an enum may be taken in at once; their names start with a capital.
        let module_glob = line.split("::*").next().filter(|_| line.contains("::*")).is_some_and(|path| {
            path.rsplit("::").next().unwrap_or(path).trim_start_matches("use ").starts_with(|c: char| c.is_lowercase())
        });
        if line.contains("super::") || module_glob || line.contains("crate::{") {
            found.push(format!("{}: a shortcut: {line}", source.path));
        }
    }
    found
}

/// What a room without I/O reaches for.
fn outside(source: &Source) -> Vec<String> {
    let reached = OUTSIDE.iter().filter(|word| PURE.contains(&source.room.as_str()) && source.code.contains(**word));
    reached.map(|word| format!("{}: `{word}` in a room without I/O", source.path)).collect()
}

fn none(faults: impl Iterator<Item = String>) {
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_room_uses_one_that_the_table_does_not_give_it() {
    none(sources().iter().flat_map(strangers));
    let main = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    let called: Vec<&str> = HOUSE.iter().map(|room| room.name).filter(|name| main.contains(&format!("{name}::"))).collect();
    assert_eq!(called, ["commands"], "main.rs knows one room");
}

#[test]
fn every_arrow_of_the_table_leads_down_so_there_is_no_circle() {
    for room in &HOUSE {
        for used in room.uses {
            let below = floor(used).unwrap_or_else(|| panic!("`{used}` has no floor"));
            assert!(below.floor < room.floor, "`{}` uses `{used}`, which is not below it", room.name);
        }
    }
    for name in GROUND {
        assert!(floor(name).unwrap().floor < 2, "`{name}` is not on the ground");
    }
}

#[test]
fn no_arrow_of_the_table_is_out_of_use() {
    let sources = sources();
    for room in HOUSE.iter().filter(|room| room.name != "main") {
        let files: Vec<&Source> = sources.iter().filter(|source| source.room == room.name).collect();
        assert!(!files.is_empty(), "there is no room `{}`", room.name);
        for used in room.uses {
            assert!(files.iter().any(|file| file.imports().iter().any(|name| name == used)), "`{}` does not use `{used}`", room.name);
        }
    }
}

#[test]
fn the_ground_floor_holds_together_without_circles() {
    let files = sources();
    let ground: Vec<&Source> = files.iter().filter(|source| GROUND.contains(&source.room.as_str())).collect();
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    while settled.len() < ground.len() {
        let before = settled.len();
        for file in &ground {
            if file.imports().iter().all(|name| *name == file.room || settled.contains(name.as_str())) {
                settled.insert(&file.room);
            }
        }
        assert!(
            settled.len() > before,
            "a circle among {:?}",
            ground.iter().map(|f| &f.room).filter(|r| !settled.contains(r.as_str())).collect::<Vec<_>>()
        );
    }
}

#[test]
fn rooms_are_entered_by_their_own_path() {
    none(sources().iter().flat_map(shortcuts));
}

#[test]
fn the_protocol_and_the_signatures_do_no_io() {
    none(sources().iter().flat_map(outside));
}

#[test]
fn every_file_says_in_its_first_line_what_it_is_for() {
    for source in sources() {
        assert!(source.whole.starts_with("//! "), "{}", source.path);
    }
}

#[test]
fn the_walls_have_only_the_doors_that_are_known() {
    let count = |source: &Source| source.code.matches("allow(clippy::disallowed_methods").count();
    let found: Vec<(String, usize)> = sources().iter().map(|s| (s.path.clone(), count(s))).filter(|(_, doors)| *doors > 0).collect();
    let known: Vec<(String, usize)> = DOORS.iter().map(|(path, doors)| (path.to_string(), *doors)).collect();
    assert_eq!(found, known);
}

#[test]
fn there_is_no_unsafe_code() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for source in sources() {
        assert!(!source.code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe"), "{}", source.path);
    }
}

#[test]
fn the_checks_above_see_what_they_are_for() {
    let faults = |path: &str, text: &str| {
        let source = Source::new(path, text);
        [strangers(&source), shortcuts(&source), outside(&source)].map(|found| found.len())
    };
    assert_eq!(faults("src/oauth/x.rs", "use crate::oauth::token::Body;\nuse crate::text::escape;\n"), [0, 0, 0]);
    assert_eq!(faults("src/oauth/x.rs", "use crate::store::Store;\n"), [1, 0, 0], "up");
    assert_eq!(faults("src/store/x.rs", "fn a() { crate::plan::unknown() }\n"), [1, 0, 0], "a path in the code");
    assert_eq!(faults("src/text.rs", "use crate::error::Error;\n"), [1, 0, 0], "the lowest floor uses nothing");
    assert_eq!(faults("src/attic.rs", ""), [1, 0, 0], "a room that the table does not know");
    assert_eq!(faults("src/store/x.rs", "pub use files::Version;\n"), [0, 1, 0], "a face");
    assert_eq!(faults("src/store/x.rs", "#[cfg(unix)]\npub use unix::make;\n"), [0, 0, 0]);
    assert_eq!(faults("src/store/x.rs", "use super::files;\n"), [0, 1, 0]);
    assert_eq!(faults("src/store/x.rs", "use crate::store::files::*;\n"), [0, 1, 0]);
    assert_eq!(faults("src/store/x.rs", "use Kind::*;\nuse std::io::ErrorKind::*;\n"), [0, 0, 0]);
    assert_eq!(faults("src/jose/x.rs", "let now = std::time::SystemTime::now();\n"), [0, 0, 1]);
    assert_eq!(faults("src/oauth/x.rs", "// std::fs is not used\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n"), [0, 0, 0]);
}

/// The packages in Cargo.lock, each with its dependencies.
fn locked() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let quoted = |line: &str| line.split('"').nth(1).map(|name| name.split(' ').next().unwrap().to_string());
    let package = |part: &str| {
        let name = part.lines().find(|line| line.starts_with("name = ")).and_then(quoted)?;
        Some((name, part.lines().filter(|line| line.starts_with(" \"")).filter_map(quoted).collect()))
    };
    text.split("[[package]]").filter_map(package).collect()
}

#[test]
fn no_second_tls_and_no_async_runtime_is_in_the_lock_file() {
    let locked = locked();
    assert!(locked.iter().any(|(name, _)| name == "rustls"), "the lock file is read");
    for unwanted in ["aws-lc-rs", "aws-lc-sys", "tokio", "async-std", "smol", "native-tls", "hyper", "zbus"] {
        assert!(!locked.iter().any(|(name, _)| name == unwanted), "`{unwanted}` is in Cargo.lock");
    }
    // A feature of this crate names openssl "if it is there"; Cargo locks it for that and never builds it.
    let users: Vec<&str> =
        locked.iter().filter(|(_, uses)| uses.iter().any(|used| used == "openssl")).map(|(name, _)| name.as_str()).collect();
    assert!(users.iter().all(|name| *name == "dbus-secret-service"), "openssl is used by {users:?}");
}

#[test]
fn no_second_tls_and_no_async_runtime_is_built() {
    let arguments = ["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let built: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built.contains("ring") && built.contains("rustls"));
    for unwanted in ["aws-lc-rs", "aws-lc-sys", "tokio", "async-std", "native-tls", "openssl", "openssl-sys", "hyper", "zbus"] {
        assert!(!built.contains(unwanted), "`{unwanted}` is built");
    }
}
