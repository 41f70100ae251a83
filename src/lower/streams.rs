//! Cycles that the streams take for a frame.

use super::{Interface, InterfaceError};
use crate::packet::{AnswerFormat, EndFormat, PacketFormat};
use crate::quantise::QuantHead;
use crate::schedule::{Share, Site};

/// Cycles that the streams take for a frame, where nothing stalls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusTime {
    /// Beats of the frame.
    pub input: usize,
    /// Beats of the longest packet; of packets that only a share of the frames sends, that share.
    pub output: usize,
}

impl BusTime {
    /// Cycles from one frame to the next, at least.
    pub fn interval(self) -> usize {
        self.input.max(self.output)
    }
}

impl Interface {
    /// Cycles that the streams take for a frame of a head, with these shares of frames that pass its
    /// first `k` exits.
    ///
    /// # Errors
    /// If the outside cannot be built.
    pub fn time(&self, head: &QuantHead, shares: &[Share]) -> Result<BusTime, InterfaceError> {
        let packet = PacketFormat::new(head, self.result, None)?;
        let output = cycles_out(&packet, head, shares, self.bus_bits, |_| 0);
        Ok(BusTime { input: self.bus(head)?.beats(), output })
    }
}

/// Cycles that packets take of every frame's time. The answers of a source, an exit or the trunk's
/// end, take at least `rows` of it.
pub(super) fn cycles_out(
    packet: &PacketFormat,
    head: &QuantHead,
    shares: &[Share],
    bus_bits: u32,
    rows: impl Fn(Option<usize>) -> usize,
) -> usize {
    let beats = |bytes: usize| bytes.div_ceil(bus_bits as usize / 8);
    let end = shares[Site::Trunk(head.edge().len()).gates(head)];
    let of = |(exit, format): (Option<usize>, &AnswerFormat)| {
        let share = exit.map_or(end, |exit| shares[Site::Exit { exit, junction: 0 }.gates(head)]);
        share.of_time(rows(exit).max(beats(format.bytes())))
    };
    let answers = packet.answers().map(of).max().unwrap_or(0);
    let codes = match &packet.end {
        EndFormat::Codes(codes) => end.of_time(beats(codes.longest())),
        EndFormat::Answer(_) | EndFormat::Nothing => 0,
    };
    // where ends are slower than exits, both go over one bus
    if end.is_all() { answers.max(codes) } else { answers + codes }
}
