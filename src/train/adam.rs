//! Adam (Kingma and Ba 2015), as the paper's code has it.

use super::network::{Network, Values};
use multiversion::multiversion;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// Keras's default, which the paper's code used.
const EPSILON: f32 = 1e-7;

/// First and second moments of every parameter.
#[derive(Clone, Debug)]
pub struct Adam {
    pub(super) first: Values,
    pub(super) second: Values,
    /// `BETA_1^t` and `BETA_2^t`.
    pub(super) powers: (f64, f64),
}

impl Adam {
    pub fn new(network: &Network) -> Self {
        Self { first: Values::zeros(network), second: Values::zeros(network), powers: (1.0, 1.0) }
    }

    /// One step against the gradients, with `l2·Σw²` added to the loss.
    pub fn step(&mut self, network: &mut Network, gradients: &Values, rate: f64, l2: f32) {
        self.powers.0 *= f64::from(BETA_1);
        self.powers.1 *= f64::from(BETA_2);
        let rate = (rate * (1.0 - self.powers.1).sqrt() / (1.0 - self.powers.0)) as f32;
        for (j, junction) in network.junctions.iter_mut().enumerate() {
            let moments = (&mut self.first.weights[j], &mut self.second.weights[j]);
            update(&mut junction.weights, &gradients.weights[j], moments, rate, 2.0 * l2);
            let moments = (&mut self.first.bias[j], &mut self.second.bias[j]);
            update(&mut junction.bias, &gradients.bias[j], moments, rate, 0.0);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn update(
    parameters: &mut [f32],
    gradients: &[f32],
    (first, second): (&mut Vec<f32>, &mut Vec<f32>),
    rate: f32,
    decay: f32,
) {
    let moments = first.iter_mut().zip(second.iter_mut());
    for ((p, g), (m, v)) in parameters.iter_mut().zip(gradients).zip(moments) {
        let g = g + decay * *p;
        *m += (1.0 - BETA_1) * (g - *m);
        *v += (1.0 - BETA_2) * (g * g - *v);
        *p -= rate * *m / (v.sqrt() + EPSILON);
    }
}
