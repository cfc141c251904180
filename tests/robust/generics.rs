//! Generics of all kinds on struct, `impl` and methods, every visibility, foreign attributes.
#![allow(
    unreachable_pub,
    clippy::needless_pub_self,
    clippy::non_minimal_cfg,
    clippy::ptr_arg,
    reason = "all that can be written"
)]

use std::{
    fmt::Debug,
    io::{self, Read, Write},
    marker::PhantomData,
};

use crate::run;

/// Numbers with a weight that belongs to them.
pub trait Number: Copy + Into<i64> {
    /// The weight.
    type Weight: Copy + Into<i64>;
    /// What a client keeps.
    type Kept<'a>: Default + Debug;
}

impl Number for i64 {
    type Weight = i32;
    type Kept<'a> = Option<&'a str>;
}

/// Everything at once.
#[must_use]
#[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
#[derive(Debug)]
pub struct Generic<'model, T, F, const N: usize = 2, const FLIP: bool = false>
where
    T: Number,
{
    bias: &'model i64,
    function: F,
    numbers: PhantomData<T>,
}

#[fusion::harden(name = "generic")]
#[allow(clippy::needless_lifetimes)]
impl<'model, T: Number, F: Fn(i64) -> i64, const N: usize, const FLIP: bool>
    Generic<'model, T, F, N, FLIP>
where
    T: 'model,
    T::Weight: Debug,
    for<'x> T::Kept<'x>: Clone,
{
    /// A constant in between.
    const ROUNDS: usize = N;

    /// Returns an associated type.
    #[inline]
    #[must_use = "a reason"]
    #[fusion::client(offline, local)]
    #[allow(clippy::unnecessary_wraps)]
    pub(crate) fn keep(&self) -> Result<T::Kept<'model>, io::Error> {
        Ok(Default::default())
    }

    #[doc = "Generic in everything that a phase can be."]
    #[fusion::client(online, query = x)]
    #[inline(never)]
    pub fn ask<'a, C>(
        &self,
        x: &'a i64,
        kept: T::Kept<'model>,
        sizes: &[usize; N],
        channel: &'a mut C,
    ) -> io::Result<i64>
    where
        C: Read + Write,
    {
        let _ = kept.clone();
        assert_eq!(sizes.len(), Self::ROUNDS);
        let y = run::ask(channel, *x)?;
        Ok((self.function)(y).wrapping_add(*self.bias))
    }

    #[fusion::server(online)]
    pub(in crate::generics) fn answer(
        &self,
        weights: &[T::Weight],
        names: &Vec<Box<dyn for<'x> Fn(&'x str) -> usize + Sync + 'model>>,
        channel: &mut (impl Read + Write + Send + 'static),
        rng: &mut (impl rand::Rng + ?Sized),
    ) -> io::Result<()> {
        let _ = (names.len(), rand::RngExt::random::<u8>(rng));
        let sign = if FLIP { -1 } else { 1 };
        let sum: i64 = weights.iter().map(|&weight| weight.into()).sum();
        run::answer(channel, sign * sum)
    }
}

#[test]
fn generics_work() {
    type P = Generic<'static, i64, fn(i64) -> i64, 2, true>;
    let instance = || -> P { Generic { bias: &5, function: |y| y + 1, numbers: PhantomData } };
    let server = (vec![3, 4], Vec::new());
    let instances = || (instance(), instance());
    run::agrees_and_catches::<P>(instances, (&[1, 2], &server), |x| -7 * x + 6);
    let _: Option<GenericClient<'_, i64, fn(i64) -> i64, 2, true>> = None;
    let _: Option<GenericServer<'_, i64, fn(i64) -> i64>> = None;
}

/// Two parties with generics, each other's visibility and attributes.
#[fusion::harden(soundness = 8, privacy = public, executions = isolated, server = Answerer<'a, T, N>)]
#[derive(Debug, Clone)]
pub(crate) struct Asker<'a, T: Number = i64, const N: usize = 3> {
    /// Kept for each execution.
    rounds: usize,
    numbers: PhantomData<&'a T>,
}

/// The other one.
#[derive(Debug)]
pub(crate) struct Answerer<'a, T: Number, const N: usize> {
    weights: &'a [T; N],
}

#[fusion::harden(client, instance = |_| Self { rounds: 0, numbers: PhantomData })]
impl<'a, T: Number, const N: usize> Asker<'a, T, N> {
    #[fusion::client(online, query = x)]
    fn ask(self, x: i64, channel: &mut dyn Duplex) -> io::Result<i64> {
        let mut channel = channel;
        run::ask(&mut channel, x + self.rounds as i64)
    }
}

#[fusion::harden(server)]
impl<'a, T, const N: usize> Answerer<'a, T, N>
where
    T: Number,
{
    #[fusion::server(online)]
    fn answer<R: Read, W>(&self, reader: &mut R, writer: &mut W) -> io::Result<()>
    where
        W: Write,
    {
        let x = run::get(reader)?;
        let sum: i64 = self.weights.iter().map(|&weight| weight.into()).sum();
        run::put(writer, x.wrapping_mul(sum))
    }
}

/// Both directions.
trait Duplex: Read + Write {}
impl<C: Read + Write> Duplex for C {}

#[test]
fn two_parties_work() {
    let instances =
        || (Asker { rounds: 0, numbers: PhantomData }, Answerer { weights: &[1_i64, 2, 4] });
    run::agrees_and_catches::<Asker<'static>>(instances, (&(), &()), |x| 7 * x);
}

/// Nothing but `pub` in a private module, and `pub(self)`.
mod visible {
    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    pub(self) struct Narrow;

    #[fusion::harden]
    impl Narrow {
        #[fusion::client(online, query = x)]
        pub(self) fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            run::ask(channel, *x)
        }

        #[fusion::server(online)]
        pub(super) fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            run::answer(channel, 7)
        }
    }

    #[test]
    fn works() {
        run::agrees_and_catches::<Narrow>(|| ((), ()), (&(), &()), |x| 7 * x);
    }
}

/// Attributes of others stay where they stand, in order.
mod attributes {
    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    #[derive(Debug, Clone)]
    #[repr(C)]
    #[non_exhaustive]
    pub struct Attributed {
        #[doc(hidden)]
        pub factor: i64,
    }

    #[cfg(all())]
    #[fusion::harden]
    impl Attributed {
        #[cfg(any())]
        fn not_compiled() -> Missing {}

        #[tracing::instrument(skip(channel))]
        #[fusion::client(online, query = x)]
        #[deprecated(note = "generated code may call it all the same")]
        pub fn ask(
            #[allow(unused)] x: &i64,
            #[cfg(all())] channel: &mut (impl Read + Write),
        ) -> io::Result<i64> {
            #![allow(clippy::let_and_return)]
            let answer = run::ask(channel, *x);
            answer
        }

        #[fusion::server(online)]
        #[tracing::instrument(skip_all)]
        #[cold]
        fn answer(&self, channel: &mut (impl Read + Write)) -> io::Result<()> {
            run::answer(channel, self.factor)
        }
    }

    #[test]
    fn work() {
        let instances = || ((), Attributed { factor: 7 });
        run::agrees_and_catches::<Attributed>(instances, (&(), &()), |x| 7 * x);
    }
}
