//! A whole sign-in over a real socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use super::*;
use crate::sandbox::listen;

fn ask(address: SocketAddr, method: &str, target: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let head = format!("{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded");
    stream.write_all(format!("{head}\r\nContent-Length: {}\r\n\r\n{form}", form.len()).as_bytes()).unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    heard
}

/// What stands between `start` and the next character of `end`.
fn between<'a>(text: &'a str, start: &str, end: &[char]) -> &'a str {
    text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1.split(end).next().unwrap()
}

#[test]
fn a_person_signs_in_over_a_real_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listen::serve(listener, Arc::new(asking()), || NOW, None));
    let page = ask(address, "GET", &format!("/authorize?{}", good("&scope=openid")), "");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    let transaction = between(&page, "name=transaction value=\"", &['"']);
    let page = ask(address, "POST", "/sign-in", &format!("transaction={transaction}&username=alice"));
    let transaction = between(&page, "name=transaction value=\"", &['"']);
    let back = ask(address, "POST", "/consent", &format!("transaction={transaction}&decision=allow"));
    assert!(back.starts_with("HTTP/1.1 303 See Other\r\n"), "{back}");
    let code = between(&back, "Location: http://127.0.0.1:8400/callback?code=", &['&']);
    let form = format!("grant_type=authorization_code&client_id=sandbox-public&code={code}&{REDIRECT}&{VERIFIER}");
    let answer = ask(address, "POST", "/token", &form);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"id_token\":\""), "{answer}");
}
