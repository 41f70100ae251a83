//! Every error has a code of its own, `clashfree::<stage>::<what>`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Faults that are bugs in the compiler, never an answer to bad input.
const BUGS: [&str; 2] = ["src/schedule/check.rs", "src/interleave/recognise/check.rs"];

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn codes_follow_one_scheme_and_none_stands_twice() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut seen = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // Calls of functions named `code` have no path as their argument.
        for code in text.split("code(").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !code.contains("::") || code.contains(['"', ' ']) {
                continue;
            }
            let parts: Vec<&str> = code.split("::").collect();
            let word = |w: &&str| {
                w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            };
            let good = parts.len() == 3 && parts[0] == "clashfree" && parts.iter().all(word);
            assert!(good, "{code} in {}", file.display());
            let twice = seen.insert(code.to_owned(), file.clone());
            assert_eq!(twice, None, "{code} stands twice, in {} too", file.display());
        }
        if BUGS.iter().any(|bugs| file.ends_with(bugs)) {
            continue;
        }
        for (n, rest) in text.split("#[error(").skip(1).enumerate() {
            // The variant's diagnostic stands before its name.
            let attributes = &rest[..rest.find("\n    #[error(").unwrap_or(rest.len())];
            assert!(attributes.contains("#[diagnostic("), "error {n} of {}", file.display());
        }
    }
    assert!(seen.len() > 80, "{} codes found", seen.len());
}
