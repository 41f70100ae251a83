//! What interleavers cost after synthesis, beside the two ways that need no thought: an index a
//! weight (compressed sparse rows), and a crossbar. `docs/interleaver-table.md` says what is measured.
//!
//! `cargo bench --bench interleavers -- --degrees 2,9,10 --cycles 50`

mod interleavers {
    pub mod baseline;
    pub mod heads;
    pub mod ours;
    pub mod synthesis;
}

use clap::Parser;
use clashfree::pattern::Pattern;
use clashfree::pipeline::Compiled;
use clashfree::schedule::{Choice, Interleaver, Schedule};
use interleavers::heads::{Kind, Row};
use interleavers::synthesis::{Area, Job};
use interleavers::{baseline, heads, ours, synthesis};

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
    /// Designs of more lanes than this are not synthesised.
    #[arg(long, default_value_t = 128)]
    lanes: usize,
    /// Crossbars of more banks times lanes than this are not synthesised.
    #[arg(long, default_value_t = 16_384)]
    crossings: usize,
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
    /// What cargo gives to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A line of the table.
struct Line {
    junction: usize,
    lanes: usize,
    cycles: usize,
    head: &'static str,
    kind: String,
    edges: usize,
    index_bits: usize,
    /// The design, or why there is none.
    job: Result<Job, String>,
}

fn main() {
    let options = Options::parse();
    println!("{}\n", synthesis::version());
    for row in Row::ALL.iter().filter(|row| row.is_among(&options.degrees)) {
        for &cycles in &options.cycles {
            measure(row, cycles, &options);
        }
    }
}

/// All lines of a row and a budget.
fn measure(row: &Row, cycles: usize, options: &Options) {
    let mut lines = Vec::new();
    for kind in Kind::ALL {
        let compiled = match heads::compile(row, kind, cycles, Vec::new()) {
            Ok(compiled) => compiled,
            Err(reason) => {
                println!("{row} in {cycles} cycles, {}: none, {reason}\n", kind.name());
                continue;
            }
        };
        for &junction in &options.junctions {
            let stage = &compiled.design.junctions[junction];
            lines.push(line(&compiled, junction, kind, options));
            if options.each_kind && !options.no_synthesis {
                lines.extend(others(row, cycles, kind, &compiled, junction, options));
            }
            if kind == Kind::Foreign && !options.no_synthesis {
                let schedule: &Schedule = &compiled.arranged.schedules[junction];
                let pattern: &Pattern = &compiled.arranged.head.junctions[junction].pattern;
                let lanes = pattern.edges().div_ceil(cycles);
                for design in [
                    baseline::sparse_rows(stage, schedule, pattern, lanes),
                    baseline::crossbar(stage, schedule, pattern, lanes),
                ] {
                    let too_many = (design.crossings > options.crossings)
                        .then(|| format!("not run: {} crossings", design.crossings));
                    lines.push(Line {
                        junction,
                        lanes,
                        cycles: pattern.edges().div_ceil(lanes),
                        head: design.name,
                        kind: design.about,
                        edges: pattern.edges(),
                        index_bits: design.index_bits,
                        job: too_many.map_or(Ok(design.job), Err),
                    });
                }
            }
        }
    }
    let jobs: Vec<&Job> = lines.iter().filter_map(|line| line.job.as_ref().ok()).collect();
    let mut areas = synthesis::run(&jobs, options.jobs).into_iter();
    let areas: Vec<Result<Area, String>> = lines
        .iter()
        .map(|line| match &line.job {
            Ok(_) => areas.next().expect("an area a job"),
            Err(reason) => Err(reason.clone()),
        })
        .collect();
    print(row, cycles, options, &lines, &areas);
}

/// A compiled junction.
fn line(compiled: &Compiled, junction: usize, head: Kind, options: &Options) -> Line {
    let stage = &compiled.design.junctions[junction];
    let (kind, choice) = (stage.interleaver(), &compiled.arranged.choices[junction]);
    let believed = choice.offers.iter().find(|o| o.kind == kind).and_then(|o| o.offered);
    Line {
        junction,
        lanes: stage.lanes,
        cycles: stage.cycles,
        head: head.name(),
        kind: match believed.filter(|_| options.each_kind) {
            Some(offered) => format!("{kind}, junction estimated {:.0}", offered.cost.luts),
            None => kind.to_string(),
        },
        edges: stage.edges,
        index_bits: stage.index_bits(),
        job: if options.no_synthesis {
            Err(estimates(choice))
        } else if stage.lanes > options.lanes {
            Err(format!("not run: above {} lanes", options.lanes))
        } else {
            Ok(ours::job(compiled, junction))
        },
    }
}

/// The same junction with each kind that was offered and not chosen.
fn others(
    row: &Row,
    cycles: usize,
    head: Kind,
    compiled: &Compiled,
    junction: usize,
    options: &Options,
) -> Vec<Line> {
    let choices = &compiled.arranged.choices;
    let offered = choices[junction].offers.iter().filter(|o| o.offered.is_some());
    let other = offered.filter(|o| o.kind != choices[junction].kind).filter_map(|offer| {
        let mut kinds = vec![Interleaver::Auto; choices.len()];
        for (kind, choice) in kinds.iter_mut().zip(&choices[..junction]) {
            *kind = choice.kind;
        }
        kinds[junction] = offer.kind;
        let compiled = heads::compile(row, head, cycles, kinds).ok()?;
        Some(line(&compiled, junction, head, options))
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

fn print(
    row: &Row,
    cycles: usize,
    options: &Options,
    lines: &[Line],
    areas: &[Result<Area, String>],
) {
    println!("### {row} in {cycles} cycles\n");
    println!(
        "| junction | pattern | z × C | interleaver | index bits/edge | logic LUT | LUT RAM | LUTs | FF \
         | BRAM18 | of (a)'s bits | of (b)'s LUTs |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for &junction in &options.junctions {
        let of = |name: &str| {
            lines.iter().zip(areas).find(|(l, _)| l.junction == junction && l.head == name)
        };
        let sparse = of(baseline::SPARSE_ROWS).map(|(l, _)| l.index_bits as f64 / l.edges as f64);
        let crossbar = of(baseline::CROSSBAR).and_then(|(_, area)| area.as_ref().ok());
        for (line, area) in lines.iter().zip(areas).filter(|(l, _)| l.junction == junction) {
            let bits = line.index_bits as f64 / line.edges as f64;
            let share = |part: f64, whole: f64| format!("{:.0} %", 100.0 * part / whole);
            let sites = match area {
                Ok(a) => format!(
                    "{} | {} | {} | {} | {}",
                    a.logic,
                    a.memory,
                    a.logic + a.memory,
                    a.flip_flops,
                    a.bram18
                ),
                Err(reason) => format!("{reason} | | | |"),
            };
            let of_bits = sparse.map_or(String::new(), |whole| share(bits, whole));
            let of_luts = match (area, crossbar) {
                (Ok(a), Some(b)) => share(a.luts() as f64, b.luts() as f64),
                _ => String::new(),
            };
            println!(
                "| {junction} | {} | {} × {} | {} | {bits:.2} | {sites} | {of_bits} | {of_luts} |",
                line.head, line.lanes, line.cycles, line.kind
            );
        }
    }
    println!();
}
