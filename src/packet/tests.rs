use super::*;
use crate::model::{Decision, classify};
use proptest::prelude::*;

fn answered(exit: Option<usize>, logits: &[i64]) -> Outcome {
    let Decision { class, margin } = classify(logits);
    Outcome::Answer { exit, decision: Decision { class, margin }, logits: logits.to_vec() }
}

/// Two exits and a split of five codes of three bits.
fn split() -> PacketFormat {
    PacketFormat {
        exits: vec![
            AnswerFormat::new(3, 9, ResultKind::Class),
            AnswerFormat::new(4, 8, ResultKind::Logits),
        ],
        end: EndFormat::Codes(CodesFormat { bits: 3, signed: false, order: vec![4, 2, 0, 1, 3] }),
    }
}

#[test]
fn answers_are_as_the_protocol_says() {
    let format = PacketFormat::of_chain(3, 9, ResultKind::Logits);
    let packet = format.packet(0x1_0203, &answered(None, &[-2, 300, 300]));
    let answer = Answer { class: 1, margin: 0, logits: vec![-2, 300, 300] };
    assert_eq!(packet, Packet { frame: 0x203, content: Content::Answer { exit: None, answer } });
    assert_eq!(format.encode(&packet), [1, 0, 3, 2, 0, 0, 0xfe, 0xff, 0x2c, 1, 0x2c, 1]);
    assert_eq!((format.longest(), format.beats(64), format.beats(8)), (12, 2, 12));
}

#[test]
fn the_highest_bits_of_a_tag_say_where_a_packet_is_from() {
    let format = split();
    assert_eq!(format.class_bits(), 14);
    let packet = format.packet(7, &answered(Some(0), &[1, 5, 3]));
    assert_eq!(format.encode(&packet), [1, 0x40, 7, 0, 2, 0]);
    assert_eq!(format.decode(&[1, 0x40, 7, 0, 2, 0]), Ok(packet));
    let packet = format.packet(7, &answered(Some(1), &[1, 5, 3, -1]));
    assert_eq!(format.encode(&packet), [1, 0x80, 7, 0, 2, 1, 5, 3, 0xff]);
    let error = format.decode(&[1, 0xc0, 7, 0, 2, 1, 5, 3, 0xff]).unwrap_err();
    assert_eq!(error, PacketError::Source { tag: 0xc001 });
}

#[test]
fn codes_are_as_the_protocol_says() {
    let format = split();
    // raw, in the order 4, 2, 0, 1, 3: 5, 0, 7, 1, 6
    let packet = format.packet(1, &Outcome::Activations(vec![7, 1, 0, 6, 5]));
    let bits = 5u16 | 7 << 6 | 1 << 9 | 6 << 12;
    let bytes = [[0, 0, 1, 0], [bits as u8, (bits >> 8) as u8, 0, 0]].concat();
    assert_eq!(format.encode(&packet), bytes[..6]);
    assert_eq!(format.decode(&bytes[..6]), Ok(packet));
    // two that are not zero take 5 + 6 bits: 0, 1 and 101, 0, 0, 1 and 001
    let packet = format.packet(2, &Outcome::Activations(vec![0, 0, 5, 1, 0]));
    let bits = 1 << 1 | 5 << 2 | 1 << 7 | 1 << 8u16;
    assert_eq!(format.encode(&packet), [1, 0, 2, 0, bits as u8, (bits >> 8) as u8]);
    // the second exit's answers have four logits
    assert_eq!(format.longest(), 9);
}

#[test]
fn foreign_bytes_are_refused() {
    let format = PacketFormat::of_chain(3, 8, ResultKind::Class);
    let length = |found, expected| Err(PacketError::Length { found, expected });
    assert_eq!(format.decode(&[0; 4]), length(4, 5));
    assert_eq!(format.decode(&[0; 3]), length(3, 5));
    let class = PacketError::Class { class: 3, classes: 3 };
    assert_eq!(format.decode(&[3, 0, 0, 0, 0]), Err(class));
    let format = split();
    let packing = PacketError::Packing { packing: 2 };
    assert_eq!(format.decode(&[2, 0, 0, 0, 0, 0]), Err(packing));
    assert_eq!(format.decode(&[0, 0, 0, 0, 0]), length(5, 6));
    assert_eq!(format.decode(&[0, 0, 0, 0, 0, 0, 0]), length(7, 6));
    // 15 bits are used
    let error = format.decode(&[0, 0, 0, 0, 0, 0x80]).unwrap_err();
    assert!(matches!(error, PacketError::Codes { .. }), "{error}");
    let error = format.decode(&[1, 0, 0, 0, 0b0000_0001, 0]).unwrap_err();
    assert!(error.to_string().contains("flagged"), "{error}");
    // five flags need a byte, and one of them here another
    assert_eq!(format.decode(&[1, 0, 0, 0]), length(4, 5));
    assert_eq!(format.decode(&[1, 0, 0, 0, 0xff]), length(5, 6));
}

proptest! {
    #[test]
    fn decode_undoes_encode(
        acc_bits in 1u32..=64, frame: u64, wide in prop::collection::vec(any::<i64>(), 1..20),
        with_logits: bool,
    ) {
        let logits: Vec<i64> = wide.iter().map(|v| v >> (64 - acc_bits)).collect();
        let result = if with_logits { ResultKind::Logits } else { ResultKind::Class };
        let format = PacketFormat::of_chain(logits.len(), acc_bits, result);
        let packet = format.packet(frame, &answered(None, &logits));
        let bytes = format.encode(&packet);
        prop_assert_eq!(bytes.len(), format.longest());
        prop_assert_eq!(format.decode(&bytes).unwrap(), packet);
    }

    #[test]
    fn codes_come_back_and_nothing_else_is_taken_for_them(
        bits in 1u32..=16, signed: bool, wide in prop::collection::vec(any::<(bool, i32)>(), 1..90),
        cut in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>(),
    ) {
        let code = |(zero, v): (bool, i32)| {
            let unsigned = (v as u32 & ((1 << bits) - 1)) as i32;
            if zero { 0 } else if signed { v << (32 - bits) >> (32 - bits) } else { unsigned }
        };
        let codes: Vec<i32> = wide.into_iter().map(code).collect();
        let order = (0..codes.len() as u32).rev().collect();
        let codes_format = CodesFormat { bits, signed, order };
        let size = codes_format.bytes(&codes);
        let format = PacketFormat { exits: Vec::new(), end: EndFormat::Codes(codes_format) };
        let packet = format.packet(3, &Outcome::Activations(codes));
        let bytes = format.encode(&packet);
        prop_assert_eq!(bytes.len(), size);
        prop_assert!(size <= format.longest());
        prop_assert_eq!(format.decode(&bytes), Ok(packet.clone()));
        // a shorter packet is never one; a longer neither
        prop_assert!(format.decode(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(format.decode(&[&bytes[..], &[0]].concat()).is_err());
        // a changed bit is refused or gives another packet
        let mut changed = bytes;
        let at = flip.index(8 * changed.len());
        changed[at / 8] ^= 1 << (at % 8);
        prop_assert_ne!(format.decode(&changed), Ok(packet));
    }
}
