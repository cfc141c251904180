//! The model and data in `examples/data`: the Rust reference against the Python one.

use std::collections::HashSet;
use std::fs;

use super::{LayerShape, Model, argmax};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/");
const PIXELS: usize = 64;
/// Pixels are 0 to 16; pixel / 16 at scale 2^12 is pixel * 256.
const INPUT_SCALE: i64 = 256;
const MAX_INPUT: u64 = 4096;

struct Image {
    label: usize,
    input: Vec<i64>,
    /// Empty in the splits that come without.
    logits: Vec<i64>,
}

#[test]
fn the_shape_is_the_documented_one() {
    let shape = |inputs, outputs| LayerShape::Dense { inputs, outputs };
    let relu = |width| LayerShape::Relu { width, shift: 12 };
    let expected = [shape(64, 64), relu(64), shape(64, 32), relu(32), shape(32, 10)];
    assert!(model().architecture().layers().eq(expected));
}

#[test]
fn logits_equal_the_independent_ones() {
    let model = model();
    for (split, count) in [("checks", 300), ("evaluation", 297)] {
        let images = images(split);
        assert_eq!(images.len(), count);
        let inputs: Vec<_> = images.iter().map(|image| image.input.clone()).collect();
        let logits: Vec<_> = images.into_iter().map(|image| image.logits).collect();
        assert_eq!(model.infer_batch(&inputs).unwrap(), logits, "{split}");
    }
}

#[test]
fn accuracies_are_the_documented_ones() {
    let readme = fs::read_to_string(format!("{DATA}README.md")).unwrap();
    let model = model();
    for (split, correct) in
        [("train", 1000), ("checks", 295), ("queries", 195), ("evaluation", 291)]
    {
        let images = images(split);
        let right =
            |image: &&Image| argmax(&model.infer(&image.input).unwrap()) == Some(image.label);
        assert_eq!(images.iter().filter(right).count(), correct, "{split}");
        let percent = 100.0 * correct as f64 / images.len() as f64;
        let row = readme.lines().find(|line| line.starts_with(&format!("| {split} |"))).unwrap();
        assert!(row.ends_with(&format!("| {correct} ({percent:.2}%) |")), "{row}");
    }
}

#[test]
fn nothing_can_overflow() {
    assert_eq!(model().check_range(MAX_INPUT).unwrap(), 33);
}

#[test]
fn no_image_is_in_two_splits() {
    let mut seen = HashSet::new();
    for split in ["train", "checks", "queries", "evaluation"] {
        assert!(images(split).into_iter().all(|image| seen.insert(image.input)), "{split}");
    }
    assert_eq!(seen.len(), 1797);
}

fn model() -> Model {
    Model::load(format!("{DATA}digits.safetensors")).unwrap()
}

fn images(split: &str) -> Vec<Image> {
    let text = fs::read_to_string(format!("{DATA}digits_{split}.csv")).unwrap();
    text.lines().skip(1).map(image).collect()
}

fn image(line: &str) -> Image {
    let numbers: Vec<i64> = line.split(',').map(|field| field.parse().unwrap()).collect();
    let (label, values) = numbers.split_first().unwrap();
    let (pixels, logits) = values.split_at(PIXELS);
    Image {
        label: usize::try_from(*label).unwrap(),
        input: pixels.iter().map(|pixel| pixel * INPUT_SCALE).collect(),
        logits: logits.to_vec(),
    }
}
