//! A wall clock that stands where a test puts it: a preloaded `clock_gettime`, built with the C compiler that links
//! Rust programs anyway. Linux with glibc only; the monotonic clock is left alone.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::parts::answer_of;

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

/// The library to preload.
pub fn preload() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(build).clone()
}

fn build() -> PathBuf {
    const { assert!(cfg!(all(target_os = "linux", target_env = "gnu")), "the tests with a clock of their own need Linux with glibc") };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    // Other test processes may build the same at the same time: each its own, then renamed.
    let mine = |ending: &str| folder.join(format!("clock-{}.{ending}", std::process::id()));
    let (source, built, library) = (mine("c"), mine("so"), folder.join("clock.so"));
    std::fs::write(&source, SOURCE).unwrap();
    let words = ["-shared", "-fPIC", "-O1", "-o", built.to_str().unwrap(), source.to_str().unwrap()];
    answer_of("cc", &words);
    std::fs::remove_file(source).unwrap();
    std::fs::rename(built, &library).unwrap();
    library
}
