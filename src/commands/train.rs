//! `train`: a recipe and data become a head.

use crate::exit::Exit;
use crate::quantise::Format;
use crate::train::{
    Destination, EpochRecord, Examples, Recipe, Run, Snapshot, TrainError, TrainReport,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Checkpoints are written no more often, however short epochs are.
const SAVE_EVERY: Duration = Duration::from_secs(3);

/// Whether Ctrl-C or a signal to end has come.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Train a head by a recipe.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A recipe says layers, out-degrees, pattern family, formats, schedule, seed and data: see
examples/heads/*/recipe.toml. Data are .npy, file.npz:key or IDX (MNIST's format), plain or gzipped.
The same recipe gives the same head, byte for byte.

While it runs, its state is kept in DIR.checkpoint, beside the output folder. Ctrl-C (or SIGTERM) ends at
once with exit code 130; the same command with --resume goes on after the last finished epoch, and gives
the same bytes as if there had been no interruption.

Examples:
  clashfree train examples/heads/mnist-2-9-10/recipe.toml -o build/trained
  clashfree train recipe.toml -o head --resume
  clashfree train recipe.toml -o head --json | jq .test_accuracy")]
pub struct Args {
    /// The recipe; its data paths are relative to its folder.
    #[arg(value_name = "RECIPE.toml")]
    recipe: PathBuf,

    /// Folder for head.toml, head.safetensors and metrics.jsonl; only a training output is
    /// replaced.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Go on from DIR.checkpoint, which an interrupted run of the same recipe has left.
    #[arg(long, conflicts_with = "restart")]
    resume: bool,

    /// Begin anew though there is a DIR.checkpoint, and replace it.
    #[arg(long)]
    restart: bool,

    /// Append a line of JSON to this file as each epoch ends, as metrics.jsonl will have it.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Trains, writes the output folder, and returns what to report. A progress bar goes to standard
/// error if that is a terminal.
///
/// # Errors
/// On bad input, a diverging loss, an interruption, or output that cannot be written. Nothing but a
/// checkpoint is written then.
pub fn run(args: &Args) -> Result<TrainReport, TrainError> {
    let recipe = Recipe::read(&args.recipe)?;
    let destination = Destination::check(&args.output, &args.recipe)?;
    let checkpoint = destination.checkpoint();
    args.check_checkpoint(&checkpoint)?;
    args.check_log(&checkpoint)?;
    let data = recipe.data.within(args.recipe.parent().unwrap_or(Path::new("")));
    let (neurons, classes) = (recipe.neurons[0], recipe.neurons[recipe.neurons.len() - 1]);
    let format = recipe.input.format;
    let read = |images, labels| Examples::read(images, labels, neurons, format, classes);
    let training = read(&data.train_images, &data.train_labels)?;
    let test = read(&data.test_images, &data.test_labels)?;

    let mut run = if args.resume {
        Run::resume(&recipe, &training, &checkpoint)?
    } else {
        Run::new(&recipe, &training)?
    };
    listen();
    let mut log = Log::open(args.log.as_deref(), &recipe)?;
    train(&mut run, &recipe, &checkpoint, &mut log)?;
    let trained = run.finish(&test)?;
    destination.write(&trained)?;
    // The head is there: a checkpoint that stays is a nuisance, no failure.
    let _ = std::fs::remove_file(&checkpoint);
    Ok(trained.report)
}

impl Args {
    /// Whether a checkpoint is there if one is wanted, and none that is not.
    fn check_checkpoint(&self, checkpoint: &Path) -> Result<(), TrainError> {
        let path = checkpoint.to_owned();
        match (std::fs::symlink_metadata(checkpoint).is_ok(), self.resume) {
            (false, true) => Err(TrainError::NoCheckpoint { path }),
            (true, false) if !Run::is_checkpoint(checkpoint) => {
                let problem = "it would be in the way of one".to_owned();
                Err(TrainError::Checkpoint { path, problem })
            }
            (true, false) if !self.restart => Err(TrainError::Unfinished { path }),
            _ => Ok(()),
        }
    }

    /// The checkpoint is replaced and removed, so it cannot be the log, too.
    fn check_log(&self, checkpoint: &Path) -> Result<(), TrainError> {
        let Some(log) = &self.log else { return Ok(()) };
        if std::path::absolute(log).is_ok_and(|log| log == checkpoint) {
            let source = std::io::Error::other("this is where the checkpoint is kept");
            return Err(TrainError::Log { path: log.clone(), source });
        }
        Ok(())
    }
}

/// Runs the epochs that are left, and keeps the checkpoint.
fn train(
    run: &mut Run<'_>,
    recipe: &Recipe,
    checkpoint: &Path,
    log: &mut Log<'_>,
) -> Result<(), TrainError> {
    let bar = ProgressBar::new(recipe.epochs as u64).with_style(style());
    bar.set_position(run.records().len() as u64);
    bar.reset_eta();
    let mut last = run.snapshot();
    run.save(&last, checkpoint)?; // shows now whether that can be done
    let mut saved = Instant::now();
    while !run.is_done() {
        match run.epoch(&|| INTERRUPTED.load(Ordering::Relaxed)) {
            Ok(Some(epoch)) => {
                bar.set_message(message(epoch));
                bar.inc(1);
                log.line(&epoch.to_line())?;
            }
            Ok(None) => {
                run.save(&last, checkpoint)?;
                let (epoch, path) = (last.epoch(), checkpoint.to_owned());
                return Err(TrainError::Interrupted { epoch, epochs: recipe.epochs, path });
            }
            Err(error) => return Err(keep_last(run, &last, checkpoint, error)),
        }
        last = run.snapshot();
        if saved.elapsed() >= SAVE_EVERY || run.is_done() {
            run.save(&last, checkpoint)?;
            saved = Instant::now();
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// After an error: the state before the epoch that made it stays, unless that is none.
fn keep_last(run: &Run<'_>, last: &Snapshot, path: &Path, mut error: TrainError) -> TrainError {
    if last.epoch() == 0 {
        let _ = std::fs::remove_file(path); // it holds nothing that the recipe does not give
        return error;
    }
    if let Err(error) = run.save(last, path) {
        return error;
    }
    if let TrainError::Diverged { kept, .. } = &mut error {
        *kept = Some(path.to_owned());
    }
    error
}

/// Lets signals to end be seen; the second one ends the program at once, which checkpoints survive.
fn listen() {
    // Without a handler, which the system may refuse, a signal ends the program as ever.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// A file that grows by a line an epoch.
struct Log<'a>(Option<(&'a Path, std::fs::File)>);

impl<'a> Log<'a> {
    fn open(path: Option<&'a Path>, recipe: &Recipe) -> Result<Self, TrainError> {
        let Some(path) = path else { return Ok(Self(None)) };
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| TrainError::Log { path: path.to_owned(), source })?;
        let mut log = Self(Some((path, file)));
        log.line(&recipe.to_line())?;
        Ok(log)
    }

    fn line(&mut self, line: &str) -> Result<(), TrainError> {
        let Some((path, file)) = &mut self.0 else { return Ok(()) };
        file.write_all(line.as_bytes())
            .map_err(|source| TrainError::Log { path: path.to_owned(), source })
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} epoch {pos}/{len}, {eta} left, {msg}")
        .expect("the template is right")
}

fn message(epoch: &EpochRecord) -> String {
    let validation = epoch
        .validation_accuracy
        .map_or(String::new(), |share| format!(", validation {:.2} %", 100.0 * share));
    format!("loss {:.4}, training {:.2} %{validation}", epoch.loss, 100.0 * epoch.train_accuracy)
}

impl std::fmt::Display for TrainReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |share: f64| format!("{:.2} %", 100.0 * share);
        writeln!(f, "{}: {} edges, {} parameters", self.name, self.edges, self.parameters)?;
        let limits = self.weights_at_limits as f64 / self.edges as f64;
        writeln!(f, "weights at the limits of their format: {}", percent(limits))?;
        let list = |formats: &[Format]| {
            formats.iter().map(Format::to_string).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "formats of weights: {}", list(&self.weight_formats))?;
        if !self.activation_formats.is_empty() {
            writeln!(f, "formats of activations: {}", list(&self.activation_formats))?;
        }
        writeln!(f, "kept: epoch {} of the {} that were run", self.kept_epoch, self.epochs)?;
        if let Some(validation) = self.validation_accuracy {
            writeln!(f, "validation accuracy, quantised: {}", percent(validation))?;
        }
        writeln!(f, "test accuracy, float:           {}", percent(self.test_accuracy_float))?;
        write!(f, "test accuracy, quantised:       {}", percent(self.test_accuracy))?;
        for exit in &self.exits {
            let (after, answered) = (exit.after, percent(exit.test.answered));
            write!(f, "\nexit after junction {after}: {} edges, ", exit.edges)?;
            write!(f, "test accuracy {} float, ", percent(exit.test_accuracy_float))?;
            write!(f, "{} quantised; answers {answered} of the test", percent(exit.test.accuracy))?;
            if let Some(accuracy) = exit.test.answered_accuracy {
                write!(f, ", {} of them right", percent(accuracy))?;
            }
            if let Some(split) = &exit.validation {
                write!(f, "\n  validation: {} quantised; ", percent(split.accuracy))?;
                write!(f, "threshold {} answers {}", exit.threshold, percent(split.answered))?;
                if let Some(accuracy) = split.answered_accuracy {
                    write!(f, ", {} of them right", percent(accuracy))?;
                }
            }
        }
        if let Some(whole) = self.validation_accuracy_with_exits {
            write!(f, "\nvalidation accuracy with exits: {}", percent(whole))?;
        }
        if let Some(whole) = self.test_accuracy_with_exits {
            write!(f, "\ntest accuracy with exits:       {}", percent(whole))?;
        }
        Ok(())
    }
}
