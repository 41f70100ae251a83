use super::*;
use crate::pattern::{Degrees, Family, Starts, generate};

/// Excess by counting edges, from the pattern, the bins and the answer alone; checks capacities.
fn excess(task: &Task, bin: &[u32]) -> u64 {
    let of = |l: usize| task.bins[task.class[l] as usize][bin[l] as usize];
    for (c, bins) in task.bins.iter().enumerate() {
        for (b, Bin { capacity, .. }) in bins.iter().enumerate() {
            let inside = |l: &usize| task.class[*l] as usize == c && bin[*l] as usize == b;
            let members = (0..bin.len()).filter(inside).count();
            assert!(members <= *capacity as usize, "class {c} bin {b}: {members} > {capacity}");
        }
    }
    let mut excess = 0;
    for r in 0..task.pattern.right() {
        for lane in 0..task.lanes as u32 {
            let row = task.pattern.row(Neuron::new(r));
            let edges = row.iter().filter(|l| of(l.at()).lane == lane).count();
            excess += edges.saturating_sub(task.limit);
        }
    }
    excess as u64
}

/// One bin a lane, whose capacities sum to the number of neurons.
fn balanced(left: usize, lanes: usize) -> Vec<Vec<Bin>> {
    let bin =
        |k| Bin { lane: k as u32, capacity: (left / lanes + usize::from(k < left % lanes)) as u32 };
    vec![(0..lanes).map(bin).collect()]
}

/// 16 classes with lanes `(s + 16·j) mod lanes`, all different, 1.3 times as large as needed.
fn slots(left: usize, lanes: usize) -> (Vec<u32>, Vec<Vec<Bin>>) {
    let reach = (1..=lanes).find(|j| (16 * j).is_multiple_of(lanes)).unwrap();
    let capacity = (left * 13).div_ceil(16 * reach * 10) as u32;
    let bins = |s| (0..reach).map(move |j| Bin { lane: ((s + 16 * j) % lanes) as u32, capacity });
    ((0..left).map(|l| l as u32 % 16).collect(), (0..16).map(|s| bins(s).collect()).collect())
}

fn random(left: usize, right: usize, d_out: usize, seed: u64) -> Pattern {
    generate(Family::RandomStructured, left, right, d_out, None, seed).unwrap()
}

fn checked(task: &Task, seed: u64, effort: u64) -> Found {
    let found = search(task, seed, Effort(effort)).unwrap();
    assert_eq!(found.excess, excess(task, &found.bin));
    assert!(found.excess >= least_excess(task));
    found
}

#[test]
fn random_patterns_of_out_degree_2_are_coloured_without_slack() {
    let pattern = random(800, 40, 2, 1);
    for (lanes, limit) in [(40, 1), (20, 2), (8, 5), (44, 1), (10, 4)] {
        let (class, bins) = (vec![0; 800], balanced(800, lanes));
        let task = Task { pattern: &pattern, lanes, limit, class: &class, bins: &bins };
        assert_eq!(checked(&task, 1, 100_000_000).excess, 0, "{lanes} lanes of {limit}");
    }
}

#[test]
fn dense_random_patterns_are_coloured_with_slack() {
    for (d_out, lanes, limit) in [(4, 22, 4), (13, 11, 25), (13, 22, 13), (19, 10, 40)] {
        let pattern = random(800, 40, d_out, 2);
        let (class, bins) = (vec![0; 800], balanced(800, lanes));
        let task = Task { pattern: &pattern, lanes, limit, class: &class, bins: &bins };
        assert_eq!(checked(&task, 1, 50_000_000).excess, 0, "{d_out}: {lanes} lanes of {limit}");
    }
}

#[test]
fn classes_keep_to_their_bins() {
    for (d_out, lanes, limit) in [(2, 43, 1), (4, 29, 3), (13, 23, 13)] {
        let pattern = random(800, 40, d_out, 3);
        let (class, bins) = slots(800, lanes);
        let task = Task { pattern: &pattern, lanes, limit, class: &class, bins: &bins };
        assert_eq!(checked(&task, 1, 50_000_000).excess, 0, "{d_out}: {lanes} lanes of {limit}");
    }
}

#[test]
fn planted_colourings_are_found() {
    // Lane k of an undithered clash-free pattern always reads bank k, and a right neuron of d_in
    // edges reads each of z banks d_in/z times: neuron mod z is a colouring without slack.
    for (left, right, d_out, z) in [(40, 40, 8, 4), (48, 24, 2, 4), (120, 40, 2, 6), (64, 16, 3, 4)]
    {
        let family = Family::ClashFree { starts: Starts::PerSweepFree, dither: false };
        let pattern = generate(family, left, right, d_out, Some(z), 5).unwrap();
        let d_in = Degrees::new(left, right, d_out).unwrap().d_in;
        let (class, bins) = (vec![0; left], balanced(left, z));
        let task =
            Task { pattern: &pattern, lanes: z, limit: d_in / z, class: &class, bins: &bins };
        let planted: Vec<u32> = (0..left as u32).map(|l| l % z as u32).collect();
        assert_eq!(excess(&task, &planted), 0);
        assert_eq!(checked(&task, 1, 200_000_000).excess, 0, "{left} {right} {d_out} {z}");
    }
}

#[test]
fn the_seed_decides() {
    let pattern = random(120, 24, 3, 4);
    let (class, bins) = (vec![0; 120], balanced(120, 15));
    let task = Task { pattern: &pattern, lanes: 15, limit: 1, class: &class, bins: &bins };
    let once = checked(&task, 7, 1_000_000);
    assert_eq!(once, checked(&task, 7, 1_000_000));
    assert_ne!(once.bin, checked(&task, 8, 1_000_000).bin);
}

#[test]
fn more_effort_is_never_worse_and_no_more_is_used() {
    let pattern = random(800, 40, 13, 6);
    let (class, bins) = (vec![0; 800], balanced(800, 13));
    let task = Task { pattern: &pattern, lanes: 13, limit: 20, class: &class, bins: &bins };
    let start = checked(&task, 1, 0);
    let mut last = start.excess;
    for effort in [1_000_000, 10_000_000, 20_000_000] {
        let found = checked(&task, 1, effort);
        assert!(found.excess > 0 && found.excess <= last);
        // One move of two neurons, or one start, may still be finished: 800 · 13 · 13 and a row.
        assert!((effort..effort + 150_000).contains(&found.work), "{} {effort}", found.work);
        last = found.excess;
    }
    assert!(last < start.excess / 2);
}

#[test]
fn what_cannot_be_coloured_is_not_said_to_be() {
    // Fully connected, 10 neurons on 3 lanes, 3 each: one edge too many at each right neuron, and
    // the search stops as soon as it gets there.
    let pattern = random(10, 10, 10, 0);
    let class = vec![0; 10];
    let bins = balanced(10, 3);
    let task = Task { pattern: &pattern, lanes: 3, limit: 3, class: &class, bins: &bins };
    assert_eq!(least_excess(&task), 10);
    let found = checked(&task, 1, 1_000_000);
    assert_eq!(found.excess, 10);
    assert!(found.work < 1000);

    // A triangle of right neurons, each pair with a left neuron: no two lanes for three edges.
    let rows = [[0, 1], [0, 2], [1, 2]].map(|row| row.map(Neuron::new).to_vec());
    let pattern = Pattern::new(3, &rows).unwrap();
    let class = vec![0; 3];
    let bins = vec![vec![Bin { lane: 0, capacity: 3 }, Bin { lane: 1, capacity: 3 }]];
    let task = Task { pattern: &pattern, lanes: 2, limit: 1, class: &class, bins: &bins };
    assert_eq!((least_excess(&task), checked(&task, 1, 100_000).excess), (0, 1));
}

#[test]
fn separate_classes_bound_the_excess() {
    // Even neurons have lanes 0 and 2, odd ones lanes 1 and 3. The right neuron with all of the
    // even ones has 4 edges to two lanes of limit 1, and so has the other.
    let rows = [[0, 2, 4, 6], [1, 3, 5, 7]].map(|row| row.map(Neuron::new).to_vec());
    let pattern = Pattern::new(8, &rows).unwrap();
    let class: Vec<u32> = (0..8).map(|l| l % 2).collect();
    let bin = |lane| Bin { lane, capacity: 4 };
    let bins = vec![vec![bin(0), bin(2)], vec![bin(1), bin(3)]];
    let task = Task { pattern: &pattern, lanes: 4, limit: 1, class: &class, bins: &bins };
    assert_eq!(least_excess(&task), 4);
    assert_eq!(checked(&task, 1, 10_000).excess, 4);
    // One class that has lanes of both makes one group of them: 4 edges, 4 lanes.
    let joined = vec![vec![bin(0), bin(2), bin(1)], vec![bin(1), bin(3)]];
    assert_eq!(least_excess(&Task { bins: &joined, ..task }), 0);
}

#[test]
fn classes_without_room_are_named() {
    let pattern = random(8, 4, 2, 0);
    let class: Vec<u32> = (0..8).map(|l| l % 2).collect();
    let bins = vec![vec![Bin { lane: 0, capacity: 4 }], vec![Bin { lane: 1, capacity: 3 }]];
    let task = Task { pattern: &pattern, lanes: 2, limit: 4, class: &class, bins: &bins };
    let error = search(&task, 0, Effort(10)).unwrap_err();
    assert_eq!(error, SearchError::Capacity { class: 1, neurons: 4, capacity: 3 });
}

#[test]
fn bins_without_room_are_left_alone() {
    // A capacity of 0 offers neither room nor a neuron to exchange.
    let pattern = random(8, 4, 2, 0);
    let bins = vec![vec![Bin { lane: 0, capacity: 8 }, Bin { lane: 1, capacity: 0 }]];
    let task = Task { pattern: &pattern, lanes: 2, limit: 3, class: &[0; 8], bins: &bins };
    assert_eq!(checked(&task, 0, 10_000).bin, [0; 8]);
}
