//! Pictures of what was trained and compiled, as SVG.
//!
//! [`pattern`] shows the graph of a junction, [`banks`] which lane reads which bank when, and
//! [`timeline`] when each stage works on which frame; [`histogram`] how often each weight occurs, and
//! [`scatter`] what accuracy costs. All are functions of plain data and know
//! nothing of the stages that made it; [`Destination`] is where they go. The same input gives the same bytes.
//!
//! A picture is always well-formed XML of less than [`MAX_BYTES`]: titles and names are escaped,
//! characters that XML forbids are replaced, long texts are cut, and what is too large to be drawn
//! piece by piece is drawn as shares of tiles (or, in a timeline, up to a limit that the picture
//! states). Fonts are the viewer's own `sans-serif`. Colours are told apart by colour-blind readers:
//! those of Okabe and Ito, "Color Universal Design" (2008), and viridis (van der Walt and Smith,
//! 2015).

mod banks;
mod canvas;
mod folder;
mod grid;
mod histogram;
mod pattern;
mod scale;
mod scatter;
#[cfg(test)]
mod tests;
mod timeline;

pub use banks::{BankCell, MAX_CELLS, banks};
pub use canvas::MAX_BYTES;
pub use folder::{Destination, FolderError};
pub use grid::MAX_SIDE;
pub use histogram::{MAX_BARS, histogram};
pub use pattern::{MAX_EDGES, pattern};
pub use scatter::{Curve, MAX_POINTS, Point, scatter};
pub use timeline::{MAX_SPANS, MAX_STAGES, StageSpan, timeline};
