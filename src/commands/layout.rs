//! Arguments that say how a head is laid out, and the answer that says how it was.

use crate::error::Error;
use crate::heap::Fabric;
use crate::lower::{Control, Interface};
use crate::packet::ResultKind;
use crate::quantise::QuantHead;
use crate::schedule::{
    Adders, Arranged, Budget, Choice, DEFAULT_BURST, DEFAULT_EFFORT, DEFAULT_LEVELS, ExitRate,
    FrameRate, Interleaver, Preferences, arrange,
};
use crate::speed::Speed;
use comfy_table::{CellAlignment, Table, presets};
use std::fmt::Write;

/// How to lay out a head.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Layout")]
pub struct LayoutArgs {
    /// Most cycles that a junction may take for a frame.
    #[arg(long, value_name = "N", group = "speed")]
    cycles: Option<usize>,

    /// Frames a second at a clock in MHz, such as 100000@100, 62.5k@27 or 1.5M@120: a junction may
    /// take the cycles that there are for a frame, rounded down.
    #[arg(long, value_name = "FPS@MHZ", group = "speed")]
    fps: Option<FrameRate>,

    /// As fast as the bus brings frames, not more: what happens without any of these four.
    #[arg(long, group = "speed")]
    bus_matched: bool,

    /// Lanes of each junction, those of exits last.
    #[arg(long, value_name = "Z1,Z2,…", value_delimiter = ',', group = "speed")]
    pub(super) parallelism: Option<Vec<usize>>,

    /// Kind of interleaver: unrolled, counter, starts, tied, network, copies, or auto for the cheapest; one
    /// for all junctions, or one each.
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    interleaver: Vec<Interleaver>,

    /// Let frames bring the inputs in another order where that makes interleavers cheaper; the
    /// package then says which order.
    #[arg(long)]
    permute_input: bool,

    /// Steps of work that a search for banks may take.
    #[arg(long, value_name = "STEPS", default_value_t = DEFAULT_EFFORT)]
    effort: u64,

    /// Seed of those searches.
    #[arg(long, value_name = "N", default_value_t = 1)]
    layout_seed: u64,

    /// Share of the frames that exit at each exit, such as 0.8: junctions behind it are as much
    /// slower as that allows, with places for frames that wait.
    #[arg(long, value_name = "P,…", value_delimiter = ',')]
    exit_rate: Vec<ExitRate>,

    /// Frames that may come one after the other without exiting before the input has to wait, where
    /// --exit-rate makes junctions slower.
    #[arg(long, value_name = "FRAMES", default_value_t = DEFAULT_BURST, requires = "exit_rate")]
    burst: usize,

    /// What the target's adders are made of: lut6 for AMD's, lut4 for ECP5, iCE40 and Gowin; decides
    /// how sums are built.
    #[arg(long, value_enum, default_value_t)]
    fabric: Fabric,

    /// Levels of adders between two registers: fewer for a faster clock.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LEVELS, value_parser = levels)]
    levels_per_register: usize,

    /// Leave products to DSP blocks: `synth --dsp`, or the settings of other tools.
    #[arg(long)]
    dsp: bool,

    /// Registers for thresholds, counters and identity (AXI4-Lite), even without exits and split.
    #[arg(long, conflicts_with = "no_control")]
    control: bool,

    /// No registers: thresholds are fixed.
    #[arg(long)]
    no_control: bool,

    /// Bits of the streams' tdata, a multiple of 8.
    #[arg(long, value_name = "BITS", default_value_t = 64)]
    bus: u32,
}

/// Levels between registers: at least one.
fn levels(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(levels @ 1..=64) => Ok(levels),
        _ => Err(format!("{text:?} is no number of levels from 1 to 64")),
    }
}

impl LayoutArgs {
    /// How fast, if anything was said of it.
    pub fn speed(&self) -> Option<Speed> {
        let cycles = self.cycles.map(|cycles| Speed::Budget(Budget::Cycles(cycles)));
        let lanes = self.parallelism.clone();
        cycles
            .or_else(|| self.fps.map(Speed::FrameRate))
            .or_else(|| lanes.map(|lanes| Speed::Budget(Budget::Parallelism(lanes))))
            .or_else(|| self.bus_matched.then_some(Speed::BusMatched))
    }

    /// The frame rate, if that is what was asked for.
    pub fn frame_rate(&self) -> Option<FrameRate> {
        self.fps
    }

    /// All else that decides.
    pub fn preferences(&self) -> Preferences {
        Preferences {
            interleavers: self.interleaver.clone(),
            permute_input: self.permute_input,
            seed: self.layout_seed,
            effort: self.effort,
            exit_rates: self.exit_rate.clone(),
            burst: self.burst,
            adders: Adders {
                fabric: self.fabric,
                levels_per_register: self.levels_per_register,
                dsp: self.dsp,
            },
        }
    }

    /// A head, arranged as asked, and what is to be said of its speed.
    ///
    /// # Errors
    /// If that cannot be.
    pub fn arranged(&self, head: &QuantHead) -> Result<(Arranged, Option<String>), Error> {
        let (interface, preferences) = (self.interface(ResultKind::Logits), self.preferences());
        let speed = self.speed().unwrap_or_default();
        let budget = speed.budget(head, interface, &preferences)?;
        let per_beat = interface.bus(head)?.codes_per_beat();
        Ok((arrange(head, &budget, &preferences, per_beat)?, speed.note(head)))
    }

    /// The outside, for packets of this kind.
    pub fn interface(&self, result: ResultKind) -> Interface {
        let control = match (self.control, self.no_control) {
            (true, _) => Control::On,
            (_, true) => Control::Off,
            _ => Control::Auto,
        };
        Interface { bus_bits: self.bus, result, control }
    }
}

/// For each junction, which interleaver was chosen, and what the others would have been.
pub fn interleavers(choices: &[Choice]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "junction",
        "",
        "kind",
        "lanes",
        "cycles",
        "index bits",
        "memory bits",
        "sum bits",
        "network LUTs",
        "LUTs",
    ]);
    let mut remarks = String::new();
    for choice in choices {
        let site = choice.site;
        for offer in &choice.offers {
            let chosen = if offer.kind == choice.kind { "->" } else { "" };
            if let Some(offered) = offer.offered {
                let cost = offered.cost;
                table.add_row([
                    site.to_string(),
                    chosen.to_owned(),
                    offer.kind.to_string(),
                    offered.lanes.to_string(),
                    offered.cycles.to_string(),
                    cost.index_bits.to_string(),
                    cost.memory_bits.to_string(),
                    cost.sum_bits.to_string(),
                    format!("{:.0}", cost.network_luts),
                    format!("{:.0}", cost.luts),
                ]);
            }
        }
        // counter and starts have most often the same to say
        for alike in choice.offers.chunk_by(|a, b| a.remark == b.remark) {
            if let Some(remark) = &alike[0].remark {
                let kinds: Vec<_> = alike.iter().map(|offer| offer.kind.name()).collect();
                let kinds = kinds.join(" and ");
                writeln!(remarks, "{site}, {kinds}: {remark}").expect("a string");
            }
        }
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text =
        "interleavers (estimates, of the junction but its weights; memory for two frames):\n"
            .to_owned();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text + &remarks
}
