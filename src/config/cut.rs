//! The part of the profile file that one profile needs.

/// The text with an empty line for every line of another profile, so that lines keep their numbers. None where it cannot
/// be cut with certainty, or has no such profile.
pub fn only(text: &str, name: &str) -> Option<String> {
    if text.contains("\"\"\"") || text.contains("'''") {
        return None;
    }
    let (mut kept, mut keep, mut found) = (String::with_capacity(text.len()), true, false);
    for line in text.split_inclusive('\n') {
        if let Some(header) = line.trim_start().strip_prefix('[') {
            keep = match header.strip_prefix("profile") {
                Some(rest) => {
                    let whose = rest.strip_prefix('.')?.split(['.', ']']).next()?;
                    if !whose.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
                        return None;
                    }
                    found |= whose == name;
                    whose == name
                }
                None => true,
            };
        }
        kept.push_str(if keep { line } else { "\n" });
    }
    found.then_some(kept)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

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
}
