//! Emitted hardware in Verilator against the reference model: odd heads and random ones, at several
//! budgets and bus widths, with and without stalls, with frames of wrong length and resets.
//!
//! `CLASHFREE_SEED=N CLASHFREE_CASES=1 cargo test --test rtl random` repeats the case that failed.

mod common;

use clashfree::lower::Datapath;
use clashfree::packet::ResultKind;
use clashfree::pattern::{Family, Starts};
use clashfree::quantise::Activation;
use clashfree::schedule::{Budget, Interleaver};
use clashfree::verify::tools::Toolchain;
use common::case::{Case, run};
use common::have;
use common::heads::{Layer, head, head_of, most_edges, random, relu};
use common::heads::{seed_and_cases, signed, unsigned};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn identity(right: usize, d_out: usize, weight: u32, bits: u32, frac: i32) -> Layer {
    let (weight, output) = (signed(weight, 0), signed(bits, frac));
    Layer { right, d_out, weight, activation: Activation::Identity, output }
}

#[test]
fn odd_heads_compute_what_the_reference_computes() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let usual = unsigned(4, 4);
    let forty = |name| head(name, 40, usual, &[relu(40, 9), relu(10, 3)], 1);
    let seventeen = head("seventeen", 17, usual, &[relu(17, 2), relu(3, 3)], 2);
    let one_bit = |right, d_out| Layer {
        weight: signed(1, 0),
        output: unsigned(1, -2),
        ..relu(right, d_out)
    };
    let bits = head("one-bit", 20, unsigned(1, 1), &[one_bit(12, 3), one_bit(4, 2)], 3);
    // Codes of 16 bits everywhere, on a bus that leaves a byte of each beat unused.
    let wide =
        head("sixteen-bit", 12, signed(16, 3), &[identity(8, 4, 16, 16, -14), relu(5, 5)], 4);
    // More places behind a junction than in it: the shift goes left.
    let left = head("left-shift", 30, signed(3, 0), &[identity(10, 3, 4, 9, 2), relu(7, 7)], 5);
    let full = head("full", 24, usual, &[relu(16, 16), relu(10, 10)], 6);
    let deep = [relu(24, 2), relu(30, 5), relu(20, 4), relu(12, 3), relu(6, 2)];
    let five = head("five", 36, usual, &deep, 7);
    let funnel = head("one-class", 50, usual, &[relu(10, 3), relu(1, 1)], 8);
    let most = most_edges(&full);
    run(vec![
        Case::cycles(forty("forty"), 50, 64),
        Case::new(forty("forty-wide"), Budget::Parallelism(vec![53, 7]), 200, ResultKind::Class),
        Case::cycles(head("one-edge", 1, usual, &[relu(1, 1)], 9), 1, 8),
        Case::new(seventeen, Budget::Cycles(1), 24, ResultKind::Class),
        Case::cycles(bits, 3, 8),
        Case::cycles(wide, 5, 24),
        Case::cycles(left, 4, 200),
        Case::cycles(full, most, 1024),
        Case::cycles(five, 17, 64),
        Case::new(funnel, Budget::Cycles(7), 64, ResultKind::Class),
    ]);
}

/// Every kind of interleaver on both sides of the others that it can stand behind.
#[test]
fn every_kind_of_interleaver_computes_what_the_reference_computes() {
    use Interleaver::{Copies, Counter, Network, Starts as NewStarts, Tied};
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let usual = unsigned(4, 4);
    let clash_free = |starts, dither, z| (Family::ClashFree { starts, dither }, Some(z));
    // several groups, the last one smaller, lanes with one sum and with many
    let crossbar = head("crossbar", 40, usual, &[relu(40, 9), relu(10, 6)], 21);
    let long = head("long", 24, signed(4, 3), &[relu(90, 15), relu(9, 1)], 22);
    // as many banks as lanes, enough of them for a Benes network
    let benes = head("benes", 64, usual, &[relu(48, 24), relu(10, 5)], 23);
    let mixed = [relu(24, 2), relu(30, 5), relu(20, 4), relu(12, 3)];
    let mixed = head("mixed", 36, usual, &mixed, 24);
    let tied = head("tied", 40, usual, &[relu(20, 3), relu(10, 2)], 25);
    let once = [clash_free(Starts::Once, false, 8), clash_free(Starts::Once, false, 4)];
    let counter = head_of("counter", 40, usual, &[relu(40, 8), relu(10, 2)], &once, 26);
    let anew = [clash_free(Starts::PerSweep, true, 8), clash_free(Starts::PerSweep, false, 4)];
    let starts = head_of("starts", 40, usual, &[relu(40, 8), relu(10, 2)], &anew, 27);
    // right neurons that end within a cycle: 9 edges on 8 lanes
    let within = [clash_free(Starts::PerSweep, true, 8), clash_free(Starts::Once, false, 4)];
    let straddling = head_of("straddling", 40, usual, &[relu(40, 9), relu(10, 1)], &within, 28);
    let crossbar = Case::cycles(crossbar, 20, 64).of(&[Network, Network]);
    let benes = Case::cycles(benes, 48, 128).of(&[Network, Network]);
    for (case, is_benes) in [(&crossbar, false), (&benes, true)] {
        let compiled = case.compiled();
        let Datapath::Network(network) = &compiled.design.junctions[0].datapath else {
            panic!("a network was asked for")
        };
        assert_eq!(network.stages_per_register.is_some(), is_benes, "{}", case.about);
        assert!(network.groups > 1, "{}", case.about);
    }
    run(vec![
        crossbar,
        benes,
        Case::cycles(long, 100, 16).of(&[Network, Network]),
        Case::cycles(mixed, 17, 64).of(&[Copies, Network, Copies, Network]),
        Case::cycles(tied, 20, 64).of(&[Tied, Network]).permuted(),
        Case::cycles(counter, 40, 64).of(&[Counter, Counter]),
        Case::cycles(starts, 40, 64).of(&[NewStarts, NewStarts]),
        Case::cycles(straddling, 45, 64).of(&[NewStarts, Copies]),
    ]);
}

#[test]
fn random_heads_compute_what_the_reference_computes() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let (seed, cases) = seed_and_cases(5);
    println!("CLASHFREE_SEED={seed} CLASHFREE_CASES={cases}");
    let case = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let head = random(&mut rng, &format!("random-{seed}"), 40, 300);
        let most = most_edges(&head);
        let budget = if rng.random_bool(0.7) {
            let top = rng.random_range(1..=most);
            Budget::Cycles(rng.random_range(1..=top))
        } else {
            let edges = head.junctions.iter().map(|j| j.pattern.edges());
            Budget::Parallelism(edges.map(|e| rng.random_range(1..=e)).collect())
        };
        let bus = [16, 24, 64, 200, 1024][rng.random_range(0..5)];
        let result = if rng.random_bool(0.5) { ResultKind::Logits } else { ResultKind::Class };
        let mut case = Case::new(head, budget, bus, result);
        case.about = format!("CLASHFREE_SEED={seed}: {}", case.about);
        case
    };
    run((seed..seed + cases).map(case).collect());
}
