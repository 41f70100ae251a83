//! `clashfree synth`: what a compiled head takes of an FPGA, and how fast it is there.

use super::answer::Answer;
use super::board::BAUD;
use crate::board::{self, Board, BoardFiles};
use crate::error::Error;
use crate::synth::bitstream::{Bitstream, bitstream};
use crate::synth::folder::Destination;
use crate::synth::target::{Resources, Target};
use crate::synth::tools::Tools;
use crate::synth::{Options, synthesise};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set by Ctrl-C and other signals to end.
static STOP: AtomicBool = AtomicBool::new(false);

/// Synthesise a compiled head with open tools: area by module, and the clock after place and route.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["target", "board"])))]
#[command(after_help = "\
Tools are YoWASP's (`make synth-tools` installs them into .tools) or the system's: Yosys, and for
ecp5, ice40 and gowin parts nextpnr. xcup and xc7 are Yosys' estimate, with no place and route.
`clashfree verify BUILD --netlist DIR` simulates the netlist afterwards.

Examples:
  clashfree synth build/head --target xcup
  clashfree synth build/head --target ecp5-85k --freq 120 --seed 2 -o build/head-ecp5
  clashfree synth build/head --target xc7 --depth 5 --json | jq .area.luts
  clashfree synth build/head --board ulx3s -o build/head-ulx3s")]
pub struct Args {
    /// The package: a folder that `compile` wrote
    build: PathBuf,

    /// Family or part
    #[arg(long, value_enum)]
    target: Option<Target>,

    /// Make a bitstream for a board, with a link to a host
    #[arg(long, value_enum, conflicts_with_all = ["depth", "no_modules", "freq"])]
    board: Option<Board>,

    /// Rate of the board's serial line
    #[arg(long, value_name = "BAUD", default_value_t = BAUD, conflicts_with = "target")]
    baud: u32,

    /// Folder for report, netlist and logs; only one of synth is replaced [default: BUILD-synth-TARGET]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Let Yosys use the part's multipliers
    #[arg(long)]
    dsp: bool,

    /// Let Yosys use no block RAM
    #[arg(long)]
    no_bram: bool,

    /// Depth of the table by module
    #[arg(long, value_name = "N", default_value_t = 3, conflicts_with = "no_modules")]
    depth: usize,

    /// No table by module: half the time
    #[arg(long)]
    no_modules: bool,

    /// Clock that place and route aims at; by the part where absent
    #[arg(long, value_name = "MHZ", value_parser = clock)]
    freq: Option<f64>,

    /// Seed of the placement
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Folder of the tools [default: CLASHFREE_TOOLS, else .tools/bin if it is there, else the search
    /// path]
    #[arg(long, value_name = "DIR")]
    tools: Option<PathBuf>,

    /// Longest time for one run of a tool
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
}

fn clock(text: &str) -> Result<f64, String> {
    let good = |mhz: &f64| (1.0..=10_000.0).contains(mhz);
    let parsed = text.parse().ok().filter(good);
    parsed.ok_or_else(|| "a clock is a number of MHz from 1 to 10000".into())
}

/// Synthesises, and writes the folder.
///
/// # Errors
/// If the package, a tool or the folder is not fit, or the part too small; nothing is written then.
pub fn run(args: &Args) -> Result<Answer, Error> {
    // Fails only where a handler is set already, which nobody else does.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    let tools = Tools::new(args.tools.as_deref(), Duration::from_secs(args.time_limit), &STOP);
    let resources = Resources { dsp: args.dsp, no_bram: args.no_bram };
    let output = |what: &str| args.output.clone().unwrap_or_else(|| beside(&args.build, what));
    let target = match (args.board, args.target) {
        (Some(board), _) => return board_of(args, board, &output(board.name()), resources, &tools),
        (None, Some(target)) => target,
        (None, None) => unreachable!("the command line asks for one of them"),
    };
    let output = output(target.name());
    let destination = Destination::check(&output)?;
    let options = Options {
        target,
        resources,
        depth: (!args.no_modules).then_some(args.depth),
        goal: args.freq,
        seed: args.seed,
    };
    let synthesis = synthesise(&args.build, &options, &tools)?;
    destination.write(&synthesis)?;
    let mut answer = Answer::of(&synthesis.report, true);
    answer.text += &format!("report, netlist and logs in {}\n", output.display());
    Ok(answer)
}

/// The folder of a board, with its bitstream.
fn board_of(
    args: &Args,
    board: Board,
    output: &Path,
    resources: Resources,
    tools: &Tools,
) -> Result<Answer, Error> {
    let destination = board::Destination::check(output)?;
    let made = BoardFiles::make(&args.build, board, args.baud)?;
    let Bitstream { report, files } = bitstream(&args.build, &made, resources, args.seed, tools)?;
    destination.write(&made.with(files))?;
    let mut answer = Answer::of(&report, true);
    answer.text += &format!(
        "bitstream, host script and simulation in {}
",
        output.display()
    );
    Ok(answer)
}

/// `BUILD-synth-TARGET`: never inside the package, which knows all its files.
fn beside(build: &Path, target: &str) -> PathBuf {
    let folder = std::path::absolute(build).unwrap_or_else(|_| build.to_owned());
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let own = format!("{name}-synth-{target}");
    match build.file_name() {
        Some(_) => build.with_file_name(own),
        None => folder.with_file_name(own),
    }
}
