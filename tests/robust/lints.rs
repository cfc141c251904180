//! Every lint of rustc and clippy denied: generated code must be silent. Lints that the phases here
//! would trip themselves are allowed on the items that a user writes, and by that not on what is
//! generated from them.
#![deny(
    warnings,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    refining_impl_trait,
    rust_2018_idioms,
    unused,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    closure_returning_async_block,
    deprecated,
    deprecated_in_future,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    ffi_unwind_calls,
    impl_trait_redundant_captures,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unstable_features,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::cargo,
    clippy::nursery,
    clippy::pedantic,
    clippy::restriction
)]
#![allow(clippy::blanket_clippy_restriction_lints, reason = "that is the point")]

use std::io::{Read, Result, Write};

use crate::run;

/// Every stage, batches, values that are kept and handed on.
#[fusion::harden(
    soundness = 8,
    queries = 6,
    copies = 3,
    checks = 4,
    slack = 0,
    privacy = public,
    executions = isolated,
    assumes = "nothing"
)]
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
pub(crate) struct Stages<'model, T> {
    /// The factors.
    factors: &'model [T],
}

/// Kept from offline to online.
#[derive(Debug)]
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
pub(crate) struct Mask(i64);

#[fusion::harden(version = 2, instance = per_slot, agree_on = |it| -> i64 { *it }, validate = Self::valid)]
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
impl<'model, T: Into<i64> + Copy> Stages<'model, T> {
    /// With these factors.
    pub(crate) const fn new(factors: &'model [T]) -> Self {
        Self { factors }
    }

    /// What can be asked.
    const fn valid(_: &i64, x: &i64) -> core::result::Result<(), i64> {
        if *x < 1000 { Ok(()) } else { Err(*x) }
    }

    #[fusion::client(setup)]
    fn hello(channel: &mut (impl Read + Write)) -> Result<[i64; 1]> {
        run::ask(channel, 1).map(|it| [it])
    }

    #[fusion::server(setup)]
    fn hello_too(&mut self, channel: &mut (impl Read + Write)) -> Result<()> {
        run::answer(channel, self.factor())
    }

    #[fusion::client(offline, batch, local)]
    fn masks(slots: usize) -> Vec<Mask> {
        (0..slots).map(|_| Mask(3)).collect()
    }

    /// Its value has a destructor.
    #[fusion::server(offline, local)]
    fn owned(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Its value is `Copy`.
    #[fusion::server(offline, local)]
    fn copied(self) -> u8 {
        1
    }

    /// It has no value.
    #[fusion::server(offline, local)]
    fn nothing(&mut self) {}

    /// It must be used.
    #[must_use]
    #[deprecated]
    #[fusion::server(offline, local)]
    fn used(&mut self) -> bool {
        true
    }

    /// Its name is not as names should be.
    #[allow(non_snake_case)]
    #[fusion::server(offline, local)]
    fn Named(self) -> Self {
        self
    }

    #[fusion::client(online, query = x)]
    fn ask(
        hello: &[i64; 1],
        mask: Mask,
        x: i64,
        offset: &i64,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> Result<i64> {
        run::put(writer, x.wrapping_add(mask.0))?;
        let [factor] = *hello;
        Ok(run::get(reader)?.wrapping_sub(factor.wrapping_mul(mask.0)).wrapping_add(*offset))
    }

    #[fusion::server(online)]
    fn answer(
        &self,
        _: &(),
        _: Vec<u8>,
        _: &u8,
        is_used: bool,
        named: &mut Self,
        channel: &mut (impl Read + Write),
    ) -> Result<()> {
        assert!(is_used);
        run::answer(channel, named.factor())
    }

    #[fusion::phase]
    fn factor(&self) -> i64 {
        self.factors.iter().map(|&factor| factor.into()).sum()
    }
}

/// Two structs, channels of their own.
#[fusion::harden(
    soundness = 8,
    privacy = public,
    executions = isolated,
    server = Answerer,
    name = "two",
    version = 3,
    agreement = fusion::Exact
)]
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
pub(crate) struct Asker {
    /// The other party.
    pub(crate) link: Option<Link>,
}

/// The server.
#[derive(Debug)]
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
pub(crate) struct Answerer;

/// A channel.
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
pub(crate) struct Link(fusion::Wire);

#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
impl Link {
    /// A channel over the wire.
    const fn new(wire: fusion::Wire) -> Self {
        Self(wire)
    }

    /// Flushes.
    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

#[fusion::harden(
    client,
    channel = |wire| Some(Link(wire)),
    field = link,
    flush = Asker::flush,
    instance = |_| Self { link: None }
)]
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
impl Asker {
    #[fusion::client(online, batch, query = xs)]
    fn ask(&mut self, xs: Vec<i64>) -> Result<Vec<i64>> {
        let link = self.link.as_mut().unwrap();
        for x in &xs {
            run::put(&mut link.0, *x)?;
        }
        xs.iter().map(|_| run::get(&mut link.0)).collect()
    }

    /// Flushes, if there is a channel.
    fn flush(link: &mut Option<Link>) -> Result<()> {
        link.as_mut().map_or(Ok(()), Link::flush)
    }
}

#[fusion::harden(server, channel = Link::new, flush = Link::flush)]
#[allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    reason = "the user's own"
)]
impl Answerer {
    #[fusion::server(online, batch)]
    fn answer(slots: usize, link: &mut Link) -> Result<()> {
        let xs = (0..slots).map(|_| run::get(&mut link.0)).collect::<Result<Vec<_>>>()?;
        xs.iter().try_for_each(|x| run::put(&mut link.0, x.wrapping_mul(7)))
    }
}
