//! Bounded colouring: a lane for each left neuron, so that no right neuron has more edges to a lane
//! than it has time for. Then lanes can be tied to banks, and no network stands between them.
//!
//! The method is focused Metropolis search (Seitz, Alava, Orponen 2005): start greedily; draw a
//! neuron of a (right neuron, lane) pair above the limit, draw another bin for it and, where that
//! is full, a neuron to exchange; make the move if it costs nothing, else with probability
//! `exp(−cost/T)` at a fixed temperature. Attempts start anew, each twice as long as the one
//! before, at slightly other temperatures.

mod state;
#[cfg(test)]
mod tests;
mod tightness;

pub use tightness::tightness;

use crate::ids::Neuron;
use crate::pattern::Pattern;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use state::{Fixed, State};

/// What is to be coloured, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The junction's graph.
    pub pattern: &'a Pattern,
    /// Lanes there are.
    pub lanes: usize,
    /// The most edges of one right neuron to one lane.
    pub limit: usize,
    /// The class of each left neuron.
    pub class: &'a [u32],
    /// The bins of each class.
    pub bins: &'a [Vec<Bin>],
}

/// A place for left neurons of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin {
    /// The lane that serves it.
    pub lane: u32,
    /// The most left neurons in it.
    pub capacity: u32,
}

/// The best colouring found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The bin of each left neuron, as an index into the bins of its class.
    pub bin: Vec<u32>,
    /// Edges above the limit, summed over right neurons and lanes; 0 means solved.
    pub excess: u64,
    /// Steps used.
    pub work: u64,
}

/// The most steps that a search may use, about 3 to 10 ns each. A step is a counter read or
/// changed, or a neuron looked at, so the result is the same on every machine. The start of the
/// first attempt and the last move are always finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort(pub u64);

/// A task that nothing can solve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum SearchError {
    /// Bins too small.
    #[error("the bins of class {class} hold {capacity} left neurons, and the class has {neurons}")]
    #[diagnostic(
        code(clashfree::interleave::capacity),
        help("give class {class} more bins or larger ones, for {neurons} neurons in all")
    )]
    Capacity {
        /// The class.
        class: usize,
        /// Left neurons in it.
        neurons: u64,
        /// What its bins hold.
        capacity: u64,
    },
}

/// Steps of the first attempt: what an 800 → 40 junction of out-degree 2 without slack takes.
const FIRST_ATTEMPT: u64 = 1 << 23;

/// The temperature for an out-degree of 1; it grows like the spread of a move's cost, with the
/// square root of the out-degree. Measured on out-degrees 2 to 37.
const TEMPERATURE: f64 = 0.15;

/// Factors of the temperature, attempt by attempt.
const FACTORS: [f64; 3] = [1.0, 1.5, 0.7];

/// Looks for a colouring: same task, seed and effort, same answer.
///
/// Returns the best one found, within all capacities, when it is solved, when it reaches
/// [`least_excess`], or when the effort is used up.
///
/// # Errors
/// If the capacities of a class are below its neurons.
///
/// # Panics
/// If `class` has not one entry a left neuron, or a class or lane named does not exist, or there
/// are 2^32 (right neuron, lane) pairs: bugs of the caller.
pub fn search(task: &Task, seed: u64, effort: Effort) -> Result<Found, SearchError> {
    validate(task)?;
    let goal = least_excess(task);
    let fixed = Fixed::new(task);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut best: Option<Found> = None;
    let mut work = 0;
    for attempt in 0.. {
        let mut state = State::greedy(&fixed, &mut rng);
        let length = FIRST_ATTEMPT.saturating_mul(1 << attempt.min(40));
        let end = length.min(effort.0.saturating_sub(work));
        let temperature = TEMPERATURE * (task.pattern.d_out() as f64).sqrt();
        let chance = chances(temperature * FACTORS[attempt % FACTORS.len()]);
        keep(&mut best, &state);
        while state.excess > goal && state.work < end {
            let Some(step) = state.draw(&mut rng) else { continue };
            if step.delta <= 0 || accepts(&chance, step.delta, &mut rng) {
                state.make(&step);
                keep(&mut best, &state);
            }
        }
        work += state.work;
        if state.excess <= goal || work >= effort.0 {
            break;
        }
    }
    let best = best.expect("the first attempt keeps its start");
    Ok(Found { work, ..best })
}

/// Keeps the state if it is better than the best so far.
fn keep(best: &mut Option<Found>, state: &State) {
    match best {
        Some(found) if found.excess <= state.excess => {}
        Some(found) => {
            found.bin.copy_from_slice(&state.bin);
            found.excess = state.excess;
        }
        None => *best = Some(Found { bin: state.bin.clone(), excess: state.excess, work: 0 }),
    }
}

/// The chance, in units of 2^-32, that a move of cost 1, 2, … is made, down to nothing.
///
/// `exp(−1/T)` is taken as `(1 − x/1024)^1024`: IEEE 754 fixes these operations to the last bit,
/// but not `exp`, and the answer must be the same on every machine.
fn chances(temperature: f64) -> Vec<u32> {
    let mut factor = (1.0 - 1.0 / (temperature * 1024.0)).max(0.0);
    for _ in 0..10 {
        factor *= factor;
    }
    let mut chance = 4_294_967_295.0 * factor;
    let mut all = Vec::new();
    while chance >= 1.0 {
        all.push(chance as u32);
        chance *= factor;
    }
    all
}

/// Whether a move that costs `delta > 0` is made.
fn accepts(chance: &[u32], delta: i64, rng: &mut ChaCha8Rng) -> bool {
    let chance = chance.get(delta as usize - 1);
    chance.is_some_and(|&chance| rng.random::<u32>() < chance)
}

/// A lower bound of the excess of every colouring; above 0, there is no use in searching.
///
/// Classes that share a lane, directly or through others, form a group. A right neuron has at most
/// `limit` edges to each lane of a group, so what it has more to neurons of its classes is excess.
/// This is what stops 16 classes with lanes `(s + 16·j) mod w` for even `w`: they form `gcd(16, w)`
/// groups, and a random right neuron has not the same number of edges to each.
///
/// # Panics
/// If a class or lane named does not exist.
pub fn least_excess(task: &Task) -> u64 {
    // Union of lanes, each pointing to a smaller one of its group or to itself.
    let mut group: Vec<usize> = (0..task.lanes).collect();
    fn root(group: &[usize], mut lane: usize) -> usize {
        while group[lane] != lane {
            lane = group[lane];
        }
        lane
    }
    for pair in task.bins.iter().flat_map(|bins| bins.windows(2)) {
        let [a, b] = [pair[0], pair[1]].map(|bin| root(&group, bin.lane as usize));
        group[a.max(b)] = a.min(b);
    }
    let root_of: Vec<usize> = (0..task.lanes).map(|lane| root(&group, lane)).collect();
    let mut room = vec![0u64; task.lanes];
    root_of.iter().for_each(|&g| room[g] = room[g].saturating_add(task.limit as u64));
    let mut excess = 0;
    let mut edges = vec![0u64; task.lanes];
    for r in 0..task.pattern.right() {
        edges.fill(0);
        for l in task.pattern.row(Neuron::new(r)) {
            if let Some(bin) = task.bins[task.class[l.at()] as usize].first() {
                edges[root_of[bin.lane as usize]] += 1;
            }
        }
        excess += edges.iter().zip(&room).map(|(e, room)| e.saturating_sub(*room)).sum::<u64>();
    }
    excess
}

/// Checks the shapes and the capacities.
fn validate(task: &Task) -> Result<(), SearchError> {
    assert_eq!(task.class.len(), task.pattern.left(), "one class a left neuron");
    assert!(task.lanes > 0 && task.pattern.right() <= u32::MAX as usize / task.lanes);
    let mut neurons = vec![0; task.bins.len()];
    task.class.iter().for_each(|&class| neurons[class as usize] += 1);
    for (class, (bins, &neurons)) in task.bins.iter().zip(&neurons).enumerate() {
        assert!(bins.iter().all(|bin| (bin.lane as usize) < task.lanes), "the lane exists");
        let capacity = bins.iter().map(|bin| u64::from(bin.capacity)).sum();
        if capacity < neurons {
            return Err(SearchError::Capacity { class, neurons, capacity });
        }
    }
    Ok(())
}
