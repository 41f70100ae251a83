//! How hard a task is, before any search.

/// The constraint's entropy over the freedom there is: above 1, random patterns have no solution.
///
/// `right · log2(1/P) / (left · log2(reach))`, where `P` is the probability that `d_in` balls thrown
/// into `lanes` bins leave at most `limit` in each, and `reach` the bins that a left neuron can
/// choose from. It is the first-moment bound: the expected number of solutions is
/// `reach^left · P^right` when right neurons are taken as independent and lanes as equally likely.
/// It knows nothing of capacities and of classes that share too few lanes: for those there is
/// [`super::least_excess`].
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
    let bits = surprise(d_in, lanes, limit);
    if bits == 0.0 { 0.0 } else { right as f64 * bits / (left as f64 * (reach as f64).log2()) }
}

/// `log2(1/P)` of at most `limit` in each of `lanes` bins after `balls` random throws.
///
/// `P = balls!/lanes^balls · [x^balls] e(x)^lanes` with `e(x) = Σ_{k ≤ limit} x^k/k!`. The
/// coefficient is `e(λ)^lanes/λ^balls` times the probability that `lanes` independent numbers of
/// weights `λ^k/k!`, `k ≤ limit`, sum to `balls`, for any λ. With λ such that they do so on
/// average, nothing underflows.
fn surprise(balls: usize, lanes: usize, limit: usize) -> f64 {
    if limit >= balls {
        return 0.0;
    }
    if lanes.saturating_mul(limit) < balls {
        return f64::INFINITY;
    }
    let log_factorial = |n: usize| (2..=n).map(|k| (k as f64).ln()).sum::<f64>();
    let mean = balls as f64 / lanes as f64;
    // ln λ by bisection. The ends are far out: near e^40 all numbers are `limit`.
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let at: f64 =
            truncated(middle, limit).0.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
        *(if at < mean { &mut low } else { &mut high }) = middle;
    }
    let (weights, ln_e) = truncated(low, limit);
    let mut sum = vec![0.0; balls + 1];
    sum[0] = 1.0;
    for lane in 0..lanes {
        for n in (0..=balls.min((lane + 1) * limit)).rev() {
            sum[n] = (0..=limit.min(n)).map(|k| weights[k] * sum[n - k]).sum();
        }
    }
    let ln_p = log_factorial(balls) - balls as f64 * (lanes as f64).ln() + lanes as f64 * ln_e
        - balls as f64 * low
        + sum[balls].ln();
    -ln_p / std::f64::consts::LN_2
}

/// The weights `λ^k/k!` for `k` up to `limit`, scaled to sum 1, and the logarithm of their sum.
fn truncated(ln_lambda: f64, limit: usize) -> (Vec<f64>, f64) {
    let mut ln = 0.0;
    let logs: Vec<f64> = (0..=limit)
        .map(|k| {
            ln += if k == 0 { 0.0 } else { ln_lambda - (k as f64).ln() };
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

    /// Counts by going through all `lanes^balls` throws.
    fn counted(balls: u32, lanes: usize, limit: usize) -> f64 {
        let all = lanes.pow(balls);
        let good = (0..all).filter(|&code| {
            let (mut rest, mut load) = (code, vec![0; lanes]);
            for _ in 0..balls {
                load[rest % lanes] += 1;
                rest /= lanes;
            }
            load.iter().all(|&m| m <= limit)
        });
        (all as f64 / good.count() as f64).log2()
    }

    #[test]
    fn the_entropy_is_that_of_all_throws() {
        for (balls, lanes) in [(1, 3), (4, 2), (4, 4), (6, 3), (7, 4), (5, 6)] {
            for limit in (balls as usize).div_ceil(lanes)..=balls as usize {
                let (is, want) =
                    (surprise(balls as usize, lanes, limit), counted(balls, lanes, limit));
                assert!((is - want).abs() < 1e-6, "{balls} {lanes} {limit}: {is}, not {want}");
            }
        }
    }

    #[test]
    fn a_permutation_has_the_entropy_of_a_factorial() {
        // 40 balls into 40 bins, one each: log2(40^40/40!) = 53.7226. Two right neurons' worth over
        // ten choices of eight is 107.4/30.
        let is = tightness(10, 2, 40, 40, 1, 8);
        let bits: f64 = (1..=40).map(|k| (40.0 / f64::from(k)).log2()).sum();
        assert!((bits - 53.72).abs() < 0.01);
        assert!((is - 2.0 * bits / 30.0).abs() < 1e-6, "{is}");
        // Large tight shapes do not underflow: all of 4096 lanes hold exactly 1.
        assert!(surprise(4096, 4096, 1).is_finite());
    }

    #[test]
    fn too_few_lanes_are_infinitely_tight_and_loose_limits_not_at_all() {
        assert_eq!(tightness(40, 40, 9, 2, 4, 2), f64::INFINITY);
        assert_eq!(tightness(40, 40, 9, 2, 5, 1), f64::INFINITY);
        assert_eq!(tightness(40, 40, 9, 2, 9, 1), 0.0);
    }
}
