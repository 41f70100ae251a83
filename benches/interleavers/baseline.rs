//! What anybody would build without looking at the pattern, from the library's own parts.

use super::synthesis::{Job, Part, ROMS, Shell};
use clashfree::interleave::colour::colour;
use clashfree::lower::{JunctionStage, Words};
use clashfree::pattern::Pattern;
use clashfree::schedule::Schedule;

/// Name of the design with an index a weight.
pub const SPARSE_ROWS: &str = "(a) index a weight";
/// Name of the crossbar.
pub const CROSSBAR: &str = "(b) crossbar";

/// A design to compare with.
pub struct Baseline {
    /// What it is called in the table.
    pub name: &'static str,
    /// Its memory.
    pub about: String,
    /// Bits that say where operands come from.
    pub index_bits: usize,
    /// What is synthesised.
    pub job: Job,
}

/// Lanes with an index a weight share nothing, so that of more than these only these are synthesised.
const SAMPLE: usize = 16;

/// A crossbar of more banks times lanes than this is synthesised in part. Its lanes share the banks
/// and nothing else.
const CROSSINGS: usize = 4096;

/// Lanes of the larger part of such a crossbar.
const SELECTORS: usize = 8;

/// Bits that number `n` things; none for one.
fn bits(n: usize) -> usize {
    (usize::BITS - (n - 1).leading_zeros()) as usize
}

/// Edges in right order, `C` to a lane; each lane has a copy of the left memory and an index for each
/// weight: which slot wrote the neuron, and in which row.
pub fn sparse_rows(
    stage: &JunctionStage,
    schedule: &Schedule,
    pattern: &Pattern,
    lanes: usize,
) -> Baseline {
    let layout = &schedule.layout;
    let cycles = pattern.edges().div_ceil(lanes);
    let (row_bits, bank_bits) = (bits(layout.rows), bits(layout.slots));
    let sample = lanes.min(SAMPLE);
    let mut row = Words::new((sample * row_bits).max(1), cycles);
    let mut bank = Words::new((sample * bank_bits).max(1), cycles);
    for (edge, left) in pattern.left_ends().iter().enumerate().take(sample * cycles) {
        let (lane, cycle) = (edge / cycles, edge % cycles);
        let (slot, at) = layout.place[left.at()];
        row.put(cycle, lane * row_bits, row_bits, i64::from(at));
        bank.put(cycle, lane * bank_bits, bank_bits, i64::from(slot));
    }
    let cycle_bits = bits(cycles).max(1);
    let mut shell = Shell::new(stage, sample);
    shell.cycles(cycles);
    shell.instance(
        "cf_lanes",
        &[
            format!(".ActBits({})", stage.act.bits),
            format!(".Slots({}), .Rows({}), .StripeBits(0)", layout.slots, layout.rows),
            format!(".Frames({}), .Units({sample}), .LanesPerUnit(1)", stage.frames),
            format!(".OneRow(1), .Cycles({cycles}), .CycleBits({cycle_bits})"),
            format!(".RowFile(\"{ROMS}row.mem\"), .BankFile(\"{ROMS}bank.mem\")"),
        ],
        "",
    );
    Baseline {
        name: SPARSE_ROWS,
        about: format!("{lanes} copies"),
        // an index as small as it can be, whatever the memory's form makes of it
        index_bits: pattern.edges() * bits(pattern.left()),
        job: Job { lanes, parts: vec![part(sample, &shell, row, bank)] },
    }
}

/// One copy of the left memory in as many banks as let every bank be read in time, a crossbar. Edges
/// in right order, `C` to a lane; their cycles are colours, so that no bank is asked for two rows. A
/// large one is synthesised in part, unless the `whole` is asked for.
pub fn crossbar(
    stage: &JunctionStage,
    schedule: &Schedule,
    pattern: &Pattern,
    lanes: usize,
    whole: bool,
) -> Baseline {
    let layout = &schedule.layout;
    let cycles = pattern.edges().div_ceil(lanes);
    let load = |stripes: usize| {
        let mut load = vec![0; layout.slots * stripes];
        for (place, dealt) in layout.place.iter().zip(layout.dealt(stripes)) {
            load[place.0 as usize + layout.slots * dealt.0 as usize] += pattern.d_out();
        }
        load.into_iter().max().unwrap_or(0)
    };
    // with one row a bank, any number of lanes may read it
    let stripes = (1..layout.rows).find(|&s| load(s) <= cycles).unwrap_or(layout.rows);
    // cf_deal counts in stripes that leave no bank row empty
    let bank_rows = layout.rows.div_ceil(stripes);
    let stripes = layout.rows.div_ceil(bank_rows).max(stripes);
    let banks = layout.slots * stripes;
    let (row_bits, bank_bits) = (bits(bank_rows), bits(banks));
    let dealt = layout.dealt(stripes);
    let place = |edge: usize| {
        let left = pattern.left_ends()[edge].at();
        (layout.place[left].0 as usize + layout.slots * dealt[left].0 as usize, dealt[left].1)
    };
    let lane_of = |edge: usize| edge / cycles;
    let pairs: Vec<(u32, u32)> =
        (0..pattern.edges()).map(|e| (place(e).0 as u32, lane_of(e) as u32)).collect();
    let when = match bank_rows {
        1 => (0..pattern.edges()).map(|e| (e % cycles) as u32).collect(),
        _ => {
            let found = colour(banks, lanes, &pairs);
            assert!(found.colours <= cycles, "{} colours in {cycles} cycles", found.colours);
            found.colour
        }
    };
    let mut row = Words::new((banks * row_bits).max(1), cycles);
    for (edge, &cycle) in when.iter().enumerate() {
        let (from, at) = place(edge);
        row.put(cycle as usize, from * row_bits, row_bits, i64::from(at));
    }
    let first = |some: usize| {
        let mut bank = Words::new((some * bank_bits).max(1), cycles);
        for (edge, &cycle) in when.iter().enumerate().take_while(|(e, _)| lane_of(*e) < some) {
            let from = place(edge).0 as i64;
            bank.put(cycle as usize, lane_of(edge) * bank_bits, bank_bits, from);
        }
        let mut shell = Shell::new(stage, some);
        shell.cycles(cycles);
        shell.instance(
            "bench_crossbar",
            &[
                format!(".ActBits({})", stage.act.bits),
                format!(".Slots({}), .Rows({})", layout.slots, layout.rows),
                format!(".Stripes({stripes}), .Lockstep({})", u8::from(layout.lockstep)),
                format!(".Frames({}), .Lanes({some}), .Cycles({cycles})", stage.frames),
                format!(".RowFile(\"{ROMS}row.mem\"), .BankFile(\"{ROMS}bank.mem\")"),
            ],
            "",
        );
        part(some, &shell, row.clone(), bank)
    };
    let parts = match lanes * banks > CROSSINGS && lanes > SELECTORS && !whole {
        true => vec![first(SELECTORS / 2), first(SELECTORS)],
        false => vec![first(lanes)],
    };
    Baseline {
        name: CROSSBAR,
        about: format!("{banks} banks"),
        index_bits: (banks * row_bits + lanes * bank_bits) * cycles,
        job: Job { lanes, parts },
    }
}

fn part(lanes: usize, shell: &Shell, row: Words, bank: Words) -> Part {
    let roms = [("row.mem", row), ("bank.mem", bank)];
    let roms = roms.map(|(name, words)| (name.to_owned(), words.hex().into_bytes()));
    Part { lanes, shell: shell.text(), roms: roms.into() }
}
