//! What each kind of interleaver can do for a junction.

use super::choose::Offered;
use super::copies::Copies;
use super::cost;
use super::network::Network;
use super::renumber::{renumber_left, renumber_right};
use super::tied::{Addresses, Tied, Work};
use super::unrolled::{Feed, Unrolled};
use super::{Adders, Interleaver, Layout, Preferences, Schedule};
use crate::ids::Neuron;
use crate::interleave::recognise::{
    self, Recognised, banks_up_to_renumbering, first_clash, recognise,
};

use crate::pattern::Pattern;
use crate::quantise::QuantJunction;
use num_integer::gcd;
use std::borrow::Cow;

/// A junction in its place, and what is asked of it.
pub(super) struct Job<'a> {
    /// Its number among all of the hardware.
    pub number: usize,
    /// The junction, its layers in the order in which they come.
    pub junction: &'a QuantJunction,
    /// How its left layer is written.
    pub layout: &'a Layout,
    /// Whether the left layer may come in another order.
    pub free: bool,
    /// How its frames come if it is unrolled; nothing where it cannot be.
    pub feed: Option<Feed>,
    /// Whether its right neurons are the classes, which keep their order.
    pub last: bool,
    /// Whether who reads the right layer counts neurons slot by slot: results and splits do.
    pub counted: bool,
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
    Unrolled { feed: Feed, adders: Adders },
}

/// A plan, or why there is none.
pub(super) type Found = Result<Plan, String>;

impl Plan {
    /// Whether the right neurons may come in any order.
    pub fn right_is_free(&self) -> bool {
        match &self.kind {
            PlanKind::Copies(_) | PlanKind::Network(_) | PlanKind::Unrolled { .. } => true,
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
            PlanKind::Unrolled { .. } => Unrolled::layout_out(pattern.right()),
        }
    }

    /// Whether the right neurons come all at once, a fixed time after the left ones.
    pub fn flows(&self) -> bool {
        matches!(self.kind, PlanKind::Unrolled { .. })
    }

    /// Lays the edges over lanes and cycles, now that both layers have their order.
    pub fn schedule(self, junction: &QuantJunction, layout: Layout) -> Schedule {
        match self.kind {
            PlanKind::Copies(copies) => copies.schedule(junction, self.offered.cycles, layout),
            PlanKind::Tied(tied) => tied.schedule(&junction.pattern, layout),
            PlanKind::Network(network) => network.schedule(&junction.pattern, layout),
            PlanKind::Unrolled { feed, adders } => {
                Unrolled::schedule(feed, adders, junction, layout)
            }
        }
    }
}

impl Job<'_> {
    /// The cheapest interleaver of a kind, looked for as long as it may rank below `bound`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn offer(&self, kind: Interleaver, bound: f64) -> Found {
        match kind {
            Interleaver::Copies => Ok(self.copies()),
            Interleaver::Counter | Interleaver::Starts => self.recognised(kind),
            Interleaver::Tied => match self.recognised(kind) {
                Ok(plan) => Ok(self.table(bound.min(plan.offered.cost.rank())).unwrap_or(plan)),
                Err(_) => self.table(bound),
            },
            Interleaver::Network => self.network(),
            Interleaver::Unrolled => self.unrolled(),
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

    fn unrolled(&self) -> Found {
        if self.cycles > 1 {
            return Err("only a junction of one cycle a frame can be unrolled".to_owned());
        }
        let Some(feed) = self.feed else {
            return Err("its frames come neither over the bus nor from a junction that is \
                        unrolled, or an exit holds them back"
                .to_owned());
        };
        let edges = self.junction.pattern.edges();
        let cost = cost::unrolled(self.junction, feed);
        Ok(Plan {
            offered: Offered { lanes: edges, cycles: 1, cost },
            kind: PlanKind::Unrolled { feed, adders: self.preferences.adders },
            left_order: None,
            right_order: None,
        })
    }

    /// Whether neurons come in the order of their numbers, slot after slot.
    pub(super) fn in_order(&self) -> bool {
        let natural = |order: Vec<u32>| order.iter().enumerate().all(|(p, &n)| p == n as usize);
        self.layout.lockstep && self.layout.positions().is_some_and(natural)
    }

    /// The fewest lines on which right neurons of `steps` cycles each keep to the budget.
    fn lines_for(&self, steps: usize) -> Option<usize> {
        let rounds = self.cycles / steps;
        (rounds > 0).then(|| self.junction.pattern.right().div_ceil(rounds))
    }

    /// Whether a junction may have this many lanes.
    pub(super) fn lanes_fit(&self, lanes: usize) -> bool {
        lanes <= self.lanes_allowed()
    }

    /// The most lanes that are within the budget, and not so many that they cannot be cheap.
    fn lanes_allowed(&self) -> usize {
        self.most_lanes.unwrap_or(2 * self.lanes + 8)
    }

    /// Finishes a plan of tied lanes, if its results can be written.
    pub(super) fn tied_plan(
        &self,
        mut tied: Tied,
        left: Option<Vec<u32>>,
        right: Option<Vec<u32>>,
    ) -> Option<Plan> {
        let pattern = &self.junction.pattern;
        tied.shared = tied.lines > 1 && pattern.d_in() == pattern.left();
        if tied.stripes > self.layout.rows || (self.counted && tied.slots_out(pattern.d_in()) > 1) {
            return None;
        }
        let cost = cost::tied(self.junction, &tied, self.layout);
        let offered = Offered { lanes: tied.lanes(), cycles: tied.cycles(pattern), cost };
        let kind = PlanKind::Tied(tied);
        Some(Plan { offered, kind, left_order: left, right_order: right })
    }

    /// Patterns of clash-free families: kinds counter and starts, and tied for right neurons that
    /// straddle cycles.
    fn recognised(&self, kind: Interleaver) -> Found {
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
            let Some(plan) = self.recognised_on(kind, width, lines) else { continue };
            if best.as_ref().is_none_or(|b| plan.offered.cost.rank() < b.offered.cost.rank()) {
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
                let mut banks: Vec<_> = tried.iter().take(4).map(ToString::to_string).collect();
                banks.extend((tried.len() > 4).then(|| "…".to_owned()));
                format!(
                    "the pattern is of no such family on {} banks{}",
                    banks.join(", "),
                    clash.unwrap_or_default()
                )
            }
        })
    }

    fn recognised_on(&self, kind: Interleaver, width: usize, lines: usize) -> Option<Plan> {
        let (mut left_order, mut right_order) = (None, None);
        let mut junction = Cow::Borrowed(self.junction);
        let mut found = recognise(&junction.pattern, width);
        if found.is_none() && self.free {
            // the left neurons may be what was renumbered
            let order = inverse(&banks_up_to_renumbering(&junction.pattern, width)?);
            junction = Cow::Owned(renumber_left(&junction, &order));
            left_order = Some(order);
            found = recognise(&junction.pattern, width);
        }
        let mut found = found?;
        let natural = |found: &Recognised| found.order.iter().enumerate().all(|(p, n)| p == n.at());
        if !natural(&found) {
            if self.last {
                return None;
            }
            // again in the order found, so that edges have the numbers that they will have
            let order: Vec<u32> = found.order.iter().map(|n| n.0).collect();
            junction = Cow::Owned(renumber_right(&junction, &order));
            found = recognise(&junction.pattern, width).filter(natural)?;
            right_order = Some(order);
        }
        let pattern = &junction.pattern;
        let Recognised { cycle, addresses, in_bank_order, .. } = found;
        let depth = pattern.left() / width;
        let starts = match (addresses, kind) {
            (recognise::Addresses::Counter { start }, Interleaver::Counter) => vec![start],
            (recognise::Addresses::Starts { starts }, Interleaver::Starts) => starts,
            // aligned ones are among those that banks are searched for
            (_, Interleaver::Tied) if !pattern.d_in().is_multiple_of(width) => Vec::new(),
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
        let addresses = match kind {
            Interleaver::Tied => Addresses::Table,
            _ => Addresses::Counted { starts, depth, cycle },
        };
        let tied = self.dealt(width, lines, work, addresses);
        let ways = tied.banks_per_lane(self.layout.slots);
        if kind != Interleaver::Tied && !ways.is_power_of_two() {
            return None;
        }
        self.tied_plan(tied.settled(self.layout.slots), left_order, right_order)
    }

    /// Tied lanes whose banks are dealt in the order of arrival.
    pub(super) fn dealt(
        &self,
        width: usize,
        lines: usize,
        work: Work,
        addresses: Addresses,
    ) -> Tied {
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
}

/// The order in which each neuron comes to its new number.
fn inverse(numbers: &[u32]) -> Vec<u32> {
    let mut order = vec![0; numbers.len()];
    for (old, &new) in numbers.iter().enumerate() {
        order[new as usize] = Neuron::new(old).0;
    }
    order
}
