//! The bit-accurate reference: integers in, integers out, by the arithmetic of `docs/numerics.md`.
//!
//! It knows the types of [`quantise`](crate::quantise) and [`pattern`](crate::pattern) and nothing
//! of the hardware: otherwise comparing the two would compare the compiler with itself.
//!
//! [`run`] is the fast one, over many frames; [`trace`] shows every intermediate value of one frame.
//! They share no code but the rounding formula's two lines, and a test compares both with a third.

mod batch;
mod exits;

pub use batch::run;
pub use exits::{
    Computed, End, Outcome, compute, confidence, outcomes, softmax_sum, tail, tail_classes,
};

use crate::quantise::{QuantExit, QuantHead, QuantJunction};
use ndarray::ArrayView2;

/// Every value of one frame, in the user's order of neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// One a junction of the trunk, from the input on.
    pub junctions: Vec<JunctionTrace>,
    /// For each exit, one a junction of its branch.
    pub exits: Vec<Vec<JunctionTrace>>,
}

/// What one junction computes of one frame; one value a right neuron.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JunctionTrace {
    /// Exact sums with the bias, without the rounding constant.
    pub accumulators: Vec<i64>,
    /// The codes that go out; `None` where the accumulators do, as logits.
    pub codes: Option<Vec<i32>>,
}

impl Trace {
    /// The logits: the last junction's accumulators.
    pub fn logits(&self) -> &[i64] {
        self.junctions.last().map_or(&[], |j| &j.accumulators)
    }
}

/// Computes one frame and keeps everything.
///
/// # Panics
/// If `frame` has not one code an input neuron.
pub fn trace(head: &QuantHead, frame: &[i32]) -> Trace {
    assert_eq!(frame.len(), head.inputs, "one code an input neuron");
    let junctions = chain(&head.junctions, frame);
    let exit = |exit: &QuantExit| {
        let left = junctions[exit.after].codes.as_ref().expect("a branch takes codes");
        chain(&exit.junctions, left)
    };
    let exits = head.exits.iter().map(exit).collect();
    Trace { junctions, exits }
}

/// Computes a chain of junctions for one frame.
fn chain(junctions: &[QuantJunction], left: &[i32]) -> Vec<JunctionTrace> {
    let mut left = left.to_vec();
    let junction = |j| {
        let accumulators = accumulate(j, &left);
        let codes = j.shift().zip(j.clamp()).map(|(shift, range)| {
            accumulators.iter().map(|&acc| requantise(acc, shift, range)).collect::<Vec<_>>()
        });
        left.clone_from(codes.as_ref().unwrap_or(&Vec::new()));
        JunctionTrace { accumulators, codes }
    };
    junctions.iter().map(junction).collect()
}

fn accumulate(j: &QuantJunction, left: &[i32]) -> Vec<i64> {
    let rows = j.pattern.left_ends().chunks_exact(j.pattern.d_in());
    let weights = j.weights.chunks_exact(j.pattern.d_in());
    rows.zip(weights)
        .zip(&j.bias)
        .map(|((row, weights), &bias)| {
            let products =
                row.iter().zip(weights).map(|(l, &w)| i64::from(w) * i64::from(left[l.at()]));
            bias + products.sum::<i64>()
        })
        .collect()
}

/// From an accumulator, without rounding constant, to an output code: round half up at `2^shift`,
/// then clamp; a shift that is not positive goes left.
pub fn requantise(acc: i64, shift: i32, (lo, hi): (i64, i64)) -> i32 {
    let q = if shift > 0 {
        // An accumulator has 63 bits at most, the constant included.
        (acc + (1 << (shift - 1))) >> shift
    } else {
        // Codes have 16 bits at most: what is beyond 17 bits, or shifted by more, is clamped.
        acc.clamp(-(1 << 17), 1 << 17) << (-shift).min(17)
    };
    q.clamp(lo, hi) as i32
}

/// A class and how sure the head is of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The largest logit's index, the lowest of those that tie.
    pub class: usize,
    /// Largest minus second largest logit, not negative; 0 for a head of one class.
    pub margin: u64,
}

/// Decides by the logits of one frame.
///
/// # Panics
/// If there are no logits.
pub fn classify<'a>(logits: impl IntoIterator<Item = &'a i64>) -> Decision {
    let mut logits = logits.into_iter().copied().enumerate();
    let (mut class, mut largest) = logits.next().expect("a head has a class");
    let mut second = None;
    for (i, v) in logits {
        if v > largest {
            second = Some(largest);
            (class, largest) = (i, v);
        } else if second.is_none_or(|s| v > s) {
            second = Some(v);
        }
    }
    Decision { class, margin: second.map_or(0, |s| largest.abs_diff(s)) }
}

/// How many rows of `logits`, `[frames, classes]`, decide for their label.
pub fn right(logits: ArrayView2<'_, i64>, labels: &[u32]) -> usize {
    let rows = logits.rows().into_iter().zip(labels);
    rows.filter(|(row, label)| classify(*row).class == **label as usize).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_class_wins_a_tie_and_a_single_class_has_no_margin() {
        let decide = |logits: &[i64]| {
            let Decision { class, margin } = classify(logits);
            (class, margin)
        };
        assert_eq!(decide(&[3, 7, 7]), (1, 0));
        assert_eq!(decide(&[-9]), (0, 0));
        assert_eq!(decide(&[i64::MIN, i64::MAX]), (1, u64::MAX));
        assert_eq!(decide(&[5, -1, 2]), (0, 3));
    }
}
