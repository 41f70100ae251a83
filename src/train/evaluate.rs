//! Accuracy in the arithmetic of the hardware.

use super::data::Examples;
use crate::model::{self, Outcome, classify};
use crate::quantise::QuantHead;
use serde::Serialize;

/// Samples that are widened for the model at a time: 26 MB of 800 neurons.
const AT_ONCE: usize = 8192;

/// The share of examples that the trunk of a head classifies right, in the reference [`model`].
///
/// # Panics
/// If the examples have not one code an input neuron of the head.
pub fn evaluate(head: &QuantHead, examples: &Examples) -> f64 {
    Results::of(head, examples).trunk
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

/// Accuracies in integers on one set of examples.
pub(super) struct Results {
    /// Of the trunk, had it to answer every frame.
    pub trunk: f64,
    /// Of each exit.
    pub exits: Vec<ExitResult>,
    /// Of the first exit that answers, or else the trunk.
    pub whole: f64,
}

/// Frames, and those of them classified right.
#[derive(Clone, Copy, Default)]
struct Count {
    frames: usize,
    right: usize,
}

impl Results {
    /// What the trunk and the exits of a head without a split make of `examples`.
    pub fn of(head: &QuantHead, examples: &Examples) -> Self {
        let mut trunk = Count::default();
        let mut alone = vec![Count::default(); head.exits.len()];
        // frames that the exit answers; the trunk comes last
        let mut answered = vec![Count::default(); head.exits.len() + 1];
        let thresholds: Vec<i64> = head.exits.iter().map(|exit| exit.threshold).collect();
        for start in (0..examples.len()).step_by(AT_ONCE) {
            let frames = examples.frames(start, AT_ONCE.min(examples.len() - start));
            let computed = model::compute(head, frames.view());
            let labels = &examples.labels()[start..start + frames.nrows()];
            for (frame, &label) in labels.iter().enumerate() {
                let right = |class: usize| class == usize::from(label);
                if let model::End::Logits(logits) = &computed.end {
                    trunk.add(right(classify(logits.row(frame)).class));
                }
                for (count, logits) in alone.iter_mut().zip(&computed.exits) {
                    count.add(right(classify(logits.row(frame)).class));
                }
                if let Outcome::Answer { exit, decision, .. } =
                    computed.outcome(head, frame, &thresholds)
                {
                    answered[exit.unwrap_or(head.exits.len())].add(right(decision.class));
                }
            }
        }
        let all = examples.len() as f64;
        let result = |(alone, answered): (&Count, &Count)| ExitResult {
            accuracy: alone.right as f64 / all,
            answered: answered.frames as f64 / all,
            answered_accuracy: (answered.frames > 0)
                .then(|| answered.right as f64 / answered.frames as f64),
        };
        Self {
            trunk: trunk.right as f64 / all,
            exits: alone.iter().zip(&answered).map(result).collect(),
            whole: answered.iter().map(|count| count.right).sum::<usize>() as f64 / all,
        }
    }
}

impl Count {
    fn add(&mut self, right: bool) {
        self.frames += 1;
        self.right += usize::from(right);
    }
}
