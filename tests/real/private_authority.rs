//! https with a certificate from an authority that no list of roots knows.

use crate::authorization_server::AuthorizationServer;
use crate::home::Home;

#[test]
fn an_unknown_authority_is_refused_before_anything_is_sent_and_ca_file_is_named() {
    let server = AuthorizationServer::start(&["--tls"]);
    let home = Home::new(&server.profile("basic"), server.client("basic"));
    let outcome = home.oat(&["token", "get", "api"]);
    let told = outcome.failure(8);
    assert!(told.contains("certificate") && told.contains("ca_file"), "{told}");
    assert!(told.contains("127.0.0.1"), "the server is named: {told}");
    let seen = server.seen();
    assert_eq!(seen.requests, 0);
    assert!(seen.connections > 0, "the server was tried");
}

#[test]
fn the_token_endpoint_alone_is_refused_the_same_way() {
    let server = AuthorizationServer::start(&["--tls"]);
    let issuer = format!("issuer = '{}'", server.issuer());
    let config = server.profile("post").replace(&issuer, &format!("token_endpoint = '{}/token'", server.issuer()));
    assert!(config.contains("token_endpoint"));
    let outcome = Home::new(&config, server.client("post")).oat(&["token", "get", "api"]);
    assert!(outcome.failure(8).contains("ca_file"), "{outcome:#?}");
    assert_eq!(server.seen().requests, 0);
}

#[test]
fn ca_file_in_the_profile_is_trusted_and_a_second_call_opens_no_connection() {
    let server = AuthorizationServer::start(&["--tls"]);
    let config = format!("{}ca_file = '{}'\n", server.profile("basic"), server.ca_file().display());
    serves(&server, &Home::new(&config, server.client("basic")), &["token", "get", "api"]);
}

#[test]
fn ca_file_on_the_command_line_is_trusted_and_a_second_call_opens_no_connection() {
    let server = AuthorizationServer::start(&["--tls"]);
    let home = Home::new(&server.profile("basic"), server.client("basic"));
    serves(&server, &home, &["token", "get", "api", "--ca-file", server.ca_file().to_str().unwrap()]);
}

#[test]
fn ssl_cert_file_is_trusted_and_a_second_call_opens_no_connection() {
    let server = AuthorizationServer::start(&["--tls"]);
    let home = Home::new(&server.profile("basic"), server.client("basic"));
    serves(&server, &home.with("SSL_CERT_FILE", server.ca_file().to_str().unwrap()), &["token", "get", "api"]);
}

#[test]
fn another_authority_in_ca_file_is_refused() {
    let (server, other) = (AuthorizationServer::start(&["--tls"]), AuthorizationServer::start(&["--tls"]));
    let config = format!("{}ca_file = '{}'\n", server.profile("basic"), other.ca_file().display());
    let outcome = Home::new(&config, server.client("basic")).oat(&["token", "get", "api"]);
    assert!(outcome.failure(8).contains("certificate"), "{outcome:#?}");
    assert_eq!(server.seen().requests, 0);
}

fn serves(server: &AuthorizationServer, home: &Home, words: &[&str]) {
    let token = home.oat(words).quiet_token();
    assert!(server.active(&token));
    let seen = server.seen();
    assert_eq!(seen.token_posts, 1);
    assert_eq!(home.oat(words).quiet_token(), token);
    assert_eq!(server.seen(), seen);
}
