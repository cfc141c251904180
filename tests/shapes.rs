//! One protocol per shape that `#[fusion::harden]` accepts. Each gives the right answers with an
//! honest server, and catches one that cheats.

#![allow(clippy::unwrap_used)]

use std::{
    fmt::Debug,
    io::{self, Read, Write},
    thread,
};

use fusion::{
    Agreement, Check, Client, ClientSide, Compared, Connection, Error, Phase, Policy, Rejection,
    SemiHonest, Server, ServerSide, Stage, Wire, WireReader, WireWriter,
};
use fusion_core::misbehave::{Cheat, Cheating, CheatingServer};
use rand::{CryptoRng, Rng, RngExt, SeedableRng, rngs::StdRng};

#[path = "shapes/arrays.rs"]
mod arrays;
#[path = "shapes/channels.rs"]
mod channels;
#[path = "shapes/lanes.rs"]
mod lanes;
#[path = "shapes/parties.rs"]
mod parties;
#[path = "shapes/results.rs"]
mod results;
#[path = "shapes/samples.rs"]
mod samples;
#[path = "shapes/stages.rs"]
mod stages;
#[path = "shapes/waiting.rs"]
mod waiting;

/// What a client gets: an answer, or what was compared of it.
trait Answer: Debug {
    fn whole(&self) -> i64;
}

impl Answer for i64 {
    fn whole(&self) -> i64 {
        *self
    }
}

impl Answer for Compared<i64, i64> {
    fn whole(&self) -> i64 {
        *self.unverified_whole()
    }
}

/// Runs `P` with an honest server, then with one that flips an answer.
fn agrees_and_catches<P>(
    instances: impl Fn() -> (P::Client, P::Server),
    contexts: (&P::ClientContext, &P::ServerContext),
    plain: impl Fn(i64) -> i64,
) where
    P: SemiHonest<Query = i64, Output = i64, Agreement: Agreement<i64, Verified: Answer>>,
    P::Client: Send,
    P::Server: Send,
    P::ServerContext: Sync,
    P::ClientError: Debug + Send,
    P::ServerError: Debug + Send,
{
    let queries: Vec<i64> = (0..6).collect();
    let checks = || (100..110).map(|x| Check::model_answer(x, plain(x))).collect();
    let policy = Policy::new(8, 3, 4, 0).with_risk(P::DECLARATION.risk);
    let expected: Vec<i64> = queries.iter().map(|&x| plain(x)).collect();

    let (client, server) = instances();
    let (mut here, mut there) = Connection::pair();
    let answers = thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(2);
            Server::<P>::with(server).serve(&mut there, contexts.1, &mut rng).unwrap();
        });
        let mut client = Client::<P>::with(client, policy, checks());
        client.infer(&mut here, contexts.0, &queries, &mut StdRng::seed_from_u64(1)).unwrap()
    });
    let answers: Vec<i64> = answers.iter().map(Answer::whole).collect();
    assert_eq!(answers, expected);

    let (client, server) = instances();
    let (mut here, mut there) = Connection::pair();
    let error = thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(4);
            let cheat = CheatingServer::new(server, Cheat::Flip { slots: 1 });
            // It may fail when the client closes; what counts is the client's verdict.
            let _ = Server::<Cheating<P>>::with(cheat).serve(&mut there, contexts.1, &mut rng);
        });
        let mut client = Client::<P>::with(client, policy, checks());
        let result = client.infer(&mut here, contexts.0, &queries, &mut StdRng::seed_from_u64(3));
        drop(here);
        result.unwrap_err()
    });
    let Error::Rejected { reason, .. } = error else { panic!("{error:?}") };
    assert!(matches!(reason, Rejection::Disagreement { .. } | Rejection::Accuracy(_)), "{reason}");
}

fn put(to: &mut impl Write, value: i64) -> io::Result<()> {
    to.write_all(&value.to_le_bytes())
}

fn get(from: &mut impl Read) -> io::Result<i64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes))
}

mod associated_functions {
    use super::*;

    /// One channel, one context per party, no state.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Scale;

    #[fusion::harden]
    impl Scale {
        #[fusion::server(online)]
        fn answer(factor: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.wrapping_mul(*factor))
        }

        #[fusion::client(online, query = input)]
        fn ask(input: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, *input)?;
            get(channel)
        }
    }

    #[test]
    fn works() {
        agrees_and_catches::<Scale>(|| ((), ()), (&(), &7), |x| 7 * x);
    }

    #[test]
    fn aliases_name_the_drivers() {
        let client: ScaleClient = Client::<Scale>::new(Policy::new(8, 3, 4, 0), vec![]);
        let server: ScaleServer = Server::<Scale>::new();
        drop((client, server));
        assert_eq!(Scale::NAME, "Scale");
    }
}

mod every_stage {
    use super::*;

    /// A mask from the offline stage hides the input; a key from setup is shared by all slots.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Masked<W>(std::marker::PhantomData<W>);

    struct Mask(i64);

    #[derive(Debug)]
    struct Failure;

    impl From<io::Error> for Failure {
        fn from(_: io::Error) -> Self {
            Self
        }
    }

    #[fusion::harden(name = "masked", version = 3)]
    impl<W> Masked<W>
    where
        W: Into<i64> + Copy,
    {
        #[fusion::server(setup)]
        fn announce<C: Read + Write>(weights: &[W], channel: &mut C) -> Result<i64, Failure> {
            put(channel, weights.len() as i64)?;
            Ok(weights.iter().copied().map(Into::into).sum())
        }

        #[fusion::client(setup)]
        fn listen<C>(channel: &mut C) -> io::Result<u64>
        where
            C: Read + Write,
        {
            Ok(get(channel)? as u64)
        }

        #[fusion::server(offline)]
        fn receive_mask(reader: &mut impl Read) -> Result<Mask, Failure> {
            Ok(Mask(get(reader)?))
        }

        #[fusion::client(offline)]
        fn send_mask<R: CryptoRng>(writer: &mut impl Write, rng: &mut R) -> Result<Mask, Failure> {
            let mask = rng.random();
            put(writer, mask)?;
            Ok(Mask(mask))
        }

        #[fusion::server(online, context = bias)]
        fn answer(
            sum: &i64,
            mask: Mask,
            bias: &i64,
            reader: &mut impl Read,
            writer: &mut impl Write,
        ) -> Result<(), Failure> {
            let x = get(reader)?.wrapping_sub(mask.0);
            Ok(put(writer, x.wrapping_mul(*sum).wrapping_add(*bias))?)
        }

        #[fusion::client(online, query = x, context = offset)]
        fn ask(
            x: i64,
            length: &u64,
            mask: &mut Mask,
            offset: i64,
            reader: &mut impl Read,
            writer: &mut impl Write,
        ) -> Result<i64, Failure> {
            put(writer, x.wrapping_add(mask.0))?;
            let answer = get(reader)?;
            Ok(answer.wrapping_add(*length as i64).wrapping_add(offset))
        }
    }

    #[test]
    fn works() {
        // The server's contexts are `&[W]` and `&i64`: in a tuple the slice becomes a `Vec`.
        let server = (vec![2_i32, 3], 10);
        agrees_and_catches::<Masked<i32>>(|| ((), ()), (&1000, &server), |x| 5 * x + 10 + 2 + 1000);
        assert_eq!((Masked::<i32>::NAME, Masked::<i32>::VERSION), ("masked", 3));
        assert_eq!(Masked::<i32>::PHASES.len(), 3);
    }
}

mod batches {
    use super::*;

    /// Batched and slot-by-slot phases hand values to each other.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Mixed;

    struct Pad(i64);

    #[fusion::harden]
    impl Mixed {
        #[fusion::client(offline, batch)]
        fn pads(slots: usize, writer: &mut impl Write, rng: &mut impl Rng) -> io::Result<Vec<Pad>> {
            (0..slots)
                .map(|_| {
                    let pad = rng.random();
                    put(writer, pad).map(|()| Pad(pad))
                })
                .collect()
        }

        #[fusion::server(offline, batch)]
        fn take_pads(slots: usize, reader: &mut impl Read) -> io::Result<Vec<Pad>> {
            (0..slots).map(|_| get(reader).map(Pad)).collect()
        }

        #[fusion::client(offline, local)]
        fn per_slot(slot: usize) -> u8 {
            slot as u8
        }

        #[fusion::server(offline, local)]
        fn per_slot_too(pad: &mut Pad) {
            pad.0 = pad.0.wrapping_neg();
        }

        #[fusion::client(online, batch, query = xs)]
        fn ask(
            xs: &[i64],
            pads: &[Pad],
            numbers: Vec<u8>,
            reader: &mut impl Read,
            writer: &mut impl Write,
        ) -> io::Result<Vec<i64>> {
            assert!(numbers.iter().enumerate().all(|(slot, &number)| number == slot as u8));
            for (x, pad) in xs.iter().zip(pads) {
                put(writer, x.wrapping_add(pad.0))?;
            }
            xs.iter().map(|_| get(reader)).collect()
        }

        #[fusion::server(online, batch)]
        fn answer(
            pads: Vec<Pad>,
            reader: &mut impl Read,
            writer: &mut impl Write,
        ) -> io::Result<()> {
            let sums: Vec<i64> = pads
                .iter()
                .map(|pad| Ok(get(reader)?.wrapping_add(pad.0)))
                .collect::<io::Result<_>>()?;
            sums.into_iter().try_for_each(|x| put(writer, x.wrapping_mul(x)))
        }
    }

    #[test]
    fn works() {
        agrees_and_catches::<Mixed>(|| ((), ()), (&(), &()), |x| x * x);
        let batched: Vec<bool> = Mixed::PHASES.iter().map(|phase| phase.batch).collect();
        assert_eq!(batched, [true, true]);
    }
}

mod methods {
    use super::*;

    /// State in `self`; an instance for each execution.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    #[derive(Clone, Default)]
    struct Counter {
        factor: i64,
        seen: i64,
    }

    #[fusion::harden(instance = per_slot)]
    impl Counter {
        /// Not a phase.
        fn with(factor: i64) -> Self {
            Self { factor, seen: 0 }
        }

        #[fusion::client(offline)]
        fn first(&mut self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            self.seen += 1;
            put(channel, self.seen)
        }

        #[fusion::server(offline)]
        fn second(&mut self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            self.seen += get(channel)?;
            Ok(())
        }

        #[fusion::client(online, query = x)]
        fn ask(&self, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            assert_eq!(self.seen, 1, "each execution has an instance of its own");
            put(channel, *x)?;
            get(channel)
        }

        #[fusion::server(online)]
        fn answer(&mut self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.wrapping_mul(self.factor).wrapping_add(self.seen))
        }
    }

    #[test]
    fn works() {
        let instances = || (Counter::default(), Counter::with(5));
        agrees_and_catches::<Counter>(instances, (&(), &()), |x| 5 * x + 1);
    }
}

mod shared_instance {
    use super::*;

    /// One instance for all executions, and phases that cannot fail.
    #[fusion::harden(
        soundness = 8,
        query_risk = "20%",
        batch_risk = "0.75",
        session_risk = "75 %",
        privacy = public,
        executions = isolated,
        queries = 6,
        copies = 3,
        checks = 4
    )]
    struct Total {
        calls: usize,
    }

    #[fusion::harden(instance = shared)]
    impl Total {
        #[fusion::client(online, query = x)]
        fn ask(&mut self, x: &i64, channel: &mut (impl Read + Write)) -> i64 {
            self.calls += 1;
            put(channel, *x).and_then(|()| get(channel)).unwrap_or(i64::MIN)
        }

        #[fusion::server(online)]
        fn answer(&mut self, channel: &mut (impl Read + Write)) {
            self.calls += 1;
            if let Ok(x) = get(channel) {
                let _ = put(channel, x - 1);
            }
        }
    }

    #[test]
    fn works() {
        let instances = || (Total { calls: 0 }, Total { calls: 0 });
        agrees_and_catches::<Total>(instances, (&(), &()), |x| x - 1);
    }

    #[test]
    fn the_stated_batch_is_declared() {
        use fusion::Declared;
        let declared = Total::DECLARATION;
        assert_eq!(
            (declared.queries, declared.copies, declared.checks),
            (Some(6), Some(3), Some(4))
        );
        assert_eq!(declared.risk.to_string(), "20% per query, 75% per batch, 75% per session");
    }
}
