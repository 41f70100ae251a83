//! Trains many recipes of one file and makes tables and pictures of them.
//!
//! [`Sweep`] is the file: rows, each with its trainings. [`run()`] trains what [`Ledger`], the
//! folder of results, does not have yet. [`figures`] puts results into means and spreads,
//! [`tables`] and [`pictures`] make files of those. What comes out depends on the file and the
//! results, not on who finished first.

mod error;
pub mod figures;
mod file;
mod ledger;
pub mod pictures;
mod record;
mod run;
pub mod tables;

pub use error::SweepError;
pub use file::{Row, Sweep, Training};
pub use ledger::{Ledger, REPORTS, RESULTS};
pub use record::{Hardware, Record, hash as recipe_hash};
pub use run::{Failure, missing, run};
