//! Why a training run stopped.

use crate::pattern::{GenerateError, MAX_EDGES};
use std::path::PathBuf;

/// Bad input to `train`, or a run that came to nothing. Nothing is written in either case.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum TrainError {
    /// A file cannot be read.
    #[error("cannot read {what} {}: {source}", path.display())]
    Read {
        /// What the file is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a recipe: not TOML, an unknown or missing key, a value of the wrong kind.
    #[error("{} is not a recipe: {source}", path.display())]
    Parse {
        /// The recipe.
        path: PathBuf,
        /// Where and why; boxed because it is large.
        source: Box<toml::de::Error>,
    },
    /// A key of the recipe with a value that cannot be.
    #[error("recipe: `{key}` {problem}")]
    Key {
        /// The key.
        key: &'static str,
        /// The value seen, and the limit.
        problem: String,
    },
    /// Degrees, family or parallelism that cannot be.
    #[error("recipe: junction {junction}: {source}")]
    Pattern {
        /// The junction, from 0.
        junction: usize,
        /// Why, and what could be.
        source: GenerateError,
    },
    /// More edges altogether than the limit.
    #[error("recipe: {edges} edges are too many; the limit is {MAX_EDGES}")]
    TooLarge {
        /// Edges of all junctions.
        edges: usize,
    },
    /// Not an IDX file of the kind needed, truncated, or too long.
    #[error("{what} {} is not what it should be: {problem}", path.display())]
    Idx {
        /// What the file is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Images and labels that do not go together, or not with the head.
    #[error("data: {0}")]
    Data(String),
    /// The loss grew out of all bounds.
    #[error(
        "training diverged in epoch {epoch}: the loss is {loss}; lower `learning_rate` (now {learning_rate})"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The last loss.
        loss: f64,
        /// As in the recipe.
        learning_rate: f64,
    },
    /// The output folder holds something that `train` did not make.
    #[error(
        "{} exists and is not a training output ({found}); choose another folder with -o, or remove it",
        path.display()
    )]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// The output cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
