//! Clash-free patterns are recognised from their masks alone, whatever the order of the rows.

use clashfree::ids::Neuron;
use clashfree::interleave::recognise::{Addresses, Recognised, check, recognise};
use clashfree::pattern::{Degrees, Family, Pattern, Starts, generate};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

fn rows(pattern: &Pattern) -> Vec<Vec<Neuron>> {
    pattern.left_ends().chunks(pattern.d_in()).map(<[Neuron]>::to_vec).collect()
}

fn shuffled(pattern: &Pattern, seed: u64) -> Pattern {
    let mut rows = rows(pattern);
    rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ 0xabcd));
    Pattern::new(pattern.left(), &rows).unwrap()
}

fn rank(a: &Addresses) -> usize {
    match a {
        Addresses::Counter { .. } => 0,
        Addresses::Starts { .. } => 1,
        Addresses::Free => 2,
    }
}

#[test]
fn explore() {
    for (left, d_out, right, z) in [
        (64, 4, 32, 8),
        (64, 4, 32, 4),
        (96, 5, 32, 5 * 0 + 3),
        (96, 5, 32, 1),
        (96, 4, 64, 2),
        (60, 4, 20, 12),
        (60, 4, 20, 6),
        (60, 4, 20, 4),
        (60, 4, 20, 3),
        (60, 4, 20, 2),
        (784, 8, 32, 49),
        (800, 2, 40, 32),
        (800, 2, 40, 50),
        (800, 2, 40, 25),
        (800, 2, 40, 16),
        (800, 2, 40, 200),
        (40, 9, 40, 8),
        (40, 9, 40, 4),
        (40, 9, 40, 5),
        (40, 9, 40, 20),
        (40, 9, 40, 40),
        (40, 9, 40, 10),
        (40, 10, 10, 8),
        (800, 19, 40, 400),
        (800, 26, 80, 50),
        (80, 33, 80, 40),
        (1024, 16, 1024, 64),
        (1024, 16, 1024, 8),
        (48, 3, 72, 8),
        (48, 3, 72, 12),
        (48, 3, 72, 6),
        (48, 5, 60, 8),
        (60, 13, 60, 10),
        (36, 25, 30, 6),
        (64, 40, 64, 8),
        (40, 39, 40, 8),
        (40, 40, 40, 8),
        (120, 6, 80, 10),
        (120, 6, 80, 20),
        (120, 6, 80, 30),
        (120, 6, 80, 60),
        (4096, 16, 4096, 64),
        (4096, 64, 1024, 32),
        (512, 3, 1536, 64),
        (512, 9, 512, 64),
        (2048, 9, 2048, 64),
    ] {
        let d = Degrees::new(left, right, d_out).unwrap();
        for family in Family::ALL {
            let mut res = vec![];
            let now0 = std::time::Instant::now();
            let want = match family {
                Family::RandomStructured => 9,
                Family::ClashFree { starts: Starts::Once, .. } => 0,
                Family::ClashFree { starts: Starts::PerSweep, .. } => 1,
                _ => 2,
            };
            for sh in [false, true] {
                let (mut n, mut t, mut hist) = (0, 0, [0; 4]);
                let now = std::time::Instant::now();
                for seed in 0..10 {
                    let mut p = generate(family, left, right, d_out, Some(z), seed).unwrap();
                    if sh {
                        p = shuffled(&p, seed);
                    }
                    t += 1;
                    match recognise(&p, z) {
                        None => hist[3] += 1,
                        Some(r) => {
                            check(&p, &r).unwrap();
                            hist[rank(&r.addresses)] += 1;
                            if rank(&r.addresses) <= want {
                                n += 1
                            }
                        }
                    }
                }
                res.push(format!(
                    "{n:2}/{t} {hist:?} {:6.1}ms",
                    now.elapsed().as_secs_f64() * 100.0
                ));
            }
            if !res.iter().all(|r| r.starts_with("10")) || now0.elapsed().as_secs_f64() > 0.5 {
                println!(
                    "{left}->{right} d_out {d_out} d_in {} z={z} {:40} nat {}  shuf {}",
                    d.d_in,
                    family.to_string(),
                    res[0],
                    res[1]
                );
            }
        }
    }
}
