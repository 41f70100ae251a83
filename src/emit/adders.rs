//! Adders as instances, for `templates/adders.v`.

use crate::heap::{Chain, Source, Window};
use crate::lower::{AdderStage, SumStage, Tap};
use std::collections::BTreeSet;

/// Inputs of a window.
const INPUTS: usize = 5;

/// Columns that a line has for a list, behind what stands before one.
const LINE: usize = 66;

/// An adder and its windows.
pub(super) struct Adder {
    pub name: String,
    /// Level and columns.
    pub about: String,
    pub columns: usize,
    pub bits: u32,
    pub taps: usize,
    pub subtract: u8,
    pub sum_range: String,
    pub row_range: String,
    pub row: String,
    /// What is added, where there are no windows.
    pub x: String,
    pub carry: String,
    pub windows: Vec<WindowText>,
}

pub(super) struct WindowText {
    pub width: u32,
    pub range: String,
    /// Hexadecimal; nothing for an empty window.
    pub values: String,
    pub x: String,
}

/// What the nets of a sum are called.
pub(super) struct Names<'a> {
    pub sum: &'a SumStage,
    /// Net of the bits that come in.
    pub input: &'static str,
    /// Delays of these bits that are needed.
    pub delays: &'a mut BTreeSet<usize>,
}

impl Names<'_> {
    /// All adders of the sum.
    pub fn adders(&mut self) -> Vec<Adder> {
        let sum = self.sum;
        sum.adders.iter().enumerate().map(|(n, adder)| self.adder(n, adder)).collect()
    }

    /// The bits of the sum, the lowest first.
    pub fn result(&mut self) -> Vec<String> {
        let sum = self.sum;
        sum.result.iter().map(|tap| self.optional(*tap)).collect()
    }

    fn adder(&mut self, number: usize, adder: &AdderStage) -> Adder {
        let Chain { column, row, windows, carry, subtract, bits, .. } = &adder.chain;
        let columns = row.len();
        let plain = windows.iter().all(is_plain);
        let row = list(row.iter().map(|source| self.source(adder, *source)).collect());
        let x = if plain {
            let bits = windows.iter().map(|w| self.source(adder, w.inputs.first().map(|i| i.0)));
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
            about: format!(
                "level {}, columns {column} to {}",
                adder.chain.level,
                *column as usize + columns - 1
            ),
            columns,
            bits: *bits,
            taps: adder.taps,
            subtract: u8::from(*subtract),
            sum_range: format!("[{}:0]", (adder.taps as u32 + 1) * bits - 1),
            row_range: format!("[{}:0]", columns - 1),
            row,
            x,
            carry: self.source(adder, *carry),
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
            x: list(sources.take(INPUTS).map(|source| self.source(adder, source)).collect()),
        }
    }

    fn source(&mut self, adder: &AdderStage, source: Option<Source>) -> String {
        self.optional(source.map(|source| self.sum.input(adder, source)))
    }

    fn optional(&mut self, tap: Option<Tap>) -> String {
        let Some(Tap { source, age }) = tap else { return "1'b0".into() };
        match source {
            Source::One => "1'b1".into(),
            Source::Input(bit) if age == 0 => format!("{}[{bit}]", self.input),
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
pub(super) fn list(bits: Vec<String>) -> String {
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
