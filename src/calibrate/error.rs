//! Why no formats were chosen, or no head written.

use crate::load::MAX_FRAC;
use miette::Diagnostic;
use std::path::PathBuf;

/// A head or a request that cannot be calibrated, or a folder that cannot be written. Nothing is
/// written then.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum CalibrateError {
    #[error(
        "tensor {tensor} is of integers, which are codes already: there is nothing to quantise"
    )]
    #[diagnostic(
        code(clashfree::calibrate::codes),
        help("give the head with the float tensors that it was trained with")
    )]
    Codes { tensor: String },

    #[error("{name} has exits; formats are chosen for heads without")]
    #[diagnostic(
        code(clashfree::calibrate::exits),
        help(
            "remove `[[exit]]` to choose the trunk's formats; a threshold is at the scale of its branch's logits and would have to change with them"
        )
    )]
    Exits { name: String },

    #[error("frame {frame} overflows in floats: an activation is not finite")]
    #[diagnostic(
        code(clashfree::calibrate::overflow),
        help("do the inputs have the scale that the head was trained on?")
    )]
    Overflow { frame: usize },

    #[error("`{option}` lists {given} values; the head has {wanted} {what}")]
    #[diagnostic(
        code(clashfree::calibrate::length),
        help("give `{option}` one value for all, or {wanted} separated by commas")
    )]
    Length { option: &'static str, given: usize, wanted: usize, what: &'static str },

    #[error("`--input-bits` {bits}, but {spec} holds integers, which are codes of {own} bits")]
    #[diagnostic(
        code(clashfree::calibrate::input_codes),
        help("leave `--input-bits` away, or give floats, or pixels as an IDX file")
    )]
    InputCodes { spec: String, bits: u32, own: u32 },

    #[error("`{option}` is needed with `{with}`")]
    #[diagnostic(code(clashfree::calibrate::missing), help("{help}"))]
    Missing { option: &'static str, with: &'static str, help: &'static str },

    #[error(
        "with `--input-bits` {bits} the input would have frac = {frac}; the limits are -{MAX_FRAC} and {MAX_FRAC}"
    )]
    #[diagnostic(
        code(clashfree::calibrate::scale),
        help("the head's own input format says what a pixel is worth: is its `frac` right?")
    )]
    Scale { bits: u32, frac: i32 },

    #[error("{} is not a head of `clashfree quantise`, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(code(clashfree::calibrate::not_ours), help("give another folder with -o"))]
    NotOurs { folder: PathBuf, found: String },

    #[error("cannot read {} again: {source}", .path.display())]
    #[diagnostic(
        code(clashfree::calibrate::read),
        help("did the file change in the meantime? Run the command again")
    )]
    Read { path: PathBuf, source: std::io::Error },

    #[error("cannot write the head to {}: {source}", .folder.display())]
    #[diagnostic(
        code(clashfree::calibrate::write),
        help("nothing was changed; check the permissions and the space on the disk")
    )]
    Write { folder: PathBuf, source: std::io::Error },
}
