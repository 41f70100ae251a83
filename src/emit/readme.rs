//! The README of a package: its ports and formats, and one of its frames taken apart.

use super::stamp;
use crate::lower::Design;
use crate::packet::{Packet, PacketFormat, ResultKind};
use crate::quantise::Format;
use crate::verify::vectors::hex;
use askama::Template;

/// The head's input neuron at each position of a frame, where that is not its own number.
pub const ORDER: &str = "input_order.txt";

/// A frame that the package carries, and what the reference model answers to it.
pub struct Example<'a> {
    /// As they go over the bus, one an input neuron.
    pub codes: &'a [i32],
    /// The answer.
    pub packet: &'a Packet,
}

/// The same, in the words of the template.
struct Worked {
    /// Codes of the first beat.
    codes: String,
    /// That beat.
    beat: String,
    /// Every beat of the packet.
    packet: Vec<String>,
    /// What the packet says.
    fields: String,
}

#[derive(Template)]
#[template(path = "package.md")]
struct Readme<'a> {
    design: &'a Design,
    stamp: String,
    chain: String,
    rows: Vec<String>,
    bound: &'static str,
    input_meaning: String,
    margin_end: usize,
    logits: bool,
    logit_unit: String,
    permuted: bool,
    order_file: &'static str,
    float_code: String,
    byte_code: Option<String>,
    example: Worked,
    unpack: String,
}

/// The text of `README.md`.
pub fn readme(design: &Design, hash: &str, permuted: bool, example: &Example<'_>) -> String {
    let layers = std::iter::once(design.input.bus.neurons)
        .chain(design.junctions.iter().map(|j| j.right))
        .map(|n| n.to_string());
    let rows = design.junctions.iter().enumerate().map(|(n, j)| {
        let busy = 100.0 * j.utilisation();
        let next = match j.requant {
            Some(r) => format!("shift {}, clamp {} to {}", r.shift, r.low, r.high),
            None => "as they are".to_owned(),
        };
        format!(
            "{n} | {} | {} | {} | {} | {} | {} | {} | {busy:.1} % | {} | {} | {} | {} bits | {next}",
            j.left,
            j.right,
            j.d_out,
            j.d_in,
            j.edges,
            j.lanes,
            j.cycles,
            j.interleaver(),
            j.act,
            j.weight,
            j.acc_bits
        )
    });
    let format = design.input.format;
    let sign = if format.signed { "two's complement" } else { "unsigned" };
    Readme {
        design,
        stamp: stamp(design, hash),
        chain: layers.collect::<Vec<_>>().join(" → "),
        rows: rows.collect(),
        bound: design.bound(),
        input_meaning: format!("{sign}, a code `c` stands for `c * 2^{}`", -format.frac),
        margin_end: 3 + design.output.packet.field_bytes,
        logits: design.output.packet.result == ResultKind::Logits,
        logit_unit: format!("v * 2^{}", -design.output.frac),
        permuted,
        order_file: ORDER,
        float_code: float_code(format),
        byte_code: byte_code(format),
        example: Worked::new(design, example),
        unpack: unpack(&design.output.packet, design.output.classes),
    }
    .render()
    .expect("the template only formats values")
        + "\n"
}

impl Worked {
    fn new(design: &Design, example: &Example<'_>) -> Self {
        let bus = &design.input.bus;
        let width = bus.beat_bytes();
        let first = bus.codes_per_beat().min(example.codes.len());
        let packet = example.packet;
        let mut beats = design.output.packet.encode(packet);
        beats.resize(beats.len().next_multiple_of(width), 0);
        let logits = match packet.logits.as_slice() {
            [] => String::new(),
            logits => format!(", logits {}", list(logits)),
        };
        Self {
            codes: list(&example.codes[..first]),
            beat: hex(&bus.pack(&example.codes[..first])),
            packet: beats.chunks(width).map(hex).collect(),
            fields: format!(
                "class {}, frame number {}, margin {}{logits}",
                packet.class, packet.frame, packet.margin
            ),
        }
    }
}

/// How a number becomes a code (numerics: round half up, saturate).
fn float_code(format: Format) -> String {
    format!("min(max(floor(x * 2**{} + 0.5), {}), {})", format.frac, format.min(), format.max())
}

/// How a pixel byte becomes a code, where one can: it drops its low bits.
fn byte_code(format: Format) -> Option<String> {
    (!format.signed && format.bits <= 8).then(|| format!("p >> {}", 8 - format.bits))
}

/// Python's `struct` format of a packet.
fn unpack(packet: &PacketFormat, classes: usize) -> String {
    let (margin, logit) = match packet.field_bytes {
        1 => ('B', 'b'),
        2 => ('H', 'h'),
        4 => ('I', 'i'),
        _ => ('Q', 'q'),
    };
    match packet.result {
        ResultKind::Logits => format!("<HH{margin}{classes}{logit}"),
        ResultKind::Class => format!("<HH{margin}"),
    }
}

/// So many values are enough to see the order.
const SHOWN: usize = 16;

fn list<T: ToString>(values: &[T]) -> String {
    let shown = values.iter().take(SHOWN).map(T::to_string).collect::<Vec<_>>().join(", ");
    if values.len() > SHOWN { format!("{shown}, …") } else { shown }
}
