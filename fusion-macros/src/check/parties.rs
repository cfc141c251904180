//! Rules on whose phases an `impl` block holds.

use super::{Errors, keys::Keys, phases::Draft};
use crate::{
    parse::{Party, Value},
    plan::Stage,
};

/// The party whose phases the impl holds, if it is one party's: where `client` or `server` says
/// so, and after mistakes where it should. `is_whole` says that all of it could be read.
pub(super) fn only(
    keys: &Keys,
    drafts: &[Draft],
    is_whole: bool,
    errors: &mut Errors,
) -> Option<Party> {
    let given = |party: Party| keys.get(party.name()).map(|entry| (party, entry));
    let (client, server) = (given(Party::Client), given(Party::Server));
    let mut is_valued = false;
    for (party, entry) in [&client, &server].into_iter().flatten() {
        match &entry.value {
            None | Some(Value::Unread) => {}
            Some(value) => {
                is_valued = true;
                errors.push(
                    value,
                    format!(
                        "on an impl, `{0}` takes no value: it says that this impl is the {0}'s. \
                         Which struct is which is said on the struct with `soundness`",
                        party.name()
                    ),
                );
            }
        }
    }
    if let (Some(_), Some((_, server))) = (&client, &server) {
        errors.push(
            &server.key,
            "an impl that holds both parties' phases says neither `client` nor `server`",
        );
        return of(drafts);
    }
    match client.or(server) {
        Some((party, _)) if !is_valued => {
            strangers(party, drafts, errors);
            Some(party)
        }
        Some(_) => of(drafts),
        None if is_whole => unsaid(keys, drafts, errors),
        None => None,
    }
}

/// The party of all phases, if it is one.
fn of(drafts: &[Draft]) -> Option<Party> {
    let party = drafts.first()?.party;
    drafts.iter().all(|draft| draft.party == party).then_some(party)
}

/// Phases of the other party.
fn strangers(party: Party, drafts: &[Draft], errors: &mut Errors) {
    for stranger in drafts.iter().filter(|draft| draft.party != party) {
        errors.push(
            &stranger.stage_key,
            format!(
                "this impl is the {}'s alone, and `{}` is a phase of the {}; move it, or leave \
                 `{0}` out of `#[fusion::harden(..)]`",
                party.name(),
                stranger.method,
                stranger.party.name()
            ),
        );
    }
}

/// Phases of one party, and no word on where the others are.
fn unsaid(keys: &Keys, drafts: &[Draft], errors: &mut Errors) -> Option<Party> {
    let party = of(drafts)?;
    let last = drafts.iter().rfind(|draft| draft.stage == Stage::Online).or(drafts.last())?;
    if !keys.may_have(party.name()) {
        let (here, there) = (party.name(), party.other().name());
        errors.push(
            &last.stage_key,
            format!(
                "all phases here are the {here}'s: mark the {there}'s methods in this `impl` with \
                 `#[fusion::{there}(..)]` too, or, if the {there} is a struct of its own, write \
                 `#[fusion::harden({here})]`"
            ),
        );
    }
    Some(party)
}
