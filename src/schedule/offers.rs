//! What each kind of interleaver can do for a junction.

use super::choose::Offered;
use super::copies::Copies;
use super::cost;
use super::network::Network;
use super::renumber::renumber_right;
use super::tied::{Addresses, Tied, Work};
use super::{Interleaver, Layout, Preferences, Schedule};
use crate::ids::Neuron;
use crate::interleave::recognise::{self, Recognised, first_clash, recognise};
use crate::interleave::search::{Bin, Effort, Task, search, tightness};
use crate::pattern::Pattern;
use crate::quantise::QuantJunction;

/// One lane in so many may be spared to find banks more easily.
const SPARE: usize = 6;

/// So many shapes share the effort of a search.
const SHAPES: u64 = 6;

/// Above this [`tightness`] no search is begun.
const HOPELESS: f64 = 0.6;

/// A junction in its place.
pub(super) struct Site<'a> {
    /// Number of the junction.
    pub number: usize,
    /// The junction, its layers in the order in which they come.
    pub junction: &'a QuantJunction,
    /// How its left layer is written.
    pub layout: &'a Layout,
    /// Whether the left layer may come in another order.
    pub free: bool,
    /// Whether its right neurons are the classes, which keep their order.
    pub last: bool,
    /// The fewest lanes that keep to the budget.
    pub lanes: usize,
    /// Most lanes, where the budget has a limit.
    pub most_lanes: Option<usize>,
    /// Most cycles.
    pub cycles: usize,
    /// What the user prefers.
    pub preferences: &'a Preferences,
}

/// An interleaver that fits.
pub(super) struct Plan {
    /// Its size and cost.
    pub offered: Offered,
    /// What it is.
    kind: PlanKind,
    /// The order in which its left layer must come, if not as it does.
    pub left_order: Option<Vec<u32>>,
    /// The order in which its right neurons must come, if not as they do.
    pub right_order: Option<Vec<u32>>,
}

enum PlanKind {
    Copies(Copies),
    Tied(Tied),
    Network(Network),
}

/// A plan, or why there is none.
type Found = Result<Plan, String>;

impl Plan {
    /// Whether the right neurons may come in any order.
    pub fn right_is_free(&self) -> bool {
        match &self.kind {
            PlanKind::Copies(_) | PlanKind::Network(_) => true,
            PlanKind::Tied(tied) => {
                tied.steps().is_some() && !matches!(tied.addresses, Addresses::Counted { .. })
            }
        }
    }

    /// The right layer as this junction writes it.
    pub fn layout_out(&self, pattern: &Pattern) -> Layout {
        match &self.kind {
            PlanKind::Copies(copies) => {
                Layout::of_shape(copies.shape, self.offered.cycles, pattern.right())
            }
            PlanKind::Tied(tied) => tied.layout_out(pattern),
            PlanKind::Network(network) => network.layout_out(pattern.right()),
        }
    }

    /// Lays the edges over lanes and cycles, now that both layers have their order.
    pub fn schedule(self, junction: &QuantJunction, layout: Layout) -> Schedule {
        match self.kind {
            PlanKind::Copies(copies) => copies.schedule(junction, self.offered.cycles, layout),
            PlanKind::Tied(tied) => tied.schedule(&junction.pattern, layout),
            PlanKind::Network(network) => network.schedule(&junction.pattern, layout),
        }
    }
}

impl Site<'_> {
    /// The cheapest interleaver of a kind, looked for as long as it may cost less than `bound` LUTs.
    ///
    /// # Errors
    /// Why there is none.
    pub fn offer(&self, kind: Interleaver, bound: f64) -> Found {
        match kind {
            Interleaver::Copies => Ok(self.copies()),
            Interleaver::Counter | Interleaver::Starts => self.counted(kind),
            Interleaver::Tied => self.table(bound),
            Interleaver::Network => self.network(),
            Interleaver::Auto => unreachable!("kinds are offered one by one"),
        }
    }

    fn copies(&self) -> Plan {
        let (cost, copies) = Copies::cheapest(self.junction, self.lanes, self.layout);
        let (lanes, cycles) = (
            copies.shape.lanes(self.junction.pattern.right()),
            self.junction.pattern.edges().div_ceil(self.lanes),
        );
        let offered = Offered { lanes, cycles, cost };
        Plan { offered, kind: PlanKind::Copies(copies), left_order: None, right_order: None }
    }

    fn network(&self) -> Found {
        let (cost, network) =
            Network::cheapest(self.junction, self.cycles, self.lanes_allowed(), self.layout)?;
        let offered = Offered { lanes: network.lanes(), cycles: network.cycles, cost };
        let kind = PlanKind::Network(network);
        Ok(Plan { offered, kind, left_order: None, right_order: None })
    }

    /// Whether neurons come in the order of their numbers, slot after slot.
    fn in_order(&self) -> bool {
        let natural = |order: Vec<u32>| order.iter().enumerate().all(|(p, &n)| p == n as usize);
        self.layout.lockstep && self.layout.positions().is_some_and(natural)
    }

    /// The fewest lines on which right neurons of `steps` cycles each keep to the budget.
    fn lines_for(&self, steps: usize) -> Option<usize> {
        let rounds = self.cycles / steps;
        (rounds > 0).then(|| self.junction.pattern.right().div_ceil(rounds))
    }

    /// Whether a junction may have this many lanes.
    fn lanes_fit(&self, lanes: usize) -> bool {
        lanes <= self.lanes_allowed()
    }

    /// The most lanes that are within the budget, and not so many that they cannot be cheap.
    fn lanes_allowed(&self) -> usize {
        self.most_lanes.unwrap_or(2 * self.lanes + 8)
    }

    /// Finishes a plan of tied lanes, if its results can be written.
    fn tied_plan(
        &self,
        mut tied: Tied,
        left: Option<Vec<u32>>,
        right: Option<Vec<u32>>,
    ) -> Option<Plan> {
        let pattern = &self.junction.pattern;
        tied.shared = tied.lines > 1 && pattern.d_in() == pattern.left();
        if tied.stripes > self.layout.rows || (self.last && tied.slots_out(pattern.d_in()) > 1) {
            return None;
        }
        let cost = cost::tied(self.junction, &tied, self.layout);
        let offered = Offered { lanes: tied.lanes(), cycles: tied.cycles(pattern), cost };
        let kind = PlanKind::Tied(tied);
        Some(Plan { offered, kind, left_order: left, right_order: right })
    }

    /// Kinds counter and starts.
    fn counted(&self, kind: Interleaver) -> Found {
        let pattern = &self.junction.pattern;
        if !self.in_order() {
            return Err(
                "the layer before writes several results at once, in no regular order, so \
                        addresses cannot be counted"
                    .to_owned(),
            );
        }
        let (left, d_in) = (pattern.left(), pattern.d_in());
        let widths = (1..=d_in.min(left)).rev().filter(|w| left.is_multiple_of(*w));
        let mut best: Option<Plan> = None;
        let mut tried = Vec::new();
        for width in widths {
            let lines = match d_in.is_multiple_of(width) {
                true => self.lines_for(d_in / width),
                false => (pattern.edges().div_ceil(width) <= self.cycles).then_some(1),
            };
            let Some(lines) = lines.filter(|lines| self.lanes_fit(lines * width)) else { continue };
            tried.push(width);
            let Some(plan) = self.counted_on(kind, width, lines) else { continue };
            if best.as_ref().is_none_or(|b| plan.offered.cost.luts < b.offered.cost.luts) {
                best = Some(plan);
            }
        }
        best.ok_or_else(|| match tried.as_slice() {
            [] => format!(
                "no number of banks that divides {left} left neurons keeps to {} cycles",
                self.cycles
            ),
            [width, ..] => {
                let clash =
                    first_clash(pattern, *width).map(|c| format!("; on {width} banks, {c}"));
                format!(
                    "the pattern is of no such family on {} banks{}",
                    tried.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                    clash.unwrap_or_default()
                )
            }
        })
    }

    fn counted_on(&self, kind: Interleaver, width: usize, lines: usize) -> Option<Plan> {
        let pattern = &self.junction.pattern;
        let mut found = recognise(pattern, width)?;
        let mut right_order = None;
        let natural = found.order.iter().enumerate().all(|(p, n)| p == n.at());
        if !natural {
            if self.last {
                return None;
            }
            // again in the order found, so that edges have the numbers that they will have
            let order: Vec<u32> = found.order.iter().map(|n| n.0).collect();
            found = recognise(&renumber_right(self.junction, &order).pattern, width)?;
            if !found.order.iter().enumerate().all(|(p, n)| p == n.at()) {
                return None;
            }
            right_order = Some(order);
        }
        let Recognised { cycle, addresses, in_bank_order, .. } = found;
        let depth = pattern.left() / width;
        let starts = match addresses {
            recognise::Addresses::Counter { start } if kind == Interleaver::Counter => vec![start],
            recognise::Addresses::Starts { starts } if kind == Interleaver::Starts => starts,
            _ => return None,
        };
        let work = match pattern.d_in().is_multiple_of(width) {
            true => Work::Aligned { steps: pattern.d_in() / width },
            false => Work::Straddling {
                cycle: cycle.clone(),
                block: if in_bank_order { gcd(width, pattern.d_in()) } else { 1 },
                masks: !in_bank_order,
            },
        };
        // with new starts a sweep, all lines must be in the same sweep
        if let Work::Aligned { steps } = work
            && starts.len() > 1
            && lines > 1
            && !depth.is_multiple_of(lines * steps)
        {
            return None;
        }
        let tied = self.dealt(width, lines, work, Addresses::Counted { starts, depth, cycle });
        let ways = tied.banks_per_lane(self.layout.slots);
        if !ways.is_power_of_two() {
            return None;
        }
        self.tied_plan(tied.settled(self.layout.slots), None, right_order)
    }

    /// Tied lanes whose banks are dealt in the order of arrival.
    fn dealt(&self, width: usize, lines: usize, work: Work, addresses: Addresses) -> Tied {
        let stripes = width / gcd(width, self.layout.slots);
        let place = self.layout.dealt(stripes);
        let bank_rows = self.layout.rows.div_ceil(stripes);
        Tied {
            lines,
            width,
            work,
            stripes,
            bank_rows,
            place,
            placed: false,
            addresses,
            shared: false,
        }
    }

    /// Kind tied: lanes tied to banks, a table of addresses.
    fn table(&self, bound: f64) -> Found {
        if !self.layout.lockstep {
            return Err("the layer before writes its results at times of their own, so that they \
                        cannot be dealt over banks as lanes need them"
                .to_owned());
        }
        let pattern = &self.junction.pattern;
        let mut best: Option<Plan> = None;
        let mut closest: Option<(u64, usize, usize)> = None;
        let mut cheaper = true;
        let mut effort = self.preferences.effort;
        for (width, lines, steps) in self.table_shapes() {
            let limit = best.as_ref().map_or(bound, |b| b.offered.cost.luts.min(bound));
            let plain = self.dealt(width, lines, Work::Aligned { steps }, Addresses::Table);
            let fits = |plan: &Plan| plan.offered.cost.luts < limit;
            if !self.tied_plan(plain.clone(), None, None).as_ref().is_some_and(fits) {
                cheaper = false;
                continue;
            }
            if effort == 0 {
                break;
            }
            let reach = if self.free { width } else { plain.stripes };
            let tight =
                tightness(pattern.left(), pattern.right(), pattern.d_in(), width, steps, reach);
            if tight > HOPELESS && self.excess(&plain, steps) > 0 {
                continue;
            }
            match self.assign(plain, steps, &mut effort) {
                Ok((tied, order)) => {
                    let plan = self.tied_plan(tied, order, None).filter(fits);
                    best = plan.or(best);
                }
                Err(excess) => {
                    if closest.is_none_or(|(least, ..)| excess < least) {
                        closest = Some((excess, width, steps));
                    }
                }
            }
        }
        best.ok_or_else(|| match (closest, cheaper) {
            (Some((excess, width, steps)), _) => format!(
                "no banks found for {width} lanes: in the best ones, {excess} edges are too many \
                 for their right neuron's {steps} cycles on their lane"
            ),
            (None, true) => format!("no shape of tied lanes keeps to {} cycles", self.cycles),
            (None, false) => "would cost more, so no banks were searched for".to_owned(),
        })
    }

    /// Lanes of a line, lines, cycles of a right neuron: the fewest lanes for each number of lines
    /// and some more, the cheapest first.
    fn table_shapes(&self) -> Vec<(usize, usize, usize)> {
        let pattern = &self.junction.pattern;
        let (left, right, d_in) = (pattern.left(), pattern.right(), pattern.d_in());
        let mut shapes = Vec::new();
        for lines in 1..=right {
            let steps = (self.cycles / right.div_ceil(lines)).min(d_in);
            if steps == 0 {
                continue;
            }
            // with some lanes more than needed, banks are much easier to find
            let fewest = d_in.div_ceil(steps);
            for width in fewest..=(fewest + fewest.div_ceil(SPARE)).min(left) {
                if self.lanes_fit(width * lines) {
                    shapes.push((width, lines, d_in.div_ceil(width).max(steps)));
                }
            }
        }
        let cost = |&(width, lines, steps): &(usize, usize, usize)| {
            let tied = self.dealt(width, lines, Work::Aligned { steps }, Addresses::Table);
            cost::tied(self.junction, &tied, self.layout).luts
        };
        shapes.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
        shapes
    }

    /// Banks for the left neurons, such that no right neuron has more than `steps` edges to a lane.
    /// Gives the order of the left layer, too, where that is what does it.
    ///
    /// # Errors
    /// The least number of edges that remained too many.
    fn assign(
        &self,
        mut tied: Tied,
        steps: usize,
        effort: &mut u64,
    ) -> Result<(Tied, Option<Vec<u32>>), u64> {
        let pattern = &self.junction.pattern;
        let natural = self.excess(&tied, steps);
        if natural == 0 && self.every_lane_has_a_word(&tied) {
            return Ok((tied.settled(self.layout.slots), None));
        }
        let width = tied.width;
        let (class, bins, positions) = match (self.free, self.in_order()) {
            (true, true) => {
                let capacity = |lane: usize| (pattern.left() - lane).div_ceil(width) as u32;
                let bins = (0..width).map(|l| Bin { lane: l as u32, capacity: capacity(l) });
                (vec![0; pattern.left()], vec![bins.collect()], true)
            }
            _ => {
                let slots = self.layout.slots;
                if tied.stripes == 1 {
                    return Err(natural);
                }
                // some room to choose; banks are as deep as a power of two anyway
                let most = self.layout.rows.div_ceil(tied.stripes);
                tied.bank_rows = (most + most.div_ceil(4)).next_power_of_two();
                tied.placed = true;
                let bins = (0..slots).map(|slot| {
                    let lane = |stripe| (slot + slots * stripe) % width;
                    let capacity = tied.bank_rows as u32;
                    (0..tied.stripes).map(|s| Bin { lane: lane(s) as u32, capacity }).collect()
                });
                let class = self.layout.place.iter().map(|&(slot, _)| slot).collect();
                (class, bins.collect(), false)
            }
        };
        let task = Task { pattern, lanes: width, limit: steps, class: &class, bins: &bins };
        let share = (self.preferences.effort / SHAPES).max(1).min(*effort);
        let found = search(&task, self.preferences.seed, Effort(share)).map_err(|_| natural)?;
        *effort = effort.saturating_sub(found.work);
        if found.excess > 0 {
            return Err(found.excess);
        }
        if positions {
            // the neurons of a lane come to the positions that are dealt to it
            let mut next: Vec<usize> = (0..width).collect();
            let mut order = vec![0u32; pattern.left()];
            for (neuron, &bin) in found.bin.iter().enumerate() {
                let position = &mut next[bin as usize];
                order[*position] = Neuron::new(neuron).0;
                *position += width;
            }
            return Ok((tied.settled(self.layout.slots), Some(order)));
        }
        let mut rows = vec![0u32; self.layout.slots * tied.stripes];
        tied.place = found
            .bin
            .iter()
            .zip(&class)
            .map(|(&stripe, &slot)| {
                let row = &mut rows[slot as usize * tied.stripes + stripe as usize];
                *row += 1;
                (stripe, *row - 1)
            })
            .collect();
        if !self.every_lane_has_a_word(&tied) {
            return Err(natural);
        }
        Ok((tied.settled(self.layout.slots), None))
    }

    /// Edges of right neurons to lanes beyond `steps`.
    fn excess(&self, tied: &Tied, steps: usize) -> u64 {
        let pattern = &self.junction.pattern;
        let mut count = vec![0usize; tied.width];
        let mut excess = 0;
        for row in pattern.left_ends().chunks_exact(pattern.d_in()) {
            count.fill(0);
            for l in row {
                let n = &mut count[tied.lane(self.layout, l.at())];
                *n += 1;
                excess += u64::from(*n > steps);
            }
        }
        excess
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

/// Greatest common divisor.
fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
