//! The folder of pictures: there whole, or not at all.

use crate::files::{self, Taken};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every picture of ours ends with this, so that one of somebody else is never replaced.
const MARK: &str = "\n<!-- drawn by clashfree draw; made again, not edited -->\n";

/// A folder of pictures that cannot be written. Nothing is changed then.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FolderError {
    /// The folder holds something that `draw` did not make.
    #[error("{} is not a folder of pictures of clashfree, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(
        code(clashfree::report::not_ours),
        help("give another folder with -o, or move away what is not of `clashfree draw`")
    )]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// What was found there.
        found: String,
    },
    /// The folder cannot be written.
    #[error("cannot write pictures to {}: {source}", .folder.display())]
    #[diagnostic(
        code(clashfree::report::write),
        help("nothing was changed; check the permissions and the space on the disk")
    )]
    Write {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A checked place for pictures.
#[derive(Debug)]
pub struct Destination {
    folder: PathBuf,
}

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty,
    /// or holds pictures of clashfree and nothing else.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, FolderError> {
        let ours = |path: &Path| fs::read(path).is_ok_and(|b| b.ends_with(MARK.as_bytes()));
        let checked = files::replaceable(folder, ours).map_err(|taken| match taken {
            Taken::NotOurs(found) => FolderError::NotOurs { folder: folder.to_owned(), found },
            Taken::System(source) => FolderError::Write { folder: folder.to_owned(), source },
        })?;
        Ok(Self { folder: checked.folder })
    }

    /// Writes pictures, by file name. The same pictures give the same bytes.
    ///
    /// # Errors
    /// If writing fails; the folder is then as it was.
    pub fn write(&self, pictures: &BTreeMap<String, String>) -> Result<(), FolderError> {
        let marked: Vec<(&str, String)> = pictures
            .iter()
            .map(|(name, svg)| (name.as_str(), format!("{}{MARK}", svg.trim_end())))
            .collect();
        let files = marked.iter().map(|(name, svg)| (Path::new(name), svg.as_bytes()));
        files::whole_folder(&self.folder, files)
            .map_err(|source| FolderError::Write { folder: self.folder.clone(), source })
    }
}
