//! The master key in the kernel's keyring (keyutils).

use crate::authorization_server::AuthorizationServer;
use crate::quiet;
use crate::support::Oat;
use crate::support::parts::part;

fn oat(server: &AuthorizationServer) -> Oat {
    let keyring = part("keyctl").args(["show", "@u"]).output().unwrap();
    let refused = "this kernel gives no keyring; in a container, its seccomp profile has to allow add_key, request_key and keyctl";
    assert!(keyring.status.success(), "{refused}: {}", String::from_utf8_lossy(&keyring.stderr));
    server.oat("basic").env("OAT_STORE", "keyutils")
}

#[test]
fn a_second_call_is_served_from_the_cache_also_in_another_session() {
    let server = AuthorizationServer::start(&[]);
    let oat = oat(&server);
    let token = quiet(&oat.get(&[]));
    let seen = server.seen();
    assert_eq!(quiet(&oat.get(&[])), token);
    // keyctl says on stderr that it joined a session.
    let elsewhere = oat.under(&["keyctl", "session", "-"]).get(&[]);
    assert_eq!((elsewhere.code, elsewhere.stdout.trim_end()), (Some(0), token.as_str()), "{elsewhere:#?}");
    assert_eq!(server.seen(), seen);
}

#[test]
fn no_key_is_written_beside_the_records() {
    let server = AuthorizationServer::start(&[]);
    let oat = oat(&server);
    let token = quiet(&oat.get(&[]));
    assert_ne!(oat.env("OAT_STORE", "file").get(&[]).line(), token, "another key store opens no record of this one");
}
