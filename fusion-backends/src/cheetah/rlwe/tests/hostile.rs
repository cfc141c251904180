//! Messages that no correct peer sends, and what a party sees.

use std::collections::BTreeSet;

use super::*;

struct Messages {
    parameters: Parameters,
    encoding: Encoding,
    secret: SecretKey,
    key: Vec<u8>,
    request: Vec<u8>,
    response: Vec<u8>,
}

const SHAPE: Shape = Shape::dense(40, 32, 3);

fn messages(seed: u64) -> Messages {
    let (parameters, mut rng) = (parameters(Set::Medium, 37), StdRng::seed_from_u64(seed));
    let encoding = Encoding::new(&parameters, SHAPE).unwrap();
    let secret = SecretKey::generate(&parameters, &mut rng);
    let key = secret.public_key(&mut rng);
    let inputs = Shares::zero(parameters.width(), SHAPE.inputs_len());
    let request = secret.request(&encoding, &inputs, &mut rng).unwrap();
    let weights =
        Weights::prepare(&encoding, &vec![3; SHAPE.weights_len()], 40, Storage::Compact).unwrap();
    let decoded = Request::decode(&encoding, &request).unwrap();
    let public = PublicKey::decode(&parameters, &key).unwrap();
    let (response, _) = weights.answer(&public, &decoded, &mut rng).unwrap();
    Messages { parameters, encoding, secret, key, request, response }
}

#[test]
fn every_reader_refuses_other_lengths() {
    let all = messages(1);
    let length = Some(RlweError::Malformed(Malformed::Length));
    for (change, message) in [(0, &all.key), (1, &all.request), (2, &all.response)] {
        for found in [0, 1, 31, 32, message.len() - 1, message.len() + 1, 2 * message.len()] {
            let mut bytes = message.clone();
            bytes.resize(found, 0);
            let error = match change {
                0 => PublicKey::decode(&all.parameters, &bytes).err(),
                1 => Request::decode(&all.encoding, &bytes).err(),
                _ => all.secret.open(&all.encoding, &bytes).err(),
            };
            assert_eq!(error, length);
        }
    }
}

#[test]
fn every_reader_refuses_what_is_no_coefficient() {
    let mut all = messages(1);
    let error = Some(RlweError::Malformed(Malformed::Coefficient));
    // The first coefficient of the last prime: all bits set.
    let last = all.key.len() - 4096 * 36 / 8;
    all.key[last..last + 5].fill(0xff);
    assert_eq!(PublicKey::decode(&all.parameters, &all.key).err(), error);
    let last = all.request.len() - 5;
    all.request[last..].fill(0xff);
    assert_eq!(Request::decode(&all.encoding, &all.request).err(), error);
}

#[test]
fn responses_end_with_zeros() {
    let parameters = parameters(Set::Medium, 38);
    let encoding = Encoding::new(&parameters, Shape::dense(3, 1, 1)).unwrap();
    let secret = SecretKey::generate(&parameters, &mut StdRng::seed_from_u64(1));
    let mut response = vec![0; encoding.response_bytes()];
    assert!(secret.open(&encoding, &response).is_ok());
    // 42 bits: six bits of the last byte are not used.
    *response.last_mut().unwrap() = 0x04;
    let error = RlweError::Malformed(Malformed::Padding);
    assert_eq!(secret.open(&encoding, &response).err(), Some(error));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any response of the right length opens to something, whatever the key.
    #[test]
    fn opening_never_fails_on_the_contents(seed: u64) {
        use rand::Rng;
        let parameters = parameters(Set::Medium, 37);
        let encoding = Encoding::new(&parameters, SHAPE).unwrap();
        let mut rng = StdRng::seed_from_u64(seed);
        let secret = SecretKey::generate(&parameters, &mut rng);
        let mut response = vec![0; encoding.response_bytes()];
        rng.fill_bytes(&mut response);
        let unused = encoding.responses() > 0 && (encoding.needed(0) * 41).is_multiple_of(8);
        prop_assert!(unused, "no bits fill up the last byte");
        let shares = secret.open(&encoding, &response).unwrap();
        prop_assert_eq!(shares.len(), SHAPE.outputs_len());
    }
}

/// Neither of the messages repeats anything when all is the same but the randomness.
#[test]
fn messages_are_fresh() {
    let all = messages(1);
    let mut rng = StdRng::seed_from_u64(2);
    let weights =
        Weights::prepare(&all.encoding, &vec![3; SHAPE.weights_len()], 40, Storage::Compact)
            .unwrap();
    let request = Request::decode(&all.encoding, &all.request).unwrap();
    let key = PublicKey::decode(&all.parameters, &all.key).unwrap();
    let inputs = Shares::zero(all.parameters.width(), SHAPE.inputs_len());
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        let (response, _) = weights.answer(&key, &request, &mut rng).unwrap();
        let sent = all.secret.request(&all.encoding, &inputs, &mut rng).unwrap();
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
    let (parameters, mut rng) = (parameters(Set::Medium, 37), StdRng::seed_from_u64(3));
    let encoding = Encoding::new(&parameters, SHAPE).unwrap();
    let weights =
        Weights::prepare(&encoding, &vec![0; SHAPE.weights_len()], 40, Storage::Compact).unwrap();
    let secret = SecretKey::generate(&parameters, &mut rng);
    let key = PublicKey::decode(&parameters, &secret.public_key(&mut rng)).unwrap();
    let inputs = Shares::zero(parameters.width(), SHAPE.inputs_len());
    let sent = secret.request(&encoding, &inputs, &mut rng).unwrap();
    let request = Request::decode(&encoding, &sent).unwrap();
    let (response, shares) = weights.answer(&key, &request, &mut rng).unwrap();
    let ours = secret.open(&encoding, &response).unwrap();
    assert!(ours.open(&shares).iter().all(|result| *result == 0));
    for message in [&sent, &response] {
        let ones: u32 = message.iter().map(|byte| byte.count_ones()).sum();
        let bits = 8.0 * message.len() as f64;
        // Seven standard deviations.
        assert!((f64::from(ones) - bits / 2.0).abs() < 3.5 * bits.sqrt());
    }
}

#[test]
fn misuse_is_refused() {
    let mut rng = StdRng::seed_from_u64(4);
    let all = messages(1);
    let other = Encoding::new(&all.parameters, Shape::dense(40, 32, 2)).unwrap();
    let width = all.parameters.width();
    let few = Shares::zero(width, 3);
    let error = Some(RlweError::Count { expected: 120, found: 3 });
    assert_eq!(all.secret.request(&all.encoding, &few, &mut rng).err(), error);
    let mut request = Request::decode(&all.encoding, &all.request).unwrap();
    assert_eq!(request.add(&few, &mut rng).err(), error);
    let narrow = Shares::zero(Width::BIT, 120);
    assert!(matches!(request.add(&narrow, &mut rng), Err(RlweError::Shape(_))));
    let weights =
        Weights::prepare(&other, &vec![3; SHAPE.weights_len()], 40, Storage::Compact).unwrap();
    let key = PublicKey::decode(&all.parameters, &all.key).unwrap();
    assert!(matches!(weights.answer(&key, &request, &mut rng), Err(RlweError::Shape(_))));
    let large = Encoding::new(&parameters(Set::Large, 37), SHAPE).unwrap();
    assert!(matches!(all.secret.open(&large, &[]), Err(RlweError::Shape(_))));
    let inputs = Shares::zero(width, 120);
    assert!(matches!(all.secret.request(&large, &inputs, &mut rng), Err(RlweError::Shape(_))));
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
        Shape { channels: 1 << 16, outputs: 1 << 16, ..base },
        Shape { height: 200, width: 200, kernel: 80, ..base },
    ];
    for shape in wrong {
        assert!(matches!(Encoding::new(&parameters, shape), Err(RlweError::Shape(_))), "{shape:?}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let all = messages(1);
    assert!(format!("{:?}", all.secret).len() < 120);
}
