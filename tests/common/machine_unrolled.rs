//! An unrolled junction from its emitted adders alone: the text of its module is read as a list of
//! instances, and each does what the head of `cf_window.v` or `cf_add.v` promises.

use clashfree::lower::{Datapath, JunctionStage};
use std::collections::{BTreeMap, HashMap};

pub struct Unrolled<'a> {
    stage: &'a JunctionStage,
    /// Instances and assignments, in order.
    statements: Vec<String>,
    /// Slot and row of each left neuron.
    place: Vec<(usize, usize)>,
}

/// A statement's words, without what stands in comments.
fn statements(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let body = code.join(" ");
    let body = body.split_once(");").expect("the module's ports").1.to_owned();
    body.split(';')
        .map(|s| s.split_whitespace().collect::<Vec<_>>().join(" ").replace(" (", "("))
        .collect()
}

/// What is in the brackets behind `.name`.
fn pin<'a>(statement: &'a str, name: &str) -> &'a str {
    let start =
        statement.find(&format!(".{name}(")).unwrap_or_else(|| panic!("{name}: {statement}"));
    let rest = &statement[start + name.len() + 2..];
    let mut depth = 1;
    let end = rest.find(|c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    rest[..end.expect("a closing bracket")].trim()
}

fn number(statement: &str, name: &str) -> i64 {
    let text = pin(statement, name);
    match text.split_once("'h") {
        Some((_, hex)) => i64::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

/// High and low of `[high:low]` or `[bit]`, and the name before it.
fn selected(net: &str) -> (&str, Option<(usize, usize)>) {
    let Some((name, range)) = net.split_once('[') else { return (net, None) };
    let range = range.strip_suffix(']').unwrap();
    let (high, low) = range.split_once(':').unwrap_or((range, range));
    (name.trim(), Some((high.parse().unwrap(), low.parse().unwrap())))
}

/// Nets and what they carry, the lowest bit first.
#[derive(Default)]
struct Nets(HashMap<String, Vec<bool>>);

impl Nets {
    fn bits(&self, expression: &str) -> Vec<bool> {
        if let Some(list) = expression.strip_prefix('{') {
            let list = list.strip_suffix('}').unwrap();
            return list.rsplit(',').flat_map(|one| self.bits(one.trim())).collect();
        }
        match expression {
            "1'b0" => return vec![false],
            "1'b1" => return vec![true],
            _ => {}
        }
        let (name, range) = selected(expression);
        let net = self.0.get(name).unwrap_or_else(|| panic!("{name} is read before it is driven"));
        let (high, low) = range.unwrap_or((net.len() - 1, 0));
        net[low..=high].to_vec()
    }

    fn value(&self, expression: &str) -> i64 {
        self.bits(expression).iter().enumerate().map(|(k, &bit)| i64::from(bit) << k).sum()
    }

    fn drive(&mut self, target: &str, value: Vec<bool>) {
        let (name, range) = selected(target);
        let net = self.0.entry(name.to_owned()).or_default();
        let low = range.map_or(0, |(_, low)| low);
        if net.len() < low + value.len() {
            net.resize(low + value.len(), false);
        }
        net[low..low + value.len()].copy_from_slice(&value);
    }
}

fn binary(value: i64, bits: usize) -> Vec<bool> {
    (0..bits).map(|k| value >> k & 1 == 1).collect()
}

impl<'a> Unrolled<'a> {
    pub fn new(
        stage: &'a JunctionStage,
        files: &BTreeMap<String, String>,
        place: &[(usize, usize)],
    ) -> Self {
        let Datapath::Unrolled(kind) = &stage.datapath else { unreachable!("another kind") };
        let text = &files[&format!("rtl/{}.v", kind.module)];
        Self { stage, statements: statements(text), place: place.to_vec() }
    }

    /// Accumulators of a frame, one row a right neuron.
    pub fn results(&self, left: &[i32]) -> Vec<Vec<i64>> {
        let bits = self.stage.act.bits as usize;
        let mut nets = Nets::default();
        let mut codes = vec![false; self.stage.slots * self.stage.rows * bits];
        for (&(slot, row), &code) in self.place.iter().zip(left) {
            let first = (row * self.stage.slots + slot) * bits;
            codes[first..first + bits].copy_from_slice(&binary(code.into(), bits));
        }
        nets.drive("act_i", codes);
        for statement in &self.statements {
            let mut words = statement.split_whitespace();
            match words.next() {
                Some("cf_window") => {
                    let (values, width) = (number(statement, "Values"), number(statement, "Width"));
                    let row = nets.value(pin(statement, "row_i"));
                    let worth = |(i, &bit): (usize, &bool)| {
                        let counts = bit != (values >> (4 * i + 3) & 1 == 1);
                        if counts { values >> (4 * i) & 7 } else { 0 }
                    };
                    let x = nets.bits(pin(statement, "x_i"));
                    let counted: i64 = x.iter().enumerate().map(worth).sum();
                    assert!(counted < 1 << width, "{statement}");
                    nets.drive(pin(statement, "s_o"), binary(row ^ counted, width as usize));
                }
                Some("cf_add") => {
                    let (row, x) =
                        (nets.value(pin(statement, "row_i")), nets.value(pin(statement, "x_i")));
                    let carry = nets.value(pin(statement, "carry_i"));
                    let sum = if statement.contains(".Propagate(1)") {
                        row + (row ^ x) + carry
                    } else if number(statement, "Subtract") == 1 {
                        row - x
                    } else {
                        row + x + carry
                    };
                    let (bits, taps) = (number(statement, "Bits"), number(statement, "Taps"));
                    let sum = binary(sum, bits as usize);
                    nets.drive(pin(statement, "sum_o"), sum.repeat(taps as usize + 1));
                }
                Some("cf_delay") => {
                    let value = nets.bits(pin(statement, "d_i"));
                    nets.drive(pin(statement, "q_o"), value);
                }
                Some("wire" | "assign") => {
                    let Some((left, right)) = statement.split_once(" = ") else { continue };
                    if right.starts_with('&') {
                        continue; // what nobody reads
                    }
                    let target = left.rsplit(' ').next().unwrap();
                    // a target with a range stands behind `assign`, without a blank
                    nets.drive(target, nets.bits(right));
                }
                _ => {}
            }
        }
        let acc = self.stage.acc_bits as usize;
        let signed = |r: usize| {
            let value = nets.value(&format!("acc_o[{}:{}]", (r + 1) * acc - 1, r * acc));
            vec![value << (64 - acc) >> (64 - acc)]
        };
        (0..self.stage.right).map(signed).collect()
    }
}
