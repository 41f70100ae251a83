//! What can keep a head from becoming integers.

use super::{Format, Rule};
use miette::Diagnostic;

/// Widest accumulator. Wider ones would not fit the reference's 64-bit integers, and no sum of
/// 16-bit products comes near.
pub const MAX_ACC_BITS: u32 = 63;

/// Why a head cannot be quantised.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum QuantiseError {
    #[error("tensor {tensor} has the code {code} for the edge from left neuron {left} to right neuron {right}, {format} takes {min} to {max}", min = .format.min(), max = .format.max())]
    #[diagnostic(
        code(clashfree::quantise::code_range),
        help(
            "integer weights are codes already; change `weight_format`, or store floats to have them quantised"
        )
    )]
    CodeRange { tensor: String, left: usize, right: usize, code: i64, format: Format },

    #[error(
        "tensor {tensor} has the bias {value} for right neuron {neuron}, which is {code:e} at the accumulator's scale 2^-{frac}: more than {MAX_ACC_BITS} bits"
    )]
    #[diagnostic(
        code(clashfree::quantise::bias),
        help("lower the `frac` of the weights or of the junction's input")
    )]
    Bias { tensor: String, neuron: usize, value: f64, code: f64, frac: i32 },

    #[error(
        "tensor {tensor}: the accumulator of right neuron {neuron} needs {bits} bits, the limit is {MAX_ACC_BITS}"
    )]
    #[diagnostic(
        code(clashfree::quantise::accumulator),
        help(
            "lower the `frac` of weights or input, or raise that of the output; the shift to the output is {shift}, and half of 2^{shift} is added to round"
        )
    )]
    Accumulator { tensor: String, neuron: usize, bits: u32, shift: i32 },

    #[error(
        "exit {exit} has the threshold {threshold}, rule \"{rule}\" takes {low} to {high} here"
    )]
    #[diagnostic(
        code(clashfree::quantise::threshold),
        help(
            "thresholds of margin and largest are integers at the logits' scale, within what they can reach; those of softmax are probabilities times 65536; `clashfree calibrate` finds one"
        )
    )]
    Threshold { exit: usize, rule: Rule, threshold: i64, low: i64, high: i64 },
}
