//! A top module around an interleaver, and what Yosys makes of it.

use clashfree::lower::JunctionStage;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Stands for the folder of the ROM files.
pub const ROMS: &str = "@ROMS@/";

/// A design to synthesise: all of it, or as much as says what all of it takes.
pub struct Job {
    /// Lanes of the whole.
    pub lanes: usize,
    /// The whole; or some of its lanes, of which the whole is so many times as much; or some and
    /// more of them, from which the area grows in proportion to lanes.
    pub parts: Vec<Part>,
}

/// Some lanes of a design, or all of them.
pub struct Part {
    /// How many.
    pub lanes: usize,
    /// Verilog of the top module.
    pub shell: String,
    /// ROM files by name.
    pub roms: BTreeMap<String, Vec<u8>>,
}

impl Job {
    /// The same for designs that are the same.
    pub fn key(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.lanes.to_string());
        for Part { lanes, shell, roms } in &self.parts {
            hash.update(format!("{lanes} {shell}"));
            roms.iter()
                .for_each(|(name, content)| hash.update([name.as_bytes(), content].concat()));
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Says so if not all lanes are synthesised.
    pub fn about(&self) -> String {
        let parts: Vec<_> = self.parts.iter().map(|part| part.lanes.to_string()).collect();
        match self.parts[0].lanes == self.lanes {
            true => String::new(),
            false => format!(", {} of {} lanes synthesised", parts.join(" and "), self.lanes),
        }
    }

    /// What all lanes take, given what each part does.
    fn whole(&self, take: &[usize]) -> usize {
        match (&self.parts[..], take) {
            ([part], [n]) => (n * self.lanes).div_ceil(part.lanes),
            ([few, more], [less, n]) => {
                let a_lane = (*n as f64 - *less as f64) / (more.lanes - few.lanes) as f64;
                (*n as f64 + a_lane * (self.lanes - more.lanes) as f64).round() as usize
            }
            _ => unreachable!("one part or two"),
        }
    }
}

/// The top module: the ports of an interleaver, whatever it is.
pub struct Shell {
    slots: usize,
    row_bits: usize,
    act_bits: usize,
    lanes: usize,
    cycle_bits: usize,
    masks: usize,
    /// Statements.
    pub body: Vec<String>,
}

/// Bits of a Verilog port that numbers `n` things.
fn port_bits(n: usize) -> usize {
    (usize::BITS - (n - 1).leading_zeros()).max(1) as usize
}

impl Shell {
    /// Behind the same writer as a junction.
    pub fn new(stage: &JunctionStage, lanes: usize) -> Self {
        Self {
            slots: stage.slots,
            row_bits: port_bits(stage.rows),
            act_bits: stage.act.bits as usize,
            lanes,
            cycle_bits: port_bits(stage.cycles),
            masks: 0,
            body: Vec::new(),
        }
    }

    /// Takes so many cycles.
    pub fn cycles(&mut self, cycles: usize) {
        self.cycle_bits = port_bits(cycles);
    }

    /// The interleaver; what is not connected is swept away.
    pub fn instance(&mut self, module: &str, parameters: &[String], run: &str) {
        self.body.push(format!(
            "{module} #(\n{}\n) i_lanes (.clk_i(clk_i), .rst_ni(rst_ni), .we_i(we_i), .wrow_i(wrow_i), \
             .wdata_i(wdata_i), .wframe_end_i(wframe_end_i), .decide_i(1'b0), .pass_i(1'b0), \
             .cycle_i(cycle_i), .last_i(last_i), .act_o(act_o){run});",
            parameters.join(",\n")
        ));
    }

    /// A ROM beside it.
    pub fn rom(&mut self, name: &str, width: usize, depth: usize, file: &str) {
        self.masks = width;
        self.body.push(format!(
            "cf_rom #(.Width({width}), .Depth({depth}), .File(\"{ROMS}{file}\")) i_{name}_rom \
             (.clk_i(clk_i), .addr_i(cycle_i), .data_o(mask_o));"
        ));
    }

    /// Verilog.
    pub fn text(&self) -> String {
        let mut text = String::from("module bench_top (\n");
        let inputs = [
            ("clk_i", 1),
            ("rst_ni", 1),
            ("we_i", self.slots),
            ("wrow_i", self.slots * self.row_bits),
            ("wdata_i", self.slots * self.act_bits),
            ("wframe_end_i", 1),
            ("run_i", 1),
            ("cycle_i", self.cycle_bits),
            ("last_i", 1),
        ];
        for (name, width) in inputs {
            let _ = writeln!(text, "input wire [{}:0] {name},", width - 1);
        }
        let _ = writeln!(text, "output wire [{}:0] mask_o,", self.masks.max(1) - 1);
        let _ = writeln!(text, "output wire [{}:0] act_o);", self.lanes * self.act_bits - 1);
        text + &self.body.join("\n") + "\nendmodule\n"
    }
}

/// What Yosys made.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// LUTs of logic and of ROMs.
    pub logic: usize,
    /// LUT sites that are memory or shift registers.
    pub memory: usize,
    /// Flip-flops.
    pub flip_flops: usize,
    /// Block RAMs of 18 Kbit; one of 36 counts as two.
    pub bram18: usize,
}

impl Area {
    /// All LUT sites.
    pub fn luts(&self) -> usize {
        self.logic + self.memory
    }

    fn add(&mut self, cell: &str, n: usize) {
        match cell {
            "INV" => {} // becomes part of a LUT
            _ if cell.starts_with("LUT") => self.logic += n,
            _ if cell.starts_with("FD") => self.flip_flops += n,
            "RAMB18E2" => self.bram18 += n,
            "RAMB36E2" => self.bram18 += 2 * n,
            "SRL16E" | "SRLC32E" => self.memory += n,
            "RAM32X1S" | "RAM64X1S" => self.memory += n,
            "RAM32X1D" | "RAM64X1D" | "RAM128X1S" => self.memory += 2 * n,
            "RAM32M" | "RAM64M" | "RAM128X1D" | "RAM256X1S" => self.memory += 4 * n,
            "RAM32M16" | "RAM64M8" | "RAM32X16DR8" | "RAM64X8SW" | "RAM256X1D" | "RAM512X1S" => {
                self.memory += 8 * n;
            }
            "CARRY4" | "CARRY8" | "MUXF7" | "MUXF8" | "MUXF9" | "BUFG" => {}
            other => panic!("a cell of a kind that nobody counts: {other}"),
        }
    }
}

/// What Yosys says it is.
pub fn version() -> String {
    let out = Command::new("yosys").arg("-V").output().expect("yosys: see `make deps`");
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

/// Designs that one Yosys process makes, each by itself: reading its libraries takes it longer than
/// most of them.
const BATCH: usize = 8;

/// Synthesises all, in so many processes at a time, and says of each which it was and what it takes.
pub fn run(jobs: &[&Job], processes: usize, done: &(dyn Fn(usize, Result<Area, String>) + Sync)) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..processes {
            scope.spawn(|| {
                while let Some((batch, jobs)) = {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    jobs.chunks(BATCH).nth(batch).map(|jobs| (batch, jobs))
                } {
                    let areas = synthesise(jobs);
                    for at in 0..jobs.len() {
                        let area = areas.as_ref().map(|areas| areas[at]).map_err(String::clone);
                        done(batch * BATCH + at, area);
                    }
                }
            });
        }
    });
}

fn synthesise(jobs: &[&Job]) -> Result<Vec<Area>, String> {
    let parts: Vec<&Part> = jobs.iter().flat_map(|job| &job.parts).collect();
    let mut areas = synthesise_parts(&parts)?.into_iter();
    let whole = |job: &&Job| {
        let parts: Vec<Area> = areas.by_ref().take(job.parts.len()).collect();
        let whole = |of: fn(&Area) -> usize| job.whole(&parts.iter().map(of).collect::<Vec<_>>());
        Area {
            logic: whole(|area| area.logic),
            memory: whole(|area| area.memory),
            flip_flops: whole(|area| area.flip_flops),
            bram18: whole(|area| area.bram18),
        }
    };
    Ok(jobs.iter().map(whole).collect())
}

fn synthesise_parts(parts: &[&Part]) -> Result<Vec<Area>, String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let path = |name: &str| folder.path().join(name);
    let write = |path: PathBuf, content: &[u8]| std::fs::write(path, content);
    let mut tops = String::new();
    let mut all = String::from("module bench_all;\n");
    for (at, part) in parts.iter().enumerate() {
        let roms = path(&format!("rom_{at}"));
        std::fs::create_dir(&roms).map_err(|e| e.to_string())?;
        for (name, bytes) in &part.roms {
            write(roms.join(name), bytes).map_err(|e| e.to_string())?;
        }
        let top = part.shell.replace(ROMS, &format!("{}/", roms.display()));
        let top = top.replacen("module bench_top", &format!("module bench_top_{at}"), 1);
        // stays a module of its own, so that nothing is shared
        let _ = writeln!(tops, "(* keep_hierarchy *)\n{top}");
        let _ = writeln!(all, "(* keep *) bench_top_{at} i_{at} ();");
    }
    write(path("top.v"), (tops + &all + "endmodule\n").as_bytes()).map_err(|e| e.to_string())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources: Vec<PathBuf> = std::fs::read_dir(root.join("hw/rtl"))
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|e| e.to_string())?;
    sources.sort();
    sources.push(root.join("benches/interleavers/bench_crossbar.v"));
    sources.push(path("top.v"));
    let sources: Vec<_> = sources.iter().map(|p| p.display().to_string()).collect();
    let script = format!(
        "read_verilog -defer -DSYNTHESIS {}; \
         synth_xilinx -family xcup -flatten -noiopad -noclkbuf -top bench_all; tee -o {} stat",
        sources.join(" "),
        path("stat").display()
    );
    let out = Command::new("yosys").args(["-q", "-p", &script]).output();
    let out = out.map_err(|e| e.to_string())?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr);
        return Err(format!("failed: {}", said.lines().last().unwrap_or("no message")));
    }
    let stat = std::fs::read_to_string(path("stat")).map_err(|e| e.to_string())?;
    (0..parts.len())
        .map(|at| {
            let head = format!("=== bench_top_{at} ===");
            let about = stat.lines().skip_while(|line| *line != head).skip(1);
            let about = about.take_while(|line| !line.starts_with("==="));
            let mut area = Area::default();
            for line in about.skip_while(|line| !line.contains("Number of cells:")).skip(1) {
                if let [cell, count] = line.split_whitespace().collect::<Vec<_>>()[..]
                    && let Ok(count) = count.parse()
                {
                    area.add(cell, count);
                }
            }
            stat.contains(&head).then_some(area).ok_or_else(|| format!("no figures of {head}"))
        })
        .collect()
}
