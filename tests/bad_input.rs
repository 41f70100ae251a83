//! Inputs and labels that are wrong, and places that cannot be written.

mod heads;

use heads::{clashfree, dir, good, gzip, idx, npy, npy_header, refused, stderr};
use std::fs;
use std::path::Path;

/// Writes inputs for the good head and wants them refused.
fn bad(bytes: &[u8], code: &str, says: &[&str]) {
    for bytes in [bytes.to_vec(), gzip(bytes)] {
        let dir = dir();
        good().write(dir.path());
        let x = dir.path().join("x");
        fs::write(&x, bytes).expect("writes");
        refused(dir.path(), &["--inputs", x.to_str().expect("plain")], code, says);
    }
}

/// Writes labels for two good frames and wants them refused.
fn bad_labels(bytes: &[u8], code: &str, says: &[&str]) {
    let dir = dir();
    good().write(dir.path());
    let (x, y) = (dir.path().join("x"), dir.path().join("y"));
    fs::write(&x, npy("|u1", false, "(2, 4)", &[1; 8])).expect("writes");
    fs::write(&y, bytes).expect("writes");
    let args = ["--inputs", x.to_str().expect("plain"), "--labels", y.to_str().expect("plain")];
    refused(dir.path(), &args, code, says);
}

#[test]
fn no_file_and_no_format() {
    let dir = dir();
    good().write(dir.path());
    let missing = dir.path().join("none.npy");
    let missing = missing.to_str().expect("plain");
    refused(dir.path(), &["--inputs", missing], "file::open", &["none.npy"]);
    let folder = dir.path().to_str().expect("plain");
    refused(dir.path(), &["--inputs", folder], "file::not_a_file", &[]);
    bad(b"", "array::unknown", &[".npy, .npz nor IDX"]);
    bad(b"\x89PNG....", "array::unknown", &["[89, 50, 4e, 47]"]);
}

#[test]
fn wrong_width() {
    bad(&npy("|u1", false, "(2, 5)", &[1; 10]), "input::width", &["5 values", "takes 4"]);
    bad(&idx(&[1, 3, 3], &[1; 9]), "input::width", &["9 values", "takes 4"]);
    bad(&npy("|u1", false, "(4,)", &[1; 4]), "input::rank", &["[4]"]);
    bad(&idx(&[4], &[1; 4]), "input::rank", &["[4]"]);
    bad(&npy("|u1", false, "(0, 4)", &[]), "input::empty", &["[0, 4]"]);
    bad(&npy("|u1", false, "(4, 0)", &[]), "input::empty", &["[4, 0]"]);
}

#[test]
fn wrong_dtype() {
    bad(&npy("<c8", false, "(1, 4)", &[1; 32]), "array::dtype", &["c8", "float32"]);
    bad(&npy("|O", false, "(1, 4)", &[1; 32]), "array::dtype", &["O"]);
    bad(&npy("|S4", false, "(1, 4)", &[1; 16]), "array::dtype", &["S4"]);
    let records = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 4), }";
    bad(&npy_header(records, &[1; 16]), "array::dtype", &["<f4"]);
    let mut shorts = idx(&[1, 4], &[0; 8]);
    shorts[2] = 0x0b;
    bad(&shorts, "array::dtype", &["0x0b"]);
}

#[test]
fn codes_out_of_range() {
    let says = ["frame 1", "16", "position 2", "u4.4", "0 to 15"];
    bad(&npy("|u1", false, "(2, 3)", &[1, 2, 3, 4, 5, 16]), "input::range", &says);
    bad(&npy("|i1", false, "(1, 2)", &[1, 0xff]), "input::range", &["-1", "position 1"]);
    let large = npy("<u8", false, "(1, 1)", &[0xff; 8]);
    bad(&large, "input::range", &["18446744073709551615"]);
}

#[test]
fn floats_that_are_none() {
    let data: Vec<u8> = [0.5f32, f32::NAN].iter().flat_map(|v| v.to_le_bytes()).collect();
    bad(&npy("<f4", false, "(2, 1)", &data), "input::not_finite", &["frame 1", "NaN"]);
}

#[test]
fn pixels_for_a_signed_format() {
    let dir = dir();
    good().edit("frac = 4, signed = false", "frac = 4, signed = true").write(dir.path());
    let x = dir.path().join("x");
    fs::write(&x, idx(&[1, 2, 2], &[1; 4])).expect("writes");
    refused(
        dir.path(),
        &["--inputs", x.to_str().expect("plain")],
        "input::signed_pixels",
        &["s4.4"],
    );
}

#[test]
fn truncated_or_too_long() {
    let good = npy("<i4", false, "(2, 4)", &[0; 32]);
    bad(&good[..good.len() - 1], "array::length", &["[2, 4]", "32 bytes", "31"]);
    bad(&[good.clone(), vec![0]].concat(), "array::length", &["32 bytes", "33"]);
    bad(&good[..20], "array::npy_header", &["ends"]);
    bad(&good[..5], "array::npy_header", &["ends"]);
    bad(&idx(&[2, 2, 2], &[0; 7]), "array::length", &["8 bytes", "7"]);
    bad(&idx(&[2, 2, 2], &[])[..9], "array::idx_header", &["5 of the 12"]);
}

#[test]
fn broken_gzip() {
    let dir = dir();
    good().write(dir.path());
    let x = dir.path().join("x");
    let mut bytes = gzip(&npy("<i4", false, "(2, 4)", &[0; 32]));
    let cut = bytes.len() - 12;
    fs::write(&x, &bytes[..cut]).expect("writes");
    refused(dir.path(), &["--inputs", x.to_str().expect("plain")], "file::read", &[]);
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    fs::write(&x, &bytes).expect("writes");
    refused(dir.path(), &["--inputs", x.to_str().expect("plain")], "file::read", &["checksum"]);
}

#[test]
fn headers_that_ask_for_too_much() {
    let huge = npy("<f8", false, "(1000000000000, 4)", &[0; 8]);
    bad(&huge, "array::too_large", &["1000000000000", "4294967296"]);
    let huge = npy("<f8", false, "(99999999999999999999999999, 4)", &[0; 8]);
    bad(&huge, "array::npy_header", &["shape"]);
    let huge = npy("|u1", false, "(4294967296, 4294967296)", &[0; 8]);
    bad(&huge, "array::too_large", &["4294967296"]);
    let huge = npy("|u1", false, "(0, 18446744073709551615)", &[]);
    bad(&huge, "array::too_large", &[]);
    bad(&npy("|u1", false, "(1000000000, 4)", &[0; 8]), "input::too_many", &["1000000000"]);
    bad(&npy("|u1", false, "(100000000, 4)", &[0; 8]), "array::length", &["400000000", "8"]);
    bad(&idx(&[u32::MAX; 3], &[0; 8]), "array::too_large", &["4294967295"]);
    bad(&npy_header(&"(".repeat(60_000), &[]), "array::npy_header", &["nested"]);
    bad(&npy_header(&"-".repeat(60_000), &[]), "array::npy_header", &[]);
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend([0xff; 8]);
    bad(&long, "array::npy_header", &["4294967295", "65536"]);
}

#[test]
fn archives() {
    let dir = dir();
    good().write(dir.path());
    let mut npz = ndarray_npy::NpzWriter::new_compressed(std::io::Cursor::new(Vec::new()));
    for name in ["a", "b"] {
        npz.add_array(name, &ndarray::arr2(&[[1u8, 2, 3]])).expect("adds");
    }
    let npz = npz.finish().expect("finishes").into_inner();
    let x = dir.path().join("x.npz");
    fs::write(&x, &npz).expect("writes");
    let x = x.to_str().expect("plain");
    refused(dir.path(), &["--inputs", x], "array::no_key", &["\"a\", \"b\""]);
    refused(
        dir.path(),
        &["--inputs", &format!("{x}:c")],
        "array::missing_key",
        &["\"c\"", "\"a\""],
    );
    let toml = dir.path().join("head.toml");
    let toml = format!("{}:a", toml.display());
    refused(dir.path(), &["--inputs", &toml], "array::not_npz", &["head.toml"]);
    fs::write(x, &npz[..npz.len() / 2]).expect("writes");
    refused(dir.path(), &["--inputs", &format!("{x}:a")], "array::zip", &["broken"]);
    let output = clashfree(["check", dir.path().to_str().expect("plain")]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn labels() {
    bad_labels(&npy("|u1", false, "(3,)", &[0; 3]), "label::length", &["3 labels", "2 frames"]);
    bad_labels(&idx(&[1], &[0]), "label::length", &["1 labels", "2 frames"]);
    bad_labels(&npy("|u1", false, "(2,)", &[2, 3]), "label::range", &["frame 1", "is 3", "0 to 2"]);
    bad_labels(&npy("|i1", false, "(2,)", &[0xff, 0]), "label::range", &["frame 0", "is -1"]);
    bad_labels(&npy("<f4", false, "(2,)", &[0; 8]), "label::dtype", &["integers"]);
    bad_labels(&npy("|u1", false, "(2, 1)", &[0; 2]), "label::rank", &["[2, 1]"]);
    bad_labels(b"0\n1\n", "array::unknown", &[]);
}

#[test]
fn logits_that_cannot_be_written() {
    let dir = dir();
    good().write(dir.path());
    let x = dir.path().join("x");
    fs::write(&x, npy("|u1", false, "(1, 4)", &[1; 4])).expect("writes");
    let places = [dir.path().join("no/logits.npy"), dir.path().to_path_buf(), "/dev/full/x".into()];
    for place in places {
        let args = ["infer".as_ref(), dir.path().as_os_str(), "--inputs".as_ref(), x.as_os_str()];
        let output = clashfree(args.into_iter().chain(["-o".as_ref(), place.as_os_str()]));
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(stderr(&output).contains("cannot write"), "{output:?}");
    }
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 3);
}

#[test]
fn wrong_usage() {
    for args in [&["infer"][..], &["nonsense"], &["check", "--bogus"], &[]] {
        assert_eq!(clashfree(args).status.code(), Some(2), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_that_is_full_or_closed() {
    use std::process::{Command, Stdio};
    let dir = dir();
    good().write(dir.path());
    let run = |out: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clashfree"));
        let command = command.args(["check".as_ref(), dir.path().as_os_str()]).stdout(out);
        command.output().expect("the program runs")
    };
    let full = fs::OpenOptions::new().write(true).open(Path::new("/dev/full")).expect("is there");
    let output = run(full.into());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("standard output"), "{output:?}");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = run(writer.into());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}
