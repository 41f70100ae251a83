//! Why policies were not compared.

use crate::error::Error;
use crate::train::TrainError;
use std::path::PathBuf;

/// Bad input to `policies`. Heads that were trained before are kept.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PoliciesError {
    /// The file cannot be read.
    #[error("cannot read the comparison {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::policies::read),
        help("give a file of networks in TOML; examples/policies/mnist.toml is one")
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, an unknown or missing key, a value of the wrong kind.
    #[error("{} is no comparison of policies: {message}", path.display())]
    #[diagnostic(code(clashfree::policies::syntax), help("docs/policies.md has all keys"))]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A key with a value that cannot be.
    #[error("policies: {key} {problem}")]
    #[diagnostic(code(clashfree::policies::key), help("change it in the file of networks"))]
    Key {
        /// The key, and where it stands.
        key: String,
        /// The value seen, and the limit.
        problem: String,
    },
    /// Base, network and branch together are no recipe.
    #[error("policies: {place}: {message}")]
    #[diagnostic(
        code(clashfree::policies::recipe),
        help(
            "`[base]`, the `[[network]]` and `[branch]` together must be a recipe: docs/recipes.md"
        )
    )]
    Recipe {
        /// The network and its split.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A recipe that cannot be, or data that do not go with it.
    #[error("policies: {place}: {source}")]
    #[diagnostic(
        code(clashfree::policies::training),
        help("change `after`, the `[[network]]`, `[branch]` or `[base]` in the file of networks")
    )]
    Training {
        /// The network and its split.
        place: String,
        /// What is wrong.
        source: Box<TrainError>,
    },
    /// A head that cannot be measured: its data, its thresholds, its hardware, or the one that an
    /// earlier run has left.
    #[error("policies: {place}: {source}")]
    #[diagnostic(
        code(clashfree::policies::head),
        help(
            "change `cycles`, `loss`, the formats or the data; of a damaged head remove its folder"
        )
    )]
    Head {
        /// The network and its split.
        place: String,
        /// What another stage said.
        source: Box<Error>,
    },
    /// The output folder holds something that `policies` did not make.
    #[error(
        "{} is not a folder of compared policies, so nothing is written to it: {found}",
        path.display()
    )]
    #[diagnostic(code(clashfree::policies::not_ours), help("give another folder with -o"))]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// Results cannot be written.
    #[error("cannot write policies to {}: {source}", path.display())]
    #[diagnostic(
        code(clashfree::policies::write),
        help("check the permissions and the space on the disk; trained heads are kept")
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
