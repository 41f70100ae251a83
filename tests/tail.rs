//! Tails as files: the reference's integers, whoever runs them.

mod common;

use clashfree::load;
use clashfree::model::{End, compute, run};
use clashfree::quantise::{QuantHead, acc_bits, quantise};
use clashfree::save::{self, save_files};
use clashfree::tail::{Destination, TailError, Width, alone, tail_examples, tail_files};
use common::heads::{
    Layer, frames, head, random, relu, seed_and_cases, signed, split_head, unsigned,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Random heads with a tail, narrow and wide, and some that a random one seldom is.
fn heads() -> Vec<QuantHead> {
    let (seed, cases) = seed_and_cases(60);
    let split = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut head = random(&mut rng, &format!("random-{seed}"), 40, 2_000);
        if head.junctions.len() == 1 {
            return None;
        }
        head.split = Some(rng.random_range(0..head.junctions.len() - 1));
        Some(head)
    };
    let mut all: Vec<QuantHead> = (seed..seed + cases).filter_map(split).collect();
    // sums shifted left beyond every code, and codes and weights of 16 bits with sums of over 25
    let left = Layer { output: unsigned(6, 40), ..relu(9, 9) };
    let wide = Layer { weight: signed(16, 15), output: signed(16, 8), ..relu(12, 8) };
    for (name, layers) in [("left", [relu(9, 9), left, left]), ("wide", [wide, wide, wide])] {
        all.push(head(name, 18, signed(16, 9), &layers, 4));
        all.last_mut().unwrap().split = Some(0);
    }
    // an output of one bit: logits that are often equal
    let ties = Layer { weight: signed(1, 0), output: unsigned(1, -3), ..relu(40, 2) };
    let mut tied = head("ties", 40, unsigned(2, 0), &[ties, ties, ties], 8);
    let last = &mut tied.junctions[2];
    last.bias.fill(0);
    last.acc_bits = acc_bits(&last.pattern, &last.weights, &last.bias, last.input_format, 0).0;
    tied.split = Some(0);
    all.extend([tied, split_head("exit", false, 5), split_head("signed", true, 6)]);
    all
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

#[test]
fn a_tail_computes_what_the_trunk_does() {
    let folder = folder("tail-alone");
    for head in heads() {
        let frames = frames(&head, 50, 9);
        let End::Activations(codes) = compute(&head, frames.view()).end else { panic!("a split") };
        let files = tail_files(&head).unwrap();
        assert_eq!(files, tail_files(&head).unwrap(), "the same bytes");
        let text = String::from_utf8(files[save::HEAD].clone()).unwrap();
        save_files(&(text, files[save::TENSORS].clone()), &folder).unwrap();
        let tail = quantise(&load::head(&folder).unwrap()).unwrap();
        assert_eq!(tail, alone(&head));
        assert_eq!(run(&tail, codes.view()), run(&head, frames.view()), "{}", head.name);
    }
}

/// A Python with onnxruntime, which `CLASHFREE_PYTHON` may name.
fn python() -> Option<OsString> {
    let python = std::env::var_os("CLASHFREE_PYTHON").unwrap_or_else(|| "python3".into());
    let found = Command::new(&python).args(["-c", "import numpy, onnxruntime"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    // No tool of the compiler, so no reason to fail anywhere.
    eprintln!("skipped: no Python with onnxruntime (make tail-check installs one)");
    None
}

fn check(python: &OsString, folders: &[PathBuf]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/python/check_tail.py");
    Command::new(python).arg(script).args(folders).output().unwrap()
}

#[test]
fn onnxruntime_gives_the_references_bits() {
    let Some(python) = python() else { return };
    let root = folder("tail-onnx");
    let (mut folders, mut widths, mut ties) = (Vec::new(), [0, 0], 0);
    for head in heads() {
        widths[usize::from(Width::of(head.tail()).unwrap() == Width::Double)] += 1;
        let frames = frames(&head, 150, 9);
        for row in run(&head, frames.view()).rows() {
            let most = row.iter().max();
            ties += usize::from(row.iter().filter(|&logit| Some(logit) == most).count() > 1);
        }
        let mut files = tail_files(&head).unwrap();
        files.extend(tail_examples(&head, frames.view()));
        let folder = root.join(&head.name);
        Destination::check(&folder).unwrap().write(&files).unwrap();
        folders.push(folder);
    }
    assert!(widths[0] > 10 && widths[1] > 1 && ties > 100, "{widths:?}, {ties} ties");
    let output = check(&python, &folders);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches(", 0 differences").count(), folders.len(), "{said}");
    // and the check can fail
    let logits = folders[0].join("logits.npy");
    let mut bytes = fs::read(&logits).unwrap();
    *bytes.iter_mut().last().unwrap() ^= 0x40;
    fs::write(&logits, bytes).unwrap();
    assert_eq!(check(&python, &folders[..1]).status.code(), Some(1));
}

#[test]
fn what_is_no_tail() {
    let mut none = split_head("none", false, 5);
    none.split = None;
    assert!(matches!(tail_files(&none), Err(TailError::NoSplit { .. })));
    let mut wide = split_head("wide", false, 5);
    wide.junctions[2].acc_bits = 55;
    let text = tail_files(&wide).unwrap_err().to_string();
    assert!(text.contains("has 55 bits, float64 holds 54"), "{text}");
    wide.junctions[2].acc_bits = 54;
    assert_eq!(Width::of(wide.tail()).unwrap(), Width::Double);
    wide.junctions[2].acc_bits = 25;
    assert_eq!(Width::of(wide.tail()).unwrap(), Width::Single);
}

fn clashfree(line: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    command.args(line.split(' ')).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn the_command_writes_a_tail_and_replaces_nothing_else() {
    let folder = folder("tail-command");
    let head = "examples/heads/mnist-2-9-10";
    let to = folder.display();
    let (code, said) = clashfree(&format!("tail {head} -o {to}"));
    assert_eq!(code, Some(2));
    assert!(said.contains("tail::no_split") && said.contains("--after K"), "{said}");
    let (code, said) = clashfree(&format!("tail {head} -o {to} --after 2"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("head::split"), "{said}");
    assert!(!folder.exists());
    for after in 0..2 {
        let (code, said) = clashfree(&format!("tail {head} -o {to} --after {after} --json"));
        assert_eq!(code, Some(0), "{said}");
        let json: serde_json::Value = serde_json::from_str(&said).unwrap();
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.contains(json["identity"].as_str().unwrap()), "{readme}");
        assert_eq!(
            (json["floats"].as_str(), json["neurons"].as_u64()),
            (Some("float32"), Some(40))
        );
    }
    // the head is one that infer runs
    let (code, said) = clashfree(&format!("check {to}"));
    assert_eq!(code, Some(0), "{said}");
    fs::write(folder.join("mine.txt"), "mine").unwrap();
    let (code, said) = clashfree(&format!("tail {head} -o {to} --after 0"));
    assert_eq!(code, Some(2));
    assert!(said.contains("tail::not_ours") && said.contains("mine.txt"), "{said}");
    // a folder with a head of somebody else is not a tail
    fs::remove_file(folder.join("mine.txt")).unwrap();
    fs::remove_file(folder.join("README.md")).unwrap();
    let (code, said) = clashfree(&format!("tail {head} -o {to} --after 0"));
    assert_eq!((code, said.contains("tail::not_ours")), (Some(2), true), "{said}");
}
