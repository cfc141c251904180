//! A module without the prelude.
#![no_implicit_prelude]

use ::std::{
    clone::Clone,
    io::{Read, Result, Write},
    vec::Vec,
};

use crate::run;

#[::fusion::harden(soundness = 8, privacy = public, executions = isolated, assumes = "nothing")]
struct One {
    sum: i64,
}

#[::fusion::harden(
    instance = |it| Self { sum: it.sum },
    validate = |_| ::std::result::Result::<(), &str>::Ok(())
)]
impl One {
    #[::fusion::client(setup)]
    fn hello(channel: &mut (impl Read + Write)) -> Result<[i64; 1]> {
        run::ask(channel, 1).map(|sum| [sum])
    }

    #[::fusion::server(setup)]
    fn hello_too(&mut self, channel: &mut (impl Read + Write)) -> Result<()> {
        run::answer(channel, self.sum)
    }

    #[::fusion::client(offline, local, batch)]
    fn masks(slots: usize, rng: &mut impl ::rand::Rng) -> Vec<i64> {
        ::std::iter::Iterator::collect(::std::iter::Iterator::map(0..slots, |_| {
            ::rand::RngExt::random_range(&mut *rng, 0..1000)
        }))
    }

    #[::fusion::client(online, query = x)]
    fn ask(
        hello: &[i64; 1],
        mask: i64,
        x: i64,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> Result<i64> {
        run::put(writer, x.wrapping_add(mask))?;
        let sum = run::get(reader)?;
        ::std::result::Result::Ok(sum.wrapping_sub(mask.wrapping_mul(hello[0])))
    }

    #[::fusion::server(online)]
    fn answer(&mut self, model: &[i64], channel: &mut (impl Read + Write)) -> Result<()> {
        self.sum = model[0];
        run::answer(channel, self.sum)
    }
}

#[test]
fn one_struct_works() {
    let model: &[i64] = &[7];
    run::agrees_and_catches::<One>(|| ((), One { sum: 7 }), (&(), model), |x| 7 * x);
}

#[::fusion::harden(
    soundness = 8,
    privacy = public,
    executions = isolated,
    client = Asker,
    agree_on = |it| -> i64 { Clone::clone(it) }
)]
struct Two;

struct Asker;

#[::fusion::harden(client, channel = |wire| wire, flush = Write::flush)]
impl Asker {
    #[::fusion::client(online, query = xs, batch)]
    fn ask(xs: &[i64], channel: &mut (impl Read + Write)) -> Result<Vec<i64>> {
        for x in xs {
            run::put(channel, *x)?;
        }
        let answers = ::std::iter::Iterator::map(xs.iter(), |_| run::get(channel));
        ::std::iter::Iterator::collect(answers)
    }
}

#[::fusion::harden(server)]
impl Two {
    #[::fusion::server(online, batch)]
    fn answer(
        factor: &i64,
        slots: usize,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> Result<()> {
        let mut xs = Vec::new();
        for _ in 0..slots {
            xs.push(Self::read(reader)?);
        }
        for x in xs {
            run::put(writer, factor.wrapping_mul(x))?;
        }
        ::std::result::Result::Ok(())
    }

    #[::fusion::phase]
    fn read(reader: &mut impl Read) -> Result<i64> {
        run::get(reader)
    }
}

#[test]
fn two_structs_work() {
    let _ = Asker;
    run::agrees_and_catches::<Two>(|| ((), ()), (&(), &7), |x| 7 * x);
}
