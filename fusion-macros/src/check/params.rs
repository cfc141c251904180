//! The role of a parameter: as the marker states it, or as its type and name tell it.

use syn::{Generics, Ident, Type};

use super::{
    Errors, arrays, idle,
    phases::{Draft, Param},
    refused::{concrete, nameable_at, no_role},
    roles::{Builder, Shared},
    states::Kept,
    types::{self, peel},
};
use crate::{
    parse::Party,
    plan::{Arg, By, Stage},
    words::list,
};

impl Builder<'_> {
    pub(super) fn role(
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
        if shared.channel.is_type(types::last_name(ty).as_deref()) {
            self.alone("channel", "the channel", draft, param, errors)?;
            return Some(Arg::Channel(by));
        }
        if let Some(arg) = by_bounds(by, ty, &[&draft.generics, shared.generics]) {
            if by == By::Ref {
                let message = "channels and generators change when used; take it by `&mut`";
                errors.push(&param.ty, message);
                return None;
            }
            return Some(arg);
        }
        if let Some(message) = concrete(ty, shared.channel.make.is_some()) {
            errors.push(ty, message);
            return None;
        }
        let name = param.name.as_ref().map(Ident::to_string).unwrap_or_default();
        let plain_name = name.trim_start_matches('_');
        if let (By::Value, true, "slots" | "slot") = (by, is_usize(ty), plain_name) {
            let (what, arg): (_, fn(&_, &_, &mut _) -> _) = match plain_name {
                "slots" => ("the number of executions", slots),
                _ => ("the current execution", slot),
            };
            self.alone(plain_name, what, draft, param, errors)?;
            return arg(param, draft, errors);
        }
        if let Some((_, earlier)) = self.inferred.iter().find(|(known, _)| types::same(known, ty)) {
            let what = format!("the context, as in `{earlier}`,");
            self.alone("context", &what, draft, param, errors)?;
        }
        if let Some(arg) = self.state(draft, param, errors) {
            return arg;
        }
        if let Some(later) = self.returned_later(by, ty, draft) {
            errors.push(
                &param.ty,
                format!(
                    "`{}` returns this, and runs after `{}`: stages run in the order setup, \
                     offline, online, and phases of one stage in the order in which they stand",
                    later.method, draft.method
                ),
            );
            return None;
        }
        match (by, plain_name) {
            (By::Mut, "channel" | "stream" | "socket" | "chan" | "io") => {
                return Some(Arg::Channel(by));
            }
            (By::Mut, "reader") => return Some(Arg::Reader),
            (By::Mut, "writer") => return Some(Arg::Writer),
            (By::Mut, "rng") => return Some(Arg::Rng),
            (By::Ref, _) => {
                self.inferred.push((ty.clone(), draft.method.clone()));
                return self.context(by, ty, draft, errors);
            }
            _ => {}
        }
        if !draft.may_have_role(param) {
            errors.push(&param.ty, no_role(draft, &name, &param.ty));
        }
        None
    }

    /// Whether a role is the only one that a parameter can have: no earlier phase returned such a
    /// value.
    fn alone(
        &self,
        role: &str,
        what: &str,
        draft: &Draft,
        param: &Param,
        errors: &mut Errors,
    ) -> Option<()> {
        let (by, ty) = peel(&param.ty);
        let fits = |kept: &&Kept| kept.fits(by, ty, draft.runs_once());
        let Some(kept) = self.kept.iter().rev().find(fits) else { return Some(()) };
        match &param.name {
            Some(name) => errors.push(name, idle::ambiguous(name, role, what, &kept.method)),
            None => errors.push(&param.ty, no_role(draft, "", &param.ty)),
        }
        None
    }

    /// A phase that returns what this parameter asks for, but runs later.
    fn returned_later(&self, by: By, ty: &Type, draft: &Draft) -> Option<&Draft> {
        let is_plain = types::last_name(ty).is_none_or(|name| PLAIN.contains(&name.as_str()));
        self.later.iter().filter(|_| !is_plain).find(|later| {
            let value = types::returned(&later.output).value;
            let is_last = self.later.last().is_some_and(|last| last.method == later.method);
            let is_answer = is_last && later.stage == Stage::Online && later.party == Party::Client;
            !is_answer && Kept::new(later, value).fits(by, ty, draft.runs_once())
        })
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
            "channel" => Some(Arg::Channel(by)),
            "reader" => Some(Arg::Reader),
            "writer" => Some(Arg::Writer),
            "rng" => Some(Arg::Rng),
            "slots" => slots(param, draft, errors),
            "slot" => slot(param, draft, errors),
            "state" => self.state(draft, param, errors).unwrap_or_else(|| {
                let earlier: Vec<_> = self.kept.iter().filter_map(Kept::describe).collect();
                errors.push(
                    &param.ty,
                    format!(
                        "no earlier phase of this party returns `{}`; they return {}",
                        types::shown(ty),
                        list(&earlier)
                    ),
                );
                None
            }),
            _ => self.context(by, ty, draft, errors),
        }
    }
}

/// Types that too many things have to mean a state that is not there yet.
const PLAIN: [&str; 16] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64", "bool", "String",
];

/// The number of executions.
fn slots(param: &Param, draft: &Draft, errors: &mut Errors) -> Option<Arg> {
    if draft.stage == Stage::Setup {
        errors.push(
            &param.ty,
            "`setup` runs once for all batches on a connection, which may have different numbers \
             of executions; take `slots` in a later stage",
        );
        return None;
    }
    Some(Arg::Slots)
}

/// Which execution this is.
fn slot(param: &Param, draft: &Draft, errors: &mut Errors) -> Option<Arg> {
    if draft.runs_once() {
        let once = if draft.stage == Stage::Setup { "connection" } else { "batch" };
        errors.push(
            &param.ty,
            format!("`{}` runs once per {once}, so there is no one slot", draft.method),
        );
        return None;
    }
    Some(Arg::Slot)
}

fn is_usize(ty: &Type) -> bool {
    types::last_name(ty).is_some_and(|name| name == "usize")
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
    } else if let Some(array) = arrays::array(ty) {
        let (is_view, is_flat) = (array.is_view, array.is_flat());
        (Arg::Stacked { by, is_view, is_flat }, array.slot(shared.krate))
    } else {
        errors.push(
            ty,
            "a batch phase gets the queries of all slots: take `&[Query]`, or an \
             `ndarray::ArrayN` whose leading axis counts the slots",
        );
        return None;
    };
    nameable_at(&query, ty, "query", &draft.generics, errors)?;
    match &shared.query {
        Some(other) if !types::same(other, &query) => {
            errors.push(
                ty,
                format!(
                    "an earlier phase takes `{}` as the query; take the same",
                    types::shown(other)
                ),
            );
            return None;
        }
        _ => shared.query = Some(query),
    }
    Some(arg)
}

fn by_bounds(by: By, ty: &Type, generics: &[&Generics]) -> Option<Arg> {
    let bounds = types::bounds(ty, generics);
    let has = |name: &str| bounds.iter().any(|bound| bound == name);
    match (has("Read") || has("AsyncRead"), has("Write") || has("AsyncWrite")) {
        (true, true) => return Some(Arg::Channel(by)),
        (true, false) => return Some(Arg::Reader),
        (false, true) => return Some(Arg::Writer),
        (false, false) => {}
    }
    if bounds.iter().any(|bound| bound == "Rng" || bound == "RngCore" || bound == "CryptoRng") {
        return Some(Arg::Rng);
    }
    match types::last_name(ty)?.as_str() {
        "Wire" => Some(Arg::Channel(by)),
        "WireReader" => Some(Arg::Reader),
        "WireWriter" => Some(Arg::Writer),
        "PhaseRng" => Some(Arg::Rng),
        _ => None,
    }
}
