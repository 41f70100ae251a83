//! Accuracy in the arithmetic of the hardware.
// WIRE: replace the loop by `model`'s once that is in; nothing else here computes in integers.

use super::data::Examples;
use crate::ids::Neuron;
use crate::quantise::{QuantHead, QuantJunction};
use rayon::prelude::*;

/// The share of examples that a head classifies right, in integers: exact accumulators, rounding
/// half up and saturation between junctions, the lowest index winning ties.
pub fn evaluate(head: &QuantHead, examples: &Examples) -> f64 {
    let right = |sample: &usize| {
        classify(head, examples.codes(*sample)) == usize::from(examples.label(*sample))
    };
    let correct = (0..examples.len()).into_par_iter().filter(right).count();
    correct as f64 / examples.len() as f64
}

fn classify(head: &QuantHead, codes: &[u8]) -> usize {
    let logits = logits(head, codes);
    let largest = logits.iter().max();
    logits.iter().position(|v| Some(v) == largest).expect("a head has classes")
}

/// The raw accumulators of the last junction.
pub(super) fn logits(head: &QuantHead, codes: &[u8]) -> Vec<i64> {
    let mut values: Vec<i64> = codes.iter().map(|&code| code.into()).collect();
    values.resize(head.inputs, 0);
    head.junctions.iter().fold(values, |values, junction| step(junction, &values))
}

fn step(junction: &QuantJunction, left: &[i64]) -> Vec<i64> {
    let pattern = &junction.pattern;
    let neuron = |r: usize| {
        let row = pattern.row(Neuron::new(r));
        let weights = &junction.weights[r * pattern.d_in()..];
        let sum: i64 = row.iter().zip(weights).map(|(l, &w)| i64::from(w) * left[l.at()]).sum();
        let acc = sum + junction.bias[r];
        let (Some(shift), Some((lo, hi))) = (junction.shift(), junction.clamp()) else {
            return acc;
        };
        let shifted = if shift > 0 {
            (acc + (1 << (shift - 1))) >> shift
        } else {
            // A left shift so long that it overflows saturates all the same.
            acc.saturating_mul(1i64.checked_shl(shift.unsigned_abs()).unwrap_or(i64::MAX))
        };
        shifted.clamp(lo, hi)
    };
    (0..pattern.right()).map(neuron).collect()
}
