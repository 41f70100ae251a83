//! Branches of early exits: gradients, detached branches, files, and what is reported of them.

use super::*;
use crate::model::{Decision, classify};
use crate::quantise::{QuantHead, Rule};
use crate::train::network::{Stream, stream};

/// The toy with an exit of two junctions after junction 0 and one of one after junction 1.
fn with_exits(first: &str, second: &str) -> Recipe {
    recipe(|text| {
        let exits = format!(
            r#"
        [[exit]]
        after = 0
        neurons = [4, 3]
        out_degrees = [2, 3]
        pattern = "random-structured"
        activation_format = {{ bits = 4, frac = 2, signed = false }}
        loss_weight = 0.5
        rule = "margin"
        threshold = 20
        {first}
        [[exit]]
        after = 1
        neurons = [3]
        out_degrees = [2]
        pattern = "clash-free-starts-once"
        parallelism = [2]
        loss_weight = 3.0
        rule = "margin"
        threshold = 9
        {second}
        "#
        );
        text.to_owned() + &exits
    })
}

/// Degrees at which every junction, of the branches too, is fully connected.
fn dense(mut recipe: Recipe) -> Recipe {
    recipe.out_degrees = vec![8, 6, 3];
    recipe.exits[0].out_degrees = vec![4, 3];
    recipe.exits[1].out_degrees = vec![3];
    recipe
}

/// Loss of each output, unweighted, with the parameters as they are.
fn losses(shard: &mut Shard, network: &Network) -> Vec<f64> {
    let mut values = Values::zeros(network);
    network.effective(Precision::Float, &mut values);
    shard.forward(network, &values, Precision::Float);
    shard.scores.iter().map(|score| score.loss).collect()
}

/// Which losses, with their weights, junction `j` of 6 is to be trained by: those of the outputs
/// that its values reach along edges that are not detached, or its own branch's.
fn objective(j: usize, detached: [bool; 2]) -> [f64; 3] {
    let open = |e: usize, weight: f64| if detached[e] { 0.0 } else { weight };
    match j {
        0 => [1.0, open(0, 0.5), open(1, 3.0)],
        1 => [1.0, 0.0, open(1, 3.0)],
        2 => [1.0, 0.0, 0.0],
        3 | 4 => [0.0, 0.5, 0.0],
        _ => [0.0, 0.0, 3.0],
    }
}

#[test]
fn gradients_of_trunk_and_branches_agree_with_finite_differences() {
    for detached in [[false, false], [true, false], [false, true], [true, true]] {
        let [first, second] = detached.map(|d| format!("detach = {d}"));
        let sparse = with_exits(&first, &second);
        check_gradients(&sparse, detached);
        check_gradients(&dense(sparse), detached);
    }
}

fn check_gradients(recipe: &Recipe, detached: [bool; 2]) {
    const STEP: f32 = 1e-3;
    let mut network = network(recipe);
    let mut shard = Shard::new(&network);
    shard.load(&examples(40, 1), &(0..40).collect::<Vec<u32>>(), recipe.input.format);
    losses(&mut shard, &network);
    let mut values = Values::zeros(&network);
    network.effective(Precision::Float, &mut values);
    shard.backward(&network, &values);
    let gradients = shard.gradients.clone();
    assert_eq!(network.junctions.len(), 6);
    for j in 0..6 {
        let parameters = network.junctions[j].weights.len() + network.junctions[j].bias.len();
        for p in 0..parameters {
            let mut moved = |to: f32| {
                let junction = &mut network.junctions[j];
                let mut all = junction.weights.iter_mut().chain(&mut junction.bias);
                *all.nth(p).unwrap() += to;
                losses(&mut shard, &network)
            };
            let (above, below) = (moved(STEP), moved(-2.0 * STEP));
            moved(STEP);
            let slopes = above.iter().zip(&below).map(|(a, b)| (a - b) / f64::from(2.0 * STEP));
            let weights = objective(j, detached);
            let expected: f64 = slopes.zip(weights).map(|(slope, weight)| slope * weight).sum();
            let found = gradients.weights[j].iter().chain(&gradients.bias[j]).nth(p).unwrap();
            let found = f64::from(*found);
            // Sums of 40 f32 losses, and kinks where a neuron switches within the step.
            let scale = weights.iter().fold(1.0f64, |a, b| a.max(*b));
            let tolerance = 0.02 * expected.abs() + 0.015 * scale;
            assert!(
                (found - expected).abs() < tolerance,
                "{detached:?}, junction {j}, parameter {p}: {found} instead of {expected}"
            );
        }
    }
}

/// The tensors of a trained head by name.
fn tensors(bytes: &[u8]) -> std::collections::BTreeMap<String, Vec<u8>> {
    let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
    file.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
}

#[test]
fn detached_branches_leave_the_trunk_as_it_is_without_them() {
    let (training, test) = (examples(650, 1), examples(200, 2));
    let run = |recipe: &Recipe| train(recipe, &training, &test, &mut |_| ()).unwrap();
    let alone = tensors(&run(&toy()).safetensors);
    let trunk_of = |recipe: &Recipe| {
        let mut all = tensors(&run(recipe).safetensors);
        all.retain(|name, _| !name.starts_with("exit"));
        all
    };
    assert_eq!(alone.len(), 9);
    assert_eq!(trunk_of(&with_exits("detach = true", "detach = true")), alone);
    assert_ne!(trunk_of(&with_exits("", "detach = true")), alone);
    assert_ne!(trunk_of(&with_exits("detach = true", "")), alone);
}

#[test]
fn a_branch_draws_the_same_whatever_stands_beside_it() {
    let both = with_exits("", "");
    let mut second = both.clone();
    second.exits.remove(0);
    let (both, second) = (network(&both), network(&second));
    assert_eq!(both.junctions[5].weights, second.junctions[3].weights);
    assert_eq!(both.junctions[5].pattern, second.junctions[3].pattern);
    // Nor is it what another junction draws: here without the factor for its in-degree.
    let first = |j: usize| {
        let junction = &both.junctions[j];
        junction.weights[0] * (junction.pattern.d_in() as f32 / 2.0).sqrt()
    };
    for (a, b) in (0..6).flat_map(|a| (0..a).map(move |b| (a, b))) {
        assert!((first(a) - first(b)).abs() > 1e-5, "junctions {a} and {b}");
    }
    // Far from every other stream of the seed.
    let mut draws: Vec<u64> = [Stream::Weights(0), Stream::Order, Stream::Validation]
        .into_iter()
        .chain([Stream::Weights(1 << 16), Stream::Weights(2 << 16)])
        .map(|s| rand::Rng::next_u64(&mut stream(5, s)))
        .collect();
    draws.sort_unstable();
    draws.dedup();
    assert_eq!(draws.len(), 5);
}

#[test]
fn a_head_with_exits_loads_as_it_was_trained() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = with_exits("", "");
    let network = network(&recipe);
    save::save_files(&network.files("toy", None), folder.path()).unwrap();
    let loaded = load::head(folder.path()).unwrap();
    let trunk = network.quantised("toy").unwrap();
    assert_eq!(quantise(&loaded).unwrap(), trunk);
    let places: Vec<_> = loaded.exits.iter().map(|e| (e.after, e.rule, e.threshold)).collect();
    assert_eq!(places, [(0, Rule::Margin, 20), (1, Rule::Margin, 9)]);
    let formats = trunk.exits.iter().map(|exit| exit.last().input_format);
    let bits: Vec<u32> = formats.map(|f| f.bits).collect();
    assert_eq!(bits, [4, 5], "the branch's own hidden format, and the shared layer's");
}

#[test]
fn a_split_stands_in_the_head_and_changes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(&with_exits("", ""));
    let whole = network.files("toy", None);
    let split = network.files("toy", Some(load::Split { after: 1 }));
    assert_eq!(whole.1, split.1);
    assert_eq!(split.0.strip_prefix(&whole.0), Some("\n[split]\nafter = 1\n"));
    save::save_files(&split, folder.path()).unwrap();
    let loaded = quantise(&load::head(folder.path()).unwrap()).unwrap();
    assert_eq!(loaded, QuantHead { split: Some(1), ..network.quantised("toy").unwrap() });
}

#[test]
fn the_quantised_pass_of_a_branch_is_the_integer_arithmetic() {
    for seed in 0..10 {
        let mut recipe = with_exits("", "");
        recipe.seed = seed;
        let network = network(&recipe);
        let data = examples(SHARD, seed);
        let mut values = Values::zeros(&network);
        network.effective(Precision::Quantised, &mut values);
        let mut shard = Shard::new(&network);
        shard.load(&data, &(0..SHARD as u32).collect::<Vec<_>>(), recipe.input.format);
        shard.forward(&network, &values, Precision::Quantised);
        let head = network.quantised("toy").unwrap();
        let computed = model::compute(&head, data.frames(0, SHARD).view());
        for (exit, logits) in computed.exits.iter().enumerate() {
            let unit = f64::from(-head.exits[exit].last().acc_frac()).exp2();
            let layer = network.outputs().nth(exit + 1).unwrap().0;
            for (sample, integers) in logits.rows().into_iter().enumerate() {
                for (class, &logit) in integers.iter().enumerate() {
                    let float = f64::from(shard.layer(layer)[class][sample]);
                    assert_eq!(float, logit as f64 * unit, "seed {seed}, exit {exit}, {sample}");
                }
            }
        }
    }
}

#[test]
fn the_first_exit_whose_margin_reaches_its_threshold_answers() {
    let mut head = network(&with_exits("", "")).quantised("toy").unwrap();
    let logits = |list: [(usize, i64); 4]| {
        Array2::from_shape_fn((4, 3), |(f, c)| if c == list[f].0 { list[f].1 } else { 0 })
    };
    // The first answers frame 0 wrong, by a margin that just reaches; the second, which is right
    // there, comes too late. It answers frame 1; frames 2 and 3 are the trunk's.
    let computed = model::Computed {
        exits: vec![
            logits([(2, 5), (1, 4), (2, 0), (0, 4)]),
            logits([(0, 9), (1, 7), (0, 6), (0, 0)]),
        ],
        end: model::End::Logits(logits([(0, 1), (1, 1), (2, 1), (1, 1)])),
    };
    let by = |thresholds: [i64; 2]| -> Vec<(Option<usize>, usize)> {
        let answer = |frame| match computed.outcome(&head, frame, &thresholds) {
            model::Outcome::Answer { exit, decision, .. } => (exit, decision.class),
            model::Outcome::Activations(_) => panic!("there is no split"),
        };
        (0..4).map(answer).collect()
    };
    assert_eq!(by([5, 7]), [(Some(0), 2), (Some(1), 1), (None, 2), (None, 1)]);
    assert_eq!(by([6, 10]), [(None, 0), (None, 1), (None, 2), (None, 1)]);
    // by the largest logit, negative thresholds count
    head.exits[0].rule = Rule::Largest;
    let outcome = computed.outcome(&head, 2, &[0, 10]);
    assert!(matches!(outcome, model::Outcome::Answer { exit: Some(0), .. }));
}

/// Trains with exits, and computes what is reported anew from the files, one frame at a time.
#[test]
fn the_report_says_what_exits_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (recipe, test) = (with_exits("", ""), examples(300, 2));
    let mut epochs = Vec::new();
    let trained =
        train(&recipe, &examples(1000, 1), &test, &mut |e| epochs.push(e.clone())).unwrap();
    save::save_files(&(trained.toml.clone(), trained.safetensors.clone()), folder.path()).unwrap();
    let head = load::head(folder.path()).unwrap();
    let trunk = quantise(&head).unwrap();
    let mut answered = [[0usize; 2]; 3];
    let mut right = [0usize; 3];
    for sample in 0..300 {
        let frame: Vec<i32> = test.codes(sample).iter().map(|&c| c.into()).collect();
        let label = usize::from(test.label(sample));
        let decide = |exit: &load::Exit| -> Decision {
            let mut chain = QuantHead { exits: Vec::new(), ..trunk.clone() };
            chain.junctions.truncate(exit.after + 1);
            chain.junctions.extend(
                exit.junctions.iter().map(|j| crate::quantise::quantise_junction(j).unwrap()),
            );
            classify(model::trace(&chain, &frame).logits())
        };
        let mut decisions: Vec<Decision> = head.exits.iter().map(decide).collect();
        decisions.push(classify(model::trace(&trunk, &frame).logits()));
        let first = (0..2).find(|&e| decisions[e].margin as i64 >= head.exits[e].threshold);
        let by = first.unwrap_or(2);
        answered[by][0] += 1;
        answered[by][1] += usize::from(decisions[by].class == label);
        for (right, decision) in right.iter_mut().zip(&decisions) {
            *right += usize::from(decision.class == label);
        }
    }
    let share = |count: usize| count as f64 / 300.0;
    let report = &trained.report;
    assert_eq!(report.test_accuracy, share(right[2]));
    assert_eq!(report.test_accuracy_with_exits, Some(share(answered.iter().map(|a| a[1]).sum())));
    for (e, exit) in report.exits.iter().enumerate() {
        assert_eq!(exit.test.accuracy, share(right[e]), "exit {e}");
        assert_eq!(exit.test.answered, share(answered[e][0]), "exit {e}");
        assert!((30..270).contains(&answered[e][0]) || e == 1, "{answered:?}: nothing is tested");
        let accuracy = answered[e][1] as f64 / answered[e][0] as f64;
        assert_eq!(exit.test.answered_accuracy, Some(accuracy), "exit {e}");
        // Guessing has 1/3.
        assert!(exit.test.accuracy > 0.5 && exit.test_accuracy_float > 0.5, "{exit:?}");
        let last = epochs.last().unwrap().exits[e].validation_accuracy;
        assert_eq!(last, exit.validation.as_ref().map(|v| v.accuracy));
    }
    let sizes: Vec<_> = report.exits.iter().map(|e| (e.after, e.edges, e.parameters)).collect();
    assert_eq!(sizes, [(0, 16 + 12, 28 + 7), (1, 12, 12 + 3)]);
    assert_eq!((report.edges, report.parameters), (66, 66 + 17), "the trunk's alone");
}

#[test]
fn exits_that_cannot_be_say_why() {
    let refusal = |change: &dyn Fn(&mut Recipe)| {
        let mut recipe = with_exits("", "");
        change(&mut recipe);
        let error = recipe.exit_plans(&recipe.plan().unwrap()).unwrap_err();
        (error.to_string(), error.help().unwrap().to_string())
    };
    let (message, help) = refusal(&|r| r.exits[1].after = 2);
    assert!(message.starts_with("recipe: exit 1: `after` is 2; it must be 0 to 1"), "{message}");
    assert!(help.contains("[[exit]] table 2"), "{help}");
    let (message, _) = refusal(&|r| r.exits[1].after = 7);
    assert!(message.starts_with("recipe: exit 1: `after` is 7; it must be 0 to 1"), "{message}");
    let (message, _) = refusal(&|r| r.exits[1].after = 0);
    assert!(message.contains("exit 1: `after` is 0, the exit before has 0"), "{message}");
    let (message, help) = refusal(&|r| r.exits[0].out_degrees[1] = 4);
    assert!(message.starts_with("recipe: exit 0, junction 1: out-degree 4"), "{message}");
    assert!(help.starts_with("change value 2 of `out_degrees` in [[exit]] table 1"), "{help}");
    let (message, _) = refusal(&|r| r.exits[1].out_degrees[0] = 4);
    assert!(message.starts_with("recipe: exit 1, junction 0: out-degree 4"), "{message}");
    let (message, _) = refusal(&|r| {
        r.exits[0].neurons = vec![5, 3];
        r.exits[0].out_degrees[0] = 2;
    });
    assert!(message.contains("exit 0, junction 0: out-degree 2"), "{message}");
    assert!(message.contains("5 (in-degree 8)"), "{message}");
    let (message, _) = refusal(&|r| r.exits[0].neurons = vec![4, 2]);
    assert!(message.contains("`neurons` is [4, 2]; it must end with the 3 classes"), "{message}");
    let (message, _) = refusal(&|r| r.exits[0].neurons = Vec::new());
    assert!(message.contains("exit 0: `neurons` is []"), "{message}");
    let (message, _) = refusal(&|r| r.exits[0].activation_format = None);
    assert!(message.contains("exit 0: `activation_format` is missing"), "{message}");
    let (message, _) = refusal(&|r| r.exits[1].pattern = None);
    assert!(message.contains("exit 1: `pattern` is missing"), "{message}");
    let (message, _) = refusal(&|r| r.exits[1].loss_weight = -0.5);
    assert!(message.contains("exit 1: `loss_weight` is -0.5; it must be 0"), "{message}");
    let (message, _) = refusal(&|r| r.exits[1].threshold = -1);
    assert!(message.contains("exit 1: `threshold` is -1"), "{message}");
    let (message, _) = refusal(&|r| r.exits[0].parallelism = Some(vec![2]));
    assert!(message.contains("exit 0: `parallelism` lists 1 values"), "{message}");

    let mut recipe = with_exits("", "");
    recipe.exits[1].parallelism = Some(vec![4]);
    let error = train(&recipe, &examples(100, 1), &examples(10, 2), &mut |_| ()).unwrap_err();
    assert!(error.to_string().starts_with("recipe: exit 1, junction 0:"), "{error}");
    assert!(error.help().unwrap().to_string().contains("`parallelism` in [[exit]] table 2"));
}
