//! The command line: what it takes, and how an answer gets out.

use crate::commands::answer::Answer;
use crate::commands::simulation::Files;
use crate::commands::{
    board, calibrate, check, compile, draw, edge, infer, pattern, policies, quantise, serve,
    simulate, sweep, synth, tail, train, verify,
};
use crate::error::{Error, StdoutError};
use crate::exit::Exit;
use clap::{Parser, Subcommand};
use std::io::{self, Write};

/// Compiles trained structured-sparse network heads to verified FPGA datapaths.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Exit codes: 0 done, 1 a mismatch or a failed check, 2 bad input, 3 a missing tool, 130 training or
synthesis was interrupted; training can be resumed.
HEAD is a head.toml, or the folder that holds one."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,

    /// Answer in JSON; errors too, but for those of the command line itself.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pattern(pattern::Args),
    Train(train::Args),
    Quantise(quantise::Args),
    Calibrate(calibrate::Args),
    Sweep(sweep::Args),
    Policies(policies::Args),
    Check(check::Args),
    Draw(draw::Args),
    Infer(infer::Args),
    Tail(tail::Args),
    Compile(compile::Args),
    Board(board::Args),
    Serve(serve::Args),
    Edge(edge::Args),
    Simulate(simulate::Args),
    Verify(verify::Args),
    Synth(synth::Args),
}

impl Command {
    fn run(&self) -> Result<Answer, Error> {
        match self {
            Self::Pattern(args) => pattern::run(args),
            Self::Quantise(args) => quantise::run(args),
            Self::Calibrate(args) => calibrate::run(args),
            Self::Check(args) => check::run(args),
            Self::Draw(args) => draw::run(args),
            Self::Infer(args) => infer::run(args),
            Self::Tail(args) => tail::run(args),
            Self::Compile(args) => compile::run(args),
            Self::Board(args) => board::run(args),
            Self::Train(args) => Ok(Answer::of(&train::run(args)?, true)),
            Self::Sweep(args) => sweep::run(args),
            Self::Policies(args) => policies::run(args),
            Self::Serve(args) => serve::run(args),
            Self::Edge(args) => edge::run(args),
            Self::Simulate(args) => Ok(Answer::of(&simulate::simulate(args, &Files)?, true)),
            Self::Synth(args) => synth::run(args),
            Self::Verify(args) => {
                let verdict = verify::verify(args, &Files)?;
                Ok(Answer::of(&verdict, verdict.passed))
            }
        }
    }
}

/// Runs the program on its command line and tells how it ended.
pub fn main() -> Exit {
    // Usage errors end the program here, with code 2.
    let cli = Cli::parse();
    match cli.command.run().and_then(|answer| print(&answer, cli.json)) {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::Failed,
        Err(error) => {
            let text = if cli.json { error.json() } else { error.text() };
            // If nobody can be told, the exit code still tells.
            let _ = io::stderr().write_all(text.as_bytes());
            error.exit()
        }
    }
}

/// Prints an answer; a reader that went away, as `head` does, is no error.
fn print(answer: &Answer, json: bool) -> Result<bool, Error> {
    let text = if json { format!("{:#}\n", answer.json) } else { answer.text.clone() };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(StdoutError::from(e).into()),
        _ => Ok(answer.passed),
    }
}
