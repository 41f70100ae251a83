//! The folder of a synthesis: there whole, or not at all.

use super::Synthesis;
use super::error::SynthError;
use super::report::{FILE, KIND};
use crate::files::{self, Taken};
use std::path::{Path, PathBuf};

/// Endings of what a synthesis writes.
const ENDINGS: [&str; 4] = ["json", "txt", "v", "log"];

/// A checked place for a synthesis.
#[derive(Debug)]
pub struct Destination {
    folder: PathBuf,
}

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty, or
    /// holds a synthesis and nothing else.
    ///
    /// # Errors
    /// If there is something else in it, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, SynthError> {
        let report = std::fs::read(folder.join(FILE)).unwrap_or_default();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap_or_default();
        let is_ours = report["kind"] == KIND;
        let ours = |path: &Path| {
            is_ours && path.extension().is_some_and(|e| ENDINGS.iter().any(|&ending| e == ending))
        };
        let checked = files::replaceable(folder, ours).map_err(|taken| match taken {
            Taken::NotOurs(found) => SynthError::NotOurs { folder: folder.to_owned(), found },
            Taken::System(source) => io(folder, source),
        })?;
        Ok(Self { folder: checked.folder })
    }

    /// Writes a synthesis.
    ///
    /// # Errors
    /// If writing fails; the folder is then as it was.
    pub fn write(&self, synthesis: &Synthesis) -> Result<(), SynthError> {
        let files = synthesis.files.iter().map(|(name, bytes)| (Path::new(name), bytes.as_slice()));
        files::whole_folder(&self.folder, files).map_err(|source| io(&self.folder, source))
    }
}

fn io(folder: &Path, source: std::io::Error) -> SynthError {
    SynthError::Io { doing: "write", path: folder.to_owned(), source }
}
