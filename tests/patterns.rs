//! Every pattern that is generated has its degrees, for any shape: thousands of them, those where
//! the in-degree divides neither the left layer nor the parallelism included.

use clashfree::ids::{Address, Cycle, Lane, Neuron};
use clashfree::pattern::{ClashFree, Degrees, Family, GenerateError, Pattern, Starts, generate};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::{HashMap, HashSet};

/// Recounts degrees and duplicates from the rows alone.
fn assert_structured(pattern: &Pattern, degrees: Degrees, what: &str) {
    let mut out = vec![0; degrees.left];
    for r in 0..degrees.right {
        let row: HashSet<Neuron> = pattern.row(Neuron::new(r)).iter().copied().collect();
        assert_eq!(row.len(), degrees.d_in, "in-degree of neuron {r}: {what}");
        row.iter().for_each(|l| out[l.at()] += 1);
    }
    assert!(out.iter().all(|&d| d == degrees.d_out), "out-degrees {out:?}: {what}");
}

/// Checks the access table against the pattern, knowing nothing of how it was drawn.
fn assert_clash_free(
    drawn: &ClashFree,
    degrees: Degrees,
    starts: Starts,
    dither: bool,
    what: &str,
) {
    let (z, depth) = (drawn.parallelism(), drawn.depth());
    assert_eq!(drawn.cycles() * z, degrees.edges(), "{what}");
    let lanes = || (0..z).map(Lane::new);
    let start_of: HashMap<_, _> = lanes().map(|lane| drawn.read(Cycle(0), lane)).collect();
    let mut rows = vec![Vec::new(); degrees.right];
    for sweep in 0..degrees.d_out {
        let mut swept = HashSet::new();
        for step in 0..depth {
            let cycle = Cycle::new(sweep * depth + step);
            let mut banks = HashSet::new();
            for lane in lanes() {
                let (bank, address) = drawn.read(cycle, lane);
                assert!(bank.at() < z && address.at() < depth, "{what}");
                assert!(banks.insert(bank), "cycle {cycle}: bank {bank} is read twice: {what}");
                assert!(dither || bank.at() == lane.at(), "lanes are tied to banks: {what}");
                let first = drawn.read(Cycle::new(sweep * depth), lane);
                assert_eq!(bank, first.0, "a sweep's dither is fixed: {what}");
                if starts != Starts::PerSweepFree {
                    let expected = Address::new((first.1.at() + step) % depth);
                    assert_eq!(address, expected, "addresses count up: {what}");
                }
                if starts == Starts::Once {
                    assert_eq!(first.1, start_of[&bank], "one set of starts: {what}");
                }
                let neuron = address.at() * z + bank.at();
                assert!(swept.insert(neuron), "a sweep reads neuron {neuron} twice: {what}");
                rows[(cycle.at() * z + lane.at()) / degrees.d_in].push(Neuron::new(neuron));
            }
        }
    }
    for (r, mut row) in rows.into_iter().enumerate() {
        row.sort_unstable();
        assert_eq!(row, drawn.pattern().row(Neuron::new(r)), "right neuron {r}: {what}");
    }
}

fn check(family: Family, degrees: Degrees, z: usize, seed: u64) {
    let Degrees { left, right, d_out, .. } = degrees;
    let what = format!("{family} ({left}, {d_out}, {right}) z={z} seed={seed}");
    let pattern = generate(family, left, right, d_out, Some(z), seed).expect(&what);
    assert_structured(&pattern, degrees, &what);
    if let Family::ClashFree { starts, dither } = family {
        let drawn = ClashFree::draw(degrees, z, starts, dither, seed).expect(&what);
        assert_eq!(*drawn.pattern(), pattern, "{what}");
        assert_clash_free(&drawn, degrees, starts, dither, &what);
    }
}

fn divisors(n: usize) -> impl Iterator<Item = usize> {
    (1..=n).filter(move |z| n.is_multiple_of(*z))
}

#[test]
fn every_small_shape_every_family() {
    let mut shapes = 0;
    for left in 1..=12 {
        for right in 1..=12 {
            for degrees in Degrees::feasible(left, right).unwrap() {
                for z in divisors(left) {
                    for family in Family::ALL {
                        (0..3).for_each(|seed| check(family, degrees, z, seed));
                        shapes += 1;
                    }
                }
            }
        }
    }
    assert!(shapes > 5_000, "{shapes}");
}

/// Where published generators make edges that stand twice: right neurons that straddle two sweeps.
#[test]
fn right_neurons_that_straddle_two_sweeps() {
    for (left, d_out, right) in [(40, 9, 40), (17, 2, 17), (40, 39, 40), (30, 7, 42), (36, 25, 30)]
    {
        let degrees = Degrees::new(left, right, d_out).unwrap();
        for family in Family::ALL {
            for z in divisors(left) {
                (0..60).for_each(|seed| check(family, degrees, z, seed));
            }
        }
    }
}

#[test]
fn random_structured_patterns_of_hard_shapes() {
    for (left, right) in [(1, 1), (1, 9), (9, 1), (2, 2), (97, 97), (64, 96), (101, 103), (60, 60)]
    {
        for degrees in Degrees::feasible(left, right).unwrap() {
            (0..3).for_each(|seed| check(Family::RandomStructured, degrees, 1, seed));
        }
    }
}

#[test]
fn junctions_of_published_networks() {
    for (left, d_out, right, z) in [
        (800, 2, 40, 32),
        (40, 9, 40, 8),
        (40, 10, 10, 8),
        (800, 19, 40, 400),
        (800, 26, 80, 50),
        (80, 33, 80, 40),
    ] {
        let degrees = Degrees::new(left, right, d_out).unwrap();
        for family in Family::ALL {
            (0..2).for_each(|seed| check(family, degrees, z, seed));
        }
    }
}

/// 9 neurons with two edges each to 6, in 3 banks: with one set of starts there are 3³.
#[test]
fn all_patterns_of_a_small_clash_free_family_come_up_evenly() {
    let degrees = Degrees::new(9, 6, 2).unwrap();
    let mut seen = HashMap::<Vec<(u32, u32)>, u32>::new();
    for seed in 0..2_700 {
        let drawn = ClashFree::draw(degrees, 3, Starts::Once, false, seed).unwrap();
        let starts = (0..3).map(|k| drawn.read(Cycle(0), Lane(k))).map(|(b, a)| (b.0, a.0));
        *seen.entry(starts.collect()).or_default() += 1;
    }
    assert_eq!(seen.len(), 27);
    assert!(seen.values().all(|n| (50..200).contains(n)), "{seen:?}");
}

#[test]
fn all_random_structured_patterns_of_a_small_shape_come_up_evenly() {
    // 4 × 4 with degree 2: 90 such matrices (OEIS A001499).
    let mut seen = HashMap::<Vec<Neuron>, u32>::new();
    for seed in 0..9_000 {
        let pattern = generate(Family::RandomStructured, 4, 4, 2, None, seed).unwrap();
        *seen.entry(pattern.left_ends().to_vec()).or_default() += 1;
    }
    assert_eq!(seen.len(), 90);
    assert!(seen.values().all(|n| (50..200).contains(n)), "{seen:?}");
}

#[test]
fn a_seed_is_a_pattern() {
    for family in Family::ALL {
        let draw = |seed| generate(family, 40, 40, 9, Some(8), seed).unwrap();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}

#[test]
fn bad_requests_name_what_works() {
    let clash_free = Family::ClashFree { starts: Starts::Once, dither: false };
    let message = |z| generate(clash_free, 40, 40, 9, z, 0).unwrap_err().to_string();
    assert!(message(Some(9)).contains("nearest parallelisms that work: 8 and 10"));
    assert!(message(Some(0)).ends_with("work: 1"));
    assert!(message(Some(41)).ends_with("work: 40"));
    assert_eq!(
        generate(clash_free, 40, 40, 9, None, 0),
        Err(GenerateError::ParallelismMissing { family: clash_free })
    );
    let degrees = generate(Family::RandomStructured, 12, 8, 3, None, 0).unwrap_err().to_string();
    assert!(degrees.contains("2 (in-degree 3), 4 (in-degree 6)"), "{degrees}");
}

/// A shape with feasible degrees and a parallelism that divides its left layer.
fn shape() -> impl Strategy<Value = (Degrees, usize)> {
    use prop::sample::Index;
    // Layers with a common factor, so that there is more than the dense pattern.
    (1usize..=24, 1usize..=8, 1usize..=8, any::<Index>(), any::<Index>()).prop_map(
        |(g, a, b, degree, z)| {
            let all: Vec<Degrees> = Degrees::feasible(g * a, g * b).unwrap().collect();
            let zs: Vec<usize> = divisors(g * a).collect();
            (all[degree.index(all.len())], zs[z.index(zs.len())])
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Default::default()
    })]

    #[test]
    fn any_shape((degrees, z) in shape(), seed in any::<u64>(), f in 0..Family::ALL.len()) {
        check(Family::ALL[f], degrees, z, seed);
    }
}
