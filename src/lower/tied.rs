//! Tables of a junction whose lanes are tied to banks.

use super::{AddressStage, Rom, TiedStage, Words, WorkStage};
use crate::ids::bits_for;
use crate::quantise::QuantJunction;
use crate::schedule::{Addresses, Schedule, Site, Tied, Work};

/// What `cf_junction_tied` needs besides what all junctions have.
pub(super) fn stage(
    site: Site,
    junction: &QuantJunction,
    schedule: &Schedule,
    kind: &Tied,
) -> TiedStage {
    let right = schedule.right;
    let rounds = kind.rounds(right);
    let address = Address::of(schedule, kind);
    let addresses = match &kind.addresses {
        Addresses::None => AddressStage::None,
        Addresses::Counted { starts, depth, .. } => {
            let steps = kind.steps().unwrap_or(1);
            AddressStage::Counted {
                depth: *depth,
                sweeps: starts.len(),
                skip: (1 + (kind.lines - 1) * steps - 1) % depth + 1,
                start_rom: start_rom(site, kind, starts, *depth),
            }
        }
        Addresses::Table => AddressStage::Table {
            address_rom: address_rom(site, junction, schedule, kind, address),
        },
    };
    TiedStage {
        lines: kind.lines,
        width: kind.width,
        rounds,
        last_lines: right - (rounds - 1) * kind.lines,
        shared: kind.shared,
        stripes: kind.stripes,
        banks: kind.banks(schedule.layout.slots),
        bank_rows: kind.bank_rows,
        lockstep: schedule.layout.lockstep,
        place_rom: kind.placed.then(|| place_rom(site, schedule, kind)),
        addresses,
        work: match &kind.work {
            Work::Aligned { steps } => WorkStage::Aligned { steps: *steps },
            Work::Straddling { block, masks, .. } => WorkStage::Straddling {
                block: *block,
                mask_rom: masks.then(|| mask_rom(site, junction, schedule, *block)),
            },
        },
    }
}

/// The fields of a lane's address: the bank among the lane's in the low bits, the row above.
#[derive(Clone, Copy)]
struct Address {
    select_bits: usize,
    row_bits: usize,
}

impl Address {
    fn of(schedule: &Schedule, kind: &Tied) -> Self {
        let select_bits = bits_for(kind.banks_per_lane(schedule.layout.slots));
        Self { select_bits, row_bits: bits_for(kind.bank_rows) }
    }

    fn bits(self) -> usize {
        self.select_bits + self.row_bits
    }

    fn value(self, (select, row): (usize, usize)) -> i64 {
        (row << self.select_bits | select) as i64
    }
}

fn start_rom(site: Site, kind: &Tied, starts: &[Vec<u32>], depth: usize) -> Rom {
    let (steps, width) = (kind.steps().unwrap_or(1), kind.width);
    let bits = bits_for(depth).max(1);
    let mut words = Words::new(kind.copies() * width * bits, starts.len());
    for (sweep, starts) in starts.iter().enumerate() {
        for copy in 0..kind.copies() {
            for (lane, &start) in starts.iter().enumerate() {
                // a line is as far ahead of the one before it as a right neuron has cycles
                let ahead = (start as usize + copy * steps) % depth;
                words.put(sweep, (copy * width + lane) * bits, bits, ahead as i64);
            }
        }
    }
    let about = vec![
        format!("{site}: where each lane starts to count its addresses, a line a sweep"),
        format!("field (copy * {width} + lane), {bits} bits each, field 0 in the lowest bits"),
        format!("address in cycle c: (counter + start) mod {depth}"),
    ];
    Rom { file: format!("{}_start.mem", site.prefix()), words, about }
}

fn address_rom(
    site: Site,
    junction: &QuantJunction,
    schedule: &Schedule,
    kind: &Tied,
    address: Address,
) -> Rom {
    let (layout, width, bits) = (&schedule.layout, kind.width, address.bits());
    // what an idle lane reads: any word that it has
    let mut some = vec![None; width];
    for neuron in (0..junction.pattern.left()).rev() {
        some[kind.lane(layout, neuron)] = Some(kind.address(layout, neuron));
    }
    let mut words = Words::new(kind.copies() * width * bits, schedule.cycles());
    for cycle in 0..schedule.cycles() {
        for lane in 0..kind.copies() * width {
            let read = match schedule.table.edge(cycle, lane) {
                Some(edge) => kind.address(layout, junction.pattern.left_ends()[edge].at()),
                None => some[lane % width].expect("every lane has a word"),
            };
            words.put(cycle, lane * bits, bits, address.value(read));
        }
    }
    let mut about = vec![
        format!("{site}: the word that each lane reads, a line a cycle"),
        format!("field (copy * {width} + lane), {bits} bits each, field 0 in the lowest bits"),
    ];
    if address.select_bits > 0 {
        about.push(format!(
            "a field: which of the lane's banks ({} low bits), row of the bank above",
            address.select_bits
        ));
    }
    Rom { file: format!("{}_address.mem", site.prefix()), words, about }
}

fn place_rom(site: Site, schedule: &Schedule, kind: &Tied) -> Rom {
    let layout = &schedule.layout;
    let (stripe_bits, row_bits) = (bits_for(kind.stripes), bits_for(kind.bank_rows));
    let each = stripe_bits + row_bits;
    let mut words = Words::new(layout.slots * each, layout.rows);
    let mut taken = vec![vec![false; kind.stripes * kind.bank_rows]; layout.slots];
    let mut empty = vec![vec![true; layout.rows]; layout.slots];
    let mut put = |slot: usize, row: usize, stripe: usize, bank_row: usize| {
        words.put(row, slot * each, each, (bank_row << stripe_bits | stripe) as i64);
    };
    for (&(slot, row), &(stripe, bank_row)) in layout.place.iter().zip(&kind.place) {
        let [slot, row, stripe, bank_row] = [slot, row, stripe, bank_row].map(|n| n as usize);
        taken[slot][stripe * kind.bank_rows + bank_row] = true;
        empty[slot][row] = false;
        put(slot, row, stripe, bank_row);
    }
    // what a slot writes without a neuron, at the end of the last beat, must not hit one
    for (slot, rows) in empty.iter().enumerate() {
        for row in (0..layout.rows).filter(|&row| rows[row]) {
            let free = taken[slot].iter().position(|t| !t).expect("banks have room to spare");
            put(slot, row, free / kind.bank_rows, free % kind.bank_rows);
        }
    }
    let about = vec![
        format!("{site}: where the left memory keeps what comes, a line a row of the slots"),
        format!("field slot, {each} bits each, slot 0 in the lowest bits"),
        format!("a field: stripe ({stripe_bits} low bits), row of the bank above"),
    ];
    Rom { file: format!("{}_place.mem", site.prefix()), words, about }
}

fn mask_rom(site: Site, junction: &QuantJunction, schedule: &Schedule, block: usize) -> Rom {
    let (blocks, d_in) = (schedule.lanes() / block, junction.pattern.d_in());
    let mut words = Words::new(blocks, schedule.cycles());
    for cycle in 0..schedule.cycles() {
        let earlier = cycle * schedule.lanes() / d_in;
        for b in 0..blocks {
            let edge = schedule.table.edge(cycle, b * block);
            let old = edge.is_none_or(|edge| edge / d_in == earlier);
            words.put(cycle, b, 1, i64::from(old));
        }
    }
    let about = vec![
        format!("{site}: whose edge each block of {block} lanes has, a line a cycle"),
        "bit block: 1 the right neuron that was begun first, 0 the one after it".to_owned(),
    ];
    Rom { file: format!("{}_mask.mem", site.prefix()), words, about }
}

/// Which right neuron a lane has in cycle `c`, for the head of the weight ROM.
pub(super) fn whose(schedule: &Schedule, kind: &Tied) -> Vec<String> {
    let (width, lines) = (kind.width, kind.lines);
    let text = match kind.steps() {
        Some(steps) => format!(
            "lane l in cycle c: right neuron (c / {steps}) * {lines} + l / {width}, an edge to a left neuron that lane l % {width} of a line reads"
        ),
        None => format!(
            "cycle c has edges {lanes} * c to {lanes} * c + {last} of all right neurons in order, each on the lane that reads its left neuron",
            lanes = schedule.lanes(),
            last = schedule.lanes() - 1
        ),
    };
    vec![text]
}

/// The right neurons of each line in order, as its bias ROM lists them.
pub(super) fn neurons(schedule: &Schedule, kind: &Tied) -> Vec<Vec<Option<usize>>> {
    let (lines, rounds) = (kind.lines, kind.rounds(schedule.right));
    let neuron = |n: usize| (n < schedule.right).then_some(n);
    (0..lines).map(|v| (0..rounds).map(|k| neuron(k * lines + v)).collect()).collect()
}
