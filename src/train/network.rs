//! What is trained: the weights of the connected edges, and biases.

use super::error::TrainError;
use super::kernels;
use super::recipe::{ExitPlan, JunctionPlan, Recipe};
use crate::load::{self, HeadJunction, Split};
use crate::pattern::{Pattern, generate, junction_seed};
use crate::quantise::{
    Activation, Format, QuantHead, QuantJunction, QuantiseError, Rule, Source, branch,
    quantise_junction,
};
use crate::save::{self, FloatExit, FloatJunction};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// The bias that training starts from, as in the paper's code.
const FIRST_BIAS: f32 = 0.1;

/// Streams of the recipe's seed: what is drawn for one purpose does not depend on the others. The
/// first 2^32 are those of [`junction_seed`].
#[derive(Clone, Copy)]
pub enum Stream {
    /// The first weights of a junction, by its number: see [`branch_number`].
    Weights(usize),
    /// The order of samples.
    Order,
    /// Which samples validate.
    Validation,
    /// How the samples of an epoch, from 1, are shifted.
    Shifts(usize),
}

/// The generator for one purpose.
pub fn stream(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(match stream {
        Stream::Weights(j) => (1 << 32) + j as u64,
        Stream::Order => 2 << 32,
        Stream::Validation => 3 << 32,
        Stream::Shifts(epoch) => (4 << 32) + epoch as u64,
    });
    rng
}

/// The number by which junction `j` of the branch off trunk junction `after` draws; that of a trunk
/// junction is its place. Neither the trunk nor another branch changes what a branch draws.
fn branch_number(after: usize, j: usize) -> usize {
    ((after + 1) << 16) + j
}

/// How a junction computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// In floats as they are.
    Float,
    /// In floats that stand for the hardware's codes.
    Quantised,
}

/// One junction's parameters; memory is proportional to edges.
#[derive(Clone, Debug)]
pub struct Junction {
    /// Which left neuron feeds which right neuron.
    pub pattern: Pattern,
    /// One an edge, in right order.
    pub weights: Vec<f32>,
    /// One a right neuron.
    pub bias: Vec<f32>,
    /// Format of the activations that come in.
    pub input_format: Format,
    /// Format of the weights.
    pub weight_format: Format,
    /// Format of the activations that go out; `None` on the last junction of a chain.
    pub output_format: Option<Format>,
    /// The layer that feeds it: 0 is the input, `j + 1` what junction `j` gives.
    pub reads: usize,
    /// Whether it passes no gradient to that layer.
    pub detached: bool,
}

/// The junctions of the trunk and of the branches of early exits: a tree.
#[derive(Clone, Debug)]
pub struct Network {
    /// Those of the trunk, from the input on, never none; then those of each branch. A junction
    /// reads a layer that the input or one before it gives.
    pub junctions: Vec<Junction>,
    /// How many of them are the trunk's.
    pub trunk: usize,
    /// In ascending order of where they begin.
    pub branches: Vec<Branch>,
}

/// The branch of an early exit.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The trunk junction whose output feeds it.
    pub after: usize,
    /// Its junctions among those of the [`Network`].
    pub junctions: Range<usize>,
    /// What its loss is multiplied by.
    pub loss_weight: f32,
    /// When it answers.
    pub rule: Rule,
    /// What the rule compares with.
    pub threshold: i64,
}

/// Values with the shape of a network's parameters.
#[derive(Clone, Debug)]
pub struct Values {
    /// One an edge, in right order, by junction.
    pub weights: Vec<Vec<f32>>,
    /// One a right neuron, by junction.
    pub bias: Vec<Vec<f32>>,
}

impl Values {
    /// All of them 0.
    pub fn zeros(network: &Network) -> Self {
        let of = |size: fn(&Junction) -> usize| {
            network.junctions.iter().map(|j| vec![0.0; size(j)]).collect()
        };
        Self { weights: of(|j| j.weights.len()), bias: of(|j| j.bias.len()) }
    }

    /// Adds other values, one to one.
    pub fn add(&mut self, other: &Self) {
        let own = self.weights.iter_mut().chain(&mut self.bias);
        for (own, other) in own.zip(other.weights.iter().chain(&other.bias)) {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
    }

    /// Multiplies all by one factor.
    pub fn scale(&mut self, factor: f32) {
        self.weights.iter_mut().chain(&mut self.bias).flatten().for_each(|v| *v *= factor);
    }
}

/// Whether the patterns of a recipe's trunk can be drawn.
///
/// # Errors
/// If there is none of the family for these layers, degrees and parallelism.
pub fn check_patterns(recipe: &Recipe) -> Result<(), TrainError> {
    Network::draw(&recipe.plan()?, &[], recipe.seed).map(drop)
}

impl Network {
    /// Draws patterns and first weights of a trunk and the branches of its exits: normal with
    /// variance `2/d_in` (He et al. 2015; a right neuron has `d_in` inputs, however large the left
    /// layer is).
    pub fn draw(trunk: &[JunctionPlan], exits: &[ExitPlan], seed: u64) -> Result<Self, TrainError> {
        let draw = |(j, plan)| Junction::draw(plan, seed, j, j, j);
        let mut junctions: Vec<_> = trunk.iter().enumerate().map(draw).collect::<Result<_, _>>()?;
        let mut branches = Vec::with_capacity(exits.len());
        for (i, exit) in exits.iter().enumerate() {
            let start = junctions.len();
            for (j, plan) in exit.junctions.iter().enumerate() {
                let reads = if j == 0 { exit.after + 1 } else { start + j };
                let drawn = Junction::draw(plan, seed, branch_number(exit.after, j), j, reads);
                let mut junction = drawn.map_err(|error| error.in_exit(i))?;
                junction.detached = exit.detach && j == 0;
                junctions.push(junction);
            }
            branches.push(Branch {
                after: exit.after,
                junctions: start..junctions.len(),
                loss_weight: exit.loss_weight,
                rule: exit.rule,
                threshold: exit.threshold,
            });
        }
        Ok(Self { junctions, trunk: trunk.len(), branches })
    }

    /// Neurons of each layer: the input, then what each junction gives.
    pub fn layers(&self) -> Vec<usize> {
        let right = self.junctions.iter().map(|j| j.pattern.right());
        std::iter::once(self.junctions[0].pattern.left()).chain(right).collect()
    }

    /// The layers of logits and what their losses are multiplied by: the trunk's, then each
    /// branch's.
    pub fn outputs(&self) -> impl Iterator<Item = (usize, f32)> {
        let branches = self.branches.iter().map(|b| (b.junctions.end, b.loss_weight));
        std::iter::once((self.trunk, 1.0)).chain(branches)
    }

    /// Weights and biases as a forward pass is to use them.
    pub fn effective(&self, precision: Precision, values: &mut Values) {
        for (j, junction) in self.junctions.iter().enumerate() {
            let (weights, bias) = (&mut values.weights[j], &mut values.bias[j]);
            weights.copy_from_slice(&junction.weights);
            bias.copy_from_slice(&junction.bias);
            if precision == Precision::Quantised {
                let f = junction.weight_format;
                let (lo, hi) = (f.min() as f32, f.max() as f32);
                kernels::quantise(weights, scale(f.frac), lo, hi);
                let frac = junction.acc_frac();
                for b in bias {
                    *b = (*b * self::scale(frac)).round_ties_even() * self::scale(-frac);
                }
            }
        }
    }

    /// The parameters as they are.
    pub fn parameters(&self) -> Values {
        let mut values = Values::zeros(self);
        self.effective(Precision::Float, &mut values);
        values
    }

    /// Takes parameters that [`Self::parameters`] gave.
    pub fn set_parameters(&mut self, values: &Values) {
        for (j, junction) in self.junctions.iter_mut().enumerate() {
            junction.weights.copy_from_slice(&values.weights[j]);
            junction.bias.copy_from_slice(&values.bias[j]);
        }
    }

    /// Sets the format of what junction `j` gives, which those that read it get, too.
    pub fn set_output_format(&mut self, j: usize, format: Format) {
        self.junctions[j].output_format = Some(format);
        let readers = self.junctions.iter_mut().filter(|reader| reader.reads == j + 1);
        readers.for_each(|reader| reader.input_format = format);
    }

    /// Whether every parameter is a number.
    pub fn is_finite(&self) -> bool {
        let finite = |values: &[f32]| values.iter().all(|v| v.is_finite());
        self.junctions.iter().all(|j| finite(&j.weights) && finite(&j.bias))
    }

    /// Keeps weights in the range of their format, where quantising them saturates none.
    pub fn clamp_weights(&mut self) {
        for junction in &mut self.junctions {
            let f = junction.weight_format;
            let (lo, hi) = (f.min() as f32 * f.unit() as f32, f.max() as f32 * f.unit() as f32);
            junction.weights.iter_mut().for_each(|w| *w = w.clamp(lo, hi));
        }
    }

    /// All of it in integers, exactly as [`quantise`](crate::quantise::quantise) makes it of the files
    /// that [`Self::files`] gives.
    ///
    /// # Errors
    /// If an accumulator or a bias is wider than the datapath takes, or an exit's threshold out of its
    /// logits' reach.
    pub fn quantised(&self, name: &str) -> Result<QuantHead, QuantiseError> {
        let trunk = self.junctions[..self.trunk].iter().enumerate();
        let trunk = trunk.map(|(j, junction)| junction.quantised(save::numbered(j)));
        let exit = |(i, exit): (usize, &Branch)| {
            let junctions = self.junctions[exit.junctions.clone()].iter().enumerate();
            let junctions = junctions.map(|(j, from)| from.quantised(save::exit_numbered(i, j)));
            let junctions = junctions.collect::<Result<_, _>>()?;
            branch(i, exit.after, exit.rule, exit.threshold, junctions)
        };
        Ok(QuantHead {
            name: name.to_owned(),
            inputs: self.junctions[0].pattern.left(),
            input_format: self.junctions[0].input_format,
            junctions: trunk.collect::<Result<_, _>>()?,
            exits: self.branches.iter().enumerate().map(exit).collect::<Result<_, _>>()?,
            split: None,
        })
    }

    /// The text of `head.toml` and the bytes of its tensors, in floats, with masks.
    pub fn files(&self, name: &str, split: Option<Split>) -> (String, Vec<u8>) {
        let exits = self.branches.iter().map(|branch| FloatExit {
            after: branch.after,
            rule: branch.rule,
            threshold: branch.threshold,
            junctions: as_saved(&self.junctions[branch.junctions.clone()]),
        });
        let exits: Vec<FloatExit<'_>> = exits.collect();
        let first = &self.junctions[0];
        let trunk = as_saved(&self.junctions[..self.trunk]);
        let (mut toml, tensors) =
            save::float_to_files(name, first.pattern.left(), first.input_format, &trunk, &exits);
        if let Some(Split { after }) = split {
            toml += &format!("\n[split]\nafter = {after}\n");
        }
        (toml, tensors)
    }
}

impl Junction {
    /// Draws pattern and weights by `number`; `place`, from 0 in its chain, is for the error.
    fn draw(
        plan: &JunctionPlan,
        seed: u64,
        number: usize,
        place: usize,
        reads: usize,
    ) -> Result<Self, TrainError> {
        let d = plan.degrees;
        let pattern_seed = junction_seed(seed, number);
        let pattern =
            generate(plan.family, d.left, d.right, d.d_out, plan.parallelism, pattern_seed)
                .map_err(|source| TrainError::Pattern { junction: place, source })?;
        let mut rng = stream(seed, Stream::Weights(number));
        let deviation = (2.0 / d.d_in as f64).sqrt();
        let weights = (0..d.edges()).map(|_| (normal(&mut rng) * deviation) as f32).collect();
        Ok(Self {
            pattern,
            weights,
            bias: vec![FIRST_BIAS; d.right],
            input_format: plan.input_format,
            weight_format: plan.weight_format.format,
            output_format: plan.output_format.map(|plan| plan.format),
            reads,
            detached: false,
        })
    }

    /// Binary places of the accumulator.
    fn acc_frac(&self) -> i32 {
        self.weight_format.frac + self.input_format.frac
    }

    fn activation(&self) -> Activation {
        if self.output_format.is_some() { Activation::Relu } else { Activation::Identity }
    }

    fn quantised(&self, names: [String; 3]) -> Result<QuantJunction, QuantiseError> {
        quantise_junction(&self.as_loaded(names))
    }

    /// What [`load`](crate::load) reads of it once it is saved under these names.
    fn as_loaded(&self, [weight, bias, _]: [String; 3]) -> HeadJunction {
        let floats =
            |values: &[f32]| load::Values::Floats(values.iter().map(|&v| v.into()).collect());
        HeadJunction {
            pattern: self.pattern.clone(),
            weights: floats(&self.weights),
            bias: floats(&self.bias),
            padding: 0,
            input_format: self.input_format,
            weight_format: self.weight_format,
            activation: self.activation(),
            output_format: self.output_format,
            source: Source { weight, bias },
        }
    }

    fn as_saved(&self) -> FloatJunction<'_> {
        FloatJunction {
            pattern: &self.pattern,
            weights: &self.weights,
            bias: &self.bias,
            weight_format: self.weight_format,
            activation: self.activation(),
            output_format: self.output_format,
        }
    }
}

fn as_saved(junctions: &[Junction]) -> Vec<FloatJunction<'_>> {
    junctions.iter().map(Junction::as_saved).collect()
}

/// `2^frac`.
pub fn scale(frac: i32) -> f32 {
    f64::from(frac).exp2() as f32
}

/// A draw of the standard normal distribution (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let u: f64 = 1.0 - rng.random::<f64>(); // in (0, 1]
    let v: f64 = rng.random();
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
