//! The output folder: there whole, or not at all.

use super::error::TrainError;
use super::fit::Trained;
use super::metrics::METRICS_START;
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
    parent: PathBuf,
    /// The recipe, if it lies in the folder, which then keeps it.
    recipe: Option<(OsString, Vec<u8>)>,
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
        let parent = folder.parent().unwrap_or(&folder).to_owned();
        let mut destination = Self { folder, parent, recipe: None };
        if fs::symlink_metadata(&destination.folder).is_ok() {
            destination.check_contents(recipe)?;
        }
        // The parents are made only when there is something to put there.
        let nearest = destination.parent.ancestors().find(|folder| folder.exists());
        destination.beside(".probe", nearest.unwrap_or(&destination.parent)).map_err(write)?;
        Ok(destination)
    }

    fn check_contents(&mut self, recipe: &Path) -> Result<(), TrainError> {
        let not_ours = |found: String| TrainError::NotOurs { path: self.folder.clone(), found };
        let entries = fs::read_dir(&self.folder)
            .map_err(|_| not_ours("it is not a folder that can be read".to_owned()))?;
        let recipe_path = fs::canonicalize(recipe).ok();
        let mut ours = Vec::new();
        let mut kept = None;
        for entry in entries {
            let entry = entry.map_err(|source| self.write_error(source))?;
            let (name, path) = (entry.file_name(), entry.path());
            if path.is_file() && FILES.iter().any(|file| name == *file) {
                ours.push(name);
            } else if Some(&path) == recipe_path.as_ref() {
                let bytes = fs::read(&path).map_err(|source| TrainError::Read {
                    what: "the recipe",
                    path,
                    source,
                })?;
                kept = Some((name, bytes));
            } else {
                return Err(not_ours(format!("{} lies there", name.display())));
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

    /// Writes beside the folder, then renames.
    ///
    /// # Errors
    /// If writing fails; the folder is then as it was.
    pub fn write(&self, trained: &Trained) -> Result<(), TrainError> {
        self.try_write(trained).map_err(|source| self.write_error(source))
    }

    fn try_write(&self, trained: &Trained) -> std::io::Result<()> {
        fs::create_dir_all(&self.parent)?;
        let new = self.beside(".new", &self.parent)?;
        let texts = [trained.toml.as_bytes(), &trained.safetensors, trained.metrics.as_bytes()];
        for (name, bytes) in FILES.iter().zip(texts) {
            fs::write(new.path().join(name), bytes)?;
        }
        if let Some((name, bytes)) = &self.recipe {
            fs::write(new.path().join(name), bytes)?;
        }
        readable(new.path())?;
        // Two renames, since std has no exchange: a kill between them leaves the old folder
        // complete under a name that begins with a dot and its own.
        let old = self.beside(".old", &self.parent)?;
        let aside = old.path().join("output");
        let replaces = self.folder.exists();
        if replaces {
            fs::rename(&self.folder, &aside)?;
        }
        if let Err(error) = fs::rename(new.path(), &self.folder) {
            if replaces {
                fs::rename(&aside, &self.folder)?;
            }
            return Err(error);
        }
        let _ = new.keep(); // it has moved
        Ok(())
    }

    /// A folder in `parent` that vanishes when dropped.
    fn beside(&self, why: &str, parent: &Path) -> std::io::Result<tempfile::TempDir> {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        tempfile::Builder::new().prefix(&format!(".{name}{why}-")).tempdir_in(parent)
    }

    fn write_error(&self, source: std::io::Error) -> TrainError {
        TrainError::Write { path: self.folder.clone(), source }
    }
}

/// Gives a folder the permissions of any new one; temporary ones are for their owner only.
fn readable(folder: &Path) -> std::io::Result<()> {
    let model = folder.join("permissions");
    fs::create_dir(&model)?;
    fs::set_permissions(folder, fs::metadata(&model)?.permissions())?;
    fs::remove_dir(model)
}
