//! What can go wrong on both sides.

use crate::load::HeadError;
use crate::manifest::ManifestError;
use crate::packet::{RecordError, TagError};
use crate::quantise::QuantiseError;
use crate::tail::TailError;
use std::io;
use std::path::PathBuf;

/// Why there is no service.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum ServeError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Head(#[from] HeadError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Quantise(#[from] QuantiseError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Tag(#[from] TagError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Tail(#[from] TailError),

    #[error("{} is compiled: its split stays where it is", .build.display())]
    #[diagnostic(
        code(clashfree::serve::compiled),
        help("leave out --after, or name the head and not the package")
    )]
    Compiled { build: PathBuf },

    #[error("the head in {} is not the one that was compiled", .build.display())]
    #[diagnostic(
        code(clashfree::serve::changed),
        help("compile the head again; its copy in reference/ must not be edited")
    )]
    Changed { build: PathBuf },

    #[error("cannot listen on {address}: {source}")]
    #[diagnostic(
        code(clashfree::serve::listen),
        help("--listen takes ADDRESS:PORT of this machine, such as 127.0.0.1:0 for any free port")
    )]
    Listen { address: String, source: io::Error },
}

/// Why an edge could not be played to its end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum EdgeError {
    #[error("cannot connect to {server}: {source}")]
    #[diagnostic(
        code(clashfree::edge::connect),
        help("start `clashfree serve` there, or correct --server")
    )]
    Connect { server: String, source: io::Error },

    #[error("{server} refuses: {text}")]
    #[diagnostic(
        code(clashfree::edge::refused),
        help("serve and edge need the same build, or the same head, and the same version")
    )]
    Refused { server: String, text: String },

    #[error("{server} is not a server of clashfree: {what}")]
    #[diagnostic(code(clashfree::edge::foreign), help("correct --server"))]
    Foreign { server: String, what: &'static str },

    #[error(
        "the connection to {server} was lost with {unanswered} packets not answered, after {retries} retries: {why}"
    )]
    #[diagnostic(
        code(clashfree::edge::lost),
        help("look at the server, or give more --retries or a longer --timeout")
    )]
    Lost { server: String, unanswered: usize, retries: usize, why: String },

    #[error("packet {packet} is none of this head's: {source}")]
    #[diagnostic(
        code(clashfree::edge::packet),
        help("the edge's packets are damaged: record them again")
    )]
    Packet { packet: usize, source: crate::packet::PacketError },

    #[error("there are {packets} packets for {frames} frames")]
    #[diagnostic(
        code(clashfree::edge::count),
        help("give the inputs or labels that the packets were recorded with")
    )]
    Count { packets: usize, frames: usize },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
}
