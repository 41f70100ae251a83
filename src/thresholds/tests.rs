//! The search against brute force, on frames made up for it.

use super::observe::{Branch, Rest};
use super::want::{Goal, Sums};
use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Confidence and correctness of each exit, and whether the end is right, of each frame.
fn observed(frames: &[(&[(i64, bool)], bool)]) -> Observed {
    let exits = (0..frames[0].0.len()).map(|e| {
        let confidence: Vec<i64> = frames.iter().map(|(exits, _)| exits[e].0).collect();
        let mut order: Vec<u32> = (0..frames.len() as u32).collect();
        order.sort_by_key(|&frame| -confidence[frame as usize]);
        Branch {
            right: frames.iter().map(|(exits, _)| exits[e].1).collect(),
            confidence,
            order,
            bytes: 6,
            products: 100 * (e as u64 + 1),
            range: 0..=31,
        }
    });
    Observed {
        exits: exits.collect(),
        end: Rest {
            right: frames.iter().map(|&(_, right)| right).collect(),
            bytes: (0..frames.len() as u32).map(|frame| 20 + frame % 7).collect(),
            products: 1000,
        },
        split: true,
        packed: 34,
    }
}

/// Frames whose exits are right the more often the surer they are.
fn random(seed: u64, frames: usize, exits: usize) -> Observed {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let made: Vec<(Vec<(i64, bool)>, bool)> = (0..frames)
        .map(|_| {
            let branch = |rng: &mut ChaCha8Rng| {
                let confidence = rng.random_range(0..=31);
                (confidence, rng.random_range(0..40) < confidence + 10)
            };
            ((0..exits).map(|_| branch(&mut rng)).collect(), rng.random_range(0..10) < 9)
        })
        .collect();
    let slices: Vec<(&[(i64, bool)], bool)> = made.iter().map(|(e, r)| (&e[..], *r)).collect();
    observed(&slices)
}

fn wants(observed: &Observed) -> Vec<Want> {
    let accuracy = 100.0 * observed.reference_right() as f64 / observed.frames() as f64;
    vec![
        Want::Loss(0.0),
        Want::Loss(5.0),
        Want::Accuracy(accuracy - 10.0),
        Want::ExitRate(0.5),
        Want::ExitRate(0.93),
        Want::Bytes(15.0),
        Want::Bytes(8.0),
    ]
}

#[test]
fn one_exit_gets_the_threshold_that_brute_force_finds() {
    for seed in 0..40 {
        let observed = random(seed, 60, 1);
        for want in wants(&observed) {
            let goal = Goal::new(want, &observed);
            let all = (0..=31).map(|threshold| observed.measure(&[threshold]));
            let best = all.max_by(|a, b| goal.compare(Sums::of(a), Sums::of(b))).unwrap();
            match observed.choose(want) {
                Ok((chosen, curve)) => {
                    let (found, wanted) = (Sums::of(&chosen), Sums::of(&best));
                    assert!(goal.compare(found, wanted).is_eq(), "{seed} {want}: {found:?}");
                    assert!(curve.points.contains(&chosen));
                }
                Err(error) => assert!(!goal.holds(Sums::of(&best)), "{seed} {want}: {error}"),
            }
        }
    }
}

#[test]
fn no_change_of_one_threshold_improves_what_is_chosen_for_several_exits() {
    for seed in 0..15 {
        let observed = random(seed, 80, 3);
        for want in wants(&observed) {
            let goal = Goal::new(want, &observed);
            let Ok((chosen, _)) = observed.choose(want) else { continue };
            let best = Sums::of(&chosen);
            assert!(goal.holds(best), "{seed} {want}");
            assert_eq!(observed.measure(&chosen.thresholds), chosen);
            for exit in 0..3 {
                for threshold in 0..=31 {
                    let mut other = chosen.thresholds.clone();
                    other[exit] = threshold;
                    let other = Sums::of(&observed.measure(&other));
                    assert!(goal.compare(other, best).is_le(), "{seed} {want}: {exit} {threshold}");
                }
            }
        }
    }
}

/// Exit by exit, the first would spend the error that may be made on one frame; the second gets
/// three for it.
#[test]
fn an_error_is_spent_at_the_exit_where_it_saves_most() {
    let observed = observed(&[
        (&[(20, true), (9, true)], true),
        (&[(10, false), (8, true)], true),
        (&[(1, false), (7, false)], true),
        (&[(1, false), (6, true)], true),
        (&[(1, false), (5, true)], true),
        (&[(0, false), (0, false)], true),
    ]);
    let (chosen, _) = observed.choose(Want::Loss(100.0 / 6.0)).unwrap();
    assert_eq!(chosen.thresholds, [20, 5]);
    assert_eq!((chosen.right, chosen.exited().frames), (5, 5));
    let (none_lost, _) = observed.choose(Want::Loss(0.0)).unwrap();
    assert_eq!(none_lost.thresholds, [20, 8]);
}

#[test]
fn a_wish_beyond_reach_is_refused_with_what_can_be_reached() {
    let observed = observed(&[(&[(31, false)], true), (&[(5, false)], true)]);
    let error = observed.choose(Want::Loss(0.0)).unwrap_err().to_string();
    // The first frame exits at the highest threshold, too.
    assert!(error.contains("50.00 %") && error.contains("0 points"), "{error}");
    let error = observed.choose(Want::Bytes(5.0)).unwrap_err().to_string();
    assert!(error.contains("6.00 bytes") && error.contains("5 bytes"), "{error}");
}

#[test]
fn shares_that_are_whole_on_paper_ask_for_no_frame_more() {
    let right = [(&[(0, true)][..], true); 1000];
    let observed = observed(&right);
    // 0.2 points of 1000 frames are 2, and 0.7 of them 700, though neither is so in binary.
    let holds = |want, sums: Sums| Goal::new(want, &observed).holds(sums);
    let sums = Sums { right: 998, exited: 700, ..Sums::default() };
    assert!(holds(Want::Loss(0.2), sums) && holds(Want::ExitRate(0.7), sums));
    assert!(holds(Want::Accuracy(99.8), sums));
    let less = Sums { right: 997, exited: 699, ..Sums::default() };
    assert!(!holds(Want::Loss(0.2), less) && !holds(Want::ExitRate(0.7), less));
    assert!(!holds(Want::Accuracy(99.8), less));
}
