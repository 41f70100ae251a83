//! Simulation models of a netlist's cells, out of a library of Yosys.
//!
//! Yosys prints the library itself (`read_verilog -ppdump`), so that nobody has to know where it
//! keeps it.

use std::collections::{BTreeMap, BTreeSet};

/// Models of the cells of a netlist.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// Verilog of those that there are.
    pub verilog: String,
    /// Cells of which there is none.
    pub missing: Vec<String>,
}

/// A module of a library: its lines, its attributes before it.
struct Model {
    text: String,
    computes: bool,
}

impl Models {
    /// The models of `cells`, and whatever these are made of, from what Yosys printed.
    ///
    /// # Errors
    /// If there is no library in it.
    pub fn of<'a>(said: &str, cells: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let library = library(said)?;
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        let mut waiting: Vec<&str> = cells.collect();
        let mut missing = BTreeSet::new();
        while let Some(cell) = waiting.pop() {
            match library.get_key_value(cell) {
                Some((name, model)) if model.computes => {
                    if wanted.insert(name) {
                        let parts = words(&model.text).filter(|word| library.contains_key(*word));
                        waiting.extend(parts.filter(|word| word != name));
                    }
                }
                _ => drop(missing.insert(cell.to_owned())),
            }
        }
        let verilog = wanted.iter().map(|name| library[*name].text.as_str()).collect();
        Ok(Self { verilog, missing: missing.into_iter().collect() })
    }
}

/// The modules of a library by name.
fn library(said: &str) -> Result<BTreeMap<String, Model>, String> {
    let mut modules = BTreeMap::new();
    let lines = said.lines().skip_while(|line| !line.starts_with("-- Verilog code after")).skip(1);
    let (mut name, mut text, mut timing) = (None, String::new(), false);
    for line in lines.take_while(|line| !line.starts_with("-- END OF DUMP")) {
        let line = line.split("//").next().unwrap_or_default().trim_end();
        if line.trim_start().starts_with(['`', '/']) || line.is_empty() {
            continue; // line numbers, licences
        }
        let first = words(line).next();
        // delays, of which Verilator does not know all
        timing |= first == Some("specify");
        if !timing {
            if name.is_none() && words(line).any(|word| word == "module") {
                name = words(line).skip_while(|word| *word != "module").nth(1).map(str::to_owned);
            }
            text += line;
            text.push('\n');
        }
        let ends = |what: &str| words(line).any(|word| word == what);
        timing &= !ends("endspecify");
        if ends("endmodule") {
            let done = std::mem::take(&mut text);
            if let Some(name) = name.take() {
                let black = words(&done).any(|word| word == "blackbox");
                let computes = !black && words(&done).any(|w| w == "assign" || w == "always");
                modules.insert(name, Model { text: done, computes });
            }
        }
    }
    if modules.is_empty() { Err("there is no Verilog in it".into()) } else { Ok(modules) }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
1. Executing Verilog-2005 frontend: /somewhere/cells_sim.v
-- Verilog code after preprocessor --
`file_push \"/somewhere/cells_sim.v\"
/* licence: module NONE */
module LUT2(output O, input A, B);
  parameter [3:0] INIT = 0;
  assign O = INIT[{B, A}]; // the table
  specify
    (A => O) = 10;
  endspecify
endmodule
module BUFFER(output O, input A); LUT2 lut(.O(O), .A(A)); endmodule
(* lib_whitebox *)
module PAIR(output O, input A, B);
  wire W;
  assign O = W;
  LUT2 lut(.O(W), .A(A), .B(B));
endmodule
(* blackbox *)
module RAM(input A);
  assign nothing = A;
endmodule
module EMPTY(output O);
endmodule
-- END OF DUMP --
module LATER(output O); assign O = 0; endmodule
";

    #[test]
    fn only_models_that_are_used_and_what_they_are_made_of() {
        let models = Models::of(SAID, ["PAIR"].into_iter()).unwrap();
        assert!(models.missing.is_empty());
        assert!(models.verilog.contains("module LUT2(output O, input A, B);\n"));
        assert!(models.verilog.contains("(* lib_whitebox *)\nmodule PAIR"));
        for absent in ["specify", "=> O", "the table", "RAM", "BUFFER", "LATER", "licence", "`"] {
            assert!(!models.verilog.contains(absent), "{absent}");
        }
    }

    #[test]
    fn black_boxes_empty_ones_and_strangers_are_told() {
        let models = Models::of(SAID, ["RAM", "EMPTY", "LATER", "LUT2"].into_iter()).unwrap();
        assert_eq!(models.missing, ["EMPTY", "LATER", "RAM"]);
        assert!(Models::of("nothing", ["LUT2"].into_iter()).is_err());
    }
}
