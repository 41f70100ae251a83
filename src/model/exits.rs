//! Heads with early exits and a split: who answers each frame, and with what.

use super::batch::{activations, logits};
use super::{Decision, classify};
use crate::quantise::{PROBABILITY_ONE, QuantExit, QuantHead, Rule, SOFTMAX_ONE, Softmax};
use ndarray::{Array2, ArrayView2};

/// What leaves the edge for one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Answer {
        /// By which exit; `None` by the trunk's end.
        exit: Option<usize>,
        /// Class and margin.
        decision: Decision,
        /// The logits that decided, in class order.
        logits: Vec<i64>,
    },
    /// No exit answered, and the trunk goes on behind the split: the codes of the layer there, in the
    /// user's order of neurons.
    Activations(Vec<i32>),
}

/// Everything that a head's branches and its trunk compute of some frames, whoever answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// The logits of each exit's branch: `[frames, classes]`.
    pub exits: Vec<Array2<i64>>,
    /// What the trunk gives on the edge.
    pub end: End,
}

/// What the trunk gives at its end on the edge.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Logits, `[frames, classes]`.
    Logits(Array2<i64>),
    /// The codes of the split's layer, `[frames, neurons]`.
    Activations(Array2<i32>),
    /// Nothing: the last exit stands there and answers whatever its rule says.
    LastExit,
}

/// Computes everything of many frames `[frames, inputs]`, each junction once.
///
/// # Panics
/// If `frames` has not one column an input neuron.
pub fn compute(head: &QuantHead, frames: ArrayView2<'_, i32>) -> Computed {
    let edge = head.edge();
    let mut exits = Vec::with_capacity(head.exits.len());
    // codes in front of junction `from`
    let (mut from, mut codes) = (0, frames.to_owned());
    for exit in &head.exits {
        codes = activations(&edge[from..=exit.after], codes.view());
        from = exit.after + 1;
        exits.push(logits(&exit.junctions, codes.view()));
    }
    let rest = &edge[from..];
    let end = if head.split.is_some() {
        End::Activations(activations(rest, codes.view()))
    } else if rest.is_empty() {
        End::LastExit
    } else {
        End::Logits(logits(rest, codes.view()))
    };
    Computed { exits, end }
}

/// Computes everything and decides by the head's own thresholds.
///
/// # Panics
/// As [`compute`].
pub fn outcomes(head: &QuantHead, frames: ArrayView2<'_, i32>) -> Vec<Outcome> {
    let computed = compute(head, frames);
    let thresholds: Vec<i64> = head.exits.iter().map(|exit| exit.threshold).collect();
    (0..frames.nrows()).map(|frame| computed.outcome(head, frame, &thresholds)).collect()
}

/// The logits `[frames, classes]` that the tail makes of the codes of the split's layer,
/// `[frames, neurons]` in the user's order.
///
/// # Panics
/// If the head has no split, or `codes` not one column a neuron.
pub fn tail(head: &QuantHead, codes: ArrayView2<'_, i32>) -> Array2<i64> {
    assert!(head.split.is_some(), "a tail begins behind a split");
    logits(head.tail(), codes)
}

/// The classes that the tail finds for packets of codes, one slice a packet: see [`tail`].
///
/// # Panics
/// If a slice has not one code a neuron, or, where there is one, as [`tail`].
pub fn tail_classes(head: &QuantHead, packets: &[&[i32]]) -> Vec<usize> {
    let Some(first) = packets.first() else { return Vec::new() };
    let codes = Array2::from_shape_vec((packets.len(), first.len()), packets.concat());
    let logits = tail(head, codes.expect("a code a neuron").view());
    logits.rows().into_iter().map(|row| classify(row).class).collect()
}

impl Computed {
    /// What leaves the edge for frame `frame`, with a threshold for each exit.
    ///
    /// # Panics
    /// If there is not one threshold an exit, or no such frame.
    pub fn outcome(&self, head: &QuantHead, frame: usize, thresholds: &[i64]) -> Outcome {
        assert_eq!(thresholds.len(), head.exits.len(), "one threshold an exit");
        let mut exits = head.exits.iter().zip(thresholds).zip(&self.exits).enumerate();
        let last = head.exits.len().checked_sub(1).filter(|_| self.end == End::LastExit);
        let by = exits.find_map(|(number, ((exit, &threshold), logits))| {
            let logits = logits.row(frame).to_vec();
            let answers = last == Some(number) || threshold <= confidence(exit, &logits);
            answers.then_some((number, logits))
        });
        let answer = |exit, logits: Vec<i64>| {
            let decision = classify(&logits);
            Outcome::Answer { exit, decision, logits }
        };
        match (by, &self.end) {
            (Some((exit, logits)), _) => answer(Some(exit), logits),
            (None, End::Logits(logits)) => answer(None, logits.row(frame).to_vec()),
            (None, End::Activations(codes)) => Outcome::Activations(codes.row(frame).to_vec()),
            (None, End::LastExit) => unreachable!("the last exit answers"),
        }
    }
}

/// The largest threshold at which an exit's rule holds for the logits of a frame: margin, largest
/// logit, or the largest `t` with `t · sum ≤ 2^28`, see [`softmax_sum`].
///
/// # Panics
/// If there are no logits.
pub fn confidence(exit: &QuantExit, logits: &[i64]) -> i64 {
    let Decision { class, margin } = classify(logits);
    match (exit.rule, &exit.softmax) {
        // accumulators have 63 bits at most
        (Rule::Margin, _) => margin as i64,
        (Rule::Largest, _) => logits[class],
        (Rule::Softmax, Some(table)) => PROBABILITY_ONE * SOFTMAX_ONE / softmax_sum(table, logits),
        (Rule::Softmax, None) => unreachable!("a softmax rule has its table"),
    }
}

/// The sum of the exponentials of a frame's distances from its largest logit, in units of `2^-12`:
/// exactly 4096 for the class itself, the table's entries for the others. `4096 / sum` is the
/// softmax of the class.
///
/// # Panics
/// If there are no logits.
pub fn softmax_sum(softmax: &Softmax, logits: &[i64]) -> i64 {
    let class = classify(logits).class;
    let largest = logits[class];
    let entry = |&logit: &i64| {
        let index = largest.abs_diff(logit) >> softmax.shift;
        let known = usize::try_from(index).ok().and_then(|index| softmax.table.get(index));
        known.map_or(0, |&entry| i64::from(entry))
    };
    let others = logits.iter().enumerate().filter(|&(c, _)| c != class);
    SOFTMAX_ONE + others.map(|(_, logit)| entry(logit)).sum::<i64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `docs/numerics.md` states this bound.
    #[test]
    fn the_softmax_is_as_exact_as_documented() {
        for frac in [-1, 0, 3, 7, 10, 14] {
            let softmax = Softmax::new(frac);
            let unit = f64::from(-frac).exp2();
            let step =
                if softmax.shift == 0 { 0.0 } else { f64::from(softmax.shift).exp2() * unit };
            let mut seed = 12_345u64;
            for classes in [2usize, 3, 10, 40] {
                for _ in 0..400 {
                    let logits: Vec<i64> = (0..classes)
                        .map(|_| {
                            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                            let spread = (12.0 / unit) as i64 + 2;
                            (seed >> 33) as i64 % spread
                        })
                        .collect();
                    let largest = *logits.iter().max().unwrap();
                    let terms = logits.iter().map(|&l| (-((largest - l) as f64) * unit).exp());
                    let exact = 1.0 / terms.sum::<f64>();
                    let found = SOFTMAX_ONE as f64 / softmax_sum(&softmax, &logits) as f64;
                    let bound = exact * (1.0 - exact) * ((step / 2.0).exp() - 1.0)
                        + exact * (classes - 1) as f64 / 8192.0 * 1.01;
                    assert!(
                        (found - exact).abs() <= bound.max(1e-12),
                        "{frac} {classes}: {found} for {exact}, bound {bound}"
                    );
                }
            }
        }
    }
}
