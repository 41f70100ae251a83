//! Interleavers: which bank and address each lane reads in each cycle.

pub mod search;
