//! How many frames the reference model computes a second on one core, beside a plain loop over the
//! edges of one frame at a time.

use clashfree::model;
use clashfree::quantise::{QuantHead, quantise};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array2, ArrayView2};
use std::path::Path;

const FRAMES: usize = 2_000;

/// What one would write first: frame by frame, edge by edge, in i64.
fn plain(head: &QuantHead, frames: ArrayView2<'_, i32>) -> Vec<Vec<i64>> {
    let one = |frame: Vec<i64>| {
        head.junctions.iter().fold(frame, |left, j| {
            let rows = j.pattern.left_ends().chunks_exact(j.pattern.d_in());
            let weights = j.weights.chunks_exact(j.pattern.d_in());
            let sums = rows.zip(weights).zip(&j.bias).map(|((row, weights), &bias)| {
                let edges = row.iter().zip(weights);
                bias + edges.map(|(l, &w)| i64::from(w) * left[l.at()]).sum::<i64>()
            });
            match j.shift().zip(j.clamp()) {
                Some((shift, range)) => {
                    sums.map(|acc| i64::from(model::requantise(acc, shift, range))).collect()
                }
                None => sums.collect(),
            }
        })
    };
    frames.rows().into_iter().map(|row| one(row.iter().map(|&q| i64::from(q)).collect())).collect()
}

fn one_core(c: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/heads/mnist-2-9-10");
    let head = quantise(&clashfree::load::head(&path).unwrap()).unwrap();
    let frames = Array2::from_shape_fn((FRAMES, head.inputs), |(f, n)| {
        ((f * 7919 + n * 104_729) % 16) as i32
    });
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = c.benchmark_group("reference, one core");
    group.throughput(Throughput::Elements(FRAMES as u64));
    group.bench_function("model::run", |b| {
        b.iter(|| pool.install(|| model::run(&head, frames.view())));
    });
    group.bench_function("plain loop", |b| b.iter(|| plain(&head, frames.view())));
    group.finish();
}

criterion_group!(benches, one_core);
criterion_main!(benches);
