//! IDX, the format that MNIST comes in: two zero bytes, a type, a rank, the sizes, the data.

use super::array::{ArrayError, Element, Layout, Origin};
use super::data::{Bytes, DataError};
use std::path::Path;

/// Type code of unsigned bytes, the only one that pixels and labels come in.
const UBYTE: u8 = 0x08;

/// Reads the header; the first four bytes are gone already.
pub(super) fn header(
    spec: &str,
    path: &Path,
    kind: u8,
    rank: u8,
    bytes: &mut Bytes<'_>,
) -> Result<Layout, ArrayError> {
    if kind != UBYTE || rank == 0 {
        return Err(ArrayError::Dtype {
            spec: spec.to_owned(),
            found: format!("IDX 0x{kind:02x} with {rank} dimensions"),
            allowed: "unsigned bytes, IDX 0x08, with 1 to 3 dimensions",
        });
    }
    let needed = usize::from(rank) * 4;
    let sizes = bytes.up_to(needed).map_err(|e| DataError::read(path, e))?;
    if sizes.len() < needed {
        return Err(ArrayError::IdxHeader { spec: spec.to_owned(), found: sizes.len(), needed });
    }
    let shape = sizes.as_chunks().0.iter().map(|&b| u32::from_be_bytes(b).into()).collect();
    Ok(Layout {
        origin: Origin::Idx,
        element: Element::U8,
        shape,
        fortran: false,
        big_endian: false,
    })
}
