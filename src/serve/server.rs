//! The server: takes clients in, and one worker that computes for all of them.
//!
//! A connection has two threads ([`connection`](super::connection)): one reads packets and decodes
//! them, one writes answers. Between them stands the worker, which takes all packets that wait,
//! whoever sent them, and computes them together. It never waits for a client: a connection may have
//! only so many packets that are not answered, so its queue of answers cannot grow beyond that.
//! Threads are enough, since clients are tens and not thousands.

use super::connection::refuse;
use super::wire::{Greeting, Message, Status};
use super::{ServeError, Service};
use crate::packet::{Answer, AnswerFormat};
use serde::Serialize;
use std::fmt;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// How often the server looks for a new client and whether it shall stop.
const TICK: Duration = Duration::from_millis(5);

/// Limits of a server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub clients: usize,
    /// A connection ends that completes no packet for so long, or takes no answer for so long.
    pub timeout: Duration,
    /// Packets of a connection that are not answered; more are not read.
    pub window: usize,
    /// Packets that are computed together.
    pub batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { clients: 64, timeout: Duration::from_secs(30), window: 256, batch: 256 }
    }
}

/// What a server did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Connections that were greeted.
    pub clients: u64,
    /// Connections that were not: other builds, garbage, too many.
    pub refused: u64,
    /// Packets that the tail answered.
    pub answered: u64,
    /// Answers of the edge that were taken down.
    pub logged: u64,
    /// Packets that were none of this head's.
    pub corrupt: u64,
    /// Connections that were ended: a length too large, nothing for too long, answers not taken.
    pub ended: u64,
    /// Bytes of packets, the length in front included.
    pub bytes_in: u64,
    /// Bytes of answers that were written.
    pub bytes_out: u64,
    /// Times that the worker computed.
    pub batches: u64,
    /// Most packets computed together.
    pub largest_batch: usize,
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, refused, answered, logged, corrupt, ended, .. } = self;
        writeln!(f, "clients {clients}, refused {refused}, ended {ended}")?;
        writeln!(
            f,
            "packets answered {answered} in {} batches of at most {}, logged {logged}, corrupt {corrupt}",
            self.batches, self.largest_batch
        )?;
        writeln!(f, "bytes in {}, out {}", self.bytes_in, self.bytes_out)
    }
}

/// A packet on its way to the worker.
pub(super) struct Job {
    pub(super) sequence: u32,
    pub(super) work: Work,
    /// To the connection's writer.
    pub(super) answers: Sender<Vec<u8>>,
}

/// What there is to do.
pub(super) enum Work {
    /// Codes for the tail.
    Codes(Vec<i32>),
    /// Something that only waits for its turn.
    Ready(Message),
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    pub(super) service: Service,
    pub(super) limits: Limits,
    statistics: Mutex<Statistics>,
    connections: AtomicUsize,
}

impl Server {
    /// Listens on an address; port 0 takes a free one. Limits of 0 count as 1.
    ///
    /// # Errors
    /// If the address is not this machine's or not free.
    pub fn bind(address: &str, service: Service, limits: Limits) -> Result<Self, ServeError> {
        let failed = |source| ServeError::Listen { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let limits = Limits {
            clients: limits.clients.max(1),
            window: limits.window.max(1),
            batch: limits.batch.max(1),
            timeout: limits.timeout.max(TICK),
        };
        let (statistics, connections) = Default::default();
        Ok(Self { listener, address, service, limits, statistics, connections })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is set. Then no packet is read any more, those that were read are
    /// answered, and it returns.
    pub fn run(&self, stop: &AtomicBool) -> Statistics {
        let (jobs, queue) = channel();
        thread::scope(|scope| {
            scope.spawn(move || self.work(&queue));
            while !stop.load(Ordering::Relaxed) {
                // Beside "nobody", what accept says passes: a client that left, no descriptors left.
                let Ok((stream, _)) = self.listener.accept() else {
                    thread::sleep(TICK);
                    continue;
                };
                if stream.set_nonblocking(false).is_err() {
                    continue;
                }
                let place = Place::take(&self.connections, self.limits.clients);
                let (Some(place), Ok(twin)) = (place, stream.try_clone()) else {
                    self.turn_away(&stream);
                    continue;
                };
                let jobs = jobs.clone();
                let started = thread::Builder::new().spawn_scoped(scope, move || {
                    self.connection(&twin, jobs, stop);
                    drop(place);
                });
                if started.is_err() {
                    self.turn_away(&stream);
                }
            }
            drop(jobs);
        });
        self.count().clone()
    }

    /// What was done so far.
    pub(super) fn count(&self) -> MutexGuard<'_, Statistics> {
        self.statistics.lock().expect("nobody panics while counting")
    }

    fn turn_away(&self, stream: &TcpStream) {
        let most = self.limits.clients;
        self.count().refused += 1;
        refuse(
            stream,
            Greeting::Busy,
            format!("there are {most} clients already, as many as may be"),
        );
    }

    /// Computes what waits, until nobody is left who could send more.
    fn work(&self, queue: &Receiver<Job>) {
        let format = AnswerFormat::new(self.service.classes(), 64, Default::default());
        while let Ok(first) = queue.recv() {
            let more = queue.try_iter().take(self.limits.batch - 1);
            let jobs: Vec<Job> = std::iter::once(first).chain(more).collect();
            let codes: Vec<&[i32]> = jobs
                .iter()
                .filter_map(|job| match &job.work {
                    Work::Codes(codes) => Some(codes.as_slice()),
                    Work::Ready(_) => None,
                })
                .collect();
            let logits = self.service.logits(&codes);
            let answers: Vec<Answer> =
                logits.rows().into_iter().map(|row| format.answer(&row.to_vec())).collect();
            if !answers.is_empty() {
                let mut count = self.count();
                count.answered += answers.len() as u64;
                count.batches += 1;
                count.largest_batch = count.largest_batch.max(answers.len());
            }
            let mut answers = answers.into_iter();
            for Job { sequence, work, answers: to } in jobs {
                let message = match work {
                    Work::Codes(_) => {
                        let answer = answers.next().expect("an answer for each packet's codes");
                        Message::answered(sequence, Status::Answered, answer)
                    }
                    Work::Ready(message) => message,
                };
                // Nobody takes it if the client is gone.
                let _ = to.send(message.encode());
            }
        }
    }
}

/// A client's place among those that may be there at once.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(taken: &'a AtomicUsize, most: usize) -> Option<Self> {
        let more = |n: usize| (n < most).then_some(n + 1);
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self(taken))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
