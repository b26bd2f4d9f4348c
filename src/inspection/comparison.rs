//! Two tokens side by side: what differs.

use serde_json::{Map, Value, json};

use crate::inspection::Report;
use crate::inspection::words::{at_start, lines};

/// One thing that two tokens say otherwise; None where one does not say it.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The claim, the header parameter behind `header.`, or what else was compared.
    pub name: String,
    /// What the first says.
    pub left: Option<Value>,
    /// What the second says.
    pub right: Option<Value>,
}

/// What differs in form, header and claims; and the names of what is the same.
pub fn compare(left: &Report, right: &Report) -> (Vec<Difference>, Vec<String>) {
    let (mut differences, mut same) = (Vec::new(), Vec::new());
    let mut note = |name: String, left: Option<Value>, right: Option<Value>| match left == right {
        true => same.push(name),
        false => differences.push(Difference { name, left, right }),
    };
    note("format".into(), Some(left.form.name().into()), Some(right.form.name().into()));
    note("verified".into(), Some(left.holds().into()), Some(right.holds().into()));
    for (prefix, left, right) in [("header.", left.header.as_ref(), right.header.as_ref()), ("", left.said(), right.said())] {
        let none = Map::new();
        let (left, right) = (left.unwrap_or(&none), right.unwrap_or(&none));
        for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
            note(format!("{prefix}{name}"), left.get(name).cloned(), right.get(name).cloned());
        }
    }
    (differences, same)
}

/// As one object.
pub fn json(left: &Report, right: &Report, found: &(Vec<Difference>, Vec<String>)) -> Value {
    let differences: Vec<Value> = found.0.iter().map(|one| json!({ "name": one.name, "left": one.left, "right": one.right })).collect();
    json!({ "left": left.json(), "right": right.json(), "differences": differences, "same": found.1 })
}

/// As a table of three columns.
pub fn page(left: &Report, right: &Report, found: &(Vec<Difference>, Vec<String>)) -> String {
    let cell = |value: &Option<Value>, name: &str, report: &Report| match value {
        Some(value) => lines(name, value, report.now),
        None => vec!["-".into()],
    };
    let mut rows = vec![(String::new(), vec![left.what.clone()], vec![right.what.clone()])];
    rows.extend(found.0.iter().map(|one| (at_start(&one.name), cell(&one.left, &one.name, left), cell(&one.right, &one.name, right))));
    let names = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or_default();
    let lefts = rows.iter().flat_map(|row| &row.1).map(|line| line.chars().count()).max().unwrap_or_default().min(60);
    let mut text = String::new();
    for (name, left, right) in &rows {
        for index in 0..left.len().max(right.len()) {
            let at = |lines: &[String]| lines.get(index).cloned().unwrap_or_default();
            let line = format!("{}  {}  {}", pad(if index == 0 { name } else { "" }, names), pad(&at(left), lefts), at(right));
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    if found.0.is_empty() {
        text.push_str("\nnothing differs\n");
    }
    if !found.1.is_empty() {
        let names: Vec<String> = found.1.iter().map(|name| at_start(name)).collect();
        text.push_str(&format!("\nthe same in both: {}\n", names.join(", ")));
    }
    text.trim_end().to_string()
}

/// Fills a cell up to a width in characters.
pub fn pad(text: &str, width: usize) -> String {
    let mut cell = text.to_string();
    cell.extend(std::iter::repeat_n(' ', width.saturating_sub(text.chars().count())));
    cell
}
