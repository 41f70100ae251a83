//! The folder of results: trained heads, found again by the next run, and the reports.

use super::compare::Data;
use super::error::PoliciesError;
use super::file::Place;
use crate::error::Error;
use crate::files;
use crate::load;
use crate::quantise::{QuantHead, quantise};
use crate::train::{Destination, train};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What is made of the heads.
pub const REPORTS: [&str; 4] = ["policies.md", "policies.csv", "policies.json", "policies.svg"];

/// Where trained heads go.
const HEADS: &str = "heads";

/// Digits of the recipe's hash in the name of a head's folder.
const HASH_DIGITS: usize = 12;

/// What reports are written as before they appear whole; a kill may leave one.
const UNFINISHED: &str = ".clashfree-";

/// A folder of heads and reports.
#[derive(Clone, Debug)]
pub struct Heads {
    folder: PathBuf,
}

impl Heads {
    /// Opens a folder of an earlier run, or makes one.
    ///
    /// # Errors
    /// If there is something else in the folder, or the system refuses.
    pub fn open(folder: &Path) -> Result<Self, PoliciesError> {
        let write = |source| PoliciesError::Write { path: folder.to_owned(), source };
        if folder.symlink_metadata().is_ok() {
            let not_ours =
                |found: String| PoliciesError::NotOurs { path: folder.to_owned(), found };
            let entries = fs::read_dir(folder)
                .map_err(|_| not_ours("it is not a folder that can be read".to_owned()))?;
            for entry in entries {
                let entry = entry.map_err(write)?;
                let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
                let file = REPORTS.contains(&name.as_str()) || name.starts_with(UNFINISHED);
                if !(file && path.is_file() || name == HEADS && path.is_dir()) {
                    return Err(not_ours(format!("{name} stands there")));
                }
            }
        }
        fs::create_dir_all(folder.join(HEADS)).map_err(write)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Whether the head of a place is there.
    pub fn has(&self, place: &Place) -> bool {
        self.head_folder(place).exists()
    }

    /// The head of a place: the one of an earlier run by the same recipe, or trained now and kept.
    ///
    /// # Errors
    /// If training fails, or the head that is there cannot be read.
    pub fn get(&self, place: &Place, data: &Data) -> Result<QuantHead, PoliciesError> {
        let folder = self.head_folder(place);
        if !self.has(place) {
            let trained = train(&place.recipe, &data.training, &data.test, &mut |_| {});
            let written =
                trained.and_then(|it| Destination::check(&folder, Path::new(""))?.write(&it));
            written.map_err(|e| PoliciesError::Training {
                place: place.label(),
                source: Box::new(e),
            })?;
        }
        let read = || -> Result<QuantHead, Error> { Ok(quantise(&load::head(&folder)?)?) };
        read().map_err(|e| PoliciesError::Head { place: place.label(), source: Box::new(e) })
    }

    /// Writes a report; it appears whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn report(&self, name: &str, text: &str) -> Result<(), PoliciesError> {
        let path = self.folder.join(name);
        files::whole_file(&path, |file| file.write_all(text.as_bytes()))
            .map_err(|source| PoliciesError::Write { path, source })
    }

    fn head_folder(&self, Place { name, after, hash, .. }: &Place) -> PathBuf {
        let hash = &hash[..HASH_DIGITS.min(hash.len())];
        self.folder.join(HEADS).join(format!("{name}-after-{after}-{hash}"))
    }
}
