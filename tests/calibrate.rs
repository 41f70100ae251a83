//! `calibrate`: a head whose best thresholds are known by hand, what is written, what is refused.

mod heads;

use clashfree::load;
use clashfree::model::{self, Outcome};
use clashfree::packet::ResultKind;
use clashfree::quantise::{QuantHead, Rule, quantise};
use clashfree::thresholds::{Observed, with_rule};
use heads::{HeadFiles, clashfree, dir, i8s, i32s, stderr, u8s};
use ndarray::{Array1, Array2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;

/// Inputs 0 and 1 are the logits of the exit, 2 and 3 those of the trunk, 1 a code.
const TOML: &str = r#"name = "known" # by hand
weights = "head.safetensors"

[input]
neurons = 4
format = { bits = 8, frac = 0, signed = false }

[[junction]]
weight = "fc0.weight"
bias = "fc0.bias"
weight_format = { bits = 2, frac = 0 }
activation = "relu"
output_format = { bits = 8, frac = 0, signed = false }

[[junction]]
weight = "fc1.weight"
bias = "fc1.bias"
mask = "ones"
weight_format = { bits = 2, frac = 0 }
activation = "identity"

[[exit]]
after = 0
rule = "margin"     # of two
threshold = 3       # to be chosen

[[exit.junction]]
weight = "exit0.weight"
bias = "fc1.bias"
mask = "ones"
weight_format = { bits = 2, frac = 0 }
activation = "identity"

[split]
after = 0
"#;

fn head() -> HeadFiles {
    let unit = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    let tensors = [
        ("fc0.weight", i8s(&[4, 4], &unit)),
        ("fc0.bias", i32s(&[4], &[0; 4])),
        ("fc1.weight", i8s(&[2, 4], &unit[8..])),
        ("fc1.bias", i32s(&[2], &[0; 2])),
        ("exit0.weight", i8s(&[2, 4], &unit[..8])),
        ("ones", u8s(&[2, 4], &[1; 8])),
    ];
    let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into();
    HeadFiles { toml: TOML.to_owned(), tensors, raw: None }
}

/// Margin of the exit, whether it is right, whether the trunk is. All labels are 0; two or, in the
/// last two frames, three inputs are not 0.
const FRAMES: [(u8, bool, bool); 10] = [
    (200, true, true),
    (150, true, false),
    (120, true, true),
    (100, false, true),
    (80, true, true),
    (60, false, false),
    (40, true, false),
    (20, false, true),
    (10, true, true),
    (5, false, true),
];

fn write(folder: &Path, head: &HeadFiles) {
    head.write(folder);
    let codes = Array2::from_shape_fn((10, 4), |(frame, input)| {
        let (margin, exit, trunk) = FRAMES[frame];
        let third = if frame >= 8 { 30 } else { 0 };
        match input {
            0 | 1 => {
                if exit == (input == 0) {
                    margin
                } else {
                    0
                }
            }
            _ => {
                if trunk == (input == 2) {
                    50
                } else {
                    third
                }
            }
        }
    });
    ndarray_npy::write_npy(folder.join("x.npy"), &codes).unwrap();
    ndarray_npy::write_npy(folder.join("y.npy"), &Array1::<u8>::zeros(10)).unwrap();
    ndarray_npy::write_npy(folder.join("ones.npy"), &Array1::<u8>::ones(10)).unwrap();
}

/// A folder with the head and its frames.
fn folder() -> tempfile::TempDir {
    let folder = dir();
    write(folder.path(), &head());
    folder
}

/// `calibrate` in a folder, with the frames there.
fn calibrate(folder: &Path, args: &[&str]) -> Output {
    let path = |name: &str| folder.join(name).display().to_string();
    let own = [
        "calibrate".to_owned(),
        path("head.toml"),
        "--inputs".to_owned(),
        path("x.npy"),
        "--labels".to_owned(),
        path("y.npy"),
    ];
    clashfree(own.into_iter().chain(args.iter().map(|arg| arg.replace("DIR", &path("")))))
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let output = calibrate(folder, &[args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(output: &Output, code: &str, says: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains(&format!("code: clashfree::{code}\n")), "{code}:\n{message}");
    for word in says {
        assert!(message.contains(word), "{word:?} is not in:\n{message}");
    }
}

#[test]
fn the_best_threshold_is_found_for_each_wish() {
    let folder = folder();
    // threshold, frames that exit, right frames, bytes of all frames: an answer has 4 + 2; the
    // activations 4 and 4 marks and the codes that are not 0, so 3 bytes of two, 4 of three.
    for (args, expected) in [
        (&["--loss", "0"][..], (10, 9, 7, 54 + 8)),
        (&[], (10, 9, 7, 54 + 8)),
        (&["--loss", "10"], (5, 10, 6, 60)),
        (&["--accuracy", "80"], (40, 7, 8, 42 + 7 + 16)),
        (&["--exit-rate", "0.5"], (40, 7, 8, 42 + 7 + 16)),
        (&["--exit-rate", "0.75"], (10, 9, 7, 54 + 8)),
        (&["--exit-rate", "1"], (5, 10, 6, 60)),
        (&["--bytes", "6.6"], (40, 7, 8, 42 + 7 + 16)),
        (&["--bytes", "6"], (5, 10, 6, 60)),
    ] {
        let answer = json(folder.path(), args);
        let chosen = &answer["chosen"];
        let tenths = |key: &str| (chosen[key].as_f64().unwrap() * 10.0).round() as i64;
        let found = (
            chosen["thresholds"][0].as_i64().unwrap(),
            tenths("exit_rate"),
            tenths("accuracy"),
            tenths("bytes_per_frame"),
        );
        assert_eq!(found, expected, "{args:?}");
        assert_eq!(answer["accuracy_without_exits"], 0.7);
        let sizes = ["image_bytes", "input_code_bytes", "packed_activation_bytes"];
        assert_eq!(sizes.map(|key| answer[key].as_u64().unwrap()), [4, 4, 8]);
    }
}

#[test]
fn logits_make_answers_longer_and_other_rules_choose_by_other_numbers() {
    let folder = folder();
    let answer = json(folder.path(), &["--exit-rate", "1", "--result", "logits"]);
    assert_eq!(answer["chosen"]["bytes_per_frame"], 10.0);
    // The larger of the exit's logits is the margin here, since the other is 0.
    let answer = json(folder.path(), &["--rule", "largest"]);
    assert_eq!(answer["chosen"]["thresholds"][0], 10);
    assert_eq!(answer["rules"], serde_json::json!(["largest"]));
    // A margin of 5 makes 4096 / (4096 + round(4096 / e^5)).
    let answer = json(folder.path(), &["--rule", "softmax", "--loss", "10"]);
    assert_eq!(answer["chosen"]["thresholds"][0], (65_536 * 4096) / (4096 + 28));
}

#[test]
fn some_frames_can_be_taken_and_others_only_measured() {
    let folder = folder();
    let answer = json(folder.path(), &["--frames", "0..4", "--loss", "0"]);
    assert_eq!(answer["frames"], 4);
    assert_eq!(answer["chosen"]["thresholds"][0], 100, "one gained, one lost");
    let test = ["--test-inputs", "DIR/x.npy", "--test-labels", "DIR/ones.npy"];
    let answer = json(folder.path(), &test);
    // With labels of 1 all that was right is wrong: 3 of the trunk, and 3 of the 9 that exit at 10.
    assert_eq!(answer["chosen"]["thresholds"][0], 10);
    assert_eq!(answer["test"]["accuracy_without_exits"], 0.3);
    assert_eq!(answer["test"]["accuracy"], 0.3);
    assert_eq!(answer["test"]["exits"][0]["accuracy"].as_f64(), Some(3.0 / 9.0));
}

#[test]
fn without_a_split_products_are_saved() {
    let folder = dir();
    write(folder.path(), &head().edit("[split]\nafter = 0\n", ""));
    let answer = json(folder.path(), &["--loss", "0"]);
    assert_eq!(answer["chosen"]["thresholds"][0], 10);
    assert_eq!(answer["chosen"]["bytes_per_frame"], 6.0);
    // 4 edges and 8 of the branch for all, 8 of the trunk for the one that stays.
    assert_eq!(answer["chosen"]["products_per_frame"], 12.8);
}

#[test]
fn the_head_is_written_with_its_comments_and_computes_what_was_said() {
    let folder = folder();
    let files = ["--curve", "DIR/curve.csv", "--plot", "DIR/plot.svg", "-o", "DIR/new"];
    let args = [&files[..], &["--rule", "largest", "--accuracy", "80"]].concat();
    let output = calibrate(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let toml = String::from_utf8(read("new/head.toml")).unwrap();
    let expected = TOML
        .replace("rule = \"margin\"     # of two", "rule = \"largest\"     # of two")
        .replace("threshold = 3       # to be chosen", "threshold = 40       # to be chosen");
    assert_eq!(toml, expected);
    assert_eq!(read("new/head.safetensors"), read("head.safetensors"));
    let record: Value = serde_json::from_slice(&read("new/calibrate.json")).unwrap();
    assert_eq!(record["wanted"], serde_json::json!({ "accuracy": 80.0 }));
    assert_eq!(record["chosen"]["thresholds"], serde_json::json!([40]));

    // A line for each threshold that decides otherwise.
    let csv = String::from_utf8(read("curve.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..4], ["threshold_0", "share_0", "accuracy_0", "exit_rate"]);
    let thresholds: Vec<&str> = rows[1..].iter().map(|row| row[0]).collect();
    assert_eq!(thresholds, ["255", "200", "150", "120", "100", "80", "60", "40", "20", "10", "5"]);
    assert_eq!(rows[1][2], "", "none exits, so none is right");
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let svg = String::from_utf8(read("plot.svg")).unwrap();
    let picture = roxmltree::Document::parse(&svg).expect("XML");
    assert!(picture.descendants().any(|node| node.text().map(str::trim) == Some("chosen")));

    // Again, over what is there: the same bytes.
    let first = ["new/head.toml", "new/calibrate.json", "curve.csv", "plot.svg"].map(read);
    let output = calibrate(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(first, ["new/head.toml", "new/calibrate.json", "curve.csv", "plot.svg"].map(read));
    // Anything else is not replaced.
    fs::write(folder.path().join("new/thesis.tex"), "").unwrap();
    refused(&calibrate(folder.path(), &args), "thresholds::not_ours", &["thesis.tex", "-o"]);
}

/// Thresholds at random, all rules: what is counted is what the reference model decides.
#[test]
fn what_is_measured_is_what_the_model_does() {
    let folder = folder();
    let own = quantise(&load::head(folder.path()).unwrap()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let frames = Array2::from_shape_fn((300, 4), |_| rng.random_range(0..40));
    let labels: Vec<u32> = (0..300).map(|_| rng.random_range(0..2)).collect();
    for rule in [Rule::Margin, Rule::Largest, Rule::Softmax] {
        let head: QuantHead = with_rule(&own, rule);
        let computed = model::compute(&head, frames.view());
        let trunk = model::run(&head, frames.view());
        let observed = Observed::new(&head, frames.view(), &labels, ResultKind::Class).unwrap();
        for _ in 0..200 {
            let threshold = match rule {
                Rule::Softmax => rng.random_range(32_000..=65_536),
                _ => rng.random_range(0..45),
            };
            let point = observed.measure(&[threshold]);
            let (mut exited, mut right) = (0, 0);
            for (frame, &label) in labels.iter().enumerate() {
                let class = match computed.outcome(&head, frame, &[threshold]) {
                    Outcome::Answer { decision, .. } => {
                        exited += 1;
                        decision.class
                    }
                    Outcome::Activations(_) => model::classify(trunk.row(frame)).class,
                };
                right += usize::from(class == label as usize);
            }
            assert_eq!((point.exited().frames, point.right), (exited, right), "{rule} {threshold}");
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = folder();
    let run = |args: &[&str]| calibrate(folder.path(), args);
    refused(
        &run(&["--accuracy", "81"]),
        "thresholds::unreachable",
        &["81 %", "80.00 %", "10 frames"],
    );
    refused(&run(&["--bytes", "5.9"]), "thresholds::unreachable", &["5.9 bytes", "6.00 bytes"]);
    refused(&run(&["--frames", "4..11"]), "thresholds::frames", &["4..11 of 10 frames", "0..10"]);
    refused(&run(&["--frames", "4..4"]), "thresholds::frames", &["4..4"]);
    refused(&run(&["--plot", "DIR/none/plot.svg"]), "thresholds::write", &["none/plot.svg"]);
    for (args, says) in [
        (&["--loss", "1", "--bytes", "7"][..], "cannot be used with"),
        (&["--exit-rate", "1.5"], "must be 0 to 1"),
        (&["--accuracy", "0.8"], "80 for this share?"),
        (&["--frames", "3"], "A..B"),
        (&["--test-inputs", "x.npy"], "--test-labels"),
        (&["--rule", "entropy"], "margin"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(says), "{says}: {}", stderr(&output));
    }

    let other = dir();
    let from = TOML.find("[[exit]]").unwrap();
    write(other.path(), &head().edit(&TOML[from..], ""));
    refused(&calibrate(other.path(), &[]), "thresholds::no_exits", &["known has no exits"]);
    // The trunk ends in codes, and the exit there answers all.
    let second = TOML.find("[[junction]]\nweight = \"fc1").unwrap();
    let alone = head().edit(&TOML[second..from], "").edit("[split]\nafter = 0\n", "");
    write(other.path(), &alone);
    refused(&calibrate(other.path(), &[]), "thresholds::only_exit", &["known", "every frame"]);
}

/// A recipe of the known head's layers.
fn recipe(validation: usize, middle: usize) -> String {
    format!(
        "name = \"known\"\nseed = 9\nneurons = [4, {middle}, 2]\nout_degrees = [{middle}, 2]\n\
         pattern = \"random-structured\"\nweight_format = {{ bits = 2, frac = 0 }}\n\
         activation_format = {{ bits = 8, frac = 0, signed = false }}\nepochs = 1\nwarmup = 0\n\
         learning_rate = 0.1\nvalidation = {validation}\n\n[input]\n\
         format = {{ bits = 8, frac = 0, signed = false }}\n\n[data]\ntrain_images = \"x.npy\"\n\
         train_labels = \"y.npy\"\ntest_images = \"x.npy\"\ntest_labels = \"y.npy\"\n"
    )
}

#[test]
fn the_samples_that_a_training_kept_out_are_taken() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("recipe.toml"), recipe(4, 4)).unwrap();
    let head = path("head.toml").display().to_string();
    let run = |recipe: &str, more: &[&str]| {
        let recipe = path(recipe).display().to_string();
        let own = ["calibrate", &head, "--validation-of", &recipe, "--json"];
        clashfree(own.iter().chain(more))
    };
    let output = run("recipe.toml", &["--loss", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let kept: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(kept["frames"], 4);

    // It is the accuracy on just these.
    let recipe_file = clashfree::train::Recipe::read(&path("recipe.toml")).unwrap();
    let (_, kept_out) = recipe_file.parts(10).unwrap();
    let right = kept_out.iter().filter(|&&frame| FRAMES[frame as usize].2).count();
    assert_eq!(kept["accuracy_without_exits"].as_f64(), Some(right as f64 / 4.0));

    // The same from the log of the training.
    fs::write(path("metrics.jsonl"), recipe_file.to_line()).unwrap();
    let output = run("metrics.jsonl", &["--loss", "0"]);
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(again, kept);

    fs::write(path("none.toml"), recipe(0, 4)).unwrap();
    let refused = |output: &Output, code: &str, words: &[&str]| {
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["error"]["code"], format!("clashfree::{code}"), "{error}");
        assert!(words.iter().all(|word| error.to_string().contains(word)), "{error}");
    };
    refused(&run("none.toml", &[]), "thresholds::no_validation", &["none.toml", "--inputs"]);
    fs::write(path("other.toml"), recipe(4, 6)).unwrap();
    refused(&run("other.toml", &[]), "thresholds::other_recipe", &["[4, 6, 2]", "[4, 4, 2]"]);
    fs::write(path("all.toml"), recipe(10, 4)).unwrap();
    refused(&run("all.toml", &[]), "train::key", &["10 of 10"]);
    fs::write(path("foreign.jsonl"), "{}\n").unwrap();
    refused(&run("foreign.jsonl", &[]), "thresholds::metrics", &["foreign.jsonl"]);
    refused(&run("absent.jsonl", &[]), "thresholds::read", &["absent.jsonl"]);
}
