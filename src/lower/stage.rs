//! A junction in hardware.

use super::{Rom, SumStage, Words};
use crate::quantise::Format;
use crate::schedule::{Interleaver, Shape, Site};

/// One junction in hardware.
#[derive(Clone, Debug)]
pub struct JunctionStage {
    /// Where it stands.
    pub site: Site,
    /// Whether frames come by the decisions of an exit, not as they are written.
    pub gated: bool,
    /// Left neurons.
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
    /// All lanes.
    pub lanes: usize,
    /// Cycles a frame.
    pub cycles: usize,
    /// Write slots of the left memory.
    pub slots: usize,
    /// Rows that a slot writes.
    pub rows: usize,
    /// Frames in the ring.
    pub frames: usize,
    /// Cycle in which the left memory is given back.
    pub release: usize,
    /// Write slots downstream.
    pub out_slots: usize,
    /// Rows that each of them writes.
    pub out_rows: usize,
    /// Cycles from the issue of the last cycle to the last write, that of the left memory's writer
    /// included where a table places what it writes.
    pub write_latency: usize,
    /// The interleaver, and what adds up behind it.
    pub datapath: Datapath,
    /// What is added up, in tables; none where it is wiring.
    pub tables: Option<Tables>,
}

/// Weights and biases of a junction.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Weight of each lane in each cycle.
    pub weight_rom: Rom,
    /// Bias and rounding constant of the right neurons.
    pub bias_rom: Rom,
}

/// The kinds of junction, a module each.
#[derive(Clone, Debug)]
pub enum Datapath {
    /// `cf_junction`.
    Copies(CopiesStage),
    /// `cf_junction_tied`.
    Tied(TiedStage),
    /// `cf_junction_network`.
    Network(NetworkStage),
    /// `cf_junction_unrolled`, and a module of adders that is generated.
    Unrolled(UnrolledStage),
}

/// What `cf_junction` needs besides.
#[derive(Clone, Debug)]
pub struct CopiesStage {
    /// Arrangement of the lanes.
    pub shape: Shape,
    /// Binary logarithm of the stripes: see `cf_lanes`.
    pub stripe_bits: u32,
    /// Banks of one copy.
    pub banks: usize,
    /// Rows of a bank.
    pub bank_rows: usize,
    /// Copies of the left memory for each unit.
    pub copies_per_unit: usize,
    /// One copy for all.
    pub one_copy: bool,
    /// One row a copy, not one a bank.
    pub one_row: bool,
    /// Copies of the left memory in all.
    pub copies: usize,
    /// Row of each bank, or of each copy, in each cycle; none where banks have one row.
    pub row_rom: Option<Rom>,
    /// Bank of each lane in each cycle; none where there is one bank.
    pub bank_rom: Option<Rom>,
}

/// What `cf_junction_tied` needs besides.
#[derive(Clone, Debug)]
pub struct TiedStage {
    /// Lines of lanes.
    pub lines: usize,
    /// Lanes of a line.
    pub width: usize,
    /// Right neurons of the first line.
    pub rounds: usize,
    /// Lines that have a right neuron in the last round.
    pub last_lines: usize,
    /// All lines read one copy.
    pub shared: bool,
    /// Banks that a slot's rows are dealt over.
    pub stripes: usize,
    /// Banks of one copy.
    pub banks: usize,
    /// Rows of a bank.
    pub bank_rows: usize,
    /// Whether all slots write the same row at a time.
    pub lockstep: bool,
    /// Where each row of each slot goes; none where rows are dealt as they come.
    pub place_rom: Option<Rom>,
    /// Where addresses come from.
    pub addresses: AddressStage,
    /// How right neurons share a line's cycles.
    pub work: WorkStage,
}

/// Where a tied junction's addresses come from.
#[derive(Clone, Debug)]
pub enum AddressStage {
    /// Every lane has one word.
    None,
    /// `cf_count`.
    Counted {
        /// Words of a lane.
        depth: usize,
        /// Sweeps with starts of their own.
        sweeps: usize,
        /// What the counter gains after a right neuron.
        skip: usize,
        /// Starts of each lane, a line a sweep.
        start_rom: Rom,
    },
    /// A table.
    Table {
        /// Address of each lane, a line a cycle.
        address_rom: Rom,
    },
}

/// How a tied junction's right neurons share a line's cycles.
#[derive(Clone, Debug)]
pub enum WorkStage {
    /// So many cycles each.
    Aligned {
        /// Cycles of a right neuron.
        steps: usize,
    },
    /// One after the other, wherever that is in a cycle.
    Straddling {
        /// Lanes of a block: they always belong to one right neuron.
        block: usize,
        /// Which blocks belong to the earlier neuron, a line a cycle; none where it is the first.
        mask_rom: Option<Rom>,
    },
}

/// What `cf_junction_network` needs besides.
#[derive(Clone, Debug)]
pub struct NetworkStage {
    /// Groups of lanes.
    pub groups: usize,
    /// Lanes of a group.
    pub lanes_per_group: usize,
    /// Right neurons of a group; the last one may have fewer.
    pub neurons_per_group: usize,
    /// Partial sums of a lane.
    pub sums: usize,
    /// Most partial sums that a group puts together.
    pub pieces: usize,
    /// Banks that a slot's rows are dealt over.
    pub stripes: usize,
    /// Banks.
    pub banks: usize,
    /// Rows of a bank.
    pub bank_rows: usize,
    /// Whether all slots write the same row at a time.
    pub lockstep: bool,
    /// Stages between registers of a Benes network; none for a crossbar.
    pub stages_per_register: Option<usize>,
    /// Row of each bank in each cycle; none where banks have one row.
    pub row_rom: Option<Rom>,
    /// Bank of each lane, or switches, in each cycle; none where there is one bank.
    pub control_rom: Option<Rom>,
    /// Which sum each lane adds to in each cycle.
    pub partial_rom: Rom,
    /// Which sums make a right neuron, a piece a cycle.
    pub drain_rom: Rom,
}

/// What `cf_junction_unrolled` needs besides, and its adders.
#[derive(Clone, Debug)]
pub struct UnrolledStage {
    /// Frames come at once and are not held.
    pub flow: bool,
    /// Name of the module of adders.
    pub module: String,
    /// Registers from the left layer to the accumulators.
    pub latency: usize,
    /// The adders of each right neuron.
    pub sums: Vec<SumStage>,
}

impl JunctionStage {
    /// Edges, as a share of lanes × cycles.
    pub fn utilisation(&self) -> f64 {
        self.edges as f64 / (self.lanes * self.cycles) as f64
    }

    /// Whether a table says where the left layer is written, which takes a cycle.
    pub(super) fn is_placed(&self) -> bool {
        matches!(&self.datapath, Datapath::Tied(tied) if tied.place_rom.is_some())
    }

    /// The rung of the interleaver ladder.
    pub fn interleaver(&self) -> Interleaver {
        match &self.datapath {
            Datapath::Copies(_) => Interleaver::Copies,
            Datapath::Network(_) => Interleaver::Network,
            Datapath::Unrolled(_) => Interleaver::Unrolled,
            Datapath::Tied(tied) => match tied.addresses {
                AddressStage::None | AddressStage::Counted { sweeps: 1, .. } => {
                    Interleaver::Counter
                }
                AddressStage::Counted { .. } => Interleaver::Starts,
                AddressStage::Table { .. } => Interleaver::Tied,
            },
        }
    }

    /// Groups of lanes with an accumulator each.
    pub fn units(&self) -> usize {
        match &self.datapath {
            Datapath::Copies(copies) => copies.shape.units(self.right),
            Datapath::Tied(tied) => tied.lines,
            Datapath::Network(network) => network.groups,
            Datapath::Unrolled(_) => self.right,
        }
    }

    /// Lanes of a unit, shared ones not counted.
    pub fn lanes_per_unit(&self) -> usize {
        match &self.datapath {
            Datapath::Copies(copies) => copies.shape.lanes_per_unit(),
            Datapath::Tied(tied) => tied.width,
            Datapath::Network(network) => network.lanes_per_group,
            Datapath::Unrolled(_) => self.d_in,
        }
    }

    /// Copies of the left memory.
    pub fn copies(&self) -> usize {
        match &self.datapath {
            Datapath::Copies(copies) => copies.copies,
            Datapath::Tied(tied) => tied.copies(),
            Datapath::Network(_) | Datapath::Unrolled(_) => 1,
        }
    }

    /// Bits of the left memory, all frames and copies.
    pub fn memory_bits(&self) -> usize {
        let (banks, rows) = match &self.datapath {
            Datapath::Copies(copies) => (copies.banks, copies.bank_rows),
            Datapath::Tied(tied) => (tied.banks, tied.bank_rows),
            Datapath::Network(network) => (network.banks, network.bank_rows),
            Datapath::Unrolled(unrolled) => {
                let words = if unrolled.flow { 0 } else { self.slots * self.rows };
                return words * self.act.bits as usize;
            }
        };
        let words = self.frames.next_power_of_two() * rows.next_power_of_two();
        self.copies() * banks * words * self.act.bits as usize
    }

    /// The ROMs of the interleaver, with the names of the parameters that they fill.
    pub fn index_roms(&self) -> Vec<(&'static str, &Rom)> {
        let roms = match &self.datapath {
            Datapath::Copies(copies) => {
                vec![("Row", copies.row_rom.as_ref()), ("Bank", copies.bank_rom.as_ref())]
            }
            Datapath::Tied(tied) => vec![
                ("Place", tied.place_rom.as_ref()),
                ("Address", tied.address_rom()),
                (
                    "Mask",
                    match &tied.work {
                        WorkStage::Straddling { mask_rom, .. } => mask_rom.as_ref(),
                        WorkStage::Aligned { .. } => None,
                    },
                ),
            ],
            Datapath::Network(network) => vec![
                ("Row", network.row_rom.as_ref()),
                ("Control", network.control_rom.as_ref()),
                ("Partial", Some(&network.partial_rom)),
                ("Drain", Some(&network.drain_rom)),
            ],
            Datapath::Unrolled(_) => Vec::new(),
        };
        roms.into_iter().filter_map(|(name, rom)| Some((name, rom?))).collect()
    }

    /// Every ROM, with the names of the parameters that they fill.
    pub fn roms(&self) -> Vec<(&'static str, &Rom)> {
        let mut roms = self.index_roms();
        if let Some(Tables { weight_rom, bias_rom }) = &self.tables {
            roms.extend([("Weight", weight_rom), ("Bias", bias_rom)]);
        }
        roms
    }

    /// Bits of the interleaver's ROMs. One of a single line is not counted: nothing ever addresses
    /// it, so it is wiring.
    pub fn index_bits(&self) -> usize {
        let roms = self.index_roms().into_iter().map(|(_, rom)| &rom.words);
        roms.filter(|words| words.rows() > 1).map(Words::bits).sum()
    }
}

impl TiedStage {
    /// Copies of the left memory.
    pub fn copies(&self) -> usize {
        if self.shared { 1 } else { self.lines }
    }

    /// The starts or the addresses.
    fn address_rom(&self) -> Option<&Rom> {
        match &self.addresses {
            AddressStage::None => None,
            AddressStage::Counted { start_rom, .. } => Some(start_rom),
            AddressStage::Table { address_rom } => Some(address_rom),
        }
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
