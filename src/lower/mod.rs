//! From a schedule to hardware: parameters, tables and timing, no text yet.

mod copies;
mod design;
mod network;
mod tied;
mod timing;
mod words;

pub use design::{
    AddressStage, Busy, CopiesStage, Datapath, Design, InputStage, JunctionStage, NetworkStage,
    OutputStage, Requant, Rom, TiedStage, WorkStage,
};
pub use words::Words;

use crate::bus::{BusError, BusFormat};
use crate::ids::bits_for;
use crate::packet::{PacketFormat, ResultKind};
use crate::quantise::{QuantHead, QuantJunction};
use crate::schedule::{Arrangement, Schedule, Shape};

/// What the outside of the hardware looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Bits of `tdata` on both sides: a multiple of 8.
    pub bus_bits: u32,
    /// What the packet carries.
    pub result: ResultKind,
}

/// The most classes that a packet's 16-bit class field can tell apart.
pub const MAX_CLASSES: usize = 65_536;

/// An outside that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum InterfaceError {
    /// The bus.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Bus(#[from] BusError),
    /// More classes than the packet can name.
    #[error("the packet's class field tells {MAX_CLASSES} classes apart, this head has {classes}")]
    #[diagnostic(code(clashfree::lower::classes), help("reduce the last junction's right neurons"))]
    Classes {
        /// Right neurons of the last junction.
        classes: usize,
    },
}

impl Interface {
    /// The input stream of a head.
    ///
    /// # Errors
    /// If no bus like this can be built or the head does not fit it.
    pub fn bus(&self, head: &QuantHead) -> Result<BusFormat, InterfaceError> {
        let classes = head.junctions.last().map_or(0, |j| j.pattern.right());
        if classes > MAX_CLASSES {
            return Err(InterfaceError::Classes { classes });
        }
        Ok(BusFormat::new(self.bus_bits, head.input_format.bits, head.inputs)?)
    }
}

/// The Verilog name of a head's top module: a prefix keeps it apart from keywords and library
/// modules, and a name is letters, digits, `_` and `-` only.
pub fn top_name(head: &str) -> String {
    format!("head_{}", head.replace('-', "_").to_ascii_lowercase())
}

/// Lowers a scheduled head.
///
/// # Errors
/// If the outside cannot be built.
pub fn lower(
    head: &QuantHead,
    schedules: &[Schedule],
    interface: Interface,
) -> Result<Design, InterfaceError> {
    let bus = interface.bus(head)?;
    let input = InputStage { bus, format: head.input_format };

    let (last, last_schedule) =
        head.junctions.last().zip(schedules.last()).expect("a head has junctions");
    let classes = last.pattern.right();
    let packet = PacketFormat::new(classes, last.acc_bits, interface.result);
    let beats = packet.beats(interface.bus_bits);
    let logits = last_schedule.layout_out(&last.pattern);
    let rows = logits.rows;

    let busiest = schedules.iter().map(Schedule::cycles).max().expect("a head has junctions");
    let interval = busiest.max(bus.beats()).max(beats).max(rows);

    let times: Vec<_> = schedules
        .iter()
        .zip(&head.junctions)
        .map(|(s, j)| timing::times(s, j.pattern.d_in()))
        .collect();
    let mut junctions = Vec::with_capacity(schedules.len());
    let mut hand_over = timing::from_bus(bus.beats(), times[0], interval);
    for (number, (junction, schedule)) in head.junctions.iter().zip(schedules).enumerate() {
        let reader = times.get(number + 1).copied().unwrap_or(timing::result(rows));
        let next = timing::between(times[number], reader, interval);
        junctions.push(stage(number, junction, schedule, &hand_over, times[number]));
        hand_over = next;
    }

    // how the result stage tells which class a row of a slot is
    let (steps, cycles) = match &last_schedule.kind {
        Arrangement::Copies(copies) => match copies.shape {
            Shape::Serial { steps, .. } => (steps, last_schedule.cycles()),
            Shape::Wide { .. } => (1, 1),
        },
        Arrangement::Tied(_) => (1, classes),
        Arrangement::Network(network) => (1, network.neurons_per_group),
    };
    let output = OutputStage {
        classes,
        bits: last.acc_bits,
        frac: last.acc_frac(),
        packet,
        slots: logits.slots,
        rows,
        steps,
        cycles,
        frames: hand_over.frames,
        packets: timing::packets(rows, logits.slots, beats, interval),
        release: hand_over.release,
        beats,
    };
    Ok(Design {
        name: head.name.clone(),
        top: top_name(&head.name),
        input,
        junctions,
        output,
        initiation_interval: interval,
    })
}

/// A left shift by more than this saturates every accumulator that is not zero: codes have 16 bits.
const MOST_LEFT: i32 = -17;

/// Bits that number `n` things; at least one, as a Verilog port has.
fn port_bits(n: usize) -> usize {
    bits_for(n).max(1)
}

fn stage(
    number: usize,
    junction: &QuantJunction,
    schedule: &Schedule,
    hand_over: &timing::HandOver,
    times: timing::Times,
) -> JunctionStage {
    let pattern = &junction.pattern;
    let requant = junction.output_format.zip(junction.shift()).zip(junction.clamp()).map(
        |((format, shift), (low, high))| Requant {
            shift: shift.max(MOST_LEFT),
            bits: format.bits,
            low,
            high,
        },
    );
    let out = schedule.layout_out(pattern);
    let (datapath, whose, neurons, chained) = match &schedule.kind {
        Arrangement::Copies(kind) => (
            Datapath::Copies(copies::stage(number, junction, schedule, kind)),
            copies::whose(schedule, kind),
            copies::neurons(schedule, kind),
            true,
        ),
        Arrangement::Tied(kind) => (
            Datapath::Tied(tied::stage(number, junction, schedule, kind)),
            tied::whose(schedule, kind),
            tied::neurons(schedule, kind),
            false,
        ),
        Arrangement::Network(kind) => (
            Datapath::Network(network::stage(number, junction, schedule, kind)),
            network::whose(kind),
            network::neurons(schedule, kind),
            false,
        ),
    };
    JunctionStage {
        left: pattern.left(),
        right: pattern.right(),
        d_out: pattern.d_out(),
        d_in: pattern.d_in(),
        edges: pattern.edges(),
        act: junction.input_format,
        weight: junction.weight_format,
        acc_bits: junction.acc_bits,
        requant,
        lanes: schedule.lanes(),
        cycles: schedule.cycles(),
        slots: schedule.layout.slots,
        rows: schedule.layout.rows,
        frames: hand_over.frames,
        release: hand_over.release,
        out_slots: out.slots,
        out_rows: out.rows,
        write_latency: times.place + times.last_write,
        datapath,
        weight_rom: weight_rom(number, junction, schedule, whose),
        bias_rom: bias_rom(number, junction, &neurons, chained),
    }
}

fn weight_rom(
    number: usize,
    junction: &QuantJunction,
    schedule: &Schedule,
    whose: Vec<String>,
) -> Rom {
    let bits = junction.weight_format.bits as usize;
    let mut words = Words::new(schedule.lanes() * bits, schedule.cycles());
    for cycle in 0..schedule.cycles() {
        for lane in 0..schedule.lanes() {
            if let Some(edge) = schedule.table.edge(cycle, lane) {
                words.put(cycle, lane * bits, bits, i64::from(junction.weights[edge]));
            }
        }
    }
    let mut about = vec![
        format!("junction {number}: weights from tensor {}", junction.source.weight),
        format!("a line a cycle; field lane, format {}, two's complement", junction.weight_format),
        "lane 0 in the lowest bits; 0 where a lane has no edge".to_owned(),
    ];
    about.extend(whose);
    Rom { file: format!("j{number}_weight.mem"), words, about }
}

fn bias_rom(
    number: usize,
    junction: &QuantJunction,
    segments: &[Vec<Option<usize>>],
    chained: bool,
) -> Rom {
    let bits = junction.acc_bits as usize;
    let rows = segments.iter().map(Vec::len).max().unwrap_or(1);
    let half = match junction.shift() {
        Some(shift) if shift > 0 => 1i64 << (shift - 1),
        _ => 0,
    };
    let mut words = Words::new(segments.len() * bits, rows);
    for (unit, segments) in segments.iter().enumerate() {
        for (row, neuron) in segments.iter().enumerate() {
            if let Some(r) = *neuron {
                words.put(row, unit * bits, bits, junction.bias[r] + half);
            }
        }
    }
    let nobody = if chained {
        "0 where it starts from the sum that the next unit holds"
    } else {
        "0 where it has no neuron left"
    };
    let about = vec![
        format!(
            "junction {number}: biases from tensor {}, rounding constant {half} added",
            junction.source.bias
        ),
        format!("field u, {bits} bits each: unit u's neurons (line, group), a line each, in order"),
        format!("unit 0 in the lowest bits; {nobody}"),
    ];
    Rom { file: format!("j{number}_bias.mem"), words, about }
}
