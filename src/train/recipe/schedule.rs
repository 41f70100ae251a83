//! How the learning rate moves, when training stops, and what it keeps.

use super::{Recipe, key};
use crate::train::TrainError;
use serde::{Deserialize, Serialize};

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Schedule {
    /// Half a cosine from the first step to 0 after the last.
    #[default]
    Cosine,
    /// Not at all.
    Constant,
    /// At once, after every so many epochs.
    Step {
        /// Epochs with one rate.
        every: usize,
        /// What the rate is multiplied by then; above 0, at most 1.
        factor: f64,
    },
}

/// When to stop before the last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// After so many quantised epochs whose validation accuracy is not above the best before them.
    pub patience: usize,
}

/// Which epoch's parameters become the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The last one's.
    Last,
    /// Those of the quantised epoch with the best validation accuracy, the first of several.
    Best,
}

impl Recipe {
    /// Which epoch is kept: as given, else the best where training stops early.
    pub fn keeps(&self) -> Keep {
        let usual = if self.early_stopping.is_some() { Keep::Best } else { Keep::Last };
        self.keep.unwrap_or(usual)
    }

    /// The learning rate of step `t`, from 0, where an epoch has so many steps.
    pub(in crate::train) fn rate(&self, t: usize, steps_per_epoch: usize) -> f64 {
        let step = t as f64;
        let rate = self.learning_rate / (1.0 + self.decay * step);
        let rate = match self.schedule {
            Schedule::Cosine => {
                let total = (self.epochs * steps_per_epoch) as f64;
                rate * 0.5 * (1.0 + (std::f64::consts::PI * step / total).cos())
            }
            Schedule::Constant => rate,
            Schedule::Step { every, factor } => {
                let falls = t / steps_per_epoch / every;
                rate * factor.powi(falls.try_into().unwrap_or(i32::MAX))
            }
        };
        let ramp = self.ramp * steps_per_epoch;
        if t < ramp { rate * (t + 1) as f64 / ramp as f64 } else { rate }
    }

    pub(super) fn check_schedule(&self) -> Result<(), TrainError> {
        if self.ramp > self.epochs {
            return key("ramp", format!("is {} of {} epochs", self.ramp, self.epochs));
        }
        if let Schedule::Step { every, factor } = self.schedule {
            if every == 0 {
                return key("schedule", "falls every 0 epochs; it must be 1 or more");
            }
            if !(factor > 0.0 && factor <= 1.0) {
                return key(
                    "schedule",
                    format!("has factor {factor}; it must be above 0, at most 1"),
                );
            }
        }
        if self.early_stopping.is_some_and(|stop| stop.patience == 0) {
            return key("early_stopping", "has patience 0; it must be 1 epoch or more");
        }
        self.check_validated("early_stopping", self.early_stopping.is_some())?;
        self.check_validated("keep", self.keep == Some(Keep::Best))
    }

    /// Checks that a key that asks for the best quantised epoch has any to choose from.
    fn check_validated(&self, name: &'static str, used: bool) -> Result<(), TrainError> {
        if used && self.validation == 0 {
            return key(name, "needs a validation split, and `validation` is 0");
        }
        if used && self.warmup == self.epochs {
            let all = self.epochs;
            return key(name, format!("looks at quantised epochs only; `warmup` takes all {all}"));
        }
        Ok(())
    }
}
