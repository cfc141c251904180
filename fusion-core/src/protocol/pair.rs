use std::marker::PhantomData;

use super::{ClientSide, Phase, ServerSide, Stage, Step};

/// No protocol has more phases than this.
pub const MAX_PHASES: usize = 64;

/// The steps of a client and of a server, paired up: the k-th of a stage at one party talks to the
/// k-th of that stage at the other. Local steps talk to nobody.
pub struct Pair<C, S>(PhantomData<(C, S)>);

impl<C: ClientSide, S: ServerSide> Pair<C, S> {
    const TABLE: Table = pair(C::CLIENT_STEPS, S::SERVER_STEPS, in_lanes::<C, S>());

    /// The phases, in the order in which both parties run them.
    pub const PHASES: &'static [Phase] = Self::TABLE.0.split_at(Self::TABLE.1).0;
}

struct Table([Phase; MAX_PHASES], usize);

#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time, on constants: a mistake is a compile error"
)]
const fn pair(client: &[Step], server: &[Step], lanes: bool) -> Table {
    let mut table = Table([Phase::new(Stage::Setup, "", ""); MAX_PHASES], 0);
    let (mut c, mut s) = (0, 0);
    loop {
        c = skip_local(client, c);
        s = skip_local(server, s);
        if c == client.len() && s == server.len() {
            return table;
        }
        if c == client.len() {
            panic!("a phase of the server has no partner: the client has fewer phases");
        }
        if s == server.len() {
            panic!("a phase of the client has no partner: the server has fewer phases");
        }
        let (here, there) = (client[c], server[s]);
        if here.stage as u8 != there.stage as u8 {
            panic!(
                "a phase has no partner: in some stage one party has more phases than the other"
            );
        }
        if here.batch != there.batch {
            panic!("a phase is `batch` at one party and runs slot by slot at the other");
        }
        if table.1 == MAX_PHASES {
            panic!("a protocol has at most 64 phases");
        }
        let phase = Phase::of(here, there);
        table.0[table.1] = if lanes && !phase.runs_once() { phase.in_lanes() } else { phase };
        table.1 += 1;
        c += 1;
        s += 1;
    }
}

/// Whether the protocol runs in lanes. How many each party has is its own affair.
#[expect(clippy::panic, reason = "evaluated at compile time: a mistake is a compile error")]
const fn in_lanes<C: ClientSide, S: ServerSide>() -> bool {
    let lanes = C::CLIENT_LANES > 0;
    if lanes != (S::SERVER_LANES > 0) {
        panic!(
            "one party runs its phases in `lanes` and the other does not: say `lanes` for both (the \
             numbers may differ) or for neither"
        );
    }
    if lanes && (has_batch(C::CLIENT_STEPS) || has_batch(S::SERVER_STEPS)) {
        panic!("`lanes` is for protocols that run slot by slot, and a step here is `batch`");
    }
    lanes
}

const fn has_batch(mut steps: &[Step]) -> bool {
    while let [step, rest @ ..] = steps {
        if step.batch {
            return true;
        }
        steps = rest;
    }
    false
}

#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time, on constants: a mistake is a compile error"
)]
const fn skip_local(steps: &[Step], mut at: usize) -> usize {
    while at < steps.len() && steps[at].local {
        at += 1;
    }
    if at > 0 && at < steps.len() && (steps[at].stage as u8) < steps[at - 1].stage as u8 {
        panic!("the stages are out of order: setup comes before offline, offline before online");
    }
    at
}
