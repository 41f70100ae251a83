//! A junction with copies of its left memory, from its emitted tables alone: what the heads of
//! `hw/rtl/cf_lanes.v`, `cf_left.v`, `cf_units_serial.v` and `cf_units_wide.v` promise, written down
//! a second time.

use super::rom_text::{Table, width};
use super::tables::Work;
use clashfree::lower::{CopiesStage, Datapath, JunctionStage};
use clashfree::schedule::Shape;
use std::collections::BTreeMap;

/// One junction, as its tables describe it.
pub struct Copies<'a> {
    stage: &'a JunctionStage,
    kind: &'a CopiesStage,
    weight: Table,
    bias: Table,
    row: Option<Table>,
    bank: Option<Table>,
    /// The left neuron in each row of each bank.
    memory: Vec<Vec<Option<usize>>>,
}

impl<'a> Copies<'a> {
    /// `place` is slot and row in which each left neuron is written.
    pub fn new(
        number: usize,
        stage: &'a JunctionStage,
        files: &BTreeMap<String, String>,
        place: &[(usize, usize)],
    ) -> Self {
        let Datapath::Copies(kind) = &stage.datapath else { unreachable!("another kind") };
        let stripes = (1 << kind.stripe_bits).min(stage.rows);
        let banks = stage.slots * stripes;
        let bank_rows = stage.rows.div_ceil(1 << kind.stripe_bits);
        let mut memory = vec![vec![None; bank_rows]; banks];
        for (neuron, &(slot, row)) in place.iter().enumerate() {
            assert!(slot < stage.slots && row < stage.rows, "neuron {neuron} has no place");
            let bank = slot + stage.slots * (row % (1 << kind.stripe_bits));
            let word = &mut memory[bank][row >> kind.stripe_bits];
            assert_eq!(word.replace(neuron), None, "two neurons in one word");
        }
        let copies = match (kind.one_copy, kind.shape) {
            (true, _) => 1,
            (_, Shape::Serial { units, .. }) => units * kind.copies_per_unit,
            (_, Shape::Wide { shared_lanes, .. }) => {
                stage.right * kind.copies_per_unit + shared_lanes
            }
        };
        assert_eq!((banks, bank_rows, copies), (kind.banks, kind.bank_rows, kind.copies));
        let read = |what: &str, width| {
            let text = files.get(&format!("rom/j{number}_{what}.mem"))?;
            Some(Table::read(text, width))
        };
        let weight = read("weight", stage.lanes * stage.weight.bits as usize).unwrap();
        let bias = read("bias", stage.units() * stage.acc_bits as usize).unwrap();
        let fields = if kind.one_row { copies } else { copies * banks };
        let row = read("row", fields * width(bank_rows));
        let bank = read("bank", stage.lanes * width(banks));
        assert_eq!((row.is_some(), bank.is_some()), (bank_rows > 1, banks > 1));
        let depths = [Some(&weight), row.as_ref(), bank.as_ref()];
        assert!(depths.iter().flatten().all(|t| t.0.len() == stage.cycles), "a word a cycle");
        Self { stage, kind, weight, bias, row, bank, memory }
    }

    /// The right neuron that a lane works for in a cycle, and the lane's copy of the left memory.
    fn duty(&self, cycle: usize, lane: usize) -> (usize, usize) {
        let (stage, kind) = (self.stage, self.kind);
        let (right, copy) = match kind.shape {
            Shape::Serial { lanes_per_unit, steps, .. } => {
                let unit = lane / lanes_per_unit;
                let in_unit = lane % lanes_per_unit % kind.copies_per_unit;
                let right = (unit * stage.cycles + cycle) / steps;
                (right, unit * kind.copies_per_unit + in_unit)
            }
            Shape::Wide { lanes_per_unit, rest, .. } => {
                match lane.checked_sub(stage.right * lanes_per_unit) {
                    None => {
                        let unit = lane / lanes_per_unit;
                        let in_unit = lane % lanes_per_unit % kind.copies_per_unit;
                        (unit, unit * kind.copies_per_unit + in_unit)
                    }
                    Some(shared) => {
                        let right = (shared * stage.cycles + cycle) / rest;
                        (right, stage.right * kind.copies_per_unit + shared)
                    }
                }
            }
        };
        (right, if kind.one_copy { 0 } else { copy })
    }

    /// What a lane does in a cycle; nothing where its right neuron does not exist.
    pub fn work(&self, cycle: usize, lane: usize) -> Option<Work> {
        let (stage, kind) = (self.stage, self.kind);
        let bits = stage.weight.bits as usize;
        let weight = self.weight.signed(cycle, lane * bits, bits);
        let (right, copy) = self.duty(cycle, lane);
        if right >= stage.right {
            assert_eq!(weight, 0, "an idle lane has a weight in cycle {cycle}, lane {lane}");
            return None;
        }
        let bank = self.bank.as_ref().map_or(0, |table| {
            let bits = width(kind.banks);
            table.field(cycle, lane * bits, bits) as usize
        });
        let row = self.row.as_ref().map_or(0, |table| {
            let bits = width(kind.bank_rows);
            let field = if kind.one_row { copy } else { copy * kind.banks + bank };
            table.field(cycle, field * bits, bits) as usize
        });
        let left = self.memory[bank][row];
        let left = left.unwrap_or_else(|| panic!("cycle {cycle}, lane {lane}: an empty word"));
        Some(Work { right, left, weight })
    }

    /// Accumulators, rounding constant included, of one frame: what each unit gives, in its order.
    pub fn results(&self, left: &[i32]) -> Vec<Vec<i64>> {
        let (stage, kind) = (self.stage, self.kind);
        let acc_bits = stage.acc_bits as usize;
        let mut sums = vec![0i64; stage.right];
        if let Shape::Wide { .. } = kind.shape {
            for cycle in 0..stage.cycles {
                for work in (0..stage.lanes).filter_map(|lane| self.work(cycle, lane)) {
                    sums[work.right] += work.weight * i64::from(left[work.left]);
                }
            }
            let bias = |r: usize| self.bias.signed(0, r * acc_bits, acc_bits);
            return sums.iter().enumerate().map(|(r, s)| vec![s + bias(r)]).collect();
        }
        let (units, per_unit) = (stage.units(), kind.shape.lanes_per_unit());
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
