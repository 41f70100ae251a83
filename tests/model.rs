//! The reference model against a third program: three loops in 128-bit integers.

use clashfree::ids::Neuron;
use clashfree::model::{classify, requantise, run, trace};
use clashfree::pattern::Pattern;
use clashfree::quantise::{
    Activation, Format, MAX_ACC_BITS, QuantHead, QuantJunction, Saturated, Source, acc_bits,
};
use ndarray::Array2;
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a junction's accumulators and codes are, by the definition.
fn naive(head: &QuantHead, frame: &[i32]) -> Vec<(Vec<i128>, Option<Vec<i128>>)> {
    let mut left: Vec<i128> = frame.iter().map(|&c| c.into()).collect();
    let mut all = Vec::new();
    for j in &head.junctions {
        let mut sums = Vec::new();
        for r in 0..j.pattern.right() {
            let mut sum = i128::from(j.bias[r]);
            for (l, code) in left.iter().enumerate() {
                let row = j.pattern.row(Neuron::new(r));
                if let Some(k) = row.iter().position(|n| n.at() == l) {
                    sum += i128::from(j.weights[r * j.pattern.d_in() + k]) * code;
                }
            }
            sums.push(sum);
        }
        let codes = j.output_format.map(|f| {
            let shift = j.weight_format.frac + j.input_format.frac - f.frac;
            let lo = if j.activation == Activation::Relu { 0 } else { f.min() };
            let code = |&sum: &i128| {
                let q = match shift {
                    1.. => (sum + (1i128 << (shift - 1))).div_euclid(1 << shift),
                    _ => sum * (1i128 << -shift),
                };
                q.clamp(lo.into(), f.max().into())
            };
            sums.iter().map(code).collect::<Vec<_>>()
        });
        left = codes.clone().unwrap_or_default();
        all.push((sums, codes));
    }
    all
}

fn format(rng: &mut ChaCha8Rng) -> Format {
    // Widths where something changes, as often as all the others together.
    let bits = if rng.random() {
        rng.random_range(1..=16)
    } else {
        [1, 8, 15, 16][rng.random_range(0..4)]
    };
    Format { bits, frac: rng.random_range(-3..=8), signed: rng.random() }
}

fn value(rng: &mut ChaCha8Rng, format: Format, extremes: bool) -> i32 {
    let ends = [format.min(), format.max()];
    let value =
        if extremes { ends[rng.random_range(0..2)] } else { rng.random_range(ends[0]..=ends[1]) };
    value as i32
}

/// A pattern by shuffling the left ends until no right neuron has one twice.
fn pattern(rng: &mut ChaCha8Rng, left: usize, right: usize) -> Pattern {
    let gcd = (1..=left.min(right))
        .rfind(|&g| left.is_multiple_of(g) && right.is_multiple_of(g))
        .expect("1 divides");
    let d_out = rng.random_range(1..=gcd) * (right / gcd);
    let d_in = left * d_out / right;
    for _ in 0..200 {
        let mut ends: Vec<Neuron> =
            (0..left).flat_map(|l| std::iter::repeat_n(Neuron::new(l), d_out)).collect();
        ends.shuffle(rng);
        let rows: Vec<Vec<Neuron>> = ends.chunks(d_in).map(Into::into).collect();
        if let Ok(pattern) = Pattern::new(left, &rows) {
            return pattern;
        }
    }
    let all: Vec<Neuron> = (0..left).map(Neuron::new).collect();
    Pattern::new(left, &vec![all; right]).expect("full is structured")
}

/// A head with everything random, or nothing if an accumulator would be too wide.
fn head(seed: u64) -> Option<QuantHead> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let depth = rng.random_range(1..=4);
    let sizes: Vec<usize> = (0..=depth).map(|_| rng.random_range(1..=24)).collect();
    let input_format = format(rng);
    let mut junctions = Vec::new();
    let mut format_in = input_format;
    for (i, size) in sizes.windows(2).enumerate() {
        let pattern = pattern(rng, size[0], size[1]);
        let weight_format = Format { signed: true, ..format(rng) };
        let extremes = rng.random();
        let weights: Vec<i32> =
            (0..pattern.edges()).map(|_| value(rng, weight_format, extremes)).collect();
        let span = 1i64 << rng.random_range(0..40);
        let bias: Vec<i64> = (0..size[1]).map(|_| rng.random_range(-span..=span)).collect();
        let output_format = (i + 1 < depth).then(|| format(rng));
        let frac = weight_format.frac + format_in.frac;
        let shift = output_format.map_or(0, |f| frac - f.frac);
        let (bits, _) = acc_bits(&pattern, &weights, &bias, format_in, shift);
        if bits > MAX_ACC_BITS {
            return None;
        }
        junctions.push(QuantJunction {
            pattern,
            weights,
            bias,
            input_format: format_in,
            weight_format,
            activation: if rng.random() { Activation::Relu } else { Activation::Identity },
            output_format,
            acc_bits: bits,
            source: Source::default(),
            saturated: Saturated::default(),
        });
        if let Some(f) = output_format {
            format_in = f;
        }
    }
    Some(QuantHead::chain("random".into(), sizes[0], input_format, junctions))
}

fn frames(head: &QuantHead, seed: u64) -> Array2<i32> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    let extremes = rng.random();
    let n = rng.random_range(1..=70);
    Array2::from_shape_simple_fn((n, head.inputs), || value(rng, head.input_format, extremes))
}

proptest! {
    // A failure prints its seed; add that as a test of its own.
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn run_and_trace_equal_the_definition(seed: u64) {
        let Some(head) = head(seed) else { return Ok(()) };
        let frames = frames(&head, seed);
        let logits = run(&head, frames.view());
        for (frame, logits) in frames.rows().into_iter().zip(logits.rows()) {
            let frame = frame.to_vec();
            let expected = naive(&head, &frame);
            let trace = trace(&head, &frame);
            prop_assert_eq!(trace.junctions.len(), expected.len());
            for (t, (sums, codes)) in trace.junctions.iter().zip(&expected) {
                prop_assert!(t.accumulators.iter().map(|&v| i128::from(v)).eq(sums.iter().copied()));
                let found = t.codes.as_ref().map(|c| c.iter().map(|&v| i128::from(v)).collect());
                prop_assert_eq!(found.as_ref(), codes.as_ref());
            }
            prop_assert_eq!(logits.to_vec(), trace.logits());
        }
    }

    /// Shifts to the left of any size, and accumulators at both ends.
    #[test]
    fn requantise_equals_the_definition(
        acc in prop_oneof![any::<i32>().prop_map(i64::from), -(1i64 << 61)..1 << 61, -3i64..=3],
        shift in prop_oneof![-64i32..=62, -192i32..=62],
        lo in -32768i64..=0,
        hi in 0i64..=65535,
    ) {
        // Beyond 60 places to the left only the sign of what is not zero is left.
        let exact = match shift {
            1.. => (i128::from(acc) + (1 << (shift - 1))).div_euclid(1 << shift),
            _ => i128::from(acc) * (1 << (-shift).min(60)),
        };
        prop_assert_eq!(i128::from(requantise(acc, shift, (lo, hi))), exact.clamp(lo.into(), hi.into()));
    }

    /// The width is enough for every order, and one bit less is not: the extreme order is tried.
    #[test]
    fn accumulators_are_wide_enough_and_no_wider(seed: u64) {
        let Some(head) = head(seed) else { return Ok(()) };
        for j in &head.junctions {
            let round = match j.shift() { Some(s) if s > 0 => 1i128 << (s - 1), _ => 0 };
            let (mut lowest, mut highest) = (0, 0);
            for (r, &bias) in j.bias.iter().enumerate() {
                let (mut up, mut down) = (vec![], vec![]);
                for k in 0..j.pattern.d_in() {
                    let w = i128::from(j.weights[r * j.pattern.d_in() + k]);
                    for a in [j.input_format.min(), j.input_format.max()] {
                        up.push((k, w * i128::from(a)));
                        down.push((k, w * i128::from(a)));
                    }
                }
                let best = |all: &[(usize, i128)], k, sign: i128| {
                    all.iter().filter(|p| p.0 == k).map(|p| sign * p.1).max().unwrap_or(0).max(0)
                };
                let up: i128 = (0..j.pattern.d_in()).map(|k| best(&up, k, 1)).sum();
                let down: i128 = (0..j.pattern.d_in()).map(|k| best(&down, k, -1)).sum();
                let bias = i128::from(bias);
                for start in [0, bias, bias + round] {
                    highest = highest.max(start + up);
                    lowest = lowest.min(start - down);
                }
            }
            let fits = |bits: u32| {
                lowest >= -(1i128 << (bits - 1)) && highest < (1i128 << (bits - 1))
            };
            prop_assert!(fits(j.acc_bits), "{} bits for {lowest} to {highest}", j.acc_bits);
            prop_assert!(j.acc_bits == 2 || !fits(j.acc_bits - 1), "{} bits", j.acc_bits);
        }
    }
}

#[test]
fn the_lowest_class_wins_a_tie() {
    let decide = |logits: &[i64]| {
        let d = classify(logits);
        (d.class, d.margin)
    };
    assert_eq!(decide(&[3, 7, 7, 1]), (1, 0));
    assert_eq!(decide(&[7, 3, 5]), (0, 2));
    assert_eq!(decide(&[-9, -7, -8]), (1, 1));
    assert_eq!(decide(&[-5]), (0, 0));
    assert_eq!(decide(&[i64::MIN, i64::MAX]), (1, u64::MAX));
}
