//! Which parallelism a pattern should be made for.
//!
//! Only parallelisms that divide `d_in` are considered, so that no right neuron shares a cycle with
//! another. Nothing is lost by that. Let `z` lanes straddle neurons and take `|W|/z` cycles, and
//! `h = gcd(z, d_in)`. From `z | N_l` it follows that `z | |W| = N_r·d_in`, so `z/h` divides `N_r`:
//! `z/h` lines of `h` lanes have `N_r·h/z` whole neurons each, of `d_in/h` cycles, and that are `z`
//! lanes and `|W|/z` cycles as well.

use super::Degrees;
use serde::Serialize;
use std::cmp::Reverse;

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

/// The ways to run a junction within so many cycles with the fewest lines for each `z` that divides
/// both `N_l` and `d_in`: fewest lanes first, then largest `z`.
pub fn advise(degrees: Degrees, cycles: usize) -> Vec<Choice> {
    let Degrees { left, right, d_in, .. } = degrees;
    let divides_both = |z: &usize| left.is_multiple_of(*z) && d_in.is_multiple_of(*z);
    let run = |z: usize| {
        let steps = d_in / z;
        let neurons = (cycles / steps).min(right);
        (neurons > 0).then(|| {
            let lines = right.div_ceil(neurons);
            Choice { z, lines, lanes: z * lines, cycles: right.div_ceil(lines) * steps }
        })
    };
    let mut choices: Vec<Choice> = (1..=d_in).filter(divides_both).filter_map(run).collect();
    choices.sort_by_key(|choice| (choice.lanes, Reverse(choice.z)));
    choices
}

/// The smallest limit for which [`advise`] has a choice: a line for each right neuron. By the proof
/// above no other parallelism takes fewer cycles.
pub fn fewest_cycles(degrees: Degrees) -> usize {
    degrees.d_in / super::densities::gcd(degrees.left, degrees.d_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(left: usize, right: usize, d_out: usize, cycles: usize) -> Choice {
        advise(Degrees::new(left, right, d_out).unwrap(), cycles)[0]
    }

    #[test]
    fn the_published_network_in_50_cycles() {
        // 40 neurons of in-degree 40: 5 cycles each on 8 lanes, 10 of them one after the other.
        let expected = Choice { z: 8, lines: 4, lanes: 32, cycles: 50 };
        assert_eq!(best(800, 40, 2, 50), expected);
        // In-degree 9 shares no divisor with 40 but 1: 5 neurons of 9 cycles on each of 8 lines.
        assert_eq!(best(40, 40, 9, 50), Choice { z: 1, lines: 8, lanes: 8, cycles: 45 });
        assert_eq!(best(40, 10, 10, 50), Choice { z: 8, lines: 1, lanes: 8, cycles: 50 });
    }

    #[test]
    fn the_tightest_limit_has_a_line_for_each_neuron() {
        let degrees = Degrees::new(60, 24, 6).unwrap(); // in-degree 15
        assert_eq!(fewest_cycles(degrees), 1);
        assert_eq!(advise(degrees, 1), [Choice { z: 15, lines: 24, lanes: 360, cycles: 1 }]);
        let degrees = Degrees::new(40, 40, 9).unwrap();
        assert_eq!((fewest_cycles(degrees), advise(degrees, 8)), (9, vec![]));
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
                        let found = advise(degrees, cycles);
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
                                .all(|p| { (p[0].lanes, p[1].z) <= (p[1].lanes, p[0].z) })
                        );
                    }
                }
            }
        }
    }
}
