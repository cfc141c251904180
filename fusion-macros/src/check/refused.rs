//! Parameters and types that cannot be what they would have to be.

use syn::{Generics, Type};

use super::{Errors, phases::Draft, types};
use crate::plan::Arg;

/// Streams and generators that the driver does not have, and what to take instead.
pub(super) fn concrete(ty: &Type, has_own_channel: bool) -> Option<String> {
    let name = types::last_name(ty)?;
    match name.as_str() {
        "TcpStream" | "UnixStream" if !has_own_channel => Some(format!(
            "`{name}` bypasses the transcript: take any channel (`&mut (impl Read + Write)`)"
        )),
        "StdRng" | "SmallRng" | "ThreadRng" | "OsRng" | "SysRng" | "ChaCha8Rng" | "ChaCha12Rng"
        | "ChaCha20Rng" => Some(format!(
            "the driver has a generator of its own for every execution, not `{name}`: take any \
             (`&mut impl CryptoRng`)"
        )),
        _ => None,
    }
}

/// Two parameters of a phase that cannot both have their role: which role, and what to do.
pub(super) fn clash(args: &[Arg], new: Arg) -> Option<(&'static str, &'static str)> {
    use Arg::{Channel, Context, Reader, Rng, State, Writer};
    let has = |wanted: fn(&Arg) -> bool| args.iter().any(wanted);
    let one = "one parameter can be it";
    match new {
        Channel(_) if has(|arg| matches!(arg, Channel(_) | Reader | Writer)) => {
            Some(("a channel", one))
        }
        Reader if has(|arg| matches!(arg, Channel(_) | Reader)) => Some(("a reader", one)),
        Writer if has(|arg| matches!(arg, Channel(_) | Writer)) => Some(("a writer", one)),
        Rng if has(|arg| matches!(arg, Rng)) => Some(("a generator", one)),
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

pub(super) fn no_role(draft: &Draft, name: &str, ty: &Type) -> String {
    if name.is_empty() {
        return "no role explains this parameter, and without a name the marker cannot give it one: \
                name it, and take it apart in the body"
            .into();
    }
    let shown = name;
    format!(
        "no role explains `{shown}: {}`. A parameter of a phase is the query, the channel (`&mut C` \
         where `C: Read + Write`), a reader, a writer, the generator (`R: Rng`), what an earlier \
         phase of this party returned, `slots: usize`, or the context (by `&`). Say which: \
         `{}({}, context = {shown})`, for example",
        types::shown(ty),
        draft.party.name(),
        draft.stage.name(),
    )
}

/// The trait has to name the type, so it may not depend on the method's own parameters.
pub(super) fn nameable(
    ty: &Type,
    what: &str,
    method: &Generics,
    errors: &mut Errors,
) -> Option<()> {
    nameable_at(ty, ty, what, method, errors)
}

pub(super) fn nameable_at(
    ty: &Type,
    at: &Type,
    what: &str,
    method: &Generics,
    errors: &mut Errors,
) -> Option<()> {
    let Some(why) = types::unnameable(ty, method) else { return Some(()) };
    errors.push(at, format!("the {what}'s type must have a name outside the method: {why}"));
    None
}
