//! Interleaver of kind *copies*: a unit of lanes has as many copies of the left memory as its lanes
//! may ask one bank for at once. Any pattern, any parallelism, no search (decision 2).

use super::cost::{self, Cost};
use super::layout::{Banking, Layout};
use super::shape::Shape;
use super::{Arrangement, Schedule, Table};
use crate::quantise::QuantJunction;

/// What a junction with copies is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Arrangement of the lanes.
    pub shape: Shape,
    /// Binary logarithm of the banks that a slot's rows are dealt over.
    pub stripe_bits: u32,
    /// Copies of the left memory that each unit has.
    pub per_unit: usize,
    /// One copy serves all lanes (every bank has one row, so that nobody disagrees).
    pub one: bool,
}

impl Copies {
    /// The cheapest shape and banking for `lanes` lanes, with its cost.
    pub(super) fn cheapest(
        junction: &QuantJunction,
        lanes: usize,
        layout: &Layout,
    ) -> (Cost, Self) {
        let pattern = &junction.pattern;
        let right = pattern.right();
        let cycles = pattern.edges().div_ceil(lanes);
        let shapes = Shape::candidates(right, pattern.d_in(), lanes);

        // the first of the cheapest, so that equal costs always choose alike
        let mut best: Option<(Cost, Self)> = None;
        for banking in Banking::candidates(layout) {
            let crowd = crowding(junction, &banking);
            for &shape in &shapes {
                // as many copies as a unit needs, or one for each of its lanes
                let most = shape.lanes_per_unit();
                for per_unit in [crowd.div_ceil(shape.steps(cycles)).min(most), most] {
                    let cost = cost::copies(junction, shape, cycles, &banking, per_unit);
                    if best.is_none_or(|(least, _)| cost.rank() < least.rank()) {
                        let stripe_bits = banking.stripe_bits;
                        let one = banking.bank_rows() == 1;
                        best = Some((cost, Self { shape, stripe_bits, per_unit, one }));
                    }
                }
            }
        }
        best.expect("some shape fits any parallelism")
    }

    /// Lays the edges over lanes and cycles.
    ///
    /// A neuron's edges by bank, `steps` to a lane: edges of one bank fall into different cycles as
    /// long as there are no more than `steps` of them, and into different copies beyond that.
    pub(super) fn schedule(
        self,
        junction: &QuantJunction,
        cycles: usize,
        layout: Layout,
    ) -> Schedule {
        let pattern = &junction.pattern;
        let (right, d_in) = (pattern.right(), pattern.d_in());
        let banking = Banking { layout: &layout, stripe_bits: self.stripe_bits };
        let mut table = Table::new(cycles, self.shape.lanes(right));
        let mut order: Vec<(usize, usize)> = Vec::with_capacity(d_in);
        for r in 0..right {
            order.clear();
            order.extend((r * d_in..(r + 1) * d_in).map(|e| {
                let neuron = pattern.left_ends()[e].at();
                (banking.bank(neuron), e)
            }));
            order.sort_unstable();
            for (k, &(_, edge)) in order.iter().enumerate() {
                let place = self.shape.place(right, cycles, r, k);
                table.put(place.cycle, place.lane, edge);
            }
        }
        Schedule { right, layout, kind: Arrangement::Copies(self), table }
    }

    /// Copies of the left memory, given the number of right neurons.
    pub fn copies(&self, right: usize) -> usize {
        if self.one {
            1
        } else {
            self.shape.units(right) * self.per_unit + self.shape.shared_lanes()
        }
    }

    /// The copy that a lane reads.
    pub fn copy_of_lane(&self, right: usize, lane: usize) -> usize {
        let (units, width) = (self.shape.units(right), self.shape.lanes_per_unit());
        if self.one {
            0
        } else if lane < units * width {
            lane / width * self.per_unit + lane % width % self.per_unit
        } else {
            units * self.per_unit + lane - units * width
        }
    }

    /// Whether every copy is read by one lane only, so that all of its banks may read the same row.
    pub fn one_row(&self) -> bool {
        !self.one && self.per_unit == self.shape.lanes_per_unit()
    }

    /// The banks that the left layer is dealt over.
    pub fn banking<'a>(&self, layout: &'a Layout) -> Banking<'a> {
        Banking { layout, stripe_bits: self.stripe_bits }
    }
}

/// The most edges that one right neuron has to one bank.
fn crowding(junction: &QuantJunction, banking: &Banking<'_>) -> usize {
    let pattern = &junction.pattern;
    let mut count = vec![0usize; banking.banks()];
    let mut most = 0;
    for row in pattern.left_ends().chunks_exact(pattern.d_in()) {
        for l in row {
            let n = &mut count[banking.bank(l.at())];
            *n += 1;
            most = most.max(*n);
        }
        for l in row {
            count[banking.bank(l.at())] = 0;
        }
    }
    most
}
