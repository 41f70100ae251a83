//! `clashfree simulate`: frames in, logits out.

use super::simulation::{CommandError, Common, Data, Run, Summary, logits, run};
use ndarray::Array2;
use ndarray_npy::WriteNpyExt;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Streams data through a compiled head in Verilator
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc comment here would become the command's help")]
    pub common: Common,
    /// Writes the logits: int64 [frames, classes]
    #[arg(short, long, value_name = "LOGITS.npy")]
    pub output: Option<PathBuf>,
}

/// Simulates, writes the logits if asked to, and says what was measured.
///
/// # Errors
/// If the data, the package or a tool is not fit, or the hardware misbehaves.
pub fn simulate(args: &Args, data: &dyn Data) -> Result<Summary, CommandError> {
    let wanted = args.output.is_some();
    let Run { bench, result, summary, .. } = run(&args.common, data, wanted)?;
    if let Some(path) = &args.output {
        write(path, &logits(&bench, &result))?;
    }
    Ok(summary)
}

/// The file appears whole or not at all.
fn write(path: &Path, logits: &Array2<i64>) -> Result<(), CommandError> {
    let failed = |reason: String| CommandError::Write { path: path.to_owned(), reason };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(e.to_string()))?;
    let mut out = BufWriter::new(file);
    logits.write_npy(&mut out).map_err(|e| failed(e.to_string()))?;
    out.flush().map_err(|e| failed(e.to_string()))?;
    let file = out.into_inner().map_err(|e| failed(e.to_string()))?;
    file.persist(path).map_err(|e| failed(e.error.to_string()))?;
    Ok(())
}
