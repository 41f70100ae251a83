//! Beneš networks: any permutation of the terminals through two-by-two switches.
//!
//! Beneš, "Mathematical Theory of Connecting Networks and Telephone Traffic" (1965); the settings
//! come from the looping algorithm of Opferman and Tsao-Wu, "On a class of rearrangeable switching
//! networks" (Bell System Technical Journal 50, 1971).
//!
//! # The wiring
//!
//! A network of `n = 2^k` terminals has `2k − 1` stages of `n/2` switches. In every stage switch `j`
//! has the input terminals `2j` and `2j + 1` and output terminals of the same numbers. Setting 0
//! (*straight*) joins `2j` to `2j` and `2j + 1` to `2j + 1`; setting 1 (*crossed*) joins input `2j`
//! to output `2j + 1` and input `2j + 1` to output `2j`.
//!
//! Input terminal `t` of stage 0 is input `t` of the network, output terminal `t` of the last stage
//! is output `t` of the network. Input terminal `t` of stage `s ≥ 1` is fed by output terminal
//! `wire(s, t)` of stage `s − 1`: `t` with its low `w` bits rotated by one, where
//! - for `1 ≤ s ≤ k − 1`: `w = k + 1 − s`, rotated left:
//!   `wire = {t[k−1:w], t[w−2:0], t[w−1]}`;
//! - for `k ≤ s ≤ 2k − 2`: `w = s + 2 − k`, rotated right:
//!   `wire = {t[k−1:w], t[0], t[w−1:1]}`.
//!
//! With `m = 2^w`, `base = t − t mod m` and `u = t mod m` that is in integers
//! - rotated left: `base + (2·u) mod m + (2·u) div m`;
//! - rotated right: `base + u div 2 + (u mod 2)·m/2`.
//!
//! | n = 8, k = 3 | w | rotated | feeds of terminals 0 to 7 |
//! |---|---|---|---|
//! | s = 1 | 3 | left | 0 2 4 6 1 3 5 7 |
//! | s = 2 | 2 | left | 0 2 1 3 4 6 5 7 |
//! | s = 3 | 2 | right | 0 2 1 3 4 6 5 7 |
//! | s = 4 | 3 | right | 0 4 1 5 2 6 3 7 |
//!
//! So the first outputs of the switches of stage 0 go to a network of half the size on terminals 0
//! to `n/2 − 1`, the second ones to another on the rest, and the last stage joins the two again.
//! Settings are in order of stages, and of switches within a stage: number `s·n/2 + j`.

/// A Beneš network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Benes {
    terminals: usize,
}

impl Benes {
    /// The smallest network with at least so many inputs and outputs: terminals are rounded up to a
    /// power of two, and those beyond stay unused. With a single terminal it is a wire of no stages.
    pub fn new(inputs: usize, outputs: usize) -> Self {
        Self { terminals: inputs.max(outputs).next_power_of_two() }
    }

    /// Terminals a side, `n`: a power of two.
    pub fn terminals(&self) -> usize {
        self.terminals
    }

    /// Stages, `2·log2(n) − 1`; none for a single terminal.
    pub fn stages(&self) -> usize {
        (2 * self.log()).saturating_sub(1)
    }

    /// Two-by-two switches of each stage, `n/2`.
    pub fn switches_per_stage(&self) -> usize {
        self.terminals / 2
    }

    /// `log2(n)`, `k` in the module's description.
    fn log(&self) -> usize {
        self.terminals.ilog2() as usize
    }

    /// The output terminal of stage `stage − 1` that feeds this input terminal of stage `stage`; for
    /// stage 0 the input of the network. The rule is in the [module's description](self).
    pub fn wire(&self, stage: usize, terminal: usize) -> usize {
        let k = self.log();
        if stage == 0 {
            return terminal;
        }
        let m = if stage < k { 1 << (k + 1 - stage) } else { 1 << (stage + 2 - k) };
        let u = terminal % m;
        let rotated = if stage < k { 2 * u % m + 2 * u / m } else { u / 2 + u % 2 * (m / 2) };
        terminal - u + rotated
    }

    /// Settings, true for crossed, that bring input `source[o]` to output `o` wherever that is given;
    /// what comes out of the other outputs is of no meaning. Takes O(n log n) steps.
    ///
    /// # Panics
    /// If `source` has more entries than there are terminals, or names an input that does not exist
    /// or one input twice.
    pub fn route(&self, source: &[Option<u32>]) -> Vec<bool> {
        let (n, k) = (self.terminals, self.log());
        let half = n / 2;
        let mut settings = vec![false; self.stages() * half];
        let mut source = self.complete(source);
        let mut subnetwork = vec![None; n];
        let mut next = vec![0; n];
        for level in 0..k {
            // Networks of `size` terminals, from stage `level` to stage `last`.
            let (size, last) = (n >> level, self.stages() - 1 - level);
            for base in (0..n).step_by(size) {
                let source = &source[base..base + size];
                let subnetwork = &mut subnetwork[base..base + size];
                if size == 2 {
                    settings[level * half + base / 2] = source[0] == 1;
                    continue;
                }
                part(source, subnetwork);
                for (o, (&i, &lower)) in source.iter().zip(subnetwork.iter()).enumerate() {
                    let lower = lower == Some(true);
                    next[base + usize::from(lower) * size / 2 + o / 2] = i / 2;
                    // Straight: even terminals to the upper network, odd ones to the lower.
                    settings[level * half + (base + i) / 2] = lower != (i % 2 == 1);
                    settings[last * half + (base + o) / 2] = lower != (o % 2 == 1);
                }
            }
            std::mem::swap(&mut source, &mut next);
        }
        settings
    }

    /// A permutation: outputs that want nothing get the inputs that are left over, in order.
    fn complete(&self, source: &[Option<u32>]) -> Vec<usize> {
        let n = self.terminals;
        assert!(source.len() <= n, "{} outputs of a network of {n} terminals", source.len());
        let mut used = vec![false; n];
        for &i in source.iter().flatten() {
            assert!((i as usize) < n, "input {i} of a network of {n} terminals");
            assert!(!std::mem::replace(&mut used[i as usize], true), "input {i} is routed twice");
        }
        let mut left_over = (0..n).filter(|&i| !used[i]);
        let wanted = source.iter().copied().chain(std::iter::repeat(None)).take(n);
        wanted
            .map(|want| want.map_or_else(|| left_over.next().expect("n inputs"), |i| i as usize))
            .collect()
    }

    /// What comes out of each output of a network with these settings, given what goes in: switch by
    /// switch and wire by wire.
    ///
    /// # Panics
    /// If there are not as many settings as switches, or not as many inputs as terminals.
    pub fn apply(&self, settings: &[bool], inputs: &[u32]) -> Vec<u32> {
        let half = self.switches_per_stage();
        assert_eq!(settings.len(), self.stages() * half, "settings");
        assert_eq!(inputs.len(), self.terminals, "inputs");
        let mut values = inputs.to_vec();
        for stage in 0..self.stages() {
            let mut fed: Vec<u32> =
                (0..self.terminals).map(|t| values[self.wire(stage, t)]).collect();
            for (pair, &crossed) in fed.chunks_exact_mut(2).zip(&settings[stage * half..]) {
                if crossed {
                    pair.swap(0, 1);
                }
            }
            values = fed;
        }
        values
    }
}

/// Parts the outputs of a network among its two inner networks: `Some(true)` is the lower one. The
/// two outputs of a switch go to different ones, and so do the two outputs whose sources share a
/// switch.
///
/// From an output that has no network yet, follow the loop: what shares its input switch, then what
/// shares that one's output switch, and so on until the start.
fn part(source: &[usize], lower: &mut [Option<bool>]) {
    let mut output = vec![0; source.len()];
    for (o, &i) in source.iter().enumerate() {
        output[i] = o;
    }
    lower.fill(None);
    for start in 0..source.len() {
        let mut o = start;
        while lower[o].is_none() {
            lower[o] = Some(false);
            let sharing = output[source[o] ^ 1];
            lower[sharing] = Some(true);
            o = sharing ^ 1;
        }
    }
}
