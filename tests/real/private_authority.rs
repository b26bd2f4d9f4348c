//! https with a certificate from an authority that no list of roots knows.

use crate::authorization_server::AuthorizationServer;
use crate::quiet;
use crate::support::Oat;

#[test]
fn an_unknown_authority_is_refused_before_anything_is_sent_and_ca_file_is_named() {
    let server = AuthorizationServer::start(&["--tls"]);
    server.oat("basic").get(&[]).fails_saying(8, &["certificate", "127.0.0.1", "ca_file"]);
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
    server.oat("post").config(&config).get(&[]).fails_saying(8, &["certificate", "127.0.0.1", "ca_file"]);
    assert_eq!(server.seen().requests, 0);
}

#[test]
fn ca_file_in_the_profile_is_trusted_and_a_second_call_opens_no_connection() {
    let server = AuthorizationServer::start(&["--tls"]);
    let config = format!("{}ca_file = '{}'\n", server.profile("basic"), server.ca_file().display());
    serves(&server, &server.oat("basic").config(&config), &[]);
}

#[test]
fn ca_file_on_the_command_line_is_trusted_and_a_second_call_opens_no_connection() {
    let server = AuthorizationServer::start(&["--tls"]);
    serves(&server, &server.oat("basic"), &["--ca-file", server.ca_file().to_str().unwrap()]);
}

#[test]
fn ssl_cert_file_is_trusted_and_a_second_call_opens_no_connection() {
    let server = AuthorizationServer::start(&["--tls"]);
    serves(&server, &server.oat("basic").env("SSL_CERT_FILE", server.ca_file().to_str().unwrap()), &[]);
}

#[test]
fn another_authority_in_ca_file_is_refused() {
    let (server, other) = (AuthorizationServer::start(&["--tls"]), AuthorizationServer::start(&["--tls"]));
    let config = format!("{}ca_file = '{}'\n", server.profile("basic"), other.ca_file().display());
    server.oat("basic").config(&config).get(&[]).fails_saying(8, &["certificate"]);
    assert_eq!(server.seen().requests, 0);
}

fn serves(server: &AuthorizationServer, oat: &Oat, words: &[&str]) {
    let token = quiet(&oat.get(words));
    assert!(server.active(&token));
    let seen = server.seen();
    assert_eq!(seen.token_posts, 1);
    assert_eq!(quiet(&oat.get(words)), token);
    assert_eq!(server.seen(), seen);
}
