//! Accuracy in the arithmetic of the hardware.

use super::data::Examples;
use crate::model::{self, classify};
use crate::quantise::QuantHead;

/// Samples that are widened for the model at a time: 26 MB of 800 neurons.
const AT_ONCE: usize = 8192;

/// The share of examples that the reference [`model`] classifies right.
///
/// # Panics
/// If the examples have not one code an input neuron of the head.
pub fn evaluate(head: &QuantHead, examples: &Examples) -> f64 {
    let mut correct = 0;
    for start in (0..examples.len()).step_by(AT_ONCE) {
        let frames = examples.frames(start, AT_ONCE.min(examples.len() - start));
        let logits = model::run(head, frames.view());
        let rows = logits.rows().into_iter().zip(&examples.labels()[start..]);
        correct += rows.filter(|(row, label)| classify(row).class == usize::from(**label)).count();
    }
    correct as f64 / examples.len() as f64
}
