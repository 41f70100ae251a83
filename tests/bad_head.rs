//! Head files that are wrong: each gets an error of its own, and nothing is written.

mod heads;

use heads::{HeadFiles, clashfree, dir, f32s, good, i8s, i32s, npy, refused, u8s, with_header};
use safetensors::Dtype;
use std::fs;

/// Writes a head and good inputs, and wants the head refused.
fn bad(head: &HeadFiles, code: &str, says: &[&str]) {
    let dir = dir();
    head.write(dir.path());
    let x = dir.path().join("x.npy");
    fs::write(&x, npy("|u1", false, "(1, 4)", &[1, 2, 3, 4])).expect("writes");
    refused(dir.path(), &["--inputs", x.to_str().expect("plain")], code, says);
}

/// Replaces the header and the data of the safetensors file.
fn header(header: &str, data: usize, code: &str, says: &[&str]) {
    bad(&good().raw(with_header(header, &vec![0; data])), code, says);
}

#[test]
fn the_good_head_is_good() {
    let dir = dir();
    good().write(dir.path());
    for path in [dir.path().to_path_buf(), dir.path().join("head.toml")] {
        let output = clashfree(["check".as_ref(), path.as_os_str()]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn not_toml() {
    let mut head = good();
    head.toml = "name = [".into();
    bad(&head, "head::syntax", &["head.toml is not TOML", "line 1"]);
    head.toml = "[".repeat(100_000);
    bad(&head, "head::syntax", &["is not TOML"]);
    head.toml = format!("name = {}", "[".repeat(100_000));
    bad(&head, "head::syntax", &["is not TOML"]);
}

#[test]
fn not_text() {
    let dir = dir();
    good().write(dir.path());
    fs::write(dir.path().join("head.toml"), b"name = \"\xff\"").expect("writes");
    refused(dir.path(), &["--inputs", "x"], "head::utf8", &["byte 8 is not UTF-8"]);
    fs::write(dir.path().join("head.toml"), vec![b'\n'; 2_000_000]).expect("writes");
    refused(dir.path(), &["--inputs", "x"], "head::toml_size", &["2000000", "1048576"]);
}

#[test]
fn unknown_and_missing_keys() {
    for (from, to, says) in [
        ("name = ", "nmae = 1\nname = ", "nmae"),
        ("neurons = 4", "neurons = 4\nsize = 4", "size"),
        ("signed = false }", "signed = false, scale = 2 }", "scale"),
        ("frac = 4 }\nactivation", "frac = 4, signed = true }\nactivation", "signed"),
        ("activation = \"relu\"", "activation = \"gelu\"", "gelu"),
        ("activation = \"relu\"", "", "activation"),
        ("neurons = 4", "neurons = -4", "-4"),
        ("neurons = 4", "neurons = \"4\"", "4"),
    ] {
        bad(&good().edit(from, to), "head::schema", &["is not a head file", says]);
    }
}

#[test]
fn names() {
    let long = "x".repeat(65);
    for name in ["", "2-9-10", "a b", "a;b", "ä", "a/b", "_a", long.as_str()] {
        let head = good().edit("\"tiny\"", &format!("\"{name}\""));
        bad(&head, "head::name", &[&format!("{name:?}"), "64"]);
    }
    let long = "x".repeat(129);
    for name in ["", "fc0 weight", "fc0:weight", "*/", long.as_str()] {
        let head = good().edit("\"fc0.weight\"", &format!("\"{name}\""));
        bad(&head, "head::tensor_name", &[&format!("{name:?}"), "`weight`", "128"]);
    }
    bad(&good().edit("\"fc1.bias\"", "\"a\\u001b[1m\""), "head::tensor_name", &["`bias`"]);
    for file in ["", "../head.safetensors", "/etc/passwd", "a/b", ".hidden", "a..b", "a\\\\b"] {
        let head = good().edit("\"head.safetensors\"", &format!("\"{file}\""));
        bad(&head, "head::weights_path", &[]);
    }
}

#[test]
fn formats() {
    for bits in ["0", "17", "-1", "9999999999"] {
        let edited = |from: &str| good().edit(from, &from.replacen(['4', '6'], bits, 1));
        bad(&edited("bits = 4"), "head::bits", &["[input]", bits, "1 to 16"]);
        bad(&edited("bits = 6"), "head::bits", &["junction 0, weight_format", bits, "1 to 16"]);
    }
    bad(&good().edit("frac = 3", "frac = 65"), "head::frac", &["output_format", "65", "64"]);
    bad(&good().edit("frac = 3", "frac = -65"), "head::frac", &["-65", "-64"]);
}

#[test]
fn structure() {
    let output = "output_format = { bits = 6, frac = 3, signed = false }";
    bad(&good().edit(output, ""), "head::output_format_missing", &["junction 0"]);
    let last = "activation = \"identity\"";
    let both = format!("{last}\n{output}");
    bad(&good().edit(last, &both), "head::output_format_on_last", &["junction 1"]);
    let mut head = good();
    head.toml.truncate(head.toml.find("[[junction]]").expect("is there"));
    bad(&head, "head::no_junction", &["junction"]);
    bad(&good().edit("neurons = 4", "neurons = 0"), "head::neurons", &["0 neurons", "1048576"]);
    bad(&good().edit("neurons = 4", "neurons = 1048577"), "head::neurons", &["1048577"]);
}

#[test]
fn exits_and_splits() {
    let exit = |after: usize| {
        format!(
            "[[exit]]\nafter = {after}\nrule = \"margin\"\nthreshold = 3\njunction = [{{ weight = \
             \"fc1.weight\", bias = \"fc1.bias\", weight_format = {{ bits = 6, frac = 4 }}, \
             activation = \"identity\" }}]\n"
        )
    };
    let with = |more: &str| {
        let mut head = good();
        head.toml.push_str(more);
        head
    };
    let missing = "head::output_format_missing";
    bad(&with(&exit(1)), missing, &["junction 1", "an exit follows it"]);
    bad(&with(&exit(9)), "head::exit_place", &["exit 0", "junction 9", "0 to 1"]);
    bad(&with(&(exit(0) + &exit(0))), "head::exit_order", &["junction 0"]);
    bad(&with("[split]\nafter = 1\n"), "head::split", &["junction 1", "2 junctions"]);
    bad(&with(&exit(0).replace("= 3", "= 3.5")), "head::schema", &["threshold"]);
    bad(&with(&exit(0).replace("margin", "luck")), "head::schema", &["luck"]);
    let reach = "quantise::threshold";
    bad(&with(&exit(0).replace("= 3", "= -1")), reach, &["exit 0", "-1", "margin", "0 to"]);
    bad(&with(&exit(0).replace("= 3", "= 99999999")), reach, &["99999999"]);
    let dir = dir();
    with(&(exit(0) + "[split]\nafter = 0\n")).write(dir.path());
    let output = clashfree(["check".as_ref(), dir.path().as_os_str()]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("exit 0 after junction 0, if margin >= 3"), "{text}");

    let x = dir.path().join("x.npy");
    let codes: Vec<u8> = [1i64, 2, 3, 15].iter().flat_map(|c| c.to_le_bytes()).collect();
    std::fs::write(&x, heads::npy("<i8", false, "(1, 4)", &codes)).expect("writes");
    let infer = ["infer".as_ref(), dir.path().as_os_str(), "--inputs".as_ref(), x.as_os_str()];
    let output = clashfree(infer);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("exit 0 answers "), "{text}");
}

#[test]
fn no_file() {
    let dir = dir();
    refused(dir.path(), &["--inputs", "x"], "head::absent", &["head.toml"]);
    good().write(dir.path());
    fs::remove_file(dir.path().join("head.safetensors")).expect("removes");
    refused(dir.path(), &["--inputs", "x"], "file::open", &["head.safetensors"]);
    fs::create_dir(dir.path().join("head.safetensors")).expect("a folder");
    refused(dir.path(), &["--inputs", "x"], "file::not_a_file", &["head.safetensors"]);
}

#[test]
fn truncated() {
    let bytes = good().bytes();
    bad(&good().raw(vec![]), "safetensors::truncated", &["the header's length", "8 bytes", "0"]);
    bad(&good().raw(bytes[..7].into()), "safetensors::truncated", &["has 7"]);
    bad(&good().raw(bytes[..100].into()), "safetensors::truncated", &["the header", "has 100"]);
    let short = bytes.len() - 1;
    bad(&good().raw(bytes[..short].into()), "safetensors::offsets_beyond_end", &["fc"]);
}

#[test]
fn huge_header() {
    let mut bytes = 100_000_001u64.to_le_bytes().to_vec();
    bytes.extend([b'{'; 100]);
    bad(&good().raw(bytes), "safetensors::header_size", &["100000001", "100000000"]);
    bad(&good().raw(vec![0xff; 64]), "safetensors::header_size", &["18446744073709551615"]);
    bad(&good().raw(99_999_999u64.to_le_bytes().into()), "safetensors::truncated", &["100000007"]);
}

#[test]
fn lying_headers() {
    let one = r#""dtype":"U8","shape":[4]"#;
    header("{", 0, "safetensors::header", &["EOF"]);
    header("[]", 0, "safetensors::header", &["object"]);
    header(&"[".repeat(100_000), 0, "safetensors::header", &[]);
    header(&format!("{{\"a\":{}", "[".repeat(100_000)), 0, "safetensors::header", &[]);
    header(
        &format!("{{\"a\":{{{one},\"data_offsets\":[2,6]}}}}"),
        4,
        "safetensors::offsets_beyond_end",
        &["\"a\"", "2 to 6", "4 bytes"],
    );
    header(
        &format!("{{\"a\":{{{one},\"data_offsets\":[4,0]}}}}"),
        4,
        "safetensors::offsets_beyond_end",
        &["4 to 0"],
    );
    header(
        &format!(
            "{{\"a\":{{{one},\"data_offsets\":[0,4]}},\"b\":{{{one},\"data_offsets\":[2,6]}}}}"
        ),
        6,
        "safetensors::overlap",
        &["\"a\"", "\"b\""],
    );
    header(
        &format!(
            "{{\"a\":{{{one},\"data_offsets\":[0,4]}},\"b\":{{{one},\"data_offsets\":[6,10]}}}}"
        ),
        10,
        "safetensors::hole",
        &["4 to 6"],
    );
    header(
        &format!("{{\"a\":{{{one},\"data_offsets\":[0,4]}}}}"),
        9,
        "safetensors::hole",
        &["4 to 9"],
    );
    header(
        &format!("{{\"a\":{{{one},\"data_offsets\":[0,3]}}}}"),
        3,
        "safetensors::length",
        &["[4]", "3 bytes"],
    );
    header(
        r#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#,
        0,
        "safetensors::length",
        &["4294967296"],
    );
    header(
        r#"{"a":{"dtype":"U9","shape":[1],"data_offsets":[0,1]}}"#,
        1,
        "safetensors::header",
        &["U9"],
    );
    header(
        &format!(
            "{{\"a\":{{{one},\"data_offsets\":[0,4]}},\"a\":{{{one},\"data_offsets\":[4,8]}}}}"
        ),
        8,
        "safetensors::header",
        &["\"a\" stands twice"],
    );
}

#[test]
fn missing_tensor() {
    let head = good().edit("fc1.bias", "fc1.offset");
    bad(&head, "safetensors::missing_tensor", &["fc1.offset", "\"fc1.bias\""]);
}

#[test]
fn wrong_dtype() {
    let mask = f32s(&[2, 4], &[1.0; 8]);
    bad(&good().tensor("fc0.mask", mask), "head::dtype", &["fc0.mask", "F32", "U8 or BOOL"]);
    let weight = (Dtype::U8, vec![2, 4], vec![1; 8]);
    bad(&good().tensor("fc0.weight", weight), "head::dtype", &["fc0.weight", "U8", "I8"]);
    let bias = (Dtype::U64, vec![2], vec![1; 16]);
    bad(&good().tensor("fc0.bias", bias), "head::dtype", &["fc0.bias", "U64", "bias"]);
}

#[test]
fn wrong_shapes() {
    let weight = f32s(&[3, 4], &[0.5; 12]);
    bad(&good().tensor("fc1.weight", weight), "head::chain", &["junction 1", "[3, 4]", "has 2"]);
    let flat = f32s(&[6], &[0.5; 6]);
    bad(&good().tensor("fc1.weight", flat), "head::shape", &["[6]", "two dimensions"]);
    let empty = f32s(&[0, 2], &[]);
    bad(&good().tensor("fc1.weight", empty), "head::neurons", &["0 neurons"]);
    bad(
        &good().tensor("fc0.bias", i32s(&[3], &[0; 3])),
        "head::shape",
        &["fc0.bias", "[3]", "[2]"],
    );
    bad(&good().tensor("fc0.mask", u8s(&[4, 2], &[1; 8])), "head::shape", &["[4, 2]", "[2, 4]"]);
}

#[test]
fn nan_and_infinity() {
    let weight = f32s(&[3, 2], &[0.5, 0.5, 0.5, f32::NAN, 0.5, 0.5]);
    bad(&good().tensor("fc1.weight", weight), "head::not_finite", &["NaN", "[1, 1]"]);
    let bias = f32s(&[3], &[0.5, f32::NEG_INFINITY, 0.5]);
    bad(&good().tensor("fc1.bias", bias), "head::not_finite", &["fc1.bias", "-inf", "[1]"]);
    let half = (Dtype::F16, vec![3], vec![0, 0, 0, 0x7c, 0, 0]);
    bad(&good().tensor("fc1.bias", half), "head::not_finite", &["inf", "[1]"]);
}

#[test]
fn masks() {
    let mask = u8s(&[2, 4], &[1, 0, 1, 0, 0, 2, 0, 1]);
    bad(&good().tensor("fc0.mask", mask), "head::mask_value", &["has 2", "[1, 1]"]);
    let mask = u8s(&[2, 4], &[1, 0, 0, 1, 0, 1, 1, 0]);
    bad(&good().tensor("fc0.mask", mask), "head::outside_mask", &["[0, 2]", "fc0.mask"]);
}

#[test]
fn degrees_that_are_not_fixed() {
    let mask = u8s(&[2, 4], &[1, 1, 1, 0, 0, 1, 0, 1]);
    bad(&good().tensor("fc0.mask", mask), "head::pattern", &["in-degree 2", "3 for 1", "first: 1"]);
    let weight = f32s(&[3, 2], &[0.5, -0.25, 1.0, 0.0, -1.0, 0.125]);
    bad(&good().tensor("fc1.weight", weight), "head::pattern", &["fc1.weight", "mask"]);
    let none = u8s(&[2, 4], &[0; 8]);
    let head = good().tensor("fc0.mask", none).tensor("fc0.weight", i8s(&[2, 4], &[0; 8]));
    bad(&head, "head::pattern", &["in-degree 0"]);
}

#[test]
fn codes_outside_their_format() {
    let weight = i8s(&[2, 4], &[5, 0, 32, 0, 0, -32, 0, 7]);
    let says = ["32", "left neuron 2", "right neuron 0", "-32 to 31"];
    bad(&good().tensor("fc0.weight", weight), "quantise::code_range", &says);
}

#[test]
fn accumulators_that_are_too_wide() {
    let bias = f32s(&[3], &[0.25, 3e38, -0.5]);
    bad(&good().tensor("fc1.bias", bias), "quantise::bias", &["fc1.bias", "right neuron 1", "63"]);
    let bias = (Dtype::I64, vec![2], [1i64, i64::MAX].map(i64::to_le_bytes).concat());
    bad(&good().tensor("fc0.bias", bias), "quantise::accumulator", &["neuron 1", "65 bits", "63"]);
    let head = good().edit("frac = 4, signed", "frac = 60, signed");
    let head = head.edit("frac = 3, signed", "frac = -60, signed");
    bad(&head, "quantise::accumulator", &["125 bits", "63", "the shift to the output is 124"]);
}

#[test]
fn errors_in_json() {
    let dir = dir();
    let output = clashfree(["check".as_ref(), dir.path().as_os_str(), "--json".as_ref()]);
    assert_eq!(output.status.code(), Some(2));
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(error["error"]["code"], "clashfree::head::absent");
    assert_eq!(error["error"]["exit"], 2);
}
