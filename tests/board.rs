//! Boards: the host script on a pseudo-terminal, at its other end the board in Verilator, pins and all.

mod common;

use clashfree::verify::tools::Toolchain;
use common::have;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Frames sent.
const FRAMES: &str = "20";

/// Cycles of a bit in simulation: few, so that little is simulated while nothing happens.
const DIVISOR: &str = "DIVISOR=5";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn mnist(file: &str) -> String {
    examples().join("mnist").join(file).display().to_string()
}

/// A folder of this name for a test, empty.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a program in a folder.
fn run(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).env_remove("MAKEFLAGS");
    command.output().unwrap_or_else(|e| panic!("{program}: {e}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// What a program says that must be content.
fn good(program: &str, folder: &Path, arguments: &[&str]) -> String {
    let output = run(program, folder, arguments);
    assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
    said(&output)
}

fn clashfree(folder: &Path, arguments: &[&str]) -> String {
    good(env!("CARGO_BIN_EXE_clashfree"), folder, arguments)
}

/// What it says of what it refuses, and its exit code.
fn refused(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = run(env!("CARGO_BIN_EXE_clashfree"), folder, arguments);
    (said(&output), output.status.code().unwrap())
}

fn compile(folder: &Path, head: &str, options: &[&str]) {
    let head = examples().join("heads").join(head).display().to_string();
    clashfree(folder, &[&["compile", &head, "-o", "build", "--cycles", "400"], options].concat());
}

/// Builds the simulation of a board's folder; nothing is to be said of its Verilog.
fn simulation(board: &Path) {
    let lint = good("make", board, &["-s", "-C", "sim", "lint"]);
    assert_eq!(lint, "", "Verilator complains");
    good("make", board, &["-s", "-C", "sim", DIVISOR]);
}

/// The host script with the simulated board; `line` is what happens on the serial line.
fn host(board: &Path, line: &[&str], options: &[&str]) -> Output {
    let images = mnist("t10k-images-idx3-ubyte.gz");
    let script = ["python3", "host.py", "--port", "PTY", "--inputs", &images, "--frames", FRAMES];
    run("sim/build/board_sim", board, &[line, &script, options].concat())
}

fn tools() -> Option<()> {
    have(Toolchain::find().err())?;
    have(Command::new("python3").arg("--version").output().err())
}

/// How many frames the host says it sent again.
fn again(said: &str) -> usize {
    let (before, _) = said.split_once(" sent again").expect("a summary");
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_host_gets_what_infer_says_however_bad_the_line() {
    let Some(()) = tools() else { return };
    let folder = scratch("board_logits");
    compile(&folder, "mnist-2-9-10", &["--bus", "8"]);
    clashfree(&folder, &["board", "build", "--board", "icebreaker", "-o", "board"]);
    let (images, labels) = (mnist("t10k-images-idx3-ubyte.gz"), mnist("t10k-labels-idx1-ubyte.gz"));
    let head = examples().join("heads/mnist-2-9-10").display().to_string();
    clashfree(&folder, &["infer", &head, "--inputs", &images, "-o", "all.npy"]);
    let numbers = |name: &str, frames: usize| {
        let all: ndarray::Array2<i64> = ndarray_npy::read_npy(folder.join(name)).unwrap();
        all.slice(ndarray::s![..frames, ..]).to_owned()
    };
    let board = folder.join("board");
    simulation(&board);
    let wanted = numbers("all.npy", 20);

    let options = ["--logits", "logits.npy", "--labels", &labels, "--timeout", "0.6"];
    let output = host(&board, &[], &options);
    let text = said(&output);
    assert!(output.status.success() && again(&text) == 0, "{text}");
    assert!(text.contains("accuracy of these"), "{text}");
    assert_eq!(numbers("board/logits.npy", 20), wanted);
    // a frame is some 4,000 bits long: first some frames are damaged, then most
    for (chance, seed) in [("0.0001", "1"), ("0.0004", "2")] {
        std::fs::remove_file(board.join("logits.npy")).unwrap();
        let output = host(&board, &["--errors", chance, "--seed", seed], &options);
        let text = said(&output);
        assert!(output.status.success() && again(&text) > 0, "{chance}: {text}");
        assert_eq!(numbers("board/logits.npy", 20), wanted, "{chance}: {text}");
    }
    // so bad that nothing comes through
    let output = host(&board, &["--errors", "0.05"], &["--timeout", "0.1"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error: "), "{text}");
}

#[test]
fn packets_of_a_split_with_an_exit_are_those_of_the_simulated_head() {
    let Some(()) = tools() else { return };
    let folder = scratch("board_packets");
    compile(&folder, "mnist-exit-2-9-10", &[]);
    clashfree(&folder, &["board", "build", "--board", "ulx3s", "-o", "board"]);
    let board = folder.join("board");
    simulation(&board);
    let output = host(&board, &[], &["--packets", "host.packets"]);
    assert!(output.status.success(), "{}", said(&output));
    let images = mnist("t10k-images-idx3-ubyte.gz");
    let recorded = ["--inputs", &images, "--frames", FRAMES, "--packets", "head.packets"];
    clashfree(&folder, &[&["simulate", "build"][..], &recorded].concat());
    let read = |path: PathBuf| std::fs::read(path).unwrap();
    assert_eq!(read(board.join("host.packets")), read(folder.join("head.packets")));

    // a board with another build on it is told apart
    let manifest = std::fs::read_to_string(board.join("manifest.json")).unwrap();
    let at = manifest.find("\"identity\": \"").unwrap() + 13;
    let digit = if manifest[at..].starts_with('0') { "1" } else { "0" };
    let other = format!("{}{digit}{}", &manifest[..at], &manifest[at + 1..]);
    std::fs::write(board.join("other.json"), other).unwrap();
    let output = host(&board, &[], &["--manifest", "other.json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("the board holds the build"), "{}", said(&output));
    let arguments = ["host.py", "--port", "/dev/null", "--inputs", "x.npy"];
    let output = run("python3", &board, &arguments);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn what_cannot_be_put_on_a_board_is_told_and_nothing_is_written() {
    let folder = scratch("board_refused");
    compile(&folder, "mnist-2-9-10", &[]);
    let make = |more: &[&str]| {
        let usual = ["board", "build", "--board", "ulx3s", "-o", "board"];
        refused(&folder, &[&usual[..], more].concat())
    };
    let board = folder.join("board");
    let (text, code) = make(&["--baud", "9000000"]);
    assert!(code == 2 && text.contains("clashfree::board::baud"), "{text}");
    assert!(text.contains("25000000 Hz, which does not make 9000000 baud"), "{text}");
    assert!(text.contains("6250000 baud"), "{text}");

    std::fs::create_dir(&board).unwrap();
    std::fs::write(board.join("mine.txt"), "mine").unwrap();
    let (text, code) = make(&[]);
    assert!(code == 2 && text.contains("clashfree::board::not_ours"), "{text}");
    std::fs::remove_file(board.join("mine.txt")).unwrap();

    // its own folder it replaces, what it left of simulations included, but nobody's file
    assert_eq!(make(&[]).1, 0);
    std::fs::create_dir_all(board.join("sim/build")).unwrap();
    std::fs::write(board.join("sim/build/board_sim"), "old").unwrap();
    let before = std::fs::read(board.join("board.json")).unwrap();
    assert_eq!(make(&[]).1, 0);
    assert!(!board.join("sim/build").exists());
    assert_eq!(std::fs::read(board.join("board.json")).unwrap(), before, "the same bytes");
    std::fs::write(board.join("mine.txt"), "mine").unwrap();
    let (text, _) = make(&[]);
    assert!(text.contains("mine.txt stands there"), "{text}");
    assert_eq!(std::fs::read(board.join("mine.txt")).unwrap(), b"mine");
    std::fs::remove_file(board.join("mine.txt")).unwrap();

    let rom = std::fs::read_dir(folder.join("build/rom")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(rom, "0\n").unwrap();
    let (text, code) = make(&[]);
    assert!(code == 2 && text.contains("clashfree::board::changed"), "{text}");
    assert_eq!(std::fs::read(board.join("board.json")).unwrap(), before);
}
