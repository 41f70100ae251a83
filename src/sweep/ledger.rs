//! The folder of results: what is finished, a line each, and the reports made of it.

use super::error::SweepError;
use super::file::{Row, Training};
use super::record::Record;
use crate::files;
use crate::train::{Destination, Trained};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The file of results, one JSON object a line.
pub const RESULTS: &str = "results.jsonl";

/// What is made of it.
pub const REPORTS: [&str; 5] =
    ["results.md", "results.csv", "accuracy.svg", "weight-bits.svg", "bit-products.svg"];

/// Where trained heads go.
const HEADS: &str = "heads";

/// Digits of the recipe's hash in the name of a head's folder.
const HASH_DIGITS: usize = 12;

/// What reports are written as before they appear whole; a kill may leave one.
const UNFINISHED: &str = ".clashfree-";

/// The results of a folder, and the right to add to them.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    /// Locked as long as this lives.
    file: File,
    /// By hash of the recipe and budget of cycles.
    records: BTreeMap<(String, Option<usize>), Record>,
}

impl Ledger {
    /// Opens a folder of results, or makes one. A last line that was not written to its end is
    /// dropped.
    ///
    /// # Errors
    /// If there is something else in the folder, another sweep writes there, or the system refuses.
    pub fn open(folder: &Path) -> Result<Self, SweepError> {
        let write = |source| SweepError::Write { path: folder.to_owned(), source };
        if folder.symlink_metadata().is_ok() {
            check_contents(folder)?;
        }
        fs::create_dir_all(folder).map_err(write)?;
        let path = folder.join(RESULTS);
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(&path).map_err(write)?;
        let mut ledger = Self { folder: folder.to_owned(), file, records: BTreeMap::new() };
        match ledger.file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SweepError::InUse { path: folder.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(write(source)),
        }
        ledger.load()?;
        Ok(ledger)
    }

    /// Opens a folder that must have results already.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if there are none.
    pub fn open_existing(folder: &Path) -> Result<Self, SweepError> {
        if !folder.join(RESULTS).is_file() {
            return Err(SweepError::NoResults { path: folder.to_owned() });
        }
        Self::open(folder)
    }

    fn load(&mut self) -> Result<(), SweepError> {
        let path = self.folder.join(RESULTS);
        let write = |source| SweepError::Write { path: path.clone(), source };
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes).map_err(write)?;
        let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let lines = bytes[..whole].split(|&b| b == b'\n').filter(|line| !line.is_empty());
        let mut records = Vec::new();
        for (n, line) in lines.enumerate() {
            let record = serde_json::from_slice(line).map_err(|e| SweepError::NotOurs {
                path: self.folder.clone(),
                found: format!("line {} of {RESULTS} is no result: {e}", n + 1),
            })?;
            records.push(record);
        }
        // Only now is it known to be ours.
        if whole < bytes.len() {
            self.file.set_len(whole as u64).map_err(write)?;
        }
        records.into_iter().for_each(|record| self.keep(record));
        Ok(())
    }

    fn keep(&mut self, record: Record) {
        let budget = record.hardware.map(|hardware| hardware.budget);
        self.records.insert((record.recipe_sha256.clone(), budget), record);
    }

    /// The result of a training, if there is one that says all that the row wants to know.
    pub fn find(&self, row: &Row, training: &Training) -> Option<&Record> {
        let from = (training.hash.clone(), row.cycles);
        let next = self.records.range(from..).next().map(|(_, record)| record);
        next.filter(|r| r.recipe_sha256 == training.hash && r.answers(row))
    }

    /// Adds a result, on the disk first.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, record: Record) -> Result<(), SweepError> {
        let line = serde_json::to_string(&record).expect("records are plain data") + "\n";
        // One write, so that a kill tears the last line at worst.
        self.file.write_all(line.as_bytes()).map_err(|source| self.write_error(RESULTS, source))?;
        self.keep(record);
        Ok(())
    }

    /// The folder of a head.
    pub fn head_folder(&self, name: &str, hash: &str) -> PathBuf {
        self.folder.join(HEADS).join(format!("{name}-{}", &hash[..HASH_DIGITS.min(hash.len())]))
    }

    /// Writes a report; it appears whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn report(&self, name: &str, text: &str) -> Result<(), SweepError> {
        files::whole_file(&self.folder.join(name), |file| file.write_all(text.as_bytes()))
            .map_err(|source| self.write_error(name, source))
    }

    fn write_error(&self, name: &str, source: std::io::Error) -> SweepError {
        SweepError::Write { path: self.folder.join(name), source }
    }
}

/// Writes a trained head as `train` does.
pub(super) fn write_head(folder: &Path, trained: &Trained) -> Result<(), crate::train::TrainError> {
    Destination::check(folder, Path::new(""))?.write(trained)
}

/// A folder is ours if it is empty, or has results and nothing that is not made of them.
fn check_contents(folder: &Path) -> Result<(), SweepError> {
    let not_ours = |found: String| SweepError::NotOurs { path: folder.to_owned(), found };
    let entries = fs::read_dir(folder)
        .map_err(|_| not_ours("it is not a folder that can be read".to_owned()))?;
    let (mut found, mut results) = (None, false);
    for entry in entries {
        let entry =
            entry.map_err(|source| SweepError::Write { path: folder.to_owned(), source })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = if name == HEADS {
            entry.path().is_dir()
        } else {
            let ours = name == RESULTS || REPORTS.contains(&name.as_str());
            entry.path().is_file() && (ours || name.starts_with(UNFINISHED))
        };
        if !known {
            return Err(not_ours(format!("{name} stands there")));
        }
        results |= name == RESULTS;
        found = Some(name);
    }
    match found {
        Some(name) if !results => Err(not_ours(format!("{name} stands there, but no {RESULTS}"))),
        _ => Ok(()),
    }
}
