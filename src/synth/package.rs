//! What is synthesised of a package: its Verilog and its ROM files.

use super::error::SynthError;
use crate::manifest::{Changed, FILE, Manifest, sha256};
use crate::verify::build::{inside, sources};
use std::path::Path;

/// Files of a package that decide its netlist.
#[derive(Clone, Debug)]
pub struct Sources {
    /// What the package is.
    pub manifest: Manifest,
    /// Files that are not as the compiler wrote them.
    pub changed: Vec<Changed>,
    /// Verilog by path, in the order of `files.f`.
    pub verilog: Vec<(String, Vec<u8>)>,
    /// ROM files by path.
    pub roms: Vec<(String, Vec<u8>)>,
    /// SHA-256 over all of these, the manifest included.
    pub sha256: String,
}

impl Sources {
    /// Reads the package at `build`.
    ///
    /// # Errors
    /// If it is none, or a file is missing.
    pub fn read(build: &Path) -> Result<Self, SynthError> {
        let (manifest, changed) = Manifest::load(build)?;
        let verilog = sources(build)?;
        let read = |path: &String| {
            let file = build.join(path);
            let io = |source| SynthError::Io { doing: "read", path: file.clone(), source };
            Ok((path.clone(), std::fs::read(&file).map_err(io)?))
        };
        let roms = manifest.files.keys().filter(|p| p.starts_with("rom/") && inside(p));
        let roms = roms.map(read).collect::<Result<Vec<_>, SynthError>>()?;
        let (_, text) = read(&FILE.to_owned())?;
        let mut all = sha256(&text);
        for (path, bytes) in verilog.iter().chain(&roms) {
            all += &format!(" {path} {}", sha256(bytes));
        }
        let sha256 = sha256(all.as_bytes());
        Ok(Self { manifest, changed, verilog, roms, sha256 })
    }
}
