//! A head as its file has it: formats, patterns, and values that are still floats or already codes.

use super::file::{ExitTable, HeadFile, JunctionTable};
use super::safetensors::{Kind, TensorFile};
use super::{HeadError, MAX_CELLS, MAX_NEURONS, file};
use crate::ids::Neuron;
use crate::pattern::{Pattern, PatternError, pad};
use crate::quantise::{Activation, Format, Rule, Source};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What [`head`] reads: a checked head file and the tensors it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Checked name: `[A-Za-z][A-Za-z0-9_-]*`, at most 64 characters.
    pub name: String,
    /// Input neurons.
    pub inputs: usize,
    /// Format of the input codes.
    pub input_format: Format,
    /// The junctions of the trunk, from the input on; never empty.
    pub trunk: Vec<HeadJunction>,
    /// Early exits, in the file's order.
    pub exits: Vec<Exit>,
    /// Where the head ends, if a tail follows elsewhere.
    pub split: Option<Split>,
}

impl Head {
    /// The same head, split after trunk junction `after` and nowhere else.
    ///
    /// # Errors
    /// If no junction is left behind it, or an exit stands there.
    pub fn split_after(mut self, after: usize) -> Result<Self, HeadError> {
        self.split = Some(Split { after });
        check_order(&self.exits, self.split, self.trunk.len())?;
        Ok(self)
    }
}

/// One junction with its values in the pattern's right order.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadJunction {
    /// Which left neuron feeds which right neuron.
    pub pattern: Pattern,
    /// One an edge, in right order.
    pub weights: Values,
    /// One a right neuron; codes are at the accumulator's scale.
    pub bias: Values,
    /// Edges of weight 0 that were added to fix the degrees: see [`head_with`].
    pub padding: usize,
    /// Format of what comes in.
    pub input_format: Format,
    /// Format that the weights are quantised to; always signed.
    pub weight_format: Format,
    /// What happens to the accumulators.
    pub activation: Activation,
    /// Format of what goes out; `None` on the last junction of a chain.
    pub output_format: Option<Format>,
    /// The names of the tensors.
    pub source: Source,
}

/// The numbers of one tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Trained values, to be quantised; all finite.
    Floats(Vec<f64>),
    /// Codes, taken as they are.
    Codes(Vec<i64>),
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Floats(v) => v.len(),
            Self::Codes(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A branch off a trunk junction's output that may answer early.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// The trunk junction whose output feeds the branch.
    pub after: usize,
    /// When the branch answers.
    pub rule: Rule,
    /// What the rule compares with, at the scale of the branch's logits.
    pub threshold: i64,
    /// The junctions of the branch; never empty.
    pub junctions: Vec<HeadJunction>,
}

/// Where the head ends and the tail begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The last trunk junction of the head.
    pub after: usize,
}

/// Reads a head from its `head.toml`, or from the folder that holds one.
///
/// # Errors
/// For everything that can be wrong with the two files: see [`HeadError`].
pub fn head(path: &Path) -> Result<Head, HeadError> {
    head_with(path, false)
}

/// As [`head`]; where `padded`, edges of weight 0 are added to junctions whose degrees are not
/// fixed: see [`pad`].
///
/// # Errors
/// As [`head`]; where `padded`, too many edges instead of degrees that are not fixed.
pub fn head_with(path: &Path, padded: bool) -> Result<Head, HeadError> {
    let (_, tensors, toml) = open(path)?;
    build(toml, &mut Tensors { file: TensorFile::open(&tensors)?, padded })
}

/// The two files of a head: its `head.toml`, and the safetensors file beside it, which is not
/// looked at.
///
/// # Errors
/// If the head file is wrong.
pub fn files(path: &Path) -> Result<[PathBuf; 2], HeadError> {
    open(path).map(|(toml, tensors, _)| [toml, tensors])
}

/// Reads a head file, and tells where it and its tensors are.
fn open(path: &Path) -> Result<(PathBuf, PathBuf, HeadFile), HeadError> {
    let path = if path.is_dir() { in_folder(path)? } else { path.to_path_buf() };
    let toml = file::read(&path)?;
    let beside = path.parent().unwrap_or(Path::new("")).join(&toml.weights);
    Ok((path, beside, toml))
}

/// What junctions are read from, and how.
struct Tensors {
    file: TensorFile,
    /// Whether degrees that are not fixed are padded.
    padded: bool,
}

/// The head file of a folder.
fn in_folder(folder: &Path) -> Result<PathBuf, HeadError> {
    let path = folder.join("head.toml");
    if path.exists() {
        return Ok(path);
    }
    let reference = folder.join("reference");
    let help = if reference.join("head.toml").exists() {
        format!("this is a package; its head is in {}", reference.display())
    } else {
        "name a head.toml, or the folder that holds one".to_owned()
    };
    Err(HeadError::Absent { folder: folder.to_owned(), help })
}

/// Joins a checked head file and its tensors.
fn build(toml: HeadFile, tensors: &mut Tensors) -> Result<Head, HeadError> {
    let inputs = neurons("[input]", toml.input.neurons)?;
    let input_format = toml.input.format.check("[input] format")?;
    // an exit after the last junction takes its codes: nothing else answers then
    let exits_at_end = toml.exit.last().is_some_and(|e| e.after + 1 == toml.junction.len());
    let last = if exits_at_end { Last::Codes } else { Last::Logits };
    let trunk = chain("junction", &toml.junction, last, inputs, input_format, tensors)?;
    let exits = toml
        .exit
        .iter()
        .enumerate()
        .map(|(i, table)| exit(i, table, &trunk, tensors))
        .collect::<Result<Vec<_>, _>>()?;
    check_order(&exits, toml.split, trunk.len())?;
    Ok(Head { name: toml.name, inputs, input_format, trunk, exits, split: toml.split })
}

/// What the last junction of a chain gives.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// Raw accumulators.
    Logits,
    /// Codes, since a branch takes them.
    Codes,
}

/// Exits stand in order, one at a place, none behind the split; the split leaves a tail.
fn check_order(exits: &[Exit], split: Option<Split>, trunk: usize) -> Result<(), HeadError> {
    for pair in exits.windows(2) {
        if pair[1].after <= pair[0].after {
            return Err(HeadError::ExitOrder { first: pair[0].after, second: pair[1].after });
        }
    }
    let Some(split) = split else { return Ok(()) };
    if split.after + 1 >= trunk {
        return Err(HeadError::Split { after: split.after, trunk });
    }
    match exits.iter().enumerate().find(|(_, e)| e.after > split.after) {
        Some((i, e)) => {
            Err(HeadError::ExitBehindSplit { exit: i, after: e.after, split: split.after })
        }
        None => Ok(()),
    }
}

fn exit(
    i: usize,
    table: &ExitTable,
    trunk: &[HeadJunction],
    tensors: &mut Tensors,
) -> Result<Exit, HeadError> {
    let place = trunk.get(table.after).and_then(|j| Some((j.pattern.right(), j.output_format?)));
    let Some((width, format)) = place else {
        return Err(HeadError::ExitPlace { exit: i, after: table.after, trunk: trunk.len() });
    };
    let what = format!("exit {i}, junction");
    let junctions = chain(&what, &table.junction, Last::Logits, width, format, tensors)?;
    Ok(Exit { after: table.after, rule: table.rule, threshold: table.threshold, junctions })
}

/// Reads the junctions of a trunk or a branch; `left` neurons in `format` feed the first.
fn chain(
    what: &str,
    tables: &[JunctionTable],
    last: Last,
    mut left: usize,
    mut format: Format,
    tensors: &mut Tensors,
) -> Result<Vec<HeadJunction>, HeadError> {
    if tables.is_empty() {
        return Err(HeadError::NoJunction { what: what.to_owned() });
    }
    let mut chain = Vec::with_capacity(tables.len());
    for (i, table) in tables.iter().enumerate() {
        let place = format!("{what} {i}");
        let output_format =
            match (&table.output_format, last == Last::Logits && i + 1 == tables.len()) {
                (Some(f), false) => Some(f.check(&format!("{place}, output_format"))?),
                (None, true) => None,
                (Some(_), true) => return Err(HeadError::OutputFormatOnLast { place }),
                (None, false) => return Err(HeadError::OutputFormatMissing { place }),
            };
        let weight_format = table.weight_format.check(&format!("{place}, weight_format"))?;
        let (pattern, weights, padding) = edges(&place, table, left, tensors)?;
        let shape = [pattern.right()];
        let bias = tensors.file.whole(&table.bias, Kind::Bias, &shape)?;
        left = pattern.right();
        chain.push(HeadJunction {
            pattern,
            weights,
            bias,
            padding,
            input_format: format,
            weight_format,
            activation: table.activation,
            output_format,
            source: Source { weight: table.weight.clone(), bias: table.bias.clone() },
        });
        if let Some(f) = output_format {
            format = f;
        }
    }
    Ok(chain)
}

/// Reads the edges of a junction, row by row: the dense tensor is never in memory whole.
fn edges(
    place: &str,
    table: &JunctionTable,
    left: usize,
    tensors: &mut Tensors,
) -> Result<(Pattern, Values, usize), HeadError> {
    let Tensors { file, padded } = tensors;
    let shape = file.matrix(&table.weight)?;
    if shape[1] != left {
        return Err(HeadError::Chain {
            place: place.to_owned(),
            tensor: table.weight.clone(),
            shape,
            left,
        });
    }
    let right = neurons(place, shape[0])?;
    if left * right > MAX_CELLS {
        return Err(HeadError::TooLarge { tensor: table.weight.clone(), shape });
    }
    let mask = match &table.mask {
        Some(name) => Some(file.mask(name, shape)?),
        None => None,
    };
    let mut rows = vec![Vec::new(); right];
    let weights = file.weights(&table.weight, |at, zero| {
        let (r, l) = (at / left, at % left);
        let edge = match &mask {
            Some(mask) => mask[at] != 0,
            None => !zero,
        };
        if edge {
            rows[r].push(Neuron::new(l));
        } else if !zero {
            return Err(HeadError::OutsideMask {
                tensor: table.weight.clone(),
                mask: table.mask.clone().unwrap_or_default(),
                at: [r, l],
            });
        }
        Ok(edge)
    })?;
    drop(mask);
    let tensor = || table.mask.as_ref().unwrap_or(&table.weight).clone();
    match Pattern::new(left, &rows) {
        Ok(pattern) => Ok((pattern, weights, 0)),
        Err(PatternError::Irregular { .. }) if *padded => {
            let full = pad(left, &rows).map_err(|source| HeadError::Padding {
                place: place.to_owned(),
                tensor: tensor(),
                source,
            })?;
            let pattern = Pattern::new(left, &full.rows).expect("a padded pattern has its degrees");
            let weights = match weights {
                Values::Floats(v) => Values::Floats(spread(&rows, &full.rows, &v)),
                Values::Codes(v) => Values::Codes(spread(&rows, &full.rows, &v)),
            };
            Ok((pattern, weights, full.added))
        }
        Err(source) => {
            Err(HeadError::Pattern { place: place.to_owned(), tensor: tensor(), source })
        }
    }
}

/// The values of the edges of `rows` among those of `full`, which has more; zeros for the others.
fn spread<T: Copy + Default>(rows: &[Vec<Neuron>], full: &[Vec<Neuron>], values: &[T]) -> Vec<T> {
    let mut values = values.iter();
    let mut all = Vec::new();
    for (row, full) in rows.iter().zip(full) {
        // Both ascend, and so do the values.
        let mut row = row.iter().peekable();
        all.extend(full.iter().map(|l| match row.next_if_eq(&l) {
            Some(_) => *values.next().expect("one value an edge"),
            None => T::default(),
        }));
    }
    all
}

/// Checks the size of a layer.
fn neurons(place: &str, n: usize) -> Result<usize, HeadError> {
    if (1..=MAX_NEURONS).contains(&n) {
        Ok(n)
    } else {
        Err(HeadError::Neurons { place: place.to_owned(), found: n })
    }
}
