//! Names that collide with those in generated code.
#![allow(
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case,
    dead_code,
    unused_macros,
    unused_imports,
    clippy::wrong_self_convention,
    reason = "that is the point"
)]

use crate::run;

/// Types, traits, functions and modules with the names that generated code uses.
mod names {
    pub(super) struct Client;
    pub(super) struct Server;
    pub(super) struct Wire;
    pub(super) struct Step;
    pub(super) struct Stage;
    pub(super) struct Phase;
    pub(super) struct PhaseError;
    pub(super) struct StateError;
    pub(super) struct Exact;
    pub(super) struct Projection;
    pub(super) struct Declaration;
    pub(super) struct Declared;
    pub(super) struct ClientRun;
    pub(super) struct ServerRun;
    pub(super) struct ClientSide;
    pub(super) struct ServerSide;
    pub(super) struct SemiHonest;
    pub(super) struct Projected;
    pub(super) struct Kept;
    pub(super) struct Column;
    pub(super) struct Result;
    pub(super) struct Option;
    pub(super) struct Vec;
    pub(super) struct String;
    pub(super) struct Ok;
    pub(super) struct Err;
    pub(super) struct Some;
    pub(super) struct None;
    pub(super) struct Default;
    pub(super) struct Clone;
    pub(super) struct Into;
    pub(super) struct usize;
    pub(super) struct str;
    pub(super) struct bool;
    pub(super) struct u32;
}
use names::*;

mod core {}
mod std {}
mod fusion {}
mod alloc {}

macro_rules! panic {
    () => {};
}
macro_rules! compile_error {
    () => {};
}

/// Methods for everything, with the names of those that generated code calls.
trait Everything: Sized {
    fn map_err(self) {}
    fn query(self) {}
    fn queries(self) {}
    fn to_queries(self) {}
    fn slot(self) {}
    fn slots(self) {}
    fn push(self) {}
    fn extend(self) {}
    fn put(self) {}
    fn put_all(self) {}
    fn get(self) {}
    fn get_mut(self) {}
    fn take(self) {}
    fn take_all(self) {}
    fn take_next(self) {}
    fn all(self) {}
    fn split(self) {}
    fn handle(self) {}
    fn cast(self) {}
    fn batched(self) {}
    fn local(self) {}
    fn batch(self) {}
    fn privacy(self) {}
    fn assumes(self) {}
    fn executions(self) {}
    fn touch(self) {}
    fn classes(self) {}
    fn valid(self) {}
    fn validate(self) {}
    fn part(self) {}
    fn is_empty(self) {}
    fn into(self) {}
    fn clone(self) {}
    fn flushed(self) {}
}
impl<T> Everything for T {}

/// As variants: `Self::Client` would mean them.
#[::fusion::harden(soundness = 8, assumes = "a dealer", privacy = public, executions = isolated)]
#[derive(::core::clone::Clone)]
enum Toy {
    Client,
    ClientContext,
    ClientError,
    ClientSetup,
    ClientState,
    Query,
    Output,
    Server,
    ServerContext,
    ServerError,
    ServerSetup,
    ServerState,
    Agreement,
    Part,
}

type IoResult<T> = ::std::io::Result<T>;

#[::fusion::harden(instance = per_slot, agree_on = |it| -> i64 { *it }, validate = Self::validate_query)]
impl Toy {
    const NAME: &'static ::core::primitive::str = "not the protocol's";
    const CLIENT_STEPS: i64 = 0;
    const SERVER_STEPS: i64 = 0;

    fn validate_query(&self, client: &i64) -> ::core::result::Result<(), i64> {
        if *client < 1000 { ::core::result::Result::Ok(()) } else { ::core::result::Result::Err(0) }
    }

    #[fusion::client(setup)]
    fn fork_client(
        &mut self,
        run: &mut (impl ::std::io::Read + ::std::io::Write),
    ) -> IoResult<::std::vec::Vec<i64>> {
        ::core::result::Result::Ok(::std::vec![run::ask(run, 1)?])
    }

    #[fusion::server(setup)]
    fn fork_server(
        &mut self,
        step: &mut (impl ::std::io::Read + ::std::io::Write),
    ) -> IoResult<()> {
        run::answer(step, 7)
    }

    #[fusion::client(offline, local, batch)]
    fn map_err(slots: ::core::primitive::usize) -> ::std::vec::Vec<i64> {
        ::std::vec![3; slots]
    }

    #[fusion::client(online, local)]
    fn step(&mut self, value: &i64) -> IoResult<i64> {
        ::core::result::Result::Ok(*value)
    }

    #[fusion::client(online, query = value, state = run, state = step)]
    fn client_step(
        &self,
        run: &[i64],
        step: i64,
        value: i64,
        reader: &mut impl ::std::io::Read,
        writer: &mut impl ::std::io::Write,
    ) -> IoResult<i64> {
        run::put(writer, value + step)?;
        ::core::result::Result::Ok(run::get(reader)? - run[0] * step)
    }

    #[fusion::server(online, context = value, channel = stacked)]
    fn server_step(
        &self,
        value: &i64,
        stacked: &mut (impl ::std::io::Read + ::std::io::Write),
    ) -> IoResult<()> {
        run::answer(stacked, *value)
    }
}

#[test]
fn works() {
    let instances = || (Toy::Client, Toy::Server);
    run::agrees_and_catches::<Toy>(instances, (&(), &7), |x| 7 * x);
    assert_eq!(<Toy as ::fusion::SemiHonest>::NAME, "Toy");
}

/// A type parameter called like an associated type.
#[::fusion::harden(soundness = 8, privacy = public, executions = isolated, server = Answerer<Query>)]
struct Asker<Query>(::core::marker::PhantomData<Query>);

struct Answerer<Output>(Output);

#[::fusion::harden(client)]
impl<Query> Asker<Query> {
    #[fusion::client(online, query = channel, channel = query)]
    fn ask(
        channel: &i64,
        query: &mut (impl ::std::io::Read + ::std::io::Write),
    ) -> ::std::io::Result<i64> {
        run::ask(query, *channel)
    }
}

#[::fusion::harden(server)]
impl<Output> Answerer<Output> {
    #[fusion::server(online)]
    fn answer(
        factor: &i64,
        channel: &mut (impl ::std::io::Read + ::std::io::Write),
    ) -> ::std::io::Result<()> {
        run::answer(channel, *factor)
    }
}

#[test]
fn two_structs_work() {
    run::agrees_and_catches::<Asker<char>>(|| ((), ()), (&(), &7), |x| 7 * x);
}
