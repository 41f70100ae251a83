//! How fast a head is to be.

use super::{Preferences, RateError, Site};
use crate::quantise::QuantHead;

/// How much parallelism there is to be: what was asked for, or the cycles that a frame rate or the bus
/// came to ([`Speed`](crate::speed::Speed)).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Budget {
    /// At most so many cycles a frame for every junction, with few lanes.
    Cycles(usize),
    /// So many lanes for each junction, in the order of [`Site::all`].
    Parallelism(Vec<usize>),
}

/// A budget that cannot be met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum BudgetError {
    /// No cycles.
    #[error("a cycle budget of 0 leaves no time for any edge")]
    #[diagnostic(code(clashfree::schedule::zero), help("give `--cycles` from 1 to {most}"))]
    Zero {
        /// Edges of the largest junction.
        most: usize,
    },
    /// More cycles than the largest junction has edges.
    #[error(
        "a cycle budget of {cycles} is more than the largest junction can use: it has {most} edges"
    )]
    #[diagnostic(
        code(clashfree::schedule::too_large),
        help("give `--cycles` from 1 to {most}; {most} already means one lane everywhere")
    )]
    TooLarge {
        /// The budget asked for.
        cycles: usize,
        /// Edges of the largest junction.
        most: usize,
    },
    /// A list of another length than the head.
    #[error("{given} parallelism values for {junctions} junctions")]
    #[diagnostic(
        code(clashfree::schedule::count),
        help(
            "give `--parallelism` one value a junction, separated by commas, the trunk's first, then those of each exit"
        )
    )]
    Count {
        /// Values given.
        given: usize,
        /// Junctions of the head.
        junctions: usize,
    },
    /// A number of lanes that a junction cannot use.
    #[error("{site} cannot have {lanes} lanes: it has {edges} edges")]
    #[diagnostic(code(clashfree::schedule::lanes), help("give from 1 to {edges}"))]
    Lanes {
        /// The junction.
        site: Site,
        /// Lanes asked for.
        lanes: usize,
        /// Edges there are.
        edges: usize,
    },
    /// Shares of frames that exit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rate(#[from] RateError),
}

/// How fast a junction is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Most cycles a frame.
    pub cycles: usize,
    /// The fewest lanes that keep to them.
    pub lanes: usize,
    /// Most lanes, where the budget has a limit.
    pub most_lanes: Option<usize>,
}

/// How fast each junction is to be, in the order of [`Site::all`]: behind exits as much slower as the
/// share of frames that exit allows.
///
/// # Errors
/// If the budget cannot be; the message says what can.
pub fn paces(
    head: &QuantHead,
    budget: &Budget,
    preferences: &Preferences,
) -> Result<Vec<Pace>, BudgetError> {
    let sites: Vec<(Site, usize)> =
        Site::all(head).map(|(site, junction)| (site, junction.pattern.edges())).collect();
    let shares = preferences.shares(head)?;
    match budget {
        Budget::Cycles(cycles) => {
            let most = sites.iter().map(|&(_, edges)| edges).max().unwrap_or(0);
            match *cycles {
                0 => return Err(BudgetError::Zero { most }),
                cycles if cycles > most => return Err(BudgetError::TooLarge { cycles, most }),
                _ => {}
            }
            let pace = |&(site, edges): &(Site, usize)| {
                let cycles = shares[site.gates(head)].stretched(*cycles).min(edges.max(*cycles));
                Pace { cycles, lanes: edges.div_ceil(cycles), most_lanes: None }
            };
            Ok(sites.iter().map(pace).collect())
        }
        Budget::Parallelism(lanes) => {
            if lanes.len() != sites.len() {
                let (given, junctions) = (lanes.len(), sites.len());
                return Err(BudgetError::Count { given, junctions });
            }
            let pace = |(&(site, edges), &lanes): (&(Site, usize), &usize)| {
                if lanes == 0 || lanes > edges {
                    return Err(BudgetError::Lanes { site, lanes, edges });
                }
                Ok(Pace { cycles: edges.div_ceil(lanes), lanes, most_lanes: Some(lanes) })
            };
            sites.iter().zip(lanes).map(pace).collect()
        }
    }
}
