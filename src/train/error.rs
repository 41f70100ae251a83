//! Why a training run stopped.

use crate::load::{InputError, LabelError, MAX_CELLS};
use crate::pattern::{GenerateError, MAX_EDGES};
use crate::quantise::QuantiseError;
use std::path::{Path, PathBuf};

/// Bad input to `train`, or a run that came to nothing. No output is written in either case.
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
        help("docs/recipes.md has all keys, and examples/heads recipes to begin with")
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
    #[error("training diverged in epoch {epoch}: the loss is {loss}{}", kept_text(*.epoch, .kept.as_deref()))]
    #[diagnostic(
        code(clashfree::train::diverged),
        help(
            "lower `learning_rate` in the recipe, now {learning_rate}, or let it rise over some epochs by `ramp`{}",
            if .kept.is_some() { "; then train with --restart" } else { "" }
        )
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The last loss.
        loss: f64,
        /// As in the recipe.
        learning_rate: f64,
        /// The checkpoint with the state before this epoch, if there is one.
        kept: Option<PathBuf>,
    },
    /// The user, or the system, asked for an end.
    #[error("interrupted after {epoch} of {epochs} epochs; the state is kept in {}", path.display())]
    #[diagnostic(
        code(clashfree::train::interrupted),
        help("the same command with --resume goes on, with --restart it begins anew")
    )]
    Interrupted {
        /// Epochs that were finished.
        epoch: usize,
        /// Epochs of the recipe.
        epochs: usize,
        /// The checkpoint.
        path: PathBuf,
    },
    /// A checkpoint is there, and nobody said what to do with it.
    #[error("{} holds the state of a run that has not ended", path.display())]
    #[diagnostic(
        code(clashfree::train::unfinished),
        help(
            "--resume goes on with it, by the very recipe that it is of; --restart forgets it and \
             begins anew, as after a loss that diverged"
        )
    )]
    Unfinished {
        /// The checkpoint.
        path: PathBuf,
    },
    /// No checkpoint is there.
    #[error("there is no checkpoint {} to go on from", path.display())]
    #[diagnostic(
        code(clashfree::train::no_checkpoint),
        help("without --resume, training begins anew; -o must be that of the interrupted run")
    )]
    NoCheckpoint {
        /// Where it would be.
        path: PathBuf,
    },
    /// A file that is no checkpoint stands where one belongs.
    #[error("{} is not a checkpoint of clashfree: {problem}", path.display())]
    #[diagnostic(
        code(clashfree::train::checkpoint),
        help("move the file away, or give another folder with -o")
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A checkpoint of another recipe, other data or another version.
    #[error("{} is of another run: {key} was {was} there, and is {is} here", path.display())]
    #[diagnostic(
        code(clashfree::train::other_run),
        help("change {key} back, or forget the checkpoint with --restart")
    )]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
        /// The first key that differs, in backquotes if it is one of the recipe.
        key: String,
        /// Its value in the checkpoint.
        was: String,
        /// Its value now.
        is: String,
    },
    /// The log cannot be written.
    #[error("cannot write the log {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::train::log),
        help(
            "give another file with --log, or leave it out; a checkpoint, if there is one, stays"
        )
    )]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A checkpoint cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::train::keep),
        help(
            "check the permissions and the space on the disk; an earlier checkpoint is still there"
        )
    )]
    Keep {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
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

/// Where the state before a divergence is.
fn kept_text(epoch: usize, kept: Option<&Path>) -> String {
    kept.map_or_else(String::new, |path| {
        format!("; the state after epoch {} is kept in {}", epoch - 1, path.display())
    })
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
