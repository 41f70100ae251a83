//! The search for thresholds: exact along each exit, joint over exits by prices.

use super::observe::Observed;
use super::point::Point;
use super::want::{Goal, Sums, Want};
use super::{Curve, ThresholdError};
use std::cmp::Ordering;

/// Points of a curve, but for the chosen one.
const POINTS: usize = 200;

/// Rounds of improvement over all exits; each keeps at least one frame more or less, and in practice
/// the second or third finds nothing.
const ROUNDS: usize = 50;

/// Mantissas of the prices tried in each octave.
const MANTISSAS: [f64; 2] = [1.0, 1.5];

impl Observed {
    /// The best thresholds for a wish, and the trade-off around them. With one exit there are no
    /// better; with several they are those that no change of one threshold improves.
    ///
    /// # Errors
    /// If no thresholds that were tried grant the wish.
    pub fn choose(&self, want: Want) -> Result<(Point, Curve), ThresholdError> {
        let goal = Goal::new(want, self);
        let seeds = self.seeds();
        let better = |best: Option<Point>, start: &Point| {
            let found = self.improve(start.clone(), |a, b| goal.compare(a, b));
            let keep = best.filter(|best| !goal.compare(Sums::of(&found), Sums::of(best)).is_gt());
            Some(keep.unwrap_or(found))
        };
        let best = seeds.iter().fold(None, better).expect("there is a start");
        if !goal.holds(Sums::of(&best)) {
            return Err(ThresholdError::Unreachable {
                wanted: want.to_string(),
                best: match want {
                    Want::Loss(_) | Want::Accuracy(_) => {
                        format!("an accuracy of {:.2} %", 100.0 * best.accuracy())
                    }
                    Want::ExitRate(_) => format!("{:.2} %", 100.0 * best.exit_rate()),
                    Want::Bytes(_) => format!("{:.2} bytes a frame", best.mean_bytes()),
                },
                frames: self.frames(),
            });
        }
        let curve = self.curve(seeds, &best);
        Ok((best, curve))
    }

    /// Thresholds at which as few frames exit as may be.
    fn closed(&self) -> Point {
        let highest: Vec<i64> = self.exits.iter().map(|exit| *exit.range.end()).collect();
        self.measure(&highest)
    }

    /// Where the search starts: closed exits and, with several, the best for each of many prices of
    /// a right answer. Without repeats, in the order of rising prices of what an answer costs.
    fn seeds(&self) -> Vec<Point> {
        let mut seeds = vec![self.closed()];
        if self.exits.len() == 1 {
            return seeds;
        }
        let cost = |sums: Sums| if self.split { sums.bytes } else { sums.products } as f64;
        // From a price that no saving outweighs a single frame at to one that all of them do.
        let octaves = (seeds[0].bytes.max(seeds[0].products) as f64).log2().ceil() as i32;
        let most = (self.frames() as f64).log2().ceil() as i32;
        for octave in -octaves..=most {
            for mantissa in MANTISSAS {
                let price = mantissa * f64::from(octave).exp2();
                let value = |sums: Sums| sums.right as f64 - price * cost(sums);
                let compare = |a: Sums, b: Sums| {
                    value(a).total_cmp(&value(b)).then(cost(b).total_cmp(&cost(a)))
                };
                let last = seeds.last().expect("there is one").clone();
                let found = self.improve(last, compare);
                if !seeds.contains(&found) {
                    seeds.push(found);
                }
            }
        }
        seeds
    }

    /// Changes one threshold after the other to the best there is while that is an improvement.
    fn improve(&self, start: Point, compare: impl Fn(Sums, Sums) -> Ordering) -> Point {
        let mut best = Sums::of(&start);
        let mut thresholds = start.thresholds.clone();
        for _ in 0..ROUNDS {
            let mut improved = false;
            for exit in 0..self.exits.len() {
                for (threshold, sums) in self.line(&thresholds, exit) {
                    if compare(sums, best).is_gt() {
                        best = sums;
                        thresholds[exit] = threshold;
                        improved = true;
                    }
                }
            }
            if !improved {
                break;
            }
        }
        if thresholds == start.thresholds { start } else { self.measure(&thresholds) }
    }

    /// Every threshold of one exit that makes a difference, from the highest, and what it comes to
    /// with the others as they are. Of the thresholds that decide alike the highest.
    fn line(&self, thresholds: &[i64], exit: usize) -> Vec<(i64, Sums)> {
        let branch = &self.exits[exit];
        let mut sums = Sums::default();
        // what each frame that comes so far makes of it if it exits here, less if it does not
        let mut changes = Vec::new();
        for &frame in &branch.order {
            let frame = frame as usize;
            let before = self.exit_of(frame, 0, &thresholds[..exit]);
            let otherwise = before.or_else(|| self.exit_of(frame, exit + 1, thresholds));
            let outcome = self.outcome(frame, otherwise);
            sums.right += i64::from(outcome.right);
            sums.exited += i64::from(otherwise.is_some());
            sums.bytes += outcome.bytes as i64;
            sums.products += outcome.products as i64;
            if before.is_none() {
                let here = self.outcome(frame, Some(exit));
                let change = Sums {
                    right: i64::from(here.right) - i64::from(outcome.right),
                    exited: i64::from(otherwise.is_none()),
                    bytes: here.bytes as i64 - outcome.bytes as i64,
                    products: here.products as i64 - outcome.products as i64,
                };
                changes.push((branch.confidence[frame], change));
            }
        }
        let mut line = Vec::new();
        let highest = *branch.range.end();
        if changes.first().is_none_or(|&(confidence, _)| confidence < highest) {
            line.push((highest, sums));
        }
        for (at, &(confidence, change)) in changes.iter().enumerate() {
            sums.right += change.right;
            sums.exited += change.exited;
            sums.bytes += change.bytes;
            sums.products += change.products;
            if changes.get(at + 1).is_none_or(|&(next, _)| next < confidence) {
                line.push((confidence, sums));
            }
        }
        line
    }

    /// The trade-off, by rising shares of frames that exit: all thresholds of an only exit, thinned
    /// evenly, or the best for each of many prices.
    fn curve(&self, seeds: Vec<Point>, chosen: &Point) -> Curve {
        let mut points = seeds;
        if self.exits.len() == 1 {
            let line = self.line(&points[0].thresholds, 0);
            let mut next = 0;
            points.clear();
            for (at, (threshold, sums)) in line.iter().enumerate() {
                // At each step of the share, and at the end.
                if sums.exited as usize * POINTS >= next * self.frames() || at + 1 == line.len() {
                    next = sums.exited as usize * POINTS / self.frames() + 1;
                    points.push(self.measure(&[*threshold]));
                }
            }
        }
        if !points.contains(chosen) {
            points.push(chosen.clone());
        }
        points.sort_by_key(|point| (point.exited().frames, point.right, point.bytes));
        Curve { points }
    }
}
