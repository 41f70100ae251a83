//! The dot products of a package, filled into `templates/dots.v`.

use super::adders::{Adder, Names, list};
use crate::lower::{DotShape, DotStage};
use askama::Template;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "dots.v")]
struct Dots<'a> {
    stamp: &'a str,
    dots: Vec<Dot>,
}

struct Dot {
    name: String,
    about: String,
    lanes: usize,
    act_bits: u32,
    act_signed: u8,
    weight_bits: u32,
    products: usize,
    latency: usize,
    act_range: String,
    weight_range: String,
    sum_range: String,
    product_range: String,
    delays: Vec<usize>,
    adders: Vec<Adder>,
    result: String,
    unused: Vec<String>,
}

#[derive(Template)]
#[template(path = "dot.v")]
struct OneDot<'a> {
    stamp: &'a str,
    dot: &'a Dot,
}

/// `cf_dot` for the shapes of a design, and a module for each: names and texts.
pub(super) fn dots(stages: &[DotStage], stamp: &str) -> Vec<(String, String)> {
    let dots: Vec<Dot> = stages.iter().map(dot).collect();
    let rendered =
        |text: askama::Result<String>| text.expect("templates only format values") + "\n";
    let mut files: Vec<_> = dots
        .iter()
        .map(|dot| (dot.name.clone(), rendered(OneDot { stamp, dot }.render())))
        .collect();
    files.push(("cf_dot".into(), rendered(Dots { stamp, dots }.render())));
    files
}

fn dot(stage: &DotStage) -> Dot {
    let DotShape { lanes, act_bits, act_signed, weight_bits } = stage.shape;
    let mut delays = BTreeSet::new();
    let mut names = Names { sum: &stage.sum, input: "p", delays: &mut delays };
    let (adders, result) = (names.adders(), names.result());
    let mut unused: Vec<String> = adders.iter().map(|adder| adder.name.clone()).collect();
    unused.push("p".into());
    unused.extend(delays.iter().map(|delay| format!("x{delay}")));
    let sign = if act_signed { "s" } else { "u" };
    let signed = if act_signed { "two's complement" } else { "unsigned" };
    let range = |bits: usize| format!("[{}:0]", bits - 1);
    Dot {
        name: format!("cf_dot_{lanes}_{sign}{act_bits}_{weight_bits}"),
        about: format!("{lanes} products of {act_bits} bits, {signed}, and {weight_bits} bits"),
        lanes,
        act_bits,
        act_signed: u8::from(act_signed),
        weight_bits,
        products: stage.products,
        latency: stage.latency,
        act_range: range(lanes * act_bits as usize),
        weight_range: range(lanes * weight_bits as usize),
        sum_range: range(stage.shape.sum_bits() as usize),
        product_range: range(stage.products),
        delays: delays.into_iter().collect(),
        adders,
        result: list(result),
        unused,
    }
}
