//! The master key in the kernel's keyring (keyutils).

use crate::authorization_server::AuthorizationServer;
use crate::home::Home;
use crate::parts::part;

const GET: [&str; 3] = ["token", "get", "api"];

fn home(server: &AuthorizationServer) -> Home {
    let keyring = part("keyctl").args(["show", "@u"]).output().unwrap();
    let refused = "this kernel gives no keyring; in a container, its seccomp profile has to allow add_key, request_key and keyctl";
    assert!(keyring.status.success(), "{refused}: {}", String::from_utf8_lossy(&keyring.stderr));
    Home::new(&server.profile("basic"), server.client("basic")).with("OAT_STORE", "keyutils")
}

#[test]
fn a_second_call_is_served_from_the_cache_also_in_another_session() {
    let server = AuthorizationServer::start(&[]);
    let home = home(&server);
    let token = home.oat(&GET).quiet_token();
    let seen = server.seen();
    assert_eq!(home.oat(&GET).quiet_token(), token);
    assert_eq!(home.oat_under(&["keyctl", "session", "-"], &GET).token(), token);
    assert_eq!(server.seen(), seen);
}

#[test]
fn no_key_is_written_beside_the_records() {
    let server = AuthorizationServer::start(&[]);
    let home = home(&server);
    let token = home.oat(&GET).quiet_token();
    assert_ne!(home.with("OAT_STORE", "file").oat(&GET).token(), token, "another key store opens no record of this one");
}
