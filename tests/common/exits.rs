//! Heads with early exits and a split, made up for tests.

use super::heads::{Layer, frames, head};
use clashfree::model;
use clashfree::quantise::{QuantHead, Rule, branch};

/// The head with an exit after junction `after`, whose threshold about half of random frames reach.
pub fn exit(mut from: QuantHead, after: usize, rule: Rule, layers: &[Layer]) -> QuantHead {
    let shared = &from.junctions[after];
    let format = shared.output_format.expect("a layer of codes");
    let number = from.exits.len();
    let branch_of = head("branch", shared.pattern.right(), format, layers, 77 + number as u64);
    let mut junctions = branch_of.junctions;
    for (j, junction) in junctions.iter_mut().enumerate() {
        junction.source.weight = format!("exit{number}.fc{j}.weight");
        junction.source.bias = format!("exit{number}.fc{j}.bias");
    }
    let threshold = rule.thresholds(junctions.last().unwrap().acc_bits);
    from.exits.push(branch(number, after, rule, *threshold.start(), junctions).unwrap());
    let inputs = frames(&from, 200, 31);
    let computed = model::compute(&from, inputs.view());
    let exit = from.exits.last().unwrap();
    let logits = computed.exits[number].rows();
    let mut reached: Vec<i64> =
        logits.into_iter().map(|row| model::confidence(exit, &row.to_vec())).collect();
    reached.sort_unstable();
    from.exits[number].threshold = reached[reached.len() / 2];
    from
}

/// The head split after junction `after`.
pub fn split(mut from: QuantHead, after: usize) -> QuantHead {
    assert!(from.junctions[after].output_format.is_some());
    from.split = Some(after);
    from
}
