//! The packets that leave a compiled head, one a frame; `docs/protocol.md` has the bytes.
//!
//! A packet begins with a tag and the frame's number, `u16` each, little endian as all else. The
//! highest bits of the tag say where the packet is from: 0 the trunk's end, `e + 1` exit `e`; as many
//! bits as that takes, none for a head without exits. An *answer* goes on with margin and logits
//! ([`AnswerFormat`]), the lower bits of its tag are the class. From a split come *codes*
//! ([`CodesFormat`]); the lower bits are the [`Packing`].

mod answer;
mod codes;
mod origin;
pub mod record;

pub use answer::{Answer, AnswerFormat, ResultKind};
pub use codes::{CodesFormat, Packing};
pub use origin::{HeaderFault, ORIGIN_BYTES, Origin};
pub use record::{RecordError, Recorded};

use crate::model::Outcome;
use crate::quantise::QuantHead;
use serde::{Deserialize, Serialize};

/// Bytes of tag and frame number.
pub const HEADER_BYTES: usize = 4;

/// The layout of a design's packets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketFormat {
    /// Of each exit's answers.
    pub exits: Vec<AnswerFormat>,
    /// Of what comes from the trunk's end.
    pub end: EndFormat,
}

/// What the trunk's end sends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndFormat {
    /// Answers.
    Answer(AnswerFormat),
    /// The codes of the split's layer.
    Codes(CodesFormat),
    /// Nothing: the last exit answers every frame that comes to it.
    Nothing,
}

/// What leaves for one frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Packet {
    /// Good frames since reset before this one, modulo 65,536.
    pub frame: u16,
    /// All else.
    #[serde(flatten)]
    pub content: Content,
}

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// The frame was answered.
    Answer {
        /// By which exit; `None` by the trunk's end.
        #[serde(skip_serializing_if = "Option::is_none")]
        exit: Option<usize>,
        /// The answer.
        #[serde(flatten)]
        answer: Answer,
    },
    /// It was not.
    Codes {
        /// How the codes were packed.
        packing: Packing,
        /// The codes of the split's layer, in the user's order of neurons.
        codes: Vec<i32>,
    },
}

/// Bytes that are no packet of the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum PacketError {
    /// Too few or too many bytes.
    #[error("a packet of {found} bytes, where the format has {expected}")]
    #[diagnostic(code(clashfree::packet::length), help("{HELP}"))]
    Length {
        /// Bytes found.
        found: usize,
        /// Bytes of the format.
        expected: usize,
    },
    /// The class is none of the head's.
    #[error("a packet names class {class}, where there are {classes}")]
    #[diagnostic(code(clashfree::packet::class), help("{HELP}"))]
    Class {
        /// The class found.
        class: u16,
        /// Number of classes.
        classes: usize,
    },
    /// The tag names an exit or an end that the head has not.
    #[error("a packet's tag is {tag:#06x}, which names no source of this head's packets")]
    #[diagnostic(code(clashfree::packet::source), help("{HELP}"))]
    Source {
        /// The tag.
        tag: u16,
    },
    /// The packing is not known.
    #[error("a packet's codes are packed by way {packing}: there are 0, raw, and 1, zero flags")]
    #[diagnostic(code(clashfree::packet::packing), help("{HELP}"))]
    Packing {
        /// The packing found.
        packing: u16,
    },
    /// Filling bits are not zero, or a code that is flagged as not zero is.
    #[error("a packet's codes are not packed as the hardware packs them: {what}")]
    #[diagnostic(code(clashfree::packet::codes), help("{HELP}"))]
    Codes {
        /// What is wrong.
        what: &'static str,
    },
}

const HELP: &str = "the bytes are damaged, or of another build: compare its manifest.json";

/// Packets that a head cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error(
    "a packet's 16-bit tag tells {limit} classes apart beside {exits} exits, this head has {classes}"
)]
#[diagnostic(
    code(clashfree::packet::classes),
    help("reduce the right neurons of the last junctions, or the exits")
)]
pub struct TagError {
    /// Classes there are.
    pub classes: usize,
    /// Most classes.
    pub limit: usize,
    /// Exits there are.
    pub exits: usize,
}

impl PacketFormat {
    /// The packets of a head; a split's codes come in the order `order(neurons)`: the user's neuron at
    /// each place.
    ///
    /// # Errors
    /// If the tag has no room for sources and classes.
    pub fn new(
        head: &QuantHead,
        result: ResultKind,
        order: Option<Vec<u32>>,
    ) -> Result<Self, TagError> {
        let exits: Vec<_> = head
            .exits
            .iter()
            .map(|exit| AnswerFormat::new(exit.classes(), exit.last().acc_bits, result))
            .collect();
        let last = head.edge().last().expect("a head has junctions");
        let end = match last.output_format {
            _ if head.gates() < head.exits.len() => EndFormat::Nothing,
            None => {
                EndFormat::Answer(AnswerFormat::new(last.pattern.right(), last.acc_bits, result))
            }
            Some(format) => {
                let neurons = last.pattern.right();
                let order = order.unwrap_or_else(|| (0..neurons as u32).collect());
                let (bits, signed) = (format.bits, last.clamp().is_some_and(|(low, _)| low < 0));
                EndFormat::Codes(CodesFormat { bits, signed, order })
            }
        };
        let format = Self { exits, end };
        let limit = 1usize << format.class_bits();
        let exits = format.exits.len();
        let most = format.answers().map(|(_, format)| format.classes).max().unwrap_or(0);
        if most > limit { Err(TagError { classes: most, limit, exits }) } else { Ok(format) }
    }

    /// Checks a format that was read from a file.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), &'static str> {
        let limit = 1usize << self.class_bits();
        for (_, AnswerFormat { classes, field_bytes, .. }) in self.answers() {
            if !(1..=limit).contains(classes) || ![1, 2, 4, 8].contains(field_bytes) {
                return Err("have impossible fields");
            }
        }
        match &self.end {
            EndFormat::Codes(codes) => codes.check(),
            EndFormat::Nothing if self.exits.is_empty() => Err("come from nowhere"),
            EndFormat::Answer(_) | EndFormat::Nothing => Ok(()),
        }
    }

    /// Answers only, of a head without exits.
    pub fn of_chain(classes: usize, acc_bits: u32, result: ResultKind) -> Self {
        let end = EndFormat::Answer(AnswerFormat::new(classes, acc_bits, result));
        Self { exits: Vec::new(), end }
    }

    /// Every source of answers: exit number, or `None` for the trunk's end.
    pub fn answers(&self) -> impl Iterator<Item = (Option<usize>, &AnswerFormat)> {
        let end = match &self.end {
            EndFormat::Answer(format) => Some((None, format)),
            EndFormat::Codes(_) | EndFormat::Nothing => None,
        };
        end.into_iter().chain(self.exits.iter().enumerate().map(|(e, f)| (Some(e), f)))
    }

    /// The format of a source's answers, if it gives any.
    fn answer_format(&self, exit: Option<usize>) -> Option<&AnswerFormat> {
        self.answers().find(|(from, _)| *from == exit).map(|(_, format)| format)
    }

    /// Low bits of the tag, which are class or packing.
    pub fn class_bits(&self) -> u32 {
        16 - (self.exits.len() + 1).next_power_of_two().trailing_zeros()
    }

    /// The tag of a source without class or packing.
    pub fn tag(&self, exit: Option<usize>) -> u16 {
        exit.map_or(0, |exit| ((exit + 1) << self.class_bits()) as u16)
    }

    /// Bytes of the longest packet.
    pub fn longest(&self) -> usize {
        let end = match &self.end {
            EndFormat::Codes(format) => format.longest(),
            EndFormat::Answer(_) | EndFormat::Nothing => 0,
        };
        self.answers().map(|(_, format)| format.bytes()).max().unwrap_or(0).max(end)
    }

    /// Beats of the longest packet on a bus of `bus_bits`.
    pub fn beats(&self, bus_bits: u32) -> usize {
        self.longest().div_ceil(bus_bits as usize / 8)
    }

    /// The packet of good frame number `frame`.
    ///
    /// # Panics
    /// If the outcome is not of the format's head.
    pub fn packet(&self, frame: u64, outcome: &Outcome) -> Packet {
        let content = match outcome {
            Outcome::Answer { exit, logits, .. } => {
                let format = self.answer_format(*exit).expect("a source of this head");
                Content::Answer { exit: *exit, answer: format.answer(logits) }
            }
            Outcome::Activations(codes) => {
                let EndFormat::Codes(format) = &self.end else { panic!("a head with a split") };
                Content::Codes { packing: format.packing(codes), codes: codes.clone() }
            }
        };
        Packet { frame: frame as u16, content }
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// If the bytes are none of this format.
    pub fn decode(&self, bytes: &[u8]) -> Result<Packet, PacketError> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            let expected = self.shortest();
            return Err(PacketError::Length { found: bytes.len(), expected });
        };
        let tag = u16::from_le_bytes([header[0], header[1]]);
        let low = (u32::from(tag) & ((1 << self.class_bits()) - 1)) as u16;
        let exit = (usize::from(tag) >> self.class_bits()).checked_sub(1);
        let content = match (&self.end, self.answer_format(exit)) {
            (_, Some(format)) => Content::Answer { exit, answer: format.decode(low, rest)? },
            (EndFormat::Codes(format), None) if exit.is_none() => {
                let packing = Packing::of(low)?;
                Content::Codes { packing, codes: format.decode(packing, rest)? }
            }
            _ => return Err(PacketError::Source { tag }),
        };
        Ok(Packet { frame: u16::from_le_bytes([header[2], header[3]]), content })
    }

    /// Bytes of the shortest packet.
    fn shortest(&self) -> usize {
        let answers = self.answers().map(|(_, format)| format.bytes());
        answers.min().unwrap_or(HEADER_BYTES)
    }

    /// Writes a packet; of a value that does not fit its field the low bytes.
    ///
    /// # Panics
    /// If the packet is not of the format's head.
    pub fn encode(&self, packet: &Packet) -> Vec<u8> {
        let (exit, low) = match &packet.content {
            Content::Answer { exit, answer } => (*exit, answer.class),
            Content::Codes { packing, .. } => (None, packing.number()),
        };
        let mut bytes = Vec::with_capacity(self.longest());
        bytes.extend((self.tag(exit) | low).to_le_bytes());
        bytes.extend(packet.frame.to_le_bytes());
        match (&packet.content, &self.end) {
            (Content::Answer { answer, .. }, _) => {
                self.answer_format(exit).expect("a source of this head").encode(answer, &mut bytes);
            }
            (Content::Codes { packing, codes }, EndFormat::Codes(format)) => {
                format.encode(*packing, codes, &mut bytes);
            }
            (Content::Codes { .. }, _) => panic!("a head with a split"),
        }
        bytes
    }
}

impl Packet {
    /// The answer, if it is one.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.content {
            Content::Answer { answer, .. } => Some(answer),
            Content::Codes { .. } => None,
        }
    }

    /// What `m_axis_tuser` is beside it: answered here.
    pub fn user(&self) -> bool {
        self.answer().is_some()
    }
}

#[cfg(test)]
mod tests;
