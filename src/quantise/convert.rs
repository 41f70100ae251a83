//! The conversion: rounding, saturation, range checks, accumulator widths.

use super::{
    Format, MAX_ACC_BITS, QuantExit, QuantHead, QuantJunction, QuantiseError, Rule, Saturated,
    Softmax,
};
use crate::load::{Exit, Head, HeadJunction, Values};
use crate::pattern::Pattern;

/// Turns a head into integers, its exits included.
///
/// Floats are rounded half to even; weights saturate and are counted, biases have as many bits as
/// they need. Codes pass after a range check.
///
/// # Errors
/// If a code is outside its format, an accumulator would be wider than [`MAX_ACC_BITS`], or no logits
/// can reach the threshold of an exit.
pub fn quantise(head: &Head) -> Result<QuantHead, QuantiseError> {
    Ok(QuantHead {
        name: head.name.clone(),
        inputs: head.inputs,
        input_format: head.input_format,
        junctions: head.trunk.iter().map(quantise_junction).collect::<Result<_, _>>()?,
        exits: head.exits.iter().enumerate().map(quantise_exit).collect::<Result<_, _>>()?,
        split: head.split.map(|split| split.after),
    })
}

fn quantise_exit((number, exit): (usize, &Exit)) -> Result<QuantExit, QuantiseError> {
    let junctions = exit.junctions.iter().map(quantise_junction).collect::<Result<Vec<_>, _>>()?;
    let Exit { after, rule, threshold, .. } = *exit;
    branch(number, after, rule, threshold, junctions)
}

/// Exit number `number` of these junctions.
///
/// # Errors
/// If no logits can reach the threshold.
///
/// # Panics
/// If there are no junctions.
pub fn branch(
    number: usize,
    after: usize,
    rule: Rule,
    threshold: i64,
    junctions: Vec<QuantJunction>,
) -> Result<QuantExit, QuantiseError> {
    let last = junctions.last().expect("a branch has a junction");
    let softmax = (rule == Rule::Softmax).then(|| Softmax::new(last.acc_frac()));
    let exit = QuantExit { after, rule, threshold, junctions, softmax };
    let range = exit.thresholds();
    if range.contains(&threshold) {
        return Ok(exit);
    }
    let (low, high) = range.into_inner();
    Err(QuantiseError::Threshold { exit: number, rule, threshold, low, high })
}

/// Turns one junction, of the trunk or of a branch, into integers.
///
/// # Errors
/// As [`quantise`].
pub fn quantise_junction(from: &HeadJunction) -> Result<QuantJunction, QuantiseError> {
    let mut junction = QuantJunction {
        pattern: from.pattern.clone(),
        weights: Vec::new(),
        bias: Vec::new(),
        input_format: from.input_format,
        weight_format: from.weight_format,
        activation: from.activation,
        output_format: from.output_format,
        acc_bits: 0,
        source: from.source.clone(),
        saturated: Saturated::default(),
    };
    (junction.weights, junction.saturated.weights) = weights(from)?;
    junction.bias = bias(from, junction.acc_frac())?;
    let shift = junction.shift().unwrap_or(0);
    let (bits, neuron) = acc_bits(
        &junction.pattern,
        &junction.weights,
        &junction.bias,
        junction.input_format,
        shift,
    );
    if bits > MAX_ACC_BITS {
        let tensor = from.source.weight.clone();
        return Err(QuantiseError::Accumulator { tensor, neuron, bits, shift });
    }
    junction.acc_bits = bits;
    Ok(junction)
}

/// The weight codes and how many of them saturated.
fn weights(from: &HeadJunction) -> Result<(Vec<i32>, usize), QuantiseError> {
    let format = from.weight_format;
    match &from.weights {
        Values::Floats(values) => {
            let scale = f64::from(format.frac).exp2();
            let mut saturated = 0;
            let codes = values.iter().map(|v| {
                let q = (v * scale).round_ties_even();
                let clamped = q.clamp(format.min() as f64, format.max() as f64);
                saturated += usize::from(clamped != q);
                clamped as i32
            });
            Ok((codes.collect(), saturated))
        }
        Values::Codes(codes) => {
            let checked = codes.iter().enumerate().map(|(edge, &code)| {
                let error = || QuantiseError::CodeRange {
                    tensor: from.source.weight.clone(),
                    left: from.pattern.left_ends()[edge].at(),
                    right: edge / from.pattern.d_in(),
                    code,
                    format,
                };
                format.contains(code).then_some(code as i32).ok_or_else(error)
            });
            Ok((checked.collect::<Result<_, _>>()?, 0))
        }
    }
}

/// The bias codes, at `2^-frac`.
fn bias(from: &HeadJunction, frac: i32) -> Result<Vec<i64>, QuantiseError> {
    let values = match &from.bias {
        Values::Codes(codes) => return Ok(codes.clone()),
        Values::Floats(values) => values,
    };
    let scale = f64::from(frac).exp2();
    let limit = f64::from(MAX_ACC_BITS as i32 - 1).exp2();
    let code = |(neuron, &value): (usize, &f64)| {
        let code = (value * scale).round_ties_even();
        if code.abs() < limit {
            return Ok(code as i64);
        }
        Err(QuantiseError::Bias { tensor: from.source.bias.clone(), neuron, value, code, frac })
    };
    values.iter().enumerate().map(code).collect()
}

/// The two's complement width that holds the bias, the rounding constant `2^(shift−1)` and every
/// partial sum in any order, for the worst right neuron, and which one that is. At least 2.
///
/// With `bias'` the bias and the rounding constant, no partial sum exceeds `max(0, bias')` and the
/// largest value of every product that can be positive; the lower end likewise.
pub fn acc_bits(
    pattern: &Pattern,
    weights: &[i32],
    bias: &[i64],
    input: Format,
    shift: i32,
) -> (u32, usize) {
    // A shift beyond 100 is an error anyway; the cap keeps the constant in range.
    let round: i128 = if shift > 0 { 1 << (shift - 1).min(100) } else { 0 };
    let (min, max) = (input.min(), input.max());
    let rows = weights.chunks_exact(pattern.d_in()).zip(bias);
    let width = |(neuron, (row, &bias)): (usize, (&[i32], &i64))| {
        let bias = i128::from(bias);
        let mut hi = bias.max(0).max(bias + round);
        let mut lo = bias.min(0);
        for &w in row {
            let (a, b) = (i64::from(w) * min, i64::from(w) * max);
            hi += i128::from(a.max(b).max(0));
            lo += i128::from(a.min(b).min(0));
        }
        // A value v needs one bit more than the highest that differs from its sign.
        let bits = |v: i128| {
            let magnitude = if v < 0 { !v } else { v };
            129 - magnitude.leading_zeros()
        };
        let capped = if shift > 100 { shift as u32 + 1 } else { 2 };
        (bits(hi).max(bits(lo)).max(capped), neuron)
    };
    // The first of the widest.
    rows.enumerate().map(width).fold((2, 0), |best, now| if now.0 > best.0 { now } else { best })
}
