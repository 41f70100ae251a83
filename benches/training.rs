//! Seconds an epoch of MNIST beside masked dense layers in plain numpy and in PyTorch, in turns, with
//! the same shapes, batch and threads. `docs/training.md` says what is measured.
//!
//! `cargo bench --bench training -- --python VENV/bin/python`

use clap::Parser;
use clashfree::train::{Examples, Recipe, train};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Times training beside masked dense layers.
#[derive(Parser)]
struct Options {
    /// Layers.
    #[arg(long, value_delimiter = ',', default_value = "800,40,40,10")]
    neurons: Vec<usize>,
    /// Out-degrees, by junction; may be given several times.
    #[arg(long, default_values = ["2,9,10", "13,17,10"])]
    degrees: Vec<String>,
    /// A Python that has numpy and torch; without it, only our own times.
    #[arg(long)]
    python: Option<PathBuf>,
    /// How often all take turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Epochs in a turn; the first is not counted.
    #[arg(long, default_value_t = 4)]
    epochs: usize,
    /// Of each of them.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Counts processor time, which other work on the machine hardly changes; for one thread.
    #[arg(long)]
    processor: bool,
    /// What cargo gives to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who trains, and how.
#[derive(Clone, Copy, PartialEq)]
enum Trainer {
    Float,
    Quantised,
    Script(&'static str),
}

impl Trainer {
    const ALL: [Self; 4] = [
        Self::Float,
        Self::Quantised,
        Self::Script("dense_numpy.py"),
        Self::Script("masked_torch.py"),
    ];
}

fn main() {
    let options = Options::parse();
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build_global()
        .expect("the first use of the pool");
    let examples = examples(options.neurons[0]);
    let clock = if options.processor { "of processors" } else { "elapsed" };
    println!("milliseconds an epoch, {clock}, medians; threads: {}\n", options.threads);
    println!(
        "| out-degrees | density | float | quantised | numpy | torch | numpy / float | torch / float |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for degrees in &options.degrees {
        let mut times = Trainer::ALL.map(|_| Vec::new());
        for _ in 0..options.rounds {
            for (trainer, times) in Trainer::ALL.into_iter().zip(&mut times) {
                times.extend(turn(&options, degrees, &examples, trainer));
            }
        }
        let [float, quantised, numpy, torch] = times.map(median);
        println!(
            "| {degrees} | {:.1} % | {float:.1} | {quantised:.1} | {numpy:.1} | {torch:.1} | {:.2} | {:.2} |",
            100.0 * density(&options.neurons, degrees),
            numpy / float,
            torch / float,
        );
    }
}

/// Milliseconds of each epoch but the first.
fn turn(options: &Options, degrees: &str, examples: &Examples, trainer: Trainer) -> Vec<f64> {
    let mut times = match (trainer, &options.python) {
        (Trainer::Script(script), Some(python)) => run(options, degrees, python, script),
        (Trainer::Script(_), None) => Vec::new(),
        (_, _) => ours(options, degrees, examples, trainer),
    };
    times.drain(..times.len().min(1));
    times
}

fn ours(options: &Options, degrees: &str, examples: &Examples, trainer: Trainer) -> Vec<f64> {
    let warmup = if trainer == Trainer::Float { options.epochs } else { 0 };
    let text = format!(
        r#"
        name = "speed"
        seed = 1
        neurons = {:?}
        out_degrees = [{degrees}]
        pattern = "random-structured"
        weight_format = {{ bits = 6, frac = 4 }}
        activation_format = {{ bits = 6, frac = 3, signed = false }}
        epochs = {}
        warmup = {warmup}
        learning_rate = 4e-3
        schedule = "constant"
        validation = 0
        input = {{ format = {{ bits = 4, frac = 4, signed = false }} }}
        data = {{ train_images = "", train_labels = "", test_images = "", test_labels = "" }}
        "#,
        options.neurons, options.epochs
    );
    let recipe: Recipe = toml::from_str(&text).expect("a recipe");
    let mut times = Vec::new();
    let begin = Instant::now();
    let now = || if options.processor { processor_time() } else { begin.elapsed().as_secs_f64() };
    let mut last = now();
    let mut watch = |_: &_| {
        let end = now();
        times.push((end - last) * 1e3);
        last = end;
    };
    train(&recipe, examples, examples, &mut watch).expect("training");
    times
}

fn run(options: &Options, degrees: &str, python: &Path, script: &str) -> Vec<f64> {
    let neurons: Vec<String> = options.neurons.iter().map(usize::to_string).collect();
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/training").join(script));
    command.args([neurons.join(","), degrees.to_owned(), options.epochs.to_string()]);
    for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
        command.env(variable, options.threads.to_string());
    }
    let output = command.output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    // The last line is an accuracy.
    let columns = text.lines().take(options.epochs).map(|line| line.split_whitespace());
    let seconds = columns.map(|mut both| both.nth(usize::from(options.processor)));
    seconds.map(|s| s.and_then(|s| s.parse::<f64>().ok()).expect("seconds") * 1e3).collect()
}

/// Seconds that all threads of this process have run, as Linux counts them.
fn processor_time() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").expect("processor time needs Linux");
    let time = |thread: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    threads.filter_map(time).sum::<f64>() * 1e-9
}

fn examples(neurons: usize) -> Examples {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/mnist");
    let file = |name| folder.join(name);
    let (images, labels) = (file("train-images-idx3-ubyte.gz"), file("train-labels-idx1-ubyte.gz"));
    let format = clashfree::quantise::Format { bits: 4, frac: 4, signed: false };
    Examples::read(&images, &labels, neurons, format, 10).expect("MNIST")
}

fn density(neurons: &[usize], degrees: &str) -> f64 {
    let degrees = degrees.split(',').map(|d| d.parse::<usize>().expect("a degree"));
    let edges: usize = neurons.iter().zip(degrees).map(|(n, d)| n * d).sum();
    edges as f64 / neurons.windows(2).map(|pair| pair[0] * pair[1]).sum::<usize>() as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
