//! The trainer on small made-up data: gradients, determinism, memory, accuracy in integers.

use super::data::Examples;
use super::kernels::SHARD;
use super::network::{Network, Precision, Values};
use super::recipe::Recipe;
use super::shard::Shard;
use super::*;
use crate::load;
use crate::model;
use crate::quantise::{Format, QuantiseError, quantise};
use crate::save;
use miette::Diagnostic;
use ndarray::Array2;
use std::path::Path;

mod exits;

/// A recipe for 12 inputs and 3 classes.
pub(super) fn recipe(change: impl Fn(&str) -> String) -> Recipe {
    let text = r#"
        name = "toy"
        seed = 5
        neurons = [12, 8, 6, 3]
        out_degrees = [2, 3, 3]
        pattern = ["random-structured", "clash-free-starts-per-sweep", "random-structured"]
        parallelism = [1, 4, 1]
        weight_format = { bits = 6, frac = 4 }
        activation_format = [{ bits = 6, frac = 3, signed = false }, { bits = 5, frac = 2, signed = false }]
        epochs = 8
        warmup = 3
        batch = 100
        learning_rate = 0.02
        validation = 50
        [input]
        format = { bits = 4, frac = 4, signed = false }
        [data]
        train_images = "a"
        train_labels = "b"
        test_images = "c"
        test_labels = "d"
    "#;
    toml::from_str(&change(text)).expect("the recipe is right")
}

pub(super) fn toy() -> Recipe {
    recipe(str::to_owned)
}

/// Samples whose class is the brightest third of the input, with noise.
pub(super) fn examples(samples: usize, seed: u64) -> Examples {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let labels: Vec<u16> = (0..samples).map(|_| rng.random_range(0..3)).collect();
    let codes = Array2::from_shape_fn((samples, 12), |(sample, pixel)| {
        let noise = rng.random_range(0..8);
        if pixel / 4 == usize::from(labels[sample]) { 8 + noise } else { noise }
    });
    Examples::new(codes, labels).unwrap()
}

fn network(recipe: &Recipe) -> Network {
    let trunk = recipe.plan().unwrap();
    Network::draw(&trunk, &recipe.exit_plans(&trunk).unwrap(), recipe.seed).unwrap()
}

/// The loss over the samples, with the parameters as they are.
fn loss(shard: &mut Shard, network: &Network) -> f64 {
    let mut values = Values::zeros(network);
    network.effective(Precision::Float, &mut values);
    shard.forward(network, &values, Precision::Float);
    shard.scores[0].loss
}

#[test]
fn gradients_agree_with_finite_differences() {
    let recipe = toy();
    let mut network = network(&recipe);
    let data = examples(40, 1); // less than a shard: the rest must not count
    let mut shard = Shard::new(&network);
    shard.load(&data, &(0..40).collect::<Vec<u32>>(), recipe.input.format);
    loss(&mut shard, &network);
    let mut values = Values::zeros(&network);
    network.effective(Precision::Float, &mut values);
    shard.backward(&network, &values);
    let gradients = shard.gradients.clone();

    const STEP: f32 = 1e-3;
    for j in 0..network.junctions.len() {
        let weights = network.junctions[j].weights.len();
        for p in 0..weights + network.junctions[j].bias.len() {
            let parameter = |network: &mut Network, to: f32| {
                let junction = &mut network.junctions[j];
                let mut all = junction.weights.iter_mut().chain(&mut junction.bias);
                *all.nth(p).unwrap() += to;
            };
            parameter(&mut network, STEP);
            let above = loss(&mut shard, &network);
            parameter(&mut network, -2.0 * STEP);
            let below = loss(&mut shard, &network);
            parameter(&mut network, STEP);
            let expected = (above - below) / f64::from(2.0 * STEP);
            let mut all = gradients.weights[j].iter().chain(&gradients.bias[j]);
            let found = f64::from(*all.nth(p).unwrap());
            // Sums of 40 f32 losses, and kinks where a neuron switches within the step.
            let tolerance = 0.02 * expected.abs() + 0.01;
            assert!(
                (found - expected).abs() < tolerance,
                "junction {j}, parameter {p}: {found} instead of {expected}"
            );
        }
    }
}

#[test]
fn two_runs_and_any_number_of_cores_give_the_same_bytes() {
    let (recipe, training, test) = (toy(), examples(650, 1), examples(200, 2));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train(&recipe, &training, &test, &mut |_| ())).unwrap()
    };
    let first = run(1);
    assert_eq!(first, run(1));
    assert_eq!(first, run(3));
    let other = recipe_with_seed(6);
    assert_ne!(
        first.safetensors,
        train(&other, &training, &test, &mut |_| ()).unwrap().safetensors
    );
}

fn recipe_with_seed(seed: u64) -> Recipe {
    recipe(|text| text.replace("seed = 5", &format!("seed = {seed}")))
}

#[test]
fn learns_what_can_be_learned() {
    let mut epochs = Vec::new();
    let trained =
        train(&toy(), &examples(2_000, 1), &examples(500, 2), &mut |e| epochs.push(e.clone()));
    let report = trained.unwrap().report;
    assert!(report.test_accuracy > 0.95, "{report:?}");
    assert_eq!(epochs.len(), 8);
    assert_eq!(epochs[2].phase, Phase::Float);
    assert_eq!(epochs[3].phase, Phase::Quantised);
    assert_eq!(epochs[7].validation_accuracy, report.validation_accuracy);
    assert_eq!(report.edges, 24 + 24 + 18);
    assert_eq!(report.parameters, 66 + 17);
}

#[test]
fn the_quantised_pass_is_the_integer_arithmetic() {
    for seed in 0..20 {
        let recipe = recipe_with_seed(seed);
        let mut network = network(&recipe);
        // Large enough that weights and activations saturate.
        for junction in &mut network.junctions {
            junction.weights.iter_mut().for_each(|w| *w *= 3.0);
        }
        let head = network.quantised("toy").unwrap();
        assert!(head.junctions.iter().any(|j| j.saturated.weights > 0), "seed {seed}");
        let data = examples(SHARD, seed);
        let mut values = Values::zeros(&network);
        network.effective(Precision::Quantised, &mut values);
        let mut shard = Shard::new(&network);
        shard.load(&data, &(0..SHARD as u32).collect::<Vec<_>>(), recipe.input.format);
        shard.forward(&network, &values, Precision::Quantised);
        let logits = model::run(&head, data.frames(0, SHARD).view());
        for (sample, integers) in logits.rows().into_iter().enumerate() {
            let unit = f64::from(-head.junctions[2].acc_frac()).exp2();
            for (class, &logit) in integers.iter().enumerate() {
                let float = f64::from(shard.layer(3)[class][sample]);
                assert_eq!(float, logit as f64 * unit, "seed {seed}, {sample}, {class}");
            }
        }
        let accuracy = evaluate(&head, &data);
        assert_eq!(accuracy, shard.scores[0].correct as f64 / SHARD as f64, "seed {seed}");
    }
}

/// 100,000 × 100,000 neurons with one edge each: as a dense matrix, 40 GB.
#[test]
fn memory_is_proportional_to_edges() {
    let recipe = recipe(|text| {
        let text = text.replace("[12, 8, 6, 3]", "[100000, 100000, 10]");
        let text = text.replace("[2, 3, 3]", "[1, 1]");
        let text = text.replace(
            "[\"random-structured\", \"clash-free-starts-per-sweep\", \"random-structured\"]",
            "\"random-structured\"",
        );
        let formats = text.find("activation_format").unwrap();
        let end = formats + text[formats..].find('\n').unwrap();
        let one = "activation_format = { bits = 6, frac = 3, signed = false }";
        format!("{}{one}{}", &text[..formats], &text[end..]).replace("parallelism = [1, 4, 1]", "")
    });
    let network = network(&recipe);
    let mut shard = Shard::new(&network);
    let data = Examples::new(Array2::from_elem((3, 100_000), 1), vec![0; 3]).unwrap();
    let mut values = Values::zeros(&network);
    network.effective(Precision::Quantised, &mut values);
    shard.load(&data, &[0, 1, 2], recipe.input.format);
    shard.forward(&network, &values, Precision::Quantised);
    shard.backward(&network, &values);
    for (j, junction) in network.junctions.iter().enumerate() {
        let edges = junction.pattern.edges();
        assert_eq!(edges, 100_000);
        assert_eq!(junction.weights.capacity(), edges);
        assert_eq!(shard.gradients.weights[j].capacity(), edges);
        assert_eq!(values.weights[j].capacity(), edges);
    }
}

#[test]
fn what_was_trained_is_what_the_loader_makes_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..10 {
        let mut network = network(&recipe_with_seed(seed));
        // An edge keeps its place though its weight is 0, and some weights saturate.
        network.junctions[0].weights[3] = 0.0;
        network.junctions[1].weights[5] = -40.0;
        save::save_files(&network.files("toy", None), folder.path()).unwrap();
        let loaded = load::head(folder.path()).unwrap();
        assert_eq!(quantise(&loaded).unwrap(), network.quantised("toy").unwrap(), "seed {seed}");
    }
}

#[test]
fn an_accumulator_that_no_datapath_has_is_refused_before_training() {
    let recipe = recipe(|text| text.replace("bits = 6, frac = 4 }", "bits = 6, frac = 32 }"))
        .with_output_frac(-32);
    let mut epochs = 0;
    let error = train(&recipe, &examples(100, 1), &examples(10, 2), &mut |_| epochs += 1);
    let error = error.unwrap_err();
    let refused = matches!(
        &error,
        TrainError::Quantise(QuantiseError::Accumulator { tensor, .. }) if tensor == "fc0.weight"
    );
    assert!(refused && epochs == 0, "{error}");
}

impl Recipe {
    fn with_output_frac(mut self, frac: i32) -> Self {
        if let OneOrMany::Many(formats) = &mut self.activation_format {
            formats.iter_mut().for_each(|f| f.frac = Some(frac));
        }
        self
    }
}

fn refusal(from: &str, to: &str) -> String {
    recipe(|text| text.replace(from, to)).plan().unwrap_err().to_string()
}

#[test]
fn recipes_that_cannot_be_say_why() {
    let degrees = refusal("[2, 3, 3]", "[3, 3, 3]");
    assert!(degrees.starts_with("recipe: junction 0: out-degree 3"), "{degrees}");
    assert!(degrees.contains("2 (in-degree 3), 4 (in-degree 6)"), "{degrees}");
    assert!(refusal("[2, 3, 3]", "[2, 3]").contains("`out_degrees` lists 2 values"));
    assert!(refusal("\"toy\"", "\"3 toys\"").contains("`name` is \"3 toys\""));
    assert!(refusal("warmup = 3", "warmup = 9").contains("`warmup` is 9 of 8"));
    assert!(refusal("batch = 100", "batch = 0").contains("`batch`"));
    assert!(refusal("learning_rate = 0.02", "learning_rate = -1.0").contains("`learning_rate`"));
    assert!(refusal("bits = 4, frac = 4", "bits = 16, frac = 4").contains("may have 15 bits"));
    assert!(refusal("8, 6, 3]", "8, 6, 70000]").contains("65536 classes"));
    assert!(refusal("{ bits = 6, frac = 4 }", "{ bits = 17, frac = 4 }").contains("17 bits"));
    let parse = |from: &str, to: &str| {
        toml::from_str::<Recipe>(&toml::to_string(&toy()).unwrap().replace(from, to))
            .unwrap_err()
            .to_string()
    };
    assert!(parse("epochs", "epoch").contains("unknown field `epoch`"));
    assert!(parse("random-structured", "random").contains("clash-free-starts-once"));
}

#[test]
fn a_parallelism_that_does_not_divide_names_those_that_do() {
    let recipe = recipe(|text| text.replace("[1, 4, 1]", "[1, 3, 1]"));
    let error = train(&recipe, &examples(100, 1), &examples(10, 2), &mut |_| ()).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("recipe: junction 1:"), "{message}");
    assert!(message.ends_with("work: 2 and 4"), "{message}");
}

#[test]
fn a_diverging_loss_stops_the_run() {
    for warmup in ["warmup = 8", "warmup = 0"] {
        let recipe =
            recipe(|text| text.replace("warmup = 3", warmup).replace("rate = 0.02", "rate = 1e38"));
        let error = train(&recipe, &examples(650, 1), &examples(10, 2), &mut |_| ()).unwrap_err();
        assert!(matches!(error, TrainError::Diverged { .. }), "{error}");
        assert!(error.help().unwrap().to_string().contains("lower `learning_rate`"));
    }
}

#[test]
fn a_validation_split_of_everything_is_refused() {
    let error = train(&toy(), &examples(50, 1), &examples(10, 2), &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("`validation` is 50 of 50"), "{error}");
}

#[test]
fn examples_are_padded_codes_with_labels_from_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let idx = |name: &str, shape: &[u32], bytes: &[u8]| {
        let mut file = vec![0, 0, 8, shape.len() as u8];
        file.extend(shape.iter().flat_map(|d| d.to_be_bytes()));
        file.extend(bytes);
        std::fs::write(path(name), file).unwrap();
    };
    idx("pixels", &[2, 1, 3], &[0, 16, 255, 31, 32, 128]);
    idx("labels", &[2], &[1, 2]);
    ndarray_npy::write_npy(path("x.npy"), &ndarray::arr2(&[[-1.5f32, 0.0], [3.2, 99.0]])).unwrap();
    ndarray_npy::write_npy(path("y.npy"), &ndarray::arr1(&[299i64, 0])).unwrap();

    let format = Format { bits: 4, frac: 4, signed: false };
    let pixels = Examples::read(&path("pixels"), &path("labels"), 4, format, 3).unwrap();
    assert_eq!(pixels.codes(0), [0, 1, 15, 0]);
    assert_eq!(pixels.codes(1), [1, 2, 8, 0]);
    assert_eq!((pixels.label(0), pixels.label(1), pixels.len()), (1, 2, 2));

    let signed = Format { bits: 4, frac: 1, signed: true };
    let floats = Examples::read(&path("x.npy"), &path("y.npy"), 2, signed, 300).unwrap();
    assert_eq!(floats.codes(0), [-3, 0]);
    assert_eq!((floats.codes(1), floats.label(0)), (vec![6, 7], 299));

    let narrow = Examples::read(&path("pixels"), &path("labels"), 2, format, 3).unwrap_err();
    assert!(matches!(narrow, TrainError::Input(load::InputError::Width { .. })), "{narrow}");
    let few = Examples::read(&path("pixels"), &path("labels"), 4, format, 2).unwrap_err();
    assert!(matches!(few, TrainError::Label(load::LabelError::Range { .. })), "{few}");
    let other = Examples::new(Array2::zeros((2, 3)), vec![0]).unwrap_err();
    assert!(matches!(other, TrainError::Samples { samples: 2, labels: 1 }), "{other}");
}

#[test]
fn only_a_training_output_is_replaced() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("deep/er/out");
    let recipe_path = base.path().join("recipe.toml");
    std::fs::write(&recipe_path, "the recipe").unwrap();
    let trained = train(&toy(), &examples(100, 1), &examples(10, 2), &mut |_| ()).unwrap();
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };

    let destination = Destination::check(&folder, &recipe_path).unwrap();
    assert!(!base.path().join("deep").exists(), "checking makes nothing");
    destination.write(&trained).unwrap();
    assert_eq!(names(&folder), ["head.safetensors", "head.toml", "metrics.jsonl"]);
    assert_eq!(names(folder.parent().unwrap()), ["out"], "nothing is left beside it");

    // Again, and with the recipe in the folder.
    let inside = folder.join("recipe.toml");
    std::fs::copy(&recipe_path, &inside).unwrap();
    Destination::check(&folder, &inside).unwrap().write(&trained).unwrap();
    assert_eq!(names(&folder).len(), 4);
    assert_eq!(std::fs::read_to_string(&inside).unwrap(), "the recipe");
    assert_eq!(names(folder.parent().unwrap()), ["out"]);

    // Not with anything that came while it trained, or was there before.
    let destination = Destination::check(&folder, &inside).unwrap();
    std::fs::write(folder.join("precious"), "mine").unwrap();
    assert!(destination.write(&trained).unwrap_err().to_string().contains("precious stands there"));
    assert_eq!(std::fs::read_to_string(folder.join("precious")).unwrap(), "mine");
    std::fs::remove_file(folder.join("precious")).unwrap();
    let refused =
        |folder: &Path, recipe: &Path| Destination::check(folder, recipe).unwrap_err().to_string();
    assert!(refused(&folder, &recipe_path).contains("recipe.toml stands there"));
    std::fs::write(folder.join("metrics.jsonl"), "something else").unwrap();
    assert!(refused(&folder, &inside).contains("not ours"));
    assert!(refused(&recipe_path, &recipe_path).contains("not a folder"));
}
