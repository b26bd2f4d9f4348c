//! A report as a page: aligned, coloured by meaning on a terminal, plain in a pipe.

use crate::inspection::comparison::pad;
use crate::inspection::words::{Row, at_start, point, rows};
use crate::inspection::{Form, Report, TokenKind};
use crate::oauth::claims::Claims;
use crate::text::escape;
use crate::time::{Seconds, UnixTime};

/// How the page is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether there are colours.
    pub colour: bool,
    /// Whether somebody looks at it: then there is a timeline.
    pub screen: bool,
}

/// What a text means, for its colour.
#[derive(Clone, Copy)]
enum Tone {
    Good,
    Bad,
    Doubtful,
    Dim,
}

/// The whole page, without the last line's end.
pub fn page(report: &Report, look: Look) -> String {
    let mut page = Page { text: String::new(), look };
    page.head(report);
    page.claims(report);
    if look.screen {
        page.timeline(report);
    }
    page.checks(report);
    for note in &report.notes {
        page.line(&format!("note: {note}"));
    }
    page.text.trim_end().to_string()
}

struct Page {
    text: String,
    look: Look,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    fn toned(&self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Doubtful => "33",
            Tone::Dim => "2",
        };
        if self.look.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }

    fn head(&mut self, report: &Report) {
        let failed = report.checks.iter().any(|check| check.ok == Some(false));
        let (word, tone) = match (report.verified, failed) {
            _ if report.kind == TokenKind::Refresh => ("", Tone::Dim),
            (true, false) => ("VERIFIED", Tone::Good),
            (true, true) => ("DOES NOT HOLD", Tone::Bad),
            (false, true) => ("NOT VERIFIED, AND DOES NOT HOLD", Tone::Bad),
            (false, false) if report.form == Form::Opaque && report.introspection.is_some() => ("ACTIVE, BY THE SERVER'S WORD", Tone::Good),
            (false, false) => ("NOT VERIFIED", Tone::Doubtful),
        };
        let form = match report.form {
            Form::Jwt => "a signed JWT",
            Form::Jws => "signed bytes (JWS)",
            Form::Jwe => "encrypted (JWE)",
            Form::Opaque => "opaque",
        };
        let word = if word.is_empty() { String::new() } else { self.toned(word, tone) + "  " };
        self.line(&format!("{word}{}: {form}, {} bytes", report.what, report.length));
        if let Some(reason) = report.reason.as_ref().filter(|_| !report.verified) {
            let reason = self.toned(&format!("not verified: {reason}"), Tone::Doubtful);
            self.line(&reason);
        }
        if let Some(header) = &report.header {
            let said: Vec<String> = header
                .iter()
                .map(|(name, value)| {
                    format!("{} {}", at_start(&escape(name)), value.as_str().map_or_else(|| escape(&value.to_string()), escape))
                })
                .collect();
            let header = self.toned(&said.join(", "), Tone::Dim);
            self.line(&header);
        }
    }

    fn claims(&mut self, report: &Report) {
        // Of what is said twice, what differs.
        let mut said = report.introspection.clone();
        if let (Some(said), Some(claims)) = (&mut said, &report.claims) {
            said.retain(|name, value| claims.get(name) != Some(value));
        }
        for (title, set) in [
            ("", report.claims.as_ref()),
            ("what the server says of it besides", said.as_ref().filter(|_| report.claims.is_some())),
            ("what the server says of it", said.as_ref().filter(|_| report.claims.is_none())),
            ("what the server says of the person", report.userinfo.as_ref()),
        ] {
            let Some(set) = set else { continue };
            self.line("");
            if !title.is_empty() {
                self.line(title);
            }
            self.rows(&rows(set, report.now));
        }
        if let Some(payload) = &report.payload {
            self.line("");
            self.line(&at_start(&String::from_utf8_lossy(payload)));
        }
        if let (None, Some(end)) = (report.said(), report.expires_at) {
            self.line("");
            self.rows(&[Row { label: "ends".into(), lines: vec![point(end, report.now)] }]);
        }
        self.line("");
    }

    fn rows(&mut self, rows: &[Row]) {
        let width = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or_default().min(40);
        for row in rows {
            let mut label = pad(&row.label, width);
            for line in &row.lines {
                let shown = self.toned(&label, Tone::Dim);
                self.text.extend(["  ", &shown, "  "]);
                self.line(line);
                label = " ".repeat(width);
            }
        }
    }

    /// Issued, not before, now, expires, as a line of forty steps.
    fn timeline(&mut self, report: &Report) {
        const STEPS: i64 = 40;
        let Some(set) = report.said() else { return };
        let time = |name: &str| (Claims { what: "", set }).time(name).ok().flatten();
        let (Some(start), Some(end)) = (time("iat").or(time("nbf")), time("exp").or(report.expires_at)) else { return };
        let (now, whole) = (report.now, (end - start).0);
        if whole <= 0 {
            return;
        }
        // Bounded before it is an i64 again, where an absurd clock would come out on the other side.
        let place = |at: UnixTime| {
            (i128::from((at - start).0) * i128::from(STEPS)).div_euclid(i128::from(whole)).clamp(-1, i128::from(STEPS) + 1) as i64
        };
        let marks = [(place(now), '●'), (time("nbf").filter(|start_of| *start_of > start).map_or(-2, place), '|')];
        let mark = |step: i64| marks.iter().find(|(at, _)| *at == step).map(|(_, mark)| *mark);
        let inner: String = (0..=STEPS).map(|step| mark(step).unwrap_or(if step < place(now) { '━' } else { '─' })).collect();
        let before = if place(now) < 0 { "● " } else { "" };
        let after = if place(now) > STEPS { " ●" } else { "" };
        let tone = match end - now {
            left if left <= Seconds(0) => Tone::Bad,
            left if left.0 < whole / 10 => Tone::Doubtful,
            _ => Tone::Good,
        };
        let left = match end - now {
            left if left > Seconds(0) => format!("{} of {} left", left, Seconds(whole)),
            over => format!("over for {}", Seconds(over.0.saturating_neg())),
        };
        let line = self.toned(&format!("{before}├{inner}┤{after}"), tone);
        self.line(&format!("  issued {line} expires   {left}"));
        self.line("");
    }

    fn checks(&mut self, report: &Report) {
        let width = report.checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
        for check in &report.checks {
            let word = match check.ok {
                Some(true) => self.toned("ok  ", Tone::Good),
                Some(false) => self.toned("FAIL", Tone::Bad),
                None => self.toned("-   ", Tone::Doubtful),
            };
            self.line(&format!("  {word}  {}  {}", pad(check.name, width), check.detail));
            if let Some(hint) = &check.hint {
                let hint = self.toned(&format!("{}{hint}", " ".repeat(width + 10)), Tone::Dim);
                self.line(&hint);
            }
        }
        if !report.checks.is_empty() {
            self.line("");
        }
    }
}
