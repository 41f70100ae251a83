//! Checkpoints: the state of a run at the end of an epoch, in a safetensors file.
//!
//! A run that goes on from one gives the same bytes as one that was never interrupted. All floats
//! are kept bit by bit; patterns and the validation split follow from the recipe's seed.

use super::{Best, Run};
use crate::files::whole_file;
use crate::quantise::Format;
use crate::ranges::MAX_FRAC;
use crate::save::numbered;
use crate::train::adam::Adam;
use crate::train::data::Examples;
use crate::train::error::TrainError;
use crate::train::metrics::EpochRecord;
use crate::train::network::Values;
use crate::train::recipe::Recipe;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

/// What the file says that it is; the number is that of its layout.
const KIND: (&str, &str) = ("clashfree-checkpoint", "1");

/// The state of a run at the end of an epoch, or before the first.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Epochs that have ended.
    epoch: usize,
    parameters: Values,
    adam: Adam,
    order: Vec<u32>,
    /// Where the generator of the order is in its stream.
    shuffle: u64,
    /// Of weights and of what goes out, by junction.
    formats: Vec<(Format, Option<Format>)>,
    best: Option<Best>,
}

/// What is not an array: the tensor `state`, as JSON.
#[derive(Serialize, Deserialize)]
struct State {
    /// The version of the program.
    clashfree: String,
    recipe: serde_json::Value,
    /// Digest of the training data.
    data: String,
    shuffle: u64,
    formats: Vec<(Format, Option<Format>)>,
    /// Epoch and accuracy.
    best: Option<(usize, f64)>,
    records: Vec<EpochRecord>,
}

impl Snapshot {
    /// How many epochs have ended.
    pub fn epoch(&self) -> usize {
        self.epoch
    }
}

impl<'a> Run<'a> {
    /// The state as it is. Only at the end of an epoch, or before the first.
    pub fn snapshot(&self) -> Snapshot {
        let position = self.shuffle.get_word_pos();
        let junctions = &self.network.junctions;
        Snapshot {
            epoch: self.records.len(),
            parameters: self.network.parameters(),
            adam: self.adam.clone(),
            order: self.order.clone(),
            shuffle: position.try_into().expect("10^6 epochs of 2^32 draws are fewer"),
            formats: junctions.iter().map(|j| (j.weight_format, j.output_format)).collect(),
            best: self.best.clone(),
        }
    }

    /// Writes a snapshot of this run to a file, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; what was there before is still there then.
    pub fn save(&self, snapshot: &Snapshot, path: &Path) -> Result<(), TrainError> {
        let bytes = self.to_bytes(snapshot);
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        std::fs::create_dir_all(folder)
            .and_then(|()| whole_file(path, |file| file.write_all(&bytes)))
            .map_err(|source| TrainError::Keep { path: path.to_owned(), source })
    }

    fn to_bytes(&self, snapshot: &Snapshot) -> Vec<u8> {
        let state = State {
            clashfree: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: as_json(self.recipe),
            data: self.digest.get_or_init(|| self.training.digest()).clone(),
            shuffle: snapshot.shuffle,
            formats: snapshot.formats.clone(),
            best: snapshot.best.as_ref().map(|best| (best.epoch, best.accuracy)),
            records: self.records[..snapshot.epoch].to_vec(),
        };
        let state = serde_json::to_vec(&state).expect("plain data");
        let powers = [snapshot.adam.powers.0, snapshot.adam.powers.1].map(f64::to_le_bytes);
        let order: Vec<u8> = snapshot.order.iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut tensors = vec![
            ("state".to_owned(), Dtype::U8, state),
            ("powers".to_owned(), Dtype::F64, powers.concat()),
            ("order".to_owned(), Dtype::U32, order),
        ];
        let best = snapshot.best.iter().map(|best| ("best.", &best.parameters));
        let sets = [
            ("", &snapshot.parameters),
            ("first-moment.", &snapshot.adam.first),
            ("second-moment.", &snapshot.adam.second),
        ];
        for (prefix, values) in sets.into_iter().chain(best) {
            for (name, values) in named(prefix, values) {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                tensors.push((name, Dtype::F32, bytes));
            }
        }
        let views = tensors.iter().map(|(name, dtype, bytes)| {
            let shape = vec![bytes.len() * 8 / dtype.bitsize()];
            (name, TensorView::new(*dtype, shape, bytes).expect("the shape was made from the size"))
        });
        let kind = HashMap::from([(KIND.0.to_owned(), KIND.1.to_owned())]);
        safetensors::serialize(views, Some(kind)).expect("names are few and differ")
    }

    /// Whether a file says of itself that it is a checkpoint.
    pub fn is_checkpoint(path: &Path) -> bool {
        std::fs::read(path).is_ok_and(|bytes| File::new(&bytes).is_ok())
    }

    /// A run that goes on from a checkpoint.
    ///
    /// # Errors
    /// If the file is no checkpoint, or one of another recipe, other data or another version; and
    /// as [`Run::new`].
    pub fn resume(
        recipe: &'a Recipe,
        training: &'a Examples,
        path: &Path,
    ) -> Result<Self, TrainError> {
        let bad = |problem: String| TrainError::Checkpoint { path: path.to_owned(), problem };
        let bytes = std::fs::read(path).map_err(|e| bad(format!("it cannot be read: {e}")))?;
        let file = File::new(&bytes).map_err(bad)?;
        let state = file.state().map_err(bad)?;
        let mut run = Self::new(recipe, training)?;
        run.check_same(&state, path)?;
        run.restore(&file, state).map_err(bad)?;
        Ok(run)
    }

    /// Checks that what was trained is what is to be trained. Where the data lie does not matter.
    fn check_same(&self, state: &State, path: &Path) -> Result<(), TrainError> {
        let other = |key: String, was: String, is: String| {
            Err(TrainError::OtherRun { path: path.to_owned(), key, was, is })
        };
        let version = env!("CARGO_PKG_VERSION");
        if state.clashfree != version {
            let key = "the version of clashfree".to_owned();
            return other(key, state.clashfree.clone(), version.to_owned());
        }
        let now = as_json(self.recipe);
        let no_keys = serde_json::Map::new();
        let keys = |recipe: &serde_json::Value| recipe.as_object().unwrap_or(&no_keys).clone();
        let (was, is) = (keys(&state.recipe), keys(&now));
        let text = |value: Option<&serde_json::Value>| {
            value.map_or_else(|| "not given".to_owned(), ToString::to_string)
        };
        for key in is.keys().chain(was.keys()).filter(|key| *key != "data") {
            if is.get(key) != was.get(key) {
                return other(format!("`{key}`"), text(was.get(key)), text(is.get(key)));
            }
        }
        let digest = self.digest.get_or_init(|| self.training.digest());
        if *digest != state.data {
            let short = |digest: &str| format!("sha256 {}", digest.get(..16).unwrap_or(digest));
            return other("the training data".to_owned(), short(&state.data), short(digest));
        }
        Ok(())
    }

    fn restore(&mut self, file: &File<'_>, state: State) -> Result<(), String> {
        let mut parameters = self.network.parameters();
        file.fill("", &mut parameters)?;
        self.network.set_parameters(&parameters);
        file.fill("first-moment.", &mut self.adam.first)?;
        file.fill("second-moment.", &mut self.adam.second)?;
        let powers: Vec<f64> = file.array("powers", Dtype::F64, 2, f64::from_le_bytes)?;
        self.adam.powers = (powers[0], powers[1]);
        let order = file.array("order", Dtype::U32, self.order.len(), u32::from_le_bytes)?;
        let sorted = |order: &[u32]| {
            let mut order = order.to_vec();
            order.sort_unstable();
            order
        };
        if sorted(&order) != sorted(&self.order) {
            return Err("its tensor order is not one of the training samples".to_owned());
        }
        self.order = order;
        self.shuffle.set_word_pos(state.shuffle.into());
        self.restore_formats(&state.formats)?;
        if state.records.len() > self.recipe.epochs {
            return Err(format!("it has {} epochs", state.records.len()));
        }
        if let Some((epoch, accuracy)) = state.best {
            if epoch > state.records.len() {
                return Err(format!("its best epoch, {epoch}, has not been"));
            }
            file.fill("best.", &mut parameters)?;
            self.best = Some(Best { epoch, accuracy, parameters });
        }
        self.steps = state.records.len() * self.steps_per_epoch();
        self.records = state.records;
        Ok(())
    }

    /// Takes formats that differ from the recipe's in binary places that it leaves open, at most.
    fn restore_formats(&mut self, formats: &[(Format, Option<Format>)]) -> Result<(), String> {
        let junctions = &self.network.junctions;
        let close = |a: Format, b: Format| {
            (a.bits, a.signed) == (b.bits, b.signed) && a.frac.abs() <= MAX_FRAC
        };
        let pairs = junctions.iter().zip(formats).all(|(junction, (weights, output))| {
            let outputs = match (output, junction.output_format) {
                (Some(output), Some(own)) => close(*output, own),
                (output, own) => *output == own,
            };
            close(*weights, junction.weight_format) && outputs
        });
        if formats.len() != junctions.len() || !pairs {
            return Err("its formats are not those of the recipe".to_owned());
        }
        for (j, (weights, output)) in formats.iter().enumerate() {
            self.network.junctions[j].weight_format = *weights;
            if let Some(output) = output {
                self.network.set_output_format(j, *output);
            }
        }
        Ok(())
    }
}

/// The recipe as it reads back from a file.
fn as_json(recipe: &Recipe) -> serde_json::Value {
    let text = serde_json::to_string(recipe).expect("plain data");
    serde_json::from_str(&text).expect("JSON reads back")
}

/// The arrays of values, by the name of their tensor.
fn named<'v>(prefix: &str, values: &'v Values) -> impl Iterator<Item = (String, &'v Vec<f32>)> {
    let names = (0..values.weights.len()).map(numbered);
    let pairs = values.weights.iter().zip(&values.bias).zip(names);
    let tensors = pairs.flat_map(|((weights, bias), [weight_name, bias_name, _])| {
        [(weight_name, weights), (bias_name, bias)]
    });
    tensors.map(move |(name, values)| (format!("{prefix}{name}"), values))
}

/// A checkpoint that is being read; its problems are to be put after "not a checkpoint: ".
struct File<'b>(SafeTensors<'b>);

impl<'b> File<'b> {
    fn new(bytes: &'b [u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
        let kind = header.metadata().as_ref().and_then(|all| all.get(KIND.0));
        match kind {
            Some(kind) if kind == KIND.1 => {}
            Some(kind) => return Err(format!("its layout is {kind}, not {}", KIND.1)),
            None => return Err(format!("its header does not say {}", KIND.0)),
        }
        SafeTensors::deserialize(bytes).map(Self).map_err(|e| e.to_string())
    }

    fn state(&self) -> Result<State, String> {
        let state = self.0.tensor("state").map_err(|e| e.to_string())?;
        serde_json::from_slice(state.data()).map_err(|e| format!("its tensor state: {e}"))
    }

    fn array<T, const N: usize>(
        &self,
        name: &str,
        dtype: Dtype,
        len: usize,
        from: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, String> {
        let tensor = self.0.tensor(name).map_err(|e| e.to_string())?;
        let (values, rest) = tensor.data().as_chunks::<N>();
        if tensor.dtype() != dtype || values.len() != len || !rest.is_empty() {
            let (found, shape) = (tensor.dtype(), tensor.shape());
            return Err(format!("its tensor {name} is {found:?} {shape:?}, not {dtype:?} [{len}]"));
        }
        Ok(values.iter().map(|bytes| from(*bytes)).collect())
    }

    /// Reads values of the shape that `values` has.
    fn fill(&self, prefix: &str, values: &mut Values) -> Result<(), String> {
        let read = |name: String, len| self.array(&name, Dtype::F32, len, f32::from_le_bytes);
        for (j, (weights, bias)) in values.weights.iter_mut().zip(&mut values.bias).enumerate() {
            let [weight_name, bias_name, _] = numbered(j);
            *weights = read(format!("{prefix}{weight_name}"), weights.len())?;
            *bias = read(format!("{prefix}{bias_name}"), bias.len())?;
        }
        Ok(())
    }
}
