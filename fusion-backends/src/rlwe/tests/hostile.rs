//! Messages that no correct peer sends, and what a party sees.

use std::collections::BTreeSet;

use super::*;

const SHAPE: Shape = Shape::dense(40, 32, 3);

fn encoding(set: Set, bits: u32, shape: Shape) -> Encoding {
    Encoding::new(&parameters(set, bits), shape).unwrap()
}

fn zeros(encoding: &Encoding) -> Shares {
    Shares::zero(encoding.parameters().width(), encoding.shape().inputs_len())
}

fn weights(encoding: &Encoding, weight: i64) -> Weights {
    let weights = vec![weight; encoding.shape().weights_len()];
    Weights::prepare(encoding, &weights, LEAST_HIDING, Storage::Compact).unwrap()
}

#[test]
fn every_reader_refuses_other_lengths() {
    let (encoding, mut rng) = (encoding(Set::Medium, 37, SHAPE), StdRng::seed_from_u64(1));
    let length = Some(RlweError::Malformed(Malformed::Length));
    let others = |right: usize| {
        [0, 1, 31, 32, 33, right - 1, right + 1, 2 * right]
            .into_iter()
            .map(|length| vec![0; length])
    };
    for bytes in others(encoding.request_bytes()) {
        assert_eq!(Request::decode(&encoding, &bytes).err(), length);
    }
    for bytes in others(encoding.response_bytes()) {
        let (pending, _) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
        assert_eq!(pending.open(&bytes).err(), length);
    }
}

#[test]
fn requests_with_what_is_no_coefficient_are_refused() {
    let (encoding, mut rng) = (encoding(Set::Medium, 37, SHAPE), StdRng::seed_from_u64(1));
    let (_, request) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
    assert!(Request::decode(&encoding, &request).is_ok());
    let error = Some(RlweError::Malformed(Malformed::Coefficient));
    // The first coefficient of the public key, and the last of the last input: all bits set.
    for place in [32, request.len() - 5] {
        let mut request = request.clone();
        request[place..place + 5].fill(0xff);
        assert_eq!(Request::decode(&encoding, &request).err(), error);
    }
}

#[test]
fn responses_end_with_zeros() {
    // One result of 42 bits: six bits of the last byte are not used.
    let encoding = encoding(Set::Medium, 38, Shape::dense(3, 1, 1));
    let mut rng = StdRng::seed_from_u64(1);
    let mut response = vec![0; encoding.response_bytes()];
    for (last, error) in [(0x03, None), (0x04, Some(RlweError::Malformed(Malformed::Padding)))] {
        let (pending, _) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
        *response.last_mut().unwrap() = last;
        assert_eq!(pending.open(&response).err(), error);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any response of the right length opens to something, whatever the key.
    #[test]
    fn opening_never_fails_on_the_contents(seed: u64) {
        use rand::Rng;
        let (encoding, mut rng) = (encoding(Set::Medium, 37, SHAPE), StdRng::seed_from_u64(seed));
        let (pending, _) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
        let mut response = vec![0; encoding.response_bytes()];
        rng.fill_bytes(&mut response);
        let whole = (0..encoding.responses()).all(|at| (encoding.needed(at) * 41).is_multiple_of(8));
        prop_assert!(whole, "no bits fill up the last byte");
        prop_assert_eq!(pending.open(&response).unwrap().len(), SHAPE.outputs_len());
    }

    /// Any request of the right length is one, or has a coefficient that is too large.
    #[test]
    fn garbage_is_a_request_or_refused(seed: u64, ones in prop::option::of(any::<prop::sample::Index>())) {
        use rand::Rng;
        let (encoding, mut rng) = (encoding(Set::Small, 20, SHAPE), StdRng::seed_from_u64(seed));
        let mut request = vec![0; encoding.request_bytes()];
        rng.fill_bytes(&mut request);
        // Thirteen bytes hold a whole coefficient of 50 bits.
        if let Some(place) = ones {
            let place = 32 + place.index(request.len() - 32 - 13);
            request[place..place + 13].fill(0xff);
        }
        match Request::decode(&encoding, &request) {
            Ok(mut request) => {
                prop_assert!(ones.is_none());
                request.add(&zeros(&encoding), &mut rng).unwrap();
                prop_assert!(weights(&encoding, 5).answer(&request, &mut rng).is_ok());
            }
            Err(error) => prop_assert_eq!(error, RlweError::Malformed(Malformed::Coefficient)),
        }
    }
}

/// Neither message repeats anything when all is the same but the randomness.
#[test]
fn messages_are_fresh() {
    let (encoding, mut rng) = (encoding(Set::Medium, 37, SHAPE), StdRng::seed_from_u64(2));
    let weights = weights(&encoding, 3);
    let (_, request) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
    let request = Request::decode(&encoding, &request).unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        let (response, _) = weights.answer(&request, &mut rng).unwrap();
        let (_, sent) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
        for message in [response, sent] {
            // Eight bytes anywhere at a multiple of 8: no two are alike.
            message.as_chunks::<8>().0.iter().for_each(|bytes| assert!(seen.insert(*bytes)));
        }
    }
}

/// All bits of requests and responses are balanced: nothing stands in the clear. Requests of zeros,
/// and a layer whose weights are all zero, would show most.
#[test]
fn messages_look_uniform() {
    for (set, bits) in SETS {
        let (encoding, mut rng) = (encoding(set, bits, SHAPE), StdRng::seed_from_u64(3));
        let (pending, sent) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
        let request = Request::decode(&encoding, &sent).unwrap();
        let (response, theirs) = weights(&encoding, 0).answer(&request, &mut rng).unwrap();
        let ours = pending.open(&response).unwrap();
        assert!(ours.open(&theirs).iter().all(|result| *result == 0));
        for message in [&sent, &response] {
            let ones: u32 = message.iter().map(|byte| byte.count_ones()).sum();
            let bits = 8.0 * message.len() as f64;
            // Seven standard deviations.
            assert!((f64::from(ones) - bits / 2.0).abs() < 3.5 * bits.sqrt());
        }
    }
}

#[test]
fn misuse_is_refused() {
    let mut rng = StdRng::seed_from_u64(4);
    let encoding = encoding(Set::Medium, 37, SHAPE);
    let few = Shares::zero(encoding.parameters().width(), 3);
    let error = Some(RlweError::Count { expected: 120, found: 3 });
    assert_eq!(Pending::request(&encoding, &few, &mut rng).err(), error);
    let (_, request) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
    let mut request = Request::decode(&encoding, &request).unwrap();
    assert_eq!(request.add(&few, &mut rng).err(), error);
    let narrow = Shares::zero(Width::BIT, 120);
    assert!(matches!(request.add(&narrow, &mut rng), Err(RlweError::Shape(_))));
    assert!(matches!(Pending::request(&encoding, &narrow, &mut rng), Err(RlweError::Shape(_))));
    let others = [(Set::Medium, 37, 2), (Set::Medium, 36, 3), (Set::Large, 37, 3)];
    for (set, bits, slots) in others {
        let other = super::hostile::encoding(set, bits, Shape { slots, ..SHAPE });
        let answer = weights(&other, 3).answer(&request, &mut rng);
        assert!(matches!(answer, Err(RlweError::Shape(_))));
    }
}

#[test]
fn shapes_are_bounded() {
    let parameters = parameters(Set::Small, 20);
    let base = Shape {
        slots: 1,
        channels: 1,
        outputs: 1,
        height: 8,
        width: 8,
        kernel: 3,
        stride: 1,
        padding: 0,
        groups: 1,
    };
    let wrong = [
        Shape { slots: 0, ..base },
        Shape { channels: 0, ..base },
        Shape { outputs: 0, ..base },
        Shape { stride: 0, ..base },
        Shape { kernel: 0, ..base },
        Shape { kernel: 9, ..base },
        Shape { slots: usize::MAX, ..base },
        Shape { padding: usize::MAX, ..base },
        Shape { groups: 0, ..base },
        Shape { channels: 2, outputs: 3, groups: 2, ..base },
        Shape { channels: 3, outputs: 2, groups: 2, ..base },
        Shape { channels: 1 << 16, outputs: 1 << 16, ..base },
        Shape { height: 200, width: 200, kernel: 80, ..base },
    ];
    for shape in wrong {
        assert!(matches!(Encoding::new(&parameters, shape), Err(RlweError::Shape(_))), "{shape:?}");
    }
}

/// What travels is frozen, for fixed randomness.
#[test]
fn messages_are_frozen() {
    use chacha20::ChaCha20Rng;
    let found = SETS.map(|(set, bits)| {
        let encoding = encoding(set, bits, SHAPE);
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let (_, sent) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
        let request = Request::decode(&encoding, &sent).unwrap();
        let (response, _) = weights(&encoding, 3).answer(&request, &mut rng).unwrap();
        blake3::hash(&[sent, response].concat()).to_hex()[..16].to_owned()
    });
    assert_eq!(
        found,
        ["22620ec7cfe8001f", "3272f56750eda3a2", "c3f7d67a1fba8a77", "75c71e0ca7664bbb"]
    );
}

#[test]
fn secrets_are_not_printed() {
    let (encoding, mut rng) = (encoding(Set::Small, 20, SHAPE), StdRng::seed_from_u64(5));
    let (pending, _) = Pending::request(&encoding, &zeros(&encoding), &mut rng).unwrap();
    assert!(format!("{pending:?}").len() < 200);
    assert!(format!("{:?}", weights(&encoding, 3)).len() < 600);
}
