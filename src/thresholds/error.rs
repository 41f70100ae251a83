//! Why no thresholds were chosen, or no head written.

use miette::Diagnostic;
use std::path::PathBuf;

/// A head, data or a wish that thresholds cannot be chosen for, or a folder that cannot be written.
/// Nothing is written then.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum ThresholdError {
    /// No packets can be made for the head.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Packets(#[from] crate::packet::TagError),

    #[error("{name} has no exits, so there is no threshold to choose")]
    #[diagnostic(
        code(clashfree::thresholds::no_exits),
        help("train a head with `[[exit]]` tables: docs/recipes.md")
    )]
    NoExits { name: String },

    #[error(
        "the only exit of {name} ends the trunk: it answers every frame, whatever its threshold"
    )]
    #[diagnostic(
        code(clashfree::thresholds::only_exit),
        help("a threshold counts for exits that have a junction of the trunk behind them")
    )]
    OnlyExit { name: String },

    #[error("no thresholds give {wanted}; {best} is what can be reached on these {frames} frames")]
    #[diagnostic(
        code(clashfree::thresholds::unreachable),
        help(
            "ask for less; `--curve` without a wish shows what there is, and another `--rule` may reach more"
        )
    )]
    Unreachable { wanted: String, best: String, frames: usize },

    #[error("`--frames` {from}..{to} of {frames} frames")]
    #[diagnostic(
        code(clashfree::thresholds::frames),
        help(
            "numbers are from 0, the end is not included: at least one frame, at most 0..{frames}"
        )
    )]
    Frames { from: usize, to: usize, frames: usize },

    #[error("{} keeps out no validation samples (`validation` = 0)", .recipe.display())]
    #[diagnostic(
        code(clashfree::thresholds::no_validation),
        help("give frames that the head was not trained on with `--inputs` and `--labels`")
    )]
    NoValidation { recipe: PathBuf },

    #[error("{} trains layers {trained:?}; {name} has {found:?}", .recipe.display())]
    #[diagnostic(
        code(clashfree::thresholds::other_recipe),
        help("give the recipe that this head was trained by: another one keeps out other samples")
    )]
    OtherRecipe { recipe: PathBuf, name: String, trained: Vec<usize>, found: Vec<usize> },

    #[error("{} does not begin with the record of a recipe", .path.display())]
    #[diagnostic(
        code(clashfree::thresholds::metrics),
        help("`--validation-of` takes a recipe in TOML, or the metrics.jsonl of a training")
    )]
    Metrics { path: PathBuf },

    #[error("{} is not a head of `clashfree calibrate`, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(code(clashfree::thresholds::not_ours), help("give another folder with -o"))]
    NotOurs { folder: PathBuf, found: String },

    #[error("cannot read {}: {source}", .path.display())]
    #[diagnostic(code(clashfree::thresholds::read))]
    Read { path: PathBuf, source: std::io::Error },

    #[error("cannot write {}: {source}", .path.display())]
    #[diagnostic(
        code(clashfree::thresholds::write),
        help("check the folder, the permissions and the space on the disk")
    )]
    Write { path: PathBuf, source: std::io::Error },
}
