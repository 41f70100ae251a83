//! `train`: a recipe and data become a head.

use crate::train::{Destination, EpochRecord, Examples, Recipe, TrainError, TrainReport, train};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};

/// Train a head by a recipe.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A recipe says layers, out-degrees, pattern family, formats, schedule, seed and data: see
examples/heads/*/recipe.toml. Data are .npy, file.npz:key or IDX (MNIST's format), plain or gzipped.
The same recipe gives the same head, byte for byte.

Examples:
  clashfree train examples/heads/mnist-2-9-10/recipe.toml -o build/trained
  clashfree train recipe.toml -o head --json | jq .test_accuracy")]
pub struct Args {
    /// The recipe; its data paths are relative to its folder.
    #[arg(value_name = "RECIPE.toml")]
    recipe: PathBuf,

    /// Folder for head.toml, head.safetensors and metrics.jsonl; only a training output is
    /// replaced.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Trains, writes the output folder, and returns what to report. A progress bar goes to standard
/// error if that is a terminal.
///
/// # Errors
/// On bad input, a diverging loss, or output that cannot be written; nothing is written then.
pub fn run(args: &Args) -> Result<TrainReport, TrainError> {
    let recipe = Recipe::read(&args.recipe)?;
    let destination = Destination::check(&args.output, &args.recipe)?;
    let data = recipe.data.within(args.recipe.parent().unwrap_or(Path::new("")));
    let (neurons, classes) = (recipe.neurons[0], recipe.neurons[recipe.neurons.len() - 1]);
    let format = recipe.input.format;
    let read = |images, labels| Examples::read(images, labels, neurons, format, classes);
    let training = read(&data.train_images, &data.train_labels)?;
    let test = read(&data.test_images, &data.test_labels)?;

    let bar = ProgressBar::new(recipe.epochs as u64).with_style(style());
    let trained = train(&recipe, &training, &test, &mut |epoch| {
        bar.set_message(message(epoch));
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    destination.write(&trained)?;
    Ok(trained.report)
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
        }
        if let Some(whole) = self.test_accuracy_with_exits {
            write!(f, "\ntest accuracy with exits:       {}", percent(whole))?;
        }
        Ok(())
    }
}
