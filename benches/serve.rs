//! Packets a second over loopback: from a client through the server's decoder, tail and back, with
//! several clients and several packets in flight.

use clashfree::packet::{PacketFormat, ResultKind};
use clashfree::quantise::quantise;
use clashfree::serve::{Client, ClientOptions, Limits, Server, Service, packets};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Packets of a client.
const PACKETS: usize = 4_000;

fn loopback(c: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/heads/mnist-2-9-10");
    let head = clashfree::load::head(&path).unwrap().split_after(0).unwrap();
    let head = quantise(&head).unwrap();
    let frames = Array2::from_shape_fn((PACKETS, head.inputs), |(f, n)| {
        ((f * 7919 + n * 104_729) % 16) as i32
    });
    let format = PacketFormat::new(&head, ResultKind::Logits, None).unwrap();
    let service = Service::new(head, format).unwrap();
    let sent: Vec<Vec<u8>> = packets(&service, frames.view()).collect();
    let server = Server::bind("127.0.0.1:0", service.clone(), Limits::default()).unwrap();
    let stop = AtomicBool::new(false);
    let one = |in_flight| {
        let (server, timeout) = (server.address().to_string(), Duration::from_secs(10));
        let options = ClientOptions { server, in_flight, retries: 0, timeout };
        let mut client = Client::connect(options, *service.origin(), service.classes()).unwrap();
        for (n, packet) in sent.iter().enumerate() {
            client.send(n, packet.clone()).unwrap();
        }
        assert_eq!(client.finish().unwrap().0.len(), PACKETS);
    };
    thread::scope(|scope| {
        scope.spawn(|| server.run(&stop));
        let mut group = c.benchmark_group("packets over loopback");
        group.sample_size(10);
        for (clients, in_flight) in [(1, 1), (1, 32), (1, 256), (4, 32), (16, 32)] {
            group.throughput(Throughput::Elements((clients * PACKETS) as u64));
            let id =
                BenchmarkId::new(format!("{clients} clients"), format!("{in_flight} in flight"));
            group.bench_function(id, |b| {
                b.iter(|| {
                    thread::scope(|scope| {
                        (0..clients).for_each(|_| drop(scope.spawn(|| one(in_flight))));
                    });
                });
            });
        }
        group.finish();
        stop.store(true, Ordering::Relaxed);
    });
}

criterion_group!(benches, loopback);
criterion_main!(benches);
