//! Interleavers: pure algorithms on patterns, no hardware.

pub mod benes;
pub mod colour;
