//! Why a training run stopped.

use crate::load::{InputError, LabelError, MAX_CELLS};
use crate::pattern::{GenerateError, MAX_EDGES};
use crate::quantise::QuantiseError;
use std::path::PathBuf;

/// Bad input to `train`, or a run that came to nothing. Nothing is written in either case.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum TrainError {
    /// The recipe cannot be read.
    #[error("cannot read the recipe {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::train::read),
        help("give a recipe in TOML; examples/heads has some to begin with")
    )]
    Read {
        /// The recipe.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a recipe: not TOML, an unknown or missing key, a value of the wrong kind.
    #[error("{} is not a recipe: {message}", path.display())]
    #[diagnostic(
        code(clashfree::train::syntax),
        help("`clashfree train --help` shows where examples of recipes are")
    )]
    Parse {
        /// The recipe.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A key of the recipe with a value that cannot be.
    #[error("recipe: `{key}` {problem}")]
    #[diagnostic(code(clashfree::train::key), help("change `{key}` in the recipe"))]
    Key {
        /// The key.
        key: &'static str,
        /// The value seen, and the limit.
        problem: String,
    },
    /// Degrees, family or parallelism that cannot be.
    #[error("recipe: junction {junction}: {source}")]
    #[diagnostic(
        code(clashfree::train::pattern),
        help(
            "change value {} of `{}` in the recipe, or its `neurons`",
            .junction + 1,
            key_of(.source)
        )
    )]
    Pattern {
        /// The junction, from 0.
        junction: usize,
        /// Why, and what could be.
        source: GenerateError,
    },
    /// A key of an exit's branch with a value that cannot be.
    #[error("recipe: exit {exit}: `{key}` {problem}")]
    #[diagnostic(
        code(clashfree::train::exit_key),
        help("change `{key}` in [[exit]] table {} of the recipe", .exit + 1)
    )]
    ExitKey {
        /// The exit, from 0.
        exit: usize,
        /// The key.
        key: &'static str,
        /// The value seen, and the limit.
        problem: String,
    },
    /// Degrees, family or parallelism of a branch that cannot be.
    #[error("recipe: exit {exit}, junction {junction}: {source}")]
    #[diagnostic(
        code(clashfree::train::exit_pattern),
        help(
            "change value {} of `{}` in [[exit]] table {} of the recipe, or its `neurons`",
            .junction + 1,
            key_of(.source),
            .exit + 1
        )
    )]
    ExitPattern {
        /// The exit, from 0.
        exit: usize,
        /// The junction of the branch, from 0.
        junction: usize,
        /// Why, and what could be.
        source: GenerateError,
    },
    /// More edges altogether than the limit.
    #[error("recipe: {edges} edges are too many; the limit is {MAX_EDGES}")]
    #[diagnostic(
        code(clashfree::train::too_many_edges),
        help("lower `out_degrees` or `neurons` in the recipe")
    )]
    Edges {
        /// Edges of all junctions.
        edges: usize,
    },
    /// A junction that a head file cannot hold.
    #[error(
        "recipe: junction {junction}: {left} times {right} neurons make a weight tensor of {cells} entries, as head files have it; the limit is {MAX_CELLS}",
        cells = *left as u128 * *right as u128
    )]
    #[diagnostic(
        code(clashfree::train::too_large),
        help("lower `neurons` in the recipe, or put a layer between")
    )]
    TooLarge {
        /// The junction, from 0.
        junction: usize,
        /// Left neurons.
        left: usize,
        /// Right neurons.
        right: usize,
    },
    /// Formats whose arithmetic does not fit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Quantise(#[from] QuantiseError),
    /// The inputs are wrong, or do not go with the head.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(#[from] InputError),
    /// The labels are wrong, or do not go with the inputs or the head.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Label(#[from] LabelError),
    /// Samples without labels, or none at all.
    #[error("{samples} samples and {labels} labels: there must be as many, and at least one")]
    #[diagnostic(code(clashfree::train::samples))]
    Samples {
        /// Samples given.
        samples: usize,
        /// Labels given.
        labels: usize,
    },
    /// The loss grew out of all bounds.
    #[error("training diverged in epoch {epoch}: the loss is {loss}")]
    #[diagnostic(
        code(clashfree::train::diverged),
        help("lower `learning_rate` in the recipe, now {learning_rate}")
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
    #[error("{} is not a training output of clashfree, so it is not replaced: {found}", path.display())]
    #[diagnostic(code(clashfree::train::not_ours), help("give another folder with -o"))]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// The output cannot be written.
    #[error("cannot write the training output {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::train::write),
        help("nothing was changed; check the permissions and the space on the disk")
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl TrainError {
    /// The same, said of the branch of an exit, from 0.
    pub(super) fn in_exit(self, exit: usize) -> Self {
        match self {
            Self::Key { key, problem } => Self::ExitKey { exit, key, problem },
            Self::Pattern { junction, source } => Self::ExitPattern { exit, junction, source },
            Self::TooLarge { left, right, .. } => {
                let problem = format!(
                    "make a weight tensor of {left} times {right} entries; the limit is {MAX_CELLS}"
                );
                Self::ExitKey { exit, key: "neurons", problem }
            }
            other => other,
        }
    }
}

/// The key of the recipe that a pattern cannot be drawn by.
fn key_of(error: &GenerateError) -> &'static str {
    match error {
        GenerateError::Degrees(_) => "out_degrees",
        GenerateError::ParallelismMissing { .. } | GenerateError::Parallelism { .. } => {
            "parallelism"
        }
    }
}
