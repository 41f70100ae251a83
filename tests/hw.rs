//! The hardware library alone: conventions, lint, elaboration, module testbenches.
//!
//! `hw/tb/corners.txt` and `hw/tb/illegal.txt` list parameter sets, a testbench lists its own in
//! `// run:` lines. Where a tool is missing a test prints `skipped`, and fails if `CI` is set.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where modules stand: those of heads, and those that boards and `synth` put around them.
const LIBRARIES: [&str; 3] = ["hw/rtl", "hw/board", "hw/synth"];

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Files of a folder with this extension, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    found
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Every module's file.
fn sources() -> Vec<PathBuf> {
    LIBRARIES.iter().flat_map(|folder| files(&root().join(folder), "v")).collect()
}

fn modules() -> Vec<String> {
    sources().iter().map(|path| stem(path)).collect()
}

/// Where a tool that knows `-y` finds modules.
fn libraries() -> impl Iterator<Item = &'static str> {
    LIBRARIES.iter().flat_map(|folder| ["-y", folder])
}

/// A module's file, from the root.
fn source(module: &str) -> String {
    let there = |path: &String| root().join(path).exists();
    let paths = LIBRARIES.iter().map(|folder| format!("{folder}/{module}.v"));
    paths.clone().find(there).unwrap_or_else(|| panic!("no {module}.v"))
}

/// Module and `Name=value` words of each line of a list.
fn parameter_sets(list: &str) -> Vec<(String, Vec<String>)> {
    read(&root().join("hw/tb").join(list))
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            (words.next().expect("a module"), words.collect())
        })
        .collect()
}

/// Whether a tool is there; a missing one is said, and not accepted in CI.
fn have(tool: &str, version: &str) -> bool {
    let there = Command::new(tool).arg(version).output().is_ok();
    if !there {
        println!("skipped: {tool} is not installed");
        assert!(std::env::var_os("CI").is_none(), "{tool} is not installed, and CI needs it");
    }
    there
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What the tool said, without the statistics that newer Verilators print on success.
fn said(command: &mut Command) -> String {
    let output = command.output().expect("a tool that starts");
    let mut said = text(&output)
        .lines()
        .filter(|line| !line.starts_with("- V e r") && !line.starts_with("- Verilator:"))
        .fold(String::new(), |text, line| text + line + "\n");
    if !output.status.success() {
        let _ = writeln!(said, "{}", output.status);
    }
    said
}

fn verilator(module: &str, parameters: &[String]) -> String {
    let mut command = Command::new("verilator");
    command.args(["--lint-only", "-Wall", "--top-module", module]).args(libraries());
    command.args(parameters.iter().map(|p| format!("-G{p}"))).arg(source(module));
    said(command.current_dir(root()))
}

fn icarus(module: &str, parameters: &[String]) -> String {
    let mut command = Command::new("iverilog");
    command.args(["-g2005", "-Wall", "-t", "null", "-s", module]).args(libraries());
    command.args(parameters.iter().map(|p| format!("-P{module}.{p}"))).arg(source(module));
    said(command.current_dir(root()))
}

/// Fails with all complaints at once.
fn silent(complaints: &[(String, String)]) {
    let all = complaints.iter().filter(|(_, said)| !said.is_empty());
    let all = all.fold(String::new(), |text, (what, said)| format!("{text}{what}:\n{said}\n"));
    assert!(all.is_empty(), "{all}");
}

/// What a tool says of each set.
fn over_all(
    sets: &[(String, Vec<String>)],
    tool: fn(&str, &[String]) -> String,
) -> Vec<(String, String)> {
    sets.iter().map(|(m, p)| (format!("{m} {}", p.join(" ")), tool(m, p))).collect()
}

/// Every module at its defaults and at its corners.
fn legal_sets() -> Vec<(String, Vec<String>)> {
    let defaults = modules().into_iter().map(|module| (module, vec![]));
    defaults.chain(parameter_sets("corners.txt")).collect()
}

#[test]
fn every_module_keeps_the_conventions() {
    for path in sources() {
        let (name, source) = (stem(&path), read(&path));
        let head: Vec<_> = source.lines().take_while(|line| line.starts_with("//")).collect();
        for what in ["// Does: ", "// Does not: ", "// Latency: ", "// Limits: "] {
            assert!(head.iter().any(|l| l.starts_with(what)), "{name} does not say '{what}'");
        }
        let mut code = source.lines().skip(head.len());
        assert_eq!(code.next(), Some("`default_nettype none"), "{name}");
        assert_eq!(source.lines().last(), Some("`default_nettype wire"), "{name}");
        let declared: Vec<_> = source.lines().filter(|l| l.starts_with("module ")).collect();
        assert_eq!(declared, [format!("module {name} #(")], "one module a file, named like it");
        for line in source.lines() {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
    }
}

#[test]
fn nothing_waives_a_warning_and_templates_hold_no_logic() {
    let templates = std::fs::read_dir(root().join("templates")).unwrap();
    let templates: Vec<_> = templates.map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    for path in sources().iter().chain(&templates) {
        let source = read(path);
        for waiver in ["lint_off", "verilator_config", "translate_off", "spyglass"] {
            assert!(!source.contains(waiver), "{}: {waiver}", path.display());
        }
    }
    for path in &templates {
        for line in read(path).lines() {
            let code = line.split("//").next().unwrap_or_default();
            let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
            assert!(!words.any(|w| w == "always"), "{}: {line}", path.display());
        }
    }
}

#[test]
fn verilator_lints_every_module_in_silence() {
    if have("verilator", "--version") {
        silent(&over_all(&legal_sets(), verilator));
    }
}

#[test]
fn icarus_elaborates_every_module_in_silence() {
    if have("iverilog", "-V") {
        silent(&over_all(&legal_sets(), icarus));
    }
}

#[test]
fn yosys_checks_every_module() {
    if !have("yosys", "-V") {
        return;
    }
    let mut script = String::new();
    for module in modules() {
        let _ = writeln!(script, "read_verilog {}", source(&module));
    }
    script += "design -save library\n";
    for module in modules() {
        let _ = writeln!(
            script,
            "design -load library\nhierarchy -check -top {module}\nproc\ncheck -assert"
        );
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hw_library.ys");
    std::fs::write(&file, script).unwrap();
    silent(&[(
        "yosys".to_owned(),
        said(Command::new("yosys").arg("-q").arg(&file).current_dir(root())),
    )]);
}

#[test]
fn illegal_parameters_stop_elaboration_with_a_message() {
    let (verilates, icarus_runs) = (have("verilator", "--version"), have("iverilog", "-V"));
    for (module, parameters) in parameter_sets("illegal.txt") {
        let message = format!("{module}_needs_");
        if verilates {
            let said = verilator(&module, &parameters);
            assert!(said.contains(&message), "verilator, {module} {parameters:?}: {said}");
        }
        if icarus_runs {
            let said = icarus(&module, &parameters);
            assert!(said.contains(&message), "iverilog, {module} {parameters:?}: {said}");
        }
    }
}

#[test]
fn module_testbenches_pass() {
    if !have("iverilog", "-V") || !have("vvp", "-V") {
        return;
    }
    let mut failures = BTreeMap::new();
    let folder = root().join("hw/tb");
    for path in files(&folder, "v") {
        let (bench, source) = (stem(&path), read(&path));
        // what testbenches share
        if !bench.starts_with("tb_") {
            continue;
        }
        let runs: Vec<_> = source.lines().filter_map(|l| l.strip_prefix("// run:")).collect();
        assert!(!runs.is_empty(), "{bench} has no '// run:' line");
        for (number, run) in runs.iter().enumerate() {
            let program =
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{bench}_{number}.vvp"));
            let mut compile = Command::new("iverilog");
            compile.args(["-g2005", "-s", &bench]).args(libraries()).arg("-y").arg(&folder);
            compile.arg("-o").arg(&program).current_dir(root());
            compile.args(run.split_whitespace().map(|p| format!("-P{bench}.{p}"))).arg(&path);
            let mut said = said(&mut compile);
            if said.is_empty() {
                said = text(&Command::new("vvp").arg("-n").arg(&program).output().unwrap());
            }
            if !said.lines().any(|line| line.starts_with("PASS")) {
                failures.insert(format!("{bench}{run}"), said);
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
