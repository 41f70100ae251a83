//! One child process: operations in, events out.
//!
//! The records are described at the head of `sim/cf_driver.cpp`.

use super::Model;
use super::stalls::Stalls;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the driver does next on the input stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Sends beats; `last` puts `tlast` on the final one.
    Frame {
        /// Whole beats, as [`BusFormat::pack`](crate::bus::BusFormat::pack) makes them.
        beats: Vec<u8>,
        /// Whether the final beat ends the frame.
        last: bool,
    },
    /// Holds `aresetn` low for some cycles, once every earlier beat was accepted.
    Reset {
        /// How many.
        cycles: u32,
    },
    /// Waits until every frame of the right length has been answered.
    Drain,
    /// Offers nothing for some cycles.
    Idle {
        /// How many.
        cycles: u32,
    },
    /// Writes a register once every earlier beat was accepted, and waits for the response. As every
    /// access of a register, only for a package with [`control`](crate::manifest::Manifest::control):
    /// another's simulation ends with [`RunError::Died`].
    Write {
        /// Its offset in bytes, below 4,096.
        address: u32,
        /// The word.
        data: u32,
    },
    /// Reads a register once every earlier beat was accepted, and waits for the response.
    Read {
        /// Its offset in bytes, below 4,096.
        address: u32,
    },
    /// Sends a frame as [`Op::Frame`] does, and begins to write a register after some of its beats. The
    /// beats go on meanwhile; the next operation waits for both.
    FrameWithWrite {
        /// Whole beats.
        beats: Vec<u8>,
        /// Whether the final beat ends the frame.
        last: bool,
        /// Beats that are accepted first: 0 to all.
        at: u32,
        /// The register's offset in bytes, below 4,096.
        address: u32,
        /// The word.
        data: u32,
    },
}

/// Cycles of the first and of the last beat of something; the first clock edge is cycle 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Span {
    /// Of the first beat.
    pub first: u64,
    /// Of the last beat.
    pub last: u64,
}

/// A packet as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawPacket {
    /// `m_axis_tuser`: answered here.
    pub user: bool,
    /// When its beats were taken.
    pub span: Span,
    /// Its bytes, without those that `tkeep` leaves out.
    pub bytes: Vec<u8>,
}

/// The end of a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetMark {
    /// Its last cycle.
    pub cycle: u64,
    /// Packets that came before it.
    pub packets: usize,
    /// Frames that were flagged as dropped before it.
    pub drops: usize,
}

/// The response to an access of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// The first cycle in which it was valid. A threshold that was written counts for the frames whose
    /// last beat was accepted in this cycle or later.
    pub cycle: u64,
    /// The register's offset in bytes.
    pub address: u32,
    /// What was read; 0 for a write.
    pub data: u32,
    /// `bresp` or `rresp`: 0 is OKAY, 2 is SLVERR.
    pub resp: u8,
}

/// Everything that one run said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// When each [`Op::Frame`] and [`Op::FrameWithWrite`] was accepted.
    pub frames: Vec<Span>,
    /// The packets.
    pub packets: Vec<RawPacket>,
    /// Cycles in which `frame_error_o` was high.
    pub drops: Vec<u64>,
    /// The resets that were asked for (not the first).
    pub resets: Vec<ResetMark>,
    /// Registers that were written.
    pub writes: Vec<Response>,
    /// Registers that were read.
    pub reads: Vec<Response>,
    /// Cycles in all.
    pub cycles: u64,
    /// `dropped_frames_o` at the end.
    pub dropped: u32,
}

/// A run that did not come to its end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RunError {
    /// The program cannot be started.
    #[error("cannot start the simulation {}", .program.display())]
    #[diagnostic(code(clashfree::run::start))]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The trace cannot be written.
    #[error("cannot write the waves to {}", .path.display())]
    #[diagnostic(code(clashfree::run::waves))]
    Waves {
        /// The file asked for.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The model broke a rule of AXI4-Stream or AXI4-Lite.
    #[error("cycle {cycle}: the design breaks a rule of AXI4: {rule}")]
    #[diagnostic(code(clashfree::run::protocol))]
    Protocol {
        /// The cycle.
        cycle: u64,
        /// Which rule.
        rule: String,
    },
    /// Nothing happened for too long.
    #[error("cycle {cycle}: the design hangs: {text}")]
    #[diagnostic(code(clashfree::run::watchdog))]
    Watchdog {
        /// The cycle.
        cycle: u64,
        /// What was waited for.
        text: String,
    },
    /// The model called `$finish` or `$stop`.
    #[error("cycle {cycle}: the design stopped the simulation; it says:\n{said}")]
    #[diagnostic(code(clashfree::run::finished))]
    Finished {
        /// The cycle.
        cycle: u64,
        /// What it printed.
        said: String,
    },
    /// The program ended before its time, or broke the format of its records.
    #[error("the simulation broke off ({status}){}{said}", if .said.is_empty() { "" } else { "; it says:\n" })]
    #[diagnostic(code(clashfree::run::died))]
    Died {
        /// How it ended.
        status: String,
        /// What it printed.
        said: String,
    },
    /// Another shard failed first.
    #[error("the simulation was called off")]
    #[diagnostic(code(clashfree::run::cancelled))]
    Cancelled,
}

/// How to run a program.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// On both sides of the stream.
    pub stalls: Stalls,
    /// Where to write a trace; the model must be able to.
    pub waves: Option<PathBuf>,
    /// Beats of a right frame.
    pub frame_beats: usize,
    /// Cycles without a handshake that count as a hang.
    pub watchdog: u64,
    /// Plusargs for the model, as `+name=value`.
    pub plusargs: Vec<String>,
}

/// Plays `ops` into a new process of `model`. `seen` is called at each packet; once `stop` is set
/// the run is given up.
///
/// # Errors
/// If the process cannot be started, fails, or says that the model misbehaves.
pub fn play(
    model: &Model,
    ops: impl Iterator<Item = Op> + Send,
    options: &RunOptions,
    stop: &AtomicBool,
    seen: impl Fn(),
) -> Result<Transcript, RunError> {
    let mut child = spawn(model, options)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let bus = model.bus_bytes;
    let (result, said) = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A pipe that breaks is a child that ended: its records say why.
            stdin.map(|pipe| feed(pipe, ops, bus))
        });
        let said = scope.spawn(move || stderr.map(last_words).unwrap_or_default());
        let result = stdout.map_or(Err(io::ErrorKind::BrokenPipe.into()), |pipe| {
            collect(BufReader::with_capacity(1 << 16, pipe), stop, seen)
        });
        if result.is_err() {
            // Whatever it does now, nobody listens. It may have ended already.
            let _ = child.kill();
        }
        (result, said.join().unwrap_or_default())
    });
    let status = child.wait();
    if stop.load(Ordering::Relaxed) && result.is_err() {
        return Err(RunError::Cancelled);
    }
    let died = |said| {
        let status = status.as_ref().map_or_else(ToString::to_string, ExitStatus::to_string);
        RunError::Died { status, said }
    };
    match result {
        Ok(End::Done(transcript)) if status.as_ref().is_ok_and(ExitStatus::success) => {
            Ok(transcript)
        }
        Ok(End::Failed { code: 3, cycle, text }) => Err(RunError::Protocol { cycle, rule: text }),
        Ok(End::Failed { code: 4, cycle, text }) => Err(RunError::Watchdog { cycle, text }),
        Ok(End::Failed { code: 5, cycle, .. }) => Err(RunError::Finished { cycle, said }),
        _ => Err(died(said)),
    }
}

pub(super) fn spawn(model: &Model, options: &RunOptions) -> Result<Child, RunError> {
    let mut command = Command::new(&model.program);
    let Stalls { input, output, seed } = options.stalls;
    command.current_dir(&model.package);
    command.args(["--stall-in", input.name(), "--stall-out", output.name()]);
    command.args(["--seed", &seed.to_string(), "--watchdog", &options.watchdog.to_string()]);
    command.args(["--frame-beats", &options.frame_beats.to_string()]);
    if let Some(path) = &options.waves {
        // The trace writer of the model does not say when it cannot write.
        let waves = |source| RunError::Waves { path: path.clone(), source };
        std::fs::File::create(path).map_err(waves)?;
        command.arg("--waves").arg(std::path::absolute(path).map_err(waves)?);
    }
    command.args(&options.plusargs);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tries = 0;
    loop {
        match command.spawn() {
            Ok(child) => return Ok(child),
            // Another thread started a process while the program was still being written, and that
            // process holds it open until it becomes its own program.
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && tries < 50 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(source) => {
                return Err(RunError::Start { program: model.program.clone(), source });
            }
        }
    }
}

/// Writes the operations as records.
pub(super) fn feed(pipe: impl Write, ops: impl Iterator<Item = Op>, bus: usize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, pipe);
    let words = |out: &mut BufWriter<_>, words: &[u32]| {
        words.iter().try_for_each(|w| out.write_all(&w.to_le_bytes()))
    };
    for op in ops {
        match op {
            Op::Frame { beats, last } => {
                words(&mut out, &[0, u32::from(last), (beats.len() / bus) as u32])?;
                out.write_all(&beats)?;
            }
            Op::Reset { cycles } => words(&mut out, &[1, cycles])?,
            Op::Drain => words(&mut out, &[2])?,
            Op::Idle { cycles } => words(&mut out, &[3, cycles])?,
            Op::Write { address, data } => words(&mut out, &[4, address, data])?,
            Op::Read { address } => words(&mut out, &[5, address])?,
            Op::FrameWithWrite { beats, last, at, address, data } => {
                let count = (beats.len() / bus) as u32;
                words(&mut out, &[6, u32::from(last), count, at, address, data])?;
                out.write_all(&beats)?;
            }
        }
    }
    out.flush()
}

enum End {
    Done(Transcript),
    Failed { code: u8, cycle: u64, text: String },
}

/// Reads records up to the last one.
fn collect(mut from: impl Read, stop: &AtomicBool, seen: impl Fn()) -> io::Result<End> {
    let mut all = Transcript::default();
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let [tag] = array(&mut from)?;
        match tag {
            b'F' => all.frames.push(span(&mut from)?),
            b'P' => {
                let length = word(&mut from)?;
                let [user] = array(&mut from)?;
                let span = span(&mut from)?;
                let bytes = text(&mut from, length)?;
                all.packets.push(RawPacket { user: user != 0, span, bytes });
                seen();
            }
            b'D' => {
                all.drops.push(long(&mut from)?);
                let _count: [u8; 4] = array(&mut from)?;
            }
            b'R' => {
                let (cycle, packets) = (long(&mut from)?, long(&mut from)? as usize);
                all.resets.push(ResetMark { cycle, packets, drops: all.drops.len() });
            }
            b'W' | b'V' => {
                let cycle = long(&mut from)?;
                let address = word(&mut from)?;
                let read = tag == b'V';
                let data = if read { word(&mut from)? } else { 0 };
                let [resp] = array(&mut from)?;
                let list = if read { &mut all.reads } else { &mut all.writes };
                list.push(Response { cycle, address, data, resp });
            }
            b'E' => {
                all.cycles = long(&mut from)?;
                all.dropped = word(&mut from)?;
                return Ok(End::Done(all));
            }
            b'X' => {
                let [code] = array(&mut from)?;
                let cycle = long(&mut from)?;
                let length = word(&mut from)?;
                let text = String::from_utf8_lossy(&text(&mut from, length)?).into_owned();
                return Ok(End::Failed { code, cycle, text });
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn word(from: &mut impl Read) -> io::Result<u32> {
    array(from).map(u32::from_le_bytes)
}

fn long(from: &mut impl Read) -> io::Result<u64> {
    array(from).map(u64::from_le_bytes)
}

fn span(from: &mut impl Read) -> io::Result<Span> {
    Ok(Span { first: long(from)?, last: long(from)? })
}

/// `length` bytes; memory grows with what comes, not with what was promised.
fn text(from: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() == length as usize {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// The last 4 KiB of what the child prints; all of it is read, so that it never waits for us.
fn last_words(mut pipe: impl Read) -> String {
    const KEPT: usize = 4096;
    let (mut kept, mut buffer) = (Vec::new(), [0; KEPT]);
    while let Ok(n @ 1..) = pipe.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..n]);
        kept.drain(..kept.len().saturating_sub(KEPT));
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}
