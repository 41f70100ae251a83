//! What a synthesis says: `report.json`, and the same for people.

use super::area::Area;
use super::netlist::Row;
use super::place::Placed;
use super::target::{Resources, Target};
use super::tools::Version;
use comfy_table::{CellAlignment, Table, presets};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The report's name in the folder of a synthesis.
pub const FILE: &str = "report.json";

/// The netlist as Verilog.
pub const NETLIST: &str = "netlist.v";

/// Simulation models of its cells.
pub const CELLS: &str = "cells.v";

/// What [`Report::kind`] says.
pub const KIND: &str = "clashfree synth";

/// The contents of `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Always [`KIND`].
    pub kind: String,
    /// Version of clashfree.
    pub version: String,
    /// Name of the head.
    pub name: String,
    /// Its top module.
    pub top: String,
    /// SHA-256 over what was synthesised: see [`Sources`](super::package::Sources).
    pub package_sha256: String,
    /// What for.
    pub target: Target,
    /// What Yosys was allowed to use.
    pub resources: Resources,
    /// The tools.
    pub tools: Vec<Version>,
    /// What the whole takes, as one.
    pub area: Area,
    /// Its cells, as Yosys names them.
    pub cells: BTreeMap<String, usize>,
    /// Kinds of cells that [`area`](Self::area) does not know.
    pub uncounted: Vec<String>,
    /// Instances, where modules were synthesised apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<Row>,
    /// Place and route, where there is an open tool for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
    /// Cells that Yosys has no simulation model of.
    pub unmodelled: Vec<String>,
    /// Files that were not as the compiler wrote them.
    pub changed: Vec<crate::manifest::Changed>,
    /// SHA-256 of the other files of the folder by name, logs left out.
    pub files: BTreeMap<String, String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, top, target, area, .. } = self;
        for file in &self.changed {
            writeln!(f, "warning: {file}")?;
        }
        writeln!(f, "{name}: module {top} for {target}")?;
        let tools: Vec<_> =
            self.tools.iter().map(|t| format!("{}: {}", t.program, t.version)).collect();
        writeln!(f, "tools: {}", tools.join("; "))?;
        writeln!(f, "the whole as one: {area}")?;
        let cells: Vec<_> = self.cells.iter().map(|(cell, n)| format!("{n} {cell}")).collect();
        writeln!(f, "cells: {}", cells.join(", "))?;
        if !self.uncounted.is_empty() {
            writeln!(f, "warning: not counted: {}", self.uncounted.join(", "))?;
        }
        if let Some(placed) = &self.placed {
            placed.fmt(f)?;
        }
        if !self.modules.is_empty() {
            writeln!(
                f,
                "by module, each synthesised by itself: what optimisation across modules gains or loses is not in it, so the sum is not the whole as one; all but `own` with what is below"
            )?;
            for line in modules(&self.modules).to_string().lines() {
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        if !self.unmodelled.is_empty() {
            writeln!(
                f,
                "note: `verify --netlist` cannot run this netlist: Yosys has no simulation model of {}",
                self.unmodelled.join(", ")
            )?;
        }
        Ok(())
    }
}

fn modules(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "instance", "module", "LUT", "own", "LUT RAM", "FF", "own", "carry", "DSP", "BRAM",
    ]);
    // what is only wires is in report.json
    for row in rows.iter().filter(|row| row.total != Area::default()) {
        let times = if row.count > 1 { format!(" x{}", row.count) } else { String::new() };
        let Row { depth, instance, module, total, own, .. } = row;
        let mut cells = vec![format!("{:1$}{instance}{times}", "", 2 * depth), module.clone()];
        let numbers = [
            total.luts,
            own.luts,
            total.lut_ram,
            total.ffs,
            own.ffs,
            total.carries,
            total.dsps,
            total.brams,
        ];
        cells.extend(numbers.map(|n| n.to_string()));
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { goal, seed, pins, .. } = self;
        match self.fmax {
            Some(fmax) => write!(f, "placed and routed: {fmax:.1} MHz")?,
            None => write!(f, "placed and routed")?,
        }
        writeln!(f, " (goal {goal} MHz, seed {seed})")?;
        if let Some(path) = &self.critical {
            let (logic, routing) = (path.logic, path.routing);
            writeln!(f, "  longest path: {logic:.1} ns logic, {routing:.1} ns routing")?;
            writeln!(f, "    from {}\n    to   {}", path.from, path.to)?;
        }
        for (site, sites) in &self.sites {
            let share = 100.0 * sites.used as f64 / sites.available.max(1) as f64;
            writeln!(f, "  {site}: {} of {} ({share:.1} %)", sites.used, sites.available)?;
        }
        if *pins != Area::default() {
            let Area { luts, ffs, .. } = pins;
            writeln!(
                f,
                "  of these {luts} LUT and {ffs} FF are registers around the design, for want of pins"
            )?;
        }
        Ok(())
    }
}
