//! What may know of what: bit-exactness means nothing if the reference is part of the compiler.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else {
            let text = fs::read_to_string(&path).expect("text");
            all.push((path, text));
        }
    }
    all
}

#[test]
fn the_reference_knows_nothing_of_the_hardware() {
    let model = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/model")));
    assert!(!model.is_empty());
    for (path, text) in model {
        for line in text.lines().filter(|l| l.contains("crate::")) {
            let known = ["crate::ids", "crate::pattern", "crate::quantise", "(crate::"];
            assert!(known.iter().any(|k| line.contains(k)), "{}: {line}", path.display());
        }
    }
}
