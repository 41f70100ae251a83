//! `sweep`: the same tables whatever the number of jobs, nothing trained twice, figures that are
//! those of hand-made results, and what it says to sweeps that cannot be.

mod heads;

use clashfree::sweep::{Hardware, Record, Sweep};
use heads::{dir, stderr};
use ndarray::{Array1, Array2};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const BASE: &str = r#"
[base]
seed = 1
neurons = [12, 8, 3]
out_degrees = [2, 3]
pattern = "random-structured"
weight_format = { bits = 6, frac = 4 }
activation_format = { bits = 5, frac = 3, signed = false }
epochs = 3
warmup = 1
batch = 16
learning_rate = 0.02
validation = 12

[base.input]
format = { bits = 4, frac = 4, signed = false }

[base.data]
train_images = "x.npy"
train_labels = "y.npy"
test_images = "x.npy"
test_labels = "y.npy"
"#;

/// Two shapes at two seeds, one of them again under another name, and one at two widths.
const RUNS: &str = r#"
cycles = 12

[vary]
seed = [1, 2]

[[target]]
accuracy = 10

[[run]]
name = "plain"
group = "first"
paper_accuracy = 61.25

[[run]]
name = "wide"
group = "second"
neurons = [12, 16, 3]
out_degrees = [4, 3]

[[run]]
name = "again"
group = "second"

[[run]]
name = "bits"
seed = 5
cycles = 6

[run.vary]
weight_format = [{ bits = 4, frac = 2 }, { bits = 3, frac = 1 }]
"#;

/// A folder with 96 samples of 3 classes, which a head can learn, and a sweep.
fn folder(sweep: &str) -> tempfile::TempDir {
    let folder = dir();
    let noise = |s: usize, i: usize| (s * 7919 + i * 104_729) % 5;
    let x = Array2::from_shape_fn((96, 12), |(s, i)| {
        (noise(s, i) + if i % 3 == s % 3 { 9 } else { 0 }) as u8
    });
    let y = Array1::from_shape_fn(96, |s| (s % 3) as u8);
    ndarray_npy::write_npy(folder.path().join("x.npy"), &x).expect("writes");
    ndarray_npy::write_npy(folder.path().join("y.npy"), &y).expect("writes");
    fs::write(folder.path().join("s.toml"), sweep).expect("writes");
    folder
}

fn good() -> String {
    let (cycles, runs) = RUNS.split_at(RUNS.find("[vary]").expect("is there"));
    format!("{cycles}{BASE}\n{runs}")
}

fn sweep(folder: &Path, out: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    let command = command.args(["sweep", "s.toml", "-o", out]).args(more).current_dir(folder);
    command.output().expect("runs")
}

/// Runs a sweep that must end well; returns its answer.
fn done(folder: &Path, out: &str, more: &[&str]) -> Value {
    let output = sweep(folder, out, &[more, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("text")
}

const REPORTS: [&str; 5] =
    ["results.md", "results.csv", "accuracy.svg", "weight-bits.svg", "bit-products.svg"];

#[test]
fn jobs_do_not_matter_and_nothing_is_trained_twice() {
    let folder = folder(&good());
    let at = folder.path();
    let answer = done(at, "one", &["--jobs", "1"]);
    // `again` is `plain`; `bits` has a seed of its own and two widths.
    assert_eq!(answer["trainings"]["run"], 6, "{answer}");
    assert_eq!(answer["trainings"]["planned"], 8, "{answer}");
    assert_eq!(answer["trainings"]["finished"], 8, "{answer}");
    done(at, "two", &["--jobs", "2"]);
    for name in REPORTS {
        let [one, two] = ["one", "two"].map(|out| read(&at.join(out), name));
        assert_eq!(one, two, "{name}");
    }

    let markdown = read(at, "one/results.md");
    let line = |name: &str| {
        let start = format!("| {name} |");
        let line = markdown.lines().find(|line| line.starts_with(&start));
        line.unwrap_or_else(|| panic!("{name} in {markdown}")).to_owned()
    };
    // 12·2 + 8·3 edges and 11 biases; 6 bits each; 4 bits come in, then 5. At 12 cycles 2 + 2 lanes.
    assert!(line("plain").contains("| 12-8-3 | 2, 3 | 61.25 |"), "{markdown}");
    assert!(line("plain").ends_with("| 2 | 59 | 288 | 1296 | 12 | 4 |"), "{markdown}");
    assert!(line("wide").ends_with("| 2 | 115 | 576 | 2592 | 12 | 8 |"), "{markdown}");
    // 3 bits: 48·3, and 24·3·(4 + 5). At 6 cycles 4 + 4 lanes.
    assert!(markdown.contains("weight_format = { bits = 3, frac = 1 } | 12-8-3 | 2, 3 |"));
    assert!(markdown.lines().any(|l| l.ends_with("| 1 | 59 | 144 | 648 | 6 | 8 |")), "{markdown}");
    let headings: Vec<&str> = markdown.lines().filter(|l| l.starts_with('#')).collect();
    assert_eq!(headings, ["# s", "## first", "## second", "## Targets"]);

    // Accuracies are means over seeds of what the lines say.
    let lines: Vec<Value> = read(at, "one/results.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let of = |name: &str| {
        let own = lines.iter().filter(|line| line["name"] == name);
        own.map(|line| line["test_accuracy"].as_f64().expect("a share")).collect::<Vec<f64>>()
    };
    let [a, b] = of("plain")[..] else { panic!("two seeds: {lines:?}") };
    let hardware = &answer["rows"][0]["figures"]["hardware"];
    let mean = hardware["mean"].as_f64().expect("a mean");
    let deviation = hardware["deviation"].as_f64().expect("a deviation");
    assert!((mean - 50.0 * (a + b)).abs() < 1e-9, "{mean} of {a} and {b}");
    assert!((deviation - 100.0 * (a - b).abs() / 2f64.sqrt()).abs() < 1e-9, "{deviation}");
    assert!(mean > 40.0, "it learns: {mean}");
}

#[test]
fn a_sweep_trains_as_train_does() {
    let folder = folder(&good());
    let at = folder.path();
    done(at, "out", &["--heads"]);
    let heads: Vec<_> = fs::read_dir(at.join("out/heads")).expect("a folder").collect();
    assert_eq!(heads.len(), 6);
    let keys = BASE.replace("[base]\nseed = 1", "name = \"plain\"\nseed = 2").replace("base.", "");
    fs::write(at.join("recipe.toml"), keys).expect("writes");
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    let args = ["train", "recipe.toml", "-o", "alone"];
    let output = command.args(args).current_dir(at).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let alone = fs::read(at.join("alone/head.safetensors")).expect("reads");
    let same = heads.iter().flatten().filter(|head| {
        let name = head.file_name().into_string().expect("plain");
        let bytes = fs::read(head.path().join("head.safetensors")).expect("reads");
        name.starts_with("plain-") && bytes == alone
    });
    assert_eq!(same.count(), 1);
}

#[test]
fn only_what_is_missing_is_run() {
    let folder = folder(&good());
    let at = folder.path();
    done(at, "out", &[]);
    let whole = read(at, "out/results.jsonl");
    let report = read(at, "out/results.md");
    assert_eq!(done(at, "out", &[])["trainings"]["run"], 0);
    assert_eq!(read(at, "out/results.jsonl"), whole);

    // Two lines gone, and the third from the end torn.
    let lines: Vec<&str> = whole.lines().collect();
    let torn = lines[..3].join("\n") + "\n" + &lines[3][..40];
    fs::write(at.join("out/results.jsonl"), torn).expect("writes");
    let answer = done(at, "out", &["--report-only"]);
    assert_eq!(answer["trainings"]["run"], 0, "{answer}");
    assert!(answer["trainings"]["finished"].as_u64() < Some(8), "{answer}");
    assert_eq!(done(at, "out", &[])["trainings"]["run"], 3);
    assert_eq!(read(at, "out/results.md"), report);
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&read(at, "out/results.jsonl")), sorted(&whole));

    // Another budget and another recipe are other trainings; heads that are not kept are made.
    fs::write(at.join("s.toml"), good().replace("cycles = 6", "cycles = 5")).expect("writes");
    assert_eq!(done(at, "out", &[])["trainings"]["run"], 2);
    fs::write(at.join("s.toml"), good().replace("frac = 1 }", "frac = 2 }")).expect("writes");
    assert_eq!(done(at, "out", &[])["trainings"]["run"], 1);
    fs::write(at.join("s.toml"), good()).expect("writes");
    assert_eq!(done(at, "out", &["--heads"])["trainings"]["run"], 6);
    assert_eq!(done(at, "out", &["--heads"])["trainings"]["run"], 0);
}

#[test]
fn a_training_that_diverges_does_not_stop_the_others() {
    let bad = "\n[[run]]\nname = \"wild\"\nlearning_rate = 1e30\n";
    let folder = folder(&(good() + bad));
    let output = sweep(folder.path(), "out", &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["trainings"]["run"], 6, "{answer}");
    let failures = answer["failures"].as_array().expect("a list");
    assert_eq!(failures.len(), 2, "{answer}");
    assert_eq!(failures[0]["training"], "run \"wild\", seed 1");
    assert!(failures[0]["message"].as_str().expect("text").contains("diverged"), "{answer}");
    let markdown = read(folder.path(), "out/results.md");
    assert!(markdown.contains("| wild |"), "{markdown}");
    assert!(markdown.contains("| 0 of 2 |"), "{markdown}");
}

/// Five runs of made-up cost and accuracy.
#[test]
fn targets_and_front_are_those_of_hand_made_results() {
    let runs: String = ["a", "b", "c", "d", "e"]
        .iter()
        .zip(1..)
        .map(|(name, seed)| {
            format!("\n[[run]]\nname = \"{name}\"\nvary.seed = [{seed}, {seed}0]\n")
        })
        .collect();
    let targets = "\n[[target]]\naccuracy = 93.9\n[[target]]\naccuracy = 97\n";
    let folder = folder(&format!("{BASE}{targets}{runs}"));
    let at = folder.path();
    let sweep = Sweep::read(&at.join("s.toml")).expect("a sweep");
    // Weight bits, bit products, and hits of 1000 for two seeds. b reaches 93.9 in the mean only;
    // c costs more than b and is worse; d has the fewest products; e lacks a seed.
    let made: BTreeMap<&str, (u64, u64, [u32; 2])> = BTreeMap::from([
        ("a", (100, 900, [900, 910])),
        ("b", (200, 1000, [938, 940])),
        ("c", (300, 1100, [930, 930])),
        ("d", (400, 800, [960, 970])),
        ("e", (50, 50, [990, 0])),
    ]);
    let mut lines = String::new();
    for (row, training) in sweep.trainings() {
        let (weight_bits, bit_products, hits) = made[row.name.as_str()];
        let hits = hits[usize::from(training.recipe.seed >= 10)];
        let record = Record {
            recipe_sha256: training.hash.clone(),
            name: row.name.clone(),
            group: None,
            varied: BTreeMap::new(),
            seed: training.recipe.seed,
            validation_accuracy: None,
            test_accuracy_float: 0.5,
            test_accuracy: f64::from(hits) / 1000.0,
            parameters: 1000,
            edges: 900,
            weight_bits,
            bit_products,
            hardware: Some(Hardware { budget: 9, cycles: 8, multipliers: 7 }),
            clashfree: "0.0.0".to_owned(),
        };
        if hits > 0 {
            lines += &(serde_json::to_string(&record).expect("plain data") + "\n");
        }
    }
    fs::create_dir(at.join("out")).expect("makes");
    fs::write(at.join("out/results.jsonl"), &lines).expect("writes");
    let answer = done(at, "out", &["--report-only"]);
    assert_eq!(answer["targets"][0]["fewest_weight_bits"], 1, "b: {answer}");
    assert_eq!(answer["targets"][0]["fewest_bit_products"], 3, "d: {answer}");
    assert_eq!(answer["targets"][1]["fewest_weight_bits"], Value::Null, "{answer}");
    let b = &answer["rows"][1]["figures"]["hardware"];
    assert!((b["mean"].as_f64().expect("a mean") - 93.9).abs() < 1e-9, "{b}");
    // sqrt((0.1² + 0.1²)/1)
    assert!((b["deviation"].as_f64().expect("one") - 0.02f64.sqrt()).abs() < 1e-9, "{b}");
    let markdown = read(at, "out/results.md");
    assert!(markdown.contains("| 93.90 | weight bits | b | 93.90 ± 0.14 | 200 | 1000 |"));
    assert!(markdown.contains("| 93.90 | bit products | d | 96.50 ± 0.71 | 400 | 800 |"));
    assert!(markdown.contains("| 97.00 | weight bits | – | – | – | – |"), "{markdown}");
    assert!(markdown.contains("| 1 of 2 |"), "{markdown}");
    let csv = read(at, "out/results.csv");
    assert_eq!(csv.lines().count(), 6);
    assert!(csv.lines().nth(4).expect("d").starts_with("d,,,12-8-3,2-3,,50,0,96.5,0.707"), "{csv}");

    // The fronts: a, b, d by weight bits; d alone by products. Corners of the black staircases.
    let corners = |name: &str| {
        let svg = read(&at.join("out"), name);
        let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
        let black = document.descendants().find(|n| {
            n.tag_name().name() == "polyline"
                && n.attribute("stroke") == Some("#000000")
                && n.attribute("points").is_some_and(|p| p.split_whitespace().count() != 2)
        });
        black.map_or(0, |n| n.attribute("points").expect("is there").split_whitespace().count())
    };
    assert_eq!(corners("weight-bits.svg"), 5);
    assert_eq!(corners("bit-products.svg"), 1);
}

/// The sweep with `from` replaced by `to` is refused with this code, and with these words in its
/// message or help; nothing is written.
fn refused(from: &str, to: &str, code: &str, words: &[&str]) {
    let good = good();
    assert!(good.contains(from), "{from}");
    let folder = folder(&good.replacen(from, to, 1));
    says(folder.path(), &[], code, words);
    assert!(!folder.path().join("out").exists(), "{code}: nothing may be written");
}

fn says(folder: &Path, more: &[&str], code: &str, words: &[&str]) {
    let output = sweep(folder, "out", &[more, &["--json"]].concat());
    let error: Value = serde_json::from_slice(&output.stderr).expect("an error in JSON");
    let error = &error["error"];
    assert_eq!((output.status.code(), error["code"].as_str()), (Some(2), Some(code)), "{error}");
    let text = format!("{} {}", error["message"], error["help"]).replace("\\\"", "\"");
    for word in words {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

#[test]
fn sweeps_that_cannot_be() {
    let (syntax, key) = ("clashfree::sweep::syntax", "clashfree::sweep::key");
    let (recipe, training) = ("clashfree::sweep::recipe", "clashfree::sweep::training");
    refused("cycles = 12", "cycle = 12", syntax, &["cycle", "docs/sweeps.md"]);
    refused("accuracy = 10", "accuracy = 10\nbits = 3", syntax, &["bits"]);
    refused("seed = [1, 2]", "seed = 1", syntax, &["seed"]);
    refused("name = \"again\"", "", syntax, &["name"]);
    refused("name = \"again\"", "name = \"plain\"", key, &["plain", "two runs"]);
    refused("name = \"again\"", "name = \"../x\"", training, &["../x", "letter"]);
    refused("paper_accuracy = 61.25", "paper_accuracy = 161.25", key, &["plain", "161.25", "100"]);
    refused("accuracy = 10", "accuracy = -1", key, &["[[target]]", "-1"]);
    refused("group = \"first\"", "group = \"a|b\"", key, &["plain", "a|b"]);
    refused("cycles = 6", "cycles = 0", key, &["cycles", "bits"]);
    refused("seed = [1, 2]", "seed = []", key, &["[vary] seed", "empty"]);
    refused("seed = [1, 2]", "seed = [1, 2, 1]", key, &["[vary] seed", "1 twice"]);
    refused(
        "seed = [1, 2]",
        "sede = [1, 2]",
        recipe,
        &["\"plain\" with sede = 1", "unknown field"],
    );
    refused("epochs = 3", "epoch = 3", recipe, &["\"plain\"", "epoch"]);
    refused("out_degrees = [4, 3]", "depth = 3", recipe, &["\"wide\"", "depth"]);
    // 12·3 is no multiple of 16; 4 is the nearest that is.
    refused(
        "out_degrees = [4, 3]",
        "out_degrees = [3, 3]",
        training,
        &["\"wide\" with seed = 1", "4"],
    );
    refused("seed = [1, 2]", "seed = [1, 2]\nname = [\"a\"]", key, &["name", "[vary]"]);
    let exit = "[[run.exit]]\nafter = 0\nneurons = [3]\nout_degrees = [3]\nrule = \"margin\"\nthreshold = 1";
    let with_exit = format!("out_degrees = [4, 3]\n\n{exit}");
    refused("out_degrees = [4, 3]", &with_exit, key, &["\"wide\"", "[[exit]]", "train"]);
    // 5 banks do not divide the 12 inputs.
    let family = "out_degrees = [4, 3]\npattern = \"clash-free-starts-once\"\nparallelism = [5, 4]";
    refused("out_degrees = [4, 3]", family, training, &["\"wide\"", "parallelism"]);
    refused("bits = 3, frac", "bits = 30, frac", training, &["\"bits\" with", "30", "16"]);
    let many: Vec<String> = (0..400).map(|n| n.to_string()).collect();
    let many = many.join(", ");
    let vary = format!("seed = [{many}]\nepochs = [{many}]\nbatch = [{many}]");
    refused("seed = [1, 2]", &vary, key, &["100000", "plain"]);
}

#[test]
fn folders_and_data_that_cannot_be() {
    let not_ours = "clashfree::sweep::not_ours";
    let folder = folder(&good());
    let (at, out) = (folder.path(), folder.path().join("out"));
    says(at, &["--report-only"], "clashfree::sweep::no_results", &["--report-only"]);
    fs::create_dir(&out).expect("makes");
    fs::write(out.join("results.md"), "mine").expect("writes");
    says(at, &[], not_ours, &["results.md", "-o"]);
    fs::remove_file(out.join("results.md")).expect("removes");
    fs::write(out.join("results.jsonl"), "{\"mine\":1}\n").expect("writes");
    says(at, &[], not_ours, &["line 1"]);
    assert_eq!(read(&out, "results.jsonl"), "{\"mine\":1}\n");
    fs::write(out.join("results.jsonl"), "").expect("writes");
    fs::write(out.join("notes.txt"), "mine").expect("writes");
    says(at, &[], not_ours, &["notes.txt"]);
    fs::remove_file(out.join("notes.txt")).expect("removes");

    let file = fs::File::open(out.join("results.jsonl")).expect("opens");
    file.lock().expect("locks");
    says(at, &[], "clashfree::sweep::in_use", &["another sweep"]);
    drop(file);

    fs::remove_file(at.join("y.npy")).expect("removes");
    says(at, &[], "clashfree::sweep::training", &["y.npy", "plain"]);
    fs::remove_file(at.join("s.toml")).expect("removes");
    says(at, &[], "clashfree::sweep::read", &["s.toml"]);
}

#[test]
fn the_examples_can_be() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sweeps");
    let count = |name: &str| {
        let sweep = Sweep::read(&examples.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        (sweep.rows.len(), sweep.trainings().count())
    };
    assert_eq!(count("tables.toml"), (30, 90));
    assert_eq!(count("patterns.toml"), (21, 105));
    assert_eq!(count("bits.toml"), (27, 81));
}
