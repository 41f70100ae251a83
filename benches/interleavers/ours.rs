//! The interleaver of a compiled junction, without what multiplies.

use super::synthesis::{Job, Part, ROMS, Shell};
use clashfree::lower::{AddressStage, Datapath, Rom, WorkStage};
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
    let some = |set: &[(&str, usize)], lanes: usize, cut: &[(Option<&Rom>, usize)]| {
        let mut parameters = parameters.clone();
        for (name, value) in &mut parameters {
            if let Some((_, to)) = set.iter().find(|(of, _)| of == name) {
                *value = to.to_string();
            }
        }
        let mut roms = roms.clone();
        for (rom, bits) in cut.iter().filter_map(|(rom, bits)| Some((rom.as_ref()?, bits))) {
            roms.insert(rom.file.clone(), low_bits(&rom.words.hex(), *bits).into_bytes());
        }
        part(lanes, &parameters, roms)
    };
    let width = |rom: &Option<Rom>| rom.as_ref().map_or(0, |rom| rom.words.width());
    match &stage.datapath {
        // lines share what writes, and nothing else
        Datapath::Tied(tied)
            if !whole && stage.lanes > LANES && tied.lines >= LINES && !tied.shared =>
        {
            let rom = match &tied.addresses {
                AddressStage::None => None,
                AddressStage::Counted { start_rom: rom, .. } => Some(rom),
                AddressStage::Table { address_rom: rom } => Some(rom),
            };
            let bits = rom.map_or(0, |rom| rom.words.width() / tied.lines);
            let lines = |n| some(&[("Lines", n)], n * tied.width, &[(rom, n * bits)]);
            Job { lanes: stage.lanes, alike: 1, parts: vec![lines(1), lines(2)] }
        }
        // units share nothing, and lanes of a unit only its copies
        Datapath::Copies(copies)
            if !whole
                && stage.lanes > LANES
                && copies.shape.shared_lanes() == 0
                && 2 * copies.copies_per_unit <= copies.shape.lanes_per_unit() =>
        {
            let units = copies.shape.units(stage.right);
            let (row, bank) = (&copies.row_rom, &copies.bank_rom);
            let lanes = |n| {
                let cut = [
                    (row.as_ref(), width(row) / units),
                    (bank.as_ref(), width(bank) / stage.lanes * n),
                ];
                some(&[("Units", 1), ("LanesPerUnit", n)], n, &cut)
            };
            let few = copies.copies_per_unit;
            let lanes_per_unit = copies.shape.lanes_per_unit();
            Job { lanes: lanes_per_unit, alike: units, parts: vec![lanes(few), lanes(2 * few)] }
        }
        _ => {
            let parts = vec![part(stage.lanes, &parameters, roms.clone())];
            Job { lanes: stage.lanes, alike: 1, parts }
        }
    }
}

/// The low bits of each word.
fn low_bits(hex: &str, bits: usize) -> String {
    let digits = bits.div_ceil(4);
    let mut text = String::new();
    for word in hex.lines() {
        let (top, rest) = word[word.len() - digits..].split_at(1);
        let top = u8::from_str_radix(top, 16).expect("a digit") & (0xf >> (4 * digits - bits));
        text += &format!("{top:x}{rest}\n");
    }
    text
}
