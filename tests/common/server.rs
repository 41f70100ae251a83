//! A server and clients of it that do as they like.

use super::heads::{frames, split_head};
use clashfree::model::{Outcome, classify, outcomes, run};
use clashfree::packet::{Answer, AnswerFormat, Content, PacketFormat, ResultKind};
use clashfree::serve::wire::{Greeting, Message, Status, WELCOME_BYTES, Welcome, hello};
use clashfree::serve::{ClientOptions, End, Incoming, Limits, Server, Service, Statistics};
use ndarray::Array2;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// No test takes so long unless something hangs, on slow machines either.
const HANGS: Duration = Duration::from_secs(120);

pub fn service() -> Service {
    let head = split_head("served", false, 5);
    let order = (0..24).rev().collect();
    let format = PacketFormat::new(&head, ResultKind::Logits, Some(order)).unwrap();
    Service::new(head, format).unwrap()
}

/// A server of the service while `body` runs, which gets its address; what the server did then.
pub fn serving(
    limits: Limits,
    body: impl FnOnce(SocketAddr, &Service, &AtomicBool) + Send + 'static,
) -> Statistics {
    let (done, result) = channel();
    let test = thread::spawn(move || {
        let service = service();
        let server = Server::bind("127.0.0.1:0", service.clone(), limits).unwrap();
        let stop = AtomicBool::new(false);
        let statistics = thread::scope(|scope| {
            let running = scope.spawn(|| server.run(&stop));
            // Whatever fails, the server must be told to stop.
            let body = || body(server.address(), &service, &stop);
            let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            stop.store(true, Ordering::Relaxed);
            let statistics = running.join().unwrap();
            failed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            statistics
        });
        done.send(statistics).unwrap();
    });
    match result.recv_timeout(HANGS) {
        Ok(statistics) => statistics,
        Err(_) if test.is_finished() => std::panic::resume_unwind(test.join().unwrap_err()),
        Err(_) => panic!("it hangs"),
    }
}

pub fn options(address: SocketAddr) -> ClientOptions {
    let timeout = Duration::from_secs(20);
    ClientOptions { server: address.to_string(), in_flight: 7, retries: 0, timeout }
}

/// A client that does as it likes.
pub struct Raw {
    pub stream: TcpStream,
    pub incoming: Incoming,
}

impl Raw {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, incoming: Incoming::new(4096) }
    }

    /// Greeted already.
    pub fn greeted(address: SocketAddr, service: &Service) -> Self {
        let mut raw = Self::open(address);
        raw.send(&hello(service.origin()));
        assert_eq!(raw.welcome(), (Greeting::Welcome, String::new()));
        raw
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn welcome(&mut self) -> (Greeting, String) {
        let mut bytes = [0; WELCOME_BYTES];
        self.stream.read_exact(&mut bytes).unwrap();
        let (welcome, text) = Welcome::decode(&bytes).unwrap();
        let mut why = vec![0; text];
        self.stream.read_exact(&mut why).unwrap();
        (welcome.greeting, String::from_utf8(why).unwrap())
    }

    /// The next message; `None` where the server has closed.
    pub fn message(&mut self) -> Option<Message> {
        loop {
            if let Some(bytes) = self.incoming.message().unwrap() {
                return Some(Message::decode(bytes).unwrap());
            }
            if self.incoming.fill(&self.stream).unwrap() == 0 {
                return None;
            }
        }
    }

    pub fn is_closed(&mut self) {
        assert_eq!(self.message(), None);
    }
}

/// Packets from the split with the answers that are right, both as on the wire.
pub struct Work {
    pub packets: Vec<Vec<u8>>,
    pub answers: Vec<Answer>,
}

impl Work {
    pub fn new(service: &Service, n: usize, seed: u64) -> Self {
        let frames = frames(service.head(), n, seed);
        let whole = run(service.head(), frames.view());
        let (mut packets, mut answers) = (Vec::new(), Vec::new());
        for (f, outcome) in outcomes(service.head(), frames.view()).iter().enumerate() {
            let packet = service.format().packet(f as u64, outcome);
            if let Content::Codes { .. } = packet.content {
                packets.push(framed(&service.format().encode(&packet)));
                let logits = whole.row(f).to_vec();
                let of = AnswerFormat::new(5, 64, ResultKind::Logits);
                answers.push(of.answer(&logits));
            }
        }
        assert!(packets.len() > n / 5 && packets.len() < n, "{} of {n}", packets.len());
        Self { packets, answers }
    }

    pub fn answer(&self, packet: usize) -> Message {
        Message::answered(packet as u32, Status::Answered, self.answers[packet].clone())
    }
}

pub fn framed(packet: &[u8]) -> Vec<u8> {
    [&(packet.len() as u32).to_le_bytes()[..], packet].concat()
}

/// Every frame ended as the reference's does.
pub fn right(service: &Service, frames: &Array2<i32>, ends: &[End]) {
    let whole = run(service.head(), frames.view());
    assert_eq!(ends.len(), frames.nrows());
    for (f, outcome) in outcomes(service.head(), frames.view()).iter().enumerate() {
        match (outcome, &ends[f]) {
            (Outcome::Answer { decision, .. }, End::Edge { class }) => {
                assert_eq!(decision.class, usize::from(*class));
            }
            (_, End::Server { class, logits, .. }) => {
                assert_eq!(whole.row(f).to_vec(), *logits);
                assert_eq!(classify(logits).class, usize::from(*class));
            }
            (outcome, end) => panic!("frame {f}: {outcome:?} ended as {end:?}"),
        }
    }
}
