//! An unrolled junction: which adder's sum is needed how many registers later.

use super::{UnrolledStage, top_name};
use crate::heap::{Chain, Plan, Source};
use crate::schedule::{Feed, Site, Unrolled};

/// The adders of one right neuron.
#[derive(Clone, Debug)]
pub struct SumStage {
    /// Its number.
    pub neuron: usize,
    /// In the order of their levels.
    pub adders: Vec<AdderStage>,
    /// The accumulator's bits from the lowest; above them is its sign.
    pub result: Vec<Option<Tap>>,
}

/// One adder.
#[derive(Clone, Debug)]
pub struct AdderStage {
    /// What it adds.
    pub chain: Chain,
    /// Registers behind it, one after the other: the sum is there after each.
    pub taps: usize,
    /// Registers between the left layer and it.
    stage: usize,
}

/// A bit, so many registers after it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tap {
    /// The bit.
    pub source: Source,
    /// Registers behind it.
    pub age: usize,
}

/// What `cf_junction_unrolled` needs, and its adders.
pub(super) fn stage(head: &str, site: Site, kind: &Unrolled) -> UnrolledStage {
    let latency = kind.latency();
    let sum = |(neuron, plan)| sum(neuron, plan, 0, kind.levels_per_register, latency);
    UnrolledStage {
        flow: kind.feed == Feed::Flow,
        module: format!("{}_{}_sums", top_name(head), site.prefix()),
        latency,
        sums: kind.sums.iter().enumerate().map(sum).collect(),
    }
}

/// Puts registers between the adders of a plan, before which there are `ahead` levels of something
/// else: one for so many levels, and so many in all.
pub(super) fn sum(
    neuron: usize,
    plan: &Plan,
    ahead: usize,
    per_register: usize,
    latency: usize,
) -> SumStage {
    let stage = |chain: &Chain| (ahead + chain.level) / per_register;
    let adders = plan.chains.iter();
    let mut adders: Vec<AdderStage> = adders
        .map(|chain| AdderStage { chain: chain.clone(), taps: 0, stage: stage(chain) })
        .collect();
    let needed: Vec<(Source, usize)> = plan
        .chains
        .iter()
        .flat_map(|chain| chain.sources().map(|source| (source, stage(chain))))
        .chain(plan.result.iter().flatten().map(|&source| (source, latency)))
        .collect();
    for (source, when) in needed {
        if let Source::Sum { chain, .. } = source {
            let adder = &mut adders[chain];
            adder.taps = adder.taps.max(when - adder.stage);
        }
    }
    let mut sum = SumStage { neuron, adders, result: Vec::new() };
    let result = |source: &Option<Source>| source.map(|source| sum.tap(source, latency));
    sum.result = plan.result.iter().map(result).collect();
    sum
}

impl SumStage {
    /// A bit as an adder of the sum takes it in.
    pub fn input(&self, adder: &AdderStage, source: Source) -> Tap {
        self.tap(source, adder.stage)
    }

    fn tap(&self, source: Source, when: usize) -> Tap {
        let made = match source {
            Source::Sum { chain, .. } => self.adders[chain].stage,
            Source::Input(_) | Source::One => 0,
        };
        Tap { source, age: when - made }
    }
}
