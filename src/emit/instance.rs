//! An instance of a module: what it is, its parameters, what its ports are connected to.

use crate::lower::{
    AddressStage, CopiesStage, Datapath, JunctionStage, NetworkStage, TiedStage, UnrolledStage,
    WorkStage,
};
use crate::schedule::Shape;
use std::fmt::Display;

/// A name and what is in its brackets; names are padded so that brackets stand below each other.
pub(super) struct Pin {
    pub name: String,
    pub value: String,
}

/// An instance, as the template writes it.
pub(super) struct Instance {
    /// A line of comment; may be empty.
    pub about: String,
    pub module: String,
    pub name: String,
    pub parameters: Vec<Pin>,
    pub ports: Vec<Pin>,
}

impl Instance {
    pub fn new(
        module: impl Into<String>,
        name: impl Into<String>,
        about: impl Into<String>,
    ) -> Self {
        let (parameters, ports) = (Vec::new(), Vec::new());
        Self { about: about.into(), module: module.into(), name: name.into(), parameters, ports }
    }

    /// Sets a parameter.
    pub fn set(&mut self, name: &str, value: impl Display) {
        self.parameters.push(Pin { name: name.to_owned(), value: value.to_string() });
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.set(name, u8::from(value));
    }

    /// Connects a port.
    pub fn port(&mut self, name: &str, net: impl Display) {
        self.ports.push(Pin { name: name.to_owned(), value: net.to_string() });
    }

    /// Connects clock and reset by the library's names inside the design.
    pub fn clock(&mut self) {
        self.port("clk_i", "aclk");
        self.port("rst_ni", "aresetn");
    }

    /// Connects clock and reset by the names of stream modules.
    pub fn stream_clock(&mut self) {
        self.port("aclk", "aclk");
        self.port("aresetn", "aresetn");
    }

    /// Connects a stream's signals, `tuser` included.
    pub fn stream(&mut self, port: &str, net: &str) {
        for signal in STREAM {
            self.port(&format!("{port}_{signal}"), format_args!("{net}_{signal}"));
        }
    }

    /// The finished instance.
    pub fn padded(mut self) -> Self {
        for pins in [&mut self.parameters, &mut self.ports] {
            let longest = pins.iter().map(|p| p.name.len()).max().unwrap_or(0);
            for pin in pins {
                pin.name = format!("{:longest$}", pin.name);
            }
        }
        self
    }
}

/// The signals of a stream of packets.
pub(super) const STREAM: [&str; 6] = ["tdata", "tkeep", "tvalid", "tready", "tlast", "tuser"];

/// A junction with its parameters; `left` and `right` are what the local parameters of its layers
/// begin with.
pub(super) fn junction(stage: &JunctionStage, left: &str, right: &str) -> Instance {
    let module = match &stage.datapath {
        Datapath::Copies(_) => "cf_junction",
        Datapath::Tied(_) => "cf_junction_tied",
        Datapath::Network(_) => "cf_junction_network",
        Datapath::Unrolled(_) => "cf_junction_unrolled",
    };
    let about = format!(
        "{}: {} -> {}, out-degree {}, in-degree {}, weights {}, interleaver {}",
        stage.site,
        stage.left,
        stage.right,
        stage.d_out,
        stage.d_in,
        stage.weight,
        stage.interleaver()
    );
    let name = format!("i_{}", stage.site.to_string().replace(", ", "_").replace(' ', "_"));
    let mut p = Instance::new(module, name, about);
    p.set("ActBits", format_args!("{left}Bits"));
    if stage.tables.is_some() {
        p.flag("ActSigned", stage.act.signed);
    }
    p.set("Slots", format_args!("{left}Slots"));
    p.set("Rows", format_args!("{left}Rows"));
    if let Datapath::Unrolled(unrolled) = &stage.datapath {
        self::unrolled(&mut p, stage, unrolled);
    } else {
        p.set("Frames", stage.frames);
        if stage.gated {
            p.flag("Gated", true);
        }
        p.set("Cycles", stage.cycles);
    }
    match &stage.datapath {
        Datapath::Copies(copies) => self::copies(&mut p, stage, copies),
        Datapath::Tied(tied) => self::tied(&mut p, stage, tied),
        Datapath::Network(network) => self::network(&mut p, stage, network),
        Datapath::Unrolled(_) => {}
    }
    if stage.tables.is_some() {
        p.set("WeightBits", stage.weight.bits);
        p.set("Release", stage.release);
    }
    p.set("AccBits", stage.acc_bits);
    p.flag("Raw", stage.requant.is_none());
    p.set("Shift", stage.requant.map_or(0, |r| r.shift));
    p.set("OutBits", format_args!("{right}Bits"));
    p.set("Low", stage.requant.map_or(0, |r| r.low));
    p.set("High", stage.requant.map_or(0, |r| r.high));
    for (name, rom) in stage.roms() {
        p.set(&format!("{name}File"), format_args!("{{RomDir, \"{}\"}}", rom.file));
        p.set(&format!("{name}Hash"), format_args!("32'h{:08x}", rom.words.hash()));
    }
    p
}

/// A junction's line in the list at the head of the top module.
pub(super) fn row(stage: &JunctionStage) -> String {
    let widths = format!("{} x {}", stage.units(), stage.lanes_per_unit());
    format!(
        "{:<18} {:>5} {:>6} {:>6} {:>6} {:>7}  {widths:>13} {:>7}  {}",
        stage.site.to_string(),
        stage.left,
        stage.right,
        stage.edges,
        stage.lanes,
        stage.cycles,
        stage.copies(),
        stage.interleaver()
    )
}

fn copies(p: &mut Instance, stage: &JunctionStage, copies: &CopiesStage) {
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
    p.set("BiasRows", stage.tables.as_ref().map_or(1, |tables| tables.bias_rom.words.rows()));
    p.set("OutRows", stage.out_rows);
}

fn tied(p: &mut Instance, stage: &JunctionStage, tied: &TiedStage) {
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

fn network(p: &mut Instance, stage: &JunctionStage, network: &NetworkStage) {
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

fn unrolled(p: &mut Instance, stage: &JunctionStage, unrolled: &UnrolledStage) {
    p.flag("Flow", unrolled.flow);
    p.set("Neurons", stage.right);
    p.set("Latency", unrolled.latency);
}

/// The adders of an unrolled junction.
pub(super) fn adders(stage: &JunctionStage, unrolled: &UnrolledStage) -> Instance {
    let prefix = stage.site.prefix();
    let about = format!("{}: its weights, as adders", stage.site);
    let mut i = Instance::new(&unrolled.module, format!("i_{prefix}_sums"), about);
    i.port("clk_i", "aclk");
    i.port("act_i", format_args!("{prefix}_act"));
    i.port("acc_o", format_args!("{prefix}_acc"));
    i
}
