//! Protocols that come out of `macro_rules!`: what a macro passes on arrives in invisible brackets.

use std::{
    io::{self, Read, Write},
    marker::PhantomData,
};

use crate::run;

/// The whole protocol from its name; the body of a phase from outside.
macro_rules! protocol {
    ($(#[$meta:meta])* $vis:vis struct $name:ident, $bits:literal, $factor:expr) => {
        $(#[$meta])*
        #[fusion::harden(soundness = $bits, privacy = public, executions = isolated)]
        $vis struct $name;

        #[fusion::harden(name = "from a macro")]
        impl $name {
            #[fusion::client(online, query = x)]
            fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
                run::ask(channel, *x)
            }

            #[fusion::server(online)]
            fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
                run::answer(channel, $factor)
            }
        }
    };
}

protocol!(
    /// Seven times.
    pub(crate) struct Seven, 8, 3 + 4
);

#[test]
fn name_and_literals_work() {
    run::agrees_and_catches::<Seven>(|| ((), ()), (&(), &()), |x| 7 * x);
}

/// A channel of the protocol's own.
struct Own(fusion::Wire);

impl Own {
    fn new(wire: fusion::Wire) -> Self {
        Self(wire)
    }
}

/// Types, names, stages, lifetimes, bodies and functions from outside.
macro_rules! typed {
    (
        struct $name:ident<$life:lifetime, $param:ident>($field:ty);
        $stage:ident keeps $state:ty,
        $query:ident: $input:ty => $output:ty, $channel:ident: $chan:ty = $make:path,
        $prepare:block $ask:block $answer:block
    ) => {
        #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
        struct $name<$life, $param>($field);

        #[fusion::harden(channel = $make, agreement = ::fusion::Exact)]
        impl<$life, $param> $name<$life, $param> {
            #[fusion::client($stage)]
            fn prepare($channel: &mut $chan) -> io::Result<$state> $prepare

            #[fusion::server($stage)]
            fn prepare_too($channel: &mut $chan) -> io::Result<()> {
                run::put(&mut $channel.0, 7)
            }

            #[fusion::client(online, query = $query)]
            fn ask($query: $input, _: &$state, $channel: &mut $chan) -> io::Result<$output>
            $ask

            #[fusion::server(online)]
            fn answer(_: &Vec<$output>, $channel: &mut $chan) -> io::Result<()> $answer
        }
    };
}

mod bodies {
    use super::*;

    // What a body names has to come in with it.
    macro_rules! with_bodies {
        ($channel:ident, $x:ident) => {
            typed! {
                struct Typed<'a, T>(PhantomData<&'a T>);
                offline keeps (i64, Vec<u8>),
                $x: &i64 => i64, $channel: Own = Own::new,
                { Ok((run::get(&mut $channel.0)?, Vec::new())) }
                { run::ask(&mut $channel.0, *$x) }
                { run::answer(&mut $channel.0, 7) }
            }
        };
    }
    with_bodies!(channel, x);

    #[test]
    fn types_and_bodies_work() {
        let context = (&(), &vec![1]);
        run::agrees_and_catches::<Typed<'static, u8>>(|| ((), ()), context, |x| 7 * x);
        let _ = Typed::<u8>(PhantomData);
    }
}

/// The type of the `impl` and all of the attributes' arguments from outside.
macro_rules! whole {
    ($ty:ty, $input:ty, [$($on_struct:tt)*] [$($on_impl:tt)*] [$($client:tt)*] $marker:path) => {
        #[fusion::harden($($on_struct)*)]
        struct Whole<T>(T);

        #[fusion::harden($($on_impl)*)]
        impl<T> $ty {
            #[fusion::client($($client)*)]
            fn ask(x: &$input, channel: &mut (impl Read + Write)) -> io::Result<$input> {
                run::ask(channel, *x)
            }

            #[$marker(online)]
            fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
                run::answer(channel, 7)
            }

            #[fusion::phase]
            fn unused() {}
        }
    };
}

whole! {
    Whole<T>, i64,
    [soundness = 8, privacy = public, executions = isolated, queries = 6, copies = 3, checks = 4]
    [name = "whole", version = 2, agree_on = |it| -> i64 { *it }, validate = |x| if *x < 1000 { Ok(()) } else { Err(*x) }, instance = shared]
    [online, query = x]
    fusion::server
}

#[test]
fn arguments_work() {
    run::agrees_and_catches::<Whole<u8>>(|| ((), ()), (&(), &()), |x| 7 * x);
    Whole::<u8>::unused();
    let _ = Whole(1);
}

/// Expressions and types as arguments, each a fragment, and a body for `#[fusion::phase]`.
macro_rules! fragments {
    (
        $bits:expr, $privacy:ident, $assumes:expr, $agreement:ty, $client:ty, $make:expr,
        $name:literal, $body:block, $krate:path, $($attr:meta),*
    ) => {
        $(#[$attr])*
        #[fusion::harden(
            soundness = $bits,
            privacy = $privacy,
            executions = isolated,
            assumes = $assumes,
            agreement = $agreement,
            client = $client,
            crate = $krate
        )]
        struct Fragments;

        struct Asker;

        #[fusion::harden(client, channel = $make)]
        impl $client {
            #[fusion::client(online, query = x)]
            fn ask(x: &i64, channel: &mut Own) -> io::Result<i64> {
                run::ask(&mut channel.0, *x)
            }
        }

        #[fusion::harden(server)]
        impl Fragments {
            #[fusion::server(online)]
            fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
                let factor = Self::inner();
                run::answer(channel, factor)
            }

            #[fusion::phase(name = $name)]
            fn inner() -> i64 $body
        }
    };
}

fragments! {
    8, public, "an honest dealer", fusion::Exact, Asker, |wire| Own(wire), "inner", { 7 }, ::fusion,
    doc = "Documented.", allow(dead_code)
}

#[test]
fn fragments_work() {
    run::agrees_and_catches::<Fragments>(|| ((), ()), (&(), &()), |x| 7 * x);
    let _ = Asker;
}
