//! Rough hardware cost of the ways to lay out a junction, to choose among them.
//!
//! In six-input LUTs, from how the parts map on current FPGAs; good enough to rank layouts of one
//! junction, not a prediction of a synthesis run.

use super::layout::{Banking, Layout};
use super::network::{Form, Network};
use super::shape::Shape;
use super::tied::{Addresses, Tied, Work};
use super::unrolled::Feed;
use crate::heap::signed_digits;
use crate::ids::bits_for;
use crate::quantise::QuantJunction;
use serde::Serialize;

/// What an interleaver costs, and the junction around it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Bits of tables that say where operands come from (exact).
    pub index_bits: usize,
    /// Bits of the left memory, two frames of all copies, rows rounded up to a power of two (exact).
    pub memory_bits: usize,
    /// Bits of partial sums beyond one accumulator a group of lanes (exact).
    pub sum_bits: usize,
    /// LUTs of selectors or switches between banks and lanes (estimate).
    pub network_luts: f64,
    /// LUTs of the whole junction but for its weights and control (estimate).
    pub luts: f64,
}

impl Cost {
    /// What decides between layouts: LUTs, and a sixteenth for every bit of a table, as where a LUT
    /// holds 16 bits; so that a layout with hardly a table beats one that is as small only because
    /// large LUTs hold its tables.
    pub fn rank(&self) -> f64 {
        self.luts + self.index_bits as f64 / 16.0
    }
}

/// LUTs of a bank of `words` words of `bits` bits: distributed memory with one read port.
///
/// Measured with Yosys 0.23 (xcup): 8 for each 14 bits of 32 words, or 7 bits of 64, and selectors
/// beyond.
fn bank_luts(bits: usize, words: usize) -> f64 {
    let deep = words.div_ceil(64);
    let blocks = if words <= 32 { bits.div_ceil(14) } else { bits.div_ceil(7) * deep };
    8.0 * blocks as f64 + bits as f64 * select_bit(deep)
}

/// LUTs of one bit of a ROM of `depth` words.
fn rom_bit(depth: usize) -> f64 {
    if depth <= 1 { 0.0 } else { depth.div_ceil(64) as f64 }
}

/// Bits of a table of `lines` words: a single word is wiring.
fn table_bits(width: usize, lines: usize) -> usize {
    if lines > 1 { width * lines } else { 0 }
}

/// LUTs of one bit of a selector among `ways`, about as Yosys 0.23 maps them (xcup).
fn select_bit(ways: usize) -> f64 {
    match ways {
        0..=1 => 0.0,
        2..=4 => 1.0,
        5..=8 => 3.0,
        9..=16 => 5.3,
        _ => 0.41 * ways as f64,
    }
}

/// LUTs of a product.
///
/// Measured with Yosys 0.70 (xcup, no DSP), products and an adder tree's share together: 73 a lane
/// for 32 lanes of 4 × 6 bits, 88 for 8 lanes of 6 × 6; a product with a single bit is a row of
/// ANDs.
fn product_luts(junction: &QuantJunction) -> f64 {
    let act = f64::from(junction.input_format.bits);
    let weight = f64::from(junction.weight_format.bits);
    match act * weight {
        area if act == 1.0 => area,
        area if area <= 24.0 => 2.5 * area,
        area => 1.1 * area + 34.0,
    }
}

/// LUTs of lanes: a product, and its share of an adder tree.
fn lanes_luts(junction: &QuantJunction, lanes: usize) -> f64 {
    let sum = f64::from(junction.input_format.bits + junction.weight_format.bits) + 2.0;
    lanes as f64 * (product_luts(junction) + sum)
}

/// LUTs of a group's accumulator and requantiser.
fn accumulator_luts(junction: &QuantJunction) -> f64 {
    f64::from(junction.acc_bits)
}

/// LUTs of one result's rounding and clamping.
fn output_luts(junction: &QuantJunction) -> f64 {
    let out = junction.output_format.map_or(0.0, |f| 2.0 * f64::from(f.bits));
    f64::from(junction.acc_bits) / 2.0 + out
}

/// Words that a bank holds: two frames, the rows of each rounded up to a power of two.
fn depth(rows: usize) -> usize {
    2 * rows.next_power_of_two()
}

/// An interleaver of kind copies.
pub(super) fn copies(
    junction: &QuantJunction,
    shape: Shape,
    cycles: usize,
    banking: &Banking<'_>,
    per_unit: usize,
) -> Cost {
    let right = junction.pattern.right();
    let lanes = shape.lanes(right);
    let units = shape.units(right);
    let act = junction.input_format.bits as usize;
    let (banks, rows) = (banking.banks(), banking.bank_rows());
    let copies = match rows {
        1 => 1,
        _ => units * per_unit + shape.shared_lanes(),
    };
    let row_fields = if per_unit == shape.lanes_per_unit() { copies } else { copies * banks };
    let row_bits = row_fields * bits_for(rows);
    let bank_bits = lanes * bits_for(banks);
    let network = match cycles {
        1 => 0.0,
        _ => (lanes * act) as f64 * select_bit(banks),
    };
    let side = if shape.shared_lanes() > 0 { 2.0 * f64::from(junction.acc_bits) } else { 0.0 };
    let per_unit_luts = accumulator_luts(junction) + output_luts(junction) + side;
    Cost {
        index_bits: table_bits(row_bits + bank_bits, cycles),
        memory_bits: copies * banks * depth(rows) * act,
        sum_bits: 0,
        network_luts: network,
        luts: (copies * banks) as f64 * bank_luts(act, depth(rows))
            + (row_bits + bank_bits) as f64 * rom_bit(cycles)
            + network
            + lanes_luts(junction, lanes)
            + units as f64 * per_unit_luts,
    }
}

/// An interleaver with tied lanes, behind a writer of `layout`.
pub(super) fn tied(junction: &QuantJunction, tied: &Tied, layout: &Layout) -> Cost {
    let pattern = &junction.pattern;
    let cycles = tied.cycles(pattern);
    let act = junction.input_format.bits as usize;
    let acc = f64::from(junction.acc_bits);
    let ways = tied.banks_per_lane(layout.slots);
    let address = bits_for(ways) + bits_for(tied.bank_rows);
    let fields = tied.copies() * tied.width;
    let (address_bits, address_luts) = match &tied.addresses {
        Addresses::None => (0, 0.0),
        // one start: an address is a function of the counter
        Addresses::Counted { starts, .. } if starts.len() == 1 => {
            let each = if address <= 6 { address } else { 3 * address };
            (0, (fields * each) as f64)
        }
        // an adder modulo the depth, as Yosys 0.23 maps it (xcup)
        Addresses::Counted { starts, .. } => {
            let bits = fields * address;
            (table_bits(bits, starts.len()), bits as f64 * (1.4 + rom_bit(starts.len())))
        }
        Addresses::Table => {
            let bits = fields * address;
            (table_bits(bits, cycles), bits as f64 * rom_bit(cycles))
        }
    };
    let place = match tied.placed {
        true => layout.slots * (bits_for(tied.stripes) + bits_for(tied.bank_rows)),
        false => 0,
    };
    let network = (tied.lanes() * act) as f64 * select_bit(ways);
    let (masks, second_tree) = match tied.work {
        Work::Straddling { block, masks, .. } if block < tied.width => {
            let blocks = tied.width / block;
            let sum = act + junction.weight_format.bits as usize + bits_for(block) + 2;
            (if masks { blocks } else { 0 }, (blocks * sum) as f64 + acc)
        }
        _ => (0, 0.0),
    };
    let slots = tied.slots_out(pattern.d_in());
    let collect = if tied.lines > 1 { tied.lines as f64 * acc } else { 0.0 };
    Cost {
        index_bits: address_bits + table_bits(place, layout.rows) + table_bits(masks, cycles),
        memory_bits: tied.copies() * tied.banks(layout.slots) * depth(tied.bank_rows) * act,
        sum_bits: 0,
        network_luts: network,
        luts: (tied.copies() * tied.banks(layout.slots)) as f64
            * bank_luts(act, depth(tied.bank_rows))
            + address_luts
            + place as f64 * rom_bit(layout.rows)
            + masks as f64 * rom_bit(cycles)
            + network
            + second_tree
            + lanes_luts(junction, tied.lanes())
            + tied.lines as f64 * accumulator_luts(junction)
            + collect
            + slots as f64 * output_luts(junction),
    }
}

/// An interleaver of kind network, behind a writer of `layout`.
pub(super) fn network(junction: &QuantJunction, network: &Network, layout: &Layout) -> Cost {
    let act = junction.input_format.bits as usize;
    let acc = junction.acc_bits as usize;
    let (lanes, banks) = (network.lanes(), network.banks(layout.slots));
    let (control, switches) = match network.form {
        Form::Crossbar => (lanes * bits_for(banks), (lanes * act) as f64 * select_bit(banks)),
        Form::Benes => {
            let benes = network.benes(layout.slots);
            let switches = benes.stages() * benes.switches_per_stage();
            // two LUTs a switch and bit
            (switches, (2 * switches * act) as f64)
        }
    };
    let rows = banks * bits_for(network.bank_rows);
    let index = bits_for(network.sums).max(1);
    let partial = lanes * (index + 2);
    let drain = network.groups * (bits_for(network.lanes_per_group).max(1) + index + 1);
    // one or two sums stand in registers, with copies for the drain, more in a memory of two frames;
    // factors as Yosys 0.23 maps cf_partial and cf_drain (xcup, 14-bit sums)
    let (words, lane_sums) = match network.sums {
        sums @ 1..=2 => (2 * sums, acc as f64 * (1.0 + sums as f64)),
        _ => (2 << index, acc as f64 + bank_luts(acc, 2 << index)),
    };
    let drain_luts =
        acc as f64 * (1.0 + select_bit(network.lanes_per_group)) + 20.0 + output_luts(junction);
    let cycle_bits = rows + control + partial;
    Cost {
        index_bits: cycle_bits * network.cycles + drain * network.pieces,
        memory_bits: banks * depth(network.bank_rows) * act,
        sum_bits: lanes * words * acc,
        network_luts: switches,
        luts: banks as f64 * bank_luts(act, depth(network.bank_rows))
            + cycle_bits as f64 * rom_bit(network.cycles)
            + drain as f64 * rom_bit(network.pieces)
            + switches
            + lanes as f64 * (product_luts(junction) + lane_sums)
            + network.groups as f64 * drain_luts,
    }
}

/// An unrolled junction: adders take out some 1.6 bits a LUT (see [`crate::heap`]).
pub(super) fn unrolled(junction: &QuantJunction, feed: Feed) -> Cost {
    let digits: usize = junction.weights.iter().map(|&w| signed_digits(w.into()).len()).sum();
    let bits = digits * junction.input_format.bits as usize;
    let held = match feed {
        Feed::Bus => junction.pattern.left() * junction.input_format.bits as usize,
        Feed::Flow => 0,
    };
    Cost {
        index_bits: 0,
        memory_bits: held,
        sum_bits: 0,
        network_luts: 0.0,
        luts: bits as f64 / 1.6 + junction.pattern.right() as f64 * output_luts(junction),
    }
}
