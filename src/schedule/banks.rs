//! Kind *tied*: banks for the left neurons of any pattern, such that lanes can be tied to them.
//!
//! A shape of `V` lines of `w` lanes with `steps` cycles for a right neuron works if no right neuron
//! has more than `steps` edges to the left neurons of one lane. Three ways lead there: the order in
//! which the layer comes may do already; where that order is free, it is chosen; otherwise a table
//! places each word in one of the banks that its slot reaches.

use super::offers::{Found, Job, Plan};
use super::tied::{Addresses, Tied, Work};
use crate::ids::Neuron;
use crate::interleave::search::{Bin, Effort, Task, least_excess, search, tightness};
use num_integer::gcd;

/// One lane in so many may be spared to find banks more easily.
const SPARE: usize = 6;

/// So many numbers of lanes are looked at for each number of lines, about.
const WIDTHS: usize = 6;

/// So many shapes share the effort of a search.
const SHAPES: u64 = 6;

/// Above this [`tightness`] no search is begun.
const HOPELESS: f64 = 0.6;

/// Most banks that one lane selects from.
const MOST_WAYS: usize = 16;

/// A shape of tied lanes whose banks are still to be found.
struct Candidate {
    tied: Tied,
    steps: usize,
}

impl Job<'_> {
    /// The cheapest shape of tied lanes with a table of addresses for which banks are found.
    ///
    /// # Errors
    /// Why there is none that ranks below `bound`.
    pub(super) fn table(&self, bound: f64) -> Found {
        if !self.layout.lockstep {
            return Err("the layer before writes its results at times of their own, so that they \
                        cannot be dealt over banks as lanes need them"
                .to_owned());
        }
        let candidates = self.candidates();
        if candidates.is_empty() {
            return Err(format!("no shape of tied lanes keeps to {} cycles", self.cycles));
        }
        let mut closest: Option<(u64, Candidate)> = None;
        let mut effort = self.preferences.effort;
        let mut tight = 0usize;
        for (rank, candidate) in candidates {
            // the cheapest comes first
            if rank >= bound {
                let remark = "would cost more than what was chosen, so banks were not searched for";
                return Err(self.none(closest, tight).unwrap_or_else(|| remark.to_owned()));
            }
            if self.hopeless(&candidate) {
                tight += 1;
                continue;
            }
            match self.assign(&candidate, &mut effort) {
                Ok((tied, order)) => {
                    let tied = tied.settled(self.layout.slots);
                    let costed = "what was costed as a plan is one, its banks no deeper now";
                    return Ok(self.tied_plan(tied, order, None).expect(costed));
                }
                Err(excess) if closest.as_ref().is_none_or(|(least, _)| excess < *least) => {
                    closest = Some((excess, candidate));
                }
                Err(_) => {}
            }
            if effort == 0 {
                break;
            }
        }
        let nothing = "every shape has too many edges for the choice of banks that it leaves";
        Err(self.none(closest, tight).unwrap_or_else(|| nothing.to_owned()))
    }

    /// What is to be said of a search that found nothing.
    fn none(&self, closest: Option<(u64, Candidate)>, tight: usize) -> Option<String> {
        let (excess, Candidate { tied, steps }) = closest?;
        let (lines, width, effort) = (tied.lines, tied.width, self.preferences.effort);
        let hopeless = match tight {
            0 => String::new(),
            n => format!("; {n} cheaper shapes are too tight to be searched"),
        };
        Some(format!(
            "no banks found in {effort} steps: the best, for {lines} x {width} lanes, have {excess} \
             edges too many for their right neuron's {steps} cycles on a lane{hopeless}"
        ))
    }

    /// Every shape within the budget with its rank, the cheapest first: for each number
    /// of lines the fewest lanes and some more, for each of those the ways to deal or place.
    fn candidates(&self) -> Vec<(f64, Candidate)> {
        let pattern = &self.junction.pattern;
        let (left, right, d_in) = (pattern.left(), pattern.right(), pattern.d_in());
        let mut found = Vec::new();
        let mut rounds = 0;
        for lines in 1..=right {
            // more lines for as many rounds are no use
            if right.div_ceil(lines) == rounds {
                continue;
            }
            rounds = right.div_ceil(lines);
            let steps = (self.cycles / rounds).min(d_in);
            if steps == 0 {
                continue;
            }
            let fewest = d_in.div_ceil(steps);
            let spare = fewest.div_ceil(SPARE);
            for width in (fewest..=(fewest + spare).min(left)).step_by(spare.div_ceil(WIDTHS)) {
                if !self.lanes_fit(width * lines) {
                    continue;
                }
                let work = Work::Aligned { steps };
                let dealt = self.dealt(width, lines, work, Addresses::Table);
                let natural = self.fits(&dealt, steps) && self.every_lane_has_a_word(&dealt);
                if !natural {
                    found.extend(self.placed(&dealt));
                }
                if natural || (self.free && self.in_order()) {
                    found.push(dealt);
                }
            }
        }
        let costed = |tied: Tied| {
            let steps = tied.steps().expect("all are aligned");
            let plan: Option<Plan> = self.tied_plan(tied.clone(), None, None);
            plan.map(|plan| (plan.offered.cost.rank(), Candidate { tied, steps }))
        };
        let mut costed: Vec<_> = found.into_iter().filter_map(costed).collect();
        costed.sort_by(|a, b| a.0.total_cmp(&b.0));
        costed
    }

    /// Ways to place by a table: a slot reaches more lanes, and a lane more banks, the more stripes
    /// there are.
    fn placed(&self, dealt: &Tied) -> Vec<Tied> {
        let (slots, width) = (self.layout.slots, dealt.width);
        let common = gcd(width, slots);
        let ways = [1, 2, 4].map(|times| (width / common * times, slots / common * times));
        ways.into_iter()
            .filter(|&(stripes, ways)| {
                (2..=width.min(self.layout.rows)).contains(&stripes) && ways <= MOST_WAYS
            })
            .map(|(stripes, _)| {
                // some room to choose; banks are as deep as a power of two anyway
                let most = self.layout.rows.div_ceil(stripes);
                let bank_rows = (most + most.div_ceil(8)).next_power_of_two();
                Tied { stripes, bank_rows, placed: true, ..dealt.clone() }
            })
            .collect()
    }

    /// Whether random patterns of this shape have no such banks, or so few that no search finds them.
    fn hopeless(&self, candidate: &Candidate) -> bool {
        let (tied, pattern) = (&candidate.tied, &self.junction.pattern);
        if !tied.placed && self.fits(tied, candidate.steps) {
            return false;
        }
        let reach = if tied.placed { tied.stripes } else { tied.width };
        let (left, right, d_in) = (pattern.left(), pattern.right(), pattern.d_in());
        tightness(left, right, d_in, tied.width, candidate.steps, reach) > HOPELESS
    }

    /// Banks for the left neurons, such that no right neuron has more edges to a lane than cycles.
    /// Gives the order of the left layer, too, where that is what does it.
    ///
    /// # Errors
    /// The least number of edges that remained too many.
    fn assign(
        &self,
        candidate: &Candidate,
        effort: &mut u64,
    ) -> Result<(Tied, Option<Vec<u32>>), u64> {
        let pattern = &self.junction.pattern;
        let Candidate { tied, steps } = candidate;
        if !tied.placed && self.fits(tied, *steps) && self.every_lane_has_a_word(tied) {
            return Ok((tied.clone(), None));
        }
        let (class, bins) = self.bins(tied);
        let task = Task { pattern, lanes: tied.width, limit: *steps, class: &class, bins: &bins };
        let least = least_excess(&task);
        if least > 0 {
            return Err(least);
        }
        let share = (self.preferences.effort / SHAPES).max(1).min(*effort);
        let found = search(&task, self.preferences.seed, Effort(share)).map_err(|_| u64::MAX)?;
        *effort = effort.saturating_sub(found.work);
        if found.excess > 0 {
            return Err(found.excess);
        }
        if !tied.placed {
            return Ok((tied.clone(), Some(order_by_bank(&found.bin, tied.width))));
        }
        let mut rows = vec![0u32; self.layout.slots * tied.stripes];
        let place = found.bin.iter().zip(&class).map(|(&stripe, &slot)| {
            let row = &mut rows[slot as usize * tied.stripes + stripe as usize];
            *row += 1;
            (stripe, *row - 1)
        });
        let place = place.collect();
        // no deeper than what was placed, but with room for what a bus writes without a neuron
        let most = rows.iter().copied().max().unwrap_or(0) as usize;
        let bank_rows = most.max(self.layout.rows.div_ceil(tied.stripes));
        let tied = Tied { place, bank_rows, ..tied.clone() };
        if self.every_lane_has_a_word(&tied) { Ok((tied, None)) } else { Err(u64::MAX) }
    }

    /// Class of each left neuron, bins of each class: positions that are dealt to a lane, or a
    /// slot's stripes.
    fn bins(&self, tied: &Tied) -> (Vec<u32>, Vec<Vec<Bin>>) {
        let (left, width, slots) = (self.junction.pattern.left(), tied.width, self.layout.slots);
        let bin = |lane: usize, capacity: usize| Bin {
            lane: Neuron::new(lane).0,
            capacity: Neuron::new(capacity).0,
        };
        if !tied.placed {
            let bins = (0..width).map(|lane| bin(lane, (left - lane).div_ceil(width)));
            return (vec![0; left], vec![bins.collect()]);
        }
        let of_slot = |slot| {
            let lane = |stripe| tied.bank_of(slots, slot, stripe) % width;
            (0..tied.stripes).map(|stripe| bin(lane(stripe), tied.bank_rows)).collect()
        };
        let class = self.layout.place.iter().map(|&(slot, _)| slot).collect();
        (class, (0..slots).map(of_slot).collect())
    }

    /// Whether no right neuron has more than `steps` edges to a lane.
    fn fits(&self, tied: &Tied, steps: usize) -> bool {
        let pattern = &self.junction.pattern;
        let mut count = vec![0usize; tied.width];
        pattern.left_ends().chunks_exact(pattern.d_in()).all(|row| {
            count.fill(0);
            row.iter().all(|l| {
                let n = &mut count[tied.lane(self.layout, l.at())];
                *n += 1;
                *n <= steps
            })
        })
    }

    /// An idle lane reads one of its words all the same, so it must have one.
    fn every_lane_has_a_word(&self, tied: &Tied) -> bool {
        let mut has = vec![false; tied.width];
        for n in 0..self.junction.pattern.left() {
            has[tied.lane(self.layout, n)] = true;
        }
        has.into_iter().all(|h| h)
    }
}

/// The order of a layer in which positions dealt to a lane have the neurons of that lane.
fn order_by_bank(lane: &[u32], lanes: usize) -> Vec<u32> {
    let mut next: Vec<usize> = (0..lanes).collect();
    let mut order = vec![0; lane.len()];
    for (neuron, &lane) in lane.iter().enumerate() {
        let position = &mut next[lane as usize];
        order[*position] = Neuron::new(neuron).0;
        *position += lanes;
    }
    order
}
