//! The folder of a quantised head: there whole, or not at all.

use super::{CalibrateError, Formats};
use crate::files::{self, Taken};
use crate::manifest::TOOL;
use crate::save::HEAD;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, InlineTable, Item};

/// How the formats were chosen, in JSON. A folder without it is not ours.
pub const RECORD: &str = "quantise.json";

/// A checked place for a head.
#[derive(Debug)]
pub struct Destination {
    folder: PathBuf,
}

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty,
    /// or holds a head of `clashfree quantise` and nothing else.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, CalibrateError> {
        let known = listed(&folder.join(RECORD));
        let ours = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| known.iter().any(|file| file == name))
        };
        let checked = files::replaceable(folder, ours).map_err(|taken| match taken {
            Taken::NotOurs(found) => CalibrateError::NotOurs { folder: folder.to_owned(), found },
            Taken::System(source) => CalibrateError::Write { folder: folder.to_owned(), source },
        })?;
        Ok(Self { folder: checked.folder })
    }

    /// Writes the head again with other formats: `head.toml` keeps its comments and its order, the
    /// file of tensors its name and every byte. `record` is an object that says how the formats were
    /// chosen.
    ///
    /// # Errors
    /// If the head cannot be read again, or writing fails; the folder is then as it was.
    pub fn write(
        &self,
        [toml, tensors]: &[PathBuf; 2],
        formats: &Formats,
        mut record: Value,
    ) -> Result<(), CalibrateError> {
        let read = |path: &PathBuf| {
            fs::read(path).map_err(|source| CalibrateError::Read { path: path.clone(), source })
        };
        let text = String::from_utf8_lossy(&read(toml)?).into_owned();
        let text = with_formats(&text, formats).ok_or_else(|| CalibrateError::Read {
            path: toml.clone(),
            source: std::io::ErrorKind::InvalidData.into(),
        })?;
        let bytes = read(tensors)?;
        let name = Path::new(tensors.file_name().unwrap_or_default());
        record["tool"] = json!(TOOL);
        record["version"] = json!(env!("CARGO_PKG_VERSION"));
        record["files"] = json!([HEAD, name.to_string_lossy(), RECORD]);
        let record = format!("{record:#}\n");
        let files = [
            (Path::new(HEAD), text.as_bytes()),
            (name, bytes.as_slice()),
            (Path::new(RECORD), record.as_bytes()),
        ];
        files::whole_folder(&self.folder, files)
            .map_err(|source| CalibrateError::Write { folder: self.folder.clone(), source })
    }
}

/// The files that a record says are ours; none if it is no record.
fn listed(record: &Path) -> Vec<String> {
    let text = fs::read_to_string(record).unwrap_or_default();
    let record: Value = serde_json::from_str(&text).unwrap_or_default();
    let files = record["files"].as_array().filter(|_| record["tool"] == TOOL);
    files.into_iter().flatten().filter_map(|f| f.as_str().map(str::to_owned)).collect()
}

/// The text of a head file with other formats; `None` if it has not the keys that it had when it
/// was loaded.
fn with_formats(text: &str, formats: &Formats) -> Option<String> {
    let mut toml: DocumentMut = text.parse().ok()?;
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
    Some(toml.to_string())
}

/// Replaces a value; a comment behind it stays.
fn set(place: &mut Item, table: InlineTable) {
    let mut value = toml_edit::Value::from(table);
    if let Some(old) = place.as_value() {
        *value.decor_mut() = old.decor().clone();
    }
    *place = value.into();
}
