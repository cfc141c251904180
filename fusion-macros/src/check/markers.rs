//! Rules on what a marker says: its keys, the stage, the roles of parameters.

use syn::Ident;

use super::{Errors, keys::Keys, phases::Param};
use crate::{
    parse::{Entry, Marker, Value},
    plan::Stage,
    words::list,
};

const FLAGS: [&str; 5] = ["setup", "offline", "online", "batch", "local"];
pub(super) const KEYS: [&str; 14] = [
    "setup", "offline", "online", "batch", "local", "query", "channel", "reader", "writer", "rng",
    "state", "context", "slots", "slot",
];

pub(super) fn harden_key(key: &str) -> Option<&'static str> {
    match key {
        "name" | "version" | "agreement" | "agree_on" | "instance" | "field" | "flush"
        | "lanes" | "validate" | "validate_answer" => {
            Some("in `#[fusion::harden(..)]` of the impl")
        }
        "soundness" | "query_risk" | "batch_risk" | "session_risk" | "queries" | "copies"
        | "checks" | "slack" | "privacy" | "executions" | "assumes" => {
            Some("in `#[fusion::harden(..)]` of the struct")
        }
        _ => None,
    }
}

/// A marker that is none, or not always.
pub(super) fn check_marker(marker: &Marker, errors: &mut Errors) {
    let party = marker.party.name();
    if marker.name != party {
        let message = format!("`{}` is no marker; did you mean `{party}`?", marker.name);
        errors.push(&marker.name, message);
    }
    if let Some(condition) = &marker.condition {
        errors.push(
            condition,
            format!(
                "both parties must compile one list of phases: write `#[fusion::{party}(..)]` \
                 without a condition"
            ),
        );
    }
}

/// Markers on constants, types and macros.
pub(super) fn no_method(markers: &[Marker], errors: &mut Errors) {
    for marker in markers {
        errors.push(&marker.name, "a phase is a method: move the marker onto one, or leave it out");
    }
}

pub(super) fn stage(keys: &Keys, errors: &mut Errors) -> Option<(Stage, Ident)> {
    let mut found: Option<(Stage, Ident)> = None;
    for entry in keys.iter() {
        let Some(stage) = Stage::ALL.into_iter().find(|stage| entry.key == stage.name()) else {
            continue;
        };
        keys.flag(stage.name(), errors);
        match &found {
            None => found = Some((stage, entry.key.clone())),
            Some((first, _)) => errors.push(
                &entry.key,
                format!("this phase is in stage `{}` already; leave one stage", first.name()),
            ),
        }
    }
    found
}

pub(super) fn overrides(keys: &Keys, params: &[Param], errors: &mut Errors) -> Vec<(Ident, Ident)> {
    let names: Vec<String> =
        params.iter().filter_map(|param| param.name.as_ref()).map(Ident::to_string).collect();
    let mut overrides: Vec<(Ident, Ident)> = Vec::new();
    for entry in keys.iter().filter(|entry| !FLAGS.contains(&&*entry.key.to_string())) {
        let role = &entry.key;
        let Some(name) = keys_param(entry, &names, errors) else { continue };
        if overrides.iter().any(|(_, other)| *other == name) {
            errors.push(&name, format!("`{name}` has a role already; give it one"));
        } else {
            overrides.push((role.clone(), name));
        }
    }
    overrides
}

/// The name that is a key's value.
pub(super) fn named(entry: &Entry) -> Option<Ident> {
    match &entry.value {
        Some(Value::Expr(syn::Expr::Path(path))) => path.path.get_ident().cloned(),
        _ => None,
    }
}

fn keys_param(entry: &Entry, names: &[String], errors: &mut Errors) -> Option<Ident> {
    let role = &entry.key;
    match (named(entry), &entry.value) {
        (_, Some(Value::Unread)) => {}
        (Some(name), _) if names.iter().any(|known| name == known) => return Some(name),
        (Some(name), _) => {
            let there = match names {
                [] => "none has a name".into(),
                [only] => format!("there is {}", list(&[only])),
                names => format!("there are {}", list(names)),
            };
            errors.push(&name, format!("no parameter is called `{name}`; {there}"));
        }
        (None, Some(value)) => {
            errors.push(value, format!("`{role}` takes the name of a parameter: `{role} = input`"));
        }
        (None, None) => {
            errors.push(role, format!("`{role}` needs the name of a parameter: `{role} = input`"));
        }
    }
    None
}
