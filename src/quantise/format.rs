//! Fixed-point formats: an integer `q` of `bits` bits stands for `q·2^-frac`.

use serde::{Deserialize, Serialize};

/// The widest activation or weight the datapath takes.
pub const MAX_BITS: u32 = 16;

/// A fixed-point format of an activation or a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Width in bits, 1 to [`MAX_BITS`].
    pub bits: u32,
    /// Binary places; may be negative or larger than `bits`.
    pub frac: i32,
    /// Two's complement if true, else unsigned.
    pub signed: bool,
}

impl Format {
    /// Smallest code.
    pub fn min(self) -> i64 {
        if self.signed { -(1 << (self.bits - 1)) } else { 0 }
    }

    /// Largest code.
    pub fn max(self) -> i64 {
        if self.signed { (1 << (self.bits - 1)) - 1 } else { (1 << self.bits) - 1 }
    }

    /// Whether `code` can be written in this format.
    pub fn contains(self, code: i64) -> bool {
        (self.min()..=self.max()).contains(&code)
    }

    /// The value of one unit in the last place, `2^-frac`.
    pub fn unit(self) -> f64 {
        f64::from(-self.frac).exp2()
    }
}

impl std::fmt::Display for Format {
    /// `s6.4` is signed, 6 bits, 4 binary places.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}.{}", if self.signed { 's' } else { 'u' }, self.bits, self.frac)
    }
}
