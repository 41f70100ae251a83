//! Runs that are interrupted, stop early, and choose their formats.

use super::*;
use crate::quantise::Format;
use crate::train::tests::{examples, recipe, toy};
use ndarray::Array2;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The toy with open formats that stops early.
fn open() -> Recipe {
    recipe(|text| {
        text.replace("bits = 6, frac = 4", "bits = 4")
            .replace("bits = 6, frac = 3", "bits = 4")
            .replace(
                "validation = 50",
                "validation = 50\nearly_stopping = { patience = 3 }\nramp = 2",
            )
            .replace("epochs = 8", "epochs = 12")
    })
}

/// Runs `epochs` epochs, breaks the next off after `steps` steps, and saves the state before it.
fn interrupted(recipe: &Recipe, training: &Examples, epochs: usize, steps: usize, path: &Path) {
    let mut run = Run::new(recipe, training).unwrap();
    for _ in 0..epochs {
        run.epoch(&|| false).unwrap().unwrap();
    }
    let snapshot = run.snapshot();
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) == steps;
    assert_eq!(run.epoch(&stop).unwrap(), None);
    assert_eq!((asked.load(Ordering::Relaxed), snapshot.epoch()), (steps + 1, epochs));
    run.save(&snapshot, path).unwrap();
}

fn rest(mut run: Run<'_>, test: &Examples) -> Trained {
    while !run.is_done() {
        run.epoch(&|| false).unwrap().unwrap();
    }
    run.finish(test).unwrap()
}

fn checkpoint() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/x.checkpoint");
    (folder, path)
}

#[test]
fn a_resumed_run_gives_the_bytes_of_one_that_was_never_interrupted() {
    let (training, test) = (examples(650, 1), examples(200, 2));
    let (_folder, path) = checkpoint();
    for recipe in [toy(), open()] {
        let whole = train(&recipe, &training, &test, &mut |_| ()).unwrap();
        for epochs in 0..whole.report.epochs {
            interrupted(&recipe, &training, epochs, epochs % 6, &path);
            let run = Run::resume(&recipe, &training, &path).unwrap();
            assert_eq!(run.records().len(), epochs);
            assert!(rest(run, &test) == whole, "after {epochs} epochs");
        }
    }
}

#[test]
fn a_finished_run_that_could_not_be_written_is_resumed_at_its_end() {
    let (recipe, training, test) = (open(), examples(650, 1), examples(200, 2));
    let (_folder, path) = checkpoint();
    let mut run = Run::new(&recipe, &training).unwrap();
    while !run.is_done() {
        run.epoch(&|| false).unwrap();
    }
    run.save(&run.snapshot(), &path).unwrap();
    let resumed = Run::resume(&recipe, &training, &path).unwrap();
    assert!(resumed.is_done());
    assert_eq!(resumed.finish(&test).unwrap(), run.finish(&test).unwrap());
}

#[test]
fn a_checkpoint_of_another_run_is_refused_by_what_differs() {
    let (training, (_folder, path)) = (examples(650, 1), checkpoint());
    interrupted(&toy(), &training, 4, 2, &path);
    let changes = [
        (
            "learning_rate = 0.02",
            "learning_rate = 0.03",
            "`learning_rate` was 0.02 there, and is 0.03",
        ),
        ("epochs = 8", "epochs = 9", "`epochs` was 8 there, and is 9 here"),
        ("validation = 50", "validation = 50\nramp = 1", "`ramp` was not given there, and is 1"),
        ("[2, 3, 3]", "[4, 3, 3]", "`out_degrees` was [2,3,3] there"),
    ];
    for (from, to, words) in changes {
        let other = recipe(|text| text.replace(from, to));
        let error = Run::resume(&other, &training, &path).err().unwrap();
        let text = error.to_string();
        assert!(matches!(error, TrainError::OtherRun { .. }) && text.contains(words), "{text}");
    }
    let elsewhere = recipe(|text| text.replace("train_images = \"a\"", "train_images = \"e\""));
    assert!(Run::resume(&elsewhere, &training, &path).is_ok(), "data may be moved");
    let toy = toy();
    let error = Run::resume(&toy, &examples(650, 3), &path).err().unwrap().to_string();
    assert!(error.contains("the training data was sha256 "), "{error}");
}

#[test]
fn a_broken_checkpoint_is_refused() {
    let (recipe, training, (_folder, path)) = (open(), examples(650, 1), checkpoint());
    interrupted(&recipe, &training, 6, 2, &path);
    let good = std::fs::read(&path).unwrap();
    let resume = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Run::resume(&recipe, &training, &path).map(drop)
    };
    for len in (0..good.len()).step_by(97) {
        let error = resume(&good[..len]).unwrap_err();
        assert!(matches!(error, TrainError::Checkpoint { .. }), "{len} bytes: {error}");
    }
    // Anything but a panic: what is hit may be a weight.
    let header = usize::try_from(u64::from_le_bytes(good[..8].try_into().unwrap())).unwrap();
    for at in (0..good.len()).filter(|at| at % if *at < header + 8 { 3 } else { 41 } == 0) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let _ = resume(&bytes);
    }
    // Formats that the recipe does not leave open.
    let from = b"\"formats\":[[{\"bits\":4";
    let at = good.windows(from.len()).position(|bytes| bytes == from).unwrap() + from.len() - 1;
    let mut bytes = good.clone();
    bytes[at] = b'5';
    let error = resume(&bytes).unwrap_err().to_string();
    assert!(error.contains("its formats are not those of the recipe"), "{error}");
    // A head's tensors are no checkpoint.
    let head = train(&recipe, &training, &training, &mut |_| ()).unwrap().safetensors;
    let error = resume(&head).unwrap_err().to_string();
    assert!(error.contains("does not say clashfree-checkpoint"), "{error}");
    assert!(!Run::is_checkpoint(&path));
}

/// By the validation accuracies alone: the epoch that is kept and the last that is run.
fn stops(accuracies: &[f64], warmup: usize, patience: usize) -> (usize, usize) {
    let mut kept = warmup + 1;
    for epoch in warmup + 1..=accuracies.len() {
        if accuracies[epoch - 1] > accuracies[kept - 1] {
            kept = epoch;
        }
        if epoch - kept == patience {
            return (kept, epoch);
        }
    }
    (kept, accuracies.len())
}

#[test]
fn early_stopping_ends_after_its_patience_and_keeps_the_best_epoch() {
    let (training, test) = (examples(650, 1), examples(200, 2));
    let run_epochs = |epochs: usize, extra: &str| {
        let recipe = recipe(|text| {
            text.replace("epochs = 8", &format!("epochs = {epochs}\nschedule = \"constant\""))
                .replace("validation = 50", &format!("validation = 50\n{extra}"))
        });
        let mut records = Vec::new();
        let trained = train(&recipe, &training, &test, &mut |e| records.push(e.clone())).unwrap();
        let accuracies: Vec<f64> = records.iter().map(|e| e.validation_accuracy.unwrap()).collect();
        (trained, accuracies)
    };
    let run = |extra: &str| run_epochs(30, extra);
    // With a constant rate, the head that a run of so many epochs ends with.
    let after = |epochs: usize| run_epochs(epochs, "").0.safetensors;
    let (_, all) = run("");
    assert_eq!(all.len(), 30);
    let mut early = 0;
    for patience in 1..8 {
        let (kept, last) = stops(&all, 3, patience);
        early += usize::from(last < 30 && kept < last);
        let (best, accuracies) = run(&format!("early_stopping = {{ patience = {patience} }}"));
        assert_eq!(accuracies, all[..last], "the same run, only shorter");
        assert_eq!((best.report.kept_epoch, best.report.epochs), (kept, last));
        assert_eq!(best.report.validation_accuracy, Some(all[kept - 1]));
        assert!(best.safetensors == after(kept), "not the parameters of epoch {kept}");
        let (end, _) =
            run(&format!("early_stopping = {{ patience = {patience} }}\nkeep = \"last\""));
        assert_eq!((end.report.kept_epoch, end.report.epochs), (last, last));
        assert_eq!(end.report.validation_accuracy, Some(all[last - 1]));
        assert!(end.safetensors == after(last), "not the parameters of epoch {last}");
    }
    assert!(early > 2, "{all:?}");
    let (best, _) = run("keep = \"best\"");
    let (kept, _) = stops(&all, 3, 30);
    assert_eq!((best.report.kept_epoch, best.report.epochs), (kept, 30));
    assert_eq!(best.report.validation_accuracy, Some(all[kept - 1]));
}

#[test]
fn schedules_are_what_they_say() {
    let rates = |extra: &str| -> Vec<f64> {
        let recipe = recipe(|text| {
            text.replace("validation = 50", &format!("validation = 50\ndecay = 0.0\n{extra}"))
                .replace("learning_rate = 0.02", "learning_rate = 1.0")
        });
        (0..16).map(|t| recipe.rate(t, 2)).collect() // 8 epochs of 2 steps
    };
    let step = rates("schedule = { step = { every = 3, factor = 0.5 } }");
    assert_eq!(
        step,
        [[1.0; 6], [0.5; 6]].concat().into_iter().chain([0.25; 4]).collect::<Vec<_>>()
    );
    let ramp = rates("schedule = \"constant\"\nramp = 2");
    assert_eq!(ramp, [vec![0.25, 0.5, 0.75], vec![1.0; 13]].concat());
    let cosine = rates("ramp = 1");
    assert_eq!((cosine[0], cosine[8]), (0.5, 0.5), "half way up, and half way down");
    assert!(cosine[1] > 0.98 && cosine[15] < 0.01, "{cosine:?}");
}

#[test]
fn schedules_and_stops_that_cannot_be() {
    let refused = |to: &str| {
        let recipe = recipe(|text| text.replace("validation = 50", to));
        recipe.plan().unwrap_err().to_string()
    };
    let early = "early_stopping = { patience = 2 }";
    assert!(
        refused(&format!("validation = 0\n{early}")).contains("`early_stopping` needs a valid")
    );
    assert!(refused("validation = 0\nkeep = \"best\"").contains("`keep` needs a validation split"));
    let zero = "validation = 50\nearly_stopping = { patience = 0 }";
    assert!(refused(zero).contains("patience 0"));
    assert!(refused("validation = 50\nramp = 9").contains("`ramp` is 9 of 8 epochs"));
    let step =
        |values: &str| refused(&format!("validation = 50\nschedule = {{ step = {{ {values} }} }}"));
    assert!(step("every = 0, factor = 0.5").contains("every 0 epochs"));
    assert!(step("every = 2, factor = 1.5").contains("factor 1.5"));
    let warm = recipe(|text| {
        text.replace("warmup = 3", "warmup = 8")
            .replace("validation = 50", "validation = 50\nkeep = \"best\"")
    });
    assert!(warm.plan().unwrap_err().to_string().contains("`warmup` takes all 8"));
    let cold = recipe(|text| {
        text.replace("warmup = 3", "warmup = 0").replace("bits = 6, frac = 4", "bits = 6")
    });
    assert!(cold.plan().unwrap_err().to_string().contains("`weight_format` has no frac"));
}

/// Half up for what hardware rounds, and the least squared error of all binary places.
fn least_error(values: &[f64], bits: u32, signed: bool) -> i32 {
    let (lo, hi) = if signed {
        (-f64::from(1 << (bits - 1)), f64::from((1 << (bits - 1)) - 1))
    } else {
        (0.0, f64::from((1 << bits) - 1))
    };
    let error = |frac: &i32| {
        let unit = 2f64.powi(-frac);
        let off = |v: &f64| (v - (v / unit + 0.5).floor().clamp(lo, hi) * unit).powi(2);
        values.iter().map(off).sum::<f64>()
    };
    (-8..16).min_by(|a, b| error(a).total_cmp(&error(b))).unwrap()
}

#[test]
fn open_formats_make_the_least_error_at_the_end_of_the_warm_up() {
    let (training, recipe) = (examples(650, 1), open());
    let mut run = Run::new(&recipe, &training).unwrap();
    for _ in 0..3 {
        run.epoch(&|| false).unwrap();
    }
    // The hidden layers by hand, in floats, on the samples that are trained on.
    let junctions = &run.network.junctions;
    let mut layer: Vec<Vec<f64>> = run
        .order
        .iter()
        .map(|&s| training.codes(s as usize).iter().map(|&c| f64::from(c) / 16.0).collect())
        .collect();
    for (j, (bits, frac)) in [(4, None), (5, Some(2))].into_iter().enumerate() {
        let junction = &junctions[j];
        let weights: Vec<f64> = junction.weights.iter().map(|&w| w.into()).collect();
        assert_eq!(junction.weight_format.frac, least_error(&weights, 4, true), "junction {j}");
        let neuron = |x: &[f64], r: usize| {
            let row = junction.pattern.row(crate::ids::Neuron::new(r));
            let edges = row.iter().zip(&weights[r * row.len()..]);
            let sum = edges.map(|(l, w)| x[l.at()] * w).sum::<f64>();
            (sum + f64::from(junction.bias[r])).max(0.0)
        };
        let right = junction.pattern.right();
        layer = layer.iter().map(|x| (0..right).map(|r| neuron(x, r)).collect()).collect();
        let expected = frac.unwrap_or_else(|| least_error(&layer.concat(), bits, false));
        let format = Format { bits, frac: expected, signed: false };
        assert_eq!(junction.output_format, Some(format), "junction {j}");
        assert_eq!(junctions[j + 1].input_format, format, "junction {j}");
    }
    // And they are those of the head.
    let trained = rest(run, &examples(200, 2));
    let format = |frac: i32| format!("frac = {frac}");
    for chosen in trained.report.weight_formats.iter().chain(&trained.report.activation_formats) {
        assert!(trained.toml.contains(&format(chosen.frac)), "{}", trained.toml);
    }
    assert!(trained.metrics.lines().last().unwrap().contains("\"weight_formats\":[{\"bits\":4"));
}

/// The samples in fewer or more bits than the 4 they have.
fn in_bits(samples: usize, seed: u64, bits: u32) -> Examples {
    let four = examples(samples, seed);
    let codes = Array2::from_shape_fn((samples, 12), |(s, i)| (four.codes(s)[i] << bits) >> 4);
    Examples::new(codes, (0..samples).map(|s| four.label(s)).collect()).unwrap()
}

#[test]
fn narrow_and_wide_formats_train() {
    for (input, weights, activations) in
        [(1, 2, 1), (1, 8, 1), (8, 2, 8), (8, 8, 8), (1, 3, 3), (2, 2, 2), (4, 4, 1), (3, 5, 7)]
    {
        let recipe = recipe(|text| {
            text.replace("bits = 6, frac = 4 }", &format!("bits = {weights} }}"))
                .replace("bits = 6, frac = 3", &format!("bits = {activations}"))
                .replace("bits = 5, frac = 2", &format!("bits = {activations}"))
                .replace("bits = 4, frac = 4", &format!("bits = {input}, frac = {input}"))
                .replace("[12, 8, 6, 3]", "[12, 24, 12, 3]")
                .replace("[2, 3, 3]", "[6, 6, 3]")
                .replace("epochs = 8", "epochs = 20")
        });
        let training = in_bits(2000, 1, input);
        let trained = train(&recipe, &training, &in_bits(500, 2, input), &mut |_| ()).unwrap();
        let accuracy = trained.report.test_accuracy;
        assert!(accuracy > 0.9, "{input}/{weights}/{activations}: {accuracy}");
    }
}
