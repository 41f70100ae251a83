//! How to choose the scale of a format for values: the power of two with the least squared error.

mod sample;

pub use sample::{CAPACITY, Sample};

use crate::quantise::Format;

/// The most binary places, either way, that are chosen; more do not make sense in 16 bits.
pub const MAX_FRAC: i32 = 32;

/// How many times the range is halved in the search, from the one that holds all values: down to
/// 1/64 of it. Beyond, almost everything would saturate.
const HALVINGS: i32 = 6;

/// The binary places with which `bits` bits make the least squared error over the values,
/// `Σ (v − q·2^-frac)²` with `q = clamp(round(v·2^frac), lo, hi)`.
///
/// The rounding is that of `docs/numerics.md` for weights (half to even) and for activations (half
/// up) alike: they differ in ties only, where both choices are equally far away, and saturation
/// takes care of what they do at the ends. Where `signed` is false, values are taken as they are
/// after ReLU: negative ones count as 0.
///
/// The search begins at the most places that hold every value without saturation; with fewer, no
/// value comes closer, since the codes are then a subset. It ends where the range is 1/64 of that.
/// Of those with equal errors the larger range wins. The answer is within ±[`MAX_FRAC`].
///
/// Values that are not finite are ignored. If all are 0, or there are none, every scale is as good:
/// the answer is then `bits`, or `bits − 1` where `signed`, which holds values up to 1.
///
/// # Panics
/// If `bits` is not 1 to [`MAX_BITS`](crate::quantise::MAX_BITS).
pub fn best_frac(values: &[f32], bits: u32, signed: bool) -> i32 {
    assert!((1..=crate::quantise::MAX_BITS).contains(&bits), "{bits} bits");
    let format = |frac| Format { bits, frac, signed };
    let Some(widest) = widest(values, format) else {
        return bits as i32 - i32::from(signed);
    };
    let mut best = (f64::INFINITY, widest);
    for frac in widest..=(widest + HALVINGS).min(MAX_FRAC) {
        let error = squared_error(values, format(frac));
        if error < best.0 {
            best = (error, frac);
        }
    }
    best.1
}

/// `Σ (v − q·2^-frac)²` over the finite values: see [`best_frac`].
pub fn squared_error(values: &[f32], format: Format) -> f64 {
    let (scale, unit) = (f64::from(format.frac).exp2(), format.unit());
    let (lo, hi) = (format.min() as f64, format.max() as f64);
    let error = |v: f64| v - (v * scale).round_ties_even().clamp(lo, hi) * unit;
    finite(values, format.signed).map(|v| error(v) * error(v)).sum()
}

/// The values that count: finite, and not negative where the format is not signed.
fn finite(values: &[f32], signed: bool) -> impl Iterator<Item = f64> {
    let finite = values.iter().filter(|v| v.is_finite());
    finite.map(move |&v| f64::from(if signed { v } else { v.max(0.0) }))
}

/// The most binary places with which no value saturates; `None` if all values are 0.
fn widest(values: &[f32], format: impl Fn(i32) -> Format) -> Option<i32> {
    let signed = format(0).signed;
    let (least, most) =
        finite(values, signed).fold((0.0f64, 0.0f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let holds = |frac: &i32| {
        let (f, scale) = (format(*frac), f64::from(*frac).exp2());
        most * scale < f.max() as f64 + 0.5 && least * scale > f.min() as f64 - 0.5
    };
    let all_zero = least == 0.0 && most == 0.0;
    (!all_zero).then(|| (-MAX_FRAC..=MAX_FRAC).rev().find(holds).unwrap_or(-MAX_FRAC))
}

#[cfg(test)]
mod tests;
