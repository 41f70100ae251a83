//! From a design to files: text only, every decision has been made.

mod adders;
mod board;
mod dots;
mod gates;
mod instance;
mod library;
mod nets;
mod package;
mod parts;
mod readme;
mod registers;
mod sums;
mod top;

pub use board::board;
pub use package::{Package, PackageError, REFERENCE, package};

use crate::lower::{Datapath, Design, Rom};
use std::fmt::Write as _;

/// What every generated file begins with: tool, head, and the start of the head's content hash.
fn stamp(head: &str, hash: &str) -> String {
    format!("clashfree {}, head {head}, sha256 {}", env!("CARGO_PKG_VERSION"), &hash[..16])
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

/// Generated hardware: path in the package and content. `hash` is the head's, `identity` the
/// package's, in hexadecimal.
pub fn hardware(design: &Design, hash: &str, identity: &str) -> Vec<(String, String)> {
    let stamp = stamp(&design.name, hash);
    let top = top::top(design, &stamp, identity);
    let mut files = vec![(format!("rtl/{}.v", design.top), top)];
    for stage in design.stages() {
        if let Datapath::Unrolled(unrolled) = &stage.datapath {
            let text = sums::sums(stage, unrolled, &stamp);
            files.push((format!("rtl/{}.v", unrolled.module), text));
        }
    }
    if !design.dots.is_empty() {
        let dots = dots::dots(&design.dots, &stamp).into_iter();
        files.extend(dots.map(|(name, text)| (format!("rtl/{name}.v"), text)));
    }
    for (_, r) in design.roms() {
        files.push((format!("rom/{}", r.file), rom(&stamp, r)));
    }
    files
}
