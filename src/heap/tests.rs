use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a plan's adders compute for the input bits that are 1, followed adder by adder.
fn result(plan: &Plan, input: &dyn Fn(usize) -> bool) -> i64 {
    let mut sums: Vec<i64> = Vec::new();
    let bit = |sums: &[i64], source: Source| match source {
        Source::Input(bit) => i64::from(input(bit)),
        Source::Sum { chain, bit } => sums[chain] >> bit & 1,
        Source::One => 1,
    };
    for chain in &plan.chains {
        let of = |source: &Option<Source>| source.map_or(0, |source| bit(&sums, source));
        let row: i64 = (0..).zip(&chain.row).map(|(column, source)| of(source) << column).sum();
        let (mut counted, mut column) = (0, 0);
        for window in &chain.windows {
            let worth = |&(source, value): &(Source, i8)| {
                let is = bit(&sums, source) == i64::from(value > 0);
                if is { i64::from(value.abs()) } else { 0 }
            };
            let most: i64 = window.inputs.iter().map(|(_, value)| i64::from(value.abs())).sum();
            assert!(most < 1 << window.width, "a window is too narrow for {most}");
            counted += window.inputs.iter().map(worth).sum::<i64>() << column;
            column += window.width;
        }
        assert_eq!(column as usize, chain.row.len(), "windows cover the row");
        let sum = if chain.subtract { row - counted } else { row + counted };
        sums.push((sum + of(&chain.carry)) & ((1 << chain.bits) - 1));
    }
    let of = |(column, source): (usize, &Option<Source>)| {
        source.map_or(0, |source| bit(&sums, source)) << column
    };
    plan.result.iter().enumerate().map(of).sum()
}

/// A sum of random weights, with the bits that it needs.
fn random(rng: &mut ChaCha8Rng, terms: usize, most: i64) -> Heap {
    let worth = |rng: &mut ChaCha8Rng| match rng.random_range(-most..=most) {
        0 => 1,
        worth => worth,
    };
    let terms: Vec<(usize, i64)> = (0..terms).map(|bit| (3 * bit, worth(rng))).collect();
    let constant = rng.random_range(-4 * most..=4 * most);
    let reach = terms.iter().map(|(_, worth)| worth.abs()).sum::<i64>() + constant.abs() + 1;
    Heap { terms, constant, bits: i64::BITS - reach.leading_zeros() + 1 }
}

#[test]
fn plans_add_up_what_they_should() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (terms, most) in
        [(0, 1), (1, 1), (1, 31), (2, 3), (3, 1), (7, 7), (20, 31), (64, 1), (100, 5), (300, 500)]
    {
        for fabric in [Fabric::Lut6, Fabric::Lut4] {
            for _ in 0..10 {
                let heap = random(&mut rng, terms, most);
                let plan = compress(&heap, fabric);
                let ones: Vec<bool> = (0..3 * terms + 1).map(|_| rng.random()).collect();
                for input in
                    [&|_| false, &|_| true, &|bit| ones[bit]] as [&dyn Fn(usize) -> bool; 3]
                {
                    let set = heap.terms.iter().filter(|(bit, _)| input(*bit));
                    let want = heap.constant + set.map(|(_, worth)| worth).sum::<i64>();
                    let modulus = (1 << heap.bits) - 1;
                    assert_eq!(result(&plan, input), want & modulus, "{heap:?}, {fabric:?}");
                }
            }
        }
    }
}

#[test]
fn results_wrap_where_they_are_narrower_than_the_sum() {
    let heap = Heap { terms: (0..40).map(|bit| (bit, 3)).collect(), constant: -7, bits: 4 };
    for fabric in [Fabric::Lut6, Fabric::Lut4] {
        let plan = compress(&heap, fabric);
        assert_eq!(result(&plan, &|_| true), (40 * 3 - 7) & 15, "{fabric:?}");
        assert_eq!(result(&plan, &|bit| bit < 5), (5 * 3 - 7) & 15, "{fabric:?}");
    }
}

/// Adders take in what lower levels made.
#[test]
fn levels_follow_each_other() {
    let heap = random(&mut ChaCha8Rng::seed_from_u64(2), 200, 31);
    for fabric in [Fabric::Lut6, Fabric::Lut4] {
        let plan = compress(&heap, fabric);
        for (number, chain) in plan.chains.iter().enumerate() {
            for source in chain.sources() {
                if let Source::Sum { chain: other, bit } = source {
                    assert!(other < number && plan.chains[other].level < chain.level);
                    assert!(bit < plan.chains[other].bits);
                }
            }
        }
        assert_eq!(plan.levels(), plan.chains.iter().map(|chain| chain.level + 1).max().unwrap());
    }
}

/// A window takes 5/3 bits a LUT out of the heap, so full heaps take little more than 3/5 LUT a bit;
/// counters of six bits would take one.
#[test]
fn windows_take_less_than_a_lut_a_bit() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..5 {
        let heap = random(&mut rng, 160, 31);
        let digits: usize = heap.terms.iter().map(|t| signed_digits(t.1).len()).sum();
        let luts = compress(&heap, Fabric::Lut6).luts() as usize;
        assert!(luts * 100 < digits * 65, "{luts} LUTs for {digits} bits");
    }
}

/// -27 = -32 + 4 + 1, 7 = 8 - 1: no two neighbours.
#[test]
fn digits_are_the_fewest() {
    assert_eq!(signed_digits(-27), [(0, false), (2, false), (5, true)]);
    assert_eq!(signed_digits(7), [(0, true), (3, false)]);
    assert_eq!(signed_digits(0), []);
    for value in -3000i64..3000 {
        let digits = signed_digits(value);
        let sum: i64 = digits.iter().map(|&(c, neg)| if neg { -(1 << c) } else { 1 << c }).sum();
        assert_eq!(sum, value);
        assert!(digits.windows(2).all(|pair| pair[1].0 > pair[0].0 + 1), "{value}: {digits:?}");
    }
}
