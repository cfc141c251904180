//! What each phase of a party is given, and what becomes of each result.

use syn::{Generics, Ident, Path, Type, spanned::Spanned};

use super::{
    Errors, arrays, idle, lanes,
    phases::Draft,
    refused::{self, clash},
    states::Kept,
    types::{self, Returned, peel},
};
use crate::plan::{Arg, By, Call, Channel, ErrorType, Fallible, Fate, Receiver, Side, Stage, Step};

/// What the parties have in common.
pub(super) struct Shared<'a> {
    pub krate: &'a Path,
    pub generics: &'a Generics,
    pub channel: &'a Channel,
    pub lanes: bool,
    pub query: Option<Type>,
}

/// One party: its phases in the order in which they run.
pub(super) fn assign(drafts: &[Draft], shared: &mut Shared<'_>, errors: &mut Errors) -> Side {
    // The error of the last phase that can fail is the party's; others convert into it.
    let results = drafts.iter().rev().map(|draft| types::returned(&draft.output).result);
    let error = results.flatten().next().map(ErrorType::of);
    let lanes = shared.lanes;
    let mut party = Builder { later: drafts, error, lanes, ..Builder::default() };
    let mut steps = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        party.later = drafts.get(index.saturating_add(1)..).unwrap_or_default();
        steps.push(Step {
            stage: draft.stage,
            batch: draft.batch.is_some(),
            local: draft.is_local(),
            call: party.call(draft, is_output(draft, party.later), shared, errors),
        });
    }
    if !party.is_partial {
        idle::check_taken(drafts, &party.kept, errors);
    }
    for (index, step) in steps.iter_mut().enumerate() {
        party.settle(index, &mut step.call);
    }
    party.side(steps)
}

/// The client's last online phase gives the answer.
fn is_output(draft: &Draft, later: &[Draft]) -> bool {
    draft.party == crate::parse::Party::Client && draft.stage == Stage::Online && later.is_empty()
}

/// The type of an answer: what the client's last online phase returns, for one slot.
pub(super) fn output(clients: &[Draft], krate: &Path, errors: &mut Errors) -> Option<Type> {
    let draft = clients.last()?;
    if draft.stage != Stage::Online && clients.iter().any(|draft| draft.may_be_elsewhere) {
        return None;
    }
    if draft.stage != Stage::Online {
        errors.push(
            &draft.stage_key,
            "no phase is online: the last phase must be `client(online, query = ..)` and return \
             the answer",
        );
        return None;
    }
    let Some(value) = types::returned(&draft.output).value else {
        errors.push(
            &draft.method,
            "the client's last online phase must return the answer: `Result<Answer, E>` or \
             `Answer`, written out",
        );
        return None;
    };
    refused::nameable(&value, "answer", &draft.generics, errors)?;
    if draft.batch.is_none() {
        return Some(value);
    }
    let item = types::vec_item(&value).cloned();
    let item = item.or_else(|| arrays::array(&value).map(|array| array.slot(krate)));
    if item.is_none() {
        errors.push(
            &value,
            "a batch phase returns the answers of all slots, in slot order: `Vec<Answer>`, or an \
             `ndarray::ArrayN` whose leading axis counts the slots",
        );
    }
    item
}

/// Some phase must take the client's input.
pub(super) fn check_query(clients: &[Draft], shared: &Shared<'_>, errors: &mut Errors) {
    let Some(last) = clients.last().filter(|draft| draft.stage == Stage::Online) else { return };
    if shared.query.is_none()
        && !clients
            .iter()
            .any(|draft| draft.names_query || draft.may_have_roles || draft.may_be_elsewhere)
    {
        errors.push(
            &last.stage_key,
            "no phase names the client's input: write `client(online, query = ..)` with the name \
             of the parameter",
        );
    }
}

/// One party, while its phases are gone through in order.
#[derive(Default)]
pub(super) struct Builder<'a> {
    has_self: bool,
    pub(super) contexts: Vec<Type>,
    /// Types that were the context because nothing else fitted, and the phases that took them.
    pub(super) inferred: Vec<(Type, Ident)>,
    pub(super) kept: Vec<Kept>,
    error: Option<ErrorType>,
    /// Whether slots run at the same time, each with values of its own.
    lanes: bool,
    /// Whether mistakes leave the roles of some parameters open.
    is_partial: bool,
    /// Whether a phase took a channel by value: it may have kept it for later ones.
    owns_channel: bool,
    /// The phases that run after the current one.
    pub(super) later: &'a [Draft],
}

impl Builder<'_> {
    fn call(
        &mut self,
        draft: &Draft,
        is_output: bool,
        shared: &mut Shared<'_>,
        errors: &mut Errors,
    ) -> Call {
        self.has_self |= draft.receiver != Receiver::None;
        let mut is_partial = draft.is_partial();
        let (mut args, mut spans): (Vec<Arg>, Vec<_>) = (Vec::new(), Vec::new());
        for param in &draft.params {
            let Some(arg) = self.role(draft, param, shared, errors) else {
                is_partial = true;
                continue;
            };
            if let Some((what, advice)) = clash(&args, arg) {
                errors.push(&param.ty, format!("`{}` has {what} already; {advice}", draft.method));
            }
            if let (Some(local), Arg::Channel(_) | Arg::Reader | Arg::Writer) = (&draft.local, arg)
            {
                errors.push(
                    local,
                    format!("`{}` takes the channel, so it is not `local`", draft.method),
                );
            }
            let is_channel = matches!(arg, Arg::Channel(_) | Arg::Reader | Arg::Writer);
            self.owns_channel |= is_channel && peel(&param.ty).0 == By::Value;
            args.push(arg);
            spans.push(param.ty.span());
        }
        self.is_partial |= is_partial;
        if !is_partial && !self.owns_channel {
            idle::check_channel(draft, &args, shared.channel, errors);
        }
        let Returned { value, result } = types::returned(&draft.output);
        let fallible = result.map_or(Fallible::No, |result| self.fallible(result, draft, errors));
        let unstacks = draft.batch.is_some()
            && value.as_ref().is_some_and(|value| arrays::array(value).is_some());
        // One entry per phase, so that `settle` finds it again.
        self.kept.push(Kept::new(draft, if is_output { None } else { value }));
        Call {
            method: draft.method.clone(),
            receiver: draft.receiver,
            args,
            spans,
            fallible,
            result: match (is_output, unstacks) {
                (true, true) => Fate::Unstacked,
                (true, false) => Fate::Output,
                (false, _) => Fate::Dropped,
            },
            runs_once: draft.runs_once(),
            is_async: draft.is_async.is_some(),
        }
    }

    fn fallible(&mut self, result: Type, draft: &Draft, errors: &mut Errors) -> Fallible {
        let error = ErrorType::of(result);
        if let Some(why) = types::unnameable(error.ty(), &draft.generics) {
            self.error = None;
            // An alias such as `io::Result<T>` is mentioned for its value already.
            let value = types::returned(&draft.output).value;
            if value.is_none_or(|value| types::unnameable(&value, &draft.generics).is_none()) {
                errors.push(
                    error.ty(),
                    format!("the error's type must have a name outside the method: {why}"),
                );
            }
        }
        match &self.error {
            Some(first) if first.key() != error.key() => Fallible::Converted,
            _ => Fallible::Same,
        }
    }

    /// Only what a later phase reads is kept.
    fn settle(&self, phase: usize, call: &mut Call) {
        if let Some(index) = self.kept.get(phase).and_then(|kept| kept.index) {
            call.result = Fate::Kept(index);
        }
    }

    fn side(self, steps: Vec<Step>) -> Side {
        let mut states: Vec<_> = self.kept.iter().filter(|kept| kept.index.is_some()).collect();
        states.sort_by_key(|kept| kept.index);
        let mut states: Vec<_> = states.into_iter().filter_map(Kept::state).collect();
        states.iter_mut().for_each(|state| state.column &= !self.lanes);
        let Self { has_self, contexts, error, .. } = self;
        Side { has_self, contexts, states, error, steps }
    }

    /// A value that an earlier phase left; `None` if there is none like it.
    pub(super) fn state(
        &mut self,
        draft: &Draft,
        param: &super::phases::Param,
        errors: &mut Errors,
    ) -> Option<Option<Arg>> {
        let (by, ty) = peel(&param.ty);
        let taken = self.kept.iter().filter(|kept| kept.index.is_some()).count();
        let is_stated = draft.role_of(param).is_some();
        let fits = |kept: &&mut Kept| match is_stated {
            true => kept.lends(by, ty, draft.runs_once()),
            false => kept.fits(by, ty, draft.runs_once()),
        };
        let kept = self.kept.iter_mut().rev().find(fits)?;
        let arg = kept.hand_over(by, ty, draft, taken, &param.ty, errors);
        if self.lanes {
            lanes::check_setup(kept.stage, by, draft, &param.ty, errors);
        }
        if let Some(value) = &kept.value
            && refused::nameable(value, "state", &kept.generics, errors).is_none()
        {
            kept.value = None;
        }
        Some(arg.map(|index| Arg::State(index, by)))
    }

    pub(super) fn context(
        &mut self,
        by: By,
        ty: &Type,
        draft: &Draft,
        errors: &mut Errors,
    ) -> Option<Arg> {
        if by == By::Mut {
            errors.push(
                ty,
                "the context is shared by all executions and cannot be changed; take it by `&`",
            );
            return None;
        }
        refused::nameable(ty, "context", &draft.generics, errors)?;
        let index = self.contexts.iter().position(|known| types::same(known, ty));
        let index = index.unwrap_or_else(|| {
            self.contexts.push(ty.clone());
            self.contexts.len() - 1
        });
        Some(Arg::Context(index, by))
    }
}
