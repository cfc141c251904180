//! What a client relies on is its own: a server that says otherwise is refused, or not listened to.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fusion_core::channel::{Channel, ChannelError, Incoming, Outgoing, memory_pair};
use fusion_core::{Place, Stage};

use super::*;
use crate::cheetah::inference::description::Content;

/// Notes all that the client sends.
struct Noted<C> {
    inner: C,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl<C: Channel> Channel for Noted<C> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.sent.lock().unwrap().push(frame.clone());
        self.inner.send(frame)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        self.inner.recv(wait)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        panic!("this protocol has no lanes")
    }
}

/// How a hardened run of one query ended for both parties, and what the client sent.
struct Run {
    client: Result<Vec<Answer>, Error<CheetahError>>,
    server: Result<(), Error<CheetahError>>,
    sent: Vec<Vec<u8>>,
}

fn hardened(description: &Description, served: &Served, query: &[i64]) -> Run {
    let model = small();
    let InputRange { low, high } = description.input();
    let samples = queries(25, description.architecture().inputs(), InputRange { low, high }, 4);
    let checks = samples.into_iter().map(|sample| {
        let logits = model.infer(&sample).unwrap_or_else(|_| vec![0; 3]);
        Check::model_answer(sample, Answer::of(&logits, description.outputs()))
    });
    let checks = checks.collect();
    let (here, there) = memory_pair();
    let sent = Arc::default();
    let here = Noted { inner: here, sent: Arc::clone(&sent) };
    let (mut here, mut there) = (Connection::new(here), Connection::new(there));
    thread::scope(|scope| {
        let server = scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(1);
            CheetahServer::with(Cheetah::server()).serve(&mut there, served, &mut rng).map(drop)
        });
        let policy = Policy::against_blind_tampering(40, 1).unwrap();
        let mut client = CheetahClient::with(Cheetah::client(), policy, checks);
        let mut rng = StdRng::seed_from_u64(2);
        let client = client.infer(&mut here, description, &[query.to_vec()], &mut rng);
        let client = client.map(fusion_core::Verified::into_inner);
        drop(here);
        let server = server.join().unwrap();
        Run { client, server, sent: std::mem::take(&mut sent.lock().unwrap()) }
    })
}

/// The parts that a party names, in the setup phase.
fn refused<T>(result: Result<T, Error<CheetahError>>) -> Vec<Part> {
    let error = result.err();
    assert!(error.as_ref().is_some_and(Error::may_retry), "no query was looked at");
    match error {
        Some(Error::Protocol { place, source: CheetahError::Description { parts } }) => {
            assert_eq!(Place::stage(&place), Some(Stage::Setup));
            parts
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// A server announces a narrower range than its client's, and would see by the client's silence whether
/// a value lies outside. It sees the same bytes, and a refusal before anything else.
#[test]
fn a_server_that_announces_another_range_learns_nothing_of_the_input() {
    let honest = served(small(), PIXELS);
    let narrow = served(small(), InputRange { low: 0, high: 199 });
    let mut seen = Vec::new();
    for secret in [180, 230] {
        let run = hardened(honest.description(), &narrow, &[10, 10, secret, 10]);
        let parts = refused(run.client);
        assert!(parts.contains(&Part::Input), "{parts:?}");
        assert_eq!(refused(run.server), parts);
        // The greeting, and digests.
        assert!(run.sent.len() <= 3 && run.sent.concat().len() < 1000);
        seen.push(run.sent);
    }
    assert_eq!(seen[0], seen[1]);
}

/// One that sends the right digests, and computes with something else, changes nothing that the client
/// does: as many messages of the same lengths, whatever the secret.
#[test]
fn a_server_that_lies_about_the_description_is_not_listened_to() {
    let honest = served(small(), PIXELS);
    let other = Model::random(small().architecture(), 9, &mut StdRng::seed_from_u64(9));
    let liar = Served::pretending(other, honest.description()).unwrap();
    let lengths = [180, 230].map(|secret| {
        let run = hardened(honest.description(), &liar, &[10, 10, secret, 10]);
        run.sent.iter().map(Vec::len).collect::<Vec<_>>()
    });
    let run = hardened(honest.description(), &honest, &[0, 0, 0, 0]);
    run.client.unwrap();
    run.server.unwrap();
    let lengths_then: Vec<_> = run.sent.iter().map(Vec::len).collect();
    assert!(lengths.iter().all(|lengths| *lengths == lengths_then));
}

/// Queries and checks are held against the client's own description before the first message.
#[test]
fn queries_and_checks_out_of_range_are_refused_before_anything_is_sent() {
    let served = served(small(), PIXELS);
    for value in [-1, 256, i64::MIN, i64::MAX] {
        let run = hardened(served.description(), &served, &[0, 0, value, 0]);
        let Err(Error::Misuse(Misuse::Invalid { of: Sample::Query(0), reason })) = run.client
        else {
            panic!("{value}: {:?}", run.client)
        };
        assert_eq!(reason, "the input has values outside 0..=255, for which the model is made");
        assert!(run.sent.is_empty());
    }
    let narrow = run(Cheetah::client(), &served, &[vec![0; 4], vec![0; 3]]).err();
    let Some(Error::Misuse(Misuse::Invalid { of: Sample::Query(1), .. })) = narrow else {
        panic!("{narrow:?}")
    };
    let description = served.description();
    let kinds = [Answer::Label(None), Answer::Label(Some(3)), Answer::Sign(true)];
    for answer in kinds.into_iter().chain([Answer::Logits(vec![0; 3])]) {
        let reason = description.gives(&answer).unwrap_err();
        assert!(reason.contains("label"), "{answer:?}: {reason}");
    }
    assert!(description.gives(&Answer::Label(Some(2))).is_ok());
}

/// The client's architecture differs from the server's in one number or kind. Widths of inputs and
/// outputs are the same in most, so that nothing else would be noticed.
#[test]
fn any_other_architecture_is_refused_in_setup_by_name() {
    let dense = |inputs, outputs| LayerShape::Dense { inputs, outputs };
    let relu = |shift| LayerShape::Relu { width: 5, shift };
    let clamp = |shift, bits| LayerShape::Clamp { width: 5, shift, bits };
    let between = |layers: &[LayerShape]| {
        let all = [&[dense(4, 5)], layers, &[dense(5, 3)]].concat();
        Architecture::new(all).unwrap()
    };
    let pool = |kind: fn(PoolShape) -> LayerShape| {
        let shape =
            PoolShape { channels: 5, height: 1, width: 1, kernel: 1, stride: 1, padding: 0 };
        kind(shape)
    };
    let pointwise = ConvolutionShape {
        channels: 5,
        outputs: 5,
        height: 1,
        width: 1,
        kernel: 1,
        stride: 1,
        padding: 0,
        groups: 1,
    };
    let others = [
        between(&[relu(2)]),
        between(&[relu(4)]),
        between(&[relu(0)]),
        between(&[clamp(3, 8)]),
        between(&[clamp(3, 9)]),
        between(&[clamp(2, 8)]),
        between(&[LayerShape::Truncate { width: 5, shift: 3 }]),
        between(&[]),
        between(&[relu(3), relu(0)]),
        between(&[relu(3), pool(LayerShape::MaxPool)]),
        between(&[relu(3), pool(LayerShape::AveragePool)]),
        between(&[relu(3), dense(5, 5)]),
        between(&[relu(3), LayerShape::Convolution(pointwise)]),
        Architecture::new(vec![dense(4, 6), LayerShape::Relu { width: 6, shift: 3 }, dense(6, 3)])
            .unwrap(),
        Architecture::new(vec![dense(4, 5), relu(3), dense(5, 4)]).unwrap(),
        Architecture::new(vec![dense(3, 5), relu(3), dense(5, 3)]).unwrap(),
    ];
    let served = served(small(), PIXELS);
    for (number, architecture) in others.iter().enumerate() {
        // As much as can be is alike: bits are those of the server's, where they are as many.
        let model = Model::random(architecture, 1, &mut StdRng::seed_from_u64(1));
        let own = self::served(model, PIXELS);
        let mut content = Content::from(own.description().clone());
        if content.bits.len() == served.description().bits().len() {
            content.bits = served.description().bits().to_vec();
        }
        let description = Description::try_from(content).unwrap();
        let query = vec![7; architecture.inputs()];
        let run = hardened(&description, &served, &query);
        let text = run.client.as_ref().err().map(Error::to_string).unwrap_or_default();
        assert!(text.contains("descriptions of the model: architecture"), "{number}: {text}");
        let parts = refused(run.client);
        assert_eq!(parts[0], Part::Architecture, "{number}");
        assert!(parts.iter().all(|part| [Part::Architecture, Part::Bits].contains(part)));
        assert_eq!(refused(run.server), parts, "{number}");
    }
}

#[test]
fn every_other_part_is_refused_in_setup_by_name() {
    let served = served(small(), PIXELS);
    let same = served.description();
    let changed = |change: fn(&mut Content)| {
        let mut content = Content::from(same.clone());
        change(&mut content);
        Description::try_from(content).unwrap()
    };
    for (description, part) in [
        (changed(|of| of.input.low = -1), Part::Input),
        (changed(|of| of.outputs = Outputs::Logits), Part::Outputs),
        (same.clone().with_transfers(Transfers::Silent), Part::Transfers),
        (same.clone().with_sets(&[Set::Large]).unwrap(), Part::Sets),
        (changed(|of| of.bits[1] += 1), Part::Bits),
    ] {
        assert_ne!(description.digest(), same.digest(), "{part}");
        let run = hardened(&description, &served, &[1; 4]);
        assert_eq!(refused(run.client), [part]);
        assert_eq!(refused(run.server), [part]);
    }
}

/// A peer that says one thing, and takes everything.
struct Says(Cursor<Vec<u8>>);

impl io::Read for Says {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl io::Write for Says {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::sink().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_no_digest_of_the_description_is_refused() {
    let served = served(small(), PIXELS);
    let description = served.description();
    let says = |bytes: Vec<u8>| wire::agree(&mut Says(Cursor::new(bytes)), description);
    let right = description.digests().as_flattened().to_vec();
    assert!(says(right.clone()).is_ok());
    for place in 0..right.len() {
        let mut wrong = right.clone();
        wrong[place] ^= 1;
        let Err(CheetahError::Description { parts }) = says(wrong) else { panic!("{place}") };
        assert_eq!(parts, [Part::ALL[place / 32]]);
    }
    let Err(CheetahError::Description { parts }) = says(vec![0; 192]) else { panic!("zeros") };
    assert_eq!(parts, Part::ALL);
    assert!(matches!(says(right[1..].to_vec()), Err(CheetahError::Io(_))));
}

/// Two parts with the same bytes have different digests, and the encoding is frozen.
#[test]
fn digests_are_known() {
    let served = served(small(), PIXELS);
    let hex = blake3::Hash::from(served.description().digest()).to_hex();
    assert_eq!(hex.as_str(), "5975f5b39f8a974a7f66cb9b2d4143c61ff695906dedb87fe89411cad0d5c267");
}

#[test]
fn a_description_is_valid_also_when_it_was_read() {
    let served = served(small(), PIXELS);
    let text = serde_json::to_string(served.description()).unwrap();
    let read = |text: &str| serde_json::from_str::<Description>(text).map_err(|e| e.to_string());
    assert_eq!(&read(&text).unwrap(), served.description());
    let bits = "\"bits\":[9,";
    assert!(text.contains(bits), "{text}");
    for (from, to, says) in [
        (bits, "\"bits\":[9,9,", "bits must be 1 to 64"),
        (bits, "\"bits\":[0,", "bits must be 1 to 64"),
        (bits, "\"bits\":[65,", "bits must be 1 to 64"),
        (bits, "\"bits\":[8,", "range of inputs"),
        ("\"high\":255", "\"high\":-1", "range of inputs"),
        ("[\"Tiny\",\"Small\"", "[\"Small\",\"Tiny\"", "parameter sets"),
        ("[\"Tiny\",\"Small\",\"Medium\",\"Large\"]", "[]", "parameter sets"),
        ("\"input\":", "\"scale\":1,\"input\":", "unknown field"),
        ("\"shift\":3", "\"shift\":63", "shifts by 63"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let error = read(&text.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(says), "{to}: {error}");
    }
}

#[test]
fn a_model_is_served_under_a_description_with_as_many_bits_or_more() {
    let served = served(small(), PIXELS);
    let mut content = Content::from(served.description().clone());
    content.bits.iter_mut().for_each(|bits| *bits = 30);
    let wide = Description::try_from(content.clone()).unwrap();
    let described = Served::described(small(), &wide).unwrap();
    let queries = queries(2, 4, PIXELS, 1);
    let expected: Vec<_> = small().infer_batch(&queries).unwrap();
    let expected: Vec<_> = expected.iter().map(|y| Answer::of(y, Outputs::Label)).collect();
    assert_eq!(run(Cheetah::client(), &described, &queries).unwrap(), expected);

    content.bits[3] = 9;
    let error = Served::described(small(), &Description::try_from(content).unwrap()).unwrap_err();
    assert!(
        matches!(error, CheetahError::Described { layer: 2, kind: "dense", most: 9, .. }),
        "{error}"
    );
    let other = Model::random(&everything(), 1, &mut StdRng::seed_from_u64(1));
    assert!(matches!(Served::described(other, &wide), Err(CheetahError::Other(_))));
}

/// The files beside the models of the examples, which clients of theirs read.
#[test]
fn published_descriptions_belong_to_their_models() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/");
    for (name, high) in [("digits", 16 * 256), ("digits_cnn", 16 * 15)] {
        let model = Model::load(format!("{folder}{name}.safetensors")).unwrap();
        let served = Served::new(model, InputRange { low: 0, high }).unwrap();
        let text = std::fs::read_to_string(format!("{folder}{name}.description.json")).unwrap();
        let published: Description = serde_json::from_str(&text).unwrap();
        assert_eq!(&published, served.description());
    }
}
