//! `manifest.json`: what a package is, and the hashes of its files.

use crate::bus::{BusError, BusFormat};
use crate::packet::{PacketFormat, ResultKind};
use crate::quantise::{Format, Rule};
use crate::schedule::{Budget, Interleaver, Preferences};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The file's name in a package.
pub const FILE: &str = "manifest.json";

/// What [`Manifest::tool`] says.
pub const TOOL: &str = "clashfree";

/// The contents of `manifest.json`. Written with its keys in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`TOOL`].
    pub tool: String,
    /// Version of the compiler that wrote the package.
    pub version: String,
    /// Name of the head.
    pub name: String,
    /// Name of the top module, in `rtl/<top>.v`.
    pub top: String,
    /// Content hash of the head in integers, lower-case hexadecimal.
    pub head_sha256: String,
    /// The parallelism asked for; where that was a frame rate or the bus's, the cycles it came to.
    pub budget: Budget,
    /// What else decided how the head is laid out.
    pub preferences: Preferences,
    /// Width of both streams' `tdata`.
    pub bus_bits: u32,
    /// What the packets carry.
    pub result: ResultKind,
    /// Whether the top has registers behind AXI4-Lite, `s_axil_*`.
    #[serde(default)]
    pub control: bool,
    /// The input stream.
    pub input: InputRecord,
    /// The output stream.
    pub output: OutputRecord,
    /// Layout of the packets.
    pub packet: PacketFormat,
    /// What tells this build's packets and registers from those of others: see [`Manifest::identify`].
    pub identity: String,
    /// Cycles from one frame's start to the next in steady state, as predicted.
    pub initiation_interval: u64,
    /// Cycles from a frame's last beat to its packet's first one in an empty pipeline, as predicted,
    /// where no exit answers; where it ends in a split, at most.
    pub latency: u64,
    /// The trunk's junctions on the edge, from the input on.
    pub junctions: Vec<JunctionRecord>,
    /// Early exits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<ExitRecord>,
    /// Where a tail goes on, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitRecord>,
    /// SHA-256 of every other file that the compiler wrote, by path relative to the package.
    pub files: BTreeMap<String, String>,
}

/// The input stream of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputRecord {
    /// Codes in a frame.
    pub neurons: usize,
    /// Width of a code.
    pub bits: u32,
    /// Two's complement if true.
    pub signed: bool,
    /// Binary places of a code.
    pub frac: i32,
    /// Codes in a full beat.
    pub codes_per_beat: usize,
    /// Beats in a frame.
    pub beats: usize,
    /// The head's input neuron at each position of a frame; absent where frames come in the head's
    /// order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Vec<u32>>,
}

/// The output stream of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputRecord {
    /// Binary places of the logits of the trunk's end; absent where it gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logit_frac: Option<i32>,
    /// Bytes of the longest packet.
    pub packet_bytes: usize,
    /// Beats of that.
    pub beats: usize,
}

/// An early exit of a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitRecord {
    /// The trunk junction whose output feeds the branch.
    pub after: usize,
    /// When it answers; absent where it answers every frame that comes to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// What the rule compares with after reset.
    pub threshold: i64,
    /// Binary places of its logits.
    pub logit_frac: i32,
    /// Cycles from a frame's last beat to its answer's first one in an empty pipeline, as predicted.
    pub latency: u64,
    /// The junctions of the branch.
    pub junctions: Vec<JunctionRecord>,
}

/// Where a package's head ends and a tail goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRecord {
    /// The last trunk junction of the head.
    pub after: usize,
    /// Format of the codes that are sent.
    pub format: Format,
}

/// One junction of a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JunctionRecord {
    /// Left neurons.
    pub left: usize,
    /// Right neurons.
    pub right: usize,
    /// Edges of each left neuron.
    pub d_out: usize,
    /// Edges of each right neuron.
    pub d_in: usize,
    /// Edges in all.
    pub edges: usize,
    /// Clock cycles that the junction is busy with a frame.
    pub cycles: u64,
    /// Multiply units.
    pub lanes: usize,
    /// Kind of interleaver.
    pub interleaver: Interleaver,
    /// Groups of lanes with an accumulator each.
    pub units: usize,
    /// Share of lanes and cycles that process an edge.
    pub utilisation: f64,
    /// Width of the accumulators.
    pub acc_bits: u32,
    /// Bits of the weight ROM.
    pub weight_bits: usize,
    /// Bits of the bias ROM.
    pub bias_bits: usize,
    /// Bits of the interleaver's ROMs.
    pub index_bits: usize,
    /// Copies of the left memory.
    pub copies: usize,
    /// Bits of the left memory, all copies and frames.
    pub memory_bits: usize,
}

/// A file that is not as the compiler wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Path relative to the package.
    pub path: String,
    /// Whether it is not there at all.
    pub missing: bool,
}

impl std::fmt::Display for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.missing { "is missing" } else { "was changed" };
        write!(f, "{} {what} since the package was compiled", self.path)
    }
}

/// A folder that is no package of this compiler.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ManifestError {
    /// There is no manifest.
    #[error("{} is no package of clashfree: it has no {FILE}", .build.display())]
    #[diagnostic(
        code(clashfree::manifest::absent),
        help("make one with `clashfree compile HEAD -o BUILD`")
    )]
    Absent {
        /// The folder.
        build: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read {}", .path.display())]
    #[diagnostic(code(clashfree::manifest::read))]
    Read {
        /// The manifest's path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what we write.
    #[error("{} is not a manifest of clashfree: {reason}", .path.display())]
    #[diagnostic(
        code(clashfree::manifest::foreign),
        help("compile the head again into another folder")
    )]
    Foreign {
        /// The manifest's path.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another version wrote it.
    #[error("{} was written by clashfree {found}; this is {}", .path.display(), env!("CARGO_PKG_VERSION"))]
    #[diagnostic(
        code(clashfree::manifest::version),
        help("compile the head again with this version")
    )]
    Version {
        /// The manifest's path.
        path: PathBuf,
        /// The version found.
        found: String,
    },
}

impl ManifestError {
    /// What is wrong with the folder, without its name.
    pub fn reason(&self) -> String {
        match self {
            Self::Absent { .. } => format!("it has no {FILE}"),
            Self::Read { source, .. } => format!("its {FILE} cannot be read: {source}"),
            Self::Foreign { reason, .. } => format!("its {FILE} is not ours: {reason}"),
            Self::Version { found, .. } => format!("clashfree {found} wrote its {FILE}"),
        }
    }
}

impl Manifest {
    /// The input stream's format.
    ///
    /// # Errors
    /// If the manifest's numbers make none.
    pub fn bus(&self) -> Result<BusFormat, BusError> {
        BusFormat::new(self.bus_bits, self.input.bits, self.input.neurons)
    }

    /// SHA-256 over what decides the bytes of packets and the meaning of registers: version, head,
    /// packet format, and how the head is laid out. The first 64 bits are the identity registers.
    pub fn identify(&self) -> String {
        let Self { version, head_sha256, budget, preferences, bus_bits, packet, .. } = self;
        let parts =
            serde_json::json!([version, head_sha256, budget, preferences, bus_bits, packet]);
        sha256(parts.to_string().as_bytes())
    }

    /// Every junction, in the order of [`Site::all`](crate::schedule::Site::all).
    pub fn all_junctions(&self) -> impl Iterator<Item = &JunctionRecord> {
        self.junctions.iter().chain(self.exits.iter().flat_map(|exit| &exit.junctions))
    }

    /// Cycles that all junctions together are busy with a frame.
    pub fn busy(&self) -> u64 {
        self.all_junctions().map(|j| j.cycles).sum()
    }

    /// Cycles that the slowest junction is busy with a frame.
    pub fn busy_longest(&self) -> usize {
        self.all_junctions().map(|j| j.cycles as usize).max().unwrap_or(0)
    }

    /// The text of `manifest.json`: the same bytes for the same contents.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest has string keys only");
        text.push('\n');
        text
    }

    /// Reads and checks the manifest of the package at `build`. Files that are not as the manifest
    /// says are told, not refused: simulation must be able to show what a changed ROM does.
    ///
    /// # Errors
    /// If the folder is no package, or one of another version.
    pub fn load(build: &Path) -> Result<(Self, Vec<Changed>), ManifestError> {
        let path = build.join(FILE);
        let text = read(build)?;
        let manifest = Self::parse(&text, &path)?;
        let changed = manifest.changed(build);
        Ok((manifest, changed))
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        /// Just enough to say whose it is, whatever else a later version writes.
        #[derive(Deserialize)]
        struct Whose {
            tool: String,
            version: String,
        }
        let foreign = |reason: String| ManifestError::Foreign { path: path.to_owned(), reason };
        let whose: Whose = serde_json::from_str(text).map_err(|e| foreign(e.to_string()))?;
        if whose.tool != TOOL {
            return Err(foreign(format!("its tool is {:?}", whose.tool)));
        }
        if !same_format(&whose.version) {
            return Err(ManifestError::Version { path: path.to_owned(), found: whose.version });
        }
        let manifest: Self = serde_json::from_str(text).map_err(|e| foreign(e.to_string()))?;
        let bus = manifest.bus().map_err(|e| foreign(e.to_string()))?;
        if !is_identifier(&manifest.top) {
            return Err(foreign(format!("{:?} is no module name", manifest.top)));
        }
        let (input, output, packet) = (&manifest.input, &manifest.output, &manifest.packet);
        if input.order.as_ref().is_some_and(|order| !is_permutation(order, input.neurons)) {
            return Err(foreign("its input's order is not one of all neurons".into()));
        }
        if (input.codes_per_beat, input.beats) != (bus.codes_per_beat(), bus.beats()) {
            return Err(foreign("its input's beats do not fit its bus".into()));
        }
        packet.check().map_err(|reason| foreign(format!("its packets {reason}")))?;
        if manifest.exits.len() != packet.exits.len() {
            return Err(foreign("its exits are not those of its packets".into()));
        }
        if (output.packet_bytes, output.beats)
            != (packet.longest(), packet.beats(manifest.bus_bits))
        {
            return Err(foreign("its output's beats do not fit its packets".into()));
        }
        Ok(manifest)
    }

    fn changed(&self, build: &Path) -> Vec<Changed> {
        let differs = |(path, want): (&String, &String)| {
            let found = std::fs::read(build.join(path)).ok();
            let same = found.as_ref().is_some_and(|bytes| sha256(bytes) == *want);
            (!same).then(|| Changed { path: path.clone(), missing: found.is_none() })
        };
        self.files.iter().filter_map(differs).collect()
    }
}

/// The files that the package at `build` lists as its own, whichever version of clashfree wrote it:
/// enough to know what may be replaced.
///
/// # Errors
/// If the folder has no manifest of clashfree.
pub fn listed(build: &Path) -> Result<BTreeSet<String>, ManifestError> {
    #[derive(Deserialize)]
    struct Listed {
        tool: String,
        files: BTreeMap<String, serde_json::Value>,
    }
    let path = build.join(FILE);
    let text = read(build)?;
    let foreign = |reason: String| ManifestError::Foreign { path: path.clone(), reason };
    let listed: Listed = serde_json::from_str(&text).map_err(|e| foreign(e.to_string()))?;
    if listed.tool != TOOL {
        return Err(foreign(format!("its tool is {:?}", listed.tool)));
    }
    Ok(listed.files.into_keys().collect())
}

/// The text of the manifest of the package at `build`.
fn read(build: &Path) -> Result<String, ManifestError> {
    let path = build.join(FILE);
    std::fs::read_to_string(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ManifestError::Absent { build: build.to_owned() },
        _ => ManifestError::Read { path, source },
    })
}

/// The SHA-256 of some bytes as the manifest writes it: 64 lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Packages of the same major and minor version have the same format.
fn same_format(version: &str) -> bool {
    let minor = |v: &str| v.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    minor(version).is_some() && minor(version) == minor(env!("CARGO_PKG_VERSION"))
}

/// Whether `order` names each of `n` neurons once.
fn is_permutation(order: &[u32], n: usize) -> bool {
    let mut named = vec![false; n];
    let new = |&neuron: &u32| {
        named.get_mut(neuron as usize).is_some_and(|named| !std::mem::replace(named, true))
    };
    order.len() == n && order.iter().all(new)
}

fn is_identifier(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}
