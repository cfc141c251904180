//! Stage 3: what has been checked, written down. Cannot fail.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{DeriveInput, GenericParam, Generics, Ident, Path, Type};

use crate::{
    parse::{ImplHalf, Item, Method, Party},
    plan::{Arg, By, Call, Declaration, ErrorType, Fallible, Fate, Protocol, Receiver, Side},
};

/// `impl Declared`, and the aliases of client and server.
pub(crate) fn declaration(item: &DeriveInput, declaration: &Declaration) -> TokenStream {
    let krate = &declaration.krate;
    let soundness = &declaration.soundness;
    let batch = declaration.batch.as_ref().map(|batch| {
        let (queries, copies, checks) = (&batch.queries, &batch.copies, &batch.checks);
        let slack = batch.slack.as_ref().map_or(quote!(0), ToTokens::to_token_stream);
        quote!(.batch(#queries, #copies, #checks, #slack))
    });
    let privacy = declaration.privacy.as_ref().map(|word| {
        let variant = match word.to_string().as_str() {
            "malicious" => quote!(Malicious),
            "semi_honest" => quote!(SemiHonest),
            _ => quote!(Public),
        };
        quote!(.privacy(#krate::Privacy::#variant))
    });
    let assumes = declaration.assumes.as_ref().map(|text| quote!(.assumes(#text)));
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let name = &item.ident;
    let aliases = aliases(item, krate);
    quote! {
        #[automatically_derived]
        impl #generics #krate::Declared for #name #arguments #bounds {
            const DECLARATION: #krate::Declaration =
                #krate::Declaration::new(#soundness) #batch #privacy #assumes;
        }
        #aliases
    }
}

pub(crate) fn aliases(item: &DeriveInput, krate: &Path) -> TokenStream {
    let (_, arguments, _) = item.generics.split_for_impl();
    let (vis, name, params) = (&item.vis, &item.ident, unbound(&item.generics));
    let of = |party: &str, does: &str| {
        let alias = format_ident!("{name}{party}");
        let target = format_ident!("{party}");
        let doc = format!("The hardened {} of [`{name}`]: {does}.", party.to_lowercase());
        quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            #vis type #alias #params = #krate::#target<#name #arguments>;
        }
    };
    let client = of("Client", "mixes queries with checks and gives verified answers");
    let server = of("Server", "runs the protocol on whatever the client sends");
    quote!(#client #server)
}

/// Parameters as an alias takes them: without bounds.
fn unbound(generics: &Generics) -> TokenStream {
    let params = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => {
            let (name, default) = (&param.ident, &param.default);
            let default = default.as_ref().map(|(_, default)| quote!(= #default));
            quote!(#name #default)
        }
        other => other.to_token_stream(),
    });
    if generics.params.is_empty() { TokenStream::new() } else { quote!(<#(#params),*>) }
}

/// The user's `impl` block without the markers.
pub(crate) fn inherent(half: &ImplHalf) -> TokenStream {
    let ImplHalf { attrs, impl_token, generics, self_ty, items } = half;
    let bounds = &generics.where_clause;
    let items = items.iter().map(|item| match item {
        Item::Other(tokens) => tokens.clone(),
        Item::Method(method) => {
            let Method { attrs, vis, sig, body, .. } = &**method;
            quote!(#(#attrs)* #vis #sig #body)
        }
    });
    quote!(#(#attrs)* #impl_token #generics #self_ty #bounds { #(#items)* })
}

/// `impl SemiHonest`, with phases unless mistakes were found.
pub(crate) fn protocol(half: &ImplHalf, protocol: &Protocol, with_phases: bool) -> TokenStream {
    let Protocol { krate, name, query, output, client, server, .. } = protocol;
    let (generics, _, bounds) = half.generics.split_for_impl();
    let self_ty = &half.self_ty;
    let version = protocol.version.as_ref().map(|version| quote!(const VERSION: u32 = #version;));
    let agreement =
        protocol.agreement.as_ref().map_or(quote!(#krate::Exact), ToTokens::to_token_stream);
    let error = match &protocol.error {
        Some(ErrorType::Named(error)) => quote!(#error),
        Some(ErrorType::Of(result)) => quote!(<#result as #krate::__private::Outcome>::Err),
        None => quote!(::core::convert::Infallible),
    };
    let phases = protocol.steps.iter().filter(|_| with_phases).map(|step| {
        let stage = format_ident!("{}", step.stage.variant());
        let [client, server] = [&step.client, &step.server].map(|call| call.method.to_string());
        let batched = step.batch.then(|| quote!(.batched()));
        quote!(#krate::Phase::new(#krate::Stage::#stage, #client, #server) #batched)
    });
    let parties = [(Party::Client, client), (Party::Server, server)];
    let instances = parties.map(|(_, side)| if side.has_self { quote!(Self) } else { quote!(()) });
    let [client_instance, server_instance] = instances;
    let [client_context, server_context] = parties.map(|(_, side)| context(side));
    let [client_setup, server_setup] = parties.map(|(_, side)| state(krate, side, true));
    let [client_state, server_state] = parties.map(|(_, side)| state(krate, side, false));
    let drivers = parties.map(|(party, side)| driver(protocol, party, side, with_phases));
    let forks =
        parties.map(|(party, side)| (protocol.per_slot && side.has_self).then(|| fork(party)));
    quote! {
        #[automatically_derived]
        #[allow(unused_variables, clippy::all, clippy::pedantic)]
        impl #generics #krate::SemiHonest for #self_ty #bounds {
            const NAME: &'static ::core::primitive::str = #name;
            #version
            const PHASES: &'static [#krate::Phase] = &[#(#phases),*];
            type Client = #client_instance;
            type Server = #server_instance;
            type ClientContext = #client_context;
            type ServerContext = #server_context;
            type Query = #query;
            type Output = #output;
            type Error = #error;
            type Agreement = #agreement;
            type ClientSetup = #client_setup;
            type ServerSetup = #server_setup;
            type ClientState = #client_state;
            type ServerState = #server_state;
            #(#drivers)*
            #(#forks)*
        }
    }
}

fn context(side: &Side) -> TokenStream {
    match side.contexts.as_slice() {
        [] => quote!(()),
        [only] => only.to_token_stream(),
        several => {
            let several = several.iter().map(crate::check::owned);
            quote!((#(#several),*))
        }
    }
}

fn state(krate: &Path, side: &Side, from_setup: bool) -> TokenStream {
    let states = side.states.iter().filter(|state| state.from_setup == from_setup);
    let containers = states.map(|state| {
        let ty = &state.ty;
        if state.column { quote!(#krate::Column<#ty>) } else { quote!(#krate::Kept<#ty>) }
    });
    quote!((#(#containers,)*))
}

/// Where the state with this index is kept.
fn container(side: &Side, index: usize) -> TokenStream {
    let (before, rest) = side.states.split_at(index);
    let from_setup = rest.first().is_some_and(|state| state.from_setup);
    let place = before.iter().filter(|state| state.from_setup == from_setup).count();
    let place = Literal::usize_unsuffixed(place);
    if from_setup { quote!(run.setup.#place) } else { quote!(run.state.#place) }
}

/// `client_phase` or `server_phase`.
fn driver(protocol: &Protocol, party: Party, side: &Side, with_phases: bool) -> TokenStream {
    let krate = &protocol.krate;
    let (function, run) = match party {
        Party::Client => (format_ident!("client_phase"), format_ident!("ClientRun")),
        Party::Server => (format_ident!("server_phase"), format_ident!("ServerRun")),
    };
    let arms = protocol.steps.iter().filter(|_| with_phases).enumerate().map(|(index, step)| {
        let index = Literal::usize_suffixed(index);
        let body = body(krate, step.call(party), side);
        quote!(#index => { #body })
    });
    quote! {
        fn #function(
            phase: ::core::primitive::usize,
            run: &mut #krate::#run<'_, Self>,
        ) -> ::core::result::Result<(), #krate::PhaseError<Self::Error>> {
            match phase {
                #(#arms)*
                unknown => ::core::result::Result::Err(#krate::PhaseError::State(
                    #krate::StateError::UnknownPhase(unknown),
                )),
            }
        }
    }
}

fn body(krate: &Path, call: &Call, side: &Side) -> TokenStream {
    let method = &call.method;
    let receiver = match call.receiver {
        Receiver::None => None,
        Receiver::Ref => Some(quote!(&*run.party,)),
        Receiver::Mut => Some(quote!(&mut *run.party,)),
    };
    let half = |wanted, name| if call.args.contains(&wanted) { name } else { quote!(_) };
    let halves = [half(Arg::Reader, quote!(reader)), half(Arg::Writer, quote!(writer))];
    let split = call
        .args
        .iter()
        .any(|arg| matches!(arg, Arg::Reader | Arg::Writer))
        .then(|| quote!(let (#(#halves),*) = run.wire.split();));
    let args = call.args.iter().map(|&arg| argument(arg, call, side));
    let convert = match call.fallible {
        Fallible::No => None,
        Fallible::Same => Some(quote!(.map_err(#krate::PhaseError::Protocol)?)),
        // On the method's span: it is there that a conversion may be missing.
        Fallible::Converted => Some(quote_spanned! {method.span()=>
            .map_err(|error| #krate::PhaseError::Protocol(::core::convert::Into::into(error)))?
        }),
    };
    let keep = match call.result {
        Fate::Dropped => quote!(::core::mem::drop(value);),
        Fate::Output if call.runs_once => quote!(run.outputs.extend(value);),
        Fate::Output => quote!(run.outputs.push(value);),
        Fate::Kept(index) => {
            let column = side.states.get(index).is_some_and(|state| state.column);
            let put: Ident = match (column, call.runs_once) {
                (true, false) => format_ident!("push"),
                (true, true) => format_ident!("put_all"),
                (false, _) => format_ident!("put"),
            };
            let container = container(side, index);
            quote!(#container.#put(value);)
        }
    };
    quote! {
        #split
        let value = Self::#method(#receiver #(#args),*) #convert;
        #keep
        ::core::result::Result::Ok(())
    }
}

fn argument(arg: Arg, call: &Call, side: &Side) -> TokenStream {
    let clone = |value: TokenStream| quote!(::core::clone::Clone::clone(#value));
    match arg {
        Arg::Query(By::Ref) => quote!(run.batch.query()?),
        Arg::Query(By::Value) => clone(quote!(run.batch.query()?)),
        Arg::Query(By::Mut) => {
            let copy = clone(quote!(run.batch.query()?));
            quote!(&mut #copy)
        }
        Arg::Queries(By::Ref) => quote!(&run.batch.to_queries()),
        Arg::Queries(By::Value) => quote!(run.batch.to_queries()),
        Arg::Queries(By::Mut) => quote!(&mut run.batch.to_queries()),
        Arg::QueryRefs => quote!(run.batch.queries()),
        Arg::Channel => quote!(&mut *run.wire),
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
        Arg::State(index, by) => {
            let column = side.states.get(index).is_some_and(|state| state.column);
            let container = container(side, index);
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
    }
}

fn fork(party: Party) -> TokenStream {
    let (function, instance) = match party {
        Party::Client => (format_ident!("fork_client"), format_ident!("Client")),
        Party::Server => (format_ident!("fork_server"), format_ident!("Server")),
    };
    let ty: Type = syn::parse_quote!(Self::#instance);
    quote! {
        fn #function(instance: &#ty) -> ::core::option::Option<#ty> {
            ::core::option::Option::Some(::core::clone::Clone::clone(instance))
        }
    }
}
