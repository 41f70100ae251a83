//! `policies`: bytes, multiplications and accuracies of a toy counted frame by frame, heads found
//! again, and what it says to files that cannot be.

mod heads;

use clashfree::load;
use clashfree::model::{classify, trace};
use clashfree::policies::Comparison;
use clashfree::quantise::{QuantHead, quantise};
use heads::{dir, stderr};
use ndarray::{Array1, Array2};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const GOOD: &str = r#"cycles = 12
loss = 1.5

[base]
seed = 1
pattern = "random-structured"
weight_format = { bits = 6, frac = 4 }
activation_format = { bits = 5, frac = 3, signed = false }
epochs = 20
warmup = 5
batch = 16
learning_rate = 0.02
validation = 24

[base.input]
format = { bits = 4, frac = 4, signed = false }

[base.data]
train_images = "x.npy"
train_labels = "y.npy"
test_images = "x.npy"
test_labels = "y.npy"

[branch]
rule = "margin"

[[network]]
name = "three"
group = "toys"
neurons = [12, 8, 6, 3]
out_degrees = [2, 3, 3]

[[network]]
name = "two"
group = "toys"
after = [0]
neurons = [12, 4, 3]
out_degrees = [2, 3]
"#;

/// A folder with 96 samples of 10 values and 3 classes, which a head can learn, and a file.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = dir();
    let noise = |s: usize, i: usize| (s * 7919 + i * 104_729) % 8;
    let x = Array2::from_shape_fn((96, 10), |(s, i)| {
        (noise(s, i) + if i % 3 == s % 3 { 6 } else { 0 }) as u8
    });
    let y = Array1::from_shape_fn(96, |s| (s % 3) as u8);
    ndarray_npy::write_npy(folder.path().join("x.npy"), &x).expect("writes");
    ndarray_npy::write_npy(folder.path().join("y.npy"), &y).expect("writes");
    fs::write(folder.path().join("toys.toml"), text).expect("writes");
    folder
}

fn policies(folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    let command = command.args(["policies", "toys.toml", "-o", "out", "--json"]);
    command.current_dir(folder).output().expect("runs")
}

fn done(folder: &Path) -> Value {
    let output = policies(folder);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The folder of a place's head.
fn head_folder(folder: &Path, place: &str) -> PathBuf {
    let all = fs::read_dir(folder.join("out/heads")).expect("a folder");
    let mut own = all.map(|entry| entry.expect("an entry").path()).filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(place))
    });
    own.next().unwrap_or_else(|| panic!("no head of {place}"))
}

fn head(folder: &Path, place: &str) -> QuantHead {
    quantise(&load::head(&head_folder(folder, place)).expect("loads")).expect("quantises")
}

/// Right answers and bytes of all test frames: all at the edge, all remote, split, split with exit;
/// and the answers of the last one's exit.
fn by_hand(folder: &Path, head: &QuantHead, threshold: i64) -> ([usize; 4], [usize; 3], usize) {
    let x = folder.join("x.npy");
    let frames = load::inputs(x.to_str().expect("a path"), 12, head.input_format).expect("reads");
    let (mut right, mut bytes, mut answered) = ([0; 4], [0; 3], 0);
    for (sample, frame) in frames.codes.rows().into_iter().enumerate() {
        let trace = trace(head, &frame.to_vec());
        let codes = trace.junctions[head.exits[0].after].codes.as_ref().expect("codes");
        let branch = classify(&trace.exits[0].last().expect("a junction").accumulators);
        let trunk = classify(trace.logits());
        // 5 bits each, or a flag each and 5 bits of those that are not 0; then the header
        let nonzero = codes.iter().filter(|&&code| code != 0).count();
        let packet = 4 + (5 * codes.len()).min(codes.len() + 5 * nonzero).div_ceil(8);
        let exits = branch.margin as i64 >= threshold;
        let (at_exit, at_end) = (branch.class == sample % 3, trunk.class == sample % 3);
        let whose = [at_exit, at_end, at_end, if exits { at_exit } else { at_end }];
        right.iter_mut().zip(whose).for_each(|(all, one)| *all += usize::from(one));
        // an answer: header and a margin of 16 bits
        let sent = [6, packet, if exits { 6 } else { packet }];
        bytes.iter_mut().zip(sent).for_each(|(all, one)| *all += one);
        answered += usize::from(exits);
    }
    (right, bytes, answered)
}

#[test]
fn bytes_and_multiplications_are_those_counted_by_hand() {
    let folder = folder(GOOD);
    let at = folder.path();
    let answer = done(at);
    let lines = answer["lines"].as_array().expect("a list");
    assert_eq!(lines.len(), 12, "{answer}");
    // Edges on the edge, without and with the branch to 3 classes: 12·2 + 8·3; 12·2 + 8·3 + 6·3;
    // 12·2 + 4·3.
    let places =
        [("three", 0, [24, 24 + 24]), ("three", 1, [48, 48 + 18]), ("two", 0, [24, 24 + 12])];
    for ((name, after, [trunk, all]), own) in places.into_iter().zip(lines.chunks(4)) {
        let head = head(at, &format!("{name}-after-{after}"));
        let threshold = own[3]["threshold"].as_i64().expect("a threshold");
        let (right, bytes, answered) = by_hand(at, &head, threshold);
        let of = |key: &str| own.iter().map(|line| line[key].clone()).collect::<Vec<Value>>();
        let share = |n: usize| n as f64 / 96.0;
        assert_eq!(of("policy"), ["edge", "remote", "split", "split-with-exit"]);
        assert!(own.iter().all(|line| line["network"] == name && line["after"] == after));
        assert_eq!(of("accuracy"), right.map(share), "{name} {after}");
        assert_eq!(of("accuracy_in_one_place"), [share(right[1]); 4]);
        let [edge, split, gated] = bytes.map(share);
        assert_eq!(of("bytes_per_frame"), [edge, 10.0, split, gated], "{name} {after}");
        assert_eq!(edge, 6.0);
        assert_eq!(of("answered"), [1.0, 0.0, 0.0, share(answered)]);
        assert_eq!(of("multiplications"), [all, 0, trunk, all], "{name} {after}");
        assert_eq!(of("weight_bits"), [6 * all, 0, 6 * trunk, 6 * all], "{name} {after}");
        // 24 edges on two lanes, and no junction has more
        let cycles: Vec<Value> =
            own.iter().map(|l| l["hardware"]["initiation_interval"].clone()).collect();
        assert_eq!(cycles, [json!(12), Value::Null, json!(12), json!(12)], "{name} {after}");
        assert!(own[3]["hardware"]["exit_latency"].is_u64());
        assert_eq!(own[0]["hardware"].get("exit_latency"), None);
    }
    let markdown = fs::read_to_string(at.join("out/policies.md")).expect("text");
    let headings: Vec<&str> = markdown.lines().filter(|line| line.starts_with('#')).collect();
    let sections = ["# toys", "## toys: split after junction 0", "## toys: split after junction 1"];
    assert_eq!(headings, sections);
    assert_eq!(markdown.matches("| split with exit |").count(), 3, "{markdown}");
    let csv = fs::read_to_string(at.join("out/policies.csv")).expect("text");
    assert_eq!(csv.lines().count(), 13);
    assert!(csv.contains("\nthree,toys,12-8-6-3,2-3-3,83,0,remote,"), "{csv}");
    let picture = fs::read_to_string(at.join("out/policies.svg")).expect("text");
    assert!(picture.contains("three @1"), "{picture}");
}

#[test]
fn heads_are_found_again_and_give_the_same_bytes() {
    let folder = folder(GOOD);
    let at = folder.path();
    let reports = || {
        let names = ["policies.md", "policies.csv", "policies.json", "policies.svg"];
        names.map(|name| fs::read(at.join("out").join(name)).expect("a report"))
    };
    assert_eq!(done(at)["heads"], json!({ "planned": 3, "trained": 3 }));
    let first = reports();
    assert_eq!(done(at)["heads"], json!({ "planned": 3, "trained": 0 }));
    assert_eq!(reports(), first);
    fs::remove_dir_all(head_folder(at, "two-after-0")).expect("removes");
    assert_eq!(done(at)["heads"], json!({ "planned": 3, "trained": 1 }));
    assert_eq!(reports(), first);
    // another recipe, another head
    fs::write(at.join("toys.toml"), GOOD.replace("seed = 1", "seed = 2")).expect("writes");
    assert_eq!(done(at)["heads"], json!({ "planned": 3, "trained": 3 }));
}

/// Wants a changed file refused, with every word of `says` and nothing left behind.
fn refused(from: &str, to: &str, code: &str, says: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let folder = folder(&GOOD.replacen(from, to, 1));
    let output = policies(folder.path());
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains(&format!("clashfree::policies::{code}")), "{message}");
    assert!(says.iter().all(|word| message.contains(word)), "{message}");
    let heads = folder.path().join("out/heads");
    assert!(!heads.exists() || fs::read_dir(heads).expect("a folder").count() == 0);
}

#[test]
fn files_that_cannot_be_are_refused() {
    refused("cycles = 12", "", "syntax", &["cycles"]);
    refused("cycles = 12", "cycles = 0", "key", &["cycles", "0"]);
    refused("cycles = 12", "cycles = 12\nclock = 3", "syntax", &["clock"]);
    refused("loss = 1.5", "loss = 101", "key", &["loss", "101", "100"]);
    refused("seed = 1", "seed = 1\nname = \"x\"", "key", &["name", "[base]"]);
    refused("epochs = 20", "epoch = 20", "recipe", &["epoch", "three", "junction 0"]);
    refused("epochs = 20", "epochs = 0", "training", &["epochs", "0"]);
    refused("rule = \"margin\"", "rule = \"margins\"", "recipe", &["margins"]);
    refused("rule = \"margin\"", "after = 0", "key", &["after", "[branch]"]);
    refused("after = [0]", "after = [1]", "key", &["lists 1", "2 junctions", "two"]);
    refused("after = [0]", "after = []", "key", &["empty", "two"]);
    refused("after = [0]", "after = [0, 0]", "key", &["lists 0 twice"]);
    refused("name = \"two\"", "name = \"three\"", "key", &["three", "two networks"]);
    refused("validation = 24", "validation = 0", "key", &["validation", "0"]);
    refused("train_images = \"x.npy\"", "train_images = \"z.npy\"", "head", &["z.npy"]);
}

#[test]
fn a_folder_of_something_else_and_a_missing_file_are_refused() {
    let folder = folder(GOOD);
    let at = folder.path();
    fs::create_dir(at.join("out")).expect("makes");
    fs::write(at.join("out/thesis.tex"), "mine").expect("writes");
    let output = policies(at);
    assert_eq!(output.status.code(), Some(2));
    let message = stderr(&output);
    assert!(message.contains("policies::not_ours") && message.contains("thesis.tex"), "{message}");
    fs::remove_file(at.join("toys.toml")).expect("removes");
    let message = stderr(&policies(at));
    assert!(message.contains("clashfree::policies::read"), "{message}");
}

#[test]
fn the_example_can_be() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/policies/mnist.toml");
    let comparison = Comparison::read(&file).expect("a comparison");
    assert_eq!((comparison.places.len(), comparison.cycles, comparison.loss), (10, 50, 0.2));
}
