//! The committed manual pages and completions, as `build.rs` packed them.

use miniz_oxide::inflate::decompress_to_vec;

use crate::error::{Error, Kind, Result};

/// One deflate stream of all the files, each as its path, a line end, its text, and a zero byte.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/packed"));

/// The text of a file, such as `man/oat.1`. Fails with `Internal` where there is no such file.
pub fn unpack(path: &str) -> Result<String> {
    let all = decompress_to_vec(PACKED).ok().and_then(|all| String::from_utf8(all).ok()).unwrap_or_default();
    let text = all.split('\0').find_map(|file| file.strip_prefix(path)?.strip_prefix('\n'));
    text.map(str::to_string).ok_or_else(|| Error::new(Kind::Internal, format!("`{path}` is not packed")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::commands::{completions, man};
    use crate::environment::Environment;

    #[test]
    fn what_is_unpacked_is_what_is_committed() {
        // The files that a run writes anew are packed by the next build.
        if Environment::process().get("OAT_WRITE").is_some() {
            return;
        }
        let pages = man::PAGES.map(|(_, file)| format!("man/{file}"));
        let mut listed: Vec<String> = pages.into_iter().chain(completions::FILES.map(|(_, file)| format!("completions/{file}"))).collect();
        listed.sort();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let names = |folder: &str| {
            let names = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
        };
        let mut committed = [names("man"), names("completions")].concat();
        committed.sort();
        assert_eq!(committed, listed, "every file is of some use");
        for path in committed {
            assert_eq!(unpack(&path).unwrap(), fs::read_to_string(root.join(&path)).unwrap(), "{path}");
        }
        assert_eq!(unpack("man/oat").unwrap_err().kind, Kind::Internal, "no part of a path will do");
    }
}
