//! The folder of a quantised head: there whole, or not at all.

use super::{CalibrateError, Formats};
use crate::files::Taken;
use crate::rewrite::{Rewritten, Unwritten, set};
use serde_json::Value;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, InlineTable};

/// How the formats were chosen, in JSON. A folder without it is not ours.
pub const RECORD: &str = "quantise.json";

/// A checked place for a head.
#[derive(Debug)]
pub struct Destination(Rewritten);

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty,
    /// or holds a head of `clashfree quantise` and nothing else.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, CalibrateError> {
        Rewritten::check(folder, RECORD).map(Self).map_err(|taken| match taken {
            Taken::NotOurs(found) => CalibrateError::NotOurs { folder: folder.to_owned(), found },
            Taken::System(source) => CalibrateError::Write { folder: folder.to_owned(), source },
        })
    }

    /// Writes the head again with other formats: `head.toml` keeps its comments and its order, the
    /// file of tensors its name and every byte. `record` is an object that says how the formats were
    /// chosen.
    ///
    /// # Errors
    /// If the head cannot be read again, or writing fails; the folder is then as it was.
    pub fn write(
        &self,
        files: &[PathBuf; 2],
        formats: &Formats,
        record: Value,
    ) -> Result<(), CalibrateError> {
        self.0.write(files, |toml| set_formats(toml, formats), record).map_err(
            |error| match error {
                Unwritten::Read(path, source) => CalibrateError::Read { path, source },
                Unwritten::Write(folder, source) => CalibrateError::Write { folder, source },
            },
        )
    }
}

/// Gives a head file other formats; `None` if it has not the keys that it had when it was loaded.
fn set_formats(toml: &mut DocumentMut, formats: &Formats) -> Option<()> {
    let inline = |bits: u32, frac: i32, signed: Option<bool>| {
        let mut table = InlineTable::new();
        table.insert("bits", i64::from(bits).into());
        table.insert("frac", i64::from(frac).into());
        if let Some(signed) = signed {
            table.insert("signed", signed.into());
        }
        table
    };
    set(
        toml.get_mut("input")?.get_mut("format")?,
        inline(formats.input.bits, formats.input.frac, Some(formats.input.signed)),
    );
    let junctions = toml.get_mut("junction")?;
    for (i, f) in formats.weights.iter().enumerate() {
        set(junctions.get_mut(i)?.get_mut("weight_format")?, inline(f.bits, f.frac, None));
    }
    for (i, f) in formats.activations.iter().enumerate() {
        let place = junctions.get_mut(i)?.get_mut("output_format")?;
        set(place, inline(f.bits, f.frac, Some(f.signed)));
    }
    Some(())
}
