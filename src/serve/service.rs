//! What is served: a head with a split, and the packets of its build.

use super::ServeError;
use crate::load;
use crate::manifest::Manifest;
use crate::model;
use crate::packet::{Content, EndFormat, Origin, Packet, PacketError, PacketFormat, ResultKind};
use crate::quantise::{QuantHead, quantise};
use crate::save;
use crate::tail::TailError;
use ndarray::Array2;
use std::path::Path;

/// A head with a split and its packets.
#[derive(Clone, Debug)]
pub struct Service {
    head: QuantHead,
    format: PacketFormat,
    origin: Origin,
}

impl Service {
    /// Reads a package, or a head; of a head, neurons of the split's layer come in its own order, and
    /// answers carry logits. `after` splits a head, but not a package, after that junction.
    ///
    /// # Errors
    /// If there is no head with a split, or a package's is not the one that was compiled.
    pub fn open(path: &Path, after: Option<usize>) -> Result<Self, ServeError> {
        if path.join(crate::manifest::FILE).exists() {
            if after.is_some() {
                return Err(ServeError::Compiled { build: path.to_owned() });
            }
            let (manifest, _) = Manifest::load(path)?;
            let head = quantise(&load::head(&path.join(crate::emit::REFERENCE))?)?;
            if save::identity(&head) != manifest.head_sha256 {
                return Err(ServeError::Changed { build: path.to_owned() });
            }
            return Self::new(head, manifest.packet);
        }
        let head = load::head(path)?;
        let head = quantise(&match after {
            Some(after) => head.split_after(after)?,
            None => head,
        })?;
        let format = PacketFormat::new(&head, ResultKind::Logits, None)?;
        Self::new(head, format)
    }

    /// A head and its packets.
    ///
    /// # Errors
    /// If the head has no split.
    pub fn new(head: QuantHead, format: PacketFormat) -> Result<Self, ServeError> {
        if head.split.is_none() || !matches!(format.end, EndFormat::Codes(_)) {
            return Err(TailError::NoSplit { name: head.name }.into());
        }
        let origin = Origin::new(&save::identity(&head), &format).expect("64 hexadecimal digits");
        Ok(Self { head, format, origin })
    }

    /// The head.
    pub fn head(&self) -> &QuantHead {
        &self.head
    }

    /// Its packets.
    pub fn format(&self) -> &PacketFormat {
        &self.format
    }

    /// Whose they are.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Right neurons of the last junction.
    pub fn classes(&self) -> usize {
        self.head.junctions.last().map_or(0, |j| j.pattern.right())
    }

    /// Reads a packet, and checks that its codes are some that the split's layer can have: the tail
    /// computes nothing of others.
    ///
    /// # Errors
    /// If it is none.
    pub fn decode(&self, bytes: &[u8]) -> Result<Packet, PacketError> {
        let packet = self.format.decode(bytes)?;
        if let Content::Codes { codes, .. } = &packet.content {
            let layer = self.head.edge().last().and_then(|j| j.clamp());
            let (low, high) = layer.expect("a split's layer has a format");
            if codes.iter().any(|&code| !(low..=high).contains(&i64::from(code))) {
                return Err(PacketError::Codes { what: "a code is none of the layer's" });
            }
        }
        Ok(packet)
    }

    /// The tail's logits `[packets, classes]` of the codes of some packets.
    pub fn logits(&self, codes: &[&[i32]]) -> Array2<i64> {
        let neurons = self.head.tail()[0].pattern.left();
        let rows = Array2::from_shape_vec((codes.len(), neurons), codes.concat());
        model::tail(&self.head, rows.expect("a packet has a code a neuron").view())
    }
}
