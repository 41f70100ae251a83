//! A package's own simulation, in Verilator and in Icarus: it passes what is right, whatever the
//! frame and the bus, and fails what is broken.

mod common;

use clashfree::packet::ResultKind;
use clashfree::schedule::Budget;
use clashfree::verify::tools::Toolchain;
use common::heads::{compiled, head, relu, unsigned};
use common::{Shape, USUAL, edit, have, make};
use std::path::{Path, PathBuf};
use std::process::Command;

const STREAM_IN: &str = "rtl/lib/cf_stream_in.v";
const FIXTURE: &str = "rtl/cf_fixture.v";

/// Which simulators there are: targets of the package's Makefile.
fn simulators() -> Vec<&'static str> {
    let icarus = have(Command::new("iverilog").arg("-V").output().err()).map(|()| "icarus");
    let verilator = have(Toolchain::find().err()).map(|()| "verilator");
    icarus.into_iter().chain(verilator).collect()
}

/// A small compiled head; its frames have three beats, or one on a bus of 128 bits.
fn write(name: &str, bus_bits: u32) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("own").join(name);
    let _ = std::fs::remove_dir_all(&root);
    let head = head("own", 20, unsigned(4, 4), &[relu(10, 2), relu(3, 3)], 3);
    let budget = Budget::Cycles(20);
    compiled(head, budget, bus_bits, ResultKind::Logits).package.write(&root).unwrap();
    root
}

fn passes(build: &Path, args: &[&str], wanted: &str) {
    let (text, ok) = make(build, args);
    assert!(ok && !text.contains("FAIL"), "{args:?}: {text}");
    assert!(text.contains(&format!("PASS: {wanted}, 0 mismatches, ")), "{args:?}: {text}");
}

fn fails(build: &Path, args: &[&str], wanted: &str) {
    let (text, ok) = make(build, args);
    assert!(!ok && !text.contains("PASS: "), "{wanted}, {args:?}: {text}");
    assert!(text.contains(wanted), "{wanted}, {args:?}: {text}");
}

#[test]
fn frames_of_one_beat_wide_buses_and_registers_pass() {
    let stalls = |simulator| [simulator, "STALLS=random", "SEED=3"];
    let build = write("one-beat", 128);
    let wide = Shape { bus_bits: 520, code_bits: 1, neurons: 700, ..USUAL };
    let wide = wide.write("own-520", 6);
    let controlled = Shape { control: true, ..USUAL }.write("own-controlled", 20);
    for simulator in simulators() {
        passes(&build, &stalls(simulator), "19 frames in, 3 dropped as they should be, 16 packets");
        passes(
            &controlled,
            &stalls(simulator),
            "24 frames in, 4 dropped as they should be, 20 packets",
        );
        passes(&wide, &stalls(simulator), "10 frames in, 4 dropped as they should be, 6 packets");
    }
}

#[test]
fn a_package_that_mistreats_wrong_frames_fails() {
    let breaks: [(&str, &[(&str, &str)]); 5] = [
        ("none", &[]),
        ("skip", &[("if (late) skip_q <= 1'b1;", "if (late) skip_q <= 1'b0;")]),
        ("short", &[("take_beat && at_last && s_axis_tlast;", "take_beat && s_axis_tlast;")]),
        ("flag", &[("frame_error_o <= dropped;", "frame_error_o <= 1'b0;")]),
        ("count", &[("dropped_frames_o + 32'd1", "dropped_frames_o")]),
    ];
    let simulators = simulators();
    for (name, edits) in breaks {
        let build = write(name, 32);
        edits.iter().for_each(|(from, to)| edit(&build, STREAM_IN, from, to));
        for simulator in &simulators {
            if edits.is_empty() {
                let wanted = "20 frames in, 4 dropped as they should be, 16 packets";
                passes(&build, &[simulator], wanted);
            } else {
                // a frame that is too short is a permit too many: that ends the simulation at once
                let wanted = if name == "short" { "CF_CREDIT_ERROR" } else { "FAIL" };
                fails(&build, &[simulator], wanted);
            }
        }
    }
}

/// Without stalls nothing waits, so only the check of what waits can find it.
#[test]
fn a_package_whose_output_changes_while_it_waits_fails() {
    let build = USUAL.write("own-unstable", 20);
    edit(&build, FIXTURE, "(fault == DataUnstable ? toggle[0] : 1'b0)", "!m_axis_tready");
    let right = "24 frames in, 4 dropped as they should be, 20 packets";
    for simulator in simulators() {
        passes(&build, &[simulator], right);
        fails(&build, &[simulator, "STALLS=random"], "changed while");
    }
}

#[test]
fn a_package_that_counts_frames_on_over_a_reset_fails() {
    let build = USUAL.write("own-number", 20);
    edit(&build, FIXTURE, "    leaked = 0;\n", "    leaked = 0;\n    frames = 0;\n");
    edit(&build, FIXTURE, "      frames <= 0;\n", "");
    for simulator in simulators() {
        fails(&build, &[simulator], "20 packets, 1 mismatches, ");
    }
}

/// The faults of the stand-in, by their numbers, and what each simulation says of them. The programs
/// that make built are started again: they hand `+fault=N` on.
#[test]
fn a_package_that_breaks_a_rule_fails() {
    let faults = [
        (2, "fell before", "changed while it waited"), // m_axis_tvalid falls
        (3, "no handshake for", "no handshake for"),   // hangs after four frames
        (5, "beats came", "dropped_frames_o 1 1, found 0 0"), // does not drop a short frame
        (6, "after the reset: cycle", "dropped_frames_o 0 0, found 1 1"), // remembers beats over a reset
        (9, "42 beats came, 40 were expected", "42 beats came, 40 were expected"), // one packet twice
        (13, "was high in 0 cycles", "dropped_frames_o 1 1, found 0 1"),           // flags nothing
    ];
    let build = USUAL.write("own-faults", 20);
    for simulator in simulators() {
        passes(&build, &[simulator], "24 frames in, 4 dropped as they should be, 20 packets");
        for (fault, in_verilator, in_icarus) in faults {
            let mut command = if simulator == "icarus" {
                let mut vvp = Command::new("vvp");
                vvp.args(["-n", "sim/build/cf_tb.vvp", "+stalls=1", "+seed=1"]);
                vvp
            } else {
                let mut program = Command::new(build.join("sim/build/plain/cf_sim"));
                program.args(["--vectors", "sim/vectors", "--frame-beats", "2", "--dropped", "4"]);
                program.args(["--stall-in", "random", "--stall-out", "random"]);
                program
            };
            let out = command.arg(format!("+fault={fault}")).current_dir(&build).output().unwrap();
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            let wanted = if simulator == "icarus" { in_icarus } else { in_verilator };
            assert!(text.contains("FAIL: ") && !text.contains("PASS: "), "{fault}: {text}");
            assert!(text.contains(wanted), "{simulator}, {fault}: {text}");
            assert!(simulator == "icarus" || !out.status.success(), "{fault}: {text}");
        }
    }
}

/// `$finish` in the middle of it is no error to a simulator.
#[test]
fn a_wrong_rom_fails() {
    let build = write("rom", 32);
    let bias = build.join("rom/j0_bias.mem");
    let text = std::fs::read_to_string(&bias).unwrap();
    let (start, word) = text.trim_end().rsplit_once('\n').unwrap();
    let other = if word.ends_with('0') { '1' } else { '0' };
    std::fs::write(&bias, format!("{start}\n{}{other}\n", &word[..word.len() - 1])).unwrap();
    for simulator in simulators() {
        fails(&build, &[simulator], "CF_ROM_ERROR");
    }
}
