//! Stage 2: all rules, all errors. What comes out cannot fail to expand.

mod arrays;
mod channel;
mod declaration;
mod hooks;
mod identity;
mod idle;
mod keys;
mod lanes;
mod markers;
mod params;
mod parties;
mod phases;
mod refused;
mod risk;
mod roles;
mod schedule;
mod states;
mod types;

use quote::ToTokens;
use syn::{Attribute, Expr, Ident, LitInt, LitStr, Path, Type, spanned::Spanned};

pub(crate) use self::{
    declaration::declaration,
    types::{last_name, owned},
};
use self::{keys::Keys, phases::Draft};
use crate::{
    parse::{Entries, Entry, ImplHalf, Item, Party, Value},
    plan::{Instance, Protocol},
};

/// Every mistake that was found.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, at: &impl ToTokens, message: impl std::fmt::Display) {
        self.add(syn::Error::new_spanned(at, message));
    }

    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.iter().flatten().count()
    }

    pub(crate) fn into_result(self) -> Result<(), syn::Error> {
        self.0.map_or(Ok(()), Err)
    }
}

const STRUCT_KEYS: [&str; 14] = [
    "soundness",
    "query_risk",
    "batch_risk",
    "session_risk",
    "queries",
    "copies",
    "checks",
    "slack",
    "privacy",
    "executions",
    "assumes",
    "client",
    "server",
    "crate",
];
/// On the struct only if the parties are structs of their own.
const IDENTITY_KEYS: [&str; 4] = ["name", "version", "agreement", "agree_on"];
const IMPL_KEYS: [&str; 14] = [
    "name",
    "version",
    "agreement",
    "agree_on",
    "client",
    "server",
    "instance",
    "lanes",
    "channel",
    "field",
    "flush",
    "validate",
    "validate_answer",
    "crate",
];

/// Where generated code finds Fusion, unless told otherwise.
pub(crate) fn krate(entries: &[Entry]) -> Path {
    let given = entries.iter().find(|entry| entry.key == "crate");
    match given.and_then(|entry| entry.value.as_ref()) {
        Some(Value::Expr(Expr::Path(path))) => path.path.clone(),
        _ => syn::parse_quote!(::fusion),
    }
}

/// The keys of `#[fusion::phase]`: where Fusion is, and a name.
pub(crate) fn inner_keys(entries: Entries, errors: &mut Errors) -> (Path, Option<LitStr>) {
    let krate = krate(&entries.list);
    let keys = Keys::read(entries, &["name", "crate"], &[], |_| None, errors);
    keys.path("crate", errors);
    (krate, keys.string("name", "..", errors))
}

/// A number that fits 32 bits, without a suffix.
fn in_range(keys: &Keys, key: &str, errors: &mut Errors) -> Option<LitInt> {
    let number = keys.number(key, errors)?;
    match number.base10_parse::<u32>() {
        Ok(_) if number.suffix().is_empty() => Some(number),
        Ok(_) => {
            let plain = number.base10_digits();
            errors.push(&number, format!("leave the suffix out: `{key} = {plain}`"));
            None
        }
        Err(_) => {
            errors.push(&number, format!("`{key}` must be below 2^32"));
            None
        }
    }
}

/// `#[fusion::harden]` stands on an item once.
fn once(again: &[Attribute], errors: &mut Errors) {
    for attr in again {
        errors
            .push(attr, "`#[fusion::harden]` stands on this item already; write all keys into one");
    }
}

/// The impl half. After mistakes, what is known of it.
pub(crate) fn protocol(half: &mut ImplHalf, entries: Entries, errors: &mut Errors) -> Protocol {
    let krate = krate(&entries.list);
    once(&half.again, errors);
    let elsewhere = |key: &str| STRUCT_KEYS.contains(&key).then_some("on the struct");
    let keys = Keys::read(entries, &IMPL_KEYS, &[], elsewhere, errors);
    keys.path("crate", errors);
    let (instance, lanes) = (instance(&keys, errors), lanes::read(&keys, errors));
    let channel = channel::read(&keys, errors);

    let mut drafts = Vec::new();
    for item in &mut half.items {
        match item {
            Item::Method(method) => drafts.extend(phases::draft(method, errors)),
            Item::Other(_, markers) => markers::no_method(markers, errors),
            Item::Unreadable(_) => {}
        }
    }
    let is_whole = !half.items.iter().any(|item| matches!(item, Item::Unreadable(_)));
    let only = parties::only(&keys, &drafts, is_whole, errors);
    let identity = match only {
        None => Some(identity::identity(&keys, &half.self_ty, Some(&half.items), errors)),
        Some(party) => {
            let is_said = keys.get(party.name()).is_some();
            for entry in IDENTITY_KEYS.iter().filter(|_| is_said).filter_map(|key| keys.get(key)) {
                errors.push(
                    &entry.key,
                    format!(
                        "this impl is the {}'s alone; `{}` is said once for both, on the struct \
                         with `soundness`",
                        party.name(),
                        entry.key
                    ),
                );
            }
            None
        }
    };
    let hooks = hooks::read(&keys, only, errors);
    if drafts.is_empty() && errors.count() == 0 {
        errors.add(syn::Error::new(
            half.impl_token.span(),
            "no method here is a phase: put `#[fusion::client(online, query = ..)]` and \
             `#[fusion::server(online)]` on the two methods that talk to each other",
        ));
    }
    for draft in &drafts {
        draft.check_instance(instance.is_some() || lanes.is_some(), errors);
        channel::check(&channel, draft, errors);
    }
    let is_said = instance.is_some();
    let instance = instance.unwrap_or(Instance::Shared);
    match &lanes {
        Some(_) => lanes::check(&drafts, &instance, is_said, errors),
        None => schedule::one_kind(&drafts, errors),
    }
    let (clients, servers) = schedule::parties(drafts, only, errors);
    let mut shared = roles::Shared {
        krate: &krate,
        generics: &half.generics,
        channel: &channel,
        lanes: lanes.is_some(),
        query: None,
    };
    let client_is_here = only != Some(Party::Server);
    let client = client_is_here.then(|| roles::assign(&clients, &mut shared, errors));
    let server =
        (only != Some(Party::Client)).then(|| roles::assign(&servers, &mut shared, errors));
    let output = if client_is_here { roles::output(&clients, &krate, errors) } else { None };
    if client_is_here {
        roles::check_query(&clients, &shared, errors);
    }
    let unknown: fn() -> Type = || syn::parse_quote!(());
    let query = shared.query.unwrap_or_else(unknown);
    Protocol {
        krate,
        identity,
        instance,
        lanes,
        query,
        output: output.unwrap_or_else(unknown),
        client,
        server,
        channel,
        hooks,
    }
}

fn instance(keys: &Keys, errors: &mut Errors) -> Option<Instance> {
    let word = |expr: &Expr| match expr {
        Expr::Path(path) => path.path.get_ident().map(Ident::to_string),
        _ => None,
    };
    let entry = keys.get("instance")?;
    match &entry.value {
        Some(Value::Expr(expr)) if word(expr).as_deref() == Some("shared") => {
            Some(Instance::Shared)
        }
        Some(Value::Expr(expr)) if word(expr).as_deref() == Some("per_slot") => {
            Some(Instance::PerSlot(expr.span()))
        }
        Some(Value::Expr(expr @ Expr::Closure(_))) => Some(Instance::Made(expr.clone())),
        Some(Value::Expr(expr @ Expr::Path(_))) if word(expr).is_none() => {
            Some(Instance::Made(expr.clone()))
        }
        Some(Value::Unread) => Some(Instance::Shared),
        other => {
            let message = "`instance` is `shared`, `per_slot` (a clone for each execution), or a \
                           function that makes the instance of one execution: `Self::fresh` or \
                           `|it| Self::new(it.key)`";
            match other {
                Some(value) => errors.push(value, message),
                None => errors.push(&entry.key, message),
            }
            // So that no phase complains that nothing was said.
            Some(Instance::Shared)
        }
    }
}

impl Draft {
    /// A phase that changes `self` and runs once per slot could mean two things.
    fn check_instance(&self, is_said: bool, errors: &mut Errors) {
        if let Some(receiver) = self.changes_self()
            && !self.runs_once()
            && !is_said
        {
            errors.push(
                receiver,
                format!(
                    "`{}` runs once per slot and changes `self`: say whether all executions share \
                     one instance (`#[fusion::harden(instance = shared)]`) or each gets a clone \
                     (`instance = per_slot`; one-time secrets made in `setup` would be cloned too) \
                     or one made for it (`instance = |it| Self::new(..)`)",
                    self.method
                ),
            );
        }
    }
}
