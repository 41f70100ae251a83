//! A scheduled junction becomes parameters and tables.

use super::{
    Datapath, JunctionStage, Requant, Rom, Tables, Words, copies, network, tied, timing, unrolled,
};
use crate::quantise::QuantJunction;
use crate::schedule::{Arrangement, Schedule, Site};

/// A left shift by more than this saturates every accumulator that is not zero: codes have 16 bits.
const MOST_LEFT: i32 = -17;

pub(super) fn stage(
    head: &str,
    site: Site,
    junction: &QuantJunction,
    schedule: &Schedule,
    hand_over: &timing::HandOver,
    gated: bool,
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
    let tables = |whose, neurons: &[_], chained| {
        let weight_rom = weight_rom(site, junction, schedule, whose);
        Some(Tables { weight_rom, bias_rom: bias_rom(site, junction, neurons, chained) })
    };
    let (datapath, tables) = match &schedule.kind {
        Arrangement::Copies(kind) => (
            Datapath::Copies(copies::stage(site, junction, schedule, kind)),
            tables(copies::whose(schedule, kind), &copies::neurons(schedule, kind), true),
        ),
        Arrangement::Tied(kind) => (
            Datapath::Tied(tied::stage(site, junction, schedule, kind)),
            tables(tied::whose(schedule, kind), &tied::neurons(schedule, kind), false),
        ),
        Arrangement::Network(kind) => (
            Datapath::Network(network::stage(site, junction, schedule, kind)),
            tables(network::whose(kind), &network::neurons(schedule, kind), false),
        ),
        Arrangement::Unrolled(kind) => {
            (Datapath::Unrolled(unrolled::stage(head, site, kind)), None)
        }
    };
    JunctionStage {
        site,
        gated,
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
        frames: match &schedule.kind {
            // as many as are on their way at once
            Arrangement::Unrolled(_) => times.last_write + 3,
            _ => hand_over.frames,
        },
        release: hand_over.release,
        out_slots: out.slots,
        out_rows: out.rows,
        write_latency: times.place + times.last_write,
        datapath,
        tables,
    }
}

fn weight_rom(
    site: Site,
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
        format!("{site}: weights from tensor {}", junction.source.weight),
        format!("a line a cycle; field lane, format {}, two's complement", junction.weight_format),
        "lane 0 in the lowest bits; 0 where a lane has no edge".to_owned(),
    ];
    about.extend(whose);
    Rom { file: format!("{}_weight.mem", site.prefix()), words, about }
}

fn bias_rom(
    site: Site,
    junction: &QuantJunction,
    segments: &[Vec<Option<usize>>],
    chained: bool,
) -> Rom {
    let bits = junction.acc_bits as usize;
    let rows = segments.iter().map(Vec::len).max().unwrap_or(1);
    let half = junction.rounding();
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
            "{site}: biases from tensor {}, rounding constant {half} added",
            junction.source.bias
        ),
        format!("field u, {bits} bits each: unit u's neurons (line, group), a line each, in order"),
        format!("unit 0 in the lowest bits; {nobody}"),
    ];
    Rom { file: format!("{}_bias.mem", site.prefix()), words, about }
}
