//! Random patterns of fixed degrees.
//!
//! Configuration model (Bollobás 1980): shuffle the stubs of the left neurons, deal them to the
//! right neurons, mend what stands twice by switches, then switch random pairs of edges once an
//! edge. The switches are a Markov chain whose stationary distribution is uniform over all patterns
//! of these degrees; how near to it one pass comes is not proved.
//!
//! Above half density the complement is drawn, so that mending always succeeds. Proof: let `l`
//! stand twice in row `r`. At least `N_r − d_out + 1` rows lack `l`; an entry `l2` of such a row is
//! a partner unless row `r` has it too, which is so for at most `(d_in − 2)·(d_out − 1)` entries.
//! With `d_out ≤ N_r/2` there are more entries than that, `(N_r − d_out + 1)·d_in`, so a partner
//! exists; and a switch with it removes one surplus edge and makes none.

use super::{Degrees, Pattern};
use crate::ids::Neuron;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Random partners tried before looking through all edges.
const TRIES: usize = 64;

/// Draws a pattern of these degrees.
pub(super) fn draw(degrees: Degrees, rng: &mut ChaCha8Rng) -> Pattern {
    let Degrees { left, right, d_out, d_in } = degrees;
    let rows = if 2 * d_out <= right {
        Deal::draw(degrees, rng).rows()
    } else if d_out == right {
        vec![(0..left).map(Neuron::new).collect(); right]
    } else {
        let absent = Degrees { d_out: right - d_out, d_in: left - d_in, ..degrees };
        complement(left, &Deal::draw(absent, rng).rows())
    };
    Pattern::new(left, &rows).expect("a drawn pattern has its degrees")
}

/// The rows that have what `rows` lack.
fn complement(left: usize, rows: &[Vec<Neuron>]) -> Vec<Vec<Neuron>> {
    let mut absent = vec![false; left];
    let rest = |row: &Vec<Neuron>| {
        row.iter().for_each(|l| absent[l.at()] = true);
        let rest = (0..left).filter(|&l| !absent[l]).map(Neuron::new).collect();
        row.iter().for_each(|l| absent[l.at()] = false);
        rest
    };
    rows.iter().map(rest).collect()
}

/// Left ends dealt to right neurons, `d_in` each; edge `e` belongs to right neuron `e / d_in`.
struct Deal {
    left: usize,
    d_in: usize,
    ends: Vec<u32>,
}

impl Deal {
    fn draw(degrees: Degrees, rng: &mut ChaCha8Rng) -> Self {
        let Degrees { left, d_out, d_in, .. } = degrees;
        let mut ends: Vec<u32> =
            (0..left).flat_map(|l| std::iter::repeat_n(Neuron::new(l).0, d_out)).collect();
        ends.shuffle(rng);
        let mut deal = Self { left, d_in, ends };
        for e in deal.surplus() {
            deal.mend(e, rng);
        }
        deal.stir(rng);
        deal
    }

    fn row(&self, r: usize) -> &[u32] {
        &self.ends[r * self.d_in..][..self.d_in]
    }

    fn rows(&self) -> Vec<Vec<Neuron>> {
        self.ends.chunks(self.d_in).map(|row| row.iter().map(|&l| Neuron(l)).collect()).collect()
    }

    /// The edges whose left end stands earlier in their row.
    fn surplus(&self) -> Vec<usize> {
        let mut last_row = vec![usize::MAX; self.left];
        let stands_earlier = |e: &usize| {
            let r = e / self.d_in;
            std::mem::replace(&mut last_row[self.ends[*e] as usize], r) == r
        };
        (0..self.ends.len()).filter(stands_earlier).collect()
    }

    /// Whether switching the left ends of `e` and `f` gives edges that did not stand there yet.
    fn switchable(&self, e: usize, f: usize) -> bool {
        let (r, r2) = (e / self.d_in, f / self.d_in);
        let (l, l2) = (self.ends[e], self.ends[f]);
        r != r2 && l != l2 && !self.row(r).contains(&l2) && !self.row(r2).contains(&l)
    }

    /// Gives the surplus edge `e` another left end.
    fn mend(&mut self, e: usize, rng: &mut ChaCha8Rng) {
        let n = Neuron::new(self.ends.len()).0;
        let drawn = (0..TRIES).map(|_| rng.random_range(0..n) as usize);
        let drawn = drawn.into_iter().find(|&f| self.switchable(e, f));
        let partner = drawn
            .or_else(|| (0..self.ends.len()).find(|&f| self.switchable(e, f)))
            .expect("up to half density there is a partner (see the proof above)");
        self.ends.swap(e, partner);
    }

    /// Switches a random partner for every edge, where that gives a pattern again.
    fn stir(&mut self, rng: &mut ChaCha8Rng) {
        let n = Neuron::new(self.ends.len()).0;
        for e in 0..self.ends.len() {
            let f = rng.random_range(0..n) as usize;
            if self.switchable(e, f) {
                self.ends.swap(e, f);
            }
        }
    }
}
