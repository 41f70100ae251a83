//! Where frames leave: results, exits, the split.

use super::{JunctionStage, Rom};
use crate::packet::{AnswerFormat, CodesFormat};
use crate::quantise::Rule;

/// `cf_result`: logits become a decision and a packet.
#[derive(Clone, Debug)]
pub struct ResultStage {
    /// Bits of a logit.
    pub bits: u32,
    /// Binary places of a logit.
    pub frac: i32,
    /// Layout of the answer.
    pub format: AnswerFormat,
    /// The high bits of its tag.
    pub tag: u16,
    /// When it answers; `None` always.
    pub rule: Option<RuleStage>,
    /// Write slots of the logit memory.
    pub slots: usize,
    /// Rows of the logit memory.
    pub rows: usize,
    /// Steps and cycles that tell which class a slot's row is.
    pub steps: usize,
    /// See `steps`.
    pub cycles: usize,
    /// Frames in the ring.
    pub frames: usize,
    /// Packets kept.
    pub packets: usize,
    /// Cycle in which the logit memory is given back.
    pub release: usize,
    /// Beats of a packet.
    pub beats: usize,
}

/// The rule of an exit.
#[derive(Clone, Debug)]
pub struct RuleStage {
    /// Which.
    pub rule: Rule,
    /// What it compares with after reset.
    pub threshold: i64,
    /// Bits of a threshold.
    pub bits: u32,
    /// Whether a threshold is signed.
    pub signed: bool,
    /// Shift and table of the softmax rule.
    pub softmax: Option<SoftmaxStage>,
}

/// What the softmax rule looks up.
#[derive(Clone, Debug)]
pub struct SoftmaxStage {
    /// A distance is shifted right by so much first.
    pub shift: u32,
    /// Exponentials.
    pub rom: Rom,
}

/// `cf_split`: codes become a packet.
#[derive(Clone, Debug)]
pub struct SplitStage {
    /// Layout of the packet.
    pub format: CodesFormat,
    /// Whether frames come by the decisions of an exit, not as they are written.
    pub gated: bool,
    /// Write slots of its memory.
    pub slots: usize,
    /// Rows that each slot writes.
    pub rows: usize,
    /// Steps and cycles that tell which neuron a slot's row is.
    pub steps: usize,
    /// See `steps`.
    pub cycles: usize,
    /// Frames in its memory.
    pub frames: usize,
    /// Cycle in which its memory is given back, where it is not gated.
    pub release: usize,
    /// Slots packed a cycle.
    pub group: usize,
    /// Cycles of a frame.
    pub busy: usize,
    /// Beats of the longest packet.
    pub beats: usize,
    /// Beats that its FIFO holds.
    pub fifo_beats: usize,
}

/// An exit: its branch, and how it is joined with what is behind it.
#[derive(Clone, Debug)]
pub struct ExitStage {
    /// The trunk junction whose output the branch takes.
    pub after: usize,
    /// The branch.
    pub junctions: Vec<JunctionStage>,
    /// Its end.
    pub result: ResultStage,
    /// What joins it with the rest; none where it answers every frame.
    pub gate: Option<GateStage>,
}

/// What keeps packets in the order of their frames, and thresholds with theirs.
#[derive(Clone, Copy, Debug)]
pub struct GateStage {
    /// Beats that the FIFO of its answers holds.
    pub fifo_beats: usize,
    /// Decisions that the merge remembers.
    pub decisions: usize,
    /// Frames that may be between where thresholds are taken and this exit's decision.
    pub thresholds: usize,
}

/// What is at the trunk's end on the edge.
#[derive(Clone, Debug)]
pub enum EndStage {
    /// Logits.
    Result(ResultStage),
    /// A split.
    Split(SplitStage),
    /// The last exit, which answers every frame that comes to it.
    LastExit,
}
