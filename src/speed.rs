//! How fast a head is wanted, and the budget that comes of it on a bus.

use crate::bus::BUS_BITS;
use crate::error::Error;
use crate::lower::{BusTime, Interface, InterfaceError};
use crate::quantise::QuantHead;
use crate::schedule::{Budget, BudgetError, FrameRate, Preferences, ScheduleError, Site};

/// How fast a head is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// As fast as the bus brings frames, not more.
    #[default]
    BusMatched,
    /// So many frames a second.
    FrameRate(FrameRate),
    /// Within a budget, however fast the bus.
    Budget(Budget),
}

/// A frame rate that the streams cannot keep up with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error(
    "{rate} leave {} whole cycles a frame, but the bus takes {}: {} beats in and {} out on {bus_bits} bits",
    .rate.cycles(), .time.interval(), .time.input, .time.output
)]
#[diagnostic(code(clashfree::speed::bus), help("{}", self.way_out()))]
pub struct TooFast {
    /// What was asked for.
    pub rate: FrameRate,
    /// Bits of the bus.
    pub bus_bits: u32,
    /// What the streams take for a frame.
    pub time: BusTime,
    /// Bits of the narrowest bus that keeps up, if one does.
    pub enough: Option<u32>,
}

impl TooFast {
    /// What can be had.
    fn way_out(&self) -> String {
        let most = self.rate.reached(self.time.interval());
        let nearest = format!("the most on this bus is `--fps {most}@{}`", self.rate.mhz());
        match self.enough {
            Some(bits) => format!("{nearest}; `--bus {bits}` is wide enough for what was asked"),
            None => format!("{nearest}; no bus up to {} bits is wide enough", BUS_BITS.end()),
        }
    }

    /// Checks that streams keep up with a frame rate; `time` is what they take on a bus of so many
    /// bits.
    ///
    /// # Errors
    /// If they do not, or no such bus can be built.
    pub fn check(
        rate: FrameRate,
        bus_bits: u32,
        time: impl Fn(u32) -> Result<BusTime, InterfaceError>,
    ) -> Result<(), Error> {
        let keeps_up = |time: BusTime| time.interval() <= rate.cycles();
        let here = time(bus_bits)?;
        if keeps_up(here) {
            return Ok(());
        }
        let mut widths = BUS_BITS.step_by(8);
        let enough = widths.find(|&bits| time(bits).is_ok_and(keeps_up));
        Err(Self { rate, bus_bits, time: here, enough }.into())
    }
}

impl Speed {
    /// The budget for a head.
    ///
    /// # Errors
    /// If the streams cannot keep up with a frame rate, or no such outside can be built.
    pub fn budget(
        &self,
        head: &QuantHead,
        interface: Interface,
        preferences: &Preferences,
    ) -> Result<Budget, Error> {
        if let Self::FrameRate(rate) = *self {
            let shares = preferences.shares(head);
            let shares = shares.map_err(|e| ScheduleError::from(BudgetError::from(e)))?;
            let time = |bus_bits| Interface { bus_bits, ..interface }.time(head, &shares);
            TooFast::check(rate, interface.bus_bits, time)?;
        }
        Ok(self.cycles(interface.bus(head)?.beats(), most_cycles(head)))
    }

    /// The budget for junctions that can use `most` cycles, behind a bus that takes `beats` for a
    /// frame. Whether the bus keeps up with a frame rate is another question.
    pub fn cycles(&self, beats: usize, most: usize) -> Budget {
        match self {
            Self::BusMatched => Budget::Cycles(beats.min(most)),
            Self::FrameRate(rate) => Budget::Cycles(rate.cycles().min(most)),
            Self::Budget(budget) => budget.clone(),
        }
    }

    /// What is to be said of a head that is faster than asked, whatever is done.
    pub fn note(&self, head: &QuantHead) -> Option<String> {
        let Self::FrameRate(rate) = self else { return None };
        let (cycles, most) = (rate.cycles(), most_cycles(head));
        (cycles > most).then(|| {
            format!(
                "{rate} leave {cycles} cycles a frame; one lane everywhere takes {most}, and there is nothing smaller"
            )
        })
    }
}

/// The cycles that the largest junction takes on one lane: the largest budget that a head can use.
fn most_cycles(head: &QuantHead) -> usize {
    Site::all(head).map(|(_, j)| j.pattern.edges()).max().unwrap_or(1)
}
