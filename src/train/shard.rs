//! A shard of a batch on its way through the network and back.

use super::data::Examples;
use super::kernels::{self, Column, SHARD};
use super::network::{Network, Precision, Values, scale};
use crate::quantise::Format;
use multiversion::multiversion;

/// What one output made of some samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Sum of the losses, not weighted.
    pub loss: f64,
    /// How many were classified right.
    pub correct: usize,
}

impl Score {
    /// Adds that of other samples.
    pub fn add(&mut self, other: Self) {
        self.loss += other.loss;
        self.correct += other.correct;
    }
}

/// Everything one shard needs; made once, used for every batch.
pub struct Shard {
    /// Values of each layer, as [`Network::layers`] counts them: activations, or logits.
    layers: Vec<Vec<Column>>,
    /// What a gradient is multiplied by on its way back through each layer's activation; empty for
    /// the input and for logits.
    slopes: Vec<Vec<Column>>,
    /// Gradients by each layer's values; that of the input stays empty.
    deltas: Vec<Vec<Column>>,
    /// Which layers a backward pass has given a gradient.
    reached: Vec<bool>,
    /// A gradient on its way to a layer that another junction has given one.
    second: Vec<Column>,
    labels: Vec<u16>,
    /// Codes of the samples that are being loaded.
    codes: Vec<i16>,
    /// Gradients of the parameters, the sum over this shard's samples.
    pub gradients: Values,
    /// Of this shard's samples: the trunk's score, then each branch's.
    pub scores: Vec<Score>,
}

impl Shard {
    /// A shard without samples.
    pub fn new(network: &Network) -> Self {
        let sizes = network.layers();
        let columns = |size: usize| vec![Column::ZERO; size];
        let hidden = network.junctions.iter().map(|j| match j.output_format {
            Some(_) => columns(j.pattern.right()),
            None => Vec::new(),
        });
        let shared = network.branches.iter().map(|branch| sizes[branch.after + 1]);
        Self {
            layers: sizes.iter().map(|&size| columns(size)).collect(),
            slopes: std::iter::once(Vec::new()).chain(hidden).collect(),
            deltas: std::iter::once(0).chain(sizes[1..].iter().copied()).map(columns).collect(),
            reached: vec![false; sizes.len()],
            second: columns(shared.max().unwrap_or(0)),
            labels: Vec::with_capacity(SHARD),
            codes: vec![0; sizes[0] * kernels::SAMPLES],
            gradients: Values::zeros(network),
            scores: vec![Score::default(); network.outputs().count()],
        }
    }

    /// Takes in at most [`SHARD`] samples, as values `code·2^-frac`.
    pub fn load(&mut self, examples: &Examples, samples: &[u32], format: Format) {
        self.load_with(examples, samples, format, |_, _| ());
    }

    /// As [`Self::load`], after `change` did what it wants to the codes of each sample, counted from
    /// the first of these.
    pub fn load_with(
        &mut self,
        examples: &Examples,
        samples: &[u32],
        format: Format,
        change: impl Fn(usize, &mut [i16]),
    ) {
        let neurons = self.layers[0].len();
        for (group, samples) in samples.chunks(kernels::SAMPLES).enumerate() {
            let places = self.codes.chunks_exact_mut(neurons).zip(samples).enumerate();
            for (i, (codes, &sample)) in places {
                examples.copy_codes(sample as usize, codes);
                change(group * kernels::SAMPLES + i, codes);
            }
            let codes = &self.codes[..samples.len() * neurons];
            let first = group * kernels::SAMPLES;
            kernels::load(codes, first, format.unit() as f32, &mut self.layers[0]);
        }
        if samples.len() < SHARD {
            self.layers[0].iter_mut().for_each(|column| column[samples.len()..].fill(0.0));
        }
        self.labels.clear();
        self.labels.extend(samples.iter().map(|&s| examples.label(s as usize)));
    }

    /// Forward pass; sets `scores`.
    ///
    /// A quantised pass computes in floats, exactly as long as accumulators stay below `2^24`
    /// units; what is reported of a head is computed in integers (see [`super::evaluate`]).
    pub fn forward(&mut self, network: &Network, values: &Values, precision: Precision) {
        for (j, junction) in network.junctions.iter().enumerate() {
            let (left, right) = self.layers.split_at_mut(j + 1);
            let right = &mut right[0];
            let (weights, bias) = (&values.weights[j], &values.bias[j]);
            kernels::forward(&junction.pattern, weights, bias, &left[junction.reads], right);
            let format = junction.output_format.filter(|_| precision == Precision::Quantised);
            // Logits have no slopes, and stay as they are.
            for (column, slopes) in right.iter_mut().zip(&mut self.slopes[j + 1]) {
                activate(column, slopes, format);
            }
        }
        for ((layer, weight), score) in network.outputs().zip(&mut self.scores) {
            *score = classify(&self.layers[layer], &mut self.deltas[layer], &self.labels, weight);
        }
    }

    /// What the last forward pass gave for a layer, by neuron.
    pub fn layer(&self, layer: usize) -> &[Column] {
        &self.layers[layer]
    }

    /// Backward pass after [`Self::forward`]; sets `gradients`.
    pub fn backward(&mut self, network: &Network, values: &Values) {
        self.reached.fill(false);
        for (j, junction) in network.junctions.iter().enumerate().rev() {
            let (before, after) = self.deltas.split_at_mut(j + 1);
            let delta = &mut after[0];
            // All junctions that read the layer come later, and have given their gradients.
            for (delta, slopes) in delta.iter_mut().zip(&self.slopes[j + 1]) {
                delta.iter_mut().zip(slopes.iter()).for_each(|(delta, slope)| *delta *= slope);
            }
            let (weights, bias) = (&mut self.gradients.weights[j], &mut self.gradients.bias[j]);
            let reads = junction.reads;
            kernels::gradients(&junction.pattern, &self.layers[reads], delta, weights, bias);
            if reads == 0 || junction.detached {
                continue;
            }
            let left = &mut before[reads];
            if std::mem::replace(&mut self.reached[reads], true) {
                let second = &mut self.second[..left.len()];
                kernels::backward(&junction.pattern, &values.weights[j], delta, second);
                for (left, second) in left.iter_mut().zip(second) {
                    left.iter_mut().zip(second.iter()).for_each(|(left, second)| *left += *second);
                }
            } else {
                kernels::backward(&junction.pattern, &values.weights[j], delta, left);
            }
        }
    }
}

/// Softmax cross-entropy: losses, hits, and the gradient of `weight` times the loss by the logits.
fn classify(logits: &[Column], deltas: &mut [Column], labels: &[u16], weight: f32) -> Score {
    let mut largest = [f32::NEG_INFINITY; SHARD];
    for column in logits {
        largest.iter_mut().zip(column.iter()).for_each(|(m, x)| *m = m.max(*x));
    }
    let mut sums = [0.0; SHARD];
    for (delta, column) in deltas.iter_mut().zip(logits) {
        for s in 0..SHARD {
            delta[s] = kernels::exp(column[s] - largest[s]);
            sums[s] += delta[s];
        }
    }
    for delta in deltas.iter_mut() {
        delta.iter_mut().zip(&sums).for_each(|(d, sum)| *d /= sum);
        delta[labels.len()..].fill(0.0);
    }
    let mut score = Score::default();
    for (s, &label) in labels.iter().enumerate() {
        let logit = logits[usize::from(label)][s];
        score.loss += f64::from(sums[s]).ln() - f64::from(logit - largest[s]);
        let first_largest = logits.iter().position(|column| column[s] == largest[s]);
        score.correct += usize::from(first_largest == Some(usize::from(label)));
        deltas[usize::from(label)][s] -= 1.0;
    }
    deltas.iter_mut().flat_map(|d| d.iter_mut()).for_each(|delta| *delta *= weight);
    score
}

/// Rectifies, and with a format rounds half up and saturates as the hardware does. The gradient
/// passes where the exact value is inside the format's range.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn activate(column: &mut Column, slopes: &mut Column, format: Option<Format>) {
    let Some(format) = format else {
        for (x, slope) in column.iter_mut().zip(slopes.iter_mut()) {
            *slope = f32::from(u8::from(*x > 0.0));
            *x = x.max(0.0);
        }
        return;
    };
    let (up, down) = (scale(format.frac), scale(-format.frac));
    let top = format.max() as f32;
    for (x, slope) in column.iter_mut().zip(slopes.iter_mut()) {
        let scaled = *x * up;
        *slope = f32::from(u8::from(scaled > 0.0 && scaled < top));
        // What is clamped to be positive is truncated to its floor.
        *x = (scaled + 0.5).clamp(0.0, top) as i32 as f32 * down;
    }
}
