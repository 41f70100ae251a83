//! One command a file: its arguments and what it does.

pub mod check;
pub mod infer;
