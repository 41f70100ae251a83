//! Interleaver of kind *unrolled*: every edge has hardware of its own, its weight a constant in it.
//! The pattern is wiring; a frame takes one cycle.

use super::{Adders, Arrangement, Layout, Schedule, Shape, Table};
use crate::heap::{Heap, Plan, compress};
use crate::quantise::QuantJunction;
use rayon::prelude::*;

/// How an unrolled junction's frames come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// Piece by piece over the bus, into registers that hold a frame.
    Bus,
    /// At once, from a junction that is unrolled too: nothing is held.
    Flow,
}

/// What an unrolled junction is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrolled {
    /// How its frames come.
    pub feed: Feed,
    /// Levels of adders between two registers.
    pub levels_per_register: usize,
    /// How each right neuron's accumulator is added up, its bias and rounding constant included; bit
    /// `k` of the left neuron written as row `r` of slot `s` is input `(r * slots + s) * bits + k`.
    pub sums: Vec<Plan>,
}

impl Unrolled {
    /// Adds up every right neuron of a junction whose left layer comes as `layout`.
    pub(super) fn schedule(
        feed: Feed,
        adders: Adders,
        junction: &QuantJunction,
        layout: Layout,
    ) -> Schedule {
        let pattern = &junction.pattern;
        let (right, edges) = (pattern.right(), pattern.edges());
        let sums = (0..right)
            .into_par_iter()
            .map(|neuron| compress(&heap(junction, &layout, neuron), adders.fabric))
            .collect();
        let mut table = Table::new(1, edges);
        (0..edges).for_each(|edge| table.put(0, edge, edge));
        let levels_per_register = adders.levels_per_register;
        let kind = Arrangement::Unrolled(Self { feed, levels_per_register, sums });
        Schedule { right, layout, kind, table }
    }

    /// Registers from the left layer to the accumulators.
    pub fn latency(&self) -> usize {
        let levels = self.sums.iter().map(Plan::levels).max().unwrap_or(0);
        levels.div_ceil(self.levels_per_register)
    }

    /// The layer that it computes: all neurons at once.
    pub(super) fn layout_out(right: usize) -> Layout {
        let shape = Shape::Wide { lanes_per_unit: 1, rest: 0, shared_lanes: 0 };
        Layout::of_shape(shape, 1, right)
    }
}

/// The accumulator of a right neuron as a heap.
fn heap(junction: &QuantJunction, layout: &Layout, neuron: usize) -> Heap {
    let (pattern, format) = (&junction.pattern, junction.input_format);
    let constant = junction.bias[neuron] + junction.rounding();
    let (mut low, mut high) = (constant, constant);
    let mut terms = Vec::with_capacity(pattern.d_in() * format.bits as usize);
    for edge in neuron * pattern.d_in()..(neuron + 1) * pattern.d_in() {
        let weight = i64::from(junction.weights[edge]);
        if weight == 0 {
            continue;
        }
        let (slot, row) = layout.place[pattern.left_ends()[edge].at()];
        let first = (row as usize * layout.slots + slot as usize) * format.bits as usize;
        for bit in 0..format.bits {
            let top = format.signed && bit + 1 == format.bits;
            let worth = (if top { -weight } else { weight }) << bit;
            terms.push((first + bit as usize, worth));
            *(if worth < 0 { &mut low } else { &mut high }) += worth;
        }
    }
    let fits = |bits: &u32| low >= -(1i64 << (bits - 1)) && high < 1i64 << (bits - 1);
    let bits = (1..=junction.acc_bits).find(fits).unwrap_or(junction.acc_bits);
    Heap { terms, constant, bits }
}
