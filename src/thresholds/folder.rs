//! The folder of a head with chosen thresholds: there whole, or not at all.

use super::ThresholdError;
use crate::files::Taken;
use crate::quantise::Rule;
use crate::rewrite::{Rewritten, Unwritten, set};
use serde_json::Value;
use std::path::{Path, PathBuf};
use toml_edit::DocumentMut;

/// How the thresholds were chosen, in JSON. A folder without it is not ours.
pub const RECORD: &str = "calibrate.json";

/// A checked place for a head.
#[derive(Debug)]
pub struct Destination(Rewritten);

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty,
    /// or holds a head of `clashfree calibrate` and nothing else.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, ThresholdError> {
        Rewritten::check(folder, RECORD).map(Self).map_err(|taken| match taken {
            Taken::NotOurs(found) => ThresholdError::NotOurs { folder: folder.to_owned(), found },
            Taken::System(source) => ThresholdError::Write { path: folder.to_owned(), source },
        })
    }

    /// Writes the head again with a rule and a threshold for each of its exits, in order: `head.toml`
    /// keeps its comments and its order, the file of tensors its name and every byte. `record` is an
    /// object that says how they were chosen.
    ///
    /// # Errors
    /// If the head cannot be read again, or writing fails; the folder is then as it was.
    pub fn write(
        &self,
        files: &[PathBuf; 2],
        exits: &[(Rule, i64)],
        record: Value,
    ) -> Result<(), ThresholdError> {
        self.0.write(files, |toml| set_exits(toml, exits), record).map_err(|error| match error {
            Unwritten::Read(path, source) => ThresholdError::Read { path, source },
            Unwritten::Write(path, source) => ThresholdError::Write { path, source },
        })
    }
}

/// Gives the exits of a head file rules and thresholds; `None` if it has not the keys that it had
/// when it was loaded.
fn set_exits(toml: &mut DocumentMut, exits: &[(Rule, i64)]) -> Option<()> {
    let tables = toml.get_mut("exit")?;
    for (i, &(rule, threshold)) in exits.iter().enumerate() {
        let table = tables.get_mut(i)?;
        set(table.get_mut("rule")?, rule.name());
        set(table.get_mut("threshold")?, threshold);
    }
    Some(())
}
