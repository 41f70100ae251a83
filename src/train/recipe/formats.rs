//! Formats in recipes: binary places may be left to training.

use super::key;
use crate::quantise::{Format, MAX_BITS};
use crate::ranges::MAX_FRAC;
use crate::train::TrainError;
use serde::{Deserialize, Serialize};

/// The input layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputRecipe {
    /// Its codes must fit 16 bits in two's complement; pixels, which drop their low bits, need an
    /// unsigned one.
    pub format: Format,
}

/// The format of a junction's weights, which are always signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightFormat {
    /// Width in bits.
    pub bits: u32,
    /// Binary places; without, those that suit the weights at the end of the warm-up best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frac: Option<i32>,
}

/// The format of a hidden layer's activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationFormat {
    /// Width in bits.
    pub bits: u32,
    /// Binary places; without, those that suit the activations at the end of the warm-up best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frac: Option<i32>,
    /// Two's complement if true, else unsigned.
    pub signed: bool,
}

/// A format of a checked recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatPlan {
    /// As given; where the binary places are open, with such as usual values need, to check with
    /// that accumulators fit.
    pub format: Format,
    /// Whether the binary places are to be chosen at the end of the warm-up.
    pub open: bool,
}

impl WeightFormat {
    pub(super) fn plan(self) -> Result<FormatPlan, TrainError> {
        // ±1: He-normal weights of in-degrees above 2 are rarely larger.
        let frac = self.frac.unwrap_or(self.bits.min(MAX_BITS) as i32 - 1);
        plan("weight_format", Format { bits: self.bits, frac, signed: true }, self.frac)
    }
}

impl ActivationFormat {
    pub(super) fn plan(self) -> Result<FormatPlan, TrainError> {
        // Up to 4.
        let frac = self.frac.unwrap_or(self.bits.min(MAX_BITS) as i32 - 2);
        let format = Format { bits: self.bits, frac, signed: self.signed };
        plan("activation_format", format, self.frac)
    }
}

fn plan(name: &'static str, format: Format, given: Option<i32>) -> Result<FormatPlan, TrainError> {
    check_format(name, format)?;
    Ok(FormatPlan { format, open: given.is_none() })
}

pub(super) fn check_format(name: &'static str, format: Format) -> Result<(), TrainError> {
    if !(1..=MAX_BITS).contains(&format.bits) {
        return key(name, format!("has {} bits; there can be 1 to {MAX_BITS}", format.bits));
    }
    if format.frac.unsigned_abs() > MAX_FRAC.unsigned_abs() {
        return key(name, format!("has frac {}; the limit is ±{MAX_FRAC}", format.frac));
    }
    Ok(())
}
