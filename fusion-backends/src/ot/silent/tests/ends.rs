//! Both ends of an extension, over several iterations.

use std::io::Write;

use super::*;
use crate::ot::batch::{OtReceiver, OtSender};
use crate::ot::tests::{both, streams};

fn ends(size: Size) -> ((Silent, Stream), (Silent, Stream)) {
    let (left, right) = streams();
    let party = |role, mut stream| {
        let mut rng = StdRng::seed_from_u64(role as u64);
        (setup_of_size(size, role, b"test", &mut stream, &mut rng).unwrap(), stream)
    };
    both(|| party(Role::Client, left), || party(Role::Server, right))
}

/// Takes as many as `counts`, each prepared before, and checks what was taken.
fn take_all(
    (sender, right): (&mut SilentSender, &mut Stream),
    (receiver, left): (&mut SilentReceiver, &mut Stream),
    counts: &[usize],
    seen: &mut std::collections::HashSet<Block>,
) {
    let mut rngs = [StdRng::seed_from_u64(1), StdRng::seed_from_u64(2)];
    let [one, two] = &mut rngs;
    for count in counts {
        both(
            || receiver.prepare(*count, left, one).unwrap(),
            || sender.prepare(*count, right, two).unwrap(),
        );
        assert_eq!(sender.prepared(), receiver.prepared());
        assert!(sender.prepared() >= *count);
        let (t, q) = (receiver.take(*count).unwrap(), sender.take(*count).unwrap());
        assert_eq!(t.first, q.first);
        let mut ones = 0;
        let delta = *q.delta;
        for ((t, q), choice) in t.rows.iter().zip(q.rows.iter()).zip(t.choices()) {
            assert_eq!(t ^ q, if *choice == 1 { delta } else { 0 });
            ones += usize::from(*choice);
            assert!(seen.insert(*q));
        }
        assert!((ones as f64 - *count as f64 / 2.0).abs() <= 4.0 * (*count as f64).sqrt());
    }
}

#[test]
fn transfers_are_right_over_many_iterations_and_both_ways() {
    let ((mut client, mut left), (mut server, mut right)) = ends(TINY);
    let mut seen = std::collections::HashSet::new();
    let counts = [1, 0, 15, 16, 17, 287, 289, 1000, 3];
    take_all(
        (&mut server.sender, &mut right),
        (&mut client.receiver, &mut left),
        &counts,
        &mut seen,
    );
    take_all(
        (&mut client.sender, &mut left),
        (&mut server.receiver, &mut right),
        &counts,
        &mut seen,
    );
    assert!(matches!(server.sender.take(999), Err(OtError::NotPrepared { needed: 999, .. })));
}

/// The size that is in use: slow without optimization.
#[test]
#[ignore = "takes a minute without --release"]
fn transfers_are_right_in_the_standard_size() {
    let ((mut client, mut left), (mut server, mut right)) = ends(Size::STANDARD);
    let mut seen = std::collections::HashSet::new();
    take_all(
        (&mut server.sender, &mut right),
        (&mut client.receiver, &mut left),
        &[1, 2_900_000, 500_000],
        &mut seen,
    );
}

#[test]
fn a_peer_that_cheats_or_stops_leaves_an_end_of_no_more_use() {
    let mut rng = StdRng::seed_from_u64(0);
    // Of the sender's first iteration: some of the trees, all of them and no hash, a wrong hash.
    let trees = TINY.level_rows() * 16;
    for sent in [0, 16, trees, trees + 31, trees + 32] {
        let ((mut client, mut left), (server, mut right)) = ends(TINY);
        let (result, _) = both(
            || client.receiver.prepare(1, &mut left, &mut rng),
            || {
                right.write_all(&vec![7; sent]).unwrap();
                right.flush().unwrap();
                // Whoever has said all listens on.
                (sent == trees + 32).then_some((server, right))
            },
        );
        match result {
            Err(OtError::Inconsistent(Check::Leaves)) => assert_eq!(sent, trees + 32),
            Err(OtError::Io(_)) => assert!(sent < trees + 32),
            other => panic!("{other:?}"),
        }
        let (mut a, _) = streams();
        assert!(matches!(client.receiver.prepare(1, &mut a, &mut rng), Err(OtError::Broken)));
        assert!(matches!(client.receiver.take(0), Err(OtError::Broken)));
    }
    // The receiver stops before its answer.
    let ((client, left), (mut server, mut right)) = ends(TINY);
    drop((client, left));
    assert!(matches!(server.sender.prepare(1, &mut right, &mut rng), Err(OtError::Io(_))));
    assert!(matches!(server.sender.prepare(1, &mut right, &mut rng), Err(OtError::Broken)));
    assert!(matches!(server.sender.take(0), Err(OtError::Broken)));
}
