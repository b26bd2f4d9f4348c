//! Two tokens side by side.

use super::*;
use crate::inspection::comparison::{compare, json, page};

fn pair() -> (Report, Report) {
    let header = |alg: &str| Some(members(json!({ "alg": alg, "typ": "JWT" })));
    let left = json!({ "iss": ISSUER, "sub": "ada", "exp": START.0 + 3240, "roles": { "a": ["x y", "z"] } });
    let right = json!({ "iss": ISSUER, "sub": "\u{1b}eve", "exp": START.0 - 60, "::x": true });
    (
        Report { what: "first".into(), verified: true, header: header("ES256"), ..report(TokenKind::Access, left) },
        Report { what: "second".into(), header: header("RS256"), ..report(TokenKind::Access, right) },
    )
}

#[test]
fn what_differs_stands_in_a_table_and_what_does_not_is_named() {
    let (left, right) = pair();
    let found = compare(&left, &right);
    assert_eq!(
        page(&left, &right, &found),
        "            first                               second
verified    true                                false
header.alg  ES256                               RS256
exp         2026-01-12 10:24:00 UTC, in 54 min  2026-01-12 09:29:00 UTC, 60 s ago
roles       a:                                  -
              - x y
              - z
sub         ada                                 \\u{1b}eve
`::x`       -                                   true

the same in both: format, header.typ, iss"
    );
}

#[test]
fn each_difference_is_a_member_of_the_json_and_none_is_null() {
    let (left, right) = pair();
    let found = compare(&left, &right);
    let told = json(&left, &right, &found);
    assert_eq!(
        told["differences"],
        json!([
            { "name": "verified", "left": true, "right": false },
            { "name": "header.alg", "left": "ES256", "right": "RS256" },
            { "name": "exp", "left": START.0 + 3240, "right": START.0 - 60 },
            { "name": "roles", "left": { "a": ["x y", "z"] }, "right": null },
            { "name": "sub", "left": "ada", "right": "\u{1b}eve" },
            { "name": "::x", "left": null, "right": true },
        ])
    );
    assert_eq!(told["same"], json!(["format", "header.typ", "iss"]));
    assert_eq!((&told["left"]["claims"]["sub"], &told["right"]["verified"]), (&json!("ada"), &json!(false)));
}

#[test]
fn of_the_same_token_twice_nothing_differs() {
    let (left, _) = pair();
    let found = compare(&left, &left);
    assert!(found.0.is_empty());
    assert_eq!(
        page(&left, &left, &found),
        "  first  first\n\nnothing differs\n\nthe same in both: format, verified, header.alg, header.typ, exp, iss, roles, sub"
    );
}

#[test]
fn of_an_opaque_token_what_the_server_says_is_compared() {
    let told = |sub: &str| Report { introspection: Some(members(json!({ "sub": sub }))), ..opaque(TokenKind::Access) };
    let found = compare(&told("ada"), &told("eve"));
    assert_eq!(found.0.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["sub"]);
    let found = compare(&told("ada"), &report(TokenKind::Access, json!({ "sub": "ada" })));
    assert_eq!(found.1, ["verified", "sub"]);
}
