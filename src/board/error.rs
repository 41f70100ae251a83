//! What may be answered instead of a board.

use super::Board;
use crate::manifest::{Changed, ManifestError};
use crate::verify::build::BuildError;
use miette::Diagnostic;
use std::io;
use std::path::PathBuf;

/// A board that cannot be made.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum BoardError {
    /// The folder is no package.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// Its sources cannot be listed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sources(#[from] BuildError),
    /// A file of the package is not the compiler's any more.
    #[error("{changed}, so a board would not compute what the manifest says")]
    #[diagnostic(code(clashfree::board::changed), help("compile the head again"))]
    Changed {
        /// The file.
        changed: Changed,
    },
    /// The serial line cannot be that fast or of that rate.
    #[error("{board} has a clock of {clock} Hz, which does not make {baud} baud")]
    #[diagnostic(
        code(clashfree::board::baud),
        help("the nearest rate that it makes is {nearest} baud; give one with --baud")
    )]
    Baud {
        /// The board.
        board: Board,
        /// The rate that was asked for.
        baud: u32,
        /// Its oscillator, Hz.
        clock: u32,
        /// A rate that it makes.
        nearest: u32,
    },
    /// The output folder holds something else.
    #[error("{} is not a folder of `clashfree board`, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(code(clashfree::board::not_ours), help("give another folder with -o"))]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// What was found there.
        found: String,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {doing} {}: {source}", .path.display())]
    #[diagnostic(
        code(clashfree::board::io),
        help("nothing was changed; check the permissions and the space on the disk")
    )]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}
