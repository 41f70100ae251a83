//! The output folder: there whole, or not at all.

use super::error::TrainError;
use super::fit::Trained;
use super::metrics::METRICS_START;
use crate::files;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files that `train` writes.
pub const FILES: [&str; 3] = ["head.toml", "head.safetensors", "metrics.jsonl"];

/// A checked place for a training output.
#[derive(Debug)]
pub struct Destination {
    folder: PathBuf,
    /// The recipe, if it lies in the folder, which then keeps it.
    recipe: Option<(OsString, Vec<u8>)>,
    /// Where the recipe is, whichever folder that is.
    recipe_path: PathBuf,
}

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced.
    ///
    /// It may be replaced if it is empty or holds a training output and nothing else; the recipe
    /// being trained may lie there too, and stays.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path, recipe: &Path) -> Result<Self, TrainError> {
        let write = |source| TrainError::Write { path: folder.to_owned(), source };
        let folder = match fs::canonicalize(folder) {
            Ok(folder) => folder,
            Err(_) => std::path::absolute(folder).map_err(write)?,
        };
        let mut destination = Self { folder, recipe: None, recipe_path: recipe.to_owned() };
        destination.check_contents()?;
        files::can_write_beside(&destination.folder).map_err(write)?;
        Ok(destination)
    }

    fn check_contents(&mut self) -> Result<(), TrainError> {
        if fs::symlink_metadata(&self.folder).is_err() {
            return Ok(());
        }
        let not_ours = |found: String| TrainError::NotOurs { path: self.folder.clone(), found };
        let entries = fs::read_dir(&self.folder)
            .map_err(|_| not_ours("it is not a folder that can be read".to_owned()))?;
        let recipe_path = fs::canonicalize(&self.recipe_path).ok();
        let mut ours = Vec::new();
        let mut kept = None;
        for entry in entries {
            let entry = entry.map_err(|source| self.write_error(source))?;
            let (name, path) = (entry.file_name(), entry.path());
            if path.is_file() && FILES.iter().any(|file| name == *file) {
                ours.push(name);
            } else if Some(&path) == recipe_path.as_ref() {
                let bytes = fs::read(&path).map_err(|source| TrainError::Read { path, source })?;
                kept = Some((name, bytes));
            } else {
                return Err(not_ours(format!("{} stands there", name.display())));
            }
        }
        if !ours.is_empty() {
            let mut start = vec![0; METRICS_START.len()];
            let metrics = fs::File::open(self.folder.join(FILES[2]));
            let read = metrics.and_then(|mut file| file.read_exact(&mut start));
            if read.is_err() || start != METRICS_START.as_bytes() {
                return Err(not_ours(format!("its {} is missing or not ours", FILES[2])));
            }
        }
        self.recipe = kept;
        Ok(())
    }

    /// The file that holds a run's state until it ends: `DIR.checkpoint`, beside the folder.
    pub fn checkpoint(&self) -> PathBuf {
        let mut name = self.folder.file_name().unwrap_or_default().to_owned();
        name.push(".checkpoint");
        self.folder.with_file_name(name)
    }

    /// Writes beside the folder, then renames.
    ///
    /// # Errors
    /// If something else has come into the folder since it was checked, or writing fails; the folder
    /// is then as it was.
    pub fn write(mut self, trained: &Trained) -> Result<(), TrainError> {
        // Training may have taken hours.
        self.check_contents()?;
        let texts = [trained.toml.as_bytes(), &trained.safetensors, trained.metrics.as_bytes()];
        let outputs = FILES.iter().map(Path::new).zip(texts);
        let recipe = self.recipe.iter().map(|(name, bytes)| (Path::new(name), bytes.as_slice()));
        files::whole_folder(&self.folder, outputs.chain(recipe))
            .map_err(|source| self.write_error(source))
    }

    fn write_error(&self, source: std::io::Error) -> TrainError {
        TrainError::Write { path: self.folder.clone(), source }
    }
}
