//! Hardware against reference.

use super::{Bench, SimResult};
use crate::packet::ResultKind;
use ndarray::{ArrayView2, Axis};
use serde::Serialize;

/// Mismatches that are kept; the others are counted.
const KEPT: usize = 1000;

/// A field of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "field")]
pub enum Field {
    /// The frame number.
    Number,
    /// The class.
    Class,
    /// The margin.
    Margin,
    /// A logit.
    Logit {
        /// Which.
        class: usize,
    },
}

/// A field that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The frame, counted from 0.
    pub frame: usize,
    /// The field.
    #[serde(flatten)]
    pub field: Field,
    /// By the reference.
    pub expected: i128,
    /// In the packet.
    pub found: i128,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "frame {}, ", self.frame)?;
        match self.field {
            Field::Number => f.write_str("frame number")?,
            Field::Class => f.write_str("class")?,
            Field::Margin => f.write_str("margin")?,
            Field::Logit { class } => write!(f, "logit {class}")?,
        }
        write!(f, ": expected {}, found {}", self.expected, self.found)
    }
}

/// The outcome of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Frames compared.
    pub frames: usize,
    /// Logits compared: none if the packets carry none.
    pub logits: usize,
    /// Logits that differ.
    pub wrong_logits: usize,
    /// Fields of any kind that differ.
    pub wrong_fields: usize,
    /// Frames with a field that differs.
    pub wrong_frames: usize,
    /// The first 1000 of them.
    pub mismatches: Vec<Mismatch>,
}

impl Comparison {
    /// Whether every bit was equal.
    pub fn is_equal(&self) -> bool {
        self.wrong_fields == 0
    }

    pub(super) fn note(&mut self, frame: usize, field: Field, expected: i128, found: i128) {
        if expected == found {
            return;
        }
        self.wrong_fields += 1;
        self.wrong_logits += usize::from(matches!(field, Field::Logit { .. }));
        if self.mismatches.len() < KEPT {
            self.mismatches.push(Mismatch { frame, field, expected, found });
        }
    }
}

impl Bench {
    /// Compares answers with the reference's logits `[frames, classes]`: every field of every packet.
    ///
    /// # Panics
    /// If the logits' shape is not that of the answers: the caller's bug.
    pub fn compare(&self, result: &SimResult, expected: ArrayView2<i64>) -> Comparison {
        assert_eq!(expected.dim(), (result.answers.len(), self.packet.classes), "logits' shape");
        let mut all = Comparison { frames: result.answers.len(), ..Comparison::default() };
        for (frame, answer) in result.answers.iter().enumerate() {
            let logits = expected.index_axis(Axis(0), frame).to_vec();
            self.compare_one(&mut all, frame, answer.number, &answer.packet, &logits);
        }
        all
    }

    pub(super) fn compare_one(
        &self,
        all: &mut Comparison,
        frame: usize,
        number: u64,
        found: &crate::packet::Packet,
        logits: &[i64],
    ) {
        let before = all.wrong_fields;
        let want = self.packet.answer(number, logits);
        all.note(frame, Field::Number, want.frame.into(), found.frame.into());
        all.note(frame, Field::Class, want.class.into(), found.class.into());
        all.note(frame, Field::Margin, want.margin.into(), found.margin.into());
        if self.packet.result == ResultKind::Logits {
            all.logits += logits.len();
            for (class, (&want, &found)) in want.logits.iter().zip(&found.logits).enumerate() {
                all.note(frame, Field::Logit { class }, want.into(), found.into());
            }
        }
        all.wrong_frames += usize::from(all.wrong_fields > before);
    }
}
