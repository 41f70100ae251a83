//! Boards: a compiled head with a serial link around it, a host script, a simulation.
//!
//! Everything with state or arithmetic is in `hw/board` and `hw/rtl`; this puts the package's files, the
//! link's modules, the board's pins and the host script into one folder. `docs/boards.md` says how the
//! host and the board talk.

mod error;
mod files;
mod folder;

pub use error::BoardError;
pub use files::BoardFiles;
pub use folder::{Destination, FILE};

use serde::{Deserialize, Serialize};

/// Frames that may be inside a head at once: every memory of frames has two places at least, so a head
/// that has answered all others has room for them.
pub const WINDOW: u8 = 2;

/// A board that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Board {
    /// ULX3S with ECP5 LFE5U-85F: 25 MHz
    Ulx3s,
    /// iCEBreaker with iCE40 UP5K: 12 MHz
    Icebreaker,
}

/// What a board is made of, and what its pins are called.
#[derive(Debug)]
pub struct Facts {
    /// As its makers write it, with its FPGA.
    pub title: &'static str,
    /// Its oscillator.
    pub clock_hz: u32,
    /// Name and text of the constraints.
    pub constraints: (&'static str, &'static str),
    /// Declarations of the top's ports.
    pub ports: &'static [&'static str],
    /// Pins that stand still.
    pub assigns: &'static [&'static str],
    /// The oscillator's pin.
    pub clock: &'static str,
    /// Pin that the host's bytes come by.
    pub rx: &'static str,
    /// Pin that bytes go to the host by.
    pub tx: &'static str,
    /// Pins of buttons, all of them up when high.
    pub button: &'static str,
    /// The button that resets, low while pressed.
    pub button_bit: &'static str,
    /// Pins of the lights: alive, error.
    pub lights: [&'static str; 2],
    /// 1 if these are on while low, else 0.
    pub lights_low: u8,
    /// Pins that nothing reads.
    pub unused: &'static str,
    /// Its bitstream's name.
    pub bitstream: &'static str,
    /// The command that loads that.
    pub load: &'static str,
    /// The serial port as Linux usually names it.
    pub port: &'static str,
}

const ULX3S: Facts = Facts {
    title: "ULX3S with LFE5U-85F",
    clock_hz: 25_000_000,
    constraints: ("ulx3s.lpf", include_str!("../../hw/board/ulx3s.lpf")),
    ports: &[
        "input  wire       clk_25mhz,",
        "input  wire       ftdi_txd,   // the host sends",
        "output wire       ftdi_rxd,   // the host receives",
        "input  wire [1:0] btn,        // PWR: reset",
        "output wire [1:0] led,        // 0: alive, 1: a message was refused",
        "output wire       wifi_gpio0",
    ],
    assigns: &["assign wifi_gpio0 = 1'b1;"],
    clock: "clk_25mhz",
    rx: "ftdi_txd",
    tx: "ftdi_rxd",
    button: "btn",
    button_bit: "btn[0]",
    lights: ["led[0]", "led[1]"],
    lights_low: 0,
    unused: "btn[1]",
    bitstream: "ulx3s.bit",
    load: "openFPGALoader -b ulx3s ulx3s.bit",
    port: "/dev/ttyUSB0",
};

const ICEBREAKER: Facts = Facts {
    title: "iCEBreaker with iCE40UP5K",
    clock_hz: 12_000_000,
    constraints: ("icebreaker.pcf", include_str!("../../hw/board/icebreaker.pcf")),
    ports: &[
        "input  wire CLK,",
        "input  wire RX,      // the host sends",
        "output wire TX,      // the host receives",
        "input  wire BTN_N,   // reset",
        "output wire LEDG_N,  // alive",
        "output wire LEDR_N   // a message was refused",
    ],
    assigns: &[],
    clock: "CLK",
    rx: "RX",
    tx: "TX",
    button: "BTN_N",
    button_bit: "BTN_N",
    lights: ["LEDG_N", "LEDR_N"],
    lights_low: 1,
    unused: "",
    bitstream: "icebreaker.bin",
    load: "iceprog icebreaker.bin",
    port: "/dev/ttyUSB1",
};

impl Board {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ulx3s => "ulx3s",
            Self::Icebreaker => "icebreaker",
        }
    }

    /// What it is made of.
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Ulx3s => &ULX3S,
            Self::Icebreaker => &ICEBREAKER,
        }
    }

    /// Cycles of a bit at so many baud.
    ///
    /// # Errors
    /// If the clock makes no rate within 2 % of it, or a bit has fewer than 4 cycles.
    pub fn divisor(self, baud: u32) -> Result<u32, BoardError> {
        let clock = self.facts().clock_hz;
        let bad = |nearest| BoardError::Baud { board: self, baud, clock, nearest };
        if baud == 0 {
            return Err(bad(1_000_000));
        }
        let divisor = (clock + baud / 2) / baud;
        if divisor < LEAST_CYCLES {
            return Err(bad(clock / LEAST_CYCLES));
        }
        let off = (u64::from(divisor) * u64::from(baud)).abs_diff(u64::from(clock));
        if off * 50 > u64::from(clock) { Err(bad(clock / divisor)) } else { Ok(divisor) }
    }
}

/// What `cf_uart_rx` needs of a bit.
const LEAST_CYCLES: u32 = 4;

impl std::fmt::Display for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_that_the_clock_makes() {
        // by hand: 25 MHz / 1 Mbaud = 25; 12 MHz / 115,200 = 104.17; 25 MHz / 3 Mbaud = 8.33, 4 % off 8
        assert_eq!(Board::Ulx3s.divisor(1_000_000).unwrap(), 25);
        assert_eq!(Board::Icebreaker.divisor(1_000_000).unwrap(), 12);
        assert_eq!(Board::Icebreaker.divisor(115_200).unwrap(), 104);
        assert_eq!(Board::Icebreaker.divisor(3_000_000).unwrap(), 4);
        for (board, baud) in [
            (Board::Ulx3s, 0),
            (Board::Ulx3s, 3_000_000),
            (Board::Icebreaker, 4_000_000),
            (Board::Icebreaker, u32::MAX),
        ] {
            assert!(board.divisor(baud).is_err(), "{board} {baud}");
        }
    }
}
