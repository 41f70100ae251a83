//! ROM contents: rows of wide words, built field by field.

/// The content of one ROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    width: usize,
    chunks: usize,
    data: Vec<u32>,
}

impl Words {
    /// `rows` words of `width` bits, all zero.
    pub fn new(width: usize, rows: usize) -> Self {
        let chunks = width.div_ceil(32);
        Self { width, chunks, data: vec![0; chunks * rows] }
    }

    /// Bits of a word.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of words.
    pub fn rows(&self) -> usize {
        self.data.len() / self.chunks
    }

    /// Bits of all words.
    pub fn bits(&self) -> usize {
        self.width * self.rows()
    }

    /// Writes the low `bits` bits of `value` at bit `at` of word `row`; the field must be zero.
    ///
    /// # Panics
    /// If the field does not lie within the word.
    pub fn put(&mut self, row: usize, at: usize, bits: usize, value: i64) {
        assert!(bits <= 64 && at + bits <= self.width, "field {at}+{bits} in {} bits", self.width);
        let value = if bits == 64 { value as u64 } else { value as u64 & ((1 << bits) - 1) };
        let word = &mut self.data[row * self.chunks..][..self.chunks];
        let (chunk, shift) = (at / 32, at % 32);
        let spread = u128::from(value) << shift;
        for (i, part) in word[chunk..].iter_mut().take(3).enumerate() {
            *part |= (spread >> (32 * i)) as u32;
        }
    }

    /// FNV-1a over 32-bit chunks, low chunk first, word 0 first: what `cf_rom_check` computes.
    pub fn hash(&self) -> u32 {
        self.data.iter().fold(0x811c_9dc5, |h, &chunk| (h ^ chunk).wrapping_mul(0x0100_0193))
    }

    /// The words as `$readmemh` reads them, one a line.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = self.width.div_ceil(4);
        let mut text = String::with_capacity(self.rows() * (digits + 1));
        for word in self.data.chunks_exact(self.chunks) {
            for digit in (0..digits).rev() {
                let nibble = word[digit / 8] >> (4 * (digit % 8)) & 0xf;
                text.push(char::from(DIGITS[nibble as usize]));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_land_where_they_are_put() {
        let mut words = Words::new(70, 2);
        words.put(0, 0, 4, 0xa);
        words.put(0, 30, 6, -1);
        words.put(1, 66, 4, 5);
        assert_eq!(words.hex(), "000000000fc000000a\n140000000000000000\n");
    }

    /// Worked by hand for one chunk: (0x811c9dc5 ^ 1) · 0x01000193 mod 2^32.
    #[test]
    fn hash_of_one_chunk() {
        let mut words = Words::new(1, 1);
        words.put(0, 0, 1, 1);
        assert_eq!(words.hash(), 0x040c_5b8c);
    }
}
