//! `draw`: pictures that show the head's own masks and every read once, and what is not replaced.

mod heads;

use clashfree::lower::{Control, Interface};
use clashfree::packet::ResultKind;
use clashfree::pipeline::{SplitAt, Target, compile};
use clashfree::schedule::{Budget, Interleaver, Preferences};
use clashfree::speed::Speed;
use heads::{clashfree, dir, good, stderr};
use roxmltree::{Document, Node};
use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/heads/mnist-2-9-10")
}

fn draw(head: &Path, out: &Path, more: &[&str]) -> Output {
    let plain = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let (head, out) = (plain(head), plain(out));
    clashfree(["draw", &head, "-o", &out].iter().chain(more))
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|e| e.expect("an entry").file_name().into_string().expect("plain")).collect()
}

/// Whether a node is such an element, whatever its namespace.
fn is(node: &Node<'_, '_>, tag: &str) -> bool {
    node.is_element() && node.tag_name().name() == tag
}

fn number(node: Node<'_, '_>, name: &str) -> i64 {
    node.attribute(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The cells of a picture of a grid, (column, row), one entry for each time it is drawn.
fn cells(svg: &str, columns: i64) -> Vec<(i64, i64)> {
    let document = Document::parse(svg).expect("well-formed XML");
    let of = |tag: &'static str| document.descendants().filter(move |n| is(n, tag));
    let frame = of("rect")
        .find(|r| r.attribute("fill") == Some("none") && r.attribute("stroke") == Some("#000000"))
        .expect("a frame");
    let (left, top) = (number(frame, "x"), number(frame, "y"));
    let cell = number(frame, "width") / columns;
    let mut cells = Vec::new();
    for polygon in of("polygon") {
        let points = polygon.attribute("points").expect("points").split_whitespace();
        let points: Vec<(i64, i64)> = points
            .map(|pair| pair.split_once(',').expect("x,y"))
            .map(|(x, y)| (x.parse().expect("x"), y.parse().expect("y")))
            .collect();
        // Bottom left, top left, top right, bottom right of each run.
        for run in points.chunks(4) {
            let row = (run[1].1 - top) / (run[0].1 - run[1].1);
            let columns = (run[0].0 - left) / cell..(run[2].0 - left) / cell;
            cells.extend(columns.map(|column| (column, row)));
        }
    }
    cells
}

#[test]
fn pictures_have_the_masks_and_every_read() {
    let folder = dir();
    let out = folder.path().join("pictures");
    let bytes = fs::read(example().join("head.safetensors")).expect("reads");
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    for more in [&["--cycles", "50"][..], &["--cycles", "100", "--interleaver", "copies"]] {
        let output = draw(&example(), &out, &[more, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let listed: BTreeSet<String> =
            serde_json::from_value(json["files"].clone()).expect("a list of names");
        assert_eq!(listed, names(&out));
        assert_eq!(listed.len(), 10);
        let read = |name: &str| fs::read_to_string(out.join(name)).expect("text");

        for j in 0..3 {
            // The masks are the head's own, whatever order the hardware works in.
            let mask = tensors.tensor(&format!("fc{j}.mask")).expect("a mask");
            let left = mask.shape()[1];
            let edges: BTreeSet<(i64, i64)> = (0..mask.data().len())
                .filter(|&at| mask.data()[at] == 1)
                .map(|at| ((at % left) as i64, (at / left) as i64))
                .collect();
            let drawn = cells(&read(&format!("j{j}_pattern.svg")), left as i64);
            assert_eq!(drawn.len(), edges.len(), "junction {j}");
            assert_eq!(drawn.into_iter().collect::<BTreeSet<_>>(), edges, "junction {j}");

            // A bank is read once a cycle, so every edge has a cell of its own.
            let check = clashfree(
                ["check", example().to_str().expect("plain"), "--interleavers", "--json"]
                    .iter()
                    .chain(more),
            );
            let check: Value = serde_json::from_slice(&check.stdout).expect("JSON");
            let choice = &check["interleavers"][j];
            let offers = choice["offers"].as_array().expect("offers");
            let chosen = offers.iter().find(|o| o["kind"] == choice["kind"]).expect("chosen");
            let cycles = chosen["cycles"].as_i64().expect("cycles");
            let svg = read(&format!("j{j}_banks.svg"));
            let reads = cells(&svg, cycles);
            assert_eq!(reads.len(), edges.len(), "junction {j} {more:?}");
            assert_eq!(reads.iter().collect::<BTreeSet<_>>().len(), edges.len(), "{j} {more:?}");
            assert!(reads.iter().all(|&(cycle, _)| cycle < cycles));
            assert!(svg.contains(choice["kind"].as_str().expect("a kind")), "{j} {more:?}");
        }
    }
}

#[test]
fn five_frames_follow_each_other() {
    let folder = dir();
    let out = folder.path().join("pictures");
    let output = draw(&example(), &out, &["--cycles", "50"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let svg = fs::read_to_string(out.join("schedule.svg")).expect("text");
    assert!(svg.contains("initiation interval in cycles: 50"), "{svg}");
    let document = Document::parse(&svg).expect("well-formed XML");
    let bars = document.descendants().filter(|n| {
        let fill = n.attribute("fill").unwrap_or("none");
        is(n, "rect") && !["none", "#FFFFFF"].contains(&fill)
    });
    let mut rows = std::collections::BTreeMap::<i64, Vec<i64>>::new();
    for bar in bars {
        rows.entry(number(bar, "y")).or_default().push(number(bar, "x"));
    }
    // Two frames of one stage never overlap, or they would not share a row: bus in, three
    // junctions, result, bus out.
    assert_eq!(rows.len(), 6, "{rows:?}");
    for starts in rows.values() {
        let gaps: Vec<i64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps.len(), 4, "{rows:?}");
        // A pixel either way.
        assert!(gaps.iter().all(|gap| (gap - gaps[0]).abs() <= 1), "{rows:?}");
    }
}

/// Against the figures of docs/architecture.md, which `verify` measures too.
#[test]
fn a_frame_goes_from_stage_to_stage() {
    let target = Target {
        speed: Speed::Budget(Budget::Cycles(50)),
        preferences: Preferences {
            interleavers: vec![Interleaver::Copies],
            ..Preferences::default()
        },
        interface: Interface { bus_bits: 64, result: ResultKind::Logits, control: Control::Auto },
        pad: false,
        split: SplitAt::File,
    };
    let design = compile(&example(), &target).expect("compiles").design;
    let busy = design.busy();
    // 50 beats; two cycles to the first issue; then cycles - 1 + write latency each: 58, 50, 58.
    assert_eq!(busy.bus_in, 0..50);
    assert_eq!(busy.junctions, [51..101, 109..154, 159..209]);
    assert_eq!(busy.result, 217..232);
    assert_eq!(busy.bus_out.start - 49, 183);
    assert_eq!(design.latency(), 183);
}

#[test]
fn only_pictures_of_ours_are_replaced() {
    let folder = dir();
    let head = folder.path().join("head");
    fs::create_dir(&head).expect("makes");
    good().write(&head);
    let out = folder.path().join("pictures");
    let refused = |says: &str| {
        let before: Vec<_> = names(folder.path()).into_iter().collect();
        let output = draw(&head, &out, &["--json"]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
        assert_eq!(error["error"]["code"], "clashfree::report::not_ours", "{error}");
        let message = error["error"]["message"].as_str().expect("a message");
        assert!(message.contains(says), "{message}");
        assert_eq!(names(folder.path()).into_iter().collect::<Vec<_>>(), before);
    };
    fs::write(&out, "a file").expect("writes");
    refused("not a folder that can be read");
    assert_eq!(fs::read(&out).expect("reads"), b"a file");
    fs::remove_file(&out).expect("removes");

    fs::create_dir(&out).expect("makes");
    let mine = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    fs::write(out.join("schedule.svg"), mine).expect("writes");
    refused("schedule.svg stands there");
    assert_eq!(fs::read_to_string(out.join("schedule.svg")).expect("reads"), mine);
    fs::remove_file(out.join("schedule.svg")).expect("removes");

    // An empty folder and one of pictures are replaced, whole: what is no more is gone.
    assert_eq!(draw(&example(), &out, &["--cycles", "100"]).status.code(), Some(0));
    assert_eq!(names(&out).len(), 10);
    let output = draw(&head, &out, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(&out).len(), 7, "two junctions");
    assert!(String::from_utf8_lossy(&output.stdout).contains("7 pictures in "));
    let first = fs::read(out.join("j0_banks.svg")).expect("reads");
    assert_eq!(draw(&head, &out, &[]).status.code(), Some(0));
    assert_eq!(fs::read(out.join("j0_banks.svg")).expect("reads"), first, "the same bytes");

    fs::write(out.join("notes.txt"), "mine").expect("writes");
    refused("notes.txt stands there");
    assert_eq!(names(&out).len(), 8);
    let output = draw(&folder.path().join("none"), &folder.path().join("new"), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!folder.path().join("new").exists(), "a bad head leaves nothing behind");
}
