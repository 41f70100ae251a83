//! Arrays of numbers out of `.npy`, `.npz` and IDX files, not yet understood as anything.

use super::data::{Bytes, regular, starts_with};
use super::{DataError, idx, npy};
use half::f16;
use miette::Diagnostic;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Most bytes of one array: 4 GiB, some five million MNIST images.
const MAX_BYTES: u64 = 1 << 32;

/// Why a file gives no array.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum ArrayError {
    /// A file is missing, unreadable or no file.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] DataError),

    #[error("{spec} is neither .npy, .npz nor IDX: it begins with {found:02x?}")]
    #[diagnostic(
        code(array::unknown),
        help("each may be gzipped; a name does not matter, the content does")
    )]
    Unknown { spec: String, found: Vec<u8> },

    #[error("{spec} is an .npz archive, and no array of it is named")]
    #[diagnostic(code(array::no_key), help("write {spec}:KEY; it has {available}"))]
    NoKey { spec: String, available: String },

    #[error("{path} is no .npz archive, so it has no array {key:?}", path = .path.display())]
    #[diagnostic(code(array::not_npz))]
    NotNpz { path: PathBuf, key: String },

    #[error("{path} has no array {key:?}; it has {available}", path = .path.display())]
    #[diagnostic(code(array::missing_key))]
    MissingKey { path: PathBuf, key: String, available: String },

    #[error("{path} is a broken .npz archive: {message}", path = .path.display())]
    #[diagnostic(code(array::zip))]
    Zip { path: PathBuf, message: String },

    #[error("{spec}: the .npy header is wrong: {message}")]
    #[diagnostic(code(array::npy_header))]
    NpyHeader { spec: String, message: String },

    #[error("{spec} is truncated: {found} of the {needed} bytes that give its sizes")]
    #[diagnostic(code(array::idx_header))]
    IdxHeader { spec: String, found: usize, needed: usize },

    #[error("{spec} has elements of type {found}, which cannot be read")]
    #[diagnostic(code(array::dtype), help("take one of {allowed}"))]
    Dtype { spec: String, found: String, allowed: &'static str },

    #[error("{spec} is {shape:?}, more than {limit} bytes", limit = MAX_BYTES)]
    #[diagnostic(code(array::too_large), help("split it into several files"))]
    TooLarge { spec: String, shape: Vec<u64> },

    #[error("{spec} is {shape:?}, which takes {needed} bytes, but {found} follow its header")]
    #[diagnostic(code(array::length))]
    Length { spec: String, shape: Vec<u64>, needed: u64, found: Found },
}

/// How many bytes there are; of a stream that has too many no more is known.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    bytes: u64,
    more: bool,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let more = if self.more { " or more" } else { "" };
        write!(f, "{}{more}", self.bytes)
    }
}

/// Type of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl Element {
    /// Bytes of one.
    pub fn size(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether it is a floating-point type.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }
}

/// What an array came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `.npy`, alone or in an `.npz`.
    Npy,
    /// IDX, as MNIST comes; bytes of it are pixels.
    Idx,
}

/// What a header says of an array, checked against nothing yet.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub origin: Origin,
    pub element: Element,
    pub shape: Vec<u64>,
    pub fortran: bool,
    pub big_endian: bool,
}

/// An array whose bytes are as many as its shape needs.
pub(super) struct Array {
    pub layout: Layout,
    pub shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    /// Reads what `spec` names: `path`, or `path:key` for a member of an `.npz`. The data is read
    /// only if `check` likes the shape, so a compressed file cannot blow up to more than is wanted.
    pub fn read<E: From<ArrayError>>(
        spec: &str,
        check: impl FnOnce(&[usize], &Layout) -> Result<(), E>,
    ) -> Result<Self, E> {
        match spec.rsplit_once(':') {
            Some((path, key)) if !Path::new(spec).exists() => {
                member(spec, Path::new(path), key, check)
            }
            _ => {
                let bytes = Bytes::open(Path::new(spec)).map_err(ArrayError::from)?;
                stream(spec, Path::new(spec), bytes, check)
            }
        }
    }

    /// The bytes of one element, little end first.
    fn element<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.bytes[at * N..][..N]);
        if self.layout.big_endian {
            bytes.reverse();
        }
        bytes
    }

    /// Element `at` in storage order, of an integer or boolean type.
    pub fn integer(&self, at: usize) -> i128 {
        match self.layout.element {
            Element::Bool | Element::U8 => self.bytes[at].into(),
            Element::I8 => i8::from_le_bytes(self.element(at)).into(),
            Element::U16 => u16::from_le_bytes(self.element(at)).into(),
            Element::I16 => i16::from_le_bytes(self.element(at)).into(),
            Element::U32 => u32::from_le_bytes(self.element(at)).into(),
            Element::I32 => i32::from_le_bytes(self.element(at)).into(),
            Element::U64 => u64::from_le_bytes(self.element(at)).into(),
            Element::I64 => i64::from_le_bytes(self.element(at)).into(),
            Element::F16 | Element::F32 | Element::F64 => {
                unreachable!("asked for an integer of a float array")
            }
        }
    }

    /// Element `at` in storage order, of a floating-point type.
    pub fn float(&self, at: usize) -> f64 {
        match self.layout.element {
            Element::F16 => f16::from_le_bytes(self.element(at)).to_f64(),
            Element::F32 => f32::from_le_bytes(self.element(at)).into(),
            Element::F64 => f64::from_le_bytes(self.element(at)),
            _ => unreachable!("asked for a float of an integer array"),
        }
    }

    /// Where the elements of row 0 stand in storage, the row flattened in C order, and how far the
    /// same element of the next row is.
    pub fn rows(&self) -> (Vec<usize>, usize) {
        let width: usize = self.shape[1..].iter().product();
        if !self.layout.fortran {
            return ((0..width).collect(), width);
        }
        let mut stride = self.shape[0];
        let strides: Vec<usize> = self.shape[1..]
            .iter()
            .map(|&n| {
                let s = stride;
                stride *= n;
                s
            })
            .collect();
        let place = |p: usize| {
            let mut rest = p;
            let mut at = 0;
            for (n, s) in self.shape[1..].iter().zip(&strides).rev() {
                at += rest % n * s;
                rest /= n;
            }
            at
        };
        ((0..width).map(place).collect(), 1)
    }

    /// The raw bytes, in storage order.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads a member of an `.npz`.
fn member<E: From<ArrayError>>(
    spec: &str,
    path: &Path,
    key: &str,
    check: impl FnOnce(&[usize], &Layout) -> Result<(), E>,
) -> Result<Array, E> {
    let mut archive = archive(path, key)?;
    let name = [format!("{key}.npy"), key.to_owned()]
        .into_iter()
        .find(|n| archive.index_for_name(n).is_some())
        .ok_or_else(|| ArrayError::MissingKey {
            path: path.into(),
            key: key.to_owned(),
            available: keys(&archive),
        })?;
    let entry = archive.by_name(&name).map_err(|e| broken(path, &e))?;
    stream(spec, path, Bytes::from_reader(entry), check)
}

/// Opens an `.npz`.
fn archive(path: &Path, key: &str) -> Result<zip::ZipArchive<BufReader<File>>, ArrayError> {
    let (mut file, _) = regular(path)?;
    if !starts_with(&mut file, b"PK").map_err(|e| DataError::read(path, e))? {
        return Err(ArrayError::NotNpz { path: path.into(), key: key.to_owned() });
    }
    zip::ZipArchive::new(BufReader::new(file)).map_err(|e| broken(path, &e))
}

fn broken(path: &Path, error: &zip::result::ZipError) -> ArrayError {
    ArrayError::Zip { path: path.into(), message: error.to_string() }
}

/// The keys of an `.npz`, at most a few.
fn keys<R: std::io::Read + std::io::Seek>(archive: &zip::ZipArchive<R>) -> String {
    const LISTED: usize = 8;
    let mut keys: Vec<String> = archive
        .file_names()
        .map(|n| format!("{:?}", n.strip_suffix(".npy").unwrap_or(n)))
        .collect();
    keys.sort();
    let more = keys.len().saturating_sub(LISTED);
    keys.truncate(LISTED);
    match (keys.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (_, 0) => keys.join(", "),
        _ => format!("{} and {more} more", keys.join(", ")),
    }
}

/// Reads an array from a stream, by what the stream begins with.
fn stream<E: From<ArrayError>>(
    spec: &str,
    path: &Path,
    mut bytes: Bytes<'_>,
    check: impl FnOnce(&[usize], &Layout) -> Result<(), E>,
) -> Result<Array, E> {
    let layout = header(spec, path, &mut bytes)?;
    let elements = layout.shape.iter().try_fold(1u64, |n, &d| n.checked_mul(d));
    let needed = elements.and_then(|n| n.checked_mul(layout.element.size() as u64));
    let fits = |&n: &u64| n <= MAX_BYTES && layout.shape.iter().all(|&d| d <= MAX_BYTES);
    let Some(needed) = needed.filter(fits) else {
        return Err(ArrayError::TooLarge { spec: spec.to_owned(), shape: layout.shape }.into());
    };
    let shape: Vec<usize> = layout.shape.iter().map(|&d| d as usize).collect();
    check(&shape, &layout)?;
    let data = bytes.exactly(needed).map_err(|e| ArrayError::from(DataError::read(path, e)))?;
    let bytes = data.map_err(|found| ArrayError::Length {
        spec: spec.to_owned(),
        shape: layout.shape.clone(),
        needed,
        found,
    })?;
    Ok(Array { layout, shape, bytes })
}

/// Tells the format by the first bytes and reads the rest of the header.
fn header(spec: &str, path: &Path, bytes: &mut Bytes<'_>) -> Result<Layout, ArrayError> {
    let magic = bytes.up_to(4).map_err(|e| DataError::read(path, e))?;
    match magic[..] {
        [0x93, b'N', b'U', b'M'] => npy::header(spec, path, bytes),
        [0, 0, kind, rank] => idx::header(spec, path, kind, rank, bytes),
        [b'P', b'K', ..] => {
            let available = archive(path, "").map_or_else(|_| "none".to_owned(), |a| keys(&a));
            Err(ArrayError::NoKey { spec: spec.to_owned(), available })
        }
        _ => Err(ArrayError::Unknown { spec: spec.to_owned(), found: magic }),
    }
}

impl Found {
    /// All there is.
    pub(super) fn all(bytes: u64) -> Self {
        Self { bytes, more: false }
    }

    /// At least so many.
    pub(super) fn at_least(bytes: u64) -> Self {
        Self { bytes, more: true }
    }
}
