//! The edge's side of a connection: packets out, answers in, and both over again where a connection
//! breaks.

use super::wire::{
    ANSWER_BYTES, Greeting, HELLO_BYTES, LENGTH_BYTES, MAX_TEXT, Message, Status, WELCOME_BYTES,
    Welcome, hello,
};
use super::{EdgeError, Incoming};
use crate::packet::{Answer, Origin};
use serde::Serialize;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A packet's tag, its reply, and the time from writing the one to reading the other.
pub type Replied = (usize, Reply, Duration);

/// How long the first retry waits; each further one twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Where the server listens.
    pub server: String,
    /// Packets on their way at once; never more than the server takes in.
    pub in_flight: usize,
    /// How often it connects again, one time after the other without an answer between them.
    pub retries: usize,
    /// A connection is lost on which nothing comes for so long.
    pub timeout: Duration,
}

/// What the server says of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The tail's answer.
    Answered(Answer),
    /// The edge's answer was taken down.
    Logged,
    /// The server takes it for no packet.
    Corrupt(String),
}

/// What went over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Packets sent, those sent again not counted.
    pub packets: u64,
    /// Bytes of these packets.
    pub packet_bytes: u64,
    /// Bytes sent besides: greetings, lengths, and all of what was sent again.
    pub overhead_bytes: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// Connections after the first.
    pub reconnects: u64,
}

/// A packet that is not answered.
struct Pending {
    tag: usize,
    bytes: Vec<u8>,
    sent: Option<Instant>,
}

/// An open connection.
struct Link {
    stream: TcpStream,
    incoming: Incoming,
    window: usize,
    /// The number of the next answer.
    sequence: u32,
    /// Packets at the front of those pending that were written here.
    written: usize,
}

/// What ended a connection.
enum Broken {
    /// It may go on with another.
    Lost(String),
    /// Another would fare no better.
    Fatal(EdgeError),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

/// A client of a server.
pub struct Client {
    options: ClientOptions,
    origin: Origin,
    longest: usize,
    link: Option<Link>,
    pending: VecDeque<Pending>,
    replies: Vec<Replied>,
    tries: usize,
    traffic: Traffic,
}

impl Client {
    /// Connects for packets of this origin, answered with `classes` logits.
    ///
    /// # Errors
    /// If there is no server, or it refuses.
    pub fn connect(
        options: ClientOptions,
        origin: Origin,
        classes: usize,
    ) -> Result<Self, EdgeError> {
        let longest = ANSWER_BYTES + MAX_TEXT.max(8 * classes);
        let mut client = Self {
            options,
            origin,
            longest,
            link: None,
            pending: VecDeque::new(),
            replies: Vec::new(),
            tries: 0,
            traffic: Traffic::default(),
        };
        let stream = client.stream().map_err(|source| EdgeError::Connect {
            server: client.options.server.clone(),
            source,
        })?;
        match client.greet(stream) {
            Ok(link) => client.link = Some(link),
            Err(Broken::Fatal(error)) => return Err(error),
            Err(Broken::Lost(why)) => client.again(why)?,
        }
        Ok(client)
    }

    /// Sends a packet; waits for answers where as many as may be are on their way. `tag` comes back
    /// with its reply.
    ///
    /// # Errors
    /// If no connection is left, or the server is none.
    pub fn send(&mut self, tag: usize, packet: Vec<u8>) -> Result<(), EdgeError> {
        self.traffic.packets += 1;
        self.traffic.packet_bytes += packet.len() as u64;
        self.pending.push_back(Pending { tag, bytes: packet, sent: None });
        while self.pending.len() >= self.most() {
            self.receive()?;
        }
        Ok(())
    }

    /// Waits for all answers; each packet's tag, its reply, and the time from writing to reading,
    /// in the order of sending.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn finish(mut self) -> Result<(Vec<Replied>, Traffic), EdgeError> {
        while !self.pending.is_empty() {
            self.receive()?;
        }
        Ok((self.replies, self.traffic))
    }

    /// Packets that may be pending.
    fn most(&self) -> usize {
        let window = self.link.as_ref().map_or(1, |link| link.window);
        self.options.in_flight.min(window).max(1)
    }

    /// Writes what was not written, and reads once: at least one answer, over new connections if it
    /// must be.
    fn receive(&mut self) -> Result<(), EdgeError> {
        let before = self.replies.len();
        while self.replies.len() == before {
            match self.exchange() {
                Ok(()) => {}
                Err(Broken::Fatal(error)) => return Err(error),
                Err(Broken::Lost(why)) => self.again(why)?,
            }
        }
        self.tries = 0;
        Ok(())
    }

    fn exchange(&mut self) -> Result<(), Broken> {
        let Some(link) = &mut self.link else { return Err(Broken::Lost("not connected".into())) };
        let most = self.options.in_flight.min(link.window).max(1);
        let mut bytes = Vec::new();
        let now = Instant::now();
        for pending in self.pending.iter_mut().take(most).skip(link.written) {
            bytes.extend((pending.bytes.len() as u32).to_le_bytes());
            bytes.extend(&pending.bytes);
            self.traffic.overhead_bytes += LENGTH_BYTES as u64;
            if pending.sent.replace(now).is_some() {
                self.traffic.overhead_bytes += pending.bytes.len() as u64;
            }
            link.written += 1;
        }
        link.stream.write_all(&bytes)?;
        let n = link.incoming.fill(&link.stream)?;
        if n == 0 {
            return Err(Broken::Lost("the server closed it".into()));
        }
        self.traffic.received_bytes += n as u64;
        let server = &self.options.server;
        let foreign = |what| Broken::Fatal(EdgeError::Foreign { server: server.clone(), what });
        loop {
            let message = match link.incoming.message() {
                Ok(Some(bytes)) => Message::decode(bytes).map_err(|m| foreign(m.0))?,
                Ok(None) => return Ok(()),
                Err(_) => return Err(foreign("an answer is too long")),
            };
            let reply = match (message.status, message.answer) {
                (Status::Answered, Some(answer)) => Reply::Answered(answer),
                (Status::Logged, _) => Reply::Logged,
                (Status::Corrupt, _) => Reply::Corrupt(message.text),
                (Status::TooLong, _) => {
                    let (server, text) = (server.clone(), message.text);
                    return Err(Broken::Fatal(EdgeError::Refused { server, text }));
                }
                _ => return Err(Broken::Lost(message.text)),
            };
            if message.sequence != link.sequence || link.written == 0 {
                return Err(foreign("its answers are not in order"));
            }
            link.sequence = link.sequence.wrapping_add(1);
            link.written -= 1;
            let pending = self.pending.pop_front().expect("what was written is pending");
            let took = pending.sent.map_or(Duration::ZERO, |sent| sent.elapsed());
            self.replies.push((pending.tag, reply, took));
        }
    }

    /// Connects again, as often as may be.
    fn again(&mut self, mut why: String) -> Result<(), EdgeError> {
        self.link = None;
        loop {
            let server = self.options.server.clone();
            if self.tries == self.options.retries {
                let (unanswered, retries) = (self.pending.len(), self.tries);
                return Err(EdgeError::Lost { server, unanswered, retries, why });
            }
            std::thread::sleep(PAUSE * (1 << self.tries.min(6)));
            self.tries += 1;
            self.traffic.reconnects += 1;
            let greeted = self.stream().map_err(Broken::from).and_then(|s| self.greet(s));
            match greeted {
                Ok(link) => {
                    self.link = Some(link);
                    return Ok(());
                }
                Err(Broken::Fatal(error)) => return Err(error),
                Err(Broken::Lost(because)) => why = because,
            }
        }
    }

    fn stream(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.options.server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.options.timeout))?;
        stream.set_write_timeout(Some(self.options.timeout))?;
        Ok(stream)
    }

    fn greet(&mut self, mut stream: TcpStream) -> Result<Link, Broken> {
        let server = self.options.server.clone();
        stream.write_all(&hello(&self.origin))?;
        self.traffic.overhead_bytes += HELLO_BYTES as u64;
        let mut bytes = [0; WELCOME_BYTES];
        stream.read_exact(&mut bytes)?;
        let (welcome, text) = Welcome::decode(&bytes)
            .map_err(|m| Broken::Fatal(EdgeError::Foreign { server: server.clone(), what: m.0 }))?;
        let mut why = vec![0; text];
        stream.read_exact(&mut why)?;
        self.traffic.received_bytes += (WELCOME_BYTES + text) as u64;
        let text = String::from_utf8_lossy(&why).into_owned();
        match welcome.greeting {
            Greeting::Welcome => Ok(Link {
                stream,
                incoming: Incoming::new(self.longest),
                window: welcome.window as usize,
                sequence: 0,
                written: 0,
            }),
            Greeting::Busy | Greeting::Late => Err(Broken::Lost(text)),
            Greeting::NotOurs | Greeting::Version | Greeting::Identity => {
                Err(Broken::Fatal(EdgeError::Refused { server, text }))
            }
        }
    }
}
