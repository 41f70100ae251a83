//! The hardware as data: instances, their parameters, ROMs. Validated before any text exists.

use super::{DotStage, EndStage, ExitStage, JunctionStage, ResultStage, Words};
use crate::bus::BusFormat;
use crate::packet::PacketFormat;
use crate::quantise::Format;

/// A whole head in hardware.
#[derive(Clone, Debug)]
pub struct Design {
    /// Name of the head.
    pub name: String,
    /// Verilog name of the top module.
    pub top: String,
    /// Input stage.
    pub input: InputStage,
    /// Junctions of the trunk, in order.
    pub junctions: Vec<JunctionStage>,
    /// Early exits, in order.
    pub exits: Vec<ExitStage>,
    /// The trunk's end.
    pub end: EndStage,
    /// Dot products as heaps, each shape once.
    pub dots: Vec<DotStage>,
    /// Layout of all packets.
    pub packet: PacketFormat,
    /// Whether there are registers.
    pub control: bool,
    /// Cycles from one frame to the next in steady state, by construction.
    pub initiation_interval: usize,
}

impl Design {
    /// Every junction, in the order of [`Site::all`](crate::schedule::Site::all).
    pub fn stages(&self) -> impl Iterator<Item = &JunctionStage> {
        self.junctions.iter().chain(self.exits.iter().flat_map(|exit| &exit.junctions))
    }

    /// The result stages, with the exit that each ends; `None` for the trunk's end.
    pub fn results(&self) -> impl Iterator<Item = (Option<usize>, &ResultStage)> {
        let end = match &self.end {
            EndStage::Result(result) => Some((None, result)),
            EndStage::Split(_) | EndStage::LastExit => None,
        };
        end.into_iter().chain(self.exits.iter().enumerate().map(|(e, x)| (Some(e), &x.result)))
    }

    /// Every ROM, with the names of the parameters that they fill.
    pub fn roms(&self) -> impl Iterator<Item = (&'static str, &Rom)> {
        let exits = self.exits.iter().filter_map(|exit| {
            Some(("Softmax", &exit.result.rule.as_ref()?.softmax.as_ref()?.rom))
        });
        self.stages().flat_map(JunctionStage::roms).chain(exits)
    }

    /// Whether there are ROMs.
    pub fn has_roms(&self) -> bool {
        self.roms().next().is_some()
    }

    /// Beats of the longest packet.
    pub fn beats_out(&self) -> usize {
        self.packet.beats(self.input.bus.bus_bits)
    }

    /// What sets the initiation interval, in words.
    pub fn bound(&self) -> &'static str {
        let interval = self.initiation_interval;
        let junction = self.stages().any(|j| j.cycles == interval);
        let bus = self.input.bus.beats().max(self.beats_out()) == interval;
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
