//! The program: parses, runs, and ends with an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(clashfree::cli::main() as u8)
}
