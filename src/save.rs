//! Heads written to files: what [`load`](crate::load) reads back.

use crate::files::whole_file;
use crate::manifest::sha256;
use crate::pattern::Pattern;
use crate::quantise::{Activation, Format, QuantHead, QuantJunction, Rule};
use miette::Diagnostic;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Name of the file of tensors that a saved head refers to.
pub const TENSORS: &str = "head.safetensors";

/// Name of the head file in its folder.
pub const HEAD: &str = "head.toml";

/// A junction in floats, to be saved.
#[derive(Clone, Copy, Debug)]
pub struct FloatJunction<'a> {
    /// Which left neuron feeds which right neuron.
    pub pattern: &'a Pattern,
    /// One an edge, in right order.
    pub weights: &'a [f32],
    /// One a right neuron.
    pub bias: &'a [f32],
    /// What the weights are to be quantised to.
    pub weight_format: Format,
    /// What happens to the accumulators.
    pub activation: Activation,
    /// Format of what goes out; `None` on the last junction.
    pub output_format: Option<Format>,
}

/// An early exit with its branch in floats, to be saved.
#[derive(Clone, Debug)]
pub struct FloatExit<'a> {
    /// The trunk junction whose output feeds the branch.
    pub after: usize,
    /// When the branch answers.
    pub rule: Rule,
    /// What the rule compares with, at the scale of the branch's logits.
    pub threshold: i64,
    /// The junctions of the branch; must not be empty.
    pub junctions: Vec<FloatJunction<'a>>,
}

/// A tensor that waits to be written.
struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The two files of an integer head: the TOML text, and the bytes of [`TENSORS`].
///
/// Weights are I8 or I16 `[N_r, N_l]` with a U8 mask, biases I32 or I64 `[N_r]`. They load and
/// quantise to an equal head, but for the counts of saturated values, which are 0 then. Tensors
/// keep the names of their source where all of these differ, else they are `fc0.weight` and so on.
/// The same head gives the same bytes.
pub fn quant_to_files(head: &QuantHead) -> (String, Vec<u8>) {
    let chains = || std::iter::once(&head.junctions).chain(head.exits.iter().map(|e| &e.junctions));
    let own = chains().enumerate().flat_map(|(chain, junctions)| {
        let name = move |j| match chain.checked_sub(1) {
            None => numbered(j),
            Some(exit) => exit_numbered(exit, j),
        };
        (0..junctions.len()).map(name)
    });
    let source = chains().flatten().map(|j| (j.source.weight.clone(), j.source.bias.clone()));
    let mut names = tensor_names(source.collect(), own.collect()).into_iter();
    let mut toml = preamble(&head.name, head.inputs, head.input_format);
    let mut tensors = Vec::new();
    let mut chain = |toml: &mut String, key: &str, junctions: &[QuantJunction]| {
        for (junction, names) in junctions.iter().zip(&mut names) {
            quant_junction(toml, &mut tensors, key, names, junction);
        }
    };
    chain(&mut toml, "junction", &head.junctions);
    for exit in &head.exits {
        exit_table(&mut toml, exit.after, exit.rule, exit.threshold);
        chain(&mut toml, "exit.junction", &exit.junctions);
    }
    if let Some(after) = head.split {
        write!(toml, "\n[split]\nafter = {after}\n").expect("a string takes all");
    }
    (toml, serialise(&tensors))
}

/// The content hash of an integer head, lower-case hexadecimal: SHA-256 of the two files of
/// [`quant_to_files`], one after the other.
pub fn identity(head: &QuantHead) -> String {
    let (toml, tensors) = quant_to_files(head);
    sha256(&[toml.as_bytes(), &tensors].concat())
}

fn quant_junction(
    toml: &mut String,
    tensors: &mut Vec<Tensor>,
    key: &str,
    [weight, bias, mask]: [String; 3],
    j: &QuantJunction,
) {
    let names = [weight.as_str(), &bias, &mask];
    table(toml, key, names, j.weight_format, j.activation, j.output_format);
    tensors.push(if j.weight_format.bits <= 8 {
        dense(weight, Dtype::I8, &j.pattern, &j.weights, |w| (w as i8).to_le_bytes())
    } else {
        dense(weight, Dtype::I16, &j.pattern, &j.weights, |w| (w as i16).to_le_bytes())
    });
    tensors.push(mask_of(mask, &j.pattern));
    tensors.push(if j.bias.iter().all(|&b| i32::try_from(b).is_ok()) {
        flat(bias, Dtype::I32, &j.bias, |b| (b as i32).to_le_bytes())
    } else {
        flat(bias, Dtype::I64, &j.bias, i64::to_le_bytes)
    });
}

fn exit_table(toml: &mut String, after: usize, rule: Rule, threshold: i64) {
    write!(toml, "\n[[exit]]\nafter = {after}\nrule = \"{rule}\"\nthreshold = {threshold}\n")
        .expect("a string takes all");
}

/// The two files of a head in floats: the TOML text, and the bytes of [`TENSORS`].
///
/// Weights are F32 `[N_r, N_l]`, zero where there is no edge, with a U8 mask; biases F32 `[N_r]`;
/// named `fc0.weight`, `fc0.bias`, `fc0.mask` and so on, those of a branch `exit0.fc0.weight` and so
/// on. The same head gives the same bytes.
///
/// # Panics
/// If a junction has not one weight an edge and one bias a right neuron.
pub fn float_to_files(
    name: &str,
    inputs: usize,
    input_format: Format,
    trunk: &[FloatJunction<'_>],
    exits: &[FloatExit<'_>],
) -> (String, Vec<u8>) {
    let mut toml = preamble(name, inputs, input_format);
    let mut tensors = Vec::new();
    for (i, junction) in trunk.iter().enumerate() {
        float_junction(&mut toml, &mut tensors, "junction", numbered(i), junction);
    }
    for (e, exit) in exits.iter().enumerate() {
        exit_table(&mut toml, exit.after, exit.rule, exit.threshold);
        for (i, junction) in exit.junctions.iter().enumerate() {
            let names = exit_numbered(e, i);
            float_junction(&mut toml, &mut tensors, "exit.junction", names, junction);
        }
    }
    (toml, serialise(&tensors))
}

fn float_junction(
    toml: &mut String,
    tensors: &mut Vec<Tensor>,
    key: &str,
    [weight, bias, mask]: [String; 3],
    j: &FloatJunction<'_>,
) {
    assert_eq!(j.bias.len(), j.pattern.right(), "one bias a right neuron");
    let names = [weight.as_str(), &bias, &mask];
    table(toml, key, names, j.weight_format, j.activation, j.output_format);
    tensors.push(dense(weight, Dtype::F32, j.pattern, j.weights, f32::to_le_bytes));
    tensors.push(mask_of(mask, j.pattern));
    tensors.push(flat(bias, Dtype::F32, j.bias, f32::to_le_bytes));
}

/// Why a head could not be saved.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum SaveError {
    /// The folder is not writable, the disk is full.
    #[error("cannot write {path}: {source}", path = .path.display())]
    #[diagnostic(code(clashfree::save::write))]
    Io {
        /// The file or folder that was to be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes an integer head into a folder, made if it is not there: see [`quant_to_files`].
///
/// # Errors
/// If the folder or a file cannot be written.
pub fn save_quant(head: &QuantHead, dir: &Path) -> Result<(), SaveError> {
    save_files(&quant_to_files(head), dir)
}

/// Writes the two files of a head into a folder, made if it is not there. Each file appears whole
/// or not at all, the tensors first.
///
/// # Errors
/// If the folder or a file cannot be written.
pub fn save_files((toml, tensors): &(String, Vec<u8>), dir: &Path) -> Result<(), SaveError> {
    let failed = |path: &Path, source| SaveError::Io { path: path.into(), source };
    std::fs::create_dir_all(dir).map_err(|e| failed(dir, e))?;
    for (name, bytes) in [(TENSORS, tensors.as_slice()), (HEAD, toml.as_bytes())] {
        let path = dir.join(name);
        whole_file(&path, |file| file.write_all(bytes)).map_err(|e| failed(&path, e))?;
    }
    Ok(())
}

/// Names of the weight, bias and mask tensor of junction `i` of a head that has none of its own.
pub(crate) fn numbered(i: usize) -> [String; 3] {
    ["weight", "bias", "mask"].map(|what| format!("fc{i}.{what}"))
}

/// Likewise of junction `i` of the branch of exit `exit`.
pub(crate) fn exit_numbered(exit: usize, i: usize) -> [String; 3] {
    numbered(i).map(|name| format!("exit{exit}.{name}"))
}

/// Names of the weight, bias and mask tensor of each junction, all different: those of their source,
/// or `own`.
fn tensor_names(source: Vec<(String, String)>, own: Vec<[String; 3]>) -> Vec<[String; 3]> {
    let masked = source.into_iter().map(|(weight, bias)| {
        let stem = weight.strip_suffix("weight").map_or_else(|| format!("{weight}."), Into::into);
        let mask = format!("{stem}mask");
        [weight, bias, mask]
    });
    let names: Vec<[String; 3]> = masked.collect();
    let all: std::collections::BTreeSet<&String> = names.iter().flatten().collect();
    // 128 is the limit that the loader sets.
    let good = all.iter().all(|n| (1..=128).contains(&n.len())) && all.len() == names.len() * 3;
    if good { names } else { own }
}

fn preamble(name: &str, inputs: usize, format: Format) -> String {
    format!(
        "name = \"{name}\"\nweights = \"{TENSORS}\"\n\n[input]\nneurons = {inputs}\nformat = {}\n",
        inline(format)
    )
}

fn inline(f: Format) -> String {
    format!("{{ bits = {}, frac = {}, signed = {} }}", f.bits, f.frac, f.signed)
}

fn table(
    toml: &mut String,
    key: &str,
    [weight, bias, mask]: [&str; 3],
    format: Format,
    activation: Activation,
    output: Option<Format>,
) {
    let activation = match activation {
        Activation::Relu => "relu",
        Activation::Identity => "identity",
    };
    let Format { bits, frac, .. } = format;
    write!(
        toml,
        "\n[[{key}]]\nweight = \"{weight}\"\nbias = \"{bias}\"\nmask = \"{mask}\"\n\
         weight_format = {{ bits = {bits}, frac = {frac} }}\nactivation = \"{activation}\"\n"
    )
    .expect("a string takes all");
    if let Some(f) = output {
        writeln!(toml, "output_format = {}", inline(f)).expect("a string takes all");
    }
}

/// Spreads the values of the edges over a matrix `[N_r, N_l]` of zeros.
fn dense<T: Copy, const N: usize>(
    name: String,
    dtype: Dtype,
    pattern: &Pattern,
    values: &[T],
    encode: impl Fn(T) -> [u8; N],
) -> Tensor {
    assert_eq!(values.len(), pattern.edges(), "one value an edge");
    let mut bytes = vec![0; pattern.left() * pattern.right() * N];
    for (edge, (left, &value)) in pattern.left_ends().iter().zip(values).enumerate() {
        let at = edge / pattern.d_in() * pattern.left() + left.at();
        bytes[at * N..][..N].copy_from_slice(&encode(value));
    }
    Tensor { name, dtype, shape: vec![pattern.right(), pattern.left()], bytes }
}

fn mask_of(name: String, pattern: &Pattern) -> Tensor {
    dense(name, Dtype::U8, pattern, &vec![1u8; pattern.edges()], |m| [m])
}

/// A pattern as a mask, `[N_r, N_l]` row by row: 1 where there is an edge.
pub(crate) fn mask_cells(pattern: &Pattern) -> Vec<u8> {
    mask_of(String::new(), pattern).bytes
}

/// The bytes of a safetensors file of masks, U8 `[N_r, N_l]`, named `fc0.mask` and so on.
pub(crate) fn masks(patterns: &[&Pattern]) -> Vec<u8> {
    let mask = |(i, pattern): (usize, &&Pattern)| {
        let [_, _, name] = numbered(i);
        mask_of(name, pattern)
    };
    serialise(&patterns.iter().enumerate().map(mask).collect::<Vec<_>>())
}

fn flat<T: Copy, const N: usize>(
    name: String,
    dtype: Dtype,
    values: &[T],
    encode: impl Fn(T) -> [u8; N],
) -> Tensor {
    let bytes = values.iter().flat_map(|&v| encode(v)).collect();
    Tensor { name, dtype, shape: vec![values.len()], bytes }
}

fn serialise(tensors: &[Tensor]) -> Vec<u8> {
    let views: BTreeMap<&str, TensorView<'_>> = tensors
        .iter()
        .map(|t| {
            let view = TensorView::new(t.dtype, t.shape.clone(), &t.bytes);
            (t.name.as_str(), view.expect("bytes were made by the shape"))
        })
        .collect();
    safetensors::serialize(views, None).expect("names and shapes make a small header")
}
