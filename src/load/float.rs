//! The head as it was trained, in floats: for reporting what quantisation costs, nothing else.

use super::{Frames, Head, HeadJunction, Values};
use crate::quantise::Activation;
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Axis};

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
