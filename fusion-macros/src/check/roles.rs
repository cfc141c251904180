//! What each parameter of a phase is given, and what becomes of each result.

use quote::ToTokens;
use syn::{Generics, Ident, Type, spanned::Spanned};

use super::{
    Errors,
    phases::{Draft, Pair, Param},
    states::Kept,
    types::{self, Returned, peel},
};
use crate::{
    parse::Party,
    plan::{Arg, By, Call, ErrorType, Fallible, Fate, Side, Stage, Step},
};

/// Everything that depends on parameters and results.
pub(crate) struct Roles {
    pub query: Type,
    pub output: Type,
    pub error: Option<ErrorType>,
    pub client: Side,
    pub server: Side,
    pub steps: Vec<Step>,
}

/// Finds the roles of all phases, in the order in which they run.
pub(crate) fn assign(pairs: &[Pair], generics: &Generics, errors: &mut Errors) -> Roles {
    let mut client = Builder::default();
    let mut server = Builder::default();
    let last = pairs.last().filter(|pair| pair.stage == Stage::Online);
    // The error that the answer comes with is the protocol's; others convert into it.
    let error =
        last.and_then(|pair| types::returned(&pair.client.output).result).map(ErrorType::of);
    let mut shared = Shared { generics, query: None, error };
    let mut steps = Vec::new();
    for pair in pairs {
        let is_last = last.is_some_and(|last| std::ptr::eq(last, pair));
        steps.push(Step {
            stage: pair.stage,
            batch: pair.client.batch.is_some(),
            client: client.call(&pair.client, is_last, &mut shared, errors),
            server: server.call(&pair.server, false, &mut shared, errors),
        });
    }
    for (index, step) in steps.iter_mut().enumerate() {
        client.settle(index, &mut step.client);
        server.settle(index, &mut step.server);
    }
    let output = match last {
        Some(pair) => output(&pair.client, errors),
        None => {
            if let Some(pair) = pairs.last() {
                errors.push(
                    &pair.client.stage_key,
                    "no phase is online: the last phase must be `client(online, query = ..)` and \
                     return the answer",
                );
            }
            None
        }
    };
    if let (None, Some(pair)) = (&shared.query, last)
        && !pairs.iter().any(|pair| pair.client.names_query)
    {
        errors.push(
            &pair.client.stage_key,
            "no phase names the client's input: write `client(online, query = ..)` with the name \
             of the parameter",
        );
    }
    let unknown: fn() -> Type = || syn::parse_quote!(());
    Roles {
        query: shared.query.unwrap_or_else(unknown),
        output: output.unwrap_or_else(unknown),
        error: shared.error,
        client: client.side(),
        server: server.side(),
        steps,
    }
}

/// The type of an answer: what the client's last online phase returns, for one slot.
fn output(draft: &Draft, errors: &mut Errors) -> Option<Type> {
    let Some(value) = types::returned(&draft.output).value else {
        errors.push(
            &draft.method,
            "the client's last online phase must return the answer: `Result<Answer, E>` or \
             `Answer`, written out",
        );
        return None;
    };
    nameable(&value, "answer", &draft.generics, errors)?;
    if draft.batch.is_none() {
        return Some(value);
    }
    let item = types::vec_item(&value).cloned();
    if item.is_none() {
        errors.push(
            &value,
            "a batch phase returns the answers of all slots, in slot order: `Vec<Answer>`",
        );
    }
    item
}

/// What both parties' phases have in common.
struct Shared<'a> {
    generics: &'a Generics,
    query: Option<Type>,
    error: Option<ErrorType>,
}

/// One party, while its phases are gone through in order.
#[derive(Default)]
struct Builder {
    has_self: bool,
    contexts: Vec<Type>,
    kept: Vec<Kept>,
}

impl Builder {
    fn call(
        &mut self,
        draft: &Draft,
        is_output: bool,
        shared: &mut Shared<'_>,
        errors: &mut Errors,
    ) -> Call {
        self.has_self |= draft.receiver != crate::plan::Receiver::None;
        let mut args: Vec<Arg> = Vec::new();
        for param in &draft.params {
            let Some(arg) = self.role(draft, param, shared, errors) else { continue };
            if let Some((what, advice)) = clash(&args, arg) {
                errors.push(&param.ty, format!("`{}` has {what} already; {advice}", draft.method));
            }
            args.push(arg);
        }
        let Returned { value, result } = types::returned(&draft.output);
        let fallible =
            result.map_or(Fallible::No, |result| fallible(result, draft, shared, errors));
        // One entry per phase, so that `settle` finds it again.
        self.kept.push(Kept::new(draft, if is_output { None } else { value }));
        Call {
            method: draft.method.clone(),
            receiver: draft.receiver,
            args,
            fallible,
            result: if is_output { Fate::Output } else { Fate::Dropped },
            runs_once: draft.runs_once(),
        }
    }

    /// Only what a later phase reads is kept.
    fn settle(&self, phase: usize, call: &mut Call) {
        if let Some(index) = self.kept.get(phase).and_then(|kept| kept.index) {
            call.result = Fate::Kept(index);
        }
    }

    fn side(self) -> Side {
        let mut states: Vec<_> = self.kept.iter().filter(|kept| kept.index.is_some()).collect();
        states.sort_by_key(|kept| kept.index);
        let states = states.into_iter().filter_map(Kept::state).collect();
        Side { has_self: self.has_self, contexts: self.contexts, states }
    }

    fn role(
        &mut self,
        draft: &Draft,
        param: &Param,
        shared: &mut Shared<'_>,
        errors: &mut Errors,
    ) -> Option<Arg> {
        if let Some(role) = draft.role_of(param) {
            return self.stated(&role.to_string(), draft, param, shared, errors);
        }
        let (by, ty) = peel(&param.ty);
        if let Some(arg) = by_bounds(by, ty, &[&draft.generics, shared.generics]) {
            return Some(arg);
        }
        if let Some(arg) = self.state(draft, param, errors) {
            return arg;
        }
        let name = param.name.as_ref().map(Ident::to_string).unwrap_or_default();
        match (by, name.trim_start_matches('_')) {
            (By::Mut, "channel" | "stream" | "socket") => return Some(Arg::Channel),
            (By::Mut, "reader") => return Some(Arg::Reader),
            (By::Mut, "writer") => return Some(Arg::Writer),
            (By::Mut, "rng") => return Some(Arg::Rng),
            (By::Value, "slots") if types::key(ty) == "usize" => return Some(Arg::Slots),
            (By::Value, "slot") if types::key(ty) == "usize" && !draft.runs_once() => {
                return Some(Arg::Slot);
            }
            (By::Ref, _) => return self.context(by, ty, draft, errors),
            _ => {}
        }
        errors.push(&param.ty, no_role(draft, &name, &param.ty));
        None
    }

    /// The role that the marker states.
    fn stated(
        &mut self,
        role: &str,
        draft: &Draft,
        param: &Param,
        shared: &mut Shared<'_>,
        errors: &mut Errors,
    ) -> Option<Arg> {
        let (by, ty) = peel(&param.ty);
        match role {
            "query" => query(by, ty, draft, shared, errors),
            "channel" => Some(Arg::Channel),
            "reader" => Some(Arg::Reader),
            "writer" => Some(Arg::Writer),
            "rng" => Some(Arg::Rng),
            "slots" => Some(Arg::Slots),
            "slot" if draft.runs_once() => {
                errors.push(&param.ty, "this phase runs once for all slots; take `slots: usize`");
                None
            }
            "slot" => Some(Arg::Slot),
            "state" => self.state(draft, param, errors).unwrap_or_else(|| {
                let earlier: Vec<_> = self.kept.iter().filter_map(Kept::describe).collect();
                errors.push(
                    &param.ty,
                    format!(
                        "no earlier phase of this party returns `{}`; they return {}",
                        types::key(ty),
                        super::keys::list(&earlier)
                    ),
                );
                None
            }),
            _ => self.context(by, ty, draft, errors),
        }
    }

    /// A value that an earlier phase left; `None` if there is none like it.
    fn state(&mut self, draft: &Draft, param: &Param, errors: &mut Errors) -> Option<Option<Arg>> {
        let (by, ty) = peel(&param.ty);
        let taken = self.kept.iter().filter(|kept| kept.index.is_some()).count();
        let kept = self.kept.iter_mut().rev().find(|kept| kept.fits(by, ty, draft.runs_once()))?;
        let arg = kept.hand_over(by, ty, draft, taken, &param.ty, errors);
        if let Some(value) = &kept.value {
            nameable(value, "state", &kept.generics, errors);
        }
        Some(arg.map(|index| Arg::State(index, by)))
    }

    fn context(&mut self, by: By, ty: &Type, draft: &Draft, errors: &mut Errors) -> Option<Arg> {
        if by == By::Mut {
            errors.push(
                ty,
                "the context is shared by all executions and cannot be changed; take it by `&`",
            );
            return None;
        }
        nameable(ty, "context", &draft.generics, errors)?;
        let index = self.contexts.iter().position(|known| types::same(known, ty));
        let index = index.unwrap_or_else(|| {
            self.contexts.push(ty.clone());
            self.contexts.len() - 1
        });
        Some(Arg::Context(index, by))
    }
}

/// The client's input, of one slot or of all.
fn query(
    by: By,
    ty: &Type,
    draft: &Draft,
    shared: &mut Shared<'_>,
    errors: &mut Errors,
) -> Option<Arg> {
    if (draft.party, draft.stage) != (Party::Client, Stage::Online) {
        return None;
    }
    let (arg, query) = if draft.batch.is_none() {
        (Arg::Query(by), types::owned(ty))
    } else if let Some(Type::Reference(item)) = types::slice_item(ty) {
        (Arg::QueryRefs, types::owned(&item.elem))
    } else if let Some(item) = types::slice_item(ty).or_else(|| types::vec_item(ty)) {
        (Arg::Queries(by), item.clone())
    } else {
        errors.push(ty, "a batch phase gets the queries of all slots: take `&[Query]`");
        return None;
    };
    nameable(&query, "query", &draft.generics, errors)?;
    match &shared.query {
        Some(other) if !types::same(other, &query) => {
            errors.push(
                ty,
                format!(
                    "an earlier phase takes `{}` as the query; take the same",
                    types::key(other)
                ),
            );
            return None;
        }
        _ => shared.query = Some(query),
    }
    Some(arg)
}

fn by_bounds(by: By, ty: &Type, generics: &[&Generics]) -> Option<Arg> {
    if by == By::Ref {
        return None;
    }
    let bounds = types::bounds(ty, generics);
    let has = |name: &str| bounds.iter().any(|bound| bound == name);
    match (has("Read"), has("Write")) {
        (true, true) => return Some(Arg::Channel),
        (true, false) => return Some(Arg::Reader),
        (false, true) => return Some(Arg::Writer),
        (false, false) => {}
    }
    if bounds.iter().any(|bound| bound == "Rng" || bound == "RngCore" || bound == "CryptoRng") {
        return Some(Arg::Rng);
    }
    match types::last_name(ty)?.as_str() {
        "Wire" => Some(Arg::Channel),
        "WireReader" => Some(Arg::Reader),
        "WireWriter" => Some(Arg::Writer),
        "PhaseRng" => Some(Arg::Rng),
        _ => None,
    }
}

/// Two parameters of a phase that cannot both have their role: which role, and what to do.
fn clash(args: &[Arg], new: Arg) -> Option<(&'static str, &'static str)> {
    use Arg::{Channel, Context, Reader, Rng, State, Writer};
    let has = |wanted: &[Arg]| args.iter().any(|arg| wanted.contains(arg));
    let one = "one parameter can be it";
    match new {
        Channel if has(&[Channel, Reader, Writer]) => Some(("a channel", one)),
        Reader if has(&[Channel, Reader]) => Some(("a reader", one)),
        Writer if has(&[Channel, Writer]) => Some(("a writer", one)),
        Rng if has(&[Rng]) => Some(("a generator", one)),
        Context(index, _) => args
            .iter()
            .any(|arg| matches!(arg, Context(other, _) if *other == index))
            .then_some(("a context of this type", "put both in one struct")),
        State(index, _) => {
            args.iter().any(|arg| matches!(arg, State(other, _) if *other == index)).then_some((
                "what an earlier phase returned",
                "if this is the context, say so in the marker: `context = ..`",
            ))
        }
        _ => None,
    }
}

fn no_role(draft: &Draft, name: &str, ty: &Type) -> String {
    let shown = if name.is_empty() { "_" } else { name };
    format!(
        "no role explains `{shown}: {}`. A parameter of a phase is the query, the channel (`&mut C` \
         where `C: Read + Write`), a reader, a writer, the generator (`R: Rng`), what an earlier \
         phase of this party returned, `slots: usize`, or the context (by `&`). Say which: \
         `{}({}, context = {shown})`, for example",
        ty.to_token_stream(),
        draft.party.name(),
        draft.stage.name(),
    )
}

/// The trait has to name the type, so it may not depend on the method's own parameters.
fn nameable(ty: &Type, what: &str, method: &Generics, errors: &mut Errors) -> Option<()> {
    match types::unnameable(ty, method) {
        None => Some(()),
        Some(why) => {
            errors
                .push(ty, format!("the {what}'s type must have a name outside the method: {why}"));
            None
        }
    }
}

fn fallible(result: Type, draft: &Draft, shared: &mut Shared<'_>, errors: &mut Errors) -> Fallible {
    let error = ErrorType::of(result);
    if let Some(why) = types::unnameable(error.ty(), &draft.generics) {
        let at = draft.output.span();
        errors.add(syn::Error::new(
            at,
            format!("the error's type must have a name outside the method: {why}"),
        ));
    }
    match &shared.error {
        Some(first) if first.key() != error.key() => Fallible::Converted,
        Some(_) => Fallible::Same,
        None => {
            shared.error = Some(error);
            Fallible::Same
        }
    }
}
