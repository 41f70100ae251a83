//! The parameters of a junction's instance.

use super::top::Junction;
use crate::lower::{
    AddressStage, CopiesStage, Datapath, JunctionStage, NetworkStage, TiedStage, WorkStage,
};
use crate::schedule::Shape;
use std::fmt::Display;

/// A parameter and its value, the name padded so that values stand below each other.
pub(super) struct Parameter {
    pub name: String,
    pub value: String,
}

/// Collects parameters.
struct Parameters(Vec<Parameter>);

impl Parameters {
    fn set(&mut self, name: &str, value: impl Display) {
        self.0.push(Parameter { name: name.to_owned(), value: value.to_string() });
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.set(name, u8::from(value));
    }
}

/// A junction as the template wants it.
pub(super) fn junction(number: usize, stage: &JunctionStage) -> Junction {
    let mut p = Parameters(Vec::new());
    p.set("ActBits", format_args!("L{number}Bits"));
    p.flag("ActSigned", stage.act.signed);
    p.set("Slots", format_args!("L{number}Slots"));
    p.set("Rows", format_args!("L{number}Rows"));
    p.set("Frames", stage.frames);
    p.set("Cycles", stage.cycles);
    let module = match &stage.datapath {
        Datapath::Copies(copies) => {
            self::copies(&mut p, stage, copies);
            "cf_junction"
        }
        Datapath::Tied(tied) => {
            self::tied(&mut p, stage, tied);
            "cf_junction_tied"
        }
        Datapath::Network(network) => {
            self::network(&mut p, stage, network);
            "cf_junction_network"
        }
    };
    p.set("WeightBits", stage.weight.bits);
    p.set("AccBits", stage.acc_bits);
    p.set("Release", stage.release);
    p.flag("Raw", stage.requant.is_none());
    p.set("Shift", stage.requant.map_or(0, |r| r.shift));
    p.set("OutBits", format_args!("L{}Bits", number + 1));
    p.set("Low", stage.requant.map_or(0, |r| r.low));
    p.set("High", stage.requant.map_or(0, |r| r.high));
    for (name, rom) in stage.roms() {
        p.set(&format!("{name}File"), format_args!("{{RomDir, \"{}\"}}", rom.file));
        p.set(&format!("{name}Hash"), format_args!("32'h{:08x}", rom.words.hash()));
    }
    let longest = p.0.iter().map(|p| p.name.len()).max().unwrap_or(0);
    for parameter in &mut p.0 {
        parameter.name = format!("{:longest$}", parameter.name);
    }
    let widths = format!("{} x {}", stage.units(), stage.lanes_per_unit());
    Junction {
        number,
        module,
        row: format!(
            "{number:>8} {:>5} {:>6} {:>6} {:>6} {:>7}  {widths:>13} {:>7}  {}",
            stage.left,
            stage.right,
            stage.edges,
            stage.lanes,
            stage.cycles,
            stage.copies(),
            stage.interleaver()
        ),
        about: format!(
            "junction {number}: {} -> {}, out-degree {}, in-degree {}, weights {}, interleaver {}",
            stage.left,
            stage.right,
            stage.d_out,
            stage.d_in,
            stage.weight,
            stage.interleaver()
        ),
        parameters: p.0,
    }
}

fn copies(p: &mut Parameters, stage: &JunctionStage, copies: &CopiesStage) {
    let (wide, rest) = match copies.shape {
        Shape::Serial { .. } => (false, 0),
        Shape::Wide { rest, .. } => (true, rest),
    };
    p.set("StripeBits", copies.stripe_bits);
    p.flag("Wide", wide);
    p.set("Neurons", stage.right);
    p.set("Units", copies.shape.units(stage.right));
    p.set("LanesPerUnit", copies.shape.lanes_per_unit());
    p.set("Steps", copies.shape.steps(stage.cycles));
    p.set("SharedLanes", copies.shape.shared_lanes());
    p.set("Rest", rest);
    p.set("CopiesPerUnit", copies.copies_per_unit);
    p.flag("OneCopy", copies.one_copy);
    p.flag("OneRow", copies.one_row);
    p.set("BiasRows", stage.bias_rom.words.rows());
    p.set("OutRows", stage.out_rows);
}

fn tied(p: &mut Parameters, stage: &JunctionStage, tied: &TiedStage) {
    p.set("Stripes", tied.stripes);
    p.set("BankRows", tied.bank_rows);
    p.flag("Place", tied.place_rom.is_some());
    p.flag("Lockstep", tied.lockstep);
    p.set("Lines", tied.lines);
    p.set("Width", tied.width);
    p.flag("Shared", tied.shared);
    match &tied.addresses {
        AddressStage::Counted { depth, sweeps, skip, .. } => {
            p.set("Addresses", 0);
            p.set("Depth", depth);
            p.set("Sweeps", sweeps);
            p.set("Skip", skip);
        }
        AddressStage::Table { .. } => p.set("Addresses", 1),
        AddressStage::None => p.set("Addresses", 2),
    }
    match &tied.work {
        WorkStage::Aligned { steps } => p.set("Steps", steps),
        WorkStage::Straddling { block, mask_rom } => {
            p.flag("Straddle", true);
            p.set("Block", block);
            p.set("Blocks", stage.d_in / block);
            p.flag("Masks", mask_rom.is_some());
        }
    }
    p.set("Neurons", stage.right);
    p.set("OutSlots", stage.out_slots);
}

fn network(p: &mut Parameters, stage: &JunctionStage, network: &NetworkStage) {
    p.set("Stripes", network.stripes);
    p.set("BankRows", network.bank_rows);
    p.flag("Lockstep", network.lockstep);
    p.set("Neurons", stage.right);
    p.set("Groups", network.groups);
    p.set("LanesPerGroup", network.lanes_per_group);
    p.set("NeuronsPerGroup", network.neurons_per_group);
    p.set("Sums", network.sums);
    p.set("Pieces", network.pieces);
    p.flag("Benes", network.stages_per_register.is_some());
    if let Some(stages) = network.stages_per_register {
        p.set("StagesPerRegister", stages);
    }
}
