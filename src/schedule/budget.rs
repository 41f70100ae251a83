//! How fast a head is to be.

use crate::quantise::QuantHead;

/// How much parallelism the user wants.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Budget {
    /// At most so many cycles a frame for every junction, with few lanes.
    Cycles(usize),
    /// So many lanes for each junction.
    Parallelism(Vec<usize>),
}

impl Budget {
    /// The cycles that the bus takes to bring a frame, as far as the head can use them.
    pub fn matching_bus(head: &QuantHead, per_beat: usize) -> Self {
        let most = head.junctions.iter().map(|j| j.pattern.edges()).max().unwrap_or(1);
        Self::Cycles(head.inputs.div_ceil(per_beat).min(most))
    }
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
        help("give `--parallelism` one value a junction, separated by commas")
    )]
    Count {
        /// Values given.
        given: usize,
        /// Junctions of the head.
        junctions: usize,
    },
    /// A number of lanes that a junction cannot use.
    #[error("junction {junction} cannot have {lanes} lanes: it has {edges} edges")]
    #[diagnostic(code(clashfree::schedule::lanes), help("give from 1 to {edges}"))]
    Lanes {
        /// Number of the junction.
        junction: usize,
        /// Lanes asked for.
        lanes: usize,
        /// Edges there are.
        edges: usize,
    },
}

/// Lanes for each junction.
///
/// # Errors
/// If the budget cannot be; the message says what can.
pub fn parallelism(head: &QuantHead, budget: &Budget) -> Result<Vec<usize>, BudgetError> {
    let edges: Vec<usize> = head.junctions.iter().map(|j| j.pattern.edges()).collect();
    match budget {
        Budget::Cycles(cycles) => {
            let most = edges.iter().copied().max().unwrap_or(0);
            match *cycles {
                0 => Err(BudgetError::Zero { most }),
                cycles if cycles > most => Err(BudgetError::TooLarge { cycles, most }),
                cycles => Ok(edges.iter().map(|e| e.div_ceil(cycles)).collect()),
            }
        }
        Budget::Parallelism(lanes) => {
            if lanes.len() != edges.len() {
                let (given, junctions) = (lanes.len(), edges.len());
                return Err(BudgetError::Count { given, junctions });
            }
            for (junction, (&lanes, &edges)) in lanes.iter().zip(&edges).enumerate() {
                if lanes == 0 || lanes > edges {
                    return Err(BudgetError::Lanes { junction, lanes, edges });
                }
            }
            Ok(lanes.clone())
        }
    }
}
