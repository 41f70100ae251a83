//! An independent look at a finished schedule: it knows the pattern and the tables, not how they
//! were made.

use super::Schedule;
use crate::ids::{Cycle, Lane};
use crate::pattern::Pattern;

/// What is wrong with a schedule; any of these is a bug in the compiler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleFault {
    /// An edge is processed twice or not at all.
    #[error("edge {edge} is processed {times} times")]
    Edge {
        /// Number of the edge in right order.
        edge: usize,
        /// How often it is in the table.
        times: usize,
    },
    /// Two lanes want different rows of one bank at one time.
    #[error("clash in cycle {cycle}: lane {lane} wants another row of bank {bank} in copy {copy}")]
    Clash {
        /// When.
        cycle: Cycle,
        /// The second of the two lanes.
        lane: Lane,
        /// The bank.
        bank: usize,
        /// The copy of the left memory.
        copy: usize,
    },
}

/// Checks that every edge is processed once and that no bank is asked for two rows in one cycle.
///
/// # Errors
/// The first fault found.
pub fn check(schedule: &Schedule, pattern: &Pattern) -> Result<(), ScheduleFault> {
    let mut times = vec![0usize; pattern.edges()];
    let copies = schedule.copies();
    let banks = schedule.banks();
    let mut asked = vec![None; copies * banks];
    for cycle in 0..schedule.cycles {
        asked.fill(None);
        for lane in 0..schedule.lanes {
            let Some(edge) = schedule.edge(cycle, lane) else { continue };
            times[edge] += 1;
            let neuron = pattern.left_ends()[edge].at();
            let (copy, bank) = (schedule.copy_of_lane(lane), schedule.bank(neuron));
            let row = schedule.row(neuron);
            let field = if schedule.one_row() { copy } else { copy * banks + bank };
            match asked[field].replace(row) {
                Some(other) if other != row => {
                    let (cycle, lane) = (Cycle::new(cycle), Lane::new(lane));
                    return Err(ScheduleFault::Clash { cycle, lane, bank, copy });
                }
                _ => {}
            }
        }
    }
    match times.iter().position(|&t| t != 1) {
        Some(edge) => Err(ScheduleFault::Edge { edge, times: times[edge] }),
        None => Ok(()),
    }
}
