//! The fixture package: a behavioural stand-in for a compiled head, as a whole package.

#![allow(dead_code, reason = "each test program uses its part")]

pub mod case;
pub mod exits;
pub mod heads;
pub mod machine_copies;
pub mod machine_network;
pub mod machine_tied;
pub mod machine_unrolled;
pub mod networks;
pub mod rom_text;
pub mod server;
pub mod tables;

use clashfree::bus::BusFormat;
use clashfree::manifest::{InputRecord, Manifest, OutputRecord, TOOL, sha256};
use clashfree::model::{Outcome, classify};
use clashfree::packet::{AnswerFormat, EndFormat, PacketFormat, ResultKind};
use clashfree::verify::tools::Toolchain;
use clashfree::verify::vectors::vectors;
use clashfree::verify::{Bench, SIM_FILES};
use ndarray::{Array2, Axis};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const TOP: &str = include_str!("../fixtures/driver/rtl/cf_fixture.v");
const REGISTERS: &str = include_str!("../../hw/rtl/cf_registers.v");
const ROM: &str = include_str!("../fixtures/driver/rom/bias.mem");
pub const BIAS: [i64; 3] = [5, -3, 9];

/// Idle cycles after each frame.
pub const BUSY: u64 = 6;

/// The fixture's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub bus_bits: u32,
    pub code_bits: u32,
    pub neurons: usize,
    pub field_bytes: usize,
    pub result: ResultKind,
    /// Whether there are registers.
    pub control: bool,
}

/// What most tests use: 16 codes a beat, 2 beats a frame, 12 bytes a packet.
pub const USUAL: Shape = Shape {
    bus_bits: 64,
    code_bits: 4,
    neurons: 20,
    field_bytes: 2,
    result: ResultKind::Logits,
    control: false,
};

/// An answer of the trunk's end.
pub fn outcome(logits: &[i64]) -> Outcome {
    Outcome::Answer { exit: None, decision: classify(logits), logits: logits.to_vec() }
}

/// Answers of the trunk's end, `[frames, classes]`.
pub fn outcomes(logits: &Array2<i64>) -> Vec<Outcome> {
    logits.rows().into_iter().map(|row| outcome(&row.to_vec())).collect()
}

impl Shape {
    pub fn bus(&self) -> BusFormat {
        BusFormat::new(self.bus_bits, self.code_bits, self.neurons).unwrap()
    }

    pub fn packet(&self) -> PacketFormat {
        let format =
            AnswerFormat { classes: 3, field_bytes: self.field_bytes, result: self.result };
        PacketFormat { exits: Vec::new(), end: EndFormat::Answer(format) }
    }

    /// `n` frames that differ.
    pub fn frames(&self, n: usize) -> Array2<i32> {
        Array2::from_shape_fn((n, self.neurons), |(f, i)| {
            let mixed = (f as u32 * 7919 + i as u32 * 104_729 + 1).wrapping_mul(2_654_435_761);
            (mixed >> (32 - self.code_bits)) as i32
        })
    }

    /// What the fixture's comment says it computes.
    pub fn logits(&self, frames: &Array2<i32>) -> Array2<i64> {
        Array2::from_shape_fn((frames.nrows(), 3), |(f, c)| {
            let sum: i64 = frames
                .index_axis(Axis(0), f)
                .iter()
                .skip(c)
                .step_by(3)
                .map(|&q| i64::from(q))
                .sum();
            BIAS[c] + if c % 2 == 0 { sum } else { -sum }
        })
    }

    /// Writes the package into a folder of this name, with vectors of `n` good frames.
    pub fn write(&self, name: &str, n: usize) -> PathBuf {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let set = |text: String, name: &str, value: u64| {
            let start = text.find(&format!("parameter {name} ")).expect("a parameter");
            let from = start + text[start..].find('=').unwrap() + 1;
            let to = from + text[from..].find(',').unwrap();
            format!("{} {value}{}", &text[..from], &text[to..])
        };
        let mut top = TOP.to_owned();
        for (name, value) in [
            ("BusBits", self.bus_bits.into()),
            ("CodeBits", self.code_bits.into()),
            ("Neurons", self.neurons as u64),
            ("FieldBytes", self.field_bytes as u64),
            ("Logits", (self.result == ResultKind::Logits).into()),
            ("Busy", BUSY),
        ] {
            top = set(top, name, value);
        }
        let digits = 2 * self.field_bytes;
        let word = |b: i64| format!("{:0digits$x}\n", b as u64 & (u64::MAX >> (64 - 4 * digits)));
        let rom = ROM.lines().next().unwrap().to_owned() + "\n" + &BIAS.map(word).concat();

        let (bus, packet) = (self.bus(), self.packet());
        let frames = self.frames(n);
        let logits = self.logits(&frames);
        let answers: Vec<_> = (0..n)
            .map(|f| packet.packet(f as u64, &outcome(&logits.index_axis(Axis(0), f).to_vec())))
            .collect();
        let vectors = vectors(&bus, &packet, frames.view(), &answers);
        let mut files = vec![("rtl/cf_fixture.v", &*top), ("rom/bias.mem", &*rom)];
        let mut list = "rtl/cf_fixture.v\n".to_owned();
        if self.control {
            files.push(("rtl/cf_registers.v", REGISTERS));
            list += "rtl/cf_registers.v\n";
        }
        files.push(("files.f", &list));
        let manifest = Manifest {
            tool: TOOL.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            name: name.into(),
            top: "cf_fixture".into(),
            head_sha256: String::new(),
            budget: clashfree::schedule::Budget::Cycles(1),
            preferences: clashfree::schedule::Preferences::default(),
            bus_bits: self.bus_bits,
            result: self.result,
            control: self.control,
            input: InputRecord {
                neurons: self.neurons,
                bits: self.code_bits,
                signed: false,
                frac: 0,
                codes_per_beat: bus.codes_per_beat(),
                beats: bus.beats(),
                order: None,
            },
            output: OutputRecord {
                logit_frac: Some(0),
                packet_bytes: packet.longest(),
                beats: packet.beats(self.bus_bits),
            },
            packet: packet.clone(),
            identity: "0".repeat(64),
            exits: Vec::new(),
            split: None,
            initiation_interval: bus.beats() as u64 + BUSY,
            latency: 1,
            junctions: Vec::new(),
            files: files
                .iter()
                .map(|(n, t)| ((*n).to_owned(), sha256(t.as_bytes())))
                .collect::<BTreeMap<_, _>>(),
        };
        let put = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        files.iter().for_each(|(name, text)| put(name, text));
        SIM_FILES.iter().for_each(|(name, text)| put(&format!("sim/{name}"), text));
        put("sim/config.mk", &vectors.config(&manifest));
        put("sim/vectors/in.hex", &vectors.input);
        put("sim/vectors/out.hex", &vectors.output);
        put("manifest.json", &manifest.to_json());
        root
    }

    /// The built package; nothing where Verilator is missing, except in CI.
    pub fn bench(&self, name: &str) -> Option<Bench> {
        have(Toolchain::find().err())?;
        Some(Bench::open(&self.write(name, 20), false).unwrap())
    }
}

/// What `make` in a package's sim/ prints, and whether it was content.
pub fn make(build: &Path, args: &[&str]) -> (String, bool) {
    let out = Command::new("make")
        .arg("-C")
        .arg(build.join("sim"))
        .args(args)
        .env_remove("MAKEFLAGS")
        .output()
        .unwrap();
    let text = [out.stdout, out.stderr].concat();
    (String::from_utf8_lossy(&text).into_owned(), out.status.success())
}

/// Replaces a text that stands once in a file of a package.
pub fn edit(build: &Path, file: &str, from: &str, to: &str) {
    let path = build.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {file}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// Whether a test can go on: a missing tool skips it, and fails it in CI.
pub fn have<E: std::fmt::Display>(missing: Option<E>) -> Option<()> {
    let Some(error) = missing else { return Some(()) };
    assert!(std::env::var_os("CI").is_none(), "CI must have every tool: {error}");
    eprintln!("skipped: {error}");
    None
}
