//! `rtl/<top>.v`: names and lists, filled into `templates/top.v`.

use crate::lower::{Design, JunctionStage, Rom};
use crate::packet::ResultKind;
use crate::schedule::Shape;
use askama::Template;

#[derive(Template)]
#[template(path = "top.v")]
struct Top<'a> {
    stamp: &'a str,
    design: &'a Design,
    bus_range: String,
    keep_range: String,
    layers: Vec<Layer>,
    junctions: Vec<Junction<'a>>,
    last: usize,
    logits: u8,
}

/// The wires between two stages.
struct Layer {
    neurons: usize,
    what: String,
    bits: u32,
    slots: usize,
    rows: usize,
    row_bits: usize,
}

/// One `cf_junction`.
struct Junction<'a> {
    number: usize,
    stage: &'a JunctionStage,
    row: String,
    about: String,
    act_signed: u8,
    wide: u8,
    steps: usize,
    rest: usize,
    one_copy: u8,
    one_row: u8,
    raw: u8,
    shift: i32,
    low: i64,
    high: i64,
    roms: Vec<RomParameter>,
}

/// A ROM's file and hash parameters.
struct RomParameter {
    parameter: &'static str,
    pad: &'static str,
    file: String,
    hash: String,
}

/// The generated top module.
pub(super) fn top(design: &Design, stamp: &str) -> String {
    let last = design.junctions.len();
    Top {
        stamp,
        design,
        bus_range: format!("[{:>3}:0]", design.input.bus.bus_bits - 1),
        keep_range: format!("[{:>3}:0]", design.input.bus.bus_bits / 8 - 1),
        layers: layers(design),
        junctions: design.junctions.iter().enumerate().map(|(n, j)| junction(n, j)).collect(),
        last,
        logits: u8::from(design.output.packet.result == ResultKind::Logits),
    }
    .render()
    .expect("the template only formats values")
        + "\n"
}

fn row_bits(rows: usize) -> usize {
    rows.next_power_of_two().trailing_zeros().max(1) as usize
}

fn layers(design: &Design) -> Vec<Layer> {
    let input = Layer {
        neurons: design.input.bus.neurons,
        what: format!("input codes, {}", design.input.format),
        bits: design.input.format.bits,
        slots: design.input.slots(),
        rows: design.input.bus.beats(),
        row_bits: row_bits(design.input.bus.beats()),
    };
    let results = design.junctions.iter().map(|j| Layer {
        neurons: j.right,
        what: match j.requant {
            Some(requant) => format!("codes of junction results, {} bits", requant.bits),
            None => format!("logits, {} bits", j.acc_bits),
        },
        bits: j.requant.map_or(j.acc_bits, |requant| requant.bits),
        slots: j.units(),
        rows: j.out_rows,
        row_bits: row_bits(j.out_rows),
    });
    std::iter::once(input).chain(results).collect()
}

fn junction(number: usize, stage: &JunctionStage) -> Junction<'_> {
    let rom = |parameter, pad, rom: &Rom| RomParameter {
        parameter,
        pad,
        file: rom.file.clone(),
        hash: format!("{:08x}", rom.words.hash()),
    };
    let roms = [
        stage.row_rom.as_ref().map(|r| rom("Row", "      ", r)),
        stage.bank_rom.as_ref().map(|r| rom("Bank", "     ", r)),
        Some(rom("Weight", "   ", &stage.weight_rom)),
        Some(rom("Bias", "     ", &stage.bias_rom)),
    ];
    let (wide, rest) = match stage.shape {
        Shape::Serial { .. } => (0, 0),
        Shape::Wide { rest, .. } => (1, rest),
    };
    let widths = format!("{} x {}", stage.units(), stage.shape.lanes_per_unit());
    Junction {
        number,
        stage,
        row: format!(
            "{number:>8} {:>5} {:>6} {:>6} {:>6} {:>7}  {widths:>13} {:>7}",
            stage.left, stage.right, stage.edges, stage.lanes, stage.cycles, stage.copies
        ),
        about: format!(
            "junction {number}: {} -> {}, out-degree {}, in-degree {}, weights {}",
            stage.left, stage.right, stage.d_out, stage.d_in, stage.weight
        ),
        act_signed: u8::from(stage.act.signed),
        wide,
        steps: stage.shape.steps(stage.cycles),
        rest,
        one_copy: u8::from(stage.one_copy),
        one_row: u8::from(stage.one_row),
        raw: u8::from(stage.requant.is_none()),
        shift: stage.requant.map_or(0, |r| r.shift),
        low: stage.requant.map_or(0, |r| r.low),
        high: stage.requant.map_or(0, |r| r.high),
        roms: roms.into_iter().flatten().collect(),
    }
}
