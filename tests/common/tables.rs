//! A head's arithmetic from its emitted tables alone: what the heads of the hardware's modules
//! promise, written down a second time. It knows the pattern and the text of the ROM files, and
//! nothing of how they were made.

use super::machine_copies::Copies;
use super::machine_network::Network;
use super::machine_tied::Tied;
use super::machine_unrolled::Unrolled;
use clashfree::emit;
use clashfree::lower::{Datapath, Design, JunctionStage};
use clashfree::quantise::{QuantHead, QuantJunction};
use clashfree::schedule::Shape;
use std::collections::BTreeMap;

/// What a lane does in a cycle.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub right: usize,
    pub left: usize,
    pub weight: i64,
}

/// A junction of one of the kinds.
enum Machine<'a> {
    Copies(Copies<'a>),
    Tied(Tied<'a>),
    Network(Network<'a>),
    Unrolled(Unrolled<'a>),
}

impl Machine<'_> {
    fn work(&self, cycle: usize, lane: usize) -> Option<Work> {
        match self {
            Self::Copies(machine) => machine.work(cycle, lane),
            Self::Tied(machine) => machine.work(cycle, lane),
            Self::Network(machine) => machine.work(cycle, lane),
            Self::Unrolled(_) => unreachable!("its edges have no lanes"),
        }
    }

    fn results(&self, left: &[i32]) -> Vec<Vec<i64>> {
        match self {
            Self::Copies(machine) => machine.results(left),
            Self::Tied(machine) => machine.results(left),
            Self::Network(machine) => machine.results(left),
            Self::Unrolled(machine) => machine.results(left),
        }
    }

    /// Every edge once, with its weight, and nothing else.
    fn check_edges(&self, stage: &JunctionStage, junction: &QuantJunction) {
        if let Self::Unrolled(_) = self {
            return; // constants in adders: what they compute tells
        }
        let pattern = &junction.pattern;
        let mut open: BTreeMap<(usize, usize), i32> = BTreeMap::new();
        for (edge, (l, &w)) in pattern.left_ends().iter().zip(&junction.weights).enumerate() {
            open.insert((edge / pattern.d_in(), l.at()), w);
        }
        for cycle in 0..stage.cycles {
            for lane in 0..stage.lanes {
                let Some(Work { right, left, weight }) = self.work(cycle, lane) else { continue };
                if weight == 0 && !open.contains_key(&(right, left)) {
                    continue; // an idle lane
                }
                let found = open.remove(&(right, left)).map(i64::from);
                assert_eq!(
                    found,
                    Some(weight),
                    "cycle {cycle}, lane {lane}: edge from {left} to {right} twice, absent or wrong"
                );
            }
        }
        assert!(open.is_empty(), "edges that no lane processes: {open:?}");
    }
}

/// Rebuilds the whole head from its tables: checks every edge of every junction, then computes
/// frames and gives the logits of each.
pub fn replay(head: &QuantHead, design: &Design, frames: &[Vec<i32>]) -> Vec<Vec<i64>> {
    let files: BTreeMap<String, String> =
        emit::hardware(design, &"0".repeat(64), &"0".repeat(64)).into_iter().collect();
    let per_beat = (design.input.bus.bus_bits / head.input_format.bits) as usize;
    let mut place: Vec<_> = (0..head.inputs).map(|n| (n % per_beat, n / per_beat)).collect();
    let mut values = frames.to_vec();
    let mut logits = Vec::new();
    for (number, (junction, stage)) in head.junctions.iter().zip(&design.junctions).enumerate() {
        let machine = match stage.datapath {
            Datapath::Copies(_) => Machine::Copies(Copies::new(number, stage, &files, &place)),
            Datapath::Tied(_) => Machine::Tied(Tied::new(number, stage, &files, &place)),
            Datapath::Network(_) => Machine::Network(Network::new(number, stage, &files, &place)),
            Datapath::Unrolled(_) => Machine::Unrolled(Unrolled::new(stage, &files, &place)),
        };
        machine.check_edges(stage, junction);
        // Slot and row of each right neuron: units give them in order.
        place = match &stage.datapath {
            Datapath::Copies(kind) => match kind.shape {
                Shape::Wide { .. } => (0..stage.right).map(|r| (r, 0)).collect(),
                Shape::Serial { steps, units, .. } => {
                    let mut given = vec![0; units];
                    let next = |r: usize| {
                        let unit = r * steps / stage.cycles;
                        given[unit] += 1;
                        (unit, given[unit] - 1)
                    };
                    (0..stage.right).map(next).collect()
                }
            },
            Datapath::Unrolled(_) => (0..stage.right).map(|r| (r, 0)).collect(),
            Datapath::Network(kind) => {
                let each = kind.neurons_per_group;
                (0..stage.right).map(|r| (r / each, r % each)).collect()
            }
            Datapath::Tied(kind) => {
                let mut given = vec![0; stage.out_slots];
                let next = |r: usize| {
                    let slot = r % kind.lines % stage.out_slots;
                    given[slot] += 1;
                    (slot, given[slot] - 1)
                };
                (0..stage.right).map(next).collect()
            }
        };
        assert_eq!(place.iter().map(|p| p.1 + 1).max(), Some(stage.out_rows));
        logits.clear();
        for value in &mut values {
            let results = machine.results(value);
            let given: usize = results.iter().map(Vec::len).sum();
            assert_eq!(given, stage.right, "one result a right neuron");
            let sums: Vec<i64> = place.iter().map(|&(unit, row)| results[unit][row]).collect();
            let limit = 1i64 << (stage.acc_bits - 1);
            assert!(sums.iter().all(|s| (-limit..limit).contains(s)), "an accumulator overflows");
            if let Some(q) = stage.requant {
                let code = |&s: &i64| {
                    let s = i128::from(s);
                    let v = if q.shift >= 0 { s >> q.shift } else { s << -q.shift };
                    v.clamp(q.low.into(), q.high.into()) as i32
                };
                *value = sums.iter().map(code).collect();
            }
            logits.push(sums);
        }
    }
    logits
}
