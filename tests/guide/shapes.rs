//! The snippets of the guide's table, in protocols that run.

use std::{
    fmt::Debug,
    io::{self, BufWriter, Read, Write},
    thread,
};

use fusion::{
    Agreement, Check, Client, ClientSide, Connection, Policy, SemiHonest, Server, Wire, WireReader,
    WireWriter,
};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

/// Runs two queries and ten checks with an honest server.
fn gives<P>(
    (client, server): (P::Client, P::Server),
    contexts: (&P::ClientContext, &P::ServerContext),
    answer: impl Fn(i64) -> P::Output,
) where
    P: SemiHonest<Query = i64>,
    P::Agreement: Agreement<P::Output, Verified = P::Output>,
    P::Output: PartialEq + Debug,
    P::Server: Send,
    P::ServerContext: Sync,
    P::ServerError: Debug + Send,
    P::ClientError: Debug,
{
    let (mut here, mut there) = Connection::pair();
    let answers = thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(2);
            Server::<P>::with(server).serve(&mut there, contexts.1, &mut rng).unwrap();
        });
        let checks = (0..10).map(|x| Check::model_answer(x, answer(x))).collect();
        let policy = Policy::new(8, 4, 6, 0).with_risk(P::DECLARATION.risk);
        let mut client = Client::<P>::with(client, policy, checks);
        client.infer(&mut here, contexts.0, &[20, 30], &mut StdRng::seed_from_u64(1)).unwrap()
    });
    assert_eq!(*answers, [20, 30].map(answer));
}

fn put(to: &mut impl Write, value: i64) -> io::Result<()> {
    to.write_all(&value.to_le_bytes())
}

fn get(from: &mut impl Read) -> io::Result<i64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes))
}

mod receivers {
    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    #[derive(Clone, Default)]
    struct Masked {
        factor: i64,
        mask: Option<i64>,
    }

    #[fusion::harden(instance = per_slot)]
    impl Masked {
        #[fusion::client(offline)]
        fn send_mask(&mut self, writer: &mut impl Write, rng: &mut impl Rng) -> io::Result<()> {
            let mask = rng.random();
            self.mask = Some(mask);
            put(writer, mask)
        }

        #[fusion::server(offline)]
        fn receive_mask(&mut self, reader: &mut impl Read) -> io::Result<()> {
            self.mask = Some(get(reader)?);
            Ok(())
        }

        #[fusion::client(online, query = x)]
        fn ask(self, x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x.wrapping_add(self.mask.unwrap_or_default()))?;
            get(channel)
        }

        #[fusion::server(online)]
        fn answer(&self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?.wrapping_sub(self.mask.unwrap_or_default());
            put(channel, x.wrapping_mul(self.factor))
        }
    }

    #[test]
    fn works() {
        let parties = (Masked::default(), Masked { factor: 7, mask: None });
        gives::<Masked>(parties, (&(), &()), |x| 7 * x);
    }
}

mod own_channel {
    use super::*;

    struct Mux<S> {
        stream: S,
        pending: Vec<u8>,
    }

    impl<S: Read + Write> Mux<S> {
        fn single(stream: S) -> Self {
            Self { stream, pending: Vec::new() }
        }

        fn say(&mut self, x: i64) {
            self.pending.extend(x.to_le_bytes());
        }

        fn hear(&mut self) -> io::Result<i64> {
            self.finish()?;
            get(&mut self.stream)
        }

        fn finish(&mut self) -> io::Result<()> {
            self.stream.write_all(&std::mem::take(&mut self.pending))
        }
    }

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Muxed;

    #[fusion::harden(channel = Mux::single, flush = Mux::finish)]
    impl Muxed {
        #[fusion::client(online, query = x)]
        fn ask<S: Read + Write>(mux: &mut Mux<S>, x: i64) -> io::Result<i64> {
            mux.say(x);
            mux.hear()
        }

        #[fusion::server(online)]
        fn answer<S: Read + Write>(mux: &mut Mux<S>) -> io::Result<()> {
            let x = mux.hear()?;
            mux.say(x.wrapping_mul(3));
            Ok(())
        }
    }

    #[test]
    fn works() {
        gives::<Muxed>(((), ()), (&(), &()), |x| 3 * x);
    }
}

mod channel_in_a_field {
    use super::*;

    struct Link {
        reader: WireReader,
        writer: BufWriter<WireWriter>,
    }

    impl Link {
        fn new(wire: Wire) -> Self {
            let (reader, writer) = wire.handles();
            Self { reader, writer: BufWriter::new(writer) }
        }
    }

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Party {
        link: Link,
        factor: i64,
    }

    #[fusion::harden(channel = Link::new, field = link, instance = shared)]
    impl Party {
        fn new(factor: i64) -> Self {
            Self { link: Link::new(Wire::closed()), factor }
        }

        #[fusion::client(online, query = x)]
        fn ask(&mut self, x: i64) -> io::Result<i64> {
            put(&mut self.link.writer, x)?;
            self.link.writer.flush()?;
            get(&mut self.link.reader)
        }

        #[fusion::server(online)]
        fn answer(&mut self) -> io::Result<()> {
            let x = get(&mut self.link.reader)?;
            put(&mut self.link.writer, x.wrapping_mul(self.factor))?;
            self.link.writer.flush()
        }
    }

    #[test]
    fn works() {
        gives::<Party>((Party::new(0), Party::new(9)), (&(), &()), |x| 9 * x);
    }
}

mod owned_and_dynamic {
    use super::*;

    trait Duplex: Read + Write {}

    impl<S: Read + Write> Duplex for S {}

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Doubled;

    #[fusion::harden]
    impl Doubled {
        #[fusion::client(online, query = x)]
        fn ask<C: Read + Write + Send + 'static>(x: i64, mut stream: C) -> io::Result<i64> {
            put(&mut stream, x)?;
            get(&mut stream)
        }

        #[fusion::server(online, channel = peer)]
        fn answer(mut peer: &mut dyn Duplex) -> io::Result<()> {
            let x = get(&mut peer)?;
            put(&mut peer, x.wrapping_mul(2))
        }
    }

    #[test]
    fn works() {
        gives::<Doubled>(((), ()), (&(), &()), |x| 2 * x);
    }
}

mod states_and_contexts {
    use super::*;

    struct Seed(i64);
    struct Mask(i64);

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Scaled;

    #[fusion::harden]
    impl Scaled {
        #[fusion::client(setup)]
        fn receive_seed(reader: &mut impl Read) -> io::Result<Seed> {
            get(reader).map(Seed)
        }

        #[fusion::server(setup)]
        fn send_seed(writer: &mut impl Write, rng: &mut impl Rng) -> io::Result<Seed> {
            let seed = Seed(rng.random());
            put(writer, seed.0)?;
            Ok(seed)
        }

        #[fusion::client(offline, local)]
        fn mask(seed: &Seed, slot: usize) -> Mask {
            Mask(seed.0.wrapping_add(slot as i64))
        }

        #[fusion::server(offline, local)]
        fn the_same_mask(seed: &Seed, slot: usize) -> Mask {
            Mask(seed.0.wrapping_add(slot as i64))
        }

        #[fusion::client(online, query = x)]
        fn ask(mask: Mask, x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x.wrapping_add(mask.0))?;
            get(channel)
        }

        #[fusion::server(online, context = shift)]
        fn answer(
            mask: Mask,
            weights: &[i64],
            shift: u32,
            channel: &mut (impl Read + Write),
        ) -> io::Result<()> {
            let x = get(channel)?.wrapping_sub(mask.0);
            put(channel, (x.wrapping_mul(weights.iter().sum())) << shift)
        }
    }

    #[test]
    fn works() {
        let server = (vec![2, 3], 1);
        gives::<Scaled>(((), ()), (&(), &server), |x| 10 * x);
    }
}

mod two_structs_and_a_name {
    use super::*;

    struct Asker;

    struct Keeper<const N: usize>([i64; N]);

    #[fusion::harden(
        soundness = 8,
        privacy = public,
        executions = isolated,
        client = Asker,
        server = Keeper<N>,
        name = "sum"
    )]
    struct Sum<const N: usize>;

    #[fusion::harden(client)]
    impl Asker {
        #[fusion::client(online, query = x)]
        fn ask(x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x)?;
            get(channel)
        }
    }

    #[fusion::harden(server)]
    impl<const N: usize> Keeper<N> {
        #[fusion::server(online)]
        fn answer(&self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, self.0.iter().fold(x, |sum, part| sum.wrapping_add(*part)))
        }
    }

    #[test]
    fn works() {
        gives::<Sum<3>>(((), Keeper([1, 2, 3])), (&(), &()), |x| x + 6);
    }
}

mod label_only {
    use super::*;

    struct Logits([f64; 2]);

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Classifier;

    #[fusion::harden(agree_on = Self::label)]
    impl Classifier {
        fn label(logits: &Logits) -> usize {
            usize::from(logits.0[1] > logits.0[0])
        }

        #[fusion::client(online, query = x)]
        fn ask(x: i64, channel: &mut (impl Read + Write)) -> io::Result<Logits> {
            put(channel, x)?;
            Ok(Logits([5.5, get(channel)? as f64]))
        }

        #[fusion::server(online)]
        fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x)
        }
    }

    #[test]
    fn works() {
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(2);
                ClassifierServer::new().serve(&mut there, &(), &mut rng).unwrap();
            });
            let checks = (0..10).map(|x| Check::model_answer(x, Logits([0.0, f64::from(x > 5)])));
            let checks = checks.collect();
            let mut client = ClassifierClient::new(Policy::new(8, 4, 6, 0), checks);
            let mut rng = StdRng::seed_from_u64(1);
            let answers = client.infer(&mut here, &(), &[3, 8], &mut rng).unwrap();
            let label: usize = *answers[1];
            let logits: &Logits = answers[1].unverified_whole();
            assert_eq!((label, logits.0), (1, [5.5, 8.0]));
        });
    }
}

mod own_generator {
    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Blinded {
        rng: StdRng,
        factor: i64,
    }

    #[fusion::harden(instance = |it| Self { rng: rand::make_rng(), factor: it.factor })]
    impl Blinded {
        fn new(factor: i64) -> Self {
            Self { rng: rand::make_rng(), factor }
        }

        #[fusion::client(online, query = x)]
        fn ask(&mut self, x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            let blind: i64 = self.rng.random();
            put(channel, x.wrapping_add(blind))?;
            Ok(get(channel)?.wrapping_sub(blind.wrapping_mul(self.factor)))
        }

        #[fusion::server(online)]
        fn answer(&mut self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.wrapping_mul(self.factor))
        }
    }

    #[test]
    fn works() {
        gives::<Blinded>((Blinded::new(3), Blinded::new(3)), (&(), &()), |x| 3 * x);
        let parent = Blinded::new(3);
        let fork = || Blinded::fork_client(&parent).unwrap().rng.random::<u64>();
        assert_ne!(fork(), fork());
    }
}

mod validation {
    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Bounded;

    fn in_range(answer: i64) -> Result<(), &'static str> {
        if answer < 1000 { Ok(()) } else { Err("no answer is as large") }
    }

    #[fusion::harden(validate = Self::fits, validate_answer = |_, answer| in_range(*answer))]
    impl Bounded {
        fn fits(bound: &i64, x: &i64) -> Result<(), String> {
            if x < bound { Ok(()) } else { Err(format!("{x} is not below {bound}")) }
        }

        #[fusion::client(online, query = x)]
        fn ask(x: i64, bound: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x)?;
            Ok(get(channel)?.min(*bound))
        }

        #[fusion::server(online)]
        fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x)
        }
    }

    #[test]
    fn works() {
        gives::<Bounded>(((), ()), (&100, &()), |x| x);
        let refused = Bounded::validate_query(&(), &100, &100).unwrap_err();
        assert_eq!(refused, "100 is not below 100");
        assert_eq!(Bounded::validate_answer(&(), &100, &999), Ok(()));
        assert!(Bounded::validate_answer(&(), &100, &1000).is_err());
    }
}

mod tolerance {
    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Float;

    #[derive(Default)]
    struct Close;

    impl fusion::Agreement<f64> for Close {
        type Verified = f64;

        fn agree(&self, left: &f64, right: &f64) -> bool {
            (left - right).abs() <= 0.5
        }

        fn verified(&self, answer: f64) -> f64 {
            answer
        }

        fn statement(&self) -> &'static str {
            "within 0.5"
        }
    }

    #[fusion::harden(agreement = Close)]
    impl Float {
        #[fusion::client(online, query = x)]
        fn ask(x: i64, channel: &mut (impl Read + Write)) -> io::Result<f64> {
            put(channel, x)?;
            Ok(get(channel)? as f64)
        }

        #[fusion::server(online)]
        fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x)
        }
    }

    #[test]
    fn works() {
        gives::<Float>(((), ()), (&(), &()), |x| x as f64);
    }
}

mod batches {
    use super::*;

    #[fusion::harden(
        soundness = 8,
        privacy = public,
        executions = isolated,
        query_risk = "20%",
        queries = 2,
        copies = 4,
        checks = 6
    )]
    struct Squares;

    #[fusion::harden]
    impl Squares {
        #[fusion::client(online, batch, query = xs)]
        fn ask(xs: &[i64], channel: &mut (impl Read + Write)) -> io::Result<Vec<i64>> {
            xs.iter().try_for_each(|x| put(channel, *x))?;
            xs.iter().map(|_| get(channel)).collect()
        }

        #[fusion::server(online, batch)]
        fn answer(slots: usize, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let xs: Vec<i64> = (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
            xs.iter().try_for_each(|x| put(channel, x.wrapping_mul(*x)))
        }
    }

    #[test]
    fn works() {
        gives::<Squares>(((), ()), (&(), &()), |x| x * x);
    }
}

#[cfg(feature = "ndarray")]
mod arrays {
    use ndarray::{Array1, ArrayView2};

    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Rows;

    #[fusion::harden]
    impl Rows {
        #[fusion::client(online, batch, query = inputs)]
        fn ask(
            inputs: ArrayView2<'_, i64>,
            channel: &mut (impl Read + Write),
        ) -> io::Result<Array1<i64>> {
            inputs.iter().try_for_each(|x| put(channel, *x))?;
            inputs.outer_iter().map(|_| get(channel)).collect()
        }

        #[fusion::server(online, batch)]
        fn answer(
            slots: usize,
            weights: &[i64],
            channel: &mut (impl Read + Write),
        ) -> io::Result<()> {
            let mut row = || -> io::Result<i64> {
                weights.iter().try_fold(0, |sum, w| Ok(get(channel)?.wrapping_mul(*w) + sum))
            };
            let answers: Vec<i64> = (0..slots).map(|_| row()).collect::<io::Result<_>>()?;
            answers.iter().try_for_each(|y| put(channel, *y))
        }
    }

    #[test]
    fn works() {
        let weights = [1, 10, 100];
        let row = |x: i64| Array1::from(vec![x, x + 1, x + 2]);
        let dot = |x: i64| row(x).iter().zip(weights).map(|(x, w)| x * w).sum();
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(2);
                RowsServer::new().serve(&mut there, &weights, &mut rng).unwrap();
            });
            let checks = (0..6).map(|x| Check::model_answer(row(x), dot(x))).collect();
            let mut client = RowsClient::new(Policy::new(8, 4, 6, 0), checks);
            let mut rng = StdRng::seed_from_u64(1);
            let answers = client.infer(&mut here, &(), &[row(20), row(30)], &mut rng).unwrap();
            assert_eq!(*answers, [dot(20), dot(30)]);
        });
    }
}

#[cfg(feature = "async")]
mod asynchronous {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Relay;

    #[fusion::harden]
    impl Relay {
        #[fusion::client(online, query = x)]
        async fn ask<C>(x: i64, channel: &mut C) -> io::Result<i64>
        where
            C: AsyncRead + AsyncWrite + Unpin,
        {
            let mut bytes = x.to_le_bytes();
            channel.write_all(&bytes).await?;
            channel.read_exact(&mut bytes).await?;
            Ok(i64::from_le_bytes(bytes))
        }

        #[fusion::server(online)]
        async fn answer<C>(channel: &mut C) -> io::Result<()>
        where
            C: AsyncRead + AsyncWrite + Unpin,
        {
            let mut bytes = [0; 8];
            channel.read_exact(&mut bytes).await?;
            let x = i64::from_le_bytes(bytes);
            channel.write_all(&x.wrapping_neg().to_le_bytes()).await
        }
    }

    #[test]
    fn works() {
        gives::<Relay>(((), ()), (&(), &()), |x| -x);
        let connections = Connection::pair();
        // Over a connection that blocks there is nothing to wait for.
        let mut context = Context::from_waker(Waker::noop());
        let run = pin!(by_the_callers_runtime(connections));
        assert!(matches!(run.poll(&mut context), Poll::Ready(Ok(()))));
    }

    async fn by_the_callers_runtime(
        (mut here, mut there): (Connection, Connection),
    ) -> Result<(), Box<dyn std::error::Error>> {
        let server = thread::spawn(move || {
            let mut rng = StdRng::seed_from_u64(2);
            RelayServer::new().serve(&mut there, &(), &mut rng).is_ok()
        });
        let checks = (0..10).map(|x: i64| Check::model_answer(x, -x)).collect();
        let (queries, mut rng) = ([1, 2], StdRng::seed_from_u64(1));
        let mut client = RelayClient::new(Policy::new(8, 4, 6, 0), checks);
        let answers = client.infer_async(&mut here, &(), &queries, &mut rng).await?;
        assert_eq!(*answers, [-1, -2]);
        assert!(server.join().unwrap());
        Ok(())
    }
}

mod renamed {
    use super::*;

    #[mixcheck::harden(soundness = 8, privacy = public, executions = isolated, crate = mixcheck)]
    struct Negated;

    #[mixcheck::harden(crate = mixcheck)]
    impl Negated {
        #[mixcheck::client(online, query = x)]
        fn ask(x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            exchange(x, channel)
        }

        #[mixcheck::server(online)]
        fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.wrapping_neg())
        }
    }

    #[mixcheck::phase(crate = mixcheck)]
    fn exchange(x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        put(channel, x)?;
        get(channel)
    }

    #[test]
    fn works() {
        gives::<Negated>(((), ()), (&(), &()), |x| -x);
    }
}
