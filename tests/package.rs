//! A package on its own: its Makefile, its testbench, its cache, waves, and what is in the way.

mod common;

use clashfree::manifest::{Manifest, ManifestError};
use clashfree::verify::build::BuildError;
use clashfree::verify::tools::Toolchain;
use clashfree::verify::{Bench, Options, SimError};
use common::{Shape, USUAL, have, make, outcomes};
use std::path::Path;
use std::process::Command;

fn verilator() -> Option<()> {
    have(Toolchain::find().err())
}

fn icarus() -> Option<()> {
    have(Command::new("iverilog").arg("-V").output().err())
}

/// 20 good frames of several beats, and the wrong ones among them.
const USUAL_PASSES: &str =
    "PASS: 24 frames in, 4 dropped as they should be, 20 packets, 0 mismatches, ";

/// Makes the expected packets wrong in one bit.
fn spoil(build: &Path) {
    let path = build.join("sim/vectors/out.hex");
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.rfind('\n').unwrap() - 1;
    let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
    std::fs::write(&path, format!("{}{other}\n", &text[..at])).unwrap();
}

#[test]
fn the_package_simulates_without_us_in_verilator() {
    if verilator().is_none() {
        return;
    }
    let build = USUAL.write("alone-verilator", 20);
    let (text, ok) = make(&build, &[]);
    assert!(ok && text.contains(USUAL_PASSES), "{text}");
    let (text, ok) = make(&build, &["STALLS=bursts", "SEED=5"]);
    assert!(ok && text.contains(USUAL_PASSES), "{text}");
    spoil(&build);
    let (text, ok) = make(&build, &[]);
    assert!(!ok && text.contains("FAIL") && text.contains("1 mismatches"), "{text}");
}

#[test]
fn the_package_simulates_without_us_in_icarus() {
    if icarus().is_none() {
        return;
    }
    let wide = Shape { bus_bits: 72, code_bits: 7, neurons: 30, ..USUAL };
    for (shape, name) in [(USUAL, "alone-icarus"), (wide, "alone-icarus-72")] {
        let build = shape.write(name, 20);
        let (text, ok) = make(&build, &["icarus"]);
        assert!(ok && text.contains(USUAL_PASSES), "{text}");
        let (text, ok) = make(&build, &["icarus", "STALLS=random", "SEED=5"]);
        assert!(ok && text.contains(USUAL_PASSES), "{text}");
        spoil(&build);
        let (text, ok) = make(&build, &["icarus"]);
        assert!(!ok && text.contains("FAIL: ") && text.contains(" 1 mismatches"), "{text}");
    }
}

#[test]
fn a_second_run_takes_the_built_program_and_what_was_changed_by_hand_is_told_and_found() {
    if verilator().is_none() {
        return;
    }
    let build = USUAL.write("cache", 1);
    let _ = std::fs::remove_dir_all(build.join("sim/build"));
    let frames = USUAL.frames(5);
    let open = |cached, changed: &[&str]| {
        let bench = Bench::open(&build, false).unwrap();
        assert_eq!(bench.model.cached, cached);
        assert_eq!(bench.changed.iter().map(|c| &c.path[..]).collect::<Vec<_>>(), changed);
        let result = bench.simulate(frames.view(), &Options::default()).unwrap();
        bench.compare(&result, &outcomes(&USUAL.logits(&frames)))
    };
    let change = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(build.join(name)).unwrap();
        std::fs::write(build.join(name), text.replace(from, to)).unwrap();
    };
    assert!(open(false, &[]).is_equal());
    assert!(open(true, &[]).is_equal());
    change("rom/bias.mem", "0005", "0004");
    assert_eq!(open(true, &["rom/bias.mem"]).wrong_logits, 5);
    change("rom/bias.mem", "0004", "0005");
    change("rtl/cf_fixture.v", "best - second", "best + second");
    let wrong = open(false, &["rtl/cf_fixture.v"]);
    assert_eq!((wrong.wrong_frames, wrong.wrong_logits), (5, 0));
}

#[test]
fn a_package_that_cannot_be_written_or_has_a_space_in_its_path_is_simulated() {
    if verilator().is_none() {
        return;
    }
    let build = USUAL.write("with a space", 1);
    // A file where the cache should be: nothing can be kept there, whoever runs this.
    let cache = build.join("sim/build");
    let _ = std::fs::remove_dir_all(&cache);
    std::fs::write(&cache, "").unwrap();
    let bench = Bench::open(&build, false).unwrap();
    assert!(bench.model.is_temporary());
    let program = bench.model.program.clone();
    bench.simulate(USUAL.frames(5).view(), &Options::default()).unwrap();
    drop(bench);
    assert!(!program.exists());
    std::fs::remove_file(cache).unwrap();
}

#[test]
fn waves_are_an_fst() {
    if verilator().is_none() {
        return;
    }
    let build = USUAL.write("waves", 1);
    let bench = match Bench::open(&build, true) {
        Ok(bench) => bench,
        // Verilator is there, but not the libraries that traces need.
        Err(SimError::Build(BuildError::Failed { help: Some(help), .. })) => {
            have(Some(help));
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let path = build.join("trace.fst");
    let options = Options { waves: Some(path.clone()), ..Options::default() };
    bench.simulate(USUAL.frames(100).view(), &options).unwrap();
    assert!(std::fs::metadata(path).unwrap().len() > 1000);
    let options = Options { waves: Some("/nowhere/trace.fst".into()), ..Options::default() };
    let error = bench.simulate(USUAL.frames(1).view(), &options).unwrap_err();
    assert_eq!(
        (error.exit(), &error.to_string()[..19]),
        (clashfree::exit::Exit::BadInput, "cannot write the wa")
    );
}

#[test]
fn a_design_that_does_not_compile_shows_verilators_last_lines_and_leaves_nothing() {
    if verilator().is_none() {
        return;
    }
    let build = USUAL.write("broken", 1);
    let _ = std::fs::remove_dir_all(build.join("sim/build"));
    std::fs::write(build.join("rtl/cf_fixture.v"), "module cf_fixture; nonsense endmodule")
        .unwrap();
    let error = Bench::open(&build, false).unwrap_err();
    let SimError::Build(BuildError::Failed { tail, .. }) = &error else { panic!("{error}") };
    assert!(tail.contains("syntax error") && tail.contains("rtl/cf_fixture.v"), "{tail}");
    assert_eq!(error.exit(), clashfree::exit::Exit::Failed);
    assert!(!build.join("sim/build").exists());
}

#[test]
fn folders_that_are_no_package_are_refused() {
    let build = USUAL.write("foreign", 1);
    let path = build.join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Manifest::load(&build).unwrap_err()
    };
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let newer = text.replace(&version, "\"version\": \"99.1.0\"");
    assert!(matches!(load(&newer), ManifestError::Version { found, .. } if found == "99.1.0"));
    for (from, to, wanted) in [
        ("\"clashfree\"", "\"other\"", "its tool is \"other\""),
        ("\"bus_bits\": 64", "\"bus_bits\": 63", "a bus of 63 bits"),
        ("\"beats\": 2", "\"beats\": 3", "do not fit"),
        ("\"field_bytes\": 2", "\"field_bytes\": 3", "impossible fields"),
        ("\"top\": \"cf_fixture\"", "\"top\": \"--version\"", "is no module name"),
        ("\"result\"", "\"more\": 1, \"result\"", "unknown field `more`"),
        ("{", "", "invalid type"),
    ] {
        let error = load(&text.replacen(from, to, 1)).to_string();
        assert!(error.contains(wanted), "{from}: {error}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Manifest::load(&build), Err(ManifestError::Absent { .. })));
}

#[test]
fn a_manifest_reads_back_as_it_was_written() {
    let build = USUAL.write("manifest", 1);
    let text = std::fs::read_to_string(build.join("manifest.json")).unwrap();
    let (manifest, changed) = Manifest::load(&build).unwrap();
    assert_eq!((manifest.to_json(), changed.len()), (text, 0));
    assert_eq!((manifest.bus().unwrap(), manifest.packet), (USUAL.bus(), USUAL.packet()));
}

#[test]
fn files_outside_of_the_package_are_not_built() {
    if verilator().is_none() {
        return;
    }
    let build = USUAL.write("outside", 1);
    for line in ["../x.v", "/etc/passwd", "-Wno-lint", "+incdir+x", ""] {
        std::fs::write(build.join("files.f"), format!("{line}\n")).unwrap();
        let error = Bench::open(&build, false).unwrap_err();
        assert!(matches!(error, SimError::Build(BuildError::Files { .. })), "{line}: {error}");
    }
}
