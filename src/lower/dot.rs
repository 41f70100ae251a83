//! Dot products as heaps: the adders of each shape that a design uses.

use super::unrolled::{SumStage, sum};
use super::{Datapath, JunctionStage, WorkStage};
use crate::heap::{Fabric, Heap, compress};
use crate::ids::bits_for;

/// Lanes from which on a dot product is smaller as a heap than as products and a tree.
const HEAP_LANES: usize = 4;

/// Lanes that `cf_and3` counts together.
const TRIPLE: usize = 3;

/// Levels of LUTs before the adders: `cf_and3`.
const PRODUCTS: usize = 1;

/// The shape of a dot product: the parameters of `cf_dot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DotShape {
    /// Products.
    pub lanes: usize,
    /// Bits of an activation.
    pub act_bits: u32,
    /// Whether activations are two's complement.
    pub act_signed: bool,
    /// Bits of a weight.
    pub weight_bits: u32,
}

/// A dot product as a heap.
#[derive(Clone, Debug)]
pub struct DotStage {
    /// What it is for.
    pub shape: DotShape,
    /// Bits that `cf_products` gives.
    pub products: usize,
    /// Registers from operands to sum.
    pub latency: usize,
    /// Its adders.
    pub sum: SumStage,
}

impl DotShape {
    /// Bits of the sum.
    pub fn sum_bits(&self) -> u32 {
        self.act_bits + self.weight_bits + bits_for(self.lanes) as u32
    }

    /// The adders, with as many levels between registers, or more where the latency of `cf_dot` asks
    /// for it.
    pub fn stage(self, levels_per_register: usize) -> DotStage {
        let triples = self.lanes.div_ceil(TRIPLE);
        let planes = (0..self.act_bits).flat_map(|i| (0..self.weight_bits).map(move |j| (i, j)));
        let mut terms = Vec::new();
        for (plane, (i, j)) in planes.enumerate() {
            let negative_act = self.act_signed && i + 1 == self.act_bits;
            let negative_weight = j + 1 == self.weight_bits;
            let worth = if negative_act == negative_weight { 1 } else { -1 } << (i + j);
            for triple in 0..triples {
                let bit = 2 * (plane * triples + triple);
                terms.push((bit, worth));
                // a single product makes no carry
                if self.lanes - TRIPLE * triple > 1 {
                    terms.push((bit + 1, 2 * worth));
                }
            }
        }
        let heap = Heap { terms, constant: 0, bits: self.sum_bits() };
        let plan = compress(&heap, Fabric::Lut6);
        let latency = 1 + bits_for(self.lanes);
        let per_register = levels_per_register.max((PRODUCTS + plan.levels()).div_ceil(latency));
        DotStage {
            shape: self,
            products: 2 * triples * (self.act_bits * self.weight_bits) as usize,
            latency,
            sum: sum(0, &plan, PRODUCTS, per_register, latency),
        }
    }
}

/// The shapes of a junction's dot products that are worth a heap.
pub(super) fn shape(stage: &JunctionStage) -> Option<DotShape> {
    let lanes = match &stage.datapath {
        Datapath::Copies(copies) => copies.shape.lanes_per_unit(),
        Datapath::Tied(tied) => match tied.work {
            WorkStage::Aligned { .. } => tied.width,
            WorkStage::Straddling { block, .. } => block,
        },
        Datapath::Network(_) | Datapath::Unrolled(_) => 1,
    };
    (lanes >= HEAP_LANES).then_some(DotShape {
        lanes,
        act_bits: stage.act.bits,
        act_signed: stage.act.signed,
        weight_bits: stage.weight.bits,
    })
}
