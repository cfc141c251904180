use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{LitInt, Path, Type};

use super::{call, quiet, state};
use crate::{
    parse::{ImplHalf, Item, Method, Party},
    plan::{Agreement, ErrorType, Identity, Instance, Protocol, Side},
};

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

/// `impl ClientSide`, `impl ServerSide` and `impl SemiHonest`, with phases unless mistakes were
/// found.
pub(crate) fn protocol(half: &ImplHalf, protocol: &Protocol, with_phases: bool) -> TokenStream {
    let (generics, _, bounds) = half.generics.split_for_impl();
    let (krate, self_ty, quiet) = (&protocol.krate, &half.self_ty, quiet());
    let side = |party: Party, side: &Option<Side>| {
        let side = side.as_ref()?;
        let name = format_ident!("{}Side", title(party));
        let [setup, state] =
            [true, false].map(|from_setup| state::of(half, krate, side, from_setup));
        let body = self::side(protocol, party, side, [&setup.ty, &state.ty], with_phases);
        let (setup, state) = (setup.definition, state.definition);
        // In a scope of its own, so that names of ours meet none of the user's.
        Some(quote! {
            #[allow(non_local_definitions)]
            const _: () = {
                #setup
                #state
                #quiet
                impl #generics #krate::#name for #self_ty #bounds { #body }
            };
        })
    };
    let client = side(Party::Client, &protocol.client);
    let server = side(Party::Server, &protocol.server);
    let whole = protocol.identity.as_ref().map(|identity| {
        let projection = projection(krate, identity, &protocol.output).map(|body| {
            quote! {
                #quiet
                impl #generics #krate::Projected for #self_ty #bounds { #body }
            }
        });
        let body = self::identity(krate, identity);
        quote! {
            #projection
            #quiet
            impl #generics #krate::SemiHonest for #self_ty #bounds { #body }
        }
    });
    quote!(#client #server #whole)
}

/// What is in `impl SemiHonest`.
pub(super) fn identity(krate: &Path, identity: &Identity) -> TokenStream {
    let Identity { name, version, agreement } = identity;
    let version = version.as_ref().map(|version| quote!(const VERSION: u32 = #version;));
    let agreement = match agreement {
        Agreement::Exact => quote!(#krate::Exact),
        Agreement::Type(ty) => ty.to_token_stream(),
        Agreement::On(_) => quote!(#krate::Projection<Self>),
    };
    quote! {
        const NAME: &'static ::core::primitive::str = #name;
        #version
        type Agreement = #agreement;
    }
}

/// What is in `impl Projected`, if answers agree on a part of them.
pub(super) fn projection(
    krate: &Path,
    identity: &Identity,
    output: &impl ToTokens,
) -> Option<TokenStream> {
    let Agreement::On(function) = &identity.agreement else { return None };
    let shown = function.to_token_stream().to_string().replace(' ', "");
    let statement = format!("copies must give the same `{shown}`");
    let project = match function {
        syn::Expr::Path(_) => quote!(#function(left) == #function(right)),
        closure => quote! {{
            let project: fn(&#output) -> _ = #closure;
            project(left) == project(right)
        }},
    };
    Some(quote! {
        const STATEMENT: &'static ::core::primitive::str = #statement;

        fn same(
            left: &<Self as #krate::ClientSide>::Output,
            right: &<Self as #krate::ClientSide>::Output,
        ) -> ::core::primitive::bool {
            #project
        }
    })
}

/// What is in `impl ClientSide` or `impl ServerSide`.
fn side(
    protocol: &Protocol,
    party: Party,
    side: &Side,
    [left, carried]: [&TokenStream; 2],
    with_phases: bool,
) -> TokenStream {
    let Protocol { krate, query, output, .. } = protocol;
    let of = |suffix: &str| format_ident!("{}{suffix}", title(party));
    let (itself, context, error) = (of(""), of("Context"), of("Error"));
    let (setup, state, run) = (of("Setup"), of("State"), of("Run"));
    let lower = party.name();
    let (step, steps) =
        (format_ident!("{lower}_step"), format_ident!("{}_STEPS", lower.to_uppercase()));
    let listed = side.steps.iter().filter(|_| with_phases).map(|step| {
        let stage = format_ident!("{}", step.stage.variant());
        let name = step.call.method.to_string();
        let batched = step.batch.then(|| quote!(.batched()));
        let local = step.local.then(|| quote!(.local()));
        quote!(#krate::Step::new(#krate::Stage::#stage, #name) #batched #local)
    });
    let instance = if side.has_self { quote!(Self) } else { quote!(()) };
    let (contexts, errors) = (self::context(side), self::error(krate, side));
    let answers =
        (party == Party::Client).then(|| quote!(type Query = #query; type Output = #output;));
    let arms = side.steps.iter().filter(|_| with_phases).enumerate().map(|(index, step)| {
        let index = Literal::usize_suffixed(index);
        let body = call::body(protocol, &step.call, side);
        quote!(#index => { #body })
    });
    let fork = fork(protocol, party, side);
    let lanes = protocol.lanes.as_ref().filter(|_| with_phases);
    let [count, spread] = lanes.map(|lanes| self::lanes(krate, party, lanes)).unwrap_or_default();
    quote! {
        const #steps: &'static [#krate::Step] = &[#(#listed),*];
        #count
        type #itself = #instance;
        type #context = #contexts;
        #answers
        type #error = #errors;
        type #setup = #left;
        type #state = #carried;

        async fn #step(
            step: ::core::primitive::usize,
            run: &mut #krate::#run<'_, Self>,
        ) -> ::core::result::Result<(), #krate::PhaseError<Self::#error>> {
            match step {
                #(#arms)*
                unknown => ::core::result::Result::Err(#krate::PhaseError::State(
                    #krate::StateError::UnknownPhase(unknown),
                )),
            }
        }

        #fork
        #spread
    }
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
    // Shown at the number, which asks for what can go to other threads; a name of ours all the same.
    let work = Ident::new("lanes", Span::call_site().located_at(lanes.span()));
    let spread = quote_spanned!(lanes.span()=> #krate::__private::#function(#work));
    [
        quote!(const #count: ::core::primitive::usize = #lanes;),
        quote! {
            fn #function(
                #work: #krate::#slots<'_, Self>,
            ) -> ::core::result::Result<(), #krate::Error<Self::#error>> {
                #spread
            }
        },
    ]
}

fn fork(protocol: &Protocol, party: Party, side: &Side) -> Option<TokenStream> {
    let function = format_ident!("fork_{}", party.name());
    let instance = format_ident!("{}", title(party));
    let ty: Type = syn::parse_quote!(Self::#instance);
    let fresh = match &protocol.instance {
        _ if !side.has_self && protocol.lanes.is_some() => quote!(()),
        _ if !side.has_self => return None,
        Instance::Shared => return None,
        Instance::PerSlot => quote!(::core::clone::Clone::clone(instance)),
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
