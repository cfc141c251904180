//! A server that computes on what it has of several slots.

use super::*;

/// A server that adds the difference of two slots' requests to a third: with one key for all, that slot
/// would be right if these two held the same, and wrong otherwise.
fn linking(linking: run::Linking) -> Cheetah {
    Cheetah { linking: Some(linking), ..Cheetah::server() }
}

#[test]
fn what_a_server_links_is_wrong_whatever_other_slots_hold() {
    let served = Served::logits(small(), PIXELS).unwrap().with_transfers(Transfers::SoftSpoken);
    let [x, y] = [vec![1, 2, 3, 4], vec![200, 0, 17, 9]];
    for others in [[x.clone(), x.clone()], [x.clone(), y.clone()], [y.clone(), y.clone()]] {
        for layer in [0, 2] {
            let queries = [&others[..], std::slice::from_ref(&y)].concat();
            let (mut here, mut there) = Connection::pair();
            let answers = thread::scope(|scope| {
                scope.spawn(|| {
                    let mut rng = StdRng::seed_from_u64(1);
                    let mut party = linking(run::Linking { layer, of: [0, 1], into: 2 });
                    semi_honest::serve::<Cheetah, _>(&mut party, &mut there, &served, &mut rng)
                        .unwrap();
                });
                let mut party = Cheetah::client();
                let (context, mut rng) = (served.description(), StdRng::seed_from_u64(2));
                semi_honest::infer::<Cheetah, _>(&mut party, &mut here, context, &queries, &mut rng)
                    .unwrap()
                    .0
            });
            let right = served.model().infer_batch(&queries).unwrap();
            let right: Vec<_> = right.into_iter().map(Answer::Logits).collect();
            assert_eq!(answers[..2], right[..2], "the others are left alone");
            assert_ne!(answers[2], right[2], "layer {layer}, others {others:?}");
        }
    }
}

/// One query and sixteen: what such a server gets is a rejection, never a wrong answer.
#[test]
fn a_batch_whose_slots_are_linked_is_rejected() {
    for (queries, seed) in [(1, 1), (16, 2)] {
        let queries = queries_of(queries, seed);
        let samples = queries_of(40, 99);
        let label = |input: &Vec<i64>| Answer::of(&small().infer(input).unwrap(), Outputs::Logits);
        let checks = samples.into_iter().map(|x| {
            let answer = label(&x);
            Check::model_answer(x, answer)
        });
        let served = Served::logits(small(), PIXELS).unwrap().with_transfers(Transfers::SoftSpoken);
        let description = served.description().clone();
        let policy = Policy::against_blind_tampering(40, queries.len()).unwrap();
        let (mut here, mut there) = Connection::pair();
        let party = linking(run::Linking { layer: 0, of: [3, 7], into: 20 });
        let server = thread::spawn(move || {
            let mut rng = StdRng::seed_from_u64(1);
            CheetahServer::with(party).serve(&mut there, &served, &mut rng).map(drop)
        });
        let client = Cheetah::client();
        let mut client = CheetahClient::with(client, policy, checks.collect());
        let mut rng = StdRng::seed_from_u64(seed);
        let answers = client.infer(&mut here, &description, &queries, &mut rng);
        assert!(matches!(answers, Err(Error::Rejected { .. })), "{answers:?}");
        server.join().unwrap().unwrap();
    }
}

fn queries_of(count: usize, seed: u64) -> Vec<Vec<i64>> {
    queries(count, 4, PIXELS, seed)
}
