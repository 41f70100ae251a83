//! One file a command: its arguments, and what it does with them.

pub mod answer;
pub mod board;
pub mod calibrate;
pub mod check;
pub mod compile;
pub mod draw;
pub mod edge;
pub mod infer;
pub mod layout;
pub mod pattern;
pub mod policies;
pub mod quantise;
pub mod serve;
pub mod simulate;
pub mod simulation;
pub mod sweep;
pub mod synth;
pub mod tail;
pub mod train;
pub mod verify;
