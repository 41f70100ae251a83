//! When a frame is where: predicted, cycle by cycle. `docs/architecture.md` has the formulas.

use super::{Design, EndStage, ExitStage, JunctionStage, ResultStage, SplitStage};
use crate::ids::bits_for;
use std::ops::Range;

/// From an exit's decision to the issue of the first cycle of the junction behind it: through the
/// pool, the permit and the sequencer.
const AFTER_DECISION: usize = 3;

/// What `cf_stream_fifo` takes.
const FIFO_LATENCY: usize = 2;

/// When each stage works on a frame, in cycles from the frame's first beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Beats are accepted.
    pub bus_in: Range<usize>,
    /// Cycles are issued, of each junction of the trunk.
    pub junctions: Vec<Range<usize>>,
    /// Logits are read and compared, or codes are read and packed.
    pub result: Range<usize>,
    /// Beats of the packet.
    pub bus_out: Range<usize>,
}

impl Design {
    /// Cycles from the one in which a frame's last beat is accepted to that of its packet's first
    /// beat, when nothing is ahead of it and no exit answers: exactly, or, where it ends in a split,
    /// at most. A last exit that answers everything is such an end, too.
    pub fn latency(&self) -> usize {
        let busy = self.busy();
        busy.bus_out.start + 1 - busy.bus_in.end
    }

    /// Likewise for the answer of an exit.
    pub fn exit_latency(&self, exit: usize) -> usize {
        let ExitStage { result, gate, .. } = &self.exits[exit];
        let fifo = if gate.is_some() { FIFO_LATENCY } else { 0 };
        result.answered(self.branch_end(exit)) + 1 + fifo + 1 - self.input.bus.beats()
    }

    /// When each stage works on a frame that meets nothing ahead of it and that no exit answers, or
    /// that follows the one ahead by the initiation interval.
    pub fn busy(&self) -> Busy {
        let beats_in = self.input.bus.beats();
        let mut junctions = Vec::with_capacity(self.junctions.len());
        // the first junction issues two cycles after the last beat is accepted
        let mut start = beats_in + 1;
        for (number, junction) in self.junctions.iter().enumerate() {
            let issue = start + usize::from(junction.is_placed());
            junctions.push(issue..issue + junction.cycles);
            start = self.behind(number, start);
        }
        let (end, packet, beats) = match &self.end {
            EndStage::Result(result) => (start, result.answered(start) + 1, result.beats),
            EndStage::Split(split) => (start, split.packed(start), split.beats),
            EndStage::LastExit => {
                let exit = self.exits.len() - 1;
                let (end, result) = (self.branch_end(exit), &self.exits[exit].result);
                (end, result.answered(end) + 1, result.beats)
            }
        };
        Busy {
            bus_in: 0..beats_in,
            junctions,
            result: end..packet,
            bus_out: packet..packet + beats,
        }
    }

    /// When what follows junction `number` of the trunk begins, if that one does in `start`.
    fn behind(&self, number: usize, start: usize) -> usize {
        let end = start + self.junctions[number].through();
        let gated = |exit: &&ExitStage| exit.after == number && exit.gate.is_some();
        let Some(exit) = self.exits.iter().find(gated) else { return end };
        let decided = exit.result.answered(end + through(&exit.junctions));
        let placed = self.junctions.get(number + 1).is_some_and(JunctionStage::is_placed);
        decided + AFTER_DECISION - usize::from(placed)
    }

    /// When the result stage of an exit would issue.
    fn branch_end(&self, exit: usize) -> usize {
        let ExitStage { after, junctions, .. } = &self.exits[exit];
        let start = (0..*after).fold(self.input.bus.beats() + 1, |at, j| self.behind(j, at));
        start + self.junctions[*after].through() + through(junctions)
    }
}

/// From where a chain would issue to where what follows it would.
pub(super) fn through(chain: &[JunctionStage]) -> usize {
    chain.iter().map(JunctionStage::through).sum()
}

impl JunctionStage {
    /// From where the junction would issue to where what follows it would.
    pub(super) fn through(&self) -> usize {
        self.cycles - 1 + self.write_latency
    }
}

impl ResultStage {
    /// When the decision is known, if the stage would issue in `start`; it starts the cycle before.
    pub(super) fn answered(&self, start: usize) -> usize {
        let levels = bits_for(self.slots);
        let softmax = self.rule.as_ref().is_some_and(|rule| rule.softmax.is_some());
        let time = if softmax { 2 * self.rows + 8 + 2 * levels } else { self.rows + 5 + levels };
        start - 1 + time
    }
}

impl SplitStage {
    /// When the first beat leaves at the latest, if the stage would issue in `start`.
    pub(super) fn packed(&self, start: usize) -> usize {
        let select = bits_for(self.slots).saturating_sub(1);
        start - 1 + 9 + select + bits_for(self.group) + self.busy - 1
    }
}
