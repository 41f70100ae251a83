//! A junction's arithmetic from its emitted tables alone: what the heads of `hw/rtl/cf_lanes.v`,
//! `cf_left.v`, `cf_units_serial.v` and `cf_units_wide.v` promise, written down a second time. It
//! knows the pattern and the text of the ROM files, and nothing of how they were made.

use clashfree::emit;
use clashfree::lower::{Design, JunctionStage};
use clashfree::quantise::{QuantHead, QuantJunction};
use clashfree::schedule::Shape;
use std::collections::BTreeMap;

/// A ROM file, a number of 32-bit chunks a line, the low chunk first.
#[derive(Clone, Debug)]
pub struct Table(pub Vec<Vec<u32>>);

impl Table {
    /// Reads the text of a `.mem` file and checks that its words have `width` bits.
    pub fn read(text: &str, width: usize) -> Self {
        let lines = text.lines().filter(|l| !l.starts_with("//"));
        let line = |line: &str| {
            assert_eq!(line.len(), width.div_ceil(4), "digits of a word of {width} bits");
            let digits = line.as_bytes();
            let chunk =
                |part: &[u8]| u32::from_str_radix(std::str::from_utf8(part).unwrap(), 16).unwrap();
            digits.rchunks(8).map(chunk).collect()
        };
        Self(lines.map(line).collect())
    }

    /// An unsigned field.
    pub fn field(&self, row: usize, at: usize, bits: usize) -> u64 {
        let bit = |i: usize| u64::from(self.0[row][i / 32] >> (i % 32) & 1);
        (0..bits).fold(0, |value, i| value | bit(at + i) << i)
    }

    /// A two's complement field.
    pub fn signed(&self, row: usize, at: usize, bits: usize) -> i64 {
        (self.field(row, at, bits) << (64 - bits)) as i64 >> (64 - bits)
    }
}

/// Bits that number `n` things; at least one.
fn width(n: usize) -> usize {
    (1..).find(|&b| 1usize << b >= n).unwrap()
}

/// What a lane does in a cycle.
#[derive(Clone, Copy, Debug)]
struct Work {
    right: usize,
    left: usize,
    weight: i64,
}

/// One junction, as its tables describe it.
struct Machine<'a> {
    stage: &'a JunctionStage,
    weight: Table,
    bias: Table,
    row: Option<Table>,
    bank: Option<Table>,
    /// The left neuron in each row of each bank.
    memory: Vec<Vec<Option<usize>>>,
}

impl<'a> Machine<'a> {
    /// `place` is slot and row in which each left neuron is written.
    fn new(
        number: usize,
        stage: &'a JunctionStage,
        files: &BTreeMap<String, String>,
        place: &[(usize, usize)],
    ) -> Self {
        let stripes = (1 << stage.stripe_bits).min(stage.rows);
        let banks = stage.slots * stripes;
        let bank_rows = stage.rows.div_ceil(1 << stage.stripe_bits);
        let mut memory = vec![vec![None; bank_rows]; banks];
        for (neuron, &(slot, row)) in place.iter().enumerate() {
            assert!(slot < stage.slots && row < stage.rows, "neuron {neuron} has no place");
            let bank = slot + stage.slots * (row % (1 << stage.stripe_bits));
            let word = &mut memory[bank][row >> stage.stripe_bits];
            assert_eq!(word.replace(neuron), None, "two neurons in one word");
        }
        let copies = match (stage.one_copy, stage.shape) {
            (true, _) => 1,
            (_, Shape::Serial { units, .. }) => units * stage.copies_per_unit,
            (_, Shape::Wide { shared_lanes, .. }) => {
                stage.right * stage.copies_per_unit + shared_lanes
            }
        };
        assert_eq!((banks, bank_rows, copies), (stage.banks, stage.bank_rows, stage.copies));
        let read = |what: &str, width| {
            let text = files.get(&format!("rom/j{number}_{what}.mem"))?;
            Some(Table::read(text, width))
        };
        let weight = read("weight", stage.lanes * stage.weight.bits as usize).unwrap();
        let bias = read("bias", stage.units() * stage.acc_bits as usize).unwrap();
        let fields = if stage.one_row { copies } else { copies * banks };
        let row = read("row", fields * width(bank_rows));
        let bank = read("bank", stage.lanes * width(banks));
        assert_eq!((row.is_some(), bank.is_some()), (bank_rows > 1, banks > 1));
        let depths = [Some(&weight), row.as_ref(), bank.as_ref()];
        assert!(depths.iter().flatten().all(|t| t.0.len() == stage.cycles), "a word a cycle");
        Self { stage, weight, bias, row, bank, memory }
    }

    /// The right neuron that a lane works for in a cycle, and the lane's copy of the left memory.
    fn duty(&self, cycle: usize, lane: usize) -> (usize, usize) {
        let stage = self.stage;
        let (right, copy) = match stage.shape {
            Shape::Serial { lanes_per_unit, steps, .. } => {
                let unit = lane / lanes_per_unit;
                let in_unit = lane % lanes_per_unit % stage.copies_per_unit;
                let right = (unit * stage.cycles + cycle) / steps;
                (right, unit * stage.copies_per_unit + in_unit)
            }
            Shape::Wide { lanes_per_unit, rest, .. } => {
                match lane.checked_sub(stage.right * lanes_per_unit) {
                    None => {
                        let unit = lane / lanes_per_unit;
                        let in_unit = lane % lanes_per_unit % stage.copies_per_unit;
                        (unit, unit * stage.copies_per_unit + in_unit)
                    }
                    Some(shared) => {
                        let right = (shared * stage.cycles + cycle) / rest;
                        (right, stage.right * stage.copies_per_unit + shared)
                    }
                }
            }
        };
        (right, if stage.one_copy { 0 } else { copy })
    }

    /// What a lane does in a cycle; nothing where its right neuron does not exist.
    fn work(&self, cycle: usize, lane: usize) -> Option<Work> {
        let stage = self.stage;
        let bits = stage.weight.bits as usize;
        let weight = self.weight.signed(cycle, lane * bits, bits);
        let (right, copy) = self.duty(cycle, lane);
        if right >= stage.right {
            assert_eq!(weight, 0, "an idle lane has a weight in cycle {cycle}, lane {lane}");
            return None;
        }
        let bank = self.bank.as_ref().map_or(0, |table| {
            let bits = width(stage.banks);
            table.field(cycle, lane * bits, bits) as usize
        });
        let row = self.row.as_ref().map_or(0, |table| {
            let bits = width(stage.bank_rows);
            let field = if stage.one_row { copy } else { copy * stage.banks + bank };
            table.field(cycle, field * bits, bits) as usize
        });
        let left = self.memory[bank][row];
        let left = left.unwrap_or_else(|| panic!("cycle {cycle}, lane {lane}: an empty word"));
        Some(Work { right, left, weight })
    }

    /// Every edge once, with its weight, and nothing else.
    fn check_edges(&self, junction: &QuantJunction) {
        let pattern = &junction.pattern;
        let mut open: BTreeMap<(usize, usize), i32> = BTreeMap::new();
        for (edge, (l, &w)) in pattern.left_ends().iter().zip(&junction.weights).enumerate() {
            open.insert((edge / pattern.d_in(), l.at()), w);
        }
        for cycle in 0..self.stage.cycles {
            for lane in 0..self.stage.lanes {
                let Some(Work { right, left, weight }) = self.work(cycle, lane) else { continue };
                let found = open.remove(&(right, left)).map(i64::from);
                assert_eq!(
                    found,
                    Some(weight),
                    "cycle {cycle}, lane {lane}: edge from {left} to {right} twice, absent or wrong"
                );
            }
        }
        assert!(open.is_empty(), "edges that no lane processes: {open:?}");
    }

    /// Accumulators, rounding constant included, of one frame: what each unit gives, in its order.
    fn results(&self, left: &[i32]) -> Vec<Vec<i64>> {
        let stage = self.stage;
        let acc_bits = stage.acc_bits as usize;
        let mut sums = vec![0i64; stage.right];
        if let Shape::Wide { .. } = stage.shape {
            for cycle in 0..stage.cycles {
                for work in (0..stage.lanes).filter_map(|lane| self.work(cycle, lane)) {
                    sums[work.right] += work.weight * i64::from(left[work.left]);
                }
            }
            let bias = |r: usize| self.bias.signed(0, r * acc_bits, acc_bits);
            return sums.iter().enumerate().map(|(r, s)| vec![s + bias(r)]).collect();
        }
        let (units, per_unit) = (stage.units(), stage.shape.lanes_per_unit());
        // Each unit's neurons in order, with the sum of its own cycles; the last unit first, since
        // the one before takes the sum it holds.
        let mut all = vec![Vec::new(); units];
        let mut held: Option<(usize, i64)> = None;
        for unit in (0..units).rev() {
            let mut parts: Vec<(usize, i64)> = Vec::new();
            for cycle in 0..stage.cycles {
                for lane in unit * per_unit..(unit + 1) * per_unit {
                    let Some(work) = self.work(cycle, lane) else { continue };
                    if parts.last().is_none_or(|p| p.0 != work.right) {
                        parts.push((work.right, 0));
                    }
                    let sum = &mut parts.last_mut().unwrap().1;
                    *sum += work.weight * i64::from(left[work.left]);
                }
            }
            let begins_before = self.duty(0, unit * per_unit).0;
            let shared =
                unit > 0 && self.duty(stage.cycles - 1, (unit - 1) * per_unit).0 == begins_before;
            let next = held.take();
            for (row, &(right, sum)) in parts.iter().enumerate() {
                let total = match next {
                    Some((r, rest)) if r == right => {
                        let empty = self.bias.signed(row, unit * acc_bits, acc_bits);
                        assert_eq!(empty, 0, "a chained neuron has its bias in the unit after");
                        sum + rest
                    }
                    _ => sum + self.bias.signed(row, unit * acc_bits, acc_bits),
                };
                if row == 0 && shared {
                    held = Some((right, total));
                } else {
                    all[unit].push(total);
                }
            }
        }
        all
    }
}

/// Rebuilds the whole head from its tables: checks every edge of every junction, then computes
/// frames and gives the logits of each.
pub fn replay(head: &QuantHead, design: &Design, frames: &[Vec<i32>]) -> Vec<Vec<i64>> {
    let files: BTreeMap<String, String> =
        emit::hardware(design, &"0".repeat(64)).into_iter().collect();
    let per_beat = (design.input.bus.bus_bits / head.input_format.bits) as usize;
    let mut place: Vec<_> = (0..head.inputs).map(|n| (n % per_beat, n / per_beat)).collect();
    let mut values = frames.to_vec();
    let mut logits = Vec::new();
    for (number, (junction, stage)) in head.junctions.iter().zip(&design.junctions).enumerate() {
        let machine = Machine::new(number, stage, &files, &place);
        machine.check_edges(junction);
        // Slot and row of each right neuron: units give them in order.
        place = match stage.shape {
            Shape::Wide { .. } => (0..stage.right).map(|r| (r, 0)).collect(),
            Shape::Serial { steps, units, .. } => {
                let mut given = vec![0; units];
                let next = |r: usize| {
                    let unit = r * steps / stage.cycles;
                    given[unit] += 1;
                    (unit, given[unit] - 1)
                };
                (0..stage.right).map(next).collect()
            }
        };
        assert_eq!(place.iter().map(|p| p.1 + 1).max(), Some(stage.out_rows));
        logits.clear();
        for value in &mut values {
            let results = machine.results(value);
            let given: usize = results.iter().map(Vec::len).sum();
            assert_eq!(given, stage.right, "one result a right neuron");
            let sums: Vec<i64> = place.iter().map(|&(unit, row)| results[unit][row]).collect();
            let limit = 1i64 << (stage.acc_bits - 1);
            assert!(sums.iter().all(|s| (-limit..limit).contains(s)), "an accumulator overflows");
            if let Some(q) = stage.requant {
                let code = |&s: &i64| {
                    let s = i128::from(s);
                    let v = if q.shift >= 0 { s >> q.shift } else { s << -q.shift };
                    v.clamp(q.low.into(), q.high.into()) as i32
                };
                *value = sums.iter().map(code).collect();
            }
            logits.push(sums);
        }
    }
    logits
}
