//! The inner loops: a fixed-degree junction on a shard of samples.
//!
//! Activations are stored by neuron, each a column of [`SHARD`] samples, so that every loop over
//! samples is contiguous and an edge costs one column operation: no index is looked up per sample.

use crate::ids::Neuron;
use crate::pattern::Pattern;
use multiversion::multiversion;
use std::ops::{Deref, DerefMut};

/// Samples in a shard. A power of two large enough for vector units, small enough that the columns
/// of an 800-neuron layer stay in a core's second cache; fixed, since it fixes the order of sums.
pub const SHARD: usize = 64;

/// One neuron's values for the samples of a shard.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Column([f32; SHARD]);

impl Column {
    /// All 0.
    pub const ZERO: Self = Self([0.0; SHARD]);
}

const ONES: Column = Column([1.0; SHARD]);

impl Deref for Column {
    type Target = [f32; SHARD];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Column {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// `right[r] = bias[r] + Σ weight[e]·left[l(e)]` over the edges `e` of `r`.
///
/// Weights are in right order, `[edges]`; `left` is `[N_l]`, `right` and `bias` are `[N_r]`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn forward(
    pattern: &Pattern,
    weights: &[f32],
    bias: &[f32],
    left: &[Column],
    right: &mut [Column],
) {
    let d_in = pattern.d_in();
    let mut done = 0;
    if d_in == left.len() {
        for right in right.as_chunks_mut().0 {
            let rows: [&[f32]; ROWS] =
                std::array::from_fn(|i| &weights[(done + i) * d_in..][..d_in]);
            let bias = std::array::from_fn(|i| bias[done + i]);
            dense(bias, left, right, |l| rows.map(|row| row[l]));
            done += ROWS;
        }
    }
    let rows = weights.chunks_exact(d_in).zip(bias).enumerate().skip(done);
    for ((r, (weights, &bias)), right) in rows.zip(&mut right[done..]) {
        let mut sums = [bias; SHARD];
        for (l, &w) in pattern.row(Neuron::new(r)).iter().zip(weights) {
            for (sum, x) in sums.iter_mut().zip(left[l.at()].iter()) {
                *sum += w * x;
            }
        }
        **right = sums;
    }
}

/// Rows of a fully connected junction that are computed at a time, so that each column that is read
/// is used as often.
const ROWS: usize = 4;

/// `sums[i] = first[i] + Σ weights(k)[i]·terms[k]`.
#[inline(always)]
fn dense(
    first: [f32; ROWS],
    terms: &[Column],
    sums: &mut [Column; ROWS],
    weights: impl Fn(usize) -> [f32; ROWS],
) {
    /// Samples that are kept in registers, of each row.
    const BLOCK: usize = 16;
    for start in (0..SHARD).step_by(BLOCK) {
        let mut block = first.map(|first| [first; BLOCK]);
        for (k, term) in terms.iter().enumerate() {
            for (block, w) in block.iter_mut().zip(weights(k)) {
                for (sum, x) in block.iter_mut().zip(&term[start..start + BLOCK]) {
                    *sum += w * x;
                }
            }
        }
        for (sums, block) in sums.iter_mut().zip(&block) {
            sums[start..start + BLOCK].copy_from_slice(block);
        }
    }
}

/// The gradients of weights and biases, `weight[e] = Σ delta[r]·left[l(e)]` over samples.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn gradients(
    pattern: &Pattern,
    left: &[Column],
    delta: &[Column],
    weights: &mut [f32],
    bias: &mut [f32],
) {
    let mut sums = Sums([0.0; WIDE * GROUP]);
    let mut halves = Sums([0.0; WIDE * GROUP]);
    let rows = weights.chunks_exact_mut(pattern.d_in()).zip(bias).enumerate();
    for ((r, (weights, bias)), delta) in rows.zip(delta) {
        // A copy, which the compiler knows to stay the same: it keeps it in registers.
        let delta = &{ *delta };
        let row = pattern.row(Neuron::new(r));
        for (row, weights) in row.chunks(GROUP).zip(weights.chunks_mut(GROUP)) {
            for (l, sums) in row.iter().zip(sums.0.chunks_exact_mut(WIDE)) {
                dot(delta, &left[l.at()], sums);
            }
            totals(&mut sums, &mut halves, weights);
        }
        dot(delta, &ONES, &mut sums.0[..WIDE]);
        totals(&mut sums, &mut halves, std::slice::from_mut(bias));
    }
}

/// Sums that vector units carry side by side.
const WIDE: usize = 16;

/// Edges whose sums are finished together.
const GROUP: usize = 64;

/// Room for the sums of a group, in whole registers.
#[repr(align(64))]
struct Sums([f32; WIDE * GROUP]);

/// The sum of products of every [`WIDE`]th sample.
#[inline(always)]
fn dot(a: &Column, b: &Column, sums: &mut [f32]) {
    let mut own = [0.0; WIDE];
    for (a, b) in a.chunks_exact(WIDE).zip(b.chunks_exact(WIDE)) {
        for ((sum, a), b) in own.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.copy_from_slice(&own);
}

/// The total of each [`WIDE`] sums: of neighbours, of neighbouring pairs, and so on.
#[inline(always)]
fn totals(sums: &mut Sums, halves: &mut Sums, totals: &mut [f32]) {
    let n = totals.len();
    add_pairs(&sums.0[..16 * n], &mut halves.0[..8 * n]);
    add_pairs(&halves.0[..8 * n], &mut sums.0[..4 * n]);
    add_pairs(&sums.0[..4 * n], &mut halves.0[..2 * n]);
    add_pairs(&halves.0[..2 * n], totals);
}

#[inline(always)]
fn add_pairs(from: &[f32], to: &mut [f32]) {
    for (to, [a, b]) in to.iter_mut().zip(from.as_chunks().0) {
        *to = a + b;
    }
}

/// `left[l] = Σ weight[e]·delta[r(e)]` over the edges `e` of `l`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn backward(pattern: &Pattern, weights: &[f32], delta: &[Column], left: &mut [Column]) {
    let d_in = pattern.d_in();
    let mut done = 0;
    if d_in == left.len() {
        for left in left.as_chunks_mut().0 {
            let column = |r: usize| std::array::from_fn(|i| weights[r * d_in + done + i]);
            dense([0.0; ROWS], delta, left, column);
            done += ROWS;
        }
    }
    left[done..].fill(Column::ZERO);
    for ((r, weights), delta) in weights.chunks_exact(d_in).enumerate().zip(delta) {
        let row = pattern.row(Neuron::new(r)).iter().zip(weights);
        // Left neurons ascend, and of a fully connected junction none is left out.
        for (l, &w) in row.skip(done) {
            for (left, d) in left[l.at()].iter_mut().zip(delta.iter()) {
                *left += w * d;
            }
        }
    }
}

/// Neurons whose codes are transposed at a time: a cache line of each sample.
const TILE: usize = 32;

/// Samples whose codes are transposed at a time: a cache line of each column.
pub const SAMPLES: usize = 16;

/// `columns[n][first + s] = codes[s·N + n]·unit` for at most [`SAMPLES`] samples of `N` neurons.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn load(codes: &[i16], first: usize, unit: f32, columns: &mut [Column]) {
    let neurons = columns.len();
    let samples = codes.len() / neurons;
    let tiled = neurons / TILE * TILE;
    let mut mirrored = [[0; SAMPLES]; TILE];
    for (tile, columns) in columns.chunks_exact_mut(TILE).enumerate() {
        for (four, rows) in codes.chunks(4 * neurons).enumerate() {
            let mut rows = rows.chunks_exact(neurons);
            let four_words = std::array::from_fn(|_| {
                rows.next().map_or([0; WORDS], |row| words(&row[tile * TILE..][..TILE]))
            });
            for (i, words) in transposed(four_words).into_iter().enumerate() {
                for (mirrored, word) in mirrored.chunks_exact_mut(4).zip(words) {
                    let to = &mut mirrored[i][4 * four..4 * four + 4];
                    to.copy_from_slice(&[0, 16, 32, 48].map(|shift| (word >> shift) as i16));
                }
            }
        }
        for (column, codes) in columns.iter_mut().zip(&mirrored) {
            let column = column[first..first + samples].iter_mut().zip(codes);
            column.for_each(|(x, &code)| *x = f32::from(code) * unit);
        }
    }
    for (n, column) in columns.iter_mut().enumerate().skip(tiled) {
        for (x, row) in column[first..].iter_mut().zip(codes.chunks_exact(neurons)) {
            *x = f32::from(row[n]) * unit;
        }
    }
}

/// Words of four codes in a tile.
const WORDS: usize = TILE / 4;

/// Four codes in each word, the first lowest.
#[inline(always)]
fn words(codes: &[i16]) -> [u64; WORDS] {
    let word = |codes: &[i16]| codes.iter().rev().fold(0, |w, &c| w << 16 | u64::from(c as u16));
    std::array::from_fn(|k| word(&codes[4 * k..4 * k + 4]))
}

/// Squares of 4 by 4 codes, each mirrored at its diagonal: halves of words change places, then
/// quarters (Warren, Hacker's Delight, 7-3).
#[inline(always)]
fn transposed<const N: usize>(mut words: [[u64; N]; 4]) -> [[u64; N]; 4] {
    for (step, shift, mask) in [(2, 32, 0xFFFF_FFFF), (1, 16, 0xFFFF_0000_FFFF)] {
        for i in (0..4).filter(|i| i & step == 0) {
            let (upper, lower) = words.split_at_mut(i + step);
            for (a, b) in upper[i].iter_mut().zip(&mut lower[0]) {
                let change = (*a >> shift ^ *b) & mask;
                *b ^= change;
                *a ^= change << shift;
            }
        }
    }
    words
}

/// Rounds to a multiple of `1/scale`, ties to even, within `lo` and `hi` of those.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn quantise(values: &mut [f32], scale: f32, lo: f32, hi: f32) {
    let unit = 1.0 / scale;
    for v in values {
        *v = (*v * scale).round_ties_even().clamp(lo, hi) * unit;
    }
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
    use crate::pattern::{Family, generate};

    /// Numbers of either sign that no sum repeats.
    fn number(i: usize) -> f32 {
        ((i * 7919 + 13) % 2003) as f32 / 1001.0 - 1.0
    }

    fn columns(count: usize, first: usize) -> Vec<Column> {
        let column = |n| Column(std::array::from_fn(|s| number(first + n * SHARD + s)));
        (0..count).map(column).collect()
    }

    #[track_caller]
    fn close(found: f32, expected: f64, terms: usize) {
        let error = (f64::from(found) - expected).abs();
        assert!(error < 2e-7 * terms as f64, "{found} instead of {expected}, {terms} terms");
    }

    /// Every edge by itself, in doubles; degrees and sizes that fill no register, and full ones.
    #[test]
    fn kernels_are_plain_sums() {
        for (left, right, d_out) in [
            (1, 1, 1),
            (6, 4, 2),
            (35, 7, 3),
            (5, 3, 3),
            (13, 11, 11),
            (16, 8, 8),
            (70, 5, 5),
            (266, 14, 7),
        ] {
            let pattern = generate(Family::RandomStructured, left, right, d_out, None, 3).unwrap();
            let weights: Vec<f32> = (0..pattern.edges()).map(number).collect();
            let bias: Vec<f32> = (0..right).map(|r| number(r + 500)).collect();
            let (x, delta) = (columns(left, 7), columns(right, 900));
            let d_in = pattern.d_in();
            // Number and left neuron of each edge of `r`.
            let edges =
                |r: usize| (r * d_in..).zip(pattern.row(Neuron::new(r))).map(|(e, l)| (e, l.at()));

            let mut sums = columns(right, 0);
            forward(&pattern, &weights, &bias, &x, &mut sums);
            let mut back = columns(left, 0);
            backward(&pattern, &weights, &delta, &mut back);
            let mut expected_back = vec![[0.0; SHARD]; left];
            for s in 0..SHARD {
                for r in 0..right {
                    let product =
                        |(e, l): (usize, usize)| f64::from(weights[e]) * f64::from(x[l][s]);
                    let expected = f64::from(bias[r]) + edges(r).map(product).sum::<f64>();
                    close(sums[r][s], expected, d_in + 1);
                    for (e, l) in edges(r) {
                        expected_back[l][s] += f64::from(weights[e]) * f64::from(delta[r][s]);
                    }
                }
                for l in 0..left {
                    close(back[l][s], expected_back[l][s], d_out);
                }
            }

            let (mut by_weight, mut by_bias) = (vec![9.0; weights.len()], vec![9.0; right]);
            gradients(&pattern, &x, &delta, &mut by_weight, &mut by_bias);
            for r in 0..right {
                let of = |column: &Column| column.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
                let delta = of(&delta[r]);
                close(by_bias[r], delta.iter().sum(), SHARD);
                for (e, l) in edges(r) {
                    let products = of(&x[l]).into_iter().zip(&delta).map(|(x, d)| x * d);
                    close(by_weight[e], products.sum(), SHARD);
                }
            }
        }
    }

    #[test]
    fn loading_mirrors_the_codes() {
        for (neurons, samples) in [(1, 1), (31, 16), (32, 3), (77, 13), (800, 16)] {
            let code = |s: usize, n: usize| ((s * 5003 + n * 17) % 65_521) as i16;
            let codes: Vec<i16> =
                (0..samples * neurons).map(|i| code(i / neurons, i % neurons)).collect();
            for first in [0, 16, 48] {
                let before = columns(neurons, 0);
                let mut after = before.clone();
                load(&codes, first, 0.25, &mut after);
                for (n, (after, before)) in after.iter().zip(&before).enumerate() {
                    for s in 0..SHARD {
                        let inside = (first..first + samples).contains(&s);
                        let expected =
                            if inside { f32::from(code(s - first, n)) / 4.0 } else { before[s] };
                        assert_eq!(after[s], expected, "{neurons} neurons, {n}, {s}");
                    }
                }
            }
        }
    }

    #[test]
    fn quantising_rounds_ties_to_even_and_saturates() {
        let mut values = [0.0, 0.124, 0.125, 0.375, -0.125, -0.375, 7.9, -9.0, 0.626];
        quantise(&mut values, 4.0, -8.0, 7.0);
        assert_eq!(values, [0.0, 0.0, 0.0, 0.5, 0.0, -0.5, 1.75, -2.0, 0.75]);
    }

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
