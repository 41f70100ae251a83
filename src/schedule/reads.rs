//! Which bank each lane reads in each cycle: what a schedule asks of the left memory.

use super::{Arrangement, Schedule};
use crate::ids::{Bank, Cycle, Lane};
use crate::pattern::Pattern;

/// A lane reads a bank in a cycle, for an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Cycle of the frame.
    pub cycle: Cycle,
    /// Who reads.
    pub lane: Lane,
    /// Copy of the left memory.
    pub copy: usize,
    /// Bank of that copy.
    pub bank: Bank,
}

impl Schedule {
    /// Copies of the left memory, and banks of each.
    pub fn memory(&self) -> (usize, usize) {
        match &self.kind {
            Arrangement::Copies(kind) => {
                (kind.copies(self.right), kind.banking(&self.layout).banks())
            }
            Arrangement::Tied(kind) => (kind.copies(), kind.banks(self.layout.slots)),
            Arrangement::Network(kind) => (1, kind.banks(self.layout.slots)),
            Arrangement::Unrolled(_) => (1, self.layout.place.len()),
        }
    }

    /// The reads of a frame, one an edge, by cycle and lane; `pattern` is the scheduled junction's.
    pub fn reads(&self, pattern: &Pattern) -> Vec<Read> {
        let mut reads = Vec::with_capacity(pattern.edges());
        for cycle in 0..self.cycles() {
            for lane in 0..self.lanes() {
                let Some(edge) = self.table.edge(cycle, lane) else { continue };
                let neuron = pattern.left_ends()[edge].at();
                let (copy, bank) = match &self.kind {
                    Arrangement::Copies(kind) => {
                        let banking = kind.banking(&self.layout);
                        (kind.copy_of_lane(self.right, lane), banking.bank(neuron))
                    }
                    Arrangement::Tied(kind) => {
                        let copy = if kind.shared { 0 } else { lane / kind.width };
                        (copy, kind.bank(&self.layout, neuron))
                    }
                    Arrangement::Network(kind) => (0, kind.bank(&self.layout, neuron)),
                    Arrangement::Unrolled(_) => (0, neuron),
                };
                let (cycle, lane, bank) = (Cycle::new(cycle), Lane::new(lane), Bank::new(bank));
                reads.push(Read { cycle, lane, copy, bank });
            }
        }
        reads
    }
}
