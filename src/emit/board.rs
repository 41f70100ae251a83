//! `rtl/<top>_on_<board>.v` and the modules that it uses, filled into `templates/board.v`.

use super::{library, stamp};
use crate::board::{Board, Facts, WINDOW};
use crate::manifest::Manifest;
use askama::Template;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "board.v")]
struct Top<'a> {
    stamp: String,
    name: &'a str,
    board: &'a Facts,
    baud: u32,
    divisor: u32,
    bus_bits: u32,
    bus_range: String,
    keep_range: String,
    beats: usize,
    window: u8,
    identity: &'a str,
    control: bool,
    top: &'a str,
}

/// The top of a board with the package of this manifest on it, by name: `baud` is what `divisor`
/// cycles a bit are meant to be. Second its files, by their paths.
pub fn board(
    manifest: &Manifest,
    board: Board,
    baud: u32,
    divisor: u32,
) -> (String, BTreeMap<String, Vec<u8>>) {
    let name = format!("{}_on_{board}", manifest.top);
    let text = Top {
        stamp: stamp(&manifest.name, &manifest.head_sha256),
        name: &name,
        board: board.facts(),
        baud,
        divisor,
        bus_bits: manifest.bus_bits,
        bus_range: format!("[{:>3}:0]", manifest.bus_bits - 1),
        keep_range: format!("[{:>3}:0]", manifest.bus_bits / 8 - 1),
        beats: manifest.input.beats,
        window: WINDOW,
        identity: &manifest.identity[..16],
        control: manifest.control,
        top: &manifest.top,
    }
    .render()
    .expect("the template only formats values")
        + "\n";
    let mut files: BTreeMap<String, Vec<u8>> = library::used_by(std::slice::from_ref(&text))
        .map(|(name, text)| (format!("rtl/lib/{name}"), text.as_bytes().to_vec()))
        .collect();
    files.insert(format!("rtl/{name}.v"), text.into_bytes());
    (name, files)
}
