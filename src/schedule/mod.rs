//! Time and banks: in which cycle and on which lane each edge is processed, and where it reads.

mod banks;
mod budget;
mod check;
mod choose;
mod copies;
mod cost;
mod frame_rate;
mod layout;
mod network;
mod offers;
mod preferences;
mod reads;
mod renumber;
mod shape;
mod site;
mod table;
mod tied;
mod unrolled;

pub use budget::{Budget, BudgetError, Pace, paces};
pub use check::{ScheduleFault, check};
pub use choose::{Choice, Offer, Offered, ScheduleError};
pub use copies::Copies;
pub use cost::Cost;
pub use frame_rate::{FrameRate, FrameRateError};
pub use layout::{Banking, Layout};
pub use network::{Form, Network};
pub use preferences::{
    Adders, DEFAULT_BURST, DEFAULT_EFFORT, DEFAULT_LEVELS, ExitRate, Interleaver, Preferences,
    RateError, Share,
};
pub use reads::Read;
pub use shape::{Place, Shape};
pub use site::Site;
pub use table::Table;
pub use tied::{Addresses, Tied, Work};
pub use unrolled::{Feed, Unrolled};

use crate::pattern::Pattern;
use crate::quantise::{QuantHead, QuantJunction};

/// The schedule of one junction.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Right neurons.
    pub right: usize,
    /// How the left layer is written.
    pub layout: Layout,
    /// The interleaver.
    pub kind: Arrangement,
    /// Edge of each cycle and lane.
    pub table: Table,
}

/// The interleaver of a junction.
#[derive(Clone, Debug)]
pub enum Arrangement {
    /// Copies of the left memory.
    Copies(Copies),
    /// Lanes tied to banks.
    Tied(Tied),
    /// A network between banks and lanes.
    Network(Network),
    /// Weights as constants.
    Unrolled(Unrolled),
}

impl Schedule {
    /// Cycles a frame, `C`.
    pub fn cycles(&self) -> usize {
        self.table.cycles()
    }

    /// Lanes, `z`.
    pub fn lanes(&self) -> usize {
        self.table.lanes()
    }

    /// The rung of the ladder.
    pub fn interleaver(&self) -> Interleaver {
        match &self.kind {
            Arrangement::Copies(_) => Interleaver::Copies,
            Arrangement::Network(_) => Interleaver::Network,
            Arrangement::Unrolled(_) => Interleaver::Unrolled,
            Arrangement::Tied(tied) => match &tied.addresses {
                Addresses::None => Interleaver::Counter,
                Addresses::Counted { starts, .. } if starts.len() == 1 => Interleaver::Counter,
                Addresses::Counted { .. } => Interleaver::Starts,
                Addresses::Table => Interleaver::Tied,
            },
        }
    }

    /// The right layer as this junction writes it.
    pub fn layout_out(&self, pattern: &Pattern) -> Layout {
        match &self.kind {
            Arrangement::Copies(copies) => {
                Layout::of_shape(copies.shape, self.cycles(), self.right)
            }
            Arrangement::Tied(tied) => tied.layout_out(pattern),
            Arrangement::Network(network) => network.layout_out(self.right),
            Arrangement::Unrolled(_) => Unrolled::layout_out(self.right),
        }
    }
}

/// A head as the hardware has it.
#[derive(Clone, Debug)]
pub struct Arranged {
    /// The head as far as it runs on the edge, its layers in the order in which the hardware works on
    /// them.
    pub head: QuantHead,
    /// For each layer of the trunk, the inputs first: the user's neuron at each position; `None` where
    /// the order is the user's. Classes are always in the user's order.
    pub orders: Vec<Option<Vec<u32>>>,
    /// A schedule for each junction of the trunk.
    pub schedules: Vec<Schedule>,
    /// For each exit, its branch.
    pub exits: Vec<Branch>,
    /// The share of frames that pass the first `k` exits, for `k` from 0 to all of them.
    pub shares: Vec<Share>,
    /// Frames of a burst: see [`Preferences::burst`].
    pub burst: usize,
    /// How sums are built.
    pub adders: Adders,
    /// For each junction, in the order of [`Site::all`], what was chosen and what there was to choose
    /// from.
    pub choices: Vec<Choice>,
}

/// The branch of an exit, as the hardware has it; its junctions are in [`Arranged::head`].
#[derive(Clone, Debug)]
pub struct Branch {
    /// As [`Arranged::orders`], behind the layer that it shares with the trunk.
    pub orders: Vec<Option<Vec<u32>>>,
    /// A schedule for each junction.
    pub schedules: Vec<Schedule>,
}

impl Arranged {
    /// Every junction with its place and its schedule, in the order of [`Site::all`].
    pub fn sites(&self) -> impl Iterator<Item = (Site, &QuantJunction, &Schedule)> {
        let branches = self.exits.iter().flat_map(|branch| &branch.schedules);
        let schedules = self.schedules.iter().chain(branches);
        Site::all(&self.head).zip(schedules).map(|((site, junction), s)| (site, junction, s))
    }

    /// The user's number of a junction's right neuron.
    pub fn right_neuron(&self, site: Site, position: usize) -> usize {
        match site {
            Site::Trunk(number) => self.neuron(number + 1, position),
            Site::Exit { exit, junction } => {
                let order = self.exits[exit].orders[junction].as_ref();
                order.map_or(position, |order| order[position] as usize)
            }
        }
    }

    /// The user's number of the neuron at a position of a layer of the trunk.
    pub fn neuron(&self, layer: usize, position: usize) -> usize {
        self.orders[layer].as_ref().map_or(position, |order| order[position] as usize)
    }
}

/// Chooses an interleaver for every junction and lays its edges over lanes and cycles; the input
/// comes `per_beat` codes a beat.
///
/// # Errors
/// If the budget cannot be met, or no allowed kind of interleaver fits a junction.
///
/// # Panics
/// If a finished schedule does not pass [`check`]: a bug.
pub fn arrange(
    head: &QuantHead,
    budget: &Budget,
    preferences: &Preferences,
    per_beat: usize,
) -> Result<Arranged, ScheduleError> {
    let arranged = choose::arrange(head, budget, preferences, per_beat)?;
    for (_, junction, schedule) in arranged.sites() {
        if let Err(fault) = check(schedule, &junction.pattern) {
            panic!("a schedule of kind {} is wrong: {fault}", schedule.interleaver());
        }
    }
    Ok(arranged)
}
