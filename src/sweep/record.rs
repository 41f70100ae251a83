//! What is known of one training: a line of `results.jsonl`.

use super::error::SweepError;
use super::file::{Row, Training};
use crate::error::Error;
use crate::load;
use crate::lower::{Control, Interface};
use crate::manifest::sha256;
use crate::packet::ResultKind;
use crate::quantise::{QuantHead, quantise};
use crate::schedule::{Budget, Preferences, arrange};
use crate::train::{Recipe, Trained};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bits of the stream for which cycles and multipliers are counted: that of `compile`.
const BUS: u32 = 64;

/// One training. Accuracies are in parts of 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// SHA-256 of the recipe without its name: see [`hash`].
    pub recipe_sha256: String,
    /// The run that it was trained for first.
    pub name: String,
    /// Its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Values of the keys that were varied, but for the seed.
    pub varied: BTreeMap<String, toml::Value>,
    /// Of the recipe.
    pub seed: u64,
    /// On the validation split, in the hardware's arithmetic; absent without a split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// On the test set, with unrounded weights and activations.
    pub test_accuracy_float: f64,
    /// On the test set, in the hardware's arithmetic.
    pub test_accuracy: f64,
    /// Edges and biases.
    pub parameters: u64,
    /// Edges of all junctions.
    pub edges: u64,
    /// Bits of all weights: edges times bits of a weight, added over junctions.
    pub weight_bits: u64,
    /// Edges times bits of a weight times bits of an activation that comes in, added over junctions.
    pub bit_products: u64,
    /// What it takes in hardware, where `cycles` asks for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<Hardware>,
    /// Version that trained it.
    pub clashfree: String,
}

/// What the compiler makes of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// The budget asked for.
    pub budget: usize,
    /// Clock cycles a frame, of the slowest junction.
    pub cycles: usize,
    /// Lanes of all junctions: a multiplier each.
    pub multipliers: usize,
}

impl Record {
    /// Whether it says all that a row wants to know.
    pub fn answers(&self, row: &Row) -> bool {
        row.cycles.is_none() || self.hardware.map(|h| h.budget) == row.cycles
    }

    /// What there is to say of a trained head. It is read from its files, as anybody else would.
    pub(super) fn of(
        row: &Row,
        training: &Training,
        trained: &Trained,
    ) -> Result<Self, SweepError> {
        let head = read_back(trained)?;
        let hardware = row.cycles.map(|budget| hardware(&head, budget)).transpose();
        let hardware = hardware
            .map_err(|e| SweepError::Hardware { training: row.label(), source: Box::new(e) })?;
        let sum = |bits: fn(u64, u64) -> u64| {
            let junctions = head.junctions.iter();
            junctions
                .map(|j| {
                    let (weight, input) = (j.weight_format.bits, j.input_format.bits);
                    j.weights.len() as u64 * bits(weight.into(), input.into())
                })
                .sum()
        };
        Ok(Self {
            recipe_sha256: training.hash.clone(),
            name: row.name.clone(),
            group: row.group.clone(),
            varied: row.varied.clone(),
            seed: training.recipe.seed,
            validation_accuracy: trained.report.validation_accuracy,
            test_accuracy_float: trained.report.test_accuracy_float,
            test_accuracy: trained.report.test_accuracy,
            parameters: trained.report.parameters as u64,
            edges: trained.report.edges as u64,
            weight_bits: sum(|weight, _| weight),
            bit_products: sum(|weight, input| weight * input),
            hardware,
            clashfree: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}

/// SHA-256 of a recipe as JSON, keys sorted, without its name: heads differ in nothing else by it.
pub fn hash(recipe: &Recipe) -> String {
    let mut json = serde_json::to_value(recipe).expect("recipes are plain data");
    if let Some(keys) = json.as_object_mut() {
        keys.remove("name");
    }
    sha256(json.to_string().as_bytes())
}

/// The head that the files of a training hold.
fn read_back(trained: &Trained) -> Result<QuantHead, SweepError> {
    let write = |source| SweepError::Write { path: std::env::temp_dir(), source };
    let folder = tempfile::tempdir().map_err(write)?;
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes);
    put(crate::save::HEAD, trained.toml.as_bytes()).map_err(write)?;
    put(crate::save::TENSORS, &trained.safetensors).map_err(write)?;
    let float = load::head(folder.path()).expect("a head that was trained just now can be read");
    Ok(quantise(&float).expect("a head that was evaluated in integers becomes integers"))
}

/// Cycles and lanes at a budget, which is cut to what the head can use.
fn hardware(head: &QuantHead, budget: usize) -> Result<Hardware, Error> {
    let most = head.junctions.iter().map(|j| j.weights.len()).max().unwrap_or(1);
    let interface = Interface { bus_bits: BUS, result: ResultKind::Logits, control: Control::Auto };
    let per_beat = interface.bus(head)?.codes_per_beat();
    let cycles = Budget::Cycles(budget.min(most));
    let arranged = arrange(head, &cycles, &Preferences::default(), per_beat)?;
    let schedules = arranged.schedules.iter();
    Ok(Hardware {
        budget,
        cycles: schedules.clone().map(|s| s.cycles()).max().unwrap_or(0),
        multipliers: schedules.map(|s| s.lanes()).sum(),
    })
}
