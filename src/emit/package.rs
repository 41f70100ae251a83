//! All files of a package, and putting them where the user wants them.

use super::readme::{self, Example, ORDER};
use super::{hardware, library};
use crate::files;
use crate::lower::{Design, JunctionStage};
use crate::manifest::{
    self, ExitRecord, FILE, InputRecord, JunctionRecord, Manifest, OutputRecord, SplitRecord, TOOL,
};
use crate::model;
use crate::packet::Packet;
use crate::quantise::QuantHead;
use crate::save::{HEAD, TENSORS, identity, quant_to_files};
use crate::schedule::{Arranged, Budget, Preferences};
use crate::verify::{SIM_FILES, vectors};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Good frames that a package carries for its own simulation, two extreme and the others random: so
/// many that Icarus, which needs some microseconds an edge, is done in seconds, and enough for every
/// wrong frame to stand between two of them.
fn good_frames(head: &QuantHead) -> usize {
    let edges: usize = head.junctions.iter().map(|j| j.pattern.edges()).sum();
    (40_000 / edges).clamp(vectors::FEWEST, 16)
}

/// Seed of those frames.
const SEED: u64 = 1;

/// The one that the package's README takes apart: the first that is random.
const EXAMPLE: usize = 2;

/// Folder of the head in integers, below a package.
pub const REFERENCE: &str = "reference";

/// Where a simulator leaves what it builds; a package may be replaced all the same.
const SCRATCH: &str = "sim/build";

/// Every file of a package by its path, the manifest included.
#[derive(Clone, Debug)]
pub struct Package {
    /// Path below the package and content.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What `manifest.json` says.
    pub manifest: Manifest,
}

/// An output folder that cannot be.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PackageError {
    /// There is something else.
    #[error("{} is not a package of clashfree, so it is not replaced: {found}", .folder.display())]
    #[diagnostic(code(clashfree::emit::not_ours), help("give another folder with -o"))]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// What stands there.
        found: String,
    },
    /// A package, and something of the user's in it.
    #[error("the package {} also holds {path}, which clashfree did not write with it, so it is not replaced", .folder.display())]
    #[diagnostic(
        code(clashfree::emit::foreign_file),
        help("move {path} away, or give another folder with -o")
    )]
    ForeignFile {
        /// The package.
        folder: PathBuf,
        /// The file, below it.
        path: String,
    },
    /// The system refuses.
    #[error("cannot write the package {}: {source}", .folder.display())]
    #[diagnostic(
        code(clashfree::emit::write),
        help("nothing was changed; check the permissions and the space on the disk")
    )]
    Write {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Makes every file of the package of a lowered head: `head` in the user's order, `arranged` in the
/// hardware's.
pub fn package(
    head: &QuantHead,
    arranged: &Arranged,
    design: &Design,
    budget: &Budget,
    preferences: &Preferences,
) -> Package {
    let (toml, tensors) = quant_to_files(head);
    let head_sha256 = identity(head);
    let mut manifest = record(head, design, head_sha256, budget, preferences);
    manifest.identity = manifest.identify();
    let mut files: BTreeMap<String, Vec<u8>> =
        hardware(design, &manifest.head_sha256, &manifest.identity)
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes()))
            .collect();
    // a generated module stands for the library's of that name
    let made: BTreeSet<String> =
        files.keys().filter_map(|path| path.strip_prefix("rtl/")).map(str::to_owned).collect();
    let generated = files.iter().filter(|(path, _)| path.starts_with("rtl/"));
    let generated: Vec<_> =
        generated.map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect();
    for (name, text) in library::used_by(&generated).filter(|(name, _)| !made.contains(*name)) {
        files.insert(format!("rtl/lib/{name}"), text.as_bytes().to_vec());
    }
    for (name, text) in SIM_FILES {
        files.insert(format!("sim/{name}"), text.as_bytes().to_vec());
    }
    let sources: Vec<&str> =
        files.keys().filter(|f| f.starts_with("rtl/")).map(String::as_str).collect();
    files.insert("files.f".into(), format!("{}\n", sources.join("\n")).into_bytes());

    files.insert(format!("{REFERENCE}/{HEAD}"), toml.into_bytes());
    files.insert(format!("{REFERENCE}/{TENSORS}"), tensors);
    let order = arranged.orders[0].clone();
    if let Some(order) = &order {
        let lines: String = order.iter().map(|n| format!("{n}\n")).collect();
        files.insert(ORDER.into(), lines.into_bytes());
    }

    manifest.input.order = order;
    // as they go over the bus; the reference takes them in the user's order
    let frames = frames(head);
    let asked = in_users_order(&frames, manifest.input.order.as_deref());
    let outcomes = model::outcomes(head, asked.view());
    let packets: Vec<Packet> =
        outcomes.iter().enumerate().map(|(f, o)| design.packet.packet(f as u64, o)).collect();
    let example = Example { codes: &frames.row(EXAMPLE).to_vec(), packet: &packets[EXAMPLE] };
    let text = readme::readme(design, &manifest, &example);
    files.insert("README.md".into(), text.into_bytes());
    let vectors = vectors::vectors(&design.input.bus, &design.packet, frames.view(), &packets);
    files.insert("sim/config.mk".into(), vectors.config(&manifest).into_bytes());
    files.insert("sim/vectors/in.hex".into(), vectors.input.into_bytes());
    files.insert("sim/vectors/out.hex".into(), vectors.output.into_bytes());

    manifest.files =
        files.iter().map(|(path, bytes)| (path.clone(), manifest::sha256(bytes))).collect();
    files.insert(FILE.into(), manifest.to_json().into_bytes());
    Package { files, manifest }
}

/// Frames of the smallest and the largest codes, then random ones.
fn frames(head: &QuantHead) -> Array2<i32> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    let (lo, hi) = (head.input_format.min() as i32, head.input_format.max() as i32);
    Array2::from_shape_fn((good_frames(head), head.inputs), |(f, _)| match f {
        0 => lo,
        1 => hi,
        _ => rng.random_range(lo..=hi),
    })
}

/// Frames as they go over the bus, in the user's order of input neurons.
fn in_users_order(frames: &Array2<i32>, order: Option<&[u32]>) -> Array2<i32> {
    let Some(order) = order else { return frames.clone() };
    let mut asked = frames.clone();
    for (position, &neuron) in order.iter().enumerate() {
        asked.column_mut(neuron as usize).assign(&frames.column(position));
    }
    asked
}

fn junctions(stages: &[JunctionStage]) -> Vec<JunctionRecord> {
    let record = |j: &JunctionStage| JunctionRecord {
        left: j.left,
        right: j.right,
        d_out: j.d_out,
        d_in: j.d_in,
        edges: j.edges,
        cycles: j.cycles as u64,
        lanes: j.lanes,
        interleaver: j.interleaver(),
        units: j.units(),
        utilisation: j.utilisation(),
        acc_bits: j.acc_bits,
        weight_bits: j.tables.as_ref().map_or(0, |tables| tables.weight_rom.words.bits()),
        bias_bits: j.tables.as_ref().map_or(0, |tables| tables.bias_rom.words.bits()),
        index_bits: j.index_bits(),
        copies: j.copies(),
        memory_bits: j.memory_bits(),
    };
    stages.iter().map(record).collect()
}

fn record(
    head: &QuantHead,
    design: &Design,
    head_sha256: String,
    budget: &Budget,
    preferences: &Preferences,
) -> Manifest {
    let bus = design.input.bus;
    let format = design.input.format;
    let exits =
        design.exits.iter().zip(&head.exits).enumerate().map(|(e, (stage, exit))| ExitRecord {
            after: exit.after,
            rule: stage.gate.map(|_| exit.rule),
            threshold: exit.threshold,
            logit_frac: stage.result.frac,
            latency: design.exit_latency(e) as u64,
            junctions: junctions(&stage.junctions),
        });
    let split = head.split.and_then(|after| {
        Some(SplitRecord { after, format: head.junctions[after].output_format? })
    });
    let results = design.results().collect::<Vec<_>>();
    Manifest {
        tool: TOOL.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        name: design.name.clone(),
        top: design.top.clone(),
        head_sha256,
        budget: budget.clone(),
        preferences: preferences.clone(),
        bus_bits: bus.bus_bits,
        result: results.first().map_or_else(Default::default, |(_, r)| r.format.result),
        input: InputRecord {
            neurons: bus.neurons,
            bits: format.bits,
            signed: format.signed,
            frac: format.frac,
            codes_per_beat: bus.codes_per_beat(),
            beats: bus.beats(),
            order: None,
        },
        output: OutputRecord {
            logit_frac: results.iter().find(|(exit, _)| exit.is_none()).map(|(_, r)| r.frac),
            packet_bytes: design.packet.longest(),
            beats: design.beats_out(),
        },
        packet: design.packet.clone(),
        control: design.control,
        identity: String::new(),
        initiation_interval: design.initiation_interval as u64,
        latency: design.latency() as u64,
        junctions: junctions(&design.junctions),
        exits: exits.collect(),
        split,
        files: BTreeMap::new(),
    }
}

impl Package {
    /// Whether the package may be written to `folder`: nothing is there yet, or only a package.
    ///
    /// # Errors
    /// If something else is there, or the place cannot be written.
    pub fn check(folder: &Path) -> Result<(), PackageError> {
        let failed = |source| PackageError::Write { folder: folder.to_owned(), source };
        let not_ours = |found: String| PackageError::NotOurs { folder: folder.to_owned(), found };
        if folder.symlink_metadata().is_ok() {
            if !folder.is_dir() {
                return Err(not_ours("it is not a folder".into()));
            }
            let found = files::below(folder).map_err(failed)?;
            if !found.is_empty() {
                let ours = manifest::listed(folder).map_err(|e| not_ours(e.reason()))?;
                let foreign = |path: &&String| {
                    *path != FILE && !ours.contains(*path) && !Path::new(path).starts_with(SCRATCH)
                };
                if let Some(path) = found.iter().find(foreign) {
                    let (folder, path) = (folder.to_owned(), path.clone());
                    return Err(PackageError::ForeignFile { folder, path });
                }
            }
        }
        files::can_write_beside(folder).map_err(failed)
    }

    /// Writes the package; it appears whole or not at all.
    ///
    /// # Errors
    /// As [`check`](Self::check), or if writing fails.
    pub fn write(&self, folder: &Path) -> Result<(), PackageError> {
        Self::check(folder)?;
        let files = self.files.iter().map(|(path, bytes)| (Path::new(path), bytes.as_slice()));
        files::whole_folder(folder, files)
            .map_err(|source| PackageError::Write { folder: folder.to_owned(), source })
    }
}
