//! What to say where a part is too small, and which budget would do.

use super::error::SynthError;
use super::package::Sources;
use super::place::Sites;
use super::target::Target;
use crate::emit::REFERENCE;
use crate::load;
use crate::quantise::{QuantHead, quantise};
use crate::schedule::Budget;
use crate::schedule::{Arranged, Site, arrange};
use std::collections::BTreeMap;
use std::path::Path;

/// Share of a part's LUTs that may be used so that it can still be routed.
const FULL: f64 = 0.9;

/// The error of a design that takes more sites than there are.
pub fn too_large(
    build: &Path,
    sources: &Sources,
    target: Target,
    sites: &BTreeMap<String, Sites>,
) -> SynthError {
    let over: Vec<String> = sites
        .iter()
        .map(|(name, Sites { used, available })| {
            let more = used - available;
            format!("{used} {name}, {more} more than the {available} there are")
        })
        .collect();
    let help = match smallest(build, sources, sites) {
        Err(error) => return error,
        Ok(Some(cycles)) => format!(
            "by the compiler's estimates `compile --cycles {cycles}` is the smallest budget that would fit; a smaller head or larger part does, too"
        ),
        Ok(None) => {
            "by the compiler's estimates no budget makes it fit; take a smaller head or a larger part"
                .into()
        }
    };
    let name = sources.manifest.name.clone();
    SynthError::TooLarge { name, target: target.name().into(), over: over.join("; "), help }
}

/// The smallest cycle budget with which everything would fit, if estimates are wrong by the same
/// factor for every budget.
fn smallest(
    build: &Path,
    sources: &Sources,
    sites: &BTreeMap<String, Sites>,
) -> Result<Option<usize>, SynthError> {
    let head = quantise(&load::head(&build.join(REFERENCE))?)?;
    let manifest = &sources.manifest;
    let estimate = |budget: &Budget| {
        let per_beat = manifest.input.codes_per_beat;
        arrange(&head, budget, &manifest.preferences, per_beat).ok().map(|a| luts(&a))
    };
    let Some(now) = estimate(&manifest.budget) else { return Ok(None) };
    let share = sites.values().map(|s| FULL * s.available as f64 / s.used as f64);
    let most = now * share.fold(1.0, f64::min);
    let fits = |cycles: usize| estimate(&Budget::Cycles(cycles)).is_some_and(|luts| luts <= most);
    // estimates fall with the budget, but for little steps
    let (mut low, mut high) = (manifest.busy_longest(), longest(&head));
    if !fits(high) {
        return Ok(None);
    }
    while low + 1 < high {
        let middle = low.midpoint(high);
        if fits(middle) { high = middle } else { low = middle }
    }
    Ok(Some(high))
}

/// The compiler's estimate of all junctions' LUTs.
fn luts(arranged: &Arranged) -> f64 {
    let of = |choice: &crate::schedule::Choice| {
        let chosen = choice.offers.iter().find(|offer| offer.kind == choice.kind);
        chosen.and_then(|offer| offer.offered).map_or(0.0, |offered| offered.cost.luts)
    };
    arranged.choices.iter().map(of).sum()
}

/// The largest budget that a head can use.
fn longest(head: &QuantHead) -> usize {
    Site::all(head).map(|(_, j)| j.pattern.edges()).max().unwrap_or(1)
}
