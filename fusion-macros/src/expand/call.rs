//! How a phase is called: its channel, its arguments, its result.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, Ident, Path};

use crate::plan::{Arg, By, Call, Channel, Fallible, Fate, Protocol, Receiver, Side};

/// The arm of a step.
pub(super) fn body(protocol: &Protocol, call: &Call, side: &Side) -> TokenStream {
    let (krate, method) = (&protocol.krate, &call.method);
    let receiver = match call.receiver {
        Receiver::None => None,
        Receiver::Ref => Some(quote!(&*run.party,)),
        Receiver::Mut => Some(quote!(&mut *run.party,)),
        Receiver::Value => Some(quote!(::core::clone::Clone::clone(&*run.party),)),
    };
    let takes_channel = call.args.iter().any(|arg| matches!(arg, Arg::Channel(_)));
    let channel = channel(krate, &protocol.channel, call, takes_channel);
    let stacked = stacked(krate, call);
    let setup = setup(call, side);
    let args = call.args.iter().map(|&arg| argument(arg, call, side, &protocol.channel));
    let wait = call.is_async.then(|| quote!(.await));
    let convert = match call.fallible {
        Fallible::No => None,
        Fallible::Same => Some(quote!(.map_err(#krate::PhaseError::Protocol)?)),
        // On the method's span: it is there that a conversion may be missing.
        Fallible::Converted => Some(quote_spanned! {method.span()=>
            .map_err(|error| #krate::PhaseError::Protocol(::core::convert::Into::into(error)))?
        }),
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
        Some(make) => quote!(#make(run.wire.handle())),
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
    Some(quote! {
        #krate::__private::Flushed::flushed(#flush(#target) #wait)
            .map_err(#krate::PhaseError::Protocol)?;
    })
}

/// What setup left, if the phase reads some of it or, in setup, changes some of it.
fn setup(call: &Call, side: &Side) -> Option<TokenStream> {
    let read = call.args.iter().filter_map(|arg| match *arg {
        Arg::State(index, by) if is_from_setup(side, index) => Some(by),
        _ => None,
    });
    let all_by_ref = read.map(|by| by == By::Ref).reduce(|left, right| left && right)?;
    Some(if all_by_ref {
        quote!(let setup = run.setup.get();)
    } else {
        quote!(let setup = run.setup.get_mut()?;)
    })
}

fn stacked(krate: &Path, call: &Call) -> Option<TokenStream> {
    let flat = call.args.iter().find_map(|arg| match arg {
        Arg::Stacked { is_flat, .. } => Some(*is_flat),
        _ => None,
    })?;
    let stack = if flat { quote!(stack_numbers) } else { quote!(stack) };
    Some(quote!(let mut stacked = #krate::__private::#stack(run.batch.queries())?;))
}

fn argument(arg: Arg, call: &Call, side: &Side, own: &Channel) -> TokenStream {
    let clone = |value: TokenStream| quote!(::core::clone::Clone::clone(#value));
    let lend = |by: By, value: TokenStream| match by {
        By::Value => value,
        By::Ref => quote!(&#value),
        By::Mut => quote!(&mut #value),
    };
    match arg {
        Arg::Query(By::Ref) => quote!(run.batch.query()?),
        Arg::Query(by) => lend(by, clone(quote!(run.batch.query()?))),
        Arg::Queries(by) => lend(by, quote!(run.batch.to_queries())),
        Arg::QueryRefs => quote!(run.batch.queries()),
        Arg::Stacked { is_view: true, by: By::Value, .. } => quote!(stacked.view()),
        Arg::Stacked { is_view: true, by, .. } => lend(by, quote!(stacked.view())),
        Arg::Stacked { by, .. } => lend(by, quote!(stacked)),
        Arg::Channel(by) if own.make.is_some() && own.field.is_none() => lend(by, quote!(channel)),
        Arg::Channel(By::Value) => quote!(run.wire.handle()),
        Arg::Channel(_) => quote!(&mut *run.wire),
        Arg::Reader => quote!(reader),
        Arg::Writer => quote!(writer),
        Arg::Rng => quote!(&mut *run.rng),
        Arg::Slot => quote!(run.batch.slot()),
        Arg::Slots => quote!(run.batch.slots()),
        Arg::Context(index, by) => {
            let place = if side.contexts.len() == 1 {
                quote!(run.context)
            } else {
                let index = Literal::usize_unsuffixed(index);
                quote!(&run.context.#index)
            };
            if by == By::Value { clone(place) } else { place }
        }
        Arg::State(index, by) => state(index, by, call, side),
    }
}

fn state(index: usize, by: By, call: &Call, side: &Side) -> TokenStream {
    let column = side.states.get(index).is_some_and(|state| state.column);
    let container = if is_from_setup(side, index) {
        container(side, index, quote!(setup))
    } else {
        container(side, index, quote!(run.state))
    };
    match (column, call.runs_once, by) {
        (true, false, By::Value) => quote!(#container.take_next()?),
        (true, false, By::Ref) => quote!(#container.get(run.batch.slot())?),
        (true, false, By::Mut) => quote!(#container.get_mut(run.batch.slot())?),
        (true, true, By::Value) => quote!(#container.take_all()),
        (true, true, _) => quote!(#container.all()),
        (false, _, By::Value) => quote!(#container.take()?),
        (false, _, By::Ref) => quote!(#container.get()?),
        (false, _, By::Mut) => quote!(#container.get_mut()?),
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
            let put: Ident = match (column, call.runs_once) {
                (true, false) => format_ident!("push"),
                (true, true) => format_ident!("put_all"),
                (false, _) => format_ident!("put"),
            };
            let container = if is_from_setup(side, index) {
                container(side, index, quote!(run.setup.get_mut()?))
            } else {
                container(side, index, quote!(run.state))
            };
            quote!(#container.#put(value);)
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
