//! NumPy's `.npy`: its header in, its logits out.

use super::array::{ArrayError, Element, Layout, Origin};
use super::data::{Bytes, DataError};
use crate::files::whole_file;
use miette::Diagnostic;
use ndarray::ArrayView2;
use ndarray_npy::npy::header::{Header, Layout as Order};
use ndarray_npy::{WriteNpyError, WriteNpyExt};
use std::io;
use std::path::{Path, PathBuf};

/// Longest header read: NumPy's own are some 120 bytes.
const MAX_HEADER: usize = 1 << 16;

/// Deepest nesting in a header; a plain array's is 2. The parser recurses, so the depth is checked
/// before it sees the text.
const MAX_DEPTH: usize = 8;

/// Reads the header; the first four bytes, `\x93NUM`, are gone already.
pub(super) fn header(spec: &str, path: &Path, bytes: &mut Bytes<'_>) -> Result<Layout, ArrayError> {
    let wrong = |message: String| ArrayError::NpyHeader { spec: spec.to_owned(), message };
    let mut take = |n: usize| -> Result<Vec<u8>, ArrayError> {
        let got = bytes.up_to(n).map_err(|e| DataError::read(path, e))?;
        if got.len() == n { Ok(got) } else { Err(wrong("the file ends in it".to_owned())) }
    };
    let mut text = b"\x93NUM".to_vec();
    text.extend(take(4)?);
    let length = take(if text[6] == 1 { 2 } else { 4 })?;
    let length_number = length.iter().rev().fold(0usize, |n, &b| n << 8 | usize::from(b));
    if length_number > MAX_HEADER {
        return Err(wrong(format!("{length_number} bytes long, the limit is {MAX_HEADER}")));
    }
    text.extend(length);
    text.extend(take(length_number)?);
    let mut depth = 0usize;
    for &b in &text {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(wrong(format!("nested more than {MAX_DEPTH} deep")));
        }
    }
    let header = Header::from_reader(&mut text.as_slice()).map_err(|e| wrong(e.to_string()))?;
    let descriptor = header.type_descriptor.as_string();
    let Some((element, big_endian)) = descriptor.and_then(|d| element(d)) else {
        return Err(ArrayError::Dtype {
            spec: spec.to_owned(),
            found: header.type_descriptor.to_string().chars().take(80).collect(),
            allowed: "bool, integers of 8 to 64 bits, float16, float32, float64",
        });
    };
    Ok(Layout {
        origin: Origin::Npy,
        element,
        shape: header.shape.iter().map(|&d| d as u64).collect(),
        fortran: header.layout == Order::Fortran,
        big_endian,
    })
}

/// The type and whether its big end comes first.
fn element(descriptor: &str) -> Option<(Element, bool)> {
    let (order, kind) = descriptor.split_at_checked(1)?;
    let big_endian = match order {
        "<" | "|" | "=" => false,
        ">" => true,
        _ => return None,
    };
    let element = match kind {
        "b1" => Element::Bool,
        "u1" => Element::U8,
        "i1" => Element::I8,
        "u2" => Element::U16,
        "i2" => Element::I16,
        "u4" => Element::U32,
        "i4" => Element::I32,
        "u8" => Element::U64,
        "i8" => Element::I64,
        "f2" => Element::F16,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ => return None,
    };
    Some((element, big_endian))
}

/// Why logits could not be written.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum WriteError {
    /// The folder is missing or not writable, the disk is full, the path is a folder.
    #[error("cannot write {path}: {source}", path = .path.display())]
    #[diagnostic(code(clashfree::file::write), help("nothing was written"))]
    Io {
        /// The file that was to be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes logits, int64 `[frames, classes]`, to a `.npy` file that appears whole or not at all.
///
/// # Errors
/// If the file cannot be written; then one that was there before is still there.
pub fn write_logits(path: &Path, logits: ArrayView2<'_, i64>) -> Result<(), WriteError> {
    whole_file(path, |file| {
        logits.write_npy(file).map_err(|e| match e {
            WriteNpyError::Io(e) => e,
            other => io::Error::other(other.to_string()),
        })
    })
    .map_err(|source| WriteError::Io { path: path.into(), source })
}
