//! The cheapest interleaver for each junction.
//!
//! Junctions are looked at in order. What a junction may do depends on how its left layer comes:
//! through which slots, and whether its order is *free*. The order of a hidden layer is free unless
//! the junction before counts its addresses (its right neurons then come in the order that makes
//! counting work); the order of the inputs is free with `permute_input`.

use super::budget::{Budget, BudgetError, parallelism};
use super::cost::Cost;
use super::offers::{Plan, Site};
use super::renumber::renumber;
use super::{Arranged, Interleaver, Layout, Preferences};
use crate::quantise::QuantHead;
use serde::Serialize;

/// What was chosen for a junction, and what there was to choose from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
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
    #[error("junction {junction} cannot have an interleaver of kind {kind}: {reason}")]
    #[diagnostic(
        code(clashfree::schedule::interleaver),
        help(
            "see what fits with `clashfree check HEAD --interleavers`, or leave out --interleaver"
        )
    )]
    Kind {
        /// Number of the junction.
        junction: usize,
        /// The kind asked for.
        kind: Interleaver,
        /// Why not.
        reason: String,
    },
    /// A list of another length than the head.
    #[error("{given} interleaver kinds for {junctions} junctions")]
    #[diagnostic(
        code(clashfree::schedule::interleavers),
        help("give `--interleaver` one kind for all junctions, or one a junction with commas")
    )]
    Count {
        /// Kinds given.
        given: usize,
        /// Junctions of the head.
        junctions: usize,
    },
}

/// Chooses for each junction, then schedules all.
pub(super) fn arrange(
    head: &QuantHead,
    budget: &Budget,
    preferences: &Preferences,
    per_beat: usize,
) -> Result<Arranged, ScheduleError> {
    let lanes = parallelism(head, budget)?;
    let junctions = head.junctions.len();
    let given = preferences.interleavers.len();
    if given > 1 && given != junctions {
        return Err(ScheduleError::Count { given, junctions });
    }
    let mut head = head.clone();
    let mut orders: Vec<Option<Vec<u32>>> = vec![None; junctions + 1];
    let mut plans: Vec<(Plan, Layout)> = Vec::with_capacity(junctions);
    let mut choices = Vec::with_capacity(junctions);
    let mut layout = Layout::of_bus(head.inputs, per_beat);
    let mut free = preferences.permute_input;
    for number in 0..junctions {
        let edges = head.junctions[number].pattern.edges();
        let (cycles, most_lanes) = match budget {
            Budget::Cycles(cycles) => (*cycles, None),
            Budget::Parallelism(_) => (edges.div_ceil(lanes[number]), Some(lanes[number])),
        };
        let site = Site {
            number,
            junction: &head.junctions[number],
            layout: &layout,
            free,
            last: number + 1 == junctions,
            lanes: lanes[number],
            most_lanes,
            cycles,
            preferences,
        };
        let (choice, plan) = site.choose()?;
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
        let next = plan.layout_out(&head.junctions[number].pattern);
        plans.push((plan, std::mem::replace(&mut layout, next)));
        choices.push(choice);
    }
    let schedules = plans
        .into_iter()
        .zip(&head.junctions)
        .map(|((plan, layout), junction)| plan.schedule(junction, layout))
        .collect();
    Ok(Arranged { head, orders, schedules, choices })
}

impl Site<'_> {
    /// The cheapest of the kinds that the preferences allow.
    fn choose(&self) -> Result<(Choice, Plan), ScheduleError> {
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
            Some((kind, plan)) => Ok((Choice { kind, offers }, plan)),
            None => {
                let kind = match self.preferences.interleavers.as_slice() {
                    [one] => *one,
                    each => each[self.number],
                };
                let offer = offers.into_iter().find(|offer| offer.kind == kind);
                let reason = offer.and_then(|offer| offer.remark).unwrap_or_default();
                Err(ScheduleError::Kind { junction: self.number, kind, reason })
            }
        }
    }
}
