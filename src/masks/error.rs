//! Why no masks were made.

use crate::load::{MAX_CELLS, MAX_NEURONS};
use crate::pattern::{GenerateError, MAX_EDGES, UnknownFamily};
use crate::quantise::MAX_BITS;
use miette::Diagnostic;
use std::path::PathBuf;

/// A request that cannot be met, or a folder that cannot be written. Nothing is written then.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum MaskError {
    /// Fewer than two layers.
    #[error("{given} layers make no junction")]
    #[diagnostic(
        code(clashfree::masks::layers),
        help("give `--layers` two sizes or more, such as 800,40,10")
    )]
    Layers {
        /// Layers given.
        given: usize,
    },
    /// A layer that a head file cannot have.
    #[error("a layer of {neurons} neurons; the limit is {MAX_NEURONS}")]
    #[diagnostic(code(clashfree::masks::neurons), help("lower it in `--layers`"))]
    Neurons {
        /// The layer's size.
        neurons: usize,
    },
    /// A list of another length than the layers make junctions.
    #[error("`{option}` lists {given} values; `--layers` makes {junctions} junctions")]
    #[diagnostic(
        code(clashfree::masks::length),
        help("give `{option}` {junctions}, separated by commas")
    )]
    Length {
        /// The option.
        option: &'static str,
        /// Its values.
        given: usize,
        /// What there should be.
        junctions: usize,
    },
    /// No family of that name.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Family(#[from] UnknownFamily),
    /// Degrees or a parallelism that cannot be.
    #[error("junction {junction}: {source}")]
    #[diagnostic(code(clashfree::masks::junction))]
    Junction {
        /// The junction, from 0.
        junction: usize,
        /// Why, and what could be.
        source: GenerateError,
        /// The source's.
        #[help]
        help: String,
    },
    /// Too few cycles for a junction.
    #[error(
        "junction {junction} takes {fewest} cycles at least in a clash-free pattern, so {cycles} are too few"
    )]
    #[diagnostic(
        code(clashfree::masks::cycles),
        help(
            "give `--cycles` {fewest} or more, or an out-degree whose in-degree shares a larger divisor with the left layer"
        )
    )]
    Cycles {
        /// The junction, from 0.
        junction: usize,
        /// The limit asked for.
        cycles: usize,
        /// The fewest possible.
        fewest: usize,
    },
    /// A junction that a head file cannot hold.
    #[error(
        "junction {junction}: {left} times {right} neurons make a mask of {cells} entries; the limit is {MAX_CELLS}",
        cells = left * right
    )]
    #[diagnostic(
        code(clashfree::masks::too_large),
        help("lower `--layers`, or put a layer between")
    )]
    TooLarge {
        /// The junction, from 0.
        junction: usize,
        /// Left neurons.
        left: usize,
        /// Right neurons.
        right: usize,
    },
    /// More edges altogether than the limit.
    #[error("{edges} edges are too many; the limit is {MAX_EDGES}")]
    #[diagnostic(
        code(clashfree::masks::too_many_edges),
        help("lower `--out-degrees` or `--layers`")
    )]
    Edges {
        /// Edges of all junctions.
        edges: u64,
    },
    /// A width that no number of a head can have.
    #[error("`{option}` {bits} is out of range")]
    #[diagnostic(code(clashfree::masks::width), help("give from 1 to {MAX_BITS} bits"))]
    Width {
        /// The option.
        option: &'static str,
        /// Its value.
        bits: u32,
    },
    /// The output folder holds something that `pattern` did not make.
    #[error("{} is not a folder of masks of clashfree, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(code(clashfree::masks::not_ours), help("give another folder with -o"))]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// What was found there.
        found: String,
    },
    /// The output cannot be written.
    #[error("cannot write the masks to {}: {source}", .folder.display())]
    #[diagnostic(
        code(clashfree::masks::write),
        help("nothing was changed; check the permissions and the space on the disk")
    )]
    Write {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl MaskError {
    /// A junction that cannot be, with the way out that goes with it.
    pub(super) fn junction(junction: usize, source: GenerateError) -> Self {
        let help = source.help().map_or_else(String::new, |help| help.to_string());
        Self::Junction { junction, source, help }
    }
}
