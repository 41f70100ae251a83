//! What a run says of itself: `metrics.jsonl`, one JSON object a line, and the closing report.
//!
//! No times and no paths: two runs with one recipe write the same bytes.

use super::recipe::Recipe;
use serde::Serialize;

/// How an epoch computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Floats.
    Float,
    /// The hardware's rounding and saturation.
    Quantised,
}

/// One epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpochRecord {
    /// From 1.
    pub epoch: usize,
    /// How it computed.
    pub phase: Phase,
    /// At its last step.
    pub learning_rate: f64,
    /// Mean over its samples, while it ran.
    pub loss: f64,
    /// Likewise, in parts of 1.
    pub train_accuracy: f64,
    /// On the validation split after the epoch, in parts of 1; absent without a split. In integers
    /// from the first quantised epoch on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
}

/// The end of a run. Accuracies are in parts of 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainReport {
    /// Of the head.
    pub name: String,
    /// Edges of all junctions.
    pub edges: usize,
    /// Edges and biases.
    pub parameters: usize,
    /// Weights whose code is the largest or the smallest of their format.
    pub weights_at_limits: usize,
    /// On the validation split, in integers; absent without a split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// On the test set with unrounded weights and activations.
    pub test_accuracy_float: f64,
    /// On the test set in the arithmetic of the hardware.
    pub test_accuracy: f64,
}

/// The lines of `metrics.jsonl`.
#[derive(Serialize)]
#[serde(tag = "record", rename_all = "lowercase")]
enum Line<'a> {
    Recipe { clashfree: &'static str, recipe: &'a Recipe },
    Epoch(&'a EpochRecord),
    Result(&'a TrainReport),
}

/// How every `metrics.jsonl` begins; tells our folders from others.
pub const METRICS_START: &str = "{\"record\":\"recipe\",\"clashfree\":";

/// The text of `metrics.jsonl`.
pub fn to_lines(recipe: &Recipe, epochs: &[EpochRecord], report: &TrainReport) -> String {
    let first = Line::Recipe { clashfree: env!("CARGO_PKG_VERSION"), recipe };
    let epochs = epochs.iter().map(Line::Epoch);
    let lines = std::iter::once(first).chain(epochs).chain([Line::Result(report)]);
    let text = lines.map(|line| serde_json::to_string(&line).expect("plain data") + "\n");
    text.collect()
}
