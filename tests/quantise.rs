//! `quantise`: formats against brute force, what is written against `infer`, and what is refused.

mod heads;

use heads::{HeadFiles, clashfree, dir, f32s, idx, stderr};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const LAYERS: [usize; 4] = [12, 8, 5, 3];
const FRAMES: usize = 400;

/// A fully connected head of floats, as PyTorch might have trained it, with pixels and labels.
struct Setting {
    folder: tempfile::TempDir,
    /// `[N_r, N_l]`, by junction.
    weights: Vec<Vec<f32>>,
    bias: Vec<Vec<f32>>,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Setting {
    fn new(seed: u64) -> Self {
        Self::with(seed, |_, _| ())
    }

    /// Biases may be changed before anything is computed.
    fn with(seed: u64, change: impl Fn(usize, &mut Vec<f32>)) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Each junction at a scale of its own.
        let mut values = |n: usize, scale: f32| -> Vec<f32> {
            (0..n).map(|_| (rng.random::<f32>() - 0.5) * scale * rng.random::<f32>()).collect()
        };
        let scales = [1.3, 6.0, 0.4];
        let weights = (0..3).map(|j| values(LAYERS[j] * LAYERS[j + 1], scales[j])).collect();
        let mut bias: Vec<Vec<f32>> = (0..3).map(|j| values(LAYERS[j + 1], 0.2)).collect();
        bias.iter_mut().enumerate().for_each(|(j, b)| change(j, b));
        let pixels = (0..FRAMES * LAYERS[0]).map(|_| rng.random()).collect();
        let mut all = Self { folder: dir(), weights, bias, pixels, labels: Vec::new() };
        // A fifth of the labels are anything.
        let label = |(frame, noise): (usize, u8)| {
            let logits = all.forward(frame)[2].clone();
            let class = (0..3).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
            if noise < 51 { noise % 3 } else { class as u8 }
        };
        all.labels = (0..FRAMES).map(|f| (f, rng.random())).map(label).collect();
        all.write();
        all
    }

    fn write(&self) {
        let mut toml = "name = \"mine\" # as in the paper\nweights = \"net.safetensors\"\n\n\
            [input]\nformat = { bits = 4, frac = 4, signed = false } # pixels/256\nneurons = 12\n"
            .to_owned();
        let mut tensors = std::collections::BTreeMap::new();
        for j in 0..3 {
            toml += &format!(
                "\n[[junction]]\n# number {j}\nweight = \"l{j}.w\"\nbias = \"l{j}.b\"\n\
                 weight_format = {{ bits = 2, frac = 0 }} # to be chosen\n"
            );
            toml += if j < 2 {
                "activation = \"relu\"\noutput_format = { bits = 1, frac = 0, signed = true }\n"
            } else {
                "activation = \"identity\"\n"
            };
            let shape = [LAYERS[j + 1], LAYERS[j]];
            tensors.insert(format!("l{j}.w"), f32s(&shape, &self.weights[j]));
            tensors.insert(format!("l{j}.b"), f32s(&shape[..1], &self.bias[j]));
        }
        let head = HeadFiles { toml, tensors, raw: None };
        fs::write(self.path("head.toml"), &head.toml).unwrap();
        fs::write(self.path("net.safetensors"), head.bytes()).unwrap();
        fs::write(self.path("x"), idx(&[FRAMES as u32, 3, 4], &self.pixels)).unwrap();
        fs::write(self.path("y"), idx(&[FRAMES as u32], &self.labels)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The values of all layers but the input, in f64, from the definitions.
    fn forward(&self, frame: usize) -> Vec<Vec<f64>> {
        let pixels = &self.pixels[frame * LAYERS[0]..][..LAYERS[0]];
        let mut left: Vec<f64> = pixels.iter().map(|&p| f64::from(p) / 256.0).collect();
        let mut all = Vec::new();
        for (j, weights) in self.weights.iter().enumerate() {
            let rows = weights.chunks(LAYERS[j]).zip(&self.bias[j]);
            let sum = |(row, &b): (&[f32], &f32)| {
                f64::from(b) + row.iter().zip(&left).map(|(&w, v)| f64::from(w) * v).sum::<f64>()
            };
            let relu = |v: f64| if j < 2 { v.max(0.0) } else { v };
            left = rows.map(sum).map(relu).collect();
            all.push(left.clone());
        }
        all
    }

    /// `quantise` with these options, in JSON.
    fn quantise(&self, args: &[&str]) -> Value {
        let output = self.command(&[args, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn command(&self, args: &[&str]) -> std::process::Output {
        let (head, x) = (self.folder.path().display().to_string(), self.path("x"));
        let own = ["quantise", &head, "--inputs", x.to_str().unwrap()];
        clashfree(own.iter().chain(args))
    }

    fn labels(&self) -> String {
        self.path("y").display().to_string()
    }

    /// A folder to write to.
    fn out(&self) -> String {
        self.path("out").display().to_string()
    }

    /// The share of frames whose class is not that of the floats, and the relative error of the
    /// logits, by what `infer` computes with the head that was written.
    fn difference(&self, formats: &Value) -> (f64, f64) {
        let (x, logits) = (self.path("x").display().to_string(), self.path("logits.npy"));
        let out = self.out();
        let output = clashfree(["infer", &out, "--inputs", &x, "-o", logits.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let logits: ndarray::Array2<i64> = ndarray_npy::read_npy(logits).unwrap();
        let frac = |f: &Value| f["frac"].as_i64().unwrap() as f64;
        let unit = (-frac(&formats["weights"][2]) - frac(&formats["activations"][1])).exp2();
        let (mut changed, mut error, mut power) = (0, 0.0, 0.0);
        for (frame, row) in logits.rows().into_iter().enumerate() {
            let floats = self.forward(frame)[2].clone();
            let float = (0..3).max_by(|&a, &b| floats[a].total_cmp(&floats[b])).unwrap();
            // Of equal ones the first.
            let class = (0..3).rev().max_by_key(|&c| row[c]).unwrap();
            changed += usize::from(class != float);
            for (q, f) in row.iter().zip(floats) {
                error += (*q as f64 * unit - f).powi(2);
                power += f * f;
            }
        }
        (changed as f64 / FRAMES as f64, (error / power).sqrt())
    }

    /// The accuracy that `infer` tells of what was written.
    fn inferred(&self) -> Value {
        let (x, y) = (self.path("x").display().to_string(), self.labels());
        let args = ["infer", &self.out(), "--inputs", &x, "--labels", &y, "--json"];
        let output = clashfree(args);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

/// The scale with the least squared error of all from −16 to 24, by trying every code.
fn brute_force(values: &[f64], bits: u32, signed: bool) -> i64 {
    let codes = if signed { -(1i64 << (bits - 1))..1 << (bits - 1) } else { 0..1 << bits };
    let error = |frac: i64| -> f64 {
        let unit = (-(frac as f64)).exp2();
        let nearest = |v: &f64| {
            codes.clone().map(|q| (v - q as f64 * unit).powi(2)).fold(f64::INFINITY, f64::min)
        };
        values.iter().map(nearest).sum()
    };
    (-16..=24).min_by(|&a, &b| error(a).total_cmp(&error(b))).unwrap()
}

#[test]
fn the_formats_are_those_that_brute_force_finds() {
    let setting = Setting::new(1);
    let values: Vec<Vec<Vec<f64>>> = (0..FRAMES).map(|f| setting.forward(f)).collect();
    for (weight_bits, activation_bits) in [([6, 4, 5], [6, 3]), ([2, 3, 8], [1, 8])] {
        let text = |bits: &[u32]| bits.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let answer = setting.quantise(&[
            "--weight-bits",
            &text(&weight_bits),
            "--activation-bits",
            &text(&activation_bits),
        ]);
        let formats = &answer["chosen"]["formats"];
        for (j, bits) in weight_bits.into_iter().enumerate() {
            let weights: Vec<f64> = setting.weights[j].iter().map(|&w| w.into()).collect();
            let expected = brute_force(&weights, bits, true);
            assert_eq!(formats["weights"][j]["frac"], expected, "{bits} {formats}");
            assert_eq!(formats["weights"][j]["bits"], bits);
        }
        for (layer, bits) in activation_bits.into_iter().enumerate() {
            let all: Vec<f64> = values.iter().flat_map(|v| v[layer].clone()).collect();
            let expected = brute_force(&all, bits, false);
            assert_eq!(formats["activations"][layer]["frac"], expected, "{bits} {formats}");
            assert_eq!(formats["activations"][layer]["signed"], false);
        }
        assert_eq!(formats["input"]["bits"], 4, "the head's own");
    }
}

#[test]
fn what_is_written_is_what_was_measured() {
    let (setting, out) = (Setting::new(2), Setting::out);
    let (labels, out) = (setting.labels(), out(&setting));
    let table = setting.quantise(&["--labels", &labels]);
    let cells = table["table"].as_array().unwrap();
    assert_eq!(cells.len(), 7 * 8);
    for (w, a) in [(3, 2), (6, 5)] {
        let (text_w, text_a) = (w.to_string(), a.to_string());
        let bits = [
            "--weight-bits",
            &text_w,
            "--activation-bits",
            &text_a,
            "--labels",
            &labels,
            "-o",
            &out,
        ];
        let chosen = &setting.quantise(&bits)["chosen"];
        let accuracy = setting.inferred();
        assert_eq!(chosen["accuracy"], accuracy["accuracy"]);
        assert_eq!(table["float_accuracy"], accuracy["float_accuracy"]);
        let (changed, error) = setting.difference(&chosen["formats"]);
        assert_eq!(chosen["changed_share"], changed);
        let found = chosen["logit_error"].as_f64().unwrap();
        assert!((found - error).abs() < 1e-4 * error, "{found} instead of {error}");
        let widths = |cell: &&Value| cell["weight_bits"][0] == w && cell["activation_bits"][0] == a;
        let cell = cells.iter().find(widths).unwrap();
        assert_eq!(cell["accuracy"], accuracy["accuracy"]);
    }
    let spread = |of: &dyn Fn(&&Value) -> bool| {
        cells.iter().filter(of).map(|c| c["accuracy"].as_f64().unwrap()).fold(0.0, f64::max)
    };
    assert!(spread(&|c| c["weight_bits"][0] == 8) > spread(&|c| c["weight_bits"][0] == 2));

    // The tensors are the same bytes, and the text differs in formats only.
    let read = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
    let name = "net.safetensors";
    assert_eq!(read(Path::new(&out), name), read(setting.folder.path(), name));
    let text = |folder: &Path| String::from_utf8(read(folder, "head.toml")).unwrap();
    let (old, new) = (text(setting.folder.path()), text(Path::new(&out)));
    assert_eq!(old.lines().count(), new.lines().count());
    for (old, new) in old.lines().zip(new.lines()) {
        let format = old.contains("_format");
        assert!(old == new || format && new.starts_with(old.split('{').next().unwrap()), "{new}");
        assert_eq!(old.split('#').nth(1), new.split('#').nth(1));
    }
    assert!(new.contains("weight_format = { bits = 6, frac = "), "{new}");

    // And it goes on as any head.
    let package = setting.path("package").display().to_string();
    for args in [&["check", &out][..], &["compile", &out, "-o", &package, "--cycles", "20"]] {
        let output = clashfree(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn other_bits_of_the_input_keep_what_a_pixel_is_worth() {
    let setting = Setting::new(3);
    let (labels, out) = (setting.labels(), setting.out());
    let given = ["--labels", &labels, "--weight-bits", "5", "--activation-bits", "5"];
    let by_input = setting.quantise(&[&given[..], &["--table"]].concat())["by_input_bits"].clone();
    for bits in [1, 2, 6, 8] {
        let more = ["--input-bits", &bits.to_string(), "-o", &out];
        let chosen = &setting.quantise(&[&given[..], &more].concat())["chosen"];
        let format = &chosen["formats"]["input"];
        assert_eq!((&format["bits"], &format["frac"]), (&bits.into(), &bits.into()));
        let accuracy = setting.inferred();
        assert_eq!(chosen["accuracy"], accuracy["accuracy"]);
        let cells = by_input.as_array().unwrap();
        let cell = cells.iter().find(|c| c["input_bits"] == bits).unwrap();
        assert_eq!(cell["accuracy"], accuracy["accuracy"], "{bits}");
    }

    // Floats have their own best scale: these reach 4, the mean error wants no clamping.
    let x: Vec<f32> = setting.pixels.iter().map(|&p| f32::from(p) / 64.0).collect();
    let x = ndarray::Array2::from_shape_vec((FRAMES, 12), x).unwrap();
    ndarray_npy::write_npy(setting.path("x"), &x).unwrap();
    let chosen = setting.quantise(&[&given[..], &["--input-bits", "6", "-o", &out]].concat());
    let format = &chosen["chosen"]["formats"]["input"];
    assert_eq!((&format["bits"], &format["frac"]), (&6.into(), &4.into()));
    assert_eq!(chosen["chosen"]["accuracy"], setting.inferred()["accuracy"]);
}

#[test]
fn a_dead_layer_gets_a_scale_and_a_note() {
    let setting = Setting::with(4, |j, bias| {
        if j == 0 {
            bias.fill(-100.0);
        }
    });
    let out = setting.out();
    let bits = ["--weight-bits", "6", "--activation-bits", "4", "-o", &out];
    let answer = setting.quantise(&bits);
    assert_eq!(answer["dead_layers"], serde_json::json!([0]));
    assert_eq!(answer["chosen"]["formats"]["activations"][0]["frac"], 4);
    assert_eq!(clashfree(["check", &out]).status.code(), Some(0));
    let text = String::from_utf8(setting.command(&bits).stdout).unwrap();
    assert!(text.contains("note: hidden layer 0 is 0 in all frames"), "{text}");
    assert!(text.contains("written to "), "{text}");
}

#[test]
fn without_labels_classes_are_compared_with_floats() {
    let setting = Setting::new(5);
    let text = String::from_utf8(setting.command(&[]).stdout).unwrap();
    assert!(text.contains("frames of another class than in floats, % (no labels"), "{text}");
    let answer = setting.quantise(&["--weight-bits", "16", "--activation-bits", "16"]);
    assert_eq!(answer["chosen"]["accuracy"], Value::Null);
    // 16 bits are as good as floats but for the 4-bit input, whose low bits are dropped: half a
    // step of 1/16 on average is some 6 % of a mean pixel.
    let fine = ["--weight-bits", "16", "--activation-bits", "16", "--input-bits", "8"];
    let chosen = &setting.quantise(&fine)["chosen"];
    assert!(chosen["logit_error"].as_f64().unwrap() < 1e-3, "{chosen}");
    assert!(chosen["changed_share"].as_f64().unwrap() <= 0.01, "{chosen}");
    let coarse = answer["chosen"]["logit_error"].as_f64().unwrap();
    assert!((0.005..0.5).contains(&coarse), "{coarse}");
}

#[test]
fn the_first_frames_are_all_that_counts() {
    let setting = Setting::new(6);
    let labels = setting.labels();
    let bits = ["--labels", &labels, "--weight-bits", "4", "--activation-bits", "3"];
    let some = setting.quantise(&[&bits[..], &["--frames", "50"]].concat());
    assert_eq!(some["frames"], 50);
    fs::write(setting.path("x"), idx(&[50, 12], &setting.pixels[..600])).unwrap();
    fs::write(setting.path("y"), idx(&[50], &setting.labels[..50])).unwrap();
    assert_eq!(setting.quantise(&bits), some);
}

#[test]
fn refining_takes_steps_of_one_and_loses_nothing() {
    for seed in 7..10 {
        let setting = Setting::new(seed);
        let labels = setting.labels();
        let bits = ["--labels", &labels, "--weight-bits", "3", "--activation-bits", "2"];
        let plain = setting.quantise(&bits)["chosen"].clone();
        let out = setting.out();
        let more = ["--refine", "-o", &out];
        let refined = setting.quantise(&[&bits[..], &more].concat())["chosen"].clone();
        assert_eq!(refined["accuracy"], setting.inferred()["accuracy"]);
        assert!(refined["accuracy"].as_f64() >= plain["accuracy"].as_f64());
        for list in ["weights", "activations"] {
            let frac = |v: &Value, i: usize| v["formats"][list][i]["frac"].as_i64();
            for i in 0..2 {
                let step = frac(&refined, i).unwrap() - frac(&plain, i).unwrap();
                assert!(step.abs() <= 1, "{refined}");
            }
        }
    }
}

/// Wants the request refused with this code and these words.
fn refused(setting: &Setting, args: &[&str], code: &str, says: &[&str]) {
    let output = setting.command(&[args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(error["error"]["code"], format!("clashfree::{code}"), "{error}");
    let text = format!("{} {}", error["error"]["message"], error["error"]["help"]);
    says.iter().for_each(|word| assert!(text.contains(word), "{word:?} is not in {text}"));
    assert!(!setting.path("out").exists(), "something was written");
}

#[test]
fn what_cannot_be_is_refused() {
    let setting = Setting::new(11);
    let (labels, out) = (setting.labels(), setting.out());
    let bits = ["--weight-bits", "6", "--activation-bits", "6", "-o", &out];
    refused(&setting, &["-o", &out], "calibrate::missing", &["--weight-bits", "-o", "table"]);
    let one = ["--weight-bits", "4", "-o", &out];
    refused(&setting, &one, "calibrate::missing", &["--activation-bits"]);
    let lists = ["--weight-bits", "6,4", "--activation-bits", "6", "-o", &out];
    refused(&setting, &lists, "calibrate::length", &["--weight-bits", "2", "3 junctions"]);

    // The command line's own errors name value and limits.
    for (args, says) in [
        (["--weight-bits", "1"], "1 is not in 2..=16"),
        (["--weight-bits", "6,17"], "17 is not in 2..=16"),
        (["--activation-bits", "0"], "0 is not in 1..=16"),
        (["--input-bits", "17"], "17 is not in 1..=16"),
        (["--frames", "0"], "0 is not in 1.."),
    ] {
        let output = setting.command(&args);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
    let output = setting.command(&[&bits[..], &["--refine"]].concat());
    assert!(stderr(&output).contains("--labels"), "{}", stderr(&output));

    // Data that do not fit.
    let with = |more: [&'static str; 2]| [&bits[..], &more].concat();
    let labelled = [&bits[..], &["--labels", &labels]].concat();
    let mut wrong = setting.labels.clone();
    wrong[7] = 3;
    fs::write(setting.path("y"), idx(&[FRAMES as u32], &wrong)).unwrap();
    refused(&setting, &labelled, "label::range", &["frame 7 is 3", "0 to 2"]);
    let codes = ndarray::Array2::<u8>::from_elem((5, 12), 3);
    ndarray_npy::write_npy(setting.path("x"), &codes).unwrap();
    let of_codes = with(["--input-bits", "3"]);
    refused(&setting, &of_codes, "calibrate::input_codes", &["3", "codes of 4 bits"]);
    setting.quantise(&["--weight-bits", "4", "--activation-bits", "3", "--input-bits", "4"]);
    let floats = ndarray::Array2::<f32>::from_elem((2, 12), 3e38);
    ndarray_npy::write_npy(setting.path("x"), &floats).unwrap();
    refused(&setting, &bits, "calibrate::overflow", &["frame 0", "scale"]);
    fs::write(setting.path("x"), idx(&[1, 13], &[0; 13])).unwrap();
    refused(&setting, &bits, "input::width", &["13", "12"]);
}

#[test]
fn heads_of_codes_or_with_exits_are_refused() {
    let setting = Setting::new(12);
    let out = setting.out();
    let bits = ["--weight-bits", "6", "--activation-bits", "6", "-o", &out];
    fs::write(setting.path("x"), idx(&[2, 4], &[0; 8])).unwrap();
    let head = heads::good();
    head.write(setting.folder.path());
    refused(&setting, &bits, "calibrate::codes", &["fc0.weight", "nothing to quantise", "float"]);
    let head = head.tensor("fc0.weight", f32s(&[2, 4], &[1.0, 0.0, 0.5, 0.0, 0.0, -1.0, 0.0, 1.0]));
    head.write(setting.folder.path());
    refused(&setting, &bits, "calibrate::codes", &["fc0.bias"]);
    let mut head = head.tensor("fc0.bias", f32s(&[2], &[0.5, -0.5]));
    head.write(setting.folder.path());
    setting.quantise(&bits);
    fs::remove_dir_all(&out).unwrap();
    head.toml += "\n[[exit]]\nafter = 0\nrule = \"margin\"\nthreshold = 3\njunction = [{ weight = \
        \"fc1.weight\", bias = \"fc1.bias\", weight_format = { bits = 6, frac = 4 }, \
        activation = \"identity\" }]\n";
    head.write(setting.folder.path());
    refused(&setting, &bits, "calibrate::exits", &["tiny", "[[exit]]", "threshold"]);
}

#[test]
fn only_a_quantised_head_is_replaced() {
    let setting = Setting::new(13);
    let out = setting.out();
    let bits = ["--weight-bits", "6", "--activation-bits", "6", "-o", &out];
    let names = || {
        let entries = fs::read_dir(&out).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    setting.quantise(&bits);
    let first = fs::read(setting.path("out/head.toml")).unwrap();
    setting.quantise(&bits);
    assert_eq!(names(), ["head.toml", "net.safetensors", "quantise.json"]);
    assert_eq!(fs::read(setting.path("out/head.toml")).unwrap(), first, "the same bytes");

    let code = || {
        let output = setting.command(&[&bits[..], &["--json"]].concat());
        let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
        (error["error"]["code"].clone(), error["error"]["message"].to_string())
    };
    fs::write(setting.path("out/notes.txt"), "mine").unwrap();
    let (found, message) = code();
    assert_eq!(found, "clashfree::calibrate::not_ours");
    assert!(message.contains("notes.txt stands there"), "{message}");
    assert_eq!(names().len(), 4);
    fs::remove_file(setting.path("out/notes.txt")).unwrap();
    fs::remove_file(setting.path("out/quantise.json")).unwrap();
    assert_eq!(code().0, "clashfree::calibrate::not_ours");
    assert_eq!(names(), ["head.toml", "net.safetensors"]);
}
