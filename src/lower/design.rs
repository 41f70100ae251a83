//! The hardware as data: instances, their parameters, ROMs. Validated before any text exists.

use super::Words;
use crate::bus::BusFormat;
use crate::packet::PacketFormat;
use crate::quantise::Format;
use crate::schedule::Shape;

/// A whole head in hardware.
#[derive(Clone, Debug)]
pub struct Design {
    /// Name of the head.
    pub name: String,
    /// Verilog name of the top module.
    pub top: String,
    /// Input stage.
    pub input: InputStage,
    /// Junctions in order.
    pub junctions: Vec<JunctionStage>,
    /// Output stage.
    pub output: OutputStage,
    /// Cycles from one frame to the next in steady state, by construction.
    pub initiation_interval: usize,
}

impl Design {
    /// Cycles from the one in which a frame's last beat is accepted to that of its packet's first
    /// beat, when nothing is ahead of it; `docs/architecture.md` has the formula.
    pub fn latency(&self) -> usize {
        let levels = self.output.slots.next_power_of_two().trailing_zeros() as usize;
        let junctions: usize = self.junctions.iter().map(|j| j.cycles - 1 + j.write_latency).sum();
        7 + self.output.rows + levels + junctions
    }

    /// What sets the initiation interval, in words.
    pub fn bound(&self) -> &'static str {
        let interval = self.initiation_interval;
        let junction = self.junctions.iter().any(|j| j.cycles == interval);
        let bus = self.input.bus.beats().max(self.output.beats) == interval;
        match (junction, bus) {
            (true, true) => "as both the bus and the busiest junction need",
            (true, false) => "as the busiest junction needs",
            (false, _) => "as the bus needs",
        }
    }
}

/// `cf_stream_in`.
#[derive(Clone, Copy, Debug)]
pub struct InputStage {
    /// How frames lie on the bus.
    pub bus: BusFormat,
    /// Format of the codes.
    pub format: Format,
}

impl InputStage {
    /// Slots of a beat that carry codes: fewer than fit for a head of fewer inputs.
    pub fn slots(&self) -> usize {
        self.bus.codes_per_beat().min(self.bus.neurons)
    }
}

/// `cf_junction`.
#[derive(Clone, Debug)]
pub struct JunctionStage {
    /// Left and right neurons, degrees, edges.
    pub left: usize,
    /// Right neurons.
    pub right: usize,
    /// Out-degree.
    pub d_out: usize,
    /// In-degree.
    pub d_in: usize,
    /// Edges.
    pub edges: usize,
    /// Format of the codes that come in.
    pub act: Format,
    /// Format of the weights.
    pub weight: Format,
    /// Width of the accumulators.
    pub acc_bits: u32,
    /// Shift and clamp, or raw accumulators.
    pub requant: Option<Requant>,
    /// Arrangement of the lanes.
    pub shape: Shape,
    /// All lanes.
    pub lanes: usize,
    /// Cycles a frame.
    pub cycles: usize,
    /// Write slots of the left memory.
    pub slots: usize,
    /// Rows that a slot writes.
    pub rows: usize,
    /// See `cf_left`.
    pub stripe_bits: u32,
    /// Banks of one copy.
    pub banks: usize,
    /// Rows of a bank.
    pub bank_rows: usize,
    /// Frames in the ring.
    pub frames: usize,
    /// Copies of the left memory for each unit.
    pub copies_per_unit: usize,
    /// One copy for all.
    pub one_copy: bool,
    /// One row a copy, not one a bank.
    pub one_row: bool,
    /// Copies of the left memory in all.
    pub copies: usize,
    /// Cycle in which the left memory is given back.
    pub release: usize,
    /// Rows that the units write downstream.
    pub out_rows: usize,
    /// Cycles from issue to write.
    pub write_latency: usize,
    /// Row of each bank, or of each copy, in each cycle; none where banks have one row.
    pub row_rom: Option<Rom>,
    /// Bank of each lane in each cycle; none where there is one bank.
    pub bank_rom: Option<Rom>,
    /// Weight of each lane in each cycle.
    pub weight_rom: Rom,
    /// Bias and rounding constant of each unit's neurons.
    pub bias_rom: Rom,
}

impl JunctionStage {
    /// Units of the junction.
    pub fn units(&self) -> usize {
        self.shape.units(self.right)
    }

    /// Edges, as a share of lanes × cycles.
    pub fn utilisation(&self) -> f64 {
        self.edges as f64 / (self.lanes * self.cycles) as f64
    }

    /// Bits of the left memory, all frames and copies.
    pub fn memory_bits(&self) -> usize {
        let rows = if self.bank_rows > 1 { self.bank_rows.next_power_of_two() } else { 1 };
        self.copies * self.banks * rows * self.frames * self.act.bits as usize
    }

    /// Bits of the interleaver's ROMs.
    pub fn index_bits(&self) -> usize {
        [&self.row_rom, &self.bank_rom].into_iter().flatten().map(|rom| rom.words.bits()).sum()
    }
}

/// `cf_requant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requant {
    /// Right shift, negative for left.
    pub shift: i32,
    /// Bits of the code.
    pub bits: u32,
    /// Smallest code.
    pub low: i64,
    /// Largest code.
    pub high: i64,
}

/// `cf_result`.
#[derive(Clone, Debug)]
pub struct OutputStage {
    /// Classes.
    pub classes: usize,
    /// Bits of a logit.
    pub bits: u32,
    /// Binary places of a logit.
    pub frac: i32,
    /// Layout of the packet.
    pub packet: PacketFormat,
    /// Slots of the logit memory: units of the last junction.
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

/// A ROM and the file it comes from.
#[derive(Clone, Debug)]
pub struct Rom {
    /// File name below `rom/`.
    pub file: String,
    /// Content.
    pub words: Words,
    /// Lines that say what the words are.
    pub about: Vec<String>,
}
