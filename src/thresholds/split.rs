//! The samples that a training kept out: frames that a head was not trained on.

use super::ThresholdError;
use crate::error::Error;
use crate::quantise::QuantHead;
use crate::train::Recipe;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What a training kept out to validate.
#[derive(Clone, Debug)]
pub struct KeptOut {
    recipe: Recipe,
    path: PathBuf,
}

impl KeptOut {
    /// Reads a recipe, in TOML or from the first line of a `metrics.jsonl`, and checks that it keeps
    /// something out and trains layers as `head` has them.
    ///
    /// # Errors
    /// If the file cannot be read, is neither, or is not of this head.
    pub fn read(path: &Path, head: &QuantHead) -> Result<Self, Error> {
        let lines = path.extension().is_some_and(|extension| extension == "jsonl");
        let recipe = if lines { from_metrics(path)? } else { Recipe::read(path)? };
        let right = head.junctions.iter().map(|j| j.pattern.right());
        let found: Vec<usize> = std::iter::once(head.inputs).chain(right).collect();
        if recipe.neurons != found {
            return Err(ThresholdError::OtherRecipe {
                recipe: path.to_owned(),
                name: head.name.clone(),
                trained: recipe.neurons,
                found,
            }
            .into());
        }
        if recipe.validation == 0 {
            return Err(ThresholdError::NoValidation { recipe: path.to_owned() }.into());
        }
        Ok(Self { recipe, path: path.to_owned() })
    }

    /// The files of the training's images and labels, by the recipe's folder.
    pub fn files(&self) -> [String; 2] {
        let data = self.recipe.data.within(self.path.parent().unwrap_or(Path::new("")));
        [data.train_images, data.train_labels].map(|path| path.to_string_lossy().into_owned())
    }

    /// The numbers of the samples kept out of `samples`, ascending.
    ///
    /// # Errors
    /// If that leaves nothing to have trained on.
    pub fn samples(&self, samples: usize) -> Result<Vec<usize>, Error> {
        let (_, kept_out) = self.recipe.parts(samples)?;
        let mut numbers: Vec<usize> = kept_out.into_iter().map(|n| n as usize).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// The recipe in the first line of a `metrics.jsonl`.
fn from_metrics(path: &Path) -> Result<Recipe, Error> {
    let read = |source| ThresholdError::Read { path: path.to_owned(), source };
    let foreign = || ThresholdError::Metrics { path: path.to_owned() };
    let mut line = Vec::new();
    let file = File::open(path).map_err(read)?;
    BufReader::new(file).read_until(b'\n', &mut line).map_err(read)?;
    let mut record: Value = serde_json::from_slice(&line).map_err(|_| foreign())?;
    if record["record"] != "recipe" {
        return Err(foreign().into());
    }
    let recipe: Recipe = serde_json::from_value(record["recipe"].take()).map_err(|_| foreign())?;
    recipe.check()?;
    Ok(recipe)
}
