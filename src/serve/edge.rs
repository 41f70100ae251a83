//! Playing the edge: which packets go to the server, and what comes of all frames.

use super::{Client, ClientOptions, EdgeError, Reply, Service, Traffic};
use crate::model;
use crate::packet::Content;
use ndarray::{ArrayView2, Axis};
use std::time::{Duration, Instant};

/// Frames that the reference computes at once.
const CHUNK: usize = 1024;

/// Who answered a frame, and with what class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// An exit, on the edge.
    Edge {
        /// The class.
        class: u16,
    },
    /// The tail, on the server.
    Server {
        /// The class.
        class: u16,
        /// The logits in class order.
        logits: Vec<i64>,
        /// From writing the packet to reading the answer.
        took: Duration,
    },
    /// Nobody: the server took it for no packet.
    Nobody(String),
}

/// The packets that the reference's edge gives for frames `[frames, inputs]`, in order, computed as
/// they are asked for. Packets of the hardware can take their place.
pub fn packets<'a>(
    service: &'a Service,
    frames: ArrayView2<'a, i32>,
) -> impl Iterator<Item = Vec<u8>> + 'a {
    let starts = (0..frames.nrows()).step_by(CHUNK);
    starts.flat_map(move |start| {
        let end = frames.nrows().min(start + CHUNK);
        let chunk = frames.slice_axis(Axis(0), (start..end).into());
        let outcomes = model::outcomes(service.head(), chunk);
        let format = service.format();
        let packet = move |(i, outcome): (usize, _)| {
            format.encode(&format.packet((start + i) as u64, &outcome))
        };
        outcomes.into_iter().enumerate().map(packet)
    })
}

/// Sends the packets of all frames that need the server, or with `send_all` the others, too; how each
/// frame ended, what that took on the wire, and how long it took.
///
/// # Errors
/// If a packet is none of the head's, or the server cannot be reached or refuses.
pub fn play(
    service: &Service,
    packets: impl Iterator<Item = Vec<u8>>,
    options: ClientOptions,
    send_all: bool,
) -> Result<(Vec<End>, Traffic, Duration), EdgeError> {
    let mut client = Client::connect(options, *service.origin(), service.classes())?;
    let start = Instant::now();
    let mut ends = Vec::new();
    for (frame, bytes) in packets.enumerate() {
        let packet = service
            .format()
            .decode(&bytes)
            .map_err(|source| EdgeError::Packet { packet: frame, source })?;
        let answered = match packet.content {
            Content::Answer { answer, .. } => Some(End::Edge { class: answer.class }),
            Content::Codes { .. } => None,
        };
        if answered.is_none() || send_all {
            client.send(frame, bytes)?;
        }
        ends.push(answered.unwrap_or_else(|| End::Nobody("no answer came".into())));
    }
    let (replies, traffic) = client.finish()?;
    let time = start.elapsed();
    for (frame, reply, took) in replies {
        match reply {
            Reply::Answered(answer) => {
                let (class, logits) = (answer.class, answer.logits);
                ends[frame] = End::Server { class, logits, took };
            }
            Reply::Corrupt(text) => ends[frame] = End::Nobody(text),
            // The edge's answer stands.
            Reply::Logged => {}
        }
    }
    Ok((ends, traffic, time))
}
