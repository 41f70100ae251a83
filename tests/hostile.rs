//! Files with random damage: an answer or an error, never a panic.

mod heads;

use clashfree::load::{head, inputs, labels};
use clashfree::quantise::{Format, quantise};
use heads::{dir, good, gzip, idx, npy};
use proptest::prelude::*;
use std::fs;

/// Overwrites, inserts, removes, cuts.
fn damage(mut bytes: Vec<u8>, hits: &[(u8, prop::sample::Index, u8)]) -> Vec<u8> {
    for (kind, place, value) in hits {
        if bytes.is_empty() {
            break;
        }
        let at = place.index(bytes.len());
        match kind % 4 {
            0 => bytes[at] = *value,
            1 => bytes.insert(at, *value),
            2 => drop(bytes.remove(at)),
            _ => bytes[at] ^= 1 << (value % 8),
        }
    }
    bytes
}

fn hits() -> impl Strategy<Value = Vec<(u8, prop::sample::Index, u8)>> {
    prop::collection::vec(any::<(u8, prop::sample::Index, u8)>(), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn heads(toml in hits(), tensors in hits(), which in 0..3) {
        let dir = dir();
        let mut files = good();
        if which != 1 {
            let damaged = damage(files.toml.into_bytes(), &toml);
            files.toml = String::from_utf8_lossy(&damaged).into_owned();
        }
        if which != 0 {
            let damaged = damage(files.bytes(), &tensors);
            files = files.raw(damaged);
        }
        files.write(dir.path());
        if let Ok(head) = head(dir.path()) {
            let _ = quantise(&head);
        }
    }

    #[test]
    fn data(hits in hits(), which in 0..4) {
        let dir = dir();
        let file = match which {
            0 => npy("<f4", false, "(2, 4)", &[0; 32]),
            1 => npy("<i8", true, "(2, 4)", &[0; 64]),
            2 => idx(&[2, 2, 2], &[7; 8]),
            _ => gzip(&idx(&[2, 2, 2], &[7; 8])),
        };
        let x = dir.path().join("x");
        fs::write(&x, damage(file, &hits)).expect("writes");
        let x = x.to_str().expect("plain");
        let _ = inputs(x, 4, Format { bits: 4, frac: 4, signed: false });
        let _ = labels(x, 2, 3);
    }
}
