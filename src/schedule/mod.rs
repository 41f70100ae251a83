//! Time and banks: in which cycle and on which lane each edge is processed, and where it reads.

mod check;
mod cost;
mod layout;
mod shape;

pub use check::{ScheduleFault, check};
pub use layout::{Banking, Layout};
pub use shape::{Place, Shape};

use crate::quantise::{QuantHead, QuantJunction};

/// How much parallelism the user wants.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Budget {
    /// At most so many cycles a frame for every junction, with the fewest lanes that do it.
    Cycles(usize),
    /// So many lanes for each junction.
    Parallelism(Vec<usize>),
}

impl Budget {
    /// The cycles that the bus takes to bring a frame, as far as the head can use them.
    pub fn matching_bus(head: &QuantHead, per_beat: usize) -> Self {
        let most = head.junctions.iter().map(|j| j.pattern.edges()).max().unwrap_or(1);
        Self::Cycles(head.inputs.div_ceil(per_beat).min(most))
    }
}

/// A budget that cannot be met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum BudgetError {
    /// No cycles.
    #[error("a cycle budget of 0 leaves no time for any edge")]
    #[diagnostic(code(clashfree::schedule::zero), help("give `--cycles` from 1 to {most}"))]
    Zero {
        /// Edges of the largest junction.
        most: usize,
    },
    /// More cycles than the largest junction has edges.
    #[error(
        "a cycle budget of {cycles} is more than the largest junction can use: it has {most} edges"
    )]
    #[diagnostic(
        code(clashfree::schedule::too_large),
        help("give `--cycles` from 1 to {most}; {most} already means one lane everywhere")
    )]
    TooLarge {
        /// The budget asked for.
        cycles: usize,
        /// Edges of the largest junction.
        most: usize,
    },
    /// A list of another length than the head.
    #[error("{given} parallelism values for {junctions} junctions")]
    #[diagnostic(
        code(clashfree::schedule::count),
        help("give `--parallelism` one value a junction, separated by commas")
    )]
    Count {
        /// Values given.
        given: usize,
        /// Junctions of the head.
        junctions: usize,
    },
    /// A number of lanes that a junction cannot use.
    #[error("junction {junction} cannot have {lanes} lanes: it has {edges} edges")]
    #[diagnostic(code(clashfree::schedule::lanes), help("give from 1 to {edges}"))]
    Lanes {
        /// Number of the junction.
        junction: usize,
        /// Lanes asked for.
        lanes: usize,
        /// Edges there are.
        edges: usize,
    },
}

/// The schedule of one junction.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Arrangement of the lanes.
    pub shape: Shape,
    /// Cycles a frame, `C`.
    pub cycles: usize,
    /// Lanes, `z`.
    pub lanes: usize,
    /// Right neurons.
    pub right: usize,
    /// How the left layer is written.
    pub layout: Layout,
    /// Binary logarithm of the banks that a slot's rows are dealt over.
    pub stripe_bits: u32,
    /// Copies of the left memory that each unit has.
    pub copies_per_unit: usize,
    /// One copy serves all lanes (every bank has one row, so that nobody disagrees).
    pub one_copy: bool,
    /// Edge of each cycle and lane, `cycle·lanes + lane`; [`IDLE`] where there is none.
    table: Vec<u32>,
}

/// Marks a lane without work.
const IDLE: u32 = u32::MAX;

impl Schedule {
    /// The edge that a lane processes in a cycle, as its number in right order.
    pub fn edge(&self, cycle: usize, lane: usize) -> Option<usize> {
        match self.table[cycle * self.lanes + lane] {
            IDLE => None,
            edge => Some(edge as usize),
        }
    }

    /// Copies of the left memory.
    pub fn copies(&self) -> usize {
        if self.one_copy {
            1
        } else {
            self.shape.units(self.right) * self.copies_per_unit + self.shape.shared_lanes()
        }
    }

    /// The copy that a lane reads.
    pub fn copy_of_lane(&self, lane: usize) -> usize {
        let (units, width) = (self.shape.units(self.right), self.shape.lanes_per_unit());
        if self.one_copy {
            0
        } else if lane < units * width {
            lane / width * self.copies_per_unit + lane % width % self.copies_per_unit
        } else {
            units * self.copies_per_unit + lane - units * width
        }
    }

    /// Whether every copy is read by one lane only, so that all of its banks may read the same row.
    pub fn one_row(&self) -> bool {
        !self.one_copy && self.copies_per_unit == self.shape.lanes_per_unit()
    }

    fn banking(&self) -> Banking<'_> {
        Banking { layout: &self.layout, stripe_bits: self.stripe_bits }
    }

    /// Banks of one copy.
    pub fn banks(&self) -> usize {
        self.banking().banks()
    }

    /// Rows of each bank.
    pub fn bank_rows(&self) -> usize {
        self.banking().bank_rows()
    }

    /// Bank of a left neuron.
    pub fn bank(&self, neuron: usize) -> usize {
        self.banking().bank(neuron)
    }

    /// Row of a left neuron in its bank.
    pub fn row(&self, neuron: usize) -> usize {
        self.banking().row(neuron)
    }
}

/// Lanes for each junction.
///
/// # Errors
/// If the budget cannot be; the message says what can.
pub fn parallelism(head: &QuantHead, budget: &Budget) -> Result<Vec<usize>, BudgetError> {
    let edges: Vec<usize> = head.junctions.iter().map(|j| j.pattern.edges()).collect();
    match budget {
        Budget::Cycles(cycles) => {
            let most = edges.iter().copied().max().unwrap_or(0);
            match *cycles {
                0 => Err(BudgetError::Zero { most }),
                cycles if cycles > most => Err(BudgetError::TooLarge { cycles, most }),
                cycles => Ok(edges.iter().map(|e| e.div_ceil(cycles)).collect()),
            }
        }
        Budget::Parallelism(lanes) => {
            if lanes.len() != edges.len() {
                let (given, junctions) = (lanes.len(), edges.len());
                return Err(BudgetError::Count { given, junctions });
            }
            for (junction, (&lanes, &edges)) in lanes.iter().zip(&edges).enumerate() {
                if lanes == 0 || lanes > edges {
                    return Err(BudgetError::Lanes { junction, lanes, edges });
                }
            }
            Ok(lanes.clone())
        }
    }
}

/// Schedules every junction; the input comes `per_beat` codes a beat.
///
/// # Errors
/// If the budget cannot be met.
///
/// # Panics
/// If a finished schedule does not pass [`check`]: a bug.
pub fn schedule(
    head: &QuantHead,
    budget: &Budget,
    per_beat: usize,
) -> Result<Vec<Schedule>, BudgetError> {
    let lanes = parallelism(head, budget)?;
    let mut layout = Layout::of_bus(head.inputs, per_beat);
    let mut schedules = Vec::with_capacity(lanes.len());
    for (junction, lanes) in head.junctions.iter().zip(lanes) {
        let schedule = schedule_junction(junction, lanes, layout);
        if let Err(fault) = check(&schedule, &junction.pattern) {
            panic!("schedule of {lanes} lanes is wrong: {fault}");
        }
        layout = Layout::of_shape(schedule.shape, schedule.cycles, schedule.right);
        schedules.push(schedule);
    }
    Ok(schedules)
}

/// Chooses the cheapest shape and banking for one junction and fills the table.
fn schedule_junction(junction: &QuantJunction, lanes: usize, layout: Layout) -> Schedule {
    let pattern = &junction.pattern;
    let right = pattern.right();
    let cycles = pattern.edges().div_ceil(lanes);
    let shapes = Shape::candidates(right, pattern.d_in(), lanes);

    // the first of the cheapest, so that equal costs always choose alike
    let mut best: Option<(f64, Shape, u32, usize)> = None;
    for banking in Banking::candidates(&layout) {
        let crowd = crowding(junction, &banking);
        for &shape in &shapes {
            // as many copies as a unit needs, or one for each of its lanes
            let most = shape.lanes_per_unit();
            for per_unit in [crowd.div_ceil(shape.steps(cycles)).min(most), most] {
                let cost = cost::estimate(junction, shape, cycles, &banking, per_unit);
                if best.is_none_or(|(least, ..)| cost < least) {
                    best = Some((cost, shape, banking.stripe_bits, per_unit));
                }
            }
        }
    }
    let (_, shape, stripe_bits, copies_per_unit) = best.expect("some shape fits any parallelism");

    let banking = Banking { layout: &layout, stripe_bits };
    let one_copy = banking.bank_rows() == 1;
    let lanes = shape.lanes(right);
    let mut table = vec![IDLE; lanes * cycles];
    let mut order: Vec<(usize, usize)> = Vec::with_capacity(pattern.d_in());
    for r in 0..right {
        // Edges by bank, `steps` to a lane: edges of one bank fall into different cycles as long
        // as there are no more than `steps` of them, and into different copies beyond that.
        let first = r * pattern.d_in();
        order.clear();
        order.extend((first..first + pattern.d_in()).map(|e| {
            let neuron = pattern.left_ends()[e].at();
            (banking.bank(neuron), e)
        }));
        order.sort_unstable();
        for (k, &(_, edge)) in order.iter().enumerate() {
            let place = shape.place(right, cycles, r, k);
            table[place.cycle * lanes + place.lane] = edge as u32;
        }
    }
    Schedule { shape, cycles, lanes, right, layout, stripe_bits, copies_per_unit, one_copy, table }
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
