//! The part of the profile file that one profile needs.

/// The text with an empty line for every line of another profile, so that lines keep their numbers. None where it cannot
/// be cut with certainty, or has no such profile.
pub fn only(text: &str, name: &str) -> Option<String> {
    if has_long_string(text) {
        return None;
    }
    let (mut kept, mut keep, mut found) = (String::with_capacity(text.len()), true, false);
    let (mut from, mut looked) = (0, 0);
    for (bracket, _) in text.match_indices('[') {
        let start = text[looked..bracket].rfind('\n').map_or(looked, |end| looked + end + 1);
        looked = bracket;
        // A header has nothing but space before it, and so not another bracket.
        if !text[start..bracket].trim_start().is_empty() {
            continue;
        }
        add(&mut kept, &text[from..start], keep);
        from = start;
        keep = match text[bracket + 1..].strip_prefix("profile") {
            Some(rest) => {
                let rest = rest.strip_prefix('.')?;
                let (whose, behind) = rest.split_at(rest.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))?);
                if !behind.starts_with(['.', ']']) {
                    return None;
                }
                found |= whose == name;
                whose == name
            }
            None => true,
        };
    }
    add(&mut kept, &text[from..], keep);
    found.then_some(kept)
}

/// The name of the profile with this issuer, where a line says so word for word.
pub fn with_issuer<'a>(text: &'a str, issuer: &str) -> Option<&'a str> {
    let (start, _) = text.match_indices(issuer).find(|(start, _)| {
        let before = text[..*start].rsplit('\n').next().unwrap_or_default();
        let quote = before.strip_prefix("issuer").map(|rest| rest.trim_start_matches([' ', '=']));
        quote.is_some_and(|quote| matches!(quote, "\"" | "'") && text[start + issuer.len()..].starts_with(quote))
    })?;
    let (_, header) = text[..start].rsplit_once("[profile.")?;
    header.split(']').next()
}

fn add(kept: &mut String, lines: &str, keep: bool) {
    match keep {
        true => kept.push_str(lines),
        false => kept.extend(lines.matches('\n')),
    }
}

/// Whether a quote stands three times in a row, as at both ends of a string of several lines.
fn has_long_string(text: &str) -> bool {
    // Of three in a row, one is at every third place: the others need no look.
    let bytes = text.as_bytes();
    let three = |start: usize| matches!(bytes.get(start..start + 3), Some([b'"', b'"', b'"'] | [b'\'', b'\'', b'\'']));
    (2..bytes.len()).step_by(3).any(|place| matches!(bytes[place], b'"' | b'\'') && (place - 2..=place).any(three))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn the_profile_with_an_issuer_is_the_one_that_says_so_word_for_word() {
        let text = "[profile.a]\nissuer = \"https://a.example/\"\n# issuer = \"https://x.example\"\n[profile.b]\nscope = \"x\"\nissuer='https://b.example'\n";
        for (issuer, name) in [("https://a.example/", Some("a")), ("https://b.example", Some("b"))] {
            assert_eq!(with_issuer(text, issuer), name);
        }
        for other in ["https://a.example", "https://x.example", "https://b.example/", "", "x"] {
            assert_eq!(with_issuer(text, other), None, "{other}");
        }
    }

    fn parse(text: &str) -> crate::error::Result<Config> {
        Config::parse(Path::new("/c/config.toml"), text)
    }

    #[test]
    fn the_other_profiles_are_left_out_and_lines_keep_their_numbers() {
        let text = "default_profile = \"a\"\n[profile.a]\nscope = \"x\"\n[profile.b] # b\nresource = [\n  \"y\",\n]\n[profile.b.token_params]\nq = 1\n[store]\nkey = \"file\"\n [profile.a.token_params]\nz = 1\n";
        let kept = only(text, "a").unwrap();
        assert_eq!(
            kept,
            "default_profile = \"a\"\n[profile.a]\nscope = \"x\"\n\n\n\n\n\n\n[store]\nkey = \"file\"\n [profile.a.token_params]\nz = 1\n"
        );
        let (whole, part) = (parse(text).unwrap(), parse(&kept).unwrap());
        assert_eq!(format!("{:?}", whole.profile("a")), format!("{:?}", part.profile("a")));
        assert!(part.profile("b").is_none() && part.store.key == whole.store.key);
        for uncertain in
            ["[profile.\"a\"]\n", "[profile]\na = {}\n", "[ profile.a ]\n", "[profile.a]\nscope = \"\"\"x\n[profile.b]\n\"\"\"\n"]
        {
            assert!(only(uncertain, "a").is_none(), "{uncertain}");
        }
        assert!(only(text, "c").is_none(), "an unknown name is looked for in the whole file");
    }

    #[test]
    fn a_string_of_several_lines_is_seen_wherever_it_starts() {
        for before in 0..7 {
            for quote in ["\"", "'"] {
                let text = format!("[profile.a]\n#{}\nscope = {}x", "-".repeat(before), quote.repeat(3));
                assert!(only(&text, "a").is_none(), "{text}");
                assert!(only(&text.replace(&quote.repeat(3), &quote.repeat(2)), "a").is_some(), "{text}");
                assert!(only(&text[..text.len() - 1], "a").is_none(), "{text}");
            }
        }
    }
}
