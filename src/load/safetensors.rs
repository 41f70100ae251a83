//! The safetensors half of a head, read tensor by tensor.
//!
//! The crate of the same name wants the whole file in memory and has one error for overlapping
//! tensors, holes and offsets beyond the end. Here the header is checked against the file's size,
//! each fault by a name of its own, and then only what the head names is read.

use super::data::regular;
use super::head::Values;
use super::{DataError, HeadError};
use ::safetensors::Dtype;
use half::{bf16, f16};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The format's own limit on its header.
const MAX_HEADER: u64 = 100_000_000;

/// Tensor names listed where one is missing.
const LISTED: usize = 8;

/// A name out of the header, which may be anything: shown escaped and not at any length.
#[derive(Clone, Debug)]
pub struct Named(String);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 64;
        let head: String = self.0.chars().take(SHOWN).collect();
        write!(f, "{head:?}{}", if head.len() < self.0.len() { "…" } else { "" })
    }
}

/// What a tensor is used as; decides which dtypes it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Weight,
    Bias,
    Mask,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
            Self::Mask => "mask",
        }
    }

    /// What to say to somebody whose dtype is none of these.
    fn allowed(self) -> &'static str {
        match self {
            Self::Weight => "F32, F16, BF16 or F64, or I8, I16 or I32 for codes",
            Self::Bias => "F32, F16, BF16 or F64, or I8, I16, I32 or I64 for codes",
            Self::Mask => "U8 or BOOL",
        }
    }

    fn takes(self, dtype: Dtype) -> bool {
        use Dtype::{BF16, BOOL, F16, F32, F64, I8, I16, I32, I64, U8};
        match self {
            Self::Weight => matches!(dtype, F32 | F16 | BF16 | F64 | I8 | I16 | I32),
            Self::Bias => matches!(dtype, F32 | F16 | BF16 | F64 | I8 | I16 | I32 | I64),
            Self::Mask => matches!(dtype, U8 | BOOL),
        }
    }
}

/// An entry of the header.
#[derive(Clone, Debug, Deserialize)]
struct Info {
    dtype: Dtype,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// A safetensors file whose header has been checked.
pub(super) struct TensorFile {
    path: PathBuf,
    file: BufReader<File>,
    /// Where the data begins in the file.
    start: u64,
    tensors: BTreeMap<String, Info>,
}

impl TensorFile {
    /// Opens a file and checks its header against its size.
    pub fn open(path: &Path) -> Result<Self, HeadError> {
        let (file, size) = regular(path)?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let truncated = |what: &str, needed| HeadError::Truncated {
            path: path.into(),
            what: what.to_owned(),
            needed,
            size,
        };
        if size < 8 {
            return Err(truncated("the header's length", 8));
        }
        let read = |e| DataError::read(path, e);
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(read)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER {
            return Err(HeadError::HeaderSize {
                path: path.into(),
                size: length,
                limit: MAX_HEADER,
            });
        }
        let start = 8 + length;
        if start > size {
            return Err(truncated("the header", start));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(read)?;
        let header: Header = serde_json::from_slice(&header)
            .map_err(|e| HeadError::Header { path: path.into(), message: e.to_string() })?;
        check(path, &header.0, size - start)?;
        Ok(Self { path: path.into(), file, start, tensors: header.0 })
    }

    /// Finds a tensor by its name.
    fn info(&self, name: &str) -> Result<Info, HeadError> {
        self.tensors.get(name).cloned().ok_or_else(|| HeadError::MissingTensor {
            path: self.path.clone(),
            tensor: name.to_owned(),
            available: self.available(),
        })
    }

    /// Finds a tensor that has to be of a kind and a shape.
    fn expect(&self, name: &str, kind: Kind, shape: &[usize]) -> Result<Info, HeadError> {
        let info = self.info(name)?;
        if !kind.takes(info.dtype) {
            return Err(HeadError::Dtype {
                tensor: name.to_owned(),
                role: kind.name(),
                found: format!("{:?}", info.dtype),
                allowed: kind.allowed(),
            });
        }
        if info.shape != shape {
            return Err(HeadError::Shape {
                tensor: name.to_owned(),
                found: info.shape,
                expected: format!("{shape:?}"),
            });
        }
        Ok(info)
    }

    /// The shape of a weight tensor: `[N_r, N_l]`.
    pub fn matrix(&self, name: &str) -> Result<[usize; 2], HeadError> {
        let shape = self.info(name)?.shape;
        <[usize; 2]>::try_from(shape).map_err(|found| HeadError::Shape {
            tensor: name.to_owned(),
            found,
            expected: "two dimensions".to_owned(),
        })
    }

    /// A whole small tensor.
    pub fn whole(&mut self, name: &str, kind: Kind, shape: &[usize]) -> Result<Values, HeadError> {
        let info = self.expect(name, kind, shape)?;
        self.values(name, &info, |_, _| Ok(true))
    }

    /// A mask, row by row, of zeros and ones.
    pub fn mask(&mut self, name: &str, shape: [usize; 2]) -> Result<Vec<u8>, HeadError> {
        let info = self.expect(name, Kind::Mask, &shape)?;
        let mut bytes = vec![0; shape[0] * shape[1]];
        self.seek(&info)?;
        self.file.read_exact(&mut bytes).map_err(|e| DataError::read(&self.path, e))?;
        match bytes.iter().position(|&b| b > 1) {
            None => Ok(bytes),
            Some(i) => Err(HeadError::MaskValue {
                tensor: name.to_owned(),
                value: bytes[i],
                at: [i / shape[1], i % shape[1]],
            }),
        }
    }

    /// Those weights that `keep` wants; it gets each one's position, row by row, and whether it is
    /// zero.
    pub fn weights(
        &mut self,
        name: &str,
        keep: impl FnMut(usize, bool) -> Result<bool, HeadError>,
    ) -> Result<Values, HeadError> {
        let shape = self.matrix(name)?;
        let info = self.expect(name, Kind::Weight, &shape)?;
        self.values(name, &info, keep)
    }

    fn seek(&mut self, info: &Info) -> Result<(), HeadError> {
        let at = SeekFrom::Start(self.start + info.data_offsets.0);
        self.file.seek(at).map_err(|e| DataError::read(&self.path, e))?;
        Ok(())
    }

    /// Decodes a tensor in pieces and keeps what is wanted of it.
    fn values(
        &mut self,
        name: &str,
        info: &Info,
        keep: impl FnMut(usize, bool) -> Result<bool, HeadError>,
    ) -> Result<Values, HeadError> {
        self.seek(info)?;
        let mut piece = Piece { name, info, path: &self.path, reader: &mut self.file, keep };
        match info.dtype {
            Dtype::F32 => piece.floats(|b| f64::from(f32::from_le_bytes(b))),
            Dtype::F64 => piece.floats(f64::from_le_bytes),
            Dtype::F16 => piece.floats(|b| f16::from_le_bytes(b).to_f64()),
            Dtype::BF16 => piece.floats(|b| bf16::from_le_bytes(b).to_f64()),
            Dtype::I8 => piece.codes(|b| i64::from(i8::from_le_bytes(b))),
            Dtype::I16 => piece.codes(|b| i64::from(i16::from_le_bytes(b))),
            Dtype::I32 => piece.codes(|b| i64::from(i32::from_le_bytes(b))),
            Dtype::I64 => piece.codes(i64::from_le_bytes),
            other => unreachable!("{other:?} is of no kind that holds values"),
        }
    }

    /// The names there are, at most a few.
    fn available(&self) -> String {
        if self.tensors.is_empty() {
            return "none".to_owned();
        }
        let names = self.tensors.keys().take(LISTED).map(|n| Named(n.clone()).to_string());
        let more = self.tensors.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        names.collect::<Vec<_>>().join(", ") + &more
    }
}

/// A tensor that is being decoded.
struct Piece<'a, K> {
    name: &'a str,
    info: &'a Info,
    path: &'a Path,
    reader: &'a mut BufReader<File>,
    keep: K,
}

impl<K: FnMut(usize, bool) -> Result<bool, HeadError>> Piece<'_, K> {
    fn floats<const N: usize>(
        &mut self,
        decode: impl Fn([u8; N]) -> f64,
    ) -> Result<Values, HeadError> {
        let mut kept = Vec::new();
        self.each(decode, |this, at, value| {
            if !value.is_finite() {
                return Err(HeadError::NotFinite {
                    tensor: this.name.to_owned(),
                    value,
                    at: position(at, &this.info.shape),
                });
            }
            if (this.keep)(at, value == 0.0)? {
                kept.push(value);
            }
            Ok(())
        })?;
        Ok(Values::Floats(kept))
    }

    fn codes<const N: usize>(
        &mut self,
        decode: impl Fn([u8; N]) -> i64,
    ) -> Result<Values, HeadError> {
        let mut kept = Vec::new();
        self.each(decode, |this, at, value| {
            if (this.keep)(at, value == 0)? {
                kept.push(value);
            }
            Ok(())
        })?;
        Ok(Values::Codes(kept))
    }

    /// Reads 64 KiB at a time, so that a dense tensor is never in memory whole.
    fn each<const N: usize, T>(
        &mut self,
        decode: impl Fn([u8; N]) -> T,
        mut take: impl FnMut(&mut Self, usize, T) -> Result<(), HeadError>,
    ) -> Result<(), HeadError> {
        let (begin, end) = self.info.data_offsets;
        let mut left = (end - begin) as usize;
        let mut buffer = vec![0; left.min(1 << 16)];
        let mut at = 0;
        while left > 0 {
            let now = left.min(buffer.len());
            let bytes = &mut buffer[..now];
            self.reader.read_exact(bytes).map_err(|e| DataError::read(self.path, e))?;
            for element in bytes.as_chunks::<N>().0 {
                take(self, at, decode(*element))?;
                at += 1;
            }
            left -= now;
        }
        Ok(())
    }
}

/// Turns a flat position into one index a dimension.
fn position(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&n| {
            let i = at % n;
            at /= n;
            i
        })
        .collect();
    index.reverse();
    index
}

/// Checks that tensors have the length their shape says and fill the data without gap or overlap.
fn check(path: &Path, tensors: &BTreeMap<String, Info>, size: u64) -> Result<(), HeadError> {
    for (name, info) in tensors {
        let tensor = || Named(name.clone());
        let (begin, end) = info.data_offsets;
        if begin > end || end > size {
            return Err(HeadError::Offsets {
                path: path.into(),
                tensor: tensor(),
                begin,
                end,
                size,
            });
        }
        let bits = info.dtype.bitsize() as u64;
        let elements = info.shape.iter().try_fold(1u64, |n, &d| n.checked_mul(d as u64));
        let needed = elements.and_then(|n| n.checked_mul(bits)).filter(|b| b % 8 == 0);
        if needed != Some((end - begin) * 8) {
            return Err(HeadError::Length {
                path: path.into(),
                tensor: tensor(),
                dtype: format!("{:?}", info.dtype),
                shape: info.shape.clone(),
                bytes: end - begin,
            });
        }
    }
    let mut order: Vec<(&String, &Info)> = tensors.iter().collect();
    order.sort_by_key(|(_, i)| i.data_offsets);
    let mut reached = 0;
    let mut before = None;
    for (name, info) in order {
        let (begin, end) = info.data_offsets;
        match before {
            Some(before) if begin < reached => {
                return Err(HeadError::Overlap {
                    path: path.into(),
                    first: Named(String::clone(before)),
                    second: Named(name.clone()),
                });
            }
            _ if begin > reached => {
                return Err(HeadError::Hole { path: path.into(), begin: reached, end: begin });
            }
            _ => {}
        }
        (reached, before) = (end, Some(name));
    }
    if reached < size {
        return Err(HeadError::Hole { path: path.into(), begin: reached, end: size });
    }
    Ok(())
}

/// The tensors of a header; a name that stands twice is an error, which a plain map would hide.
struct Header(BTreeMap<String, Info>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut tensors = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<serde::de::IgnoredAny>()?;
                        continue;
                    }
                    let info = map.next_value::<Info>()?;
                    if tensors.contains_key(&name) {
                        let shown = Named(name);
                        return Err(serde::de::Error::custom(format!("{shown} stands twice")));
                    }
                    tensors.insert(name, info);
                }
                Ok(Header(tensors))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
