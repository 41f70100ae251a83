//! `clashfree simulate`: frames in, logits out.

use super::simulation::{CommandError, Common, Data, How, Run, Summary, logits, run};
use crate::load;
use crate::packet::{Origin, Recorded};
use std::path::PathBuf;

/// Stream data through a compiled head in Verilator.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  clashfree simulate BUILD --inputs x.npy -o logits.npy
  clashfree simulate BUILD --inputs x.npz:frames --frames 20 --stalls random:3 --waves run.fst
  clashfree simulate BUILD --inputs images.gz --packets packets.bin")]
pub struct Args {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc comment here would become the command's help")]
    pub common: Common,
    /// Writes the logits: int64 [frames, classes]
    #[arg(short, long, value_name = "LOGITS.npy")]
    pub output: Option<PathBuf>,
    /// Records the packets, for `edge --packets` or decoders elsewhere; in one process, so that frames
    /// are numbered in order
    #[arg(long, value_name = "FILE")]
    pub packets: Option<PathBuf>,
}

/// Simulates, writes the logits if asked to, and says what was measured.
///
/// # Errors
/// If the data, the package or a tool is not fit, or the hardware misbehaves.
pub fn simulate(args: &Args, data: &dyn Data) -> Result<Summary, CommandError> {
    let wanted = args.output.is_some();
    let how = How { logits: wanted, in_order: args.packets.is_some(), ..How::default() };
    let Run { bench, result, summary, .. } = run(&args.common, data, how, &|_, _| Vec::new())?;
    if let Some(path) = &args.output {
        load::write_logits(path, logits(&bench, &result).view())
            .map_err(|e| CommandError::Data(Box::new(e)))?;
    }
    if let Some(path) = &args.packets {
        let manifest = &bench.manifest;
        let recorded = Recorded {
            origin: Origin::new(&manifest.head_sha256, &manifest.packet)
                .ok_or_else(|| CommandError::NoHash { build: args.common.build.clone() })?,
            packets: result.answers.into_iter().map(|answer| answer.bytes).collect(),
        };
        recorded.save(path).map_err(|e| CommandError::Data(Box::new(e)))?;
    }
    Ok(summary)
}
