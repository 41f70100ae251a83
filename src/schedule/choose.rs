//! The cheapest interleaver for each junction.
//!
//! Junctions are looked at in order. What a junction may do depends on how its left layer comes:
//! through which slots, and whether its order is *free*. The order of a hidden layer is free unless
//! the junction before counts its addresses (its right neurons then come in the order that makes
//! counting work); the order of the inputs is free with `permute_input`.

use super::budget::{Budget, BudgetError, Pace, paces};
use super::cost::Cost;
use super::offers::{Job, Plan};
use super::renumber::{renumber, renumber_left};
use super::unrolled::Feed;
use super::{Arranged, Arrangement, Branch, Interleaver, Layout, Preferences, Schedule, Site};
use crate::quantise::{QuantExit, QuantHead, QuantJunction};
use serde::Serialize;

/// What was chosen for a junction, and what there was to choose from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The junction.
    #[serde(rename = "junction")]
    pub site: Site,
    /// The kind chosen.
    pub kind: Interleaver,
    /// Every kind, cheapest rung of the ladder first.
    pub offers: Vec<Offer>,
}

/// What a kind of interleaver would be for a junction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer {
    /// The kind.
    pub kind: Interleaver,
    /// Its size, where it can do the pattern within the budget.
    #[serde(flatten)]
    pub offered: Option<Offered>,
    /// Why it cannot, or was not looked for, or what else is to be said.
    pub remark: Option<String>,
}

/// Size and cost of an interleaver.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Offered {
    /// Lanes.
    pub lanes: usize,
    /// Cycles of a frame.
    pub cycles: usize,
    /// What it costs.
    pub cost: Cost,
}

/// A head that cannot be laid out as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum ScheduleError {
    /// The budget.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Budget(#[from] BudgetError),
    /// None of the kinds asked for.
    #[error("{site} cannot have an interleaver of kind {kind}: {reason}")]
    #[diagnostic(
        code(clashfree::schedule::interleaver),
        help(
            "see what fits with `clashfree check HEAD --interleavers`, or leave out --interleaver"
        )
    )]
    Kind {
        /// The junction.
        site: Site,
        /// The kind asked for.
        kind: Interleaver,
        /// Why not.
        reason: String,
    },
    /// A list of another length than the head.
    #[error("{given} interleaver kinds for {junctions} junctions")]
    #[diagnostic(
        code(clashfree::schedule::interleavers),
        help(
            "give `--interleaver` one kind for all junctions, or one a junction with commas, the trunk's first, then those of each exit"
        )
    )]
    Count {
        /// Kinds given.
        given: usize,
        /// Junctions on the edge, those of exits included.
        junctions: usize,
    },
}

/// A chain of junctions to be laid out: the trunk, or a branch.
struct Chain<'a> {
    /// The junctions, their first left layer in the order in which it comes.
    head: QuantHead,
    /// Where they stand.
    sites: &'a [Site],
    /// How fast each is to be.
    paces: &'a [Pace],
    /// Number of the first among all of the hardware.
    first: usize,
    /// How the first left layer is written.
    layout: Layout,
    /// Whether that layer may come in another order.
    free: bool,
    /// How that layer comes to an unrolled junction; nothing where there can be none.
    feed: Option<Feed>,
    /// Whether an exit holds back the frames of each junction.
    gated: Vec<bool>,
}

/// A chain laid out.
struct Laid {
    head: QuantHead,
    orders: Vec<Option<Vec<u32>>>,
    schedules: Vec<Schedule>,
}

/// Chooses for each junction, then schedules all: the trunk first, whose layers a branch takes as
/// they come.
pub(super) fn arrange(
    head: &QuantHead,
    budget: &Budget,
    preferences: &Preferences,
    per_beat: usize,
) -> Result<Arranged, ScheduleError> {
    let paces = paces(head, budget, preferences)?;
    let given = preferences.interleavers.len();
    if given > 1 && given != paces.len() {
        return Err(ScheduleError::Count { given, junctions: paces.len() });
    }
    let sites: Vec<Site> = Site::all(head).map(|(site, _)| site).collect();
    let edge = head.edge();
    let mut choices = Vec::with_capacity(paces.len());
    let chain = |junctions: &[QuantJunction]| {
        let (left, format) = (junctions[0].pattern.left(), junctions[0].input_format);
        QuantHead::chain(head.name.clone(), left, format, junctions.to_vec())
    };
    let trunk = Chain {
        head: chain(edge),
        sites: &sites[..edge.len()],
        paces: &paces[..edge.len()],
        first: 0,
        layout: Layout::of_bus(head.inputs, per_beat),
        free: preferences.permute_input,
        feed: Some(Feed::Bus),
        gated: (0..edge.len()).map(|number| head.gate_before(number).is_some()).collect(),
    };
    let trunk = trunk.lay(preferences, &mut choices)?;
    let mut first = edge.len();
    let mut exits = Vec::with_capacity(head.exits.len());
    let mut branches = Vec::with_capacity(head.exits.len());
    for exit in &head.exits {
        let mut junctions = exit.junctions.clone();
        if let Some(order) = &trunk.orders[exit.after + 1] {
            junctions[0] = renumber_left(&junctions[0], order);
        }
        let (writer, pattern) =
            (&trunk.schedules[exit.after], &trunk.head.junctions[exit.after].pattern);
        let numbers = first..first + junctions.len();
        let branch = Chain {
            head: chain(&junctions),
            sites: &sites[numbers.clone()],
            paces: &paces[numbers.clone()],
            first,
            layout: writer.layout_out(pattern),
            free: false,
            feed: matches!(writer.kind, Arrangement::Unrolled(_)).then_some(Feed::Flow),
            gated: vec![false; junctions.len()],
        };
        let branch = branch.lay(preferences, &mut choices)?;
        first = numbers.end;
        exits.push(QuantExit { junctions: branch.head.junctions, ..exit.clone() });
        branches.push(Branch { orders: branch.orders[1..].to_vec(), schedules: branch.schedules });
    }
    let Laid { head: QuantHead { junctions, .. }, orders, schedules } = trunk;
    let split = head.split;
    let head = QuantHead { junctions, exits, split, ..head.clone() };
    let (shares, burst) =
        (preferences.shares(&head).map_err(BudgetError::from)?, preferences.burst);
    let adders = preferences.adders;
    Ok(Arranged { head, orders, schedules, exits: branches, shares, burst, adders, choices })
}

impl Chain<'_> {
    fn lay(
        self,
        preferences: &Preferences,
        choices: &mut Vec<Choice>,
    ) -> Result<Laid, ScheduleError> {
        let Self { mut head, sites, paces, first, mut layout, mut free, mut feed, gated } = self;
        let junctions = head.junctions.len();
        let mut orders: Vec<Option<Vec<u32>>> = vec![None; junctions + 1];
        let mut plans: Vec<(Plan, Layout)> = Vec::with_capacity(junctions);
        for number in 0..junctions {
            let Pace { cycles, lanes, most_lanes } = paces[number];
            let job = Job {
                number: first + number,
                junction: &head.junctions[number],
                layout: &layout,
                free,
                feed: feed.filter(|_| !gated[number]),
                last: head.junctions[number].output_format.is_none(),
                // the last of a chain gives logits, or the codes of a split
                counted: number + 1 == junctions,
                lanes,
                most_lanes,
                cycles,
                preferences,
            };
            let (choice, plan) = job.choose(sites[number])?;
            // the left order first: it may be the right order of a junction that is planned already
            if let Some(order) = &plan.left_order {
                renumber(&mut head, number, order);
                orders[number] = Some(order.clone());
            }
            if let Some(order) = &plan.right_order {
                renumber(&mut head, number + 1, order);
                orders[number + 1] = Some(order.clone());
            }
            free = plan.right_is_free();
            feed = plan.flows().then_some(Feed::Flow);
            let next = plan.layout_out(&head.junctions[number].pattern);
            plans.push((plan, std::mem::replace(&mut layout, next)));
            choices.push(choice);
        }
        let schedules = plans
            .into_iter()
            .zip(&head.junctions)
            .map(|((plan, layout), junction)| plan.schedule(junction, layout))
            .collect();
        Ok(Laid { head, orders, schedules })
    }
}

impl Job<'_> {
    /// The cheapest of the kinds that the preferences allow.
    fn choose(&self, site: Site) -> Result<(Choice, Plan), ScheduleError> {
        let mut offers = Vec::with_capacity(Interleaver::KINDS.len());
        let mut best: Option<(Interleaver, Plan)> = None;
        // the kind that is searched for last: a search that cannot win is not begun
        let mut order = Interleaver::KINDS;
        order.sort_by_key(|&kind| kind == Interleaver::Tied);
        for kind in order {
            let allowed = self.preferences.allows(self.number, kind);
            let least = best.as_ref().map_or(f64::INFINITY, |(_, plan)| plan.offered.cost.rank());
            match self.offer(kind, least) {
                Ok(plan) => {
                    offers.push(Offer { kind, offered: Some(plan.offered), remark: None });
                    if allowed && plan.offered.cost.rank() < least {
                        best = Some((kind, plan));
                    }
                }
                Err(reason) => offers.push(Offer { kind, offered: None, remark: Some(reason) }),
            }
        }
        offers.sort_by_key(|offer| offer.kind);
        match best {
            Some((kind, plan)) => Ok((Choice { site, kind, offers }, plan)),
            None => {
                let kind = match self.preferences.interleavers.as_slice() {
                    [one] => *one,
                    each => each[self.number],
                };
                let offer = offers.into_iter().find(|offer| offer.kind == kind);
                let reason = offer.and_then(|offer| offer.remark).unwrap_or_default();
                Err(ScheduleError::Kind { site, kind, reason })
            }
        }
    }
}
