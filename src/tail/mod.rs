//! The tail of a split head as files that run elsewhere: ONNX, and a head of its own.

mod error;
mod graph;
mod onnx;
mod readme;

pub use error::TailError;
pub use graph::Width;

use crate::files::{self, Taken};
use crate::model::{self, End};
use crate::quantise::QuantHead;
use crate::save;
use ndarray::{Array2, ArrayView2};
use ndarray_npy::WriteNpyExt;
use prost::Message;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the ONNX file.
pub const ONNX: &str = "tail.onnx";

/// Name of the description.
pub const README: &str = "README.md";

/// Name of the example codes.
pub const CODES: &str = "codes.npy";

/// Name of the example logits.
pub const LOGITS: &str = "logits.npy";

/// The description begins with it, so that no folder of somebody else is replaced.
const MARK: &str = "<!-- written by clashfree tail; made again, not edited -->\n";

/// Every file of a tail, by its name. The same head gives the same bytes.
///
/// # Errors
/// If the head has no split, or its tail does not fit an ONNX file.
pub fn tail_files(head: &QuantHead) -> Result<BTreeMap<&'static str, Vec<u8>>, TailError> {
    if head.split.is_none() {
        return Err(TailError::NoSplit { name: head.name.clone() });
    }
    let identity = save::identity(head);
    let onnx = graph::model(head, &identity)?.encode_to_vec();
    let (toml, tensors) = save::quant_to_files(&alone(head));
    Ok(BTreeMap::from([
        (ONNX, onnx),
        (save::HEAD, toml.into_bytes()),
        (save::TENSORS, tensors),
        (README, format!("{MARK}{}", readme::readme(head, &identity)?).into_bytes()),
    ]))
}

/// Examples to try a runtime with: the codes of the split's layer for frames `[frames, inputs]`, and
/// the reference's logits, both as .npy.
///
/// # Panics
/// If the head has no split, or `frames` not one column an input neuron.
pub fn tail_examples(
    head: &QuantHead,
    frames: ArrayView2<'_, i32>,
) -> [(&'static str, Vec<u8>); 2] {
    let End::Activations(codes) = model::compute(head, frames).end else {
        panic!("a tail begins behind a split")
    };
    [(CODES, npy(&codes)), (LOGITS, npy(&model::run(head, frames)))]
}

fn npy<T: ndarray_npy::WritableElement>(array: &Array2<T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).expect("memory takes all");
    bytes
}

/// The tail as a head of its own, whose input codes are those of the split's layer.
///
/// # Panics
/// If the head has no split.
pub fn alone(head: &QuantHead) -> QuantHead {
    let tail = head.tail();
    let first = tail.first().expect("a tail begins behind a split");
    let (inputs, format) = (first.pattern.left(), first.input_format);
    QuantHead::chain(head.name.clone(), inputs, format, tail.to_vec())
}

/// A checked place for a tail.
#[derive(Debug)]
pub struct Destination {
    folder: PathBuf,
}

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty, or
    /// holds a tail and nothing else.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, TailError> {
        let is_tail =
            std::fs::read(folder.join(README)).is_ok_and(|b| b.starts_with(MARK.as_bytes()));
        let names = [ONNX, save::HEAD, save::TENSORS, README, CODES, LOGITS];
        let ours = |path: &Path| {
            is_tail && names.iter().any(|name| path.file_name().is_some_and(|f| f == *name))
        };
        let checked = files::replaceable(folder, ours).map_err(|taken| match taken {
            Taken::NotOurs(found) => TailError::NotOurs { folder: folder.to_owned(), found },
            Taken::System(source) => TailError::Write { folder: folder.to_owned(), source },
        })?;
        Ok(Self { folder: checked.folder })
    }

    /// Writes the files of a tail.
    ///
    /// # Errors
    /// If writing fails; the folder is then as it was.
    pub fn write(&self, files: &BTreeMap<&'static str, Vec<u8>>) -> Result<(), TailError> {
        let files = files.iter().map(|(name, bytes)| (Path::new(*name), bytes.as_slice()));
        files::whole_folder(&self.folder, files)
            .map_err(|source| TailError::Write { folder: self.folder.clone(), source })
    }
}
