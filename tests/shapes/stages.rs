//! Which phases there are, and when they run.

use super::*;

mod many {
    use super::*;

    /// Several phases per stage, local ones in between, and one that no message belongs to.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Many;

    struct Seed(i64);
    struct Key(i64);
    struct Mask(i64);

    #[fusion::harden]
    impl Many {
        #[fusion::client(setup)]
        fn hear_seed(channel: &mut (impl Read + Write)) -> io::Result<Seed> {
            get(channel).map(Seed)
        }

        #[fusion::client(setup, local)]
        fn derive(seed: &Seed) -> Key {
            Key(seed.0 * 2)
        }

        #[fusion::server(setup)]
        fn say_seed(seed: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
            put(channel, *seed)
        }

        #[fusion::client(offline, local)]
        fn draw(rng: &mut impl Rng) -> Mask {
            Mask(rng.random())
        }

        #[fusion::client(offline)]
        fn offer(mask: &Mask, writer: &mut impl Write) -> io::Result<()> {
            put(writer, mask.0)
        }

        #[fusion::server(offline)]
        fn accept(reader: &mut impl Read) -> io::Result<Mask> {
            get(reader).map(Mask)
        }

        #[fusion::server(offline, batch, local)]
        fn negate(masks: Vec<Mask>) -> Vec<Negated> {
            masks.into_iter().map(|mask| Negated(mask.0.wrapping_neg())).collect()
        }

        #[fusion::client(online, query = x)]
        fn say(mask: &Mask, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
            put(channel, x.wrapping_add(mask.0))
        }

        #[fusion::server(online)]
        fn hear(mask: &Negated, reader: &mut impl Read) -> io::Result<Answer> {
            Ok(Answer(get(reader)?.wrapping_add(mask.0)))
        }

        #[fusion::client(online)]
        fn listen(key: &Key, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            Ok(get(channel)?.wrapping_add(key.0))
        }

        #[fusion::server(online)]
        fn reply(answer: Answer, writer: &mut impl Write) -> io::Result<()> {
            put(writer, answer.0.wrapping_mul(7))
        }
    }

    struct Negated(i64);
    struct Answer(i64);

    #[test]
    fn works() {
        agrees_and_catches::<Many>(|| ((), ()), (&(), &4), |x| 7 * x + 8);
        let names: Vec<_> = Many::PHASES.iter().map(|phase| phase.client).collect();
        assert_eq!(names, ["hear_seed", "offer", "say", "listen"]);
        let local = |steps: &[fusion::Step]| steps.iter().filter(|step| step.local).count();
        assert_eq!((local(Many::CLIENT_STEPS), local(Many::SERVER_STEPS)), (2, 1));
    }
}

mod whole_run {
    use super::*;

    /// Code whose only entry is one function per party; the parts are marked.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Whole;

    #[fusion::harden]
    impl Whole {
        #[fusion::client(online, query = x)]
        fn infer(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            let masked = mask(*x, channel)?;
            unmask(masked, channel)
        }

        #[fusion::server(online)]
        fn serve(channel: &mut (impl Read + Write)) -> io::Result<()> {
            // One part here for the client's two: where a party divides its work is its own affair.
            respond(channel)
        }
    }

    #[fusion::phase]
    fn mask(x: i64, channel: &mut impl Write) -> io::Result<i64> {
        put(channel, x)?;
        Ok(x)
    }

    #[fusion::phase(name = "unmasking")]
    fn unmask(x: i64, channel: &mut impl Read) -> io::Result<i64> {
        Ok(get(channel)? + x)
    }

    #[fusion::phase]
    fn respond(channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x.wrapping_mul(2))
    }

    #[test]
    fn works() {
        agrees_and_catches::<Whole>(|| ((), ()), (&(), &()), |x| 3 * x);
    }

    #[test]
    fn costs_are_divided() {
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            let server = scope.spawn(move || {
                let mut rng = StdRng::seed_from_u64(2);
                WholeServer::new().serve(&mut there, &(), &mut rng).unwrap()
            });
            let checks = (0..4).map(|x| Check::model_answer(x, 3 * x)).collect();
            let mut client = WholeClient::new(Policy::new(8, 3, 4, 0), checks);
            let mut rng = StdRng::seed_from_u64(1);
            let answers = client.infer(&mut here, &(), &[1, 2, 3, 4, 5, 6], &mut rng).unwrap();
            // 22 slots, and 13 bytes around each message of eight.
            let bytes = 22 * (8 + 13);
            let part = |costs: &fusion::Costs, name: &str| {
                let online = costs.phases.last().unwrap();
                let part = online.inner.iter().find(|part| part.name == name).unwrap();
                (part.sent, part.received, part.rounds)
            };
            assert_eq!(part(&answers.report().costs, "mask"), (bytes, 0, 0));
            assert_eq!(part(&answers.report().costs, "unmasking"), (0, bytes, 22));
            assert!(answers.report().to_string().contains("- unmasking"));
            assert_eq!(part(&server.join().unwrap(), "respond"), (bytes, bytes, 22));
        });
    }

    #[test]
    fn marks_do_nothing_elsewhere() {
        let mut stream = io::Cursor::new(Vec::new());
        mask(5, &mut stream).unwrap();
        stream.set_position(0);
        assert_eq!(unmask(1, &mut stream).unwrap(), 6);
    }
}

mod two_numbers {
    use super::*;

    /// A number that a phase returned and the number of slots are both a `usize`: the marker says
    /// which is which, whatever the parameter is called.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Threads;

    #[fusion::harden]
    impl Threads {
        #[fusion::client(online, batch, query = xs)]
        fn ask(xs: &[i64], channel: &mut (impl Read + Write)) -> io::Result<Vec<i64>> {
            xs.iter().try_for_each(|x| put(channel, *x))?;
            xs.iter().map(|_| get(channel)).collect()
        }

        #[fusion::server(offline, batch, local)]
        fn threads() -> usize {
            7
        }

        #[fusion::server(offline, batch, local, state = slots)]
        fn chunks(slots: usize) -> i64 {
            slots as i64
        }

        #[fusion::server(online, batch, slots = slots)]
        fn answer(
            slots: usize,
            threads: &i64,
            channel: &mut (impl Read + Write),
        ) -> io::Result<()> {
            let xs: Vec<i64> = (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
            xs.iter().try_for_each(|x| put(channel, x * threads))
        }
    }

    #[test]
    fn works() {
        agrees_and_catches::<Threads>(|| ((), ()), (&(), &()), |x| 7 * x);
    }
}
