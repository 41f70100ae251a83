//! Head files, inputs and labels, from files that may be wrong in every way.
//!
//! Nothing here trusts a length, an offset or a shape before it is checked against the size of the
//! file it stands in, and nothing is allocated by a number that a file merely claims.

mod array;
mod data;
mod error;
mod file;
mod float;
mod head;
mod idx;
pub mod inputs;
mod labels;
mod npy;
mod safetensors;

pub use array::{ArrayError, Found};
pub use data::DataError;
pub use error::HeadError;
pub use float::{class as float_class, layers as float_layers, logits as float_logits};
pub use head::{Exit, Head, HeadJunction, Split, Values, files, head, head_with};
pub use inputs::{Content, Frames, InputError, inputs};
pub use labels::{LabelError, labels};
pub use npy::{WriteError, write_logits};
pub use safetensors::Named;

/// Most neurons that a layer may have. A layer of a million neurons is far beyond what fits an
/// FPGA; the limit keeps a slip in a file from asking for gigabytes.
pub const MAX_NEURONS: usize = 1 << 20;

/// Most entries of a weight tensor, `N_l·N_r`: a gigabyte in f32.
pub const MAX_CELLS: usize = 1 << 28;

/// Largest `|frac|` of a format: beyond any scale a 16-bit code is useful at.
pub const MAX_FRAC: i32 = 64;
