//! From a package to a program: Verilator and a C++ compiler, and a cache of what they made.

use super::netlist::Netlist;
use super::tools::{ToolError, Toolchain};
use super::{DRIVER, Model};
use crate::manifest::Manifest;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where built programs are kept in a package.
const CACHE: &str = "sim/build";

/// The program's name.
const PROGRAM: &str = "cf_sim";

/// Lines of a failed build that are shown.
const SHOWN: usize = 20;

/// Options of Verilator. Registers start with noise (`--x-initial unique`), so that a missing reset
/// shows; a newer Verilator's warnings are no errors, and lint does not bury what is one.
const FLAGS: &[&str] = &[
    "--cc",
    "--exe",
    "--build",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "unique",
    "-Wno-fatal",
    "-Wno-lint",
    "--prefix",
    "Vtop",
    "--build-jobs",
    "2",
];

/// The macro that says to the design and to the driver that there are registers.
const CONTROL: &str = "CF_CONTROL";

/// Levels of the C++ compiler, for the model and for Verilator's run time. Measured on 200 lanes:
/// `-O1` builds in three quarters of the time of `-O2` and `-Os` and runs as fast, `-O0` four times
/// slower.
const LEVELS: &str = "OPT_FAST=-O1 OPT_GLOBAL=-O1";

/// What a model is to be able to do besides computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing more.
    Plain,
    /// Write FST traces; slower.
    Waves,
    /// Say on standard error what every lane and unit does; much slower.
    Trace,
}

/// A model that could not be built.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BuildError {
    /// A tool is missing.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tool(#[from] ToolError),
    /// The package's file list leads outside of it, or to nothing.
    #[error("files.f of the package: {reason}")]
    #[diagnostic(code(clashfree::build::files), help("compile the head again into another folder"))]
    Files {
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {doing} {}", .path.display())]
    #[diagnostic(code(clashfree::build::io))]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// make cannot build in such a folder.
    #[error("{} holds a space, and make cannot build there", .path.display())]
    #[diagnostic(code(clashfree::build::space), help("set TMPDIR to a folder without one"))]
    Space {
        /// The folder for temporary files.
        path: PathBuf,
    },
    /// Verilator or the compiler says no.
    #[error("{banner} cannot build the model; its last lines:\n{tail}")]
    #[diagnostic(code(clashfree::build::failed))]
    Failed {
        /// Which Verilator.
        banner: String,
        /// What it printed last.
        tail: String,
        /// What to do, where that is known.
        #[help]
        help: Option<String>,
    },
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Io { doing, path, source }
}

/// What is simulated of a package.
#[derive(Clone, Copy, Debug)]
pub enum Design<'a> {
    /// Its Verilog.
    Package,
    /// A netlist of it.
    Netlist(&'a Netlist),
}

/// Builds the package at `build` into a program, or finds the one that was built from the same
/// files.
///
/// The build happens in a temporary folder; the program then appears in `BUILD/sim/build/` at once,
/// or stays in the temporary folder where the package cannot be written.
///
/// # Errors
/// If a tool is missing, a file of the package cannot be read, or the build fails.
pub fn build(
    build: &Path,
    manifest: &Manifest,
    design: Design,
    kind: Kind,
) -> Result<Model, BuildError> {
    let sources = match design {
        Design::Package => sources(build)?,
        Design::Netlist(netlist) => netlist.sources.clone(),
    };
    let tools = Toolchain::find()?;
    let bus_bytes = manifest.bus_bits / 8;
    let mut flags: Vec<String> = FLAGS.iter().map(|&f| f.to_owned()).collect();
    flags.extend(["--top-module".into(), manifest.top.clone(), "-MAKEFLAGS".into(), LEVELS.into()]);
    if manifest.control {
        flags.extend([format!("+define+{CONTROL}"), "-CFLAGS".into(), format!("-D{CONTROL}")]);
    }
    if matches!(design, Design::Netlist(_)) {
        // models of cells have delays
        flags.push("--no-timing".into());
    }
    match kind {
        Kind::Plain => {}
        Kind::Waves => flags.push("--trace-fst".into()),
        Kind::Trace => flags.push("+define+CF_TRACE".into()),
    }

    let mut key = Sha256::new();
    let mut part = |bytes: &[u8]| {
        key.update((bytes.len() as u64).to_le_bytes());
        key.update(bytes);
    };
    part(tools.banner.as_bytes());
    part(tools.verilator.as_os_str().as_encoded_bytes());
    part(&bus_bytes.to_le_bytes());
    flags.iter().for_each(|f| part(f.as_bytes()));
    for (name, text) in &sources {
        part(name.as_bytes());
        part(text);
    }
    DRIVER.iter().for_each(|(_, text)| part(text.as_bytes()));
    let key: String = key.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();

    let root = build.canonicalize().map_err(io("open", build))?;
    let cached = root.join(CACHE).join(&key).join(PROGRAM);
    let model = |program, work| {
        let package = root.clone();
        Model { program, package, bus_bytes: bus_bytes as usize, work, cached: false }
    };
    if cached.is_file() {
        return Ok(Model { cached: true, ..model(cached, None) });
    }

    let work = tempfile::Builder::new().prefix("clashfree-").tempdir();
    let work = work.map_err(io("make a folder in", &std::env::temp_dir()))?;
    if work.path().to_string_lossy().contains(char::is_whitespace) {
        return Err(BuildError::Space { path: work.path().to_owned() });
    }
    compile(&tools, &flags, bus_bytes, &sources, work.path())?;
    let program = work.path().join("obj").join(PROGRAM);
    match publish(&program, &cached) {
        Ok(()) => Ok(model(cached, None)),
        Err(_) => Ok(model(program, Some(std::sync::Arc::new(work)))),
    }
}

/// The Verilog files of the package by their paths in `files.f`, in its order.
pub(crate) fn sources(build: &Path) -> Result<Vec<(String, Vec<u8>)>, BuildError> {
    let list = build.join("files.f");
    let text = std::fs::read_to_string(&list).map_err(io("read", &list))?;
    let lines = text.lines().map(|l| l.split("//").next().unwrap_or_default().trim());
    let names: Vec<&str> = lines.filter(|l| !l.is_empty()).collect();
    if names.is_empty() {
        return Err(BuildError::Files { reason: "it is empty".into() });
    }
    let read = |name: &str| {
        if !inside(name) || name.starts_with(['-', '+']) {
            let reason = format!("{name:?} is not a file of the package");
            return Err(BuildError::Files { reason });
        }
        let path = build.join(name);
        Ok((name.to_owned(), std::fs::read(&path).map_err(io("read", &path))?))
    };
    names.into_iter().map(read).collect()
}

/// Whether a path leads to no place outside of the folder that it is below.
pub(crate) fn inside(path: &str) -> bool {
    let inward = |c| matches!(c, std::path::Component::Normal(_) | std::path::Component::CurDir);
    Path::new(path).components().all(inward)
}

/// Runs Verilator in `work` on copies of everything.
fn compile(
    tools: &Toolchain,
    flags: &[String],
    bus_bytes: u32,
    sources: &[(String, Vec<u8>)],
    work: &Path,
) -> Result<(), BuildError> {
    let write = |name: &str, text: &[u8]| {
        let path = work.join(name);
        let folder = path.parent().unwrap_or(work);
        std::fs::create_dir_all(folder).map_err(io("make", folder))?;
        std::fs::write(&path, text).map_err(io("write", &path))
    };
    for (name, text) in sources {
        write(name, text)?;
    }
    for (name, text) in DRIVER {
        write(&format!("sim/{name}"), text.as_bytes())?;
    }
    let here = work.display();
    let out = Command::new(&tools.verilator)
        .args(flags)
        .args(["-Mdir", "obj", "-o", PROGRAM, "-CFLAGS"])
        .arg(format!("-std=c++14 -DCF_BUS_BYTES={bus_bytes} -I{here}/sim"))
        .args(sources.iter().map(|(name, _)| name))
        .arg(format!("{here}/sim/cf_driver.cpp"))
        .current_dir(work)
        // Flags of a make that runs us are not meant for Verilator's.
        .env_remove("MAKEFLAGS")
        .env_remove("MFLAGS")
        .env_remove("MAKELEVEL")
        .stdin(Stdio::null())
        .output()
        .map_err(io("start", &tools.verilator))?;
    if out.status.success() && work.join("obj").join(PROGRAM).is_file() {
        return Ok(());
    }
    let said = [&out.stdout[..], &out.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    let help = ["zlib.h", "lz4.h"].iter().any(|lib| said.contains(lib)).then(|| {
        "waves need the headers of zlib and lz4: install them with `apt-get install zlib1g-dev liblz4-dev`, or run without --waves"
            .into()
    });
    let mut lines: Vec<&str> = said.lines().filter(|l| wanted(l)).rev().take(SHOWN).collect();
    lines.reverse();
    let tail = if lines.is_empty() { out.status.to_string() } else { lines.join("\n") };
    Err(BuildError::Failed { banner: tools.banner.trim().to_owned(), tail, help })
}

/// Compiler command lines and make's coming and going bury what went wrong.
fn wanted(line: &str) -> bool {
    !(line.trim().is_empty()
        || line.starts_with("make: Entering")
        || line.starts_with("make: Leaving")
        || line.contains(" -MMD ")
        || line.contains("%Warning")
        || line.contains("verilator_includer"))
}

/// Puts the program at `cached`, whole or not at all.
fn publish(program: &Path, cached: &Path) -> std::io::Result<()> {
    let folder = cached.parent().ok_or(std::io::ErrorKind::NotFound)?;
    std::fs::create_dir_all(folder)?;
    let partial = tempfile::Builder::new().prefix(".partial-").tempfile_in(folder)?;
    std::fs::copy(program, partial.path())?;
    // Closed before it is started: a program that is open for writing cannot run.
    partial.into_temp_path().persist(cached).map_err(|e| e.error)
}
