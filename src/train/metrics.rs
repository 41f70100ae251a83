//! What a run says of itself: `metrics.jsonl`, one JSON object a line, and the closing report.
//!
//! No times and no paths: two runs with one recipe write the same bytes.

use super::evaluate::ExitResult;
use super::recipe::Recipe;
use crate::quantise::Format;
use crate::quantise::Rule;
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
    /// Mean over its samples, while it ran; of the trunk.
    pub loss: f64,
    /// Likewise, in parts of 1.
    pub train_accuracy: f64,
    /// On the validation split after the epoch, in parts of 1; absent without a split. In integers
    /// from the first quantised epoch on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// The same of each exit's branch; absent without exits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<ExitRecord>,
}

/// One exit's branch in an epoch: as the trunk's in [`EpochRecord`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// Not weighted.
    pub loss: f64,
    /// While it ran.
    pub train_accuracy: f64,
    /// After it; absent without a split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
}

/// The end of a run. Accuracies are in parts of 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainReport {
    /// Of the head.
    pub name: String,
    /// Edges of the trunk's junctions.
    pub edges: usize,
    /// Its edges and biases.
    pub parameters: usize,
    /// Of each junction.
    pub weight_formats: Vec<Format>,
    /// Of each hidden layer.
    pub activation_formats: Vec<Format>,
    /// How many epochs were run; fewer than the recipe has if training stopped early.
    pub epochs: usize,
    /// The epoch whose parameters became the head.
    pub kept_epoch: usize,
    /// Its weights whose code is the largest or the smallest of their format.
    pub weights_at_limits: usize,
    /// On the validation split, in integers; absent without a split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// On the test set with unrounded weights and activations.
    pub test_accuracy_float: f64,
    /// On the test set in the arithmetic of the hardware.
    pub test_accuracy: f64,
    /// One an exit; absent without exits. The accuracies above are those of the trunk alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<ExitReport>,
    /// On the validation split, if the first exit that may answer does, or else the trunk; absent
    /// without exits or without a split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy_with_exits: Option<f64>,
    /// Likewise on the test set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_accuracy_with_exits: Option<f64>,
}

/// One exit at the end of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExitReport {
    /// The trunk junction whose output feeds the branch.
    pub after: usize,
    /// Edges of the branch.
    pub edges: usize,
    /// Its edges and biases.
    pub parameters: usize,
    /// Its weights whose code is the largest or the smallest of their format.
    pub weights_at_limits: usize,
    /// When it answers.
    pub rule: Rule,
    /// What the rule compares with.
    pub threshold: i64,
    /// On the validation split, in integers; absent without a split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<ExitResult>,
    /// Of the branch for every frame of the test set, with unrounded weights and activations.
    pub test_accuracy_float: f64,
    /// On the test set, in integers.
    pub test: ExitResult,
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
