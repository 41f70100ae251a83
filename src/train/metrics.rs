//! What a run says of itself: `metrics.jsonl`, one JSON object a line, and the closing report.
//!
//! No times and no paths: two runs with one recipe write the same bytes.

use super::recipe::Recipe;
use crate::quantise::Format;
use serde::{Deserialize, Serialize};

/// How an epoch computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Floats.
    Float,
    /// The hardware's rounding and saturation.
    Quantised,
}

/// One epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Of each junction.
    pub weight_formats: Vec<Format>,
    /// Of each hidden layer.
    pub activation_formats: Vec<Format>,
    /// How many epochs were run; fewer than the recipe has if training stopped early.
    pub epochs: usize,
    /// The epoch whose parameters became the head.
    pub kept_epoch: usize,
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
    let epochs = epochs.iter().map(EpochRecord::to_line);
    std::iter::once(recipe.to_line()).chain(epochs).chain([text(&Line::Result(report))]).collect()
}

impl Recipe {
    /// The first line of `metrics.jsonl`, with its end.
    pub fn to_line(&self) -> String {
        text(&Line::Recipe { clashfree: env!("CARGO_PKG_VERSION"), recipe: self })
    }
}

impl EpochRecord {
    /// The epoch's line of `metrics.jsonl`, with its end.
    pub fn to_line(&self) -> String {
        text(&Line::Epoch(self))
    }
}

fn text(line: &Line<'_>) -> String {
    serde_json::to_string(line).expect("plain data") + "\n"
}
