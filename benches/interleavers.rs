//! What interleavers cost after synthesis, beside the two ways that need no thought: an index a
//! weight (compressed sparse rows), and a crossbar. `docs/interleaver-table.md` says what is measured.
//!
//! `cargo bench --bench interleavers -- --degrees 2,9,10 --cycles 50`

mod interleavers {
    pub mod baseline;
    pub mod heads;
    pub mod ours;
    pub mod summary;
    pub mod synthesis;
    pub mod table;
}

use clap::Parser;
use clashfree::pattern::Pattern;
use clashfree::pipeline::Compiled;
use clashfree::schedule::{Choice, Interleaver, Schedule};
use interleavers::heads::{Kind, Row};
use interleavers::synthesis::{Area, Job};
use interleavers::table::{Line, Pair};
use interleavers::{baseline, heads, ours, summary, synthesis};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

/// Synthesises the interleavers of the paper's sparse rows.
#[derive(Parser)]
struct Options {
    /// Rows, by their out-degrees: `2,9,10`. All of them where none is given.
    #[arg(long)]
    degrees: Vec<String>,
    /// Cycle budgets.
    #[arg(long, value_delimiter = ',', default_value = "20,50,100,800")]
    cycles: Vec<usize>,
    /// Junctions, counted from the input.
    #[arg(long, value_delimiter = ',', default_value = "0,1,2")]
    junctions: Vec<usize>,
    /// Synthesises all lanes of large designs, even where few of them tell as much.
    #[arg(long)]
    whole: bool,
    /// Only says what is chosen, and what the chooser believes it to cost.
    #[arg(long)]
    no_synthesis: bool,
    /// Also synthesises the kinds that were not chosen, and says what the chooser believes the whole
    /// junction to cost with each.
    #[arg(long)]
    each_kind: bool,
    /// Yosys processes at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Adds what was measured to this file, a line of JSON for a design. Areas that the file has
    /// already are taken from it.
    #[arg(long, conflicts_with = "each_kind")]
    record: Option<PathBuf>,
    /// Measures nothing: prints `docs/interleaver-figures.md` from such a file.
    #[arg(long)]
    summary: Option<PathBuf>,
    /// What cargo gives to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    if let Some(file) = &options.summary {
        return summary::print(&summary::read(file));
    }
    println!("{}\n", synthesis::version());
    for row in Row::ALL.iter().filter(|row| row.is_among(&options.degrees)) {
        for &cycles in &options.cycles {
            measure(row, cycles, &options).print();
        }
    }
}

/// All designs of a row and a budget.
fn measure(row: &Row, cycles: usize, options: &Options) -> Pair {
    let mut designs = Vec::new();
    for kind in Kind::ALL {
        let compiled = match heads::compile(row, kind, cycles, Vec::new()) {
            Ok(compiled) => compiled,
            Err(reason) => {
                println!("{row} in {cycles} cycles, {}: none, {reason}\n", kind.name());
                continue;
            }
        };
        for &junction in &options.junctions {
            designs.push(design(&compiled, junction, kind, options));
            if options.each_kind && !options.no_synthesis {
                designs.extend(others(row, cycles, kind, &compiled, junction, options));
            }
            if kind == Kind::Foreign {
                designs.extend(baselines(&compiled, junction, cycles, options));
            }
        }
    }
    let lines = synthesise(row, cycles, options, designs);
    Pair { row: row.clone(), budget: cycles, lines }
}

/// The designs with their areas. Of several that are the same one is synthesised.
fn synthesise(
    row: &Row,
    cycles: usize,
    options: &Options,
    designs: Vec<(Line, Option<Job>)>,
) -> Vec<Line> {
    let pairs = options.record.as_ref().map_or(Vec::new(), |file| summary::read(file));
    let recorded = |key: &str| {
        let lines = pairs.iter().flat_map(|pair| &pair.lines);
        lines.filter(|line| line.key == key).find_map(|line| line.area.clone().ok())
    };
    let mut jobs = BTreeMap::new();
    let mut lines = Vec::new();
    for (line, job) in designs {
        match (job, recorded(&line.key)) {
            (Some(_), Some(area)) => lines.push(Line { area: Ok(area), ..line }),
            (Some(job), None) => {
                jobs.insert(line.key.clone(), job);
                lines.push(line);
            }
            (None, _) => lines.push(line),
        }
    }
    let record = |line: &Line, area: &Result<Area, String>| {
        if let Some(file) = &options.record {
            let line = Line { area: area.clone(), ..line.clone() };
            summary::append(file, row, cycles, &line);
        }
    };
    let pair = pairs.iter().find(|pair| pair.row == *row && pair.budget == cycles);
    for line in &lines {
        let old = pair.and_then(|pair| pair.line(line.junction, &line.name));
        match &line.area {
            Ok(_) if old != Some(line) => record(line, &line.area),
            Err(_) if old.is_none() => record(line, &Err("not run".to_owned())),
            _ => {}
        }
    }
    let lines = Mutex::new(lines);
    let (keys, jobs): (Vec<_>, Vec<_>) = jobs.iter().unzip();
    synthesis::run(&jobs, options.jobs, &|which, area| {
        let mut lines = lines.lock().expect("no thread panics");
        for line in lines.iter_mut().filter(|line| line.key == *keys[which]) {
            line.area = area.clone();
            record(line, &area);
        }
    });
    lines.into_inner().expect("no thread panics")
}

/// A compiled junction.
fn design(
    compiled: &Compiled,
    junction: usize,
    head: Kind,
    options: &Options,
) -> (Line, Option<Job>) {
    let stage = &compiled.design.junctions[junction];
    let (kind, choice) = (stage.interleaver(), &compiled.arranged.choices[junction]);
    let job = (!options.no_synthesis).then(|| ours::job(compiled, junction, options.whole));
    let believed = choice.offers.iter().find(|o| o.kind == kind).and_then(|o| o.offered);
    let estimate = believed
        .filter(|_| options.each_kind)
        .map_or(String::new(), |offered| format!(", junction estimated {:.0}", offered.cost.luts));
    let about = job.as_ref().map_or(String::new(), Job::about);
    let line = Line {
        junction,
        name: head.name().to_owned(),
        lanes: stage.lanes,
        cycles: stage.cycles,
        interleaver: format!("{kind}{about}{estimate}"),
        edges: stage.edges,
        index_bits: stage.index_bits(),
        key: job.as_ref().map_or(String::new(), Job::key),
        area: Err(estimates(choice)),
    };
    (line, job)
}

/// What to compare a compiled junction with.
fn baselines(
    compiled: &Compiled,
    junction: usize,
    cycles: usize,
    options: &Options,
) -> [(Line, Option<Job>); 2] {
    let stage = &compiled.design.junctions[junction];
    let schedule: &Schedule = &compiled.arranged.schedules[junction];
    let pattern: &Pattern = &compiled.arranged.head.junctions[junction].pattern;
    let lanes = pattern.edges().div_ceil(cycles);
    let both = [
        baseline::sparse_rows(stage, schedule, pattern, lanes),
        baseline::crossbar(stage, schedule, pattern, lanes, options.whole),
    ];
    both.map(|design| {
        let line = Line {
            junction,
            name: design.name.to_owned(),
            lanes,
            cycles: pattern.edges().div_ceil(lanes),
            interleaver: design.about + &design.job.about(),
            edges: pattern.edges(),
            index_bits: design.index_bits,
            key: design.job.key(),
            area: Err(String::new()),
        };
        (line, (!options.no_synthesis).then_some(design.job))
    })
}

/// The same junction with each kind that was offered and not chosen.
fn others(
    row: &Row,
    cycles: usize,
    head: Kind,
    compiled: &Compiled,
    junction: usize,
    options: &Options,
) -> Vec<(Line, Option<Job>)> {
    let choices = &compiled.arranged.choices;
    let offered = choices[junction].offers.iter().filter(|o| o.offered.is_some());
    let other = offered.filter(|o| o.kind != choices[junction].kind).filter_map(|offer| {
        let mut kinds = vec![Interleaver::Auto; choices.len()];
        for (kind, choice) in kinds.iter_mut().zip(&choices[..junction]) {
            *kind = choice.kind;
        }
        kinds[junction] = offer.kind;
        let compiled = heads::compile(row, head, cycles, kinds).ok()?;
        Some(design(&compiled, junction, head, options))
    });
    other.collect()
}

/// What the chooser believes.
fn estimates(choice: &Choice) -> String {
    let offers = choice.offers.iter().filter_map(|o| Some((o.kind, o.offered?)));
    let each = offers.map(|(kind, offered)| {
        let cost = offered.cost;
        format!(
            "{kind} {} × {}: {} index bits, {:.0} LUT",
            offered.lanes, offered.cycles, cost.index_bits, cost.luts
        )
    });
    each.collect::<Vec<_>>().join("; ")
}
