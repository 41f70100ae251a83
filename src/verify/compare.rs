//! Hardware against reference.

use super::{Bench, SimResult};
use crate::model::Outcome;
use crate::packet::{Answer, Content, Packet};
use serde::Serialize;

/// Mismatches that are kept; the others are counted.
const KEPT: usize = 1000;

/// A field of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "field")]
pub enum Field {
    /// The frame number.
    Number,
    /// Where it is from: 0 the trunk's end, `e + 1` exit `e`.
    Source,
    /// The class.
    Class,
    /// The margin.
    Margin,
    /// A logit.
    Logit {
        /// Which.
        class: usize,
    },
    /// How codes are packed.
    Packing,
    /// A code of the split's layer.
    Code {
        /// Whose, in the user's order.
        neuron: usize,
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
            Field::Source => f.write_str("source (0 the trunk's end, 1 exit 0, ...)")?,
            Field::Class => f.write_str("class")?,
            Field::Margin => f.write_str("margin")?,
            Field::Logit { class } => write!(f, "logit {class}")?,
            Field::Packing => f.write_str("packing")?,
            Field::Code { neuron } => write!(f, "code of neuron {neuron}")?,
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
    /// Codes of a split's layer compared.
    pub codes: usize,
    /// Frames that the reference answers at each exit.
    pub exits: Vec<usize>,
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
    /// Compares answers with what the reference says of each frame: every field of every packet.
    ///
    /// # Panics
    /// If there is not one outcome an answer: the caller's bug.
    pub fn compare(&self, result: &SimResult, expected: &[Outcome]) -> Comparison {
        assert_eq!(expected.len(), result.answers.len(), "one outcome an answer");
        let mut all = self.nothing_compared();
        for (frame, (answer, outcome)) in result.answers.iter().zip(expected).enumerate() {
            self.compare_one(&mut all, frame, answer.number, &answer.packet, outcome);
        }
        all
    }

    pub(super) fn nothing_compared(&self) -> Comparison {
        Comparison { exits: vec![0; self.packet.exits.len()], ..Comparison::default() }
    }

    pub(super) fn compare_one(
        &self,
        all: &mut Comparison,
        frame: usize,
        number: u64,
        found: &Packet,
        outcome: &Outcome,
    ) {
        let before = all.wrong_fields;
        all.frames += 1;
        let want = self.packet.packet(number, outcome);
        all.note(frame, Field::Number, want.frame.into(), found.frame.into());
        all.note(frame, Field::Source, source(&want), source(found));
        match (&want.content, &found.content) {
            (Content::Answer { exit, answer: want }, Content::Answer { answer: found, .. }) => {
                if let Some(exit) = *exit {
                    all.exits[exit] += 1;
                }
                all.compare_answers(frame, want, found);
            }
            (
                Content::Codes { packing, codes: want },
                Content::Codes { packing: found_packing, codes: found },
            ) => {
                let packings = [packing, found_packing].map(|p| i128::from(p.number()));
                all.note(frame, Field::Packing, packings[0], packings[1]);
                all.codes += want.len();
                for (neuron, (&want, &found)) in want.iter().zip(found).enumerate() {
                    all.note(frame, Field::Code { neuron }, want.into(), found.into());
                }
            }
            // their sources differ
            _ => {}
        }
        all.wrong_frames += usize::from(all.wrong_fields > before);
    }
}

impl Comparison {
    fn compare_answers(&mut self, frame: usize, want: &Answer, found: &Answer) {
        self.note(frame, Field::Class, want.class.into(), found.class.into());
        self.note(frame, Field::Margin, want.margin.into(), found.margin.into());
        self.logits += want.logits.len();
        for (class, (&want, &found)) in want.logits.iter().zip(&found.logits).enumerate() {
            self.note(frame, Field::Logit { class }, want.into(), found.into());
        }
    }
}

/// 0 for the trunk's end, `e + 1` for exit `e`.
fn source(packet: &Packet) -> i128 {
    match packet.content {
        Content::Answer { exit: Some(exit), .. } => exit as i128 + 1,
        Content::Answer { exit: None, .. } | Content::Codes { .. } => 0,
    }
}
