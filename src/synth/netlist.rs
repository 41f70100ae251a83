//! Netlists as Yosys writes them (`write_json`): cells counted, by module or in all.

use super::area::Area;
use super::target::Family;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Attributes of modules that belong to the family's library.
const LIBRARY: [&str; 2] = ["blackbox", "whitebox"];

/// A netlist.
#[derive(Debug, Deserialize)]
pub struct Netlist {
    modules: BTreeMap<String, Module>,
}

/// A module, of the design or of the family's library.
#[derive(Debug, Deserialize)]
struct Module {
    #[serde(default)]
    attributes: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    ports: BTreeMap<String, Port>,
    #[serde(default)]
    cells: BTreeMap<String, Cell>,
}

/// A port of a module.
#[derive(Clone, Debug, Deserialize)]
pub struct Port {
    /// Whether the design reads it.
    pub direction: Direction,
    bits: Vec<serde_json::Value>,
}

/// Which way a port goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// In.
    Input,
    /// Out.
    Output,
    /// Both; no port of ours.
    Inout,
}

#[derive(Debug, Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
}

/// An instance, or several of the same module under one name, and all that is below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Instances above it.
    pub depth: usize,
    /// Its name; `*` stands for the numbers where there are several.
    pub instance: String,
    /// The module's name in the Verilog.
    pub module: String,
    /// How many instances.
    pub count: usize,
    /// What is in them themselves.
    pub own: Area,
    /// With all that is below.
    pub total: Area,
}

/// What a module takes, itself and with all below.
#[derive(Clone, Copy, Default)]
struct Taken {
    own: Area,
    total: Area,
}

impl Port {
    /// Bits.
    pub fn width(&self) -> usize {
        self.bits.len()
    }
}

impl Module {
    /// Whether it belongs to the family's library.
    fn is_library(&self) -> bool {
        LIBRARY.iter().any(|attribute| self.attributes.contains_key(*attribute))
    }
}

impl Netlist {
    /// Reads the text of a netlist that must have a module `top`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &[u8], top: &str) -> Result<Self, String> {
        let netlist: Self = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        match netlist.below(top) {
            Some(_) => Ok(netlist),
            None => Err(format!("it has no module {top}")),
        }
    }

    /// The ports of a module by name.
    pub fn ports(&self, module: &str) -> &BTreeMap<String, Port> {
        &self.modules[module].ports
    }

    /// How many cells of each kind a module has, with all that is below.
    pub fn cells(&self, module: &str) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        let mut waiting = vec![module];
        while let Some(module) = waiting.pop() {
            for cell in self.modules[module].cells.values() {
                match self.below(&cell.kind) {
                    Some(_) => waiting.push(&cell.kind),
                    None => *all.entry(cell.kind.clone()).or_default() += 1,
                }
            }
        }
        all
    }

    /// The tree of instances down to a depth, in the order of their names.
    pub fn tree(&self, top: &str, family: Family, depth: usize) -> Vec<Row> {
        let mut taken = BTreeMap::new();
        self.take(top, family, &mut taken);
        let mut rows = Vec::new();
        self.rows(&[top], top.to_owned(), 0, depth, &taken, &mut rows);
        rows
    }

    /// A module of the design; nothing for a cell of the family's.
    fn below(&self, module: &str) -> Option<&Module> {
        self.modules.get(module).filter(|module| !module.is_library())
    }

    /// What a module takes; recursion is as deep as the hierarchy.
    fn take<'a>(
        &'a self,
        module: &'a str,
        family: Family,
        taken: &mut BTreeMap<&'a str, Taken>,
    ) -> Taken {
        if let Some(&known) = taken.get(module) {
            return known;
        }
        let mut sum = Taken::default();
        for cell in self.modules[module].cells.values() {
            match self.below(&cell.kind) {
                Some(_) => sum.total += self.take(&cell.kind, family, taken).total,
                None => sum.own += Area::of(family, &cell.kind).unwrap_or_default(),
            }
        }
        sum.total += sum.own;
        taken.insert(module, sum);
        sum
    }

    /// A row of instances of these modules, which are one in the Verilog, and the rows below.
    fn rows(
        &self,
        modules: &[&str],
        instance: String,
        depth: usize,
        most: usize,
        taken: &BTreeMap<&str, Taken>,
        rows: &mut Vec<Row>,
    ) {
        let (mut own, mut total) = (Area::default(), Area::default());
        for module in modules {
            own += taken[module].own;
            total += taken[module].total;
        }
        let module = self.name(modules[0]);
        rows.push(Row { depth, instance, module, count: modules.len(), own, total });
        if depth == most {
            return;
        }
        // by place of numbers and by module, so that what is alike is one row
        let mut groups: BTreeMap<(String, String), (Vec<&str>, &str)> = BTreeMap::new();
        for module in modules {
            for (name, cell) in &self.modules[*module].cells {
                if self.below(&cell.kind).is_some() {
                    let key = (without_numbers(name), self.name(&cell.kind));
                    groups.entry(key).or_insert((Vec::new(), name)).0.push(&cell.kind);
                }
            }
        }
        for ((pattern, _), (below, name)) in groups {
            let instance = if below.len() > 1 { pattern } else { name.to_owned() };
            self.rows(&below, instance, depth + 1, most, taken, rows);
        }
    }

    /// The name that a module has in the Verilog, without what Yosys adds for its parameters.
    fn name(&self, module: &str) -> String {
        let said = self.modules[module].attributes.get("hdlname").and_then(|name| name.as_str());
        let derived = || {
            let parts: Vec<&str> = module.split('\\').collect();
            match parts[..] {
                // $paramod$<hash>\name, $paramod\name\Parameter=…
                [_, name, ..] => name.to_owned(),
                _ => module.to_owned(),
            }
        };
        // Yosys 0.23 writes its own escape, too
        said.map_or_else(derived, |name| name.trim_start_matches('\\').to_owned())
    }
}

/// The modules of several netlists as one, those of the family's library left out.
///
/// # Errors
/// If a text is none.
pub fn join(texts: &[&[u8]]) -> Result<Vec<u8>, String> {
    let mut all = serde_json::Map::new();
    for text in texts {
        let mut netlist: serde_json::Value =
            serde_json::from_slice(text).map_err(|e| e.to_string())?;
        let modules = netlist["modules"].as_object_mut().ok_or("it has no modules")?;
        for (name, module) in std::mem::take(modules) {
            let attributes = &module["attributes"];
            if LIBRARY.iter().all(|attribute| attributes.get(attribute).is_none()) {
                all.insert(name, module);
            }
        }
    }
    Ok(serde_json::json!({ "modules": all }).to_string().into_bytes())
}

/// `g_lane[*].i_sum` of `g_lane[3].i_sum`.
fn without_numbers(name: &str) -> String {
    let mut text = String::new();
    for (at, part) in name.split('[').enumerate() {
        match part.split_once(']') {
            Some((number, rest)) if at > 0 && number.bytes().all(|b| b.is_ascii_digit()) => {
                text.push_str("[*]");
                text.push_str(rest);
            }
            _ if at > 0 => {
                text.push('[');
                text.push_str(part);
            }
            _ => text.push_str(part),
        }
    }
    text
}
