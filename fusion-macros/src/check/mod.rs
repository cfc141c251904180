//! Stage 2: all rules, all errors. What comes out cannot fail to expand.

mod keys;
mod phases;
mod roles;
mod states;
mod types;

use quote::ToTokens;
use syn::{DeriveInput, Ident, LitInt, LitStr, Path, Type, spanned::Spanned};

pub(crate) use self::types::owned;
use self::{keys::Keys, phases::Draft};
use crate::{
    parse::{Entry, ImplHalf, Item},
    plan::{Declaration, FixedBatch, Protocol},
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

const STRUCT_KEYS: [&str; 8] =
    ["soundness", "queries", "copies", "checks", "slack", "privacy", "assumes", "crate"];
const IMPL_KEYS: [&str; 5] = ["name", "version", "agreement", "instance", "crate"];

/// Where generated code finds Fusion, unless told otherwise.
pub(crate) fn krate(entries: &[Entry]) -> Path {
    let given = entries.iter().find(|entry| entry.key == "crate");
    match given.and_then(|entry| entry.value.as_ref()) {
        Some(syn::Expr::Path(path)) => path.path.clone(),
        _ => syn::parse_quote!(::fusion),
    }
}

/// The struct half.
pub(crate) fn declaration(
    item: &DeriveInput,
    entries: Vec<Entry>,
    errors: &mut Errors,
) -> Option<Declaration> {
    let krate = krate(&entries);
    let elsewhere =
        |key: &str| IMPL_KEYS.contains(&key).then_some("on the `impl` block that holds the phases");
    let keys = Keys::read(entries, &STRUCT_KEYS, &[], elsewhere, errors);
    keys.path("crate", errors);
    let soundness = at_least_one(&keys, "soundness", errors);
    if keys.get("soundness").is_none() {
        errors.push(
            &item.ident,
            "the security parameters are missing: write `#[fusion::harden(soundness = 40)]`, the \
             bits of statistical security against a cheating server",
        );
    }
    if let Some(bits) = &soundness
        && bits.base10_parse::<u32>().is_ok_and(|bits| bits > 256)
    {
        errors.push(bits, "a soundness above 256 bits means nothing; 40 to 80 is usual");
    }
    let batch = fixed_batch(&keys, errors);
    let privacy = keys.word("privacy", &["malicious", "semi_honest", "public"], errors);
    let assumes = keys.string("assumes", errors);
    Some(Declaration { krate, soundness: soundness?, batch, privacy, assumes })
}

fn fixed_batch(keys: &Keys, errors: &mut Errors) -> Option<FixedBatch> {
    let [queries, copies] = ["queries", "copies"].map(|key| at_least_one(keys, key, errors));
    let [checks, slack] = ["checks", "slack"].map(|key| in_range(keys, key, errors));
    const NEEDED: [&str; 3] = ["queries", "copies", "checks"];
    let given = |key: &&str| keys.get(key).is_some();
    if let (Some(present), Some(absent)) = (
        ["slack", "queries", "copies", "checks"].iter().find_map(|key| keys.get(key)),
        NEEDED.iter().find(|key| !given(key)),
    ) {
        errors.push(
            &present.key,
            format!(
                "`{absent}` is missing: `queries`, `copies` and `checks` fix the batch together; \
                 leave all out to choose at run time"
            ),
        );
    }
    Some(FixedBatch { queries: queries?, copies: copies?, checks: checks?, slack })
}

fn at_least_one(keys: &Keys, key: &str, errors: &mut Errors) -> Option<LitInt> {
    let number = in_range(keys, key, errors)?;
    if number.base10_parse::<u32>().is_ok_and(|value| value == 0) {
        errors.push(&number, format!("`{key}` must be at least 1"));
    }
    Some(number)
}

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

/// The impl half. After mistakes, what is known of it.
pub(crate) fn protocol(half: &mut ImplHalf, entries: Vec<Entry>, errors: &mut Errors) -> Protocol {
    let krate = krate(&entries);
    let elsewhere = |key: &str| STRUCT_KEYS.contains(&key).then_some("on the struct");
    let keys = Keys::read(entries, &IMPL_KEYS, &[], elsewhere, errors);
    keys.path("crate", errors);
    let agreement = keys.path("agreement", errors);
    let version = in_range(&keys, "version", errors);
    let instance = keys.word("instance", &["shared", "per_slot"], errors);
    let name = keys.string("name", errors).or_else(|| protocol_name(&half.self_ty));
    if name.as_ref().is_none_or(|name| name.value().is_empty()) {
        errors.push(&half.self_ty, "this type has no name of its own: add `name = \"..\"`");
    }

    let mut drafts = Vec::new();
    for item in &mut half.items {
        if let Item::Method(method) = item {
            drafts.extend(phases::draft(method, errors));
        }
    }
    if drafts.is_empty() && errors.count() == 0 {
        errors.add(syn::Error::new(
            half.impl_token.span(),
            "no method here is a phase: put `#[fusion::client(online, query = ..)]` and \
             `#[fusion::server(online)]` on the two methods that talk to each other",
        ));
    }
    for draft in &drafts {
        draft.check_instance(instance.as_ref(), errors);
    }
    let schedule = phases::pair(drafts, errors);
    let roles = roles::assign(&schedule, &half.generics, errors);
    Protocol {
        krate,
        name: name.unwrap_or_else(|| LitStr::new("", half.self_ty.span())),
        version,
        agreement,
        per_slot: instance.is_some_and(|word| word == "per_slot"),
        query: roles.query,
        output: roles.output,
        error: roles.error,
        client: roles.client,
        server: roles.server,
        steps: roles.steps,
    }
}

fn protocol_name(self_ty: &Type) -> Option<LitStr> {
    types::last_name(self_ty).map(|name| LitStr::new(&name, self_ty.span()))
}

impl Draft {
    /// A phase that changes `self` and runs once per slot could mean two things.
    fn check_instance(&self, instance: Option<&Ident>, errors: &mut Errors) {
        if let Some(receiver) = self.changes_self()
            && !self.runs_once()
            && instance.is_none()
        {
            errors.push(
                receiver,
                format!(
                    "`{}` runs once per slot and changes `self`: say whether all executions share \
                     one instance (`#[fusion::harden(instance = shared)]`) or each gets a clone \
                     (`instance = per_slot`; one-time secrets made in `setup` would be cloned too)",
                    self.method
                ),
            );
        }
    }
}
