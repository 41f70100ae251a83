//! Training images shifted at random: a cheap way to more of them.

use super::error::TrainError;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How training images are shifted: each one, in each epoch, by its own draw of up to `shift` pixels
/// down or up and right or left, all draws alike. What moves in from outside is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augment {
    /// The farthest, in pixels.
    pub shift: usize,
    /// Rows of an image, which is the first `height · width` inputs of a sample, row by row.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
}

/// Pixels down and to the right, either of which may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    down: isize,
    right: isize,
}

impl Augment {
    /// Whether there can be such images in `inputs` neurons, and such shifts of them.
    pub(super) fn check(self, inputs: usize) -> Result<(), TrainError> {
        let Self { shift, height, width } = self;
        if height == 0 || width == 0 || height.saturating_mul(width) > inputs {
            let problem = format!(
                "has images of {height} × {width}; they must have 1 to {inputs} pixels, as many as \
                 `neurons` has inputs"
            );
            return Err(TrainError::Key { key: "augment", problem });
        }
        let least = height.min(width);
        if shift == 0 || shift >= least {
            let problem = format!(
                "has shift {shift}, with images of {height} × {width}; it must be 1 to {}, or leave \
                 the key out",
                least - 1
            );
            return Err(TrainError::Key { key: "augment", problem });
        }
        Ok(())
    }

    /// One shift a sample.
    pub(super) fn draw(self, samples: usize, mut rng: ChaCha8Rng) -> Vec<Shift> {
        let most = self.shift as i32;
        let mut step = || rng.random_range(-most..=most) as isize;
        (0..samples).map(|_| Shift { down: step(), right: step() }).collect()
    }

    /// Shifts the image in a sample's `codes`.
    pub(super) fn apply(self, shift: Shift, codes: &mut [i16]) {
        let image = &mut codes[..self.height * self.width];
        let end = image.len();
        // The whole image at once; what a row takes from its neighbour is cleared below.
        let by = shift.down * self.width as isize + shift.right;
        let far = by.unsigned_abs();
        if by >= 0 {
            image.copy_within(..end - far, far);
            image[..far].fill(0);
        } else {
            image.copy_within(far.., 0);
            image[end - far..].fill(0);
        }
        let far = shift.right.unsigned_abs();
        for row in image.chunks_exact_mut(self.width) {
            let lost = if shift.right >= 0 { 0..far } else { self.width - far..self.width };
            row[lost].fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn an_image_moves_as_a_whole_and_nothing_else_does() {
        let (height, width) = (4, 5);
        let augment = Augment { shift: 3, height, width };
        let at = |y: isize, x: isize| (5 * y + x + 1) as i16;
        for (down, right) in (-3..=3).flat_map(|d| (-3..=3).map(move |r| (d, r))) {
            let mut codes: Vec<i16> = (1..=23).collect();
            augment.apply(Shift { down, right }, &mut codes);
            for (y, x) in (0..4).flat_map(|y| (0..5).map(move |x| (y, x))) {
                let (from_y, from_x) = (y - down, x - right);
                let inside = (0..4).contains(&from_y) && (0..5).contains(&from_x);
                let expected = if inside { at(from_y, from_x) } else { 0 };
                assert_eq!(codes[(5 * y + x) as usize], expected, "{down} {right}: {y} {x}");
            }
            assert_eq!(codes[20..], [21, 22, 23]);
        }
    }

    #[test]
    fn every_shift_is_drawn_about_as_often() {
        let augment = Augment { shift: 1, height: 28, width: 28 };
        let drawn = augment.draw(9000, ChaCha8Rng::seed_from_u64(1));
        for (down, right) in (-1..=1).flat_map(|d| (-1..=1).map(move |r| (d, r))) {
            let count = drawn.iter().filter(|&&s| s == Shift { down, right }).count();
            // a thousand each, with a deviation of 30
            assert!((850..1150).contains(&count), "{down} {right}: {count}");
        }
    }

    #[test]
    fn images_that_cannot_be_are_refused() {
        let check = |shift, height, width| {
            let checked = Augment { shift, height, width }.check(800);
            checked.err().map(|e| e.to_string()).unwrap_or_default()
        };
        assert_eq!(check(1, 28, 28), "");
        assert!(check(1, 29, 28).contains("must have 1 to 800 pixels"));
        assert!(check(1, 0, 28).contains("must have 1 to 800 pixels"));
        assert!(check(28, 28, 28).contains("it must be 1 to 27"));
        assert!(check(0, 28, 28).contains("it must be 1 to 27"));
    }
}
