//! Recipes: what to train on what, in TOML.

mod exit;
mod formats;
mod one_or_many;
mod schedule;

pub use exit::{ExitPlan, ExitRecipe};
pub use formats::{ActivationFormat, FormatPlan, InputRecipe, WeightFormat};
pub use one_or_many::OneOrMany;
pub use schedule::{EarlyStopping, Keep, Schedule};

use super::augment::Augment;
use super::error::TrainError;
use crate::load::{MAX_CELLS, MAX_NEURONS, Split};
use crate::pattern::{Degrees, Family, GenerateError, MAX_EDGES};
use crate::quantise::Format;
use formats::check_format;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The most classes: what a packet's class field, and a label's 16 bits here, tell apart.
const MAX_CLASSES: usize = 1 << 16;

/// A recipe, as in its file. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Of the head: `[A-Za-z][A-Za-z0-9_-]*`, at most 64 characters.
    pub name: String,
    /// All that is random follows from it.
    pub seed: u64,
    /// Neurons of each layer, the input first, the classes last.
    pub neurons: Vec<usize>,
    /// Out-degree of each junction.
    pub out_degrees: Vec<usize>,
    /// Pattern family, one for all junctions or one for each.
    pub pattern: OneOrMany<Family>,
    /// Banks and lanes of each junction, for clash-free families.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<Vec<usize>>,
    /// Format of the weights, one for all junctions or one for each.
    pub weight_format: OneOrMany<WeightFormat>,
    /// Format of the hidden activations, one for all layers or one for each.
    pub activation_format: OneOrMany<ActivationFormat>,
    /// Passes over the training samples.
    pub epochs: usize,
    /// How many of them, the first, compute in floats.
    pub warmup: usize,
    /// Samples in a step.
    #[serde(default = "default_batch")]
    pub batch: usize,
    /// Of Adam, at the first step.
    pub learning_rate: f64,
    /// How it falls, besides `decay`.
    #[serde(default)]
    pub schedule: Schedule,
    /// How many epochs, the first, the rate takes to rise to what `schedule` says, step by step.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ramp: usize,
    /// The rate is divided by `1 + decay·t` at step `t`.
    #[serde(default = "default_decay")]
    pub decay: f64,
    /// `l2·Σw²` is added to the loss.
    #[serde(default)]
    pub l2: f64,
    /// Shifts of training images; none without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augment: Option<Augment>,
    /// Training samples, drawn by the seed, that are kept out to validate; may be 0.
    pub validation: usize,
    /// When to stop before the last epoch; never without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// Which epoch becomes the head; see [`Self::keeps`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
    /// The input layer.
    pub input: InputRecipe,
    /// The samples.
    pub data: DataPaths,
    /// Branches of early exits, in ascending order of `after`.
    #[serde(default, rename = "exit", skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<ExitRecipe>,
    /// Where the head file is to say that the head ends; training does not use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

fn default_batch() -> usize {
    256
}

fn default_decay() -> f64 {
    1e-5
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

/// `.npy` files, `file.npz:key` or IDX, plain or gzipped, by paths from the recipe's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPaths {
    /// To train and validate on.
    pub train_images: PathBuf,
    /// Their classes.
    pub train_labels: PathBuf,
    /// To report on, and for nothing else.
    pub test_images: PathBuf,
    /// Their classes.
    pub test_labels: PathBuf,
}

/// One junction of a checked recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JunctionPlan {
    /// Layers and degrees.
    pub degrees: Degrees,
    /// What to draw the pattern from.
    pub family: Family,
    /// Banks and lanes, if the recipe has any.
    pub parallelism: Option<usize>,
    /// Format of the activations that come in.
    pub input_format: Format,
    /// Format of the weights.
    pub weight_format: FormatPlan,
    /// Format of the activations that go out; `None` on the last junction.
    pub output_format: Option<FormatPlan>,
}

impl Recipe {
    /// Reads and checks a recipe; its data paths stay relative to its folder.
    ///
    /// # Errors
    /// If the file cannot be read or a key is wrong.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let read = |source| TrainError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let recipe: Self = toml::from_str(&text).map_err(|e| TrainError::Parse {
            path: path.to_owned(),
            message: e.to_string().trim_end().to_owned(),
        })?;
        recipe.check()?;
        Ok(recipe)
    }

    /// Whether it can be trained and saved, as far as that can be told without data.
    ///
    /// # Errors
    /// If a key has a value that cannot be, alone or with the others.
    pub fn check(&self) -> Result<(), TrainError> {
        self.exit_plans(&self.plan()?)?;
        self.check_split()?;
        self.fits_head_file()
    }

    /// The junctions, from the input on, after checking every key.
    ///
    /// # Errors
    /// If a key has a value that cannot be, alone or with the others.
    pub fn plan(&self) -> Result<Vec<JunctionPlan>, TrainError> {
        self.check_name()?;
        self.check_numbers()?;
        if let Some(augment) = self.augment {
            augment.check(self.neurons[0])?;
        }
        let junctions = self.neurons.len() - 1;
        same_length("out_degrees", self.out_degrees.len(), junctions)?;
        let families = self.pattern.spread(junctions, "pattern")?;
        let weights = self.weight_format.spread(junctions, "weight_format")?;
        let hidden = self.activation_format.spread(junctions - 1, "activation_format")?;
        if let Some(list) = &self.parallelism {
            same_length("parallelism", list.len(), junctions)?;
        }
        check_format("input.format", self.input.format)?;
        let format = self.input.format;
        if format.max() > i64::from(i16::MAX) {
            return key("input.format", format!("is {format}; unsigned codes may have 15 bits"));
        }
        let weights: Vec<FormatPlan> =
            weights.into_iter().map(WeightFormat::plan).collect::<Result<_, _>>()?;
        let hidden: Vec<FormatPlan> =
            hidden.into_iter().map(ActivationFormat::plan).collect::<Result<_, _>>()?;
        self.check_open("weight_format", &weights)?;
        self.check_open("activation_format", &hidden)?;
        let mut plan = Vec::with_capacity(junctions);
        for j in 0..junctions {
            let (left, right) = (self.neurons[j], self.neurons[j + 1]);
            let degrees = Degrees::new(left, right, self.out_degrees[j])
                .map_err(|e| TrainError::Pattern { junction: j, source: GenerateError::from(e) })?;
            plan.push(JunctionPlan {
                degrees,
                family: families[j],
                parallelism: self.parallelism.as_ref().map(|list| list[j]),
                input_format: if j == 0 { self.input.format } else { hidden[j - 1].format },
                weight_format: weights[j],
                output_format: hidden.get(j).copied(),
            });
        }
        let edges: usize = plan.iter().map(|p| p.degrees.edges()).sum();
        if edges as u64 > MAX_EDGES {
            return Err(TrainError::Edges { edges });
        }
        Ok(plan)
    }

    /// Checks that there is a warm-up to choose open formats after.
    fn check_open(&self, name: &'static str, formats: &[FormatPlan]) -> Result<(), TrainError> {
        if self.warmup == 0 && formats.iter().any(|plan| plan.open) {
            return key(
                name,
                "has no frac, which is chosen at the end of the warm-up, and `warmup` is 0; give \
                 one of them",
            );
        }
        Ok(())
    }

    /// Whether a head file, which has weights as whole matrices, can hold what the recipe trains.
    fn fits_head_file(&self) -> Result<(), TrainError> {
        layers_fit(&self.neurons)?;
        for (i, exit) in self.exits.iter().enumerate() {
            // The plan was made, so the layer is there.
            let shared = self.neurons[exit.after + 1];
            let layers: Vec<usize> = [shared].into_iter().chain(exit.neurons.clone()).collect();
            layers_fit(&layers).map_err(|error| error.in_exit(i))?;
        }
        Ok(())
    }

    fn check_name(&self) -> Result<(), TrainError> {
        let mut letters = self.name.chars();
        let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
        let rest = letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !first || !rest || self.name.len() > 64 {
            return key(
                "name",
                format!(
                    "is {:?}; it must be a letter, then letters, digits, `_` or `-`, at most 64",
                    self.name
                ),
            );
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), TrainError> {
        if self.neurons.len() < 2 {
            return key("neurons", "must list at least two layers");
        }
        let classes = self.neurons[self.neurons.len() - 1];
        if classes > MAX_CLASSES {
            return key(
                "neurons",
                format!("ends with {classes}; there may be {MAX_CLASSES} classes"),
            );
        }
        if self.epochs == 0 || self.epochs > 1_000_000 {
            return key("epochs", format!("is {}; it must be 1 to 1000000", self.epochs));
        }
        if self.warmup > self.epochs {
            return key("warmup", format!("is {} of {} epochs", self.warmup, self.epochs));
        }
        if self.batch == 0 || self.batch > 1 << 20 {
            return key("batch", format!("is {}; it must be 1 to {}", self.batch, 1 << 20));
        }
        let rate = self.learning_rate;
        if !rate.is_finite() || rate <= 0.0 {
            return key("learning_rate", format!("is {rate}; it must be a number above 0"));
        }
        for (name, value) in [("decay", self.decay), ("l2", self.l2)] {
            if !value.is_finite() || value < 0.0 {
                return key(name, format!("is {value}; it must be 0 or a number above"));
            }
        }
        self.check_schedule()
    }
}

impl DataPaths {
    /// The same from another folder.
    pub fn within(&self, folder: &Path) -> Self {
        Self {
            train_images: folder.join(&self.train_images),
            train_labels: folder.join(&self.train_labels),
            test_images: folder.join(&self.test_images),
            test_labels: folder.join(&self.test_labels),
        }
    }
}

fn layers_fit(layers: &[usize]) -> Result<(), TrainError> {
    if let Some(size) = layers.iter().find(|&&n| n > MAX_NEURONS) {
        return key("neurons", format!("lists {size}; a layer may have 1 to {MAX_NEURONS}"));
    }
    for (junction, pair) in layers.windows(2).enumerate() {
        let (left, right) = (pair[0], pair[1]);
        if left * right > MAX_CELLS {
            return Err(TrainError::TooLarge { junction, left, right });
        }
    }
    Ok(())
}

fn same_length(name: &'static str, found: usize, junctions: usize) -> Result<(), TrainError> {
    if found == junctions {
        return Ok(());
    }
    key(name, format!("lists {found} values; `neurons` makes {junctions} junctions"))
}

fn key<T>(key: &'static str, problem: impl Into<String>) -> Result<T, TrainError> {
    Err(TrainError::Key { key, problem: problem.into() })
}
