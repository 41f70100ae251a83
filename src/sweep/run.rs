//! Trains what is missing: several trainings at a time, each on one core.

use super::error::SweepError;
use super::file::{Row, Sweep, Training};
use super::ledger::{Ledger, write_head};
use super::record::Record;
use crate::quantise::Format;
use crate::train::{DataPaths, Examples, train};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A training that came to nothing; the others go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The run, with what was varied and the seed.
    pub training: String,
    /// Why.
    pub message: String,
}

/// What training and test samples are read by.
#[derive(PartialEq)]
struct DataKey {
    paths: DataPaths,
    neurons: usize,
    format: Format,
    classes: usize,
}

/// Training and test samples.
type Data = (Examples, Examples);

/// A training that waits, with the number of its data.
#[derive(Clone, Copy)]
struct Job<'a> {
    row: &'a Row,
    training: &'a Training,
    data: usize,
}

/// Samples that are in use, read once.
struct Library {
    keys: Vec<DataKey>,
    read: Mutex<Vec<Weak<Data>>>,
}

/// The trainings of a sweep that `ledger` has no result of, recipes that stand twice only once.
/// With `heads`, those too whose head is not kept there.
pub fn missing<'a>(sweep: &'a Sweep, ledger: &Ledger, heads: bool) -> Vec<(&'a Row, &'a Training)> {
    let mut seen = BTreeSet::new();
    let wanted = |(row, training): &(&Row, &Training)| match ledger.find(row, training) {
        Some(record) => heads && !ledger.head_folder(&record.name, &training.hash).exists(),
        None => true,
    };
    let first =
        |(row, training): &(&Row, &Training)| seen.insert((training.hash.clone(), row.cycles));
    sweep.trainings().filter(wanted).filter(first).collect()
}

/// Runs `trainings` of a sweep, `jobs` at a time, and adds each to `ledger` as it ends; `watch`
/// sees them then. With `heads`, heads are kept. Returns what failed, in the sweep's order.
///
/// # Errors
/// If data cannot be read or results cannot be written; what had ended until then is kept.
///
/// # Panics
/// If no thread can be started.
pub fn run(
    sweep: &Sweep,
    trainings: &[(&Row, &Training)],
    ledger: &mut Ledger,
    jobs: usize,
    heads: bool,
    watch: &mut dyn FnMut(&Row, &Training),
) -> Result<Vec<Failure>, SweepError> {
    let (library, jobs_in_order) = Library::index(&sweep.folder, trainings);
    // Data that cannot be read show before hours of training, not after.
    for first in jobs_in_order.chunk_by(|a, b| a.data == b.data).map(|same| &same[0]) {
        library.get(first)?;
    }
    let folder =
        |job: &Job<'_>| heads.then(|| ledger.head_folder(&job.row.name, &job.training.hash));
    let queue: Vec<(Job<'_>, Option<PathBuf>)> =
        jobs_in_order.into_iter().map(|job| (job, folder(&job))).collect();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = channel();
    let mut failures = Vec::new();
    let mut fatal = None;
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, queue.len().max(1)) {
            let (sender, library, queue, next, stop) =
                (sender.clone(), &library, &queue, &next, &stop);
            scope.spawn(move || {
                let pool = ThreadPoolBuilder::new().num_threads(1).build();
                let pool = pool.expect("a thread can be started");
                // Held until the next are there, so that workers on the same data read them once.
                let mut held = None;
                while !stop.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((job, folder)) = queue.get(at) else { break };
                    let outcome = library.get(job).map(|data| {
                        let data = held.insert(data);
                        one(&pool, job, data, folder.as_deref())
                    });
                    if sender.send((job, outcome)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (job, outcome) in receiver {
            let added = outcome.and_then(|result| match result {
                Ok(record) => ledger.add(record),
                Err(error) => {
                    let at = trainings.iter().position(|(_, t)| std::ptr::eq(*t, job.training));
                    let training =
                        format!("{}, seed {}", job.row.label(), job.training.recipe.seed);
                    failures.push((at, Failure { training, message: error.to_string() }));
                    Ok(())
                }
            });
            watch(job.row, job.training);
            if let Err(error) = added {
                stop.store(true, Ordering::Relaxed);
                fatal.get_or_insert(error);
            }
        }
    });
    failures.sort_by_key(|(at, _)| *at);
    fatal.map_or_else(|| Ok(failures.into_iter().map(|(_, failure)| failure).collect()), Err)
}

/// One training, on one core. What it gives does not depend on how many there are.
fn one(
    pool: &ThreadPool,
    job: &Job<'_>,
    data: &Data,
    folder: Option<&Path>,
) -> Result<Record, SweepError> {
    let failed = |e| SweepError::Training { training: job.row.label(), source: Box::new(e) };
    pool.install(|| {
        let trained = train(&job.training.recipe, &data.0, &data.1, &mut |_| {}).map_err(failed)?;
        if let Some(folder) = folder {
            write_head(folder, &trained).map_err(failed)?;
        }
        Record::of(job.row, job.training, &trained)
    })
}

impl Library {
    /// Numbers the data of trainings, and puts trainings on the same data behind each other.
    fn index<'a>(folder: &Path, trainings: &[(&'a Row, &'a Training)]) -> (Self, Vec<Job<'a>>) {
        let mut keys = Vec::new();
        let mut jobs = Vec::with_capacity(trainings.len());
        for &(row, training) in trainings {
            let recipe = &training.recipe;
            let key = DataKey {
                paths: recipe.data.within(folder),
                neurons: recipe.neurons[0],
                format: recipe.input.format,
                classes: recipe.neurons[recipe.neurons.len() - 1],
            };
            let data = keys.iter().position(|k| *k == key).unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            });
            jobs.push(Job { row, training, data });
        }
        jobs.sort_by_key(|job| job.data);
        let read = Mutex::new(keys.iter().map(|_| Weak::new()).collect());
        (Self { keys, read }, jobs)
    }

    /// The data of a training: those that another worker has, or read anew.
    fn get(&self, job: &Job<'_>) -> Result<Arc<Data>, SweepError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = read[job.data].upgrade() {
            return Ok(data);
        }
        let key = &self.keys[job.data];
        let examples = |images: &Path, labels: &Path| {
            Examples::read(images, labels, key.neurons, key.format, key.classes).map_err(|e| {
                SweepError::Training { training: job.row.label(), source: Box::new(e) }
            })
        };
        let paths = &key.paths;
        let data = Arc::new((
            examples(&paths.train_images, &paths.train_labels)?,
            examples(&paths.test_images, &paths.test_labels)?,
        ));
        read[job.data] = Arc::downgrade(&data);
        Ok(data)
    }
}
