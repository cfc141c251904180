//! Fusion under another name. `tests/pass/renamed.rs` has the name `fusion` stand for something
//! else on top.

use std::io::{Read, Result, Write};

use crate::run;

mod dependencies {
    pub(crate) use fusion as hardening;
}

use dependencies::hardening;

#[hardening::harden(
    soundness = 8,
    privacy = public,
    executions = isolated,
    crate = crate::renamed::dependencies::hardening
)]
struct One;

#[hardening::harden(validate_answer = |_| Ok::<_, String>(()), crate = hardening)]
impl One {
    #[hardening::client(online, query = x)]
    fn ask(x: &i64, channel: &mut (impl Read + Write)) -> Result<i64> {
        Self::inner(*x, channel)
    }

    #[hardening::phase(crate = self::dependencies::hardening)]
    fn inner(x: i64, channel: &mut (impl Read + Write)) -> Result<i64> {
        run::ask(channel, x)
    }

    #[hardening::server(online)]
    fn answer(factor: &i64, channel: &mut (impl Read + Write)) -> Result<()> {
        Self::inner_too(*factor, channel)
    }

    #[hardening::phase(name = "inner", crate = hardening)]
    fn inner_too(factor: i64, channel: &mut (impl Read + Write)) -> Result<()> {
        run::answer(channel, factor)
    }
}

#[test]
fn one_struct_works() {
    run::agrees_and_catches::<One>(|| ((), ()), (&(), &7), |x| 7 * x);
}

#[hardening::harden(
    soundness = 8,
    privacy = public,
    executions = isolated,
    client = Asker,
    agree_on = |it| -> i64 { *it },
    crate = hardening
)]
struct Two;

struct Asker;

#[hardening::harden(client, crate = hardening)]
impl Asker {
    #[hardening::client(online, query = x)]
    fn ask(x: &i64, channel: &mut (impl Read + Write)) -> Result<i64> {
        run::ask(channel, *x)
    }
}

#[hardening::harden(server, crate = hardening)]
impl Two {
    #[hardening::server(online)]
    fn answer(factor: &i64, channel: &mut (impl Read + Write)) -> Result<()> {
        run::answer(channel, *factor)
    }
}

#[test]
fn two_structs_work() {
    run::agrees_and_catches::<Two>(|| ((), ()), (&(), &7), |x| 7 * x);
    let _ = Asker;
}
