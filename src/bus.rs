//! How a frame of codes lies on the input stream.

use serde::{Deserialize, Serialize};

/// The narrowest and the widest `tdata`, in bits.
pub const BUS_BITS: std::ops::RangeInclusive<u32> = 8..=4096;

/// The input stream of a design: beats of `bus_bits`, codes from the low end, each in `code_bits`
/// bits, none straddling a beat. `tlast` stands on the last beat of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BusFormat {
    /// Width of `tdata`: a multiple of 8 within [`BUS_BITS`].
    pub bus_bits: u32,
    /// Width of a code, 1 to [`MAX_BITS`](crate::quantise::MAX_BITS).
    pub code_bits: u32,
    /// Codes in a frame, at least 1.
    pub neurons: usize,
}

/// A stream that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum BusError {
    /// `tdata` must be whole bytes.
    #[error("a bus of {bits} bits cannot be: it must be a multiple of 8 from 8 to 4096")]
    #[diagnostic(code(clashfree::bus::width), help("choose another width, such as `--bus 64`"))]
    Width {
        /// The width asked for.
        bits: u32,
    },
    /// A code must fit a beat.
    #[error("a code of {code_bits} bits does not fit a bus of {bus_bits} bits")]
    #[diagnostic(code(clashfree::bus::code), help("choose a wider bus, such as `--bus 64`"))]
    Code {
        /// Width of a code.
        code_bits: u32,
        /// Width of the bus.
        bus_bits: u32,
    },
    /// A frame needs a code.
    #[error("a frame of no neurons cannot be sent")]
    #[diagnostic(code(clashfree::bus::empty))]
    Empty,
}

impl BusFormat {
    /// A checked format.
    ///
    /// # Errors
    /// If the bus is no multiple of 8 from 8 to 4096 bits, a code does not fit it, or there is none.
    pub fn new(bus_bits: u32, code_bits: u32, neurons: usize) -> Result<Self, BusError> {
        if !BUS_BITS.contains(&bus_bits) || !bus_bits.is_multiple_of(8) {
            return Err(BusError::Width { bits: bus_bits });
        }
        if code_bits == 0 || code_bits > bus_bits {
            return Err(BusError::Code { code_bits, bus_bits });
        }
        if neurons == 0 {
            return Err(BusError::Empty);
        }
        Ok(Self { bus_bits, code_bits, neurons })
    }

    /// Bytes of a beat.
    pub fn beat_bytes(&self) -> usize {
        self.bus_bits as usize / 8
    }

    /// Codes that a full beat carries.
    pub fn codes_per_beat(&self) -> usize {
        (self.bus_bits / self.code_bits) as usize
    }

    /// Beats of a frame.
    pub fn beats(&self) -> usize {
        self.neurons.div_ceil(self.codes_per_beat())
    }

    /// A frame as beats, each [`beat_bytes`](Self::beat_bytes) long, the low byte first. Unused bits
    /// are zero. Of a signed code the low `code_bits` bits are sent.
    ///
    /// Packs any number of codes, so that frames of a wrong length can be made.
    pub fn pack(&self, codes: &[i32]) -> Vec<u8> {
        let mask = (1u64 << self.code_bits) - 1;
        let mut beats = vec![0u8; codes.len().div_ceil(self.codes_per_beat()) * self.beat_bytes()];
        for (beat, codes) in
            beats.chunks_mut(self.beat_bytes()).zip(codes.chunks(self.codes_per_beat()))
        {
            let (mut held, mut bits, mut at) = (0u64, 0, 0);
            for &code in codes {
                held |= (i64::from(code) as u64 & mask) << bits;
                bits += self.code_bits;
                while bits >= 8 {
                    beat[at] = held as u8;
                    at += 1;
                    held >>= 8;
                    bits -= 8;
                }
            }
            if bits > 0 {
                beat[at] = held as u8;
            }
        }
        beats
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_lie_from_the_low_end() {
        let bus = BusFormat::new(8, 3, 3).unwrap();
        assert_eq!((bus.codes_per_beat(), bus.beats()), (2, 2));
        assert_eq!(bus.pack(&[5, 2, -1]), [0b00_010_101, 0b00_000_111]);
    }

    #[test]
    fn impossible_streams_are_refused() {
        for bits in [0, 4, 12, 4104] {
            assert_eq!(BusFormat::new(bits, 1, 1), Err(BusError::Width { bits }));
        }
        let e = BusFormat::new(8, 9, 1).unwrap_err();
        assert_eq!(e, BusError::Code { code_bits: 9, bus_bits: 8 });
        assert_eq!(BusFormat::new(8, 1, 0), Err(BusError::Empty));
    }

    proptest! {
        #[test]
        fn every_code_is_where_the_protocol_says(
            bytes in 1u32..40, bits in 1u32..=16, codes in prop::collection::vec(any::<i32>(), 1..60),
        ) {
            prop_assume!(bits <= 8 * bytes);
            let bus = BusFormat::new(8 * bytes, bits, codes.len()).unwrap();
            let packed = bus.pack(&codes);
            prop_assert_eq!(packed.len(), bus.beats() * bus.beat_bytes());
            let bit = |i: usize| u32::from(packed[i / 8] >> (i % 8) & 1);
            let mut ones = 0;
            for (n, &code) in codes.iter().enumerate() {
                let (beat, slot) = (n / bus.codes_per_beat(), n % bus.codes_per_beat());
                for b in 0..bits as usize {
                    let at = beat * 8 * bytes as usize + slot * bits as usize + b;
                    prop_assert_eq!(bit(at), code as u32 >> b & 1);
                    ones += bit(at);
                }
            }
            prop_assert_eq!(ones, packed.iter().map(|b| b.count_ones()).sum::<u32>());
        }
    }
}
