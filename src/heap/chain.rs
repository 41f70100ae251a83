//! Adders and what they add.

/// One bit that a chain takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Bit of the heap's input.
    Input(usize),
    /// Bit `bit` of the sum of chain `chain`.
    Sum {
        /// Index into [`Plan::chains`].
        chain: usize,
        /// Bit of its sum, from 0.
        bit: u32,
    },
    /// Always 1.
    One,
}

/// A function of up to five bits: the sum of what they are worth, over `width` columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Columns that its values take, from 1 to 3. The sum of all values is below 2^`width`.
    pub width: u32,
    /// Bits and their values in units of the first column; a negative value stands for the inverted
    /// bit, worth as much.
    pub inputs: Vec<(Source, i8)>,
}

/// One adder: `row + windows + carry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// From 0; what it takes in comes from lower levels.
    pub level: usize,
    /// Column of its lowest bit.
    pub column: u32,
    /// The raw bit of each column, if any.
    pub row: Vec<Option<Source>>,
    /// From the first column on, as wide together as the row.
    pub windows: Vec<Window>,
    /// A bit more in the first column.
    pub carry: Option<Source>,
    /// The windows are subtracted, not added; each is one bit wide then, and the top bit of the sum is
    /// worth its column negatively.
    pub subtract: bool,
    /// Bits of the sum: a carry out more than the row, unless the result ends below it.
    pub bits: u32,
}

impl Chain {
    /// Every bit that it takes in.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        let windows = self.windows.iter().flat_map(|window| &window.inputs);
        let row = self.row.iter().chain([&self.carry]).flatten().copied();
        row.chain(windows.map(|&(source, _)| source))
    }

    /// Columns with a window that is not empty: the LUTs of the adder in six-input LUTs.
    pub fn luts(&self) -> u32 {
        self.windows.iter().filter(|window| !window.inputs.is_empty()).map(|w| w.width).sum()
    }
}

/// How a heap is added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In the order of their levels.
    pub chains: Vec<Chain>,
    /// The bits of the result, from the lowest; none is 0.
    pub result: Vec<Option<Source>>,
}

impl Plan {
    /// Levels of chains.
    pub fn levels(&self) -> usize {
        self.chains.last().map_or(0, |chain| chain.level + 1)
    }

    /// LUTs of all adders, as [`Chain::luts`].
    pub fn luts(&self) -> u32 {
        self.chains.iter().map(Chain::luts).sum()
    }
}
