//! `simulate` and `verify` on the fixture package, with data handed in.

mod common;

use clap::Parser;
use clashfree::commands::simulation::{CommandError, Data, OtherError};
use clashfree::commands::{simulate, verify};
use clashfree::exit::Exit;
use clashfree::ids::Neuron;
use clashfree::packet::ResultKind;
use clashfree::pattern::Pattern;
use clashfree::quantise::{Activation, Format, QuantHead, QuantJunction, Saturated, Source};
use clashfree::verify::tools::Toolchain;
use common::{BIAS, Shape, USUAL, have};
use ndarray::Array2;
use std::path::Path;

#[derive(Parser)]
enum Line {
    Simulate(simulate::Args),
    Verify(verify::Args),
}

/// Frames of the fixture; `inputs` is their number, the reference is the fixture's own, and
/// the class is one that the reference gets wrong.
struct Fixture(Shape, Option<usize>);

impl Data for Fixture {
    fn inputs(&self, spec: &str, _: usize, _: Format) -> Result<Array2<i32>, OtherError> {
        Ok(self.0.frames(spec.parse().unwrap()))
    }

    fn labels(&self, _: &str, frames: usize, _: usize) -> Result<Vec<u32>, OtherError> {
        Ok(vec![2; frames])
    }

    /// The fixture's sums as a fully connected head: ±1 where a neuron counts for a class.
    fn head(&self, _: &Path) -> Result<QuantHead, OtherError> {
        let neurons = self.0.neurons;
        let rows = vec![(0..neurons).map(Neuron::new).collect(); 3];
        let sign = |c: usize| if c.is_multiple_of(2) { 1 } else { -1 };
        let weight = |c: usize, n: usize| if n % 3 == c { sign(c) } else { 0 };
        let mut bias = BIAS.to_vec();
        if let Some(class) = self.1 {
            bias[class] -= 1000;
        }
        let format = Format { bits: self.0.code_bits, frac: 0, signed: false };
        let junction = QuantJunction {
            pattern: Pattern::new(neurons, &rows)?,
            weights: (0..3).flat_map(|c| (0..neurons).map(move |n| weight(c, n))).collect(),
            bias,
            input_format: format,
            weight_format: Format { bits: 2, frac: 0, signed: true },
            activation: Activation::Identity,
            output_format: None,
            acc_bits: 20,
            source: Source::default(),
            saturated: Saturated::default(),
        };
        let junctions = vec![junction];
        Ok(QuantHead::chain("fixture".into(), neurons, format, junctions))
    }
}

fn line(text: &str) -> Line {
    Line::try_parse_from(std::iter::once("clashfree").chain(text.split(' '))).unwrap()
}

fn run(text: &str, data: &Fixture) -> Result<(String, bool, serde_json::Value), CommandError> {
    match line(text) {
        Line::Simulate(args) => {
            let done = simulate::simulate(&args, data)?;
            Ok((done.to_string(), true, serde_json::to_value(&done).unwrap()))
        }
        Line::Verify(args) => {
            let done = verify::verify(&args, data)?;
            Ok((done.to_string(), done.passed, serde_json::to_value(&done).unwrap()))
        }
    }
}

#[test]
fn simulate_writes_the_logits_and_verify_compares_them() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let build = USUAL.write("commands", 1);
    let build = build.display();
    let data = Fixture(USUAL, None);
    let path = format!("{build}/logits.npy");
    let (text, _, json) =
        run(&format!("simulate {build} --inputs 300 --frames 200 -o {path}"), &data).unwrap();
    assert!(text.contains("initiation interval 8 cycles, predicted 8"), "{text}");
    assert_eq!(json["frames"], 200);
    let written: Array2<i64> = ndarray_npy::read_npy(&path).unwrap();
    assert_eq!(written, USUAL.logits(&USUAL.frames(200)));

    let verify =
        format!("verify {build} --inputs 200 --labels x --faults --stalls bursts/random:4");
    let (text, code, json) = run(&verify, &data).unwrap();
    assert!(text.contains("0 mismatches in 600 logits") && code, "{text}");
    assert!(
        json["accuracy"].is_f64() && json["scenarios"].as_array().unwrap().len() == 6,
        "{json}"
    );

    let (text, code, json) = run(&verify, &Fixture(USUAL, Some(1))).unwrap();
    assert!(text.contains("frame 0, logit 1: expected -"), "{text}");
    assert!(text.contains("200 mismatches in 600 logits") && !code, "{text}");
    assert_eq!(json["comparison"]["mismatches"][0]["frame"], 0);
}

#[test]
fn logits_that_the_packets_do_not_carry_cannot_be_written() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let shape = Shape { result: ResultKind::Class, ..USUAL };
    let build = shape.write("commands-class", 1);
    let (build, data) = (build.display(), Fixture(shape, None));
    let error = run(&format!("simulate {build} --inputs 3 -o x.npy"), &data).unwrap_err();
    assert!(matches!(error, CommandError::NoLogits { .. }) && error.exit() == Exit::BadInput);
    let (text, code, _) = run(&format!("verify {build} --inputs 3"), &data).unwrap();
    assert!(text.contains("0 of 3 packets differ") && code, "{text}");
    let error = run(&format!("simulate {build} --inputs 0"), &data).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.exit()),
        ("there are no frames to simulate", Exit::BadInput)
    );
}

#[test]
fn a_wrong_stall_pattern_is_refused_with_the_right_ones() {
    let words = ["clashfree", "verify", "x", "--inputs", "y", "--stalls", "often"];
    let error = Line::try_parse_from(words).err().unwrap().to_string();
    assert!(error.contains("often") && error.contains("three-in-four"), "{error}");
}
