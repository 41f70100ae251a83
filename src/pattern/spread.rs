//! How well a pattern spreads the left neurons over the right ones.

use super::Pattern;
use crate::ids::Neuron;
use rayon::prelude::*;
use std::collections::HashSet;

/// The most steps that comparing all pairs of right neurons may take: some seconds.
const MAX_STEPS: u64 = 1 << 32;

/// How much the right neurons of a pattern have in common.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Spread {
    /// Different sets of left neurons that right neurons have. Right neurons with one set compute
    /// from the same inputs.
    pub distinct: usize,
    /// Over all pairs of right neurons; absent if there is no pair, or there are too many.
    pub common: Option<Common>,
}

/// The number of left neurons that two right neurons have in common, over all pairs.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Common {
    /// Of the pair with the fewest.
    pub least: usize,
    /// Of the pair with the most; the in-degree where two right neurons have the same inputs.
    pub most: usize,
    /// `N_l·d_out·(d_out − 1) / (N_r·(N_r − 1))`, whatever the pattern.
    pub mean: f64,
    /// The standard deviation. The smaller, the more evenly is the left layer spread.
    pub deviation: f64,
    /// The same for random sets of `d_in` left neurons (hypergeometric):
    /// `d_in·(N_l − d_in) / (N_l·√(N_l − 1))`.
    pub random_deviation: f64,
}

/// Compares the right neurons of a pattern.
pub fn spread(pattern: &Pattern) -> Spread {
    let rows: HashSet<&[Neuron]> = pattern.left_ends().chunks(pattern.d_in()).collect();
    Spread { distinct: rows.len(), common: common(pattern) }
}

fn common(pattern: &Pattern) -> Option<Common> {
    let (left, right) = (pattern.left() as u64, pattern.right() as u64);
    let (by_lists, by_bits) = (
        pattern.edges() as u64 * pattern.d_out() as u64,
        (right * right / 2).saturating_mul(left.div_ceil(64)),
    );
    if right < 2 || by_lists.min(by_bits) > MAX_STEPS {
        return None;
    }
    let tally = if by_lists <= by_bits { lists(pattern) } else { bits(pattern) };
    let pairs = (right * (right - 1) / 2) as f64;
    let mean = tally.sum as f64 / pairs;
    let variance = tally.squares as f64 / pairs - mean * mean;
    let (n, d) = (left as f64, pattern.d_in() as f64);
    Some(Common {
        least: tally.least as usize,
        most: tally.most as usize,
        mean,
        // Rounding may leave a hair below 0.
        deviation: variance.max(0.0).sqrt(),
        random_deviation: if left == 1 { 0.0 } else { d * (n - d) / (n * (n - 1.0).sqrt()) },
    })
}

/// Numbers of common left neurons of some pairs.
#[derive(Clone, Copy)]
struct Tally {
    least: u64,
    most: u64,
    sum: u64,
    squares: u64,
}

impl Tally {
    const NONE: Self = Self { least: u64::MAX, most: 0, sum: 0, squares: 0 };

    fn add(self, common: u64) -> Self {
        self.with(Self { least: common, most: common, sum: common, squares: common * common })
    }

    fn with(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
        }
    }
}

/// For sparse patterns: by the right neurons of each left neuron.
fn lists(pattern: &Pattern) -> Tally {
    let right = pattern.right();
    let mut columns = vec![Vec::with_capacity(pattern.d_out()); pattern.left()];
    for (edge, l) in pattern.left_ends().iter().enumerate() {
        columns[l.at()].push(edge / pattern.d_in());
    }
    let of = |(counts, met): &mut (Vec<u64>, Vec<usize>), r: usize| {
        for l in pattern.row(Neuron::new(r)) {
            for &other in columns[l.at()].iter().rev().take_while(|&&other| other > r) {
                if counts[other] == 0 {
                    met.push(other);
                }
                counts[other] += 1;
            }
        }
        let apart = right - 1 - r > met.len();
        let start = if apart { Tally::NONE.add(0) } else { Tally::NONE };
        met.drain(..).fold(start, |tally, other| tally.add(std::mem::take(&mut counts[other])))
    };
    let fresh = || (vec![0; right], Vec::new());
    (0..right).into_par_iter().map_init(fresh, of).reduce(|| Tally::NONE, Tally::with)
}

/// For dense patterns: by a bit for each left neuron.
fn bits(pattern: &Pattern) -> Tally {
    let words = pattern.left().div_ceil(64);
    let mut bits = vec![0u64; pattern.right() * words];
    for (row, ends) in bits.chunks_mut(words).zip(pattern.left_ends().chunks(pattern.d_in())) {
        ends.iter().for_each(|l| row[l.at() / 64] |= 1 << (l.at() % 64));
    }
    let of = |r: usize| {
        let (before, after) = bits.split_at((r + 1) * words);
        let row = &before[r * words..];
        let common = |other: &[u64]| {
            row.iter().zip(other).map(|(a, b)| u64::from((a & b).count_ones())).sum::<u64>()
        };
        after.chunks(words).fold(Tally::NONE, |tally, other| tally.add(common(other)))
    };
    (0..pattern.right()).into_par_iter().map(of).reduce(|| Tally::NONE, Tally::with)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{Family, Starts, generate};

    fn of(left: usize, rows: &[&[usize]]) -> Spread {
        let neurons = |row: &&[usize]| row.iter().map(|&l| Neuron::new(l)).collect();
        spread(&Pattern::new(left, &rows.iter().map(neurons).collect::<Vec<_>>()).unwrap())
    }

    #[test]
    fn a_pattern_small_enough_to_count_by_hand() {
        // Pairs have 2, 0, 0, 0, 0 and 2 left neurons in common.
        let found = of(4, &[&[0, 1], &[0, 1], &[2, 3], &[2, 3]]);
        assert_eq!(found.distinct, 2);
        let common = found.common.unwrap();
        assert_eq!((common.least, common.most), (0, 2));
        assert!((common.mean - 4.0 / 6.0).abs() < 1e-12);
        assert!((common.deviation - (8.0f64 / 6.0 - 4.0 / 9.0).sqrt()).abs() < 1e-12);
        // Two of four, drawn twice: 0, 1 or 2 in common with shares 1/6, 4/6, 1/6: variance 1/3.
        assert!((common.random_deviation - (1.0f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(of(2, &[&[0, 1]]).common, None);
    }

    #[test]
    fn lists_and_bits_agree_with_comparing_sets() {
        for (left, right, d_out) in [(40, 40, 9), (130, 13, 2), (12, 90, 45), (7, 7, 7)] {
            let p = generate(Family::RandomStructured, left, right, d_out, None, 5).unwrap();
            let set = |r| p.row(Neuron::new(r)).iter().collect::<HashSet<_>>();
            let pairs = (0..right).flat_map(|r| (0..r).map(move |s| (r, s)));
            let known: Vec<u64> =
                pairs.map(|(r, s)| set(r).intersection(&set(s)).count() as u64).collect();
            for tally in [lists(&p), bits(&p)] {
                assert_eq!(Some(tally.least), known.iter().copied().min());
                assert_eq!(Some(tally.most), known.iter().copied().max());
                assert_eq!(tally.sum, known.iter().sum::<u64>());
                assert_eq!(tally.squares, known.iter().map(|c| c * c).sum::<u64>());
            }
            let mean = (left * d_out * (d_out - 1)) as f64 / (right * (right - 1)) as f64;
            assert!((spread(&p).common.unwrap().mean - mean).abs() < 1e-9);
        }
    }

    /// Sweeps that are all the same make right neurons that are all the same.
    #[test]
    fn one_set_of_starts_repeats_right_neurons_where_sweeps_hold_whole_ones() {
        let draw = |starts| {
            let family = Family::ClashFree { starts, dither: false };
            spread(&generate(family, 800, 40, 2, Some(32), 1).unwrap()).distinct
        };
        assert_eq!(draw(Starts::Once), 20);
        assert_eq!(draw(Starts::PerSweep), 40);
    }
}
