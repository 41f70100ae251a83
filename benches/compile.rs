//! How long the compiler takes: the bundled heads from file to package in memory, and a junction of
//! 1,000,000 edges from integers on, with the lines of the top module of each.

use clashfree::lower::{Control, Interface};
use clashfree::packet::ResultKind;
use clashfree::pattern::{Family, generate};
use clashfree::pipeline::{SplitAt, Target, compile, compile_quantised};
use clashfree::quantise::{
    Activation, Format, QuantHead, QuantJunction, Saturated, Source, acc_bits,
};
use clashfree::schedule::{Budget, Preferences};
use clashfree::speed::Speed;
use criterion::{Criterion, criterion_group, criterion_main};
use std::path::Path;

fn target(cycles: usize) -> Target {
    let interface = Interface { bus_bits: 64, result: ResultKind::Logits, control: Control::Auto };
    Target {
        speed: Speed::Budget(Budget::Cycles(cycles)),
        preferences: Preferences::default(),
        interface,
        pad: false,
        split: SplitAt::File,
    }
}

/// 10,000 × 1,000 neurons, out-degree 100.
fn million_edges() -> QuantHead {
    let pattern = generate(Family::RandomStructured, 10_000, 1_000, 100, None, 1).unwrap();
    let input_format = Format { bits: 8, frac: 8, signed: false };
    let weights: Vec<i32> = (0..pattern.edges()).map(|e| (e * 7919 % 63) as i32 - 31).collect();
    let bias = vec![0; pattern.right()];
    let (acc_bits, _) = acc_bits(&pattern, &weights, &bias, input_format, 0);
    let junction = QuantJunction {
        pattern,
        weights,
        bias,
        input_format,
        weight_format: Format { bits: 6, frac: 5, signed: true },
        activation: Activation::Identity,
        output_format: None,
        acc_bits,
        source: Source::default(),
        saturated: Saturated::default(),
    };
    QuantHead::chain("million".into(), 10_000, input_format, vec![junction])
}

fn bundled(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    for head in ["mnist-2-9-10", "mnist-2-9-10-clash-free", "mnist-14-14"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/heads").join(head);
        group.bench_function(head, |b| b.iter(|| compile(&path, &target(50)).unwrap()));
    }
    let head = million_edges();
    let lines = |compiled: clashfree::pipeline::Compiled| {
        let top = format!("rtl/{}.v", compiled.design.top);
        compiled.package.files[&top].iter().filter(|&&byte| byte == b'\n').count()
    };
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/heads/mnist-2-9-10");
    println!(
        "top module: {} lines for mnist-2-9-10 (3 junctions), {} for 1,000,000 edges (1 junction)",
        lines(compile(&small, &target(50)).unwrap()),
        lines(compile_quantised(head.clone(), &target(1_250)).unwrap())
    );
    group.sample_size(10);
    group.bench_function("1,000,000 edges", |b| {
        b.iter_batched(
            || head.clone(),
            |head| compile_quantised(head, &target(1_250)).unwrap(),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
    // Of the whole program: Linux keeps the largest resident size.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|l| l.starts_with("VmHWM")) {
        println!("peak memory of these benchmarks, {peak}");
    }
}

criterion_group!(benches, bundled);
criterion_main!(benches);
