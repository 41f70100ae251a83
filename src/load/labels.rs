//! Labels: the class of each frame.

use super::ArrayError;
use super::array::Array;
use miette::Diagnostic;

/// Why a file gives no labels for some frames.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum LabelError {
    /// The file gives no array.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Array(#[from] ArrayError),

    #[error("{spec} has floats, labels are integers")]
    #[diagnostic(code(label::dtype))]
    Dtype { spec: String },

    #[error("{spec} is {shape:?}, labels have one dimension")]
    #[diagnostic(code(label::rank))]
    Rank { spec: String, shape: Vec<usize> },

    #[error("{spec} has {found} labels for {frames} frames")]
    #[diagnostic(code(label::length), help("do the labels belong to these inputs?"))]
    Length { spec: String, found: usize, frames: usize },

    #[error("{spec}: the label of frame {frame} is {value}, the head has classes 0 to {}", .classes - 1)]
    #[diagnostic(code(label::range))]
    Range { spec: String, frame: usize, value: i128, classes: usize },
}

/// Reads one label a frame, each below `classes`; integers in `.npy`, `file.npz:key` or IDX, plain
/// or gzipped.
///
/// # Errors
/// If the file is broken, has another number of labels, or a label that is no class.
pub fn labels(spec: &str, frames: usize, classes: usize) -> Result<Vec<u32>, LabelError> {
    let array = Array::read(spec, |shape, layout| {
        let spec = spec.to_owned();
        if layout.element.is_float() {
            Err(LabelError::Dtype { spec })
        } else if shape.len() != 1 {
            Err(LabelError::Rank { spec, shape: shape.into() })
        } else if shape[0] != frames {
            Err(LabelError::Length { spec, found: shape[0], frames })
        } else {
            Ok(())
        }
    })?;
    let label = |frame| {
        let value = array.integer(frame);
        let class = u32::try_from(value).ok().filter(|&c| (c as usize) < classes);
        class.ok_or_else(|| LabelError::Range { spec: spec.to_owned(), frame, value, classes })
    };
    (0..frames).map(label).collect()
}
