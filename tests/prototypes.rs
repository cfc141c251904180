//! The prototypes of the annotation guide: each is right as it was before annotation.

// The prototypes are crates of their own at home.
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "../examples/prototypes/ot.rs"]
mod ot;

use std::{
    io::{BufReader, Write},
    os::unix::net::UnixStream,
    thread,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Runs two parties over a pair of sockets.
fn run<A: Send, B: Send>(
    client: impl FnOnce(UnixStream) -> A,
    server: impl FnOnce(UnixStream) -> B + Send,
) -> (A, B) {
    let (here, there) = UnixStream::pair().unwrap();
    thread::scope(|scope| {
        let server = scope.spawn(|| server(there));
        let answer = client(here);
        (answer, server.join().unwrap())
    })
}

#[path = "../examples/prototypes/logistic"]
mod logistic {
    use super::*;

    #[path = "before.rs"]
    mod before;

    use before::{Fixed, Logistic, Model, Prediction, dealer::deal};

    const DIM: usize = 5;
    const FRAC: u32 = 12;
    type Protocol = Logistic<UnixStream, DIM, FRAC>;

    fn random(rng: &mut StdRng) -> Fixed<FRAC> {
        Fixed::from(rng.random_range(-8.0..8.0))
    }

    fn plain(model: &Model<DIM, FRAC>, x: &[Fixed<FRAC>; DIM]) -> Prediction<FRAC> {
        let products = model.weights.iter().zip(x).map(|(w, x)| w.0 * x.0);
        Prediction((model.bias.0 << FRAC) + products.sum::<i64>())
    }

    #[test]
    fn before_is_right() {
        let mut rng = StdRng::seed_from_u64(1);
        let model = Model { weights: [(); DIM].map(|()| random(&mut rng)), bias: random(&mut rng) };
        let inputs: Vec<_> = (0..50).map(|_| [(); DIM].map(|()| random(&mut rng))).collect();
        let (client_dealer, dealer_client) = UnixStream::pair().unwrap();
        let (server_dealer, dealer_server) = UnixStream::pair().unwrap();
        let dealer = thread::spawn(move || {
            deal::<DIM, _, _, _>(dealer_client, dealer_server, &mut StdRng::seed_from_u64(2))
        });
        let (answers, ()) = run(
            |mut socket| {
                let mut reader = BufReader::new(socket.try_clone().unwrap());
                let answers = inputs.iter().map(|x| {
                    let triple = Protocol::client_offline(&client_dealer).unwrap();
                    Protocol::client_online(triple, x, &mut reader, &mut socket).unwrap()
                });
                answers.collect::<Vec<_>>()
            },
            |mut socket| {
                let mut reader = BufReader::new(socket.try_clone().unwrap());
                for _ in &inputs {
                    let triple = Protocol::server_offline(&server_dealer).unwrap();
                    Protocol::server_online(triple, &model, &mut reader, &mut socket).unwrap();
                }
            },
        );
        drop(client_dealer);
        assert_eq!(dealer.join().unwrap().unwrap(), inputs.len());
        for (answer, input) in answers.iter().zip(&inputs) {
            assert_eq!(*answer, plain(&model, input));
            assert_eq!(answer.is_positive(), answer.probability() >= 0.5);
        }
    }
}

#[path = "../examples/prototypes/garbled"]
mod garbled {
    use super::*;

    #[path = "before.rs"]
    mod before;

    use before::{Buffered, Evaluator, Garbler, GcError};

    fn compare(number: u32, threshold: u32, seed: u64) -> bool {
        let (answer, ()) = run(
            |socket| {
                let (mut party, mut channel) = (Evaluator::default(), Buffered::new(socket));
                party.receive_circuit(&mut channel).unwrap();
                party.compare(number, &mut channel, &mut StdRng::seed_from_u64(seed)).unwrap()
            },
            |socket| {
                let (mut party, mut channel) = (Garbler::new(threshold), Buffered::new(socket));
                party.send_circuit(&mut channel, &mut StdRng::seed_from_u64(!seed)).unwrap();
                party.send_labels(&mut channel).unwrap();
            },
        );
        answer
    }

    #[test]
    fn before_is_right() {
        let mut rng = StdRng::seed_from_u64(3);
        let edges = [0, 1, 2, u32::MAX / 2, u32::MAX / 2 + 1, u32::MAX - 1, u32::MAX];
        let pairs = edges.iter().flat_map(|x| edges.iter().map(move |t| (*x, *t)));
        let random = (0..20).map(|_| rng.random::<(u32, u32)>());
        for (seed, (number, threshold)) in (0..).zip(pairs.chain(random)) {
            assert_eq!(
                compare(number, threshold, seed),
                number >= threshold,
                "{number}, {threshold}"
            );
        }
    }

    #[test]
    fn before_survives_a_malformed_peer() {
        let receive = |bytes: Vec<u8>| {
            let receive = |socket| Evaluator::default().receive_circuit(&mut Buffered::new(socket));
            run(receive, |mut socket| socket.write_all(&bytes).unwrap()).0
        };
        assert!(matches!(receive(vec![0xff; 4096]), Err(GcError::NotAPoint)));
        let short = receive(vec![0; 64]).unwrap_err();
        assert!(matches!(short, GcError::Channel(_)), "{short}");
        let (early, ()) = run(
            |socket| {
                let mut rng = StdRng::seed_from_u64(4);
                Evaluator::default().compare(0, &mut Buffered::new(socket), &mut rng)
            },
            drop,
        );
        assert!(matches!(early, Err(GcError::NoCircuit)));
    }
}

#[path = "../examples/prototypes/lookup"]
mod lookup {
    use super::*;

    #[path = "before.rs"]
    mod before;

    use before::{lookup_client, lookup_server};

    #[test]
    fn before_is_right() {
        let mut rng = StdRng::seed_from_u64(5);
        for bits in 0..7 {
            let table: Vec<u64> = (0..1 << bits).map(|_| rng.random()).collect();
            for _ in 0..4 {
                let index = rng.random_range(0..1 << bits);
                let (mut client, mut server) = (rng.fork(), rng.fork());
                let (entry, end) = run(
                    |mut socket| lookup_client(&mut socket, bits, index, &mut client),
                    |mut socket| lookup_server(&mut socket, &table, &mut server),
                );
                end.unwrap();
                assert_eq!(entry.unwrap(), table[index as usize]);
            }
        }
    }

    #[test]
    fn before_survives_a_malformed_peer() {
        for bytes in [vec![0xff; 4096], vec![0; 33]] {
            let mut rng = StdRng::seed_from_u64(6);
            let (entry, ()) = run(
                |mut socket| lookup_client(&mut socket, 4, 3, &mut rng),
                |mut socket| socket.write_all(&bytes).unwrap(),
            );
            entry.unwrap_err();
        }
    }
}
