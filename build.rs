//! Packs the committed manual pages and completions; `src/commands/packed.rs` unpacks them.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a build script is told by variables and answers on stdout")]

use std::error::Error;
use std::path::Path;
use std::{env, fs, io};

use miniz_oxide::deflate::compress_to_vec;

fn main() -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for folder in ["man", "completions"] {
        println!("cargo::rerun-if-changed={folder}");
        // Sorted, so that the same files make the same binary.
        let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name that is not UTF-8")?;
            all.extend(format!("{folder}/{name}\n{}\0", fs::read_to_string(&path)?).bytes());
        }
    }
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("packed"), compress_to_vec(&all, 10))?;
    Ok(())
}
