//! Beneš networks bring every input where it is wanted. What settings do is found out here by the
//! rule in the module's description, in bits, and not by the code's own arithmetic.

use clashfree::interleave::benes::Benes;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// `{t[k-1:w], t[w-2:0], t[w-1]}` or `{t[k-1:w], t[0], t[w-1:1]}`, written as strings of bits.
fn wire(k: usize, stage: usize, terminal: usize) -> usize {
    let bits: String =
        (0..k).rev().map(|b| if terminal >> b & 1 == 1 { '1' } else { '0' }).collect();
    let w = if stage < k { k + 1 - stage } else { stage + 2 - k };
    let (high, low) = bits.split_at(k - w);
    let low = if stage < k {
        format!("{}{}", &low[1..], &low[..1])
    } else {
        format!("{}{}", &low[w - 1..], &low[..w - 1])
    };
    usize::from_str_radix(&format!("{high}{low}"), 2).unwrap()
}

/// Follows one output back to the input that it shows.
fn shown(network: &Benes, settings: &[bool], output: usize) -> usize {
    let n = network.terminals();
    let k = n.trailing_zeros() as usize;
    let mut t = output;
    for stage in (0..network.stages()).rev() {
        if settings[stage * n / 2 + t / 2] {
            t ^= 1;
        }
        if stage > 0 {
            t = wire(k, stage, t);
        }
    }
    t
}

fn assert_routed(inputs: usize, source: &[Option<u32>]) {
    let network = Benes::new(inputs, source.len());
    let settings = network.route(source);
    assert_eq!(settings.len(), network.stages() * network.switches_per_stage());
    let numbered: Vec<u32> = (0..network.terminals() as u32).collect();
    let applied = network.apply(&settings, &numbered);
    for (o, &wanted) in source.iter().enumerate() {
        let shown = shown(&network, &settings, o) as u32;
        assert_eq!(applied[o], shown, "apply, output {o} of {source:?}");
        if let Some(wanted) = wanted {
            assert_eq!(shown, wanted, "output {o} of {source:?}");
        }
    }
}

/// All permutations of the entries from `fixed` on (each goes to every place in turn).
fn permute(entries: &mut Vec<u32>, fixed: usize, visit: &mut impl FnMut(&[u32])) {
    if fixed == entries.len() {
        return visit(entries);
    }
    for k in fixed..entries.len() {
        entries.swap(fixed, k);
        permute(entries, fixed + 1, visit);
        entries.swap(fixed, k);
    }
}

#[test]
fn sizes() {
    // (inputs, outputs), terminals, stages, switches a stage.
    let expected = [
        ((1, 1), 1, 0, 0),
        ((2, 1), 2, 1, 1),
        ((3, 4), 4, 3, 2),
        ((4, 5), 8, 5, 4),
        ((256, 256), 256, 15, 128),
        ((257, 3), 512, 17, 256),
    ];
    for ((inputs, outputs), terminals, stages, switches) in expected {
        let network = Benes::new(inputs, outputs);
        assert_eq!(network.terminals(), terminals);
        assert_eq!(network.stages(), stages);
        assert_eq!(network.switches_per_stage(), switches);
    }
}

#[test]
fn the_wiring_is_the_documented_one() {
    let network = Benes::new(8, 8);
    let feeds = |s| (0..8).map(|t| network.wire(s, t)).collect::<Vec<_>>();
    assert_eq!(feeds(0), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(feeds(1), [0, 2, 4, 6, 1, 3, 5, 7]);
    assert_eq!(feeds(2), [0, 2, 1, 3, 4, 6, 5, 7]);
    assert_eq!(feeds(3), [0, 2, 1, 3, 4, 6, 5, 7]);
    assert_eq!(feeds(4), [0, 4, 1, 5, 2, 6, 3, 7]);
    for k in 1..=8 {
        let network = Benes::new(1 << k, 1);
        for stage in 1..network.stages() {
            for t in 0..1 << k {
                assert_eq!(network.wire(stage, t), wire(k, stage, t), "k {k} stage {stage} t {t}");
            }
        }
    }
}

#[test]
fn all_permutations_of_up_to_eight() {
    for n in [1, 2, 3, 4, 5, 6, 7, 8] {
        let mut count = 0;
        permute(&mut (0..n).collect(), 0, &mut |permutation| {
            let source: Vec<Option<u32>> = permutation.iter().map(|&i| Some(i)).collect();
            assert_routed(n as usize, &source);
            count += 1;
        });
        assert_eq!(count, (1..=n).product::<u32>());
    }
}

#[test]
fn a_large_permutation() {
    let mut inputs: Vec<u32> = (0..1 << 12).collect();
    inputs.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    let source: Vec<Option<u32>> = inputs.into_iter().map(Some).collect();
    assert_routed(1 << 12, &source);
}

#[test]
#[should_panic(expected = "input 3 is routed twice")]
fn an_input_routed_twice() {
    Benes::new(4, 4).route(&[Some(3), None, Some(3)]);
}

proptest! {
    #[test]
    fn partial_permutations(inputs in 1usize..=256, outputs in 1usize..=256, share in 0usize..=100, seed: u64) {
        let mut chosen: Vec<u32> = (0..inputs as u32).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        chosen.shuffle(&mut rng);
        chosen.truncate(inputs.min(outputs) * share / 100);
        let mut source: Vec<Option<u32>> = chosen.into_iter().map(Some).collect();
        source.resize(outputs, None);
        source.shuffle(&mut rng);
        assert_routed(inputs, &source);
    }
}
