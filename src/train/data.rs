//! Samples: input codes and labels, read as `load` reads them and kept compact.

use super::error::TrainError;
use crate::load;
use crate::quantise::Format;
use ndarray::{Array2, ArrayViewMut1, Axis, s};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Vectors in codes of the input format, with their classes.
///
/// Codes take one byte or two instead of [`load::Frames`]' four and more: a training set is held
/// whole, and every epoch walks through it in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examples {
    codes: Codes,
    labels: Vec<u16>,
}

/// `[samples, neurons]`, in standard layout.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Codes {
    /// Where all are 0 to 255.
    Bytes(Array2<u8>),
    Words(Array2<i16>),
}

impl Codes {
    fn new(codes: Array2<i16>) -> Self {
        if codes.iter().all(|&code| u8::try_from(code).is_ok()) {
            Self::Bytes(codes.as_standard_layout().map(|&code| code as u8))
        } else {
            Self::Words(codes.as_standard_layout().into_owned())
        }
    }
}

impl Examples {
    /// Keeps `codes`, `[samples, neurons]`, with one label a sample.
    ///
    /// # Errors
    /// If there are no samples, or not as many labels as samples.
    pub fn new(codes: Array2<i16>, labels: Vec<u16>) -> Result<Self, TrainError> {
        let samples = codes.nrows();
        if codes.is_empty() || samples != labels.len() {
            return Err(TrainError::Samples { samples, labels: labels.len() });
        }
        Ok(Self { codes: Codes::new(codes), labels })
    }

    /// Reads what [`load::inputs()`] and [`load::labels`] read: `.npy`, `file.npz:key` or IDX, plain
    /// or gzipped, for an input layer of `neurons` in `format`.
    ///
    /// # Errors
    /// If a file is broken, or does not go with the layer, the classes or the other file.
    ///
    /// # Panics
    /// If `format` has codes beyond `i16`, or `classes` is more than 65,536: recipes with such are
    /// refused.
    pub fn read(
        inputs: &Path,
        labels: &Path,
        neurons: usize,
        format: Format,
        classes: usize,
    ) -> Result<Self, TrainError> {
        let frames = load::inputs(&inputs.to_string_lossy(), neurons, format)?;
        let labels = load::labels(&labels.to_string_lossy(), frames.len(), classes)?;
        let narrow = |code: &i32| i16::try_from(*code).expect("the recipe's format was checked");
        let class = |label: u32| u16::try_from(label).expect("the number of classes was checked");
        Self::new(frames.codes.map(narrow), labels.into_iter().map(class).collect())
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none; never so.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Codes in a sample.
    pub fn neurons(&self) -> usize {
        match &self.codes {
            Codes::Bytes(codes) => codes.ncols(),
            Codes::Words(codes) => codes.ncols(),
        }
    }

    /// The codes of a sample.
    pub fn codes(&self, sample: usize) -> Vec<i16> {
        let mut codes = vec![0; self.neurons()];
        self.copy_codes(sample, &mut codes);
        codes
    }

    /// Copies the codes of a sample to where there is room for `neurons()` of them.
    pub(super) fn copy_codes(&self, sample: usize, to: &mut [i16]) {
        match &self.codes {
            Codes::Bytes(codes) => ArrayViewMut1::from(to)
                .zip_mut_with(&codes.row(sample), |to, &code| *to = code.into()),
            Codes::Words(codes) => ArrayViewMut1::from(to).assign(&codes.row(sample)),
        }
    }

    /// The class of a sample.
    pub fn label(&self, sample: usize) -> u16 {
        self.labels[sample]
    }

    /// SHA-256 of all codes and labels, in hexadecimal.
    pub(super) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.neurons().to_le_bytes());
        for sample in 0..self.len() {
            let codes = self.codes(sample).into_iter().flat_map(|code| code.to_le_bytes());
            digest.update(codes.chain(self.label(sample).to_le_bytes()).collect::<Vec<u8>>());
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// All classes.
    pub(super) fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// `count` samples from `start` on as frames of the reference model, `[count, neurons]`.
    pub(super) fn frames(&self, start: usize, count: usize) -> Array2<i32> {
        let range = s![start..start + count, ..];
        match &self.codes {
            Codes::Bytes(codes) => codes.slice(range).map(|&code| code.into()),
            Codes::Words(codes) => codes.slice(range).map(|&code| code.into()),
        }
    }

    /// Some of the samples, in the order given.
    pub(super) fn subset(&self, samples: &[u32]) -> Self {
        let rows: Vec<usize> = samples.iter().map(|&s| s as usize).collect();
        Self {
            codes: match &self.codes {
                Codes::Bytes(codes) => Codes::Bytes(codes.select(Axis(0), &rows)),
                Codes::Words(codes) => Codes::Words(codes.select(Axis(0), &rows)),
            },
            labels: rows.iter().map(|&s| self.labels[s]).collect(),
        }
    }
}
