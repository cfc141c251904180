//! The prototypes of the annotation guide: each is right as it was before annotation, and hardened
//! it gives the same answers and catches a server that cheats.

// At home each prototype is a crate of its own; before and after share their other files.
#![allow(clippy::unwrap_used, unreachable_pub, clippy::duplicate_mod)]

#[path = "../examples/prototypes/ot.rs"]
mod ot;

use std::{
    fmt::Debug,
    io::{self, BufReader, Write},
    os::unix::net::UnixStream,
    thread,
};

use fusion::{
    Agreement, Check, Client, ClientSide, Connection, Costs, Error, Policy, Rejection, SemiHonest,
    Server, Stage, Verified,
};
use fusion_core::misbehave::{Cheat, Cheating, CheatingServer};
use rand::{CryptoRng, RngExt, SeedableRng, rngs::StdRng};

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

type Checks<P> = Vec<Check<<P as ClientSide>::Query, <P as ClientSide>::Output>>;
type Answers<P> =
    Result<Verified<Vec<<P as ClientSide>::Output>>, Error<<P as ClientSide>::ClientError>>;

/// Runs the hardened client of `P` with the hardened server of `S`: `P`, or `P` cheating.
fn harden<P, S>(
    contexts: (&P::ClientContext, &S::ServerContext),
    parties: (P::Client, S::Server),
    queries: &[P::Query],
    checks: Checks<P>,
) -> Answers<P>
where
    P: SemiHonest<Agreement: Agreement<P::Output, Verified = P::Output>>,
    S: SemiHonest<Server: Send, ServerContext: Sync>,
{
    let (client, server) = parties;
    let policy = Policy::against_blind_tampering(P::DECLARATION.soundness, queries.len()).unwrap();
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(8);
            // What counts is the client's verdict.
            let _ = Server::<S>::with(server).serve(&mut there, contexts.1, &mut rng);
        });
        let mut client = Client::<P>::with(client, policy, checks);
        let answers = client.infer(&mut here, contexts.0, queries, &mut StdRng::seed_from_u64(9));
        drop(here);
        answers
    })
}

/// Whether the client saw that answers are wrong.
fn is_caught<T, E>(answers: &Result<Verified<T>, Error<E>>) -> bool {
    use Rejection::{Accuracy, Disagreement};
    let Err(Error::Rejected { reason, .. }) = answers else { return false };
    matches!(reason, Accuracy(_) | Disagreement { .. })
}

/// What the guide promises: lines are added, and none is changed.
#[test]
fn annotation_only_adds_lines() {
    let prototypes = [
        (
            "logistic",
            include_str!("../examples/prototypes/logistic/before.rs"),
            include_str!("../examples/prototypes/logistic/after.rs"),
        ),
        (
            "garbled",
            include_str!("../examples/prototypes/garbled/before.rs"),
            include_str!("../examples/prototypes/garbled/after.rs"),
        ),
        (
            "lookup",
            include_str!("../examples/prototypes/lookup/before.rs"),
            include_str!("../examples/prototypes/lookup/after.rs"),
        ),
    ];
    for (name, before, after) in prototypes {
        let mut after = after.lines();
        for line in before.lines() {
            assert!(after.any(|kept| kept == line), "{name} lost {line:?}");
        }
    }
}

#[path = "../examples/prototypes/logistic"]
mod logistic {
    use super::*;

    #[path = "after.rs"]
    mod after;
    #[path = "before.rs"]
    mod before;

    const DIM: usize = 5;
    const FRAC: u32 = 12;
    type Before = before::Logistic<UnixStream, DIM, FRAC>;
    type After = after::Logistic<UnixStream, DIM, FRAC>;

    /// Weights and bias, or features and nothing.
    type Numbers = ([i64; DIM], i64);

    fn random(rng: &mut StdRng) -> Numbers {
        let mut number = || rng.random_range(-8 << FRAC..8 << FRAC);
        ([(); DIM].map(|()| number()), number())
    }

    fn plain((weights, bias): &Numbers, (features, _): &Numbers) -> i64 {
        (bias << FRAC) + weights.iter().zip(features).map(|(w, x)| w * x).sum::<i64>()
    }

    type Deal<E> = fn(UnixStream, UnixStream, &mut StdRng) -> Result<usize, E>;

    /// Runs with a dealer; gives for how many runs it dealt.
    fn with_dealer<T, E: Debug + Send + 'static>(
        deal: Deal<E>,
        run: impl FnOnce(&UnixStream, UnixStream) -> T,
    ) -> (T, usize) {
        let (client, dealer_client) = UnixStream::pair().unwrap();
        let (server, dealer_server) = UnixStream::pair().unwrap();
        let dealer = thread::spawn(move || {
            deal(dealer_client, dealer_server, &mut StdRng::seed_from_u64(2))
        });
        let result = run(&client, server);
        drop(client);
        (result, dealer.join().unwrap().unwrap())
    }

    #[test]
    fn before_is_right() {
        let mut rng = StdRng::seed_from_u64(1);
        let model = random(&mut rng);
        let inputs: Vec<_> = (0..50).map(|_| random(&mut rng)).collect();
        let deal = before::dealer::deal::<DIM, _, _, _>;
        let (answers, dealt) = with_dealer(deal, |client_dealer, server_dealer| {
            let client = |mut socket: UnixStream| {
                let mut reader = BufReader::new(socket.try_clone().unwrap());
                let answers = inputs.iter().map(|(x, _)| {
                    let triple = Before::client_offline(client_dealer).unwrap();
                    let x = x.map(before::Fixed);
                    Before::client_online(triple, &x, &mut reader, &mut socket).unwrap()
                });
                answers.collect::<Vec<_>>()
            };
            let server = |mut socket: UnixStream| {
                let mut reader = BufReader::new(socket.try_clone().unwrap());
                let (weights, bias) = (model.0.map(before::Fixed), before::Fixed(model.1));
                let model = before::Model { weights, bias };
                for _ in &inputs {
                    let triple = Before::server_offline(&server_dealer).unwrap();
                    Before::server_online(triple, &model, &mut reader, &mut socket).unwrap();
                }
            };
            run(client, server).0
        });
        assert_eq!(dealt, inputs.len());
        for (answer, input) in answers.iter().zip(&inputs) {
            assert_eq!(answer.0, plain(&model, input));
            assert_eq!(answer.is_positive(), answer.probability() >= 0.5);
        }
    }

    #[test]
    fn numbers_are_fixed_point() {
        assert_eq!(before::Fixed::<FRAC>::from(-1.5), before::Fixed(-3 << (FRAC - 1)));
        assert_eq!(before::Prediction::<FRAC>(0).probability(), 0.5);
    }

    #[test]
    fn the_dealer_refuses_another_dimension() {
        type Other = before::Logistic<UnixStream, 3, FRAC>;
        let (client, dealer_client) = UnixStream::pair().unwrap();
        let (server, dealer_server) = UnixStream::pair().unwrap();
        let (asked, end) = thread::scope(|scope| {
            let dealer = scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(2);
                before::dealer::deal::<DIM, _, _, _>(dealer_client, dealer_server, &mut rng)
            });
            let server = scope.spawn(|| Other::server_offline(&server).err());
            (
                Before::client_offline(&client).is_err() && server.join().unwrap().is_some(),
                dealer.join().unwrap(),
            )
        });
        assert!(asked);
        assert_eq!(end.unwrap_err().to_string(), "3 features asked for, 5 dealt");
    }

    /// Two queries and sixteen checks; the server has `used` where `claimed` is expected.
    fn infer<S>(claimed: &Numbers, used: &Numbers, server: S::Server) -> (Answers<After>, usize)
    where
        S: SemiHonest<Server: Send, ServerContext = (UnixStream, after::Model<DIM, FRAC>)>,
    {
        let mut rng = StdRng::seed_from_u64(7);
        let queries = [1, 2].map(|_| random(&mut rng));
        let checks = (0..16).map(|_| {
            let sample = random(&mut rng);
            let score = plain(claimed, &sample);
            Check::model_answer(sample.0.map(after::Fixed), after::Prediction(score))
        });
        let (weights, bias) = (used.0.map(after::Fixed), after::Fixed(used.1));
        let checks = checks.collect();
        let deal = after::dealer::deal::<DIM, _, _, _>;
        let (answers, dealt) = with_dealer(deal, |client, dealer| {
            let server_context = (dealer, after::Model { weights, bias });
            let queries = queries.map(|(features, _)| features.map(after::Fixed));
            harden::<After, S>((client, &server_context), ((), server), &queries, checks)
        });
        if let Ok(answers) = &answers {
            let scores: Vec<_> = answers.iter().map(|answer| answer.0).collect();
            assert!(answers.iter().all(|answer| answer.is_positive() == (answer.0 >= 0)));
            assert_eq!(scores, queries.map(|query| plain(claimed, &query)));
        }
        (answers, dealt)
    }

    #[test]
    fn after_agrees_and_catches() {
        let model = random(&mut StdRng::seed_from_u64(1));
        let (honest, dealt) = infer::<After>(&model, &model, ());
        assert_eq!(dealt, 2 * 16 + 16);
        let certain = honest.unwrap().iter().all(|answer| answer.probability() != 0.5);
        assert!(certain);

        let cheat = CheatingServer::new((), Cheat::Flip { slots: 1 });
        assert!(is_caught(&infer::<Cheating<After>>(&model, &model, cheat).0));
        let other = (model.0, model.1 + 1);
        assert!(is_caught(&infer::<After>(&model, &other, ()).0));
    }
}

#[path = "../examples/prototypes/garbled"]
mod garbled {
    use super::*;

    #[path = "after.rs"]
    mod after;
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

    /// Two queries and sixteen checks around `THRESHOLD`.
    fn infer<S>(server: S::Server) -> Answers<after::Garbler>
    where
        S: SemiHonest<Server: Send, ServerContext = ()>,
    {
        let numbers = || (THRESHOLD - 8..).take(16);
        let checks =
            numbers().map(|number| Check::model_answer(number, number >= THRESHOLD)).collect();
        let parties = (after::Evaluator::default(), server);
        let answers = harden::<after::Garbler, S>((&(), &()), parties, &[5, u32::MAX], checks);
        if let Ok(answers) = &answers {
            assert_eq!(**answers, [false, true]);
        }
        answers
    }

    const THRESHOLD: u32 = 1000;

    #[test]
    fn after_agrees_and_catches() {
        infer::<after::Garbler>(after::Garbler::new(THRESHOLD)).unwrap();
        assert!(is_caught(&infer::<after::Garbler>(after::Garbler::new(THRESHOLD + 1))));
        // A flipped label gives a random answer: right half the time, so one slot is too few.
        let cheat = CheatingServer::new(after::Garbler::new(THRESHOLD), Cheat::Flip { slots: 40 });
        let end = infer::<Cheating<after::Garbler>>(cheat);
        assert!(is_caught(&end), "{:?}", end.err());
    }

    /// A garbler with a wrong label for the value 1 of the highest bit, in every slot.
    #[fusion::harden(
        soundness = 40,
        privacy = malicious,
        executions = isolated,
        client = after::Evaluator,
        name = "Garbler"
    )]
    struct Selective(after::Garbler);

    #[fusion::harden(
        server,
        channel = after::Buffered::new,
        instance = |_| Self(after::Garbler::new(THRESHOLD))
    )]
    impl Selective {
        #[fusion::server(offline)]
        fn send_circuit<R: CryptoRng>(
            &mut self,
            channel: &mut dyn after::Channel,
            rng: &mut R,
        ) -> after::GcResult<()> {
            self.0.send_circuit(channel, rng)
        }

        #[fusion::server(online)]
        fn send_labels(&mut self, channel: &mut dyn after::Channel) -> after::GcResult<()> {
            self.0.send_labels(&mut Spoiling { channel, sent: 0 })
        }
    }

    struct Spoiling<'a> {
        channel: &'a mut dyn after::Channel,
        sent: usize,
    }

    impl after::Channel for Spoiling<'_> {
        fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.sent += 1;
            // Two labels for each bit.
            if self.sent < 2 * after::BITS {
                return self.channel.send(bytes);
            }
            let spoilt: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
            self.channel.send(&spoilt)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.channel.flush()
        }

        fn receive(&mut self, bytes: &mut [u8]) -> io::Result<()> {
            self.channel.receive(bytes)
        }
    }

    /// The guide warns of it: where no check has the bit, the verdict is about the queries' bit.
    #[test]
    fn selective_failure_makes_the_verdict_depend_on_a_query() {
        let verdict = |queries: &[u32], checks: &[u32]| {
            let checks =
                checks.iter().map(|&number| Check::model_answer(number, number >= THRESHOLD));
            let parties = (after::Evaluator::default(), Selective(after::Garbler::new(THRESHOLD)));
            harden::<after::Garbler, Selective>((&(), &()), parties, queries, checks.collect())
        };
        let small: Vec<u32> = (THRESHOLD - 8..THRESHOLD + 8).collect();
        assert_eq!(*verdict(&[5, 2000], &small).unwrap(), [false, true]);
        assert!(is_caught(&verdict(&[5, u32::MAX], &small)));
        // Checks with either value of the bit are wrong whatever the queries are.
        let both: Vec<u32> = small.iter().map(|number| number ^ (number & 1) << 31).collect();
        assert!(is_caught(&verdict(&[5, 2000], &both)));
    }
}

#[path = "../examples/prototypes/lookup"]
mod lookup {
    use super::*;

    #[path = "after.rs"]
    mod after;
    #[path = "before.rs"]
    mod before;

    use after::Lookup;
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

    /// Two queries and sixteen checks; the server has `used` where `claimed` is expected.
    fn infer<S>(claimed: &[u64], used: &[u64], server: S::Server) -> Answers<Lookup>
    where
        S: SemiHonest<Server: Send, ServerContext = [u64]>,
    {
        let queries = [3, 12];
        let checks =
            (0..16).map(|index| Check::model_answer(index, claimed[index as usize])).collect();
        let answers = harden::<Lookup, S>((&4, used), ((), server), &queries, checks);
        if let Ok(answers) = &answers {
            assert_eq!(**answers, queries.map(|index| claimed[index as usize]));
        }
        answers
    }

    #[test]
    fn after_agrees_and_catches() {
        let table: [u64; 16] = StdRng::seed_from_u64(10).random();
        infer::<Lookup>(&table, &table, ()).unwrap();

        let mut other = table;
        other[7] ^= 1;
        assert!(is_caught(&infer::<Lookup>(&table, &other, ())));
        // The first message of a slot is a point, and another point is hard to hit. The client has more to
        // say in the slot, so its error cannot wait for the verdict.
        let cheat = CheatingServer::new((), Cheat::Flip { slots: 1 });
        let end = infer::<Cheating<Lookup>>(&table, &table, cheat);
        assert!(matches!(end, Err(Error::Protocol { .. })), "{end:?}");
    }

    #[test]
    fn inner_phases_are_in_the_report() {
        let table: [u64; 16] = StdRng::seed_from_u64(11).random();
        let (mut here, mut there) = Connection::pair();
        let (report, server) = thread::scope(|scope| {
            let server = scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(12);
                after::LookupServer::new().serve(&mut there, &table, &mut rng).unwrap()
            });
            let checks = (0..).zip(table).map(|(index, entry)| Check::model_answer(index, entry));
            let policy = Policy::against_blind_tampering(40, 2).unwrap();
            let mut client = after::LookupClient::new(policy, checks.collect());
            let mut rng = StdRng::seed_from_u64(13);
            let answers = client.infer(&mut here, &4, &[3, 12], &mut rng).unwrap();
            (answers.report().clone(), server.join().unwrap())
        });

        // Per slot: A, then R for each bit of the index, then the entries; and what frames them.
        let slots = report.parameters.slots() as u64;
        let [announced, choices, entries] = [32, 4 * 32, 16 * 8].map(|bytes| slots * bytes);
        let parts = |costs: &Costs| {
            let online = costs.phases.iter().find(|phase| phase.stage == Some(Stage::Online));
            let parts = online.unwrap().inner.iter();
            parts.map(|part| (part.name.clone(), part.sent, part.received)).collect::<Vec<_>>()
        };
        let [(choose, chosen, heard), (open, none, opened)] = &parts(&report.costs)[..] else {
            panic!("{report}");
        };
        assert_eq!((choose.as_str(), open.as_str(), *none), ("choose_keys", "open_entry", 0));
        assert!((choices..2 * choices).contains(chosen), "{report}");
        assert!((announced..2 * announced).contains(heard), "{report}");
        assert!((entries..2 * entries).contains(opened), "{report}");
        assert!(report.to_string().contains("- open_entry"), "{report}");
        // What one party sends in a part, the other receives in its own.
        let expected = [("offer_keys", heard, chosen), ("mask_entries", opened, none)];
        let expected = expected.map(|(name, sent, received)| (name.into(), *sent, *received));
        assert_eq!(parts(&server), expected);
    }

    #[test]
    fn after_works_plainly_too() {
        let table: [u64; 8] = StdRng::seed_from_u64(14).random();
        let (entry, end) = run(
            |mut socket| {
                after::lookup_client(&mut socket, 3, 5, &mut StdRng::seed_from_u64(15)).unwrap()
            },
            |mut socket| after::lookup_server(&mut socket, &table, &mut StdRng::seed_from_u64(16)),
        );
        end.unwrap();
        assert_eq!(entry, table[5]);
    }

    /// The guide warns of it: entries have nothing to do with each other.
    #[test]
    fn an_entry_that_no_check_asks_for_is_not_covered() {
        let table: [u64; 32] = StdRng::seed_from_u64(17).random();
        let mut other = table;
        other[31] ^= 1;
        let checks =
            (0..31).map(|index| Check::model_answer(index, table[index as usize])).collect();
        let answers = harden::<Lookup, Lookup>((&5, &other[..]), ((), ()), &[31], checks).unwrap();
        assert_ne!(*answers, [table[31]]);
    }
}
