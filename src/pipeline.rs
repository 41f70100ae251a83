//! The whole flow on one screen: a head file becomes a package.

use crate::emit::{self, Package};
use crate::error::Error;
use crate::load;
use crate::lower::{Design, Interface, lower};
use crate::quantise::{QuantHead, quantise};
use crate::schedule::{Arranged, Preferences, arrange};
use crate::speed::Speed;
use std::path::Path;

/// What a head is compiled for.
#[derive(Clone, Debug)]
pub struct Target {
    /// How fast it is to be.
    pub speed: Speed,
    /// What else decides how it is laid out.
    pub preferences: Preferences,
    /// Bus and packets.
    pub interface: Interface,
    /// Whether degrees that are not fixed are padded: see [`load::head_with`].
    pub pad: bool,
    /// Where the head ends.
    pub split: SplitAt,
}

/// Where a head ends on the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SplitAt {
    /// Where its file says.
    #[default]
    File,
    /// After this junction of the trunk.
    After(usize),
    /// Nowhere: all of it runs on the edge.
    Nowhere,
}

/// A head on its way through the compiler.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// In integers.
    pub head: QuantHead,
    /// In the order in which the hardware works on it.
    pub arranged: Arranged,
    /// In hardware.
    pub design: Design,
    /// In files.
    pub package: Package,
    /// Edges of weight 0 that were added to each junction, in the order of `Site::all`.
    pub padding: Vec<usize>,
}

/// `load` → `quantise` → `schedule` → `lower` → `emit`.
///
/// # Errors
/// Of whichever stage cannot do its part; nothing is written.
pub fn compile(path: &Path, target: &Target) -> Result<Compiled, Error> {
    let mut float = load::head_with(path, target.pad)?;
    match target.split {
        SplitAt::File => {}
        SplitAt::After(after) => float = float.split_after(after)?,
        SplitAt::Nowhere => float.split = None,
    }
    let head = quantise(&float)?;
    let branches = float.exits.iter().flat_map(|exit| &exit.junctions);
    let edge = float.trunk[..head.edge().len()].iter();
    let padding = edge.chain(branches).map(|j| j.padding).collect();
    Ok(Compiled { padding, ..compile_quantised(head, target)? })
}

/// From [`QuantHead`] on.
///
/// # Errors
/// As [`compile`].
pub fn compile_quantised(head: QuantHead, target: &Target) -> Result<Compiled, Error> {
    let per_beat = target.interface.bus(&head)?.codes_per_beat();
    let budget = target.speed.budget(&head, target.interface, &target.preferences)?;
    let arranged = arrange(&head, &budget, &target.preferences, per_beat)?;
    let design = lower(&arranged, target.interface)?;
    let package = emit::package(&head, &arranged, &design, &budget, &target.preferences);
    let padding = vec![0; arranged.choices.len()];
    Ok(Compiled { head, arranged, design, package, padding })
}
