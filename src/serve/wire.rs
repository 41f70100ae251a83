//! The messages between edge and server. All numbers are little endian.

use crate::packet::{Answer, HeaderFault, ORIGIN_BYTES, Origin};
use std::fmt;

/// The first bytes of both greetings.
pub const MAGIC: [u8; 8] = *b"CFSERVE\0";

/// The version of the messages.
pub const VERSION: u16 = 1;

/// Bytes of a client's greeting.
pub const HELLO_BYTES: usize = ORIGIN_BYTES;

/// Bytes of a server's greeting without its text.
pub const WELCOME_BYTES: usize = 24;

/// Bytes of the number in front of a packet or an answer, which counts the bytes that follow.
pub const LENGTH_BYTES: usize = 4;

/// Bytes of an answer before its logits, or of a refusal before its text.
pub const ANSWER_BYTES: usize = 16;

/// The longest text of a server.
pub const MAX_TEXT: usize = 512;

/// How a server greets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Greeting {
    /// Packets may come.
    Welcome = 0,
    /// The client's bytes are no greeting.
    NotOurs = 1,
    /// The server speaks another version.
    Version = 2,
    /// The packets would be of another build.
    Identity = 3,
    /// There are as many clients as there may be.
    Busy = 4,
    /// The greeting did not come in time.
    Late = 5,
}

/// What a server says of a packet, or of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// The tail's answer.
    Answered = 0,
    /// The edge's answer, taken down.
    Logged = 1,
    /// The bytes are no packet of this head; the connection goes on.
    Corrupt = 2,
    /// A length beyond the longest packet: the connection ends.
    TooLong = 3,
    /// Nothing came for too long: the connection ends.
    Idle = 4,
    /// The server ends.
    Stopping = 5,
}

impl Status {
    /// Whether the connection ends with it.
    pub fn is_last(self) -> bool {
        matches!(self, Self::TooLong | Self::Idle | Self::Stopping)
    }

    fn of(number: u8) -> Option<Self> {
        use Status::{Answered, Corrupt, Idle, Logged, Stopping, TooLong};
        [Answered, Logged, Corrupt, TooLong, Idle, Stopping].get(usize::from(number)).copied()
    }
}

/// A server's greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Whether packets may come, or why not.
    pub greeting: Greeting,
    /// Bytes of the longest packet.
    pub longest: u32,
    /// Packets that the server takes in of a client before answers must be read.
    pub window: u32,
    /// Why not.
    pub text: String,
}

/// What a server answers a packet with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The packet's number on this connection, from 0 on.
    pub sequence: u32,
    /// How it went.
    pub status: Status,
    /// The answer, with [`Status::Answered`] and [`Status::Logged`].
    pub answer: Option<Answer>,
    /// What is wrong, with the others.
    pub text: String,
}

/// Bytes that no server of this version sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A client's greeting.
pub fn hello(origin: &Origin) -> [u8; HELLO_BYTES] {
    origin.header(MAGIC, VERSION)
}

/// Looks at as much of a client's greeting as has come: whether it is whole.
///
/// # Errors
/// What to greet with instead, as soon as that is clear.
pub fn check_hello(bytes: &[u8], ours: &Origin) -> Result<bool, (Greeting, String)> {
    match Origin::read(bytes, MAGIC, VERSION) {
        Ok(None) => Ok(false),
        Ok(Some(theirs)) if theirs == *ours => Ok(true),
        Ok(Some(theirs)) => {
            let text = format!("this server has {ours}; the client has {theirs}");
            Err((Greeting::Identity, text))
        }
        Err(HeaderFault::Magic) => {
            Err((Greeting::NotOurs, "a greeting begins with CFSERVE and a zero byte".into()))
        }
        Err(HeaderFault::Version(found)) => {
            let text = format!("this server speaks version {VERSION}, the client {found}");
            Err((Greeting::Version, text))
        }
    }
}

/// A text as it is sent: cut to [`MAX_TEXT`] bytes.
fn cut(text: &str) -> &[u8] {
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|&end| text.is_char_boundary(end));
    &text.as_bytes()[..end.unwrap_or(0)]
}

impl Welcome {
    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let text = cut(&self.text);
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.greeting as u16).to_le_bytes());
        bytes.extend(self.longest.to_le_bytes());
        bytes.extend(self.window.to_le_bytes());
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text);
        bytes
    }

    /// Reads the first [`WELCOME_BYTES`], and how many bytes of text follow.
    ///
    /// # Errors
    /// If no server of this version sends that.
    pub fn decode(bytes: &[u8; WELCOME_BYTES]) -> Result<(Self, usize), Malformed> {
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
        if bytes[..8] != MAGIC {
            return Err(Malformed("it does not greet with CFSERVE"));
        }
        use Greeting::{Busy, Identity, Late, NotOurs, Version, Welcome as Good};
        let all = [Good, NotOurs, Version, Identity, Busy, Late];
        let greeting = all.get(usize::from(half(10))).copied();
        let greeting = match greeting {
            // A server of another version says so, whatever else its greeting holds.
            Some(greeting) if half(8) == VERSION || greeting == Version => greeting,
            _ => return Err(Malformed("its greeting is of another version")),
        };
        let length = word(20) as usize;
        if length > MAX_TEXT {
            return Err(Malformed("the text of its greeting is too long"));
        }
        let (longest, window) = (word(12), word(16));
        Ok((Self { greeting, longest, window, text: String::new() }, length))
    }
}

impl Message {
    /// An answer of the tail's or the edge's.
    pub fn answered(sequence: u32, status: Status, answer: Answer) -> Self {
        Self { sequence, status, answer: Some(answer), text: String::new() }
    }

    /// That something is wrong.
    pub fn refused(sequence: u32, status: Status, text: String) -> Self {
        Self { sequence, status, answer: None, text }
    }

    /// The bytes, their number in front.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; LENGTH_BYTES];
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend([self.status as u8, 0]);
        let none = Answer { class: 0, margin: 0, logits: Vec::new() };
        let answer = self.answer.as_ref().unwrap_or(&none);
        bytes.extend(answer.class.to_le_bytes());
        bytes.extend(answer.margin.to_le_bytes());
        bytes.extend(answer.logits.iter().flat_map(|logit| logit.to_le_bytes()));
        bytes.extend(cut(&self.text));
        let length = (bytes.len() - LENGTH_BYTES) as u32;
        bytes[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    /// Reads the bytes that follow their number.
    ///
    /// # Errors
    /// If no server of this version sends that.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some((head, rest)) = bytes.split_first_chunk::<ANSWER_BYTES>() else {
            return Err(Malformed("an answer is too short"));
        };
        let (low, high) = head.split_at(8);
        let sequence = u32::from_le_bytes([low[0], low[1], low[2], low[3]]);
        let status = Status::of(low[4]).ok_or(Malformed("an answer has an unknown status"))?;
        if !matches!(status, Status::Answered | Status::Logged) {
            let text = String::from_utf8_lossy(rest).into_owned();
            return Ok(Self::refused(sequence, status, text));
        }
        let (logits, left) = rest.as_chunks::<8>();
        if !left.is_empty() {
            return Err(Malformed("an answer's logits are not whole"));
        }
        let class = u16::from_le_bytes([low[6], low[7]]);
        let margin = high.iter().rev().fold(0, |margin, &byte| margin << 8 | u64::from(byte));
        let logits = logits.iter().map(|logit| i64::from_le_bytes(*logit)).collect();
        Ok(Self::answered(sequence, status, Answer { class, margin, logits }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_as_documented() {
        let answer = Answer { class: 0x102, margin: 0x304, logits: vec![-1, 5] };
        let message = Message::answered(7, Status::Answered, answer);
        let bytes = message.encode();
        assert_eq!(bytes[..20], [32, 0, 0, 0, 7, 0, 0, 0, 0, 0, 2, 1, 4, 3, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[20..28], [0xff; 8]);
        assert_eq!(bytes[28..], [5, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Message::decode(&bytes[4..]), Ok(message));
        assert!(Message::decode(&bytes[4..35]).is_err());
        assert!(Message::decode(&bytes[4..19]).is_err());
        let refused = Message::refused(8, Status::Corrupt, "é".repeat(300));
        let back = Message::decode(&refused.encode()[4..]).unwrap();
        assert_eq!((back.status, back.text), (Status::Corrupt, "é".repeat(256)));
    }

    #[test]
    fn greetings_are_judged_as_soon_as_they_can_be() {
        let ours = Origin { head: [1; 32], layout: [2; 32] };
        let bytes = hello(&ours);
        assert_eq!(bytes[..12], *b"CFSERVE\0\x01\0\0\0");
        for there in 0..HELLO_BYTES {
            assert_eq!(check_hello(&bytes[..there], &ours), Ok(false));
        }
        assert_eq!(check_hello(&bytes, &ours), Ok(true));
        let code = |bytes: &[u8]| check_hello(bytes, &ours).unwrap_err().0;
        assert_eq!(code(b"G"), Greeting::NotOurs);
        assert_eq!(code(b"CFSERVE\0\x02\0"), Greeting::Version);
        let other = Origin { layout: [3; 32], ..ours };
        assert_eq!(code(&hello(&other)), Greeting::Identity);
        let text = "no".to_owned();
        let welcome = Welcome { greeting: Greeting::Busy, longest: 300, window: 9, text };
        let bytes = welcome.encode();
        let (back, text) = Welcome::decode(bytes[..24].try_into().unwrap()).unwrap();
        assert_eq!((back, text), (Welcome { text: String::new(), ..welcome }, 2));
        assert_eq!(bytes[24..], *b"no");
    }
}
