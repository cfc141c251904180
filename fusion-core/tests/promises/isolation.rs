//! Copies do not help against a server that can compare hidden inputs.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex},
    thread,
};

use fusion_core::{
    Client, Connection, Policy, Server,
    testing::{Subject, assert_hardened},
};
use fusion_macros as fusion;

use super::{checks, get, io, put, states};

const FACTOR: u64 = 3;

/// An ideal homomorphic evaluator: the server holds numbers under handles, computes on them as it likes,
/// and never sees one.
#[derive(Default)]
struct Vault(Mutex<Vec<u64>>);

impl Vault {
    fn hide(&self, value: u64) -> u64 {
        let mut values = self.0.lock().unwrap();
        values.push(value);
        values.len() as u64 - 1
    }

    fn open(&self, handle: u64) -> u64 {
        self.0.lock().unwrap().get(handle as usize).copied().unwrap_or(0)
    }

    /// What a server may do: put a function of hidden numbers under a new handle.
    fn apply(&self, handles: &[u64], function: impl Fn(&[u64]) -> u64) -> u64 {
        let values: Vec<u64> = handles.iter().map(|&handle| self.open(handle)).collect();
        self.hide(function(&values))
    }
}

struct Keeper {
    vault: Arc<Vault>,
    compares: bool,
}

struct Asker(Arc<Vault>);

states!(Honestly, Malicious, Linked);
states!(Falsely, Malicious, Isolated);

macro_rules! evaluated {
    ($name:ident) => {
        #[fusion::harden(crate = fusion_core)]
        impl $name {
            #[fusion::client(online, batch, query = xs)]
            fn ask(
                asker: &Asker,
                xs: &[u64],
                channel: &mut (impl Read + Write),
            ) -> io::Result<Vec<u64>> {
                for x in xs {
                    put(channel, asker.0.hide(*x))?;
                }
                xs.iter().map(|_| get(channel).map(|handle| asker.0.open(handle))).collect()
            }

            #[fusion::server(online, batch)]
            fn answer(
                keeper: &Keeper,
                slots: usize,
                channel: &mut (impl Read + Write),
            ) -> io::Result<()> {
                let inputs: Vec<u64> =
                    (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
                for slot in 0..slots {
                    let has_twin = |values: &[u64]| {
                        let equal = values.iter().filter(|value| **value == values[slot]).count();
                        u64::from(keeper.compares && equal > 1)
                    };
                    let answer = keeper.vault.apply(&inputs, |values| {
                        values[slot].wrapping_mul(FACTOR) + has_twin(values)
                    });
                    put(channel, answer)?;
                }
                Ok(())
            }
        }
    };
}
evaluated!(Honestly);
evaluated!(Falsely);

fn contexts(compares: bool) -> (Asker, Keeper) {
    let vault = Arc::new(Vault::default());
    (Asker(vault.clone()), Keeper { vault, compares })
}

/// All copies agree, all checks are right, and every answer is wrong: whatever the numbers of copies and
/// checks. So the report claims nothing.
#[test]
fn a_server_that_finds_twins_is_accepted_with_wrong_answers() {
    let (asker, keeper) = contexts(true);
    let policy = Policy::against_blind_tampering(40, 4).unwrap();
    let (mut here, mut there) = Connection::pair();
    let answers = thread::scope(|scope| {
        scope.spawn(move || {
            Server::<Honestly>::new().serve(&mut there, &keeper, &mut rand::rng()).unwrap();
        });
        let mut client = Client::<Honestly>::new(policy, checks(100, FACTOR));
        client.infer(&mut here, &asker, &[1, 2, 3, 4], &mut rand::rng()).unwrap()
    });
    assert_eq!(*answers, [4, 7, 10, 13], "all wrong by one");
    let report = answers.report();
    assert!(report.guarantee_e.is_none() && report.any_server.is_none());
    let text = report.to_string();
    assert!(text.contains("guarantee E  NONE: executions are linked"), "{text}");
    assert!(
        text.contains("second model") && !text.contains(" bits") && !text.contains("any server")
    );
}

/// Nothing shows that an author's statement is false, but the attack itself, where it is offered.
#[test]
#[should_panic = "`links executions` survived"]
fn the_battery_runs_the_attack_where_it_is_offered() {
    let (asker, keeper) = contexts(false);
    let vault = keeper.vault.clone();
    let checks = || checks(60, FACTOR);
    let subject = Subject::<Falsely>::new(&asker, &keeper, &[1, 2, 3, 4], &checks);
    let linking = || ((), Arc::new(Keeper { vault: vault.clone(), compares: true }));
    assert_hardened(subject.linking(linking).tries(2));
}

states!(Plain, Public, Isolated);

#[fusion::harden(crate = fusion_core)]
impl Plain {
    #[fusion::client(online, query = x)]
    fn ask(x: u64, channel: &mut (impl Read + Write)) -> io::Result<u64> {
        put(channel, x)?;
        get(channel)
    }

    /// Wrong for whatever came first.
    #[fusion::server(online)]
    fn answer(first: &Mutex<Option<u64>>, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        let target = *first.lock().unwrap().get_or_insert(x);
        put(channel, x.wrapping_mul(FACTOR) + u64::from(x == target))
    }
}

/// A server that sees inputs is wrong on one of them alone. Nothing is promised against it.
#[test]
fn nothing_is_promised_for_inputs_in_the_clear() {
    let policy = Policy::against_blind_tampering(20, 4).unwrap();
    let mut accepted_wrong = 0;
    for _ in 0..40 {
        let mut client = Client::<Plain>::new(policy, checks(40, FACTOR));
        let (answers, _) = super::run(&mut client, &Mutex::new(None), &[1, 2, 3, 4]);
        let Ok(answers) = answers else { continue };
        accepted_wrong += usize::from(*answers != [3, 6, 9, 12]);
        let text = answers.report().to_string();
        assert!(text.contains("NONE: the server sees the inputs"), "{text}");
        assert!(!text.contains(" bits") && !text.contains("any server"), "{text}");
    }
    assert!(accepted_wrong > 0, "the attack is real");
}
