//! Thresholds that are changed while frames stream.

use super::run::{Op, Response, Transcript};
use super::{Bench, SimError};
use crate::quantise::Rule;
use std::collections::BTreeMap;

/// Offset of an exit's registers, and of the high half of its threshold.
const THRESHOLDS: u32 = 0x100;
const EXIT: u32 = 16;
const HIGH: u32 = 4;

/// A threshold that is written while a frame is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The frame.
    pub frame: usize,
    /// Beats of it that are accepted before the write begins.
    pub at: u32,
    /// The exit.
    pub exit: usize,
    /// The threshold.
    pub threshold: i64,
}

impl Change {
    /// Writes the threshold's low word while `beats` are sent; its high word before, where it counts.
    pub(super) fn ops(&self, beats: Vec<u8>, wide: bool) -> Vec<Op> {
        let address = THRESHOLDS + EXIT * self.exit as u32;
        let high = Op::Write { address: address + HIGH, data: (self.threshold >> 32) as u32 };
        let (at, data) = (self.at, self.threshold as u32);
        let frame = Op::FrameWithWrite { beats, last: true, at, address, data };
        if wide { vec![high, frame] } else { vec![frame] }
    }
}

impl Bench {
    /// Whether an exit's threshold has more than 32 bits.
    pub(super) fn is_wide(&self, exit: usize) -> bool {
        let record = &self.manifest.exits[exit];
        let acc_bits = record.junctions.last().map_or(0, |junction| junction.acc_bits);
        record.rule.is_some_and(|rule: Rule| rule.threshold_format(acc_bits).0 > 32)
    }

    /// The thresholds by which each frame of a run was judged: those in force when its last beat was
    /// accepted.
    ///
    /// # Errors
    /// If a write was refused.
    pub(super) fn thresholds(
        &self,
        run: &Transcript,
        changes: &[Change],
    ) -> Result<Vec<Vec<i64>>, SimError> {
        let refused = |w: &&Response| w.resp != 0;
        if let Some(&Response { address, resp, .. }) = run.writes.iter().find(refused) {
            return Err(SimError::Refused { address, resp });
        }
        // the low word counts; by the first cycle in which it does
        let low = run.writes.iter().filter(|w| (w.address - THRESHOLDS).is_multiple_of(EXIT));
        let writes: BTreeMap<u64, &Change> = low.map(|w| w.cycle).zip(changes).collect();
        let mut now: Vec<i64> = self.manifest.exits.iter().map(|exit| exit.threshold).collect();
        let mut writes = writes.into_iter().peekable();
        let frame = |span: &super::run::Span| {
            while let Some((_, change)) = writes.next_if(|(cycle, _)| *cycle <= span.last) {
                now[change.exit] = change.threshold;
            }
            now.clone()
        };
        Ok(run.frames.iter().map(frame).collect())
    }
}
