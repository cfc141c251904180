//! Rules on what both parties share: the name, the version, and when two answers agree.

use quote::ToTokens;
use syn::{Expr, ExprPath, Generics, Ident, LitStr, ReturnType, Type, spanned::Spanned};

use super::{Errors, in_range, keys::Keys, types};
use crate::{
    parse::{Item, Method},
    plan::{Agreement, Identity},
};

/// `items` are those of the impl; the struct half does not see them.
pub(super) fn identity(
    keys: &Keys,
    self_ty: &Type,
    items: Option<&[Item]>,
    errors: &mut Errors,
) -> Identity {
    let version = in_range(keys, "version", errors);
    let agreement = match (keys.ty("agreement", errors), keys.get("agree_on")) {
        (Some(ty), Some(entry)) => {
            errors.push(&entry.key, "`agreement` says already when answers agree; leave one");
            Agreement::Type(ty)
        }
        (Some(ty), None) => Agreement::Type(ty),
        (None, Some(_)) => on_a_part(keys, items, errors),
        (None, None) => Agreement::Exact,
    };
    let name = keys.string("name", "..", errors).or_else(|| protocol_name(self_ty));
    if name.as_ref().is_none_or(|name| name.value().is_empty()) {
        errors.push(self_ty, "this type has no name of its own: add `name = \"..\"`");
    }
    Identity { name: name.unwrap_or_else(|| LitStr::new("", self_ty.span())), version, agreement }
}

fn protocol_name(self_ty: &Type) -> Option<LitStr> {
    types::last_name(self_ty).map(|name| LitStr::new(&name, self_ty.span()))
}

/// The function of `agree_on`, and the type of what it gives: clients get that, so it has to be
/// written somewhere.
fn on_a_part(keys: &Keys, items: Option<&[Item]>, errors: &mut Errors) -> Agreement {
    let part = keys.function("agree_on", "Self::label", errors).and_then(|function| {
        let part = match &function {
            Expr::Path(path) => of_method(path, items, errors),
            Expr::Closure(closure) => match &closure.output {
                ReturnType::Type(_, ty) => nameable(ty, &Generics::default(), errors),
                ReturnType::Default => {
                    errors.push(&function, unwritten("..", items));
                    None
                }
            },
            _ => None,
        };
        Some((function, part?))
    });
    part.map_or(Agreement::Unknown, |(function, part)| Agreement::On { function, part })
}

fn of_method(path: &ExprPath, items: Option<&[Item]>, errors: &mut Errors) -> Option<Type> {
    let method = items.unwrap_or_default().iter().find_map(|item| match item {
        Item::Method(method) if is_method(path, &method.sig.ident) => Some(method),
        _ => None,
    });
    let Some(method) = method else {
        let called = types::tidy(path.to_token_stream().to_string());
        errors.push(path, unwritten(&format!("{called}(answer)"), items));
        return None;
    };
    let Method { sig, .. } = &**method;
    match &sig.output {
        ReturnType::Type(_, ty) => nameable(ty, &sig.generics, errors),
        ReturnType::Default => {
            let message =
                format!("`{0}` returns nothing to compare: `fn {0}(..) -> Type`", sig.ident);
            errors.push(&sig.ident, message);
            None
        }
    }
}

/// `Self::method`.
fn is_method(path: &ExprPath, method: &Ident) -> bool {
    let names = path.path.segments.iter().map(|segment| &segment.ident);
    path.qself.is_none() && names.map(Ident::to_string).eq(["Self".into(), method.to_string()])
}

fn unwritten(body: &str, items: Option<&[Item]>) -> String {
    let or = if items.is_some() {
        ", or `agree_on = Self::method` of a method in this `impl`"
    } else {
        ""
    };
    format!(
        "the compared part is what clients get, so its type must be written: \
         `agree_on = |answer| -> Type {{ {body} }}`{or}"
    )
}

fn nameable(ty: &Type, method: &Generics, errors: &mut Errors) -> Option<Type> {
    let Some(why) = types::unnameable(ty, method) else { return Some(ty.clone()) };
    let why =
        if types::elides(ty) { "it borrows from the answer; return it owned".into() } else { why };
    errors.push(ty, format!("the compared part is what clients get, apart from the answer: {why}"));
    None
}
