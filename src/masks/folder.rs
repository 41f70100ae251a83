//! The folder of masks: there whole, or not at all.

use super::{Mask, MaskError, Request};
use crate::files::{self, Taken};
use crate::manifest::TOOL;
use crate::save;
use ndarray::ArrayView2;
use ndarray_npy::WriteNpyExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What the masks were made by, in JSON.
pub const PARAMETERS: &str = "pattern.json";

/// All masks: u8 `[N_r, N_l]`, 1 where there is an edge, named `fc0.mask` and so on.
pub const TENSORS: &str = "masks.safetensors";

/// A checked place for masks.
#[derive(Debug)]
pub struct Destination {
    folder: PathBuf,
}

impl Destination {
    /// Checks, before any work is done, that `folder` can be made or may be replaced: it is empty,
    /// or holds masks of clashfree and nothing else.
    ///
    /// # Errors
    /// If there is something else in the folder, or its parent cannot be written to.
    pub fn check(folder: &Path) -> Result<Self, MaskError> {
        let not_ours = |found| MaskError::NotOurs { folder: folder.to_owned(), found };
        let ours =
            |path: &Path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_ours);
        let checked = files::replaceable(folder, ours).map_err(|taken| match taken {
            Taken::NotOurs(found) => not_ours(found),
            Taken::System(source) => MaskError::Write { folder: folder.to_owned(), source },
        })?;
        if !checked.empty && !made_by_us(&checked.folder.join(PARAMETERS)) {
            return Err(not_ours(format!("its {PARAMETERS} is missing or not ours")));
        }
        Ok(Self { folder: checked.folder })
    }

    /// Writes [`TENSORS`], each mask as `.npy` too, and [`PARAMETERS`]. The same masks give the
    /// same bytes.
    ///
    /// # Errors
    /// If writing fails; the folder is then as it was.
    pub fn write(&self, request: &Request, masks: &[Mask]) -> Result<(), MaskError> {
        let mut files = BTreeMap::new();
        for (j, mask) in masks.iter().enumerate() {
            files.insert(npy_name(j), npy(mask));
        }
        let patterns: Vec<_> = masks.iter().map(|mask| &mask.pattern).collect();
        files.insert(TENSORS.to_owned(), save::masks(&patterns));
        let parameters = format!("{:#}\n", parameters(request, masks));
        files.insert(PARAMETERS.to_owned(), parameters.into_bytes());
        let files = files.iter().map(|(name, bytes)| (Path::new(name), bytes.as_slice()));
        files::whole_folder(&self.folder, files)
            .map_err(|source| MaskError::Write { folder: self.folder.clone(), source })
    }
}

fn npy_name(junction: usize) -> String {
    let [_, _, mask] = save::numbered(junction);
    format!("{mask}.npy")
}

/// Whether a file of this name may be one of ours, of a request with any number of junctions.
fn is_ours(name: &str) -> bool {
    let number = name.strip_prefix("fc").and_then(|rest| rest.strip_suffix(".mask.npy"));
    let numbered = number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    numbered || name == TENSORS || name == PARAMETERS
}

fn made_by_us(parameters: &Path) -> bool {
    let text = fs::read_to_string(parameters).unwrap_or_default();
    serde_json::from_str::<Value>(&text).is_ok_and(|value| value["tool"] == TOOL)
}

fn npy(mask: &Mask) -> Vec<u8> {
    let (right, left) = (mask.pattern.right(), mask.pattern.left());
    let cells = save::mask_cells(&mask.pattern);
    let view = ArrayView2::from_shape((right, left), &cells).expect("a cell for each pair");
    let mut bytes = Vec::new();
    view.write_npy(&mut bytes).expect("memory takes all");
    bytes
}

/// With the keys of a recipe, where it has them.
fn parameters(request: &Request, masks: &[Mask]) -> Value {
    let all = |of: fn(&Mask) -> Value| masks.iter().map(of).collect::<Vec<_>>();
    json!({
        "tool": TOOL,
        "version": env!("CARGO_PKG_VERSION"),
        "neurons": request.layers,
        "out_degrees": request.out_degrees,
        "pattern": all(|mask| json!(mask.family)),
        "parallelism": all(|mask| json!(mask.choice().map(|choice| choice.z))),
        "lines": all(|mask| json!(mask.choice().map(|choice| choice.lines))),
        "seed": request.seed,
    })
}
