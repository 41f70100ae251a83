//! What may be answered instead of a synthesis.

use crate::board::Board;
use crate::exit::Exit;
use crate::load::HeadError;
use crate::manifest::ManifestError;
use crate::quantise::QuantiseError;
use crate::verify::build::BuildError;
use miette::Diagnostic;
use std::io;
use std::path::PathBuf;

/// A design that cannot be synthesised, or not with these tools.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum SynthError {
    /// The folder is no package.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// Its files cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sources(#[from] BuildError),
    /// The head in it cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Head(#[from] HeadError),
    /// The head in it does not become integers.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Quantise(#[from] QuantiseError),
    /// A tool is not there.
    #[error("{} is missing: none is {place}", .names.join(" or "))]
    #[diagnostic(
        code(clashfree::synth::missing),
        help(
            "`make synth-tools` installs all tools into .tools, from where they are taken; elsewhere `pip install {package}`, and name the folder of its programs with --tools or CLASHFREE_TOOLS"
        )
    )]
    Missing {
        /// Programs that would do.
        names: Vec<String>,
        /// Where they were looked for.
        place: String,
        /// What brings it.
        package: String,
    },
    /// A tool cannot be started.
    #[error("{tool} cannot be started: {source}")]
    #[diagnostic(
        code(clashfree::synth::start),
        help("install it again with `make synth-tools`, or name another folder with --tools")
    )]
    Start {
        /// The program.
        tool: String,
        /// Why.
        source: io::Error,
    },
    /// A tool says no, or breaks.
    #[error("{tool} fails ({status}); its last lines:\n{tail}")]
    #[diagnostic(
        code(clashfree::synth::failed),
        help("nothing was written; `{tool} --version` tells whether it works at all")
    )]
    Failed {
        /// The program.
        tool: String,
        /// How it ended.
        status: String,
        /// What it printed last.
        tail: String,
    },
    /// A tool does not come to an end.
    #[error("{tool} was stopped after {seconds} seconds; its last lines:\n{tail}")]
    #[diagnostic(
        code(clashfree::synth::time_limit),
        help("nothing was written; give it longer with --time-limit SECONDS")
    )]
    TimeLimit {
        /// The program.
        tool: String,
        /// The limit.
        seconds: u64,
        /// What it printed last.
        tail: String,
    },
    /// A signal to end came while a tool ran.
    #[error("interrupted while {tool} ran")]
    #[diagnostic(
        code(clashfree::synth::interrupted),
        help("nothing was written; the tool was stopped, too")
    )]
    Interrupted {
        /// The program.
        tool: String,
    },
    /// A tool ended well, and its file is not what it should be.
    #[error("{tool} did not write a right {file}: {reason}")]
    #[diagnostic(
        code(clashfree::synth::output),
        help("nothing was written; versions that work are those of `make synth-tools`")
    )]
    Output {
        /// The program.
        tool: String,
        /// Its file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The part is too small.
    #[error("{name} does not fit {target}: {over}")]
    #[diagnostic(code(clashfree::synth::too_large))]
    TooLarge {
        /// The head.
        name: String,
        /// The part.
        target: String,
        /// What there is too little of, and by how much.
        over: String,
        /// What would fit.
        #[help]
        help: String,
    },
    /// A board's clock is too fast.
    #[error(
        "{name} does not keep up with the {clock} MHz of {board}: placed and routed it reaches {fmax:.2} MHz, its longest path is {late:.2} ns too long"
    )]
    #[diagnostic(
        code(clashfree::synth::timing),
        help(
            "nothing was written; another --seed may do, or `compile` with more --cycles or another --interleaver"
        )
    )]
    Timing {
        /// The head.
        name: String,
        /// The board.
        board: Board,
        /// Its clock, MHz.
        clock: f64,
        /// What was reached, MHz.
        fmax: f64,
        /// Nanoseconds by which the longest path is longer than a cycle.
        late: f64,
    },
    /// The output folder holds something else.
    #[error("{} is not a folder of `clashfree synth`, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(code(clashfree::synth::not_ours), help("give another folder with -o"))]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// What was found there.
        found: String,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {doing} {}: {source}", .path.display())]
    #[diagnostic(
        code(clashfree::synth::io),
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

impl SynthError {
    /// What the program ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Missing { .. } => Exit::MissingTool,
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::Failed { .. }
            | Self::TimeLimit { .. }
            | Self::Output { .. }
            | Self::TooLarge { .. }
            | Self::Timing { .. } => Exit::Failed,
            Self::Manifest(_)
            | Self::Sources(_)
            | Self::Head(_)
            | Self::Quantise(_)
            | Self::Start { .. }
            | Self::NotOurs { .. }
            | Self::Io { .. } => Exit::BadInput,
        }
    }
}
