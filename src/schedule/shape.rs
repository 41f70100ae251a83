//! How a junction's edges are laid over lanes and cycles, before anybody asks where the data lie.
//!
//! See `docs/decisions/0001-lanes.md`: a *serial* junction lets each unit of lanes take one right
//! neuron after the other; a *wide* one, with fewer cycles than a neuron has edges, gives each
//! right neuron lanes of its own and deals the rest over shared lanes. Both reach the optimum
//! `C = ceil(|W|/z)` whatever divides.

use num_integer::gcd;

/// The arrangement of a junction's lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Units take right neurons one after the other; unit `u` does steps `u·C` to `(u+1)·C − 1` of
    /// the `N_r·steps` of the junction.
    Serial {
        /// Groups of lanes with one accumulator each.
        units: usize,
        /// Lanes of a unit; divides `d_in`.
        lanes_per_unit: usize,
        /// Cycles a right neuron takes: `d_in / lanes_per_unit`, at most `C`.
        steps: usize,
    },
    /// Every right neuron is a unit.
    Wide {
        /// Lanes that work for one neuron only, all cycles: `floor(d_in / C)`.
        lanes_per_unit: usize,
        /// Edges of each neuron that its own lanes have no cycle for: `d_in mod C`.
        rest: usize,
        /// Lanes that take the rests, `ceil(N_r·rest / C)`.
        shared_lanes: usize,
    },
}

/// Where an edge is processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Lane of the junction: units' lanes first, shared lanes after them.
    pub lane: usize,
    /// Cycle of the frame.
    pub cycle: usize,
}

impl Shape {
    /// Every shape that processes `right` neurons of in-degree `d_in` on at most `lanes` lanes in
    /// exactly `ceil(right·d_in / lanes)` cycles.
    pub fn candidates(right: usize, d_in: usize, lanes: usize) -> Vec<Shape> {
        let cycles = (right * d_in).div_ceil(lanes);
        let common = gcd(d_in, lanes);
        let mut shapes = Vec::new();
        for lanes_per_unit in (1..=common).filter(|w| common.is_multiple_of(*w)) {
            let steps = d_in / lanes_per_unit;
            if steps <= cycles {
                let units = (right * steps).div_ceil(cycles);
                shapes.push(Shape::Serial { units, lanes_per_unit, steps });
            }
        }
        if d_in >= cycles {
            let rest = d_in % cycles;
            shapes.push(Shape::Wide {
                lanes_per_unit: d_in / cycles,
                rest,
                shared_lanes: (right * rest).div_ceil(cycles),
            });
        }
        shapes
    }

    /// Units, given the number of right neurons.
    pub fn units(&self, right: usize) -> usize {
        match *self {
            Shape::Serial { units, .. } => units,
            Shape::Wide { .. } => right,
        }
    }

    /// Lanes of one unit, the shared ones not counted.
    pub fn lanes_per_unit(&self) -> usize {
        match *self {
            Shape::Serial { lanes_per_unit, .. } | Shape::Wide { lanes_per_unit, .. } => {
                lanes_per_unit
            }
        }
    }

    /// Lanes that several neurons share.
    pub fn shared_lanes(&self) -> usize {
        match *self {
            Shape::Serial { .. } => 0,
            Shape::Wide { shared_lanes, .. } => shared_lanes,
        }
    }

    /// All lanes.
    pub fn lanes(&self, right: usize) -> usize {
        self.units(right) * self.lanes_per_unit() + self.shared_lanes()
    }

    /// Cycles in which the lanes of one unit work for one neuron.
    pub fn steps(&self, cycles: usize) -> usize {
        match *self {
            Shape::Serial { steps, .. } => steps,
            Shape::Wide { .. } => cycles,
        }
    }

    /// Where edge `k` of right neuron `r` is processed; `k` counts the neuron's edges in the order
    /// in which the schedule deals them: `steps` to a lane, shared lanes last.
    pub fn place(&self, right: usize, cycles: usize, r: usize, k: usize) -> Place {
        match *self {
            Shape::Serial { lanes_per_unit, steps, .. } => {
                let at = r * steps + k % steps;
                Place { lane: at / cycles * lanes_per_unit + k / steps, cycle: at % cycles }
            }
            Shape::Wide { lanes_per_unit, rest, .. } => {
                let own = lanes_per_unit * cycles;
                if k < own {
                    Place { lane: r * lanes_per_unit + k / cycles, cycle: k % cycles }
                } else {
                    let at = r * rest + k - own;
                    Place { lane: right * lanes_per_unit + at / cycles, cycle: at % cycles }
                }
            }
        }
    }

    /// Which unit gives the result of right neuron `r`, and as which of its results.
    pub fn result(&self, cycles: usize, r: usize) -> (usize, usize) {
        match *self {
            Shape::Serial { steps, .. } => {
                let unit = r * steps / cycles;
                (unit, r - (unit * cycles).div_ceil(steps))
            }
            Shape::Wide { .. } => (r, 0),
        }
    }

    /// The most results that one unit gives in a frame.
    pub fn result_rows(&self, cycles: usize, right: usize) -> usize {
        (0..right).map(|r| self.result(cycles, r).1 + 1).max().unwrap_or(0)
    }

    /// For each unit, the right neurons it works on in order, as its bias ROM lists them; `None`
    /// where it starts from the sum that the unit after holds.
    pub fn segments(&self, cycles: usize, right: usize) -> Vec<Vec<Option<usize>>> {
        match *self {
            Shape::Serial { units, steps, .. } => (0..units)
                .map(|u| {
                    let (first, end) = (u * cycles, ((u + 1) * cycles).min(right * steps));
                    (first / steps..end.div_ceil(steps))
                        .map(|r| ((r + 1) * steps <= end).then_some(r))
                        .collect()
                })
                .collect(),
            Shape::Wide { .. } => (0..right).map(|r| vec![Some(r)]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every edge has one place of its own, in range, for every candidate of many shapes.
    #[test]
    fn places_are_distinct_and_in_range() {
        for right in [1usize, 2, 7, 10, 40] {
            for d_in in [1, 2, 3, 9, 17, 40] {
                for lanes in 1..=right * d_in {
                    let cycles = (right * d_in).div_ceil(lanes);
                    let shapes = Shape::candidates(right, d_in, lanes);
                    assert!(!shapes.is_empty(), "{right}x{d_in} on {lanes} lanes");
                    for shape in shapes {
                        let width = shape.lanes(right);
                        assert!(width <= lanes, "{shape:?} has more than {lanes} lanes");
                        let mut used = vec![false; width * cycles];
                        for r in 0..right {
                            for k in 0..d_in {
                                let p = shape.place(right, cycles, r, k);
                                assert!(p.lane < width && p.cycle < cycles, "{shape:?} {p:?}");
                                let seen = &mut used[p.cycle * width + p.lane];
                                assert!(!*seen, "{shape:?} uses {p:?} twice");
                                *seen = true;
                            }
                        }
                    }
                }
            }
        }
    }

    /// The issue's own example: 40 neurons of in-degree 40 on 32 lanes take 50 cycles.
    #[test]
    fn forty_by_forty_on_32_lanes_takes_50_cycles() {
        let best = Shape::Serial { units: 4, lanes_per_unit: 8, steps: 5 };
        assert!(Shape::candidates(40, 40, 32).contains(&best));
    }
}
