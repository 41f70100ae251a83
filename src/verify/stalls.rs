//! Stall patterns: when a side of the stream stands still.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// When a side of the stream stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// Never.
    #[default]
    None,
    /// Every second cycle.
    Alternate,
    /// Three cycles of four.
    ThreeInFour,
    /// In runs of 1 to 32 cycles, with runs of as many between them.
    Bursts,
    /// Half of the cycles, at random.
    Random,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Self; 5] =
        [Self::None, Self::Alternate, Self::ThreeInFour, Self::Bursts, Self::Random];

    /// The name on the command line and in the driver.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Alternate => "alternate",
            Self::ThreeInFour => "three-in-four",
            Self::Bursts => "bursts",
            Self::Random => "random",
        }
    }

    fn parse(name: &str) -> Result<Self, StallError> {
        let found = Self::ALL.into_iter().find(|p| p.name() == name);
        found.ok_or_else(|| StallError::Pattern { name: name.to_owned() })
    }
}

/// The patterns of both sides and the seed that repeats them; written `PATTERN[:SEED]`, or
/// `IN/OUT[:SEED]` where the sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Stalls {
    /// Of the source, on `s_axis`.
    pub input: Pattern,
    /// Of the sink, on `m_axis`.
    pub output: Pattern,
    /// Of both, and of what registers hold before the first reset.
    pub seed: u64,
}

impl Stalls {
    /// Whether either side ever stalls.
    pub fn any(&self) -> bool {
        (self.input, self.output) != (Pattern::None, Pattern::None)
    }
}

impl Default for Stalls {
    fn default() -> Self {
        Self { input: Pattern::None, output: Pattern::None, seed: 1 }
    }
}

/// A text that names no stalls.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum StallError {
    /// No such pattern.
    #[error("no stall pattern is called {name:?}")]
    #[diagnostic(
        code(clashfree::stalls::pattern),
        help(
            "the patterns are none, alternate, three-in-four, bursts and random; write PATTERN[:SEED] or IN/OUT[:SEED]"
        )
    )]
    Pattern {
        /// The name given.
        name: String,
    },
    /// The seed is no number.
    #[error("the seed of a stall pattern must be a whole number from 0 to 2^64 - 1, not {seed:?}")]
    #[diagnostic(code(clashfree::stalls::seed), help("write it like `--stalls random:7`"))]
    Seed {
        /// The text given.
        seed: String,
    },
}

impl FromStr for Stalls {
    type Err = StallError;

    fn from_str(text: &str) -> Result<Self, StallError> {
        let (names, seed) = match text.split_once(':') {
            None => (text, 1),
            Some((names, seed)) => {
                (names, seed.parse().map_err(|_| StallError::Seed { seed: seed.to_owned() })?)
            }
        };
        let (input, output) = names.split_once('/').unwrap_or((names, names));
        Ok(Self { input: Pattern::parse(input)?, output: Pattern::parse(output)?, seed })
    }
}

impl std::fmt::Display for Stalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.input.name())?;
        if self.input != self.output {
            write!(f, "/{}", self.output.name())?;
        }
        if self.any() {
            write!(f, ":{}", self.seed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed() {
        for input in Pattern::ALL {
            for output in Pattern::ALL {
                let stalls = Stalls { input, output, seed: u64::MAX };
                let parsed: Stalls = stalls.to_string().parse().unwrap();
                // Without stalls there is nothing to seed.
                assert_eq!((parsed.input, parsed.output), (input, output));
                assert!(parsed.seed == u64::MAX || !stalls.any());
            }
        }
        let bursts = Stalls { input: Pattern::Bursts, output: Pattern::Bursts, seed: 1 };
        assert_eq!("bursts".parse(), Ok(bursts));
    }

    #[test]
    fn unknown_patterns_and_seeds_are_named() {
        let error = "burst:1".parse::<Stalls>().unwrap_err();
        assert_eq!(error, StallError::Pattern { name: "burst".into() });
        let error = "random:-1".parse::<Stalls>().unwrap_err();
        assert_eq!(error, StallError::Seed { seed: "-1".into() });
    }
}
