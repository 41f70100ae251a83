//! Axes of measured values: not things to be counted, but numbers with a unit.

use super::canvas::{Labelled, width};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Labels along an axis when its room is reserved.
const USUAL_LABELS: usize = 20;
/// Digits behind the point that labels may have.
const DIGITS: usize = 6;

/// An axis from one value to a larger one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Scale {
    /// An axis around all finite values, with some room on both sides. If logarithmic, values above
    /// 0 only.
    pub fn around(values: impl Iterator<Item = f64>, logarithmic: bool) -> Self {
        let kept = |v: &f64| v.is_finite() && (!logarithmic || *v > 0.0);
        let (least, most) = values
            .filter(kept)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if least > most {
            return Self { from: 1.0, to: 10.0, logarithmic };
        }
        if logarithmic {
            let room = (most / least).powf(0.06).max(1.1);
            return Self { from: least / room, to: most * room, logarithmic };
        }
        let room = ((most - least) * 0.06).max(least.abs() * 1e-3).max(1e-3);
        Self { from: least - room, to: most + room, logarithmic }
    }

    /// A linear axis from one value to a larger one.
    pub fn between(from: f64, to: f64) -> Self {
        Self { from, to, logarithmic: false }
    }

    /// Whether a value has a place on it.
    pub fn contains(&self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }

    /// Multiples of a round step, at most so many.
    fn linear_marks(&self, most: usize) -> Vec<f64> {
        let mut steps = (-(DIGITS as i32)..)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)));
        let enough = |step: &f64| (self.to - self.from) / step <= most as f64;
        let step = steps.find(enough).expect("steps grow without end");
        let first = (self.from / step).ceil();
        (0..=most).map(|k| (first + k as f64) * step).take_while(|&at| at <= self.to).collect()
    }

    /// Powers of ten and as many round multiples of them as have room.
    fn logarithmic_marks(&self, most: usize) -> Vec<f64> {
        const DIGITS: [&[f64]; 4] =
            [&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0], &[1.0, 2.0, 3.0, 5.0], &[1.0, 2.0, 5.0], &[1.0]];
        let powers = self.from.log10().floor() as i32..=self.to.log10().ceil() as i32;
        let marks = |digits: &[f64]| -> Vec<f64> {
            let all = powers.clone().flat_map(|p| digits.iter().map(move |d| d * 10f64.powi(p)));
            all.filter(|&at| self.contains(at)).collect()
        };
        // As far apart as the ends would be with so many steps between.
        let gap = (self.to / self.from).powf(1.0 / most as f64);
        let apart = |marks: &Vec<f64>| marks.windows(2).all(|pair| pair[1] / pair[0] >= gap);
        let found = DIGITS.map(marks).into_iter().find(apart).unwrap_or_default();
        if found.len() < 2 { self.linear_marks(most.min(5)) } else { found }
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let along = if self.logarithmic {
            (value / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        (f64::from(limit.0) + along * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let most = hint.max_num_points().max(1);
        if self.logarithmic { self.logarithmic_marks(most) } else { self.linear_marks(most) }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        let text = format!("{value:.DIGITS$}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text == "-0" { "0".to_owned() } else { text.to_owned() }
    }
}

impl Labelled for Scale {
    fn label(&self) -> u32 {
        let labels = self.key_points(USUAL_LABELS).into_iter();
        labels.map(|at| width(&self.format_ext(&at))).max().unwrap_or(0)
    }
}
