//! One choice of thresholds, and what it does on the observed frames.

use super::observe::{Branch, Observed};

/// What some thresholds do, in whole numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// One an exit whose threshold counts.
    pub thresholds: Vec<i64>,
    /// Of all frames.
    pub frames: usize,
    /// Frames that each of these exits answers, and those of them that are right.
    pub exits: Vec<Answered>,
    /// Frames that are right, whoever answers.
    pub right: usize,
    /// Bytes that leave the edge for all frames.
    pub bytes: u64,
    /// Products that the edge computes for all frames, the branches of exits that do not answer
    /// included.
    pub products: u64,
}

/// Frames, and those of them that are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// All.
    pub frames: usize,
    /// Right.
    pub right: usize,
}

impl Observed {
    /// What `thresholds`, one an exit, do on the frames.
    ///
    /// # Panics
    /// If there is not one threshold an exit.
    pub fn measure(&self, thresholds: &[i64]) -> Point {
        assert_eq!(thresholds.len(), self.exits.len(), "one threshold an exit");
        let mut point = Point {
            thresholds: thresholds.to_vec(),
            frames: self.frames(),
            exits: vec![Answered::default(); self.exits.len()],
            right: 0,
            bytes: 0,
            products: 0,
        };
        for frame in 0..self.frames() {
            let by = self.exit_of(frame, 0, thresholds);
            let outcome = self.outcome(frame, by);
            if let Some(exit) = by {
                point.exits[exit].frames += 1;
                point.exits[exit].right += usize::from(outcome.right);
            }
            point.right += usize::from(outcome.right);
            point.bytes += outcome.bytes;
            point.products += outcome.products;
        }
        point
    }

    /// The exit from number `from` on that answers a frame.
    pub(super) fn exit_of(&self, frame: usize, from: usize, thresholds: &[i64]) -> Option<usize> {
        let holds = |&exit: &usize| self.exits[exit].confidence[frame] >= thresholds[exit];
        (from..thresholds.len()).find(holds)
    }

    /// What it comes to that an exit, or none, answers a frame.
    pub(super) fn outcome(&self, frame: usize, by: Option<usize>) -> Outcome {
        match by.map(|exit| &self.exits[exit]) {
            Some(&Branch { ref right, bytes, products, .. }) => {
                Outcome { right: right[frame], bytes, products }
            }
            None => Outcome {
                right: self.end.right[frame],
                bytes: self.end.bytes[frame].into(),
                products: self.end.products,
            },
        }
    }
}

/// One frame's part of a [`Point`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub right: bool,
    pub bytes: u64,
    pub products: u64,
}

impl Point {
    /// Frames that exit, and those of them that are right.
    pub fn exited(&self) -> Answered {
        self.exits.iter().fold(Answered::default(), |all, exit| Answered {
            frames: all.frames + exit.frames,
            right: all.right + exit.right,
        })
    }

    /// The share of frames that exit, in parts of 1.
    pub fn exit_rate(&self) -> f64 {
        self.exited().frames as f64 / self.frames as f64
    }

    /// The share of frames that are right, in parts of 1.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.frames as f64
    }

    /// Mean bytes a frame.
    pub fn mean_bytes(&self) -> f64 {
        self.bytes as f64 / self.frames as f64
    }

    /// Mean products a frame on the edge.
    pub fn mean_products(&self) -> f64 {
        self.products as f64 / self.frames as f64
    }
}

impl Answered {
    /// The share that is right, in parts of 1; none of no frames.
    pub fn accuracy(&self) -> Option<f64> {
        (self.frames > 0).then(|| self.right as f64 / self.frames as f64)
    }
}
