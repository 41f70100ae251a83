//! `clashfree` compiles a trained structured-sparse multilayer perceptron (a *head*) into a
//! pipelined FPGA datapath and shows, frame by frame, that the hardware computes what the
//! bit-accurate reference computes.
//!
//! The modules follow the data; each stage is a verb and what it hands on is a noun:
//! [`load`] → `Head` → [`quantise`] → `QuantHead` → `schedule` → `lower` → `Design` → `emit` →
//! `verify`. [`model`] is the reference and knows nothing of what comes after [`quantise`].

pub mod board;
pub mod bus;
pub mod calibrate;
pub mod cli;
pub mod commands;
pub mod emit;
pub mod error;
pub mod exit;
pub mod files;
pub mod heap;
pub mod ids;
pub mod interleave;
pub mod load;
pub mod lower;
pub mod manifest;
pub mod masks;
pub mod model;
pub mod packet;
pub mod pattern;
pub mod pipeline;
pub mod policies;
pub mod quantise;
pub mod ranges;
pub mod report;
pub mod rewrite;
pub mod save;
pub mod schedule;
pub mod serve;
pub mod speed;
pub mod sweep;
pub mod synth;
pub mod tail;
pub mod thresholds;
pub mod train;
pub mod verify;
