//! Rules on phases together: every one has a partner at the other party, all wait in one way.

use super::{Errors, phases::Draft};
use crate::{parse::Party, plan::Stage};

/// The drafts of the client and of the server, each in the order in which they run. `only` says
/// that the impl is one party's.
pub(super) fn parties(
    drafts: Vec<Draft>,
    only: Option<Party>,
    errors: &mut Errors,
) -> (Vec<Draft>, Vec<Draft>) {
    let (mut clients, mut servers): (Vec<_>, Vec<_>) =
        drafts.into_iter().partition(|draft| draft.party == Party::Client);
    clients.sort_by_key(|draft| draft.stage);
    servers.sort_by_key(|draft| draft.stage);
    if only.is_none() && !clients.iter().chain(&servers).any(|draft| draft.may_be_elsewhere) {
        pair(&mut clients, &mut servers, errors);
    }
    (clients, servers)
}

/// The phases are `async fn`, all of them or none.
pub(super) fn one_kind(drafts: &[Draft], errors: &mut Errors) {
    let first = drafts.iter().find(|draft| !draft.is_local());
    let is_async = first.or(drafts.first()).is_some_and(|draft| draft.is_async.is_some());
    for draft in drafts {
        match (&draft.is_async, is_async) {
            (Some(token), false) => errors.push(
                token,
                format!(
                    "`{}` is `async` and other phases block: make all of them `async fn` (over \
                     `AsyncRead` and `AsyncWrite`) or none",
                    draft.method
                ),
            ),
            (None, true) if !draft.is_local() => errors.push(
                &draft.method,
                format!(
                    "`{}` blocks and other phases are `async`: make all of them `async fn` or none",
                    draft.method
                ),
            ),
            _ => {}
        }
    }
}

/// The k-th client phase of a stage talks to the k-th server phase of it, in the order written.
fn pair(clients: &mut [Draft], servers: &mut [Draft], errors: &mut Errors) {
    for stage in Stage::ALL {
        let of_stage = |draft: &&mut Draft| draft.stage == stage && !draft.is_local();
        let mut client = clients.iter_mut().filter(of_stage);
        let mut server = servers.iter_mut().filter(of_stage);
        loop {
            match (client.next(), server.next()) {
                (Some(client), Some(server)) if stage != Stage::Setup => {
                    check_batch(client, server, errors);
                }
                (Some(_), Some(_)) => {}
                (Some(lonely), None) | (None, Some(lonely)) => {
                    lonely.is_lonely = true;
                    let (stage, other) = (stage.name(), lonely.party.other().name());
                    errors.push(
                        &lonely.stage_key,
                        format!(
                            "`{}` has no partner: mark the {other}'s side of this phase with \
                             `#[fusion::{other}({stage})]`, or this one `{stage}, local` if it \
                             exchanges no messages",
                            lonely.method
                        ),
                    );
                }
                (None, None) => break,
            }
        }
    }
}

fn check_batch(client: &Draft, server: &Draft, errors: &mut Errors) {
    let (with, without) = match (&client.batch, &server.batch) {
        (Some(batch), None) => (batch, server),
        (None, Some(batch)) => (batch, client),
        _ => return,
    };
    errors.push(
        with,
        format!(
            "`{}` talks to `{}`, which runs slot by slot: mark both `batch`, or neither",
            if without.party == Party::Server { &client.method } else { &server.method },
            without.method
        ),
    );
}
