//! How the program ends.

/// The program's exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All done.
    Done = 0,
    /// A comparison or a check failed.
    Failed = 1,
    /// Something in the files or on the command line is wrong.
    BadInput = 2,
    /// A tool that is needed is not there.
    MissingTool = 3,
    /// A run was interrupted in good order, as shells have it for SIGINT: 128 + 2.
    Interrupted = 130,
}
