//! One error for all stages, and the exit code it ends the program with.

use crate::board::BoardError;
use crate::calibrate::CalibrateError;
use crate::commands::simulation::CommandError;
use crate::emit::PackageError;
use crate::exit::Exit;
use crate::load::{HeadError, InputError, LabelError, WriteError};
use crate::lower::InterfaceError;
use crate::masks::MaskError;
use crate::policies::PoliciesError;
use crate::quantise::QuantiseError;
use crate::report::FolderError;
use crate::save::SaveError;
use crate::schedule::ScheduleError;
use crate::serve::{EdgeError, ServeError};
use crate::speed::TooFast;
use crate::sweep::SweepError;
use crate::synth::error::SynthError;
use crate::tail::TailError;
use crate::thresholds::ThresholdError;
use crate::train::TrainError;
use miette::Diagnostic;
use serde_json::json;

/// Whatever a stage may answer instead of its product.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error(transparent)]
#[diagnostic(transparent)]
pub enum Error {
    /// A head file is wrong.
    Head(#[from] HeadError),
    /// A head does not become integers.
    Quantise(#[from] QuantiseError),
    /// Inputs are wrong.
    Input(#[from] InputError),
    /// Labels are wrong.
    Label(#[from] LabelError),
    /// Logits could not be written.
    Write(#[from] WriteError),
    /// A head could not be written.
    Save(#[from] SaveError),
    /// A parallelism that cannot be.
    Schedule(#[from] ScheduleError),
    /// A frame rate that the bus cannot bring.
    Speed(#[from] TooFast),
    /// An outside that cannot be built.
    Interface(#[from] InterfaceError),
    /// A board could not be made.
    Board(#[from] BoardError),
    /// A package could not be written.
    Package(#[from] PackageError),
    /// Pictures could not be written.
    Picture(#[from] FolderError),
    /// Masks could not be made.
    Mask(#[from] MaskError),
    /// Formats could not be chosen.
    Calibrate(#[from] CalibrateError),
    /// Thresholds could not be chosen.
    Threshold(#[from] ThresholdError),
    /// Training failed.
    Train(#[from] TrainError),
    /// A sweep stopped.
    Sweep(#[from] SweepError),
    /// Policies were not compared.
    Policies(#[from] PoliciesError),
    /// A tail could not be made or written.
    Tail(#[from] TailError),
    /// There is nothing to serve, or nowhere.
    Serve(#[from] ServeError),
    /// An edge could not be played.
    Edge(#[from] EdgeError),
    /// Simulation failed.
    Simulation(#[from] CommandError),
    /// Synthesis failed.
    Synth(#[from] SynthError),
    /// Standard output is no more, other than by a closed pipe.
    Stdout(#[from] StdoutError),
}

/// Standard output could not be written.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot write to standard output: {0}")]
#[diagnostic(code(clashfree::stdout::write))]
pub struct StdoutError(#[from] std::io::Error);

impl Error {
    /// What the program ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Simulation(error) => error.exit(),
            Self::Synth(error) => error.exit(),
            Self::Train(TrainError::Interrupted { .. }) => Exit::Interrupted,
            _ => Exit::BadInput,
        }
    }

    /// For people: `error: …`, `help: …` where there is one, and the error's code.
    pub fn text(&self) -> String {
        let help = self.help().map_or_else(String::new, |h| format!("  help: {h}\n"));
        let code = self.code().map_or_else(String::new, |c| format!("  code: {c}\n"));
        format!("error: {self}\n{help}{code}")
    }

    /// For programs: the same as one JSON object on a line.
    pub fn json(&self) -> String {
        let error = json!({
            "message": self.to_string(),
            "help": self.help().map(|h| h.to_string()),
            "code": self.code().map(|c| c.to_string()),
            "exit": self.exit() as u8,
        });
        format!("{}\n", json!({ "error": error }))
    }
}
