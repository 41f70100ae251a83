//! Recorded packets: a file of packets and whose they are; `docs/protocol.md` has the bytes.

use super::origin::{HeaderFault, ORIGIN_BYTES, Origin};
use crate::files::whole_file;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The first bytes of a file of packets.
pub const MAGIC: [u8; 8] = *b"CFPACKET";

/// The version written and read.
pub const VERSION: u16 = 1;

/// Packets as they left a design, one a frame, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Whose they are.
    pub origin: Origin,
    /// Their bytes.
    pub packets: Vec<Vec<u8>>,
}

/// A file of packets that cannot be read or written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum RecordError {
    #[error("cannot read packets from {}: {source}", .path.display())]
    #[diagnostic(code(clashfree::record::read))]
    Read { path: PathBuf, source: io::Error },

    #[error("cannot write packets to {}: {source}", .path.display())]
    #[diagnostic(code(clashfree::record::write))]
    Write { path: PathBuf, source: io::Error },

    #[error("{} holds no recorded packets: it does not begin with CFPACKET", .path.display())]
    #[diagnostic(
        code(clashfree::record::foreign),
        help("record some with `clashfree simulate BUILD --inputs DATA --packets FILE`")
    )]
    Foreign { path: PathBuf },

    #[error("{} holds packets in version {found} of the format, this program reads {VERSION}", .path.display())]
    #[diagnostic(
        code(clashfree::record::version),
        help("record them again with this version of clashfree")
    )]
    Version { path: PathBuf, found: u16 },

    #[error("{} is cut off in packet {packet}: {wanted} bytes should follow byte {at}, {left} do", .path.display())]
    #[diagnostic(
        code(clashfree::record::cut),
        help("the file was not written to its end, or is damaged: record it again")
    )]
    Cut { path: PathBuf, packet: usize, at: usize, wanted: usize, left: usize },

    #[error("{} holds packets of another build: {found}, where {expected} is wanted", .path.display())]
    #[diagnostic(
        code(clashfree::record::identity),
        help("name the build or head that the packets were recorded with")
    )]
    Identity { path: PathBuf, found: Box<Origin>, expected: Box<Origin> },
}

impl Recorded {
    /// The file's bytes.
    ///
    /// # Panics
    /// If a packet has 4 GiB or more.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.origin.header(MAGIC, VERSION).to_vec();
        for packet in &self.packets {
            let length = u32::try_from(packet.len()).expect("packets are far shorter");
            bytes.extend(length.to_le_bytes());
            bytes.extend(packet);
        }
        bytes
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn save(&self, path: &Path) -> Result<(), RecordError> {
        let written = whole_file(path, |file| file.write_all(&self.to_bytes()));
        written.map_err(|source| RecordError::Write { path: path.to_owned(), source })
    }

    /// Reads a file. What the packets mean is not looked at: one may be damaged.
    ///
    /// # Errors
    /// If the file cannot be read, is another one, or is cut off.
    pub fn load(path: &Path) -> Result<Self, RecordError> {
        let bytes = std::fs::read(path)
            .map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
        Self::parse(&bytes, path)
    }

    /// Reads the bytes of the file at `path`.
    ///
    /// # Errors
    /// As [`Recorded::load`].
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, RecordError> {
        let path = || path.to_owned();
        let cut = |packet, at, wanted| {
            let left = bytes.len() - at;
            RecordError::Cut { path: path(), packet, at, wanted, left }
        };
        let origin = match Origin::read(bytes, MAGIC, VERSION) {
            Ok(Some(origin)) => origin,
            Ok(None) if bytes.len() >= MAGIC.len() => return Err(cut(0, 0, ORIGIN_BYTES)),
            Ok(None) | Err(HeaderFault::Magic) => {
                return Err(RecordError::Foreign { path: path() });
            }
            Err(HeaderFault::Version(found)) => {
                return Err(RecordError::Version { path: path(), found });
            }
        };
        let (mut packets, mut at) = (Vec::new(), ORIGIN_BYTES);
        while at < bytes.len() {
            let Some(length) = bytes[at..].first_chunk::<4>() else {
                return Err(cut(packets.len(), at, 4));
            };
            let length = u32::from_le_bytes(*length) as usize;
            at += 4;
            let Some(packet) = bytes[at..].get(..length) else {
                return Err(cut(packets.len(), at, length));
            };
            packets.push(packet.to_vec());
            at += length;
        }
        Ok(Self { origin, packets })
    }

    /// Checks whose packets a file holds.
    ///
    /// # Errors
    /// If they are of another build; `path` names the file in the message.
    pub fn check(&self, expected: &Origin, path: &Path) -> Result<(), RecordError> {
        if self.origin == *expected {
            return Ok(());
        }
        let (found, expected) = (Box::new(self.origin), Box::new(*expected));
        let path = path.to_owned();
        Err(RecordError::Identity { path, found, expected })
    }
}
