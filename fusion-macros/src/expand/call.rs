//! How a phase is called: its channel, its arguments, its result.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, Path, spanned::Spanned};

use super::at;
use crate::plan::{Arg, By, Call, Channel, Fallible, Fate, Protocol, Receiver, Side};

/// The arm of a step.
pub(super) fn body(protocol: &Protocol, call: &Call, side: &Side) -> TokenStream {
    let (krate, method) = (&protocol.krate, &call.method);
    let receiver = match call.receiver {
        Receiver::None => None,
        Receiver::Ref => Some(quote!(&*run.party,)),
        Receiver::Mut => Some(quote!(&mut *run.party,)),
        // On the method's span: it is there that `self` may not be `Clone`.
        Receiver::Value => {
            Some(at(method.span(), quote!(::core::clone::Clone::clone(&*run.party),)))
        }
    };
    let takes_channel = call.args.iter().any(|arg| matches!(arg, Arg::Channel(_)));
    let channel = channel(krate, &protocol.channel, call, takes_channel);
    let stacked = stacked(krate, call);
    let setup = setup(krate, call, side);
    let args = call.args.iter().zip(&call.spans);
    let args = args.map(|(&arg, &span)| argument(arg, span, protocol, call, side));
    let wait = call.is_async.then(|| quote!(.await));
    let convert = match call.fallible {
        Fallible::No => None,
        Fallible::Same => Some(quote!(.map_err(#krate::PhaseError::Protocol)?)),
        // On the method's span: it is there that a conversion may be missing.
        Fallible::Converted => Some(at(
            method.span(),
            quote! {
                .map_err(|error| #krate::PhaseError::Protocol(::core::convert::Into::into(error)))?
            },
        )),
    };
    let flush = flush(krate, &protocol.channel, call, takes_channel);
    let keep = keep(krate, call, side);
    quote! {
        #channel
        #stacked
        #setup
        let value = Self::#method(#receiver #(#args),*) #wait #convert;
        #flush
        #keep
        ::core::result::Result::Ok(())
    }
}

/// What the phase talks through, where it is not the wire itself.
fn channel(krate: &Path, own: &Channel, call: &Call, takes_channel: bool) -> TokenStream {
    let half = |wanted, name| if call.args.contains(&wanted) { name } else { quote!(_) };
    let halves = [half(Arg::Reader, quote!(reader)), half(Arg::Writer, quote!(writer))];
    let split = call
        .args
        .iter()
        .any(|arg| matches!(arg, Arg::Reader | Arg::Writer))
        .then(|| quote!(let (#(#halves),*) = run.wire.split();));
    let made = match &own.make {
        Some(make @ Expr::Closure(_)) => quote! {{
            let make: fn(#krate::Wire) -> _ = #make;
            make(run.wire.handle())
        }},
        Some(make) => {
            let wire = at(make.span(), quote!((run.wire.handle())));
            quote!(#make #wire)
        }
        None => quote!(run.wire.handle()),
    };
    let own = match &own.field {
        Some(field) if call.receiver != Receiver::None => Some(quote!(run.party.#field = #made;)),
        None if own.make.is_some() && takes_channel => Some(quote!(let mut channel = #made;)),
        _ => None,
    };
    quote!(#split #own)
}

/// Ends the use of the user's own channel.
fn flush(krate: &Path, own: &Channel, call: &Call, takes_channel: bool) -> Option<TokenStream> {
    let flush = own.flush.as_ref()?;
    let target = match &own.field {
        Some(field) if call.receiver != Receiver::None => quote!(&mut run.party.#field),
        None if takes_channel && !call.args.contains(&Arg::Channel(By::Value)) => {
            quote!(&mut channel)
        }
        _ => return None,
    };
    let wait = call.is_async.then(|| quote!(.await));
    let call = at(flush.span(), quote!((#target)));
    Some(quote! {
        #krate::__private::Flushed::flushed(#flush #call #wait).map_err(#krate::PhaseError::Protocol)?;
    })
}

/// What setup left, if the phase reads some of it or, in setup, changes some of it.
fn setup(krate: &Path, call: &Call, side: &Side) -> Option<TokenStream> {
    let read = call.args.iter().filter_map(|arg| match *arg {
        Arg::State(index, by) if is_from_setup(side, index) => Some(by),
        _ => None,
    });
    let all_by_ref = read.map(|by| by == By::Ref).reduce(|left, right| left && right)?;
    Some(if all_by_ref {
        quote!(let setup = #krate::Left::get(&run.setup);)
    } else {
        quote!(let setup = #krate::Left::get_mut(&mut run.setup)?;)
    })
}

fn stacked(krate: &Path, call: &Call) -> Option<TokenStream> {
    let flat = call.args.iter().find_map(|arg| match arg {
        Arg::Stacked { is_flat, .. } => Some(*is_flat),
        _ => None,
    })?;
    let stack = if flat { quote!(stack_numbers) } else { quote!(stack) };
    Some(quote!(let mut stacked = #krate::__private::#stack(#krate::Batch::queries(&run.batch))?;))
}

fn argument(arg: Arg, span: Span, protocol: &Protocol, call: &Call, side: &Side) -> TokenStream {
    let (krate, own) = (&protocol.krate, &protocol.channel);
    // By path: the user's own traits may have methods of the same name.
    let batch = |what: &str| {
        let what = format_ident!("{what}");
        quote!(#krate::Batch::#what(&run.batch))
    };
    let query = || {
        let query = batch("query");
        quote!(#query?)
    };
    // On the parameter's span: it is there that a type may not fit.
    let clone = |value: TokenStream| {
        let clone = at(span, quote!(::core::clone::Clone::clone));
        quote!(#clone(#value))
    };
    let lend = |by: By, value: TokenStream| match by {
        By::Value => value,
        By::Ref => quote!(&#value),
        By::Mut => quote!(&mut #value),
    };
    match arg {
        Arg::Query(By::Ref) => query(),
        Arg::Query(by) => lend(by, clone(query())),
        Arg::Queries(by) => lend(by, batch("to_queries")),
        Arg::QueryRefs => batch("queries"),
        Arg::Stacked { is_view: true, by: By::Value, .. } => quote!(stacked.view()),
        Arg::Stacked { is_view: true, by, .. } => lend(by, quote!(stacked.view())),
        Arg::Stacked { by, .. } => lend(by, quote!(stacked)),
        Arg::Channel(by) if own.make.is_some() && own.field.is_none() => {
            at(span, lend(by, quote!(channel)))
        }
        Arg::Channel(By::Value) => at(span, quote!(run.wire.handle())),
        Arg::Channel(_) => at(span, quote!(&mut *run.wire)),
        Arg::Reader => at(span, quote!(reader)),
        Arg::Writer => at(span, quote!(writer)),
        Arg::Rng => at(span, quote!(&mut *run.rng)),
        Arg::Slot => batch("slot"),
        Arg::Slots => batch("slots"),
        Arg::Context(index, by) => {
            let place = if side.contexts.len() == 1 {
                quote!(run.context)
            } else {
                let index = Literal::usize_unsuffixed(index);
                quote!(&run.context.#index)
            };
            if by == By::Value { clone(place) } else { place }
        }
        Arg::State(index, by) => state(krate, index, by, call, side),
    }
}

fn state(krate: &Path, index: usize, by: By, call: &Call, side: &Side) -> TokenStream {
    let column = side.states.get(index).is_some_and(|state| state.column);
    let container = if is_from_setup(side, index) {
        container(side, index, quote!(setup))
    } else {
        container(side, index, quote!(run.state))
    };
    let slot = quote!(#krate::Batch::slot(&run.batch));
    match (column, call.runs_once, by) {
        (true, false, By::Value) => quote!(#krate::Column::take_next(&mut #container)?),
        (true, false, By::Ref) => quote!(#krate::Column::get(&#container, #slot)?),
        (true, false, By::Mut) => quote!(#krate::Column::get_mut(&mut #container, #slot)?),
        (true, true, By::Value) => quote!(#krate::Column::take_all(&mut #container)),
        (true, true, _) => quote!(#krate::Column::all(&mut #container)),
        (false, _, By::Value) => quote!(#krate::Kept::take(&mut #container)?),
        (false, _, By::Ref) => quote!(#krate::Kept::get(&#container)?),
        (false, _, By::Mut) => quote!(#krate::Kept::get_mut(&mut #container)?),
    }
}

fn keep(krate: &Path, call: &Call, side: &Side) -> TokenStream {
    match call.result {
        Fate::Dropped => quote!(::core::mem::drop(value);),
        Fate::Output if call.runs_once => quote!(run.outputs.extend(value);),
        Fate::Output => quote!(run.outputs.push(value);),
        Fate::Unstacked => quote!(run.outputs.extend(#krate::__private::Unstack::unstack(value));),
        Fate::Kept(index) => {
            let column = side.states.get(index).is_some_and(|state| state.column);
            let put = match (column, call.runs_once) {
                (true, false) => quote!(Column::push),
                (true, true) => quote!(Column::put_all),
                (false, _) => quote!(Kept::put),
            };
            let container = if is_from_setup(side, index) {
                container(side, index, quote!(#krate::Left::get_mut(&mut run.setup)?))
            } else {
                container(side, index, quote!(run.state))
            };
            quote!(#krate::#put(&mut #container, value);)
        }
    }
}

fn is_from_setup(side: &Side, index: usize) -> bool {
    side.states.get(index).is_some_and(|state| state.from_setup)
}

/// Where the state with this index is kept in what holds states of its kind.
fn container(side: &Side, index: usize, holder: TokenStream) -> TokenStream {
    let (before, _) = side.states.split_at(index.min(side.states.len()));
    let from_setup = is_from_setup(side, index);
    let place = before.iter().filter(|state| state.from_setup == from_setup).count();
    let place = Literal::usize_unsuffixed(place);
    quote!(#holder.kept.#place)
}
