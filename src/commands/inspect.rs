//! `oat inspect`: what a token says, whether it holds, and why an API refused it.

use serde_json::Value;

use crate::cli::refusal::no_token_here;
use crate::cli::words::Inspect;
use crate::commands::house::House;
use crate::commands::inspect_examination::examined;
use crate::commands::inspect_source::is_token;
use crate::error::{Error, Kind, Result};
use crate::inspection::comparison;
use crate::inspection::page::{self, Look};
use crate::inspection::words::{at_start, speaks_to_a_runner};
use crate::inspection::{Report, TokenKind};
use crate::output;
use crate::text::{escape, escape_whole, harmless, json_line};

/// Shows a token, or two side by side. The report is printed whatever does not hold, and then that is the failure.
pub fn inspect(house: &House, words: &Inspect) -> Result<()> {
    if words.sources.iter().chain(&words.profile).any(|word| is_token(word)) {
        return Err(no_token_here());
    }
    let mut sources = words.sources.iter().map(|source| Some(source.as_str())).collect::<Vec<_>>();
    if sources.is_empty() {
        sources.push(None);
    }
    let mut reports = sources.into_iter().map(|source| examined(house, words, source)).collect::<Result<Vec<_>>>()?;
    if let [left, right] = reports.as_slice() {
        let found = comparison::compare(left, right);
        output::print(&match house.common.json {
            true => json_line(&comparison::json(left, right, &found)),
            false => comparison::page(left, right, &found),
        })?;
    } else if let [report] = reports.as_mut_slice() {
        // For a script that does not look at the exit code: what does not hold is not handed on as if it did.
        if words.claim.is_some() || words.header {
            report.outcome()?;
        }
        show(house, words, report)?;
    }
    let outcomes = reports.iter_mut().map(|report| (not_verified(report), report.outcome())).collect::<Vec<_>>();
    for (told, outcome) in &outcomes {
        // Not the same sentence twice.
        let again = outcome.as_ref().is_err_and(|error| told.as_ref().is_some_and(|told| error.message.contains(told.as_str())));
        match told {
            Some(_) if again => house.terminal.warn("NOT VERIFIED"),
            Some(reason) => house.terminal.warn(format!("NOT VERIFIED: {reason}").trim_end_matches(": ")),
            None => {}
        }
    }
    outcomes.into_iter().try_for_each(|(_, outcome)| outcome)
}

/// Why nobody may say that the token is genuine; None where it is, or where its server said so.
fn not_verified(report: &Report) -> Option<String> {
    let told = report.kind == TokenKind::Refresh || report.verified || report.introspection.is_some();
    (!told).then(|| report.reason.clone().unwrap_or_default())
}

fn show(house: &House, words: &Inspect, report: &Report) -> Result<()> {
    if let Some(name) = &words.claim {
        return output::print(&claim(report, name)?);
    }
    if words.header {
        let header = report.header.clone().ok_or_else(|| Error::new(Kind::Invalid, "the token has no header: it is opaque"))?;
        return output::print(&json_line(&Value::Object(header)));
    }
    if house.common.json {
        return output::print(&json_line(&report.json()));
    }
    let screen = output::on_screen();
    let plain = house.environment.get("NO_COLOR").is_some() || house.environment.get("TERM").as_deref() == Some("dumb");
    output::print(&page::page(report, Look { colour: screen && !plain, screen }))
}

/// One claim for a script: text as it is where nothing in it can break a line, the rest as JSON.
fn claim(report: &Report, name: &str) -> Result<String> {
    let said = report.said().cloned().map(Value::Object).unwrap_or_default();
    let found = if name.starts_with('/') { said.pointer(name) } else { said.get(name) };
    match found {
        None => Err(Error::new(Kind::Invalid, format!("the token has no claim `{}`", escape(name)))
            .hint("`oat inspect` shows them all; a claim within a claim is /outer/inner")),
        Some(Value::String(text)) if escape_whole(text) == *text && !speaks_to_a_runner(text) => Ok(text.clone()),
        Some(Value::String(text)) if !harmless(text) => Ok(at_start(text)),
        Some(other) => Ok(json_line(other)),
    }
}
