//! `edge`: plays the edge of a split head against a server.

use super::answer::{Answer, grouped};
use crate::error::Error;
use crate::load;
use crate::model::{self, Outcome, classify};
use crate::packet::Recorded;
use crate::serve::{ClientOptions, EdgeError, End, Service, Traffic, packets, play};
use ndarray::ArrayView2;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Play the edge of a split head: send what its exits do not answer to a server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The edge is the bit-accurate reference, or with --packets the hardware, as `simulate --packets` recorded
it. Bytes are of what is sent: packets, and beside them greetings, lengths and what was sent again.
Latency is from writing a packet to reading its answer, waiting behind other packets in flight included;
frames/s counts everything.

Examples:
  clashfree edge BUILD --server 127.0.0.1:7000 --inputs images.gz --labels labels.gz --check
  clashfree edge HEAD --after 0 --server 127.0.0.1:7000 --inputs x.npy --in-flight 1
  clashfree edge BUILD --server 127.0.0.1:7000 --packets packets.bin")]
pub struct Args {
    /// The package or head that is served.
    head: PathBuf,

    /// Where the server listens.
    #[arg(long, value_name = "ADDRESS:PORT")]
    server: String,

    /// The frames: .npy, file.npz:key or IDX, plain or gzipped.
    #[arg(long, value_name = "FILE", required_unless_present = "packets")]
    inputs: Option<String>,

    /// Their classes: shows the accuracy.
    #[arg(long, value_name = "FILE")]
    labels: Option<String>,

    /// Send these recorded packets; --inputs is then for --check.
    #[arg(long, value_name = "FILE")]
    packets: Option<PathBuf>,

    /// Split a head after this trunk junction, counted from 0, and not where it says.
    #[arg(long, value_name = "K")]
    after: Option<usize>,

    /// Compare every answer with the reference's; exit code 1 if one differs.
    #[arg(long, requires = "inputs")]
    check: bool,

    /// Send the answers of exits, too, for the server to count.
    #[arg(long)]
    send_all: bool,

    /// Packets on their way at once.
    #[arg(long, value_name = "N", default_value_t = 32)]
    in_flight: usize,

    /// Connect again so often where a connection breaks, and send what was not answered.
    #[arg(long, value_name = "N", default_value_t = 3)]
    retries: usize,

    /// A connection is lost on which no answer comes for so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
}

/// Plays the edge over all frames.
///
/// # Errors
/// If the head or the data is wrong, or the server cannot be reached, refuses or is lost.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let service = Service::open(&args.head, args.after)?;
    let head = service.head();
    let load = |spec: &String| load::inputs(spec, head.inputs, head.input_format);
    let frames = args.inputs.as_ref().map(load).transpose()?;
    let recorded = args.packets.as_ref().map(|path| {
        let recorded = Recorded::load(path)?;
        recorded.check(service.origin(), path).map(|()| recorded.packets)
    });
    let recorded = recorded.transpose().map_err(EdgeError::from)?;
    let codes = frames.as_ref().map(|frames| frames.codes.view());
    let count = match (&recorded, codes) {
        (Some(packets), Some(codes)) if packets.len() != codes.nrows() => {
            let (packets, frames) = (packets.len(), codes.nrows());
            return Err(EdgeError::Count { packets, frames }.into());
        }
        (Some(packets), _) => packets.len(),
        (None, codes) => codes.map_or(0, |codes| codes.nrows()),
    };
    let labels = args.labels.as_ref().map(|spec| load::labels(spec, count, service.classes()));
    let labels = labels.transpose()?;
    let options = ClientOptions {
        server: args.server.clone(),
        in_flight: args.in_flight,
        retries: args.retries,
        timeout: Duration::from_secs(args.timeout),
    };
    let sent: Box<dyn Iterator<Item = Vec<u8>>> = match (&recorded, codes) {
        (Some(recorded), _) => Box::new(recorded.iter().cloned()),
        (None, Some(codes)) => Box::new(packets(&service, codes)),
        (None, None) => Box::new(std::iter::empty()),
    };
    let (ends, traffic, time) = play(&service, sent, options, args.send_all)?;
    let differ = match codes {
        Some(codes) if args.check => Some(differences(&service, codes, &ends)),
        _ => None,
    };
    Ok(answer(&service, &ends, &traffic, time, labels.as_deref(), differ))
}

/// Frames that ended otherwise than the reference's, whose whole trunk is computed here in one place.
fn differences(service: &Service, codes: ArrayView2<'_, i32>, ends: &[End]) -> usize {
    let outcomes = model::outcomes(service.head(), codes);
    let whole = model::run(service.head(), codes);
    let same = |frame: usize| match (&outcomes[frame], &ends[frame]) {
        (Outcome::Answer { decision, .. }, End::Edge { class }) => {
            decision.class == usize::from(*class)
        }
        (Outcome::Activations(_), End::Server { class, logits, .. }) => {
            let want = whole.row(frame);
            want.iter().eq(logits) && classify(want).class == usize::from(*class)
        }
        _ => false,
    };
    (0..ends.len()).filter(|&frame| !same(frame)).count()
}

fn answer(
    service: &Service,
    ends: &[End],
    traffic: &Traffic,
    time: Duration,
    labels: Option<&[u32]>,
    differ: Option<usize>,
) -> Answer {
    let frames = ends.len();
    let share = |n: usize| n as f64 / frames.max(1) as f64;
    let at_edge = ends.iter().filter(|end| matches!(end, End::Edge { .. })).count();
    let lost = ends.iter().filter(|end| matches!(end, End::Nobody(_))).count();
    let class = |end: &End| match end {
        End::Edge { class } | End::Server { class, .. } => Some(u32::from(*class)),
        End::Nobody(_) => None,
    };
    let accuracy = labels.map(|labels| {
        share(ends.iter().zip(labels).filter(|(end, label)| class(end) == Some(**label)).count())
    });
    let mut took: Vec<f64> = ends
        .iter()
        .filter_map(|end| match end {
            End::Server { took, .. } => Some(1e6 * took.as_secs_f64()),
            End::Edge { .. } | End::Nobody(_) => None,
        })
        .collect();
    took.sort_by(f64::total_cmp);
    // The smallest that so much of all do not exceed.
    let percentile = |p: f64| {
        let at = (p * took.len() as f64).ceil() as usize;
        took.get(at.saturating_sub(1)).copied()
    };
    let latency = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)]
        .map(|(name, p)| (name, percentile(p)));
    let each = |bytes: u64| bytes as f64 / frames.max(1) as f64;
    let (bytes, overhead) = (each(traffic.packet_bytes), each(traffic.overhead_bytes));
    let rate = frames as f64 / time.as_secs_f64();

    let name = &service.head().name;
    let mut text = format!("{name}: {} frames, {rate:.0} frames/s\n", grouped(frames));
    let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a string takes all");
    put(format_args!("answered at the edge: {:.2} %\n", 100.0 * share(at_edge)));
    if let Some(accuracy) = accuracy {
        put(format_args!("accuracy: {:.2} %\n", 100.0 * accuracy));
    }
    put(format_args!(
        "sent: {bytes:.2} bytes a frame in {} packets, {overhead:.2} more for the protocol\n",
        grouped(traffic.packets)
    ));
    if let [(_, Some(p50)), (_, Some(p90)), (_, Some(p99)), (_, Some(max))] = latency {
        put(format_args!(
            "latency in µs: half within {p50:.0}, 90 % {p90:.0}, 99 % {p99:.0}, all {max:.0}\n"
        ));
    }
    if traffic.reconnects > 0 {
        put(format_args!("connected again {} times\n", traffic.reconnects));
    }
    if let Some(End::Nobody(why)) = ends.iter().find(|end| matches!(end, End::Nobody(_))) {
        put(format_args!("{lost} frames were not answered, the first since: {why}\n"));
    }
    match differ {
        Some(0) => put(format_args!("every answer is the reference's\n")),
        Some(n) => put(format_args!("{n} frames differ from the reference\n")),
        None => {}
    }
    let json = json!({
        "name": name,
        "frames": frames,
        "frames_per_second": rate,
        "edge_share": share(at_edge),
        "accuracy": accuracy,
        "bytes_per_frame": bytes,
        "overhead_bytes_per_frame": overhead,
        "traffic": traffic,
        "latency_us": latency.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "unanswered": lost,
        "differences": differ,
    });
    Answer { text, json, passed: lost == 0 && differ.unwrap_or(0) == 0 }
}
