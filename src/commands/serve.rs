//! `serve`: the tail of a split head for many edges.

use super::answer::Answer;
use crate::error::Error;
use crate::serve::{Limits, Server, Service};
use serde_json::json;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set by Ctrl-C and SIGTERM.
static STOP: AtomicBool = AtomicBool::new(false);

/// Answer the packets of a head's split over TCP.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The address that is listened on goes to standard error. Ctrl-C or SIGTERM ends the server: what it has
read is answered, then it says what it did. docs/serve.md has the protocol and the limits.

Examples:
  clashfree serve BUILD --listen 127.0.0.1:7000
  clashfree serve examples/heads/mnist-2-9-10 --after 0 --listen 127.0.0.1:0")]
pub struct Args {
    /// A package of `compile`, or a head.toml or its folder.
    head: PathBuf,

    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: String,

    /// Split a head after this trunk junction, counted from 0, and not where it says.
    #[arg(long, value_name = "K")]
    after: Option<usize>,

    /// Connections at once.
    #[arg(long, value_name = "N", default_value_t = Limits::default().clients)]
    clients: usize,

    /// A connection ends that completes no packet, or takes no answer, for so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().timeout.as_secs())]
    timeout: u64,
}

/// Serves until it is stopped.
///
/// # Errors
/// If there is no head with a split, or the address cannot be listened on.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let service = Service::open(&args.head, args.after)?;
    let (name, origin) = (service.head().name.clone(), *service.origin());
    let timeout = Duration::from_secs(args.timeout);
    let limits = Limits { clients: args.clients, timeout, ..Limits::default() };
    let server = Server::bind(&args.listen, service, limits)?;
    // Fails only where a handler is set already, which nobody else does.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    eprintln!("{name}, {origin}: listening on {}", server.address());
    let statistics = server.run(&STOP);
    let listening = server.address().to_string();
    let mut answer = Answer::of(&Said { name: &name, statistics: &statistics }, true);
    answer.json["listening"] = json!(listening);
    Ok(answer)
}

/// A server's last words.
#[derive(serde::Serialize)]
struct Said<'a> {
    name: &'a str,
    #[serde(flatten)]
    statistics: &'a crate::serve::Statistics,
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.name, self.statistics)
    }
}
