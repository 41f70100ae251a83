//! What a package is made of: the same bytes for the same input, a stamp on every generated file, a
//! top that does not grow with edges, files that every tool reads, and no float behind quantisation.

mod common;

use clashfree::packet::ResultKind;
use clashfree::pipeline::Compiled;
use clashfree::quantise::QuantHead;
use clashfree::save::save_quant;
use clashfree::schedule::Budget;
use clashfree::verify::tools::Toolchain;
use common::heads::{compiled, head, relu, unsigned};
use common::{have, make};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emit").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn paper() -> QuantHead {
    head("paper-2-9-10", 800, unsigned(4, 4), &[relu(40, 2), relu(40, 9), relu(10, 10)], 1)
}

fn package(head: QuantHead, budget: usize) -> Compiled {
    compiled(head, Budget::Cycles(budget), 64, ResultKind::Logits)
}

/// Every file below a folder, with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in inner.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                all.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn is_mem_or_top(path: &str) -> bool {
    path.starts_with("rom/") || (path.starts_with("rtl/") && !path.starts_with("rtl/lib/"))
}

#[test]
fn the_same_head_gives_the_same_bytes_wherever_it_is_compiled() {
    let root = folder("bytes");
    save_quant(&paper(), &root.join("head")).unwrap();
    let elsewhere = root.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let compile = |cwd: &Path, head: &str, build: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_clashfree"))
            .args(["compile", head, "-o", build, "--cycles", "50"])
            .current_dir(cwd)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    compile(&root, "head", "one");
    compile(&root, "head/head.toml", "two");
    compile(&elsewhere, "../head", "three");
    // Over a package that was there.
    compile(&root, "head", "two");
    let one = files(&root.join("one"));
    assert!(one.len() > 30, "{:?}", one.keys());
    for other in [root.join("two"), elsewhere.join("three")] {
        let other = files(&other);
        assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
        for (name, bytes) in &one {
            assert!(bytes == &other[name], "{} differs", name.display());
        }
    }
    let here = root.to_str().unwrap().as_bytes();
    for (name, bytes) in &one {
        let found = bytes.windows(here.len()).any(|w| w == here);
        assert!(!found, "{} holds a path of this machine", name.display());
    }
}

#[test]
fn every_generated_file_begins_with_the_tool_and_the_head() {
    let package = package(paper(), 50).package;
    let stamp = format!("clashfree {}, head paper-2-9-10", env!("CARGO_PKG_VERSION"));
    let generated: Vec<_> = package.files.iter().filter(|(p, _)| is_mem_or_top(p)).collect();
    assert!(generated.len() >= 10, "{generated:?}");
    for (path, bytes) in generated {
        let text = String::from_utf8_lossy(bytes);
        let first = text.lines().next().unwrap();
        assert!(first.starts_with(&format!("// {stamp}")), "{path}: {first}");
        let head: String = text.lines().take(3).collect();
        assert!(head.contains("enerated"), "{path}: {head}");
    }
    for path in ["sim/config.mk", "sim/vectors/in.hex", "sim/vectors/out.hex"] {
        let text = String::from_utf8_lossy(&package.files[path]);
        let first = text.lines().next().unwrap();
        let tool = format!("clashfree {}", env!("CARGO_PKG_VERSION"));
        assert!(first.contains(&tool) && first.contains("enerated"), "{path}: {first}");
    }
    let readme = String::from_utf8_lossy(&package.files["README.md"]).into_owned();
    assert!(readme.contains(&stamp), "{readme}");
}

/// Edges make ROM words, not Verilog.
#[test]
fn the_top_does_not_grow_with_edges() {
    let top = |compiled: &Compiled| {
        let path = format!("rtl/{}.v", compiled.design.top);
        let text = String::from_utf8(compiled.package.files[&path].clone()).unwrap();
        assert!(!text.contains("always"), "the top has behaviour of its own");
        // Which parameters a junction has is the interleaver's matter, a line each.
        text.lines().filter(|l| !l.starts_with("      .")).count()
    };
    let small = package(paper(), 50);
    let layers = [relu(2000, 250), relu(40, 9), relu(10, 10)];
    let big = head("big", 4000, unsigned(4, 4), &layers, 2);
    assert_eq!(big.junctions[0].pattern.edges(), 1_000_000);
    let large = package(big, 8000);
    assert_eq!(top(&small), top(&large));
    for compiled in [&small, &large] {
        let path = format!("rtl/{}.v", compiled.design.top);
        let text = String::from_utf8(compiled.package.files[&path].clone()).unwrap();
        let parameters = text.lines().filter(|l| l.starts_with("      .")).count();
        assert!(parameters < 60 * 5, "{parameters} lines of parameters and ports");
    }
}

#[test]
fn no_file_of_a_package_waives_a_warning() {
    let package = package(paper(), 50).package;
    for (path, bytes) in package.files.iter().filter(|(path, _)| path.ends_with(".v")) {
        let text = String::from_utf8_lossy(bytes);
        for waiver in ["lint_off", "verilator lint", "synthesis translate_off"] {
            assert!(!text.contains(waiver), "{path} has {waiver}");
        }
    }
    let waiver = |p: &&String| p.ends_with(".vlt");
    assert_eq!(package.files.keys().find(waiver), None);
}

/// Both kinds of junction, chained units and shared lanes among them, and a bus wider than a word.
/// What stands in a text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

#[test]
fn the_readme_takes_a_frame_apart_as_the_vectors_have_it() {
    let files = package(paper(), 50).package.files;
    let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
    let readme = text("README.md").replace('\n', " ");
    let codes: Vec<u64> = between(&readme, "begins with the codes ", ", in the beat")
        .split(", ")
        .map(|code| code.parse().unwrap())
        .collect();
    let beat = codes.iter().rev().fold(0, |beat, code| beat << 4 | code);
    assert_eq!(between(&readme, "in the beat `", "`"), format!("{beat:016x}"));
    assert!(text("sim/vectors/in.hex").contains(&format!("0_{beat:016x}\n")));

    let beats: Vec<&str> =
        between(&readme, "highest byte first)", "which say").split_whitespace().collect();
    let answered: Vec<String> = text("sim/vectors/out.hex")
        .lines()
        .filter_map(|line| Some(line.rsplit_once('_')?.1.to_owned()))
        .collect();
    assert!(answered.windows(beats.len()).any(|packet| packet == beats), "{beats:?}");
    let bytes: Vec<u8> =
        beats.iter().flat_map(|b| u64::from_str_radix(b, 16).unwrap().to_le_bytes()).collect();
    // accumulators of this head need four bytes
    let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let field = |n: usize| i32::from_le_bytes(bytes[4 + 4 * n..8 + 4 * n].try_into().unwrap());
    let logits: Vec<String> = (1..=10).map(|n| field(n).to_string()).collect();
    let said = format!(
        "class {}, frame number {}, margin {}, logits {}",
        short(0),
        short(2),
        field(0),
        logits.join(", ")
    );
    assert_eq!(between(&readme, "which say ", "."), said);
}

fn designs() -> Vec<Compiled> {
    let usual = unsigned(4, 4);
    let serial = head("serial", 40, usual, &[relu(40, 9), relu(10, 3)], 1);
    let wide = head("wide", 34, usual, &[relu(17, 2), relu(3, 3)], 2);
    vec![
        package(serial, 50),
        compiled(wide, Budget::Parallelism(vec![29, 20]), 72, ResultKind::Class),
        compiled(paper(), Budget::Cycles(50), 64, ResultKind::Logits),
    ]
}

/// What their own simulations say of all of them.
const PASSES: &str = "PASS: 20 frames in, 4 dropped as they should be, 16 packets, 0 mismatches, ";

fn written() -> Vec<(PathBuf, Compiled)> {
    static ONCE: std::sync::OnceLock<Vec<(PathBuf, Compiled)>> = std::sync::OnceLock::new();
    let write = || {
        let each = designs().into_iter().map(|compiled| {
            let build = folder("designs").with_file_name(&compiled.design.top);
            let _ = std::fs::remove_dir_all(&build);
            compiled.package.write(&build).unwrap();
            (build, compiled)
        });
        each.collect()
    };
    ONCE.get_or_init(write).clone()
}

#[test]
fn a_package_simulates_on_its_own_in_verilator_and_is_lint_clean() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    for (i, (build, _)) in written().iter().enumerate() {
        let (text, ok) = make(build, &["lint"]);
        assert!(ok && !text.contains("%Warning") && !text.contains("%Error"), "{text}");
        // The paper's head takes long to build, and the other two show all there is.
        if i < 2 {
            let (text, ok) = make(build, &["verilator"]);
            assert!(ok && text.contains(PASSES), "{text}");
        }
    }
}

#[test]
fn a_package_simulates_on_its_own_in_icarus() {
    if have(Command::new("iverilog").arg("-V").output().err()).is_none() {
        return;
    }
    for (build, _) in written() {
        let (text, ok) = make(&build, &["icarus"]);
        assert!(ok && text.contains(PASSES), "{text}");
    }
}

#[test]
fn yosys_reads_every_file_of_a_package() {
    if have(Command::new("yosys").arg("-V").output().err()).is_none() {
        return;
    }
    for (build, compiled) in written() {
        let list = std::fs::read_to_string(build.join("files.f")).unwrap();
        let sources: Vec<&str> = list.lines().collect();
        let script = format!(
            "read_verilog -DSYNTHESIS {}; hierarchy -check -top {}; proc; check -assert",
            sources.join(" "),
            compiled.design.top
        );
        let out =
            Command::new("yosys").args(["-q", "-p", &script]).current_dir(&build).output().unwrap();
        let text = [out.stdout, out.stderr].concat();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&text));
    }
}

/// The code of a stage, without comments and tests: file and text.
fn code(stage: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(stage);
    let sources = files(&root).into_iter().map(|(path, bytes)| {
        let text = String::from_utf8(bytes).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
        let lines = text.lines().map(|l| l.split("//").next().unwrap());
        (Path::new(stage).join(path), lines.collect::<Vec<_>>().join("\n"))
    });
    sources.collect()
}

/// Ranking layouts and reporting shares may use floats; what becomes hardware may not.
#[test]
fn nothing_behind_quantise_computes_hardware_with_floats() {
    let allowed = ["schedule/cost.rs"];
    // Lines outside of these files that handle the estimate or a share for people.
    let report = [
        "utilisation",
        "as f64 / (",
        "let busy = 100.0",
        "rank()",
        "bound: f64",
        "(f64, Candidate)",
        "HOPELESS: f64",
    ];
    for (path, text) in ["schedule", "lower", "emit"].into_iter().flat_map(code) {
        if allowed.iter().any(|a| path.ends_with(a)) {
            continue;
        }
        for line in text.lines().filter(|l| l.contains("f64") || l.contains("f32")) {
            let fine = report.iter().any(|r| line.contains(r));
            assert!(fine, "{}: a float in {:?}", path.display(), line.trim());
        }
    }
}
