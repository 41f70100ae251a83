//! A shard of a batch on its way through the network and back.

use super::data::Examples;
use super::kernels::{self, Column, SHARD};
use super::network::{Network, Precision, Values, scale};
use crate::quantise::Format;

/// Everything one shard needs; made once, used for every batch.
pub struct Shard {
    /// Activations of each layer, the input first, logits last.
    layers: Vec<Vec<Column>>,
    /// What a gradient is multiplied by on its way back through each hidden layer's activation.
    slopes: Vec<Vec<Column>>,
    /// Gradients by each layer's values; that of the input stays empty.
    deltas: Vec<Vec<Column>>,
    labels: Vec<u16>,
    /// Gradients of the parameters, the sum over this shard's samples.
    pub gradients: Values,
    /// Sum of the losses of this shard's samples.
    pub loss: f64,
    /// How many of them were classified right.
    pub correct: usize,
}

impl Shard {
    /// A shard without samples.
    pub fn new(network: &Network) -> Self {
        let sizes = network.layers();
        let columns = |size: &usize| vec![[0.0; SHARD]; *size];
        let hidden = &sizes[1..sizes.len() - 1];
        let deltas = sizes[1..].iter().map(columns);
        Self {
            layers: sizes.iter().map(columns).collect(),
            slopes: hidden.iter().map(columns).collect(),
            deltas: std::iter::once(Vec::new()).chain(deltas).collect(),
            labels: Vec::with_capacity(SHARD),
            gradients: Values::zeros(network),
            loss: 0.0,
            correct: 0,
        }
    }

    /// Takes in at most [`SHARD`] samples, as values `code·2^-frac`.
    pub fn load(&mut self, examples: &Examples, samples: &[u32], format: Format) {
        let unit = format.unit() as f32;
        self.labels.clear();
        for (s, &sample) in samples.iter().enumerate() {
            let codes = examples.codes(sample as usize);
            for (column, &code) in self.layers[0].iter_mut().zip(codes) {
                column[s] = f32::from(code) * unit;
            }
            self.labels.push(examples.label(sample as usize));
        }
        if samples.len() < SHARD {
            self.layers[0].iter_mut().for_each(|column| column[samples.len()..].fill(0.0));
        }
    }

    /// Forward pass; sets `loss` and `correct`.
    ///
    /// A quantised pass computes in floats, exactly as long as accumulators stay below `2^24`
    /// units; what is reported of a head is computed in integers (see [`super::evaluate`]).
    pub fn forward(&mut self, network: &Network, values: &Values, precision: Precision) {
        let last = network.junctions.len() - 1;
        for (j, junction) in network.junctions.iter().enumerate() {
            let (left, right) = self.layers.split_at_mut(j + 1);
            let right = &mut right[0];
            let (weights, bias) = (&values.weights[j], &values.bias[j]);
            kernels::forward(&junction.pattern, weights, bias, &left[j], right);
            if j < last {
                let format = junction.output_format.filter(|_| precision == Precision::Quantised);
                for (column, slopes) in right.iter_mut().zip(&mut self.slopes[j]) {
                    activate(column, slopes, format);
                }
            }
        }
        self.classify();
    }

    /// What the last forward pass gave of the hidden layer behind junction `j`, by neuron.
    pub fn hidden(&self, j: usize) -> &[Column] {
        &self.layers[j + 1]
    }

    /// What the last forward pass gave, by class.
    #[cfg(test)]
    pub fn logits(&self) -> &[Column] {
        &self.layers[self.layers.len() - 1]
    }

    /// Softmax cross-entropy: losses, hits, and the gradient by the logits.
    fn classify(&mut self) {
        let logits = &self.layers[self.layers.len() - 1];
        let deltas = self.deltas.last_mut().expect("a network has an output layer");
        let mut largest = [f32::NEG_INFINITY; SHARD];
        for column in logits {
            largest.iter_mut().zip(column).for_each(|(m, x)| *m = m.max(*x));
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
            delta[self.labels.len()..].fill(0.0);
        }
        self.loss = 0.0;
        self.correct = 0;
        for (s, &label) in self.labels.iter().enumerate() {
            let logit = logits[usize::from(label)][s];
            self.loss += f64::from(sums[s]).ln() - f64::from(logit - largest[s]);
            let first_largest = logits.iter().position(|column| column[s] == largest[s]);
            self.correct += usize::from(first_largest == Some(usize::from(label)));
            deltas[usize::from(label)][s] -= 1.0;
        }
    }

    /// Backward pass after [`Self::forward`]; sets `gradients`.
    pub fn backward(&mut self, network: &Network, values: &Values) {
        for (j, junction) in network.junctions.iter().enumerate().rev() {
            let (before, after) = self.deltas.split_at_mut(j + 1);
            let (weights, bias) = (&mut self.gradients.weights[j], &mut self.gradients.bias[j]);
            kernels::gradients(&junction.pattern, &self.layers[j], &after[0], weights, bias);
            if j > 0 {
                let left = &mut before[j];
                kernels::backward(&junction.pattern, &values.weights[j], &after[0], left);
                for (left, slopes) in left.iter_mut().zip(&self.slopes[j - 1]) {
                    left.iter_mut().zip(slopes).for_each(|(left, slope)| *left *= slope);
                }
            }
        }
    }
}

/// Rectifies, and with a format rounds half up and saturates as the hardware does. The gradient
/// passes where the exact value is inside the format's range.
fn activate(column: &mut Column, slopes: &mut Column, format: Option<Format>) {
    let Some(format) = format else {
        for (x, slope) in column.iter_mut().zip(slopes) {
            *slope = f32::from(u8::from(*x > 0.0));
            *x = x.max(0.0);
        }
        return;
    };
    let (up, down) = (scale(format.frac), scale(-format.frac));
    let top = format.max() as f32;
    for (x, slope) in column.iter_mut().zip(slopes) {
        let scaled = *x * up;
        *slope = f32::from(u8::from(scaled > 0.0 && scaled < top));
        // What is clamped to be positive is truncated to its floor.
        *x = (scaled + 0.5).clamp(0.0, top) as i32 as f32 * down;
    }
}
