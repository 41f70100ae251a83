//! The file of networks: what is split where.

use super::error::PoliciesError;
use crate::sweep::recipe_hash;
use crate::train::{Recipe, check_patterns};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Keys of a recipe that a comparison sets for itself, in `[base]` and in networks.
const SET: [&str; 2] = ["exit", "split"];

/// Keys of an exit that a comparison sets for itself, in `[branch]`.
const BRANCH_SET: [&str; 4] = ["after", "neurons", "out_degrees", "threshold"];

/// Percentage points that early exit may lose on the validation split, if the file does not say.
const LOSS: f64 = 0.2;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    cycles: usize,
    loss: Option<f64>,
    #[serde(default)]
    base: Table,
    #[serde(default)]
    branch: Table,
    network: Vec<WrittenNetwork>,
}

#[derive(Deserialize)]
struct WrittenNetwork {
    name: String,
    group: Option<String>,
    after: Option<Vec<usize>>,
    /// Keys of the recipe, which knows what there is.
    #[serde(flatten)]
    overrides: Table,
}

/// A checked file.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The file's name without its ending.
    pub title: String,
    /// Where data paths begin.
    pub folder: PathBuf,
    /// Clock cycles that a junction may take for a frame.
    pub cycles: usize,
    /// Percentage points that early exit may lose on the validation split.
    pub loss: f64,
    /// In the order of the file.
    pub places: Vec<Place>,
}

/// A network and the place where it is split.
#[derive(Clone, Debug)]
pub struct Place {
    /// Of the network.
    pub name: String,
    /// Networks to compare with each other share a table.
    pub group: Option<String>,
    /// The last junction on the edge, from 0; a branch stands there, too.
    pub after: usize,
    /// How its head is trained; data paths are relative to the comparison's folder.
    pub recipe: Recipe,
    /// SHA-256 of the recipe without its name.
    pub hash: String,
}

impl Place {
    /// `network "name" split after junction 0`.
    pub fn label(&self) -> String {
        label(&self.name, self.after)
    }
}

impl Comparison {
    /// Reads a file and checks every recipe in it.
    ///
    /// # Errors
    /// If the file cannot be read, a key is wrong, or a network cannot be split as asked.
    pub fn read(path: &Path) -> Result<Self, PoliciesError> {
        let read = |source| PoliciesError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let written: Written = toml::from_str(&text).map_err(|e| PoliciesError::Parse {
            path: path.to_owned(),
            message: e.to_string().trim_end().to_owned(),
        })?;
        if written.network.is_empty() {
            return key("`network`", "is an empty list; there must be a [[network]] at least");
        }
        if written.cycles == 0 {
            return key("`cycles`", "is 0, which leaves no time; give 1 or more");
        }
        let loss = written.loss.unwrap_or(LOSS);
        if !(0.0..=100.0).contains(&loss) {
            return key("`loss`", format!("is {loss}; it must be 0 to 100, in percentage points"));
        }
        let mut reserved = SET.iter().chain(&["name"]);
        if let Some(reserved) = reserved.find(|k| written.base.contains_key(**k)) {
            return key(reserved, "stands in [base]; names stand in [[network]], all else is set");
        }
        if let Some(reserved) = BRANCH_SET.iter().find(|k| written.branch.contains_key(**k)) {
            let problem =
                "stands in [branch]; a branch is one junction of all classes at the split";
            return key(reserved, problem);
        }
        let mut places = Vec::new();
        let mut names = BTreeSet::new();
        for network in &written.network {
            if !names.insert(&network.name) {
                return key("`name`", format!("{:?} stands in two networks", network.name));
            }
            places.extend(written.places(network)?);
        }
        Ok(Self {
            title: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            cycles: written.cycles,
            loss,
            places,
        })
    }
}

impl Written {
    fn places(&self, network: &WrittenNetwork) -> Result<Vec<Place>, PoliciesError> {
        let name = &network.name;
        let what = |key: &str| format!("{key} of network {name:?}");
        if let Some(reserved) = SET.iter().find(|k| network.overrides.contains_key(**k)) {
            return key(&what(reserved), "cannot be given: `after` says where exit and split are");
        }
        let mut table = self.base.clone();
        table.extend(network.overrides.clone());
        table.insert("name".to_owned(), Value::String(name.clone()));
        let layers = table.get("neurons").and_then(Value::as_array).map_or(0, Vec::len);
        let after =
            network.after.clone().unwrap_or_else(|| (0..layers.saturating_sub(2)).collect());
        if after.is_empty() {
            let problem =
                format!("is empty; {layers} layers have a place between every two junctions");
            return key(&what("after"), problem);
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = after.iter().find(|&&after| !seen.insert(after)) {
            return key(&what("after"), format!("lists {twice} twice"));
        }
        let classes =
            table.get("neurons").and_then(Value::as_array).and_then(|n| n.last()).cloned();
        after.iter().map(|&after| self.place(network, &table, classes.as_ref(), after)).collect()
    }

    /// A network with a branch and a split after a junction.
    fn place(
        &self,
        network: &WrittenNetwork,
        trunk: &Table,
        classes: Option<&Value>,
        after: usize,
    ) -> Result<Place, PoliciesError> {
        let place = label(&network.name, after);
        let number = i64::try_from(after).unwrap_or(i64::MAX);
        let mut exit = self.branch.clone();
        exit.entry("rule").or_insert("margin".into());
        exit.insert("after".to_owned(), number.into());
        // chosen later
        exit.insert("threshold".to_owned(), 0.into());
        for key in ["neurons", "out_degrees"] {
            exit.insert(key.to_owned(), Value::Array(classes.into_iter().cloned().collect()));
        }
        let split = Table::from_iter([("after".to_owned(), Value::Integer(number))]);
        let mut table = trunk.clone();
        table.insert("split".to_owned(), split.into());
        table.insert("exit".to_owned(), Value::Array(vec![exit.into()]));
        let recipe: Recipe = table.try_into().map_err(|e| PoliciesError::Recipe {
            place: place.clone(),
            message: e.to_string().trim_end().replace('\n', " "),
        })?;
        let cannot = |e| PoliciesError::Training { place: place.clone(), source: Box::new(e) };
        // Before the exit is looked at, which stands in the same wrong place as a wrong split.
        let junctions = recipe.neurons.len().saturating_sub(1);
        if after + 1 >= junctions {
            return key(
                &format!("after of network {:?}", network.name),
                format!(
                    "lists {after}; `neurons` makes {junctions} junctions, and one at least must be left for the server"
                ),
            );
        }
        recipe.check().and_then(|()| check_patterns(&recipe)).map_err(cannot)?;
        if recipe.validation == 0 {
            return key(
                &format!("validation of network {:?}", network.name),
                "is 0; thresholds are chosen on samples that training keeps out",
            );
        }
        let hash = recipe_hash(&recipe);
        Ok(Place { name: network.name.clone(), group: network.group.clone(), after, recipe, hash })
    }
}

fn label(name: &str, after: usize) -> String {
    format!("network {name:?} split after junction {after}")
}

fn key<T>(key: &str, problem: impl Into<String>) -> Result<T, PoliciesError> {
    Err(PoliciesError::Key { key: key.to_owned(), problem: problem.into() })
}
