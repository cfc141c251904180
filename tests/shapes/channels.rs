//! What a phase talks through.

use std::io::BufWriter;

use super::*;

mod own_channel {
    use super::*;

    /// A channel of the user's own, which owns its stream and must be flushed by its caller.
    struct Mux<S> {
        stream: S,
        pending: Vec<u8>,
        sent: usize,
    }

    impl<S: Read + Write + Send + 'static> Mux<S> {
        fn single(stream: S) -> Self {
            Self { stream, pending: Vec::new(), sent: 0 }
        }

        fn say(&mut self, x: i64) {
            self.pending.extend(x.to_le_bytes());
            self.sent += 1;
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
        fn ask<S: Read + Write + Send + 'static>(mux: &mut Mux<S>, x: &i64) -> io::Result<i64> {
            mux.say(*x);
            mux.hear()
        }

        #[fusion::server(online)]
        fn answer<S: Read + Write + Send + 'static>(mux: &mut Mux<S>) -> io::Result<()> {
            let x = mux.hear()?;
            mux.say(x.wrapping_mul(3));
            // Forgetting to flush is fine here: the driver does.
            Ok(())
        }
    }

    #[test]
    fn works() {
        agrees_and_catches::<Muxed>(|| ((), ()), (&(), &()), |x| 3 * x);
    }
}

mod trait_object {
    use super::*;

    trait Duplex: Read + Write {}

    impl<S: Read + Write> Duplex for S {}

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Dynamic;

    #[fusion::harden]
    impl Dynamic {
        #[fusion::client(online, query = x)]
        fn ask(x: &i64, channel: &mut dyn Duplex) -> io::Result<i64> {
            let mut channel = channel;
            put(&mut channel, *x)?;
            get(&mut channel)
        }

        #[fusion::server(online)]
        fn answer(channel: &mut dyn Duplex) -> io::Result<()> {
            let mut channel = channel;
            let x = get(&mut channel)?;
            put(&mut channel, x.wrapping_sub(1))
        }
    }

    #[test]
    fn works() {
        agrees_and_catches::<Dynamic>(|| ((), ()), (&(), &()), |x| x - 1);
    }
}

mod in_a_field {
    use super::*;

    /// The channel is a field, and its parts are made of the two directions.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Endpoint {
        io: Parts,
        factor: i64,
    }

    struct Parts {
        reader: WireReader,
        writer: BufWriter<WireWriter>,
    }

    impl Parts {
        fn of(wire: Wire) -> Self {
            let (reader, writer) = wire.handles();
            Self { reader, writer: BufWriter::new(writer) }
        }
    }

    #[fusion::harden(instance = shared, channel = Parts::of, field = io)]
    impl Endpoint {
        fn with(factor: i64) -> Self {
            Self { io: Parts::of(Wire::closed()), factor }
        }

        #[fusion::client(online, query = x)]
        fn ask(&mut self, x: &i64) -> io::Result<i64> {
            put(&mut self.io.writer, *x)?;
            self.io.writer.flush()?;
            get(&mut self.io.reader)
        }

        #[fusion::server(online)]
        fn answer(&mut self) -> io::Result<()> {
            let x = get(&mut self.io.reader)?;
            put(&mut self.io.writer, x.wrapping_mul(self.factor))?;
            self.io.writer.flush()
        }
    }

    #[test]
    fn works() {
        let instances = || (Endpoint::with(0), Endpoint::with(9));
        agrees_and_catches::<Endpoint>(instances, (&(), &()), |x| 9 * x);
    }

    #[test]
    fn a_closed_wire_refuses() {
        let mut endpoint = Endpoint::with(1);
        assert!(endpoint.ask(&1).is_err() && endpoint.answer().is_err());
    }
}

mod by_value {
    use super::*;

    /// Phases that own their channel, or their reader and writer.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Owned;

    #[fusion::harden]
    impl Owned {
        #[fusion::client(online, query = x)]
        fn ask<C: Read + Write + Send + 'static>(x: &i64, mut channel: C) -> io::Result<i64> {
            put(&mut channel, *x)?;
            get(&mut channel)
        }

        #[fusion::server(online)]
        fn answer<R, W>(reader: &mut R, writer: &mut W) -> io::Result<()>
        where
            R: Read + Send + 'static,
            W: Write + Send + 'static,
        {
            let x = get(reader)?;
            put(writer, x.wrapping_mul(x))
        }
    }

    #[test]
    fn works() {
        agrees_and_catches::<Owned>(|| ((), ()), (&(), &()), |x| x * x);
    }
}
