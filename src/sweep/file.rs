//! The sweep file: which recipes there are.

use super::error::SweepError;
use super::record;
use crate::train::{Recipe, check_patterns};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Most trainings of a sweep; a product of lists grows fast.
const MAX_TRAININGS: usize = 100_000;

/// Longest name of a group.
const MAX_GROUP: usize = 64;

/// Lists of values to try, by key of the recipe.
type Vary = BTreeMap<String, Vec<Value>>;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    base: Table,
    #[serde(default)]
    vary: Vary,
    cycles: Option<usize>,
    run: Vec<WrittenRun>,
    #[serde(default)]
    target: Vec<WrittenTarget>,
}

#[derive(Deserialize)]
struct WrittenRun {
    name: String,
    group: Option<String>,
    paper_accuracy: Option<f64>,
    cycles: Option<usize>,
    #[serde(default)]
    vary: Vary,
    /// Keys of the recipe, which knows what there is.
    #[serde(flatten)]
    overrides: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTarget {
    accuracy: f64,
}

/// A checked sweep.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The file's name without its ending.
    pub title: String,
    /// Where data paths begin.
    pub folder: PathBuf,
    /// Lines of the tables, in the order of the file.
    pub rows: Vec<Row>,
    /// Accuracies to reach, in per cent.
    pub targets: Vec<f64>,
}

/// Trainings that differ in nothing but their seed: one line of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Of the run, and of its heads.
    pub name: String,
    /// Rows of one group share a table and a colour.
    pub group: Option<String>,
    /// A published accuracy in per cent, to compare with.
    pub paper_accuracy: Option<f64>,
    /// The budget for which cycles and multipliers are counted.
    pub cycles: Option<usize>,
    /// Varied keys other than the seed, with their values.
    pub varied: BTreeMap<String, Value>,
    /// One a seed.
    pub trainings: Vec<Training>,
}

/// One recipe.
#[derive(Clone, Debug)]
pub struct Training {
    /// What to train; data paths are relative to the sweep's folder.
    pub recipe: Recipe,
    /// SHA-256 of the recipe without its name.
    pub hash: String,
}

impl Row {
    /// `name` or `name with key = value, key = value`.
    pub fn label(&self) -> String {
        label(&self.name, &self.varied)
    }
}

impl Sweep {
    /// Reads a sweep and checks every recipe in it.
    ///
    /// # Errors
    /// If the file cannot be read, a key is wrong, or a run's recipe cannot be.
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let read = |source| SweepError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let written: Written = toml::from_str(&text).map_err(|e| SweepError::Parse {
            path: path.to_owned(),
            message: e.to_string().trim_end().to_owned(),
        })?;
        if written.run.is_empty() {
            return key("`run`", "is an empty list; there must be a [[run]] at least");
        }
        let mut rows = Vec::new();
        let mut names = BTreeSet::new();
        let mut trainings = 0usize;
        for run in &written.run {
            if !names.insert(&run.name) {
                return key("`name`", format!("{:?} stands in two runs", run.name));
            }
            let runs_rows = written.rows(run)?;
            trainings += runs_rows.iter().map(|row| row.trainings.len()).sum::<usize>();
            if trainings > MAX_TRAININGS {
                return too_many(&run.name);
            }
            rows.extend(runs_rows);
        }
        for target in &written.target {
            percent("[[target]] accuracy", target.accuracy)?;
        }
        Ok(Self {
            title: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            rows,
            targets: written.target.iter().map(|target| target.accuracy).collect(),
        })
    }

    /// All trainings, each with its row, in the order of the file.
    pub fn trainings(&self) -> impl Iterator<Item = (&Row, &Training)> {
        self.rows.iter().flat_map(|row| row.trainings.iter().map(move |training| (row, training)))
    }
}

impl Written {
    /// A row for each combination of varied values but the seed.
    fn rows(&self, run: &WrittenRun) -> Result<Vec<Row>, SweepError> {
        let name = &run.name;
        if let Some(accuracy) = run.paper_accuracy {
            percent(&format!("paper_accuracy of run {name:?}"), accuracy)?;
        }
        if let Some(group) = &run.group {
            check_group(name, group)?;
        }
        let cycles = run.cycles.or(self.cycles);
        if cycles == Some(0) {
            return key(&format!("cycles of run {name:?}"), "is 0, which leaves no time");
        }
        // A run's own lists, and its own values, take the place of the sweep's.
        let mut vary = self.vary.clone();
        vary.retain(|key, _| !run.overrides.contains_key(key));
        vary.extend(run.vary.clone());
        let seeds = vary.remove("seed");
        let mut rows = Vec::new();
        for varied in combinations(name, &vary)? {
            let mut trainings = Vec::new();
            let seeds = seeds.iter().map(|seeds| ("seed".to_owned(), seeds.clone())).collect();
            for seed in combinations(name, &seeds)? {
                trainings.push(self.training(run, &varied, &seed)?);
            }
            if let Some(Training { recipe, .. }) = trainings.first() {
                let cannot = |e| SweepError::Training {
                    training: label(name, &varied),
                    source: Box::new(e),
                };
                check_patterns(recipe).map_err(cannot)?;
            }
            rows.push(Row {
                name: name.clone(),
                group: run.group.clone(),
                paper_accuracy: run.paper_accuracy,
                cycles,
                varied,
                trainings,
            });
        }
        Ok(rows)
    }

    fn training(
        &self,
        run: &WrittenRun,
        varied: &BTreeMap<String, Value>,
        seed: &BTreeMap<String, Value>,
    ) -> Result<Training, SweepError> {
        let name = &run.name;
        let varied: BTreeMap<String, Value> =
            varied.iter().chain(seed).map(|(k, v)| (k.clone(), v.clone())).collect();
        if self.base.contains_key("name") || varied.contains_key("name") {
            return key("name", "stands in [base] or [vary]; give each [[run]] its own");
        }
        let mut table = self.base.clone();
        table.extend(run.overrides.clone());
        table.extend(varied.clone());
        table.insert("name".to_owned(), Value::String(name.clone()));
        let recipe: Recipe = table.try_into().map_err(|e| SweepError::Recipe {
            training: label(name, &varied),
            message: e.to_string().trim_end().replace('\n', " "),
        })?;
        if !recipe.exits.is_empty() {
            let problem = "has [[exit]]s, of which sweeps report nothing; leave them out, and train \
                           the head that you choose with `clashfree train`";
            return key(&label(name, &varied), problem);
        }
        recipe.check().map_err(|e| SweepError::Training {
            training: label(name, &varied),
            source: Box::new(e),
        })?;
        let hash = record::hash(&recipe);
        Ok(Training { recipe, hash })
    }
}

/// Each combination of one value from each list; the last key varies fastest.
fn combinations(run: &str, vary: &Vary) -> Result<Vec<BTreeMap<String, Value>>, SweepError> {
    let mut all = vec![BTreeMap::new()];
    for (name, values) in vary {
        let what = || format!("[vary] {name} of run {run:?}");
        if values.is_empty() {
            return key(&what(), "is an empty list; give a value or leave it out");
        }
        for (n, value) in values.iter().enumerate() {
            if values[..n].contains(value) {
                return key(&what(), format!("lists {value} twice"));
            }
        }
        if all.len() * values.len() > MAX_TRAININGS {
            return too_many(run);
        }
        let with = |rest: &BTreeMap<String, Value>, value: &Value| {
            let mut with = rest.clone();
            with.insert(name.clone(), value.clone());
            with
        };
        all = all.iter().flat_map(|rest| values.iter().map(|v| with(rest, v))).collect();
    }
    Ok(all)
}

fn label(name: &str, varied: &BTreeMap<String, Value>) -> String {
    if varied.is_empty() {
        return format!("run {name:?}");
    }
    let settings: Vec<String> =
        varied.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("run {name:?} with {}", settings.join(", "))
}

/// Groups become headings and entries of legends.
fn check_group(run: &str, group: &str) -> Result<(), SweepError> {
    let good = |c: char| c.is_ascii_alphanumeric() || " _.-".contains(c);
    if group.trim().is_empty() || group.len() > MAX_GROUP || !group.chars().all(good) {
        let problem = format!(
            "is {group:?}; it must be letters, digits, spaces, `_`, `.` or `-`, at most {MAX_GROUP}"
        );
        return key(&format!("group of run {run:?}"), problem);
    }
    Ok(())
}

fn percent(name: &str, value: f64) -> Result<(), SweepError> {
    if (0.0..=100.0).contains(&value) {
        return Ok(());
    }
    key(name, format!("is {value}; it must be 0 to 100, in per cent"))
}

fn too_many<T>(run: &str) -> Result<T, SweepError> {
    key(
        &format!("run {run:?}"),
        format!("makes more than {MAX_TRAININGS} trainings; shorten the lists of [vary]"),
    )
}

fn key<T>(key: &str, problem: impl Into<String>) -> Result<T, SweepError> {
    Err(SweepError::Key { key: key.to_owned(), problem: problem.into() })
}
