//! What `train` says to recipes that cannot be: exit code 2, the value, a way out, nothing written.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

const RECIPE: &str = r#"
name = "small"
seed = 1
neurons = [12, 8, 3]
out_degrees = [2, 3]
pattern = "clash-free-starts-once"
parallelism = [4, 4]
weight_format = { bits = 6, frac = 4 }
activation_format = { bits = 6, frac = 3, signed = false }
epochs = 2
warmup = 1
learning_rate = 0.01
validation = 4

[input]
format = { bits = 4, frac = 4, signed = false }

[data]
train_images = "x.npy"
train_labels = "y.npy"
test_images = "x.npy"
test_labels = "y.npy"
"#;

/// A folder with 20 samples of 3 classes, and the recipe with `from` replaced by `to`.
fn folder(from: &str, to: &str) -> tempfile::TempDir {
    assert!(RECIPE.contains(from), "{from}");
    let folder = tempfile::tempdir().unwrap();
    let x = ndarray::Array2::from_shape_fn((20, 12), |(s, i)| ((s * 5 + i * 3) % 16) as u8);
    let y = ndarray::Array1::from_shape_fn(20, |s| (s % 3) as u8);
    ndarray_npy::write_npy(folder.path().join("x.npy"), &x).unwrap();
    ndarray_npy::write_npy(folder.path().join("y.npy"), &y).unwrap();
    std::fs::write(folder.path().join("recipe.toml"), RECIPE.replace(from, to)).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Trains into `out`; returns the exit code and the error as JSON, or null.
fn train(folder: &Path, recipe: &str, out: &str) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
    let command = command.args(["train", recipe, "-o", out, "--json"]).current_dir(folder);
    let output = command.output().unwrap();
    let error = serde_json::from_slice::<Value>(&output.stderr).unwrap_or_default();
    (output.status.code().unwrap(), error["error"].clone())
}

/// Trains by the recipe with `from` replaced by `to`; the error must have the code, and these words
/// in its message or help.
fn refused(from: &str, to: &str, code: &str, words: &[&str]) {
    let folder = folder(from, to);
    let before = names(folder.path());
    let (exit, error) = train(folder.path(), "recipe.toml", "out/head");
    check(exit, &error, code, words);
    assert_eq!(names(folder.path()), before, "nothing may be written");
}

fn check(exit: i32, error: &Value, code: &str, words: &[&str]) {
    assert_eq!((exit, error["code"].as_str()), (2, Some(code)), "{error}");
    let text = format!("{} {}", error["message"], error["help"]);
    for word in words {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

#[test]
fn the_recipe_itself_is_good() {
    let folder = folder("small", "small");
    assert_eq!(train(folder.path(), "recipe.toml", "out/head"), (0, Value::Null));
    assert_eq!(names(&folder.path().join("out/head")).len(), 3);
}

#[test]
fn not_toml() {
    refused(
        "seed = 1",
        "seed 1",
        "clashfree::train::syntax",
        &["recipe.toml", "line 3", "docs/recipes.md"],
    );
}

#[test]
fn unknown_key() {
    let words = ["unknown field `epoch`", "`epochs`", "line 10"];
    refused("epochs = 2", "epoch = 2", "clashfree::train::syntax", &words);
    let (good, bad) = ("frac = 3, signed = false }", "frac = 3, signed = false, sign = 1 }");
    refused(good, bad, "clashfree::train::syntax", &["unknown field `sign`", "line 9"]);
}

#[test]
fn missing_key() {
    refused("seed = 1", "", "clashfree::train::syntax", &["missing field `seed`"]);
}

#[test]
fn a_value_that_cannot_be() {
    let words = ["`warmup` is 3 of 2 epochs", "change `warmup`"];
    refused("warmup = 1", "warmup = 3", "clashfree::train::key", &words);
}

#[test]
fn infeasible_out_degree() {
    let words = [
        "junction 0: out-degree 3",
        "2 (in-degree 3), 4 (in-degree 6)",
        "value 1 of `out_degrees`",
    ];
    refused("out_degrees = [2, 3]", "out_degrees = [3, 3]", "clashfree::train::pattern", &words);
}

#[test]
fn a_parallelism_that_does_not_divide() {
    let words = ["junction 1", "parallelism 3", "8 neurons", "2 and 4", "value 2 of `parallelism`"];
    refused("[4, 4]", "[4, 3]", "clashfree::train::pattern", &words);
}

#[test]
fn a_clash_free_family_without_a_parallelism() {
    let words = ["clash-free-starts-once needs a parallelism", "value 1 of `parallelism`"];
    refused("parallelism = [4, 4]", "", "clashfree::train::pattern", &words);
}

#[test]
fn a_layer_that_no_head_file_holds() {
    let words = ["20000 times 20000", "400000000 entries", "268435456", "lower `neurons`"];
    let layers = "neurons = [12, 20000, 20000, 4]\nout_degrees = [5000, 1, 1]";
    let recipe = RECIPE
        .replace("neurons = [12, 8, 3]\nout_degrees = [2, 3]", layers)
        .replace("clash-free-starts-once", "random-structured")
        .replace("parallelism = [4, 4]", "");
    refused(RECIPE, &recipe, "clashfree::train::too_large", &words);
}

#[test]
fn a_format_that_no_datapath_has() {
    let recipe = RECIPE.replace("frac = 4 }", "frac = 32 }").replace("frac = 3,", "frac = -32,");
    refused(RECIPE, &recipe, "clashfree::quantise::accumulator", &["fc0.weight", "63"]);
}

#[test]
fn a_missing_data_file() {
    let words = ["cannot open gone.npy"];
    refused("train_images = \"x", "train_images = \"gone", "clashfree::file::open", &words);
}

#[test]
fn inputs_wider_than_the_first_layer() {
    let words = ["x.npy has frames of 12 values, the head takes 8"];
    refused("[12, 8, 3]", "[8, 8, 3]", "clashfree::input::width", &words);
}

#[test]
fn labels_outside_the_classes() {
    let words = ["y.npy", "frame 2 is 2", "classes 0 to 1"];
    let recipe = RECIPE.replace("[12, 8, 3]", "[12, 8, 2]").replace("[2, 3]", "[2, 2]");
    refused(RECIPE, &recipe, "clashfree::label::range", &words);
}

#[test]
fn a_split_without_a_tail_or_in_front_of_an_exit() {
    let words = ["`split.after` is 1", "2 junctions", "tail"];
    let with = |split: &str| format!("{split}\n\n[data]");
    refused("[data]", &with("[split]\nafter = 1"), "clashfree::train::key", &words);
    let exit = "[split]\nafter = 0\n\n[[exit]]\nafter = 1\nneurons = [4]\nout_degrees = [4]\n\
                parallelism = [4]\nrule = \"margin\"\nthreshold = 1";
    let recipe = RECIPE
        .replace(
            "neurons = [12, 8, 3]\nout_degrees = [2, 3]",
            "neurons = [12, 8, 8, 4]\nout_degrees = [2, 4, 4]",
        )
        .replace("parallelism = [4, 4]", "parallelism = [4, 4, 4]")
        .replace("[data]", &with(exit));
    let words = ["`split.after` is 0", "an exit stands behind it, after junction 1"];
    refused(RECIPE, &recipe, "clashfree::train::key", &words);
}

#[test]
fn a_validation_split_of_everything() {
    let words = ["`validation` is 20 of 20 training samples"];
    refused("validation = 4", "validation = 20", "clashfree::train::key", &words);
}

#[test]
fn no_recipe() {
    let folder = folder("small", "small");
    let (exit, error) = train(folder.path(), "other.toml", "out");
    check(exit, &error, "clashfree::train::read", &["cannot read the recipe other.toml"]);
}

#[test]
fn an_output_folder_that_is_not_ours() {
    let folder = folder("small", "small");
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("thesis.tex"), "years of work").unwrap();
    let (exit, error) = train(folder.path(), "recipe.toml", "out");
    check(exit, &error, "clashfree::train::not_ours", &["thesis.tex stands there", "-o"]);
    assert_eq!(names(&out), ["thesis.tex"]);
    // A folder in the way of a parent is no folder to write to.
    let (exit, error) = train(folder.path(), "recipe.toml", "recipe.toml/out");
    check(exit, &error, "clashfree::train::write", &["recipe.toml/out", "nothing was changed"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("recipe.toml")).unwrap(), RECIPE);
}
