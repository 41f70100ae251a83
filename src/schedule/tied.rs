//! Interleavers whose lanes are *tied* to banks: kinds *counter*, *starts* and *table*.
//!
//! `V` lines of `w` lanes each. Line `v` takes right neurons `v`, `V + v`, `2V + v`, …, all lines in
//! lockstep; neuron `k·V + v` is *round* `k`. Lane `i` of a line reads only banks `b` with
//! `b mod w = i`, in the line's own copy of the left memory, so that no network is needed and no two
//! lanes can clash. What is left to store is an address for each lane and cycle, or less.
//!
//! *Aligned*: a neuron takes `steps` cycles, and has at most `steps` edges to each lane.
//! *Straddling* (one line): `w` edges a cycle in right order, a neuron may end within a cycle; at
//! most one does, since `w` is at most `d_in`.

use super::layout::Layout;
use super::{Arrangement, Schedule, Table};
use crate::pattern::Pattern;

/// What a junction with tied lanes is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tied {
    /// Lines, `V`.
    pub lines: usize,
    /// Lanes of a line, `w`.
    pub width: usize,
    /// How right neurons share the cycles of a line.
    pub work: Work,
    /// Banks that a write slot deals its rows over.
    pub stripes: usize,
    /// Rows of a bank.
    pub bank_rows: usize,
    /// Stripe and bank row of each left neuron.
    pub place: Vec<(u32, u32)>,
    /// Whether `place` stands in a table; otherwise it follows from the row in which the neuron
    /// arrives: stripe `row mod stripes`, bank row `row div stripes`.
    pub placed: bool,
    /// Where addresses come from.
    pub addresses: Addresses,
    /// All lines read the same in each cycle, from one copy.
    pub shared: bool,
}

/// How right neurons share the cycles of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Each has so many cycles of its own.
    Aligned {
        /// Cycles of a right neuron.
        steps: usize,
    },
    /// They follow each other without regard to cycles.
    Straddling {
        /// For each edge, its cycle.
        cycle: Vec<u32>,
        /// Lanes that always belong to the same right neuron: the masks' grain.
        block: usize,
        /// Whether a table says which blocks belong to the earlier neuron; otherwise it is the
        /// first ones.
        masks: bool,
    },
}

/// Where addresses come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Every lane has one word.
    None,
    /// They count up from a start, new in each sweep, or one for all sweeps.
    Counted {
        /// Starts of each sweep, by lane, of a line that worked alone.
        starts: Vec<Vec<u32>>,
        /// Words that a lane's banks hold, and cycles of a sweep.
        depth: usize,
        /// Cycle on a single line of each edge, which counting starts from.
        cycle: Vec<u32>,
    },
    /// A table has one for each lane and cycle.
    Table,
}

impl Tied {
    /// Cycles of a frame.
    pub fn cycles(&self, pattern: &Pattern) -> usize {
        match self.work {
            Work::Aligned { steps } => self.rounds(pattern.right()) * steps,
            Work::Straddling { .. } => pattern.edges().div_ceil(self.width),
        }
    }

    /// Right neurons of the first line.
    pub fn rounds(&self, right: usize) -> usize {
        right.div_ceil(self.lines)
    }

    /// Cycles of a right neuron, where all have the same number.
    pub fn steps(&self) -> Option<usize> {
        match self.work {
            Work::Aligned { steps } => Some(steps),
            Work::Straddling { .. } => None,
        }
    }

    /// All lanes.
    pub fn lanes(&self) -> usize {
        self.lines * self.width
    }

    /// Copies of the left memory.
    pub fn copies(&self) -> usize {
        if self.shared { 1 } else { self.lines }
    }

    /// Banks of one copy, given the write slots.
    pub fn banks(&self, slots: usize) -> usize {
        slots * self.stripes
    }

    /// Banks that one lane reads.
    pub fn banks_per_lane(&self, slots: usize) -> usize {
        self.banks(slots) / self.width
    }

    /// Write slots downstream: as few as bring out a round's results before the next one's come.
    pub fn slots_out(&self, d_in: usize) -> usize {
        let gap = match self.work {
            Work::Aligned { steps } => steps,
            Work::Straddling { .. } => d_in / self.width,
        };
        slots_for(self.lines, gap)
    }

    /// Bank of a left neuron.
    pub fn bank(&self, layout: &Layout, neuron: usize) -> usize {
        let (slot, stripe) = (layout.place[neuron].0 as usize, self.place[neuron].0 as usize);
        self.bank_of(layout.slots, slot, stripe)
    }

    /// Bank that a slot's stripe is. Where a table places what comes, banks stand in a ring: each
    /// slot reaches lanes next to each other, and shares some with the slots beside it, so that
    /// neurons can be moved from any lane to any other, if need be through several (see `cf_left`).
    pub fn bank_of(&self, slots: usize, slot: usize, stripe: usize) -> usize {
        if self.placed {
            let turn = slot * self.width / slots + stripe;
            turn % self.width + self.width * (((turn + 1) * slots - 1) / self.width - slot)
        } else {
            slot + slots * stripe
        }
    }

    /// Lane of a line that reads a left neuron.
    pub fn lane(&self, layout: &Layout, neuron: usize) -> usize {
        self.bank(layout, neuron) % self.width
    }

    /// Which of its lane's banks holds a left neuron, and in which row.
    pub fn address(&self, layout: &Layout, neuron: usize) -> (usize, usize) {
        (self.bank(layout, neuron) / self.width, self.place[neuron].1 as usize)
    }

    /// The layer as this junction writes it.
    pub fn layout_out(&self, pattern: &Pattern) -> Layout {
        Layout::of_lines(self.lines, self.slots_out(pattern.d_in()), pattern.right())
    }

    /// Without addresses where every lane has one word.
    pub(super) fn settled(mut self, slots: usize) -> Self {
        if self.bank_rows == 1 && self.banks_per_lane(slots) == 1 {
            self.addresses = Addresses::None;
        }
        self
    }

    /// Lays the edges over lanes and cycles.
    pub(super) fn schedule(self, pattern: &Pattern, layout: Layout) -> Schedule {
        let (cycles, width, d_in) = (self.cycles(pattern), self.width, pattern.d_in());
        let mut table = Table::new(cycles, self.lanes());
        let mut used = vec![0usize; width];
        for r in 0..pattern.right() {
            let (round, line) = (r / self.lines, r % self.lines);
            used.fill(0);
            for edge in r * d_in..(r + 1) * d_in {
                let lane = self.lane(&layout, pattern.left_ends()[edge].at());
                let cycle = match (&self.work, &self.addresses) {
                    (Work::Straddling { cycle, .. }, _) => cycle[edge] as usize,
                    // on a line of its own the neuron would begin in cycle r·steps
                    (Work::Aligned { steps }, Addresses::Counted { cycle, .. }) => {
                        round * steps + cycle[edge] as usize - r * steps
                    }
                    (Work::Aligned { steps }, _) => round * steps + used[lane],
                };
                used[lane] += 1;
                table.put(cycle, line * width + lane, edge);
            }
        }
        Schedule { right: pattern.right(), layout, kind: Arrangement::Tied(self), table }
    }
}

/// The smallest divisor of `lines` that lets so many slots bring out `lines` results in `gap`
/// cycles.
fn slots_for(lines: usize, gap: usize) -> usize {
    let least = lines.div_ceil(gap.max(1));
    (least..=lines).find(|s| lines.is_multiple_of(*s)).unwrap_or(lines)
}
