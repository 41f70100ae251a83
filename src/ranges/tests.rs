//! Against all scales, in plain arithmetic.

use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The error of one value, from the definitions: the nearest of all codes, by trying each.
fn nearest_error(value: f64, bits: u32, frac: i32, signed: bool) -> f64 {
    let codes = if signed { -(1i64 << (bits - 1))..1 << (bits - 1) } else { 0..1 << bits };
    let value = if signed { value } else { value.max(0.0) };
    codes.map(|q| (value - q as f64 / f64::from(frac).exp2()).abs()).fold(f64::INFINITY, f64::min)
}

/// The least error over all scales, the lowest of those that tie.
fn brute_force(values: &[f32], bits: u32, signed: bool) -> i32 {
    let error = |frac| -> f64 {
        values.iter().map(|&v| nearest_error(v.into(), bits, frac, signed).powi(2)).sum()
    };
    (-16..=24)
        .fold((f64::INFINITY, 0), |best, frac| {
            let e = error(frac);
            if e < best.0 { (e, frac) } else { best }
        })
        .1
}

/// Bell-shaped values, some far out.
fn values(n: usize, scale: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut one = || (0..6).map(|_| rng.random::<f32>() - 0.5).sum::<f32>() * scale;
    let mut values: Vec<f32> = (0..n).map(|_| one()).collect();
    values[0] *= 4.0;
    values
}

#[test]
fn the_scale_is_the_best_of_all() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for bits in 1..=8 {
        for scale in [0.003, 0.5, 1.0, 1.7, 40.0, 900.0] {
            for signed in [false, true] {
                let values = values(60, scale, &mut rng);
                let expected = brute_force(&values, bits, signed);
                assert_eq!(best_frac(&values, bits, signed), expected, "{bits} {scale} {signed}");
            }
        }
    }
}

#[test]
fn known_cases() {
    // 1.0 fits 2 signed bits (−2 to 1) only as the code 1.
    assert_eq!(best_frac(&[1.0], 2, true), 0);
    assert_eq!(best_frac(&[-1.0], 2, true), 1);
    // All of 0 … 15/16 are codes of u4.4.
    let sixteenths: Vec<f32> = (0..16).map(|q| q as f32 / 16.0).collect();
    assert_eq!(best_frac(&sixteenths, 4, false), 4);
    // One in a thousand is far out: clamping it, by 0.5, costs less than a grid twice as coarse.
    let mut tail = vec![0.25f32; 1_000];
    tail[0] = 1.0;
    assert_eq!(best_frac(&tail, 1, false), 2);
    // After ReLU only the 0.5 is left.
    assert_eq!(best_frac(&[-100.0, 0.5], 3, false), best_frac(&[0.0, 0.5], 3, false));
    // Exact at 0 places and at 1: the search begins at the most that hold all.
    assert_eq!(best_frac(&[1.0, 3.0], 4, true), 1);
    // One bit: 0.75 and 0.75 become 1 and 1, or 0.5 and 0.5, off by 0.25 each: the larger range.
    assert_eq!(best_frac(&[0.75, 0.75], 1, false), 0);
}

#[test]
fn without_values_the_range_is_one() {
    for none in [&[][..], &[0.0, -0.0], &[f32::NAN, f32::INFINITY]] {
        assert_eq!(best_frac(none, 6, true), 5);
        assert_eq!(best_frac(none, 6, false), 6);
    }
    assert_eq!(best_frac(&[-3.0], 6, false), 6, "0 after ReLU");
}

#[test]
fn places_stay_within_their_limits() {
    assert_eq!(best_frac(&[1e-30], 4, true), MAX_FRAC);
    assert_eq!(best_frac(&[1e30], 4, true), -MAX_FRAC);
}

#[test]
fn the_error_is_that_of_the_nearest_codes() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let values = values(200, 1.0, &mut rng);
    for (bits, frac, signed) in [(1, 0, false), (3, 1, true), (6, 4, true), (8, 9, false)] {
        let error = |v: &f32| nearest_error((*v).into(), bits, frac, signed).powi(2);
        let expected: f64 = values.iter().map(error).sum();
        let found = squared_error(&values, Format { bits, frac, signed });
        assert!((found - expected).abs() < 1e-12 * expected, "{found} {expected}");
    }
}
