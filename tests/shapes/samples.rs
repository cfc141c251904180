//! What the driver asks about samples: are they valid, and which are equal.

use super::*;

mod validated {
    use super::*;

    /// Called like a phase: with the client, and with its contexts as the caller passes them.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Narrow {
        width: i64,
    }

    #[fusion::harden(validate = Self::fits, validate_answer = Self::can_be)]
    impl Narrow {
        fn fits(&self, (least, most): &(i64, u32), x: &i64) -> Result<(), String> {
            match *x {
                x if x < *least => Err(format!("{x} is below {least}")),
                x if x > i64::from(*most) + self.width => {
                    Err(format!("{x} is above {most} + {}", self.width))
                }
                _ => Ok(()),
            }
        }

        fn can_be(&self, _: &(i64, u32), answer: &i64) -> Result<(), &'static str> {
            if answer % 7 == 0 { Ok(()) } else { Err("answers are multiples of 7") }
        }

        #[fusion::client(online, query = x, context = most)]
        fn ask(
            &self,
            x: i64,
            least: &i64,
            most: u32,
            channel: &mut (impl Read + Write),
        ) -> io::Result<i64> {
            assert!((*least..=i64::from(most) + self.width).contains(&x));
            put(channel, x)?;
            get(channel)
        }

        #[fusion::server(online)]
        fn answer(&self, factor: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.wrapping_mul(*factor))
        }
    }

    #[test]
    fn works() {
        let (client, context) = (Narrow { width: 9 }, (0, 101));
        let instances = || (Narrow { width: 9 }, Narrow { width: 9 });
        agrees_and_catches::<Narrow>(instances, (&context, &7), |x| 7 * x);
        assert_eq!(Narrow::validate_query(&client, &context, &110), Ok(()));
        assert_eq!(
            Narrow::validate_query(&client, &context, &111),
            Err("111 is above 101 + 9".into())
        );
        assert!(Narrow::validate_answer(&client, &context, &8).is_err());
    }
}

mod of_the_other_struct {
    use super::*;

    /// The client's impl says what is valid; the protocol is another struct.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated, client = Asker)]
    struct Answerer;

    struct Asker;

    #[fusion::harden(client, validate = |x| if *x < 1000 { Ok(()) } else { Err("too large") })]
    impl Asker {
        #[fusion::client(online, query = x)]
        fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, *x)?;
            get(channel)
        }
    }

    #[fusion::harden(server)]
    impl Answerer {
        #[fusion::server(online)]
        fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x + 1)
        }
    }

    #[test]
    fn works() {
        agrees_and_catches::<Answerer>(|| ((), ()), (&(), &()), |x| x + 1);
        assert_eq!(Answerer::validate_query(&(), &(), &1000), Err("too large".into()));
        assert_eq!(Answerer::validate_answer(&(), &(), &1000), Ok(()));
        assert_eq!(Answerer::classes(&[&3, &4, &3]), Some(vec![0, 1, 0]));
        Answerer::touch(&1);
        let _ = Asker;
    }
}

mod any_query {
    use super::*;

    /// Queries of any type: the impl promises nothing about it.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Any<Q>(std::marker::PhantomData<Q>);

    #[fusion::harden]
    impl<Q: Into<i64>> Any<Q> {
        #[fusion::client(online, query = x)]
        fn ask(x: &[Q], channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, x.len() as i64)?;
            get(channel)
        }

        #[fusion::server(online)]
        fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x)
        }
    }

    #[test]
    fn equal_ones_are_found_if_the_impl_says_that_they_can_be_compared() {
        let (one, two) = (vec![1_u8], vec![2]);
        assert_eq!(Any::classes(&[&one, &two, &one]), None);
        Any::touch(&one);
    }
}
