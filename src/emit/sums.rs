//! The adders of an unrolled junction, filled into `templates/sums.v`.

use super::adders::{Adder, Names, list};
use crate::lower::{JunctionStage, UnrolledStage};
use askama::Template;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "sums.v")]
struct Sums<'a> {
    stamp: &'a str,
    about: String,
    module: &'a str,
    latency: usize,
    act_bits: usize,
    act_range: String,
    acc_range: String,
    delays: Vec<usize>,
    neurons: Vec<Neuron>,
    unused: Vec<String>,
}

struct Neuron {
    number: usize,
    adders: Vec<Adder>,
    range: String,
    result: String,
}

/// The module of adders of a junction.
pub(super) fn sums(stage: &JunctionStage, unrolled: &UnrolledStage, stamp: &str) -> String {
    let act_bits = stage.slots * stage.rows * stage.act.bits as usize;
    let acc_bits = stage.acc_bits as usize;
    let mut delays = BTreeSet::new();
    let mut neurons = Vec::with_capacity(unrolled.sums.len());
    for sum in &unrolled.sums {
        let mut names = Names { sum, input: "act_i", delays: &mut delays };
        let adders = names.adders();
        // above the accumulator's bits stands its sign
        let mut bits = names.result();
        bits.resize(acc_bits, bits.last().expect("an accumulator has bits").clone());
        neurons.push(Neuron {
            number: sum.neuron,
            adders,
            range: format!("[{}:{}]", (sum.neuron + 1) * acc_bits - 1, sum.neuron * acc_bits),
            result: list(bits),
        });
    }
    let adders = neurons.iter().flat_map(|neuron| &neuron.adders);
    let mut unused: Vec<String> = adders.map(|adder| adder.name.clone()).collect();
    unused.push("act_i".into());
    unused.extend(delays.iter().map(|delay| format!("x{delay}")));
    if delays.is_empty() && neurons.iter().all(|neuron| neuron.adders.is_empty()) {
        unused.push("clk_i".into());
    }
    Sums {
        stamp,
        about: format!("{}, {} to {} neurons", stage.site, stage.left, stage.right),
        module: &unrolled.module,
        latency: unrolled.latency,
        act_bits,
        act_range: format!("[{}:0]", act_bits - 1),
        acc_range: format!("[{}:0]", stage.right * acc_bits - 1),
        delays: delays.into_iter().collect(),
        neurons,
        unused,
    }
    .render()
    .expect("the template only formats values")
        + "\n"
}
