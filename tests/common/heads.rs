//! Heads made up for tests: structured patterns, codes up to the limits of their formats.

use clashfree::bus::BUS_BITS;
use clashfree::lower::{Control, Interface};
use clashfree::model::{classify, compute};
use clashfree::packet::ResultKind;
use clashfree::pattern::{Degrees, Family, generate};
use clashfree::pipeline::{Compiled, SplitAt, Target, compile_quantised};
use clashfree::quantise::{Activation, Format, QuantHead, QuantJunction, Saturated, Source};
use clashfree::quantise::{MAX_BITS, Rule, acc_bits, branch};
use clashfree::schedule::{Budget, Preferences};
use clashfree::speed::Speed;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One junction to be.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    pub right: usize,
    pub d_out: usize,
    pub weight: Format,
    pub activation: Activation,
    /// Ignored on the last junction.
    pub output: Format,
}

pub fn unsigned(bits: u32, frac: i32) -> Format {
    Format { bits, frac, signed: false }
}

pub fn signed(bits: u32, frac: i32) -> Format {
    Format { bits, frac, signed: true }
}

/// A ReLU junction of 6-bit weights and 6-bit results.
pub fn relu(right: usize, d_out: usize) -> Layer {
    let (weight, output) = (signed(6, 4), unsigned(6, 2));
    Layer { right, d_out, weight, activation: Activation::Relu, output }
}

/// A random structured head; a third of the weights are at a limit of their format.
pub fn head(name: &str, inputs: usize, input: Format, layers: &[Layer], seed: u64) -> QuantHead {
    let families = vec![(Family::RandomStructured, None); layers.len()];
    head_of(name, inputs, input, layers, &families, seed)
}

/// The same with patterns of given families, each with the parallelism that it needs.
pub fn head_of(
    name: &str,
    inputs: usize,
    input: Format,
    layers: &[Layer],
    families: &[(Family, Option<usize>)],
    seed: u64,
) -> QuantHead {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut left, mut act) = (inputs, input);
    let last = layers.len() - 1;
    let junctions = layers.iter().enumerate().map(|(i, layer)| {
        let pattern_seed = rng.random();
        let (family, z) = families[i];
        let pattern = generate(family, left, layer.right, layer.d_out, z, pattern_seed)
            .expect("feasible degrees");
        let (lo, hi) = (layer.weight.min() as i32, layer.weight.max() as i32);
        let weight = |_| match rng.random_range(0..6) {
            0 => lo,
            1 => hi,
            _ => rng.random_range(lo..=hi),
        };
        let weights: Vec<i32> = (0..pattern.edges()).map(weight).collect();
        let most = 1i64 << (layer.weight.bits + act.bits);
        let bias: Vec<i64> = (0..layer.right).map(|_| rng.random_range(-most..=most)).collect();
        let mut junction = QuantJunction {
            pattern,
            weights,
            bias,
            input_format: act,
            weight_format: layer.weight,
            activation: if i == last { Activation::Identity } else { layer.activation },
            output_format: (i != last).then_some(layer.output),
            acc_bits: 0,
            source: Source { weight: format!("fc{i}.weight"), bias: format!("fc{i}.bias") },
            saturated: Saturated::default(),
        };
        let shift = junction.shift().unwrap_or(0);
        junction.acc_bits =
            acc_bits(&junction.pattern, &junction.weights, &junction.bias, act, shift).0;
        (left, act) = (layer.right, layer.output);
        junction
    });
    let junctions = junctions.collect();
    QuantHead::chain(name.to_owned(), inputs, input, junctions)
}

fn format(rng: &mut ChaCha8Rng, signed: bool) -> Format {
    // Narrow formats are what heads have; the widest must work, too.
    let most = if rng.random_bool(0.2) { MAX_BITS } else { 6 };
    let bits = rng.random_range(1..=most);
    Format { bits, frac: rng.random_range(-2..=bits as i32 + 2), signed }
}

/// A random head of layers of at most `most` neurons and at most `edges` edges a junction.
pub fn random(rng: &mut ChaCha8Rng, name: &str, most: usize, edges: usize) -> QuantHead {
    let junctions = rng.random_range(1..=4);
    let mut left = rng.random_range(1..=most);
    let inputs = left;
    let is_signed = rng.random_bool(0.3);
    let input = format(rng, is_signed);
    let mut layers = Vec::new();
    while layers.len() < junctions {
        let right = rng.random_range(1..=most);
        // Half of the time share a factor: coprime layers can only be fully connected.
        let right = if rng.random_bool(0.5) { right } else { left * rng.random_range(1..=3) };
        let right = right.clamp(1, most);
        let fit = |d: &Degrees| d.edges() <= edges;
        let all: Vec<Degrees> = Degrees::feasible(left, right).unwrap().filter(fit).collect();
        if all.is_empty() {
            continue;
        }
        let identity = rng.random_bool(0.4);
        let output = format(rng, identity);
        layers.push(Layer {
            right,
            d_out: all[rng.random_range(0..all.len())].d_out,
            weight: format(rng, true),
            activation: if identity { Activation::Identity } else { Activation::Relu },
            output,
        });
        left = right;
    }
    head(name, inputs, input, &layers, rng.random())
}

/// Frames of the smallest codes, of the largest, and of random ones.
pub fn frames(head: &QuantHead, n: usize, seed: u64) -> Array2<i32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (lo, hi) = (head.input_format.min() as i32, head.input_format.max() as i32);
    Array2::from_shape_fn((n, head.inputs), |(f, _)| match f {
        0 => lo,
        1 => hi,
        _ => rng.random_range(lo..=hi),
    })
}

/// A head of three junctions with an exit and a split behind the first; about half of [`frames`]
/// leave at the exit. `signed`: the split's layer has negative codes.
pub fn split_head(name: &str, signed: bool, seed: u64) -> QuantHead {
    let first = if signed {
        Layer { activation: Activation::Identity, output: self::signed(5, 1), ..relu(24, 4) }
    } else {
        relu(24, 4)
    };
    let mut split = head(name, 30, unsigned(4, 4), &[first, relu(12, 3), relu(5, 5)], seed);
    let exit = head(name, 24, first.output, &[relu(5, 5)], seed + 1);
    let after = |threshold| branch(0, 0, Rule::Margin, threshold, exit.junctions.clone()).unwrap();
    split.exits = vec![after(0)];
    let logits = &compute(&split, frames(&split, 201, 3).view()).exits[0];
    let margin = |row: ndarray::ArrayView1<'_, i64>| classify(row).margin as i64;
    let mut margins: Vec<i64> = logits.rows().into_iter().map(margin).collect();
    margins.sort_unstable();
    split.exits = vec![after(margins[100])];
    split.split = Some(0);
    split
}

/// Edges of the largest junction: the largest budget.
pub fn most_edges(head: &QuantHead) -> usize {
    head.junctions.iter().map(|j| j.pattern.edges()).max().unwrap()
}

/// Compiled for `budget`, on a bus of so many bits.
pub fn compiled(head: QuantHead, budget: Budget, bus_bits: u32, result: ResultKind) -> Compiled {
    compiled_with(head, budget, Preferences::default(), bus_bits, result)
}

/// Compiled with preferences.
pub fn compiled_with(
    head: QuantHead,
    budget: Budget,
    preferences: Preferences,
    bus_bits: u32,
    result: ResultKind,
) -> Compiled {
    assert!(BUS_BITS.contains(&bus_bits));
    let interface = Interface { bus_bits, result, control: Control::Auto };
    compile_quantised(
        head,
        &Target {
            speed: Speed::Budget(budget),
            preferences,
            interface,
            pad: false,
            split: SplitAt::File,
        },
    )
    .unwrap()
}
/// The seed of a random test, which `CLASHFREE_SEED` sets, and the number of its cases, which
/// `CLASHFREE_CASES` sets. A failure prints the seed of its case: that seed, and one case, repeat it.
pub fn seed_and_cases(cases: u64) -> (u64, u64) {
    let number = |name: &str, default| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => default,
    };
    (number("CLASHFREE_SEED", 1), number("CLASHFREE_CASES", cases))
}
