//! From floats to integers: what leaves this stage holds no float.

mod convert;
mod error;
mod exit;
mod format;

pub use convert::{acc_bits, branch, quantise, quantise_junction};
pub use error::{MAX_ACC_BITS, QuantiseError};
pub use exit::{PROBABILITY_ONE, QuantExit, Rule, SOFTMAX_ENTRIES, SOFTMAX_ONE, Softmax};
pub use format::{Format, MAX_BITS};

use crate::pattern::Pattern;
use serde::{Deserialize, Serialize};

/// What a junction does to its accumulators before it hands them on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// Negative values become zero.
    Relu,
    /// Values pass, clamped to the output format.
    Identity,
}

/// A head in integers: what the hardware computes, in the user's order of neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantHead {
    /// Checked name: `[A-Za-z][A-Za-z0-9_-]*`, at most 64 characters.
    pub name: String,
    /// Number of input neurons.
    pub inputs: usize,
    /// Format of the input codes.
    pub input_format: Format,
    /// The trunk's junctions, from the input on, the tail's after a split included; never empty.
    pub junctions: Vec<QuantJunction>,
    /// Early exits, in the order of the junctions that they stand after, one at a place.
    pub exits: Vec<QuantExit>,
    /// The last junction on the edge, if a tail follows elsewhere.
    pub split: Option<usize>,
}

impl QuantHead {
    /// A trunk without exits or split.
    pub fn chain(
        name: String,
        inputs: usize,
        input_format: Format,
        junctions: Vec<QuantJunction>,
    ) -> Self {
        Self { name, inputs, input_format, junctions, exits: Vec::new(), split: None }
    }

    /// The trunk's junctions that run on the edge: all, or those before the split.
    pub fn edge(&self) -> &[QuantJunction] {
        &self.junctions[..self.split.map_or(self.junctions.len(), |after| after + 1)]
    }

    /// The trunk's junctions behind the split.
    pub fn tail(&self) -> &[QuantJunction] {
        &self.junctions[self.edge().len()..]
    }

    /// Exits that frames can pass: all, but for a last one in place of the trunk's end, which answers
    /// every frame that comes to it.
    pub fn gates(&self) -> usize {
        let ends_in_exit = self.split.is_none() && !self.trunk_answers();
        self.exits.len() - usize::from(ends_in_exit)
    }

    /// The exit whose decisions bring frames to what reads the trunk's layer `layer`.
    pub fn gate_before(&self, layer: usize) -> Option<usize> {
        self.exits[..self.gates()].iter().position(|exit| exit.after + 1 == layer)
    }

    /// Whether the trunk's end gives logits, there or behind the split: else the last exit stands
    /// after the last junction and answers whatever its rule says.
    pub fn trunk_answers(&self) -> bool {
        self.junctions.last().is_some_and(|j| j.output_format.is_none())
    }
}

/// One junction in integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantJunction {
    /// Which left neuron feeds which right neuron.
    pub pattern: Pattern,
    /// Weight codes, one an edge, in the pattern's right order.
    pub weights: Vec<i32>,
    /// One a right neuron, at the accumulator's scale `2^-(frac_w + frac_a)`.
    pub bias: Vec<i64>,
    /// Format of the codes that come in.
    pub input_format: Format,
    /// Format of `weights`, always signed.
    pub weight_format: Format,
    /// What happens to the accumulators.
    pub activation: Activation,
    /// Format of the codes that go out; `None` for raw accumulators (logits).
    pub output_format: Option<Format>,
    /// Width of the accumulator: the worst case of these weights, the rounding constant included.
    pub acc_bits: u32,
    /// Names of the tensors that this junction came from, for the heads of ROM files.
    pub source: Source,
    /// How many values did not fit their format.
    pub saturated: Saturated,
}

/// Tensor names, as in the head file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The weight tensor.
    pub weight: String,
    /// The bias tensor.
    pub bias: String,
}

/// Counts of values that quantisation clamped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Saturated {
    /// Weights of connected edges.
    pub weights: usize,
    /// Biases.
    pub biases: usize,
}

impl QuantJunction {
    /// Binary places of the accumulator: `frac_w + frac_a`.
    pub fn acc_frac(&self) -> i32 {
        self.weight_format.frac + self.input_format.frac
    }

    /// Right shift from accumulator to output code, `frac_w + frac_a − frac_out`; `None` for logits.
    pub fn shift(&self) -> Option<i32> {
        self.output_format.map(|f| self.acc_frac() - f.frac)
    }

    /// What is added to the accumulator so that the shift rounds half up; 0 where it does not shift right.
    pub fn rounding(&self) -> i64 {
        match self.shift() {
            Some(shift) if shift > 0 => 1 << (shift - 1),
            _ => 0,
        }
    }

    /// The range of output codes, by format and activation; `None` for logits.
    pub fn clamp(&self) -> Option<(i64, i64)> {
        self.output_format.map(|f| match self.activation {
            Activation::Relu => (0, f.max()),
            Activation::Identity => (f.min(), f.max()),
        })
    }
}
