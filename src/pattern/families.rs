//! The families of patterns, by name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A set of patterns to draw from.
///
/// Written as `random-structured`, `clash-free-free-addresses`, `clash-free-starts-per-sweep` or
/// `clash-free-starts-once`, the last three also with `-dithered` behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Family {
    /// Any pattern of fixed degrees.
    RandomStructured,
    /// Patterns whose left neurons lie in `z` banks, read by `z` lanes without a clash.
    ClashFree {
        /// How the addresses of a bank run.
        starts: Starts,
        /// Whether each sweep has a permutation of the banks of its own; otherwise lane `k` always
        /// reads bank `k`.
        dither: bool,
    },
}

/// How the addresses of a bank run through its sweeps, from the least to the most restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Starts {
    /// Any order of the addresses, in every sweep and bank anew: an address table.
    PerSweepFree,
    /// A start for every sweep and bank, counting up modulo the bank's depth: a table of starts.
    PerSweep,
    /// A start for every bank, the same in all sweeps, counting up: a counter.
    Once,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 7] = [
        Self::RandomStructured,
        Self::ClashFree { starts: Starts::PerSweepFree, dither: false },
        Self::ClashFree { starts: Starts::PerSweep, dither: false },
        Self::ClashFree { starts: Starts::Once, dither: false },
        Self::ClashFree { starts: Starts::PerSweepFree, dither: true },
        Self::ClashFree { starts: Starts::PerSweep, dither: true },
        Self::ClashFree { starts: Starts::Once, dither: true },
    ];

    /// The name in recipes, messages and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomStructured => "random-structured",
            Self::ClashFree { starts, dither } => match (starts, dither) {
                (Starts::PerSweepFree, false) => "clash-free-free-addresses",
                (Starts::PerSweep, false) => "clash-free-starts-per-sweep",
                (Starts::Once, false) => "clash-free-starts-once",
                (Starts::PerSweepFree, true) => "clash-free-free-addresses-dithered",
                (Starts::PerSweep, true) => "clash-free-starts-per-sweep-dithered",
                (Starts::Once, true) => "clash-free-starts-once-dithered",
            },
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        Self::ALL
            .into_iter()
            .find(|family| family.name() == name)
            .ok_or_else(|| UnknownFamily { name: name.to_owned() })
    }
}

impl TryFrom<String> for Family {
    type Error = UnknownFamily;

    fn try_from(name: String) -> Result<Self, UnknownFamily> {
        name.parse()
    }
}

impl From<Family> for String {
    fn from(family: Family) -> Self {
        family.name().to_owned()
    }
}

/// A name that is no family's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("there is no pattern family {name:?}; there are {}", Family::ALL.map(Family::name).join(", "))]
#[diagnostic(code(clashfree::pattern::family), help("docs/patterns.md says what each of them is"))]
pub struct UnknownFamily {
    /// The name given.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for family in Family::ALL {
            assert_eq!(family.to_string().parse(), Ok(family));
            let text = serde_json::to_string(&family).unwrap();
            assert_eq!(serde_json::from_str::<Family>(&text).unwrap(), family);
        }
        let error = "clash-free-1".parse::<Family>().unwrap_err().to_string();
        assert!(error.contains("\"clash-free-1\"") && error.contains("clash-free-starts-once,"));
    }
}
