//! What can keep a tail from being made.

use std::path::PathBuf;

/// Why there is no tail. Nothing is written then.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum TailError {
    #[error("head {name} has no split, so it has no tail")]
    #[diagnostic(
        code(clashfree::tail::no_split),
        help(
            "give `--after K` with K a trunk junction before the last, or write [split] into head.toml"
        )
    )]
    NoSplit { name: String },

    #[error("an accumulator of the tail has {bits} bits, float64 holds 54 exactly")]
    #[diagnostic(
        code(clashfree::tail::accumulator),
        help("lower the `frac` of weights or input, so that biases have fewer bits")
    )]
    Accumulator { bits: u32 },

    #[error("the tail's dense weights take {bytes} bytes, an ONNX file holds {limit}")]
    #[diagnostic(
        code(clashfree::tail::large),
        help("split further back: `--after` with a larger number")
    )]
    Large { bytes: u64, limit: u64 },

    #[error("{} is not a folder of `clashfree tail`, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(
        code(clashfree::tail::not_ours),
        help("give another folder with -o, or move away what is not of `clashfree tail`")
    )]
    NotOurs { folder: PathBuf, found: String },

    #[error("cannot write the tail to {}: {source}", .folder.display())]
    #[diagnostic(
        code(clashfree::tail::write),
        help("nothing was changed; check the permissions and the space on the disk")
    )]
    Write { folder: PathBuf, source: std::io::Error },
}
