//! How fast a head is asked for: frame rates at a clock, the bus's own rate, and what cannot be.
//!
//! The head takes 60 and 20 edges; a frame is 20 codes of 4 bits: 2 beats on 64 bits, 10 on 8.

mod common;

use clashfree::lower::{Control, Interface};
use clashfree::packet::ResultKind;
use clashfree::pipeline::{SplitAt, Target, compile_quantised};
use clashfree::quantise::Rule;
use clashfree::save::save_quant;
use clashfree::schedule::{Budget, Preferences};
use clashfree::speed::Speed;
use common::exits::{exit, split};
use common::heads::{head, relu, unsigned};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for a test, with a head in it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("budgets").join(name);
        let _ = std::fs::remove_dir_all(&root);
        let small = head("small", 20, unsigned(4, 4), &[relu(10, 3), relu(4, 2)], 1);
        save_quant(&small, &root.join("head")).unwrap();
        Self(root)
    }

    fn command(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
        command.args(line.split(' ')).current_dir(&self.0).output().unwrap()
    }

    fn succeeds(&self, line: &str) -> String {
        let out = self.command(line);
        assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.succeeds(&format!("{line} --json"))).unwrap()
    }

    /// Runs a line that must fail with exit code 2 and say each of `wanted`, and leave no package.
    fn fails(&self, line: &str, wanted: &[&str]) {
        let out = self.command(line);
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{line}: {said}");
        for word in wanted {
            assert!(said.contains(word), "{line}: no {word:?} in {said}");
        }
        assert!(!self.0.join("bad").exists(), "{line}");
    }

    fn manifest(&self, build: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.0.join(build).join("manifest.json")).unwrap())
            .unwrap()
    }

    /// Every file of a package.
    fn package(&self, options: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        self.succeeds(format!("compile head -o build {options}").trim_end());
        let mut found = BTreeMap::new();
        let mut folders = vec![self.0.join("build")];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    found.insert(path, bytes);
                }
            }
        }
        found
    }
}

#[test]
fn a_frame_rate_makes_the_package_of_the_cycles_that_it_leaves() {
    let place = Place::new("same");
    for (rate, cycles) in [
        // 100e6 / 5e6
        ("5000000@100", 20),
        ("5M@100", 20),
        // 20.4, rounded down
        ("4900k@100", 20),
        // 1.25e6 / 62,500, and one millionth of a frame more
        ("62.5k@1.25", 20),
        ("62500.000001@1.25", 19),
        // as fast as the bus
        ("50M@100", 2),
        // 33.333333e6 / 555,555.55 is 60.0000000
        ("555555.55@33.333333", 60),
    ] {
        let package = place.package(&format!("--fps {rate}"));
        assert_eq!(place.manifest("build")["budget"], json!({ "cycles": cycles }), "{rate}");
        assert!(package == place.package(&format!("--cycles {cycles}")), "{rate}");
    }
    let package = place.package("--bus-matched");
    assert_eq!(place.manifest("build")["budget"], json!({ "cycles": 2 }));
    assert!(package == place.package("") && package == place.package("--cycles 2"));
    // 2 codes a beat
    place.package("--bus 8 --bus-matched");
    assert_eq!(place.manifest("build")["budget"], json!({ "cycles": 10 }));
}

#[test]
fn what_is_reached_is_said() {
    let place = Place::new("reached");
    // 60 and 20 edges in 20 cycles take 3 lanes and 1 of 20 cycles each; 100e6 / 20
    let line = "compile head -o build --interleaver copies --fps";
    let said = place.succeeds(&format!("{line} 5M@100"));
    let wanted = "at 100 MHz: 5,000,000 frames a second, 1.00 × what was asked for\n";
    assert!(said.contains(wanted), "{said}");
    // 25 cycles take 3 lanes, too
    let said = place.json(&format!("{line} 4M@100"));
    let wanted = json!({ "asked": "4000000", "mhz": "100", "cycles": 25,
        "frames_per_second": 5_000_000, "hundredths": 125 });
    assert_eq!(said["frame_rate"], wanted);
    assert_eq!(said["notes"], json!([]));
    let said = place.json("compile head -o build --cycles 20");
    assert_eq!(said["frame_rate"], Value::Null);
    assert!(!place.succeeds("compile head -o build").contains("frames a second"));
}

#[test]
fn rates_below_one_lane_everywhere_are_noted() {
    let place = Place::new("slow");
    let line = "compile head -o build --fps 1000@100";
    let said = place.succeeds(line);
    // 100e6 / 60 = 1,666,666.7, and that is 1,666.667 times 1,000
    let rate = "at 100 MHz: 1,666,666 frames a second, 1,666.66 × what was asked for\n";
    let note = "1000 frames a second at 100 MHz leave 100000 cycles a frame; one lane everywhere takes 60, and there is nothing smaller";
    assert!(said.contains(rate) && said.contains(&format!("note: {note}\n")), "{said}");
    assert_eq!(place.manifest("build")["budget"], json!({ "cycles": 60 }));
    let alike = ["check head --interleavers", "draw head -o pictures", "compile head -o build"];
    for command in alike {
        let said = place.json(&format!("{command} --fps 1k@100"));
        assert_eq!(said["notes"], json!([note]), "{command}");
        let said = place.json(&format!("{command} --cycles 60"));
        assert_eq!(said["notes"], json!([]), "{command}");
    }
    // 61 cycles are more than 60; 60 are not
    assert_ne!(place.json("check head --interleavers --fps 1@61")["notes"], json!([]));
    assert_eq!(place.json("check head --interleavers --fps 1M@60")["notes"], json!([]));
    let said = place
        .json("pattern --layers 20,10,4 --out-degrees 3,2 --family random-structured --fps 1k@100");
    assert_eq!(said["notes"][0], note);
}

#[test]
fn rates_above_the_bus_s_are_refused_with_what_would_do() {
    let place = Place::new("fast");
    let class = "compile head -o bad --result class --bus 8 --fps";
    // a byte a beat: the header's 4, then the margin
    place.succeeds("compile head -o build --result class --bus 8");
    let packet = place.manifest("build")["output"]["packet_bytes"].as_u64().unwrap();
    assert!((5..=8).contains(&packet), "{packet}");
    place.fails(
        &format!("{class} 20M@100"),
        &[
            "20000000 frames a second at 100 MHz leave 5 whole cycles a frame",
            &format!("the bus takes 10: 10 beats in and {packet} out on 8 bits"),
            "`--fps 10000000@100`",
            "`--bus 16` is wide enough",
            "clashfree::speed::bus",
        ],
    );
    // 100e6 / 10 is the last that goes
    place.fails(&format!("{class} 10000001@100"), &["leave 9 whole cycles", "--fps 10000000@100"]);
    place.fails(&format!("{class} 10000000.000001@100"), &["leave 9 whole cycles"]);
    place.succeeds("compile head -o build --result class --bus 8 --fps 10000000@100");
    assert_eq!(place.manifest("build")["budget"], json!({ "cycles": 10 }));
    place.succeeds("compile head -o build --result class --bus 16 --fps 20M@100");
    assert_eq!(place.manifest("build")["budget"], json!({ "cycles": 5 }));
    // 27.5e6 / 10
    place.fails(&format!("{class} 3M@27.5"), &["at 27.5 MHz", "--fps 2750000@27.5"]);

    // five fields: the packet is longer than the frame
    place.succeeds("compile head -o build --bus 8 --cycles 60");
    let bytes = place.manifest("build")["output"]["packet_bytes"].as_u64().unwrap();
    assert!(bytes > 10, "{bytes}");
    let wanted = [
        format!("the bus takes {bytes}: 10 beats in and {bytes} out"),
        format!("--fps {}@100", 100_000_000 / bytes),
    ];
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    place.fails("compile head -o bad --bus 8 --fps 10M@100", &wanted);

    let wanted = ["leave 0 whole cycles", "--fps 50000000@100", "no bus up to 4096 bits"];
    for command in [
        "compile head -o bad --result class",
        "draw head -o bad",
        "check head --interleavers",
        "pattern --layers 20,10,4 --out-degrees 3,2 --family random-structured -o bad",
    ] {
        let more = if command.starts_with("compile") { &wanted[..] } else { &wanted[..1] };
        place.fails(&format!("{command} --fps 100.000001M@100"), more);
    }
}

#[test]
fn one_way_to_say_it_at_a_time() {
    let place = Place::new("ways");
    let ways = ["--cycles 20", "--parallelism 3,1", "--fps 5M@100", "--bus-matched"];
    for (n, one) in ways.iter().enumerate() {
        for other in &ways[n + 1..] {
            let (first, second) =
                (one.split(' ').next().unwrap(), other.split(' ').next().unwrap());
            place.fails(&format!("compile head -o bad {one} {other}"), &[first, second]);
        }
    }
    for (rate, wanted) in [
        ("0@100", "asks for no frames"),
        ("-5@100", "no frame rate"),
        ("5@-100", "no frame rate"),
        ("5", "write FPS@MHZ"),
        ("5@", "write FPS@MHZ"),
        ("five@100", "write FPS@MHZ"),
        ("5e6@100", "write FPS@MHZ"),
        ("5@0", "a clock of 0 MHz: it is a number of MHz from 1 to 10000"),
        ("5@10001", "a clock of 10001 MHz"),
        ("0.0000001@100", "at most six digits"),
    ] {
        place.fails(&format!("compile head -o bad --fps={rate}"), &[rate, "--fps", wanted]);
    }
}

#[test]
fn masks_are_drawn_for_a_rate_or_the_bus_as_for_their_cycles() {
    let place = Place::new("masks");
    let line = "pattern --layers 800,40,40,10 --out-degrees 2,9,10";
    let fifty = place.json(&format!("{line} --cycles 50"));
    // 16 codes of 4 bits a beat: 50 beats
    for way in ["--fps 2M@100", "--bus-matched"] {
        assert_eq!(place.json(&format!("{line} {way}")), fifty, "{way}");
    }
    assert_ne!(place.json(&format!("{line} --fps 1M@100")), fifty);
}

/// What is refused before anything is scheduled could not be after it.
#[test]
fn no_design_is_faster_than_what_the_streams_are_said_to_take() {
    let three = |name| head(name, 20, unsigned(4, 4), &[relu(12, 3), relu(10, 5), relu(6, 3)], 3);
    let usual = [relu(10, 5)];
    let gated = exit(three("gated"), 0, Rule::Margin, &usual);
    let heads = [three("plain"), gated.clone(), split(gated, 1), split(three("split"), 0)];
    let mut reached = 0;
    for head in heads {
        for rates in [&[][..], &["0.5"], &["0.9"]] {
            let preferences = Preferences {
                exit_rates: rates.iter().map(|rate| rate.parse().unwrap()).collect(),
                ..Preferences::default()
            };
            let Ok(shares) = preferences.shares(&head) else { continue };
            for (bus_bits, result) in [8, 16, 64, 256]
                .into_iter()
                .flat_map(|b| [(b, ResultKind::Class), (b, ResultKind::Logits)])
            {
                let interface = Interface { bus_bits, result, control: Control::Auto };
                let time = interface.time(&head, &shares).unwrap();
                let target = Target {
                    speed: Speed::Budget(Budget::Cycles(1)),
                    preferences: preferences.clone(),
                    interface,
                    pad: false,
                    split: SplitAt::File,
                };
                let design = compile_quantised(head.clone(), &target).unwrap().design;
                let about = format!("{} {rates:?} {bus_bits} {result:?}", head.name);
                assert_eq!(time.input, 20usize.div_ceil(bus_bits as usize / 4), "{about}");
                assert!(time.interval() <= design.initiation_interval, "{about}");
                reached += usize::from(time.interval() == design.initiation_interval);
            }
        }
    }
    assert!(reached > 20, "{reached}");
}
