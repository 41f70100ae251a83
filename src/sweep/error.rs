//! Why a sweep stopped.

use crate::error::Error;
use crate::train::TrainError;
use std::path::PathBuf;

/// Bad input to `sweep`. Trainings that were finished before stay finished.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SweepError {
    /// The file cannot be read.
    #[error("cannot read the sweep {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::sweep::read),
        help("give a sweep in TOML; examples/sweeps has some to begin with")
    )]
    Read {
        /// The sweep file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a sweep: not TOML, an unknown or missing key, a value of the wrong kind.
    #[error("{} is not a sweep: {message}", path.display())]
    #[diagnostic(code(clashfree::sweep::syntax), help("docs/sweeps.md has all keys"))]
    Parse {
        /// The sweep file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A key of the sweep with a value that cannot be.
    #[error("sweep: {key} {problem}")]
    #[diagnostic(code(clashfree::sweep::key), help("change it in the sweep file"))]
    Key {
        /// The key, and the run it stands in.
        key: String,
        /// The value seen, and the limit.
        problem: String,
    },
    /// Base, run and varied keys together are no recipe.
    #[error("sweep: {training}: {message}")]
    #[diagnostic(
        code(clashfree::sweep::recipe),
        help("`[base]`, the `[[run]]` and `[vary]` together must be a recipe: docs/recipes.md")
    )]
    Recipe {
        /// The run, and the values that were varied.
        training: String,
        /// What is wrong.
        message: String,
    },
    /// A recipe that cannot be.
    #[error("sweep: {training}: {source}")]
    #[diagnostic(
        code(clashfree::sweep::training),
        help("change the `[[run]]`, `[vary]` or `[base]` in the sweep file")
    )]
    Training {
        /// The run, and the values that were varied.
        training: String,
        /// What is wrong with its recipe, or became wrong with the data.
        source: Box<TrainError>,
    },
    /// A trained head that cannot be laid out in hardware.
    #[error("sweep: {training}: {source}")]
    #[diagnostic(
        code(clashfree::sweep::hardware),
        help("change `cycles` or the formats in the sweep file")
    )]
    Hardware {
        /// The run, and the values that were varied.
        training: String,
        /// What the compiler said.
        source: Box<Error>,
    },
    /// The output folder holds something that `sweep` did not make.
    #[error("{} is not a folder of sweep results, so nothing is written to it: {found}", path.display())]
    #[diagnostic(code(clashfree::sweep::not_ours), help("give another folder with -o"))]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// There is nothing to report on.
    #[error("there are no results in {}", path.display())]
    #[diagnostic(code(clashfree::sweep::no_results), help("run without --report-only first"))]
    NoResults {
        /// The folder.
        path: PathBuf,
    },
    /// Another sweep is writing there.
    #[error("another sweep is writing to {}", path.display())]
    #[diagnostic(
        code(clashfree::sweep::in_use),
        help("wait for it, or give another folder with -o")
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// Results cannot be written.
    #[error("cannot write results to {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::sweep::write),
        help("check the permissions and the space on the disk; finished trainings are kept")
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
