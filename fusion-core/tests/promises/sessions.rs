//! Checks over many batches, and what is refused before anything is sent.

use std::{io, thread};

use fusion_core::{
    AccuracyTargets, Check, Client, ClientRun, ClientSide, Connection, Declaration, Declared,
    Error, Exact, Misuse, PhaseError, Planner, Policy, Pool, Sample, SemiHonest, Server, ServerRun,
    ServerSide, Session, Stage, Step,
};

use super::{checks, get, put, run};

/// Multiplies; takes even numbers below 10,000, and has answers below 100,000.
struct Toy;

impl Declared for Toy {
    const DECLARATION: Declaration = Declaration::new(1);
}

impl SemiHonest for Toy {
    const NAME: &'static str = "toy";

    type Agreement = Exact;
}

impl ClientSide for Toy {
    const CLIENT_STEPS: &'static [Step] = &[Step::new(Stage::Online, "ask")];

    type Client = ();
    type ClientContext = ();
    type Query = u64;
    type Output = u64;
    type ClientError = io::Error;
    type ClientSetup = ();
    type ClientState = ();

    async fn client_step(
        _: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        put(run.wire, *run.batch.query()?).map_err(PhaseError::Protocol)?;
        run.outputs.push(get(run.wire).map_err(PhaseError::Protocol)?);
        Ok(())
    }

    fn validate_query((): &(), (): &(), query: &u64) -> Result<(), String> {
        if *query < 10_000 { Ok(()) } else { Err(format!("{query} is not below 10000")) }
    }

    fn validate_answer((): &(), (): &(), answer: &u64) -> Result<(), String> {
        if *answer < 100_000 { Ok(()) } else { Err(format!("{answer} is not below 100000")) }
    }

    fn classes(samples: &[&u64]) -> Option<Vec<usize>> {
        Some(samples.iter().map(|sample| **sample as usize).collect())
    }
}

impl ServerSide for Toy {
    const SERVER_STEPS: &'static [Step] = &[Step::new(Stage::Online, "answer")];

    type Server = ();
    type ServerContext = u64;
    type ServerError = io::Error;
    type ServerSetup = ();
    type ServerState = ();

    async fn server_step(
        _: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        let x = get(run.wire).map_err(PhaseError::Protocol)?;
        put(run.wire, x * run.context).map_err(PhaseError::Protocol)
    }
}

const POLICY: Policy = Policy::new(1, 2, 4, 0);

/// The error of a client that never says a word.
fn refused(client: &mut Client<Toy>, queries: &[u64]) -> Misuse {
    let (mut here, _there) = Connection::pair();
    match client.infer(&mut here, &(), queries, &mut rand::rng()) {
        Err(error @ Error::Misuse(_)) if !error.may_retry() => panic!("{error}"),
        Err(Error::Misuse(misuse)) => misuse,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_protocol_cannot_take_is_named_as_its_owner_knows_it() {
    let mut client = Client::<Toy>::new(POLICY, checks(20, 3));
    let invalid = |of, reason: &str| Misuse::Invalid { of, reason: reason.into() };
    let wide = invalid(Sample::Query(1), "10000 is not below 10000");
    assert_eq!(refused(&mut client, &[1, 10_000]), wide);
    let mut pool = checks(20, 3);
    pool[13] = Check::model_answer(5, 100_000);
    let mut client = Client::<Toy>::new(POLICY, pool);
    let answer = invalid(Sample::Check(13), "100000 is not below 100000");
    assert_eq!(refused(&mut client, &[1]), answer);
}

#[test]
fn the_truth_with_slack_0_is_refused_and_the_way_out_is_said() {
    let truths = || (0..2000).map(|x| Check::truth(x, move |answer| *answer == 3 * x)).collect();
    let mut client = Client::<Toy>::new(POLICY, truths());
    let refusal = refused(&mut client, &[1]);
    assert_eq!(refusal, Misuse::TruthWithoutSlack);
    assert!(refusal.to_string().contains("AccuracyTargets::new(claimed"));
    let targets = AccuracyTargets::new("95%".parse().unwrap(), "80%".parse().unwrap(), 7, 7);
    let policy = Policy::plan(&Planner::new(1, 1).accuracy(targets.unwrap())).unwrap();
    let mut client = Client::<Toy>::new(policy, truths());
    assert_eq!(*run(&mut client, &3, &[7]).0.unwrap(), [21]);
}

/// A constant model gets one sample right as often as it is asked; that is one piece of evidence.
#[test]
fn equal_checks_are_not_taken_for_many() {
    let targets = AccuracyTargets::model_answers("90%".parse().unwrap(), 20).unwrap();
    let policy = Policy::plan(&Planner::new(2, 1).accuracy(targets)).unwrap();
    let pool: Vec<_> = (0..200).map(|_| Check::model_answer(4, 12)).collect();
    let mut client = Client::<Toy>::new(policy, pool);
    let (answers, _) = run(&mut client, &3, &[7, 8]);
    let answers = answers.unwrap();
    let report = answers.report();
    let bits = report.guarantee_a.as_ref().unwrap().false_accept;
    assert!(bits < 0.16, "one check of accuracy 90%: {bits} bits");
    let session = report.session.as_ref().unwrap();
    assert_eq!(session.distinct, (1, 0));
    assert!(session.wrong_at_most.unwrap() > 0.94);
    assert!(report.to_string().contains("1 distinct samples"), "{report}");
}

#[test]
fn a_pool_is_dealt_and_the_report_says_for_how_long_checks_are_fresh() {
    let mut client = Client::<Toy>::new(POLICY, checks(10, 3)).pool(Pool::List);
    for (batch, fresh_for) in [(1, 1), (2, 0), (3, 0)] {
        let (answers, _) = run(&mut client, &3, &[7, 8]);
        let answers = answers.unwrap();
        let session = answers.report().session.as_ref().unwrap();
        assert_eq!(
            (session.batches, session.fresh_for, session.reused),
            (batch, fresh_for, batch > 2)
        );
        assert_eq!(session.total, 4 * batch);
        assert!(answers.report().to_string().contains("the checks are a list"));
    }
    assert_eq!(client.session().accepted(), 3);
    // Stored, and gone on with.
    let stored = client.session().clone();
    let other = Client::<Toy>::new(POLICY, checks(11, 3));
    assert!(matches!(
        other.resume(stored.clone()),
        Err(Misuse::OtherPool { session: 10, client: 11 })
    ));
    let mut again = Client::<Toy>::new(POLICY, checks(10, 3)).resume(stored).unwrap();
    run(&mut again, &3, &[9]).0.unwrap();
    assert_eq!((again.session().batches(), again.session().right()), (4, 16));
}

/// What an early end used up is not used again: somebody may have looked at it.
#[test]
fn a_batch_that_ends_early_has_used_its_checks() {
    let mut client = Client::<Toy>::new(POLICY, checks(10, 3));
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut rng = rand::rng();
            // It overflows on the first input, and so ends the run.
            let _ = Server::<Toy>::new().serve(&mut there, &u64::MAX, &mut rng);
        });
        client.infer(&mut here, &(), &[7], &mut rand::rng()).map(drop).unwrap_err();
    });
    let session: &Session = client.session();
    assert_eq!((session.batches(), session.ended_early(), session.fresh_for(4)), (0, 1, 1));
}

/// Of the shape of a batch, a server sees N.
#[test]
fn the_first_message_says_n_and_no_more() {
    let hello = |policy: Policy, queries: &[u64]| {
        let (here, mut there) = fusion_core::channel::memory_pair();
        let mut here = Connection::new(here);
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut client = Client::<Toy>::new(policy, checks(40, 3));
                let _ = client.infer(&mut here, &(), queries, &mut rand::rng());
            });
            use fusion_core::Channel;
            let mut hello = there.recv(std::time::Duration::from_secs(5)).unwrap();
            drop(there);
            // The nonce comes last.
            hello.truncate(hello.len() - 16);
            hello
        })
    };
    assert_eq!(hello(Policy::new(1, 2, 4, 0), &[1, 2]), hello(Policy::new(1, 3, 5, 1), &[1]));
    assert_ne!(hello(Policy::new(1, 2, 4, 0), &[1, 2]), hello(Policy::new(1, 2, 5, 0), &[1, 2]));
}
