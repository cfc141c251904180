//! Rules on markers: one per method, one stage, roles of parameters.

use syn::{
    FnArg, GenericParam, Generics, Ident, Pat, Receiver as SynReceiver, ReceiverKind, ReturnType,
    Token, Type,
};

use super::{
    Errors,
    keys::Keys,
    markers::{self, KEYS},
    types,
};
use crate::{
    parse::{Entry, Marker, Method, Party},
    plan::{Receiver, Stage},
    words::nearest,
};

/// A phase of one party, before its parameters are understood.
pub(crate) struct Draft {
    pub party: Party,
    pub stage: Stage,
    pub stage_key: Ident,
    /// Whether mistakes in the marker leave the stage open.
    pub may_be_elsewhere: bool,
    /// Whether the other party has no phase for it.
    pub is_lonely: bool,
    /// Whether mistakes in the marker leave the roles open.
    pub may_have_roles: bool,
    /// Parameters whose roles were misspelt.
    misspelt: Vec<Ident>,
    pub batch: Option<Ident>,
    pub local: Option<Ident>,
    /// `async`, where it stands.
    pub is_async: Option<Token![async]>,
    pub method: Ident,
    pub receiver: Receiver,
    pub(super) self_token: Option<SynReceiver>,
    pub params: Vec<Param>,
    /// Whether the marker has `query`, rightly or not.
    pub names_query: bool,
    /// Roles that the marker gives: role, and the name of the parameter.
    pub overrides: Vec<(Ident, Ident)>,
    pub generics: Generics,
    pub output: ReturnType,
}

pub(crate) struct Param {
    pub name: Option<Ident>,
    pub ty: Type,
}

impl Draft {
    pub(crate) fn runs_once(&self) -> bool {
        self.batch.is_some() || self.stage == Stage::Setup
    }

    /// Whether the other party has nothing to do with it.
    pub(crate) fn is_local(&self) -> bool {
        self.local.is_some()
    }

    pub(crate) fn changes_self(&self) -> Option<&SynReceiver> {
        self.self_token.as_ref().filter(|_| self.receiver == Receiver::Mut)
    }

    /// Whether the marker gives this parameter a role that could not be understood.
    pub(crate) fn may_have_role(&self, param: &Param) -> bool {
        let is_misspelt = |name: &Ident| self.misspelt.contains(name);
        self.may_have_roles || param.name.as_ref().is_some_and(is_misspelt)
    }

    /// Whether mistakes in the marker leave the roles of some parameters open.
    pub(crate) fn is_partial(&self) -> bool {
        self.may_have_roles || self.may_be_elsewhere || !self.misspelt.is_empty()
    }

    /// The role that the marker gives to this parameter.
    pub(crate) fn role_of(&self, param: &Param) -> Option<&Ident> {
        let name = param.name.as_ref()?;
        self.overrides.iter().find(|(_, given)| given == name).map(|(role, _)| role)
    }
}

/// Reads the markers of a method; `None` if it is no phase or cannot be one.
pub(crate) fn draft(method: &mut Method, errors: &mut Errors) -> Option<Draft> {
    let mut markers = std::mem::take(&mut method.markers).into_iter();
    let marker = markers.next()?;
    for extra in markers {
        errors.push(
            &extra.name,
            "a method is a phase of one party, once: leave one marker and write a second method \
             for the other",
        );
    }
    check_method(method, errors);
    markers::check_marker(&marker, errors);
    let Marker { party, name, entries, .. } = marker;
    let keys = Keys::read(entries, &KEYS, &["state", "context"], markers::harden_key, errors);
    let close = |wanted: &str| {
        let meant = |entry: &&Entry| nearest(&entry.key.to_string(), &KEYS) == Some(wanted);
        keys.strange.iter().find(meant).map(|entry| entry.key.clone())
    };
    let names_query = keys.get("query").is_some() || close("query").is_some();
    let close_stage = || Stage::ALL.into_iter().find_map(|it| Some((it, close(it.name())?)));
    let stage = markers::stage(&keys, errors).or_else(close_stage);
    if stage.is_none() && !keys.is_partial {
        errors.push(
            &name,
            format!(
                "in which stage? write `{0}(setup)`, `{0}(offline)` or `{0}(online)`",
                party.name()
            ),
        );
    }
    let may_be_elsewhere = stage.is_none();
    let (stage, stage_key) = stage.unwrap_or((Stage::Online, name));
    let batch = keys.flag("batch", errors).cloned().or_else(|| close("batch"));
    if let (Some(batch), Stage::Setup) = (&batch, stage) {
        errors.push(batch, "`setup` runs once in any case; leave `batch` out");
    }
    let local = keys.flag("local", errors).cloned().or_else(|| close("local"));
    let params = params(method);
    let known = errors.count();
    let overrides = markers::overrides(&keys, &params, errors);
    let may_have_roles = keys.is_partial || errors.count() > known;
    let misspelt = keys.strange.iter().filter_map(markers::named).collect();
    if let Some((role, _)) = overrides.iter().find(|(role, _)| role == "query")
        && (party, stage) != (Party::Client, Stage::Online)
    {
        errors.push(
            role,
            match party {
                Party::Server => "the server never sees a query; leave `query` out",
                Party::Client => "there are no queries before the online stage; leave `query` out",
            },
        );
    }
    let runs_once = batch.is_some() || stage == Stage::Setup;
    let (receiver, self_token) = receiver(method, runs_once, errors);
    check_generics(method, errors);
    Some(Draft {
        party,
        stage,
        stage_key,
        may_be_elsewhere,
        is_lonely: false,
        may_have_roles,
        misspelt,
        batch,
        local,
        is_async: method.sig.asyncness,
        method: method.sig.ident.clone(),
        receiver,
        self_token,
        params,
        names_query,
        overrides,
        generics: method.sig.generics.clone(),
        output: method.sig.output.clone(),
    })
}

fn check_method(method: &Method, errors: &mut Errors) {
    if !method.has_body() {
        errors.push(&method.body, format!("`{}` has no body yet", method.sig.ident));
    }
    for attr in &method.attrs {
        if attr.path().is_ident("cfg") {
            errors.push(
                attr,
                "both parties must compile one list of phases: put the `cfg` inside the body, or \
                 on the whole impl",
            );
        }
    }
    if let syn::Safety::Unsafe(token) = &method.sig.safety {
        errors.push(token, "a phase must be safe to call: wrap the unsafe part inside its body");
    }
}

/// The driver calls the method, so everything about it must follow from its parameters.
fn check_generics(method: &Method, errors: &mut Errors) {
    let types: Vec<Type> = params(method).into_iter().map(|param| param.ty).collect();
    let own = method.sig.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    for name in own.filter(|name| !types.iter().any(|ty| types::mentions(ty, name))) {
        errors.push(
            name,
            format!(
                "no parameter of `{}` tells what `{name}` is, so the driver cannot call it; move \
                 `{name}` to the impl",
                method.sig.ident
            ),
        );
    }
}

fn params(method: &Method) -> Vec<Param> {
    let typed = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(_) => None,
        FnArg::Typed(param) => Some(param),
    });
    typed
        .map(|param| Param {
            name: match &*param.pat {
                Pat::Ident(name) => Some(name.ident.clone()),
                _ => None,
            },
            ty: (*param.ty).clone(),
        })
        .collect()
}

fn receiver(
    method: &Method,
    runs_once: bool,
    errors: &mut Errors,
) -> (Receiver, Option<SynReceiver>) {
    let Some(FnArg::Receiver(receiver)) = method.sig.inputs.first() else {
        return (Receiver::None, None);
    };
    let kind = match &receiver.kind {
        ReceiverKind::Reference(_, _, Some(_)) => Receiver::Mut,
        ReceiverKind::Reference(_, _, None) => Receiver::Ref,
        ReceiverKind::Value if runs_once => {
            errors.push(
                receiver,
                "the phase runs once for all slots and others follow it, so it cannot consume \
                 `self`; take `&self` or `&mut self`",
            );
            Receiver::Ref
        }
        ReceiverKind::Value => Receiver::Value,
        _ => {
            errors.push(receiver, "a phase takes `self`, `&self`, `&mut self` or no receiver");
            Receiver::Ref
        }
    };
    (kind, Some(receiver.clone()))
}
