//! The protocol with a real dealer and two real parties, against the reference.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use fusion_core::channel::{Channel, memory_pair};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use super::*;
use crate::model::{LayerShape, Node, Source};

/// Counts messages: a party flushes once after each.
struct Counted {
    stream: UnixStream,
    flushes: usize,
}

impl Read for Counted {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.read(bytes)
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushes += 1;
        self.stream.flush()
    }
}

/// The answers, and the messages that client and server sent online.
fn run(model: &Model, queries: &[Vec<i64>], seed: u64) -> (Vec<Vec<i64>>, [usize; 2]) {
    let (client_dealer, to_client) = memory_pair();
    let (server_dealer, to_server) = memory_pair();
    let (stream, mut server_in) = UnixStream::pair().unwrap();
    let mut server_out = Counted { stream: server_in.try_clone().unwrap(), flushes: 0 };
    let slots = queries.len();
    thread::scope(|scope| {
        let dealer = scope
            .spawn(move || Dealer::serve(to_client, to_server, &mut StdRng::seed_from_u64(seed)));
        let server = scope.spawn(move || {
            let mut party = Additive::new(server_dealer);
            let mask = party.setup_server(model, &mut server_out).unwrap();
            server_out.flushes = 0;
            let shares = party.offline_server(model, &mask, slots).unwrap();
            party.online_server(model, shares, &mut server_in, &mut server_out).unwrap();
            server_out.flushes
        });
        let mut reader = stream.try_clone().unwrap();
        let mut writer = Counted { stream, flushes: 0 };
        let architecture = model.architecture();
        let mut party = Additive::new(client_dealer);
        let masked = party.setup_client(architecture, &mut reader).unwrap();
        let shares = party.offline_client(architecture, &masked, slots).unwrap();
        let answers =
            party.online_client(architecture, shares, queries, &mut reader, &mut writer).unwrap();
        let messages = [writer.flushes, server.join().unwrap()];
        drop(party);
        dealer.join().unwrap().unwrap();
        (answers, messages)
    })
}

/// Uniform, or close to a power of two or an extreme.
fn value(rng: &mut StdRng) -> i64 {
    let near = rng.random_range(-1..=1);
    match rng.random_range(0..4) {
        0 => i64::MIN.wrapping_add(near),
        1 => near,
        2 => (1_i64 << rng.random_range(0..64)).wrapping_add(near),
        _ => rng.next_u64().cast_signed(),
    }
}

fn queries(width: usize, slots: usize, rng: &mut StdRng) -> Vec<Vec<i64>> {
    (0..slots).map(|_| (0..width).map(|_| value(rng)).collect()).collect()
}

/// Small, of all kinds of layer, with the dense ones anywhere. One activation has `shift`.
fn architecture(shift: u32, rng: &mut StdRng) -> Architecture {
    let mut width = rng.random_range(1..=4);
    let layers = rng.random_range(1..=3);
    let forced = rng.random_range(0..layers);
    let shapes = (0..layers).map(|i| {
        let shift = if i == forced { shift } else { rng.random_range(0..=62) };
        match rng.random_range(0..3) {
            0 if i != forced => {
                let inputs = width;
                width = rng.random_range(1..=9);
                LayerShape::Dense { inputs, outputs: width }
            }
            1 => LayerShape::Relu { width, shift },
            _ => LayerShape::Truncate { width, shift },
        }
    });
    Architecture::new(shapes.collect()).unwrap()
}

#[test]
fn answers_equal_the_reference_bit_for_bit() {
    let mut rng = StdRng::seed_from_u64(11);
    let mut executions = 0;
    for batch in 0..126 {
        let architecture = architecture(batch % 63, &mut rng);
        let magnitude = [3, 1 << 20, i64::MAX][rng.random_range(0..3)];
        let model = Model::random(&architecture, magnitude, &mut rng);
        let queries = queries(architecture.inputs(), 80, &mut rng);
        let (answers, _) = run(&model, &queries, rng.next_u64());
        let expected = model.infer_batch(&queries).unwrap();
        assert_eq!(answers, expected, "batch {batch}: {architecture:?}");
        executions += queries.len();
    }
    assert!(executions >= 10_000);
}

fn small() -> Model {
    let shapes = vec![
        LayerShape::Dense { inputs: 3, outputs: 5 },
        LayerShape::Relu { width: 5, shift: 12 },
        LayerShape::Dense { inputs: 5, outputs: 2 },
        LayerShape::Truncate { width: 2, shift: 1 },
    ];
    Model::random(&Architecture::new(shapes).unwrap(), 100, &mut StdRng::seed_from_u64(1))
}

#[test]
fn messages_do_not_grow_with_the_batch() {
    let model = small();
    let mut rng = StdRng::seed_from_u64(2);
    for slots in [0, 1, 7, 200] {
        let queries = queries(3, slots, &mut rng);
        let (answers, messages) = run(&model, &queries, 3);
        assert_eq!(answers, model.infer_batch(&queries).unwrap());
        assert_eq!(messages, [5, 5], "{slots} slots");
    }
}

/// Material for the small model at both parties, and the parties.
fn prepared(slots: usize) -> ((Additive, ClientShares), (Additive, ServerShares)) {
    let (client, to_client) = memory_pair();
    let (server, to_server) = memory_pair();
    thread::spawn(move || Dealer::serve(to_client, to_server, &mut StdRng::seed_from_u64(4)));
    let (mut reader, mut writer) = UnixStream::pair().unwrap();
    let server = thread::spawn(move || {
        let (model, mut party) = (small(), Additive::new(server));
        let mask = party.setup_server(&model, &mut writer).unwrap();
        let shares = party.offline_server(&model, &mask, slots).unwrap();
        (party, shares)
    });
    let (model, mut party) = (small(), Additive::new(client));
    let masked = party.setup_client(model.architecture(), &mut reader).unwrap();
    let shares = party.offline_client(model.architecture(), &masked, slots).unwrap();
    ((party, shares), server.join().unwrap())
}

#[test]
fn wrong_queries_are_refused_before_anything_is_sent() {
    let model = small();
    for (queries, width) in
        [(vec![vec![0; 3], vec![0; 4]], true), (vec![vec![0; 3]; 3], false), (vec![], false)]
    {
        let ((mut party, shares), _server) = prepared(2);
        let mut sent = Vec::new();
        let error = party
            .online_client(model.architecture(), shares, &queries, &mut io::empty(), &mut sent)
            .unwrap_err();
        match error {
            AdditiveError::Width { query: 1, expected: 3, found: 4 } => assert!(width),
            AdditiveError::Slots { expected: 2, found } => {
                assert_eq!((found, width), (queries.len(), false));
            }
            other => panic!("{other}"),
        }
        assert!(sent.is_empty());
    }
}

#[test]
fn a_peer_that_stops_early_is_an_error() {
    let model = small();
    for length in [0, 1, 50, 100, 150] {
        let garbage = vec![0xa5; length];
        let ((mut client, shares), (mut server, server_shares)) = prepared(2);
        let queries = vec![vec![1; 3]; 2];
        let (architecture, mut sink) = (model.architecture(), io::sink());
        let error = client
            .online_client(architecture, shares, &queries, &mut garbage.as_slice(), &mut sink)
            .unwrap_err();
        assert!(matches!(&error, AdditiveError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof));
        let error = server
            .online_server(&model, server_shares, &mut garbage.as_slice(), &mut sink)
            .unwrap_err();
        assert!(matches!(&error, AdditiveError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof));
    }
}

/// Any index from the peer is in range of some table: garbage of the right length gives garbage.
#[test]
fn garbage_of_the_right_length_does_not_panic() {
    let model = small();
    let ((mut client, shares), (mut server, server_shares)) = prepared(2);
    let (garbage, mut sink) = (vec![0xff; 1 << 12], io::sink());
    let queries = vec![vec![1; 3]; 2];
    let answers = client
        .online_client(model.architecture(), shares, &queries, &mut garbage.as_slice(), &mut sink)
        .unwrap();
    assert_ne!(answers, model.infer_batch(&queries).unwrap());
    server.online_server(&model, server_shares, &mut garbage.as_slice(), &mut sink).unwrap();
}

#[test]
fn requests_that_differ_are_refused_at_both_parties() {
    let other = Model::random(
        &Architecture::new(vec![LayerShape::Dense { inputs: 3, outputs: 2 }]).unwrap(),
        1,
        &mut StdRng::seed_from_u64(6),
    );
    let (client, to_client) = memory_pair();
    let (server, to_server) = memory_pair();
    let dealer =
        thread::spawn(|| Dealer::serve(to_client, to_server, &mut StdRng::seed_from_u64(5)));
    let server = thread::spawn(move || {
        Additive::new(server).setup_server(&other, &mut io::sink()).map(drop)
    });
    let client = Additive::new(client).setup_client(small().architecture(), &mut io::empty());
    assert!(matches!(client, Err(AdditiveError::Refused(Refusal::Differ))));
    assert!(matches!(server.join().unwrap(), Err(AdditiveError::Refused(Refusal::Differ))));
    assert!(matches!(dealer.join().unwrap(), Err(DealerError::Refused(Refusal::Differ))));
}

#[test]
fn the_dealer_refuses_what_it_cannot_serve() {
    let ask = |request: Request| postcard::to_stdvec(&request).unwrap();
    let model = || ask(Request::Model(small().architecture().clone()));
    let [clamp, graph] = unsupported();
    let mut long = model();
    long.push(0);
    for (requests, reason) in [
        (vec![ask(Request::Slots(1))], Refusal::NoModel),
        (vec![model(), ask(Request::Slots(u64::MAX))], Refusal::TooLarge),
        (vec![model(), ask(Request::Slots(1 + (1 << 16)))], Refusal::TooLarge),
        (vec![ask(Request::Model(clamp))], Refusal::Unsupported),
        (vec![ask(Request::Model(graph))], Refusal::Unsupported),
        (vec![long], Refusal::Malformed),
        (vec![vec![]], Refusal::Malformed),
    ] {
        let (mut client, to_client) = memory_pair();
        let (mut server, to_server) = memory_pair();
        for request in requests {
            client.send(request.clone()).unwrap();
            server.send(request).unwrap();
        }
        let end = Dealer::serve(to_client, to_server, &mut StdRng::seed_from_u64(5));
        assert!(matches!(end, Err(DealerError::Refused(r)) if r == reason), "{reason}: {end:?}");
    }
}

/// A clamp, and a graph of layers that are known each.
fn unsupported() -> [Architecture; 2] {
    let dense = LayerShape::Dense { inputs: 3, outputs: 3 };
    let clamp = LayerShape::Clamp { width: 3, shift: 1, bits: 8 };
    let node = Node { layer: dense, from: Source::Input, with: None };
    [Architecture::new(vec![dense, clamp]).unwrap(), Architecture::graph(vec![node; 2]).unwrap()]
}

#[test]
fn other_models_are_refused_before_anything_is_sent() {
    let right = |graph: bool, error: AdditiveError| match error {
        AdditiveError::Unsupported { layer: 1, kind: "clamp" } => assert!(!graph),
        AdditiveError::Graph => assert!(graph),
        other => panic!("{other}"),
    };
    for (graph, architecture) in unsupported().into_iter().enumerate() {
        let (party, mut dealer) = memory_pair();
        let mut party = Additive::new(party);
        let error = party.setup_client(&architecture, &mut io::empty()).unwrap_err();
        right(graph == 1, error);
        let model = Model::random(&architecture, 1, &mut StdRng::seed_from_u64(7));
        let mut sent = Vec::new();
        right(graph == 1, party.setup_server(&model, &mut sent).unwrap_err());
        drop(party);
        assert!(sent.is_empty() && dealer.recv(Duration::from_secs(1)).is_err());
    }
}

#[test]
fn a_silent_dealer_is_an_error_in_time() {
    let (client, _silent) = memory_pair();
    let mut party = Additive::new(client).with_wait(Duration::from_millis(10));
    let end = party.setup_client(small().architecture(), &mut io::empty());
    assert!(matches!(end, Err(AdditiveError::Dealer(_))));
}
