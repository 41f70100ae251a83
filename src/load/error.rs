//! What can be wrong with a head.

use super::safetensors::Named;
use super::{DataError, MAX_CELLS, MAX_FRAC, MAX_NEURONS};
use crate::pattern::{DegreeError, PatternError};
use crate::quantise::MAX_BITS;
use miette::Diagnostic;
use std::path::PathBuf;

/// Why a head could not be loaded. Every message names the value seen and its limit.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum HeadError {
    #[error("{} holds no head.toml", .folder.display())]
    #[diagnostic(code(clashfree::head::absent))]
    Absent {
        folder: PathBuf,
        #[help]
        help: String,
    },

    /// A file is missing, unreadable or no file.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] DataError),

    #[error("{path} is {size} bytes long, the limit for a head file is {limit}", path = .path.display())]
    #[diagnostic(
        code(clashfree::head::toml_size),
        help(
            "give the head.toml, or the folder that holds it; tensors go into the safetensors file beside it"
        )
    )]
    TomlSize { path: PathBuf, size: u64, limit: u64 },

    #[error("{path} is not TOML: byte {offset} is not UTF-8", path = .path.display())]
    #[diagnostic(
        code(clashfree::head::utf8),
        help("give the head.toml, or the folder that holds it")
    )]
    Utf8 { path: PathBuf, offset: usize },

    #[error("{path} is not TOML: {message}", path = .path.display())]
    #[diagnostic(
        code(clashfree::head::syntax),
        help("give the head.toml, or the folder that holds it")
    )]
    Syntax { path: PathBuf, message: String },

    #[error("{path} is not a head file: {message}", path = .path.display())]
    #[diagnostic(code(clashfree::head::schema))]
    Schema { path: PathBuf, message: String },

    #[error(
        "the name {found:?} is not allowed, it has to be [A-Za-z][A-Za-z0-9_-]*, at most {limit} characters"
    )]
    #[diagnostic(
        code(clashfree::head::name),
        help("change `name`: Verilog modules are called by it")
    )]
    Name { found: String, limit: usize },

    #[error(
        "the file name {found:?} under `weights` is not allowed, it has to be of [A-Za-z0-9_.-], begin with no dot and have no `..`"
    )]
    #[diagnostic(
        code(clashfree::head::weights_path),
        help("the safetensors file stands beside the head file")
    )]
    WeightsPath { found: String },

    #[error(
        "the tensor name {found:?} under `{key}` is not allowed, it has to be 1 to {limit} characters of [A-Za-z0-9_./-]"
    )]
    #[diagnostic(code(clashfree::head::tensor_name), help("rename the tensor when it is saved"))]
    TensorName { key: &'static str, found: String, limit: usize },

    #[error("{place}: bits = {found}, the datapath takes 1 to {MAX_BITS}")]
    #[diagnostic(code(clashfree::head::bits))]
    Bits { place: String, found: i64 },

    #[error("{place}: frac = {found}, the limits are -{MAX_FRAC} and {MAX_FRAC}")]
    #[diagnostic(code(clashfree::head::frac))]
    Frac { place: String, found: i64 },

    #[error("{place}: {found} neurons, a layer may have 1 to {MAX_NEURONS}")]
    #[diagnostic(code(clashfree::head::neurons))]
    Neurons { place: String, found: usize },

    #[error("tensor {tensor} is {shape:?}, the limit is {MAX_CELLS} entries")]
    #[diagnostic(code(clashfree::head::too_large))]
    TooLarge { tensor: String, shape: [usize; 2] },

    #[error("the head has no {what}: there has to be at least one")]
    #[diagnostic(code(clashfree::head::no_junction), help("add a [[junction]] table"))]
    NoJunction { what: String },

    #[error(
        "{place} has an output_format, but it is the last of its chain and gives raw accumulators"
    )]
    #[diagnostic(code(clashfree::head::output_format_on_last), help("remove `output_format`"))]
    OutputFormatOnLast { place: String },

    #[error("{place} has no output_format, but another junction or an exit follows it")]
    #[diagnostic(
        code(clashfree::head::output_format_missing),
        help("add e.g. `output_format = {{ bits = 6, frac = 3, signed = false }}`")
    )]
    OutputFormatMissing { place: String },

    #[error("{place}: tensor {tensor} is {shape:?}, so it takes {} left neurons, but the layer before has {left}", .shape[1])]
    #[diagnostic(
        code(clashfree::head::chain),
        help("a weight tensor is [N_r, N_l], right neurons first")
    )]
    Chain { place: String, tensor: String, shape: [usize; 2], left: usize },

    #[error(
        "tensor {tensor} has a weight that is not zero at {at:?}, where the mask {mask} has no edge"
    )]
    #[diagnostic(
        code(clashfree::head::outside_mask),
        help("multiply the weights with the mask before they are saved")
    )]
    OutsideMask { tensor: String, mask: String, at: [usize; 2] },

    #[error("{place}, tensor {tensor}: {source}")]
    #[diagnostic(
        code(clashfree::head::pattern),
        help(
            "every left neuron needs the same number of edges, and every right neuron; if trained weights came out as 0, give the pattern as a `mask`; `--pad` adds edges of weight 0 up to the largest degrees"
        )
    )]
    Pattern { place: String, tensor: String, source: PatternError },

    #[error("{place}, tensor {tensor}: its degrees cannot be made fixed: {source}")]
    #[diagnostic(
        code(clashfree::head::padding),
        help("prune edges of the neurons that have most: all others get as many")
    )]
    Padding { place: String, tensor: String, source: DegreeError },

    #[error("exit {exit} stands after junction {after}: there has to be such a junction, 0 to {}", .trunk.saturating_sub(1))]
    #[diagnostic(
        code(clashfree::head::exit_place),
        help("the trunk has {trunk} junctions, counted from 0")
    )]
    ExitPlace { exit: usize, after: usize, trunk: usize },

    #[error(
        "an exit after junction {second} follows one after junction {first}: exits stand in order, one at a place"
    )]
    #[diagnostic(code(clashfree::head::exit_order))]
    ExitOrder { first: usize, second: usize },

    #[error("exit {exit} stands after junction {after}, behind the split after junction {split}")]
    #[diagnostic(code(clashfree::head::exit_behind_split))]
    ExitBehindSplit { exit: usize, after: usize, split: usize },

    #[error(
        "the split after junction {after} leaves no tail: the trunk has {trunk} junctions, counted from 0"
    )]
    #[diagnostic(code(clashfree::head::split), help("remove [split] for a head without a tail"))]
    Split { after: usize, trunk: usize },

    #[error("{path} is truncated: {what} needs {needed} bytes, the file has {size}", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::truncated))]
    Truncated { path: PathBuf, what: String, needed: u64, size: u64 },

    #[error("{path}: a header of {size} bytes, the limit is {limit}", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::header_size), help("is this a safetensors file?"))]
    HeaderSize { path: PathBuf, size: u64, limit: u64 },

    #[error("{path}: the header is no safetensors header: {message}", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::header), help("is this a safetensors file?"))]
    Header { path: PathBuf, message: String },

    #[error("{path}: tensor {tensor} has offsets {begin} to {end}, beyond the {size} bytes of data", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::offsets_beyond_end))]
    Offsets { path: PathBuf, tensor: Named, begin: u64, end: u64, size: u64 },

    #[error("{path}: tensors {first} and {second} overlap", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::overlap))]
    Overlap { path: PathBuf, first: Named, second: Named },

    #[error("{path}: bytes {begin} to {end} of the data belong to no tensor", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::hole))]
    Hole { path: PathBuf, begin: u64, end: u64 },

    #[error("{path}: tensor {tensor} is {dtype} {shape:?}, but its offsets hold {bytes} bytes", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::length))]
    Length { path: PathBuf, tensor: Named, dtype: String, shape: Vec<usize>, bytes: u64 },

    #[error("there is no tensor {tensor} in {path}; it has {available}", path = .path.display())]
    #[diagnostic(code(clashfree::safetensors::missing_tensor))]
    MissingTensor { path: PathBuf, tensor: String, available: String },

    #[error("tensor {tensor} is {found}, a {role} has to be {allowed}")]
    #[diagnostic(code(clashfree::head::dtype))]
    Dtype { tensor: String, role: &'static str, found: String, allowed: &'static str },

    #[error("tensor {tensor} is {found:?}, expected {expected}")]
    #[diagnostic(
        code(clashfree::head::shape),
        help("a weight or mask tensor is [N_r, N_l], a bias [N_r]")
    )]
    Shape { tensor: String, found: Vec<usize>, expected: String },

    #[error("tensor {tensor} has {value} at {at:?}, values have to be finite")]
    #[diagnostic(code(clashfree::head::not_finite))]
    NotFinite { tensor: String, value: f64, at: Vec<usize> },

    #[error("mask {tensor} has {value} at {at:?}, it may have 0 and 1 only")]
    #[diagnostic(code(clashfree::head::mask_value))]
    MaskValue { tensor: String, value: u8, at: [usize; 2] },
}
