//! Bytes that leave the edge for a frame, headers included.

use crate::packet::{PacketFormat, ResultKind};
use crate::quantise::QuantJunction;

/// Bytes in front of a packet's contents: a tag and the frame's number, two bytes each.
const HEADER: usize = 4;

/// Bytes of an answer with the logits of `last`: the header, a margin of the narrowest field that
/// holds its accumulators, and each logit as wide if `result` asks for them.
pub fn answer(last: &QuantJunction, result: ResultKind) -> usize {
    PacketFormat::new(last.pattern.right(), last.acc_bits, result).bytes()
}

/// Bytes of activations, codes of `bits` each: packed, or a mark for each whether it is zero and
/// those that are not, whichever is shorter.
pub fn activations(codes: impl Iterator<Item = i32>, bits: u32) -> usize {
    let (all, other) = codes.fold((0, 0), |(n, k), code| (n + 1, k + usize::from(code != 0)));
    let bits = bits as usize;
    HEADER + (all * bits).min(all + other * bits).div_ceil(8)
}

/// Bytes of `neurons` activations, packed and not compressed.
pub fn packed_activations(neurons: usize, bits: u32) -> usize {
    HEADER + (neurons * bits as usize).div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_marked_only_where_that_is_shorter() {
        let codes = |zeros: usize| (0..40).map(move |i| if i < zeros { 0 } else { 7 });
        // 40 codes of 6 bits are 30 bytes; 40 marks and 20 codes are 160 bits.
        assert_eq!(activations(codes(20), 6), 4 + 20);
        // With 6 zeros 40 + 204 bits would be 31 bytes, with 7 they are 30 as well.
        assert_eq!(activations(codes(6), 6), 4 + 30);
        assert_eq!(activations(codes(8), 6), 4 + 29);
        assert_eq!(activations(codes(40), 6), 4 + 5);
        assert_eq!(packed_activations(40, 6), 4 + 30);
        assert_eq!(packed_activations(3, 3), 4 + 2);
    }
}
