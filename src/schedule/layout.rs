//! Where the activations of a layer lie in the left memory of the junction they feed.

use super::Shape;

/// How the producer of a layer writes it: neuron `n` comes out of `slot[n]` as its `row[n]`-th.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Write ports that work at the same time.
    pub slots: usize,
    /// The most words that one slot writes in a frame.
    pub rows: usize,
    /// Whether all slots that write in a cycle write the same row, the first slot always among
    /// them.
    pub lockstep: bool,
    /// Slot and row of each neuron.
    pub place: Vec<(u32, u32)>,
}

impl Layout {
    /// A layer that comes over the bus, `per_beat` codes a beat.
    pub fn of_bus(neurons: usize, per_beat: usize) -> Self {
        let slots = per_beat.min(neurons);
        let place = (0..neurons).map(|n| ((n % per_beat) as u32, (n / per_beat) as u32)).collect();
        Self { slots, rows: neurons.div_ceil(per_beat), lockstep: true, place }
    }

    /// A layer that a junction of this shape computes.
    pub fn of_shape(shape: Shape, cycles: usize, right: usize) -> Self {
        let place: Vec<(u32, u32)> = (0..right)
            .map(|r| {
                let (unit, row) = shape.result(cycles, r);
                (unit as u32, row as u32)
            })
            .collect();
        let (slots, rows) = (shape.units(right), shape.result_rows(cycles, right));
        Self { slots, rows, lockstep: slots == 1, place }
    }

    /// A layer that lines of tied lanes compute: line `v` has neurons `v`, `lines + v`, …; slot `s`
    /// brings out lines `s`, `slots + s`, … one after the other.
    pub fn of_lines(lines: usize, slots: usize, right: usize) -> Self {
        let per_round = lines / slots;
        let place: Vec<(u32, u32)> = (0..right)
            .map(|r| {
                let (round, line) = (r / lines, r % lines);
                ((line % slots) as u32, (round * per_round + line / slots) as u32)
            })
            .collect();
        let rows = place.iter().map(|p| p.1 as usize + 1).max().unwrap_or(0);
        Self { slots, rows, lockstep: true, place }
    }

    /// A layer that groups of lanes compute, `each` consecutive right neurons to a group.
    pub fn of_groups(groups: usize, each: usize, right: usize) -> Self {
        let place = (0..right).map(|r| ((r / each) as u32, (r % each) as u32)).collect();
        Self { slots: groups, rows: each, lockstep: groups == 1, place }
    }

    /// Neurons by position `row·slots + slot`, if no position is empty.
    pub fn positions(&self) -> Option<Vec<u32>> {
        let mut at = vec![u32::MAX; self.place.len()];
        for (neuron, &(slot, row)) in self.place.iter().enumerate() {
            *at.get_mut(row as usize * self.slots + slot as usize)? = neuron as u32;
        }
        Some(at)
    }

    /// Stripe and bank row of each neuron when rows are dealt over `stripes` banks a slot in the
    /// order in which they arrive.
    pub fn dealt(&self, stripes: usize) -> Vec<(u32, u32)> {
        let stripes = stripes as u32;
        self.place.iter().map(|&(_, row)| (row % stripes, row / stripes)).collect()
    }
}

/// A layout whose rows are dealt over `2^stripe_bits` banks a slot.
#[derive(Clone, Copy, Debug)]
pub struct Banking<'a> {
    /// The layout that is dealt.
    pub layout: &'a Layout,
    /// Binary logarithm of the banks that a slot may write to.
    pub stripe_bits: u32,
}

impl Banking<'_> {
    /// Banks of one copy.
    pub fn banks(&self) -> usize {
        self.layout.slots * self.layout.rows.min(1 << self.stripe_bits)
    }

    /// Rows of each bank.
    pub fn bank_rows(&self) -> usize {
        self.layout.rows.div_ceil(1 << self.stripe_bits)
    }

    /// Bank of a neuron.
    pub fn bank(&self, neuron: usize) -> usize {
        let (slot, row) = self.layout.place[neuron];
        slot as usize + self.layout.slots * (row as usize & ((1 << self.stripe_bits) - 1))
    }

    /// Row of a neuron in its bank.
    pub fn row(&self, neuron: usize) -> usize {
        self.layout.place[neuron].1 as usize >> self.stripe_bits
    }

    /// Every number of stripes worth a try: powers of two up to one row a bank.
    pub fn candidates(layout: &Layout) -> impl Iterator<Item = Banking<'_>> {
        let most = usize::BITS - (layout.rows - 1).leading_zeros();
        (0..=most).map(move |stripe_bits| Banking { layout, stripe_bits })
    }
}
