//! `rtl/<top>.v`: names and lists, filled into `templates/top.v`.

use super::instance::{Parameter, junction};
use crate::lower::Design;
use crate::packet::ResultKind;
use askama::Template;

#[derive(Template)]
#[template(path = "top.v")]
struct Top<'a> {
    stamp: &'a str,
    design: &'a Design,
    bus_range: String,
    keep_range: String,
    layers: Vec<Layer>,
    junctions: Vec<Junction>,
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

/// One instance of a junction module.
pub(super) struct Junction {
    pub number: usize,
    pub module: &'static str,
    pub row: String,
    pub about: String,
    pub parameters: Vec<Parameter>,
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
        slots: j.out_slots,
        rows: j.out_rows,
        row_bits: row_bits(j.out_rows),
    });
    std::iter::once(input).chain(results).collect()
}
