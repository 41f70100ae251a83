//! Recorded packets, good and damaged, by the decoders in Rust and in Python.

mod common;

use clashfree::model::outcomes;
use clashfree::packet::record::{MAGIC, VERSION};
use clashfree::packet::{Content, Origin, Packet, PacketFormat, RecordError, Recorded, ResultKind};
use clashfree::save::identity;
use clashfree::schedule::Budget;
use clashfree::verify::tools::Toolchain;
use clashfree::verify::{Bench, Options};
use common::have;
use common::heads::{compiled, frames, split_head};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// As the Python decoder gives it.
fn told(packet: &Packet) -> Value {
    match &packet.content {
        Content::Answer { exit, answer } => json!({
            "frame": packet.frame,
            "exit": exit,
            "class": answer.class,
            "margin": answer.margin,
            "logits": answer.logits,
        }),
        Content::Codes { packing, codes } => {
            json!({ "frame": packet.frame, "packing": packing, "codes": codes })
        }
    }
}

/// A packet cut short at each byte, with bytes behind it, and with each bit flipped.
fn damaged(packet: &[u8]) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..packet.len()).map(|n| packet[..n].to_vec()).collect();
    all.extend([1, 2, 300].map(|more| [packet, &vec![0; more]].concat()));
    all.extend((0..8 * packet.len()).map(|bit| {
        let mut flipped = packet.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    }));
    all
}

#[test]
fn python_and_rust_agree_on_every_packet_and_every_damage() {
    let root = folder("recorded");
    let (mut refused, mut codes, mut answers) = (0, 0, 0);
    for (name, signed, result) in
        [("relu", false, ResultKind::Logits), ("signed", true, ResultKind::Class)]
    {
        let head = split_head(name, signed, 5);
        let order: Vec<u32> = (0..head.junctions[0].pattern.right() as u32).rev().collect();
        for (kind, head) in [
            ("split", head.clone()),
            ("whole", {
                let mut whole = head;
                whole.split = None;
                whole
            }),
        ] {
            let format = PacketFormat::new(&head, result, Some(order.clone())).unwrap();
            let outcomes = outcomes(&head, frames(&head, 40, 3).view());
            let mut packets: Vec<Vec<u8>> = outcomes
                .iter()
                .enumerate()
                .map(|(f, outcome)| format.encode(&format.packet(65_530 + f as u64, outcome)))
                .collect();
            for good in packets.clone().iter().step_by(7) {
                packets.extend(damaged(good));
            }
            let expected: Vec<Value> = packets
                .iter()
                .map(|bytes| match format.decode(bytes) {
                    Ok(packet) => {
                        let is_answer = packet.answer().is_some();
                        *(if is_answer { &mut answers } else { &mut codes }) += 1;
                        told(&packet)
                    }
                    Err(_) => {
                        refused += 1;
                        Value::Null
                    }
                })
                .collect();
            let origin = Origin::new(&identity(&head), &format).unwrap();
            write(&root.join(format!("{name}-{kind}")), origin, &format, packets, &expected);
        }
    }
    assert!(refused > 500 && codes > 500 && answers > 500, "{refused} {codes} {answers}");
    python(&root);
}

/// Writes what the Python decoder's test reads: recorded packets, a manifest, what they say.
fn write(
    folder: &Path,
    origin: Origin,
    format: &PacketFormat,
    packets: Vec<Vec<u8>>,
    expected: &[Value],
) {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join("packets.bin");
    let recorded = Recorded { origin, packets };
    recorded.save(&path).unwrap();
    assert_eq!(Recorded::load(&path).unwrap(), recorded);
    // in the order of the keys that a manifest has
    let text = serde_json::to_string_pretty(format).unwrap();
    let head: String = origin.head.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!("{{\"head_sha256\": \"{head}\", \"packet\": {text}}}");
    fs::write(folder.join("manifest.json"), text).unwrap();
    fs::write(folder.join("expected.json"), json!(expected).to_string()).unwrap();
}

/// The Python decoder's own test, over the folders below `root`.
fn python(root: &Path) {
    let found = Command::new("python3").arg("--version").output();
    let Some(()) = have(found.err()) else { return };
    let output = Command::new("python3")
        .args(["-m", "unittest", "-v"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/python"))
        .env("CLASHFREE_PACKETS", root)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Ran 5 tests") && !said.contains("skipped"), "{said}");
}

/// Packets as they left the simulated hardware: both decoders give what the reference says of the
/// frames.
#[test]
fn packets_of_the_hardware_are_decoded_in_rust_and_in_python() {
    let Some(()) = have(Toolchain::find().err()) else { return };
    let root = folder("recorded-hardware");
    let head = split_head("recorded-rtl", false, 7);
    let compiled = compiled(head.clone(), Budget::Cycles(20), 64, ResultKind::Logits);
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded-package");
    compiled.package.write(&build).unwrap();
    let bench = Bench::open(&build, false).unwrap();
    let inputs = frames(&head, 60, 9);
    let options = Options { processes: Some(1), ..Options::default() };
    let result = bench.simulate(inputs.view(), &options).unwrap();
    let packets: Vec<Vec<u8>> = result.answers.into_iter().map(|answer| answer.bytes).collect();
    let format = &bench.manifest.packet;
    let said: Vec<Packet> = outcomes(&head, inputs.view())
        .iter()
        .enumerate()
        .map(|(frame, outcome)| format.packet(frame as u64, outcome))
        .collect();
    let answers = said.iter().filter(|packet| packet.answer().is_some()).count();
    assert!((10..50).contains(&answers), "{answers} of 60 exit");
    for (bytes, packet) in packets.iter().zip(&said) {
        assert_eq!(&format.decode(bytes).unwrap(), packet);
    }
    let origin = Origin::new(&bench.manifest.head_sha256, format).unwrap();
    let expected: Vec<Value> = said.iter().map(told).collect();
    write(&root.join("rtl"), origin, format, packets, &expected);
    python(&root);
}

#[test]
fn files_of_packets_that_are_none() {
    let path = Path::new("packets.bin");
    let origin = Origin { head: [1; 32], layout: [2; 32] };
    let recorded = Recorded { origin, packets: vec![b"abc".to_vec(), Vec::new(), vec![7; 300]] };
    let bytes = recorded.to_bytes();
    assert_eq!(bytes[..12], *b"CFPACKET\x01\0\0\0");
    assert_eq!(bytes[12..44], [1; 32]);
    assert_eq!(bytes[44..76], [2; 32]);
    assert_eq!(bytes[76..87], *b"\x03\0\0\0abc\0\0\0\0");
    assert_eq!(Recorded::parse(&bytes, path).unwrap(), recorded);
    // between two packets a file may end
    let ends: Vec<usize> =
        (0..=bytes.len()).filter(|&n| Recorded::parse(&bytes[..n], path).is_ok()).collect();
    assert_eq!(ends, [76, 83, 87, bytes.len()]);
    let error = |bytes: &[u8]| Recorded::parse(bytes, path).unwrap_err();
    assert!(matches!(error(&bytes[..5]), RecordError::Foreign { .. }));
    assert!(matches!(error(b"garbage, and more of it"), RecordError::Foreign { .. }));
    let newer = [&MAGIC[..], &(VERSION + 1).to_le_bytes(), &bytes[10..]].concat();
    assert!(matches!(error(&newer), RecordError::Version { found: 2, .. }));
    let text = error(&bytes[..bytes.len() - 1]).to_string();
    assert!(text.contains("packet 2: 300 bytes should follow byte 91, 299 do"), "{text}");
    let other = Origin { head: [3; 32], ..origin };
    let text = recorded.check(&other, path).unwrap_err().to_string();
    assert!(text.contains("another build: head 010101010101…"), "{text}");
    recorded.check(&origin, path).unwrap();
}
