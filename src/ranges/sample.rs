//! A bounded sample of any number of values.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Values that a [`Sample`] keeps: 4 MiB, enough for the error of a format to be known within some
/// tenths of a per cent.
pub const CAPACITY: usize = 1 << 20;

/// Values that come one after the other: all of them up to [`CAPACITY`], beyond that an even draw
/// without replacement (algorithm R of Vitter 1985). The same values in the same order give the
/// same sample.
#[derive(Clone, Debug)]
pub struct Sample {
    kept: Vec<f32>,
    seen: u64,
    capacity: usize,
    rng: ChaCha8Rng,
}

impl Default for Sample {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Sample {
    /// A sample of at most `capacity` values.
    fn with_capacity(capacity: usize) -> Self {
        Self { kept: Vec::new(), seen: 0, capacity, rng: ChaCha8Rng::seed_from_u64(0) }
    }

    /// Takes one more value.
    pub fn push(&mut self, value: f32) {
        self.seen += 1;
        if self.kept.len() < self.capacity {
            self.kept.push(value);
            return;
        }
        let at = self.rng.random_range(0..self.seen);
        if let Some(place) = usize::try_from(at).ok().and_then(|at| self.kept.get_mut(at)) {
            *place = value;
        }
    }

    /// What was kept, in no order that means anything.
    pub fn values(&self) -> &[f32] {
        &self.kept
    }

    /// How many values came.
    pub fn seen(&self) -> u64 {
        self.seen
    }
}

impl Extend<f32> for Sample {
    fn extend<T: IntoIterator<Item = f32>>(&mut self, values: T) {
        values.into_iter().for_each(|v| self.push(v));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_all_kept() {
        let mut sample = Sample::with_capacity(5);
        sample.extend([3.0, 1.0, 2.0, 1.0, 0.0]);
        assert_eq!((sample.values(), sample.seen()), (&[3.0, 1.0, 2.0, 1.0, 0.0][..], 5));
    }

    #[test]
    fn of_many_values_each_is_kept_as_often_as_any_other() {
        let draw = || {
            let mut sample = Sample::with_capacity(1_000);
            sample.extend((0..100_000).map(|i| i as f32));
            sample
        };
        let sample = draw();
        assert_eq!((sample.values().len(), sample.seen()), (1_000, 100_000));
        assert_eq!(sample.values(), draw().values());
        // Tenths of the stream: 100 are expected from each, with a deviation of 9.5.
        for tenth in 0..10 {
            let range = tenth as f32 * 1e4..(tenth + 1) as f32 * 1e4;
            let n = sample.values().iter().filter(|v| range.contains(v)).count();
            assert!((60..=140).contains(&n), "tenth {tenth}: {n}");
        }
        let mut sorted = sample.values().to_vec();
        sorted.sort_by(f32::total_cmp);
        sorted.dedup();
        assert_eq!(sorted.len(), 1_000, "without replacement");
    }
}
