//! Whether the profile file is still the one that was read before.

use std::time::{Duration, UNIX_EPOCH};

/// File systems keep times to a tick of the kernel's clock, at most 10 ms, or, where there is nothing below the second,
/// to one or two seconds.
pub fn settled(facts: &std::fs::Metadata) -> bool {
    let Ok(modified) = facts.modified() else { return false };
    let fine = modified.duration_since(UNIX_EPOCH).is_ok_and(|since| since.subsec_nanos() != 0);
    let tick = if fine { Duration::from_millis(50) } else { Duration::from_secs(3) };
    modified.elapsed().is_ok_and(|age| age > tick)
}

/// The program's version, and the file's place, size and times to the nanosecond.
#[cfg(unix)]
pub fn stamp(facts: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    let version = env!("CARGO_PKG_VERSION");
    let (changed, modified) = ((facts.ctime(), facts.ctime_nsec()), (facts.mtime(), facts.mtime_nsec()));
    format!("{version} {} {} {} {changed:?} {modified:?}", facts.dev(), facts.ino(), facts.len())
}

/// The program's version, and the file's size and time.
#[cfg(not(unix))]
pub fn stamp(facts: &std::fs::Metadata) -> String {
    format!("{} {} {:?}", env!("CARGO_PKG_VERSION"), facts.len(), facts.modified().ok())
}
