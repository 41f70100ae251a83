//! Where a junction of the hardware stands.

use crate::quantise::{QuantHead, QuantJunction};
use serde::{Serialize, Serializer};
use std::fmt;

/// A junction on the edge: of the trunk, or of an exit's branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Site {
    /// Junction of the trunk, from the input on.
    Trunk(usize),
    /// Junction of a branch.
    Exit {
        /// Which exit's.
        exit: usize,
        /// Which, from where the branch begins.
        junction: usize,
    },
}

impl Site {
    /// Every junction of a head that runs on the edge: those of the trunk, then those of each exit.
    pub fn all(head: &QuantHead) -> impl Iterator<Item = (Self, &QuantJunction)> {
        let trunk = head.edge().iter().enumerate().map(|(n, j)| (Self::Trunk(n), j));
        let branches = head.exits.iter().enumerate().flat_map(|(exit, branch)| {
            let site = move |(junction, j)| (Self::Exit { exit, junction }, j);
            branch.junctions.iter().enumerate().map(site)
        });
        trunk.chain(branches)
    }

    /// The exits of `head` that a frame must have passed to come here.
    pub fn gates(self, head: &QuantHead) -> usize {
        match self {
            Self::Trunk(number) => head.exits.iter().filter(|exit| exit.after < number).count(),
            Self::Exit { exit, .. } => exit,
        }
    }

    /// What files and instances of it begin with.
    pub fn prefix(self) -> String {
        match self {
            Self::Trunk(number) => format!("j{number}"),
            Self::Exit { exit, junction } => format!("x{exit}_j{junction}"),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trunk(number) => write!(f, "junction {number}"),
            Self::Exit { exit, junction } => write!(f, "exit {exit}, junction {junction}"),
        }
    }
}

impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
