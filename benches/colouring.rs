//! Edge colouring of regular bipartite multigraphs: time and memory an edge, by edges and degree.
//!
//! Memory is what a child process of its own has at its peak beyond what it had with the edges in
//! memory, so neither edges (8 bytes each) nor what made them count.

use clashfree::interleave::colour::colour;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::process::Command;
use std::time::Instant;

/// Vertices a side and edges: shuffled stubs of the left dealt to the right, in right order.
fn regular(edges: usize, degree: usize) -> (usize, Vec<(u32, u32)>) {
    let n = edges.div_ceil(degree);
    let vertex = |stub: usize| (stub / degree) as u32;
    let mut pairs: Vec<(u32, u32)> = (0..n * degree).map(|s| (vertex(s), 0)).collect();
    pairs.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    pairs.iter_mut().enumerate().for_each(|(s, pair)| pair.1 = vertex(s));
    (n, pairs)
}

/// Median nanoseconds an edge.
fn nanoseconds(edges: usize, degree: usize) -> f64 {
    let (n, pairs) = regular(edges, degree);
    let runs = (30_000_000 / edges).clamp(5, 101);
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let colouring = colour(n, n, &pairs);
            let time = start.elapsed().as_secs_f64();
            assert_eq!(colouring.colours, degree);
            time * 1e9 / pairs.len() as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}

/// A figure of this process in bytes, where the system tells.
fn status(key: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok()? * 1024.0)
}

/// Peak bytes an edge in this process.
fn bytes(edges: usize, degree: usize) -> Option<f64> {
    let (n, pairs) = regular(edges, degree);
    // Sets the peak back to what is resident now.
    fs::write("/proc/self/clear_refs", "5").ok()?;
    let before = status("VmRSS")?;
    std::hint::black_box(colour(n, n, &pairs));
    Some((status("VmHWM")? - before) / pairs.len() as f64)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, what, edges, degree] = args.as_slice()
        && what == "bytes"
    {
        let peak = bytes(edges.parse().expect("edges"), degree.parse().expect("degree"));
        print!("{}", peak.map_or("?".into(), |peak| format!("{peak:.1}")));
        return;
    }
    println!("{:>10} {:>8} {:>12} {:>16}", "edges", "degree", "ns an edge", "peak bytes an edge");
    for degree in [50, 37, 3] {
        for edges in [10_000, 100_000, 1_000_000, 10_000_000] {
            let program = std::env::current_exe().expect("this program has a path");
            let child = Command::new(program)
                .args(["bytes", &edges.to_string(), &degree.to_string()])
                .output()
                .expect("this program starts");
            let peak = String::from_utf8_lossy(&child.stdout);
            println!("{edges:>10} {degree:>8} {:>12.1} {peak:>16}", nanoseconds(edges, degree));
        }
    }
}
