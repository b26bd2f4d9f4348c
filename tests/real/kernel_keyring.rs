//! The master key in the kernel's keyring (keyutils).

use crate::authorization_server::AuthorizationServer;
use crate::home::Home;

const GET: [&str; 3] = ["token", "get", "api"];

#[test]
fn a_second_call_is_served_from_the_cache_also_in_another_session() {
    let server = AuthorizationServer::start(&[]);
    let home = Home::new(&server.profile("basic"), server.client("basic")).with("OAT_STORE", "keyutils");
    let token = home.oat(&GET).quiet_token();
    let seen = server.seen();
    assert_eq!(home.oat(&GET).quiet_token(), token);
    assert_eq!(home.oat_under(&["keyctl", "session", "-"], &GET).token(), token);
    assert_eq!(server.seen(), seen);
}

#[test]
fn no_key_is_written_beside_the_records() {
    let server = AuthorizationServer::start(&[]);
    let home = Home::new(&server.profile("basic"), server.client("basic")).with("OAT_STORE", "keyutils");
    let token = home.oat(&GET).quiet_token();
    assert_ne!(home.with("OAT_STORE", "file").oat(&GET).token(), token, "another key store opens no record of this one");
}
