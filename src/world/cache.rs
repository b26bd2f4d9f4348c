//! Public documents (metadata, keys) between commands: a file each.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// R34: older documents are fetched anew.
const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// Larger files are none of ours.
const LARGEST: u64 = 1 << 20;

/// The document kept under this file name at most 24 hours ago.
pub fn recall(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let file = fs::File::open(folder.join(name)).ok()?;
    let facts = file.metadata().ok()?;
    // Both folders: in one that others may change, the other could be put in another's place.
    let folders = [Some(folder), folder.parent()].into_iter().flatten();
    if !ours(&facts) || !folders.map(fs::symlink_metadata).all(|facts| facts.is_ok_and(|facts| facts.is_dir() && ours(&facts))) {
        return None;
    }
    read(file, &facts)
}

/// What `remember` kept, where it is harmless if a stranger wrote it: the file is not looked at any closer.
pub fn peek(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let file = fs::File::open(folder.join(name)).ok()?;
    let facts = file.metadata().ok()?;
    read(file, &facts)
}

/// Whether nobody else could have written it: a planted document would send a request, and its secret, elsewhere.
#[cfg(unix)]
fn ours(facts: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    facts.uid() == rustix::process::geteuid().as_raw() && facts.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn ours(_: &fs::Metadata) -> bool {
    true
}

fn read(file: fs::File, facts: &fs::Metadata) -> Option<Vec<u8>> {
    // A time in the future (the clock went back) is not trusted either.
    let fresh = facts.modified().ok()?.elapsed().is_ok_and(|age| age < OLDEST);
    if !fresh || !facts.is_file() || facts.len() > LARGEST {
        return None;
    }
    let mut document = Vec::new();
    file.take(LARGEST).read_to_end(&mut document).ok()?;
    Some(document)
}

/// Keeps a document: a temporary file, then a rename, so that no reader sees half of it.
pub fn remember(folder: &Path, name: &str, document: &[u8]) {
    let target = folder.join(name);
    let temporary = target.with_extension(format!("{}.tmp", std::process::id()));
    if private_folder(folder).is_err() {
        return;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| file.write_all(document));
    if written.and_then(|()| fs::rename(&temporary, target)).is_err() {
        let _ = fs::remove_file(temporary);
    }
}

/// The file name for what any URL or path names.
pub fn name_of(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{name}.json")
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_document_that_others_could_have_written_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("metadata");
        remember(&cache, "x", b"{}");
        assert!(recall(&cache, "x").is_some());
        for (path, loose, tight) in [(cache.join("x"), 0o666, 0o600), (cache.clone(), 0o777, 0o700), (folder.path().into(), 0o1777, 0o700)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(loose)).unwrap();
            assert_eq!(recall(&cache, "x"), None, "{}", path.display());
            fs::set_permissions(&path, fs::Permissions::from_mode(tight)).unwrap();
        }
        fs::rename(&cache, folder.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &cache).unwrap();
        assert_eq!(recall(&cache, "x"), None, "a link may lead anywhere");
    }

    #[test]
    fn r34_a_document_is_kept_for_a_day_by_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("metadata");
        remember(&cache, &name_of("https://a.example"), b"{}");
        assert_eq!(recall(&cache, &name_of("https://a.example")), Some(b"{}".to_vec()));
        assert_eq!(recall(&cache, &name_of("https://b.example")), None);
        let file = fs::File::options().write(true).open(cache.join(name_of("https://a.example"))).unwrap();
        let old = file.metadata().unwrap().modified().unwrap() - OLDEST;
        file.set_modified(old).unwrap();
        assert_eq!(recall(&cache, &name_of("https://a.example")), None);
        file.set_modified(old + OLDEST * 2).unwrap();
        assert_eq!(recall(&cache, &name_of("https://a.example")), None, "a time in the future is not trusted");
    }
}
