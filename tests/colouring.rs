//! Colourings have as many colours as the largest degree, and no two edges of one colour share an
//! end. The checker knows edges and colours only.

use clashfree::interleave::colour::{Colouring, colour};
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

fn assert_proper(edges: &[(u32, u32)], colouring: &Colouring) {
    let mut degrees = HashMap::new();
    for &(l, r) in edges {
        *degrees.entry(("left", l)).or_insert(0) += 1;
        *degrees.entry(("right", r)).or_insert(0) += 1;
    }
    assert_eq!(colouring.colours, degrees.values().copied().max().unwrap_or(0), "{edges:?}");
    assert_eq!(colouring.colour.len(), edges.len());
    let mut taken = HashMap::new();
    for (e, (&(l, r), &c)) in edges.iter().zip(&colouring.colour).enumerate() {
        assert!((c as usize) < colouring.colours, "colour {c} of edge {e}");
        for end in [("left", l), ("right", r)] {
            if let Some(other) = taken.insert((end, c), e) {
                panic!("edges {other} and {e} at {end:?} have colour {c}");
            }
        }
    }
}

fn assert_colours(left: usize, right: usize, edges: &[(u32, u32)]) {
    assert_proper(edges, &colour(left, right, edges));
}

/// Shuffled stubs: every vertex has this degree, parallel edges come as they may.
fn regular(n: usize, degree: usize, seed: u64) -> Vec<(u32, u32)> {
    let stubs: Vec<u32> = (0..n as u32).flat_map(|v| std::iter::repeat_n(v, degree)).collect();
    let mut shuffled = stubs.clone();
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    stubs.into_iter().zip(shuffled).collect()
}

#[test]
fn no_edges() {
    for (left, right) in [(0, 0), (3, 0), (0, 3), (5, 7)] {
        assert_eq!(colour(left, right, &[]), Colouring { colours: 0, colour: vec![] });
    }
}

#[test]
fn one_vertex_on_a_side() {
    for k in [1u32, 2, 3, 7, 8, 1000] {
        let parallel = vec![(0, 0); k as usize];
        assert_colours(1, 1, &parallel);
        let star: Vec<(u32, u32)> = (0..k).map(|r| (0, r)).collect();
        assert_colours(1, k as usize, &star);
        let star: Vec<(u32, u32)> = (0..k).map(|l| (l, 0)).collect();
        assert_colours(k as usize, 1, &star);
    }
}

#[test]
fn regular_graphs_of_every_degree() {
    for degree in 1..=40 {
        for n in [2, 3, 16, 61] {
            assert_colours(n, n, &regular(n, degree, degree as u64));
        }
    }
}

#[test]
fn complete_graphs() {
    for n in 1..30 {
        let edges: Vec<(u32, u32)> = (0..n).flat_map(|l| (0..n).map(move |r| (l, r))).collect();
        assert_colours(n as usize, n as usize, &edges);
    }
}

/// One edge from left to right and all others parallel: a greedy choice goes wrong.
#[test]
fn heavy_parallel_edges_beside_single_ones() {
    for k in [1, 2, 5, 64, 333] {
        let mut edges = vec![(0, 0); k];
        edges.extend(vec![(1, 1); k]);
        edges.extend([(0, 1), (1, 0), (2, 3), (3, 2)]);
        assert_colours(4, 4, &edges);
    }
}

/// Many walkers, and cycles that several of them share.
#[test]
fn large_graphs() {
    for (n, degree) in [(20_000, 3), (20_000, 2), (5_000, 37), (64, 3_001), (4, 50_000)] {
        assert_colours(n, n, &regular(n, degree, 1));
    }
    // A single cycle, in order and against it.
    let n = 100_000;
    let ring: Vec<(u32, u32)> = (0..n).flat_map(|v| [(v, v), (v, (v + 1) % n)]).collect();
    assert_colours(n as usize, n as usize, &ring);
}

#[test]
fn the_same_edges_get_the_same_colours() {
    let edges = regular(3_000, 7, 5);
    assert_eq!(colour(3_000, 3_000, &edges), colour(3_000, 3_000, &edges));
}

/// Paths of two and three edges, whose ends are merged with others.
#[test]
fn sparse_graphs_with_one_large_degree() {
    let mut edges: Vec<(u32, u32)> = (0..500).map(|v| (v, v / 2)).collect();
    edges.extend((0..99).map(|_| (500, 400)));
    assert_colours(501, 401, &edges);
}

proptest! {
    #[test]
    fn any_multigraph(
        (left, right, edges) in (1usize..40, 1usize..40).prop_flat_map(|(left, right)| {
            let edge = (0..left as u32, 0..right as u32);
            (Just(left), Just(right), prop::collection::vec(edge, 0..400))
        })
    ) {
        assert_colours(left, right, &edges);
    }

    /// Degrees from 1 to hundreds: left ends are squares of uniform ones.
    #[test]
    fn uneven_multigraphs(left in 1usize..300, right in 1usize..300, edges in 0usize..20_000, seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let edges: Vec<(u32, u32)> = (0..edges)
            .map(|_| {
                let x: f64 = rng.random();
                ((x * x * left as f64) as u32, rng.random_range(0..right as u32))
            })
            .collect();
        assert_colours(left, right, &edges);
    }

    #[test]
    fn regular_multigraphs(n in 1usize..200, degree in 1usize..100, seed: u64) {
        assert_colours(n, n, &regular(n, degree, seed));
    }
}
