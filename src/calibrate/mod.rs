//! Post-training quantisation: formats for a head in floats, chosen by what data do in it.
//!
//! [`Calibration`] runs the head in floats and keeps a sample of each layer's activations. From it
//! come [`Formats`] for any widths, by [`ranges`], and their [`Score`] in the arithmetic of
//! the hardware. Nothing here trains: the tensors stay as they are.

mod error;
mod folder;

pub use error::CalibrateError;
pub use folder::{Destination, RECORD};

use crate::load::{self, Frames, Head, Values};
use crate::model::{self, classify};
use crate::quantise::{Activation, Format, QuantiseError, quantise};
use crate::ranges::{self, Sample};
use ndarray::{Array2, ArrayView2};
use serde::Serialize;

/// Values that are held at once while a head runs in floats: 32 MB.
const AT_ONCE: usize = 1 << 23;

/// Bits of each junction's weights and of each hidden layer's activations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Widths {
    /// One a junction, 2 to 16.
    pub weights: Vec<u32>,
    /// One a hidden layer, 1 to 16.
    pub activations: Vec<u32>,
}

/// All formats of a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Formats {
    /// Of the input codes.
    pub input: Format,
    /// One a junction; signed.
    pub weights: Vec<Format>,
    /// One a hidden layer.
    pub activations: Vec<Format>,
}

/// How a quantised head does on some frames.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Frames classified right; `None` without labels.
    pub right: Option<usize>,
    /// Frames of another class than in floats.
    pub changed: usize,
    /// Error of the logits against those in floats, relative: `√(Σ(q − f)² / Σf²)`.
    pub error: f64,
}

/// What a head in floats does on the calibration frames.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// Of each junction, in right order.
    weights: Vec<Vec<f32>>,
    /// Of each hidden layer, after the activation, and whether it may be negative.
    activations: Vec<(Sample, bool)>,
    /// `[frames, classes]`.
    logits: Array2<f32>,
}

impl Calibration {
    /// Runs `head` in floats over the first `count` frames. Inputs are the values before they became
    /// codes.
    ///
    /// # Errors
    /// If a tensor of the head is of integers, it has exits, or its values overflow.
    ///
    /// # Panics
    /// If there are not as many frames.
    pub fn new(head: &Head, frames: &Frames, count: usize) -> Result<Self, CalibrateError> {
        let weights = float_weights(head)?;
        let last = head.trunk.len() - 1;
        let hidden = &head.trunk[..last];
        let signed = hidden.iter().map(|j| j.activation != Activation::Relu);
        let mut activations: Vec<_> = signed.map(|s| (Sample::default(), s)).collect();
        let mut logits = Vec::new();
        let neurons: usize = head.trunk.iter().map(|j| j.pattern.right()).sum();
        let step = (AT_ONCE / neurons).max(1);
        for start in (0..count).step_by(step) {
            let some = start..(start + step).min(count);
            let layers = load::float_layers(head, frames, some).expect("weights are floats");
            for (frame, mut values) in layers.into_iter().enumerate() {
                if values.iter().flatten().any(|v| !v.is_finite()) {
                    return Err(CalibrateError::Overflow { frame: start + frame });
                }
                logits.extend(values.pop().expect("a junction"));
                for ((sample, _), values) in activations.iter_mut().zip(values) {
                    sample.extend(values);
                }
            }
        }
        let classes = head.trunk[last].pattern.right();
        let logits = Array2::from_shape_vec((count, classes), logits).expect("a row a frame");
        Ok(Self { weights, activations, logits })
    }

    /// Frames that were run.
    pub fn frames(&self) -> usize {
        self.logits.nrows()
    }

    /// Frames that the head in floats classifies right.
    pub fn right(&self, labels: &[u32]) -> usize {
        let rows = self.logits.rows().into_iter().zip(labels);
        rows.filter(|(row, label)| load::float_class(*row) == **label as usize).count()
    }

    /// Hidden layers, from 0, whose activations were all 0.
    pub fn dead(&self) -> Vec<usize> {
        let zero = |i: &usize| self.activations[*i].0.values().iter().all(|v| *v == 0.0);
        (0..self.activations.len()).filter(zero).collect()
    }

    /// The scales with the least squared errors: see [`ranges::best_frac`]. Activations are unsigned
    /// after ReLU, else signed.
    ///
    /// # Panics
    /// If there are not as many widths as junctions and hidden layers.
    pub fn formats(&self, input: Format, widths: &Widths) -> Formats {
        assert_eq!(widths.weights.len(), self.weights.len(), "a width a junction");
        assert_eq!(widths.activations.len(), self.activations.len(), "a width a hidden layer");
        let best = |values: &[f32], bits, signed| {
            let frac = ranges::best_frac(values, bits, signed);
            Format { bits, frac, signed }
        };
        let weights = self.weights.iter().zip(&widths.weights);
        let activations = self.activations.iter().zip(&widths.activations);
        Formats {
            input,
            weights: weights.map(|(values, &bits)| best(values, bits, true)).collect(),
            activations: activations.map(|((s, sign), &b)| best(s.values(), b, *sign)).collect(),
        }
    }

    /// How the head does with these formats, in the arithmetic of the hardware: by the reference
    /// model. `codes` are the calibration frames in the input format, `[frames, neurons]`.
    ///
    /// # Errors
    /// If an accumulator would be too wide.
    ///
    /// # Panics
    /// If there are not as many codes, or labels, as calibration frames.
    pub fn score(
        &self,
        head: &Head,
        formats: &Formats,
        codes: ArrayView2<'_, i32>,
        labels: Option<&[u32]>,
    ) -> Result<Score, QuantiseError> {
        assert_eq!(codes.nrows(), self.frames(), "the calibration frames");
        let quant = quantise(&formats.of(head))?;
        let unit = f64::from(-quant.junctions[quant.junctions.len() - 1].acc_frac()).exp2();
        let logits = model::run(&quant, codes);
        let class = logits.rows().into_iter().map(|row| classify(row).class);
        let class: Vec<usize> = class.collect();
        let (mut error, mut power) = (0.0, 0.0);
        for (&q, &f) in logits.iter().zip(&self.logits) {
            let f = f64::from(f);
            error += (q as f64 * unit - f).powi(2);
            power += f * f;
        }
        let float = self.logits.rows().into_iter().map(load::float_class);
        Ok(Score {
            right: labels.map(|labels| {
                assert_eq!(labels.len(), class.len(), "a label a frame");
                class.iter().zip(labels).filter(|(c, label)| **c == **label as usize).count()
            }),
            changed: class.iter().zip(float).filter(|(c, float)| *c != float).count(),
            error: if error == 0.0 { 0.0 } else { (error / power).sqrt() },
        })
    }

    /// Tries each weight and activation format, from the input on, with one binary place more and
    /// one less, and keeps what classifies more calibration frames right. One pass.
    ///
    /// # Errors
    /// If an accumulator would be too wide.
    ///
    /// # Panics
    /// As [`Self::score`].
    pub fn refine(
        &self,
        head: &Head,
        mut formats: Formats,
        codes: ArrayView2<'_, i32>,
        labels: &[u32],
    ) -> Result<Formats, QuantiseError> {
        let right = |formats: &Formats| Ok(self.score(head, formats, codes, Some(labels))?.right);
        let mut best = right(&formats)?;
        for at in 0..formats.weights.len() + formats.activations.len() {
            for step in [-1, 1] {
                let mut tried = formats.clone();
                let (junction, second) = (at / 2, at % 2 == 1);
                let list = if second { &mut tried.activations } else { &mut tried.weights };
                list[junction].frac += step;
                let score = right(&tried)?;
                if score > best {
                    (best, formats) = (score, tried);
                }
            }
        }
        Ok(formats)
    }
}

impl Formats {
    /// A head with these formats instead of its own.
    ///
    /// # Panics
    /// If there are not as many as it has junctions.
    pub fn of(&self, head: &Head) -> Head {
        let mut head = head.clone();
        assert_eq!(self.weights.len(), head.trunk.len(), "a format a junction");
        head.input_format = self.input;
        let mut input = self.input;
        for (i, junction) in head.trunk.iter_mut().enumerate() {
            junction.input_format = input;
            junction.weight_format = self.weights[i];
            junction.output_format = self.activations.get(i).copied();
            input = junction.output_format.unwrap_or(input);
        }
        head
    }
}

/// The weights of each junction of the trunk, if there is something to quantise.
fn float_weights(head: &Head) -> Result<Vec<Vec<f32>>, CalibrateError> {
    if !head.exits.is_empty() {
        return Err(CalibrateError::Exits { name: head.name.clone() });
    }
    let codes = |tensor: &String| CalibrateError::Codes { tensor: tensor.clone() };
    let weights = head.trunk.iter().map(|junction| {
        let Values::Floats(weights) = &junction.weights else {
            return Err(codes(&junction.source.weight));
        };
        if matches!(junction.bias, Values::Codes(_)) {
            return Err(codes(&junction.source.bias));
        }
        Ok(weights.iter().map(|&w| w as f32).collect())
    });
    weights.collect()
}

/// The input format of `bits` bits under which pixels are worth what they are under `own`.
pub fn pixel_format(own: Format, bits: u32) -> Format {
    Format { bits, frac: own.frac + bits as i32 - own.bits as i32, signed: own.signed }
}

/// The input format of `bits` bits with the least squared error over the values of the first
/// `count` frames, signed or not as `own` is.
///
/// # Panics
/// If there are not as many frames.
pub fn float_format(own: Format, frames: &Frames, count: usize, bits: u32) -> Format {
    let mut sample = Sample::default();
    let mut row = vec![0.0; frames.codes.ncols()];
    for frame in 0..count {
        frames.values(frame, &mut row);
        sample.extend(row.iter().copied());
    }
    Format { bits, frac: ranges::best_frac(sample.values(), bits, own.signed), signed: own.signed }
}
