//! Thresholds of early exits, chosen on frames that the head was not trained on.
//!
//! [`Observed`] runs the reference model once and keeps, for every frame and exit, the largest
//! threshold at which the exit answers and whether it is right; [`Observed::choose`] finds the
//! thresholds for a [`Want`], with the trade-off around them as a [`Curve`]. [`Destination`] is where
//! the head goes that has them. Nothing here trains.

mod curve;
mod error;
mod folder;
mod observe;
mod point;
mod search;
mod split;
#[cfg(test)]
mod tests;
mod want;

pub use curve::{Curve, Yardstick};
pub use error::ThresholdError;
pub use folder::{Destination, RECORD};
pub use observe::{Observed, with_rule};
pub use point::{Answered, Point};
pub use split::KeptOut;

pub use want::Want;
