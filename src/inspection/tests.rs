//! The report, check by check, with a scripted World and keys of the tests' own.

use ring::hmac;

use super::*;
use crate::jose::base64url;
use crate::jose::jwa::Alg;
use crate::jose::jws::SigningKey;
use crate::jose::jwt;
use crate::oauth::endpoints::Endpoint;
use crate::oauth::world::script::{START, Script, answer, json as json_answer};

const ISSUER: &str = "https://login.example.com";

fn members(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A report of a token of which the claims alone are known.
fn report(kind: TokenKind, claims: Value) -> Report {
    Report { claims: Some(members(claims)), ..Report::new("the token".into(), kind, Form::Jwt, 100, START) }
}

/// A report of a token that only its server can read.
fn opaque(kind: TokenKind) -> Report {
    Report::new("the token".into(), kind, Form::Opaque, 20, START)
}

/// Every check on a line: `FAIL aud: the reason (what to type)`.
fn said(report: &Report) -> Vec<String> {
    let line = |check: &Check| {
        let word = match check.ok {
            Some(true) => "ok",
            Some(false) => "FAIL",
            None => "-",
        };
        let hint = check.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{word} {}: {}{hint}", check.name, check.detail)
    };
    report.checks.iter().map(line).collect()
}

/// The checks of one name alone.
fn of(name: &str, report: &Report) -> Vec<String> {
    said(report).into_iter().filter(|line| line.split([' ', ':']).nth(1) == Some(name)).collect()
}

mod checks;
mod comparison;
mod page;
mod refusal;
mod server;
mod signature;
