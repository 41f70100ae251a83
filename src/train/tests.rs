//! The trainer on small made-up data: gradients, determinism, memory, accuracy in integers.

use super::data::Examples;
use super::kernels::SHARD;
use super::network::{Network, Precision, Values};
use super::recipe::Recipe;
use super::shard::Shard;
use super::*;
use crate::ids::Neuron;
use std::path::Path;

/// A recipe for 12 inputs and 3 classes.
fn recipe(change: impl Fn(&str) -> String) -> Recipe {
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

fn toy() -> Recipe {
    recipe(str::to_owned)
}

/// Samples whose class is the brightest third of the input, with noise.
fn examples(samples: usize, seed: u64) -> Examples {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let labels: Vec<u8> = (0..samples).map(|_| rng.random_range(0..3)).collect();
    let code = |class: u8, pixel: u8, noise: u8| if pixel / 4 == class { 8 + noise } else { noise };
    let codes = labels.iter().flat_map(|&class| {
        (0..12).map(|pixel| code(class, pixel, rng.random_range(0..8))).collect::<Vec<_>>()
    });
    Examples::new(12, codes.collect(), labels).unwrap()
}

fn network(recipe: &Recipe) -> Network {
    Network::draw(&recipe.plan().unwrap(), recipe.seed).unwrap()
}

/// The loss over the samples, with the parameters as they are.
fn loss(shard: &mut Shard, network: &Network) -> f64 {
    let mut values = Values::zeros(network);
    network.effective(Precision::Float, &mut values);
    shard.forward(network, &values, Precision::Float);
    shard.loss
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
        let head = network.quantised("toy");
        assert!(head.junctions.iter().any(|j| j.saturated.weights > 0), "seed {seed}");
        let data = examples(SHARD, seed);
        let mut values = Values::zeros(&network);
        network.effective(Precision::Quantised, &mut values);
        let mut shard = Shard::new(&network);
        shard.load(&data, &(0..SHARD as u32).collect::<Vec<_>>(), recipe.input.format);
        shard.forward(&network, &values, Precision::Quantised);
        for sample in 0..SHARD {
            let integers = evaluate::logits(&head, data.codes(sample));
            let unit = f64::from(-head.junctions[2].acc_frac()).exp2();
            for (class, &logit) in integers.iter().enumerate() {
                let float = f64::from(shard.logits()[class][sample]);
                assert_eq!(float, logit as f64 * unit, "seed {seed}, {sample}, {class}");
            }
        }
        let accuracy = evaluate(&head, &data);
        assert_eq!(accuracy, shard.correct as f64 / SHARD as f64, "seed {seed}");
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
    let data = examples(8, 1);
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
fn the_head_file_has_the_weights_of_the_pattern() {
    let recipe = toy();
    let network = network(&recipe);
    let (text, bytes) = export::head_files("toy", &network, "head.safetensors");
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["name"].as_str(), Some("toy"));
    assert_eq!(table["input"]["neurons"].as_integer(), Some(12));
    assert_eq!(table["junction"].as_array().unwrap().len(), 3);
    assert!(table["junction"][2].get("output_format").is_none());
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for (j, junction) in network.junctions.iter().enumerate() {
        let pattern = &junction.pattern;
        let weight = tensors.tensor(&format!("fc{j}.weight")).unwrap();
        let mask = tensors.tensor(&format!("fc{j}.mask")).unwrap();
        assert_eq!(weight.shape(), [pattern.right(), pattern.left()]);
        assert_eq!(mask.data().iter().filter(|m| **m == 1).count(), pattern.edges());
        for r in 0..pattern.right() {
            for (k, l) in pattern.row(Neuron::new(r)).iter().enumerate() {
                let at = r * pattern.left() + l.at();
                let w = f32::from_le_bytes(weight.data()[4 * at..][..4].try_into().unwrap());
                assert_eq!(w, junction.weights[r * pattern.d_in() + k]);
                assert_eq!(mask.data()[at], 1);
            }
        }
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
    assert!(refusal("bits = 4, frac = 4", "bits = 9, frac = 4").contains("at most 8 bits"));
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
        assert!(error.to_string().contains("lower `learning_rate`"));
    }
}

#[test]
fn a_validation_split_of_everything_is_refused() {
    let error = train(&toy(), &examples(50, 1), &examples(10, 2), &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("`validation` is 50 of 50"), "{error}");
}

/// Bytes of an IDX file.
fn idx(shape: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, shape.len() as u8];
    file.extend(shape.iter().flat_map(|d| d.to_be_bytes()));
    file.extend(bytes);
    file
}

#[test]
fn idx_files_that_are_wrong_say_how() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let images = put("images", &idx(&[2, 1, 3], &[0, 16, 255, 31, 32, 128]));
    let labels = put("labels", &idx(&[2], &[1, 2]));
    let read = |images: &Path, labels: &Path, inputs| Examples::read(images, labels, 4, inputs, 3);
    let message = |images: &Path, labels: &Path, inputs| {
        read(images, labels, inputs).unwrap_err().to_string()
    };
    let good = read(&images, &labels, 4).unwrap();
    assert_eq!((good.codes(0), good.codes(1)), (&[0, 1, 15][..], &[1, 2, 8][..]));

    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut zipped, &idx(&[2, 1, 3], &[0, 16, 255, 31, 32, 128])).unwrap();
    let zipped = put("images.gz", &zipped.finish().unwrap());
    assert_eq!(read(&zipped, &labels, 4).unwrap(), good);

    assert!(message(&folder.path().join("none"), &labels, 4).contains("cannot read the images"));
    assert!(message(&labels, &labels, 4).contains("3-D IDX"));
    assert!(message(&put("short", &idx(&[2, 1, 3], &[0; 5])), &labels, 4).contains("fewer follow"));
    assert!(message(&put("long", &idx(&[2, 1, 3], &[0; 7])), &labels, 4).contains("more follow"));
    assert!(message(&put("huge", &idx(&[!0, !0, !0], &[])), &labels, 4).contains("too large"));
    assert!(message(&put("none", &idx(&[0, 1, 3], &[])), &labels, 4).contains("0 images and 2"));
    assert!(message(&images, &put("three", &idx(&[3], &[0; 3])), 4).contains("2 images and 3"));
    assert!(
        message(&images, &put("class", &idx(&[2], &[0, 3])), 4).contains("label 3 of sample 1")
    );
    assert!(message(&images, &labels, 2).contains("3 pixels an image"));
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

    // Not with anything else in it.
    let refused =
        |folder: &Path, recipe: &Path| Destination::check(folder, recipe).unwrap_err().to_string();
    assert!(refused(&folder, &recipe_path).contains("recipe.toml lies there"));
    std::fs::write(folder.join("metrics.jsonl"), "something else").unwrap();
    assert!(refused(&folder, &inside).contains("not ours"));
    assert!(refused(&recipe_path, &recipe_path).contains("not a folder"));
}
