//! What cells of a family count for.

use super::target::Family;
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Mul};

/// What a netlist takes of a part. `docs/synthesis.md` has the sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// LUTs of logic and of ROMs; where a carry cell takes LUTs, these too.
    pub luts: usize,
    /// LUT sites that are memory or shift registers.
    pub lut_ram: usize,
    /// Flip-flops.
    pub ffs: usize,
    /// Carry cells, of 4 bits in Xilinx parts (`CARRY8` is two), 2 in ECP5, 1 in the others.
    pub carries: usize,
    /// Multiplier cells.
    pub dsps: usize,
    /// Block RAMs, those of 36 Kbit as two.
    pub brams: usize,
}

impl Area {
    const LUT: Self = Self { luts: 1, ..Self::NONE };
    const FF: Self = Self { ffs: 1, ..Self::NONE };
    const CARRY: Self = Self { carries: 1, ..Self::NONE };
    const DSP: Self = Self { dsps: 1, ..Self::NONE };
    const BRAM: Self = Self { brams: 1, ..Self::NONE };
    const NONE: Self = Self { luts: 0, lut_ram: 0, ffs: 0, carries: 0, dsps: 0, brams: 0 };

    fn memory(lut_ram: usize) -> Self {
        Self { lut_ram, ..Self::NONE }
    }

    /// What one cell counts for; nothing for a kind of cell that has no place here.
    pub fn of(family: Family, cell: &str) -> Option<Self> {
        match family {
            Family::Xilinx => xilinx(cell),
            Family::Ecp5 => ecp5(cell),
            Family::Ice40 => ice40(cell),
            Family::Gowin => gowin(cell),
        }
    }
}

fn xilinx(cell: &str) -> Option<Area> {
    Some(match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" => Area::LUT,
        // an inverter becomes part of a LUT; wide multiplexers stand beside LUTs
        "INV" | "MUXF7" | "MUXF8" | "MUXF9" | "GND" | "VCC" | "BUFG" => Area::NONE,
        "CARRY4" => Area::CARRY,
        "CARRY8" => Area::CARRY * 2,
        "SRL16E" | "SRLC16E" | "SRLC32E" | "RAM32X1S" | "RAM64X1S" => Area::memory(1),
        "RAM32X1D" | "RAM64X1D" | "RAM128X1S" => Area::memory(2),
        "RAM32M" | "RAM64M" | "RAM128X1D" | "RAM256X1S" => Area::memory(4),
        "RAM32M16" | "RAM64M8" | "RAM32X16DR8" | "RAM64X8SW" | "RAM256X1D" | "RAM512X1S" => {
            Area::memory(8)
        }
        "RAMB18E1" | "RAMB18E2" => Area::BRAM,
        "RAMB36E1" | "RAMB36E2" => Area::BRAM * 2,
        "DSP48E1" | "DSP48E2" => Area::DSP,
        _ if cell.starts_with("FD") => Area::FF,
        _ => return None,
    })
}

fn ecp5(cell: &str) -> Option<Area> {
    Some(match cell {
        "LUT4" => Area::LUT,
        "PFUMX" | "L6MUX21" | "GND" | "VCC" => Area::NONE,
        "CCU2C" => Area::CARRY + Area::LUT * 2,
        "TRELLIS_FF" => Area::FF,
        // four for the bits, two more for the write port, which nothing else can use then
        "TRELLIS_DPR16X4" => Area::memory(6),
        "DP16KD" => Area::BRAM,
        "MULT18X18D" => Area::DSP,
        _ => return None,
    })
}

fn ice40(cell: &str) -> Option<Area> {
    Some(match cell {
        "SB_LUT4" => Area::LUT,
        "SB_CARRY" => Area::CARRY,
        "GND" | "VCC" => Area::NONE,
        "SB_MAC16" => Area::DSP,
        _ if cell.starts_with("SB_DFF") => Area::FF,
        _ if cell.starts_with("SB_RAM40_4K") => Area::BRAM,
        _ => return None,
    })
}

fn gowin(cell: &str) -> Option<Area> {
    Some(match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" => Area::LUT,
        "INV" | "GND" | "VCC" | "GSR" => Area::NONE,
        "ALU" => Area::CARRY + Area::LUT,
        "RAM16SDP1" | "RAM16SDP2" | "RAM16SDP4" => Area::memory(6),
        "MULT9X9" | "MULT18X18" | "MULT36X36" | "MULTADDALU18X18" | "MULTALU18X18" => Area::DSP,
        "SP" | "SPX9" | "SDPB" | "SDPX9B" | "DPB" | "DPX9B" | "pROM" | "pROMX9" => Area::BRAM,
        _ if cell.starts_with("MUX2_") => Area::NONE,
        _ if cell.starts_with("DFF") => Area::FF,
        _ => return None,
    })
}

impl Add for Area {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            luts: self.luts + other.luts,
            lut_ram: self.lut_ram + other.lut_ram,
            ffs: self.ffs + other.ffs,
            carries: self.carries + other.carries,
            dsps: self.dsps + other.dsps,
            brams: self.brams + other.brams,
        }
    }
}

impl AddAssign for Area {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<usize> for Area {
    type Output = Self;

    fn mul(self, n: usize) -> Self {
        Self {
            luts: self.luts * n,
            lut_ram: self.lut_ram * n,
            ffs: self.ffs * n,
            carries: self.carries * n,
            dsps: self.dsps * n,
            brams: self.brams * n,
        }
    }
}

impl std::fmt::Display for Area {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { luts, lut_ram, ffs, carries, dsps, brams } = self;
        write!(
            f,
            "{luts} LUT and {lut_ram} LUT sites of memory, {ffs} FF, {carries} carry cells, {dsps} DSP, {brams} block RAM"
        )
    }
}
