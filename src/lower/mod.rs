//! From a schedule to hardware: parameters, tables and timing, no text yet.

mod design;
mod timing;
mod words;

pub use design::{Design, InputStage, JunctionStage, OutputStage, Requant, Rom};
pub use words::Words;

use crate::bus::{BusError, BusFormat};
use crate::packet::{PacketFormat, ResultKind};
use crate::quantise::{QuantHead, QuantJunction};
use crate::schedule::{Schedule, Shape};

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
    #[diagnostic(
        code(clashfree::interface::classes),
        help("reduce the last junction's right neurons")
    )]
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
    let rows = last_schedule.shape.result_rows(last_schedule.cycles, classes);

    let busiest = schedules.iter().map(|s| s.cycles).max().expect("a head has junctions");
    let interval = busiest.max(bus.beats()).max(beats).max(rows);

    let mut junctions = Vec::with_capacity(schedules.len());
    let mut hand_over = timing::from_bus(bus.beats(), schedules[0].cycles, interval);
    for (number, (junction, schedule)) in head.junctions.iter().zip(schedules).enumerate() {
        let write_latency = timing::write_latency(schedule.shape);
        let reader = schedules.get(number + 1).map_or(rows, |s| s.cycles);
        let next = timing::between(schedule.cycles, write_latency, reader, interval);
        junctions.push(stage(number, junction, schedule, &hand_over, write_latency));
        hand_over = next;
    }

    let slots = last_schedule.shape.units(classes);
    let (steps, cycles) = match last_schedule.shape {
        Shape::Serial { steps, .. } => (steps, last_schedule.cycles),
        Shape::Wide { .. } => (1, 1),
    };
    let output = OutputStage {
        classes,
        bits: last.acc_bits,
        frac: last.acc_frac(),
        packet,
        slots,
        rows,
        steps,
        cycles,
        frames: hand_over.frames,
        packets: timing::packets(rows, slots, beats, interval),
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
fn bits_for(n: usize) -> usize {
    (usize::BITS - n.saturating_sub(1).leading_zeros()).max(1) as usize
}

fn stage(
    number: usize,
    junction: &QuantJunction,
    schedule: &Schedule,
    hand_over: &timing::HandOver,
    write_latency: usize,
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
        shape: schedule.shape,
        lanes: schedule.lanes,
        cycles: schedule.cycles,
        slots: schedule.layout.slots,
        rows: schedule.layout.rows,
        stripe_bits: schedule.stripe_bits,
        banks: schedule.banks(),
        bank_rows: schedule.bank_rows(),
        frames: hand_over.frames,
        copies_per_unit: schedule.copies_per_unit,
        one_copy: schedule.one_copy,
        copies: schedule.copies(),
        release: hand_over.release,
        out_rows: schedule.shape.result_rows(schedule.cycles, pattern.right()),
        write_latency,
        row_rom: row_rom(number, junction, schedule),
        bank_rom: bank_rom(number, junction, schedule),
        weight_rom: weight_rom(number, junction, schedule),
        bias_rom: bias_rom(number, junction, schedule),
    }
}

fn row_rom(number: usize, junction: &QuantJunction, schedule: &Schedule) -> Option<Rom> {
    if schedule.bank_rows() == 1 {
        return None;
    }
    let bits = bits_for(schedule.bank_rows());
    let (copies, banks) = (schedule.copies(), schedule.banks());
    let mut words = Words::new(copies * banks * bits, schedule.cycles);
    let mut given = vec![false; copies * banks];
    for cycle in 0..schedule.cycles {
        given.fill(false);
        for lane in 0..schedule.lanes {
            let Some(edge) = schedule.edge(cycle, lane) else { continue };
            let neuron = junction.pattern.left_ends()[edge].at();
            let place = schedule.copy_of_lane(lane) * banks + schedule.bank(neuron);
            if !std::mem::replace(&mut given[place], true) {
                words.put(cycle, place * bits, bits, schedule.row(neuron) as i64);
            }
        }
    }
    let about = vec![
        format!("junction {number}: the row that each bank reads, a line a cycle"),
        format!("field (copy * {banks} + bank), {bits} bits each, field 0 in the lowest bits"),
    ];
    Some(Rom { file: format!("j{number}_row.mem"), words, about })
}

fn bank_rom(number: usize, junction: &QuantJunction, schedule: &Schedule) -> Option<Rom> {
    if schedule.banks() == 1 {
        return None;
    }
    let bits = bits_for(schedule.banks());
    let mut words = Words::new(schedule.lanes * bits, schedule.cycles);
    for cycle in 0..schedule.cycles {
        for lane in 0..schedule.lanes {
            let Some(edge) = schedule.edge(cycle, lane) else { continue };
            let neuron = junction.pattern.left_ends()[edge].at();
            words.put(cycle, lane * bits, bits, schedule.bank(neuron) as i64);
        }
    }
    let about = vec![
        format!("junction {number}: the bank that each lane takes, a line a cycle"),
        format!("field lane, {bits} bits each, lane 0 in the lowest bits"),
    ];
    Some(Rom { file: format!("j{number}_bank.mem"), words, about })
}

fn weight_rom(number: usize, junction: &QuantJunction, schedule: &Schedule) -> Rom {
    let bits = junction.weight_format.bits as usize;
    let mut words = Words::new(schedule.lanes * bits, schedule.cycles);
    for cycle in 0..schedule.cycles {
        for lane in 0..schedule.lanes {
            if let Some(edge) = schedule.edge(cycle, lane) {
                words.put(cycle, lane * bits, bits, i64::from(junction.weights[edge]));
            }
        }
    }
    let about = vec![
        format!("junction {number}: weights from tensor {}", junction.source.weight),
        format!("a line a cycle; field lane, format {}, two's complement", junction.weight_format),
        "lane 0 in the lowest bits; 0 where a lane has no edge".to_owned(),
    ];
    Rom { file: format!("j{number}_weight.mem"), words, about }
}

fn bias_rom(number: usize, junction: &QuantJunction, schedule: &Schedule) -> Rom {
    let bits = junction.acc_bits as usize;
    let segments = schedule.shape.segments(schedule.cycles, schedule.right);
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
    let about = vec![
        format!(
            "junction {number}: biases from tensor {}, rounding constant {half} added",
            junction.source.bias
        ),
        format!(
            "a line for each neuron that a unit works on, in order; field unit, {bits} bits each"
        ),
        "unit 0 in the lowest bits; 0 where a unit starts from the sum that the next one holds"
            .to_owned(),
    ];
    Rom { file: format!("j{number}_bias.mem"), words, about }
}
