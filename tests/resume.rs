//! Training that is interrupted from outside: by signals, by a kill, by its own loss.
#![cfg(unix)]

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const RECIPE: &str = r#"
name = "long"
seed = 1
neurons = [12, 8, 3]
out_degrees = [4, 3]
pattern = "random-structured"
weight_format = { bits = 5 }
activation_format = { bits = 5, signed = false }
epochs = 60
warmup = 10
batch = 16
learning_rate = 0.01
validation = 100
keep = "best"
input = { format = { bits = 4, frac = 4, signed = false } }
data = { train_images = "x.npy", train_labels = "y.npy", test_images = "x.npy", test_labels = "y.npy" }
"#;

/// A folder with the recipe and so many samples.
fn folder(samples: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let x = ndarray::Array2::from_shape_fn((samples, 12), |(s, i)| {
        let noise = (s * 31 + i * 17 + s * i) % 11;
        (noise + if i / 4 == s % 3 { 4 } else { 0 }) as u8
    });
    let y = ndarray::Array1::from_shape_fn(samples, |s| (s % 3) as u8);
    ndarray_npy::write_npy(folder.path().join("x.npy"), &x).unwrap();
    ndarray_npy::write_npy(folder.path().join("y.npy"), &y).unwrap();
    std::fs::write(folder.path().join("recipe.toml"), RECIPE).unwrap();
    folder
}

fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    command.args(line.split(' ')).arg("--json").current_dir(folder);
    command
}

/// The exit code, and the error or the report.
fn run(folder: &Path, line: &str) -> (i32, Value) {
    let output = command(folder, line).output().unwrap();
    let code = output.status.code().unwrap();
    let text = if code == 0 { output.stdout } else { output.stderr };
    let value: Value = serde_json::from_slice(&text).unwrap();
    (code, if code == 0 { value } else { value["error"].clone() })
}

fn refused(folder: &Path, line: &str, code: &str, words: &[&str]) {
    let (exit, error) = run(folder, line);
    assert_eq!((exit, error["code"].as_str()), (2, Some(code)), "{error}");
    let text = format!("{} {}", error["message"], error["help"]);
    for word in words {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

fn epochs(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().filter(|line| line.starts_with("{\"record\":\"epoch\"")).count()
}

/// Starts training with a log and waits for so many epochs.
fn started(folder: &Path, line: &str, count: usize) -> Child {
    let mut command = command(folder, line);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    while epochs(&folder.join("log")) < count {
        assert!(begin.elapsed() < Duration::from_secs(300), "training does not get on");
        assert_eq!(child.try_wait().unwrap(), None, "training has ended; it is too short");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

fn outputs(folder: &Path) -> [Vec<u8>; 3] {
    ["head.toml", "head.safetensors", "metrics.jsonl"]
        .map(|name| std::fs::read(folder.join(name)).unwrap())
}

#[test]
fn interrupted_and_resumed_runs_give_the_same_bytes() {
    let folder = folder(30_000);
    let (path, at) = (folder.path(), |name: &str| folder.path().join(name));
    for (name, code) in [("-INT", 130), ("-TERM", 130), ("-KILL", -1)] {
        std::fs::remove_file(at("log")).ok();
        let child = started(path, "train recipe.toml -o out --log log", 3);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code().unwrap_or(-1), code, "{name}");
        assert!(!at("out").exists() && at("out.checkpoint").exists(), "{name}");
        if code == 130 {
            let error: Value = serde_json::from_slice(&output.stderr).unwrap();
            let message = error["error"]["message"].as_str().unwrap();
            let words = format!("interrupted after {} of 60 epochs", epochs(&at("log")));
            assert!(message.starts_with(&words), "{message}");
            assert!(message.contains("out.checkpoint"), "{message}");
            assert!(error["error"]["help"].as_str().unwrap().contains("--resume"), "{error}");
        }
        let unfinished = ["out.checkpoint", "--resume", "--restart"];
        refused(path, "train recipe.toml -o out", "clashfree::train::unfinished", &unfinished);
        let (code, report) = run(path, "train recipe.toml -o out --resume --log log");
        assert_eq!((code, &report["epochs"]), (0, &60.into()), "{report}");
        // Asked to end, it has kept the last epoch that it logged.
        assert!(epochs(&at("log")) == 60 || name == "-KILL", "{name}: epochs were run twice");
        assert!(!at("out.checkpoint").exists());
        if !at("whole").exists() {
            assert_eq!(run(path, "train recipe.toml -o whole --log whole.log").0, 0);
            assert_eq!(epochs(&at("whole.log")), 60);
            let metrics = std::fs::read_to_string(at("whole/metrics.jsonl")).unwrap();
            let log = std::fs::read_to_string(at("whole.log")).unwrap();
            assert_eq!(
                metrics.lines().take(61).collect::<Vec<_>>(),
                log.lines().collect::<Vec<_>>()
            );
        }
        assert!(outputs(&at("out")) == outputs(&at("whole")), "{name}");
        std::fs::remove_dir_all(at("out")).unwrap();
    }
}

#[test]
fn checkpoints_are_neither_taken_nor_replaced_unasked() {
    let folder = folder(300);
    let path = folder.path();
    refused(
        path,
        "train recipe.toml -o out --resume",
        "clashfree::train::no_checkpoint",
        &["out.checkpoint", "without --resume"],
    );
    std::fs::write(path.join("out.checkpoint"), "years of work").unwrap();
    for line in ["", " --resume", " --restart"] {
        let line = format!("train recipe.toml -o out{line}");
        refused(path, &line, "clashfree::train::checkpoint", &["is not a checkpoint", "-o"]);
    }
    assert_eq!(std::fs::read(path.join("out.checkpoint")).unwrap(), b"years of work");
}

#[test]
fn a_diverging_loss_keeps_the_last_good_state() {
    let folder = folder(300);
    let path = folder.path();
    // Rates too high, but not so high that the first epoch shows it.
    let late = [3.0, 2.0, 4.0, 2.5, 3.5, 5.0].into_iter().find_map(|rate| {
        let wild = RECIPE
            .replace("learning_rate = 0.01", &format!("learning_rate = {rate:?}\nramp = 10"))
            .replace("warmup = 10", "warmup = 20");
        std::fs::write(path.join("recipe.toml"), &wild).unwrap();
        std::fs::remove_file(path.join("log")).ok();
        let (exit, error) = run(path, "train recipe.toml -o out --log log");
        let first = epochs(&path.join("log")) == 0;
        assert!(exit == 0 || path.join("out.checkpoint").exists() != first, "{error}");
        (exit != 0 && !first).then_some((exit, error))
    });
    let (exit, error) = late.expect("one of them diverges late");
    assert_eq!((exit, error["code"].as_str()), (2, Some("clashfree::train::diverged")), "{error}");
    let message = error["message"].as_str().unwrap();
    let good = epochs(&path.join("log"));
    assert!(message.starts_with(&format!("training diverged in epoch {}:", good + 1)), "{message}");
    assert!(message.contains(&format!("the state after epoch {good} is kept in ")), "{message}");
    assert!(message.ends_with("out.checkpoint"), "{message}");
    let help = error["help"].as_str().unwrap();
    assert!(help.contains("`learning_rate`") && help.contains("--restart"), "{help}");
    // What is kept is that state: the next epoch diverges as before.
    assert_eq!(run(path, "train recipe.toml -o out --resume --log log"), (exit, error.clone()));
    assert_eq!(epochs(&path.join("log")), good);
    let other = ["out.checkpoint", "`learning_rate` was", "--restart"];
    std::fs::write(
        path.join("recipe.toml"),
        RECIPE.replace("warmup = 10", "warmup = 20\nramp = 10"),
    )
    .unwrap();
    refused(path, "train recipe.toml -o out --resume", "clashfree::train::other_run", &other);
    assert_eq!(run(path, "train recipe.toml -o out --restart").0, 0);
    assert!(!path.join("out.checkpoint").exists());
}
