//! Whose packets: a head's hash and a layout's.

use super::PacketFormat;
use sha2::{Digest, Sha256};
use std::fmt;

/// Bytes of [`Origin::header`].
pub const ORIGIN_BYTES: usize = 76;

/// What packets must have in common to be understood: both are equal, or nothing is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The head's content hash: the manifest's `head_sha256`.
    pub head: [u8; 32],
    /// SHA-256 of the [`PacketFormat`], written as the manifest's `packet` without white space: two
    /// layouts of one head send a split's neurons in different orders.
    pub layout: [u8; 32],
}

/// Bytes that are no header of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// They begin otherwise.
    Magic,
    /// They are of another version.
    Version(u16),
}

impl Origin {
    /// The origin of packets of a head with this hash; `None` if that is not 64 hexadecimal digits.
    pub fn new(head_sha256: &str, format: &PacketFormat) -> Option<Self> {
        let digits = head_sha256.as_bytes();
        let mut head = [0; 32];
        if digits.len() != 64 || !head_sha256.is_ascii() {
            return None;
        }
        for (byte, pair) in head.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        let json = serde_json::to_string(format).expect("a format has string keys only");
        Some(Self { head, layout: Sha256::digest(json.as_bytes()).into() })
    }

    /// Magic, version, two zero bytes, and both hashes.
    pub fn header(&self, magic: [u8; 8], version: u16) -> [u8; ORIGIN_BYTES] {
        let mut bytes = [0; ORIGIN_BYTES];
        bytes[..8].copy_from_slice(&magic);
        bytes[8..10].copy_from_slice(&version.to_le_bytes());
        bytes[12..44].copy_from_slice(&self.head);
        bytes[44..].copy_from_slice(&self.layout);
        bytes
    }

    /// Reads what [`Origin::header`] wrote, as far as it is there: `None` if more must come.
    ///
    /// # Errors
    /// As soon as what is there shows that it is something else.
    pub fn read(bytes: &[u8], magic: [u8; 8], version: u16) -> Result<Option<Self>, HeaderFault> {
        let there = bytes.len().min(8);
        if bytes[..there] != magic[..there] {
            return Err(HeaderFault::Magic);
        }
        if let Some(&[low, high]) = bytes.get(8..10) {
            let found = u16::from_le_bytes([low, high]);
            if found != version {
                return Err(HeaderFault::Version(found));
            }
        }
        let Some(hashes) = bytes.get(12..ORIGIN_BYTES) else { return Ok(None) };
        let (mut head, mut layout) = ([0; 32], [0; 32]);
        head.copy_from_slice(&hashes[..32]);
        layout.copy_from_slice(&hashes[32..]);
        Ok(Some(Self { head, layout }))
    }
}

impl fmt::Display for Origin {
    /// Beginnings of both hashes, enough to tell builds apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        write!(f, "head {}…, layout {}…", hex(&self.head[..6]), hex(&self.layout[..6]))
    }
}
