//! Arguments that say how a head is laid out, and the answer that says how it was.

use crate::error::Error;
use crate::lower::Interface;
use crate::packet::ResultKind;
use crate::quantise::QuantHead;
use crate::schedule::{
    Arranged, Budget, Choice, DEFAULT_EFFORT, Interleaver, Preferences, arrange,
};
use comfy_table::{CellAlignment, Table, presets};
use std::fmt::Write;

/// How to lay out a head.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Layout")]
pub struct LayoutArgs {
    /// Most cycles that a junction may take for a frame.
    #[arg(long, value_name = "N", conflicts_with = "parallelism")]
    cycles: Option<usize>,

    /// Lanes of each junction.
    #[arg(long, value_name = "Z1,Z2,…", value_delimiter = ',')]
    pub(super) parallelism: Option<Vec<usize>>,

    /// Kind of interleaver: counter, starts, tied, network, copies, or auto for the cheapest; one
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

    /// Bits of the streams' tdata, a multiple of 8.
    #[arg(long, value_name = "BITS", default_value_t = 64)]
    bus: u32,
}

impl LayoutArgs {
    /// The budget, if one was given.
    pub fn budget(&self) -> Option<Budget> {
        match (&self.parallelism, self.cycles) {
            (Some(lanes), _) => Some(Budget::Parallelism(lanes.clone())),
            (None, cycles) => cycles.map(Budget::Cycles),
        }
    }

    /// All else that decides.
    pub fn preferences(&self) -> Preferences {
        Preferences {
            interleavers: self.interleaver.clone(),
            permute_input: self.permute_input,
            seed: self.layout_seed,
            effort: self.effort,
        }
    }

    /// A head, arranged as asked.
    ///
    /// # Errors
    /// If that cannot be.
    pub fn arranged(&self, head: &QuantHead) -> Result<Arranged, Error> {
        let per_beat = self.interface(ResultKind::Logits).bus(head)?.codes_per_beat();
        let budget = self.budget().unwrap_or_else(|| Budget::matching_bus(head, per_beat));
        Ok(arrange(head, &budget, &self.preferences(), per_beat)?)
    }

    /// The outside, for packets of this kind.
    pub fn interface(&self, result: ResultKind) -> Interface {
        Interface { bus_bits: self.bus, result }
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
    for (number, choice) in choices.iter().enumerate() {
        for offer in &choice.offers {
            let chosen = if offer.kind == choice.kind { "->" } else { "" };
            if let Some(offered) = offer.offered {
                let cost = offered.cost;
                table.add_row([
                    number.to_string(),
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
                writeln!(remarks, "junction {number}, {kinds}: {remark}").expect("a string");
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
