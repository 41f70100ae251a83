//! The packet that a compiled head answers a frame with.
//!
//! A little-endian stream of bytes: class `u16`, frame number `u16`, margin (unsigned, `field_bytes`
//! bytes), and with [`ResultKind::Logits`] each logit in class order (two's complement,
//! `field_bytes` bytes each). Beats are filled from the low byte; `tkeep` marks those of the last.

use crate::model::{Decision, classify};
use serde::{Deserialize, Serialize};

/// What a packet carries besides class, frame number and margin.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum ResultKind {
    /// Nothing.
    Class,
    /// The last junction's accumulators.
    #[default]
    Logits,
}

/// The layout of a design's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PacketFormat {
    /// Number of classes, 1 to 65,536.
    pub classes: usize,
    /// Bytes of the margin and of each logit: 1, 2, 4 or 8.
    pub field_bytes: usize,
    /// Whether the logits are in it.
    pub result: ResultKind,
}

/// One answer of the hardware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Packet {
    /// Arg max of the logits, the lowest index winning ties.
    pub class: u16,
    /// Good frames since reset before this one, modulo 65,536.
    pub frame: u16,
    /// Largest logit minus the second largest; 0 with a single class.
    pub margin: u64,
    /// The logits in class order; empty with [`ResultKind::Class`].
    pub logits: Vec<i64>,
}

/// Bytes that are no packet of the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum PacketError {
    /// Too few or too many bytes.
    #[error("a packet of {found} bytes, where the format has {expected}")]
    #[diagnostic(code(clashfree::packet::length))]
    Length {
        /// Bytes found.
        found: usize,
        /// Bytes of the format.
        expected: usize,
    },
    /// The class is none of the head's.
    #[error("a packet names class {class}, where there are {classes}")]
    #[diagnostic(code(clashfree::packet::class))]
    Class {
        /// The class found.
        class: u16,
        /// Number of classes.
        classes: usize,
    },
}

impl PacketFormat {
    /// The layout for a last junction whose accumulators have `acc_bits` bits, at most 64: a field is
    /// the smallest of 1, 2, 4 and 8 bytes that holds one.
    pub fn new(classes: usize, acc_bits: u32, result: ResultKind) -> Self {
        let field_bytes = acc_bits.div_ceil(8).next_power_of_two() as usize;
        Self { classes, field_bytes, result }
    }

    /// Bytes of a packet.
    pub fn bytes(&self) -> usize {
        4 + self.field_bytes * (1 + self.logits())
    }

    /// Beats of a packet on a bus of `bus_bits`.
    pub fn beats(&self, bus_bits: u32) -> usize {
        self.bytes().div_ceil(bus_bits as usize / 8)
    }

    fn logits(&self) -> usize {
        match self.result {
            ResultKind::Class => 0,
            ResultKind::Logits => self.classes,
        }
    }

    /// The packet that answers good frame number `frame` with `logits` (one a class): class and
    /// margin by [`classify`].
    ///
    /// # Panics
    /// If there are no logits.
    pub fn answer(&self, frame: u64, logits: &[i64]) -> Packet {
        let Decision { class, margin } = classify(logits);
        let logits = logits[..self.logits().min(logits.len())].to_vec();
        Packet { class: class as u16, frame: frame as u16, margin, logits }
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// If the length or the class is not of this format.
    pub fn decode(&self, bytes: &[u8]) -> Result<Packet, PacketError> {
        if bytes.len() != self.bytes() {
            return Err(PacketError::Length { found: bytes.len(), expected: self.bytes() });
        }
        let class = u16::from_le_bytes([bytes[0], bytes[1]]);
        if usize::from(class) >= self.classes {
            return Err(PacketError::Class { class, classes: self.classes });
        }
        let mut fields = bytes[4..].chunks(self.field_bytes).map(|field| {
            let mut wide = [0u8; 8];
            wide[..field.len()].copy_from_slice(field);
            u64::from_le_bytes(wide)
        });
        let margin = fields.next().unwrap_or(0);
        let shift = 64 - 8 * self.field_bytes as u32;
        let logits = fields.map(|f| (f << shift) as i64 >> shift).collect();
        Ok(Packet { class, frame: u16::from_le_bytes([bytes[2], bytes[3]]), margin, logits })
    }

    /// Writes a packet; of a value that does not fit its field the low bytes.
    pub fn encode(&self, packet: &Packet) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes());
        bytes.extend(packet.class.to_le_bytes());
        bytes.extend(packet.frame.to_le_bytes());
        bytes.extend(&packet.margin.to_le_bytes()[..self.field_bytes]);
        for logit in &packet.logits {
            bytes.extend(&logit.to_le_bytes()[..self.field_bytes]);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_are_as_the_protocol_says() {
        let format = PacketFormat::new(3, 9, ResultKind::Logits);
        let packet = format.answer(0x1_0203, &[-2, 300, 300]);
        assert_eq!(
            packet,
            Packet { class: 1, frame: 0x203, margin: 0, logits: vec![-2, 300, 300] }
        );
        assert_eq!(format.encode(&packet), [1, 0, 3, 2, 0, 0, 0xfe, 0xff, 0x2c, 1, 0x2c, 1]);
        assert_eq!((format.bytes(), format.beats(64), format.beats(8)), (12, 2, 12));
    }

    #[test]
    fn a_field_is_the_smallest_that_holds_an_accumulator() {
        for (bits, bytes) in [(1, 1), (8, 1), (9, 2), (16, 2), (17, 4), (32, 4), (33, 8), (64, 8)] {
            assert_eq!(PacketFormat::new(2, bits, ResultKind::Class).field_bytes, bytes, "{bits}");
        }
    }

    #[test]
    fn foreign_bytes_are_refused() {
        let format = PacketFormat::new(3, 8, ResultKind::Class);
        let length = PacketError::Length { found: 4, expected: 5 };
        assert_eq!(format.decode(&[0; 4]), Err(length));
        let class = PacketError::Class { class: 3, classes: 3 };
        assert_eq!(format.decode(&[3, 0, 0, 0, 0]), Err(class));
    }

    proptest! {
        #[test]
        fn decode_undoes_encode(
            acc_bits in 1u32..=64, frame: u64, wide in prop::collection::vec(any::<i64>(), 1..20),
            with_logits: bool,
        ) {
            let logits: Vec<i64> = wide.iter().map(|v| v >> (64 - acc_bits)).collect();
            let result = if with_logits { ResultKind::Logits } else { ResultKind::Class };
            let format = PacketFormat::new(logits.len(), acc_bits, result);
            let packet = format.answer(frame, &logits);
            let bytes = format.encode(&packet);
            prop_assert_eq!(bytes.len(), format.bytes());
            prop_assert_eq!(format.decode(&bytes).unwrap(), packet);
        }
    }
}
