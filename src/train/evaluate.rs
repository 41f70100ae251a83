//! Accuracy in the arithmetic of the hardware.

use super::data::Examples;
use crate::load::Rule;
use crate::model::{self, Decision, classify};
use crate::quantise::QuantHead;
use serde::Serialize;

/// Samples that are widened for the model at a time: 26 MB of 800 neurons.
const AT_ONCE: usize = 8192;

/// The share of examples that the reference [`model`] classifies right.
///
/// # Panics
/// If the examples have not one code an input neuron of the head.
pub fn evaluate(head: &QuantHead, examples: &Examples) -> f64 {
    accuracy(&decide(head, examples), examples)
}

/// What the reference [`model`] decides of each example.
pub(super) fn decide(head: &QuantHead, examples: &Examples) -> Vec<Decision> {
    let mut decisions = Vec::with_capacity(examples.len());
    for start in (0..examples.len()).step_by(AT_ONCE) {
        let frames = examples.frames(start, AT_ONCE.min(examples.len() - start));
        let logits = model::run(head, frames.view());
        decisions.extend(logits.rows().into_iter().map(classify));
    }
    decisions
}

/// The share of examples whose class is decided right.
pub(super) fn accuracy(decisions: &[Decision], examples: &Examples) -> f64 {
    let correct = decisions.iter().zip(examples.labels()).filter(|(d, label)| right(d, **label));
    correct.count() as f64 / examples.len() as f64
}

/// What an exit made of a set of examples; shares are in parts of 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExitResult {
    /// Accuracy of the branch, had it to answer every frame.
    pub accuracy: f64,
    /// The share of all frames that this exit answers: its rule holds, and no exit before answered.
    pub answered: f64,
    /// Accuracy of those; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_accuracy: Option<f64>,
}

/// One exit's rule and what its branch decided of each example.
pub(super) struct ExitDecisions {
    pub rule: Rule,
    pub threshold: i64,
    pub decisions: Vec<Decision>,
}

/// What each exit made of the examples, and the accuracy of the whole: of the first exit that
/// answers, or else of the trunk.
pub(super) fn with_exits(
    trunk: &[Decision],
    exits: &[ExitDecisions],
    examples: &Examples,
) -> (Vec<ExitResult>, f64) {
    // Frames answered and right; the trunk comes last.
    let mut counts = vec![(0usize, 0usize); exits.len() + 1];
    for (sample, (last, &label)) in trunk.iter().zip(examples.labels()).enumerate() {
        let at = exits.iter().position(|exit| answers(exit, &exit.decisions[sample]));
        let decision = at.map_or(last, |at| &exits[at].decisions[sample]);
        let count = &mut counts[at.unwrap_or(exits.len())];
        count.0 += 1;
        count.1 += usize::from(right(decision, label));
    }
    let all = examples.len() as f64;
    let result = |(exit, &(frames, correct)): (&ExitDecisions, &(usize, usize))| ExitResult {
        accuracy: accuracy(&exit.decisions, examples),
        answered: frames as f64 / all,
        answered_accuracy: (frames > 0).then(|| correct as f64 / frames as f64),
    };
    let results = exits.iter().zip(&counts).map(result).collect();
    (results, counts.iter().map(|count| count.1).sum::<usize>() as f64 / all)
}

fn answers(exit: &ExitDecisions, decision: &Decision) -> bool {
    match exit.rule {
        Rule::Margin => i128::from(decision.margin) >= i128::from(exit.threshold),
    }
}

fn right(decision: &Decision, label: u16) -> bool {
    decision.class == usize::from(label)
}
