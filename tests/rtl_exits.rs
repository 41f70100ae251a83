//! Heads with early exits and splits, in hardware against reference: decisions, packets, thresholds
//! that change, under every stall pattern, with frames of wrong length and resets.

mod common;

use clashfree::lower::Control;
use clashfree::packet::ResultKind;
use clashfree::quantise::{QuantHead, Rule};
use clashfree::schedule::Budget;
use clashfree::verify::tools::Toolchain;
use common::case::{Case, run};
use common::exits::{exit, split};
use common::have;
use common::heads::{Layer, frames, head, relu, signed, unsigned};

fn three(name: &str, seed: u64) -> QuantHead {
    head(name, 40, unsigned(4, 4), &[relu(20, 4), relu(16, 4), relu(10, 5)], seed)
}

#[test]
fn exits_and_splits_compute_what_the_reference_computes() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let usual = [relu(10, 5)];
    let one = exit(three("exit-one", 1), 0, Rule::Margin, &usual);
    let largest = exit(three("exit-largest", 2), 1, Rule::Largest, &[relu(8, 4), relu(10, 5)]);
    let softmax = exit(three("exit-softmax", 3), 0, Rule::Softmax, &usual);
    let gone = split(exit(three("exit-split", 4), 0, Rule::Margin, &usual), 0);
    let behind = split(exit(three("exit-before-split", 5), 0, Rule::Softmax, &usual), 1);
    let only = split(three("split-only", 6), 1);
    let five = [relu(24, 4), relu(20, 5), relu(24, 6), relu(12, 3), relu(6, 2)];
    let five = head("exit-five", 36, unsigned(4, 4), &five, 7);
    let five = exit(five, 0, Rule::Margin, &[relu(6, 2)]);
    let five = exit(five, 2, Rule::Softmax, &[relu(8, 2), relu(6, 3)]);
    // its exit is its only output
    let mut alone = three("exit-alone", 8);
    alone.junctions.pop();
    let alone = exit(alone, 1, Rule::Margin, &usual);
    let mut last = three("exit-and-last", 9);
    last.junctions.pop();
    let last = exit(exit(last, 0, Rule::Largest, &usual), 1, Rule::Margin, &usual);
    run(vec![
        Case::cycles(one.clone(), 40, 64),
        Case::new(largest, Budget::Cycles(12), 32, ResultKind::Class),
        Case::cycles(softmax, 20, 64),
        Case::new(gone, Budget::Cycles(25), 64, ResultKind::Class),
        Case::cycles(behind, 16, 24),
        Case::cycles(only, 10, 64),
        Case::cycles(five, 30, 64),
        Case::cycles(alone, 20, 64),
        Case::new(last, Budget::Cycles(20), 64, ResultKind::Class).control(Control::On),
        Case::new(one, Budget::Cycles(7), 200, ResultKind::Class).control(Control::Off),
    ]);
}

/// Slower junctions behind an exit, and bursts that are longer than they were made for.
#[test]
fn nothing_is_lost_where_junctions_behind_an_exit_are_slower() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let usual = [relu(10, 5)];
    let one = exit(three("rate-one", 11), 0, Rule::Margin, &usual);
    let gone = split(exit(three("rate-split", 12), 0, Rule::Margin, &usual), 1);
    let two = exit(exit(three("rate-two", 13), 0, Rule::Margin, &usual), 1, Rule::Largest, &usual);
    run(vec![
        Case::new(one, Budget::Cycles(20), 64, ResultKind::Class).rates(&["0.5"], 4),
        Case::new(gone, Budget::Cycles(20), 64, ResultKind::Class).rates(&["0.75"], 3),
        Case::cycles(two, 20, 64).rates(&["0.5", "0.4"], 2),
    ]);
}

/// Codes of odd widths on odd buses: beats, words and bytes of a split's packets end anywhere.
#[test]
fn activations_of_every_width_are_packed_as_documented() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let layer = |right, d_out, bits| {
        let (output, weight) = (unsigned(bits, 1), signed(5, 3));
        Layer { output, weight, ..relu(right, d_out) }
    };
    let split_of = |name, right, bits, seed| {
        let layers = [layer(right, 3, bits), relu(5, 5)];
        split(head(name, right, unsigned(3, 3), &layers, seed), 0)
    };
    let mut negative = split_of("codes-signed", 15, 5, 35);
    negative.junctions[0].activation = clashfree::quantise::Activation::Identity;
    negative.junctions[0].output_format = Some(signed(5, 1));
    negative.junctions[1].input_format = signed(5, 1);
    run(vec![
        Case::cycles(split_of("codes-1", 41, 1, 31), 9, 8),
        Case::cycles(split_of("codes-7", 23, 7, 32), 40, 24),
        Case::cycles(split_of("codes-12", 9, 12, 33), 3, 16),
        Case::cycles(split_of("codes-16", 30, 16, 34), 5, 200),
        Case::cycles(negative, 11, 64),
    ]);
}

/// A test whose frames all exit, or none, shows little.
#[test]
fn about_half_of_the_frames_exit() {
    let one = exit(three("exit-one", 1), 0, Rule::Margin, &[relu(10, 5)]);
    let outcomes = clashfree::model::outcomes(&one, frames(&one, 64, 17).view());
    let exits = outcomes
        .iter()
        .filter(|o| matches!(o, clashfree::model::Outcome::Answer { exit: Some(_), .. }));
    assert!((16..48).contains(&exits.count()));
}
