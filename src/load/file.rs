//! The TOML half of a head: tables, names and formats, checked before any tensor is read.

use super::data::regular;
use super::head::Split;
use super::{HeadError, MAX_FRAC};
use crate::quantise::{Activation, Format, MAX_BITS, Rule};
use serde::Deserialize;
use std::io::Read;
use std::path::Path;

/// Largest head file read: a junction takes some 200 bytes, so this is thousands of them.
const MAX_TOML: u64 = 1 << 20;

/// Longest name of a head.
const MAX_NAME: usize = 64;

/// Longest name of a tensor.
const MAX_TENSOR_NAME: usize = 128;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadFile {
    pub name: String,
    pub weights: String,
    pub input: InputTable,
    #[serde(default)]
    pub junction: Vec<JunctionTable>,
    #[serde(default)]
    pub exit: Vec<ExitTable>,
    pub split: Option<Split>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputTable {
    pub neurons: usize,
    pub format: FormatTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JunctionTable {
    pub weight: String,
    pub bias: String,
    pub mask: Option<String>,
    pub weight_format: WeightFormatTable,
    pub activation: Activation,
    pub output_format: Option<FormatTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExitTable {
    pub after: usize,
    pub rule: Rule,
    pub threshold: i64,
    pub junction: Vec<JunctionTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormatTable {
    bits: i64,
    frac: i64,
    signed: bool,
}

impl FormatTable {
    /// The format, if its numbers are within bounds; `place` is named in the error.
    pub fn check(&self, place: &str) -> Result<Format, HeadError> {
        let bits = u32::try_from(self.bits).ok().filter(|b| (1..=MAX_BITS).contains(b));
        let bits =
            bits.ok_or_else(|| HeadError::Bits { place: place.to_owned(), found: self.bits })?;
        let frac = i32::try_from(self.frac).ok().filter(|f| (-MAX_FRAC..=MAX_FRAC).contains(f));
        let frac =
            frac.ok_or_else(|| HeadError::Frac { place: place.to_owned(), found: self.frac })?;
        Ok(Format { bits, frac, signed: self.signed })
    }
}

/// A weight is always signed, so the key is not there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeightFormatTable {
    bits: i64,
    frac: i64,
}

impl WeightFormatTable {
    /// The format, if its numbers are within bounds.
    pub fn check(&self, place: &str) -> Result<Format, HeadError> {
        FormatTable { bits: self.bits, frac: self.frac, signed: true }.check(place)
    }
}

/// Reads and checks the TOML file.
pub(super) fn read(path: &Path) -> Result<HeadFile, HeadError> {
    let (mut file, size) = regular(path)?;
    if size > MAX_TOML {
        return Err(HeadError::TomlSize { path: path.into(), size, limit: MAX_TOML });
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| super::DataError::read(path, e))?;
    let text = String::from_utf8(bytes)
        .map_err(|e| HeadError::Utf8 { path: path.into(), offset: e.utf8_error().valid_up_to() })?;
    let parsed = text.parse::<toml::Table>();
    parsed.map_err(|e| HeadError::Syntax { path: path.into(), message: trimmed(&e) })?;
    let head = toml::from_str::<HeadFile>(&text)
        .map_err(|e| HeadError::Schema { path: path.into(), message: trimmed(&e) })?;
    names(&head)?;
    Ok(head)
}

/// The message with its place in the file, without the line break it ends in.
fn trimmed(error: &toml::de::Error) -> String {
    error.to_string().trim_end().to_owned()
}

/// Checks every name that the file gives before any is used.
fn names(head: &HeadFile) -> Result<(), HeadError> {
    let mut chars = head.name.chars();
    let good = chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && head.name.len() <= MAX_NAME;
    if !good {
        return Err(HeadError::Name { found: head.name.clone(), limit: MAX_NAME });
    }
    let file = &head.weights;
    let plain = file.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if file.is_empty() || !plain || file.starts_with('.') || file.contains("..") {
        return Err(HeadError::WeightsPath { found: file.clone() });
    }
    let branches = head.exit.iter().flat_map(|e| &e.junction);
    for j in head.junction.iter().chain(branches) {
        let all = [("weight", Some(&j.weight)), ("bias", Some(&j.bias)), ("mask", j.mask.as_ref())];
        for (key, name) in all.into_iter().filter_map(|(k, n)| Some((k, n?))) {
            tensor_name(key, name)?;
        }
    }
    Ok(())
}

/// Letters, digits and `_ . / -`: what PyTorch and Keras make, and nothing that a comment in
/// Verilog or a terminal could take for something else.
fn tensor_name(key: &'static str, name: &str) -> Result<(), HeadError> {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c));
    if plain && (1..=MAX_TENSOR_NAME).contains(&name.len()) {
        Ok(())
    } else {
        Err(HeadError::TensorName { key, found: name.to_owned(), limit: MAX_TENSOR_NAME })
    }
}
