//! `clashfree simulate`: frames in, logits out.

use super::simulation::{CommandError, Common, Data, Run, Summary, logits, run};
use crate::load;
use std::path::PathBuf;

/// Stream data through a compiled head in Verilator.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  clashfree simulate BUILD --inputs x.npy -o logits.npy
  clashfree simulate BUILD --inputs x.npz:frames --frames 20 --stalls random:3 --waves run.fst")]
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
    let Run { bench, result, summary, .. } =
        run(&args.common, data, wanted, false, &|_| Vec::new())?;
    if let Some(path) = &args.output {
        load::write_logits(path, logits(&bench, &result).view())
            .map_err(|e| CommandError::Data(Box::new(e)))?;
    }
    Ok(summary)
}
