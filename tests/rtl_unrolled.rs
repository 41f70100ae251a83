//! Unrolled junctions in hardware against the reference: one frame a cycle, behind every bus, with
//! exits and splits, in both fabrics.

mod common;

use clashfree::heap::Fabric;
use clashfree::packet::ResultKind;
use clashfree::quantise::{Activation, QuantHead, Rule};
use clashfree::schedule::{Adders, Budget, Interleaver};
use clashfree::verify::tools::Toolchain;
use common::case::{Case, run};
use common::exits::{exit, split};
use common::have;
use common::heads::{Layer, head, relu, signed, unsigned};

fn adders(fabric: Fabric, levels_per_register: usize) -> Adders {
    Adders { fabric, levels_per_register, dsp: false }
}

/// Two junctions behind frames of one beat: 12 codes of 4 bits.
fn small(name: &str, seed: u64) -> QuantHead {
    head(name, 12, unsigned(4, 4), &[relu(9, 6), relu(4, 4)], seed)
}

#[test]
fn unrolled_junctions_compute_what_the_reference_computes() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let usual = unsigned(4, 4);
    let layer = |right, d_out, weight, bits| Layer {
        right,
        d_out,
        weight: signed(weight, 0),
        activation: Activation::Identity,
        output: signed(bits, -5),
    };
    let negative = [layer(14, 7, 5, 7), layer(6, 3, 9, 5), relu(5, 5)];
    let negative = head("unrolled-signed", 20, signed(5, 0), &negative, 41);
    let bits = Layer { weight: signed(1, 0), output: unsigned(1, -1), ..relu(12, 3) };
    let bits = head("unrolled-bits", 20, unsigned(1, 1), &[bits, relu(4, 2)], 42);
    let wide = head("unrolled-wide", 60, usual, &[relu(30, 20), relu(10, 10)], 43);
    let one = |name| Case::new(small(name, 44), Budget::Cycles(1), 1024, ResultKind::Class);
    let every_cycle = one("unrolled-every-cycle");
    let compiled = every_cycle.compiled();
    assert_eq!(compiled.design.initiation_interval, 1, "a frame a cycle");
    for stage in compiled.design.stages() {
        assert_eq!(stage.interleaver(), Interleaver::Unrolled);
    }
    run(vec![
        every_cycle.adders(adders(Fabric::Lut6, 2)),
        one("unrolled-every-cycle-lut4").adders(adders(Fabric::Lut4, 1)),
        Case::cycles(negative.clone(), 1, 64).adders(adders(Fabric::Lut6, 1)),
        Case::cycles(renamed(negative, "unrolled-signed-lut4"), 1, 24)
            .adders(adders(Fabric::Lut4, 2)),
        Case::cycles(bits, 1, 8).adders(adders(Fabric::Lut6, 64)),
        Case::cycles(wide, 1, 40),
    ]);
}

/// Branches flow as the trunk does; what is behind a gate holds frames, and so is of another kind.
#[test]
fn unrolled_junctions_stand_before_exits_and_splits() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let three =
        |name, seed| head(name, 40, unsigned(4, 4), &[relu(20, 4), relu(16, 4), relu(10, 5)], seed);
    let branch = [relu(8, 4), relu(10, 5)];
    let one = exit(three("unrolled-exit", 51), 0, Rule::Margin, &branch);
    let late = exit(three("unrolled-late-exit", 52), 1, Rule::Largest, &[relu(10, 5)]);
    let gone = split(exit(three("unrolled-split", 53), 0, Rule::Margin, &[relu(10, 5)]), 1);
    let only = split(three("unrolled-split-only", 54), 1);
    let case = Case::new(one, Budget::Cycles(1), 64, ResultKind::Class);
    let kinds: Vec<_> = case.compiled().design.stages().map(|s| s.interleaver()).collect();
    use Interleaver::{Copies, Unrolled};
    assert_eq!(kinds, [Unrolled, Copies, Copies, Unrolled, Unrolled]);
    run(vec![
        case,
        Case::new(late, Budget::Cycles(1), 200, ResultKind::Class),
        Case::cycles(gone, 1, 64),
        Case::cycles(only, 1, 64),
    ]);
}

fn renamed(head: QuantHead, name: &str) -> QuantHead {
    QuantHead { name: name.to_owned(), ..head }
}
