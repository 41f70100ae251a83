//! Interleavers: pure algorithms on patterns, no hardware.

pub mod recognise;
pub mod search;
