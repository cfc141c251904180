//! How the guide runs the three prototypes.

use std::{error::Error, os::unix::net::UnixStream, thread};

use fusion::{AccuracyTargets, Check, Connection, Planner, Policy, Verified};
use rand::{CryptoRng, RngExt, SeedableRng, rngs::StdRng};

#[path = "../../examples/prototypes/garbled/after.rs"]
mod garbled;
#[path = "../../examples/prototypes/logistic/after.rs"]
mod logistic;
#[path = "../../examples/prototypes/lookup/after.rs"]
mod lookup;

use garbled::{Evaluator, Garbler, GarblerClient, GarblerServer};
use logistic::{Fixed, LogisticClient, LogisticServer, Model, Prediction};
use lookup::{LookupClient, LookupServer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const DIM: usize = 4;
const FRAC: u32 = 8;
type Features = [Fixed<FRAC>; DIM];

fn logistic_server<R: CryptoRng>(
    connection: &mut Connection,
    dealer: UnixStream,
    model: Model<DIM, FRAC>,
    rng: &mut R,
) -> Outcome<()> {
    let mut server = LogisticServer::<UnixStream, DIM, FRAC>::new();
    server.serve(connection, &(dealer, model), rng)?;
    Ok(())
}

fn logistic_client<R: CryptoRng>(
    connection: &mut Connection,
    dealer: &UnixStream,
    patients: &[Features],
    known: Vec<(Features, bool)>,
    rng: &mut R,
) -> Outcome<Verified<Vec<Prediction<FRAC>>>> {
    let checks = known.into_iter().map(|(features, is_ill)| {
        Check::truth(features, move |answer: &Prediction<FRAC>| answer.is_positive() == is_ill)
    });
    // What the vendor claims, and what would not do.
    let accuracy = AccuracyTargets::new("95%".parse()?, "80%".parse()?, 7, 7)?;
    let policy = Policy::plan(&Planner::new(patients.len(), 40).accuracy(accuracy))?;
    let mut client = LogisticClient::<UnixStream, DIM, FRAC>::new(policy, checks.collect());
    let answers = client.infer(connection, dealer, patients, rng)?;
    println!("{}", answers.report());
    Ok(answers)
}

#[test]
fn logistic_runs() {
    let features = |n: i64| [n, 1, -n, 2].map(|x| Fixed(x << FRAC));
    let model = Model { weights: [3, -1, 2, 1].map(|w| Fixed(w << FRAC)), bias: Fixed(0) };
    let (client_dealer, dealer_client) = UnixStream::pair().unwrap();
    let (server_dealer, dealer_server) = UnixStream::pair().unwrap();
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(1);
            logistic::dealer::deal::<DIM, _, _, _>(dealer_client, dealer_server, &mut rng).unwrap()
        });
        scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(2);
            logistic_server(&mut there, server_dealer, model, &mut rng).unwrap();
        });
        // The score is n + 1.
        let known = (0..200).map(|n| (features(n - 15), n >= 14)).collect();
        let patients = [features(4), features(-3)];
        let mut rng = StdRng::seed_from_u64(3);
        let answers =
            logistic_client(&mut here, &client_dealer, &patients, known, &mut rng).unwrap();
        assert_eq!(*answers, [5, -2].map(|score| Prediction(score << (2 * FRAC))));
        assert!(answers[0].probability() > 0.9 && answers[1].probability() < 0.2);
        drop(client_dealer);
    });
}

fn garbled_server<R: CryptoRng>(
    connection: &mut Connection,
    threshold: u32,
    rng: &mut R,
) -> Outcome<()> {
    let mut server = GarblerServer::with(Garbler::new(threshold));
    server.serve(connection, &(), rng)?;
    Ok(())
}

fn garbled_client<R: CryptoRng>(
    connection: &mut Connection,
    numbers: &[u32],
    checks: Vec<Check<u32, bool>>,
    rng: &mut R,
) -> Outcome<Vec<bool>> {
    let policy = Policy::against_any_server("1%".parse()?, 40, numbers.len())?;
    let mut client = GarblerClient::with(Evaluator::default(), policy, checks);
    let answers = client.infer(connection, &(), numbers, rng)?;
    Ok(answers.into_inner())
}

#[test]
fn garbled_runs() {
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            garbled_server(&mut there, 1 << 31, &mut StdRng::seed_from_u64(1)).unwrap();
        });
        let mut rng = StdRng::seed_from_u64(2);
        let checks =
            (0..200).map(|_| rng.random()).map(|x: u32| Check::model_answer(x, x >> 31 == 1));
        let checks = checks.collect();
        let answers = garbled_client(&mut here, &[5, u32::MAX], checks, &mut rng).unwrap();
        assert_eq!(answers, [false, true]);
    });
}

fn lookup_server<R: CryptoRng>(
    connection: &mut Connection,
    table: &[u64],
    rng: &mut R,
) -> Outcome<()> {
    LookupServer::new().serve(connection, table, rng)?;
    Ok(())
}

fn lookup_client<R: CryptoRng>(
    connection: &mut Connection,
    bits: u32,
    indices: &[u32],
    checks: Vec<Check<u32, u64>>,
    rng: &mut R,
) -> Outcome<Verified<Vec<u64>>> {
    if indices.iter().any(|index| index >> bits != 0) {
        return Err("no such entry".into());
    }
    let policy = Policy::against_any_server("5%".parse()?, 40, indices.len())?;
    let mut client = LookupClient::new(policy, checks);
    Ok(client.infer(connection, &bits, indices, rng)?)
}

#[test]
fn lookup_runs() {
    let table: [u64; 32] = StdRng::seed_from_u64(1).random();
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            lookup_server(&mut there, &table, &mut StdRng::seed_from_u64(2)).unwrap();
        });
        let checks =
            || (0..).zip(table).map(|(index, entry)| Check::model_answer(index, entry)).collect();
        let mut rng = StdRng::seed_from_u64(3);
        let refused = lookup_client(&mut here, 5, &[32], checks(), &mut rng);
        assert_eq!(refused.unwrap_err().to_string(), "no such entry");
        let answers = lookup_client(&mut here, 5, &[3, 30], checks(), &mut rng).unwrap();
        assert_eq!(*answers, [table[3], table[30]]);
    });
}
