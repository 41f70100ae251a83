//! A head written again with other keys in its `head.toml`: there whole, or not at all.

use crate::files::{self, Taken};
use crate::manifest::TOOL;
use crate::save::HEAD;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item};

/// A checked place for a head that a command of ours has changed.
#[derive(Debug)]
pub struct Rewritten {
    folder: PathBuf,
    /// The JSON file that says how it was changed. A folder without it is not ours.
    record: &'static str,
}

/// Why a head was not written again.
#[derive(Debug)]
pub enum Unwritten {
    /// A file of the head cannot be read any more, or no longer has the keys that it had.
    Read(PathBuf, io::Error),
    /// The folder, which is as it was, cannot be written.
    Write(PathBuf, io::Error),
}

impl Rewritten {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty,
    /// or holds a head with such a record and nothing else.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path, record: &'static str) -> Result<Self, Taken> {
        let known = listed(&folder.join(record));
        let ours = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| known.iter().any(|file| file == name))
        };
        Ok(Self { folder: files::replaceable(folder, ours)?.folder, record })
    }

    /// Writes the head again as `edit` changes its TOML: `head.toml` keeps its comments and its
    /// order, the file of tensors its name and every byte. `edit` answers `None` if the keys that it
    /// needs are not there. `record` is an object that says how the head was changed.
    ///
    /// # Errors
    /// If the head cannot be read again, or writing fails; the folder is then as it was.
    pub fn write(
        &self,
        [toml, tensors]: &[PathBuf; 2],
        edit: impl FnOnce(&mut DocumentMut) -> Option<()>,
        mut record: Value,
    ) -> Result<(), Unwritten> {
        let read =
            |path: &PathBuf| fs::read(path).map_err(|source| Unwritten::Read(path.clone(), source));
        let text = String::from_utf8_lossy(&read(toml)?).into_owned();
        let mut document: Option<DocumentMut> = text.parse().ok();
        let edited = document.as_mut().and_then(edit);
        let (Some(document), Some(())) = (document, edited) else {
            return Err(Unwritten::Read(toml.clone(), io::ErrorKind::InvalidData.into()));
        };
        let text = document.to_string();
        let bytes = read(tensors)?;
        let name = Path::new(tensors.file_name().unwrap_or_default());
        record["tool"] = json!(TOOL);
        record["version"] = json!(env!("CARGO_PKG_VERSION"));
        record["files"] = json!([HEAD, name.to_string_lossy(), self.record]);
        let record = format!("{record:#}\n");
        let files = [
            (Path::new(HEAD), text.as_bytes()),
            (name, bytes.as_slice()),
            (Path::new(self.record), record.as_bytes()),
        ];
        files::whole_folder(&self.folder, files)
            .map_err(|source| Unwritten::Write(self.folder.clone(), source))
    }
}

/// The files that a record says are ours; none if it is no record.
fn listed(record: &Path) -> Vec<String> {
    let text = fs::read_to_string(record).unwrap_or_default();
    let record: Value = serde_json::from_str(&text).unwrap_or_default();
    let files = record["files"].as_array().filter(|_| record["tool"] == TOOL);
    files.into_iter().flatten().filter_map(|f| f.as_str().map(str::to_owned)).collect()
}

/// Replaces a value; a comment behind it stays.
pub fn set(place: &mut Item, value: impl Into<toml_edit::Value>) {
    let mut value = value.into();
    if let Some(old) = place.as_value() {
        *value.decor_mut() = old.decor().clone();
    }
    *place = value.into();
}
