//! `check` and `infer` on heads made here: formats of data, rounding, saving and loading again.

mod heads;

use clashfree::load;
use clashfree::quantise::{Activation, Format, quantise};
use clashfree::save::{FloatJunction, float_to_files, quant_to_files, save_files, save_quant};
use heads::{clashfree, dir, f32s, good, gzip, i8s, idx, npy, stderr};
use ndarray::{Array2, arr2};
use ndarray_npy::read_npy;
use std::fs;
use std::path::Path;

/// Runs `infer` and reads the logits back.
fn infer(head: &Path, inputs: &str) -> Array2<i64> {
    let out = head.join("logits.npy");
    let head = head.to_str().expect("plain");
    let output = clashfree(["infer", head, "--inputs", inputs, "-o", out.to_str().expect("plain")]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    read_npy(out).expect("logits")
}

/// By hand, for codes [1, 2, 3, 15]: sums 10 + 5·1 + 31·3 = 108 and −300 − 32·2 + 7·15 = −259, at
/// 2^-8; to 2^-3 that is (108 + 16) >> 5 = 3, and 0. Second junction, weights times 16, bias at
/// 2^-7: 32 + 8·3, 0 + 16·3, −64 − 16·3.
#[test]
fn by_hand() {
    let dir = dir();
    good().write(dir.path());
    let x = dir.path().join("x.npy");
    let spec = x.to_str().expect("plain");
    let expected = arr2(&[[56i64, 48, -112]]);
    let codes = [1i64, 2, 3, 15];
    let bytes = |size: usize, big: bool| -> Vec<u8> {
        let element = |c: &i64| {
            let mut b = c.to_le_bytes()[..size].to_vec();
            if big {
                b.reverse();
            }
            b
        };
        codes.iter().flat_map(element).collect()
    };
    for (descr, size) in [
        ("|u1", 1),
        ("|i1", 1),
        ("<u2", 2),
        (">i2", 2),
        ("<u4", 4),
        ("<i4", 4),
        (">u8", 8),
        ("<i8", 8),
    ] {
        let file = npy(descr, false, "(1, 4)", &bytes(size, descr.starts_with('>')));
        for file in [gzip(&file), file] {
            fs::write(&x, file).expect("writes");
            assert_eq!(infer(dir.path(), spec), expected, "{descr}");
        }
    }
    let floats = [0.0625f32, 0.09375, 0.2, 7.0].map(f32::to_le_bytes).concat();
    fs::write(&x, npy("<f4", false, "(1, 4)", &floats)).expect("writes");
    assert_eq!(infer(dir.path(), spec), expected);
    let halves = [0x2c00u16, 0x3000, 0x3200, 0x4700].map(u16::to_le_bytes).concat();
    fs::write(&x, npy("<f2", false, "(1, 4)", &halves)).expect("writes");
    assert_eq!(infer(dir.path(), spec), expected);
    fs::write(&x, idx(&[1, 2, 2], &[0x1f, 0x20, 0x37, 0xff])).expect("writes");
    assert_eq!(infer(dir.path(), spec), expected);
    let mut npz = ndarray_npy::NpzWriter::new_compressed(fs::File::create(&x).expect("creates"));
    npz.add_array("the x", &arr2(&[[1u16, 2, 3, 15]])).expect("adds");
    npz.finish().expect("finishes");
    assert_eq!(infer(dir.path(), &format!("{spec}:the x")), expected);
}

#[test]
fn fortran_order_and_short_rows() {
    let dir = dir();
    good().write(dir.path());
    let x = dir.path().join("x.npy");
    let spec = x.to_str().expect("plain");
    fs::write(&x, npy("|u1", false, "(2, 3)", &[1, 2, 3, 4, 5, 6])).expect("writes");
    let expected = infer(dir.path(), spec);
    fs::write(&x, npy("|u1", true, "(2, 3)", &[1, 4, 2, 5, 3, 6])).expect("writes");
    assert_eq!(infer(dir.path(), spec), expected);
    fs::write(&x, npy("|u1", false, "(2, 4)", &[1, 2, 3, 0, 4, 5, 6, 0])).expect("writes");
    assert_eq!(infer(dir.path(), spec), expected);
    fs::write(&x, npy("|u1", false, "(2, 2, 2)", &[1, 2, 3, 0, 4, 5, 6, 0])).expect("writes");
    assert_eq!(infer(dir.path(), spec), expected);
    // Fortran order: the first index runs fastest, [f, i, j] = [0,0,0], [1,0,0], [0,1,0], …
    fs::write(&x, npy("|u1", true, "(2, 2, 2)", &[1, 4, 3, 6, 2, 5, 0, 0])).expect("writes");
    assert_eq!(infer(dir.path(), spec), expected);
}

/// Half to even: 0.5, 1.5, 2.5 units are 0, 2, 2; beyond the range they saturate and are counted.
#[test]
fn floats_are_rounded_half_to_even_and_saturate() {
    let dir = dir();
    let unit = 0.0625;
    let weight = f32s(&[3, 2], &[0.5, 1.5, 2.5, -2.5, 31.5, -40.0].map(|v| v * unit));
    // The first weight rounds to 0 and stays an edge.
    good().tensor("fc1.weight", weight).write(dir.path());
    let head = quantise(&load::head(dir.path()).expect("good")).expect("good");
    let junction = &head.junctions[1];
    assert_eq!(junction.weights, [0, 2, 2, -2, 31, -32]);
    assert_eq!(junction.saturated.weights, 2);
    assert_eq!(junction.bias, [32, 0, -64]);
}

#[test]
fn a_mask_keeps_edges_of_weight_zero() {
    let dir = dir();
    let weight = i8s(&[2, 4], &[0, 0, 31, 0, 0, -32, 0, 0]);
    good().tensor("fc0.weight", weight).write(dir.path());
    let head = quantise(&load::head(dir.path()).expect("good")).expect("good");
    assert_eq!(head.junctions[0].weights, [0, 31, -32, 0]);
}

#[test]
fn accuracy_and_json() {
    let dir = dir();
    good().write(dir.path());
    let (x, y) = (dir.path().join("x"), dir.path().join("y"));
    fs::write(&x, npy("|u1", false, "(2, 4)", &[1, 2, 3, 15, 0, 0, 15, 0])).expect("writes");
    fs::write(&y, idx(&[2], &[0, 2])).expect("writes");
    let [head, x, y] = [dir.path(), &x, &y].map(|p| p.to_str().expect("plain"));
    let output = clashfree(["infer", head, "--inputs", x, "--labels", y, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["frames"], 2);
    assert_eq!(json["accuracy"], 0.5);
    // The first junction's weights are codes, so there is no float head.
    assert_eq!(json["float_accuracy"], serde_json::Value::Null);
    let output = clashfree(["check", head, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["edges"], 10);
    assert_eq!(json["layers"], serde_json::json!([4, 2, 3]));
    assert_eq!(json["junctions"][0]["d_in"], 2);
}

#[test]
fn integer_heads_save_and_load_equal() {
    let (first, second) = (dir(), dir());
    good().write(first.path());
    let mut head = quantise(&load::head(first.path()).expect("good")).expect("good");
    head.junctions[1].bias[0] = 1 << 40;
    save_quant(&head, second.path()).expect("saves");
    let again = quantise(&load::head(second.path()).expect("good")).expect("good");
    // The width belongs to the bias that was changed by hand.
    assert_eq!(again.junctions[1].acc_bits, 42);
    head.junctions[1].acc_bits = 42;
    assert_eq!(again, head);
    assert_eq!(quant_to_files(&again), quant_to_files(&head));
}

#[test]
fn float_heads_save_and_load() {
    let dir = dir();
    good().write(dir.path());
    let pattern = load::head(dir.path()).expect("good").trunk[0].pattern.clone();
    let junction = FloatJunction {
        pattern: &pattern,
        weights: &[0.25, 0.0, -0.5, 1.0],
        bias: &[0.5, -0.25],
        weight_format: Format { bits: 6, frac: 4, signed: true },
        activation: Activation::Identity,
        output_format: None,
    };
    let format = Format { bits: 4, frac: 4, signed: false };
    let files = float_to_files("floats", 4, format, &[junction], &[]);
    save_files(&files, dir.path()).expect("saves");
    let head = load::head(dir.path()).expect("good");
    assert_eq!(head.trunk[0].pattern, pattern);
    assert_eq!(head.trunk[0].weights, load::Values::Floats(vec![0.25, 0.0, -0.5, 1.0]));
    assert_eq!(head.trunk[0].bias, load::Values::Floats(vec![0.5, -0.25]));

    let x = dir.path().join("x");
    fs::write(&x, idx(&[1, 4], &[255, 8, 128, 0])).expect("writes");
    let frames = load::inputs(x.to_str().expect("plain"), 4, format).expect("good");
    assert_eq!(frames.codes, arr2(&[[15, 0, 8, 0]]));
    let logits = load::float_logits(&head, &frames).expect("floats");
    // Edges (0,0), (2,0), (1,1), (3,1); a pixel p is worth p/256.
    assert_eq!(logits, arr2(&[[0.5 + 0.25 * 255.0 / 256.0, -0.25 - 0.5 * 8.0 / 256.0]]));
}
