//! Bit heaps: sums of many bits of known weight, and the carry chains that add them up.
//!
//! A *heap* is a multiset of bits, each worth ± a power of two (de Dinechin, "Bit heaps", FPL 2013). A
//! dot product by constants is one: each bit of an activation appears once for each signed digit
//! of its weight. [`compress`] adds it up in *levels* of [`Chain`]s. A chain is one adder: a row of
//! raw bits, one a column, plus *windows*, small functions of a few bits each that count what these
//! are worth over one to three columns, plus a carry in. In an FPGA whose carry chains are fed by six-input
//! LUTs, a window's five bits and the raw bit of its column share the LUT that the adder needs
//! anyway, so each LUT of a full window takes 5/3 bits out of the heap; by a counter of six bits
//! it would be one.

mod chain;
mod digits;
mod items;
mod rows;
mod windows;

pub use chain::{Chain, Plan, Source, Window};
pub use digits::signed_digits;

use items::Items;
use serde::{Deserialize, Serialize};

/// What an adder's column of the target can take in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Fabric {
    /// Six-input LUTs before the carry chain: a raw bit and a function of five others.
    #[default]
    Lut6,
    /// Four-input LUTs whose functions cannot be shared with the adder's: two bits a column.
    Lut4,
}

/// A sum: `constant` plus the terms, modulo 2^`bits`.
#[derive(Clone, Debug)]
pub struct Heap {
    /// Input bit, and what it is worth when it is 1. No bit stands twice, none is worth 0.
    pub terms: Vec<(usize, i64)>,
    /// Added to the terms.
    pub constant: i64,
    /// Width of the result, in two's complement.
    pub bits: u32,
}

/// Chains that add `heap` up, level by level.
///
/// # Panics
/// If the result's width is 0 or above 60 bits.
pub fn compress(heap: &Heap, fabric: Fabric) -> Plan {
    assert!((1..=60).contains(&heap.bits), "a heap's result of {} bits", heap.bits);
    let items = Items::of(heap);
    match fabric {
        Fabric::Lut6 => windows::compress(items),
        Fabric::Lut4 => rows::compress(items),
    }
}

#[cfg(test)]
mod tests;
