//! `clashfree board`: a compiled head on a board, ready to be synthesised or simulated.

use super::answer::Answer;
use crate::board::{Board, BoardFiles, Destination};
use crate::error::Error;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Put a compiled head on a board: top module, pins, host script, simulation.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The head talks to a host over the board's serial port; host.py is the host's side. `make -C DIR/sim`
builds the board in Verilator, with a pseudo-terminal in place of the port. `clashfree synth BUILD
--board BOARD` makes the same folder with a bitstream.

Examples:
  clashfree board build/head --board ulx3s -o build/head-ulx3s
  clashfree board build/head --board icebreaker --baud 500000 -o build/head-icebreaker")]
pub struct Args {
    /// The package: a folder that `compile` wrote
    build: PathBuf,

    /// The board
    #[arg(long, value_enum)]
    board: Board,

    /// Rate of the serial line
    #[arg(long, value_name = "BAUD", default_value_t = BAUD)]
    baud: u32,

    /// Folder; only one of board or synth --board is replaced
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Rate of a serial line where nobody asks for another: whole cycles of all boards' clocks.
pub const BAUD: u32 = 1_000_000;

/// Makes the folder.
///
/// # Errors
/// If the package, the rate or the folder is not fit; nothing is written then.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let destination = Destination::check(&args.output)?;
    let made = BoardFiles::make(&args.build, args.board, args.baud)?;
    let (name, top) = (made.manifest.name.clone(), made.top.clone());
    destination.write(&made.with(BTreeMap::new()))?;
    let folder = args.output.display();
    let text = format!(
        "{name} on {}, {} baud: module {top}\ntop, pins, host script and simulation in {folder}\n",
        args.board.facts().title,
        args.baud,
    );
    let json = json!({
        "name": name, "board": args.board, "baud": args.baud, "top": top, "output": args.output,
    });
    Ok(Answer { text, json, passed: true })
}
