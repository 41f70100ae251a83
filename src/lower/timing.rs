//! When memories are handed over: the fixed distances that let frames follow with no gap.
//!
//! All cycles are counted from the issue of a frame's first cycle, as in `docs/architecture.md`.
//! A junction reads a bank one cycle after issue and writes a result `write_latency` cycles after
//! the issue of its last cycle. A permit given in one cycle is usable in the next, and a start in
//! one cycle issues in the next.

use crate::schedule::Shape;

/// Cycles from the issue of a cycle to the write of what it completes.
pub(super) fn write_latency(shape: Shape) -> usize {
    let levels = shape.lanes_per_unit().next_power_of_two().trailing_zeros() as usize;
    match shape {
        Shape::Serial { .. } => 6 + levels,
        Shape::Wide { .. } => 8 + levels,
    }
}

/// A left memory's hand-over: when it is given back, and how many frames it must hold.
pub(super) struct HandOver {
    /// Cycle of the reader in which it lets the writer have the frame's memory again.
    pub release: usize,
    /// Frames in the ring.
    pub frames: usize,
}

/// Between the bus and the first junction: `beats` writes, the first one cycle after its beat.
///
/// The writer may take a permit one cycle after it is given, writes one cycle later, and the last
/// read is `cycles` after the first issue: a write in that same cycle still leaves the old word to
/// the reader, so the memory can be released in cycle `cycles − 2`.
pub(super) fn from_bus(beats: usize, cycles: usize, interval: usize) -> HandOver {
    let release = cycles.saturating_sub(2);
    HandOver { release, frames: (beats + 2 + release).div_ceil(interval).max(2) }
}

/// Between two junctions, or the last one and the result stage (`reader_cycles` = its rows).
///
/// The writer's first write comes `write_latency` after its issue, which is two cycles after the
/// release; the reader's last read is `reader_cycles` after its issue.
pub(super) fn between(
    writer_cycles: usize,
    write_latency: usize,
    reader_cycles: usize,
    interval: usize,
) -> HandOver {
    let release = (reader_cycles - 1).saturating_sub(write_latency);
    let occupied = writer_cycles + write_latency + release + 1;
    HandOver { release, frames: occupied.div_ceil(interval).max(2) }
}

/// Packets to keep, so that a frame's rows never wait for an earlier packet in steady state.
pub(super) fn packets(rows: usize, slots: usize, beats: usize, interval: usize) -> usize {
    let levels = slots.next_power_of_two().trailing_zeros() as usize;
    (rows + levels + beats + 6).div_ceil(interval)
}
