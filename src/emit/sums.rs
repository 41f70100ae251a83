//! The adders of an unrolled junction, filled into `templates/sums.v`.

use crate::heap::{Chain, Source, Window};
use crate::lower::{AdderStage, JunctionStage, SumStage, Tap, UnrolledStage};
use askama::Template;
use std::collections::BTreeSet;

/// Inputs of a window.
const INPUTS: usize = 5;

/// Columns that a line has for a list, behind what stands before one.
const LINE: usize = 66;

#[derive(Template)]
#[template(path = "sums.v")]
struct Sums<'a> {
    stamp: &'a str,
    about: String,
    module: &'a str,
    latency: usize,
    act_bits: usize,
    act_range: String,
    acc_range: String,
    delays: Vec<usize>,
    neurons: Vec<Neuron>,
    unused: Vec<String>,
}

struct Neuron {
    number: usize,
    adders: Vec<Adder>,
    range: String,
    result: String,
}

struct Adder {
    name: String,
    columns: usize,
    bits: u32,
    taps: usize,
    subtract: u8,
    sum_range: String,
    row_range: String,
    row: String,
    /// What is added, where there are no windows.
    x: String,
    carry: String,
    windows: Vec<WindowText>,
}

struct WindowText {
    width: u32,
    range: String,
    /// Hexadecimal; nothing for an empty window.
    values: String,
    x: String,
}

/// The module of adders of a junction.
pub(super) fn sums(stage: &JunctionStage, unrolled: &UnrolledStage, stamp: &str) -> String {
    let act_bits = stage.slots * stage.rows * stage.act.bits as usize;
    let acc_bits = stage.acc_bits as usize;
    let mut delays = BTreeSet::new();
    let mut neurons = Vec::with_capacity(unrolled.sums.len());
    for sum in &unrolled.sums {
        let mut names = Names { sum, delays: &mut delays };
        let adders = sum.adders.iter().enumerate().map(|(n, adder)| names.adder(n, adder));
        let adders = adders.collect();
        // above the accumulator's bits stands its sign
        let mut bits: Vec<String> = sum.result.iter().map(|tap| names.optional(*tap)).collect();
        bits.resize(acc_bits, bits.last().expect("an accumulator has bits").clone());
        neurons.push(Neuron {
            number: sum.neuron,
            adders,
            range: format!("[{}:{}]", (sum.neuron + 1) * acc_bits - 1, sum.neuron * acc_bits),
            result: list(bits),
        });
    }
    let adders = neurons.iter().flat_map(|neuron| &neuron.adders);
    let mut unused: Vec<String> = adders.map(|adder| adder.name.clone()).collect();
    unused.push("act_i".into());
    unused.extend(delays.iter().map(|delay| format!("x{delay}")));
    if delays.is_empty() && neurons.iter().all(|neuron| neuron.adders.is_empty()) {
        unused.push("clk_i".into());
    }
    Sums {
        stamp,
        about: format!("{}, {} to {} neurons", stage.site, stage.left, stage.right),
        module: &unrolled.module,
        latency: unrolled.latency,
        act_bits,
        act_range: format!("[{}:0]", act_bits - 1),
        acc_range: format!("[{}:0]", stage.right * acc_bits - 1),
        delays: delays.into_iter().collect(),
        neurons,
        unused,
    }
    .render()
    .expect("the template only formats values")
        + "\n"
}

/// What the nets of a right neuron are called.
struct Names<'a> {
    sum: &'a SumStage,
    /// Delays of the left layer that are needed.
    delays: &'a mut BTreeSet<usize>,
}

impl Names<'_> {
    fn adder(&mut self, number: usize, adder: &AdderStage) -> Adder {
        let Chain { row, windows, carry, subtract, bits, .. } = &adder.chain;
        let columns = row.len();
        let plain = windows.iter().all(is_plain);
        let row = list(row.iter().map(|source| self.input(adder, *source)).collect());
        let x = if plain {
            let bits = windows.iter().map(|w| self.input(adder, w.inputs.first().map(|i| i.0)));
            list(bits.collect())
        } else {
            String::new()
        };
        let mut at = 0;
        let windows = windows.iter().filter(|_| !plain).map(|window| {
            let text = self.window(adder, window, at);
            at += window.width;
            text
        });
        let windows = windows.collect();
        Adder {
            name: format!("n{}_{number}", self.sum.neuron),
            columns,
            bits: *bits,
            taps: adder.taps,
            subtract: u8::from(*subtract),
            sum_range: format!("[{}:0]", (adder.taps as u32 + 1) * bits - 1),
            row_range: format!("[{}:0]", columns - 1),
            row,
            x,
            carry: self.input(adder, *carry),
            windows,
        }
    }

    fn window(&mut self, adder: &AdderStage, window: &Window, at: u32) -> WindowText {
        let values = window.inputs.iter().enumerate().map(|(i, &(_, value))| {
            let inverted = if value < 0 { 8 } else { 0 };
            (inverted + u32::from(value.unsigned_abs())) << (4 * i)
        });
        let values = if window.inputs.is_empty() {
            String::new()
        } else {
            format!("{:05x}", values.sum::<u32>())
        };
        let sources = window.inputs.iter().map(|input| Some(input.0)).chain([None; INPUTS]);
        WindowText {
            width: window.width,
            range: format!("[{}:{at}]", at + window.width - 1),
            values,
            x: list(sources.take(INPUTS).map(|source| self.input(adder, source)).collect()),
        }
    }

    fn input(&mut self, adder: &AdderStage, source: Option<Source>) -> String {
        self.optional(source.map(|source| self.sum.input(adder, source)))
    }

    fn optional(&mut self, tap: Option<Tap>) -> String {
        let Some(Tap { source, age }) = tap else { return "1'b0".into() };
        match source {
            Source::One => "1'b1".into(),
            Source::Input(bit) if age == 0 => format!("act_i[{bit}]"),
            Source::Input(bit) => {
                self.delays.insert(age);
                format!("x{age}[{bit}]")
            }
            Source::Sum { chain, bit } => {
                let at = age as u32 * self.sum.adders[chain].chain.bits + bit;
                format!("n{}_{chain}[{at}]", self.sum.neuron)
            }
        }
    }
}

/// Whether a window adds a bit as it is, or nothing.
fn is_plain(window: &Window) -> bool {
    window.width == 1 && window.inputs.iter().all(|&(_, value)| value == 1)
}

/// Bits, the lowest last, over as many lines as they need.
fn list(bits: Vec<String>) -> String {
    if bits.len() == 1 {
        return bits.into_iter().next().expect("one bit");
    }
    let mut text = String::from("{");
    let mut line = 0;
    for (n, bit) in bits.iter().rev().enumerate() {
        if n > 0 {
            text.push(',');
            line += 2;
            if line + bit.len() > LINE {
                text.push_str("\n          ");
                line = 0;
            } else {
                text.push(' ');
            }
        }
        text.push_str(bit);
        line += bit.len();
    }
    text + "}"
}
