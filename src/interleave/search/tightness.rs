//! How hard a task is, before any search.

/// The constraint's entropy over the freedom there is: above 1, random patterns have no solution.
///
/// `right · log2(1/P) / (left · log2(reach))`, where `P` is the probability that a right neuron has
/// at most `limit` edges to each lane, if its `d_in` left neurons are drawn at random and every lane
/// serves `left/lanes`, and `reach` the bins that a left neuron can choose from. This is the
/// first-moment bound: with right neurons taken as independent, the expected number of solutions is
/// `reach^left · P^right`. It knows nothing of capacities and of classes that share too few lanes:
/// for those there is [`super::least_excess`].
///
/// What the search solved with 10 to 60 million steps, three random patterns a task, classes all one
/// (shapes 800 → 40 of out-degree 2 to 19, 800 → 80 of 26 and 37, and small square ones):
///
/// | tightness | tasks | all three solved |
/// |---|---|---|
/// | up to 0.20 | 128 | 128 (at most 5 million steps) |
/// | 0.20 to 0.25 | 40 | 37 |
/// | 0.25 to 0.30 | 31 | 18 |
/// | 0.30 to 0.40 | 52 | 16 (out-degree up to 6, and small layers) |
/// | 0.40 to 0.50 | 33 | 10 (out-degree 2, and small layers) |
/// | above 0.50 | 102 | 5 (small layers) |
///
/// Infinite if `lanes · limit < d_in`, or if there is no choice; 0 if the limit cannot be exceeded.
pub fn tightness(
    left: usize,
    right: usize,
    d_in: usize,
    lanes: usize,
    limit: usize,
    reach: usize,
) -> f64 {
    let bits = surprise(left, d_in, lanes, limit);
    if bits == 0.0 { 0.0 } else { right as f64 * bits / (left as f64 * (reach as f64).log2()) }
}

/// `log2(1/P)` of at most `limit` of each of `lanes` colours among `balls` drawn from `left`.
///
/// `P = [x^balls] e(x)^lanes / C(left, balls)` with `e(x) = Σ_{k ≤ limit} C(left/lanes, k)·x^k`
/// (multivariate hypergeometric; where lanes do not divide, with the binomial of a fraction). The
/// coefficient is `e(λ)^lanes/λ^balls` times the probability that `lanes` independent numbers of
/// weights `C(left/lanes, k)·λ^k`, `k ≤ limit`, sum to `balls`, for any λ. With λ such that they do
/// so on average, nothing underflows.
fn surprise(left: usize, balls: usize, lanes: usize, limit: usize) -> f64 {
    if limit >= balls.min(left.div_ceil(lanes)) {
        return 0.0;
    }
    if lanes.saturating_mul(limit) < balls {
        return f64::INFINITY;
    }
    let each = left as f64 / lanes as f64;
    let mean = balls as f64 / lanes as f64;
    // ln λ by bisection. The ends are far out: near e^40 all numbers are `limit`.
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let at: f64 =
            truncated(each, middle, limit).0.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
        *(if at < mean { &mut low } else { &mut high }) = middle;
    }
    let (weights, ln_e) = truncated(each, low, limit);
    let mut sum = vec![0.0; balls + 1];
    sum[0] = 1.0;
    for lane in 0..lanes {
        for n in (0..=balls.min((lane + 1) * limit)).rev() {
            sum[n] = (0..=limit.min(n)).map(|k| weights[k] * sum[n - k]).sum();
        }
    }
    let ln_choices: f64 = (0..balls).map(|k| ((left - k) as f64 / (k + 1) as f64).ln()).sum();
    let ln_p = lanes as f64 * ln_e - balls as f64 * low + sum[balls].ln() - ln_choices;
    -ln_p / std::f64::consts::LN_2
}

/// The weights `C(each, k)·λ^k` for `k` up to `limit`, scaled to sum 1, and the logarithm of their sum.
fn truncated(each: f64, ln_lambda: f64, limit: usize) -> (Vec<f64>, f64) {
    let mut ln = 0.0;
    let logs: Vec<f64> = (0..=limit)
        .map(|k| {
            ln += if k == 0 { 0.0 } else { ln_lambda + ((each + 1.0 - k as f64) / k as f64).ln() };
            ln
        })
        .collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|l| (l - most).exp()).sum();
    let ln_sum = most + sum.ln();
    (logs.iter().map(|l| (l - ln_sum).exp()).collect(), ln_sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts by going through all subsets of `left` neurons, of which lane `l mod lanes` serves `l`.
    fn counted(left: usize, balls: u32, lanes: usize, limit: usize) -> f64 {
        let drawn = (0u32..1 << left).filter(|set| set.count_ones() == balls);
        let good = |set: &u32| {
            let load = |lane| (0..left).filter(|l| l % lanes == lane && set >> l & 1 == 1).count();
            (0..lanes).all(|lane| load(lane) <= limit)
        };
        (drawn.clone().count() as f64 / drawn.filter(good).count() as f64).log2()
    }

    #[test]
    fn the_entropy_is_that_of_all_draws() {
        for (left, balls, lanes) in [(6, 1, 3), (8, 4, 2), (12, 4, 4), (12, 7, 3), (12, 6, 6)] {
            for limit in (balls as usize).div_ceil(lanes)..=balls as usize {
                let is = surprise(left, balls as usize, lanes, limit);
                let want = counted(left, balls, lanes, limit);
                assert!(
                    (is - want).abs() < 1e-6,
                    "{left} {balls} {lanes} {limit}: {is}, not {want}"
                );
            }
        }
    }

    #[test]
    fn one_of_each_lane_has_the_entropy_of_a_binomial() {
        // 40 of 800, one from each of 40 lanes of 20: P = 20^40/C(800, 40). 40 right neurons of
        // that over 800 choices of 8 (three bits) is 40/2400 of it.
        let bits: f64 =
            (0..40).map(|k| f64::from(800 - k) / f64::from((k + 1) * 20)).map(f64::log2).sum();
        let is = tightness(800, 40, 40, 40, 1, 8);
        assert!((is - bits / 60.0).abs() < 1e-6, "{is}, not {}", bits / 60.0);
        // Large tight shapes do not underflow: all of 2048 lanes hold exactly 1.
        assert!(surprise(4096, 2048, 2048, 1).is_finite());
    }

    #[test]
    fn too_few_lanes_are_infinitely_tight_and_loose_limits_not_at_all() {
        assert_eq!(tightness(40, 40, 9, 2, 4, 2), f64::INFINITY);
        assert_eq!(tightness(40, 40, 9, 2, 5, 1), f64::INFINITY);
        assert_eq!(tightness(40, 40, 9, 2, 9, 1), 0.0);
        // Fully connected: every lane has a tenth of the row, whatever the choice.
        assert_eq!(tightness(100, 10, 100, 10, 10, 10), 0.0);
    }
}
