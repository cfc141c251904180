//! The convolutional model in `examples/data`: the Rust reference against the Python one.

use std::fs;

use super::{InputRange, Model, argmax};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/");
const PIXELS: usize = 64;
/// Pixels are 0 to 16, inputs 0 to 240.
const INPUT_SCALE: i64 = 15;
const INPUTS: InputRange = InputRange { low: 0, high: 255 };

#[test]
fn the_layers_are_the_documented_ones() {
    let model = model();
    let kinds: Vec<_> = model.architecture().layers().map(|shape| shape.kind()).collect();
    assert_eq!(
        kinds,
        ["convolution", "clamp", "convolution", "clamp", "max-pool", "dense", "clamp", "dense"]
    );
    assert_eq!((model.architecture().inputs(), model.architecture().outputs()), (PIXELS, 10));
}

#[test]
fn logits_equal_the_independent_ones() {
    let model = model();
    for (split, count) in [("checks", 300), ("evaluation", 297)] {
        let logits = rows(&format!("digits_cnn_{split}.csv"));
        let inputs: Vec<_> = images(split).into_iter().map(|(_, input)| input).collect();
        assert_eq!(inputs.len(), count);
        assert_eq!(model.infer_batch(&inputs).unwrap(), logits, "{split}");
    }
}

#[test]
fn accuracies_are_the_documented_ones() {
    let readme = fs::read_to_string(format!("{DATA}README.md")).unwrap();
    let (_, readme) = readme.split_once("\nConvolutional model:\n").unwrap();
    let model = model();
    for (split, correct) in
        [("train", 1000), ("checks", 297), ("queries", 197), ("evaluation", 292)]
    {
        let images = images(split);
        let right = |(label, input): &&(usize, Vec<i64>)| {
            argmax(&model.infer(input).unwrap()) == Some(*label)
        };
        assert_eq!(images.iter().filter(right).count(), correct, "{split}");
        let percent = 100.0 * correct as f64 / images.len() as f64;
        let row = readme.lines().find(|line| line.starts_with(&format!("| {split} |"))).unwrap();
        assert!(row.ends_with(&format!("| {correct} ({percent:.2}%) |")), "{row}");
    }
}

/// The bounds from weights alone are at most the documented ones, which count magnitudes.
#[test]
fn sums_stay_within_the_documented_bits() {
    let ranges = model().ranges(INPUTS).unwrap();
    for (layer, bits) in [(0, 18), (2, 20), (5, 21), (7, 20)] {
        assert!(ranges.bits(layer) <= bits && ranges.bits(layer) + 1 >= bits, "layer {layer}");
    }
    for layer in [1, 3, 4, 6] {
        assert!(ranges.bits(layer) <= 9, "layer {layer}");
    }
}

fn model() -> Model {
    Model::load(format!("{DATA}digits_cnn.safetensors")).unwrap()
}

/// Labels and inputs.
fn images(split: &str) -> Vec<(usize, Vec<i64>)> {
    let rows = rows(&format!("digits_{split}.csv")).into_iter();
    let image = |row: Vec<i64>| {
        let pixels = row[1..=PIXELS].iter().map(|pixel| pixel * INPUT_SCALE).collect();
        (usize::try_from(row[0]).unwrap(), pixels)
    };
    rows.map(image).collect()
}

fn rows(file: &str) -> Vec<Vec<i64>> {
    let text = fs::read_to_string(format!("{DATA}{file}")).unwrap();
    let row = |line: &str| line.split(',').map(|field| field.parse().unwrap()).collect();
    text.lines().skip(1).map(row).collect()
}
