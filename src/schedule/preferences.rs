//! What the user prefers of the ways to lay out a head.

use crate::heap::Fabric;
use crate::quantise::QuantHead;
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
    /// The share of frames that exit at each exit, of those that come to it; empty: junctions behind
    /// exits are as fast as those before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exit_rates: Vec<ExitRate>,
    /// Frames that may come one after the other to junctions that are slower because of
    /// `exit_rates`, none of them exiting, before the input has to wait.
    #[serde(default = "default_burst")]
    pub burst: usize,
    /// How sums are built.
    #[serde(default)]
    pub adders: Adders,
}

/// How sums are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adders {
    /// What an adder's column of the target can take in.
    pub fabric: Fabric,
    /// Levels of adders between two registers.
    pub levels_per_register: usize,
    /// Whether products are left to DSP blocks.
    pub dsp: bool,
}

impl Default for Adders {
    fn default() -> Self {
        Self { fabric: Fabric::default(), levels_per_register: DEFAULT_LEVELS, dsp: false }
    }
}

impl Adders {
    /// Whether dot products are heaps: not where products go to DSP blocks, nor where windows cannot
    /// share the adders' LUTs.
    pub fn heaps(self) -> bool {
        !self.dsp && self.fabric == Fabric::Lut6
    }
}

/// Levels of adders between two registers where the user does not say.
pub const DEFAULT_LEVELS: usize = 3;

/// Frames of a burst where the user does not say.
pub const DEFAULT_BURST: usize = 16;

fn default_burst() -> usize {
    DEFAULT_BURST
}

/// Steps of a search where the user does not say: fractions of a second.
pub const DEFAULT_EFFORT: u64 = 60_000_000;

impl Default for Preferences {
    fn default() -> Self {
        let (seed, effort) = (1, DEFAULT_EFFORT);
        Self {
            interleavers: Vec::new(),
            permute_input: false,
            seed,
            effort,
            exit_rates: Vec::new(),
            burst: DEFAULT_BURST,
            adders: Adders::default(),
        }
    }
}

impl Preferences {
    /// The share of frames that pass the first `k` exits of a head, for `k` from 0 to all of them.
    ///
    /// # Errors
    /// If there are more rates than exits at which frames can pass.
    pub fn shares(&self, head: &QuantHead) -> Result<Vec<Share>, RateError> {
        let gates = head.gates();
        if self.exit_rates.len() > gates {
            return Err(RateError::Count { given: self.exit_rates.len(), exits: gates });
        }
        let mut shares = vec![Share { pass: 1, of: 1 }];
        for exit in 0..head.exits.len() {
            let Share { pass, of } = shares[exit];
            let rate = self.exit_rates.get(exit).map_or(0, |rate| rate.0);
            let (pass, of) =
                (pass * u128::from(ExitRate::ONE - rate), of * u128::from(ExitRate::ONE));
            let common = num_integer::gcd(pass, of);
            let (mut pass, mut of) = (pass / common, of / common);
            while of > 1 << 64 {
                (pass, of) = (pass.div_ceil(2), of / 2);
            }
            shares.push(Share { pass, of });
        }
        Ok(shares)
    }

    /// Whether a kind may be used for a junction.
    pub fn allows(&self, junction: usize, kind: Interleaver) -> bool {
        match self.interleavers.as_slice() {
            [] => true,
            [one] => one.covers(kind),
            each => each.get(junction).is_some_and(|one| one.covers(kind)),
        }
    }
}

/// The share of frames that exit at an exit, in units of 1/10,000: less than 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ExitRate(u32);

/// A share of frames that no hardware can be made for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum RateError {
    /// Not a share below 1.
    #[error("an exit rate of {found}: it is a share of frames from 0 to 0.9999, such as 0.8")]
    #[diagnostic(
        code(clashfree::schedule::exit_rate),
        help("if all frames exit, nothing behind the exit is needed: remove it from the head")
    )]
    Range {
        /// What was given.
        found: String,
    },
    /// More than there are exits.
    #[error("{given} exit rates, where frames can pass {exits} exits")]
    #[diagnostic(
        code(clashfree::schedule::exit_rates),
        help(
            "give `--exit-rate` one share for each exit, with commas, or fewer for the first of them"
        )
    )]
    Count {
        /// Rates given.
        given: usize,
        /// Exits at which frames can pass.
        exits: usize,
    },
}

impl ExitRate {
    const ONE: u32 = 10_000;
}

impl From<ExitRate> for u32 {
    fn from(rate: ExitRate) -> Self {
        rate.0
    }
}

impl TryFrom<u32> for ExitRate {
    type Error = RateError;

    fn try_from(rate: u32) -> Result<Self, RateError> {
        if rate < Self::ONE {
            Ok(Self(rate))
        } else {
            Err(RateError::Range { found: rate.to_string() })
        }
    }
}

impl FromStr for ExitRate {
    type Err = RateError;

    /// Reads a decimal fraction; digits beyond the fourth are cut off, which promises less.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = || RateError::Range { found: text.to_owned() };
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let zero = whole.bytes().all(|b| b == b'0');
        if !zero || !digits(places) || (whole.is_empty() && places.is_empty()) {
            return Err(wrong());
        }
        let four: String = places.chars().chain("0000".chars()).take(4).collect();
        four.parse().map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for ExitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0.{:04}", self.0)
    }
}

/// A share of frames, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pass: u128,
    of: u128,
}

impl Share {
    /// The cycles that a stage may take for each of this share of the frames, when there are `cycles`
    /// for every frame.
    pub fn stretched(self, cycles: usize) -> usize {
        usize::try_from(cycles as u128 * self.of / self.pass).unwrap_or(usize::MAX)
    }

    /// The cycles that a stage takes of every frame's time when it takes `cycles` for each of this
    /// share, rounded up.
    pub fn of_time(self, cycles: usize) -> usize {
        (cycles as u128 * self.pass).div_ceil(self.of) as usize
    }

    /// Whether it is all frames.
    pub fn is_all(self) -> bool {
        self.pass == self.of
    }
}

/// A kind of interleaver, cheapest rung of the ladder first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interleaver {
    /// Any kind: the cheapest.
    Auto,
    /// Wiring to constants, for junctions of one cycle.
    Unrolled,
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
    pub const KINDS: [Self; 6] =
        [Self::Unrolled, Self::Counter, Self::Starts, Self::Tied, Self::Network, Self::Copies];

    /// The name on the command line, in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Unrolled => "unrolled",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_rates_are_shares_below_one() {
        let read = |text: &str| text.parse::<ExitRate>().map(u32::from).ok();
        let good = [("0.8", 8000), ("0", 0), (".25", 2500), ("0.99999", 9999), ("00.5", 5000)];
        for (text, rate) in good {
            assert_eq!(read(text), Some(rate), "{text}");
        }
        for text in ["1", "1.0", "-0.5", "", ".", "0,8", "80%", "0.8x", "nan", "2e-1"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(ExitRate::try_from(10_000).is_err());
    }

    #[test]
    fn a_share_of_the_frames_gives_as_much_more_time() {
        let all = Share { pass: 1, of: 1 };
        assert_eq!((all.stretched(50), all.of_time(50), all.is_all()), (50, 50, true));
        // a fifth passes
        let fifth = Share { pass: 1, of: 5 };
        assert_eq!((fifth.stretched(50), fifth.of_time(250), fifth.of_time(251)), (250, 50, 51));
        // three in eight: 50 * 8 / 3 is 133.3
        let some = Share { pass: 3, of: 8 };
        assert_eq!((some.stretched(50), some.of_time(133)), (133, 50));
    }
}
