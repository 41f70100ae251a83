//! How many members a family has.
//!
//! Of a clash-free family the *address tables* are counted that give a pattern, which are those
//! that [`ClashFree::draw`](super::ClashFree::draw) may return. Where no right neuron straddles two
//! sweeps these are all tables: with depth `D = N_l/z`, `(D!)^(z·d_out)` of free addresses,
//! `D^(z·d_out)` of starts per sweep, `D^z` of one set of starts; with dither `(z!)^d_out` times
//! as many (Dey et al., JETCAS 2019, section III-C). Two tables may give one graph, so that the
//! number of graphs is at most this. Of random structured patterns the graphs are counted.

use super::generate::GenerateError;
use super::{Degrees, Family, Starts, clash_free};
use num_bigint::BigUint;
use std::collections::BTreeMap;

/// The most digits that are computed exactly; they fill a screen many times over already.
pub const MAX_DIGITS: f64 = 20_000.0;

/// What there are so many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// Tables of banks and addresses; some may give the same graph.
    AddressTables,
    /// Graphs, no two the same.
    Graphs,
}

/// The size of a family for one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// What is counted.
    pub counted: Counted,
    /// How many, if that is known exactly and has at most [`MAX_DIGITS`] digits.
    pub exact: Option<BigUint>,
    /// The decimal logarithm of how many.
    pub log10: f64,
    /// Whether `log10` is an asymptotic estimate. Otherwise it is right but for rounding.
    pub estimate: bool,
}

/// Counts a family: address tables of a clash-free one, graphs of the random structured one.
///
/// The number of graphs of given degrees has no closed formula. The estimate is
/// `C(N_l, d_in)^N_r · C(N_r, d_out)^N_l / C(N_l·N_r, |W|) · e^(-1/2)`, which is right up to a
/// factor `1 + o(1)` for sparse patterns (Greenhill, McKay and Wang 2006, after Bender and
/// Canfield) and for dense ones (Canfield, Greenhill and McKay 2008).
///
/// # Errors
/// If a clash-free family comes with no `z`, or one that does not divide the left layer.
pub fn count(family: Family, degrees: Degrees, z: Option<usize>) -> Result<Count, GenerateError> {
    let Family::ClashFree { starts, dither } = family else {
        return Ok(graphs(degrees));
    };
    let z = z.ok_or(GenerateError::ParallelismMissing { family })?;
    let depth = clash_free::depth(degrees.left, z)?;
    let family = Tables { degrees, z, depth, starts, dither };
    let Log(ln) = family.count();
    let log10 = ln / std::f64::consts::LN_10;
    let exact = (log10 <= MAX_DIGITS).then(|| family.count());
    Ok(Count { counted: Counted::AddressTables, exact, log10, estimate: false })
}

/// The estimate for random structured patterns.
fn graphs(degrees: Degrees) -> Count {
    let counted = Counted::Graphs;
    let Degrees { left, right, d_out, d_in } = degrees;
    if d_out == right {
        return Count { counted, exact: Some(BigUint::from(1u32)), log10: 0.0, estimate: false };
    }
    let choose = |n: u64, k: usize| {
        let k = k as u64;
        Log::factorial(n).over(&Log::factorial(k)).over(&Log::factorial(n - k))
    };
    let rows = choose(left as u64, d_in).power(right);
    let columns = choose(right as u64, d_out).power(left);
    let all = choose(left as u64 * right as u64, degrees.edges());
    let ln = rows.times(&columns).over(&all).0 - 0.5;
    // A family is never empty, whatever an estimate for large ones says of a small one.
    let log10 = (ln / std::f64::consts::LN_10).max(0.0);
    Count { counted, exact: None, log10, estimate: true }
}

/// A clash-free family for one shape.
#[derive(Clone, Copy)]
struct Tables {
    degrees: Degrees,
    z: usize,
    depth: usize,
    starts: Starts,
    dither: bool,
}

impl Tables {
    /// The product over the sweeps: how many choices one has depends on how the right neuron is
    /// cut that straddles its beginning, and on nothing else.
    fn count<N: Number>(self) -> N {
        let Degrees { left, d_in, d_out, .. } = self.degrees;
        let mut seams = BTreeMap::<usize, usize>::new();
        for sweep in 0..d_out {
            *seams.entry(sweep * left % d_in).or_default() += 1;
        }
        let first = match self.starts {
            Starts::Once => N::of(self.depth).power(self.z),
            Starts::PerSweep | Starts::PerSweepFree => N::of(1),
        };
        seams.into_iter().fold(first, |product, (made, times)| {
            product.times(&self.sweep::<N>(made).power(times))
        })
    }

    /// The choices of a sweep before which a right neuron has made `made` of its edges.
    ///
    /// The sweep before read `qa` addresses of each bank for that neuron and one more of `ra`
    /// banks; this one reads `qb` of each and one more of the banks on its first `rb` lanes. `j`
    /// of these are among those `ra`: a fixed number without dither, any with it.
    fn sweep<N: Number>(self, made: usize) -> N {
        let z = self.z;
        let after = if made == 0 { 0 } else { self.degrees.d_in - made };
        let (qa, ra, qb, rb) = (made / z, made % z, after / z, after % z);
        let fewest = (ra + rb).saturating_sub(z);
        let orders = |j: usize| {
            let of = |before, reads, banks| self.orders::<N>(before, reads).power(banks);
            let both = of(qa + 1, qb + 1, j).times(&of(qa, qb, z + j - ra - rb));
            both.times(&of(qa + 1, qb, ra - j)).times(&of(qa, qb + 1, rb - j))
        };
        if !self.dither {
            return orders(fewest);
        }
        let choose = |n, k| N::factorial(n).over(&N::factorial(k)).over(&N::factorial(n - k));
        let (ra64, rb64, z64, j64) = (ra as u64, rb as u64, z as u64, fewest as u64);
        let lanes = N::factorial(rb64).times(&N::factorial(z64 - rb64));
        let banks = choose(ra64, j64).times(&choose(z64 - ra64, rb64 - j64));
        let mut term = orders(fewest).times(&lanes).times(&banks);
        let mut sum = term.clone();
        // Each next term by its ratio to the one before: no power is computed again.
        let (up, down) = self.ratio(qa, qb);
        for j in fewest..ra.min(rb) {
            term = term.times(&N::of((ra - j) * (rb - j))).times(&N::of(up));
            term = term.over(&N::of((j + 1) * (z + j + 1 - ra - rb))).over(&N::of(down));
            sum = sum.plus(&term);
        }
        sum
    }

    /// Starts from which the first `reads` addresses are not among the last `before`.
    fn free_starts(self, before: usize, reads: usize) -> usize {
        if before == 0 || reads == 0 {
            self.depth
        } else {
            (self.depth + 1).saturating_sub(before + reads)
        }
    }

    /// Orders of one bank whose first `reads` addresses are not among the `before` ones that the
    /// straddling neuron has.
    fn orders<N: Number>(self, before: usize, reads: usize) -> N {
        let fits = before + reads <= self.depth;
        match self.starts {
            Starts::PerSweepFree if fits => {
                let factorial = |n: usize| N::factorial(n as u64);
                factorial(self.depth - before)
                    .times(&factorial(self.depth - reads))
                    .over(&factorial(self.depth - before - reads))
            }
            Starts::PerSweepFree => N::of(0),
            Starts::PerSweep => N::of(self.free_starts(before, reads)),
            Starts::Once => N::of(usize::from(fits)),
        }
    }

    /// `orders(qa+1, qb+1)·orders(qa, qb) / (orders(qa+1, qb)·orders(qa, qb+1))` as a fraction.
    fn ratio(self, qa: usize, qb: usize) -> (usize, usize) {
        match self.starts {
            Starts::PerSweepFree => {
                let free = self.depth - qa - qb;
                (free.saturating_sub(1), free)
            }
            Starts::PerSweep => {
                let f = |before, reads| self.free_starts(before, reads);
                (f(qa + 1, qb + 1) * f(qa, qb), f(qa + 1, qb) * f(qa, qb + 1))
            }
            Starts::Once => (usize::from(qa + qb + 2 <= self.depth), 1),
        }
    }
}

/// The arithmetic that counting needs, so that there is one formula for exact numbers and for
/// logarithms of those that are too long. Divisions leave no rest.
trait Number: Clone {
    fn of(n: usize) -> Self;
    fn factorial(n: u64) -> Self;
    fn times(&self, other: &Self) -> Self;
    fn over(&self, other: &Self) -> Self;
    fn plus(&self, other: &Self) -> Self;
    fn power(&self, exponent: usize) -> Self;
}

impl Number for BigUint {
    fn of(n: usize) -> Self {
        n.into()
    }

    fn factorial(n: u64) -> Self {
        (1..=n).fold(1u32.into(), |product: Self, n| product * n)
    }

    fn times(&self, other: &Self) -> Self {
        self * other
    }

    fn over(&self, other: &Self) -> Self {
        self / other
    }

    fn plus(&self, other: &Self) -> Self {
        self + other
    }

    fn power(&self, exponent: usize) -> Self {
        num_bigint::BigUint::pow(self, u32::try_from(exponent).expect("sizes fit 32 bits"))
    }
}

/// A natural logarithm.
#[derive(Clone, Copy)]
struct Log(f64);

impl Number for Log {
    fn of(n: usize) -> Self {
        Self((n as f64).ln())
    }

    /// Stirling's series; from 16 on its error is below 10⁻⁹.
    fn factorial(n: u64) -> Self {
        if n < 16 {
            return Self((1..=n).map(|n| (n as f64).ln()).sum());
        }
        let n = n as f64;
        let series = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3));
        Self(n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + series)
    }

    fn times(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    fn over(&self, other: &Self) -> Self {
        Self(self.0 - other.0)
    }

    fn plus(&self, other: &Self) -> Self {
        let (large, small) = (self.0.max(other.0), self.0.min(other.0));
        if large == f64::NEG_INFINITY {
            return Self(large);
        }
        Self(large + (small - large).exp().ln_1p())
    }

    fn power(&self, exponent: usize) -> Self {
        // 0⁰ is 1, while -∞·0 is no number.
        Self(if exponent == 0 { 0.0 } else { self.0 * exponent as f64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Neuron;
    use crate::pattern::Pattern;

    fn clash_free(starts: Starts, dither: bool) -> Family {
        Family::ClashFree { starts, dither }
    }

    const ALL: [Starts; 3] = [Starts::PerSweepFree, Starts::PerSweep, Starts::Once];

    /// All orders of `0..n`.
    fn permutations(n: usize) -> Vec<Vec<usize>> {
        let Some(last) = n.checked_sub(1) else { return vec![vec![]] };
        let shorter = permutations(last);
        let grow = |p: &Vec<usize>| {
            (0..n).map(|at| [&p[..at], &[last], &p[at..]].concat()).collect::<Vec<_>>()
        };
        shorter.iter().flat_map(grow).collect()
    }

    /// All choices of one of `options` for each of `places`.
    fn tuples<T: Clone>(options: &[T], places: usize) -> Vec<Vec<T>> {
        (0..places).fold(vec![vec![]], |short, _| {
            let longer = |s: &Vec<T>| {
                let with = |o: &T| [s.as_slice(), std::slice::from_ref(o)].concat();
                options.iter().map(with).collect::<Vec<_>>()
            };
            short.iter().flat_map(longer).collect()
        })
    }

    /// Counts by making every table and looking at the graph that it gives.
    fn by_enumeration(d: Degrees, z: usize, starts: Starts, dither: bool) -> usize {
        let depth = d.left / z;
        let counting: Vec<Vec<usize>> =
            (0..depth).map(|s| (0..depth).map(|t| (s + t) % depth).collect()).collect();
        let orders = match starts {
            Starts::PerSweepFree => permutations(depth),
            Starts::PerSweep | Starts::Once => counting,
        };
        let banks = if dither { permutations(z) } else { vec![(0..z).collect()] };
        let per_sweep = tuples(&orders, z);
        // For each sweep, the orders by bank and the bank by lane.
        let order_sets: Vec<Vec<&Vec<Vec<usize>>>> = match starts {
            Starts::Once => per_sweep.iter().map(|set| vec![set; d.d_out]).collect(),
            _ => tuples(&per_sweep.iter().collect::<Vec<_>>(), d.d_out),
        };
        let mut valid = 0;
        for dithers in tuples(&banks, d.d_out) {
            for sets in &order_sets {
                let mut rows = vec![Vec::new(); d.right];
                for edge in 0..d.edges() {
                    let (sweep, step, lane) = (edge / d.left, edge % d.left / z, edge % z);
                    let bank = dithers[sweep][lane];
                    let address = sets[sweep][bank][step];
                    rows[edge / d.d_in].push(Neuron::new(address * z + bank));
                }
                valid += usize::from(Pattern::new(d.left, &rows).is_ok());
            }
        }
        valid
    }

    #[test]
    fn the_numbers_of_dey() {
        let degrees = Degrees::new(9, 6, 2).unwrap();
        for (starts, expected) in ALL.into_iter().zip([46_656u32, 729, 27]) {
            let found = count(clash_free(starts, false), degrees, Some(3)).unwrap();
            assert_eq!(found.exact, Some(expected.into()), "{starts:?}");
            assert_eq!(by_enumeration(degrees, 3, starts, false), expected as usize);
        }
        // With dither each of the two sweeps also has one of 3! permutations of the banks.
        let dithered = count(clash_free(Starts::Once, true), degrees, Some(3)).unwrap();
        assert_eq!(dithered.exact, Some((27u32 * 36).into()));
    }

    #[test]
    fn what_is_counted_is_what_enumeration_finds() {
        let mut straddling = 0;
        for (left, right, d_out, z) in [
            (4, 4, 2, 2),
            (4, 4, 3, 2), // in-degree 3, sweeps of 4
            (4, 4, 3, 4),
            (4, 4, 3, 1),
            (6, 4, 2, 2),
            (6, 4, 2, 3),
            (6, 4, 2, 6),
            (6, 9, 3, 3),
            (5, 5, 2, 5),
            (5, 5, 2, 1),
            (6, 6, 2, 3),
            (3, 3, 2, 3),
            (3, 3, 3, 3),
            (4, 6, 3, 2),
            (9, 6, 2, 3),
            (8, 6, 3, 4), // in-degree 4: no straddling
            (6, 8, 4, 3),
            (6, 5, 5, 3),
            (10, 4, 2, 5),
            (8, 10, 5, 4),
            (9, 12, 4, 3),
            (3, 2, 2, 3),
            (5, 4, 4, 5),
            (4, 5, 5, 4),
            (8, 12, 3, 8),
            (5, 5, 3, 5),
            (5, 5, 4, 5),
            (6, 10, 5, 2),
            // Both sides of the cut have more banks read once more than there are banks.
            (6, 3, 2, 3),
            (6, 6, 4, 3),
            (8, 8, 5, 4),
            (12, 4, 3, 4),
        ] {
            let degrees = Degrees::new(left, right, d_out).unwrap();
            for starts in ALL {
                for dither in [false, true] {
                    let found = count(clash_free(starts, dither), degrees, Some(z)).unwrap();
                    let exact = found.exact.expect("small");
                    // All tables, valid or not, without help of the code under test.
                    let fact = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
                    let depth = left / z;
                    let orders = match starts {
                        Starts::PerSweepFree => fact(depth).powi((z * d_out) as i32),
                        Starts::PerSweep => (depth as f64).powi((z * d_out) as i32),
                        Starts::Once => (depth as f64).powi(z as i32),
                    };
                    let all = orders * if dither { fact(z).powi(d_out as i32) } else { 1.0 };
                    if all > 300_000.0 {
                        continue;
                    }
                    let expected = by_enumeration(degrees, z, starts, dither);
                    let what = format!("{degrees:?} z={z} {starts:?} dither={dither}");
                    assert_eq!(exact, expected.into(), "{what}");
                    assert!((found.log10 - (expected as f64).log10()).abs() < 1e-9, "{what}");
                    straddling += usize::from((expected as f64) < all);
                }
            }
        }
        assert!(straddling > 20, "{straddling} shapes with tables that give no pattern");
    }

    #[test]
    fn long_numbers_have_a_logarithm() {
        // (25!)^64 of 800 neurons in 32 banks: 25! = 15511210043330985984000000.
        let degrees = Degrees::new(800, 40, 2).unwrap();
        let found = count(clash_free(Starts::PerSweepFree, false), degrees, Some(32)).unwrap();
        let expected = 64.0 * 15_511_210_043_330_985_984_000_000f64.log10();
        assert!((found.log10 - expected).abs() < 1e-6, "{}", found.log10);
        assert_eq!(found.exact.unwrap().to_string().len(), expected as usize + 1);
        // 2^(2048·2048·…): too long to write down.
        let degrees = Degrees::new(4096, 4096, 64).unwrap();
        let found = count(clash_free(Starts::PerSweep, false), degrees, Some(2048)).unwrap();
        assert_eq!(found.exact, None);
        assert!((found.log10 - 2048.0 * 64.0 * 2f64.log10()).abs() < 1e-6, "{}", found.log10);
    }

    #[test]
    fn the_estimate_of_graphs_is_near_the_known_numbers() {
        // OEIS A001499, A001501: 6 × 6 matrices of row and column sum 2 and 3; n! of sum 1.
        for (n, d, known) in [(6, 2, 67_950f64), (6, 3, 297_200.0), (8, 1, 40_320.0)] {
            let degrees = Degrees::new(n, n, d).unwrap();
            let found = count(Family::RandomStructured, degrees, None).unwrap();
            assert!(found.estimate && found.counted == Counted::Graphs);
            assert!((found.log10 - known.log10()).abs() < 0.06, "{n}, {d}: {}", found.log10);
        }
        let full = count(Family::RandomStructured, Degrees::new(5, 5, 5).unwrap(), None).unwrap();
        assert_eq!((full.exact, full.estimate), (Some(1u32.into()), false));
    }

    #[test]
    fn a_parallelism_that_does_not_divide_is_refused() {
        let degrees = Degrees::new(9, 6, 2).unwrap();
        let family = clash_free(Starts::Once, false);
        assert_eq!(
            count(family, degrees, Some(4)),
            Err(GenerateError::Parallelism { left: 9, z: 4 })
        );
        assert_eq!(count(family, degrees, None), Err(GenerateError::ParallelismMissing { family }));
    }
}
