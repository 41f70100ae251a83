//! A head with these masks before anything is trained: what its hardware depends on is all there.

use super::{Mask, MaskError};
use crate::quantise::{Activation, Format, MAX_BITS, QuantHead, QuantJunction};
use crate::quantise::{Saturated, Source, acc_bits};
use crate::save::numbered;

/// Bits of the numbers of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths {
    /// Of an input, unsigned.
    pub input: u32,
    /// Of a weight, signed.
    pub weight: u32,
    /// Of an activation between junctions, unsigned.
    pub activation: u32,
}

impl Widths {
    /// Checks that a head could have them.
    ///
    /// # Errors
    /// If one is out of range.
    pub fn check(self) -> Result<(), MaskError> {
        let all = [
            ("--input-bits", self.input),
            ("--weight-bits", self.weight),
            ("--activation-bits", self.activation),
        ];
        match all.into_iter().find(|(_, bits)| !(1..=MAX_BITS).contains(bits)) {
            Some((option, bits)) => Err(MaskError::Width { option, bits }),
            None => Ok(()),
        }
    }
}

/// A head of these patterns. Every weight is the smallest code, so that accumulators are as wide as
/// any weights can ask for; binary places are such as heads have.
///
/// # Errors
/// If the widths cannot be.
pub fn untrained(masks: &[Mask], widths: Widths) -> Result<QuantHead, MaskError> {
    widths.check()?;
    let unsigned = |bits, frac| Format { bits, frac, signed: false };
    let input = unsigned(widths.input, widths.input as i32);
    let between = unsigned(widths.activation, widths.activation as i32 / 2);
    let weight = Format { bits: widths.weight, frac: widths.weight as i32 - 2, signed: true };
    let junction = |(number, mask): (usize, &Mask)| {
        let last = number + 1 == masks.len();
        let [weight_name, bias_name, _] = numbered(number);
        let mut junction = QuantJunction {
            pattern: mask.pattern.clone(),
            weights: vec![weight.min() as i32; mask.pattern.edges()],
            bias: vec![0; mask.pattern.right()],
            input_format: if number == 0 { input } else { between },
            weight_format: weight,
            activation: if last { Activation::Identity } else { Activation::Relu },
            output_format: (!last).then_some(between),
            acc_bits: 0,
            source: Source { weight: weight_name, bias: bias_name },
            saturated: Saturated::default(),
        };
        let shift = junction.shift().unwrap_or(0);
        let QuantJunction { pattern, weights, bias, input_format, .. } = &junction;
        junction.acc_bits = acc_bits(pattern, weights, bias, *input_format, shift).0;
        junction
    };
    Ok(QuantHead::chain(
        "untrained".to_owned(),
        masks[0].pattern.left(),
        input,
        masks.iter().enumerate().map(junction).collect(),
    ))
}
