//! What no batch can have is refused when the model is loaded, with the layer and what would do.

use std::sync::mpsc;

use super::*;
use crate::model::Linear;

fn zeros(layer: LayerShape) -> Model {
    let architecture = Architecture::new(vec![layer]).unwrap();
    Model::random(&architecture, 0, &mut StdRng::seed_from_u64(0))
}

/// The error that names layer 0, in words.
fn fails(model: Model) -> String {
    let error = Served::new(model, InputRange { low: 0, high: 1 }).unwrap_err();
    let named = matches!(
        error,
        CheetahError::Limit { layer: 0, .. } | CheetahError::Layer { layer: 0, .. }
    );
    assert!(named, "{error}");
    error.to_string()
}

#[test]
fn layers_too_large_are_refused_at_once() {
    let text = fails(zeros(LayerShape::Dense { inputs: (1 << 16) + 1, outputs: 1 }));
    assert_eq!(
        text,
        "layer 0 (dense) cannot be served: the layer: sizes must be from 1 to 65536; use a smaller \
         layer, or cut it into several"
    );
    let text = fails(zeros(convolution([1, 1], 2, [300, 1, 299, 1])));
    assert!(text.contains("a kernel must fit a polynomial; use a smaller layer"), "{text}");
    assert!(Served::new(zeros(LayerShape::Dense { inputs: 1 << 12, outputs: 1 }), PIXELS).is_ok());
}

#[test]
fn windows_too_large_are_refused_at_once() {
    let shape = |width, kernel, padding| PoolShape {
        channels: 1,
        height: 1,
        width,
        kernel,
        stride: kernel,
        padding,
    };
    let text = fails(zeros(LayerShape::MaxPool(shape((1 << 16) + 1, 1, 0))));
    assert!(text.contains("max-pool: height, width, kernel and stride can be 65536"), "{text}");
    let large = 1 << 16;
    let text = fails(zeros(LayerShape::AveragePool(shape(1, large, large - 1))));
    assert!(text.contains("average-pool: the kernel can be 65535 at most"), "{text}");
    // The largest that there is works online, too.
    let largest = zeros(LayerShape::AveragePool(shape(1, large - 1, large - 2)));
    let expected = largest.infer(&[255]).unwrap();
    let answers = run(Cheetah::client(), &logits(largest, PIXELS), &[vec![255]]);
    assert_eq!(answers.unwrap(), [Answer::Logits(expected)]);
}

#[test]
fn weights_too_large_are_refused_at_once() {
    let of = |weight| {
        let shape = LayerShape::Dense { inputs: 1, outputs: 1 };
        let architecture = Architecture::new(vec![shape]).unwrap();
        Model::graph(architecture, vec![Linear::new(vec![weight], vec![0])]).unwrap()
    };
    let text = fails(of((1 << 30) + 1));
    assert_eq!(
        text,
        "layer 0 (dense) cannot be served: a weight of magnitude above 2^30; use fewer fraction bits \
         for its weights"
    );
    assert!(Served::new(of(1 << 30), InputRange { low: 0, high: 1 }).is_ok());
}

/// Labels take one bit more than the logits: they are planned for only where they are asked for.
#[test]
fn logits_may_take_all_bits_that_there_are() {
    let model = || {
        let shape = LayerShape::Dense { inputs: 2, outputs: 2 };
        let architecture = Architecture::new(vec![shape]).unwrap();
        let bias = (1 << 44) - 3;
        let linear = Linear::new(vec![1, 0, 0, 1], vec![bias, -bias]);
        Model::graph(architecture, vec![linear]).unwrap()
    };
    let input = InputRange { low: -2, high: 2 };
    let error = Served::new(model(), input).unwrap_err();
    assert!(matches!(error, CheetahError::Ring { layer: 0, bits: 46, most: 45, .. }), "{error}");
    let queries = [vec![2, -2], vec![-2, 2]];
    let expected = model().infer_batch(&queries).unwrap().into_iter().map(Answer::Logits);
    let answers = run(Cheetah::client(), &logits(model(), input), &queries).unwrap();
    assert_eq!(answers, expected.collect::<Vec<_>>());
}

/// As every binary classifier ends.
#[test]
fn one_output_gives_its_sign() {
    let layers = vec![LayerShape::Dense { inputs: 2, outputs: 1 }];
    let architecture = Architecture::new(layers).unwrap();
    let linear = Linear::new(vec![3, -2], vec![-1]);
    let model = Model::graph(architecture, vec![linear]).unwrap();
    let queries: Vec<_> =
        [[0, 0], [1, 1], [1, 0], [255, 0], [0, 255], [1, 2]].map(Vec::from).into();
    let expected: Vec<_> = queries
        .iter()
        .map(|query| Answer::of(&model.infer(query).unwrap(), Outputs::Label))
        .collect();
    let signs = [false, false, true, true, false, false].map(Answer::Sign);
    assert_eq!(expected, signs);
    assert_eq!(signs.map(|sign| sign.label()), [0, 0, 1, 1, 0, 0].map(Some));
    let served = served(model, PIXELS);
    assert_eq!(run(Cheetah::client(), &served, &queries).unwrap(), expected);
    assert!(served.description().gives(&Answer::Sign(false)).is_ok());
    assert!(served.description().gives(&Answer::Label(Some(0))).is_err());
}

fn all(_: &Batch) -> Result<(), CheetahError> {
    Ok(())
}

#[test]
fn weights_are_prepared_once_for_a_number_of_slots() {
    let served = served(small(), PIXELS);
    let three = served.ready(3, all).unwrap();
    let four = served.ready(4, all).unwrap();
    assert!(!Arc::ptr_eq(&three, &four));
    assert!(Arc::ptr_eq(&three, &served.ready(3, all).unwrap()));
    assert!(Arc::ptr_eq(&four, &served.ready(4, all).unwrap()));
    // Whoever comes at the same time waits for the first.
    let both = thread::scope(|scope| {
        [(); 2].map(|()| scope.spawn(|| served.ready(5, all).unwrap())).map(|t| t.join().unwrap())
    });
    assert!(Arc::ptr_eq(&both[0], &both[1]));
}

/// Whoever prepares one number of slots keeps nobody from another.
#[test]
fn weights_are_transformed_under_no_common_lock() {
    let kept = ready::Kept::default();
    let (begin, began) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let kept = &kept;
    thread::scope(|scope| {
        scope.spawn(move || {
            let made = kept.get(1, || {
                begin.send(()).unwrap();
                ended.recv().unwrap();
                Err(CheetahError::Order)
            });
            assert!(made.is_err());
        });
        began.recv().unwrap();
        assert!(kept.find(1).is_none());
        assert!(kept.get(2, || Err(CheetahError::Order)).is_err());
        end.send(()).unwrap();
    });
}

#[test]
fn a_batch_that_is_not_admitted_costs_nothing() {
    let served = served(small(), PIXELS);
    let three = served.ready(3, all).unwrap();
    let left = served.room_left();
    let refused = served.ready(4, |_| Err(CheetahError::Order));
    assert!(matches!(refused, Err(CheetahError::Order)));
    assert_eq!(served.room_left(), left);
    assert!(Arc::ptr_eq(&three, &served.ready(3, all).unwrap()));
}

/// Of all numbers of slots and connections together, transformed weights take no more than they may.
#[test]
fn one_budget_holds_for_all() {
    let layers = vec![convolution([1, 1], 4, [3, 1, 1, 1])];
    let architecture = Architecture::new(layers).unwrap();
    let model = Model::random(&architecture, 9, &mut StdRng::seed_from_u64(1));
    let served = served(model, PIXELS);
    let before = served.room_left();
    let first = served.ready(1, all).unwrap();
    let one = before - served.room_left();
    assert!(one > 0);
    // Room for one: a batch under way keeps it, and the next number of slots goes without.
    let served = self::served(copy(&served), PIXELS).with_room_for_weights(one);
    drop(first);
    let first = served.ready(1, all).unwrap();
    assert_eq!(served.room_left(), 0);
    let second = served.ready(2, all).unwrap();
    assert_eq!(served.room_left(), 0);
    drop((first, second));
    // What nobody uses makes room.
    let third = served.ready(3, all).unwrap();
    assert_eq!(served.room_left(), 0);
    drop(third);
}
