//! What can be synthesised for, and which options of the tools that takes.

use serde::{Deserialize, Serialize};

/// A family or a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// UltraScale+, as Yosys estimates it
    Xcup,
    /// 7 series, as Yosys estimates it
    Xc7,
    /// ECP5 LFE5UM-85F, speed grade 6: placed and routed
    #[serde(rename = "ecp5-85k")]
    #[value(name = "ecp5-85k")]
    Ecp5Large,
    /// ECP5 LFE5UM-25F, speed grade 6: placed and routed
    #[serde(rename = "ecp5-25k")]
    #[value(name = "ecp5-25k")]
    Ecp5Small,
    /// iCE40 UltraPlus UP5K: placed and routed
    #[serde(rename = "ice40-up5k")]
    #[value(name = "ice40-up5k")]
    Ice40,
    /// Gowin GW1NR-9C: placed and routed
    #[serde(rename = "gw1nr-9c")]
    #[value(name = "gw1nr-9c")]
    Gowin9,
    /// Gowin GW2A-18: placed and routed
    #[serde(rename = "gw2a-18")]
    #[value(name = "gw2a-18")]
    Gowin18,
}

/// Parts that are made of the same cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// 7 series and UltraScale+.
    Xilinx,
    /// ECP5.
    Ecp5,
    /// iCE40.
    Ice40,
    /// GW1N and GW2A.
    Gowin,
}

/// How a part is placed and routed.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// nextpnr for the family, as a build of its own is called.
    pub program: &'static str,
    /// What tells it the part.
    pub part: &'static [&'static str],
    /// Where clock, input and output go on it; nothing where nextpnr finds places for pins itself.
    pub pins: Option<[&'static str; 3]>,
    /// Clock that it aims at where nobody asks for another, MHz: more than most heads reach, since it
    /// stops trying once the aim is reached.
    pub goal: u32,
}

/// What Yosys may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Multipliers of the part, in place of LUTs.
    pub dsp: bool,
    /// No block RAM.
    pub no_bram: bool,
}

impl Target {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xcup => "xcup",
            Self::Xc7 => "xc7",
            Self::Ecp5Large => "ecp5-85k",
            Self::Ecp5Small => "ecp5-25k",
            Self::Ice40 => "ice40-up5k",
            Self::Gowin9 => "gw1nr-9c",
            Self::Gowin18 => "gw2a-18",
        }
    }

    /// Whose cells it has.
    pub fn family(self) -> Family {
        match self {
            Self::Xcup | Self::Xc7 => Family::Xilinx,
            Self::Ecp5Large | Self::Ecp5Small => Family::Ecp5,
            Self::Ice40 => Family::Ice40,
            Self::Gowin9 | Self::Gowin18 => Family::Gowin,
        }
    }

    /// How it is placed and routed; nothing where no open tool can.
    pub fn place(self) -> Option<Place> {
        let (program, part, pins, goal): (_, &[&str], _, _) = match self {
            Self::Xcup | Self::Xc7 => return None,
            Self::Ecp5Large => {
                ("nextpnr-ecp5", &["--um-85k", "--package", "CABGA381", "--speed", "6"], None, 100)
            }
            Self::Ecp5Small => {
                ("nextpnr-ecp5", &["--um-25k", "--package", "CABGA381", "--speed", "6"], None, 100)
            }
            Self::Ice40 => ("nextpnr-ice40", &["--up5k", "--package", "sg48"], None, 40),
            Self::Gowin9 => (
                "nextpnr-himbaechel-gowin",
                &["--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C"],
                Some(["52", "4", "10"]),
                60,
            ),
            Self::Gowin18 => (
                "nextpnr-himbaechel-gowin",
                &["--device", "GW2A-LV18PG256C8/I7", "--vopt", "family=GW2A-18"],
                Some(["H11", "T2", "L16"]),
                100,
            ),
        };
        Some(Place { program, part, pins, goal })
    }

    /// What to add to [`synthesise`](Self::synthesise) for a module whose ports are no pins. nextpnr
    /// makes pads for the other families.
    pub fn no_pads(self) -> &'static str {
        if self.family() == Family::Gowin { " -noiopads" } else { "" }
    }

    /// The command of Yosys that makes a netlist of a module: all of it as one, but for modules that
    /// ask to be kept, or `by_module`. Pads and clock buffers of Xilinx parts are left
    /// out: the design is to be a part of something.
    pub fn synthesise(self, top: &str, resources: Resources, by_module: bool) -> String {
        let mut command = match self {
            Self::Xcup => "synth_xilinx -family xcup -noiopad -noclkbuf",
            Self::Xc7 => "synth_xilinx -family xc7 -noiopad -noclkbuf",
            Self::Ecp5Large | Self::Ecp5Small => "synth_ecp5",
            Self::Ice40 => "synth_ice40 -device u",
            Self::Gowin9 => "synth_gowin -family gw1n",
            Self::Gowin18 => "synth_gowin -family gw2a",
        }
        .to_owned();
        match (self.family(), by_module) {
            (Family::Xilinx, false) => command += " -flatten",
            (Family::Xilinx, true) | (_, false) => {}
            (_, true) => command += " -noflatten",
        }
        match (self.family(), resources.dsp) {
            // the only one that must be asked for
            (Family::Ice40, true) => command += " -dsp",
            (Family::Ice40, false) | (_, true) => {}
            (_, false) => command += " -nodsp",
        }
        if resources.no_bram {
            command += " -nobram";
        }
        format!("{command} -top {top}")
    }

    /// Simulation models of its cells, as Yosys finds them.
    pub fn cells(self) -> &'static str {
        match self.family() {
            Family::Xilinx => "+/xilinx/cells_sim.v",
            Family::Ecp5 => "+/ecp5/cells_sim.v",
            Family::Ice40 => "+/ice40/cells_sim.v",
            Family::Gowin => "+/gowin/cells_sim.v",
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
