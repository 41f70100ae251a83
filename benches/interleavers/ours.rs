//! The interleaver of a compiled junction, without what multiplies.

use super::synthesis::{Job, Part, ROMS, Shell};
use clashfree::lower::{AddressStage, Datapath, Rom, Words, WorkStage};
use clashfree::pipeline::Compiled;
use std::collections::BTreeMap;

/// A design of more lanes than this is synthesised in part, if it can be.
const LANES: usize = 128;

/// ... and if that is less than half of the work.
const LINES: usize = 6;

/// ROM files by name.
type Roms = BTreeMap<String, Vec<u8>>;

/// The junction's `cf_lanes*` with the parameters of the emitted top, weights left open. A large
/// one is synthesised in part, unless the `whole` is asked for.
pub fn job(compiled: &Compiled, junction: usize, whole: bool) -> Job {
    let files = &compiled.package.files;
    let text = |path: &str| String::from_utf8(files[path].clone()).expect("text");
    let top = text(&format!("rtl/{}.v", compiled.design.top));
    let stage = &compiled.design.junctions[junction];

    let top_lines: Vec<&str> = top.lines().map(str::trim).collect();
    let end = top_lines
        .iter()
        .position(|line| line.starts_with(&format!(") i_junction_{junction} (")))
        .expect("the junction's instance");
    let begin = top_lines[..end].iter().rposition(|l| l.ends_with("#(")).expect("its parameters");
    let module = top_lines[begin].replace("cf_junction", "cf_lanes").replace(" #(", "");
    let library = text(&format!("rtl/lib/{module}.v"));
    let own = library.split("// derived").next().expect("a part before");
    let declared = |name: &str| own.contains(&format!(" {name} = "));

    let mut parameters = Vec::new();
    for line in &top_lines[begin + 1..end] {
        let (name, value) = line.trim_start_matches('.').split_once('(').expect("a parameter");
        let (name, value) = (name.trim(), value.trim_end_matches(',').trim_end_matches(')'));
        if declared(name) && !name.starts_with("Weight") {
            let value = value.replace("{RomDir, \"", &format!("\"{ROMS}")).replace("\"}", "\"");
            parameters.push((name, value));
        }
    }
    let cycle_bits = usize::BITS - (stage.cycles - 1).leading_zeros();
    if declared("CycleBits") {
        parameters.push(("CycleBits", cycle_bits.max(1).to_string()));
    }
    let roms = files.iter().filter_map(|(path, bytes)| {
        // headers name the package: without them the same content is the same
        let content = String::from_utf8_lossy(bytes);
        let content = content.lines().filter(|line| !line.starts_with("//"));
        let content = content.fold(String::new(), |text, line| text + line + "\n");
        Some((path.strip_prefix("rom/")?.to_owned(), content.into_bytes()))
    });
    let roms: Roms = roms.collect();
    let part = |lanes, parameters: &[(&str, String)], roms: Roms| {
        let mut shell = Shell::new(stage, lanes);
        let used = |line: &&&str| {
            let name = line.strip_prefix("localparam ").and_then(|l| l.split(' ').next());
            name.is_some_and(|name| parameters.iter().any(|(_, value)| value == name))
        };
        shell.body.extend(top_lines.iter().filter(used).map(|l| (*l).into()));
        let run = if library.contains(" run_i,") { ", .run_i(run_i)" } else { "" };
        let parameters: Vec<String> =
            parameters.iter().map(|(name, value)| format!(".{name}({value})")).collect();
        shell.instance(&module, &parameters, run);
        // which products of a cycle belong to the earlier neuron is the interleaver's business, too
        if let Datapath::Tied(tied) = &stage.datapath
            && let WorkStage::Straddling { block, mask_rom: Some(rom) } = &tied.work
        {
            shell.rom("mask", tied.width / block, stage.cycles, &rom.file);
        }
        let shell = shell.text();
        Part { lanes, roms: roms.into_iter().filter(|(f, _)| shell.contains(f)).collect(), shell }
    };
    let some = |set: (&str, usize), lanes: usize, cut: Option<(&Rom, usize, Vec<usize>)>| {
        let mut parameters = parameters.clone();
        for (_, value) in parameters.iter_mut().filter(|(name, _)| *name == set.0) {
            *value = set.1.to_string();
        }
        let mut roms = roms.clone();
        if let Some((rom, bits, which)) = cut {
            roms.insert(rom.file.clone(), fields(&rom.words.hex(), bits, &which).into_bytes());
        }
        part(lanes, &parameters, roms)
    };
    let parts = match &stage.datapath {
        // lines share what writes, and nothing else
        Datapath::Tied(tied)
            if !whole && stage.lanes > LANES && tied.lines >= LINES && !tied.shared =>
        {
            let rom = match &tied.addresses {
                AddressStage::None => None,
                AddressStage::Counted { start_rom: rom, .. } => Some(rom),
                AddressStage::Table { address_rom: rom } => Some(rom),
            };
            let lines = |n| {
                let cut = rom.map(|rom| (rom, rom.words.width() / tied.lines, (0..n).collect()));
                some(("Lines", n), n * tied.width, cut)
            };
            vec![lines(1), lines(2)]
        }
        // lanes of a unit share its copies, and nothing else
        Datapath::Copies(copies)
            if !whole
                && stage.lanes > LANES
                && copies.shape.shared_lanes() == 0
                && 4 * copies.copies_per_unit < copies.shape.lanes_per_unit() =>
        {
            let (units, all) = (copies.shape.units(stage.right), copies.shape.lanes_per_unit());
            let lanes = |n| {
                let which = (0..units).flat_map(|unit| (0..n).map(move |lane| unit * all + lane));
                let rom = copies.bank_rom.as_ref();
                let cut = rom.map(|rom| (rom, rom.words.width() / stage.lanes, which.collect()));
                some(("LanesPerUnit", n), units * n, cut)
            };
            // one lane alone may leave banks of its copy unread
            vec![lanes(2 * copies.copies_per_unit), lanes(4 * copies.copies_per_unit)]
        }
        _ => vec![part(stage.lanes, &parameters, roms.clone())],
    };
    Job { lanes: stage.lanes, parts }
}

/// Some fields of each word.
fn fields(hex: &str, bits: usize, which: &[usize]) -> String {
    let mut words = Words::new(bits * which.len(), hex.lines().count());
    for (row, word) in hex.lines().enumerate() {
        let digits: Vec<u32> = word.chars().rev().filter_map(|c| c.to_digit(16)).collect();
        let from = which.iter().flat_map(|field| (0..bits).map(move |bit| field * bits + bit));
        for (to, from) in from.enumerate() {
            words.put(row, to, 1, i64::from(digits[from / 4] >> (from % 4) & 1));
        }
    }
    words.hex()
}
