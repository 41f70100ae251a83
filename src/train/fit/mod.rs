//! The training loop.

mod checkpoint;
mod formats;
mod report;
#[cfg(test)]
mod tests;

pub use checkpoint::Snapshot;

use super::adam::Adam;
use super::augment::Shift;
use super::data::Examples;
use super::error::TrainError;
use super::evaluate::Results;
use super::kernels::SHARD;
use super::metrics::{self, EpochRecord, ExitRecord, Phase, TrainReport};
use super::network::{Network, Precision, Stream, Values, stream};
use super::recipe::{Keep, Recipe};
use super::shard::{Score, Shard};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::cell::OnceCell;

/// A loss this many times that of guessing, `ln(classes)`, is a divergence.
const DIVERGED: f64 = 20.0;

/// The files of a trained head, and what to say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// `head.toml`.
    pub toml: String,
    /// `head.safetensors`.
    pub safetensors: Vec<u8>,
    /// `metrics.jsonl`.
    pub metrics: String,
    /// The end of it.
    pub report: TrainReport,
}

/// Trains by a recipe on `training`, of which the recipe's validation split is kept out, and
/// reports on `test`, which is used for nothing else. `watch` sees every epoch as it ends.
///
/// # Errors
/// If the recipe cannot be, the split leaves nothing to train on, or the loss diverges.
///
/// # Panics
/// If the examples have not one code a neuron of the recipe's first layer, or a label that is no
/// neuron of its last.
pub fn train(
    recipe: &Recipe,
    training: &Examples,
    test: &Examples,
    watch: &mut dyn FnMut(&EpochRecord),
) -> Result<Trained, TrainError> {
    let mut run = Run::new(recipe, training)?;
    while !run.is_done() {
        if let Some(record) = run.epoch(&|| false)? {
            watch(record);
        }
    }
    run.finish(test)
}

/// A training run, an epoch at a time: what [`train`] does, for callers that keep checkpoints or
/// may have to stop.
pub struct Run<'a> {
    recipe: &'a Recipe,
    training: &'a Examples,
    /// Samples to train on, in the order of the current epoch.
    order: Vec<u32>,
    /// Samples kept out, with data of their own to [`evaluate`].
    validation: Option<Examples>,
    network: Network,
    adam: Adam,
    /// Parameters as the current step uses them.
    values: Values,
    gradients: Values,
    shards: Vec<Shard>,
    shuffle: ChaCha8Rng,
    steps: usize,
    /// The epochs that have ended.
    records: Vec<EpochRecord>,
    /// Of the quantised epochs, if the recipe asks for it.
    best: Option<Best>,
    /// Of the training data, once a checkpoint needs it.
    digest: OnceCell<String>,
}

/// The epoch with the best validation accuracy, the first of several.
#[derive(Clone, Debug)]
struct Best {
    epoch: usize,
    accuracy: f64,
    parameters: Values,
}

impl<'a> Run<'a> {
    /// A run before its first epoch.
    ///
    /// # Errors
    /// If the recipe cannot be, or its validation split leaves nothing to train on.
    pub fn new(recipe: &'a Recipe, training: &'a Examples) -> Result<Self, TrainError> {
        let trunk = recipe.plan()?;
        let network = Network::draw(&trunk, &recipe.exit_plans(&trunk)?, recipe.seed)?;
        // Formats that cannot be show here, before any work is done.
        network.quantised(&recipe.name)?;
        let (order, kept_out) = recipe.parts(training.len())?;
        let validation = if kept_out.is_empty() { None } else { Some(training.subset(&kept_out)) };
        let shards = recipe.batch.min(order.len()).div_ceil(SHARD);
        Ok(Self {
            adam: Adam::new(&network),
            values: Values::zeros(&network),
            gradients: Values::zeros(&network),
            shards: (0..shards).map(|_| Shard::new(&network)).collect(),
            shuffle: stream(recipe.seed, Stream::Order),
            steps: 0,
            records: Vec::new(),
            best: None,
            digest: OnceCell::new(),
            recipe,
            training,
            order,
            validation,
            network,
        })
    }

    /// The epochs that have ended.
    pub fn records(&self) -> &[EpochRecord] {
        &self.records
    }

    /// Whether no epoch is left: all have ended, or the recipe's patience has.
    pub fn is_done(&self) -> bool {
        let ended = self.records.len();
        let waited = self.best.as_ref().map_or(0, |best| ended - best.epoch);
        let patience = self.recipe.early_stopping.map_or(usize::MAX, |stop| stop.patience);
        ended >= self.recipe.epochs || waited >= patience
    }

    /// Runs one more epoch, unless `stop`, which is asked before every step, says so: then the
    /// answer is `None`, and the run is of no more use, but a [`Snapshot`] from before is.
    ///
    /// # Errors
    /// If the loss diverges; or if the formats, chosen at the end of the warm-up, make numbers that
    /// are wider than the datapath takes.
    pub fn epoch(
        &mut self,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<&EpochRecord>, TrainError> {
        // From inside the pool no step has to wake it.
        rayon::scope(|_| self.steps_of_epoch(stop))
    }

    fn steps_of_epoch(
        &mut self,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<&EpochRecord>, TrainError> {
        let epoch = self.records.len() + 1;
        let precision =
            if epoch <= self.recipe.warmup { Precision::Float } else { Precision::Quantised };
        if epoch == self.recipe.warmup + 1 {
            self.network.clamp_weights();
        }
        let steps_per_epoch = self.steps_per_epoch();
        let mut order = std::mem::take(&mut self.order);
        order.shuffle(&mut self.shuffle);
        let mut rate = 0.0;
        let mut totals = vec![Score::default(); self.network.outputs().count()];
        let classes = self.network.layers().last().map_or(2, |n| *n).max(2);
        let most = DIVERGED * (classes as f64).ln();
        let shifts = self.recipe.augment.map(|augment| {
            augment.draw(order.len(), stream(self.recipe.seed, Stream::Shifts(epoch)))
        });
        for (b, batch) in order.chunks(self.recipe.batch).enumerate() {
            if stop() {
                return Ok(None);
            }
            rate = self.recipe.rate(self.steps, steps_per_epoch);
            let shifts = shifts.as_ref().map(|all| &all[b * self.recipe.batch..][..batch.len()]);
            for (total, score) in totals.iter_mut().zip(self.step(batch, shifts, precision, rate)) {
                total.add(score);
                let mean = score.loss / batch.len() as f64;
                if mean.is_nan() || mean > most {
                    return Err(self.diverged(epoch, mean));
                }
            }
        }
        // Rectifying and rounding hide what is not a number from the loss.
        if !self.network.is_finite() {
            return Err(self.diverged(epoch, totals[0].loss / order.len() as f64));
        }
        self.order = order;
        if epoch == self.recipe.warmup {
            self.choose_formats()?;
        }
        let samples = self.order.len() as f64;
        let mut outputs =
            totals.iter().zip(self.validate(precision)?).map(|(total, accuracy)| ExitRecord {
                loss: total.loss / samples,
                train_accuracy: total.correct as f64 / samples,
                validation_accuracy: accuracy,
            });
        let trunk = outputs.next().expect("the trunk has an output");
        let record = EpochRecord {
            epoch,
            phase: match precision {
                Precision::Float => Phase::Float,
                Precision::Quantised => Phase::Quantised,
            },
            learning_rate: rate,
            loss: trunk.loss,
            train_accuracy: trunk.train_accuracy,
            validation_accuracy: trunk.validation_accuracy,
            exits: outputs.collect(),
        };
        self.keep_best(&record);
        self.records.push(record);
        Ok(self.records.last())
    }

    fn steps_per_epoch(&self) -> usize {
        self.order.len().div_ceil(self.recipe.batch)
    }

    fn diverged(&self, epoch: usize, loss: f64) -> TrainError {
        let learning_rate = self.recipe.learning_rate;
        TrainError::Diverged { epoch, loss, learning_rate, kept: None }
    }

    /// One step of Adam; returns the score of each output. `shifts` has one a sample, if any.
    fn step(
        &mut self,
        batch: &[u32],
        shifts: Option<&[Shift]>,
        precision: Precision,
        rate: f64,
    ) -> Vec<Score> {
        let augment = self.recipe.augment.zip(shifts);
        let Self { network, values, shards, training, .. } = self;
        let format = self.recipe.input.format;
        network.effective(precision, values);
        let shards = &mut shards[..batch.len().div_ceil(SHARD)];
        let work = shards.par_iter_mut().zip(batch.par_chunks(SHARD)).enumerate();
        work.for_each(|(i, (shard, samples))| {
            shard.load_with(training, samples, format, |s, codes| {
                if let Some((augment, shifts)) = augment {
                    augment.apply(shifts[i * SHARD + s], codes);
                }
            });
            shard.forward(network, values, precision);
            shard.backward(network, values);
        });
        // In the shards' order, whichever was ready first.
        self.gradients.clone_from(&shards[0].gradients);
        shards[1..].iter().for_each(|shard| self.gradients.add(&shard.gradients));
        self.gradients.scale(1.0 / batch.len() as f32);
        let scores = sum_of_scores(shards);
        self.adam.step(&mut self.network, &self.gradients, rate, self.recipe.l2 as f32);
        if precision == Precision::Quantised {
            self.network.clamp_weights();
        }
        self.steps += 1;
        scores
    }

    /// The share of the validation split that each output classifies right; none without a split.
    fn validate(&mut self, precision: Precision) -> Result<Vec<Option<f64>>, TrainError> {
        let Some(examples) = self.validation.take() else {
            return Ok(vec![None; self.network.outputs().count()]);
        };
        let accuracies = match precision {
            Precision::Float => self.float_accuracies(&examples),
            Precision::Quantised => {
                let head = self.network.quantised(&self.recipe.name)?;
                let results = Results::of(&head, &examples);
                let exits = results.exits.iter().map(|exit| exit.accuracy);
                std::iter::once(results.trunk).chain(exits).collect()
            }
        };
        self.validation = Some(examples);
        Ok(accuracies.into_iter().map(Some).collect())
    }

    /// Remembers the parameters after a quantised epoch that is better than all before it.
    fn keep_best(&mut self, record: &EpochRecord) {
        let wanted = self.recipe.early_stopping.is_some() || self.recipe.keeps() == Keep::Best;
        let Some(accuracy) = record.validation_accuracy else { return };
        let better = self.best.as_ref().is_none_or(|best| accuracy > best.accuracy);
        if wanted && better && record.phase == Phase::Quantised {
            let parameters = self.network.parameters();
            self.best = Some(Best { epoch: record.epoch, accuracy, parameters });
        }
    }

    /// The share that each output classifies right without any rounding.
    fn float_accuracies(&mut self, examples: &Examples) -> Vec<f64> {
        let format = self.recipe.input.format;
        let Self { network, values, shards, .. } = self;
        network.effective(Precision::Float, values);
        let samples: Vec<u32> = (0..examples.len() as u32).collect();
        let mut totals = vec![Score::default(); network.outputs().count()];
        for group in samples.chunks(SHARD * shards.len()) {
            let shards = &mut shards[..group.len().div_ceil(SHARD)];
            shards.par_iter_mut().zip(group.par_chunks(SHARD)).for_each(|(shard, samples)| {
                shard.load(examples, samples, format);
                shard.forward(network, values, Precision::Float);
            });
            let scores = sum_of_scores(shards);
            totals.iter_mut().zip(scores).for_each(|(total, score)| total.add(score));
        }
        totals.iter().map(|total| total.correct as f64 / examples.len() as f64).collect()
    }

    /// The head of the epoch that the recipe keeps, and the report on it.
    ///
    /// # Errors
    /// If an accumulator or a bias has become wider than the datapath takes.
    pub fn finish(mut self, test: &Examples) -> Result<Trained, TrainError> {
        let best = self.best.take().filter(|_| self.recipe.keeps() == Keep::Best);
        let kept_epoch = best.as_ref().map_or(self.records.len(), |best| best.epoch);
        if let Some(best) = best {
            self.network.set_parameters(&best.parameters);
        }
        let report = self.report(kept_epoch, test)?;
        let (toml, safetensors) = self.network.files(&self.recipe.name, self.recipe.split);
        let metrics = metrics::to_lines(self.recipe, &self.records, &report);
        Ok(Trained { toml, safetensors, metrics, report })
    }
}

impl Recipe {
    /// The numbers of the training samples out of `samples` that the first epoch begins with, before
    /// it shuffles them, and of those that are kept out to validate.
    ///
    /// # Errors
    /// If the validation split leaves nothing to train on.
    pub fn parts(&self, samples: usize) -> Result<(Vec<u32>, Vec<u32>), TrainError> {
        if self.validation >= samples {
            let problem = format!("is {} of {samples} training samples", self.validation);
            return Err(TrainError::Key { key: "validation", problem });
        }
        let count =
            u32::try_from(samples).expect("samples were held in memory within the loader's limits");
        let mut order: Vec<u32> = (0..count).collect();
        order.shuffle(&mut stream(self.seed, Stream::Validation));
        let kept_out = order.split_off(samples - self.validation);
        Ok((order, kept_out))
    }
}

/// The score of each output over the samples of all shards, added in the shards' order.
fn sum_of_scores(shards: &[Shard]) -> Vec<Score> {
    let mut sums = vec![Score::default(); shards[0].scores.len()];
    for shard in shards {
        sums.iter_mut().zip(&shard.scores).for_each(|(sum, score)| sum.add(*score));
    }
    sums
}
