//! Who a phase is called on: structs of their own, clones, instances made for an execution.

use super::*;

mod two_structs {
    use super::*;

    /// The struct with the security parameters is the server; the client is another one.
    #[fusion::harden(
        soundness = 8,
        privacy = public,
        executions = isolated,
        client = Asker,
        name = "two structs"
    )]
    struct Answerer {
        factor: i64,
    }

    /// The client, with an error of its own.
    struct Asker {
        offset: i64,
    }

    #[derive(Debug)]
    struct AskerError;

    impl From<io::Error> for AskerError {
        fn from(_: io::Error) -> Self {
            Self
        }
    }

    #[fusion::harden(client)]
    impl Asker {
        #[fusion::client(online, query = x)]
        fn ask(&self, x: &i64, channel: &mut (impl Read + Write)) -> Result<i64, AskerError> {
            put(channel, *x)?;
            Ok(get(channel)?.wrapping_add(self.offset))
        }
    }

    #[fusion::harden(server)]
    impl Answerer {
        #[fusion::server(online)]
        fn answer(&self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.wrapping_mul(self.factor))
        }
    }

    #[test]
    fn works() {
        let instances = || (Asker { offset: 3 }, Answerer { factor: 5 });
        agrees_and_catches::<Answerer>(instances, (&(), &()), |x| 5 * x + 3);
        assert_eq!(Answerer::NAME, "two structs");
        assert_eq!(Answerer::PHASES, [Phase::new(Stage::Online, "ask", "answer")]);
    }
}

mod a_name_for_both {
    use super::*;

    /// The protocol is a name; both parties are generic structs of their own.
    #[fusion::harden(
        soundness = 8,
        privacy = public,
        executions = isolated,
        client = Adder<N>,
        server = Keeper<N>,
        agree_on = |answer| -> i64 { *answer % 1000 },
        version = 4
    )]
    struct Sum<const N: usize>;

    struct Adder<const N: usize>;

    struct Keeper<const N: usize>([i64; N]);

    #[fusion::harden(client)]
    impl<const N: usize> Adder<N> {
        #[fusion::client(offline, local)]
        fn pad() -> i64 {
            N as i64
        }

        #[fusion::client(online, query = x)]
        fn ask(pad: i64, x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x.wrapping_add(pad))?;
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
        let instances = || ((), Keeper([1, 2, 3]));
        agrees_and_catches::<Sum<3>>(instances, (&(), &()), |x| x + 3 + 6);
        assert_eq!((Sum::<3>::NAME, Sum::<3>::VERSION), ("Sum", 4));
        let client: SumClient<3> = Client::<Sum<3>>::new(Policy::new(8, 3, 4, 0), vec![]);
        drop(client);
    }
}

mod consumed {
    use super::*;

    /// The last phase consumes an instance that earlier phases of the execution changed.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    #[derive(Clone)]
    struct Session {
        key: i64,
        used: bool,
    }

    #[fusion::harden(instance = per_slot)]
    impl Session {
        #[fusion::client(offline)]
        fn choose_key(&mut self, writer: &mut impl Write, rng: &mut impl Rng) -> io::Result<()> {
            assert!(!self.used, "an instance for each execution");
            self.used = true;
            self.key = rng.random();
            put(writer, self.key)
        }

        #[fusion::server(offline)]
        fn hear_key(&mut self, reader: &mut impl Read) -> io::Result<()> {
            self.key = get(reader)?;
            Ok(())
        }

        #[fusion::client(online, query = x)]
        fn ask(self, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x.wrapping_add(self.key))?;
            get(channel)
        }

        #[fusion::server(online)]
        fn answer(mut self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            self.key = get(channel)?.wrapping_sub(self.key);
            put(channel, self.key.wrapping_mul(2))
        }
    }

    #[test]
    fn works() {
        let instances = || {
            let session = Session { key: 0, used: false };
            (session.clone(), session)
        };
        agrees_and_catches::<Session>(instances, (&(), &()), |x| 2 * x);
    }
}

mod made_for_each {
    use super::*;

    /// Not `Clone`: a function makes the instance of an execution. State in `self` and returned.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Counter {
        start: i64,
        count: i64,
    }

    struct Step(i64);

    #[fusion::harden(instance = |shared| Self::from(shared.start))]
    impl Counter {
        fn from(start: i64) -> Self {
            Self { start, count: start }
        }

        #[fusion::client(offline)]
        fn offer(&mut self, writer: &mut impl Write) -> io::Result<Step> {
            self.count += 1;
            put(writer, self.count)?;
            Ok(Step(self.count))
        }

        #[fusion::server(offline)]
        fn accept(&mut self, reader: &mut impl Read) -> io::Result<Step> {
            self.count += 1;
            get(reader).map(Step)
        }

        #[fusion::client(online, query = x)]
        fn ask(&self, step: Step, x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x + step.0 + self.count)?;
            get(channel)
        }

        #[fusion::server(online)]
        fn answer(&self, step: &Step, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.wrapping_sub(step.0).wrapping_add(self.count))
        }
    }

    #[test]
    fn works() {
        let instances = || (Counter::from(10), Counter::from(20));
        agrees_and_catches::<Counter>(instances, (&(), &()), |x| x + 11 + 21);
    }
}
