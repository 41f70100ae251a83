//! The training loop.

use super::adam::Adam;
use super::data::Examples;
use super::error::TrainError;
use super::evaluate::{self, ExitDecisions, ExitResult};
use super::kernels::SHARD;
use super::metrics::{self, EpochRecord, ExitRecord, ExitReport, Phase, TrainReport};
use super::network::{Branch, Network, Precision, Stream, Values, stream};
use super::recipe::{Recipe, Schedule};
use super::shard::{Score, Shard};
use crate::quantise::{Format, QuantHead, QuantJunction};
use rand::seq::SliceRandom;
use rayon::prelude::*;

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
    let mut epochs = Vec::with_capacity(recipe.epochs);
    for epoch in 1..=recipe.epochs {
        let record = run.epoch(epoch)?;
        watch(&record);
        epochs.push(record);
    }
    let report = run.report(test)?;
    let (toml, safetensors) = run.network.files(&recipe.name);
    let metrics = metrics::to_lines(recipe, &epochs, &report);
    Ok(Trained { toml, safetensors, metrics, report })
}

struct Run<'a> {
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
    shuffle: rand_chacha::ChaCha8Rng,
    steps: usize,
}

impl<'a> Run<'a> {
    fn new(recipe: &'a Recipe, training: &'a Examples) -> Result<Self, TrainError> {
        let trunk = recipe.plan()?;
        let network = Network::draw(&trunk, &recipe.exit_plans(&trunk)?, recipe.seed)?;
        // Formats that cannot be show here, before any work is done.
        network.quantised_exits(&network.quantised(&recipe.name)?)?;
        if recipe.validation >= training.len() {
            let problem =
                format!("is {} of {} training samples", recipe.validation, training.len());
            return Err(TrainError::Key { key: "validation", problem });
        }
        let samples = u32::try_from(training.len())
            .expect("samples were held in memory within the loader's limits");
        let mut order: Vec<u32> = (0..samples).collect();
        order.shuffle(&mut stream(recipe.seed, Stream::Validation));
        let kept_out = order.split_off(training.len() - recipe.validation);
        let validation = if kept_out.is_empty() { None } else { Some(training.subset(&kept_out)) };
        let shards = recipe.batch.min(order.len()).div_ceil(SHARD);
        Ok(Self {
            adam: Adam::new(&network),
            values: Values::zeros(&network),
            gradients: Values::zeros(&network),
            shards: (0..shards).map(|_| Shard::new(&network)).collect(),
            shuffle: stream(recipe.seed, Stream::Order),
            steps: 0,
            recipe,
            training,
            order,
            validation,
            network,
        })
    }

    fn input_format(&self) -> Format {
        self.recipe.input.format
    }

    fn epoch(&mut self, epoch: usize) -> Result<EpochRecord, TrainError> {
        let precision =
            if epoch <= self.recipe.warmup { Precision::Float } else { Precision::Quantised };
        if epoch == self.recipe.warmup + 1 {
            self.network.clamp_weights();
        }
        let mut order = std::mem::take(&mut self.order);
        order.shuffle(&mut self.shuffle);
        let mut rate = 0.0;
        let mut totals = vec![Score::default(); self.network.outputs().count()];
        let classes = self.network.layers().last().map_or(2, |n| *n).max(2);
        let most = DIVERGED * (classes as f64).ln();
        for batch in order.chunks(self.recipe.batch) {
            rate = self.rate(order.len().div_ceil(self.recipe.batch));
            for (total, score) in totals.iter_mut().zip(self.step(batch, precision, rate)) {
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
        let samples = self.order.len() as f64;
        let mut outputs =
            totals.iter().zip(self.validate(precision)?).map(|(total, accuracy)| ExitRecord {
                loss: total.loss / samples,
                train_accuracy: total.correct as f64 / samples,
                validation_accuracy: accuracy,
            });
        let trunk = outputs.next().expect("the trunk has an output");
        Ok(EpochRecord {
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
        })
    }

    fn diverged(&self, epoch: usize, loss: f64) -> TrainError {
        TrainError::Diverged { epoch, loss, learning_rate: self.recipe.learning_rate }
    }

    /// The learning rate of the next step.
    fn rate(&self, steps_per_epoch: usize) -> f64 {
        let t = self.steps as f64;
        let total = (self.recipe.epochs * steps_per_epoch) as f64;
        let rate = self.recipe.learning_rate / (1.0 + self.recipe.decay * t);
        match self.recipe.schedule {
            Schedule::Cosine => rate * 0.5 * (1.0 + (std::f64::consts::PI * t / total).cos()),
            Schedule::Constant => rate,
        }
    }

    /// One step of Adam; returns the score of each output.
    fn step(&mut self, batch: &[u32], precision: Precision, rate: f64) -> Vec<Score> {
        let Self { network, values, shards, training, .. } = self;
        let format = self.recipe.input.format;
        network.effective(precision, values);
        let shards = &mut shards[..batch.len().div_ceil(SHARD)];
        shards.par_iter_mut().zip(batch.par_chunks(SHARD)).for_each(|(shard, samples)| {
            shard.load(training, samples, format);
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
                let heads = self.quantised()?;
                heads.iter().map(|head| evaluate::evaluate(head, &examples)).collect()
            }
        };
        self.validation = Some(examples);
        Ok(accuracies.into_iter().map(Some).collect())
    }

    /// What each output computes in integers: the trunk, then the exits.
    fn quantised(&self) -> Result<Vec<QuantHead>, TrainError> {
        let trunk = self.network.quantised(&self.recipe.name)?;
        let exits = self.network.quantised_exits(&trunk)?;
        Ok(std::iter::once(trunk).chain(exits).collect())
    }

    /// The share that each output classifies right without any rounding.
    fn float_accuracies(&mut self, examples: &Examples) -> Vec<f64> {
        let format = self.input_format();
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

    fn report(&mut self, test: &Examples) -> Result<TrainReport, TrainError> {
        let heads = self.quantised()?;
        let float = self.float_accuracies(test);
        let on_test = self.results(&heads, test);
        let on_validation = self.validation.as_ref().map(|split| self.results(&heads, split));
        let exit = |(i, branch): (usize, &Branch)| {
            let size = Size::of(&heads[i + 1].junctions[branch.after + 1..]);
            ExitReport {
                after: branch.after,
                edges: size.edges,
                parameters: size.parameters,
                weights_at_limits: size.at_limits,
                rule: branch.rule,
                threshold: branch.threshold,
                validation: on_validation.as_ref().map(|results| results.exits[i].clone()),
                test_accuracy_float: float[i + 1],
                test: on_test.exits[i].clone(),
            }
        };
        let exits: Vec<ExitReport> = self.network.branches.iter().enumerate().map(exit).collect();
        let with_exits = |results: &Results| (!exits.is_empty()).then_some(results.whole);
        let size = Size::of(&heads[0].junctions);
        Ok(TrainReport {
            name: self.recipe.name.clone(),
            edges: size.edges,
            parameters: size.parameters,
            weights_at_limits: size.at_limits,
            validation_accuracy: on_validation.as_ref().map(|results| results.trunk),
            test_accuracy_float: float[0],
            test_accuracy: on_test.trunk,
            validation_accuracy_with_exits: on_validation.as_ref().and_then(with_exits),
            test_accuracy_with_exits: with_exits(&on_test),
            exits,
        })
    }

    /// What the trunk and the exits, as [`Self::quantised`] gives them, make of `examples`.
    fn results(&self, heads: &[QuantHead], examples: &Examples) -> Results {
        let trunk = evaluate::decide(&heads[0], examples);
        let exits = self.network.branches.iter().zip(&heads[1..]).map(|(branch, head)| {
            let decisions = evaluate::decide(head, examples);
            ExitDecisions { rule: branch.rule, threshold: branch.threshold, decisions }
        });
        let exits: Vec<ExitDecisions> = exits.collect();
        let (exits, whole) = evaluate::with_exits(&trunk, &exits, examples);
        Results { trunk: evaluate::accuracy(&trunk, examples), exits, whole }
    }
}

/// Accuracies in integers on one set of examples.
struct Results {
    trunk: f64,
    exits: Vec<ExitResult>,
    /// Of the first exit that answers, or else the trunk.
    whole: f64,
}

/// How large a chain is.
struct Size {
    edges: usize,
    parameters: usize,
    /// Weights at the limits of their format.
    at_limits: usize,
}

impl Size {
    fn of(junctions: &[QuantJunction]) -> Self {
        let edges = junctions.iter().map(|j| j.weights.len()).sum();
        let biases: usize = junctions.iter().map(|j| j.bias.len()).sum();
        let at_limits = junctions.iter().map(|j| {
            let (lo, hi) = (j.weight_format.min(), j.weight_format.max());
            j.weights.iter().filter(|&&w| i64::from(w) == lo || i64::from(w) == hi).count()
        });
        Self { edges, parameters: edges + biases, at_limits: at_limits.sum() }
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
