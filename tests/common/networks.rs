//! What a network junction may be: plain counting, to compare the compiler's answers with.

use clashfree::pattern::Pattern;
use clashfree::schedule::{Budget, Network, Schedule};
use std::collections::BTreeSet;

/// The largest load of a bank or a lane: the fewest cycles with these banks and lanes. On the way it
/// looks for clashes.
pub fn busiest(schedule: &Schedule, pattern: &Pattern, network: &Network) -> usize {
    let mut banks = vec![0; schedule.layout.slots * network.stripes];
    let mut lanes = vec![0; schedule.lanes()];
    for cycle in 0..schedule.cycles() {
        let mut asked = BTreeSet::new();
        for (lane, load) in lanes.iter_mut().enumerate() {
            let Some(edge) = schedule.table.edge(cycle, lane) else { continue };
            let (slot, row) = schedule.layout.place[pattern.left_ends()[edge].at()];
            let bank = slot as usize + schedule.layout.slots * (row as usize % network.stripes);
            assert!(asked.insert(bank), "two lanes ask bank {bank} in cycle {cycle}");
            banks[bank] += 1;
            *load += 1;
        }
    }
    banks.into_iter().chain(lanes).max().unwrap()
}

/// Whether a network keeps to the budget of a junction: some number of right neurons a group, whose
/// edges, cut into lanes in right order, make no more pieces than a frame has cycles.
pub fn network_fits(pattern: &Pattern, budget: &Budget, junction: usize) -> bool {
    let edges = pattern.edges();
    let (cycles, most_lanes) = match budget {
        Budget::Cycles(cycles) => (*cycles, 2 * edges.div_ceil(*cycles) + 8),
        Budget::Parallelism(lanes) => (edges.div_ceil(lanes[junction]), lanes[junction]),
    };
    if pattern.d_out() > cycles {
        return false;
    }
    (1..=pattern.right()).any(|each| {
        let edges = each * pattern.d_in();
        let (groups, lanes) = (pattern.right().div_ceil(each), edges.div_ceil(cycles));
        groups * lanes <= most_lanes
            && [edges.div_ceil(lanes), cycles.min(edges)].into_iter().any(|load| {
                let pieces: BTreeSet<_> =
                    (0..edges).map(|edge| (edge / load, edge / pattern.d_in())).collect();
                pieces.len() <= load
            })
    })
}
