//! Frames for a head: codes, and the real values that they stand for.

use super::ArrayError;
use super::array::{Array, Layout, Origin};
use crate::quantise::Format;
use miette::Diagnostic;
use ndarray::Array2;

/// Most codes that are held at once: 2 GiB, some 670,000 frames of 800 neurons.
const MAX_CODES: usize = 1 << 29;

/// Input vectors, quantised.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Codes in the head's input format, `[frames, neurons]`; what a short row lacks is 0.
    pub codes: Array2<i32>,
    /// Values of a frame in the file, at most the head's neurons.
    pub width: usize,
    real: Real,
}

/// What the codes were made of.
#[derive(Clone, Debug)]
enum Real {
    /// Codes, each worth `unit`.
    Codes { unit: f64 },
    /// Pixels `[frames, width]`, each worth `unit`.
    Pixels { bytes: Vec<u8>, width: usize, unit: f64 },
    /// Floats `[frames, width]`.
    Floats { values: Vec<f32>, width: usize },
}

/// What frames were before they were codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Codes of the format that they were read for, and of no other.
    Codes,
    /// Pixel bytes.
    Pixels,
    /// Floats.
    Floats,
}

impl Frames {
    /// What the file holds.
    pub fn content(&self) -> Content {
        match self.real {
            Real::Codes { .. } => Content::Codes,
            Real::Pixels { .. } => Content::Pixels,
            Real::Floats { .. } => Content::Floats,
        }
    }

    /// Wraps codes that are known to be in `format`, `[frames, neurons]`.
    pub fn from_codes(codes: Array2<i32>, format: Format) -> Self {
        Self { width: codes.ncols(), codes, real: Real::Codes { unit: format.unit() } }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.codes.nrows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the real values of a frame, before quantisation, into `row`, one a neuron. A pixel
    /// byte `p` is worth `p·2^-8` where the input format has as many places as bits.
    pub fn values(&self, frame: usize, row: &mut [f32]) {
        row.fill(0.0);
        match &self.real {
            Real::Codes { unit } => {
                for (v, &c) in row.iter_mut().zip(self.codes.row(frame)) {
                    *v = (f64::from(c) * unit) as f32;
                }
            }
            Real::Pixels { bytes, width, unit } => {
                for (v, &p) in row.iter_mut().zip(&bytes[frame * width..][..*width]) {
                    *v = (f64::from(p) * unit) as f32;
                }
            }
            Real::Floats { values, width } => {
                row[..*width].copy_from_slice(&values[frame * width..][..*width]);
            }
        }
    }
}

/// Why a file gives no frames for a head.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum InputError {
    /// The file gives no array.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Array(#[from] ArrayError),

    #[error("{spec} is {shape:?}: inputs are [frames, values], or images [frames, rows, columns]")]
    #[diagnostic(code(clashfree::input::rank))]
    Rank { spec: String, shape: Vec<usize> },

    #[error("{spec} is {shape:?}: there is no value in it")]
    #[diagnostic(code(clashfree::input::empty))]
    Empty { spec: String, shape: Vec<usize> },

    #[error("{spec} has frames of {width} values, the head takes {neurons}")]
    #[diagnostic(
        code(clashfree::input::width),
        help("shorter frames are padded with zeros, longer ones are not cut")
    )]
    Width { spec: String, width: usize, neurons: usize },

    #[error("{spec} has {frames} frames; of {neurons} neurons at most {limit} can be held")]
    #[diagnostic(code(clashfree::input::too_many), help("split the file"))]
    TooMany { spec: String, frames: usize, neurons: usize, limit: usize },

    #[error("{spec}: frame {frame} has {value} at position {position}, {format} takes {min} to {max}", min = .format.min(), max = .format.max())]
    #[diagnostic(
        code(clashfree::input::range),
        help(
            "integers are codes already; to have values quantised give floats, or pixels as an IDX file"
        )
    )]
    Range { spec: String, frame: usize, position: usize, value: i128, format: Format },

    #[error("{spec}: frame {frame} has {value} at position {position}, values have to be finite")]
    #[diagnostic(code(clashfree::input::not_finite))]
    NotFinite { spec: String, frame: usize, position: usize, value: f64 },

    #[error("{spec} has pixels, 0 to 255, but the head's input format {format} is signed")]
    #[diagnostic(
        code(clashfree::input::signed_pixels),
        help(
            "give the values as the head was trained on them: a .npy file of floats, or of codes"
        )
    )]
    SignedPixels { spec: String, format: Format },
}

/// Reads frames for an input layer of `neurons` in `format`.
///
/// `spec` is a `.npy` file, `file.npz:key`, or an IDX file of images; each may be gzipped. Integers
/// (and booleans) are codes and have to be in range. Floats become
/// Checks what can be told before the data is read.
fn check(
    spec: &str,
    shape: &[usize],
    layout: &Layout,
    neurons: usize,
    format: Format,
) -> Result<(), InputError> {
    let spec = spec.to_owned();
    if !(2..=4).contains(&shape.len()) {
        return Err(InputError::Rank { spec, shape: shape.into() });
    }
    if shape.contains(&0) {
        return Err(InputError::Empty { spec, shape: shape.into() });
    }
    let (frames, width) = (shape[0], shape[1..].iter().product::<usize>());
    if width > neurons {
        return Err(InputError::Width { spec, width, neurons });
    }
    let limit = MAX_CODES / neurons;
    if frames > limit {
        return Err(InputError::TooMany { spec, frames, neurons, limit });
    }
    if layout.origin == Origin::Idx && format.signed {
        return Err(InputError::SignedPixels { spec, format });
    }
    Ok(())
}

/// `clamp(floor(x·2^frac + 0.5))`. Pixels lose their low bits, `p >> (8 − bits)`; a format wider
/// than 8 bits has them shifted up.
///
/// # Errors
/// If the file is broken, has rows longer than `neurons`, or a value that has no code.
pub fn inputs(spec: &str, neurons: usize, format: Format) -> Result<Frames, InputError> {
    let array = Array::read(spec, |shape, layout| check(spec, shape, layout, neurons, format))?;
    let (frames, width) = (array.shape[0], array.shape[1..].iter().product::<usize>());
    let pixels = array.layout.origin == Origin::Idx;
    let mut codes = Array2::zeros((frames, neurons));
    let mut floats = Vec::new();
    let (offsets, stride) = array.rows();
    for (frame, mut row) in codes.rows_mut().into_iter().enumerate() {
        for (position, (code, offset)) in row.iter_mut().zip(&offsets).enumerate() {
            let at = frame * stride + offset;
            *code = if array.layout.element.is_float() {
                let value = array.float(at);
                floats.push(value as f32);
                quantise(value, format).ok_or_else(|| InputError::NotFinite {
                    spec: spec.to_owned(),
                    frame,
                    position,
                    value,
                })?
            } else if pixels {
                pixel(array.integer(at) as i32, format)
            } else {
                let value = array.integer(at);
                let range = i128::from(format.min())..=i128::from(format.max());
                if !range.contains(&value) {
                    let spec = spec.to_owned();
                    return Err(InputError::Range { spec, frame, position, value, format });
                }
                value as i32
            };
        }
    }
    let real = if array.layout.element.is_float() {
        Real::Floats { values: floats, width }
    } else if pixels {
        // The code q = p >> (8 − bits) is worth q·2^-frac, so p is worth 2^(bits − 8 − frac) of it.
        let unit = f64::from(format.bits as i32 - 8 - format.frac).exp2();
        Real::Pixels { bytes: array.into_bytes(), width, unit }
    } else {
        Real::Codes { unit: format.unit() }
    };
    Ok(Frames { codes, width, real })
}

/// `clamp(floor(x·2^frac + 0.5))`; nothing for NaN and the infinities.
fn quantise(x: f64, format: Format) -> Option<i32> {
    let q = (x * f64::from(format.frac).exp2() + 0.5).floor();
    x.is_finite().then(|| q.clamp(format.min() as f64, format.max() as f64) as i32)
}

/// A pixel byte in an unsigned format: its high bits.
fn pixel(p: i32, format: Format) -> i32 {
    if format.bits <= 8 { p >> (8 - format.bits) } else { p << (format.bits - 8) }
}
