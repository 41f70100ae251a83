//! A colouring in the making, with its counters.

use super::Task;
use crate::ids::Neuron;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A place outside a list.
const ABSENT: u32 = u32::MAX;

/// What does not change while a task is searched.
pub(super) struct Fixed<'a> {
    pub(super) task: &'a Task<'a>,
    /// The right neurons of each left neuron, `d_out` each.
    right_ends: Vec<u32>,
    /// The number of the first bin of each class, when all bins stand in one line.
    first_bin: Vec<usize>,
    /// What one more edge costs a (right neuron, lane) pair that has `m`, by `m`.
    ///
    /// The cost of `m` edges is `max(0, m − limit + 1)²`: pairs just full cost a little too, so
    /// that room is left where it will be needed. Measured, this finds denser colourings than the
    /// plain excess or its square.
    price: Vec<i64>,
    d_out: usize,
}

impl<'a> Fixed<'a> {
    pub(super) fn new(task: &'a Task<'a>) -> Self {
        let pattern = task.pattern;
        let d_out = pattern.d_out();
        let mut next: Vec<usize> = (0..pattern.left()).map(|l| l * d_out).collect();
        let mut right_ends = vec![0; pattern.edges()];
        for r in 0..pattern.right() {
            for l in pattern.row(Neuron::new(r)) {
                right_ends[next[l.at()]] = Neuron::new(r).0;
                next[l.at()] += 1;
            }
        }
        let mut bins = 0;
        let first_bin = task.bins.iter().map(|of| {
            bins += of.len();
            bins - of.len()
        });
        let first_bin = first_bin.collect();
        let price = |m: usize| {
            // (e + 1)² − e² where e is the edges from the last free one on.
            if m + 1 >= task.limit { 2 * (m as i64 + 1 - task.limit as i64) + 1 } else { 0 }
        };
        let price = (0..=pattern.d_in()).map(price).collect();
        Self { task, right_ends, first_bin, price, d_out }
    }

    fn right_ends(&self, l: usize) -> &[u32] {
        &self.right_ends[l * self.d_out..][..self.d_out]
    }

    /// The number of a bin in the line of all bins, and its lane.
    fn bin(&self, l: usize, bin: usize) -> (usize, usize) {
        let class = self.task.class[l] as usize;
        (self.first_bin[class] + bin, self.task.bins[class][bin].lane as usize)
    }
}

/// A colouring within all capacities.
pub(super) struct State<'a> {
    fixed: &'a Fixed<'a>,
    /// The bin of each left neuron, among those of its class.
    pub(super) bin: Vec<u32>,
    /// The lane of each left neuron.
    lane: Vec<u32>,
    /// The left neurons in each of all bins.
    members: Vec<Vec<u32>>,
    /// Where each left neuron stands among the members of its bin.
    place: Vec<usize>,
    /// Edges of each (right neuron, lane) pair, `r·lanes + lane`.
    load: Vec<u32>,
    /// The pairs above the limit, and where each pair stands in that list.
    over: Vec<u32>,
    over_at: Vec<u32>,
    /// Which right neurons the last partner looked at has.
    mark: Vec<bool>,
    /// Edges above the limit.
    pub(super) excess: u64,
    /// Steps used.
    pub(super) work: u64,
}

/// Another bin for a left neuron, maybe in exchange for one that is there.
pub(super) struct Move {
    neuron: usize,
    to: usize,
    partner: Option<usize>,
    /// By how much it changes the cost.
    pub(super) delta: i64,
}

impl<'a> State<'a> {
    /// Puts the neurons one by one where they cost least at that time, ties broken at random.
    ///
    /// Neurons of the class with the fewest bins go first.
    pub(super) fn greedy(fixed: &'a Fixed<'a>, rng: &mut ChaCha8Rng) -> Self {
        let Task { pattern, lanes, class, bins, .. } = *fixed.task;
        let pairs = pattern.right() * lanes;
        let mut state = Self {
            fixed,
            bin: vec![0; pattern.left()],
            lane: vec![0; pattern.left()],
            members: vec![Vec::new(); bins.iter().map(Vec::len).sum()],
            place: vec![0; pattern.left()],
            load: vec![0; pairs],
            over: Vec::new(),
            over_at: vec![ABSENT; pairs],
            mark: vec![false; pattern.right()],
            excess: 0,
            work: 0,
        };
        let mut order: Vec<usize> = (0..pattern.left()).collect();
        order.sort_by_key(|&l| bins[class[l] as usize].len());
        for l in order {
            let mine = &bins[class[l] as usize];
            let room =
                |b: &usize| state.members[fixed.bin(l, *b).0].len() < mine[*b].capacity as usize;
            let mut price = |b: usize| (state.price(l, mine[b].lane as usize), rng.random::<u32>());
            let best = (0..mine.len()).filter(room).map(|b| (price(b), b)).min();
            let (_, b) = best.expect("a class has room for all of its neurons");
            state.work += (mine.len() * fixed.d_out) as u64;
            state.enter(l, b);
        }
        state
    }

    /// What it costs to put a neuron that is nowhere on a lane.
    fn price(&self, l: usize, lane: usize) -> i64 {
        let lanes = self.fixed.task.lanes;
        let load = |r: &u32| self.load[*r as usize * lanes + lane] as usize;
        self.fixed.right_ends(l).iter().map(|r| self.fixed.price[load(r)]).sum()
    }

    /// Draws a neuron of a pair above the limit and another bin for it.
    ///
    /// A full bin gives one of its neurons in exchange, one with room maybe. `None` if the neuron
    /// drawn can go nowhere else.
    ///
    /// # Panics
    /// If no pair is above the limit.
    pub(super) fn draw(&mut self, rng: &mut ChaCha8Rng) -> Option<Move> {
        let fixed = self.fixed;
        let Task { pattern, lanes, class, bins, .. } = *fixed.task;
        let pair = self.over[below(rng, self.over.len())] as usize;
        let (r, lane) = (pair / lanes, pair % lanes);
        let row = pattern.row(Neuron::new(r));
        // The first of the lane behind a random place: one draw instead of one for each try.
        let start = below(rng, row.len());
        let (before, behind) = row.split_at(start);
        let mut tries = behind.iter().chain(before);
        let found = tries.position(|l| self.lane[l.at()] as usize == lane);
        let steps = found.expect("a pair above the limit has edges");
        let neuron = row[(start + steps) % row.len()].at();
        self.work += steps as u64 + 1;

        let mine = &bins[class[neuron] as usize];
        if mine.len() < 2 {
            return None;
        }
        let to = below(rng, mine.len() - 1);
        let to = to + usize::from(to >= self.bin[neuron] as usize);
        let there = &self.members[fixed.bin(neuron, to).0];
        let choices = there.len() + usize::from(there.len() < mine[to].capacity as usize);
        if choices == 0 {
            return None;
        }
        let partner = there.get(below(rng, choices)).map(|&l| l as usize);
        let delta = self.delta(neuron, mine[to].lane as usize, partner);
        Some(Move { neuron, to, partner, delta })
    }

    /// By how much the cost changes if `l` goes to `lane`, and `partner` from there to `l`'s.
    ///
    /// A right neuron that has both keeps its loads.
    fn delta(&mut self, l: usize, lane: usize, partner: Option<usize>) -> i64 {
        let (fixed, lanes) = (self.fixed, self.fixed.task.lanes);
        let from = self.lane[l] as usize;
        let load = &self.load;
        let change = |r: u32, from: usize, to: usize| {
            let row = &load[r as usize * lanes..][..lanes];
            fixed.price[row[to] as usize] - fixed.price[row[from] as usize - 1]
        };
        let (mine, theirs) =
            (fixed.right_ends(l), partner.map_or(&[][..], |u| fixed.right_ends(u)));
        self.work += 2 * (mine.len() + theirs.len()) as u64;
        let mut delta = 0;
        theirs.iter().for_each(|&r| self.mark[r as usize] = true);
        for &r in mine {
            // Taking the mark away leaves marked who is the partner's alone.
            if !std::mem::take(&mut self.mark[r as usize]) {
                delta += change(r, from, lane);
            }
        }
        for &r in theirs {
            if std::mem::take(&mut self.mark[r as usize]) {
                delta += change(r, lane, from);
            }
        }
        delta
    }

    /// Makes a move that was drawn in this state.
    pub(super) fn make(&mut self, step: &Move) {
        let from = self.bin[step.neuron] as usize;
        self.leave(step.neuron);
        if let Some(partner) = step.partner {
            self.leave(partner);
            self.enter(partner, from);
        }
        self.enter(step.neuron, step.to);
    }

    fn enter(&mut self, l: usize, bin: usize) {
        let (at, lane) = self.fixed.bin(l, bin);
        (self.bin[l], self.lane[l]) = (bin as u32, lane as u32);
        self.place[l] = self.members[at].len();
        self.members[at].push(l as u32);
        let (fixed, limit) = (self.fixed, self.fixed.task.limit);
        self.work += fixed.d_out as u64;
        for &r in fixed.right_ends(l) {
            let pair = r as usize * fixed.task.lanes + lane;
            self.load[pair] += 1;
            let over = (self.load[pair] as usize).saturating_sub(limit);
            self.excess += u64::from(over > 0);
            if over == 1 {
                self.over_at[pair] = self.over.len() as u32;
                self.over.push(pair as u32);
            }
        }
    }

    fn leave(&mut self, l: usize) {
        let (at, lane) = self.fixed.bin(l, self.bin[l] as usize);
        self.members[at].swap_remove(self.place[l]);
        if let Some(&moved) = self.members[at].get(self.place[l]) {
            self.place[moved as usize] = self.place[l];
        }
        let (fixed, limit) = (self.fixed, self.fixed.task.limit);
        self.work += fixed.d_out as u64;
        for &r in fixed.right_ends(l) {
            let pair = r as usize * fixed.task.lanes + lane;
            let over = (self.load[pair] as usize).saturating_sub(limit);
            self.load[pair] -= 1;
            self.excess -= u64::from(over > 0);
            if over == 1 {
                let hole = std::mem::replace(&mut self.over_at[pair], ABSENT);
                self.over.swap_remove(hole as usize);
                if let Some(&moved) = self.over.get(hole as usize) {
                    self.over_at[moved as usize] = hole;
                }
            }
        }
    }
}

/// A random number below `n`, which is at least 1 and fits 32 bits.
fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    // Multiply and shift: a bias of n/2^32 does not matter here, a second draw would.
    ((u64::from(rng.random::<u32>()) * n as u64) >> 32) as usize
}
