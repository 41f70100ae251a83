//! The inner loops: a fixed-degree junction on a shard of samples.
//!
//! Activations are stored by neuron, each a column of [`SHARD`] samples, so that every loop over
//! samples is contiguous and an edge costs one column operation: no index is looked up per sample.

use crate::ids::Neuron;
use crate::pattern::Pattern;

/// Samples in a shard. A power of two large enough for vector units, small enough that the columns
/// of an 800-neuron layer stay in a core's second cache; fixed, since it fixes the order of sums.
pub const SHARD: usize = 64;

/// Samples kept in registers while a right neuron's edges are added up.
const BLOCK: usize = 32;

/// One neuron's values for the samples of a shard.
pub type Column = [f32; SHARD];

/// `right[r] = bias[r] + Σ weight[e]·left[l(e)]` over the edges `e` of `r`.
///
/// Weights are in right order, `[edges]`; `left` is `[N_l]`, `right` and `bias` are `[N_r]`.
pub fn forward(
    pattern: &Pattern,
    weights: &[f32],
    bias: &[f32],
    left: &[Column],
    right: &mut [Column],
) {
    let rows = weights.chunks_exact(pattern.d_in()).zip(bias).enumerate();
    for ((r, (weights, &bias)), right) in rows.zip(right) {
        let row = pattern.row(Neuron::new(r));
        for start in (0..SHARD).step_by(BLOCK) {
            let mut sums = [bias; BLOCK];
            for (l, &w) in row.iter().zip(weights) {
                for (sum, x) in sums.iter_mut().zip(&left[l.at()][start..start + BLOCK]) {
                    *sum += w * x;
                }
            }
            right[start..start + BLOCK].copy_from_slice(&sums);
        }
    }
}

/// The gradients of weights and biases, `weight[e] = Σ delta[r]·left[l(e)]` over samples.
pub fn gradients(
    pattern: &Pattern,
    left: &[Column],
    delta: &[Column],
    weights: &mut [f32],
    bias: &mut [f32],
) {
    let rows = weights.chunks_exact_mut(pattern.d_in()).zip(bias).enumerate();
    for ((r, (weights, bias)), delta) in rows.zip(delta) {
        for (l, w) in pattern.row(Neuron::new(r)).iter().zip(weights) {
            *w = dot(delta, &left[l.at()]);
        }
        *bias = dot(delta, &[1.0; SHARD]);
    }
}

/// `left[l] = Σ weight[e]·delta[r(e)]` over the edges `e` of `l`.
pub fn backward(pattern: &Pattern, weights: &[f32], delta: &[Column], left: &mut [Column]) {
    left.fill([0.0; SHARD]);
    for ((r, weights), delta) in weights.chunks_exact(pattern.d_in()).enumerate().zip(delta) {
        for (l, &w) in pattern.row(Neuron::new(r)).iter().zip(weights) {
            for (left, d) in left[l.at()].iter_mut().zip(delta) {
                *left += w * d;
            }
        }
    }
}

/// A sum in a fixed order that vector units can follow.
fn dot(a: &Column, b: &Column) -> f32 {
    const WIDE: usize = 16;
    let mut sums = [0.0f32; WIDE];
    for (a, b) in a.chunks_exact(WIDE).zip(b.chunks_exact(WIDE)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let mut width = WIDE / 2;
    while width > 0 {
        for i in 0..width {
            sums[i] += sums[i + width];
        }
        width /= 2;
    }
    sums[0]
}

/// `e^x` for `x ≤ 0` to within 2 units in the last place, and the same bits on every machine, which
/// the system's `expf` does not promise. Range reduction and polynomial after Cephes (Moshier).
pub fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.max(-87.0);
    let n = (x * std::f32::consts::LOG2_E - 0.5) as i32; // truncation towards 0 rounds here
    let r = x - n as f32 * LN2_HIGH - n as f32 * LN2_LOW;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_6e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    p * f32::from_bits(((n + 127) << 23) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate() {
        for i in 0..87_000 {
            let x = i as f32 * -1e-3;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2.4e-7, "exp({x}): relative error {error}");
        }
        assert_eq!(exp(0.0), 1.0);
    }
}
