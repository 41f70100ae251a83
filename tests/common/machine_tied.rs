//! A junction whose lanes are tied to banks, from its emitted tables alone: what the heads of
//! `hw/rtl/cf_deal.v`, `cf_count.v`, `cf_lanes_tied.v`, `cf_units_tied.v` and `cf_collect.v` promise,
//! written down a second time.

use super::rom_text::Table;
use super::tables::Work;
use clashfree::lower::{AddressStage, Datapath, JunctionStage, TiedStage, WorkStage};
use std::collections::BTreeMap;

/// Bits that number `n` things; none for one.
fn bits(n: usize) -> usize {
    (0..).find(|&b| 1usize << b >= n).unwrap()
}

/// One junction, as its tables describe it.
pub struct Tied<'a> {
    stage: &'a JunctionStage,
    kind: &'a TiedStage,
    weight: Table,
    bias: Table,
    mask: Option<Table>,
    /// The address of each lane (copy by copy) in each cycle.
    address: Vec<Vec<usize>>,
    /// The left neuron in each row of each bank.
    memory: Vec<Vec<Option<usize>>>,
}

impl<'a> Tied<'a> {
    /// `place` is slot and row in which each left neuron is written; a bus writes all slots in
    /// every row, neuron or not.
    pub fn new(
        number: usize,
        stage: &'a JunctionStage,
        files: &BTreeMap<String, String>,
        place: &[(usize, usize)],
    ) -> Self {
        let Datapath::Tied(kind) = &stage.datapath else { unreachable!("another kind") };
        let read = |what: &str, width| {
            let text = files.get(&format!("rom/j{number}_{what}.mem"))?;
            Some(Table::read(text, width))
        };
        assert_eq!(kind.banks, stage.slots * kind.stripes);
        assert_eq!(kind.banks % kind.width, 0, "each lane has as many banks");
        let (stripe_bits, row_bits) = (bits(kind.stripes), bits(kind.bank_rows));
        let places = read("place", stage.slots * (stripe_bits + row_bits));
        assert_eq!(places.is_some(), kind.place_rom.is_some());
        let mut memory = vec![vec![None; kind.bank_rows]; kind.banks];
        let neurons: BTreeMap<_, _> = place.iter().enumerate().map(|(n, &p)| (p, n)).collect();
        for row in 0..stage.rows {
            for slot in 0..stage.slots {
                let neuron = neurons.get(&(slot, row)).copied();
                if neuron.is_none() && number > 0 {
                    continue;
                }
                let (stripe, bank_row) = match &places {
                    Some(table) => {
                        let at = slot * (stripe_bits + row_bits);
                        let stripe = table.field(row, at, stripe_bits) as usize;
                        (stripe, table.field(row, at + stripe_bits, row_bits) as usize)
                    }
                    None => (row % kind.stripes, row / kind.stripes),
                };
                // with a table of places, banks in a ring of lanes
                let turn = slot * kind.width / stage.slots + stripe;
                let last = ((turn + 1) * stage.slots - 1) / kind.width;
                let bank = match places {
                    Some(_) => turn % kind.width + kind.width * (last - slot),
                    None => slot + stage.slots * stripe,
                };
                memory[bank][bank_row] = neuron;
            }
        }
        let held = memory.iter().flatten().flatten().count();
        assert_eq!(held, place.len(), "a neuron was written over");

        let fields = kind.copies() * kind.width;
        let address = match &kind.addresses {
            AddressStage::None => vec![vec![0; fields]; stage.cycles],
            AddressStage::Table { .. } => {
                let each = bits(kind.banks / kind.width) + row_bits;
                let table = read("address", fields * each).unwrap();
                let field = |c, f| table.field(c, f * each, each) as usize;
                (0..stage.cycles).map(|c| (0..fields).map(|f| field(c, f)).collect()).collect()
            }
            AddressStage::Counted { depth, sweeps, skip, .. } => {
                let each = bits(*depth).max(1);
                let table = read("start", fields * each).unwrap();
                assert_eq!(table.0.len(), *sweeps);
                let steps = match kind.work {
                    WorkStage::Aligned { steps } => steps,
                    WorkStage::Straddling { .. } => 1,
                };
                let (mut count, mut sweep) = (0, 0);
                (0..stage.cycles)
                    .map(|c| {
                        let start = |f| table.field(sweep, f * each, each) as usize;
                        let line = (0..fields).map(|f| (count + start(f)) % depth).collect();
                        count += if (c + 1) % steps == 0 { *skip } else { 1 };
                        if count >= *depth {
                            count -= depth;
                            sweep = if *sweeps > 1 { (sweep + 1) % sweeps } else { 0 };
                        }
                        line
                    })
                    .collect()
            }
        };
        let mask = match &kind.work {
            WorkStage::Straddling { block, .. } => read("mask", kind.width / block),
            WorkStage::Aligned { .. } => None,
        };
        let weight = read("weight", stage.lanes * stage.weight.bits as usize).unwrap();
        let bias = read("bias", kind.lines * stage.acc_bits as usize).unwrap();
        assert_eq!(bias.0.len(), kind.rounds, "a line a round");
        Self { stage, kind, weight, bias, mask, address, memory }
    }

    /// The right neuron that a lane works for in a cycle.
    fn right(&self, cycle: usize, lane: usize) -> usize {
        let kind = self.kind;
        match &kind.work {
            WorkStage::Aligned { steps } => cycle / steps * kind.lines + lane / kind.width,
            WorkStage::Straddling { block, .. } => {
                assert_eq!(kind.lines, 1);
                // the neuron begun first, and its edges that this cycle still has
                let first = cycle * kind.width / self.stage.d_in;
                let left = (first + 1) * self.stage.d_in - cycle * kind.width;
                let earlier = match &self.mask {
                    Some(mask) => mask.field(cycle, lane / block, 1) == 1,
                    None => lane / block * block < left,
                };
                first + usize::from(!earlier)
            }
        }
    }

    /// What a lane does in a cycle; nothing where its right neuron does not exist, or has no edge
    /// for it: the weight is 0 then.
    pub fn work(&self, cycle: usize, lane: usize) -> Option<Work> {
        let (stage, kind) = (self.stage, self.kind);
        let each = stage.weight.bits as usize;
        let weight = self.weight.signed(cycle, lane * each, each);
        let field = if kind.shared { lane % kind.width } else { lane };
        let address = self.address[cycle][field];
        let ways = kind.banks / kind.width;
        let (select, row) = match kind.addresses {
            AddressStage::None => (0, 0),
            _ => (address % ways.next_power_of_two(), address / ways.next_power_of_two()),
        };
        let left = self.memory[lane % kind.width + kind.width * select][row];
        let left = left.unwrap_or_else(|| panic!("cycle {cycle}, lane {lane}: an empty word"));
        Some(Work { right: self.right(cycle, lane), left, weight })
            .filter(|work| work.right < stage.right)
    }

    /// Accumulators, rounding constant included, of one frame: what each slot gives, in its order.
    pub fn results(&self, left: &[i32]) -> Vec<Vec<i64>> {
        let (stage, kind) = (self.stage, self.kind);
        let mut sums = vec![0i64; stage.right];
        for cycle in 0..stage.cycles {
            for work in (0..stage.lanes).filter_map(|lane| self.work(cycle, lane)) {
                sums[work.right] += work.weight * i64::from(left[work.left]);
            }
        }
        let acc = stage.acc_bits as usize;
        let mut all = vec![Vec::new(); stage.out_slots];
        for round in 0..kind.rounds {
            for line in 0..kind.lines {
                let right = round * kind.lines + line;
                let exists = round + 1 < kind.rounds || line < kind.last_lines;
                assert_eq!(exists, right < stage.right);
                if exists {
                    let bias = self.bias.signed(round, line * acc, acc);
                    all[line % stage.out_slots].push(sums[right] + bias);
                }
            }
        }
        all
    }
}
