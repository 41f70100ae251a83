//! What a board's folder holds.

use super::{Board, BoardError, FILE, Facts};
use crate::emit;
use crate::manifest::{self, Manifest, TOOL, sha256};
use crate::verify::build::sources;
use askama::Template;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Files that are the same for every board.
const FIXED: [(&str, &str); 4] = [
    ("host.py", include_str!("../../hw/board/host.py")),
    ("clashfree_packets.py", include_str!("../../examples/python/clashfree_packets.py")),
    ("sim/board_sim.cpp", include_str!("../../sim/board/board_sim.cpp")),
    ("sim/Makefile", include_str!("../../sim/board/Makefile")),
];

#[derive(Template)]
#[template(path = "board.md")]
struct Readme<'a> {
    manifest: &'a Manifest,
    facts: &'a Facts,
    top: &'a str,
    baud: u32,
}

/// A board with a package on it.
#[derive(Clone, Debug)]
pub struct BoardFiles {
    /// The board.
    pub board: Board,
    /// Rate of its serial line.
    pub baud: u32,
    /// Its top module.
    pub top: String,
    /// Of the package.
    pub manifest: Manifest,
    /// Verilog files in the order in which they are read.
    pub verilog: Vec<String>,
    /// Every file by its path, but for [`FILE`], which lists them.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl BoardFiles {
    /// Puts the package at `build` on a board.
    ///
    /// # Errors
    /// If the folder is no package or not as it was compiled, or the board makes no such rate.
    pub fn make(build: &Path, board: Board, baud: u32) -> Result<Self, BoardError> {
        let divisor = board.divisor(baud)?;
        let (manifest, changed) = Manifest::load(build)?;
        if let Some(changed) = changed.into_iter().next() {
            return Err(BoardError::Changed { changed });
        }
        let (top, mut files) = emit::board(&manifest, board, baud, divisor);
        // A module of both libraries is the same: packages of other versions are refused.
        files.extend(sources(build)?);
        let verilog: Vec<String> = files.keys().cloned().collect();
        let copied = manifest.files.keys().filter(|path| path.starts_with("rom/"));
        for path in copied.map(String::as_str).chain([manifest::FILE]) {
            let file = build.join(path);
            let io = |source| BoardError::Io { doing: "read", path: file.clone(), source };
            files.insert(path.to_owned(), std::fs::read(&file).map_err(io)?);
        }
        files.extend(FIXED.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
        let facts = board.facts();
        let (constraints, text) = facts.constraints;
        let config = format!(
            "TOP := {top}\nCLOCK := {}\nRX := {}\nTX := {}\nBUTTON := {}\nDIVISOR := {divisor}\n",
            facts.clock, facts.rx, facts.tx, facts.button
        );
        let readme = Readme { manifest: &manifest, facts, top: &top, baud }.render();
        let readme = readme.expect("the template only formats values") + "\n";
        for (path, text) in [
            ("files.f", verilog.join("\n") + "\n"),
            (constraints, text.to_owned()),
            ("sim/config.mk", config),
            ("README.md", readme),
        ] {
            files.insert(path.to_owned(), text.into_bytes());
        }
        Ok(Self { board, baud, top, manifest, verilog, files })
    }

    /// All files, these and what was made of them, with the one that lists them.
    pub fn with(self, more: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
        let Self { board, baud, mut files, manifest, .. } = self;
        files.extend(more);
        let hashes: BTreeMap<&String, String> =
            files.iter().map(|(path, bytes)| (path, sha256(bytes))).collect();
        let text = json!({
            "tool": TOOL,
            "version": env!("CARGO_PKG_VERSION"),
            "name": manifest.name,
            "identity": manifest.identity,
            "board": board,
            "baud": baud,
            "files": hashes,
        });
        files.insert(FILE.to_owned(), format!("{text:#}\n").into_bytes());
        files
    }
}
