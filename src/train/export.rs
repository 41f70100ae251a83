//! The head file of a trained network: TOML beside safetensors, floats, masks.
// WIRE: `load` has the head file's types and a writer; this one writes the same layout.

use super::network::{Junction, Network};
use crate::ids::Neuron;
use crate::quantise::Format;
use safetensors::{Dtype, View};
use std::borrow::Cow;
use std::fmt::Write;

/// The TOML text and the safetensors bytes of a head, with dense `[N_r, N_l]` f32 weights, a u8
/// mask of the same shape and `[N_r]` f32 biases for each junction.
pub fn head_files(name: &str, network: &Network, weights_file: &str) -> (String, Vec<u8>) {
    let first = &network.junctions[0];
    let mut toml = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| {
        writeln!(toml, "{text}").expect("strings take any text");
    };
    line(format_args!("name = \"{name}\""));
    line(format_args!("weights = \"{weights_file}\""));
    line(format_args!("\n[input]\nneurons = {}", first.pattern.left()));
    line(format_args!("format = {}", inline(first.input_format)));
    let mut tensors = Vec::new();
    for (j, junction) in network.junctions.iter().enumerate() {
        let f = junction.weight_format;
        line(format_args!("\n[[junction]]"));
        line(format_args!(
            "weight = \"fc{j}.weight\"\nbias = \"fc{j}.bias\"\nmask = \"fc{j}.mask\""
        ));
        line(format_args!("weight_format = {{ bits = {}, frac = {} }}", f.bits, f.frac));
        let activation = if junction.output_format.is_some() { "relu" } else { "identity" };
        line(format_args!("activation = \"{activation}\""));
        if let Some(format) = junction.output_format {
            line(format_args!("output_format = {}", inline(format)));
        }
        tensors.extend(junction_tensors(j, junction));
    }
    let bytes = safetensors::serialize(tensors, None).expect("shapes and lengths agree");
    (toml, bytes)
}

fn inline(format: Format) -> String {
    let Format { bits, frac, signed } = format;
    format!("{{ bits = {bits}, frac = {frac}, signed = {signed} }}")
}

fn junction_tensors(j: usize, junction: &Junction) -> [(String, Tensor); 3] {
    let pattern = &junction.pattern;
    let (left, right) = (pattern.left(), pattern.right());
    let mut dense = vec![0.0f32; right * left];
    let mut mask = vec![0u8; right * left];
    for (r, weights) in junction.weights.chunks_exact(pattern.d_in()).enumerate() {
        for (l, &w) in pattern.row(Neuron::new(r)).iter().zip(weights) {
            dense[r * left + l.at()] = w;
            mask[r * left + l.at()] = 1;
        }
    }
    let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
    [
        (format!("fc{j}.weight"), Tensor(Dtype::F32, vec![right, left], floats(&dense))),
        (format!("fc{j}.bias"), Tensor(Dtype::F32, vec![right], floats(&junction.bias))),
        (format!("fc{j}.mask"), Tensor(Dtype::U8, vec![right, left], mask)),
    ]
}

struct Tensor(Dtype, Vec<usize>, Vec<u8>);

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        self.0
    }

    fn shape(&self) -> &[usize] {
        &self.1
    }

    fn data(&self) -> Cow<'_, [u8]> {
        (&self.2).into()
    }

    fn data_len(&self) -> usize {
        self.2.len()
    }
}
