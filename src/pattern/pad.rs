//! Edges added to a graph until its degrees are fixed.
//!
//! Which edges to add is a matching in the complement: right neuron `r` needs `d_in − deg(r)` more,
//! left neuron `l` needs `d_out − deg(l)`. A greedy pass makes most of it; augmenting paths finish it
//! or show that there is none (Berge 1957), so the answer is exact.
//!
//! If a graph can be padded up to some feasible degrees, then to all larger ones: what a regular
//! graph lacks is regular too, of degrees that are a multiple of the smallest, so it splits into
//! graphs of the smallest degrees (König), and each of them is a step up. Hence the search for the
//! smallest degrees is a bisection, and fully connected always works.

use super::{DegreeError, Degrees, MAX_EDGES};
use crate::ids::Neuron;

/// A graph whose degrees were made fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padded {
    /// The degrees it has now.
    pub degrees: Degrees,
    /// The left neurons of each right neuron, ascending; those that were there are there still.
    pub rows: Vec<Vec<Neuron>>,
    /// Edges added.
    pub added: usize,
}

/// Adds edges up to the smallest feasible degrees that are possible: not below the largest in- and
/// out-degree there are, and such that no edge would stand twice. The same rows give the same edges.
///
/// Rows may be in any order.
///
/// # Errors
/// If a layer is empty or too large, or the edges would be more than [`MAX_EDGES`].
///
/// # Panics
/// If a left neuron is out of range, or stands twice in a row: these are faults, not degrees.
pub fn pad(left: usize, rows: &[Vec<Neuron>]) -> Result<Padded, DegreeError> {
    let right = rows.len();
    let before = Graph::new(left, rows);
    let in_degree = rows.iter().map(Vec::len).max().unwrap_or(0);
    let out_degree = before.out_degrees.iter().copied().max().unwrap_or(0);
    let large_enough = |d: &Degrees| d.d_in >= in_degree && d.d_out >= out_degree;
    let candidates: Vec<Degrees> = Degrees::feasible(left, right)?.filter(large_enough).collect();
    let too_large = |d: &Degrees| d.edges() as u64 > MAX_EDGES;
    let complete = |d: Degrees| if too_large(&d) { None } else { before.complete(d) };
    let mut degrees = candidates[0];
    let mut rows = complete(degrees);
    if rows.is_none() {
        // The smallest nearly always do: only otherwise is there a search.
        let fits = |d: &Degrees| too_large(d) || before.complete(*d).is_some();
        degrees = candidates[candidates.partition_point(|d| !fits(d))];
        rows = complete(degrees);
    }
    let Some(rows) = rows else {
        let edges = degrees.edges() as u64;
        return Err(DegreeError::TooLarge { left, right, d_out: degrees.d_out, edges });
    };
    let added = degrees.edges() - before.edges();
    Ok(Padded { degrees, rows, added })
}

/// A graph, by a bit for each pair of neurons.
struct Graph {
    left: usize,
    right: usize,
    /// 64-bit words of a row.
    words: usize,
    /// Row by row: whether the edge is there.
    bits: Vec<u64>,
    in_degrees: Vec<usize>,
    out_degrees: Vec<usize>,
}

impl Graph {
    fn new(left: usize, rows: &[Vec<Neuron>]) -> Self {
        let words = left.div_ceil(64);
        let mut bits = vec![0u64; rows.len() * words];
        let mut out_degrees = vec![0; left];
        for (r, row) in rows.iter().enumerate() {
            for l in row {
                let word = &mut bits[r * words + l.at() / 64];
                let bit = 1 << (l.at() % 64);
                assert!(*word & bit == 0, "edges stand once");
                *word |= bit;
                out_degrees[l.at()] += 1;
            }
        }
        let in_degrees = rows.iter().map(Vec::len).collect();
        Self { left, right: rows.len(), words, bits, in_degrees, out_degrees }
    }

    fn edges(&self) -> usize {
        self.in_degrees.iter().sum()
    }

    /// The rows with edges added up to these degrees, if that is possible.
    fn complete(&self, degrees: Degrees) -> Option<Vec<Vec<Neuron>>> {
        let mut matching = Matching {
            left: self.left,
            words: self.words,
            taken: self.bits.clone(),
            added_to: vec![Vec::new(); self.left],
            right_needs: self.in_degrees.iter().map(|d| degrees.d_in - d).collect(),
            left_needs: self.out_degrees.iter().map(|d| degrees.d_out - d).collect(),
        };
        matching.greedy();
        while matching.right_needs.iter().any(|&needs| needs > 0) {
            if !matching.augment() {
                return None;
            }
        }
        let row = |r: usize| {
            let words = &matching.taken[r * self.words..][..self.words];
            ones(words).map(Neuron::new).collect()
        };
        Some((0..self.right).map(row).collect())
    }
}

/// The positions of the bits that are 1, ascending.
fn ones(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(at, &word)| {
        std::iter::successors(Some(word), |&rest| Some(rest & rest.wrapping_sub(1)))
            .take_while(|&rest| rest != 0)
            .map(move |rest| at * 64 + rest.trailing_zeros() as usize)
    })
}

/// Marks a neuron without a predecessor.
const NONE: usize = usize::MAX;

/// Edges that are being added.
struct Matching {
    left: usize,
    words: usize,
    /// Row by row: whether the edge is there, or added.
    taken: Vec<u64>,
    /// The right neurons of the edges added to each left neuron.
    added_to: Vec<Vec<usize>>,
    right_needs: Vec<usize>,
    left_needs: Vec<usize>,
}

impl Matching {
    fn is_taken(&self, r: usize, l: usize) -> bool {
        self.taken[r * self.words + l / 64] >> (l % 64) & 1 == 1
    }

    /// Adds an edge, or takes an added one away.
    fn flip(&mut self, r: usize, l: usize) {
        if self.is_taken(r, l) {
            self.added_to[l].retain(|&other| other != r);
        } else {
            self.added_to[l].push(r);
        }
        self.taken[r * self.words + l / 64] ^= 1 << (l % 64);
    }

    /// Right neurons that need most come first, and take the left ones that need most, as in the
    /// proof of Gale and Ryser's theorem.
    fn greedy(&mut self) {
        let mut rights: Vec<usize> = (0..self.right_needs.len()).collect();
        rights.sort_by_key(|&r| std::cmp::Reverse(self.right_needs[r]));
        let mut lefts: Vec<usize> = (0..self.left).collect();
        for r in rights {
            if self.right_needs[r] == 0 {
                break;
            }
            lefts.retain(|&l| self.left_needs[l] > 0);
            lefts.sort_by_key(|&l| (std::cmp::Reverse(self.left_needs[l]), l));
            for &l in &lefts {
                if self.right_needs[r] == 0 {
                    break;
                }
                if !self.is_taken(r, l) {
                    self.flip(r, l);
                    self.right_needs[r] -= 1;
                    self.left_needs[l] -= 1;
                }
            }
        }
    }

    /// Grows trees of alternating paths from all right neurons that need an edge, all at once, and
    /// adds an edge along every tree that meets a left neuron in need. Tells whether one did.
    fn augment(&mut self) -> bool {
        let rights = self.right_needs.len();
        let mut root = vec![NONE; rights];
        let mut from_left = vec![NONE; rights];
        let mut from_right = vec![NONE; self.left];
        let mut unseen = vec![u64::MAX; self.words];
        if !self.left.is_multiple_of(64) {
            unseen[self.words - 1] = (1 << (self.left % 64)) - 1;
        }
        let mut queue: Vec<usize> = (0..rights).filter(|&r| self.right_needs[r] > 0).collect();
        queue.iter().for_each(|&r| root[r] = r);
        let mut done = vec![false; rights];
        let mut any = false;
        let mut next = 0;
        while let Some(&r) = queue.get(next) {
            next += 1;
            for (word, unseen) in unseen.iter_mut().enumerate() {
                // Within a tree that is done nothing is looked for any more.
                while !done[root[r]] {
                    let free = *unseen & !self.taken[r * self.words + word];
                    if free == 0 {
                        break;
                    }
                    let bit = free.trailing_zeros();
                    *unseen &= !(1 << bit);
                    let l = word * 64 + bit as usize;
                    from_right[l] = r;
                    if self.left_needs[l] > 0 {
                        self.left_needs[l] -= 1;
                        self.right_needs[root[r]] -= 1;
                        self.flip_path(l, &from_right, &from_left);
                        done[root[r]] = true;
                        any = true;
                        break;
                    }
                    for &other in &self.added_to[l] {
                        if root[other] == NONE {
                            root[other] = root[r];
                            from_left[other] = l;
                            queue.push(other);
                        }
                    }
                }
            }
        }
        any
    }

    /// Flips the edges of the path that ends in left neuron `l`.
    fn flip_path(&mut self, mut l: usize, from_right: &[usize], from_left: &[usize]) {
        loop {
            let r = from_right[l];
            self.flip(r, l);
            if from_left[r] == NONE {
                return;
            }
            l = from_left[r];
            self.flip(r, l);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeSet;

    /// Rows in which each edge stands with this chance.
    fn random(left: usize, right: usize, chance: f64, rng: &mut ChaCha8Rng) -> Vec<Vec<Neuron>> {
        let mut row = || (0..left).filter(|_| rng.random_bool(chance)).map(Neuron::new).collect();
        (0..right).map(|_| row()).collect()
    }

    /// Whether rows can be completed to these degrees, by trying all ways, row by row.
    fn possible(rows: &[Vec<Neuron>], d: Degrees) -> bool {
        fn rest(rows: &[u32], at: usize, needs: &mut [usize], d_in: usize) -> bool {
            let Some(&row) = rows.get(at) else { return needs.iter().all(|&n| n == 0) };
            for added in 0u32..1 << needs.len() {
                let bits = |l: usize| added >> l & 1 == 1;
                if added & row != 0 || (added | row).count_ones() as usize != d_in {
                    continue;
                }
                if (0..needs.len()).any(|l| bits(l) && needs[l] == 0) {
                    continue;
                }
                (0..needs.len()).filter(|&l| bits(l)).for_each(|l| needs[l] -= 1);
                let found = rest(rows, at + 1, needs, d_in);
                (0..needs.len()).filter(|&l| bits(l)).for_each(|l| needs[l] += 1);
                if found {
                    return true;
                }
            }
            false
        }
        let masks: Vec<u32> = rows.iter().map(|row| row.iter().map(|l| 1 << l.0).sum()).collect();
        let mut needs = vec![d.d_out; d.left];
        for l in rows.iter().flatten() {
            let Some(fewer) = needs[l.at()].checked_sub(1) else { return false };
            needs[l.at()] = fewer;
        }
        rest(&masks, 0, &mut needs, d.d_in)
    }

    /// The result is a pattern of its degrees with every edge that was there.
    fn check(left: usize, rows: &[Vec<Neuron>]) -> Padded {
        let padded = pad(left, rows).unwrap();
        let pattern = Pattern::new(left, &padded.rows).unwrap();
        let Degrees { right, d_out, d_in, .. } = padded.degrees;
        assert_eq!((pattern.right(), pattern.d_out(), pattern.d_in()), (right, d_out, d_in));
        for (before, after) in rows.iter().zip(&padded.rows) {
            assert!(after.windows(2).all(|pair| pair[0] < pair[1]), "ascending");
            let after: BTreeSet<_> = after.iter().collect();
            assert!(before.iter().all(|l| after.contains(l)), "an edge is gone");
        }
        assert_eq!(padded.added, left * d_out - rows.iter().map(Vec::len).sum::<usize>());
        padded
    }

    #[test]
    fn the_smallest_degrees_that_are_possible() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut beyond_the_largest_found = 0;
        for (left, right) in [(4, 4), (5, 5), (6, 4), (4, 6), (3, 5), (6, 3), (2, 6)] {
            for _ in 0..150 {
                let chance = rng.random_range(0.05..0.8);
                let rows = random(left, right, chance, &mut rng);
                let padded = check(left, &rows);
                let first = Degrees::feasible(left, right).unwrap().find(|d| possible(&rows, *d));
                assert_eq!(Some(padded.degrees), first, "{rows:?}");
                let largest = rows.iter().map(Vec::len).max().unwrap();
                let out = |l| rows.iter().flatten().filter(|n| n.at() == l).count();
                let out = (0..left).map(out).max().unwrap();
                let feasible = |d: &Degrees| d.d_in >= largest && d.d_out >= out;
                let fits = Degrees::feasible(left, right).unwrap().find(feasible);
                beyond_the_largest_found += usize::from(fits != first);
            }
        }
        assert!(beyond_the_largest_found > 5, "{beyond_the_largest_found} hard cases");
    }

    fn rows(rows: &[&[u32]]) -> Vec<Vec<Neuron>> {
        rows.iter().map(|row| row.iter().map(|&l| Neuron(l)).collect()).collect()
    }

    #[test]
    fn degrees_go_up_where_the_smallest_cannot_be_completed() {
        // At degree 2 the first two rows use up left neurons 0 and 1, and the third row needs two.
        let padded = check(3, &rows(&[&[0, 1], &[0, 1], &[]]));
        assert_eq!((padded.degrees.d_in, padded.added), (3, 5));
        // With a fourth of each there are two left neurons for the two other rows.
        let padded = check(4, &rows(&[&[0, 1], &[0, 1], &[], &[]]));
        assert_eq!((padded.degrees.d_in, padded.added), (2, 4));
    }

    #[test]
    fn more_edges_than_a_junction_may_have_are_refused() {
        // 8193 and 8192 share no divisor, so there is only fully connected.
        let refused = pad(8193, &vec![vec![Neuron(0)]; 8192]);
        let edges = 8193 * 8192;
        assert_eq!(
            refused,
            Err(DegreeError::TooLarge { left: 8193, right: 8192, d_out: 8192, edges })
        );
    }

    #[test]
    fn large_masks_pruned_without_structure() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for (left, right, chance) in
            [(800, 40, 0.05), (40, 40, 0.225), (300, 100, 0.6), (64, 1, 0.5)]
        {
            let rows = random(left, right, chance, &mut rng);
            let padded = check(left, &rows);
            assert_eq!(padded, pad(left, &rows).unwrap(), "the same rows give the same edges");
        }
        // All but one edge: the greedy pass has no choice, and paths have to be found.
        let mut rows = vec![(0..65).map(Neuron).collect::<Vec<_>>(); 65];
        rows[64].pop();
        assert_eq!(check(65, &rows).added, 1);
        // Nothing at all.
        assert_eq!(check(12, &vec![vec![]; 8]).degrees, Degrees::new(12, 8, 2).unwrap());
    }

    /// The greedy pass gets stuck here on most draws; augmenting paths must finish.
    #[test]
    fn graphs_that_lack_few_edges() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for seed in 0..200 {
            let whole = crate::pattern::generate(
                crate::pattern::Family::RandomStructured,
                24,
                16,
                8,
                None,
                seed,
            )
            .unwrap();
            let mut rows: Vec<Vec<Neuron>> =
                (0..16).map(|r| whole.row(Neuron::new(r)).to_vec()).collect();
            // Row 0 and left neuron 0 keep all their edges, so the degrees cannot get smaller.
            for row in &mut rows[1..] {
                row.retain(|l| l.0 == 0 || rng.random_bool(0.5));
            }
            assert_eq!(check(24, &rows).degrees, Degrees::new(24, 16, 8).unwrap());
        }
    }
}
