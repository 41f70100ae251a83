//! From a schedule to hardware: parameters, tables and timing, no text yet.

mod copies;
mod design;
mod dot;
mod ends;
mod junction;
mod network;
mod path;
mod stage;
mod streams;
mod tied;
mod timing;
mod tree;
mod unrolled;
mod words;

pub use design::{Design, InputStage, Rom};
pub use dot::{DotShape, DotStage};
pub use ends::{EndStage, ExitStage, GateStage, ResultStage, RuleStage, SoftmaxStage, SplitStage};
pub use path::Busy;
pub use stage::{
    AddressStage, CopiesStage, Datapath, JunctionStage, NetworkStage, Requant, Tables, TiedStage,
    UnrolledStage, WorkStage,
};
pub use streams::BusTime;
pub use tree::lower;
pub use unrolled::{AdderStage, SumStage, Tap};
pub use words::Words;

use crate::bus::{BusError, BusFormat};
use crate::ids::bits_for;
use crate::packet::{ResultKind, TagError};
use crate::quantise::QuantHead;

/// What the outside of the hardware looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Bits of `tdata` on both sides: a multiple of 8.
    pub bus_bits: u32,
    /// What the packet carries.
    pub result: ResultKind,
    /// Whether thresholds, counters and the build's identity are registers on a bus.
    pub control: Control,
}

/// Whether a design has registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// If the head has an exit or a split.
    #[default]
    Auto,
    /// It has.
    On,
    /// It has not: thresholds are fixed.
    Off,
}

impl Control {
    /// Whether the design of a head has registers.
    pub fn of(self, head: &QuantHead) -> bool {
        match self {
            Self::Auto => !head.exits.is_empty() || head.split.is_some(),
            Self::On => true,
            Self::Off => false,
        }
    }
}

/// An outside that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum InterfaceError {
    /// The bus.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Bus(#[from] BusError),
    /// The packets.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tag(#[from] TagError),
}

impl Interface {
    /// The input stream of a head.
    ///
    /// # Errors
    /// If no bus like this can be built or the head does not fit it.
    pub fn bus(&self, head: &QuantHead) -> Result<BusFormat, InterfaceError> {
        Ok(BusFormat::new(self.bus_bits, head.input_format.bits, head.inputs)?)
    }
}

/// The Verilog name of a head's top module: a prefix keeps it apart from keywords and library
/// modules, and a name is letters, digits, `_` and `-` only.
pub fn top_name(head: &str) -> String {
    format!("head_{}", head.replace('-', "_").to_ascii_lowercase())
}

/// Bits that number `n` things; at least one, as a Verilog port has.
fn port_bits(n: usize) -> usize {
    bits_for(n).max(1)
}
