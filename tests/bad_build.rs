//! Bad input to `compile`, `simulate` and `verify`: each ends with its own message and code, and
//! nothing is written.

mod common;

use clashfree::quantise::QuantHead;
use clashfree::save::save_quant;
use clashfree::verify::tools::Toolchain;
use common::have;
use common::heads::{frames, head, relu, signed, unsigned};
use ndarray::{Array1, Array2};
use ndarray_npy::write_npy;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for a test, with a head in it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        Self::of(name, &head("bad", 20, unsigned(4, 4), &[relu(10, 3), relu(4, 2)], 1))
    }

    fn of(name: &str, head: &QuantHead) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad-build").join(name);
        let _ = std::fs::remove_dir_all(&root);
        save_quant(head, &root.join("head")).unwrap();
        write_npy(root.join("x.npy"), &frames(head, 5, 1)).unwrap();
        Self(root)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
        command.args(line.split(' ')).current_dir(&self.0).env_remove("CLASHFREE_VERILATOR");
        command
    }

    fn names(&self) -> Vec<String> {
        let entries = self.0.read_dir().unwrap();
        let mut all: Vec<_> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        all.sort();
        all
    }

    /// Runs a line that must fail with `code`, say each of `wanted`, and leave nothing behind.
    fn fails(&self, line: &str, code: i32, wanted: &[&str]) {
        let before = self.names();
        check(line, &self.command(line).output().unwrap(), code, wanted);
        assert_eq!(self.names(), before, "{line}");
    }

    /// Compiles the head into `build`.
    fn compile(&self) -> PathBuf {
        let out = self.command("compile head -o build --cycles 10").output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        self.0.join("build")
    }
}

fn check(line: &str, out: &Output, code: i32, wanted: &[&str]) {
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{line}: {said}");
    for word in wanted {
        assert!(said.contains(word), "{line}: no {word:?} in {said}");
    }
    assert!(!said.contains("panicked"), "{line}: {said}");
}

#[test]
fn budgets_that_cannot_be() {
    let place = Place::new("budgets");
    for (options, wanted) in [
        ("--cycles 0", &["a cycle budget of 0", "from 1 to 60"][..]),
        ("--cycles 61", &["a cycle budget of 61", "60 edges", "from 1 to 60"]),
        ("--cycles 18446744073709551615", &["18446744073709551615", "from 1 to 60"]),
        ("--cycles ten", &["ten", "--cycles"]),
        ("--cycles=-1", &["-1", "--cycles"]),
        ("--cycles 1.5", &["1.5", "--cycles"]),
        ("--parallelism 4", &["1 parallelism values for 2 junctions", "--parallelism"]),
        ("--parallelism 4,2,1", &["3 parallelism values for 2 junctions"]),
        ("--parallelism 0,2", &["junction 0", "0 lanes", "from 1 to 60"]),
        ("--parallelism 60,41", &["junction 1", "41 lanes", "from 1 to 20"]),
        ("--parallelism 4,x", &["x", "--parallelism"]),
        ("--parallelism 4,2 --cycles 3", &["--parallelism", "--cycles"]),
    ] {
        place.fails(&format!("compile head -o build {options}"), 2, wanted);
    }
}

#[test]
fn buses_that_cannot_be() {
    let place = Place::new("buses");
    for (bits, wanted) in [
        ("0", "a bus of 0 bits"),
        ("7", "a bus of 7 bits"),
        ("12", "a bus of 12 bits"),
        ("5000", "a bus of 5000 bits"),
        ("4104", "a bus of 4104 bits"),
    ] {
        let line = format!("compile head -o build --bus {bits}");
        place.fails(&line, 2, &[wanted, "multiple of 8 from 8 to 4096", "--bus"]);
    }
    place.fails("compile head -o build --bus wide", 2, &["wide", "--bus"]);
    place.fails("compile head -o build --result all", 2, &["all", "class", "logits"]);
    let wide = head("wide", 6, signed(16, 4), &[relu(3, 1)], 1);
    let place = Place::of("wide-codes", &wide);
    let wanted = ["a code of 16 bits", "a bus of 8 bits", "--bus"];
    place.fails("compile head -o build --bus 8", 2, &wanted);
}

#[test]
fn heads_that_are_not_there() {
    let place = Place::new("absent");
    place.fails("compile none -o build", 2, &["none"]);
    place.fails("compile x.npy -o build", 2, &["x.npy"]);
}

#[test]
fn an_output_folder_that_is_not_ours_is_left_alone() {
    let place = Place::new("foreign");
    std::fs::write(place.0.join("file"), "mine").unwrap();
    place.fails("compile head -o file", 2, &["file is not a package", "-o"]);
    assert_eq!(std::fs::read_to_string(place.0.join("file")).unwrap(), "mine");

    let folder = place.0.join("folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("thesis.tex"), "mine").unwrap();
    place.fails("compile head -o folder", 2, &["folder is not a package", "-o"]);
    assert_eq!(std::fs::read_to_string(folder.join("thesis.tex")).unwrap(), "mine");

    let build = place.compile();
    std::fs::write(build.join("rtl/notes.txt"), "mine").unwrap();
    place.fails(
        "compile head -o build",
        2,
        &["also holds rtl/notes.txt", "move rtl/notes.txt away"],
    );
    assert_eq!(std::fs::read_to_string(build.join("rtl/notes.txt")).unwrap(), "mine");
    std::fs::remove_file(build.join("rtl/notes.txt")).unwrap();

    // A package alone, what a simulator left in it and an empty folder are replaced.
    std::fs::create_dir_all(build.join("sim/build/x")).unwrap();
    std::fs::write(build.join("sim/build/x/cf_sim"), "built").unwrap();
    place.compile();
    assert!(!build.join("sim/build").exists());
    std::fs::remove_dir_all(&build).unwrap();
    std::fs::create_dir(&build).unwrap();
    place.compile();

    // Something beside the scratch folder that merely begins like it.
    std::fs::write(build.join("sim/build.log"), "mine").unwrap();
    place.fails("compile head -o build", 2, &["also holds sim/build.log"]);
}

/// Also where root may write everywhere: below a file nobody can.
#[test]
fn a_place_that_cannot_be_written() {
    let place = Place::new("unwritable");
    std::fs::write(place.0.join("file"), "mine").unwrap();
    place.fails("compile head -o file/build", 2, &["cannot write the package", "file/build"]);
    place.fails("compile head -o /proc/build", 2, &["cannot write the package /proc/build"]);
    place.fails("compile head -o /dev/null", 2, &["/dev/null is not a package"]);

    let locked = place.0.join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_ok() {
        eprintln!("skipped: root may write in a folder without write permission");
        return;
    }
    let wanted = ["cannot write the package locked/build", "ermission", "help"];
    place.fails("compile head -o locked/build", 2, &wanted);
}

/// A file system of 64 KiB, where this may be made; it goes away with the value.
struct Tiny(PathBuf);

impl Tiny {
    fn mount(at: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(&at)
            .output()
            .is_ok_and(|out| out.status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_leaves_nothing() {
    let place = Place::new("full");
    let line = "simulate build --inputs x.npy -o /dev/full";
    place.compile();
    let Some(tiny) = Tiny::mount(place.0.join("tiny")) else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let out = place.command("compile head -o tiny/build").output().unwrap();
    let wanted = ["cannot write the package tiny/build", "No space left", "space on the disk"];
    check("compile on a full disk", &out, 2, &wanted);
    assert_eq!(tiny.0.read_dir().unwrap().count(), 0, "something is left");
    if have(Toolchain::find().err()).is_some() {
        let out = place.command(line).output().unwrap();
        check(line, &out, 2, &["cannot write", "/dev/full"]);
        let device = std::fs::metadata("/dev/full").unwrap();
        assert!(!device.is_file(), "the device was replaced by a file");
    }
}

/// A folder with stand-ins for tools, to be the whole search path.
fn path_with(place: &Place, name: &str, scripts: &[(&str, &str)]) -> PathBuf {
    let folder = place.0.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (tool, script) in scripts {
        let path = folder.join(tool);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn a_missing_old_or_failing_verilator() {
    let place = Place::new("tools");
    let build = place.compile();
    let good = "exit 0";
    let old = r#"echo "Verilator 4.038 2020-07-11 rev v4.036-114-g0cd4a57ad""#;
    let failing = r#"case "$1" in
--version) echo "Verilator 5.006 2023-01-22 rev (stand-in)" ;;
*) for i in 1 2 3; do echo "%Error: line $i of what went wrong" >&2; done; exit 1 ;;
esac"#;
    let install = "apt-get install verilator";
    let cases = [
        ("none", &[][..], 3, &["verilator", install][..]),
        (
            "old",
            &[("verilator", old), ("make", good), ("g++", good)],
            3,
            &["4.038", "5.006", install],
        ),
        ("no-make", &[("verilator", failing), ("g++", good)], 3, &["make", "apt-get install"]),
        ("no-compiler", &[("verilator", failing), ("make", good)], 3, &["g++", "apt-get install"]),
        (
            "failing",
            &[("verilator", failing), ("make", good), ("g++", good)],
            1,
            &["Verilator 5.006", "line 1 of what went wrong", "line 3 of what went wrong"],
        ),
        ("broken", &[("verilator", "echo no luck >&2; exit 9")], 3, &["no luck", "VERILATOR_ROOT"]),
    ];
    for (name, scripts, code, wanted) in cases {
        let path = path_with(&place, name, scripts);
        for command in ["simulate", "verify"] {
            let line = format!("{command} build --inputs x.npy");
            let out = place.command(&line).env("PATH", &path).env_remove("CXX").output().unwrap();
            check(&format!("{name}: {line}"), &out, code, wanted);
            assert!(!build.join("sim/build").exists(), "{name}: something is left half-built");
        }
    }
    // The variable wins over the search path.
    let mut command = place.command("verify build --inputs x.npy");
    let out = command.env("CLASHFREE_VERILATOR", "/nowhere/verilator").output().unwrap();
    check("named", &out, 3, &["/nowhere/verilator", "CLASHFREE_VERILATOR"]);
}

/// Data are read before anything is built, so no tool is needed for these.
#[test]
fn data_that_do_not_fit() {
    let place = Place::new("data");
    let build = place.compile();
    let put = |name: &str, array: Array2<f32>| write_npy(place.0.join(name), &array).unwrap();
    put("wide.npy", Array2::zeros((2, 21)));
    put("nan.npy", Array2::from_elem((2, 20), f32::NAN));
    write_npy(place.0.join("large.npy"), &Array2::from_elem((2, 20), 16i32)).unwrap();
    write_npy(place.0.join("flat.npy"), &Array1::from_elem(20, 1i32)).unwrap();
    write_npy(place.0.join("empty.npy"), &Array2::<i32>::zeros((0, 20))).unwrap();
    std::fs::write(place.0.join("text.npy"), "1 2 3").unwrap();
    let text = "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 20), }";
    let header = format!("{text:117}\n");
    let magic = [&b"\x93NUMPY\x01\x00"[..], &118u16.to_le_bytes(), header.as_bytes()].concat();
    std::fs::write(place.0.join("complex.npy"), [&magic[..], &[0; 160]].concat()).unwrap();
    for command in ["simulate", "verify"] {
        for (file, wanted) in [
            ("wide.npy", &["frames of 21 values", "the head takes 20"][..]),
            ("nan.npy", &["nan.npy", "finite"]),
            ("large.npy", &["large.npy", "frame 0 has 16 at position 0", "0 to 15"]),
            ("flat.npy", &["flat.npy", "[frames, values]"]),
            ("empty.npy", &["empty.npy"]),
            ("text.npy", &["text.npy"]),
            ("complex.npy", &["complex.npy", "c8"]),
            ("none.npy", &["none.npy"]),
        ] {
            place.fails(&format!("{command} build --inputs {file}"), 2, wanted);
        }
        place.fails(&format!("{command} build --inputs x.npy --frames many"), 2, &["many"]);
        place.fails(
            &format!("{command} build --inputs x.npy --stalls often"),
            2,
            &["often", "bursts"],
        );
        place.fails(&format!("{command} build"), 2, &["--inputs"]);
    }
    assert!(!build.join("sim/build").exists());
}

#[test]
fn labels_and_places_for_results_that_do_not_fit() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let place = Place::new("labels");
    place.compile();
    write_npy(place.0.join("six.npy"), &Array1::from_elem(6, 1u8)).unwrap();
    write_npy(place.0.join("nine.npy"), &Array1::from_elem(5, 9u8)).unwrap();
    let verify = "verify build --inputs x.npy --labels";
    place.fails(&format!("{verify} six.npy"), 2, &["6 labels for 5 frames"]);
    place.fails(&format!("{verify} nine.npy"), 2, &["nine.npy", "is 9", "classes 0 to 3"]);
    place.fails(&format!("{verify} none.npy"), 2, &["none.npy"]);
    let simulate = "simulate build --inputs x.npy";
    place.fails(&format!("{simulate} -o none/logits.npy"), 2, &["none/logits.npy"]);
    place.fails(&format!("{simulate} --frames 0"), 2, &["no frames", "--frames"]);
}

#[test]
fn folders_that_are_no_whole_package() {
    let place = Place::new("no-package");
    for command in ["simulate", "verify"] {
        let line = |build: &str| format!("{command} {build} --inputs x.npy");
        place.fails(&line("head"), 2, &["head is no package", "clashfree compile"]);
        place.fails(&line("none"), 2, &["none is no package"]);
        place.fails(&line("x.npy"), 2, &["x.npy"]);
    }
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let build = place.compile();
    std::fs::remove_dir_all(build.join("reference")).unwrap();
    let out = place.command("verify build --inputs x.npy").output().unwrap();
    check("a package without its head", &out, 2, &["reference"]);
    place.compile();
    std::fs::remove_file(build.join("rtl/lib/cf_rom.v")).unwrap();
    let out = place.command("verify build --inputs x.npy").output().unwrap();
    check("a package without a module", &out, 2, &["cf_rom.v"]);
}
