//! Rules against what has no effect: phases that exchange nothing, values that nobody takes.

use syn::Ident;

use super::{Errors, phases::Draft, states::Kept};
use crate::{
    parse::Party,
    plan::{Arg, Channel, Stage},
};

/// A phase that is not `local` talks to the other party.
pub(super) fn check_channel(draft: &Draft, args: &[Arg], channel: &Channel, errors: &mut Errors) {
    let talks = args.iter().any(|arg| matches!(arg, Arg::Channel(_) | Arg::Reader | Arg::Writer));
    if talks || draft.is_local() || draft.is_lonely || channel.field.is_some() {
        return;
    }
    errors.push(
        &draft.method,
        format!(
            "`{}` takes no channel, so nothing passes between the parties: take one \
             (`channel: &mut (impl Read + Write)`, or a reader or a writer), or write \
             `{}({}, local)` if it exchanges no messages",
            draft.method,
            draft.party.name(),
            draft.stage.name()
        ),
    );
}

/// What a phase returns is for a later one.
pub(super) fn check_taken(drafts: &[Draft], kept: &[Kept], errors: &mut Errors) {
    let Some(last) = drafts.last() else { return };
    // Then the answer is missing, and that is said.
    if last.party == Party::Client && last.stage != Stage::Online {
        return;
    }
    for (draft, kept) in drafts.iter().zip(kept) {
        let (Some(value), None) = (&kept.value, kept.index) else { continue };
        errors.push(
            value,
            format!(
                "no later phase of the {} takes what `{}` returns: take it in one, by this type, or \
                 return nothing",
                draft.party.name(),
                draft.method
            ),
        );
    }
}

/// A parameter that could have two roles.
pub(super) fn ambiguous(name: &Ident, role: &str, what: &str, returned_by: &Ident) -> String {
    format!(
        "`{name}` may be {what} or what `{returned_by}` returned: write `{role} = {name}` or \
         `state = {name}` in the marker"
    )
}
