//! The one escaper for text that a stranger wrote, before it is shown to a person.

/// The most characters of one foreign string that a person is shown.
const LONGEST: usize = 300;

/// Makes foreign text safe to print on one line of a terminal or a CI log: control characters (C0, C1, DEL),
/// bidirectional marks, line and paragraph separators become `\u{…}`; what would be longer than 300 characters is cut.
///
/// No server text becomes a workflow command: the caller never lets it start a line (`::add-mask::`), and what CI runners take
/// for one anywhere in a line (`##[`, `##vso[`) is broken up.
pub fn escape(text: &str) -> String {
    without_commands(escaped(text, LONGEST))
}

/// The same, whole: for what a person asked to see.
pub fn escape_whole(text: &str) -> String {
    without_commands(escaped(text, usize::MAX))
}

/// A line of our own in which what CI runners take for a command anywhere in it (`##[`, `##vso[`) is broken up.
pub fn without_commands(line: String) -> String {
    no_command(line, "#\\u{23}")
}

/// GitHub's and Azure's runners look for these words in the whole line.
fn no_command(text: String, hashes: &str) -> String {
    if !text.contains("##") {
        return text;
    }
    ["[", "vso["].iter().fold(text, |text, word| text.replace(&format!("##{word}"), &format!("{hashes}{word}")))
}

/// Whether a stranger's text can be printed as it is.
pub fn harmless(text: &str) -> bool {
    !text.chars().any(dangerous)
}

/// JSON as one line that nothing in it can break out of: serde_json leaves all but C0 as it is.
pub fn json_line(value: &serde_json::Value) -> String {
    let text = no_command(value.to_string(), "#\\u0023");
    if harmless(&text) {
        return text;
    }
    // What is dangerous can only stand inside a string, where JSON takes its number.
    let mut units = [0; 2];
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        match dangerous(c) {
            true => c.encode_utf16(&mut units).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}"))),
            false => safe.push(c),
        }
        safe
    })
}

fn escaped(text: &str, longest: usize) -> String {
    // Nearly all of it is plain, and every command escapes something.
    if text.len() <= longest && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.to_string();
    }
    let mut safe = String::with_capacity(text.len().min(longest));
    let mut count = 0;
    for c in text.chars() {
        let mut harmless = [0; 4];
        let shown: &str = match c {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => " ",
            c if dangerous(c) => &format!("\\u{{{:x}}}", u32::from(c)),
            c => c.encode_utf8(&mut harmless),
        };
        count += shown.chars().count();
        if count > longest {
            safe.push('…');
            break;
        }
        safe.push_str(shown);
    }
    safe
}

/// The candidate nearest to `word`, for "did you mean": at most a third of its letters may differ.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let near = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate)).min_by_key(|(d, _)| *d)?;
    (near.0 <= limit).then_some(near.1)
}

fn dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let substitution = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = substitution.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r66_nothing_that_moves_a_cursor_survives() {
        let hostile = "a\x1b]52;c;Zm9v\x07\u{9b}31m\x7f\u{202e}\u{2066}\u{200f}\u{2028}\u{2029}\r\n::add-mask::x";
        let safe = escape(hostile);
        assert!(safe.chars().all(|c| !dangerous(c)), "{safe}");
        assert_eq!(safe.lines().count(), 1);
        assert!(safe.starts_with("a\\u{1b}]52"));
    }

    #[test]
    fn r66_foreign_text_is_cut_at_300_characters() {
        assert_eq!(escape(&"é".repeat(1000)).chars().count(), 301);
        assert_eq!(escape(&"é".repeat(300)).chars().count(), 300);
        // Also where every character becomes eight.
        assert_eq!(escape(&"\u{202e}".repeat(1000)).chars().count(), 37 * 8 + 1);
    }

    #[test]
    fn r66_no_word_of_a_ci_runner_survives_anywhere_in_a_line() {
        for text in ["##[add-mask]x", "a ##vso[task.setvariable variable=x]y", "###[x", "##vso[##[", "####vso["] {
            let (line, json) = (escape(text), json_line(&serde_json::json!(text)));
            assert!(
                !line.contains("##[") && !line.contains("##vso[") && !json.contains("##[") && !json.contains("##vso["),
                "{line} {json}"
            );
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), text);
        }
        assert_eq!(escape("## heading"), "## heading");
    }

    #[test]
    fn r66_json_stays_json_and_on_its_line() {
        let value = serde_json::json!({ "a\u{9b}": "x\u{202e}\u{7f}\u{e0001}\r\n\u{1b}[31m", "b": [1, "é", "😀"] });
        let line = json_line(&value);
        assert!(harmless(&line) && line.contains("\\udb40\\udc01") && line.contains('😀'), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
        assert_eq!(escape_whole(&"é".repeat(1000)).chars().count(), 1000);
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("scopes", ["scope", "issuer"]), Some("scope"));
        assert_eq!(nearest("cleint_id", ["client_id", "issuer"]), Some("client_id"));
        assert_eq!(nearest("banana", ["scope", "issuer"]), None);
    }
}
