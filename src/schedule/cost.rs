//! Rough hardware cost of the ways to lay out a junction, to choose among them.
//!
//! In six-input LUTs, from how the parts map on current FPGAs; good enough to rank layouts of one
//! junction, not a prediction of a synthesis run.

use super::Shape;
use super::layout::Banking;
use crate::quantise::QuantJunction;

/// LUTs of one bit of a memory of `depth` words (distributed memory, simple dual port).
fn memory_bit(depth: usize) -> f64 {
    if depth <= 4 { 1.0 } else { 0.67 * depth.div_ceil(32) as f64 }
}

/// LUTs of one bit of a ROM of `depth` words.
fn rom_bit(depth: usize) -> f64 {
    if depth <= 1 { 0.0 } else { depth.div_ceil(64) as f64 }
}

/// Estimated LUTs of everything that differs between layouts: memories and their ROMs, selectors,
/// accumulators, requantisers.
pub(super) fn estimate(
    junction: &QuantJunction,
    shape: Shape,
    cycles: usize,
    banking: &Banking,
    copies_per_unit: usize,
) -> f64 {
    let right = junction.pattern.right();
    let lanes = shape.lanes(right) as f64;
    let units = shape.units(right) as f64;
    let act = f64::from(junction.input_format.bits);
    let (banks, rows) = (banking.banks(), banking.bank_rows());
    let copies = match rows {
        1 => 1,
        _ => shape.units(right) * copies_per_unit + shape.shared_lanes(),
    };
    let words = (copies * banks) as f64;
    let row_fields =
        if copies_per_unit == shape.lanes_per_unit() { copies } else { copies * banks } as f64;
    let bits_for = |n: usize| f64::from(usize::BITS - n.saturating_sub(1).leading_zeros());

    let memory = words * act * memory_bit(2 * rows);
    let row_rom = row_fields * bits_for(rows) * rom_bit(cycles);
    let bank_rom = lanes * bits_for(banks) * rom_bit(cycles);
    let select = if cycles == 1 { 0.0 } else { lanes * act * (banks - 1) as f64 / 3.0 };
    let out = junction.output_format.map_or(0.0, |f| 2.0 * f64::from(f.bits));
    let acc = f64::from(junction.acc_bits);
    let side = if shape.shared_lanes() > 0 { 2.0 * acc } else { 0.0 };
    memory + row_rom + bank_rom + select + units * (2.0 * acc + out + side)
}
