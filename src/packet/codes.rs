//! The codes of a split's layer, bit-packed.

use super::{HEADER_BYTES, PacketError};
use crate::quantise::MAX_BITS;
use serde::{Deserialize, Serialize};

/// How codes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// Each in its bits.
    Raw,
    /// A zero is a bit 0, any other code a bit 1 and its bits.
    ZeroFlags,
}

/// The layout of a split's codes behind the header: one after the other from the low end, in as many
/// bytes as that takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodesFormat {
    /// Bits of a code.
    pub bits: u32,
    /// Two's complement if true.
    pub signed: bool,
    /// The user's neuron at each place: the hardware sends its slots row by row.
    pub order: Vec<u32>,
}

impl Packing {
    /// Its number in the tag.
    pub fn number(self) -> u16 {
        match self {
            Self::Raw => 0,
            Self::ZeroFlags => 1,
        }
    }

    pub(super) fn of(number: u16) -> Result<Self, PacketError> {
        match number {
            0 => Ok(Self::Raw),
            1 => Ok(Self::ZeroFlags),
            packing => Err(PacketError::Packing { packing }),
        }
    }
}

impl CodesFormat {
    /// Checks a format that was read from a file.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let mut seen = vec![false; self.order.len()];
        let new = |&neuron: &u32| {
            seen.get_mut(neuron as usize).is_some_and(|seen| !std::mem::replace(seen, true))
        };
        if self.order.is_empty() || !self.order.iter().all(new) {
            return Err("have codes in an order that is not one of all neurons");
        }
        if (1..=MAX_BITS).contains(&self.bits) {
            Ok(())
        } else {
            Err("have codes of impossible width")
        }
    }

    /// Neurons of the layer.
    pub fn neurons(&self) -> usize {
        self.order.len()
    }

    /// Bytes of a packet of raw codes: the longest.
    pub fn longest(&self) -> usize {
        HEADER_BYTES + (self.neurons() * self.bits as usize).div_ceil(8)
    }

    /// Bits of `codes` with zero flags.
    fn flagged_bits(&self, codes: &[i32]) -> usize {
        let others = codes.iter().filter(|&&code| code != 0).count();
        codes.len() + others * self.bits as usize
    }

    /// The packing that the hardware takes: the one of fewer bits, raw if both have as many.
    pub fn packing(&self, codes: &[i32]) -> Packing {
        let raw = codes.len() * self.bits as usize;
        if self.flagged_bits(codes) < raw { Packing::ZeroFlags } else { Packing::Raw }
    }

    /// Bytes of the packet of `codes`.
    pub fn bytes(&self, codes: &[i32]) -> usize {
        let bits = match self.packing(codes) {
            Packing::Raw => codes.len() * self.bits as usize,
            Packing::ZeroFlags => self.flagged_bits(codes),
        };
        HEADER_BYTES + bits.div_ceil(8)
    }

    /// Writes `codes`, one a neuron in the user's order, behind the header.
    pub(super) fn encode(&self, packing: Packing, codes: &[i32], bytes: &mut Vec<u8>) {
        let (mut held, mut filled) = (0u64, 0);
        let mut put = |value: u64, bits: u32| {
            held |= value << filled;
            filled += bits;
            while filled >= 8 {
                bytes.push(held as u8);
                held >>= 8;
                filled -= 8;
            }
        };
        let mask = (1u64 << self.bits) - 1;
        for &neuron in &self.order {
            let code = codes[neuron as usize];
            let value = i64::from(code) as u64 & mask;
            match packing {
                Packing::Raw => put(value, self.bits),
                Packing::ZeroFlags if code == 0 => put(0, 1),
                Packing::ZeroFlags => put(1 | value << 1, self.bits + 1),
            }
        }
        if filled > 0 {
            bytes.push(held as u8);
        }
    }

    /// Reads what follows the header.
    pub(super) fn decode(&self, packing: Packing, bytes: &[u8]) -> Result<Vec<i32>, PacketError> {
        let mut bits = Bits { bytes, at: 0 };
        let mut codes = vec![0; self.neurons()];
        let length = |bits: usize| PacketError::Length {
            found: HEADER_BYTES + bytes.len(),
            expected: HEADER_BYTES + bits.div_ceil(8),
        };
        for &neuron in &self.order {
            if packing == Packing::ZeroFlags
                && bits.take(1).ok_or_else(|| length(bits.at + 1))? == 0
            {
                continue;
            }
            let value = bits.take(self.bits).ok_or_else(|| length(bits.at + self.bits as usize))?;
            if packing == Packing::ZeroFlags && value == 0 {
                return Err(PacketError::Codes { what: "a zero is flagged as another code" });
            }
            let shift = 64 - self.bits;
            codes[neuron as usize] = match self.signed {
                true => ((value << shift) as i64 >> shift) as i32,
                false => value as i32,
            };
        }
        if bits.at.div_ceil(8) != bytes.len() {
            return Err(length(bits.at));
        }
        match bits.take((8 * bytes.len() - bits.at) as u32) {
            Some(0) => Ok(codes),
            _ => Err(PacketError::Codes { what: "the bits behind the last code are not zero" }),
        }
    }
}

/// Reads bits from the low end of bytes.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next bits, at most 16, the first one lowest; `None` if there are not as many.
    fn take(&mut self, bits: u32) -> Option<u64> {
        let end = self.at + bits as usize;
        if end > 8 * self.bytes.len() {
            return None;
        }
        let bit = |i: usize| u64::from(self.bytes[i / 8] >> (i % 8) & 1);
        let value = (self.at..end).rev().fold(0, |value, i| value << 1 | bit(i));
        self.at = end;
        Some(value)
    }
}
