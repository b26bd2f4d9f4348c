//! A wall clock that stands where a test puts it: a preloaded `clock_gettime`, built with the C compiler that links
//! Rust programs anyway. Linux with glibc only; the monotonic clock is left alone.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int clock_gettime(clockid_t id, struct timespec *t) {
    const char *now = getenv("TEST_CLOCK");
    if (now && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        t->tv_sec = atoll(now);
        t->tv_nsec = 0;
        return 0;
    }
    return syscall(SYS_clock_gettime, id, t);
}
"#;

/// The library to preload; None where it cannot be built, and then the tests that need it pass unseen.
pub fn preload() -> Option<PathBuf> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    LIBRARY.get_or_init(build).clone()
}

fn build() -> Option<PathBuf> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    // Other test processes may build the same at the same time: each its own, then renamed.
    let mine = |ending: &str| folder.join(format!("clock-{}.{ending}", std::process::id()));
    let (source, built, library) = (mine("c"), mine("so"), folder.join("clock.so"));
    std::fs::write(&source, SOURCE).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&built).arg(&source).stdout(Stdio::null()).stderr(Stdio::null());
    let works = cc.status().is_ok_and(|s| s.success());
    let _ = std::fs::remove_file(source);
    (works && std::fs::rename(built, &library).is_ok()).then_some(library)
}
