//! Heads and data for tests, written with the safetensors crate and by hand: nothing of the code
//! under test.
#![allow(dead_code, reason = "each test file uses its part")]

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A tensor's type, shape and bytes.
pub type Tensor = (Dtype, Vec<usize>, Vec<u8>);

/// A head in the making: change what a test is about, then write it.
pub struct HeadFiles {
    pub toml: String,
    pub tensors: BTreeMap<String, Tensor>,
    /// Changes the bytes of the safetensors file; what it is for to be no such file any more.
    pub raw: Option<Vec<u8>>,
}

pub fn f32s(shape: &[usize], values: &[f32]) -> Tensor {
    (Dtype::F32, shape.to_vec(), values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

pub fn i8s(shape: &[usize], values: &[i8]) -> Tensor {
    (Dtype::I8, shape.to_vec(), values.iter().map(|&v| v as u8).collect())
}

pub fn i32s(shape: &[usize], values: &[i32]) -> Tensor {
    (Dtype::I32, shape.to_vec(), values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

pub fn u8s(shape: &[usize], values: &[u8]) -> Tensor {
    (Dtype::U8, shape.to_vec(), values.to_vec())
}

/// A good head, [4, 2, 3]: codes and a mask in the first junction, floats and no mask in the second.
pub fn good() -> HeadFiles {
    let toml = r#"name = "tiny"
weights = "head.safetensors"

[input]
neurons = 4
format = { bits = 4, frac = 4, signed = false }

[[junction]]
weight = "fc0.weight"
bias = "fc0.bias"
mask = "fc0.mask"
weight_format = { bits = 6, frac = 4 }
activation = "relu"
output_format = { bits = 6, frac = 3, signed = false }

[[junction]]
weight = "fc1.weight"
bias = "fc1.bias"
weight_format = { bits = 6, frac = 4 }
activation = "identity"
"#;
    let tensors = [
        ("fc0.weight", i8s(&[2, 4], &[5, 0, 31, 0, 0, -32, 0, 7])),
        ("fc0.bias", i32s(&[2], &[10, -300])),
        ("fc0.mask", u8s(&[2, 4], &[1, 0, 1, 0, 0, 1, 0, 1])),
        ("fc1.weight", f32s(&[3, 2], &[0.5, -0.25, 1.0, 0.75, -1.0, 0.125])),
        ("fc1.bias", f32s(&[3], &[0.25, 0.0, -0.5])),
    ];
    HeadFiles {
        toml: toml.to_owned(),
        tensors: tensors.map(|(n, t)| (n.to_owned(), t)).into(),
        raw: None,
    }
}

impl HeadFiles {
    /// Replaces one piece of the TOML text, which has to be there.
    pub fn edit(mut self, from: &str, to: &str) -> Self {
        assert!(self.toml.contains(from), "{from:?} is not in the head file");
        self.toml = self.toml.replacen(from, to, 1);
        self
    }

    pub fn tensor(mut self, name: &str, tensor: Tensor) -> Self {
        self.tensors.insert(name.to_owned(), tensor);
        self
    }

    /// The safetensors file as it should be.
    pub fn bytes(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, (dtype, shape, bytes))| {
            (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).expect("a good tensor"))
        });
        safetensors::serialize(views.collect::<BTreeMap<_, _>>(), None).expect("serialises")
    }

    pub fn raw(mut self, bytes: Vec<u8>) -> Self {
        self.raw = Some(bytes);
        self
    }

    pub fn write(&self, dir: &Path) -> PathBuf {
        std::fs::write(dir.join("head.toml"), &self.toml).expect("writes");
        let bytes = self.raw.clone().unwrap_or_else(|| self.bytes());
        std::fs::write(dir.join("head.safetensors"), bytes).expect("writes");
        dir.to_path_buf()
    }
}

/// A safetensors file with any header.
pub fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// A `.npy` file, version 1, with any header and data.
pub fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    npy_header(
        &format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"),
        data,
    )
}

pub fn npy_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16 + 1).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.push(b'\n');
    bytes.extend(data);
    bytes
}

/// An IDX file of unsigned bytes.
pub fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|d| d.to_be_bytes()));
    bytes.extend(data);
    bytes
}

pub fn gzip(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(data).expect("compresses");
    out.finish().expect("compresses")
}

pub fn dir() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

/// Runs the program.
pub fn clashfree<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clashfree")).args(args).output().expect("the program runs")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `infer` on a head and inputs in `dir`, with more arguments, and wants it refused: exit code
/// 2, the code `clashfree::` plus `code` and every word of `says` in the message, and no file written.
pub fn refused(dir: &Path, args: &[&str], code: &str, says: &[&str]) {
    let before = listing(dir);
    let out = dir.join("logits.npy");
    let mut all = vec!["infer", dir.to_str().expect("a plain path")];
    all.extend(args);
    all.extend(["-o", out.to_str().expect("a plain path")]);
    let output = clashfree(&all);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.starts_with("error: "), "{message}");
    assert!(
        message.contains(&format!("  code: clashfree::{code}\n")),
        "expected {code}:\n{message}"
    );
    for word in says {
        assert!(message.contains(word), "{word:?} is not in:\n{message}");
    }
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(listing(dir), before, "a file was left behind");
}

fn listing(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a folder");
    let mut all: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    all.sort();
    all
}
