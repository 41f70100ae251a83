//! The README of a package: its ports and formats, and one of its frames taken apart.

use super::stamp;
use crate::lower::{Design, JunctionStage, ResultStage};
use crate::manifest::Manifest;
use crate::packet::{Content, EndFormat, Packet, PacketFormat, Packing, ResultKind};
use crate::quantise::{Format, Rule};
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
    /// Python's `struct` format of it, if it is an answer.
    unpack: Option<String>,
}

/// One kind of answer.
struct Answers {
    /// Who gives it.
    who: String,
    /// The high bits of its tag.
    tag: String,
    bytes: usize,
    beats: usize,
    /// The last byte of the margin.
    margin_end: usize,
    logits: bool,
    classes: usize,
    field_bytes: usize,
    /// What a logit stands for.
    unit: String,
    /// Python's `struct` format.
    unpack: String,
}

/// The packet of a split.
struct Codes {
    neurons: usize,
    bits: u32,
    meaning: String,
    longest: usize,
    beats: usize,
}

/// An exit, in words.
struct ExitText {
    number: usize,
    after: usize,
    chain: String,
    /// When it answers; absent where it always does.
    rule: Option<String>,
    latency: usize,
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
    class_bits: u32,
    exits: Vec<ExitText>,
    answers: Vec<Answers>,
    codes: Option<Codes>,
    split_after: usize,
    identity: &'a str,
    permuted: bool,
    order_file: &'static str,
    float_code: String,
    byte_code: Option<String>,
    example: Worked,
}

/// The text of `README.md`.
pub fn readme(design: &Design, manifest: &Manifest, example: &Example<'_>) -> String {
    let format = design.input.format;
    let sign = if format.signed { "two's complement" } else { "unsigned" };
    Readme {
        design,
        stamp: stamp(&design.name, &manifest.head_sha256),
        chain: chain(design.input.bus.neurons, &design.junctions),
        rows: design.stages().map(row).collect(),
        bound: design.bound(),
        input_meaning: format!("{sign}, a code `c` stands for `c * 2^{}`", -format.frac),
        class_bits: design.packet.class_bits(),
        exits: exits(design),
        answers: design.results().map(|(exit, stage)| answers(design, exit, stage)).collect(),
        codes: codes(design, manifest),
        split_after: design.junctions.len() - 1,
        identity: &manifest.identity[..16],
        permuted: manifest.input.order.is_some(),
        order_file: ORDER,
        float_code: float_code(format),
        byte_code: byte_code(format),
        example: Worked::new(design, example),
    }
    .render()
    .expect("the template only formats values")
        + "\n"
}

/// Layer sizes, from `left` on.
fn chain(left: usize, junctions: &[JunctionStage]) -> String {
    let layers = std::iter::once(left).chain(junctions.iter().map(|j| j.right));
    layers.map(|n| n.to_string()).collect::<Vec<_>>().join(" → ")
}

/// A junction's line in the table.
fn row(j: &JunctionStage) -> String {
    let busy = 100.0 * j.utilisation();
    let next = match j.requant {
        Some(r) => format!("shift {}, clamp {} to {}", r.shift, r.low, r.high),
        None => "as they are".to_owned(),
    };
    format!(
        "{} | {} | {} | {} | {} | {} | {} | {} | {busy:.1} % | {} | {} | {} | {} bits | {next}",
        j.site,
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
}

fn exits(design: &Design) -> Vec<ExitText> {
    let text = |(number, exit): (usize, &crate::lower::ExitStage)| {
        ExitText {
        number,
        after: exit.after,
        chain: chain(design.junctions[exit.after].right, &exit.junctions),
        rule: exit.result.rule.as_ref().map(|stage| {
            let threshold = stage.threshold;
            match stage.rule {
                Rule::Margin => format!("largest minus second largest logit >= {threshold}"),
                Rule::Largest => format!("largest logit >= {threshold}"),
                Rule::Softmax => format!(
                    "softmax of the largest logit >= {threshold} / 65536, by a table of exponentials"
                ),
            }
        }),
        latency: design.exit_latency(number),
    }
    };
    design.exits.iter().enumerate().map(text).collect()
}

fn answers(design: &Design, exit: Option<usize>, stage: &ResultStage) -> Answers {
    let format = stage.format;
    Answers {
        who: match exit {
            Some(exit) => format!("exit {exit}"),
            None => "the trunk's end".to_owned(),
        },
        tag: format!("0x{:04x}", stage.tag),
        bytes: format.bytes(),
        beats: stage.beats,
        margin_end: 3 + format.field_bytes,
        logits: format.result == ResultKind::Logits,
        classes: format.classes,
        field_bytes: format.field_bytes,
        unit: format!("v * 2^{}", -stage.frac),
        unpack: unpack(&design.packet, exit),
    }
}

fn codes(design: &Design, manifest: &Manifest) -> Option<Codes> {
    let (EndFormat::Codes(codes), Some(split)) = (&design.packet.end, &manifest.split) else {
        return None;
    };
    let sign = if codes.signed { "two's complement" } else { "unsigned" };
    Some(Codes {
        neurons: codes.neurons(),
        bits: codes.bits,
        meaning: format!("{sign}, a code `c` stands for `c * 2^{}`", -split.format.frac),
        longest: codes.longest(),
        beats: codes.longest().div_ceil(design.input.bus.beat_bytes()),
    })
}

impl Worked {
    fn new(design: &Design, example: &Example<'_>) -> Self {
        let bus = &design.input.bus;
        let width = bus.beat_bytes();
        let first = bus.codes_per_beat().min(example.codes.len());
        let packet = example.packet;
        let mut beats = design.packet.encode(packet);
        beats.resize(beats.len().next_multiple_of(width), 0);
        let frame = packet.frame;
        let fields = match &packet.content {
            Content::Answer { exit, answer } => {
                let who = exit.map_or_else(String::new, |exit| format!("exit {exit}, "));
                let (class, margin) = (answer.class, answer.margin);
                let logits = match answer.logits.as_slice() {
                    [] => String::new(),
                    logits => format!(", logits {}", list(logits)),
                };
                format!("{who}class {class}, frame number {frame}, margin {margin}{logits}")
            }
            Content::Codes { packing, codes } => {
                let packing = match packing {
                    Packing::Raw => "raw",
                    Packing::ZeroFlags => "with zero flags",
                };
                format!("frame number {frame}, codes {packing}, by neuron: {}", list(codes))
            }
        };
        Self {
            codes: list(&example.codes[..first]),
            beat: hex(&bus.pack(&example.codes[..first])),
            packet: beats.chunks(width).map(hex).collect(),
            fields,
            unpack: match &packet.content {
                Content::Answer { exit, .. } => Some(unpack(&design.packet, *exit)),
                Content::Codes { .. } => None,
            },
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

/// Python's `struct` format of a source's answers.
fn unpack(packet: &PacketFormat, exit: Option<usize>) -> String {
    let Some((_, format)) = packet.answers().find(|(from, _)| *from == exit) else {
        return String::new();
    };
    let (margin, logit) = match format.field_bytes {
        1 => ('B', 'b'),
        2 => ('H', 'h'),
        4 => ('I', 'i'),
        _ => ('Q', 'q'),
    };
    match format.result {
        ResultKind::Logits => format!("<HH{margin}{}{logit}", format.classes),
        ResultKind::Class => format!("<HH{margin}"),
    }
}

/// So many values are enough to see the order.
const SHOWN: usize = 16;

fn list<T: ToString>(values: &[T]) -> String {
    let shown = values.iter().take(SHOWN).map(T::to_string).collect::<Vec<_>>().join(", ");
    if values.len() > SHOWN { format!("{shown}, …") } else { shown }
}
