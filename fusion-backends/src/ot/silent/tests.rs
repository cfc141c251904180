//! Iterations of a small size.

mod cheats;
mod ends;

use fusion_core::transcript::Role;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use super::expansion::Expansion;
use super::rows::Rows;
use super::setup::setup_of_size;
use super::size::{GROUP, Size};
use super::tree::{Punctured, Trees, Whole};
use super::{Block, Silent, SilentReceiver, SilentSender, receiver, sender};
use crate::ot::domain::Domain;
use crate::ot::error::{Check, OtError};
use crate::ot::kernel::MOST;
use crate::ot::tests::Stream;

/// 288 transfers in each iteration.
const TINY: Size = Size { table: 61, levels: 4, trees: 41 };

/// For tests of what is built on top: 7040 transfers in each iteration.
pub(in crate::ot) fn small(role: Role, stream: &mut Stream, rng: &mut StdRng) -> Silent {
    let size = Size { table: 256, levels: 6, trees: 128 };
    setup_of_size(size, role, b"test", stream, rng).unwrap()
}

/// What an ideal base gives: rows of the sender with its secret, rows of the receiver.
fn dealt(size: Size, seed: u64) -> (Block, Vec<Block>, Vec<Block>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let delta = rng.random::<Block>() | 1;
    let rows: Vec<Block> = (0..size.taken()).map(|_| rng.random()).collect();
    let sender = rows.iter().map(|row| if row & 1 == 1 { row ^ delta } else { *row }).collect();
    (delta, sender, rows)
}

struct Pair {
    delta: Block,
    sender: sender::Iteration,
    receiver: receiver::Iteration,
    /// The receiver's.
    rows: Vec<Block>,
}

/// Both parties of an iteration; `wrong` is added to the sender's secret.
fn pair(domain: &Domain, seed: u64, wrong: Block) -> Pair {
    let (delta, sent, rows) = dealt(TINY, seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let sent = Zeroizing::new(sent);
    let sender =
        sender::Iteration::new(TINY, domain.clone(), delta ^ wrong, sent, &mut rng).unwrap();
    let receiver =
        receiver::Iteration::new(TINY, domain.clone(), Zeroizing::new(rows.clone())).unwrap();
    Pair { delta, sender, receiver, rows }
}

fn domain() -> Domain {
    Domain::session(b"iteration", 0)
}

impl Pair {
    /// Runs the iteration; `cheat` may change the trees of the first group before they are sent.
    fn run(mut self, cheat: impl FnOnce(&mut sender::Iteration, &mut [u8])) -> Result<(), OtError> {
        let mut cheat = Some(cheat);
        for first in (0..TINY.trees).step_by(GROUP) {
            let mut message = self.sender.grow(first);
            if let Some(cheat) = cheat.take() {
                cheat(&mut self.sender, &mut message);
            }
            self.sender.combine(first, &message);
            self.receiver.group(first, &message)?;
        }
        let (answer, expected) = self.receiver.answer();
        let digest = self.sender.digest(&answer);
        self.receiver.finish(&expected, &digest).map(|_| ())
    }

    /// The leaf of that tree that the receiver lacks.
    fn missing(&self, tree: usize) -> usize {
        let rows = &self.rows[TINY.table + tree * TINY.levels as usize..];
        (0..TINY.levels as usize).map(|level| usize::from(rows[level] & 1 == 0) << level).sum()
    }
}

fn caught(result: Result<(), OtError>) -> bool {
    match result {
        Ok(()) => false,
        Err(OtError::Inconsistent(Check::Leaves)) => true,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn sizes_leave_transfers_to_give() {
    for (size, given) in [(Size::STANDARD, 2881), (TINY, 41 - 23)] {
        assert_eq!(size.given(), given);
        assert!(size.kept() * size.leaves() >= size.taken());
        assert_eq!(size.given() + size.kept(), size.trees);
        assert!(size.table <= MOST);
    }
}

#[test]
fn leaves_differ_in_one_place_by_delta() {
    let cipher = domain().cipher();
    for levels in [1, 2, 3, 7, 10] {
        let size = Size { table: 2, levels, trees: 5 };
        let (delta, sent, rows) = dealt(size, 1);
        let (sent, rows) = (&sent[2..2 + size.level_rows()], &rows[2..2 + size.level_rows()]);
        let roots = Zeroizing::new((0..5).map(|root| root << 77).collect());
        let whole = Whole::new(cipher.clone(), delta, roots);
        let mut punctured = Punctured::new(cipher.clone(), size, rows).unwrap();
        for tree in 0..5 {
            let (mut v, mut w) = (vec![0; size.leaves()], vec![0; size.leaves()]);
            let at = tree * levels as usize;
            let mut sums = Vec::new();
            whole.grow(tree, &mut v, |left| sums.push(left));
            assert_eq!(sums.len(), levels as usize);
            let masked = sums.iter().zip(&sent[at..]).map(|(sum, row)| (sum ^ row).to_le_bytes());
            punctured.correct(tree, &masked.collect::<Vec<_>>());
            punctured.leaves(tree, &mut w);
            let path = rows[at..at + levels as usize].iter().rev();
            let missing = path.fold(0, |leaf, row| leaf << 1 | usize::from(row & 1 == 0));
            for (leaf, (v, w)) in v.iter().zip(&w).enumerate() {
                assert_eq!(v ^ w, if leaf == missing { delta } else { 0 }, "{levels} levels");
                assert_eq!(v & 1, 0);
            }
            assert!(size.levels < 3 || v[0] != v[1]);
        }
    }
}

#[test]
fn an_iteration_with_a_row_too_few_is_an_error() {
    let (delta, sent, rows) = dealt(TINY, 1);
    let mut rng = StdRng::seed_from_u64(1);
    for left in [TINY.taken() - 1, TINY.table, 0] {
        let [sent, rows] = [&sent, &rows].map(|rows| Zeroizing::new(rows[..left].to_vec()));
        let made = sender::Iteration::new(TINY, domain(), delta, sent, &mut rng);
        assert!(matches!(made, Err(OtError::Internal(_))));
        let made = receiver::Iteration::new(TINY, domain(), rows);
        assert!(matches!(made, Err(OtError::Internal(_))));
    }
    let made = Punctured::new(domain().cipher(), TINY, &rows[1..TINY.level_rows()]);
    assert!(matches!(made, Err(OtError::Internal(_))));
}

#[test]
fn an_honest_iteration_passes() {
    for seed in 0..5 {
        assert!(!caught(pair(&domain(), seed, 0).run(|_, _| {})));
    }
}

#[test]
fn what_is_kept_is_small_and_is_the_end_of_the_rows() {
    let (_, sent, _) = dealt(TINY, 8);
    let roots = || Zeroizing::new((0..TINY.trees as Block).collect::<Vec<_>>());
    let expansion = || {
        let trees = Whole::new(domain().cipher(), 1, roots());
        let rows = Rows::new(TINY, Zeroizing::new(sent.clone())).unwrap();
        Expansion::new(TINY, &domain(), trees, rows.into_table()).unwrap()
    };
    let (mut all, mut some) = (Vec::new(), expansion());
    while some.more(&mut all) {}
    assert_eq!(all.len(), TINY.given() * TINY.leaves());
    let kept = some.kept();
    assert_eq!(kept.len(), TINY.kept() * TINY.leaves());
    assert!(all.iter().all(|row| !kept.contains(row)));
}
