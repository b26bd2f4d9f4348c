//! Packs the committed manual pages and completions, which `src/commands/packed.rs` unpacks, the presets and the program's relocations.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a build script is told by variables and answers on stdout")]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

use miniz_oxide::deflate::compress_to_vec;

fn main() -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for folder in ["man", "completions"] {
        println!("cargo::rerun-if-changed={folder}");
        // Sorted, so that the same files make the same binary.
        let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name that is not UTF-8")?;
            all.extend(format!("{folder}/{name}\n{}\0", fs::read_to_string(&path)?).bytes());
        }
    }
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("packed"), compress_to_vec(&all, 10))?;
    println!("cargo::rerun-if-changed=src/providers.toml");
    let presets = fs::read_to_string("src/providers.toml")?;
    // Comments are for whoever reads the source, and a quarter of the text.
    let said = presets.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    fs::write(Path::new(&out).join("providers.toml"), said.fold(String::new(), |text, line| text + "\n" + line) + "\n")?;
    if loader_unpacks() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") && linker_folds(Path::new(&out)) {
        println!("cargo::rustc-link-arg-bins={FOLD}");
    }
    Ok(())
}

/// What has the linker keep one of several functions with the same code: 40 kB less.
const FOLD: &str = "-Wl,--icf=all";

/// Whether the linker knows that word, as lld does and GNU's does not: found out by linking something.
fn linker_folds(out: &Path) -> bool {
    let told = |name: &str| env::var(name).unwrap_or_default();
    if told("HOST") != told("TARGET") || told("CARGO_CFG_TARGET_FAMILY") != "unix" {
        return false;
    }
    let (source, program) = (out.join("folds.rs"), out.join("folds"));
    fs::write(&source, "fn main() {}").is_ok_and(|()| {
        let mut rustc = Command::new(told("RUSTC"));
        rustc.arg(&source).arg("-o").arg(program).arg(format!("-Clink-arg={FOLD}"));
        rustc.args(told("CARGO_ENCODED_RUSTFLAGS").split('\u{1f}').filter(|flag| !flag.is_empty()));
        rustc.output().is_ok_and(|output| output.status.success())
    })
}

/// Whether the loader knows packed relocations, as glibc's does since 2.36: 140 kB less to carry, and less to do at each start.
/// Only where the program is built for the machine that builds it; an older glibc would not load it.
fn loader_unpacks() -> bool {
    let told = |name: &str| env::var(name).unwrap_or_default();
    if told("CARGO_CFG_TARGET_ENV") != "gnu" || told("CARGO_CFG_TARGET_OS") != "linux" || told("HOST") != told("TARGET") {
        return false;
    }
    let answer = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&answer).trim().trim_start_matches("glibc ").to_string();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (2, 36)
}
