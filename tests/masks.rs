//! `pattern`: masks that have their degrees, that `train` would draw too, and what is refused.

mod heads;

use clashfree::pattern::{Family, generate, junction_seed};
use heads::{HeadFiles, clashfree, dir, i8s, i32s, npy, stderr, u8s};
use ndarray::Array2;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const NETWORK: [&str; 5] = ["pattern", "--layers", "800,40,40,10", "--out-degrees", "2,9,10"];

fn run(args: &[&str]) -> std::process::Output {
    clashfree(NETWORK.iter().chain(args))
}

fn json(args: &[&str]) -> Value {
    let output = run(&[args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("an entry").file_name().into_string().expect("plain")).collect();
    names.sort();
    names
}

/// Wants the request refused with this code and these words, and nothing written.
fn refused(args: &[&str], code: &str, says: &[&str]) {
    let folder = dir();
    let out = folder.path().join("masks");
    let out = out.to_str().expect("plain");
    let output = clashfree(["pattern", "-o", out, "--json"].iter().chain(args));
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(error["error"]["code"], format!("clashfree::{code}"), "{error}");
    let text = format!("{} {}", error["error"]["message"], error["error"]["help"]);
    says.iter().for_each(|word| assert!(text.contains(word), "{word:?} is not in {text}"));
    assert!(names(folder.path()).is_empty(), "something was written");
}

#[test]
fn masks_have_their_degrees_in_both_formats() {
    let folder = dir();
    let out = folder.path().join("masks");
    for family in Family::ALL {
        let output = run(&[
            "--family",
            family.name(),
            "--parallelism",
            "32,8,8",
            "--seed",
            "7",
            "-o",
            out.to_str().expect("plain"),
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let files = ["fc0.mask.npy", "fc1.mask.npy", "fc2.mask.npy"];
        assert_eq!(names(&out), [&files[..], &["masks.safetensors", "pattern.json"]].concat());
        let bytes = fs::read(out.join("masks.safetensors")).expect("reads");
        let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
        for (j, (left, right, d_out)) in
            [(800, 40, 2), (40, 40, 9), (40, 10, 10)].into_iter().enumerate()
        {
            let mask: Array2<u8> = ndarray_npy::read_npy(out.join(files[j])).expect("npy");
            assert_eq!(mask.dim(), (right, left));
            assert!(mask.iter().all(|&m| m <= 1));
            let degrees = |sums: Vec<usize>| {
                assert!(sums.iter().all(|s| *s == sums[0]), "{family} {j}: {sums:?}");
                sums[0]
            };
            let sum = |line: ndarray::ArrayView1<u8>| line.iter().map(|&m| m as usize).sum();
            assert_eq!(degrees(mask.columns().into_iter().map(sum).collect()), d_out);
            assert_eq!(degrees(mask.rows().into_iter().map(sum).collect()), left * d_out / right);
            let tensor = tensors.tensor(&format!("fc{j}.mask")).expect("is there");
            assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::U8, &[right, left][..]));
            assert_eq!(tensor.data(), mask.as_slice().expect("in order"));
            // The pattern of the family, by the seed that is documented.
            let z = [32, 8, 8][j];
            let seed = junction_seed(7, j);
            let pattern = generate(family, left, right, d_out, Some(z), seed).expect("feasible");
            for (r, row) in mask.rows().into_iter().enumerate() {
                let edges = pattern.row(clashfree::ids::Neuron::new(r));
                assert!(edges.iter().all(|l| row[l.at()] == 1), "{family}, {j}, {r}");
            }
        }
    }
}

/// Writes a head with these masks; weights are what the command assumes, -32 everywhere.
fn write_head(folder: &Path, masks: &Path) {
    let bytes = fs::read(masks.join("masks.safetensors")).expect("reads");
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    let mut toml = r#"name = "masked"
weights = "head.safetensors"

[input]
neurons = 800
format = { bits = 4, frac = 4, signed = false }
"#
    .to_owned();
    let mut files = HeadFiles { toml: String::new(), tensors: BTreeMap::new(), raw: None };
    for j in 0..tensors.len() {
        let mask = tensors.tensor(&format!("fc{j}.mask")).expect("a mask");
        let weights: Vec<i8> = mask.data().iter().map(|&m| if m == 1 { -32 } else { 0 }).collect();
        let right = mask.shape()[0];
        toml += &format!(
            "[[junction]]\nweight = \"fc{j}.weight\"\nbias = \"fc{j}.bias\"\nmask = \"fc{j}.mask\"\n\
             weight_format = {{ bits = 6, frac = 4 }}\n"
        );
        toml += match j + 1 == tensors.len() {
            true => "activation = \"identity\"\n",
            false => {
                "activation = \"relu\"\n\
                 output_format = { bits = 6, frac = 3, signed = false }\n"
            }
        };
        files = files
            .tensor(&format!("fc{j}.weight"), i8s(mask.shape(), &weights))
            .tensor(&format!("fc{j}.bias"), i32s(&[right], &vec![0; right]))
            .tensor(&format!("fc{j}.mask"), u8s(mask.shape(), mask.data()));
    }
    files.toml = toml;
    files.write(folder);
}

/// What `pattern` says of the hardware is what `check` says of a head with these masks, and a head
/// of the most restricted family stores nothing to find its operands.
#[test]
fn hardware_is_known_before_training() {
    let folder = dir();
    let at = |name: &str| folder.path().join(name).to_str().expect("plain").to_owned();
    let published = ["800,40,40,10", "2,9,10"];
    let (dense, wide) = (["800,40,40,10", "13,17,10"], ["800,80,80,10", "37,33,10"]);
    let [once, sweep] = ["clash-free-starts-once", "clash-free-starts-per-sweep"];
    for ([layers, degrees], cycles, family) in [
        (published, "50", once),
        (published, "100", once),
        (published, "800", once),
        (dense, "800", once),
        (wide, "800", once),
        (published, "50", sweep),
        (published, "20", "random-structured"),
    ] {
        let about = format!("{layers} {degrees} {cycles} {family}");
        let layout = ["--cycles", cycles];
        let output = clashfree(
            ["pattern", "--layers", layers, "--out-degrees", degrees, "--family", family]
                .iter()
                .chain(&layout)
                .chain(&["-o", &at("masks"), "--json"]),
        );
        assert_eq!(output.status.code(), Some(0), "{about}: {}", stderr(&output));
        let pattern: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        write_head(folder.path(), Path::new(&at("masks")));
        let output =
            clashfree(["check", &at(""), "--interleavers", "--json"].iter().chain(&layout));
        assert_eq!(output.status.code(), Some(0), "{about}: {}", stderr(&output));
        let check: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(pattern["interleavers"], check["interleavers"], "{about}");
        let bits = |junction: usize| {
            let choice = &check["interleavers"][junction];
            let offers = choice["offers"].as_array().expect("offers");
            let chosen = offers.iter().find(|offer| offer["kind"] == choice["kind"]);
            chosen.expect("is offered")["cost"]["index_bits"].as_u64().expect("a number")
        };
        if family == once {
            assert_eq!([bits(0), bits(1), bits(2)], [0; 3], "{about}");
        }
        if family == sweep {
            // 2 sweeps, 32 banks, 5 bits for one of 25 addresses
            assert_eq!((bits(0), bits(2)), (2 * 32 * 5, 0), "{about}");
        }
    }
}

#[test]
fn train_draws_the_same_patterns() {
    let folder = dir();
    let x = Array2::from_shape_fn((20, 12), |(s, i)| ((s * 5 + i * 3) % 16) as u8);
    let labels: Vec<u8> = (0..20).map(|s| s % 3).collect();
    ndarray_npy::write_npy(folder.path().join("x.npy"), &x).expect("writes");
    fs::write(folder.path().join("y.npy"), npy("|u1", false, "(20,)", &labels)).expect("writes");
    let recipe = r#"
name = "small"
seed = 11
neurons = [12, 8, 3]
out_degrees = [2, 3]
pattern = "clash-free-starts-per-sweep"
parallelism = [4, 4]
weight_format = { bits = 6, frac = 4 }
activation_format = { bits = 6, frac = 3, signed = false }
epochs = 1
warmup = 1
learning_rate = 0.01
validation = 0
input = { format = { bits = 4, frac = 4, signed = false } }
data = { train_images = "x.npy", train_labels = "y.npy", test_images = "x.npy", test_labels = "y.npy" }
"#;
    let at = |name: &str| folder.path().join(name).to_str().expect("plain").to_owned();
    fs::write(at("recipe.toml"), recipe).expect("writes");
    let output = clashfree(["train", &at("recipe.toml"), "-o", &at("head")]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = clashfree([
        "pattern",
        "--layers",
        "12,8,3",
        "--out-degrees",
        "2,3",
        "--parallelism",
        "4,4",
        "--seed",
        "11",
        "-o",
        &at("masks"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let (head, masks) = (at("head/head.safetensors"), at("masks/masks.safetensors"));
    let (head, masks) = (fs::read(head).expect("reads"), fs::read(masks).expect("reads"));
    let head = SafeTensors::deserialize(&head).expect("safetensors");
    let masks = SafeTensors::deserialize(&masks).expect("safetensors");
    for name in ["fc0.mask", "fc1.mask"] {
        assert_eq!(head.tensor(name).expect("is there"), masks.tensor(name).expect("is there"));
    }
}

#[test]
fn counts_and_choices_in_json() {
    let answer = json(&["--cycles", "50"]);
    let first = &answer["junctions"][0];
    // 1600 edges on 32 lanes take 50 cycles, and 32 banks divide 800 neurons.
    assert_eq!(
        (&first["z"], &first["lines"], &first["cycles"]),
        (&32.into(), &1.into(), &50.into())
    );
    assert_eq!(first["choices"][0]["lanes"], 32);
    let first = &json(&["--parallelism", "8,8,8"])["junctions"][0];
    // 100 addresses, 8 banks, 2 sweeps.
    assert_eq!(first["count"]["exact"], format!("1{}", "0".repeat(32)));
    assert_eq!(first["count"]["of"], "address-tables");

    let random = &json(&["--family", "random-structured"])["junctions"][0];
    assert_eq!((&random["z"], &random["count"]["exact"]), (&Value::Null, &Value::Null));
    assert_eq!(random["count"]["estimate"], true);

    // d_in divides N_l: with one set of starts the second sweep repeats the first.
    let once = json(&["--family", "clash-free-starts-once", "--parallelism", "32,8,8"]);
    assert_eq!(once["junctions"][0]["spread"]["distinct"], 20);
    assert_eq!(once["junctions"][0]["spread"]["common"]["most"], 40);
    let note = once["notes"][0].as_str().expect("a note");
    assert!(note.contains("junction 0: 40 right neurons have only 20 different"), "{note}");
}

#[test]
fn numbers_for_people() {
    let output = clashfree([
        "pattern",
        "--layers",
        "9,6",
        "--out-degrees",
        "2",
        "--parallelism",
        "3",
        "--family",
        "clash-free-free-addresses",
    ]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("46,656 address tables"), "{text}");
    let text = String::from_utf8(run(&["--family", "random-structured"]).stdout).expect("UTF-8");
    assert!(text.contains("about 10^") && text.contains(" 1 graph\n"), "{text}");
}

#[test]
fn only_masks_are_replaced() {
    let folder = dir();
    let out = folder.path().join("masks");
    let write = |seed: &str| {
        let out = out.to_str().expect("plain");
        run(&["--cycles", "50", "--seed", seed, "-o", out])
    };
    assert_eq!(write("1").status.code(), Some(0));
    let before = fs::read(out.join("masks.safetensors")).expect("reads");
    fs::write(out.join("notes.txt"), "mine").expect("writes");
    let output = write("2");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("notes.txt stands there"), "{}", stderr(&output));
    assert!(stderr(&output).contains("clashfree::masks::not_ours"));
    assert_eq!(fs::read(out.join("masks.safetensors")).expect("reads"), before);
    fs::remove_file(out.join("notes.txt")).expect("removes");
    assert_eq!(write("2").status.code(), Some(0));
    assert_ne!(fs::read(out.join("masks.safetensors")).expect("reads"), before);
    fs::write(out.join("pattern.json"), "{\"tool\": \"another\"}").expect("writes");
    let output = write("1");
    assert!(stderr(&output).contains("pattern.json is missing or not ours"), "{output:?}");
    assert_eq!(names(folder.path()), ["masks"]);
}

#[test]
fn requests_that_cannot_be() {
    let two = ["--layers", "12,8", "--out-degrees"];
    let with = |more: &[&'static str]| [&two[..], more].concat();
    let cycles = |more: &[&'static str]| [&with(&["2", "--cycles", "9"]), more].concat();
    refused(&cycles(&["--weight-bits", "17"]), "masks::width", &["--weight-bits", "17", "1 to 16"]);
    refused(&cycles(&["--input-bits", "0"]), "masks::width", &["--input-bits"]);
    refused(&cycles(&["--bus", "12"]), "bus::width", &["12", "--bus"]);
    refused(&with(&["2", "--cycles", "25"]), "schedule::too_large", &["25", "24"]);
    refused(&["--layers", "12", "--out-degrees", "2"], "masks::layers", &["1 layers", "--layers"]);
    refused(&with(&["2,2"]), "masks::length", &["--out-degrees", "2 values", "1 junctions"]);
    let families = ["2", "--family", "random-structured,random-structured"];
    refused(&with(&families), "masks::length", &["--family", "2 values", "1 junctions"]);
    refused(&with(&["2", "--parallelism", "4,4"]), "masks::length", &["--parallelism"]);
    refused(&with(&["2", "--family", "free"]), "pattern::family", &["free", "random-structured"]);
    // Whatever is wrong with one junction is told with its number and what would do.
    refused(&with(&["3", "--cycles", "9"]), "masks::junction", &["junction 0", "multiples of 2"]);
    refused(&with(&["2"]), "masks::junction", &["--parallelism", "--cycles"]);
    let nearest = ["nearest parallelisms that work: 4 and 6", "give one of these: 4 and 6"];
    refused(&with(&["2", "--parallelism", "5"]), "masks::junction", &nearest);
    refused(&with(&["2", "--parallelism", "0"]), "masks::junction", &["work: 1"]);
    // In-degree 9 of 40: a line a neuron takes 9 cycles.
    let args = ["--layers", "40,40", "--out-degrees", "9", "--cycles", "8"];
    refused(&args, "masks::cycles", &["9 cycles at least", "8 are too few", "--cycles` 9"]);
    let large = ["--layers", "2000000,1", "--out-degrees", "1"];
    refused(&large, "masks::neurons", &["2000000", "1048576"]);
    let large = ["--layers", "1000000,1000", "--out-degrees", "1", "--cycles", "9"];
    refused(&large, "masks::too_large", &["1000000000", "268435456"]);
    let many = ["--layers", "8192,8192,8192", "--out-degrees", "8192,8192", "--cycles", "9"];
    refused(&many, "masks::too_many_edges", &["134217728", "67108864"]);
}
