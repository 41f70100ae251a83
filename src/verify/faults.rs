//! What must not disturb a design: frames of the wrong length, and resets at any time.

use super::compare::Comparison;
use super::run::{self, Op, RunError, Transcript};
use super::{Bench, Options, SimError};
use crate::model::Outcome;
use ndarray::{ArrayView2, Axis};
use serde::Serialize;
use std::sync::atomic::AtomicBool;

/// Resets of one scenario, at most.
const RESETS: usize = 12;

/// Cycles of a reset: more than any synchroniser needs, fewer than would hide a slow one.
const RESET_CYCLES: u32 = 4;

/// The outcome of one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// What was done.
    pub name: &'static str,
    /// The packets of the good frames.
    pub comparison: Comparison,
    /// What else was wrong, in words; empty if nothing.
    pub faults: Vec<String>,
    /// Frames of the wrong length that were sent.
    pub dropped: usize,
    /// Resets.
    pub resets: usize,
}

impl Scenario {
    /// Whether all was as it should be.
    pub fn is_right(&self) -> bool {
        self.faults.is_empty() && self.comparison.is_equal()
    }
}

/// What happens between two resets.
#[derive(Default)]
struct Epoch {
    /// The good frames, by row.
    frames: Vec<usize>,
    /// How many of them must have been answered: those before the last drain.
    answered: usize,
    /// Frames of the wrong length.
    dropped: usize,
}

/// Operations, and what they must lead to.
struct Script<'a> {
    bench: &'a Bench,
    frames: ArrayView2<'a, i32>,
    ops: Vec<Op>,
    epochs: Vec<Epoch>,
    /// The row that the next frame comes from.
    next: usize,
}

impl<'a> Script<'a> {
    fn new(bench: &'a Bench, frames: ArrayView2<'a, i32>) -> Self {
        Self { bench, frames, ops: Vec::new(), epochs: vec![Epoch::default()], next: 0 }
    }

    fn epoch(&mut self) -> &mut Epoch {
        self.epochs.last_mut().expect("there is always one")
    }

    fn row(&mut self) -> (usize, Vec<i32>) {
        let row = self.next % self.frames.nrows();
        self.next += 1;
        (row, self.frames.index_axis(Axis(0), row).to_vec())
    }

    fn good(&mut self, n: usize) {
        for _ in 0..n {
            let (row, codes) = self.row();
            self.ops.push(self.bench.frame(&codes));
            self.epoch().frames.push(row);
        }
    }

    /// A frame of so many beats, in which a good one's codes repeat.
    fn beats(&mut self, n: usize, last: bool) {
        let (_, codes) = self.row();
        let whole = self.bench.bus.pack(&codes);
        let beats = whole.iter().copied().cycle().take(n * self.bench.bus.beat_bytes()).collect();
        self.ops.push(Op::Frame { beats, last });
    }

    fn wrong(&mut self, n: usize) {
        self.beats(n, true);
        self.epoch().dropped += 1;
    }

    fn drain(&mut self) {
        self.ops.push(Op::Drain);
        let epoch = self.epoch();
        epoch.answered = epoch.frames.len();
    }

    fn reset(&mut self) {
        self.ops.push(Op::Reset { cycles: RESET_CYCLES });
        self.epochs.push(Epoch::default());
    }
}

impl Bench {
    /// Plays every scenario with good frames from `frames` `[frames, neurons]`, of which the
    /// reference says `expected`. Scenarios that need a frame of several beats are left out
    /// where it has one.
    ///
    /// # Errors
    /// If the frames do not fit, or no process can be started. A model that hangs or breaks
    /// AXI4-Stream is no error here: its scenario says so.
    pub fn faults(
        &self,
        frames: ArrayView2<i32>,
        expected: &[Outcome],
        options: &Options,
    ) -> Result<Vec<Scenario>, SimError> {
        self.check(frames)?;
        let beats = self.bus.beats();
        let mut all = Vec::new();
        let mut scenario = |name, write: &dyn Fn(&mut Script)| -> Result<(), SimError> {
            let mut script = Script::new(self, frames);
            write(&mut script);
            all.push(self.perform(name, script, expected, options)?);
            Ok(())
        };
        // Points at which to cut a frame or to break off: spread evenly, the first and last included.
        let points = |n: usize| {
            let count = n.min(RESETS);
            (0..count).map(move |i| if count < 2 { 1 } else { 1 + i * (n - 1) / (count - 1) })
        };
        if beats > 1 {
            scenario("short frames between good ones", &|s| {
                for n in points(beats - 1) {
                    s.good(2);
                    s.wrong(n);
                }
                s.good(3);
            })?;
        }
        scenario("long frames between good ones", &|s| {
            for n in [beats + 1, 2 * beats, 2 * beats + 1, 3 * beats] {
                s.good(2);
                s.wrong(n);
            }
            s.good(3);
        })?;
        scenario("wrong frames one after the other, the first of all included", &|s| {
            for n in [beats + 1, beats.max(2) - 1, beats + 2] {
                if n != beats {
                    s.wrong(n);
                }
            }
            s.good(3);
        })?;
        if beats > 1 {
            scenario("resets in mid-frame", &|s| {
                for n in points(beats - 1) {
                    s.good(2);
                    s.drain();
                    s.beats(n, false);
                    s.reset();
                }
                s.good(3);
            })?;
            scenario("resets in the middle of a frame that is too long", &|s| {
                s.good(1);
                s.drain();
                s.beats(beats + 1, false);
                s.reset();
                s.good(3);
            })?;
        }
        let busy: u64 = self.manifest.junctions.iter().map(|j| j.cycles).sum();
        let through = busy as usize + beats + self.manifest.output.beats + 8;
        scenario("resets with frames inside", &|s| {
            for wait in points(through) {
                s.good(2);
                s.ops.push(Op::Idle { cycles: wait as u32 });
                s.reset();
            }
            s.good(3);
        })?;
        Ok(all)
    }

    fn perform(
        &self,
        name: &'static str,
        script: Script,
        expected: &[Outcome],
        options: &Options,
    ) -> Result<Scenario, SimError> {
        let Script { ops, epochs, .. } = script;
        let run_options = self.run_options(&Options { waves: None, ..options.clone() });
        let stop = AtomicBool::new(false);
        match run::play(&self.model, ops.into_iter(), &run_options, &stop, || {}) {
            Ok(run) => Ok(self.judge(name, &epochs, &run, expected)),
            Err(error @ RunError::Start { .. }) => Err(error.into()),
            // What broke the run is what this scenario found; the others still say something.
            Err(error) => {
                Ok(Scenario { faults: vec![error.to_string()], ..self.planned(name, &epochs) })
            }
        }
    }

    fn judge(
        &self,
        name: &'static str,
        epochs: &[Epoch],
        run: &Transcript,
        expected: &[Outcome],
    ) -> Scenario {
        let mut all = self.planned(name, epochs);
        let (mut packet, mut drop) = (0, 0);
        for (i, epoch) in epochs.iter().enumerate() {
            let mark = run.resets.get(i);
            let packets = &run.packets[packet..mark.map_or(run.packets.len(), |m| m.packets)];
            let drops = mark.map_or(run.drops.len(), |m| m.drops) - drop;
            let least = if mark.is_some() { epoch.answered } else { epoch.frames.len() };
            if packets.len() < least || packets.len() > epoch.frames.len() {
                let (found, good) = (packets.len(), epoch.frames.len());
                all.faults
                    .push(format!("after {i} resets: {found} packets for {good} good frames"));
            }
            if drops != epoch.dropped {
                let wrong = epoch.dropped;
                all.faults.push(format!(
                    "after {i} resets: frame_error_o flagged {drops} frames, {wrong} were wrong"
                ));
            }
            for (number, (raw, &row)) in packets.iter().zip(&epoch.frames).enumerate() {
                let found = match self.decode(raw, row) {
                    Ok(found) => found,
                    Err(error) => {
                        all.faults.push(format!("after {i} resets: {error}"));
                        continue;
                    }
                };
                let number = number as u64;
                self.compare_one(&mut all.comparison, row, number, &found, &expected[row]);
            }
            packet += packets.len();
            drop += drops;
        }
        let last = epochs.last().map_or(0, |e| e.dropped);
        if run.dropped as usize != last {
            let found = run.dropped;
            all.faults.push(format!("dropped_frames_o is {found} at the end, {last} were wrong"));
        }
        all
    }

    /// A scenario of which nothing is known yet.
    fn planned(&self, name: &'static str, epochs: &[Epoch]) -> Scenario {
        Scenario {
            name,
            comparison: self.nothing_compared(),
            faults: Vec::new(),
            dropped: epochs.iter().map(|e| e.dropped).sum(),
            resets: epochs.len() - 1,
        }
    }
}
