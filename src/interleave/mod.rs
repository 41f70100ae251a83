//! Interleavers: pure algorithms on patterns, no hardware.

pub mod benes;
pub mod colour;
pub mod recognise;
pub mod search;
