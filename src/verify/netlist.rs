//! A netlist that `synth` made of a package, to be simulated in place of the package's Verilog.

use crate::manifest::{Changed, sha256};
use crate::synth::error::SynthError;
use crate::synth::package::Sources;
use crate::synth::report::{CELLS, FILE, KIND, NETLIST, Report};
use crate::synth::target::Target;
use std::path::{Path, PathBuf};

/// A netlist and the models of its cells.
#[derive(Clone, Debug)]
pub struct Netlist {
    /// What it was made for.
    pub target: Target,
    /// Files that are not as they were written.
    pub changed: Vec<Changed>,
    /// Verilog by file name.
    pub sources: Vec<(String, Vec<u8>)>,
}

/// A netlist that cannot be simulated.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NetlistError {
    /// The folder is none of `synth`.
    #[error("{} is no folder of `clashfree synth`: {reason}", .folder.display())]
    #[diagnostic(
        code(clashfree::netlist::foreign),
        help(
            "make one with `clashfree synth BUILD --target TARGET -o DIR`, and give --netlist DIR"
        )
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is of something else.
    #[error("{} is not a netlist of {}, as that is now: it is of {name}, module {top}, and another content hash", .folder.display(), .build.display())]
    #[diagnostic(
        code(clashfree::netlist::other_build),
        help("synthesise the package again: `clashfree synth {} --target {target}`", .build.display())
    )]
    OtherBuild {
        /// The folder.
        folder: PathBuf,
        /// The package.
        build: PathBuf,
        /// Head of the netlist.
        name: String,
        /// Its module.
        top: String,
        /// What it was made for.
        target: Target,
    },
    /// There are cells that cannot be simulated.
    #[error("{} has cells of which Yosys has no simulation model: {}", .folder.display(), .cells.join(", "))]
    #[diagnostic(
        code(clashfree::netlist::unmodelled),
        help("synthesise it with --no-bram and without --dsp")
    )]
    Unmodelled {
        /// The folder.
        folder: PathBuf,
        /// Kinds of cells.
        cells: Vec<String>,
    },
    /// The package's files cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Package(Box<SynthError>),
}

impl Netlist {
    /// Reads the netlist in `folder`, which must be of the package at `build` as it is.
    ///
    /// # Errors
    /// If it is not, or cannot be simulated.
    pub fn read(folder: &Path, build: &Path) -> Result<Self, NetlistError> {
        let foreign = |reason: String| NetlistError::Foreign { folder: folder.to_owned(), reason };
        let file = |name: &str| {
            let read = std::fs::read(folder.join(name));
            read.map_err(|e| foreign(format!("{name} cannot be read: {e}")))
        };
        let report: Report = serde_json::from_slice(&file(FILE)?)
            .map_err(|e| foreign(format!("{FILE} is not one of its reports: {e}")))?;
        if report.kind != KIND {
            return Err(foreign(format!("its kind is {:?}", report.kind)));
        }
        let package = Sources::read(build).map_err(|e| NetlistError::Package(e.into()))?;
        let Report { name, top, target, .. } = report;
        if report.package_sha256 != package.sha256 {
            let (folder, build) = (folder.to_owned(), build.to_owned());
            return Err(NetlistError::OtherBuild { folder, build, name, top, target });
        }
        if !report.unmodelled.is_empty() {
            let (folder, cells) = (folder.to_owned(), report.unmodelled);
            return Err(NetlistError::Unmodelled { folder, cells });
        }
        let read = |name: &str| Ok((name.to_owned(), file(name)?));
        let sources = [NETLIST, CELLS].map(read).into_iter().collect::<Result<Vec<_>, _>>()?;
        let same = |(name, bytes): &(String, Vec<u8>)| {
            report.files.get(name).is_some_and(|hash| *hash == sha256(bytes))
        };
        let changed = sources.iter().filter(|source| !same(source)).map(|(name, _)| Changed {
            path: folder.join(name).display().to_string(),
            missing: false,
        });
        Ok(Self { target, changed: changed.collect(), sources })
    }
}
