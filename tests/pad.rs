//! `--pad`: heads whose degrees are not fixed, with edges of weight 0 added.

mod common;
mod heads;

use clashfree::verify::tools::Toolchain;
use common::have;
use heads::{clashfree, dir, f32s, good, i8s, i32s, npy, stderr, u8s};
use ndarray::Array2;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// In-degrees 3 and 1, then 1, 2 and 2; codes in the first junction, floats in the second.
fn irregular(folder: &Path) {
    good()
        .tensor("fc0.weight", i8s(&[2, 4], &[5, 0, 31, -7, 0, -32, 0, 0]))
        .tensor("fc0.mask", u8s(&[2, 4], &[1, 0, 1, 1, 0, 1, 0, 0]))
        .tensor("fc0.bias", i32s(&[2], &[10, 300]))
        .tensor("fc1.weight", f32s(&[3, 2], &[0.5, 0.0, 1.0, 0.75, -1.0, 0.125]))
        .write(folder);
}

fn json(args: &[&str]) -> Value {
    let output = clashfree(args.iter().chain(&["--json"]));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn without_it_the_help_names_it() {
    let folder = dir();
    irregular(folder.path());
    for command in ["check", "infer", "compile"] {
        let head = folder.path().to_str().expect("plain");
        let build = folder.path().join("build");
        let more: &[&str] = match command {
            "infer" => &["--inputs", "x"],
            "compile" => &["-o", build.to_str().expect("plain")],
            _ => &[],
        };
        let output = clashfree([command, head].iter().chain(more));
        assert_eq!(output.status.code(), Some(2));
        let message = stderr(&output);
        assert!(message.contains("in-degree 1 for 1 neurons (first: 1), 3 for 1"), "{message}");
        assert!(message.contains("clashfree::head::pattern"), "{message}");
        assert!(message.contains("`--pad` adds edges of weight 0"), "{message}");
    }
}

#[test]
fn check_reports_what_was_added() {
    let folder = dir();
    irregular(folder.path());
    let head = folder.path().to_str().expect("plain");
    let junctions = &json(&["check", head, "--pad"])["junctions"];
    // Degrees from 4 to 2 neurons: in-degree 2 or 4. Row 0 has 3, so all 8 edges, 4 of them new.
    let first = &junctions[0];
    assert_eq!((&first["d_in"], &first["edges"]), (&4.into(), &8.into()));
    assert_eq!((&first["padding"], &first["padding_share"]), (&4.into(), &0.5.into()));
    // 6 edges, of which the weights that are not 0 make 5.
    assert_eq!((&junctions[1]["edges"], &junctions[1]["padding"]), (&6.into(), &1.into()));
    let text = clashfree(["check", head, "--pad"]).stdout;
    let text = String::from_utf8(text).expect("UTF-8");
    let note = "note: junction 0: 4 of 8 edges (50.0 %) have weight 0 and were added by --pad";
    assert!(text.contains(note), "{text}");
    // A head that needs none gets none.
    let regular = dir();
    good().write(regular.path());
    let head = regular.path().to_str().expect("plain");
    assert_eq!(json(&["check", head, "--pad"])["junctions"][0]["padding"], 0);
    let (with, without) = (clashfree(["check", head, "--pad"]), clashfree(["check", head]));
    assert_eq!(with.stdout, without.stdout);
}

/// The sums by hand, from the dense tensors.
#[test]
fn added_edges_change_no_logit() {
    let folder = dir();
    irregular(folder.path());
    let frames = [[1u8, 2, 3, 4], [15, 0, 15, 1], [0, 15, 7, 0]];
    let x = folder.path().join("x.npy");
    fs::write(&x, npy("|u1", false, "(3, 4)", frames.as_flattened())).expect("writes");
    let out = folder.path().join("logits.npy");
    let plain = |path: &Path| path.to_str().expect("plain").to_owned();
    let args = ["infer", &plain(folder.path()), "--inputs", &plain(&x), "-o", &plain(&out)];
    let output = clashfree(args.iter().chain(&["--pad"]));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let logits: Array2<i64> = ndarray_npy::read_npy(&out).expect("npy");
    for (frame, found) in frames.iter().zip(logits.rows()) {
        let a: Vec<i64> = frame.iter().map(|&v| i64::from(v)).collect();
        let sums = [5 * a[0] + 31 * a[2] - 7 * a[3] + 10, -32 * a[1] + 300];
        // Scale 2^-8 to 2^-3: halves up, then 6 bits unsigned.
        let h = sums.map(|s| ((s + 16) >> 5).clamp(0, 63));
        // Weights times 2^4, biases times 2^7.
        let expected = [8 * h[0] + 32, 16 * h[0] + 12 * h[1], -16 * h[0] + 2 * h[1] - 64];
        assert_eq!(found.to_vec(), expected, "{frame:?}");
    }
}

#[test]
fn a_padded_package_carries_a_head_of_fixed_degrees_and_verifies() {
    let folder = dir();
    irregular(folder.path());
    let plain = |path: &Path| path.to_str().expect("plain").to_owned();
    let (head, build) = (plain(folder.path()), plain(&folder.path().join("build")));
    let answer = json(&["compile", &head, "-o", &build, "--pad"]);
    assert_eq!(answer["padding"], serde_json::json!([4, 1]));
    assert_eq!(answer["padding_share"][0], 0.5);
    let note = answer["notes"][0].as_str().expect("a note");
    assert!(note.starts_with("junction 0: 4 of 8 edges (50.0 %)"), "{note}");
    assert_eq!(answer["manifest"]["junctions"][0]["edges"], 8);
    // The reference inside is of fixed degrees as it is.
    let reference = json(&["check", &format!("{build}/reference")]);
    assert_eq!(reference["junctions"][0]["edges"], 8);
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let x = folder.path().join("x.npy");
    let frames: Vec<u8> = (0..80).map(|i| (i * 7 % 16) as u8).collect();
    fs::write(&x, npy("|u1", false, "(20, 4)", &frames)).expect("writes");
    let verdict = json(&["verify", &build, "--inputs", &plain(&x)]);
    assert_eq!(verdict["passed"], true, "{verdict}");
}

#[test]
fn more_edges_than_a_junction_may_have() {
    // 8193 and 8192 share no divisor, so padding would make the junction fully connected.
    let folder = dir();
    let mut weights = vec![0; 8192 * 8193];
    weights[0] = 1;
    good()
        .edit("neurons = 4", "neurons = 8193")
        .edit("mask = \"fc0.mask\"\n", "")
        .tensor("fc0.weight", i8s(&[8192, 8193], &weights))
        .write(folder.path());
    let output = clashfree(["check", folder.path().to_str().expect("plain"), "--pad"]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for word in ["clashfree::head::padding", "fc0.weight", "67117056 edges", "67108864", "prune"] {
        assert!(message.contains(word), "{message}");
    }
}
