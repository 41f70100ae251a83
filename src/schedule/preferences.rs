//! What the user prefers of the ways to lay out a head.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What decides, besides the budget, how a head is laid out; the same preferences give the same
/// hardware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// Kinds to choose from, for all junctions or one list entry a junction; empty: all kinds.
    pub interleavers: Vec<Interleaver>,
    /// Whether the frames may bring the inputs in another order than the head's.
    pub permute_input: bool,
    /// Seed of the searches.
    pub seed: u64,
    /// Steps of work that a search may take.
    pub effort: u64,
}

/// Steps of a search where the user does not say: fractions of a second.
pub const DEFAULT_EFFORT: u64 = 60_000_000;

impl Default for Preferences {
    fn default() -> Self {
        let (seed, effort) = (1, DEFAULT_EFFORT);
        Self { interleavers: Vec::new(), permute_input: false, seed, effort }
    }
}

impl Preferences {
    /// Whether a kind may be used for a junction.
    pub fn allows(&self, junction: usize, kind: Interleaver) -> bool {
        match self.interleavers.as_slice() {
            [] => true,
            [one] => one.covers(kind),
            each => each.get(junction).is_some_and(|one| one.covers(kind)),
        }
    }
}

/// A kind of interleaver, cheapest rung of the ladder first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interleaver {
    /// Any kind: the cheapest.
    Auto,
    /// Lanes tied to banks, addresses that count up from one start a bank.
    Counter,
    /// The same with new starts for each sweep.
    Starts,
    /// Lanes tied to banks, a table of addresses.
    Tied,
    /// A network between banks and lanes, partial sums.
    Network,
    /// Copies of the left memory, selectors.
    Copies,
}

impl Interleaver {
    /// Every kind that a junction can be of.
    pub const KINDS: [Self; 5] =
        [Self::Counter, Self::Starts, Self::Tied, Self::Network, Self::Copies];

    /// The name on the command line, in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Counter => "counter",
            Self::Starts => "starts",
            Self::Tied => "tied",
            Self::Network => "network",
            Self::Copies => "copies",
        }
    }

    fn covers(self, kind: Self) -> bool {
        self == Self::Auto || self == kind
    }
}

impl fmt::Display for Interleaver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Interleaver {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = std::iter::once(Self::Auto).chain(Self::KINDS);
        all.clone().find(|kind| kind.name() == name).ok_or_else(|| {
            let names: Vec<_> = all.map(Self::name).collect();
            format!("there is no interleaver kind {name:?}; there are {}", names.join(", "))
        })
    }
}
