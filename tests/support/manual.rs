//! The committed pages of the manual, as a reader sees them.

use std::fs;
use std::path::Path;

/// The first block of a page that stands there as it is.
pub fn literal(page: &str) -> String {
    let roff = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(page)).unwrap();
    let block = roff.split("\n.nf\n").nth(1).unwrap().split("\n.fi\n").next().unwrap();
    let signs = [("\\-", "-"), ("\\*(Aq", "'"), ("\\(ga", "`"), ("\\(ti", "~"), ("\\(ha", "^"), ("\\&", ""), ("\\\\", "\\")];
    signs.iter().fold(block.to_string(), |text, (roff, plain)| text.replace(roff, plain))
}
