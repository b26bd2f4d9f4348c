//! Keys in the Linux kernel's user keyring, the real one.

use super::*;

/// Whether this kernel lets us keep keys; containers often do not, and then the other branch of each test holds.
fn allowed(folder: &TempDir) -> bool {
    let name = format!("oat:test:{}", keys::kernel_name(folder.path()));
    let allowed = kernel::write_master(&name, &master::Master::random().unwrap()).is_ok();
    kernel::forget(&name);
    allowed
}

fn with_keyring(folder: &TempDir, key_cache: Seconds) -> Store {
    Store::new(Settings { key_cache, ..settings(folder.path(), KeyPlace::Keyring) })
}

/// Puts the access key of the key file where the keyring's is cached.
fn cache(folder: &TempDir) -> String {
    let keys = store(folder).keys_or_new().unwrap();
    let name = with_keyring(folder, Seconds(900)).place.access_name();
    kernel::cache_access(&name, &keys.id, &keys.access, Seconds(900));
    name
}

#[test]
fn a_cached_access_key_serves_and_saves_without_the_keyring_and_opens_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("at"), Some(&long_lived("rt"))).unwrap();
    let cached = cache(&folder);
    let store_of = || with_keyring(&folder, Seconds(900));
    if allowed(&folder) {
        assert_eq!(token(&store_of(), "a").as_deref(), Some("at"));
        store_of().save(&name("a"), None, &access("new"), None).unwrap();
        assert_eq!(token(&store_of(), "a").as_deref(), Some("new"));
        assert_eq!(refresh(&store(&folder), "a").as_deref(), Some("rt"));
    } else {
        store_of().load_access(&name("a")).unwrap_err();
    }
    let no_bus = "there is no D-Bus session bus here";
    assert!(store_of().load_sealed(&name("a")).unwrap_err().message.ends_with(no_bus));
    assert!(with_keyring(&folder, Seconds(0)).load_access(&name("a")).unwrap_err().message.ends_with(no_bus));
    kernel::forget(&cached);
    assert!(store_of().load_access(&name("a")).unwrap_err().message.ends_with(no_bus));
}

#[test]
fn the_cached_key_is_for_this_user_alone_and_its_time_starts_anew_at_each_use() {
    let folder = tempfile::tempdir().unwrap();
    if !allowed(&folder) {
        return assert!(kernel::read_master("oat:test:none").is_err());
    }
    store(&folder).save(&name("a"), None, &access("at"), None).unwrap();
    let cached = cache(&folder);
    assert_eq!(token(&with_keyring(&folder, Seconds(7200)), "a").as_deref(), Some("at"));
    let keys = fs::read_to_string("/proc/keys").unwrap();
    let line: Vec<&str> = keys.lines().find(|line| line.contains(&cached)).unwrap().split_whitespace().collect();
    assert!(["1h", "2h", "119m", "120m"].contains(&line[3]), "{line:?}");
    assert_eq!(line[4], "3f3f0000", "possessor and user all, group and others nothing");
    kernel::forget(&cached);
}

#[test]
fn a_cached_key_of_another_master_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder).save(&name("a"), None, &access("at"), None).unwrap();
    let cached = with_keyring(&folder, Seconds(900)).place.access_name();
    kernel::cache_access(&cached, b"other id", &master::SectionKey::default(), Seconds(900));
    let error = with_keyring(&folder, Seconds(900)).load_access(&name("a")).unwrap_err();
    assert!(error.message.ends_with("there is no D-Bus session bus here"), "{error}");
    kernel::forget(&cached);
}

#[test]
fn the_kernel_keeps_the_master_key_or_says_that_it_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let of = || Store::new(settings(folder.path(), KeyPlace::Keyutils));
    let saved = of().save(&name("a"), None, &access("at"), Some(&long_lived("rt")));
    if !allowed(&folder) {
        let error = saved.unwrap_err();
        assert_eq!(error.message, "cannot use the kernel's user keyring: the kernel refuses it here, as most containers do");
        return assert!(error.hint.clone().unwrap().contains("`OAT_STORE=file`"));
    }
    saved.unwrap();
    assert_eq!(refresh(&of(), "a").as_deref(), Some("rt"));
    kernel::forget(&format!("oat:master:{}", keys::kernel_name(&folder.path().join("oat"))));
    let after_reboot = of();
    assert_eq!(token(&after_reboot, "a"), None);
    assert!(after_reboot.notes()[0].contains("there is no key in the kernel's user keyring"));
}
