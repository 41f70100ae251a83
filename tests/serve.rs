//! The tail over TCP: many clients, and everything that a client can do wrong. Nothing may hang, and
//! every answer must be right.

mod common;

use clashfree::model::Outcome;
use clashfree::packet::{Origin, PacketFormat, ResultKind};
use clashfree::serve::wire::{Greeting, HELLO_BYTES, Message, Status, hello};
use clashfree::serve::{
    Client, ClientOptions, EdgeError, Limits, Reply, Service, Statistics, packets, play,
};
use common::heads::{frames, split_head};
use common::server::{Raw, Work, framed, options, right, service, serving};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn many_clients_at_once() {
    let statistics = serving(Limits::default(), |address, service, _| {
        thread::scope(|scope| {
            for client in 0..20 {
                scope.spawn(move || {
                    let frames = frames(service.head(), 300, client);
                    let options =
                        ClientOptions { in_flight: 1 + 3 * client as usize, ..options(address) };
                    let packets = packets(service, frames.view());
                    let all = client % 2 == 0;
                    let (ends, traffic, _) = play(service, packets, options, all).unwrap();
                    right(service, &frames, &ends);
                    assert_eq!(traffic.packets == 300, all);
                });
            }
        });
    });
    let Statistics { clients, refused, corrupt, ended, answered, logged, .. } = statistics;
    assert_eq!((clients, refused, corrupt, ended), (20, 0, 0, 0));
    assert!(answered > 1_500 && logged > 500, "{statistics:?}");
    assert!(statistics.largest_batch > 1, "{statistics:?}");
}

#[test]
fn a_slow_reader_holds_up_nobody_and_is_ended() {
    let limits = Limits { timeout: Duration::from_secs(2), window: 16, ..Limits::default() };
    let statistics = serving(limits, |address, service, _| {
        let work = Work::new(service, 40, 1);
        let mut slow = Raw::greeted(address, service);
        slow.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        // Until TCP stalls it: answers are not read.
        let all = work.packets.concat();
        let mut rounds = 0;
        while slow.stream.write_all(&all).is_ok() {
            rounds += 1;
            assert!(rounds < 1_000_000, "nothing stalls it");
        }
        let start = Instant::now();
        let frames = frames(service.head(), 500, 2);
        let sent = packets(service, frames.view());
        let (ends, ..) = play(service, sent, options(address), false).unwrap();
        right(service, &frames, &ends);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        // What came of the slow one is right as far as it goes.
        thread::sleep(Duration::from_secs(6));
        for packet in 0..20 {
            let Some(message) = slow.message() else { break };
            let answer = work.answer(packet % work.packets.len());
            assert_eq!(message, Message { sequence: packet as u32, ..answer });
        }
    });
    assert_eq!((statistics.clients, statistics.ended), (2, 1), "{statistics:?}");
}

#[test]
fn bytes_that_come_one_at_a_time() {
    serving(Limits::default(), |address, service, _| {
        let work = Work::new(service, 20, 1);
        let mut raw = Raw::open(address);
        raw.stream.set_nodelay(true).unwrap();
        let bytes = [&hello(service.origin())[..], &work.packets[..4].concat()].concat();
        for byte in bytes {
            raw.send(&[byte]);
            thread::sleep(Duration::from_micros(300));
        }
        assert_eq!(raw.welcome().0, Greeting::Welcome);
        (0..4).for_each(|packet| assert_eq!(raw.message(), Some(work.answer(packet))));
    });
}

#[test]
fn half_a_packet_is_none_and_what_came_before_is_answered() {
    let statistics = serving(Limits::default(), |address, service, _| {
        let work = Work::new(service, 20, 1);
        for left in [1, 3, 4, 5, work.packets[3].len() - 1] {
            let mut raw = Raw::greeted(address, service);
            raw.send(&work.packets[..3].concat());
            raw.send(&work.packets[3][..left]);
            raw.stream.shutdown(Shutdown::Write).unwrap();
            (0..3).for_each(|packet| assert_eq!(raw.message(), Some(work.answer(packet))));
            raw.is_closed();
        }
    });
    assert_eq!((statistics.answered, statistics.ended), (15, 0));
}

#[test]
fn clients_that_vanish_take_nobody_with_them() {
    let statistics = serving(Limits::default(), |address, service, _| {
        let work = Work::new(service, 400, 1);
        for client in 0..30 {
            let mut raw = Raw::greeted(address, service);
            let packets = work.packets[..1 + 3 * client].concat();
            raw.send(&packets[..packets.len() - client % 7]);
        }
        let mut raw = Raw::greeted(address, service);
        raw.send(&work.packets.concat());
        (0..work.packets.len()).for_each(|n| assert_eq!(raw.message(), Some(work.answer(n))));
    });
    assert_eq!(statistics.clients, 31);
}

#[test]
fn corrupt_packets_are_told_and_the_connection_goes_on() {
    let statistics = serving(Limits::default(), |address, service, _| {
        let work = Work::new(service, 40, 1);
        let mut raw = Raw::greeted(address, service);
        // one byte more must not make it longer than the longest
        let longest = 4 + service.format().longest();
        let good = &work.packets.iter().find(|packet| packet.len() < longest).unwrap()[4..];
        let bad: [Vec<u8>; 6] = [
            Vec::new(),
            vec![0; 3],
            good[..good.len() - 1].to_vec(),
            [good, &[0]].concat(),
            [&[0xff, 0xff], &good[2..]].concat(),
            [&[3, 0], &good[2..]].concat(),
        ];
        for (n, bad) in bad.iter().enumerate() {
            raw.send(&[framed(bad), work.packets[n].clone()].concat());
            let message = raw.message().unwrap();
            assert_eq!((message.sequence, message.status), (2 * n as u32, Status::Corrupt));
            assert!(message.text.contains("packet"), "{}", message.text);
            let answer = work.answer(n);
            assert_eq!(raw.message(), Some(Message { sequence: 2 * n as u32 + 1, ..answer }));
        }
    });
    assert_eq!((statistics.corrupt, statistics.answered, statistics.ended), (6, 6, 0));
}

#[test]
fn codes_that_the_layer_cannot_have_are_refused() {
    let mut head = split_head("served", false, 5);
    // ReLU: of a signed format's codes only half
    head.junctions[0].output_format.as_mut().unwrap().signed = true;
    head.junctions[1].input_format.signed = true;
    let format = PacketFormat::new(&head, ResultKind::Class, None).unwrap();
    let service = Service::new(head, format).unwrap();
    let codes = |code| Outcome::Activations(vec![code; 24]);
    let bytes = |code| service.format().encode(&service.format().packet(0, &codes(code)));
    assert!(service.decode(&bytes(31)).is_ok());
    let text = service.decode(&bytes(32)).unwrap_err().to_string();
    assert!(text.contains("none of the layer's"), "{text}");
}

#[test]
fn a_length_too_large_ends_the_connection_after_the_answers() {
    let statistics = serving(Limits::default(), |address, service, _| {
        let work = Work::new(service, 40, 1);
        let longest = service.format().longest();
        for length in [longest as u32 + 1, u32::MAX] {
            let mut raw = Raw::greeted(address, service);
            // much behind it that is not read: the answers must arrive all the same
            let rest = vec![0xaa; 100_000];
            raw.send(&[&work.packets[..5].concat()[..], &length.to_le_bytes(), &rest].concat());
            (0..5).for_each(|packet| assert_eq!(raw.message(), Some(work.answer(packet))));
            let message = raw.message().unwrap();
            assert_eq!((message.sequence, message.status), (5, Status::TooLong));
            assert!(message.text.contains(&format!("the longest has {longest}")));
            raw.is_closed();
        }
    });
    assert_eq!((statistics.answered, statistics.ended), (10, 2));
}

#[test]
fn greetings_that_are_none() {
    let limits = Limits { timeout: Duration::from_millis(600), ..Limits::default() };
    let statistics = serving(limits, |address, service, _| {
        let refused = |bytes: &[u8], greeting, part: &str| {
            let mut raw = Raw::open(address);
            raw.send(bytes);
            let (found, text) = raw.welcome();
            assert_eq!(found, greeting);
            assert!(text.contains(part), "{text}");
            raw.is_closed();
        };
        refused(b"GET / HTTP/1.1\r\n\r\n", Greeting::NotOurs, "CFSERVE");
        refused(&[0; 5_000], Greeting::NotOurs, "CFSERVE");
        refused(b"CFSERVE\0\x02\0\0\0", Greeting::Version, "version 1, the client 2");
        let ours = *service.origin();
        let other = Origin { head: [7; 32], ..ours };
        refused(&hello(&other), Greeting::Identity, "head 070707070707…");
        let other = Origin { layout: [7; 32], ..ours };
        refused(&hello(&other), Greeting::Identity, "layout 070707070707…");
        refused(&hello(&ours)[..HELLO_BYTES - 1], Greeting::Late, "in time");
        refused(b"", Greeting::Late, "in time");
        let other = Origin { head: [7; 32], ..ours };
        let error = Client::connect(options(address), other, 5).err().unwrap();
        let EdgeError::Refused { text, .. } = error else { panic!("{error}") };
        assert!(text.contains("070707070707"), "{text}");
        // and after all that it serves
        let work = Work::new(service, 20, 1);
        let mut raw = Raw::greeted(address, service);
        raw.send(&work.packets[0]);
        assert_eq!(raw.message(), Some(work.answer(0)));
    });
    assert_eq!((statistics.clients, statistics.refused), (1, 8));
}

#[test]
fn too_many_clients_are_told_and_may_come_again() {
    let limits = Limits { clients: 2, ..Limits::default() };
    let statistics = serving(limits, |address, service, _| {
        let first = Raw::greeted(address, service);
        let _second = Raw::greeted(address, service);
        let mut third = Raw::open(address);
        third.send(&hello(service.origin()));
        let (greeting, text) = third.welcome();
        assert_eq!(greeting, Greeting::Busy);
        assert!(text.contains("2 clients already"), "{text}");
        let waiting = thread::spawn(move || {
            let service = self::service();
            let options = ClientOptions { retries: 8, ..options(address) };
            Client::connect(options, *service.origin(), 5).map(|_| ())
        });
        thread::sleep(Duration::from_millis(200));
        drop(first);
        waiting.join().unwrap().unwrap();
    });
    assert!(statistics.clients == 3 && statistics.refused >= 2, "{statistics:?}");
}

#[test]
fn a_connection_that_completes_no_packet_is_ended() {
    let limits = Limits { timeout: Duration::from_millis(700), ..Limits::default() };
    let statistics = serving(limits, |address, service, _| {
        let work = Work::new(service, 20, 1);
        let mut raw = Raw::greeted(address, service);
        raw.send(&work.packets[0]);
        assert_eq!(raw.message(), Some(work.answer(0)));
        // bytes, but no packet
        for byte in &work.packets[1][..4] {
            raw.send(&[*byte]);
            thread::sleep(Duration::from_millis(100));
        }
        let message = raw.message().unwrap();
        assert_eq!((message.sequence, message.status), (1, Status::Idle));
        raw.is_closed();
    });
    assert_eq!(statistics.ended, 1);
}

#[test]
fn what_was_read_before_the_stop_is_answered() {
    serving(Limits::default(), |address, service, stop| {
        let work = Work::new(service, 400, 1);
        let mut raws: Vec<Raw> = (0..5).map(|_| Raw::greeted(address, service)).collect();
        for raw in &mut raws {
            raw.send(&work.packets.concat());
        }
        for raw in &mut raws {
            assert_eq!(raw.message(), Some(work.answer(0)));
        }
        stop.store(true, Ordering::Relaxed);
        for raw in &mut raws {
            let mut next = 1;
            let last = loop {
                match raw.message().unwrap() {
                    message if message.status == Status::Answered => {
                        assert_eq!(message, work.answer(next));
                        next += 1;
                    }
                    message => break message,
                }
            };
            assert_eq!((last.sequence, last.status), (next as u32, Status::Stopping));
            raw.is_closed();
        }
        assert!(TcpStream::connect(address).is_err() || stop.load(Ordering::Relaxed));
    });
}

/// Passes bytes on, and cuts its first connections after so many bytes of answers.
fn cutting(address: SocketAddr, cuts: Vec<usize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut cuts = cuts.into_iter();
        for client in listener.incoming() {
            let (client, cut) = (client.unwrap(), cuts.next());
            let server = TcpStream::connect(address).unwrap();
            let (mut up, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut up, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
            let most = cut.map_or(u64::MAX, |cut| cut as u64);
            let _ = std::io::copy(&mut (&server).take(most), &mut &client);
            let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
        }
    });
    here
}

#[test]
fn a_client_sends_again_what_was_not_answered() {
    serving(Limits::default(), |address, service, _| {
        let frames = frames(service.head(), 300, 8);
        let send = |cuts: Vec<usize>, retries| {
            let options = ClientOptions { retries, ..options(cutting(address, cuts)) };
            play(service, packets(service, frames.view()), options, false)
        };
        // within the greeting, behind it, within an answer, and some answers later
        let (ends, traffic, _) = send(vec![10, 24, 30, 24 + 60, 2_000, 1_000], 3).unwrap();
        right(service, &frames, &ends);
        assert_eq!(traffic.reconnects, 6);
        assert!(traffic.overhead_bytes > 7 * HELLO_BYTES as u64 + 4 * traffic.packets);
        // without a retry, or with too few without an answer between them, it gives up
        let error = send(vec![2_000], 0).unwrap_err();
        assert!(matches!(error, EdgeError::Lost { retries: 0, .. }), "{error}");
        let error = send(vec![30; 4], 3).unwrap_err();
        let EdgeError::Lost { unanswered, retries, .. } = error else { panic!("{error}") };
        assert!(unanswered > 0 && retries == 3);
    });
}

#[test]
fn replies_come_in_the_order_of_sending() {
    serving(Limits::default(), |address, service, _| {
        let work = Work::new(service, 60, 1);
        let mut client = Client::connect(options(address), *service.origin(), 5).unwrap();
        for (n, packet) in work.packets.iter().enumerate() {
            let damaged = if n == 5 { vec![1, 2, 3] } else { packet[4..].to_vec() };
            client.send(1000 + n, damaged).unwrap();
        }
        let (replies, traffic) = client.finish().unwrap();
        let tags: Vec<usize> = replies.iter().map(|(tag, ..)| *tag).collect();
        assert_eq!(tags, (1000..1000 + work.packets.len()).collect::<Vec<_>>());
        for (n, (_, reply, _)) in replies.iter().enumerate() {
            match reply {
                Reply::Answered(answer) => assert_eq!(*answer, work.answers[n]),
                Reply::Corrupt(text) => assert!(n == 5 && text.contains("3 bytes"), "{text}"),
                Reply::Logged => panic!("no answers of the edge were sent"),
            }
        }
        let lengths = 4 * work.packets.len() + HELLO_BYTES;
        assert_eq!(traffic.overhead_bytes, lengths as u64);
    });
}

#[test]
fn servers_that_are_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(b"220 mail.example.org ESMTP ready to serve\r\n");
            let _ = stream.read(&mut [0; 100]);
        }
    });
    let origin = *service().origin();
    let error = Client::connect(options(address), origin, 5).err().unwrap();
    assert!(matches!(error, EdgeError::Foreign { .. }), "{error}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Client::connect(options(free), origin, 5).err().unwrap();
    assert!(matches!(error, EdgeError::Connect { .. }), "{error}");
}
