//! What is wanted of the thresholds.

use super::{Observed, Point};
use std::cmp::Ordering;
use std::fmt;

/// One wish. Among the thresholds that grant it those are chosen that are best in what it leaves
/// open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Want {
    /// At most so many percentage points of accuracy lost against the head without exits; then the
    /// cheapest.
    Loss(f64),
    /// At least this accuracy, in per cent; then the cheapest.
    Accuracy(f64),
    /// At least this share of frames exits, in parts of 1; then the most accurate.
    ExitRate(f64),
    /// At most so many bytes a frame in the mean; then the most accurate.
    Bytes(f64),
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss(points) => write!(f, "at most {points} points of accuracy lost"),
            Self::Accuracy(percent) => write!(f, "an accuracy of at least {percent} %"),
            Self::ExitRate(share) => write!(f, "at least {} % of frames that exit", 100.0 * share),
            Self::Bytes(bytes) => write!(f, "at most {bytes} bytes a frame"),
        }
    }
}

/// A wish in whole numbers of some frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    need: Need,
    /// Whether bytes are the cost to save, and products only among equal bytes; else the reverse.
    bytes_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// At least so many right frames.
    Right(u64),
    /// At least so many frames that exit.
    Exited(u64),
    /// At most so many bytes of all frames.
    Bytes(u64),
}

/// Whole numbers of a choice of thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub right: i64,
    pub exited: i64,
    pub bytes: i64,
    pub products: i64,
}

impl Sums {
    pub fn of(point: &Point) -> Self {
        Self {
            right: point.right as i64,
            exited: point.exited().frames as i64,
            bytes: point.bytes as i64,
            products: point.products as i64,
        }
    }
}

/// Slack for products of a decimal fraction and a number of frames that are whole on paper: far
/// more than their rounding, far less than one frame.
const ROUNDING: f64 = 1e-6;

impl Goal {
    pub fn new(want: Want, observed: &Observed) -> Self {
        let frames = observed.frames() as f64;
        let at_least = |n: f64| (n - ROUNDING).ceil().max(0.0) as u64;
        let need = match want {
            Want::Loss(points) => {
                Need::Right(at_least(observed.reference_right() as f64 - points / 100.0 * frames))
            }
            Want::Accuracy(percent) => Need::Right(at_least(percent / 100.0 * frames)),
            Want::ExitRate(share) => Need::Exited(at_least(share * frames)),
            Want::Bytes(bytes) => Need::Bytes((bytes * frames + ROUNDING).floor() as u64),
        };
        Self { need, bytes_first: observed.split() }
    }

    /// Whether the wish is granted.
    pub fn holds(&self, sums: Sums) -> bool {
        match self.need {
            Need::Right(n) => sums.right as u64 >= n,
            Need::Exited(n) => sums.exited as u64 >= n,
            Need::Bytes(n) => sums.bytes as u64 <= n,
        }
    }

    /// Greater if `a` is the better choice: nearer to the wish, and beyond it by what it leaves open.
    pub fn compare(&self, a: Sums, b: Sums) -> Ordering {
        let key = |sums: Sums| {
            let cost = self.cost(sums);
            match self.need {
                Need::Right(n) => [sums.right.min(n as i64), -cost[0], -cost[1], sums.right],
                Need::Exited(n) => [sums.exited.min(n as i64), sums.right, -cost[0], -cost[1]],
                Need::Bytes(n) => [-sums.bytes.max(n as i64), sums.right, -cost[0], -cost[1]],
            }
        };
        key(a).cmp(&key(b))
    }

    /// Bytes and products, the one that is to be saved first.
    pub fn cost(&self, sums: Sums) -> [i64; 2] {
        let cost = [sums.bytes, sums.products];
        if self.bytes_first { cost } else { [cost[1], cost[0]] }
    }
}
