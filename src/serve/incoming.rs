//! Messages in a stream of bytes, however these arrive.

use super::wire::LENGTH_BYTES;
use std::io::{self, Read};

/// Bytes that one read takes at most.
const READ: usize = 16 << 10;

/// A length that no message has: what follows it cannot be told apart any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The length.
    pub found: usize,
    /// The longest that there may be.
    pub longest: usize,
}

/// Bytes that have arrived, at most one read more than a message.
#[derive(Debug)]
pub struct Incoming {
    bytes: Vec<u8>,
    /// Where the first message begins that was not handed out.
    start: usize,
    longest: usize,
}

impl Incoming {
    /// Nothing yet; no message may have more than `longest` bytes.
    pub fn new(longest: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, longest }
    }

    /// The next message without the number in front, if it is there whole.
    ///
    /// # Errors
    /// If its length is too large; that stays so.
    pub fn message(&mut self) -> Result<Option<&[u8]>, TooLong> {
        let rest = &self.bytes[self.start..];
        let Some(length) = rest.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let found = u32::from_le_bytes(*length) as usize;
        if found > self.longest {
            return Err(TooLong { found, longest: self.longest });
        }
        if rest.len() < LENGTH_BYTES + found {
            return Ok(None);
        }
        let begin = self.start + LENGTH_BYTES;
        self.start = begin + found;
        Ok(Some(&self.bytes[begin..self.start]))
    }

    /// Reads once; how many bytes came, 0 at the stream's end.
    ///
    /// # Errors
    /// What the stream says; nothing is lost then.
    pub fn fill(&mut self, mut from: impl Read) -> io::Result<usize> {
        self.bytes.drain(..self.start);
        self.start = 0;
        let there = self.bytes.len();
        self.bytes.resize(there + READ, 0);
        let read = from.read(&mut self.bytes[there..]);
        self.bytes.truncate(there + read.as_ref().map_or(0, |n| *n));
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_whole_however_they_are_cut() {
        let stream: Vec<u8> = [&b"\x02\0\0\0ab"[..], b"\0\0\0\0", b"\x03\0\0\0cde"].concat();
        for step in 1..=stream.len() {
            let (mut incoming, mut found) = (Incoming::new(3), Vec::new());
            for mut piece in stream.chunks(step) {
                incoming.fill(&mut piece).unwrap();
                while let Some(message) = incoming.message().unwrap() {
                    found.push(message.to_vec());
                }
            }
            assert_eq!(found, [&b"ab"[..], b"", b"cde"], "{step} bytes at once");
        }
    }

    #[test]
    fn a_length_beyond_the_longest_is_told_before_its_bytes_come() {
        let mut incoming = Incoming::new(3);
        incoming.fill(&mut &b"\x04\0\0\0"[..]).unwrap();
        assert_eq!(incoming.message(), Err(TooLong { found: 4, longest: 3 }));
    }
}
