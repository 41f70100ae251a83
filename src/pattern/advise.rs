//! Which parallelism a pattern should be made for.
//!
//! Two ways to run a junction are considered. *Lines*: `z` divides `d_in`, so that no right neuron
//! shares a cycle with another, and lines take right neurons side by side, each with a copy of the
//! left memory. *Straddling*: one line, `|W|/z` cycles, where a cycle may end one right neuron and
//! begin the next.
//!
//! Straddling never takes fewer lanes. Let `z` lanes straddle, and `h = gcd(z, d_in)`. From
//! `z | N_l` it follows that `z | |W| = N_r·d_in`, so `z/h` divides `N_r`: `z/h` lines of `h` lanes
//! have `N_r·h/z` whole neurons each, of `d_in/h` cycles, and that are `z` lanes and `|W|/z` cycles as
//! well. But it does with one copy of the left memory, and larger `z` spread the left layer better.

use super::{Degrees, Family, Starts};
use serde::Serialize;

/// A way to run a junction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Banks of the left layer, and lanes of a line.
    pub z: usize,
    /// Lines that take right neurons side by side, each with `z` lanes.
    pub lines: usize,
    /// `z·lines`.
    pub lanes: usize,
    /// Clock cycles of a frame: `⌈N_r/lines⌉·d_in/z`.
    pub cycles: usize,
}

/// The ways to run a junction within so many cycles with the fewest lines for each `z`: first those
/// in which the hardware counts as the family does, then fewest lanes, then fewest lines.
///
/// The hardware can straddle where it counts, and needs no table for that without dither. Lines that
/// count from new starts for every sweep must be in the same sweep at any time. Lines of a last
/// junction may be done with one class a cycle, so with `d_in` lanes at most, which needs no rule
/// of its own: fewest lanes come first.
pub fn advise(degrees: Degrees, cycles: usize, family: Family) -> Vec<Choice> {
    let Degrees { left, right, d_in, .. } = degrees;
    let Family::ClashFree { starts, dither } = family else { return Vec::new() };
    let straddles = starts != Starts::PerSweepFree && !dither;
    let run = |z: usize| {
        let lines = if d_in.is_multiple_of(z) {
            let neurons = (cycles / (d_in / z)).min(right);
            (neurons > 0).then(|| right.div_ceil(neurons))
        } else {
            (straddles && degrees.edges() / z <= cycles).then_some(1)
        };
        lines.map(|lines| {
            let cycles = right.div_ceil(lines) * d_in / z;
            Choice { z, lines, lanes: z * lines, cycles }
        })
    };
    let counts = |choice: &Choice| {
        let Choice { z, lines, .. } = *choice;
        lines == 1 || starts != Starts::PerSweep || (left / z).is_multiple_of(lines * (d_in / z))
    };
    let banks = (1..=d_in).filter(|z| left.is_multiple_of(*z));
    let mut choices: Vec<Choice> = banks.filter_map(run).collect();
    choices.sort_by_key(|choice| (!counts(choice), choice.lanes, choice.lines));
    choices
}

/// The smallest limit for which [`advise`] has a choice: a line for each right neuron. By the proof
/// above no other parallelism takes fewer cycles.
pub fn fewest_cycles(degrees: Degrees) -> usize {
    degrees.d_in / num_integer::gcd(degrees.left, degrees.d_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONCE: Family = Family::ClashFree { starts: Starts::Once, dither: false };
    const PER_SWEEP: Family = Family::ClashFree { starts: Starts::PerSweep, dither: false };
    const FREE: Family = Family::ClashFree { starts: Starts::PerSweepFree, dither: false };

    fn best(shape: [usize; 3], cycles: usize, family: Family) -> Choice {
        let [left, right, d_out] = shape;
        advise(Degrees::new(left, right, d_out).unwrap(), cycles, family)[0]
    }

    #[test]
    fn the_published_network_in_50_cycles() {
        // 1600 edges are 50 cycles of 32, and 32 divides 800.
        let one_line = Choice { z: 32, lines: 1, lanes: 32, cycles: 50 };
        assert_eq!(best([800, 40, 2], 50, ONCE), one_line);
        assert_eq!(best([800, 40, 2], 50, PER_SWEEP), one_line);
        // With tables: 40 edges are 5 cycles on 8 lanes, and 10 neurons follow each other.
        let lines = Choice { z: 8, lines: 4, lanes: 32, cycles: 50 };
        assert_eq!(best([800, 40, 2], 50, FREE), lines);
        let dithered = Family::ClashFree { starts: Starts::Once, dither: true };
        assert_eq!(best([800, 40, 2], 50, dithered), lines);
        // In-degree 9 shares no divisor with 40 but 1: 5 neurons of 9 cycles on each of 8 lines.
        let straddling = Choice { z: 8, lines: 1, lanes: 8, cycles: 45 };
        assert_eq!(best([40, 40, 9], 50, ONCE), straddling);
        assert_eq!(best([40, 40, 9], 50, FREE), Choice { z: 1, lines: 8, ..straddling });
        let dense = Choice { z: 8, lines: 1, lanes: 8, cycles: 50 };
        assert_eq!(best([40, 10, 10], 50, PER_SWEEP), dense);
    }

    #[test]
    fn lines_stay_in_one_sweep() {
        // 260 = 13·20 edges on 20 banks of 40: six lines do six neurons in 13 cycles, two sweeps.
        let lines = Choice { z: 20, lines: 6, lanes: 120, cycles: 91 };
        assert_eq!(best([800, 40, 13], 100, ONCE), lines);
        let one_line = Choice { z: 160, lines: 1, lanes: 160, cycles: 65 };
        assert_eq!(best([800, 40, 13], 100, PER_SWEEP), one_line);
    }

    #[test]
    fn the_tightest_limit_has_a_line_for_each_neuron() {
        let degrees = Degrees::new(60, 24, 6).unwrap(); // in-degree 15
        assert_eq!(fewest_cycles(degrees), 1);
        let only = Choice { z: 15, lines: 24, lanes: 360, cycles: 1 };
        assert_eq!(advise(degrees, 1, ONCE), [only]);
        let degrees = Degrees::new(40, 40, 9).unwrap();
        assert_eq!((fewest_cycles(degrees), advise(degrees, 8, ONCE)), (9, vec![]));
    }

    /// Against trying every `z`, those that straddle neurons included, and every number of lines.
    #[test]
    fn no_other_way_has_fewer_lanes() {
        for left in 1..=24usize {
            for right in 1..=24 {
                for degrees in Degrees::feasible(left, right).unwrap() {
                    for cycles in 1..=degrees.edges().min(60) {
                        let mut least = None::<usize>;
                        for z in (1..=degrees.d_in).filter(|z| left.is_multiple_of(*z)) {
                            let whole = (1..=right).find(|lines| {
                                degrees.d_in.is_multiple_of(z)
                                    && right.div_ceil(*lines) * (degrees.d_in / z) <= cycles
                            });
                            let straddling = (degrees.edges().div_ceil(z) <= cycles).then_some(1);
                            for lines in [whole, straddling].into_iter().flatten() {
                                least = Some(least.map_or(z * lines, |least| least.min(z * lines)));
                            }
                        }
                        let found = advise(degrees, cycles, ONCE);
                        let what = format!("{degrees:?} in {cycles}");
                        assert_eq!(found.first().map(|c| c.lanes), least, "{what}");
                        for c in &found {
                            assert!(c.cycles <= cycles && c.lanes == c.z * c.lines, "{what}");
                            let line = right.div_ceil(c.lines) * degrees.d_in;
                            assert_eq!(c.cycles * c.z, line, "{what}");
                        }
                        assert!(
                            found
                                .windows(2)
                                .all(|p| { (p[0].lanes, p[0].lines) <= (p[1].lanes, p[1].lines) })
                        );
                    }
                }
            }
        }
    }
}
