//! Frames a second at a clock, as whole numbers.

use std::fmt;
use std::str::FromStr;

/// Millionths of one.
const ONE: u64 = 1_000_000;

/// Clocks that can be meant, Hz: what `synth --freq` takes, too.
const CLOCKS: std::ops::RangeInclusive<u64> = 1_000_000..=10_000_000_000;

/// Frames a second that are wanted at a clock. Both are exact: a rate is whole millionths, a clock
/// whole Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate {
    /// Millionths of a frame a second, at least 1.
    millionths: u64,
    /// Clock, Hz, within [`CLOCKS`].
    hertz: u64,
}

/// A text that is no frame rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum FrameRateError {
    /// Not two numbers around `@`.
    #[error(
        "{found:?} is no frame rate: write FPS@MHZ, two decimal numbers such as 100000@100 or 62.5k@27, with at most six digits behind the point"
    )]
    #[diagnostic(code(clashfree::schedule::frame_rate))]
    Malformed {
        /// What was given.
        found: String,
    },
    /// Zero.
    #[error("{found:?} asks for no frames: give more than 0 a second")]
    #[diagnostic(code(clashfree::schedule::no_frames))]
    Zero {
        /// What was given.
        found: String,
    },
    /// A clock that no part has.
    #[error("{found:?} has a clock of {mhz} MHz: it is a number of MHz from 1 to 10000")]
    #[diagnostic(code(clashfree::schedule::frame_rate_clock))]
    Clock {
        /// What was given.
        found: String,
        /// The clock in it.
        mhz: String,
    },
}

impl FrameRate {
    /// The cycles of the clock that there are for a frame, rounded down: `⌊MHz·10⁶ / FPS⌋`. None at
    /// all where frames are to come faster than the clock ticks.
    pub fn cycles(self) -> usize {
        let cycles = u128::from(self.hertz) * u128::from(ONE) / u128::from(self.millionths);
        usize::try_from(cycles).unwrap_or(usize::MAX)
    }

    /// Clock, Hz.
    pub fn hertz(self) -> u64 {
        self.hertz
    }

    /// Clock, MHz, as a decimal number.
    pub fn mhz(self) -> String {
        decimal(self.hertz)
    }

    /// Frames a second wanted, as a decimal number.
    pub fn wanted(self) -> String {
        decimal(self.millionths)
    }

    /// Frames a second where one comes every so many cycles, at least 1, rounded down.
    pub fn reached(self, interval: usize) -> u64 {
        self.hertz / interval as u64
    }

    /// How many times what was wanted that is, in hundredths, rounded down: 100 or more where the rate
    /// is reached.
    pub fn hundredths(self, interval: usize) -> u128 {
        let wanted = u128::from(self.millionths) * interval as u128;
        100 * u128::from(ONE) * u128::from(self.hertz) / wanted
    }
}

impl fmt::Display for FrameRate {
    /// `62500 frames a second at 27 MHz`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} frames a second at {} MHz", self.wanted(), self.mhz())
    }
}

impl FromStr for FrameRate {
    type Err = FrameRateError;

    /// Reads `FPS@MHZ`; `FPS` may end in `k` for thousands or `M` for millions.
    fn from_str(text: &str) -> Result<Self, FrameRateError> {
        let found = || text.to_owned();
        let malformed = || FrameRateError::Malformed { found: found() };
        let (frames, mhz) = text.split_once('@').ok_or_else(malformed)?;
        let (number, times) = match frames.strip_suffix('k') {
            Some(number) => (number, 1_000),
            None => frames.strip_suffix('M').map_or((frames, 1), |number| (number, 1_000_000)),
        };
        let wanted = millionths(number).and_then(|wanted| wanted.checked_mul(times));
        let millionths = wanted.zip(millionths(mhz));
        match millionths.ok_or_else(malformed)? {
            (0, _) => Err(FrameRateError::Zero { found: found() }),
            (_, hertz) if !CLOCKS.contains(&hertz) => {
                Err(FrameRateError::Clock { found: found(), mhz: mhz.to_owned() })
            }
            (millionths, hertz) => Ok(Self { millionths, hertz }),
        }
    }
}

/// The millionths of a decimal number of at most six digits behind the point, if it is one.
fn millionths(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(places) || places.len() > 6 {
        return None;
    }
    format!("{whole}{places:0<6}").parse().ok()
}

/// Millionths as a decimal number, without zeros at its end.
fn decimal(millionths: u64) -> String {
    let text = format!("{}.{:06}", millionths / ONE, millionths % ONE);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> FrameRate {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn cycles_are_the_clock_over_the_rate_rounded_down() {
        let good = [
            ("100000@100", 1000),
            ("100k@100", 1000),
            ("0.1M@100", 1000),
            ("3@1", 333_333),
            // 27e6 / 62,500 = 432
            ("62.5k@27", 432),
            // 33,333,333 Hz / 1000.5 = 33,316.674
            ("1000.5@33.333333", 33_316),
            // one cycle too few, exactly enough, one frame too many
            ("1000001@100", 99),
            ("1M@100", 100),
            ("0.999999M@100", 100),
            ("100M@100", 1),
            ("100000000.000001@100", 0),
        ];
        for (text, cycles) in good {
            assert_eq!(read(text).cycles(), cycles, "{text}");
        }
        // 10^10 Hz / 10^-6: more than 32 bits hold
        assert_eq!(read("0.000001@10000").cycles() as u128, 10u128.pow(16));
    }

    #[test]
    fn what_is_reached_is_compared_exactly() {
        let rate = read("2M@100");
        assert_eq!((rate.cycles(), rate.reached(50), rate.hundredths(50)), (50, 2_000_000, 100));
        assert_eq!((rate.reached(51), rate.hundredths(51)), (1_960_784, 98));
        // 100e6 / 33 is 3,030,303.03, and 1.0000001 times 3,030,303
        let third = read("3030303@100");
        assert_eq!((third.cycles(), third.hundredths(33), third.hundredths(34)), (33, 100, 97));
        assert_eq!(read("62.5k@27.000000").to_string(), "62500 frames a second at 27 MHz");
        assert_eq!(read("0.5@12.5").to_string(), "0.5 frames a second at 12.5 MHz");
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "100",
            "@",
            "@100",
            "100@",
            "-1@100",
            "1@-100",
            "+1@100",
            "1e5@100",
            "1..2@100",
            ".5@100",
            "5.@100",
            "k@100",
            "1G@100",
            "1K@100",
            "1@100MHz",
            "1 @100",
            "1@1@1",
            "0.0000001@100",
            "1@100.0000001",
            "99999999999999999999@100",
            "99999999999999M@100",
        ] {
            let wanted = FrameRateError::Malformed { found: text.into() };
            assert_eq!(text.parse::<FrameRate>(), Err(wanted), "{text}");
        }
        for text in ["0@100", "0.000000k@100", "0@0"] {
            let wanted = FrameRateError::Zero { found: text.into() };
            assert_eq!(text.parse::<FrameRate>(), Err(wanted), "{text}");
        }
        for (text, mhz) in [("1@0", "0"), ("1@0.999999", "0.999999"), ("1@10000.1", "10000.1")] {
            let wanted = FrameRateError::Clock { found: text.into(), mhz: mhz.into() };
            assert_eq!(text.parse::<FrameRate>(), Err(wanted), "{text}");
        }
    }
}
