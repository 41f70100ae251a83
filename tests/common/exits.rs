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
    let mut exit = branch(number, after, rule, *threshold.start(), junctions).unwrap();
    let chain = from.junctions[..=after].iter().chain(&exit.junctions).cloned().collect();
    let chain = QuantHead { junctions: chain, exits: Vec::new(), split: None, ..from.clone() };
    let logits = model::run(&chain, frames(&from, 200, 31).view());
    let rows = logits.rows().into_iter();
    let mut reached: Vec<i64> = rows.map(|row| model::confidence(&exit, &row.to_vec())).collect();
    reached.sort_unstable();
    exit.threshold = reached[reached.len() / 2];
    from.exits.push(exit);
    from
}

/// The head split after junction `after`.
pub fn split(mut from: QuantHead, after: usize) -> QuantHead {
    assert!(from.junctions[after].output_format.is_some());
    from.split = Some(after);
    from
}
