//! Sizes of the networks, and that random weights leave their values alive.

use rand::RngExt;

use super::*;
use crate::model::architecture::LayerShape;

/// Each network: its model, the weights, the layers and the bits of its largest values.
fn networks() -> [(&'static str, Model, usize, usize, u32); 5] {
    [
        ("dnn", dnn(&[784, 128, 128, 10], 1), 118_016, 5, 24),
        ("lenet5", lenet5(2), 44_190, 11, 23),
        ("minionn", minionn_cifar10(3), 164_544, 17, 25),
        ("squeezenet", squeezenet(4), 1_231_552, 64, 24),
        ("resnet50", resnet50(5), 25_502_912, 121, 27),
    ]
}

#[test]
fn networks_have_the_published_sizes_and_bounds() {
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for (name, model, weights, layers, bits) in networks() {
        let of_all = model.architecture().layers().map(|shape| shape.weights()).sum();
        let ranges = model.ranges(PIXELS).unwrap();
        assert_eq!(ranges.input_bits(), 9);
        found.push((name, of_all, model.architecture().nodes().len(), ranges.most()));
        expected.push((name, weights, layers, bits));
    }
    assert_eq!(found, expected);
}

#[test]
fn activations_neither_die_out_nor_saturate() {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    for (name, model, ..) in networks() {
        let width = model.architecture().inputs();
        let outputs = [0, 1].map(|_| {
            let input: Vec<i64> = (0..width).map(|_| rng.random_range(0..=255)).collect();
            model.run(&input, |layer, result| {
                let shape = model.architecture().nodes()[layer].layer;
                if let LayerShape::Clamp { .. } = shape {
                    let part = |value| {
                        let count = result.iter().filter(|found| **found == value).count();
                        count as f64 / result.len() as f64
                    };
                    let (zero, most) = (part(0), part(255));
                    assert!(zero < 0.9 && most < 0.5, "{name}, layer {layer}: {zero} {most}");
                }
            })
        });
        assert_ne!(outputs[0], outputs[1], "{name}");
        assert!(outputs[0].iter().any(|logit| *logit != outputs[0][0]), "{name}");
    }
}

#[test]
fn the_architectures_are_those_of_the_models() {
    assert_eq!(lenet5(7).architecture(), &lenet5_architecture());
    assert_eq!((lenet5_architecture().inputs(), lenet5_architecture().outputs()), (784, 10));
    let ends = |architecture: Architecture| (architecture.inputs(), architecture.outputs());
    assert_eq!(ends(minionn_cifar10_architecture()), (3 * 32 * 32, 10));
    assert_eq!(ends(squeezenet_architecture()), (3 * 227 * 227, 1000));
    assert_eq!(ends(resnet50_architecture()), (3 * 224 * 224, 1000));
}

#[test]
fn a_seed_gives_the_same_weights_again_and_another_gives_others() {
    let weights = |seed| lenet5(seed).linear(0).unwrap().weights().to_vec();
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}

#[test]
#[should_panic(expected = "layers must fit together")]
fn one_width_makes_no_network() {
    dnn_architecture(&[784]);
}
