//! Schedules and their tables, without any tool: the tables of random heads are replayed by an
//! independent reading of what the hardware does with them, and compared with the pattern and the
//! reference model.
//!
//! `CLASHFREE_SEED=N CLASHFREE_CASES=1 cargo test --test schedule` repeats the case that failed.

mod common;

use clashfree::lower::{Control, Datapath, Interface, Rom, lower};
use clashfree::model;
use clashfree::packet::ResultKind;
use clashfree::quantise::QuantHead;
use clashfree::schedule::{
    Arranged, Arrangement, Budget, Interleaver, Preferences, ScheduleError, Site, arrange,
};
use common::heads::{frames, head, most_edges, random, relu, seed_and_cases, unsigned};
use common::networks::{busiest, network_fits};
use common::tables::replay;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The bus that most tests use.
const BUS: Interface =
    Interface { bus_bits: 64, result: ResultKind::Logits, control: Control::Auto };

/// Any kind of interleaver, copies alone, which use every lane whatever divides, and networks where
/// there can be one.
const KINDS: [Interleaver; 3] = [Interleaver::Auto, Interleaver::Copies, Interleaver::Network];

/// Schedules, lowers and replays `head`, and checks what the budget promises.
fn check(head: &QuantHead, budget: &Budget, interface: Interface, about: &str) {
    for kind in KINDS {
        // a network takes inputs in any order as they come
        let permutations: &[bool] =
            if kind == Interleaver::Network { &[false] } else { &[false, true] };
        for &permute_input in permutations {
            let preferences = Preferences {
                interleavers: vec![kind],
                permute_input,
                effort: 100_000,
                ..Preferences::default()
            };
            check_with(head, budget, &preferences, interface, about);
        }
    }
}

fn check_with(
    head: &QuantHead,
    budget: &Budget,
    preferences: &Preferences,
    interface: Interface,
    about: &str,
) {
    let about = format!("{about}, {budget:?}, {preferences:?}, bus {}", interface.bus_bits);
    let _context = Context(&about);
    let per_beat = interface.bus(head).unwrap().codes_per_beat();
    let arranged = arrange_as_far_as_possible(head, budget, preferences, per_beat);
    for (i, (s, j)) in arranged.schedules.iter().zip(&arranged.head.junctions).enumerate() {
        let edges = j.pattern.edges();
        let fewest = match budget {
            Budget::Cycles(cycles) => {
                assert!(s.cycles() <= *cycles, "cycles of junction {i}");
                edges.div_ceil(*cycles)
            }
            Budget::Parallelism(lanes) => {
                assert!(s.lanes() <= lanes[i], "lanes of junction {i}");
                assert!(s.cycles() <= edges.div_ceil(lanes[i]), "cycles of junction {i}");
                lanes[i]
            }
        };
        if s.interleaver() == Interleaver::Copies {
            // Lanes that would never have an edge are left out.
            assert!(s.lanes() <= fewest, "lanes of junction {i}");
            assert_eq!(s.cycles(), edges.div_ceil(fewest), "cycles of junction {i}");
            assert!(s.cycles() * s.lanes() < edges + fewest, "room for edges that do not exist");
        } else if let Arrangement::Network(network) = &s.kind {
            assert_eq!(s.cycles(), busiest(s, &j.pattern, network), "cycles of junction {i}");
        } else {
            assert!(s.lanes() <= 2 * fewest + 8, "lanes of junction {i}");
        }
    }
    let design = lower(&arranged, interface).unwrap();
    for (i, stage) in design.junctions.iter().enumerate() {
        let Some(tables) = &stage.tables else { continue };
        let words = tables.weight_rom.words.bits() / stage.weight.bits as usize;
        assert_eq!(words, stage.cycles * stage.lanes, "weight ROM of junction {i}");
    }
    let inputs = frames(head, 3, 5);
    let rows: Vec<Vec<i32>> = inputs.rows().into_iter().map(|r| r.to_vec()).collect();
    let sent: Vec<Vec<i32>> = rows
        .iter()
        .map(|row| (0..row.len()).map(|p| row[arranged.neuron(0, p)]).collect())
        .collect();
    let logits = replay(&arranged.head, &design, &sent);
    let found = Array2::from_shape_fn((3, logits[0].len()), |(f, c)| logits[f][c]);
    assert_eq!(found, model::run(head, inputs.view()), "the tables compute something else");
}

/// Schedules; where a network is asked for and there can be none, any kind instead.
fn arrange_as_far_as_possible(
    head: &QuantHead,
    budget: &Budget,
    preferences: &Preferences,
    per_beat: usize,
) -> Arranged {
    let mut preferences = preferences.clone();
    if preferences.interleavers == [Interleaver::Network] {
        preferences.interleavers = vec![Interleaver::Network; head.junctions.len()];
    }
    loop {
        match arrange(head, budget, &preferences, per_beat) {
            Err(ScheduleError::Kind {
                site: Site::Trunk(junction),
                kind: Interleaver::Network,
                ..
            }) => {
                let pattern = &head.junctions[junction].pattern;
                assert!(!network_fits(pattern, budget, junction), "there is a network");
                preferences.interleavers[junction] = Interleaver::Auto;
            }
            other => return other.unwrap(),
        }
    }
}

/// Copies for all junctions.
fn copies() -> Preferences {
    Preferences { interleavers: vec![Interleaver::Copies], ..Preferences::default() }
}

/// Says which case it was if a check panics.
struct Context<'a>(&'a str);

impl Drop for Context<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in {}", self.0);
        }
    }
}

fn shape(head: &QuantHead) -> String {
    let each = |j: &clashfree::quantise::QuantJunction| {
        format!("{} (d_out {}) ", j.pattern.left(), j.pattern.d_out())
    };
    let last = head.junctions.last().unwrap().pattern.right();
    head.junctions.iter().map(each).collect::<String>() + &last.to_string()
}

/// A few budgets of a head: the limits, a dividing one where there is one, random ones.
fn budgets(rng: &mut ChaCha8Rng, head: &QuantHead) -> Vec<Budget> {
    let most = most_edges(head);
    let mut all = vec![Budget::Cycles(1), Budget::Cycles(most)];
    all.extend((0..3).map(|_| {
        // Small budgets and large ones alike.
        let top = rng.random_range(1..=most);
        Budget::Cycles(rng.random_range(1..=top))
    }));
    let lanes = head.junctions.iter().map(|j| rng.random_range(1..=j.pattern.edges()));
    all.push(Budget::Parallelism(lanes.collect()));
    all
}

fn case(seed: u64, most: usize, edges: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let head = random(&mut rng, "case", most, edges);
    let about = format!("CLASHFREE_SEED={seed}, {}", shape(&head));
    for budget in budgets(&mut rng, &head) {
        let bus_bits = 8 * rng.random_range(2..=32);
        check(&head, &budget, Interface { bus_bits, ..BUS }, &about);
    }
}

/// The size grows with the case, so that the first failure is a small one.
#[test]
fn tables_of_random_heads_compute_the_head() {
    let (seed, cases) = seed_and_cases(2000);
    println!("CLASHFREE_SEED={seed} CLASHFREE_CASES={cases}");
    for i in 0..cases {
        let seed = seed + i;
        // By the seed alone, so that a seed repeats its case.
        let most = [3, 8, 24, 60][(seed / 500 % 4) as usize];
        case(seed, most, 1500);
    }
}

#[test]
fn tables_of_large_random_heads_compute_the_head() {
    let (seed, cases) = seed_and_cases(12);
    for seed in seed..seed + cases.min(200) {
        case(seed, 4096, 20_000);
    }
}

/// Every budget there is, for junctions whose degrees divide nothing.
#[test]
fn every_budget_of_small_junctions_is_met() {
    for (left, right, d_out) in
        [(40, 40, 9), (17, 17, 2), (1, 1, 1), (1, 7, 7), (9, 1, 1), (13, 11, 11), (12, 18, 9)]
    {
        let one = head("small", left, unsigned(4, 4), &[relu(right, d_out)], 3);
        for cycles in 1..=most_edges(&one) {
            check(&one, &Budget::Cycles(cycles), BUS, &shape(&one));
            check(&one, &Budget::Parallelism(vec![cycles]), BUS, &shape(&one));
        }
    }
}

/// The sparse rows of the paper's tables I and II: layers, out-degrees.
const PAPER: [([usize; 4], [usize; 3]); 9] = [
    ([800, 40, 40, 10], [2, 9, 10]),
    ([800, 40, 40, 10], [4, 10, 10]),
    ([800, 40, 40, 10], [6, 11, 10]),
    ([800, 40, 40, 10], [13, 17, 10]),
    ([800, 40, 40, 10], [19, 24, 10]),
    ([800, 40, 40, 10], [5, 11, 10]),
    ([800, 40, 40, 10], [9, 14, 10]),
    ([800, 80, 80, 10], [26, 22, 10]),
    ([800, 80, 80, 10], [37, 33, 10]),
];

#[test]
fn lanes_are_busy_for_every_sparse_row_of_the_paper() {
    for (layers, degrees) in PAPER {
        let junctions: Vec<_> = (0..3).map(|i| relu(layers[i + 1], degrees[i])).collect();
        let head = head("paper", layers[0], unsigned(4, 4), &junctions, 11);
        for cycles in [20, 50, 100, 800] {
            let about = format!("{layers:?} {degrees:?} at {cycles} cycles");
            let arranged = arrange(&head, &Budget::Cycles(cycles), &copies(), 16).unwrap();
            for (i, (s, j)) in arranged.schedules.iter().zip(&arranged.head.junctions).enumerate() {
                let edges = j.pattern.edges();
                assert_eq!(s.lanes(), edges.div_ceil(cycles), "{about}, junction {i}");
                let busy = edges as f64 / (s.lanes() * s.cycles()) as f64;
                assert!(busy >= 0.9, "{about}, junction {i}: lanes busy {busy:.3}");
                if edges.is_multiple_of(s.lanes()) {
                    assert_eq!(s.cycles() * s.lanes(), edges, "{about}, junction {i}");
                }
            }
        }
        check(&head, &Budget::Cycles(50), BUS, &shape(&head));
    }
}

/// A field may only be written once, so sets the lowest bit that is clear in the first word.
fn spoil(rom: &mut Rom) {
    let old = rom.words.hash();
    let text = rom.words.hex();
    let digits = text.lines().next().unwrap().chars().rev().map(|c| c.to_digit(16).unwrap());
    let mut bits = digits.flat_map(|digit| (0..4).map(move |bit| digit >> bit & 1));
    rom.words.put(0, bits.position(|bit| bit == 0).expect("a clear bit"), 1, 1);
    assert_ne!(rom.words.hash(), old);
}

/// The same for networks: a crossbar and a Benes network.
#[test]
fn a_network_table_with_one_wrong_bit_is_found() {
    let narrow = head("narrow", 40, unsigned(4, 4), &[relu(40, 9)], 7);
    let wide = head("wide", 96, unsigned(4, 4), &[relu(72, 24)], 7);
    for (head, cycles, bus_bits) in [(narrow, 50, 16), (wide, 72, 128)] {
        let inputs = frames(&head, 3, 5);
        let rows: Vec<Vec<i32>> = inputs.rows().into_iter().map(|r| r.to_vec()).collect();
        let preferences =
            Preferences { interleavers: vec![Interleaver::Network], ..Preferences::default() };
        let per_beat = bus_bits as usize / 4;
        let arranged = arrange(&head, &Budget::Cycles(cycles), &preferences, per_beat).unwrap();
        let interface = Interface { bus_bits, ..BUS };
        let design = lower(&arranged, interface).unwrap();
        let right = replay(&head, &design, &rows);
        for what in ["row", "control", "partial", "drain", "weight", "bias"] {
            let mut wrong = design.clone();
            let stage = &mut wrong.junctions[0];
            let Datapath::Network(kind) = &mut stage.datapath else { panic!("a network") };
            assert_eq!(kind.stages_per_register.is_some(), head.name == "wide");
            spoil(match what {
                "row" => kind.row_rom.as_mut().expect("banks of several rows"),
                "control" => kind.control_rom.as_mut().expect("several banks"),
                "partial" => &mut kind.partial_rom,
                "drain" => &mut kind.drain_rom,
                "weight" => &mut stage.tables.as_mut().expect("tables").weight_rom,
                _ => &mut stage.tables.as_mut().expect("tables").bias_rom,
            });
            let found = std::panic::catch_unwind(|| replay(&head, &wrong, &rows));
            assert!(found.is_err() || found.is_ok_and(|f| f != right), "{what}: not found");
        }
    }
}

/// The checker itself: one wrong bit in any table is found.
#[test]
fn a_table_with_one_wrong_bit_is_found() {
    let head = head("wrong", 40, unsigned(4, 4), &[relu(40, 9), relu(10, 10)], 7);
    let rows: Vec<Vec<i32>> = frames(&head, 3, 5).rows().into_iter().map(|r| r.to_vec()).collect();
    let arranged = arrange(&head, &Budget::Cycles(50), &copies(), 4).unwrap();
    let design = lower(&arranged, Interface { bus_bits: 16, ..BUS }).unwrap();
    let right = replay(&head, &design, &rows);
    for what in ["row", "bank", "weight", "bias"] {
        let mut wrong = design.clone();
        // A bias of the last junction: an inner one may vanish in the rounding.
        let stage = &mut wrong.junctions[usize::from(what == "bias")];
        let Datapath::Copies(kind) = &mut stage.datapath else { panic!("copies were asked for") };
        let rom = match what {
            "row" => kind.row_rom.as_mut().expect("banks of several rows"),
            "bank" => kind.bank_rom.as_mut().expect("several banks"),
            "weight" => &mut stage.tables.as_mut().expect("tables").weight_rom,
            _ => &mut stage.tables.as_mut().expect("tables").bias_rom,
        };
        spoil(rom);
        let found = std::panic::catch_unwind(|| replay(&head, &wrong, &rows));
        assert!(found.is_err() || found.is_ok_and(|f| f != right), "{what}: not found");
    }
}
