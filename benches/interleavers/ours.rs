//! The interleaver of a compiled junction, without what multiplies.

use super::synthesis::{Job, ROMS, Shell};
use clashfree::lower::{Datapath, WorkStage};
use clashfree::pipeline::Compiled;

/// The junction's `cf_lanes*` with the parameters of the emitted top, weights left open.
pub fn job(compiled: &Compiled, junction: usize) -> Job {
    let files = &compiled.package.files;
    let text = |path: &str| String::from_utf8(files[path].clone()).expect("text");
    let top = text(&format!("rtl/{}.v", compiled.design.top));
    let stage = &compiled.design.junctions[junction];

    let lines: Vec<&str> = top.lines().map(str::trim).collect();
    let end = lines
        .iter()
        .position(|line| line.starts_with(&format!(") i_junction_{junction} (")))
        .expect("the junction's instance");
    let begin = lines[..end].iter().rposition(|l| l.ends_with("#(")).expect("its parameters");
    let module = lines[begin].replace("cf_junction", "cf_lanes").replace(" #(", "");
    let library = text(&format!("rtl/lib/{module}.v"));
    let own = library.split("// derived").next().expect("a part before");
    let declared = |name: &str| own.contains(&format!(" {name} = "));

    let mut parameters = Vec::new();
    for line in &lines[begin + 1..end] {
        let (name, value) = line.trim_start_matches('.').split_once('(').expect("a parameter");
        let (name, value) = (name.trim(), value.trim_end_matches(',').trim_end_matches(')'));
        if declared(name) && !name.starts_with("Weight") {
            let value = value.replace("{RomDir, \"", &format!("\"{ROMS}")).replace("\"}", "\"");
            parameters.push(format!(".{name}({value})"));
        }
    }
    let cycle_bits = usize::BITS - (stage.cycles - 1).leading_zeros();
    if declared("CycleBits") {
        parameters.push(format!(".CycleBits({})", cycle_bits.max(1)));
    }
    let mut shell = Shell::new(stage, stage.lanes);
    shell.body.extend(lines.iter().filter(|l| l.starts_with("localparam L")).map(|l| (*l).into()));
    let run = if library.contains(" run_i,") { ", .run_i(run_i)" } else { "" };
    shell.instance(&module, &parameters, run);
    // which products of a cycle belong to the earlier neuron is the interleaver's business, too
    if let Datapath::Tied(tied) = &stage.datapath
        && let WorkStage::Straddling { block, mask_rom: Some(rom) } = &tied.work
    {
        shell.rom("mask", tied.width / block, stage.cycles, &rom.file);
    }
    let roms = files
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix("rom/")?.to_owned(), bytes.clone())));
    Job { shell: shell.text(), roms: roms.collect(), times: (1, 1) }
}
