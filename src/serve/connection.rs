//! One client of the server.

use super::server::{Job, Server, Work};
use super::wire::{Greeting, HELLO_BYTES, LENGTH_BYTES, Message, Status, Welcome, check_hello};
use super::{Incoming, TooLong};
use crate::packet::Content;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often a thread that waits for bytes looks whether it shall stop.
const TICK: Duration = Duration::from_millis(50);

/// How long a client has to take the last answers before the connection closes.
const LINGER: Duration = Duration::from_secs(1);

/// Answers that are written at once.
const GROUP: usize = 256;

/// What came of waiting for bytes.
enum Wait {
    /// Some.
    Bytes,
    /// The client closed, or the connection broke.
    End,
    /// None in time.
    Late,
    /// The server shall stop.
    Stop,
}

impl Server {
    /// Greets a client, hands its packets to the worker, and writes the answers.
    pub(super) fn connection(&self, stream: &TcpStream, jobs: Sender<Job>, stop: &AtomicBool) {
        let set = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(TICK)))
            .and_then(|()| stream.set_write_timeout(Some(self.limits.timeout)));
        if set.is_err() || !self.greet(stream, stop) {
            return;
        }
        self.count().clients += 1;
        let (answers, written) = channel();
        // A token for each packet that is not answered yet: the reader puts it in, and waits where
        // there are too many; the writer takes it out.
        let (token, tokens) = sync_channel(self.limits.window);
        thread::scope(|scope| {
            let write = move || self.write(stream, &written, &tokens);
            let Ok(writer) = thread::Builder::new().spawn_scoped(scope, write) else { return };
            let admit = |sequence, work| {
                let job = Job { sequence, work, answers: answers.clone() };
                token.send(()).is_ok() && jobs.send(job).is_ok()
            };
            let (sequence, reason) = self.read(stream, stop, &admit);
            if let Some((status, text)) = reason {
                if status != Status::Stopping {
                    self.count().ended += 1;
                }
                admit(sequence, Work::Ready(Message::refused(sequence, status, text)));
            }
            // The writer ends when the worker has sent the last answer.
            drop(answers);
            let _ = writer.join();
        });
        linger(stream, LINGER);
    }

    /// Whether the client's greeting is good; tells it what is wrong otherwise.
    fn greet(&self, stream: &TcpStream, stop: &AtomicBool) -> bool {
        let deadline = Instant::now() + self.limits.timeout;
        let mut hello = Vec::with_capacity(HELLO_BYTES);
        let bad = loop {
            match check_hello(&hello, self.service.origin()) {
                Ok(true) => break None,
                Ok(false) => {}
                Err(bad) => break Some(bad),
            }
            // Not a byte of the packets that follow.
            let mut take = |mut from: &TcpStream| {
                let mut piece = [0; HELLO_BYTES];
                let n = from.read(&mut piece[..HELLO_BYTES - hello.len()])?;
                hello.extend(&piece[..n]);
                Ok(n)
            };
            match wait(stream, deadline, stop, &mut take) {
                Wait::Bytes => {}
                Wait::Late => break Some((Greeting::Late, "no greeting came in time".into())),
                Wait::Stop => break Some((Greeting::Busy, "the server ends".into())),
                Wait::End => return false,
            }
        };
        if let Some((greeting, text)) = bad {
            self.count().refused += 1;
            refuse(stream, greeting, text);
            return false;
        }
        let longest = self.service.format().longest() as u32;
        let window = self.limits.window as u32;
        let welcome = Welcome { greeting: Greeting::Welcome, longest, window, text: String::new() };
        (&*stream).write_all(&welcome.encode()).is_ok()
    }

    /// Reads packets until there are no more; how many, and what the client must still be told.
    fn read(
        &self,
        stream: &TcpStream,
        stop: &AtomicBool,
        admit: &dyn Fn(u32, Work) -> bool,
    ) -> (u32, Option<(Status, String)>) {
        let mut incoming = Incoming::new(self.service.format().longest());
        let mut sequence = 0u32;
        let mut deadline = Instant::now() + self.limits.timeout;
        loop {
            match incoming.message() {
                Ok(Some(packet)) => {
                    let work = self.judge(sequence, packet);
                    if !admit(sequence, work) {
                        return (sequence, None);
                    }
                    sequence = sequence.wrapping_add(1);
                    // Waiting for a place does not count as idle.
                    deadline = Instant::now() + self.limits.timeout;
                    continue;
                }
                Ok(None) => {}
                Err(TooLong { found, longest }) => {
                    let text = format!("a packet of {found} bytes, the longest has {longest}");
                    return (sequence, Some((Status::TooLong, text)));
                }
            }
            let mut take = |from: &TcpStream| incoming.fill(from);
            match wait(stream, deadline, stop, &mut take) {
                Wait::Bytes => {}
                Wait::End => return (sequence, None),
                Wait::Late => {
                    let text = format!("no whole packet in {:?}", self.limits.timeout);
                    return (sequence, Some((Status::Idle, text)));
                }
                Wait::Stop => {
                    return (sequence, Some((Status::Stopping, "the server ends".into())));
                }
            }
        }
    }

    /// What is to be done with a packet's bytes.
    fn judge(&self, sequence: u32, bytes: &[u8]) -> Work {
        let packet = self.service.decode(bytes);
        let mut count = self.count();
        count.bytes_in += (LENGTH_BYTES + bytes.len()) as u64;
        match packet {
            Ok(packet) => match packet.content {
                Content::Codes { codes, .. } => Work::Codes(codes),
                Content::Answer { answer, .. } => {
                    count.logged += 1;
                    Work::Ready(Message::answered(sequence, Status::Logged, answer))
                }
            },
            Err(error) => {
                count.corrupt += 1;
                Work::Ready(Message::refused(sequence, Status::Corrupt, error.to_string()))
            }
        }
    }

    /// Writes answers as they come, those that wait together.
    fn write(&self, mut stream: &TcpStream, answers: &Receiver<Vec<u8>>, tokens: &Receiver<()>) {
        while let Ok(mut bytes) = answers.recv() {
            let mut group = 1;
            for more in answers.try_iter().take(GROUP - 1) {
                bytes.extend(more);
                group += 1;
            }
            if stream.write_all(&bytes).is_err() {
                // It is gone, or took nothing for too long; the reader must not wait for it.
                self.count().ended += 1;
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            self.count().bytes_out += bytes.len() as u64;
            for _ in 0..group {
                let _ = tokens.recv();
            }
        }
    }
}

/// Waits until `take` has got some bytes.
fn wait(
    stream: &TcpStream,
    deadline: Instant,
    stop: &AtomicBool,
    take: &mut dyn FnMut(&TcpStream) -> io::Result<usize>,
) -> Wait {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    loop {
        if stop.load(Ordering::Relaxed) {
            return Wait::Stop;
        }
        if Instant::now() >= deadline {
            return Wait::Late;
        }
        match take(stream) {
            Ok(0) => return Wait::End,
            Ok(_) => return Wait::Bytes,
            Err(e) if matches!(e.kind(), Interrupted | TimedOut | WouldBlock) => {}
            Err(_) => return Wait::End,
        }
    }
}

/// Greets a client that may not stay.
pub(super) fn refuse(mut stream: &TcpStream, greeting: Greeting, text: String) {
    let welcome = Welcome { greeting, longest: 0, window: 0, text };
    let _ = stream.set_write_timeout(Some(TICK));
    if stream.write_all(&welcome.encode()).is_ok() {
        linger(stream, 2 * TICK);
    }
}

/// Says that nothing more will be written and waits, not for long, until the client closes, too:
/// closing with bytes unread would take from it what was written last.
fn linger(mut stream: &TcpStream, limit: Duration) {
    let deadline = Instant::now() + limit;
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(TICK));
    let mut bytes = [0; 4096];
    while Instant::now() < deadline {
        use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(e) if matches!(e.kind(), Interrupted | TimedOut | WouldBlock) => {}
            Err(_) => return,
        }
    }
}
