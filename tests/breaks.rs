//! Breaks on purpose: whatever is wrong in a package, `clashfree verify` ends with code 1 and says
//! where. ROM files have two lines of defence, the hash that simulation checks at its start and,
//! for one whose hash was made to fit, the comparison.

mod common;

use clashfree::lower::{CopiesStage, Datapath, JunctionStage};
use clashfree::packet::ResultKind;
use clashfree::pipeline::Compiled;
use clashfree::schedule::{Budget, Interleaver, Preferences, Shape};
use clashfree::verify::tools::Toolchain;
use common::have;
use common::heads::{compiled_with, frames, head, relu, unsigned};
use common::rom_text::Table;
use ndarray::s;
use ndarray_npy::write_npy;
use std::path::{Path, PathBuf};
use std::process::Command;

fn copies(stage: &JunctionStage) -> &CopiesStage {
    let Datapath::Copies(kind) = &stage.datapath else { panic!("copies were asked for") };
    kind
}

/// Serial junctions of several lanes a unit, with row and bank ROMs.
fn broken_head() -> Compiled {
    let head = head("break", 40, unsigned(4, 4), &[relu(40, 9), relu(10, 10)], 7);
    let preferences =
        Preferences { interleavers: vec![Interleaver::Copies], ..Preferences::default() };
    let budget = Budget::Parallelism(vec![12, 10]);
    let compiled = compiled_with(head, budget, preferences, 16, ResultKind::Logits);
    for stage in &compiled.design.junctions {
        let shape = copies(stage).shape;
        assert!(matches!(shape, Shape::Serial { lanes_per_unit: 2.., .. }), "{shape:?}");
    }
    let first = &compiled.design.junctions[0];
    let kind = copies(first);
    assert!(kind.row_rom.is_some() && kind.bank_rom.is_some() && first.requant.is_some());
    compiled
}

/// A package of its own, and the data to verify it with.
struct Package {
    build: PathBuf,
    inputs: PathBuf,
    compiled: Compiled,
}

impl Package {
    fn write(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("breaks").join(name);
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        let compiled = broken_head();
        let (build, inputs) = (root.join("build"), root.join("x.npy"));
        compiled.package.write(&build).unwrap();
        // Not the frame of zeros, which shows no wrong adder of the first junction.
        let all = frames(&compiled.head, 41, 5);
        write_npy(&inputs, &all.slice(s![1.., ..])).unwrap();
        Self { build, inputs, compiled }
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.build.join(file)).unwrap()
    }

    /// Replaces a text that stands once in a file.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {file}");
        std::fs::write(self.build.join(file), text.replace(from, to)).unwrap();
    }

    /// Verifies: exit code and everything printed.
    fn verify(&self) -> (i32, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_clashfree"))
            .arg("verify")
            .arg(&self.build)
            .arg("--inputs")
            .arg(&self.inputs)
            .output()
            .unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
    }

    /// The comparison finds it, and says in which part of what.
    fn is_found_by_comparison(&self, file: &str, junction: usize, part: &str) {
        let (code, text) = self.verify();
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(&format!("{file} was changed since")), "{text}");
        let wrong = text.lines().any(|l| l.starts_with("frame ") && l.contains("logit"));
        assert!(wrong, "{text}");
        assert!(!text.contains(" 0 mismatches in 400 logits"), "{text}");
        let inside = "first wrong value inside: ";
        let line = text.lines().find_map(|l| l.strip_prefix(inside)).unwrap_or_default();
        let place = format!("junction {junction}, neuron ");
        assert!(line.contains(&place) && line.contains(&format!(": {part}: expected ")), "{text}");
        for word in ["frame ", "lane ", "cycle ", "found "] {
            assert!(line.contains(word), "{text}");
        }
    }
}

/// FNV-1a over the words' 32-bit chunks, as `hw/rtl/cf_rom_check.v` describes it.
fn hash(table: &Table) -> String {
    let all = table.0.iter().flatten();
    let hash = all.fold(0x811c_9dc5u32, |h, chunk| (h ^ chunk).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

/// Changes a field of the first word of a ROM by `change`; both lines of defence must hold.
fn break_rom(what: &str, part: &str, field: impl Fn(&JunctionStage) -> Field) {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let package = Package::write(what);
    let file = format!("rom/j0_{what}.mem");
    let Field { width, at, bits, change } = field(&package.compiled.design.junctions[0]);
    let text = package.read(&file);
    let table = Table::read(&text, width);
    let line = text.lines().find(|l| !l.starts_with("//")).unwrap();
    let value = table.field(0, at, bits).wrapping_add_signed(change) & ((1 << bits) - 1);
    let mut digits: Vec<u8> =
        line.bytes().rev().map(|d| char::from(d).to_digit(16).unwrap() as u8).collect();
    for bit in 0..bits {
        let (digit, mask) = ((at + bit) / 4, 1 << ((at + bit) % 4));
        digits[digit] &= !mask;
        digits[digit] |= if value >> bit & 1 == 1 { mask } else { 0 };
    }
    let digit = |&d: &u8| char::from_digit(d.into(), 16).unwrap();
    let other: String = digits.iter().rev().map(digit).collect();
    assert_ne!(line, other);
    let broken = text.replacen(line, &other, 1);
    std::fs::write(package.build.join(&file), &broken).unwrap();

    let (code, text) = package.verify();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("CF_ROM_ERROR") && text.contains(&file), "{text}");

    let top = format!("rtl/{}.v", package.compiled.design.top);
    package.edit(&top, &hash(&table), &hash(&Table::read(&broken, width)));
    package.is_found_by_comparison(&file, 0, part);
}

/// Where in the first word of a ROM, and by how much it is to be wrong.
struct Field {
    width: usize,
    at: usize,
    bits: usize,
    change: i64,
}

#[test]
fn a_wrong_weight_is_caught() {
    break_rom("weight", "weight", |stage| {
        let bits = stage.weight.bits as usize;
        // The sign of lane 0's weight: far from what it was.
        let width = stage.tables.as_ref().unwrap().weight_rom.words.width();
        Field { width, at: 0, bits, change: 1 << (bits - 1) }
    });
}

#[test]
fn a_wrong_entry_of_the_bank_rom_is_caught() {
    break_rom("bank", "activation", |stage| {
        let width = copies(stage).bank_rom.as_ref().unwrap().words.width();
        let bits = width / stage.lanes;
        Field { width, at: 0, bits, change: 1 }
    });
}

#[test]
fn a_wrong_entry_of_the_row_rom_is_caught() {
    break_rom("row", "activation", |stage| {
        let words = &copies(stage).row_rom.as_ref().unwrap().words;
        let bits = words.width() / (stage.copies() * copies(stage).banks);
        // The bank that lane 0 takes from its copy, the first, in cycle 0.
        let bank_words = &copies(stage).bank_rom.as_ref().unwrap().words;
        let bank_table = Table::read(&bank_words.hex(), bank_words.width());
        let bank = bank_table.field(0, 0, bank_words.width() / stage.lanes) as usize;
        Field { width: words.width(), at: bank * bits, bits, change: 1 }
    });
}

#[test]
fn a_missing_rounding_constant_is_caught() {
    break_rom("bias", "accumulator", |stage| {
        let shift = stage.requant.unwrap().shift;
        assert!(shift > 1, "rounding that shows");
        let bias_rom = &stage.tables.as_ref().unwrap().bias_rom;
        let (width, bits) = (bias_rom.words.width(), stage.acc_bits as usize);
        Field { width, at: 0, bits, change: -(1 << (shift - 1)) }
    });
}

/// Changes one line of the library in the package.
fn break_module(module: &str, from: &str, to: &str, part: &str) {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let package = Package::write(module);
    let file = format!("rtl/lib/{module}.v");
    package.edit(&file, from, to);
    package.is_found_by_comparison(&file, 0, part);
}

#[test]
fn a_wrong_adder_of_the_tree_is_caught() {
    break_module("cf_sum", "sum_q <= a + b", "sum_q <= a - b", "sum of products");
}

#[test]
fn a_wrong_adder_of_the_accumulator_is_caught() {
    let sum = "(fresh_q ? start : acc_q) + sum_i";
    break_module("cf_accumulate", sum, &sum.replace('+', "-"), "accumulator");
}

#[test]
fn an_unbroken_package_passes() {
    if have(Toolchain::find().err()).is_none() {
        return;
    }
    let (code, text) = Package::write("unbroken").verify();
    assert!(code == 0 && text.contains("0 mismatches in 400 logits"), "{text}");
}
