//! Interleaver of kind *network*: a network between banks and lanes, and partial sums behind it.
//!
//! The left memory stands once. Right neurons are dealt over *groups*, so many consecutive ones
//! each, and a group's edges, in right order, are cut into its lanes (McNaughton's wrap-around rule,
//! 1959), so that a lane meets few right neurons. Now every edge has a bank, where its left neuron
//! lies, and a lane. By König's theorem (1916) the edges of this multigraph of banks and lanes take
//! as many colours as its largest degree, and a colour is a cycle: no bank and no lane is asked
//! twice. So the cycles of a frame are exactly the largest load of a bank or lane.
//!
//! As a lane's edges come in any order, it keeps a partial sum for each right neuron that it meets;
//! these *pieces* are put together while the next frame runs, one a cycle in each group. Hence there
//! are as many groups as bring every group's pieces down to the cycles of a frame, rather than more
//! cycles than the loads ask for.

use super::cost::{self, Cost};
use super::layout::Layout;
use super::{Arrangement, Schedule, Table};
use crate::interleave::benes::Benes;
use crate::interleave::colour::colour;
use crate::pattern::Pattern;
use crate::quantise::QuantJunction;

/// What a junction with a network is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Groups of lanes.
    pub groups: usize,
    /// Lanes of a group.
    pub lanes_per_group: usize,
    /// Right neurons of a group; the last one may have fewer.
    pub neurons_per_group: usize,
    /// Most edges of a lane.
    pub load: usize,
    /// Most partial sums that a group puts together.
    pub pieces: usize,
    /// Most right neurons of a lane.
    pub sums: usize,
    /// Banks that a write slot deals its rows over.
    pub stripes: usize,
    /// Rows of a bank.
    pub bank_rows: usize,
    /// Cycles of a frame.
    pub cycles: usize,
    /// What stands between banks and lanes.
    pub form: Form,
}

/// What stands between banks and lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A selector among all banks for each lane.
    Crossbar,
    /// A Beneš network.
    Benes,
}

impl Network {
    /// Stages of a Beneš network between registers.
    pub const STAGES_PER_REGISTER: usize = 3;

    /// The cheapest network that takes at most so many cycles and lanes, with its cost.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn cheapest(
        junction: &QuantJunction,
        cycles: usize,
        most_lanes: usize,
        layout: &Layout,
    ) -> Result<(Cost, Self), String> {
        let pattern = &junction.pattern;
        let (stripes, bank_load) = banks(pattern, cycles, layout).ok_or_else(|| {
            format!(
                "a left neuron has {} edges, and its bank gives one word in each of {cycles} cycles",
                pattern.d_out()
            )
        })?;
        let bank_rows = layout.rows.div_ceil(stripes);
        let mut best: Option<(Cost, Self)> = None;
        for (groups, neurons_per_group) in groupings(pattern.right()) {
            let edges = neurons_per_group * pattern.d_in();
            let lanes_per_group = edges.div_ceil(cycles);
            if groups * lanes_per_group > most_lanes {
                continue;
            }
            // evenly, or so that only the last lane has room left: that makes fewer pieces
            for load in [edges.div_ceil(lanes_per_group), cycles.min(edges)] {
                let (pieces, sums) = cut(edges, load, pattern.d_in());
                let cycles = bank_load.max(load);
                if pieces > cycles {
                    continue;
                }
                for form in [Form::Crossbar, Form::Benes] {
                    let network = Self {
                        groups,
                        lanes_per_group,
                        neurons_per_group,
                        load,
                        pieces,
                        sums,
                        stripes,
                        bank_rows,
                        cycles,
                        form,
                    };
                    if form == Form::Benes && network.benes(layout.slots).stages() == 0 {
                        continue; // one bank and one lane
                    }
                    let cost = cost::network(junction, &network, layout);
                    if best.is_none_or(|(least, _)| cost.luts < least.luts) {
                        best = Some((cost, network));
                    }
                }
            }
        }
        best.ok_or_else(|| {
            format!(
                "on no grouping of up to {most_lanes} lanes can the partial sums of a frame be put \
                 together in {cycles} cycles"
            )
        })
    }

    /// All lanes.
    pub fn lanes(&self) -> usize {
        self.groups * self.lanes_per_group
    }

    /// Banks, given the write slots.
    pub fn banks(&self, slots: usize) -> usize {
        slots * self.stripes
    }

    /// Bank of a left neuron.
    pub fn bank(&self, layout: &Layout, neuron: usize) -> usize {
        let (slot, row) = layout.place[neuron];
        slot as usize + layout.slots * (row as usize % self.stripes)
    }

    /// Row of a left neuron in its bank.
    pub fn row(&self, layout: &Layout, neuron: usize) -> usize {
        layout.place[neuron].1 as usize / self.stripes
    }

    /// The Beneš network that joins banks and lanes.
    pub fn benes(&self, slots: usize) -> Benes {
        Benes::new(self.banks(slots), self.lanes())
    }

    /// Cycles that words take through the network.
    pub fn latency(&self, slots: usize) -> usize {
        match self.form {
            Form::Crossbar => 1,
            Form::Benes => self.benes(slots).stages().div_ceil(Self::STAGES_PER_REGISTER),
        }
    }

    /// Lane of an edge, given the in-degree.
    fn lane(&self, d_in: usize, edge: usize) -> usize {
        let group_edges = self.neurons_per_group * d_in;
        let (group, edge) = (edge / group_edges, edge % group_edges);
        group * self.lanes_per_group + edge / self.load
    }

    /// The layer as this junction writes it.
    pub fn layout_out(&self, right: usize) -> Layout {
        Layout::of_groups(self.groups, self.neurons_per_group, right)
    }

    /// Lays the edges over lanes and cycles.
    pub(super) fn schedule(self, pattern: &Pattern, layout: Layout) -> Schedule {
        let (banks, lanes) = (self.banks(layout.slots), self.lanes());
        let ends: Vec<(u32, u32)> = (0..pattern.edges())
            .map(|edge| {
                let bank = self.bank(&layout, pattern.left_ends()[edge].at());
                (bank as u32, self.lane(pattern.d_in(), edge) as u32)
            })
            .collect();
        let colouring = colour(banks, lanes, &ends);
        let mut table = Table::new(colouring.colours, lanes);
        for (edge, (&(_, lane), &cycle)) in ends.iter().zip(&colouring.colour).enumerate() {
            table.put(cycle as usize, lane as usize, edge);
        }
        Schedule { right: pattern.right(), layout, kind: Arrangement::Network(self), table }
    }
}

/// Groups and right neurons of each: every way that leaves no group empty, few groups first.
fn groupings(right: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut last = 0;
    (1..=right).filter_map(move |groups| {
        let each = right.div_ceil(groups);
        (std::mem::replace(&mut last, each) != each).then_some((groups, each))
    })
}

/// The fewest stripes with which no bank has more than `cycles` edges, and the most that one has.
fn banks(pattern: &Pattern, cycles: usize, layout: &Layout) -> Option<(usize, usize)> {
    let fewest = pattern.edges().div_ceil(layout.slots * cycles);
    (fewest..=layout.rows).find_map(|stripes| {
        let mut neurons = vec![0; layout.slots * stripes];
        for &(slot, row) in &layout.place {
            neurons[slot as usize + layout.slots * (row as usize % stripes)] += 1;
        }
        let most = pattern.d_out() * neurons.into_iter().max().unwrap_or(0);
        (most <= cycles).then_some((stripes, most))
    })
}

/// Pieces of a group, and most right neurons of a lane, if `edges` are cut into lanes of `load`.
fn cut(edges: usize, load: usize, d_in: usize) -> (usize, usize) {
    let met = (0..edges)
        .step_by(load)
        .map(|first| ((first + load).min(edges) - 1) / d_in - first / d_in + 1);
    met.fold((0, 0), |(pieces, sums), met| (pieces + met, sums.max(met)))
}
