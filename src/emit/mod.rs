//! From a design to files: text only, every decision has been made.

mod instance;
mod library;
mod package;
mod readme;
mod top;

pub use package::{Package, PackageError, REFERENCE, package};

use crate::lower::{Design, Rom};
use std::fmt::Write as _;

/// What every generated file begins with: tool, head, and the start of the head's content hash.
fn stamp(design: &Design, hash: &str) -> String {
    format!("clashfree {}, head {}, sha256 {}", env!("CARGO_PKG_VERSION"), design.name, &hash[..16])
}

/// A ROM file: what it is, then its words.
fn rom(stamp: &str, rom: &Rom) -> String {
    let mut text = format!("// {stamp}; generated: compile the head again instead of editing\n");
    for line in &rom.about {
        writeln!(text, "// {line}").expect("writing to a string");
    }
    text.push_str(&rom.words.hex());
    text
}

/// Generated hardware: path in the package and content. `hash` is the head's, in hexadecimal.
pub fn hardware(design: &Design, hash: &str) -> Vec<(String, String)> {
    let stamp = stamp(design, hash);
    let mut files = vec![(format!("rtl/{}.v", design.top), top::top(design, &stamp))];
    for junction in &design.junctions {
        for (_, r) in junction.roms() {
            files.push((format!("rom/{}", r.file), rom(&stamp, r)));
        }
    }
    files
}

/// A head with parts that no hardware is made of yet.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("head {name} has exits or a split, which are read and checked but not compiled yet")]
#[diagnostic(
    code(clashfree::emit::unsupported),
    help("remove [[exit]] and [split] to compile the trunk")
)]
pub struct UnsupportedError {
    /// Name of the head.
    pub name: String,
}
