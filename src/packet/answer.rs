//! Answers: class, margin, logits.

use super::{HEADER_BYTES, PacketError};
use crate::model::{Decision, classify};
use serde::{Deserialize, Serialize};

/// What an answer carries besides class, frame number and margin.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum ResultKind {
    /// Nothing.
    Class,
    /// The accumulators that decided.
    #[default]
    Logits,
}

/// The layout of a source's answers: behind the header the margin, unsigned, and with
/// [`ResultKind::Logits`] each logit in class order, two's complement; `field_bytes` bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerFormat {
    /// Number of classes, 1 to 65,536.
    pub classes: usize,
    /// Bytes of the margin and of each logit: 1, 2, 4 or 8.
    pub field_bytes: usize,
    /// Whether the logits are in it.
    pub result: ResultKind,
}

/// The answer to a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Arg max of the logits, the lowest index winning ties.
    pub class: u16,
    /// Largest logit minus the second largest; 0 with a single class.
    pub margin: u64,
    /// The logits in class order; empty with [`ResultKind::Class`].
    pub logits: Vec<i64>,
}

impl AnswerFormat {
    /// The layout for logits of `acc_bits` bits, at most 64: a field is the smallest of 1, 2, 4 and 8
    /// bytes that holds one.
    pub fn new(classes: usize, acc_bits: u32, result: ResultKind) -> Self {
        let field_bytes = acc_bits.div_ceil(8).next_power_of_two() as usize;
        Self { classes, field_bytes, result }
    }

    /// Bytes of a packet with such an answer.
    pub fn bytes(&self) -> usize {
        HEADER_BYTES + self.field_bytes * (1 + self.logits())
    }

    fn logits(&self) -> usize {
        match self.result {
            ResultKind::Class => 0,
            ResultKind::Logits => self.classes,
        }
    }

    /// The answer that `logits` (one a class) give: class and margin by [`classify`].
    ///
    /// # Panics
    /// If there are no logits.
    pub fn answer(&self, logits: &[i64]) -> Answer {
        let Decision { class, margin } = classify(logits);
        let logits = logits[..self.logits().min(logits.len())].to_vec();
        Answer { class: class as u16, margin, logits }
    }

    /// Reads what follows the header.
    pub(super) fn decode(&self, class: u16, bytes: &[u8]) -> Result<Answer, PacketError> {
        if bytes.len() + HEADER_BYTES != self.bytes() {
            let found = bytes.len() + HEADER_BYTES;
            return Err(PacketError::Length { found, expected: self.bytes() });
        }
        if usize::from(class) >= self.classes {
            return Err(PacketError::Class { class, classes: self.classes });
        }
        let mut fields = bytes.chunks(self.field_bytes).map(|field| {
            let mut wide = [0u8; 8];
            wide[..field.len()].copy_from_slice(field);
            u64::from_le_bytes(wide)
        });
        let margin = fields.next().unwrap_or(0);
        let shift = 64 - 8 * self.field_bytes as u32;
        let logits = fields.map(|f| (f << shift) as i64 >> shift).collect();
        Ok(Answer { class, margin, logits })
    }

    /// Writes what follows the header.
    pub(super) fn encode(&self, answer: &Answer, bytes: &mut Vec<u8>) {
        bytes.extend(&answer.margin.to_le_bytes()[..self.field_bytes]);
        for logit in &answer.logits {
            bytes.extend(&logit.to_le_bytes()[..self.field_bytes]);
        }
    }
}
