mod description;
mod isolation;
mod limits;

use std::io::Cursor;
use std::thread;

use fusion_core::{Check, Connection, Error, Misuse, Policy, Sample, semi_honest};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::model::{
    Architecture, ConvolutionShape, InputRange, LayerShape, Model, Node, PoolShape,
};

const PIXELS: InputRange = InputRange { low: 0, high: 255 };

/// Runs a model on `queries`, each as a slot, without hardening.
fn run(
    client: Cheetah,
    served: &Served,
    queries: &[Vec<i64>],
) -> Result<Vec<Answer>, Error<CheetahError>> {
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        let server = scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(1);
            let party = &mut Cheetah::server();
            semi_honest::serve::<Cheetah, _>(party, &mut there, served, &mut rng).map(drop)
        });
        let (mut client, mut rng) = (client, StdRng::seed_from_u64(2));
        let description = served.description();
        let result = semi_honest::infer::<Cheetah, _>(
            &mut client,
            &mut here,
            description,
            queries,
            &mut rng,
        );
        drop(here);
        // A server that gave up knows more than the connection that it closed.
        match (result, server.join().unwrap()) {
            (Err(Error::Io { .. }), Err(error)) => Err(error),
            (result, _) => result.map(|(answers, _)| answers),
        }
    })
}

/// Fast in tests.
fn served(model: Model, input: InputRange) -> Served {
    Served::new(model, input).unwrap().with_transfers(Transfers::SoftSpoken)
}

fn convolution(
    [channels, outputs]: [usize; 2],
    size: usize,
    [kernel, stride, padding, groups]: [usize; 4],
) -> LayerShape {
    let (height, width) = (size, size);
    LayerShape::Convolution(ConvolutionShape {
        channels,
        outputs,
        height,
        width,
        kernel,
        stride,
        padding,
        groups,
    })
}

fn pool(channels: usize, size: usize, [kernel, stride, padding]: [usize; 3]) -> PoolShape {
    PoolShape { channels, height: size, width: size, kernel, stride, padding }
}

fn node(layer: LayerShape, from: usize, with: Option<usize>) -> Node {
    // Numbers from 1 are those of layers, and 0 is the input.
    let source = |from: usize| from.checked_sub(1).map_or(Source::Input, Source::Layer);
    Node { layer, from: source(from), with: with.map(source) }
}

/// Every kind of layer once: a residual block with a projection, two branches, both kinds of pools.
fn everything() -> Architecture {
    let clamp = |width| LayerShape::Clamp { width, shift: 6, bits: 8 };
    let nodes = vec![
        node(convolution([2, 4], 6, [3, 1, 1, 1]), 0, None), // 1: 4 x 6 x 6
        node(clamp(144), 1, None),
        node(convolution([4, 4], 6, [3, 1, 1, 4]), 2, None), // 3: depthwise
        node(LayerShape::Add { width: 144, shift: 6 }, 3, Some(2)), // 4: residual
        node(LayerShape::Relu { width: 144, shift: 7 }, 4, None),
        node(LayerShape::MaxPool(pool(4, 6, [3, 2, 1])), 5, None), // 6: 4 x 3 x 3
        node(convolution([4, 2], 3, [1, 1, 0, 1]), 6, None),       // 7: 2 x 3 x 3
        node(convolution([4, 2], 3, [3, 1, 1, 2]), 6, None),       // 8: grouped
        node(LayerShape::Truncate { width: 18, shift: 3 }, 7, None),
        node(LayerShape::Relu { width: 18, shift: 0 }, 8, None),
        node(LayerShape::Concat { first: 18, second: 18 }, 9, Some(10)), // 11: 4 x 3 x 3
        node(LayerShape::AveragePool(pool(4, 3, [3, 1, 0])), 11, None),  // 12: 4
        node(LayerShape::Dense { inputs: 4, outputs: 3 }, 12, None),
    ];
    Architecture::graph(nodes).unwrap()
}

fn queries(count: usize, width: usize, input: InputRange, seed: u64) -> Vec<Vec<i64>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let value = |rng: &mut StdRng| match rng.random_range(0..4) {
        0 => input.low,
        1 => input.high,
        _ => rng.random_range(input.low..=input.high),
    };
    (0..count).map(|_| (0..width).map(|_| value(&mut rng)).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn answers_equal_the_reference(seed: u64, slots in 1_usize..5, signed: bool) {
        let architecture = everything();
        let mut rng = StdRng::seed_from_u64(seed);
        let model = Model::random(&architecture, 15, &mut rng);
        let input = if signed { InputRange { low: -128, high: 127 } } else { PIXELS };
        let queries = queries(slots, architecture.inputs(), input, seed);
        let expected = model.infer_batch(&queries).unwrap();
        let served = served(model, input);
        for outputs in [Outputs::Label, Outputs::Logits] {
            let expected: Vec<_> =
                expected.iter().map(|logits| Answer::of(logits, outputs)).collect();
            let served = match outputs {
                Outputs::Label => &served,
                Outputs::Logits => &logits(copy(&served), input),
            };
            prop_assert_eq!(run(Cheetah::client(), served, &queries).unwrap(), expected);
        }
    }
}

fn logits(model: Model, input: InputRange) -> Served {
    Served::logits(model, input).unwrap().with_transfers(Transfers::SoftSpoken)
}

/// The same model.
fn copy(of: &Served) -> Model {
    let model = of.model();
    let linear = (0..model.architecture().nodes().len()).filter_map(|layer| model.linear(layer));
    Model::graph(model.architecture().clone(), linear.cloned().collect()).unwrap()
}

fn small() -> Model {
    let layers = vec![
        LayerShape::Dense { inputs: 4, outputs: 5 },
        LayerShape::Relu { width: 5, shift: 3 },
        LayerShape::Dense { inputs: 5, outputs: 3 },
    ];
    let architecture = Architecture::new(layers).unwrap();
    Model::random(&architecture, 100, &mut StdRng::seed_from_u64(5))
}

#[test]
fn silent_transfers_give_the_same() {
    let queries = queries(2, 4, PIXELS, 1);
    let expected = small().infer_batch(&queries).unwrap();
    let served = Served::logits(small(), PIXELS).unwrap();
    assert_eq!(served.plan().transfers(), Transfers::Fewest);
    assert!(Transfers::Fewest.are_silent(1_000_000) && !Transfers::Fewest.are_silent(100_000));
    let served = served.with_transfers(Transfers::Silent);
    let expected: Vec<_> = expected.into_iter().map(Answer::Logits).collect();
    assert_eq!(run(Cheetah::client(), &served, &queries).unwrap(), expected);
}

/// Each of two layers to a bit more, so that both together are hidden as well as asked for.
#[test]
fn weights_are_hidden_as_well_as_asked_for() {
    let least = |served: &Served| {
        let layers = served.linear_layers(3).unwrap();
        assert!(layers.iter().all(|layer| layer.margin > 0.0));
        layers.iter().fold(f64::INFINITY, |least, layer| least.min(layer.hiding))
    };
    let served = served(small(), PIXELS);
    assert!(least(&served) >= 41.0);
    let served = served.with_hiding(60).with_hiding(50);
    assert!(least(&served) >= 51.0);
    let error = served.with_hiding(200).prepare(3).unwrap_err();
    let CheetahError::Weights { layer: 0, source, .. } = error else { panic!("{error}") };
    assert!(source.to_string().contains("not 202"), "{source}");
}

#[test]
fn compact_weights_give_the_same() {
    let queries = queries(2, 4, PIXELS, 1);
    let whole = served(small(), PIXELS);
    let compact = self::served(copy(&whole), PIXELS).with_room_for_weights(0);
    let expected = run(Cheetah::client(), &whole, &queries).unwrap();
    assert_eq!(run(Cheetah::client(), &compact, &queries).unwrap(), expected);
}

fn protocol_error<T>(result: Result<T, Error<CheetahError>>) -> CheetahError {
    match result.err() {
        Some(Error::Protocol { source, .. }) => source,
        other => panic!("not the protocol's own error: {other:?}"),
    }
}

#[test]
fn batches_that_take_too_much_memory_are_refused_with_the_figure() {
    let queries = queries(3, 4, PIXELS, 1);
    let client = Cheetah::client().with_memory(1000);
    let error = protocol_error(run(client, &served(small(), PIXELS), &queries));
    let CheetahError::Memory { slots: 3, needed_mib, limit_mib: 0 } = error else {
        panic!("{error}")
    };
    assert!((1..100).contains(&needed_mib), "{error}");
}

#[test]
fn models_with_values_too_large_are_refused_with_the_layer() {
    let chain = |weights| {
        let layers = vec![
            LayerShape::Dense { inputs: 2, outputs: 2 },
            LayerShape::Relu { width: 2, shift: 0 },
            LayerShape::Dense { inputs: 2, outputs: 2 },
        ];
        let architecture = Architecture::new(layers).unwrap();
        let linear = (0..2).map(|_| crate::model::Linear::new(vec![weights; 4], vec![0; 2]));
        Model::graph(architecture, linear.collect()).unwrap()
    };
    // 8 + 1 + 15 bits, then 15 + 1 more, and signs.
    assert!(Served::new(chain(1 << 15), PIXELS).is_ok());
    let error = Served::new(chain(1 << 20), PIXELS).unwrap_err();
    assert!(
        matches!(error, CheetahError::Ring { layer: 2, kind: "dense", most: 45, .. }),
        "{error}"
    );
}

/// Results may be far below what a clamp allows, if large values are only negative.
#[test]
fn clamps_have_room_for_what_they_cut_off() {
    let layers = vec![
        LayerShape::Dense { inputs: 2, outputs: 2 },
        LayerShape::Clamp { width: 2, shift: 0, bits: 8 },
    ];
    let architecture = Architecture::new(layers).unwrap();
    let linear = crate::model::Linear::new(vec![100, 0, 0, 100], vec![-25_498; 2]);
    let model = Model::graph(architecture, vec![linear]).unwrap();
    let queries = [vec![255, 3], vec![0, 255]];
    let expected = model.infer_batch(&queries).unwrap();
    assert_eq!(expected, [[2, 0], [0, 2]]);
    let served = logits(model, PIXELS);
    let plan = served.plan();
    assert_eq!((plan.bits(Source::Layer(1)).bits(), plan.ring(Source::Layer(1)).bits()), (3, 9));
    let expected: Vec<_> = expected.into_iter().map(Answer::Logits).collect();
    assert_eq!(run(Cheetah::client(), &served, &queries).unwrap(), expected);
}

#[test]
fn sets_are_read_strictly() {
    let served = served(small(), PIXELS);
    let description = served.description();
    let mut bytes = Vec::new();
    wire::send_sets(&mut bytes, &[Set::Small, Set::Large]).unwrap();
    let read = |bytes: &[u8]| wire::sets(&mut Cursor::new(bytes), description);
    assert_eq!(read(&bytes).unwrap(), [Set::Small, Set::Large]);
    assert!(matches!(read(&[0, 4]), Err(CheetahError::Sets)));
    assert!(matches!(read(&[0]), Err(CheetahError::Io(_))));
    for sets in [&[Set::Small][..], &[Set::Small; 3]] {
        assert!(matches!(Batch::new(served.plan(), 1, sets), Err(CheetahError::Sets)));
    }
    // Only those that the client's own description allows.
    let strict = description.clone().with_sets(&[Set::Tiny, Set::Large]).unwrap();
    let read = |bytes: &[u8]| wire::sets(&mut Cursor::new(bytes), &strict);
    assert!(matches!(read(&bytes), Err(CheetahError::Sets)));
    assert_eq!(read(&[3, 0]).unwrap(), [Set::Large, Set::Tiny]);
}

/// Residual values are shared in the ring of the sum, activations in that of the layer after them.
#[test]
fn rings_are_those_that_later_layers_need() {
    let model = Model::random(&everything(), 15, &mut StdRng::seed_from_u64(1));
    let served = served(model, PIXELS);
    let plan = served.plan();
    let ring = |layer| plan.ring(Source::Layer(layer)).bits();
    let bits = |layer| plan.bits(Source::Layer(layer)).bits();
    assert_eq!(bits(1), 9);
    assert_eq!(ring(1), ring(2));
    assert_eq!(ring(2), ring(3));
    assert!(ring(3) >= bits(3));
    // The window's sum, and the rounding.
    assert_eq!(ring(11), bits(10) + 5);
    // Differences of logits.
    assert_eq!(ring(12), bits(12) + 1);
    assert_eq!(plan.ring(Source::Input), plan.ring(Source::Layer(0)));
}

#[test]
fn a_hardened_batch_gives_labels() {
    let queries = queries(2, 4, PIXELS, 3);
    let samples = self::queries(20, 4, PIXELS, 4);
    let label = |input: &Vec<i64>| Answer::of(&small().infer(input).unwrap(), Outputs::Label);
    let checks = samples.into_iter().map(|x| {
        let answer = label(&x);
        Check::model_answer(x, answer)
    });
    let served = served(small(), PIXELS);
    let description = served.description().clone();
    let (mut here, mut there) = Connection::pair();
    let server = thread::spawn(move || {
        let mut rng = StdRng::seed_from_u64(1);
        CheetahServer::with(Cheetah::server()).serve(&mut there, &served, &mut rng).map(drop)
    });
    let policy = Policy::against_blind_tampering(40, queries.len()).unwrap();
    let mut client = CheetahClient::with(Cheetah::client(), policy, checks.collect());
    let mut rng = StdRng::seed_from_u64(2);
    let answers = client.infer(&mut here, &description, &queries, &mut rng).unwrap();
    assert_eq!(*answers, queries.iter().map(label).collect::<Vec<_>>());
    server.join().unwrap().unwrap();
}
