//! The bundled heads are what `examples/heads/README.md` says of them, and a head trained by the
//! program goes through the program.

use clashfree::load;
use clashfree::model::{self, classify};
use clashfree::packet::ResultKind;
use clashfree::quantise::quantise;
use clashfree::thresholds::{KeptOut, Observed, Want};
use clashfree::train::Recipe;
use ndarray::{Array1, Array2};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const IMAGES: &str = "t10k-images-idx3-ubyte.gz";
const LABELS: &str = "t10k-labels-idx1-ubyte.gz";
const SPARSE: [&str; 2] = ["mnist-2-9-10", "mnist-2-9-10-clash-free"];
const WITH_EXIT: [&str; 2] = ["mnist-exit-2-9-10", "mnist-exit-13-17-10"];
const DENSE: &str = "mnist-14-14";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn mnist(file: &str) -> String {
    examples().join("mnist").join(file).display().to_string()
}

/// Images of 10,000 that the README says a head classifies right, in its last column.
fn promised(head: &str) -> usize {
    let text = std::fs::read_to_string(examples().join("heads/README.md")).unwrap();
    let start = format!("| `{head}` |");
    let row = text.lines().find(|line| line.starts_with(&start)).unwrap();
    let share = row.rsplit("**").nth(1).unwrap().strip_suffix(" %").unwrap();
    (share.parse::<f64>().unwrap() * 100.0).round() as usize
}

#[test]
fn accuracy_and_degrees_are_as_promised() {
    for name in SPARSE.into_iter().chain([DENSE]) {
        let folder = examples().join("heads").join(name);
        let head = quantise(&load::head(&folder).unwrap()).unwrap();
        let recipe = Recipe::read(&folder.join("recipe.toml")).unwrap();
        assert_eq!((&head.name, head.inputs), (&recipe.name, recipe.neurons[0]));
        assert_eq!(head.input_format, recipe.input.format);
        let plan = recipe.plan().unwrap();
        assert_eq!(head.junctions.len(), plan.len());
        for (junction, plan) in head.junctions.iter().zip(&plan) {
            let (p, d) = (&junction.pattern, plan.degrees);
            assert_eq!(
                (p.left(), p.right(), p.d_out(), p.d_in()),
                (d.left, d.right, d.d_out, d.d_in)
            );
            assert_eq!(junction.weight_format, plan.weight_format.format);
            assert_eq!(junction.output_format, plan.output_format.map(|output| output.format));
            assert_eq!(junction.saturated.weights, 0, "training keeps weights in range");
        }

        let frames = load::inputs(&mnist(IMAGES), head.inputs, head.input_format).unwrap();
        let labels = load::labels(&mnist(LABELS), frames.len(), 10).unwrap();
        let logits = model::run(&head, frames.codes.view());
        let rows = logits.rows().into_iter().zip(&labels);
        let right = rows.filter(|(row, label)| classify(*row).class == **label as usize).count();
        assert_eq!((frames.len(), right), (10_000, promised(name)), "{name}");
        assert!(!SPARSE.contains(&name) || right >= 9_350, "{name}: {right}");
    }
}

/// The thresholds are those that the validation split gives, and the README says what they do.
#[test]
fn exits_are_calibrated_as_promised() {
    let text = std::fs::read_to_string(examples().join("heads/README.md")).unwrap();
    for name in WITH_EXIT {
        let folder = examples().join("heads").join(name);
        let head = quantise(&load::head(&folder).unwrap()).unwrap();
        assert_eq!((head.split, head.exits.len()), (Some(0), 1));
        let kept_out = KeptOut::read(&folder.join("recipe.toml"), &head).unwrap();
        let observe = |[inputs, labels]: [String; 2], kept_out: Option<&KeptOut>| {
            let frames = load::inputs(&inputs, head.inputs, head.input_format).unwrap();
            let labels = load::labels(&labels, frames.len(), 10).unwrap();
            let all = || (0..frames.len()).collect::<Vec<_>>();
            let numbers = kept_out.map_or_else(all, |k| k.samples(frames.len()).unwrap());
            let codes = frames.codes.select(ndarray::Axis(0), &numbers);
            let labels: Vec<u32> = numbers.iter().map(|&n| labels[n]).collect();
            Observed::new(&head, codes.view(), &labels, ResultKind::Class).unwrap()
        };
        let (chosen, _) =
            observe(kept_out.files(), Some(&kept_out)).choose(Want::Loss(0.2)).unwrap();
        assert_eq!(chosen.thresholds, [head.exits[0].threshold], "{name}");
        assert_eq!(chosen.frames, 5_000);

        let test = observe([mnist(IMAGES), mnist(LABELS)], None);
        let measured = test.measure(&chosen.thresholds);
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        let exact = |right: usize| format!("{:.2}", right as f64 / 100.0);
        let promised = format!(
            "| {} / {} % | {} / {} % | {} / {} % | {:.2} |",
            percent(chosen.exit_rate()),
            percent(measured.exit_rate()),
            exact(2 * validation_right(&folder)),
            exact(test.reference_right()),
            exact(2 * chosen.right),
            exact(measured.right),
            measured.mean_bytes()
        );
        assert!(text.contains(&promised), "{name}: {promised}");
    }
}

/// Validation samples of 5,000 that the trunk had right at the end of its training.
fn validation_right(folder: &Path) -> usize {
    let log = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let result: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    (result["validation_accuracy"].as_f64().unwrap() * 5_000.0).round() as usize
}

/// Runs the program, which must succeed, and takes its JSON.
fn run(folder: &Path, line: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    let output = command.args(line.split(' ')).arg("--json").current_dir(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{line}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Vectors of 30 signed values that tell 5 classes, by which of 5 groups is high.
fn samples(count: usize, offset: usize) -> (Array2<f32>, Array1<i64>) {
    let class = |sample: usize| (sample * 7 + sample / 5) % 5;
    let inputs = Array2::from_shape_fn((count, 30), |(s, i)| {
        let noise = ((s + offset) * 131 + i * 71 + (s + offset) * i * 17) % 97;
        noise as f32 / 50.0 - 1.0 + if i / 6 == class(s) { 0.4 } else { 0.0 }
    });
    (inputs, Array1::from_shape_fn(count, |s| class(s) as i64))
}

#[test]
fn a_trained_head_is_accepted_and_infers_as_training_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (x, y) = samples(900, 0);
    let mut archive =
        ndarray_npy::NpzWriter::new(std::fs::File::create(path("train.npz")).unwrap());
    archive.add_array("x", &x).unwrap();
    archive.add_array("y", &y).unwrap();
    archive.finish().unwrap();
    let (x, y) = samples(300, 5_000);
    ndarray_npy::write_npy(path("x.npy"), &x).unwrap();
    ndarray_npy::write_npy(path("y.npy"), &y).unwrap();
    let recipe = r#"
        name = "signed"
        seed = 1
        neurons = [30, 20, 5]
        out_degrees = [4, 3]
        pattern = ["random-structured", "clash-free-free-addresses"]
        parallelism = [1, 4]
        weight_format = [{ bits = 5, frac = 3 }, { bits = 6, frac = 4 }]
        activation_format = { bits = 5, frac = 2, signed = false }
        epochs = 12
        warmup = 4
        batch = 64
        learning_rate = 0.02
        validation = 100
        [input]
        format = { bits = 6, frac = 4, signed = true }
        [data]
        train_images = "train.npz:x"
        train_labels = "train.npz:y"
        test_images = "x.npy"
        test_labels = "y.npy"
    "#;
    std::fs::write(path("recipe.toml"), recipe).unwrap();

    let report = run(folder.path(), "train recipe.toml -o out/head");
    assert_eq!((&report["name"], &report["edges"]), (&"signed".into(), &180.into()));
    assert!(report["test_accuracy"].as_f64().unwrap() > 0.5, "{report}");

    let checked = run(folder.path(), "check out/head");
    let degrees = |n: usize| (&checked["junctions"][n]["d_out"], &checked["junctions"][n]["d_in"]);
    assert_eq!(degrees(0), (&4.into(), &6.into()));
    assert_eq!(degrees(1), (&3.into(), &12.into()));
    assert_eq!(checked["parameters"], report["parameters"]);

    let inferred = run(folder.path(), "infer out/head --inputs x.npy --labels y.npy");
    assert_eq!(inferred["accuracy"], report["test_accuracy"]);

    // Trained again in place, the same bytes.
    let bytes = |name: &str| std::fs::read(path("out/head").join(name)).unwrap();
    let first = ["head.toml", "head.safetensors", "metrics.jsonl"].map(bytes);
    run(folder.path(), "train recipe.toml -o out/head");
    assert_eq!(first, ["head.toml", "head.safetensors", "metrics.jsonl"].map(bytes));
}
