//! Requests and responses of linear layers under encryption.

use std::sync::OnceLock;

use fusion_backends::{
    nonlinear::Shares,
    ot::Width,
    rlwe::{
        Encoding, LEAST_HIDING, Parameters, Pending, Request, RlweError, Set, Shape, Storage,
        Weights,
    },
};
use rand::{SeedableRng, rngs::StdRng};

use crate::{Ended, MIB, script::Script, within};

/// A layer, with what honest parties say: the request, then the response.
struct Layer {
    encoding: Encoding,
    says: [Vec<u8>; 2],
}

pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    static LAYERS: OnceLock<Vec<Layer>> = OnceLock::new();
    let layers = LAYERS.get_or_init(|| {
        let dense = Shape::dense(5, 3, 2);
        let convolution = Shape::square([2, 3], 7, 3, 2, 1);
        let grouped = Shape { groups: 2, ..Shape::square([2, 4], 5, 2, 1, 0) };
        [(Set::ALL[0], 20, dense), (Set::Medium, 37, convolution), (Set::Large, 45, grouped)]
            .map(|(set, bits, shape)| Layer::new(set, bits, shape))
            .into()
    });
    let layer = &layers[script.below(layers.len())];
    let is_response = script.byte() % 2 == 1;
    let mut parts = vec![layer.says[usize::from(is_response)].clone()];
    script.spoil(&mut parts);
    let bytes = parts.concat();
    let result = if is_response {
        let (pending, _) = layer.request();
        within(8 * MIB, || pending.open(&bytes).map(|shares| shares.len()))
    } else {
        within(8 * MIB, || Request::decode(&layer.encoding, &bytes).map(|_| 0))
    };
    match result {
        Ok(_) => Ended::Well,
        Err(RlweError::Malformed(_)) => Ended::Refused,
        Err(other) => panic!("the peer is not blamed: {other:?}"),
    }
}

impl Layer {
    fn new(set: Set, bits: u32, shape: Shape) -> Self {
        let width = Width::new(bits).expect("1 to 64");
        let parameters = Parameters::new(set, width).expect("8 to 45 bits");
        let encoding = Encoding::new(&parameters, shape).expect("it fits");
        let mut layer = Self { encoding, says: Default::default() };
        let (_, sent) = layer.request();
        let request = Request::decode(&layer.encoding, &sent).expect("honest");
        let numbers = vec![1; shape.weights_len()];
        let weights =
            Weights::prepare(&layer.encoding, &numbers, LEAST_HIDING, Storage::Transformed);
        let weights = weights.expect("light weights");
        let (response, _) =
            weights.answer(&request, &mut StdRng::seed_from_u64(2)).expect("they fit");
        layer.says = [sent, response];
        layer
    }

    fn request(&self) -> (Pending, Vec<u8>) {
        let inputs = self.encoding.shape().inputs_len();
        let zeros = Shares::zero(self.encoding.parameters().width(), inputs);
        Pending::request(&self.encoding, &zeros, &mut StdRng::seed_from_u64(1)).expect("it fits")
    }
}
