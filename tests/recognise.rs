//! Clash-free patterns are recognised from their masks alone, whatever the order of the rows.
//!
//! What is expected comes from the family that a pattern was drawn from; every answer is checked edge
//! by edge.

use clashfree::ids::Neuron;
use clashfree::interleave::recognise::{
    Addresses, Misfit, Recognised, banks_up_to_renumbering, check, first_clash, recognise,
};
use clashfree::pattern::{Degrees, Family, Pattern, Starts, generate};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Shapes `(N_l, d_out, N_r, z)` where `z` divides the in-degree. In the last four, sweeps end inside
/// right neurons.
const ALIGNED: [(usize, usize, usize, usize); 10] = [
    (64, 4, 32, 8),
    (64, 4, 32, 4),
    (60, 4, 20, 3),
    (784, 8, 32, 49),
    (800, 2, 40, 10),
    (1024, 64, 256, 32),
    (80, 3, 40, 2),
    (96, 5, 32, 3),
    (96, 5, 32, 1),
    (100, 7, 50, 2),
];

/// Shapes where right neurons share cycles. In the last five, several of them fit into one.
const STRADDLING: [(usize, usize, usize, usize); 11] = [
    (800, 2, 40, 32),
    (800, 2, 40, 25),
    (40, 9, 40, 8),
    (40, 9, 40, 4),
    (800, 26, 80, 50),
    (60, 13, 60, 10),
    (800, 2, 40, 200),
    (48, 3, 72, 8),
    (120, 6, 80, 30),
    (1024, 16, 1024, 64),
    (512, 9, 512, 64),
];

fn clash_free() -> impl Iterator<Item = (Family, usize, bool)> {
    Family::ALL.into_iter().filter_map(|family| match family {
        Family::RandomStructured => None,
        Family::ClashFree { starts, dither } => {
            let form = match starts {
                Starts::Once => 0,
                Starts::PerSweep => 1,
                Starts::PerSweepFree => 2,
            };
            Some((family, form, dither))
        }
    })
}

fn form(r: &Recognised) -> usize {
    match r.addresses {
        Addresses::Counter { .. } => 0,
        Addresses::Starts { .. } => 1,
        Addresses::Free => 2,
    }
}

fn rows(pattern: &Pattern) -> Vec<Vec<Neuron>> {
    pattern.left_ends().chunks(pattern.d_in()).map(<[Neuron]>::to_vec).collect()
}

fn permutation(n: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    all.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    all
}

fn rows_shuffled(pattern: &Pattern, seed: u64) -> Pattern {
    let rows = rows(pattern);
    let order = permutation(rows.len(), seed);
    let rows: Vec<_> = order.into_iter().map(|r| rows[r].clone()).collect();
    Pattern::new(pattern.left(), &rows).unwrap()
}

fn renumbered(pattern: &Pattern, number: impl Fn(usize) -> usize) -> Pattern {
    let new = |l: &Neuron| Neuron::new(number(l.at()));
    let rows: Vec<Vec<_>> = rows(pattern).iter().map(|row| row.iter().map(new).collect()).collect();
    Pattern::new(pattern.left(), &rows).unwrap()
}

/// Recognises and checks.
fn checked(pattern: &Pattern, width: usize, what: &str) -> Option<Recognised> {
    let r = recognise(pattern, width)?;
    assert_eq!(r.width, width);
    check(pattern, &r).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    Some(r)
}

/// Goes through shapes, families and seeds.
fn each(shapes: &[(usize, usize, usize, usize)], mut test: impl FnMut(Pattern, usize, Drawn)) {
    for &(left, d_out, right, z) in shapes {
        for (family, form, dither) in clash_free() {
            for seed in 0..5 {
                let what = format!("{family} ({left}, {d_out}, {right}) z={z} seed={seed}");
                let pattern = generate(family, left, right, d_out, Some(z), seed).unwrap();
                test(pattern, z, Drawn { form, dither, seed, what });
            }
        }
    }
}

struct Drawn {
    form: usize,
    dither: bool,
    seed: u64,
    what: String,
}

#[test]
fn every_family_in_its_own_order() {
    let natural = |p: &Pattern| (0..p.right()).map(Neuron::new).collect::<Vec<_>>();
    for shapes in [&ALIGNED[..], &STRADDLING] {
        each(shapes, |pattern, z, drawn| {
            let r = checked(&pattern, z, &drawn.what).expect(&drawn.what);
            assert_eq!(form(&r), drawn.form, "{}", drawn.what);
            if !drawn.dither || pattern.d_in() % z == 0 {
                assert_eq!(r.order, natural(&pattern), "{}", drawn.what);
                assert!(r.in_bank_order, "{}", drawn.what);
            }
        });
    }
}

#[test]
fn rows_in_any_order_where_they_fill_whole_cycles() {
    each(&ALIGNED, |pattern, z, drawn| {
        let pattern = rows_shuffled(&pattern, drawn.seed);
        let r = checked(&pattern, z, &drawn.what).expect(&drawn.what);
        assert_eq!(form(&r), drawn.form, "{}", drawn.what);
        assert!(r.in_bank_order);
    });
}

#[test]
fn rows_in_any_order_where_they_share_cycles_without_dither() {
    each(&STRADDLING, |pattern, z, drawn| {
        if !drawn.dither {
            let pattern = rows_shuffled(&pattern, drawn.seed);
            let r = checked(&pattern, z, &drawn.what).expect(&drawn.what);
            assert_eq!(form(&r), drawn.form, "{}", drawn.what);
            assert!(r.in_bank_order, "{}", drawn.what);
        }
    });
}

/// Not all are found; run with `--nocapture` to see how many. These were found when this was written.
#[test]
fn rows_in_any_order_where_they_share_cycles_with_dither() {
    let mut found = std::collections::BTreeMap::<_, [usize; 3]>::new();
    each(&STRADDLING, |pattern, z, drawn| {
        if drawn.dither {
            let r = checked(&rows_shuffled(&pattern, drawn.seed), z, &drawn.what);
            let shape = (pattern.left(), pattern.d_out(), pattern.right(), z);
            found.entry(shape).or_default()[drawn.form] +=
                usize::from(r.is_some_and(|r| form(&r) <= drawn.form));
        }
    });
    println!("of 5 each, counter, starts, free: {found:?}");
    for shape in [(800, 2, 40, 32), (800, 2, 40, 25), (40, 9, 40, 4), (800, 26, 80, 50)] {
        assert_eq!(found[&shape], [5, 5, 5], "{shape:?}");
    }
}

#[test]
fn whole_banks_renumbered() {
    each(&ALIGNED, |pattern, z, drawn| {
        let bank = permutation(z, drawn.seed);
        let pattern = renumbered(&pattern, |l| l / z * z + bank[l % z]);
        let r = checked(&pattern, z, &drawn.what).expect(&drawn.what);
        assert_eq!(form(&r), drawn.form, "{}", drawn.what);
    });
}

#[test]
fn fully_connected_junctions_are_counters_for_every_width() {
    for (left, right) in [(1, 1), (12, 5), (40, 10), (17, 3), (96, 96)] {
        let pattern = generate(Family::RandomStructured, left, right, right, None, 0).unwrap();
        for width in 1..=left {
            match checked(&pattern, width, "fully connected") {
                Some(r) => {
                    assert_eq!(r.addresses, Addresses::Counter { start: vec![0; width] });
                    assert!(r.in_bank_order && left % width == 0);
                }
                None => assert_ne!(left % width, 0, "{left} → {right}, width {width}"),
            }
        }
    }
}

#[test]
fn random_structured_patterns_are_not_recognised() {
    for (left, d_out, right) in [(64, 4, 32), (800, 2, 40), (40, 9, 40), (96, 12, 64)] {
        for seed in 0..20 {
            let pattern =
                generate(Family::RandomStructured, left, right, d_out, None, seed).unwrap();
            for width in (4..left).filter(|w| left % w == 0) {
                assert_eq!(recognise(&pattern, width), None, "{left} {d_out} {right} {width}");
                // And indeed the mask's own order has a clash.
                assert!(first_clash(&pattern, width).is_some());
            }
        }
    }
}

/// Switches the left ends of two edges in one bank, where the addresses of the rows allow it.
fn switched(pattern: &Pattern, z: usize, seed: u64) -> Pattern {
    let mut rows = rows(pattern);
    for r in permutation(rows.len() - 1, seed).into_iter().map(|r| r + 1) {
        for (i, j) in (0..pattern.d_in()).flat_map(|i| (0..pattern.d_in()).map(move |j| (i, j))) {
            let (a, b) = (rows[0][i], rows[r][j]);
            if a.at() % z == b.at() % z && !rows[r].contains(&a) && !rows[0].contains(&b) {
                (rows[0][i], rows[r][j]) = (b, a);
                return Pattern::new(pattern.left(), &rows).unwrap();
            }
        }
    }
    panic!("nothing to switch");
}

#[test]
fn one_switched_pair_of_edges_is_no_counter_and_has_no_starts() {
    // Deep banks: in shallow ones, another order may well have starts again.
    for shapes in [&ALIGNED[..6], &STRADDLING[..2]] {
        each(shapes, |pattern, z, drawn| {
            if drawn.form < 2 {
                // A pair in one bank keeps the banks even: any address is still clash-free.
                let pattern = switched(&pattern, z, drawn.seed);
                let r = checked(&pattern, z, &drawn.what).expect(&drawn.what);
                assert_eq!(form(&r), 2, "{}", drawn.what);
            }
        });
    }
}

#[test]
fn left_neurons_in_groups_can_be_renumbered_to_a_counter() {
    let once = Family::ClashFree { starts: Starts::Once, dither: false };
    let random = Family::RandomStructured;
    for (family, left, d_out, right, z) in [
        (once, 64, 4, 32, 8),
        (once, 800, 2, 40, 20),
        (random, 60, 1, 12, 4),
        (random, 24, 6, 6, 8),
    ] {
        let drawn = generate(family, left, right, d_out, Some(z), 3).unwrap();
        let scramble = permutation(left, 4);
        let pattern = rows_shuffled(&renumbered(&drawn, |l| scramble[l]), 5);
        for width in (1..=left).filter(|w| left % w == 0) {
            let number = banks_up_to_renumbering(&pattern, width).expect("groups");
            let pattern = renumbered(&pattern, |l| number[l] as usize);
            let r = checked(&pattern, width, "renumbered").expect("a counter");
            assert_eq!(form(&r), 0, "({left}, {d_out}, {right}) width {width}");
            assert!(r.in_bank_order);
        }
        assert_eq!(banks_up_to_renumbering(&pattern, left - 1), None);
    }
    let pattern = generate(random, 64, 32, 4, None, 0).unwrap();
    assert_eq!(banks_up_to_renumbering(&pattern, 8), None);
}

fn pattern(left: usize, rows: &[&[usize]]) -> Pattern {
    let row = |row: &&[usize]| row.iter().map(|&l| Neuron::new(l)).collect();
    Pattern::new(left, &rows.iter().map(row).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_first_clash_is_named() {
    // Left neurons 1 and 3 are both in bank 1.
    let p = pattern(4, &[&[1, 3], &[0, 2]]);
    assert_eq!(
        first_clash(&p, 2).unwrap().to_string(),
        "cycle 0: bank 1 is asked for by the edges from left neuron 1 to right neuron 0 and from \
         left 3 to right 0"
    );
    // Two right neurons a cycle, the second of which has a left neuron of the first.
    let p = pattern(4, &[&[0, 1], &[1, 2], &[2, 3], &[0, 3]]);
    let clash = first_clash(&p, 4).unwrap();
    assert_eq!(clash.edges, (1, 2));
    assert!(
        clash
            .to_string()
            .ends_with("from left neuron 1 to right neuron 0 and from left 1 to right 1")
    );
    // Its order can be mended.
    assert!(checked(&p, 4, "rows 0, 2, 1, 3").is_some());
    // Right neuron 1 begins with edge 3 of cycle 0 and has no edge in bank 3.
    let p = pattern(
        8,
        &[&[0, 1, 2, 4, 5, 6], &[0, 1, 3, 4, 5, 7], &[2, 3, 6, 7, 0, 1], &[2, 3, 4, 5, 6, 7]],
    );
    let clash = first_clash(&p, 4).unwrap();
    assert_eq!((clash.cycle.0, clash.bank.0, clash.edges), (0, 0, (0, 3)));
    // Right neuron 1 makes one edge of cycle 1 and both of cycle 2, all three in bank 0.
    let p = pattern(6, &[&[0, 1, 3], &[0, 2, 4], &[1, 2, 5], &[3, 4, 5]]);
    let clash = first_clash(&p, 2).unwrap();
    assert_eq!((clash.cycle.0, clash.bank.0, clash.edges), (2, 0, (4, 5)));
    assert_eq!(first_clash(&p, 1), None);
    assert_eq!(first_clash(&p, 0), None);
}

/// Whether the line's edges can be made from `e` on, tried out in every way; `read` are the banks that
/// edge `e`'s cycle has read.
fn possible(rows: &mut [Vec<usize>], d_in: usize, w: usize, e: usize, read: &[usize]) -> bool {
    let r = e / d_in;
    if r == rows.len() {
        return true;
    }
    let read = if e.is_multiple_of(w) { &[] } else { read };
    (0..rows[r].len()).any(|i| {
        let l = rows[r].remove(i);
        let with = [read, &[l % w]].concat();
        let rest = !read.contains(&(l % w)) && possible(rows, d_in, w, e + 1, &with);
        rows[r].insert(i, l);
        rest
    })
}

#[test]
fn there_is_a_clash_exactly_if_nothing_is_possible() {
    let mut seen = [0, 0];
    for (left, d_out, right) in [(4, 2, 4), (6, 2, 4), (6, 2, 3), (6, 3, 6), (4, 3, 6), (5, 2, 5)] {
        for (seed, width) in (0..40).flat_map(|seed| (1..=left).map(move |w| (seed, w))) {
            let p = generate(Family::RandomStructured, left, right, d_out, None, seed).unwrap();
            let mut left_of: Vec<Vec<usize>> =
                rows(&p).iter().map(|row| row.iter().map(|l| l.at()).collect()).collect();
            let free = possible(&mut left_of, p.d_in(), width, 0, &[]);
            let clash = first_clash(&p, width);
            assert_eq!(clash.is_none(), free, "({left}, {d_out}, {right}) {width} {seed}");
            if let Some(clash) = clash {
                let (a, b) = clash.edges;
                let bank = |e: usize| p.left_ends()[e].at() % width;
                assert!(a != b && bank(a) == clash.bank.at() && bank(b) == bank(a));
            }
            seen[usize::from(free)] += 1;
        }
    }
    assert!(seen.iter().all(|&n| n > 100), "{seen:?}");
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let family = Family::ClashFree { starts: Starts::PerSweep, dither: false };
    let p = generate(family, 40, 40, 9, Some(8), 1).unwrap();
    let right = recognise(&p, 8).unwrap();
    let fault = |change: &dyn Fn(&mut Recognised)| {
        let mut r = right.clone();
        change(&mut r);
        check(&p, &r).unwrap_err()
    };
    assert!(matches!(fault(&|r| r.width = 7), Misfit::Size { .. }));
    assert!(matches!(fault(&|r| r.order[3] = r.order[4]), Misfit::Order { .. }));
    assert!(matches!(fault(&|r| r.order.swap(3, 4)), Misfit::Turn { .. }));
    assert!(matches!(fault(&|r| r.in_bank_order = false), Misfit::BankOrder { said: false }));
    // Eight of right neuron 0's nine edges are in cycle 0.
    let late = (0..9).find(|&e| right.cycle[e] == 1).unwrap();
    assert!(matches!(fault(&|r| r.cycle[late] = 0), Misfit::Clash(_) | Misfit::Address { .. }));
    let free = |r: &mut Recognised| r.addresses = Addresses::Free;
    assert!(matches!(
        fault(&|r| {
            free(r);
            r.cycle[late] = 0;
        }),
        Misfit::Clash(_)
    ));
    assert!(matches!(
        fault(&|r| {
            let Addresses::Starts { starts } = &mut r.addresses else { panic!("starts") };
            starts[2][5] = (starts[2][5] + 1) % 5;
        }),
        Misfit::Address { .. }
    ));
    assert!(matches!(
        fault(&|r| r.addresses = Addresses::Starts { starts: Vec::new() }),
        Misfit::Size { .. }
    ));
}

/// The work is bounded; this takes about a second and would take hours if it were quadratic in edges.
#[test]
fn large_layers() {
    for (family, wanted, _) in clash_free() {
        let pattern = generate(family, 4096, 1024, 64, Some(32), 0).unwrap();
        let r = checked(&rows_shuffled(&pattern, 1), 32, "large").expect("aligned");
        assert_eq!(form(&r), wanted);
    }
    let pattern = generate(Family::RandomStructured, 4096, 4096, 16, None, 0).unwrap();
    for width in [1024, 64, 16] {
        assert_eq!(recognise(&pattern, width), None);
    }
    let pattern = generate(Family::RandomStructured, 4096, 512, 512, None, 0).unwrap();
    assert_eq!(form(&recognise(&pattern, 64).unwrap()), 0);
}

/// A shape with feasible degrees and a parallelism that divides its left layer.
fn shape() -> impl Strategy<Value = (Degrees, usize)> {
    use prop::sample::Index;
    (1usize..=16, 1usize..=6, 1usize..=6, any::<Index>(), any::<Index>()).prop_map(
        |(g, a, b, degree, z)| {
            let all: Vec<Degrees> = Degrees::feasible(g * a, g * b).unwrap().collect();
            let zs: Vec<usize> = (1..=g * a).filter(|z| (g * a) % z == 0).collect();
            (all[degree.index(all.len())], zs[z.index(zs.len())])
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Default::default()
    })]

    #[test]
    fn any_shape((degrees, z) in shape(), seed in any::<u64>(), f in 0usize..6) {
        let Degrees { left, right, d_out, d_in } = degrees;
        let (family, wanted, dither) = clash_free().nth(f).unwrap();
        let what = format!("{family} ({left}, {d_out}, {right}) z={z} seed={seed}");
        let pattern = generate(family, left, right, d_out, Some(z), seed).unwrap();
        let r = checked(&pattern, z, &what);
        prop_assert!(r.is_some_and(|r| form(&r) <= wanted), "{}", what);
        let r = checked(&rows_shuffled(&pattern, seed), z, &what);
        if d_in % z == 0 && (left / z) % (d_in / z) == 0 {
            prop_assert!(r.is_some_and(|r| form(&r) <= wanted), "shuffled {}", what);
        } else if !dither || d_in % z == 0 {
            // The search for a cheaper form may give up, that for any address has nothing to search.
            prop_assert!(r.is_some(), "shuffled {}", what);
        }
    }
}
