//! The dot products that packages bring, against the testbench of the hand-written one.

mod common;

use clashfree::emit;
use clashfree::heap::Fabric;
use clashfree::lower::DotShape;
use clashfree::packet::ResultKind;
use clashfree::schedule::{Adders, Budget, Preferences};
use common::heads::{compiled, compiled_with, head, relu, unsigned};
use std::path::Path;
use std::process::Command;

const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn shape(lanes: usize, act_bits: u32, act_signed: bool, weight_bits: u32) -> DotShape {
    DotShape { lanes, act_bits, act_signed, weight_bits }
}

/// Writes `cf_dot` for some shapes; says what the testbench says of one.
fn bench(folder: &Path, shape: DotShape) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    let program = folder.with_extension("vvp");
    let output = Command::new("iverilog")
        .args(["-g2005", "-s", "tb_dot", "-y", "hw/rtl", "-o"])
        .arg(&program)
        .arg(format!("-Ptb_dot.Lanes={}", shape.lanes))
        .arg(format!("-Ptb_dot.ActBits={}", shape.act_bits))
        .arg(format!("-Ptb_dot.ActSigned={}", u8::from(shape.act_signed)))
        .arg(format!("-Ptb_dot.WeightBits={}", shape.weight_bits))
        // interpreted, thousands of windows take their time
        .arg("-Ptb_dot.Cycles=100")
        .arg("hw/tb/tb_dot.v")
        .args(sources)
        .current_dir(root)
        .output()
        .expect("iverilog starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = Command::new("vvp").arg("-n").arg(&program).output().expect("vvp starts");
    String::from_utf8_lossy(&said.stdout).into_owned()
}

#[test]
fn generated_dot_products_are_exact() {
    if Command::new("iverilog").arg("-V").output().is_err() {
        println!("skipped: iverilog is not installed");
        assert!(std::env::var_os("CI").is_none(), "iverilog is not installed, and CI needs it");
        return;
    }
    let made = compiled(
        head("dots", 40, unsigned(4, 4), &[relu(40, 9), relu(10, 3)], 1),
        Budget::Cycles(20),
        64,
        ResultKind::Logits,
    );
    let mut design = made.design;
    let shapes = [
        shape(4, 1, false, 1),
        shape(5, 1, true, 3),
        shape(8, 6, false, 6),
        shape(7, 5, true, 4),
        shape(32, 4, false, 6),
        shape(6, 9, true, 7),
    ];
    for levels in [1, 3] {
        design.dots = shapes.iter().map(|shape| shape.stage(levels)).collect();
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in emit::hardware(&design, HASH, HASH) {
            if let Some(name) = path.strip_prefix("rtl/").filter(|name| name.starts_with("cf_dot"))
            {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
        }
        for &shape in &shapes {
            let said = bench(folder.path(), shape);
            assert!(said.lines().any(|l| l.starts_with("PASS")), "{shape:?}, {levels}: {said}");
        }
    }
}

/// Where products go to DSP blocks, and where adders have four-input LUTs, there are none.
#[test]
fn dot_products_are_heaps_where_that_is_smaller() {
    let dots = |adders| {
        let preferences = Preferences { adders, ..Preferences::default() };
        let head = head("dots", 40, unsigned(4, 4), &[relu(40, 9), relu(10, 3)], 1);
        let made = compiled_with(head, Budget::Cycles(20), preferences, 64, ResultKind::Logits);
        let plain = made.package.files.contains_key("rtl/lib/cf_dot.v");
        let shapes = made.design.dots.iter().map(|dot| dot.shape.lanes).collect::<Vec<_>>();
        assert_eq!(plain, shapes.is_empty(), "one cf_dot, this or that");
        shapes
    };
    let usual = Adders::default();
    assert!(!dots(usual).is_empty());
    assert!(dots(usual).iter().all(|&lanes| lanes >= 4));
    assert!(dots(Adders { dsp: true, ..usual }).is_empty());
    assert!(dots(Adders { fabric: Fabric::Lut4, ..usual }).is_empty());
}
