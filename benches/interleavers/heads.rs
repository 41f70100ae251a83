//! The paper's heads, with patterns drawn for each budget.

use clashfree::lower::{Control, Interface};
use clashfree::packet::ResultKind;
use clashfree::pattern::{
    Degrees, Family, Pattern, Starts, advise, count, generate, junction_seed,
};
use clashfree::pipeline::{Compiled, SplitAt, Target, compile_quantised};
use clashfree::quantise::{
    Activation, Format, QuantHead, QuantJunction, Saturated, Source, acc_bits,
};
use clashfree::schedule::{Budget, Interleaver, Preferences};
use clashfree::speed::Speed;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Seed of all patterns.
const SEED: u64 = 1;

/// A sparse row of the paper's table.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    neurons: [usize; 4],
    degrees: [usize; 3],
}

impl Row {
    const fn new(hidden: usize, degrees: [usize; 3]) -> Self {
        Self { neurons: [800, hidden, hidden, 10], degrees }
    }

    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::new(40, [2, 9, 10]),
        Self::new(40, [4, 10, 10]),
        Self::new(40, [5, 11, 10]),
        Self::new(40, [6, 11, 10]),
        Self::new(40, [9, 14, 10]),
        Self::new(40, [13, 17, 10]),
        Self::new(40, [19, 24, 10]),
        Self::new(80, [26, 22, 10]),
        Self::new(80, [37, 33, 10]),
    ];

    /// Whether it is asked for; no names ask for all.
    pub fn is_among(&self, names: &[String]) -> bool {
        names.is_empty() || names.contains(&self.name())
    }

    /// Its out-degrees: `2,9,10`.
    pub fn name(&self) -> String {
        self.degrees.map(|d| d.to_string()).join(",")
    }

    /// How many junctions.
    pub fn junctions(&self) -> usize {
        self.degrees.len()
    }

    /// Bits that number the left neurons of a junction.
    pub fn index(&self, junction: usize) -> u32 {
        self.neurons[junction].next_power_of_two().ilog2()
    }

    /// What a random pattern of a junction holds.
    pub fn holds(&self, junction: usize) -> Holds {
        let (left, right) = (self.neurons[junction], self.neurons[junction + 1]);
        let degrees = Degrees::new(left, right, self.degrees[junction]).expect("of the paper");
        let found = count(Family::RandomStructured, degrees, None).expect("needs no z");
        let orders = |n: usize| (1..=n).map(|i| (i as f64).log2()).sum::<f64>();
        let in_order = found.log10 * std::f64::consts::LOG2_10;
        let any_right = (in_order - orders(right)).max(0.0);
        let any = (any_right - orders(left)).max(0.0);
        Holds { edges: degrees.edges(), in_order, any_right, any }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, out-degrees {:?}", self.neurons, self.degrees)
    }
}

/// Bits that a table needs on average to tell one random pattern from all others of its degrees: the
/// logarithm of how many there are, by the estimate of [`count`]. Of patterns that differ only in the
/// order of neurons at least one in `N!` is another.
pub struct Holds {
    /// Edges of the junction.
    pub edges: usize,
    /// In the head's order.
    pub in_order: f64,
    /// Right neurons in any order.
    pub any_right: f64,
    /// Neurons in any order on both sides.
    pub any: f64,
}

/// Where a head's patterns come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Random structured, as the paper trains.
    Foreign,
    /// The same, and frames may bring their codes in another order.
    Permuted,
    /// Clash-free, starts per sweep.
    StartsPerSweep,
    /// Clash-free, starts once.
    StartsOnce,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Foreign, Self::Permuted, Self::StartsPerSweep, Self::StartsOnce];

    /// In the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Foreign => "random",
            Self::Permuted => "random, inputs permuted",
            Self::StartsPerSweep => "starts per sweep",
            Self::StartsOnce => "starts once",
        }
    }

    /// Bits that such a pattern of a junction holds, for all that the hardware may reorder; none where
    /// it is not random.
    pub fn holds(self, row: &Row, junction: usize) -> Option<f64> {
        let holds = row.holds(junction);
        match self {
            Self::Foreign if junction == 0 => Some(holds.any_right),
            Self::Foreign | Self::Permuted => Some(holds.any),
            Self::StartsPerSweep | Self::StartsOnce => None,
        }
    }

    fn starts(self) -> Option<Starts> {
        match self {
            Self::Foreign | Self::Permuted => None,
            Self::StartsPerSweep => Some(Starts::PerSweep),
            Self::StartsOnce => Some(Starts::Once),
        }
    }

    fn pattern(
        self,
        left: usize,
        right: usize,
        d_out: usize,
        cycles: usize,
        seed: u64,
    ) -> Result<Pattern, String> {
        let (family, z) = match self.starts() {
            None => (Family::RandomStructured, None),
            Some(starts) => {
                let degrees = Degrees::new(left, right, d_out).map_err(|e| e.to_string())?;
                let family = Family::ClashFree { starts, dither: false };
                let found = advise(degrees, cycles, family);
                let best = found.first().ok_or_else(|| {
                    format!("no z divides {left} neurons and in-degree {} in time", degrees.d_in)
                })?;
                (family, Some(best.z))
            }
        };
        generate(family, left, right, d_out, z, seed).map_err(|e| e.to_string())
    }
}

/// A head in hardware: 4-bit inputs, 6-bit weights and activations, on a bus of 64 bits or as many as
/// the budget needs; with these interleavers, or the cheapest where none are given.
///
/// # Errors
/// Why there is none.
pub fn compile(
    row: &Row,
    kind: Kind,
    cycles: usize,
    interleavers: Vec<Interleaver>,
) -> Result<Compiled, String> {
    let input = Format { bits: 4, frac: 4, signed: false };
    let hidden = Format { bits: 6, frac: 3, signed: false };
    let mut junctions = Vec::new();
    for (j, &d_out) in row.degrees.iter().enumerate() {
        let (left, right) = (row.neurons[j], row.neurons[j + 1]);
        let pattern = kind.pattern(left, right, d_out, cycles, junction_seed(SEED, j))?;
        let weights: Vec<i32> = (0..pattern.edges()).map(|e| (e * 7919 % 63) as i32 - 31).collect();
        let bias = vec![0; right];
        let input_format = if j == 0 { input } else { hidden };
        let last = j + 1 == row.degrees.len();
        let mut junction = QuantJunction {
            pattern,
            weights,
            bias,
            input_format,
            weight_format: Format { bits: 6, frac: 4, signed: true },
            activation: if last { Activation::Identity } else { Activation::Relu },
            output_format: (!last).then_some(hidden),
            acc_bits: 0,
            source: Source::default(),
            saturated: Saturated::default(),
        };
        let shift = junction.shift().unwrap_or(0);
        let QuantJunction { pattern, weights, bias, .. } = &junction;
        junction.acc_bits = acc_bits(pattern, weights, bias, input_format, shift).0;
        junctions.push(junction);
    }
    let inputs = row.neurons[0];
    let head = QuantHead::chain("row".into(), inputs, input, junctions);
    let bus_bits = (inputs.div_ceil(cycles) * 4).next_multiple_of(8).max(64) as u32;
    let target = Target {
        speed: Speed::Budget(Budget::Cycles(cycles)),
        preferences: Preferences {
            interleavers,
            permute_input: kind == Kind::Permuted,
            ..Preferences::default()
        },
        interface: Interface { bus_bits, result: ResultKind::Logits, control: Control::Auto },
        pad: false,
        split: SplitAt::File,
    };
    compile_quantised(head, &target).map_err(|e| e.to_string())
}
