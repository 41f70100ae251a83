//! The head as it was trained, in floats: for reporting what quantisation costs, and for choosing formats.

use super::{Frames, Head, HeadJunction, Values};
use crate::quantise::Activation;
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, Axis};
use std::ops::Range;

/// A junction in `f32`, in right order.
struct Floats<'a> {
    junction: &'a HeadJunction,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Logits of the unquantised trunk, `[frames, classes]`; `None` if its weights are codes already.
///
/// Activations are not clamped, and inputs are the values before quantisation.
pub fn logits(head: &Head, frames: &Frames) -> Option<Array2<f32>> {
    let junctions = head.trunk.iter().map(floats).collect::<Option<Vec<_>>>()?;
    let classes = head.trunk.last()?.pattern.right();
    let mut logits = Array2::zeros((frames.len(), classes));
    logits.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(frame, mut out)| {
        let mut left = vec![0.0; head.inputs];
        frames.values(frame, &mut left);
        for j in &junctions {
            left = forward(j, &left);
        }
        out.iter_mut().zip(left).for_each(|(o, v)| *o = v);
    });
    Some(logits)
}

/// What the junctions of the unquantised trunk hand on, of some of the frames: the values of a frame
/// by junction, after their activation, the last ones the logits. Otherwise as [`logits`].
///
/// # Panics
/// If there are not as many frames.
pub fn layers(head: &Head, frames: &Frames, some: Range<usize>) -> Option<Vec<Vec<Vec<f32>>>> {
    let junctions = head.trunk.iter().map(floats).collect::<Option<Vec<_>>>()?;
    let of = |frame| {
        let mut left = vec![0.0; head.inputs];
        frames.values(frame, &mut left);
        let mut all: Vec<Vec<f32>> = Vec::with_capacity(junctions.len());
        for j in &junctions {
            let values = forward(j, all.last().unwrap_or(&left));
            all.push(values);
        }
        all
    };
    Some(some.into_par_iter().map(of).collect())
}

/// The class that float logits say: the first of the largest, as in integers.
pub fn class(logits: ArrayView1<'_, f32>) -> usize {
    let largest =
        |best: (usize, f32), (i, &v): (usize, &f32)| if v > best.1 { (i, v) } else { best };
    logits.iter().enumerate().fold((0, f32::NEG_INFINITY), largest).0
}

/// The values of a junction as floats; a bias of codes is at the accumulator's scale.
fn floats(junction: &HeadJunction) -> Option<Floats<'_>> {
    let Values::Floats(weights) = &junction.weights else { return None };
    let scale = f64::from(-junction.weight_format.frac - junction.input_format.frac).exp2();
    let bias = match &junction.bias {
        Values::Floats(b) => b.iter().map(|&v| v as f32).collect(),
        Values::Codes(b) => b.iter().map(|&v| (v as f64 * scale) as f32).collect(),
    };
    let weights = weights.iter().map(|&v| v as f32).collect();
    Some(Floats { junction, weights, bias })
}

fn forward(j: &Floats<'_>, left: &[f32]) -> Vec<f32> {
    let pattern = &j.junction.pattern;
    let rows = pattern.left_ends().chunks_exact(pattern.d_in());
    let weights = j.weights.chunks_exact(pattern.d_in());
    // The last junction gives logits, whatever activation it names.
    let relu = j.junction.activation == Activation::Relu && j.junction.output_format.is_some();
    rows.zip(weights)
        .zip(&j.bias)
        .map(|((row, weights), bias)| {
            let sum: f32 = row.iter().zip(weights).map(|(l, w)| w * left[l.at()]).sum();
            let sum = sum + bias;
            if relu { sum.max(0.0) } else { sum }
        })
        .collect()
}
