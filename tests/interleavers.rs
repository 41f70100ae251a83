//! Networks between banks and lanes for many random patterns: as many cycles as the busiest bank or
//! lane has edges, and no clash.
//!
//! `CLASHFREE_SEED=N CLASHFREE_CASES=1 cargo test --test interleavers` repeats the case that failed.

mod common;

use clashfree::pattern::Degrees;
use clashfree::quantise::QuantHead;
use clashfree::schedule::{Arrangement, Budget, Form, Interleaver, Preferences};
use clashfree::schedule::{ScheduleError, arrange, check};
use common::heads::{head, relu, seed_and_cases, unsigned};
use common::networks::{busiest, network_fits};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One junction of a random structured pattern of at most `most` neurons a side and `edges` edges.
fn junction(rng: &mut ChaCha8Rng, most: usize, edges: usize) -> QuantHead {
    loop {
        let left = rng.random_range(1..=most);
        // coprime layers can only be fully connected
        let right = match rng.random_range(0..3) {
            0 => rng.random_range(1..=most),
            1 => (left * rng.random_range(1..=5)).min(most),
            _ => left.div_ceil(rng.random_range(1..=20)),
        };
        let fit = |d: &Degrees| d.edges() <= edges;
        let all: Vec<_> = Degrees::feasible(left, right).unwrap().filter(fit).collect();
        if !all.is_empty() {
            let d_out = all[rng.random_range(0..all.len())].d_out;
            return head("one", left, unsigned(4, 4), &[relu(right, d_out)], rng.random());
        }
    }
}

#[test]
fn networks_of_random_patterns_take_as_few_cycles_as_their_loads_allow() {
    let (seed, cases) = seed_and_cases(1000);
    println!("CLASHFREE_SEED={seed} CLASHFREE_CASES={cases}");
    let preferences =
        Preferences { interleavers: vec![Interleaver::Network], effort: 0, ..Default::default() };
    let (mut crossbars, mut benes, mut none) = (0, 0, 0);
    for seed in seed..seed + cases {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (most, edges) = [(30, 300), (400, 4000), (4096, 20_000)][rng.random_range(0..3)];
        let head = junction(&mut rng, most, edges);
        let pattern = &head.junctions[0].pattern;
        let edges = pattern.edges();
        // few cycles and many alike
        let top = match rng.random_bool(0.5) {
            true => rng.random_range(1..=edges),
            false => edges.isqrt() * rng.random_range(1..=2),
        };
        let budget = match rng.random_bool(0.8) {
            true => Budget::Cycles(rng.random_range(1..=top.min(edges))),
            false => Budget::Parallelism(vec![rng.random_range(1..=top.min(edges))]),
        };
        let per_beat = rng.random_range(1..=64);
        let about = format!(
            "CLASHFREE_SEED={seed}, {} neurons, out-degree {}, to {}, {budget:?}, {per_beat} a beat",
            pattern.left(),
            pattern.d_out(),
            pattern.right()
        );
        let arranged = match arrange(&head, &budget, &preferences, per_beat) {
            Err(ScheduleError::Kind { .. }) => {
                assert!(!network_fits(pattern, &budget, 0), "{about}: there is a network");
                none += 1;
                continue;
            }
            other => other.unwrap_or_else(|e| panic!("{about}: {e}")),
        };
        let schedule = &arranged.schedules[0];
        let Arrangement::Network(network) = &schedule.kind else { panic!("{about}: no network") };
        assert_eq!(schedule.cycles(), busiest(schedule, pattern, network), "{about}: cycles");
        match budget {
            Budget::Cycles(cycles) => assert!(schedule.cycles() <= cycles, "{about}"),
            Budget::Parallelism(lanes) => {
                assert!(schedule.lanes() <= lanes[0], "{about}");
                assert!(schedule.cycles() <= edges.div_ceil(lanes[0]), "{about}");
            }
        }
        assert_eq!(check(schedule, pattern), Ok(()), "{about}");
        match network.form {
            Form::Crossbar => crossbars += 1,
            Form::Benes => benes += 1,
        }
    }
    println!("{crossbars} crossbars, {benes} Benes networks, {none} without a network");
    if cases >= 1000 {
        assert!(crossbars > 100 && benes > 100, "{crossbars} crossbars, {benes} Benes networks");
    }
}
