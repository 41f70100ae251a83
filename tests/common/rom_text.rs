//! ROM files as text, read without the compiler.

/// A ROM file, a number of 32-bit chunks a line, the low chunk first.
#[derive(Clone, Debug)]
pub struct Table(pub Vec<Vec<u32>>);

impl Table {
    /// Reads the text of a `.mem` file and checks that its words have `width` bits.
    pub fn read(text: &str, width: usize) -> Self {
        let lines = text.lines().filter(|l| !l.starts_with("//"));
        let line = |line: &str| {
            assert_eq!(line.len(), width.div_ceil(4), "digits of a word of {width} bits");
            let digits = line.as_bytes();
            let chunk =
                |part: &[u8]| u32::from_str_radix(std::str::from_utf8(part).unwrap(), 16).unwrap();
            digits.rchunks(8).map(chunk).collect()
        };
        Self(lines.map(line).collect())
    }

    /// An unsigned field.
    pub fn field(&self, row: usize, at: usize, bits: usize) -> u64 {
        let bit = |i: usize| u64::from(self.0[row][i / 32] >> (i % 32) & 1);
        (0..bits).fold(0, |value, i| value | bit(at + i) << i)
    }

    /// A two's complement field.
    pub fn signed(&self, row: usize, at: usize, bits: usize) -> i64 {
        (self.field(row, at, bits) << (64 - bits)) as i64 >> (64 - bits)
    }
}

/// Bits that number `n` things; at least one.
pub fn width(n: usize) -> usize {
    (1..).find(|&b| 1usize << b >= n).unwrap()
}
