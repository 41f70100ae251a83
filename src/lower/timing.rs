//! When memories are handed over: the fixed distances that let frames follow with no gap.
//!
//! All cycles are counted from the issue of a frame's first cycle, as in `docs/architecture.md`.
//! A junction reads a bank one cycle after issue and writes a result `write_latency` cycles after
//! the issue of its last cycle. A permit given in one cycle is usable in the next, and a start in
//! one cycle issues in the next.

use crate::schedule::{Arrangement, Feed, Schedule, Shape, Work};

/// The fixed times of a junction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Cycles of a frame.
    pub cycles: usize,
    /// What a table of places adds to each write of the left memory.
    pub place: usize,
    /// From the issue of a frame's first cycle to its first write, at the earliest.
    pub first_write: usize,
    /// From the issue of a frame's last cycle to its last write.
    pub last_write: usize,
}

/// Levels of an adder tree.
pub(super) fn levels(inputs: usize) -> usize {
    inputs.next_power_of_two().trailing_zeros() as usize
}

/// The times of a scheduled junction of in-degree `d_in`.
pub(super) fn times(schedule: &Schedule, d_in: usize) -> Times {
    let cycles = schedule.cycles();
    match &schedule.kind {
        Arrangement::Copies(copies) => {
            let write = match copies.shape {
                Shape::Serial { lanes_per_unit, .. } => 6 + levels(lanes_per_unit),
                Shape::Wide { lanes_per_unit, .. } => 8 + levels(lanes_per_unit),
            };
            Times { cycles, place: 0, first_write: write, last_write: write }
        }
        Arrangement::Tied(tied) => {
            let select = usize::from(tied.banks_per_lane(schedule.layout.slots) > 1);
            let sum = match tied.work {
                Work::Aligned { .. } => levels(tied.width),
                Work::Straddling { block, .. } => levels(block) + levels(tied.width / block),
            };
            // table, memory and selector, products and sums and the accumulator, collecting, requantisation
            let collect = usize::from(tied.lines > 1);
            let first_write = 2 + select + 2 + sum + collect + 1;
            let last_lines = schedule.right - (tied.rounds(schedule.right) - 1) * tied.lines;
            let last_write = first_write + last_lines.div_ceil(tied.slots_out(d_in)) - 1;
            Times { cycles, place: usize::from(tied.placed), first_write, last_write }
        }
        Arrangement::Network(network) => {
            // read, network, products and sums, the first piece; results come when all are in
            let latency = network.latency(schedule.layout.slots);
            let first_write = cycles - 1 + 9 + latency;
            let last_write = 8 + latency + network.pieces;
            Times { cycles, place: 0, first_write, last_write }
        }
        Arrangement::Unrolled(unrolled) => {
            // sums, requantisation
            let write = unrolled.latency() + 1;
            Times { cycles, place: 0, first_write: write, last_write: write }
        }
    }
}

/// The result stage as a reader: a row of logits a cycle.
pub(super) fn result(rows: usize) -> Times {
    Times { cycles: rows, place: 0, first_write: 0, last_write: 0 }
}

/// A left memory's hand-over: when it is given back, and how many frames it must hold.
pub(super) struct HandOver {
    /// Cycle of the reader in which it lets the writer have the frame's memory again.
    pub release: usize,
    /// Frames in the ring.
    pub frames: usize,
}

/// Between the bus and the first junction: `beats` writes, the first one cycle after its beat, or
/// one more where a table places it.
///
/// The writer may take a permit one cycle after it is given, writes one cycle later, and the last
/// read is `cycles` after the first issue: a write in that same cycle still leaves the old word to
/// the reader, so the memory can be released in cycle `cycles − 2`.
pub(super) fn from_bus(beats: usize, reader: Times, interval: usize) -> HandOver {
    let release = reader.cycles.saturating_sub(2 + reader.place);
    HandOver { release, frames: (beats + 2 + reader.place + release).div_ceil(interval).max(2) }
}

/// The last of a chain as a writer that takes its permit when it starts: where frames flow through
/// it, whoever is ahead has taken the permit for it.
pub(super) fn from_permit(chain: &[(&Schedule, &Times)]) -> Times {
    let ((last, times), before) = chain.split_last().expect("a writer");
    match &last.kind {
        Arrangement::Unrolled(unrolled) if unrolled.feed == Feed::Flow => {
            let ahead = from_permit(before);
            Times {
                cycles: ahead.cycles,
                first_write: ahead.first_write + times.first_write,
                last_write: ahead.last_write + times.last_write,
                ..**times
            }
        }
        // its frames are read two cycles after the start, not one
        Arrangement::Unrolled(_) => Times { last_write: times.last_write + 1, ..**times },
        _ => **times,
    }
}

/// Between two junctions, or the last one and the result stage.
///
/// The writer's first write comes at least `first_write` after its issue, which is two cycles after
/// the release; the reader's last read is `cycles` after its issue.
pub(super) fn between(writer: Times, reader: Times, interval: usize) -> HandOver {
    let release = (reader.cycles - 1).saturating_sub(writer.first_write + reader.place);
    let occupied = writer.cycles + writer.last_write + reader.place + release + 1;
    HandOver { release, frames: occupied.div_ceil(interval).max(2) }
}

/// Packets to keep, so that a frame's rows never wait for an earlier packet in steady state.
pub(super) fn packets(rows: usize, slots: usize, beats: usize, interval: usize) -> usize {
    (rows + levels(slots) + beats + 6).div_ceil(interval)
}
