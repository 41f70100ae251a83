//! Banks for left neurons such that lanes can be tied to them.
//!
//! Every left neuron goes to a *bin* of its class, every bin belongs to a lane, and no right neuron
//! may have more than `limit` edges to one lane: a colouring of the left neurons whose colours are
//! as good as evenly spread over each right neuron's edges. Whether there is one is hard to tell, so
//! it is searched for: a greedy start, then single neurons are moved to where the weighted excess
//! falls most; where none helps, what is in excess weighs more from then on (breakout: Morris 1993),
//! and a neuron does not come back at once (tabu: Hertz and de Werra 1987).

use crate::pattern::Pattern;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The junction.
    pub pattern: &'a Pattern,
    /// Number of lanes.
    pub lanes: usize,
    /// Most edges of a right neuron to one lane.
    pub limit: usize,
    /// Class of each left neuron.
    pub class: &'a [u32],
    /// Bins of each class.
    pub bins: &'a [Vec<Bin>],
}

/// Where left neurons of a class may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin {
    /// The lane that reads it.
    pub lane: u32,
    /// Most left neurons that it holds.
    pub capacity: u32,
}

/// The best that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Bin of each left neuron, counted among those of its class.
    pub bin: Vec<u32>,
    /// Edges beyond the limit, and neurons beyond the capacity; 0 is a solution.
    pub excess: u64,
    /// Steps of work taken.
    pub work: u64,
}

/// A class whose bins hold fewer neurons than it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bins of class {class} hold {room} left neurons, it has {neurons}")]
pub struct NoRoom {
    /// The class.
    pub class: usize,
    /// What its bins hold.
    pub room: u64,
    /// What it has.
    pub neurons: u64,
}

/// Searches until there is no excess or `effort` steps are done; a step is the look at one counter.
/// The same task, seed and effort give the same answer.
///
/// # Errors
/// If a class cannot fit into its bins.
pub fn search(task: &Task<'_>, seed: u64, effort: u64) -> Result<Found, NoRoom> {
    let mut neurons = vec![0u64; task.bins.len()];
    task.class.iter().for_each(|&c| neurons[c as usize] += 1);
    for (class, (bins, &neurons)) in task.bins.iter().zip(&neurons).enumerate() {
        let room = bins.iter().map(|b| u64::from(b.capacity)).sum();
        if room < neurons {
            return Err(NoRoom { class, room, neurons });
        }
    }
    let mut state = State::greedy(task, ChaCha8Rng::seed_from_u64(seed));
    let mut best = (state.excess, state.bin.clone());
    while state.excess > 0 && state.work < effort {
        state.step();
        if state.excess < best.0 {
            best = (state.excess, state.bin.clone());
        }
    }
    Ok(Found { bin: best.1, excess: best.0, work: state.work })
}

/// Marks a cell that is not in excess.
const NOWHERE: u32 = u32::MAX;

/// Cells are the pairs of right neuron and lane, then the bins of all classes.
struct State<'a> {
    task: &'a Task<'a>,
    rng: ChaCha8Rng,
    /// Right neurons of each left neuron, `d_out` each.
    rights: Vec<u32>,
    /// First bin cell of each class.
    first: Vec<usize>,
    /// Bin of each left neuron.
    bin: Vec<u32>,
    /// What each cell has and may have, and what an excess weighs there.
    count: Vec<u32>,
    most: Vec<u32>,
    weight: Vec<u32>,
    /// Cells in excess, and where each stands in that list.
    over: Vec<u32>,
    place: Vec<u32>,
    /// When each neuron may go back to each of its class' bins.
    tabu: Vec<u32>,
    widest: usize,
    now: u32,
    excess: u64,
    work: u64,
}

impl<'a> State<'a> {
    /// Neurons one after the other, each to the bin where it does the least harm.
    fn greedy(task: &'a Task<'a>, rng: ChaCha8Rng) -> Self {
        let pattern = task.pattern;
        let (left, right, d_out) = (pattern.left(), pattern.right(), pattern.d_out());
        let mut rights = vec![0u32; pattern.edges()];
        let mut next = vec![0usize; left];
        for (edge, l) in pattern.left_ends().iter().enumerate() {
            rights[l.at() * d_out + next[l.at()]] = (edge / pattern.d_in()) as u32;
            next[l.at()] += 1;
        }
        let mut first = Vec::with_capacity(task.bins.len());
        let mut most = vec![task.limit as u32; right * task.lanes];
        for bins in task.bins {
            first.push(most.len());
            most.extend(bins.iter().map(|b| b.capacity));
        }
        let cells = most.len();
        let widest = task.bins.iter().map(Vec::len).max().unwrap_or(0);
        let mut state = Self {
            task,
            rng,
            rights,
            first,
            bin: vec![0; left],
            count: vec![0; cells],
            most,
            weight: vec![1; cells],
            over: Vec::new(),
            place: vec![NOWHERE; cells],
            tabu: vec![0; left * widest],
            widest,
            now: 0,
            excess: 0,
            work: 0,
        };
        for neuron in 0..left {
            let bins = task.bins[task.class[neuron] as usize].len() as u32;
            // the fullest cells count most, so that even early neurons are spread
            let harm = |state: &Self, bin: u32| -> (u64, u64) {
                let sum = |cell: usize| {
                    let over = u64::from(state.count[cell] >= state.most[cell]);
                    (over, u64::from(state.count[cell]) << 16 / u64::from(state.most[cell].max(1)))
                };
                state.cells(neuron, bin).map(sum).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
            };
            let turn = state.rng.random_range(0..bins);
            let bin = (0..bins).map(|b| (b + turn) % bins).min_by_key(|&b| harm(&state, b));
            state.bin[neuron] = bin.unwrap_or(0);
            state.work += u64::from(bins) * d_out as u64;
            let cells: Vec<usize> = state.cells(neuron, state.bin[neuron]).collect();
            cells.into_iter().for_each(|cell| state.enter(cell));
        }
        state
    }

    /// The cells that a neuron counts in when it lies in a bin of its class.
    fn cells(&self, neuron: usize, bin: u32) -> impl Iterator<Item = usize> + '_ {
        let class = self.task.class[neuron] as usize;
        let lane = self.task.bins[class][bin as usize].lane as usize;
        let d_out = self.task.pattern.d_out();
        let rights = &self.rights[neuron * d_out..][..d_out];
        let lanes = self.task.lanes;
        rights
            .iter()
            .map(move |&r| r as usize * lanes + lane)
            .chain(std::iter::once(self.first[class] + bin as usize))
    }

    fn enter(&mut self, cell: usize) {
        self.count[cell] += 1;
        if self.count[cell] > self.most[cell] {
            self.excess += 1;
            if self.place[cell] == NOWHERE {
                self.place[cell] = self.over.len() as u32;
                self.over.push(cell as u32);
            }
        }
    }

    fn leave(&mut self, cell: usize) {
        if self.count[cell] > self.most[cell] {
            self.excess -= 1;
        }
        self.count[cell] -= 1;
        if self.count[cell] <= self.most[cell] && self.place[cell] != NOWHERE {
            let at = self.place[cell] as usize;
            self.over.swap_remove(at);
            if let Some(&moved) = self.over.get(at) {
                self.place[moved as usize] = at as u32;
            }
            self.place[cell] = NOWHERE;
        }
    }

    /// Moves one neuron out of a cell in excess.
    fn step(&mut self) {
        self.now += 1;
        let cell = self.over[self.rng.random_range(0..self.over.len() as u32) as usize] as usize;
        let mut best: Option<(i64, usize, u32)> = None;
        let mut equal = 0u32;
        let neurons = self.neurons(cell);
        for &neuron in &neurons {
            let class = self.task.class[neuron] as usize;
            let old = self.bin[neuron];
            let relief: i64 = self
                .cells(neuron, old)
                .filter(|&c| self.count[c] > self.most[c])
                .map(|c| i64::from(self.weight[c]))
                .sum();
            let lane = self.task.bins[class][old as usize].lane;
            let bins = self.task.bins[class].len() as u32;
            self.work += (u64::from(bins) + 1) * self.task.pattern.d_out() as u64;
            for bin in (0..bins).filter(|&b| b != old) {
                let same_lane = self.task.bins[class][bin as usize].lane == lane;
                if self.tabu[neuron * self.widest + bin as usize] > self.now || same_lane {
                    continue;
                }
                let harm: i64 = self
                    .cells(neuron, bin)
                    .filter(|&c| self.count[c] >= self.most[c])
                    .map(|c| i64::from(self.weight[c]))
                    .sum();
                let change = harm - relief;
                match best {
                    Some((least, ..)) if change > least => {}
                    Some((least, ..)) if change == least => {
                        equal += 1;
                        if self.rng.random_range(0..=equal) == 0 {
                            best = Some((change, neuron, bin));
                        }
                    }
                    _ => {
                        equal = 0;
                        best = Some((change, neuron, bin));
                    }
                }
            }
        }
        let Some((change, neuron, bin)) = best else { return };
        if change >= 0 {
            for &over in &self.over {
                self.weight[over as usize] += 1;
            }
            self.work += self.over.len() as u64;
        }
        let old = self.bin[neuron];
        let tenure = 2 + self.rng.random_range(0..10u32);
        self.tabu[neuron * self.widest + old as usize] = self.now + tenure;
        let cells: Vec<usize> = self.cells(neuron, old).collect();
        cells.into_iter().for_each(|cell| self.leave(cell));
        self.bin[neuron] = bin;
        let cells: Vec<usize> = self.cells(neuron, bin).collect();
        cells.into_iter().for_each(|cell| self.enter(cell));
    }

    /// The neurons that count in a cell.
    fn neurons(&mut self, cell: usize) -> Vec<usize> {
        let pattern = self.task.pattern;
        let lanes = self.task.lanes;
        let lane_of = |n: usize| {
            self.task.bins[self.task.class[n] as usize][self.bin[n] as usize].lane as usize
        };
        if cell < pattern.right() * lanes {
            let (right, lane) = (cell / lanes, cell % lanes);
            let row = &pattern.left_ends()[right * pattern.d_in()..][..pattern.d_in()];
            self.work += row.len() as u64;
            return row.iter().map(|l| l.at()).filter(|&n| lane_of(n) == lane).collect();
        }
        self.work += pattern.left() as u64;
        let here =
            |&n: &usize| self.first[self.task.class[n] as usize] + self.bin[n] as usize == cell;
        (0..pattern.left()).filter(here).collect()
    }
}
