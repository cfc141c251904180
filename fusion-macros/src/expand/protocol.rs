use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, LitInt, Path, Type, ext::IdentExt, spanned::Spanned};

use super::{at, call, hooks, identity, quiet, state};
use crate::{
    parse::{ImplHalf, Item, Method, Party},
    plan::{ErrorType, Instance, Protocol, Side},
};

/// The user's `impl` block without the markers.
pub(crate) fn inherent(half: &ImplHalf) -> TokenStream {
    let ImplHalf { attrs, impl_token, generics, self_ty, items, braces, .. } = half;
    let bounds = &generics.where_clause;
    let items = items.iter().map(|item| match item {
        Item::Other(tokens, _) | Item::Unreadable(tokens) => tokens.clone(),
        Item::Method(method) => {
            let Method { attrs, vis, sig, body, .. } = &**method;
            // Where there is no body, that is said already.
            if !method.has_body() {
                return quote!(#(#attrs)* #[allow(unused)] #vis #sig { loop {} });
            }
            quote!(#(#attrs)* #vis #sig #body)
        }
    });
    let mut inherent = quote!(#(#attrs)* #impl_token #generics #self_ty #bounds);
    braces.surround(&mut inherent, |inside| inside.extend(quote!(#(#items)*)));
    inherent
}

/// `impl ClientSide`, `impl ServerSide` and `impl SemiHonest`.
pub(crate) fn protocol(half: &ImplHalf, protocol: &Protocol) -> TokenStream {
    write(half, protocol, None)
}

/// What stands in the place of phases after mistakes.
pub(crate) struct Stub {
    /// Where they are listed.
    pub steps: TokenStream,
    /// Where they are called.
    pub call: TokenStream,
}

/// The same after mistakes.
pub(crate) fn without_phases(half: &ImplHalf, protocol: &Protocol, stub: &Stub) -> TokenStream {
    write(half, protocol, Some(stub))
}

fn write(half: &ImplHalf, protocol: &Protocol, stub: Option<&Stub>) -> TokenStream {
    let (generics, _, bounds) = half.generics.split_for_impl();
    let (krate, self_ty, quiet) = (&protocol.krate, &half.self_ty, quiet());
    // Errors are written once: the server's steps, if there are both, are the client's.
    let as_client = stub.filter(|_| protocol.client.is_some()).map(|stub| Stub {
        steps: quote!(<Self as #krate::ClientSide>::CLIENT_STEPS),
        call: stub.call.clone(),
    });
    let is_deprecated = half.items.iter().any(|item| match item {
        Item::Method(method) => method.attrs.iter().any(|attr| attr.path().is_ident("deprecated")),
        _ => false,
    });
    let side = |party: Party, side: &Option<Side>| {
        let side = side.as_ref()?;
        let stub = if party == Party::Server { as_client.as_ref().or(stub) } else { stub };
        let name = format_ident!("{}Side", title(party));
        let [setup, state] =
            [true, false].map(|from_setup| state::of(half, krate, party, side, from_setup));
        let body = self::side(protocol, party, side, [&setup.ty, &state.ty], stub);
        let (setup, state) = (setup.definition, state.definition);
        // A phase is called all the same.
        let deprecated = is_deprecated.then(|| quote!(#[allow(deprecated)]));
        Some(quote! {
            #setup
            #state
            #quiet
            #deprecated
            impl #generics #krate::#name for #self_ty #bounds { #body }
        })
    };
    let client = side(Party::Client, &protocol.client);
    let server = side(Party::Server, &protocol.server);
    let whole = protocol.identity.as_ref().map(|identity| {
        let projection = identity::projection(krate, identity, &protocol.output).map(|body| {
            quote! {
                #quiet
                impl #generics #krate::Projected for #self_ty #bounds { #body }
            }
        });
        let body = identity::identity(krate, identity, protocol.output.span());
        quote! {
            #projection
            #quiet
            impl #generics #krate::SemiHonest for #self_ty #bounds { #body }
        }
    });
    quote!(#client #server #whole)
}

/// What is in `impl ClientSide` or `impl ServerSide`.
fn side(
    protocol: &Protocol,
    party: Party,
    side: &Side,
    [left, carried]: [&TokenStream; 2],
    stub: Option<&Stub>,
) -> TokenStream {
    let Protocol { krate, query, output, .. } = protocol;
    let of = |suffix: &str| format_ident!("{}{suffix}", title(party));
    let (itself, context, error) = (of(""), of("Context"), of("Error"));
    let (setup, state, run, name) = (of("Setup"), of("State"), of("Run"), of("Side"));
    let lower = party.name();
    let (step, steps) =
        (format_ident!("{lower}_step"), format_ident!("{}_STEPS", lower.to_uppercase()));
    let phases = if stub.is_some() { &[] } else { side.steps.as_slice() };
    let listed = phases.iter().map(|step| {
        let stage = format_ident!("{}", step.stage.variant());
        let name = step.call.method.unraw().to_string();
        let batched = step.batch.then(|| quote!(.batched()));
        let local = step.local.then(|| quote!(.local()));
        quote!(#krate::Step::new(#krate::Stage::#stage, #name) #batched #local)
    });
    let listed = stub.map_or_else(|| quote!(&[#(#listed),*]), |stub| stub.steps.clone());
    let call = stub.map(|stub| &stub.call);
    let instance = if side.has_self { quote!(Self) } else { quote!(()) };
    let (contexts, errors) = (self::context(side), self::error(krate, side));
    let answers = (party == Party::Client).then(|| {
        let query = item(&format_ident!("Query"), &quote!(#query), Some(query.span()));
        let output = item(&format_ident!("Output"), &quote!(#output), Some(output.span()));
        quote!(#query #output)
    });
    let types = [
        item(&context, &contexts, side.contexts.first().map(Spanned::span)),
        item(&error, &errors, side.error.as_ref().map(|error| error.ty().span())),
        item(&setup, left, None),
        item(&state, carried, None),
    ];
    let arms = phases.iter().enumerate().map(|(index, step)| {
        let index = Literal::usize_suffixed(index);
        let body = call::body(protocol, &step.call, side);
        quote!(#index => { #body })
    });
    let fork = fork(protocol, party, side);
    let hooks = (party == Party::Client && stub.is_none()).then(|| hooks::of(protocol, side));
    let lanes = protocol.lanes.as_ref().filter(|_| stub.is_none());
    let [count, spread] = lanes.map(|lanes| self::lanes(krate, party, lanes)).unwrap_or_default();
    quote! {
        const #steps: &'static [#krate::Step] = #listed;
        #count
        type #itself = #instance;
        #answers
        #(#types)*

        async fn #step(
            step: ::core::primitive::usize,
            run: &mut #krate::#run<'_, Self>,
        ) -> ::core::result::Result<(), #krate::PhaseError<<Self as #krate::#name>::#error>> {
            #call
            match step {
                #(#arms)*
                unknown => ::core::result::Result::Err(#krate::PhaseError::State(
                    #krate::StateError::UnknownPhase(unknown),
                )),
            }
        }

        #fork
        #hooks
        #spread
    }
}

/// An associated type. It stands where `at` does: `at` may be less visible than the protocol.
pub(super) fn item(name: &Ident, ty: &TokenStream, at: Option<Span>) -> TokenStream {
    let span = Span::call_site().located_at(at.unwrap_or_else(Span::call_site));
    quote_spanned!(span=> type #name = #ty;)
}

/// `Client` or `Server`.
pub(super) fn title(party: Party) -> &'static str {
    match party {
        Party::Client => "Client",
        Party::Server => "Server",
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

fn error(krate: &Path, side: &Side) -> TokenStream {
    match &side.error {
        Some(ErrorType::Named(error)) => quote!(#error),
        Some(ErrorType::Of(result)) => quote!(<#result as #krate::__private::Outcome>::Err),
        None => quote!(::core::convert::Infallible),
    }
}

/// How many lanes there are, and that they are threads.
fn lanes(krate: &Path, party: Party, lanes: &LitInt) -> [TokenStream; 2] {
    let count = format_ident!("{}_LANES", party.name().to_uppercase());
    let (function, of) = (format_ident!("{}_lanes", party.name()), title(party));
    let (slots, error) = (format_ident!("{of}Lanes"), format_ident!("{of}Error"));
    let side = format_ident!("{of}Side");
    // Shown at the number, which asks for what can go to other threads; a name of ours all the same.
    let work = Ident::new("lanes", Span::call_site().located_at(lanes.span()));
    let spread = quote_spanned!(lanes.span()=> #krate::__private::#function(#work));
    [
        quote!(const #count: ::core::primitive::usize = #lanes;),
        quote! {
            fn #function(
                #work: #krate::#slots<'_, Self>,
            ) -> ::core::result::Result<(), #krate::Error<<Self as #krate::#side>::#error>> {
                #spread
            }
        },
    ]
}

fn fork(protocol: &Protocol, party: Party, side: &Side) -> Option<TokenStream> {
    let function = format_ident!("fork_{}", party.name());
    let instance = format_ident!("{}", title(party));
    let (krate, of) = (&protocol.krate, format_ident!("{}Side", title(party)));
    // Not `Self::`: that may be the variant of an enum.
    let ty: Type = syn::parse_quote!(<Self as #krate::#of>::#instance);
    let fresh = match &protocol.instance {
        _ if !side.has_self && protocol.lanes.is_some() => quote!(()),
        _ if !side.has_self => return None,
        Instance::Shared => return None,
        Instance::PerSlot(span) => at(*span, quote!(::core::clone::Clone::clone(instance))),
        Instance::Made(make) => quote! {{
            let make: fn(&#ty) -> #ty = #make;
            make(instance)
        }},
    };
    Some(quote! {
        fn #function(instance: &#ty) -> ::core::option::Option<#ty> {
            ::core::option::Option::Some(#fresh)
        }
    })
}
