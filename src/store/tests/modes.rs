//! Who may read what is kept.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn r83_everything_is_private_from_its_making() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let room = store.reserve(&name("a")).unwrap();
    let temporary = folder.path().join("oat/sessions").join(&names_in(&folder)[0]);
    assert_eq!(mode(&temporary), 0o600);
    let _lock = store.lock(&name("a"), Duration::ZERO, &mut || false).unwrap();
    store.save(&name("a"), Some(room), &access("at"), None).unwrap();
    store.seal_secret(&name("a"), &ClientSecret::new("s")).unwrap();
    let oat = folder.path().join("oat");
    for (path, expected) in [
        (oat.clone(), 0o700),
        (oat.join("sessions"), 0o700),
        (oat.join("store.key"), 0o600),
        (oat.join("store.lock"), 0o600),
        (oat.join("sessions/a.record"), 0o600),
        (oat.join("sessions/a.lock"), 0o600),
        (oat.join("sessions/a.secret"), 0o600),
    ] {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
}

#[test]
fn r83_a_loose_folder_is_mended_and_said_a_shared_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let oat = folder.path().join("oat");
    fs::create_dir(&oat).unwrap();
    set_mode(&oat, 0o755);
    let store = store(&folder);
    store.save(&name("a"), None, &access("at"), None).unwrap();
    assert_eq!(mode(&oat), 0o700);
    assert_eq!(store.notes(), [format!("others could enter `{}` (mode 0755); its mode is 0700 now", oat.display())]);
    set_mode(&oat, 0o1777);
    let error = super::store(&folder).save(&name("a"), None, &access("at"), None).unwrap_err();
    assert!(error.message.ends_with("it is shared with others (mode 1777)"), "{error}");
    assert_eq!(mode(&oat), 0o1777);
}

#[test]
fn r83_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("at"), None).unwrap();
    for path in [record(&folder, "a"), folder.path().join("oat/store.key")] {
        for loose in [0o640, 0o604, 0o620] {
            set_mode(&path, loose);
            let error = store(&folder).load_access(&name("a")).unwrap_err();
            assert_eq!(error.kind, Kind::Store);
            assert_eq!(error.message, format!("cannot use `{}`: others may read it (mode {loose:04o})", path.display()));
            assert_eq!(error.hint.clone().unwrap(), format!("run `chmod 600 {}`", path.display()));
            let error = store(&folder).save(&name("a"), None, &access("new"), None).unwrap_err();
            assert_eq!(error.kind, Kind::Store);
        }
        set_mode(&path, 0o600);
    }
    assert_eq!(token(&store(&folder), "a").as_deref(), Some("at"));
}

#[test]
fn r83_a_link_in_the_place_of_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("at"), None).unwrap();
    symlink(record(&folder, "a"), record(&folder, "b")).unwrap();
    symlink(folder.path().join("elsewhere"), folder.path().join("oat/sessions/b.lock")).unwrap();
    let store = store(&folder);
    let refused = [
        store.load_access(&name("b")).unwrap_err(),
        store.load_sealed(&name("b")).unwrap_err(),
        store.save(&name("b"), None, &access("bt"), None).unwrap_err(),
        store.lock(&name("b"), Duration::ZERO, &mut || false).unwrap_err(),
    ];
    for error in refused {
        assert!(error.kind == Kind::Store && error.message.ends_with("it is a symbolic link"), "{error}");
    }
    assert!(!folder.path().join("elsewhere").exists());
    fs::rename(folder.path().join("oat/store.key"), folder.path().join("key")).unwrap();
    symlink(folder.path().join("key"), folder.path().join("oat/store.key")).unwrap();
    let error = super::store(&folder).load_access(&name("a")).unwrap_err();
    assert!(error.message.ends_with("it is a symbolic link"), "{error}");
}

#[test]
fn a_pipe_in_the_place_of_a_record_does_not_stop_us() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.probe().unwrap();
    let made = std::process::Command::new("mkfifo").arg("-m600").arg(record(&folder, "a")).status().unwrap();
    assert!(made.success());
    let error = store.load_access(&name("a")).unwrap_err();
    assert!(error.message.ends_with("it is not a file"), "{error}");
}
