//! The folder of a board: there whole, or not at all.

use super::BoardError;
use crate::files;
use crate::manifest::TOOL;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The file that tells what a board's folder is.
pub const FILE: &str = "board.json";

/// Where running and simulating leave something; a folder may be replaced all the same.
const SCRATCH: [&str; 2] = ["sim/build", "__pycache__"];

/// A checked place for a board.
#[derive(Debug)]
pub struct Destination {
    folder: PathBuf,
}

/// Just enough of [`FILE`] to say whose it is.
#[derive(Deserialize)]
struct Listed {
    tool: String,
    files: BTreeMap<String, String>,
}

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty, or
    /// holds a board and nothing else.
    ///
    /// # Errors
    /// If there is something else in it, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, BoardError> {
        let not_ours = |found: String| BoardError::NotOurs { folder: folder.to_owned(), found };
        let io = |source| BoardError::Io { doing: "write", path: folder.to_owned(), source };
        if folder.symlink_metadata().is_ok() {
            if !folder.is_dir() {
                return Err(not_ours("it is not a folder".into()));
            }
            let found = files::below(folder).map_err(io)?;
            if !found.is_empty() {
                let text = std::fs::read(folder.join(FILE))
                    .map_err(|_| not_ours(format!("it has no {FILE}")))?;
                let listed: Option<Listed> = serde_json::from_slice(&text).ok();
                let listed = listed.filter(|listed| listed.tool == TOOL);
                let listed = listed.ok_or_else(|| not_ours(format!("its {FILE} is not ours")))?;
                let foreign = |path: &&String| {
                    let scratch = SCRATCH.iter().any(|s| Path::new(path).starts_with(s));
                    *path != FILE && !listed.files.contains_key(*path) && !scratch
                };
                if let Some(path) = found.iter().find(foreign) {
                    return Err(not_ours(format!("{path} stands there")));
                }
            }
        }
        files::can_write_beside(folder).map_err(io)?;
        Ok(Self { folder: std::path::absolute(folder).map_err(io)? })
    }

    /// Writes a board's files, by their paths.
    ///
    /// # Errors
    /// If writing fails; the folder is then as it was.
    pub fn write(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<(), BoardError> {
        let all = files.iter().map(|(path, bytes)| (Path::new(path), bytes.as_slice()));
        let io = |source: io::Error| BoardError::Io {
            doing: "write",
            path: self.folder.clone(),
            source,
        };
        files::whole_folder(&self.folder, all).map_err(io)
    }
}
