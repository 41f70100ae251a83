//! A junction with a network between banks and lanes, from its emitted tables alone: what the heads
//! of `hw/rtl/cf_deal.v`, `cf_benes.v`, `cf_crossbar.v`, `cf_lanes_network.v`, `cf_partial.v`,
//! `cf_drain.v` and `cf_units_network.v` promise, written down a second time.

use super::rom_text::{Table, width};
use super::tables::Work;
use clashfree::lower::{Datapath, JunctionStage, NetworkStage};
use std::collections::BTreeMap;

/// One junction, as its tables describe it.
pub struct Network<'a> {
    stage: &'a JunctionStage,
    kind: &'a NetworkStage,
    weight: Table,
    bias: Table,
    partial: Table,
    drain: Table,
    /// The word that each lane gets in each cycle: a left neuron where its bank has one.
    word: Vec<Vec<Option<usize>>>,
    /// The right neurons that each lane's sums belong to, as the drain takes them.
    owner: Vec<Vec<Option<usize>>>,
}

/// Terminals after the switches, by the head of `cf_benes`.
fn benes<T: Clone>(words: Vec<T>, crossed: impl Fn(usize) -> bool) -> Vec<T> {
    let terminals = words.len();
    let k = terminals.ilog2() as usize;
    let mut words = words;
    for s in 0..2 * k - 1 {
        for j in 0..terminals / 2 {
            if crossed(s * terminals / 2 + j) {
                words.swap(2 * j, 2 * j + 1);
            }
        }
        if s == 2 * k - 2 {
            break;
        }
        let n = if s + 1 < k { 1 << (k - s) } else { 1 << (s + 3 - k) };
        let out = words.clone();
        for (t, word) in out.into_iter().enumerate() {
            let i = t % n;
            let to =
                if s + 1 < k { i / 2 + i % 2 * (n / 2) } else { 2 * (i % (n / 2)) + i / (n / 2) };
            words[t - i + to] = word;
        }
    }
    words
}

impl<'a> Network<'a> {
    /// `place` is slot and row in which each left neuron is written.
    pub fn new(
        number: usize,
        stage: &'a JunctionStage,
        files: &BTreeMap<String, String>,
        place: &[(usize, usize)],
    ) -> Self {
        let Datapath::Network(kind) = &stage.datapath else { unreachable!("another kind") };
        let read = |what: &str, width| {
            let text = files.get(&format!("rom/j{number}_{what}.mem"))?;
            Some(Table::read(text, width))
        };
        assert_eq!(kind.banks, stage.slots * kind.stripes);
        assert_eq!(stage.lanes, kind.groups * kind.lanes_per_group);
        assert!((kind.groups - 1) * kind.neurons_per_group < stage.right);
        assert!(stage.right <= kind.groups * kind.neurons_per_group);
        assert!(1 <= kind.pieces && kind.pieces <= stage.cycles, "drains must keep up");
        assert!((kind.bank_rows - 1) * kind.stripes < stage.rows, "rows of a bank");

        let mut memory = vec![vec![None; kind.bank_rows]; kind.banks];
        for (neuron, &(slot, row)) in place.iter().enumerate() {
            let bank = slot + stage.slots * (row % kind.stripes);
            let old = memory[bank][row / kind.stripes].replace(neuron);
            assert_eq!(old, None, "a neuron was written over");
        }
        let row_bits = width(kind.bank_rows);
        let rows = read("row", kind.banks * row_bits);
        assert_eq!(rows.is_none(), kind.bank_rows == 1);
        let terminals = kind.banks.max(stage.lanes).next_power_of_two().max(2);
        let switches = (2 * terminals.ilog2() as usize - 1) * terminals / 2;
        let bank_bits = width(kind.banks);
        let control = match kind.stages_per_register {
            Some(_) => read("control", switches),
            None => read("control", stage.lanes * bank_bits),
        };
        let word = (0..stage.cycles).map(|cycle| {
            let row = |bank| match &rows {
                Some(rows) => rows.field(cycle, bank * row_bits, row_bits) as usize,
                None => 0,
            };
            let mut words: Vec<_> = (0..kind.banks).map(|bank| memory[bank][row(bank)]).collect();
            if kind.stages_per_register.is_some() {
                words.resize(terminals, None);
                let control = control.as_ref().unwrap();
                words = benes(words, |switch| control.field(cycle, switch, 1) == 1);
                words.truncate(stage.lanes);
                return words;
            }
            let bank = |lane| match &control {
                Some(control) => control.field(cycle, lane * bank_bits, bank_bits) as usize,
                None => 0,
            };
            (0..stage.lanes).map(|lane| words[bank(lane)]).collect()
        });

        let drain_bits = width(kind.lanes_per_group) + width(kind.sums) + 1;
        let mut machine = Self {
            word: word.collect(),
            weight: read("weight", stage.lanes * stage.weight.bits as usize).unwrap(),
            bias: read("bias", kind.groups * stage.acc_bits as usize).unwrap(),
            partial: read("partial", stage.lanes * (width(kind.sums) + 2)).unwrap(),
            drain: read("drain", kind.groups * drain_bits).unwrap(),
            owner: vec![vec![None; kind.sums]; stage.lanes],
            stage,
            kind,
        };
        assert_eq!(machine.bias.0.len(), kind.neurons_per_group, "a line a neuron of a group");
        assert_eq!(machine.drain.0.len(), kind.pieces, "a line a piece");
        for group in 0..kind.groups {
            for (neuron, pieces) in machine.pieces(group).into_iter().enumerate() {
                for (lane, sum) in pieces {
                    let right = group * kind.neurons_per_group + neuron;
                    let old = machine.owner[lane][sum].replace(right);
                    assert_eq!(old, None, "a sum is taken twice");
                }
            }
        }
        machine
    }

    /// Lane and number of the sums that make each right neuron of a group.
    fn pieces(&self, group: usize) -> Vec<Vec<(usize, usize)>> {
        let kind = self.kind;
        let (lane_bits, sum_bits) = (width(kind.lanes_per_group), width(kind.sums));
        let at = group * (lane_bits + sum_bits + 1);
        let neurons = kind.neurons_per_group.min(self.stage.right - group * kind.neurons_per_group);
        let mut all = vec![Vec::new()];
        for row in 0..kind.pieces {
            let lane = self.drain.field(row, at, lane_bits) as usize;
            assert!(lane < kind.lanes_per_group);
            let sum = self.drain.field(row, at + lane_bits, sum_bits) as usize;
            all.last_mut().unwrap().push((group * kind.lanes_per_group + lane, sum));
            if self.drain.field(row, at + lane_bits + sum_bits, 1) == 1 {
                if all.len() == neurons {
                    return all;
                }
                all.push(Vec::new());
            }
        }
        panic!("group {group} gives {} neurons of {neurons}", all.len() - 1)
    }

    /// Number of a lane's sum in a cycle, and whether it is begun; nothing if the lane is idle.
    fn sum(&self, cycle: usize, lane: usize) -> Option<(usize, bool)> {
        let bits = width(self.kind.sums);
        let field = |at, bits| self.partial.field(cycle, at, bits);
        let at = lane * (bits + 2);
        (field(at + bits + 1, 1) == 1).then(|| (field(at, bits) as usize, field(at + bits, 1) == 1))
    }

    /// What a lane does in a cycle; nothing if it is idle.
    pub fn work(&self, cycle: usize, lane: usize) -> Option<Work> {
        let (sum, _) = self.sum(cycle, lane)?;
        let bits = self.stage.weight.bits as usize;
        let weight = self.weight.signed(cycle, lane * bits, bits);
        let left = self.word[cycle][lane]
            .unwrap_or_else(|| panic!("cycle {cycle}, lane {lane}: an empty word"));
        let right = self.owner[lane][sum].expect("a sum that is never taken");
        Some(Work { right, left, weight })
    }

    /// Accumulators, rounding constant included, of one frame: what each slot gives, in its order.
    pub fn results(&self, left: &[i32]) -> Vec<Vec<i64>> {
        let (stage, kind) = (self.stage, self.kind);
        // what an earlier frame left
        let mut sums = vec![vec![1_000_003i64; kind.sums]; stage.lanes];
        for cycle in 0..stage.cycles {
            for (lane, sums) in sums.iter_mut().enumerate() {
                let Some((sum, fresh)) = self.sum(cycle, lane) else { continue };
                let work = self.work(cycle, lane).expect("the lane works");
                let old = if fresh { 0 } else { sums[sum] };
                sums[sum] = old + work.weight * i64::from(left[work.left]);
            }
        }
        let acc = stage.acc_bits as usize;
        let group = |group: usize| -> Vec<i64> {
            let neurons = self.pieces(group).into_iter().enumerate();
            neurons
                .map(|(row, pieces)| {
                    let bias = self.bias.signed(row, group * acc, acc);
                    bias + pieces.into_iter().map(|(lane, sum)| sums[lane][sum]).sum::<i64>()
                })
                .collect()
        };
        (0..kind.groups).map(group).collect()
    }
}
