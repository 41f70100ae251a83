//! Samples: pixel codes and labels.
// WIRE: reading IDX is `load`'s; `Examples::read` is the one call to swap.

use super::error::TrainError;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// The largest IDX content taken, in bytes.
const MAX_CONTENT: u64 = 1 << 32;

/// Images as codes of the input format, with their labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examples {
    pixels: usize,
    codes: Vec<u8>,
    labels: Vec<u8>,
}

impl Examples {
    /// Keeps `codes`, `[samples, pixels]`, with one label a sample.
    ///
    /// # Errors
    /// If there are no samples, not as many labels as images, or half an image.
    pub fn new(pixels: usize, codes: Vec<u8>, labels: Vec<u8>) -> Result<Self, TrainError> {
        let images = codes.len().checked_div(pixels).unwrap_or(0);
        if images == 0 || images != labels.len() || images * pixels != codes.len() {
            let found =
                format!("{images} images and {} labels: there must be as many", labels.len());
            return Err(TrainError::Data(found));
        }
        Ok(Self { pixels, codes, labels })
    }

    /// Reads IDX files, plain or gzipped; pixels drop their low bits, `pixel >> (8 − bits)`.
    ///
    /// # Errors
    /// If a file is missing, truncated or of another kind, there are more pixels than `inputs`, or
    /// a label is not below `classes`.
    pub fn read(
        images: &Path,
        labels: &Path,
        bits: u32,
        inputs: usize,
        classes: usize,
    ) -> Result<Self, TrainError> {
        let (shape, mut codes) = read_idx(images, "the images", 3)?;
        let pixels = shape[1] * shape[2];
        if pixels > inputs {
            let found = format!(
                "{} has {pixels} pixels an image, the head only {inputs} inputs; raise the first of `neurons`",
                images.display()
            );
            return Err(TrainError::Data(found));
        }
        let (_, classes_of) = read_idx(labels, "the labels", 1)?;
        if let Some(at) = classes_of.iter().position(|&label| usize::from(label) >= classes) {
            let found = format!(
                "label {} of sample {at} in {} is not one of {classes} classes (0 to {})",
                classes_of[at],
                labels.display(),
                classes - 1
            );
            return Err(TrainError::Data(found));
        }
        codes.iter_mut().for_each(|code| *code >>= 8 - bits);
        Self::new(pixels, codes, classes_of)
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
    pub fn pixels(&self) -> usize {
        self.pixels
    }

    /// The codes of a sample.
    pub fn codes(&self, sample: usize) -> &[u8] {
        &self.codes[sample * self.pixels..][..self.pixels]
    }

    /// Some of the samples, in the order given.
    pub(super) fn subset(&self, samples: &[u32]) -> Self {
        let codes = samples.iter().flat_map(|&s| self.codes(s as usize)).copied().collect();
        let labels = samples.iter().map(|&s| self.label(s as usize)).collect();
        Self { pixels: self.pixels, codes, labels }
    }

    /// The class of a sample.
    pub fn label(&self, sample: usize) -> u8 {
        self.labels[sample]
    }
}

/// The shape and bytes of an IDX file of unsigned bytes.
fn read_idx(
    path: &Path,
    what: &'static str,
    dimensions: usize,
) -> Result<(Vec<usize>, Vec<u8>), TrainError> {
    let read = |source| TrainError::Read { what, path: path.to_owned(), source };
    let wrong = |problem: String| TrainError::Idx { what, path: path.to_owned(), problem };
    let mut file = BufReader::new(File::open(path).map_err(read)?);
    let zipped = std::io::BufRead::fill_buf(&mut file).map_err(read)?.starts_with(&[0x1f, 0x8b]);
    let mut content: Box<dyn Read> =
        if zipped { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) };

    let mut head = Vec::new();
    let length = 4 + 4 * dimensions;
    content.by_ref().take(length as u64).read_to_end(&mut head).map_err(read)?;
    let magic = [0, 0, 8, dimensions as u8];
    if head.len() < length || head[..4] != magic {
        return Err(wrong(format!(
            "it must begin with {magic:?} (unsigned bytes, {dimensions}-D IDX)"
        )));
    }
    let size = |word: &[u8]| u32::from_be_bytes(word.try_into().expect("4 bytes")) as usize;
    let shape: Vec<usize> = head[4..].chunks(4).map(size).collect();
    let bytes = shape.iter().try_fold(1u64, |n, &d| n.checked_mul(d as u64));
    let Some(bytes) = bytes.filter(|bytes| *bytes <= MAX_CONTENT) else {
        return Err(wrong(format!(
            "its shape {shape:?} is too large; the limit is {MAX_CONTENT} bytes"
        )));
    };
    let mut codes = Vec::new();
    content.take(bytes + 1).read_to_end(&mut codes).map_err(read)?;
    if codes.len() as u64 != bytes {
        let relation = if (codes.len() as u64) < bytes { "fewer" } else { "more" };
        return Err(wrong(format!(
            "its shape {shape:?} needs {bytes} bytes and {relation} follow"
        )));
    }
    Ok((shape, codes))
}
