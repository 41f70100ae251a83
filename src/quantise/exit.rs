//! Early exits in integers: rules, the ranges of their thresholds, the table of the softmax rule.

use super::QuantJunction;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// When an exit answers; `docs/numerics.md` has the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// If the largest logit exceeds the second largest by at least the threshold.
    Margin,
    /// If the largest logit is at least the threshold.
    Largest,
    /// If the softmax of the largest logit is at least the threshold, which is a probability in
    /// units of `2^-16`.
    Softmax,
}

impl Rule {
    /// The name in files, on the command line and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Margin => "margin",
            Self::Largest => "largest",
            Self::Softmax => "softmax",
        }
    }

    /// The thresholds that a branch whose logits have `acc_bits` bits can be given: those that its
    /// values can reach.
    pub fn thresholds(self, acc_bits: u32) -> RangeInclusive<i64> {
        match self {
            Self::Margin => 0..=((1i128 << acc_bits) - 1) as i64,
            Self::Largest => -(1i64 << (acc_bits - 1))..=((1i128 << (acc_bits - 1)) - 1) as i64,
            Self::Softmax => 0..=PROBABILITY_ONE,
        }
    }

    /// Bits of a threshold, and whether it is signed.
    pub fn threshold_format(self, acc_bits: u32) -> (u32, bool) {
        match self {
            Self::Margin => (acc_bits, false),
            Self::Largest => (acc_bits, true),
            Self::Softmax => (PROBABILITY_ONE.ilog2() + 1, false),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A probability of 1 at the scale of the softmax rule's thresholds.
pub const PROBABILITY_ONE: i64 = 1 << 16;

/// The exponential of 0 at the scale of [`Softmax::table`].
pub const SOFTMAX_ONE: i64 = 1 << 12;

/// Entries of [`Softmax::table`].
pub const SOFTMAX_ENTRIES: usize = 256;

/// The largest distance, in natural units, whose exponential is not rounded to 0 at the table's
/// scale: `ln(2 · 4096)`.
const SOFTMAX_REACH: f64 = 9.011;

/// The exponentials that the softmax rule adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// A distance from the largest logit is shifted right by so much before it is looked up.
    pub shift: u32,
    /// `round(2^12 · exp(−d))` of the middle of the distances that fall on each entry; 0 beyond.
    pub table: Vec<u16>,
}

impl Softmax {
    /// The table for logits of `frac` binary places: the finest of [`SOFTMAX_ENTRIES`] entries that
    /// reaches to where exponentials round to 0.
    pub fn new(frac: i32) -> Self {
        let unit = libm::exp2(f64::from(-frac));
        let mut shift = 0;
        while libm::ldexp(unit, shift as i32) * (SOFTMAX_ENTRIES as f64) < SOFTMAX_REACH {
            shift += 1;
        }
        let middle = (libm::ldexp(1.0, shift as i32) - 1.0) / 2.0;
        let entry = |k: usize| {
            let distance = (libm::ldexp(k as f64, shift as i32) + middle) * unit;
            (SOFTMAX_ONE as f64 * libm::exp(-distance)).round_ties_even() as u16
        };
        Self { shift, table: (0..SOFTMAX_ENTRIES).map(entry).collect() }
    }
}

/// An early exit in integers, in the user's order of neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantExit {
    /// The trunk junction whose output feeds the branch.
    pub after: usize,
    /// When the branch answers.
    pub rule: Rule,
    /// What the rule compares with; within [`Rule::thresholds`].
    pub threshold: i64,
    /// The junctions of the branch; never empty.
    pub junctions: Vec<QuantJunction>,
    /// The table of [`Rule::Softmax`].
    pub softmax: Option<Softmax>,
}

impl QuantExit {
    /// The junction that gives the branch's logits.
    pub fn last(&self) -> &QuantJunction {
        self.junctions.last().expect("a branch has a junction")
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.last().pattern.right()
    }

    /// The thresholds that it can be given.
    pub fn thresholds(&self) -> RangeInclusive<i64> {
        self.rule.thresholds(self.last().acc_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reaches_to_where_exponentials_vanish() {
        for frac in -3..24 {
            let Softmax { shift, table } = Softmax::new(frac);
            let unit = f64::from(-frac).exp2();
            assert_eq!(table.len(), SOFTMAX_ENTRIES);
            assert!(table.windows(2).all(|pair| pair[1] <= pair[0]), "falls at {frac}");
            let beyond = (SOFTMAX_ENTRIES as f64) * f64::from(shift).exp2() * unit;
            assert!(4096.0 * (-beyond).exp() < 0.5001, "{frac}: what is beyond rounds to 0");
            // one step less would not reach, or there is no finer step
            assert!(shift == 0 || beyond / 2.0 < SOFTMAX_REACH, "{frac}");
            for (k, &entry) in table.iter().enumerate() {
                let (low, high) = (k << shift, ((k + 1) << shift) - 1);
                let of = |d: usize| 4096.0 * (-(d as f64) * unit).exp();
                assert!(f64::from(entry) <= of(low) + 0.51, "{frac} {k}");
                assert!(f64::from(entry) >= of(high) - 0.51, "{frac} {k}");
            }
        }
    }

    #[test]
    fn thresholds_are_what_the_values_can_reach() {
        assert_eq!(Rule::Margin.thresholds(8), 0..=255);
        assert_eq!(Rule::Largest.thresholds(8), -128..=127);
        assert_eq!(Rule::Softmax.thresholds(8), 0..=65_536);
        assert_eq!(Rule::Margin.thresholds(63), 0..=i64::MAX);
        assert_eq!(Rule::Softmax.threshold_format(8), (17, false));
    }
}
