//! Slots that run at the same time, over one connection.

use super::*;

mod in_lanes {
    use super::*;

    /// A key from setup is shared by all slots; everything else is a slot's own.
    #[fusion::harden(soundness = 8, privacy = semi_honest, executions = isolated)]
    pub(super) struct Masked;

    struct Key(i64);

    struct Mask(i64);

    #[fusion::harden(lanes = 4)]
    impl Masked {
        #[fusion::server(setup)]
        fn send_key(key: &i64, writer: &mut impl Write) -> io::Result<()> {
            put(writer, *key)
        }

        #[fusion::client(setup)]
        fn hear_key(reader: &mut impl Read) -> io::Result<Key> {
            get(reader).map(Key)
        }

        #[fusion::client(setup, local)]
        fn twice(key: &mut Key) -> i64 {
            key.0 = key.0.wrapping_mul(2);
            key.0
        }

        #[fusion::client(offline, local)]
        fn draw(rng: &mut impl Rng) -> Mask {
            Mask(rng.random())
        }

        #[fusion::client(offline)]
        fn offer(mask: &mut Mask, slot: usize, writer: &mut impl Write) -> io::Result<u64> {
            put(writer, mask.0)?;
            Ok(slot as u64)
        }

        #[fusion::server(offline)]
        fn accept(reader: &mut impl Read) -> io::Result<Mask> {
            get(reader).map(Mask)
        }

        #[fusion::client(online, query = x)]
        fn ask<C: Read + Write>(
            key: &Key,
            double: &i64,
            mask: Mask,
            number: u64,
            slot: usize,
            x: &i64,
            channel: &mut C,
        ) -> io::Result<i64> {
            assert_eq!((number, *double), (slot as u64, key.0));
            let echo = round(channel, x.wrapping_add(mask.0))?;
            round(channel, echo.wrapping_add(key.0))
        }

        #[fusion::server(online)]
        fn answer(key: &i64, mask: Mask, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x)?;
            let x = get(channel)?.wrapping_sub(mask.0).wrapping_sub(2 * key);
            put(channel, x.wrapping_mul(*key))
        }
    }

    #[fusion::phase]
    fn round(channel: &mut (impl Read + Write), x: i64) -> io::Result<i64> {
        put(channel, x)?;
        get(channel)
    }

    #[test]
    fn works() {
        agrees_and_catches::<Masked>(|| ((), ()), (&(), &9), |x| 9 * x);
        assert_eq!((Masked::CLIENT_LANES, Masked::SERVER_LANES), (4, 4));
        let lanes: Vec<bool> = Masked::PHASES.iter().map(|phase| phase.lanes).collect();
        assert_eq!(lanes, [false, true, true]);
    }
}

mod lanes_of_two {
    use super::*;

    /// Two structs, with lanes of their own.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated, client = Walker<N>, server = Guide<N>)]
    pub(super) struct Walk<const N: usize>;

    #[derive(Clone)]
    pub(super) struct Walker<const N: usize> {
        pub(super) steps: i64,
    }

    pub(super) struct Guide<const N: usize> {
        pub(super) seen: i64,
    }

    #[fusion::harden(client, lanes = 5, instance = per_slot)]
    impl<const N: usize> Walker<N> {
        #[fusion::client(online, query = x)]
        fn ask(&mut self, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            let mut at = *x;
            for _ in 0..N {
                self.steps += 1;
                put(channel, at)?;
                at = get(channel)?;
            }
            Ok(at.wrapping_add(self.steps))
        }
    }

    #[fusion::harden(server, lanes = 1, instance = |it| Self { seen: it.seen })]
    impl<const N: usize> Guide<N> {
        #[fusion::server(online)]
        fn answer(mut self, channel: &mut (impl Read + Write)) -> io::Result<()>
        where
            Self: Clone,
        {
            for _ in 0..N {
                self.seen += 1;
                let at = get(channel)?;
                put(channel, at.wrapping_add(self.seen))?;
            }
            Ok(())
        }
    }

    impl<const N: usize> Clone for Guide<N> {
        fn clone(&self) -> Self {
            Self { seen: self.seen }
        }
    }

    #[test]
    fn works() {
        let instances = || (Walker { steps: 0 }, Guide { seen: 10 });
        agrees_and_catches::<Walk<3>>(instances, (&(), &()), |x| x + 11 + 12 + 13 + 3);
        assert_eq!((Walk::<3>::CLIENT_LANES, Walk::<3>::SERVER_LANES), (5, 1));
    }
}

use in_lanes::{Masked, MaskedClient, MaskedServer};

/// A pair that is swapped gives both slots what belongs to one.
#[test]
fn swapped_slots_are_caught() {
    let (mut here, mut there) = Connection::pair();
    let error = thread::scope(|scope| {
        scope.spawn(move || {
            let cheat = CheatingServer::new((), Cheat::Swap { pairs: 6 });
            let mut rng = StdRng::seed_from_u64(2);
            Server::<Cheating<Masked>>::with(cheat).serve(&mut there, &9, &mut rng).unwrap();
        });
        let checks = (100..110).map(|x| Check::model_answer(x, 9 * x)).collect();
        let mut client = MaskedClient::new(Policy::new(8, 3, 4, 0), checks);
        let mut rng = StdRng::seed_from_u64(1);
        client.infer(&mut here, &(), &[1, 2, 3, 4, 5, 6], &mut rng).unwrap_err()
    });
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
}

#[test]
fn inner_phases_and_a_second_batch_work_in_lanes() {
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut server, mut rng) = (MaskedServer::new(), StdRng::seed_from_u64(2));
            for _ in 0..2 {
                server.serve(&mut there, &9, &mut rng).unwrap();
            }
        });
        let checks = (100..110).map(|x| Check::model_answer(x, 9 * x)).collect();
        let mut client = MaskedClient::new(Policy::new(8, 3, 4, 0), checks);
        let mut rng = StdRng::seed_from_u64(1);
        for _ in 0..2 {
            let answers = client.infer(&mut here, &(), &[1, 2, 3, 4, 5, 6], &mut rng).unwrap();
            assert_eq!(*answers, [9, 18, 27, 36, 45, 54]);
            let online = answers.report().costs.phases.last().unwrap();
            // 22 slots, two frames each way of 13 + 8 bytes, and the digests.
            assert_eq!(online.sent, 924 + 77);
            let [part] = online.inner.as_slice() else { panic!("{online:?}") };
            assert_eq!((part.name.as_str(), part.sent, part.received), ("round", 924, 924));
            // One more for the last digests.
            assert_eq!(part.rounds + 1, online.rounds);
        }
    });
}

/// Lanes are threads that wait; on a runtime there is nothing to wait with.
#[tokio::test]
async fn an_asynchronous_connection_is_refused() {
    use lanes_of_two::{Walk, Walker};
    use tokio_util::compat::TokioAsyncReadCompatExt;

    let (here, there) = tokio::io::duplex(1024);
    let over =
        |stream: tokio::io::DuplexStream| Connection::futures(stream.compat(), tokio::time::sleep);
    let (mut here, mut there) = (over(here), over(there));
    let client = async {
        let checks = (100..110).map(|x| Check::model_answer(x, x)).collect();
        let party = Walker { steps: 0 };
        let mut client = Client::<Walk<3>>::with(party, Policy::new(8, 3, 4, 0), checks);
        let mut rng = StdRng::seed_from_u64(1);
        client.infer_async(&mut here, &(), &[1, 2, 3, 4, 5, 6], &mut rng).await.unwrap_err()
    };
    let server = async {
        let mut server = Server::<Walk<3>>::with(lanes_of_two::Guide { seen: 0 });
        let mut rng = StdRng::seed_from_u64(2);
        server.serve_async(&mut there, &(), &mut rng).await.unwrap_err()
    };
    // Whoever comes there first says why, and the other sees the connection close.
    let (_, server) = tokio::join!(client, server);
    assert!(server.to_string().starts_with("online phase (ask / answer): a blocking"), "{server}");
    assert!(server.to_string().contains("(without `lanes`)"), "{server}");
}
