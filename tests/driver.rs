//! The driver and the code around it, on a behavioural stand-in for a head: every stall pattern,
//! frames of wrong length, resets, and designs that break the rules.

mod common;

use clashfree::packet::ResultKind;
use clashfree::verify::compare::Field;
use clashfree::verify::run::{Op, RunError, RunOptions, Transcript, play};
use clashfree::verify::stalls::{Pattern, Stalls};
use clashfree::verify::{Bench, Options, SimError};
use common::{BUSY, Shape, USUAL, outcomes};
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

/// One build for all tests; nothing where Verilator is missing.
fn usual() -> Option<&'static Bench> {
    static BENCH: OnceLock<Option<Bench>> = OnceLock::new();
    BENCH.get_or_init(|| USUAL.bench("usual")).as_ref()
}

/// The options that break a rule on purpose; the numbers are the fixture's.
fn fault(number: u32) -> Options {
    Options {
        plusargs: vec![format!("+fault={number}")],
        watchdog: Some(500),
        stalls: "random:3".parse().unwrap(),
        ..Options::default()
    }
}

/// How 40 frames through a broken design fail.
fn broken(bench: &Bench, number: u32) -> SimError {
    bench.simulate(USUAL.frames(40).view(), &fault(number)).expect_err("the design is broken")
}

#[test]
fn every_stall_pattern_gives_the_same_bits() {
    let Some(bench) = usual() else { return };
    let frames = USUAL.frames(150);
    let logits = USUAL.logits(&frames);
    for input in Pattern::ALL {
        for output in Pattern::ALL {
            let stalls = Stalls { input, output, seed: 7 };
            let result =
                bench.simulate(frames.view(), &Options { stalls, ..Options::default() }).unwrap();
            let comparison = bench.compare(&result, &outcomes(&logits));
            assert!(comparison.is_equal(), "{stalls}: {:?}", comparison.mismatches);
            assert_eq!((comparison.logits, result.dropped), (450, 0), "{stalls}");
            if stalls.input == Pattern::None && stalls.output == Pattern::None {
                let interval = USUAL.bus().beats() as f64 + BUSY as f64;
                assert_eq!(result.timing.interval, Some(interval));
                assert_eq!(result.timing.longest_interval, Some(interval as u64));
                assert_eq!((result.timing.latency, result.timing.latency_to_last), (1, 2));
            } else {
                // Packets that wait may leave faster than they came: a little below 8 is possible.
                assert!(result.timing.interval.unwrap() > 7.5, "{stalls}");
            }
        }
    }
}

#[test]
fn a_seed_repeats_a_run_and_another_does_not() {
    let Some(bench) = usual() else { return };
    let run = |seed| {
        let stalls = Stalls { input: Pattern::Random, output: Pattern::Bursts, seed };
        bench.simulate(USUAL.frames(100).view(), &Options { stalls, ..Options::default() }).unwrap()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).cycles, run(2).cycles);
}

#[test]
fn wrong_frames_and_resets_leave_nothing_behind() {
    let Some(bench) = usual() else { return };
    let frames = USUAL.frames(30);
    let logits = USUAL.logits(&frames);
    for stalls in ["none", "alternate", "bursts:4", "random:9"] {
        let options = Options { stalls: stalls.parse().unwrap(), ..Options::default() };
        let all = bench.faults(frames.view(), &outcomes(&logits), &options).unwrap();
        assert_eq!(all.len(), 6);
        for scenario in all {
            assert!(scenario.is_right(), "{stalls}: {scenario:?}");
            assert!(scenario.dropped + scenario.resets > 0 && scenario.comparison.frames > 2);
        }
    }
}

#[test]
fn a_design_that_mistreats_wrong_frames_or_resets_is_caught() {
    let Some(bench) = usual() else { return };
    let frames = USUAL.frames(30);
    let logits = USUAL.logits(&frames);
    let failing = |number| -> Vec<&str> {
        let all = bench.faults(frames.view(), &outcomes(&logits), &fault(number)).unwrap();
        all.iter().filter(|s| !s.is_right()).map(|s| s.name).collect()
    };
    // 5 answers a short frame.
    assert!(failing(5).contains(&"short frames between good ones"));
    // 6 keeps the beats of a cut frame.
    assert!(failing(6).contains(&"resets in mid-frame"));
    // 13 does not flag a dropped frame.
    assert!(failing(13).contains(&"long frames between good ones"));
    // 16 answers, after a reset, what was asked before it.
    assert!(failing(16).contains(&"resets with frames inside"));
}

#[test]
fn a_design_that_breaks_axi_stream_is_caught() {
    let Some(bench) = usual() else { return };
    let rules = [
        (1, "changed while"),
        (2, "tvalid fell"),
        (10, "tkeep has a hole"),
        (15, "tuser changed within a packet"),
        (17, "tkeep is zero"),
        (18, "before the last beat"),
    ];
    for (number, wanted) in rules {
        match broken(bench, number) {
            SimError::Run(RunError::Protocol { cycle, rule }) => {
                assert!(rule.contains(wanted) && cycle > 0, "{number}: {rule}");
            }
            other => panic!("{number}: {other}"),
        }
    }
}

#[test]
fn a_design_that_hangs_or_loses_a_packet_trips_the_watchdog() {
    let Some(bench) = usual() else { return };
    for (number, wanted) in [(3, "a beat waits for s_axis_tready"), (8, "39 of 40 packets")] {
        match broken(bench, number) {
            SimError::Run(RunError::Watchdog { text, .. }) => {
                assert!(text.contains(wanted), "{number}: {text}");
            }
            other => panic!("{number}: {other}"),
        }
    }
}

#[test]
fn a_design_that_stops_the_simulation_is_quoted() {
    let Some(bench) = usual() else { return };
    // 4 before the first frame, 14 in mid-stream, 12 with $stop.
    for (number, wanted) in [(4, "does not match its hash"), (14, "cannot go on"), (12, "$stop")] {
        match broken(bench, number) {
            SimError::Run(RunError::Finished { said, .. }) => {
                assert!(said.contains(wanted), "{number}: {said}");
            }
            other => panic!("{number}: {other:?}"),
        }
    }
}

#[test]
fn a_packet_too_many_is_caught() {
    let Some(bench) = usual() else { return };
    let SimError::Count { found: 41, expected: 40 } = broken(bench, 9) else { panic!() };
}

#[test]
fn wrong_fields_are_named() {
    let Some(bench) = usual() else { return };
    let frames = USUAL.frames(40);
    let logits = USUAL.logits(&frames);
    let compare = |number| {
        let result = bench.simulate(frames.view(), &fault(number)).unwrap();
        bench.compare(&result, &outcomes(&logits))
    };
    let comparison = compare(7);
    assert_eq!((comparison.wrong_frames, comparison.wrong_logits), (1, 1));
    let wrong =
        comparison.mismatches.iter().find(|m| m.field == Field::Logit { class: 0 }).unwrap();
    assert_eq!((wrong.frame, wrong.found - wrong.expected), (3, 1));
    let comparison = compare(11);
    assert_eq!(comparison.mismatches.len(), 1);
    assert_eq!(comparison.mismatches[0].to_string(), "frame 3, frame number: expected 3, found 4");
}

#[test]
fn ports_of_every_width_carry_the_same_bits() {
    let Some(()) = usual().map(|_| ()) else { return };
    // tdata of 8, 24, 72 and 520 bits: the four kinds of port; the last one has a wide tkeep, too.
    for (bus_bits, code_bits, neurons, field_bytes, result) in [
        (8, 3, 5, 1, ResultKind::Logits),
        (24, 5, 9, 4, ResultKind::Class),
        (72, 7, 30, 8, ResultKind::Logits),
        (520, 1, 700, 2, ResultKind::Logits),
    ] {
        let shape = Shape { bus_bits, code_bits, neurons, field_bytes, result, ..USUAL };
        let bench = shape.bench(&format!("bus-{bus_bits}")).unwrap();
        let frames = shape.frames(70);
        let logits = shape.logits(&frames);
        let options = Options { stalls: "random:5".parse().unwrap(), ..Options::default() };
        let result = bench.simulate(frames.view(), &options).unwrap();
        let comparison = bench.compare(&result, &outcomes(&logits));
        assert!(comparison.is_equal(), "{bus_bits}: {:?}", comparison.mismatches);
        let faults = bench.faults(frames.view(), &outcomes(&logits), &options).unwrap();
        assert!(faults.iter().all(|s| s.is_right()), "{bus_bits}: {faults:?}");
    }
}

/// With registers, and frames of 5 beats.
const CONTROLLED: Shape = Shape { neurons: 80, control: true, ..USUAL };
const THRESHOLD: u32 = 0x100;

/// One build for all tests of registers.
fn controlled() -> Option<&'static Bench> {
    static BENCH: OnceLock<Option<Bench>> = OnceLock::new();
    BENCH.get_or_init(|| CONTROLLED.bench("controlled")).as_ref()
}

fn played(bench: &Bench, ops: Vec<Op>, options: &Options) -> Result<Transcript, RunError> {
    let run = RunOptions {
        stalls: options.stalls,
        frame_beats: bench.manifest.input.beats,
        watchdog: options.watchdog.unwrap_or(1000),
        plusargs: options.plusargs.clone(),
        ..RunOptions::default()
    };
    play(&bench.model, ops.into_iter(), &run, &AtomicBool::new(false), || {})
}

/// Frames as beats.
fn packed(n: usize) -> Vec<Vec<u8>> {
    let bus = CONTROLLED.bus();
    CONTROLLED.frames(n).rows().into_iter().map(|row| bus.pack(&row.to_vec())).collect()
}

#[test]
fn registers_are_read_and_written_in_order_with_the_frames() {
    let Some(bench) = controlled() else { return };
    let read = |address| Op::Read { address };
    for stalls in ["none", "random:4", "bursts/none:2", "none/alternate:3"] {
        let write = |data| Op::Write { address: THRESHOLD, data };
        let mut ops = vec![read(0), read(4), read(8), read(0x14), write(0xffff_8000)];
        ops.extend([read(THRESHOLD), write(0x8000), read(THRESHOLD), read(THRESHOLD + 4)]);
        for beats in packed(3) {
            ops.extend([Op::Frame { beats, last: true }, read(0x14)]);
        }
        ops.extend([Op::Drain, read(0x1c), read(0x10c), Op::Reset { cycles: 2 }]);
        ops.extend([read(0x1c), read(THRESHOLD)]);
        let options = Options { stalls: stalls.parse().unwrap(), ..Options::default() };
        let all = played(bench, ops, &options).unwrap();
        let found: Vec<_> = all.reads.iter().map(|r| (r.address, r.data, r.resp)).collect();
        let (low, high) = (0xffff_8000, u32::MAX);
        let before = [(0, 0x5246_4c43, 0), (4, 0x10203, 0), (8, 0x89ab_cdef, 0), (0x14, 0, 0)];
        let set = [(THRESHOLD, low, 0), (THRESHOLD, low, 0), (THRESHOLD + 4, high, 0)];
        let after = [(0x1c, 3, 0), (0x10c, 0, 2), (0x1c, 0, 0), (THRESHOLD, 0, 0)];
        assert_eq!((&found[..4], &found[4..7], &found[10..]), (&before[..], &set[..], &after[..]));
        // A frame is counted in the cycle after its last beat, and here a read takes two at least.
        assert_eq!(found[7..10], [(0x14, 1, 0), (0x14, 2, 0), (0x14, 3, 0)]);
        let writes: Vec<_> = all.writes.iter().map(|w| (w.address, w.data, w.resp)).collect();
        assert_eq!(writes, [(THRESHOLD, 0, 0), (THRESHOLD, 0, 2)], "{stalls}");
        for (frame, read) in all.frames.iter().zip(&all.reads[7..10]) {
            assert!(frame.last < read.cycle, "{stalls}: {frame:?} {read:?}");
        }
        for (read, frame) in all.reads[7..9].iter().zip(&all.frames[1..]) {
            assert!(read.cycle < frame.first, "{stalls}: {read:?} {frame:?}");
        }
    }
}

/// What the driver says of cycles is enough to know every frame's threshold.
#[test]
fn a_write_in_mid_frame_counts_from_the_frame_that_its_cycle_says() {
    let Some(bench) = controlled() else { return };
    let n = 120;
    let logits = CONTROLLED.logits(&CONTROLLED.frames(n));
    let beats_of_a_frame = CONTROLLED.bus().beats() as u32;
    let (mut own, mut later) = (0, 0);
    for stalls in ["none", "random:1", "three-in-four:2", "bursts/alternate:3", "none/random:4"] {
        let data = |f: usize| 5 * f as u32 + 1;
        let ops = packed(n).into_iter().enumerate().map(|(f, beats)| {
            let at = f as u32 % (beats_of_a_frame + 1);
            Op::FrameWithWrite { beats, last: true, at, address: THRESHOLD, data: data(f) }
        });
        let options = Options { stalls: stalls.parse().unwrap(), ..Options::default() };
        let all = played(bench, ops.collect(), &options).unwrap();
        assert_eq!((all.frames.len(), all.writes.len(), all.packets.len()), (n, n, n));
        let mut threshold = 0;
        let mut writes = all.writes.iter().enumerate().peekable();
        for (f, (span, packet)) in all.frames.iter().zip(&all.packets).enumerate() {
            while let Some((w, _)) = writes.next_if(|(_, w)| w.cycle <= span.last) {
                threshold = data(w);
            }
            let packet = CONTROLLED.packet().decode(&packet.bytes).unwrap();
            let found = packet.answer().unwrap().logits[0];
            assert_eq!(found, logits[[f, 0]] + i64::from(threshold), "{stalls}: frame {f}");
            if threshold == data(f) {
                own += 1
            } else {
                later += 1
            }
            // The stream goes on while the register is written.
            let gapless = span.last - span.first + 1 == u64::from(beats_of_a_frame);
            assert!(gapless || !stalls.starts_with("none"), "{stalls}: frame {f}, {span:?}");
        }
    }
    assert!(own > 50 && later > 50, "{own} {later}");
}

#[test]
fn a_model_without_registers_refuses_their_records() {
    let Some(bench) = usual() else { return };
    let error = played(bench, vec![Op::Read { address: 0 }], &Options::default()).unwrap_err();
    assert!(matches!(error, RunError::Died { .. }), "{error:?}");
    assert!(error.to_string().contains("record 5 asks for a register"), "{error}");
    let Some(bench) = controlled() else { return };
    let error = played(bench, vec![Op::Read { address: 4096 }], &Options::default()).unwrap_err();
    assert!(error.to_string().contains("no register has the address 4096"), "{error}");
    let beats = packed(1).remove(0);
    let op = Op::FrameWithWrite { beats, last: true, at: 6, address: 0, data: 0 };
    let error = played(bench, vec![op], &Options::default()).unwrap_err();
    assert!(error.to_string().contains("after beat 6 of a frame of 5"), "{error}");
}

#[test]
fn registers_that_break_axi_lite_are_caught() {
    let Some(bench) = controlled() else { return };
    let run = |number| {
        let frames = packed(20).into_iter().map(|beats| Op::Frame { beats, last: true });
        let ops = frames.flat_map(|frame| [frame, Op::Read { address: 0x14 }]).collect();
        played(bench, ops, &fault(number)).expect_err("the registers are broken")
    };
    for (number, wanted) in [(20, "before a write's"), (21, "fell before"), (22, "changed while")] {
        match run(number) {
            RunError::Protocol { rule, .. } => assert!(rule.contains(wanted), "{number}: {rule}"),
            other => panic!("{number}: {other}"),
        }
    }
    let RunError::Watchdog { text, .. } = run(19) else { panic!() };
    assert!(text.contains("an access waits on s_axil"), "{text}");
}

#[test]
fn a_child_that_crashes_or_babbles_is_reported() {
    use std::os::unix::fs::PermissionsExt;
    let Some(bench) = usual() else { return };
    for (name, script, wanted) in [
        ("crash", "echo broken >&2; kill -SEGV $$", "signal: 11"),
        ("crash", "echo broken >&2; kill -SEGV $$", "broken"),
        ("quiet", "exit 0", "exit status: 0"),
        ("babble", "echo Zebra; exec cat >&2", "broke off"),
        ("half", "printf F123; exit 7", "exit status: 7"),
    ] {
        let program = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.sh"));
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut bench = bench.clone();
        bench.model.program = program;
        // Far more than a pipe holds.
        let error = bench.simulate(USUAL.frames(20_000).view(), &Options::default()).unwrap_err();
        assert!(matches!(error, SimError::Run(RunError::Died { .. })), "{name}: {error:?}");
        assert!(error.to_string().contains(wanted), "{name}: {error}");
    }
}
