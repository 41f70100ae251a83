//! An independent look at a finished schedule: it knows the pattern and the tables, not how they
//! were made.

use super::tied::{Addresses, Tied};
use super::{Arrangement, Copies, Network, Schedule};
use crate::ids::{Cycle, Lane};
use crate::pattern::Pattern;
use std::collections::BTreeSet;

/// What is wrong with a schedule; any of these is a bug in the compiler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleFault {
    /// An edge is processed twice or not at all.
    #[error("edge {edge} is processed {times} times")]
    Edge {
        /// Number of the edge in right order.
        edge: usize,
        /// How often it is in the table.
        times: usize,
    },
    /// Two lanes want different rows of one bank at one time.
    #[error("clash in cycle {cycle}: lane {lane} wants another row of bank {bank} in copy {copy}")]
    Clash {
        /// When.
        cycle: Cycle,
        /// The second of the two lanes.
        lane: Lane,
        /// The bank.
        bank: usize,
        /// The copy of the left memory.
        copy: usize,
    },
    /// A tied lane is given a neuron that its banks do not hold, or at another address.
    #[error("cycle {cycle}: lane {lane} does not find the left neuron of edge {edge}")]
    Astray {
        /// When.
        cycle: Cycle,
        /// The lane.
        lane: Lane,
        /// Number of the edge in right order.
        edge: usize,
    },
    /// A lane works for a right neuron of another group.
    #[error("cycle {cycle}: lane {lane} works for a right neuron of another group")]
    Group {
        /// When.
        cycle: Cycle,
        /// The lane.
        lane: Lane,
    },
    /// A lane has more sums to keep than it has room for.
    #[error("lane {lane} works for {neurons} right neurons, more than its {sums} sums")]
    Sums {
        /// The lane.
        lane: Lane,
        /// Right neurons that it works for.
        neurons: usize,
        /// Sums that it keeps.
        sums: usize,
    },
    /// A group has more sums to put together than it has time for.
    #[error("group {group} has {pieces} partial sums to put together in {time} cycles")]
    Pieces {
        /// The group.
        group: usize,
        /// Partial sums of its lanes.
        pieces: usize,
        /// Cycles that there are.
        time: usize,
    },
}

/// Checks that every edge is processed once and that no bank is asked for two rows in one cycle.
///
/// # Errors
/// The first fault found.
pub fn check(schedule: &Schedule, pattern: &Pattern) -> Result<(), ScheduleFault> {
    let mut times = vec![0usize; pattern.edges()];
    for cycle in 0..schedule.cycles() {
        for edge in (0..schedule.lanes()).filter_map(|lane| schedule.table.edge(cycle, lane)) {
            times[edge] += 1;
        }
    }
    if let Some(edge) = times.iter().position(|&t| t != 1) {
        return Err(ScheduleFault::Edge { edge, times: times[edge] });
    }
    match &schedule.kind {
        Arrangement::Copies(copies) => check_copies(schedule, copies, pattern),
        Arrangement::Tied(tied) => check_tied(schedule, tied, pattern),
        Arrangement::Network(network) => check_network(schedule, network, pattern),
        // every edge has hardware of its own
        Arrangement::Unrolled(_) => Ok(()),
    }
}

fn check_copies(
    schedule: &Schedule,
    kind: &Copies,
    pattern: &Pattern,
) -> Result<(), ScheduleFault> {
    let banking = kind.banking(&schedule.layout);
    let (copies, banks) = (kind.copies(schedule.right), banking.banks());
    let mut asked = vec![None; copies * banks];
    for cycle in 0..schedule.cycles() {
        asked.fill(None);
        for lane in 0..schedule.lanes() {
            let Some(edge) = schedule.table.edge(cycle, lane) else { continue };
            let neuron = pattern.left_ends()[edge].at();
            let (copy, bank) = (kind.copy_of_lane(schedule.right, lane), banking.bank(neuron));
            let row = banking.row(neuron);
            let field = if kind.one_row() { copy } else { copy * banks + bank };
            match asked[field].replace(row) {
                Some(other) if other != row => {
                    let (cycle, lane) = (Cycle::new(cycle), Lane::new(lane));
                    return Err(ScheduleFault::Clash { cycle, lane, bank, copy });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// A lane has its banks for itself, so nothing clashes as long as it finds there what it needs, in
/// a copy that is its line's, or where lines share one, where all want the same.
fn check_tied(schedule: &Schedule, kind: &Tied, pattern: &Pattern) -> Result<(), ScheduleFault> {
    let layout = &schedule.layout;
    let mut asked = vec![None; kind.copies() * kind.width];
    for cycle in 0..schedule.cycles() {
        asked.fill(None);
        for lane in 0..schedule.lanes() {
            let Some(edge) = schedule.table.edge(cycle, lane) else { continue };
            let neuron = pattern.left_ends()[edge].at();
            let address = kind.address(layout, neuron);
            let (line, port) = (lane / kind.width, lane % kind.width);
            let found = kind.lane(layout, neuron) == port
                && counted(kind, cycle, line, port, address, layout.slots).unwrap_or(true);
            if !found {
                let (cycle, lane) = (Cycle::new(cycle), Lane::new(lane));
                return Err(ScheduleFault::Astray { cycle, lane, edge });
            }
            let copy = if kind.shared { 0 } else { line };
            match asked[copy * kind.width + port].replace(address) {
                Some(other) if other != address => {
                    let bank = kind.bank(layout, neuron);
                    let (cycle, lane) = (Cycle::new(cycle), Lane::new(lane));
                    return Err(ScheduleFault::Clash { cycle, lane, bank, copy });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether counting brings a lane to an address in a cycle; nothing if it does not count.
fn counted(
    kind: &Tied,
    cycle: usize,
    line: usize,
    port: usize,
    (select, row): (usize, usize),
    slots: usize,
) -> Option<bool> {
    let Addresses::Counted { starts, depth, .. } = &kind.addresses else { return None };
    let steps = kind.steps().unwrap_or(1);
    // the cycle in which a single line would do this
    let alone = cycle / steps * steps * kind.lines + line * steps + cycle % steps;
    let start = starts[alone / depth % starts.len()][port] as usize;
    let word = row * kind.banks_per_lane(slots) + select;
    Some((start + alone % depth) % depth == word)
}

/// Every bank gives one lane a word in a cycle, and lanes and groups have room and time for all the
/// right neurons that they work for.
fn check_network(
    schedule: &Schedule,
    kind: &Network,
    pattern: &Pattern,
) -> Result<(), ScheduleFault> {
    let mut asked = vec![false; kind.banks(schedule.layout.slots)];
    let mut met = vec![BTreeSet::new(); schedule.lanes()];
    for cycle in 0..schedule.cycles() {
        asked.fill(false);
        for (lane, met) in met.iter_mut().enumerate() {
            let Some(edge) = schedule.table.edge(cycle, lane) else { continue };
            let bank = kind.bank(&schedule.layout, pattern.left_ends()[edge].at());
            let right = edge / pattern.d_in();
            let (cycle, at) = (Cycle::new(cycle), Lane::new(lane));
            if std::mem::replace(&mut asked[bank], true) {
                return Err(ScheduleFault::Clash { cycle, lane: at, bank, copy: 0 });
            }
            if right / kind.neurons_per_group != lane / kind.lanes_per_group {
                return Err(ScheduleFault::Group { cycle, lane: at });
            }
            met.insert(right);
        }
    }
    if let Some(lane) = met.iter().position(|met| met.len() > kind.sums) {
        let (neurons, sums) = (met[lane].len(), kind.sums);
        return Err(ScheduleFault::Sums { lane: Lane::new(lane), neurons, sums });
    }
    let time = kind.pieces.min(schedule.cycles());
    for (group, met) in met.chunks(kind.lanes_per_group).enumerate() {
        let pieces = met.iter().map(BTreeSet::len).sum();
        if pieces > time {
            return Err(ScheduleFault::Pieces { group, pieces, time });
        }
    }
    Ok(())
}
