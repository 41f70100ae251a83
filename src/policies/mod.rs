//! Who computes what, side by side: all at the edge, all remote, and split, with and without early
//! exit (the policies that Capogrosso et al., FDL 2024, compare).
//!
//! [`Comparison`] is the file: networks and the places where each is split. [`Heads`] trains a head
//! for each place, or finds it in the folder of an earlier run; [`compare`] measures the policies by
//! that head; [`tables`] makes files of the lines.

mod compare;
mod error;
mod file;
mod heads;
pub mod tables;

pub use compare::{Data, Hardware, Line, Policy, Traffic, compare};
pub use error::PoliciesError;
pub use file::{Comparison, Place};
pub use heads::{Heads, REPORTS};
