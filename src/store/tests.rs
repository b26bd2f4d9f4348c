//! The store as a whole, in a folder of its own.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::record::examples::{access, long_lived};
use super::*;

fn settings(folder: &Path, key: KeyPlace) -> Settings {
    Settings {
        folder: folder.join("oat"),
        key,
        key_cache: Seconds(900),
        keyring_patience: Duration::from_secs(2),
        env_key: None,
        bus: false,
    }
}

fn store(folder: &TempDir) -> Store {
    Store::new(settings(folder.path(), KeyPlace::File))
}

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).unwrap()
}

fn token(store: &Store, profile: &str) -> Option<String> {
    store.load_access(&name(profile)).unwrap().access.map(|access| access.tokens[0].access_token.expose().to_string())
}

fn refresh(store: &Store, profile: &str) -> Option<String> {
    store.load_sealed(&name(profile)).unwrap()?.refresh_token.map(|token| token.expose().to_string())
}

fn record(folder: &TempDir, profile: &str) -> PathBuf {
    folder.path().join(format!("oat/sessions/{profile}.record"))
}

fn names_in(folder: &TempDir) -> Vec<String> {
    let mut names = files::names(&folder.path().join("oat/sessions")).unwrap();
    names.sort();
    names
}

#[test]
fn what_is_saved_is_loaded_by_another_process() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    let other = store(&folder);
    let loaded = other.load_access(&name("a")).unwrap();
    assert_eq!(loaded.access, Some(access("at")));
    assert_eq!(loaded.version, other.version(&name("a")));
    assert!(loaded.version.is_some());
    assert_eq!(other.load_sealed(&name("a")).unwrap(), Some(long_lived("rt")));
    assert_eq!(other.notes(), [""; 0]);
}

#[test]
fn reading_an_empty_store_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    assert_eq!(token(&store, "a"), None);
    assert_eq!(refresh(&store, "a"), None);
    assert_eq!(store.version(&name("a")), None);
    assert_eq!(store.profiles().unwrap(), []);
    assert!(store.open_secret(&name("a")).unwrap().is_none());
    assert!(!store.forget(&name("a")).unwrap() && !store.forget_secret(&name("a")).unwrap());
    assert!(store.master_keys().unwrap().is_none());
    assert_eq!(store.failure_left(&name("a")), None);
    assert!(!folder.path().join("oat").exists());
}

#[test]
fn saving_access_tokens_keeps_the_refresh_token() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("one"), Some(&long_lived("rt"))).unwrap();
    let second = store(&folder);
    let before = second.version(&name("a"));
    second.save(&name("a"), None, &access("two"), None).unwrap();
    assert_ne!(second.version(&name("a")), before);
    assert_eq!((token(&second, "a"), refresh(&second, "a")), (Some("two".into()), Some("rt".into())));
    second.save(&name("b"), None, &access("b"), None).unwrap();
    assert_eq!((token(&second, "b"), refresh(&second, "b")), (Some("b".into()), None));
}

#[test]
fn r85_tokens_of_64_kib_and_1_mib_are_kept_and_17_mib_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for size in [64 << 10, 1 << 20] {
        let long = "x".repeat(size);
        let room = store.reserve(&name("a")).unwrap();
        store.save(&name("a"), Some(room), &access(&long), Some(&long_lived(&long))).unwrap();
        assert!(token(&store, "a") == Some(long.clone()) && refresh(&store, "a") == Some(long));
    }
    let error = store.save(&name("a"), None, &access(&"x".repeat(17 << 20)), None).unwrap_err();
    assert_eq!(error.kind, Kind::Store);
    assert_eq!(token(&store, "a").unwrap().len(), 1 << 20);
    assert_eq!(names_in(&folder), ["a.record"]);
}

#[test]
fn no_token_is_on_the_disk_in_plain() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.save(&name("a"), None, &access("CANARY"), Some(&long_lived("CANARY"))).unwrap();
    store.seal_secret(&name("a"), &ClientSecret::new("CANARY")).unwrap();
    for file in names_in(&folder) {
        let bytes = fs::read(folder.path().join("oat/sessions").join(&file)).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"CANARY"), "{file}");
    }
}

#[test]
fn every_flipped_byte_of_a_record_is_noticed_and_said() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    let path = record(&folder, "a");
    let whole = fs::read(&path).unwrap();
    let store = store(&folder);
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        fs::write(&path, &flipped).unwrap();
        assert_eq!((token(&store, "a"), refresh(&store, "a")), (None, None), "byte {at}");
        let notes = store.notes();
        assert!(notes.len() == 1 && notes[0].starts_with(&format!("cannot read `{}`: it ", path.display())), "{notes:?}");
    }
}

#[test]
fn a_record_of_another_profile_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    fs::rename(record(&folder, "a"), record(&folder, "b")).unwrap();
    assert_eq!((token(&store, "b"), refresh(&store, "b")), (None, None));
    assert!(store.notes()[0].ends_with("it was changed, or it was sealed for another profile"));
}

#[test]
fn what_cannot_be_read_is_set_aside_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.probe().unwrap();
    fs::write(record(&folder, "a"), "precious").unwrap();
    files_private(&record(&folder, "a"));
    store.save(&name("a"), None, &access("at"), None).unwrap();
    let names = names_in(&folder);
    let aside = names.iter().find(|name| name.starts_with("a.record.unreadable-")).unwrap();
    assert_eq!(fs::read(folder.path().join("oat/sessions").join(aside)).unwrap(), b"precious");
    assert_eq!(token(&store, "a").as_deref(), Some("at"));
    assert!(store.notes()[0].contains(aside));
    assert_eq!(store.profiles().unwrap(), [name("a")]);
}

#[test]
fn a_new_key_never_takes_the_place_of_a_lost_one_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    store(&folder).save(&name("b"), None, &access("bt"), None).unwrap();
    let old_key = fs::read(folder.path().join("oat/store.key")).unwrap();
    fs::remove_file(folder.path().join("oat/store.key")).unwrap();

    let store_without = store(&folder);
    assert_eq!(token(&store_without, "a"), None);
    assert!(store_without.notes()[0].contains("there is no key in the key file"));
    assert!(store_without.master_keys().unwrap().is_none(), "reading made a key");

    store_without.save(&name("a"), None, &access("new"), None).unwrap();
    let notes = store_without.notes().join("\n");
    assert!(notes.contains("made a new key in the key file") && notes.contains("(`a`, `b`)"), "{notes}");
    assert!(notes.contains("the old record of profile `a` is now"), "{notes}");
    assert_eq!(token(&store_without, "a").as_deref(), Some("new"));

    // The old key comes back: what was not saved anew opens again, and nothing is lost.
    fs::write(folder.path().join("oat/store.key"), old_key).unwrap();
    assert_eq!(token(&store(&folder), "b").as_deref(), Some("bt"));
    let aside = names_in(&folder).into_iter().find(|name| name.contains("unreadable")).unwrap();
    fs::rename(folder.path().join("oat/sessions").join(aside), record(&folder, "a")).unwrap();
    assert_eq!(refresh(&store(&folder), "a").as_deref(), Some("rt"));
}

#[test]
fn r80_stores_that_race_for_the_first_key_agree_on_one() {
    let folder = tempfile::tempdir().unwrap();
    let profiles: Vec<String> = (0..16).map(|number| format!("p{number}")).collect();
    std::thread::scope(|scope| {
        for profile in &profiles {
            scope.spawn(|| store(&folder).save(&name(profile), None, &access(profile), Some(&long_lived("rt"))).unwrap());
        }
    });
    let reader = store(&folder);
    for profile in &profiles {
        assert_eq!(token(&reader, profile).as_deref(), Some(profile.as_str()));
        assert_eq!(refresh(&reader, profile).as_deref(), Some("rt"));
    }
    assert_eq!(reader.notes(), [""; 0]);
}

#[test]
fn r80_the_lock_is_per_profile_and_says_who_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (store(&folder), store(&folder));
    let lock = |store: &Store, profile: &str| store.lock(&name(profile), Duration::from_millis(5), &mut || false);
    let held = lock(&one, "a").unwrap();
    assert!(matches!(held, Locked::Held(_)));
    assert!(matches!(lock(&two, "b").unwrap(), Locked::Held(_)));
    let error = lock(&two, "a").unwrap_err();
    assert_eq!((error.kind, error.retryable()), (Kind::Unavailable, true));
    assert!(error.message.starts_with("another oat has been busy with profile `a`"), "{error}");
    assert!(matches!(two.lock(&name("a"), Duration::from_secs(60), &mut || true).unwrap(), Locked::News));
    drop(held);
    assert!(matches!(lock(&two, "a").unwrap(), Locked::Held(_)));
}

#[test]
fn a_failure_is_left_for_those_who_wait_and_wiped_by_success() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let Locked::Held(lock) = store.lock(&name("a"), Duration::ZERO, &mut || false).unwrap() else { unreachable!("no lock") };
    assert_eq!(store.failure_left(&name("a")), None);
    store.leave_failure(&lock, b"invalid_client, and more");
    store.leave_failure(&lock, b"invalid_client");
    assert_eq!(store.failure_left(&name("a")).as_deref(), Some(b"invalid_client".as_slice()));
    store.leave_failure(&lock, b"");
    assert_eq!(store.failure_left(&name("a")), None);
    store.leave_failure(&lock, &[b'x'; 4097]);
    assert_eq!(store.failure_left(&name("a")), None);
    assert!(!store.forget(&name("a")).unwrap());
    assert_eq!(names_in(&folder), ["a.lock"]);
}

#[test]
fn r89_what_is_forgotten_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    store.seal_secret(&name("a"), &ClientSecret::new("s")).unwrap();
    assert!(store.forget(&name("a")).unwrap() && store.forget_secret(&name("a")).unwrap());
    assert_eq!(names_in(&folder), [""; 0]);
    assert_eq!(token(&store, "a"), None);
}

#[test]
fn a_client_secret_is_sealed_opened_and_never_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder);
    first.seal_secret(&name("a"), &ClientSecret::new("s3cret")).unwrap();
    first.seal_secret(&name("a"), &ClientSecret::new("better")).unwrap();
    assert_eq!(store(&folder).open_secret(&name("a")).unwrap().unwrap().expose(), "better");
    let path = folder.path().join("oat/sessions/a.secret");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = store(&folder).open_secret(&name("a")).unwrap_err();
    assert_eq!((error.kind, error.hint.as_deref()), (Kind::Store, Some("seal it anew with `oat profile set-secret a`")));
    first.seal_secret(&name("a"), &ClientSecret::new("again")).unwrap();
    assert_eq!(store(&folder).open_secret(&name("a")).unwrap().unwrap().expose(), "again");
    assert_eq!(names_in(&folder).len(), 2, "the damaged one was overwritten");
}

#[test]
fn profiles_are_those_with_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for profile in ["b", "a.secret", "a"] {
        store.save(&name(profile), None, &access("t"), None).unwrap();
    }
    store.seal_secret(&name("c"), &ClientSecret::new("s")).unwrap();
    store.lock(&name("d"), Duration::ZERO, &mut || false).unwrap();
    assert_eq!(store.profiles().unwrap(), [name("a"), name("a.secret"), name("b")]);
}

#[test]
fn the_place_none_keeps_nothing_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(settings(folder.path(), KeyPlace::None));
    assert!(!store.keeps());
    store.probe().unwrap();
    let Locked::Held(lock) = store.lock(&name("a"), Duration::ZERO, &mut || false).unwrap() else { unreachable!("no lock") };
    store.leave_failure(&lock, b"x");
    let room = store.reserve(&name("a")).unwrap();
    store.save(&name("a"), Some(room), &access("at"), Some(&long_lived("rt"))).unwrap();
    assert_eq!((token(&store, "a"), refresh(&store, "a")), (None, None));
    assert_eq!(store.seal_secret(&name("a"), &ClientSecret::new("s")).unwrap_err().kind, Kind::Store);
    assert!(!folder.path().join("oat").exists());
}

#[test]
fn r87_the_place_is_named_with_its_path_and_mode() {
    let folder = tempfile::tempdir().unwrap();
    let expected = format!("the key file `{}` (mode 0600)", folder.path().join("oat/store.key").display());
    assert_eq!(store(&folder).place(), expected);
}

#[test]
fn a_key_from_the_environment_opens_what_it_sealed_and_no_other_does() {
    let folder = tempfile::tempdir().unwrap();
    let with = |key: &str| Store::new(Settings { env_key: Some(WireSecret::new(key)), ..settings(folder.path(), KeyPlace::Env) });
    let (one, two) = ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "__8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    with(one).save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    assert_eq!(refresh(&with(one), "a").as_deref(), Some("rt"));
    let other = with(two);
    assert_eq!(token(&other, "a"), None);
    assert!(other.notes()[0].ends_with("it was sealed under another key"));
    assert!(!folder.path().join("oat/store.key").exists());
}

#[test]
fn a_key_that_the_environment_lacks_is_a_config_error_and_never_made_up() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "CANARYCANARYCANARYCANARYCANARYCANARYCANARY";
    for (key, message) in [(None, "is not set"), (Some(bad), "is not base64 of exactly 32 bytes")] {
        let settings = Settings { env_key: key.map(WireSecret::new), ..settings(folder.path(), KeyPlace::Env) };
        let error = Store::new(settings).save(&name("a"), None, &access("at"), None).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert!(error.message.ends_with(message), "{error}");
        assert!(error.hint.as_ref().unwrap().contains("`openssl rand -base64 32`"));
        assert!(!format!("{error:?}").contains("CANARY"));
    }
    assert_eq!(names_in(&folder), [""; 0]);
}

#[test]
fn r103_a_state_folder_that_is_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("oat"), "").unwrap();
    let store = store(&folder);
    let error = store.save(&name("a"), None, &access("at"), None).unwrap_err();
    assert_eq!(error.kind, Kind::Store);
    assert!(error.message.ends_with("it is not a folder"), "{error}");
    assert!(error.hint.clone().unwrap().contains("OAT_STATE"));
    assert_eq!(store.reserve(&name("a")).unwrap_err().kind, Kind::Store);
    assert_eq!(store.lock(&name("a"), Duration::ZERO, &mut || false).unwrap_err().kind, Kind::Store);
}

#[test]
fn r81_when_the_write_fails_the_old_record_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.save(&name("a"), None, &access("old"), Some(&long_lived("rt"))).unwrap();
    // The room is taken away, as a full disk or a cleaner would.
    let room = store.reserve(&name("a")).unwrap();
    let temporary = names_in(&folder).into_iter().find(|name| name.ends_with(".tmp")).unwrap();
    fs::remove_file(folder.path().join("oat/sessions").join(temporary)).unwrap();
    let error = store.save(&name("a"), Some(room), &access("new"), Some(&long_lived("rt2"))).unwrap_err();
    assert_eq!(error.kind, Kind::Store);
    assert_eq!((token(&store, "a").as_deref(), refresh(&store, "a").as_deref()), (Some("old"), Some("rt")));
}

#[test]
fn the_sign_ins_that_nobody_answered_are_counted_under_a_lock_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (store(&folder), store(&folder));
    let lock = |store: &Store| store.lock_sign_in(&name("a"), Duration::from_millis(5));
    assert_eq!(one.unanswered(&name("a")), 0);
    let Locked::Held(held) = lock(&one).unwrap() else { unreachable!("no lock") };
    let error = lock(&two).unwrap_err();
    assert!(error.kind == Kind::Unavailable && error.message.contains("the sign-in of profile `a`"), "{error}");
    // Tokens can be had while someone signs in, and another profile is another's business.
    assert!(matches!(two.lock(&name("a"), Duration::ZERO, &mut || false).unwrap(), Locked::Held(_)));
    assert!(matches!(two.lock_sign_in(&name("b"), Duration::ZERO).unwrap(), Locked::Held(_)));
    for count in [1, 2, 255, 0, 1] {
        one.note_unanswered(&held, count);
        assert_eq!((two.unanswered(&name("a")), two.unanswered(&name("b"))), (count, 0));
    }
    // The count is no failure for those who wait for a token, and outlives the lock.
    drop(held);
    assert_eq!((two.failure_left(&name("a")), two.unanswered(&name("a"))), (None, 1));
    assert_eq!(two.profiles().unwrap(), []);
}

#[test]
fn where_nothing_is_kept_a_sign_in_is_not_locked_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(settings(folder.path(), KeyPlace::None));
    let Locked::Held(lock) = store.lock_sign_in(&name("a"), Duration::ZERO).unwrap() else { unreachable!("no lock") };
    store.note_unanswered(&lock, 2);
    assert_eq!(store.unanswered(&name("a")), 0);
    assert!(!folder.path().join("oat").exists());
}

#[test]
#[cfg(unix)]
fn a_lock_that_is_handed_over_is_held_until_both_have_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs, other) = (store(&folder), store(&folder), store(&folder));
    let lock = |store: &Store| store.lock(&name("a"), Duration::from_millis(5), &mut || false);
    let Locked::Held(held) = lock(&ours).unwrap() else { unreachable!("no lock") };
    let inherited = theirs.inherited_lock(&name("a"), held.to_hand_over().unwrap()).unwrap();
    drop(held);
    assert_eq!(lock(&other).unwrap_err().kind, Kind::Unavailable);
    // Under it, a failure can be left like under any other.
    theirs.leave_failure(&inherited, b"x");
    assert_eq!(other.failure_left(&name("a")).as_deref(), Some(b"x".as_slice()));
    drop(inherited);
    assert!(matches!(lock(&other).unwrap(), Locked::Held(_)));
}

#[test]
#[cfg(unix)]
fn what_is_not_the_lock_of_this_profile_is_not_inherited() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let Locked::Held(held) = store.lock(&name("a"), Duration::ZERO, &mut || false).unwrap() else { unreachable!("no lock") };
    assert_eq!(store.inherited_lock(&name("b"), held.to_hand_over().unwrap()).unwrap_err().kind, Kind::Internal);
    assert_eq!(store.inherited_lock(&name("a"), fs::File::open("/dev/null").unwrap()).unwrap_err().kind, Kind::Internal);
    // Someone removed the folder meanwhile: the lock guards nothing.
    fs::remove_file(folder.path().join("oat/sessions/a.lock")).unwrap();
    assert_eq!(store.inherited_lock(&name("a"), held.to_hand_over().unwrap()).unwrap_err().kind, Kind::Internal);
    let nothing = Store::new(settings(folder.path(), KeyPlace::None));
    let Locked::Held(held) = nothing.lock(&name("a"), Duration::ZERO, &mut || false).unwrap() else { unreachable!("no lock") };
    assert!(held.to_hand_over().is_none());
}

#[test]
#[cfg(unix)]
fn keys_that_are_handed_over_open_what_they_sealed_and_anything_else_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let ours = store(&folder);
    assert!(ours.keys_to_hand_over().is_empty(), "nothing was asked of the key's place yet");
    ours.save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    let keys = ours.keys_to_hand_over();
    assert_eq!(keys.len(), 8 + 32 + 32);
    // The other process has no way of its own to the key.
    fs::remove_file(folder.path().join("oat/store.key")).unwrap();
    let theirs = store(&folder);
    for bad in [&keys[..0], &keys[..7], &keys[..39], &keys[..71], &[keys.as_slice(), b"x"].concat()] {
        theirs.take_over_keys(bad);
        assert!(theirs.remembered().is_none(), "{} bytes", bad.len());
    }
    assert_eq!(refresh(&theirs, "a"), None);
    theirs.take_over_keys(&keys);
    assert_eq!((token(&theirs, "a").as_deref(), refresh(&theirs, "a").as_deref()), (Some("at"), Some("rt")));
    theirs.save(&name("a"), None, &access("at2"), Some(&long_lived("rt2"))).unwrap();
    assert!(!folder.path().join("oat/store.key").exists(), "no second key was made");
    assert_eq!(refresh(&ours, "a").as_deref(), Some("rt2"));
}

#[cfg(unix)]
fn files_private(path: &Path) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn files_private(_: &Path) {}

#[cfg(target_os = "linux")]
mod kernel_keys;
#[cfg(unix)]
mod modes;
