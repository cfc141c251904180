//! A protocol whose parties are structs of their own: its sides are theirs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Path, Type, spanned::Spanned};

use super::{
    at_unless_moved,
    identity::{identity, projection},
    quiet, silent,
};
use crate::{parse::StructHalf, plan::Parties};

/// `impl SemiHonest`, and the sides that are other structs'.
pub(super) fn of_two(item: &StructHalf, krate: &Path, parties: &Parties) -> TokenStream {
    let sides = of_unpaired(item, krate, parties);
    let (name, silent) = (&item.ident, silent());
    let other = parties.client.as_ref().or(parties.server.as_ref());
    let span = other.map_or(name.span(), Spanned::span);
    // Phases that do not pair up are an error here, not where the protocol is first used.
    let paired = item.generics.params.is_empty().then(|| {
        // A party without steps has an error elsewhere.
        at_unless_moved(krate, span, quote! {
            #silent
            const _: &[#krate::Phase] = if <#name as #krate::ClientSide>::CLIENT_STEPS.is_empty()
                || <#name as #krate::ServerSide>::SERVER_STEPS.is_empty()
            {
                &[]
            } else {
                <#name as #krate::SemiHonest>::PHASES
            };
        })
    });
    quote!(#sides #paired)
}

/// The same without the promise that phases pair up.
pub(super) fn of_unpaired(item: &StructHalf, krate: &Path, parties: &Parties) -> TokenStream {
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let (name, quiet) = (&item.ident, quiet());
    let of = |body: TokenStream, of: TokenStream| {
        quote! {
            #quiet
            impl #generics #krate::#of for #name #arguments #bounds { #body }
        }
    };
    let client = parties
        .client
        .as_ref()
        .map(|ty| of(at_unless_moved(krate, ty.span(), client(krate, ty)), quote!(ClientSide)));
    let server = parties
        .server
        .as_ref()
        .map(|ty| of(at_unless_moved(krate, ty.span(), server(krate, ty)), quote!(ServerSide)));
    let output: Type = syn::parse_quote!(<Self as #krate::ClientSide>::Output);
    let projection =
        projection(krate, &parties.identity, &output).map(|body| of(body, quote!(Projected)));
    let client_span = parties.client.as_ref().map_or(name.span(), Spanned::span);
    let whole = of(identity(krate, &parties.identity, client_span), quote!(SemiHonest));
    quote!(#client #server #projection #whole)
}

fn client(krate: &Path, ty: &Type) -> TokenStream {
    let side = quote!(<#ty as #krate::ClientSide>);
    quote! {
        const CLIENT_STEPS: &'static [#krate::Step] = #side::CLIENT_STEPS;
        const CLIENT_LANES: ::core::primitive::usize = #side::CLIENT_LANES;
        type Client = #side::Client;
        type ClientContext = #side::ClientContext;
        type Query = #side::Query;
        type Output = #side::Output;
        type ClientError = #side::ClientError;
        type ClientSetup = #side::ClientSetup;
        type ClientState = #side::ClientState;

        async fn client_step(
            step: ::core::primitive::usize,
            run: &mut #krate::ClientRun<'_, Self>,
        ) -> ::core::result::Result<(), #krate::PhaseError<<Self as #krate::ClientSide>::ClientError>> {
            #side::client_step(step, &mut run.cast()).await
        }

        fn fork_client(client: &<Self as #krate::ClientSide>::Client,
        ) -> ::core::option::Option<<Self as #krate::ClientSide>::Client> {
            #side::fork_client(client)
        }

        fn validate_query(
            client: &<Self as #krate::ClientSide>::Client,
            context: &<Self as #krate::ClientSide>::ClientContext,
            query: &<Self as #krate::ClientSide>::Query,
        ) -> ::core::result::Result<(), ::std::string::String> {
            #side::validate_query(client, context, query)
        }

        fn validate_answer(
            client: &<Self as #krate::ClientSide>::Client,
            context: &<Self as #krate::ClientSide>::ClientContext,
            answer: &<Self as #krate::ClientSide>::Output,
        ) -> ::core::result::Result<(), ::std::string::String> {
            #side::validate_answer(client, context, answer)
        }

        fn touch(query: &<Self as #krate::ClientSide>::Query) {
            #side::touch(query)
        }

        fn classes(
            samples: &[&<Self as #krate::ClientSide>::Query],
        ) -> ::core::option::Option<::std::vec::Vec<::core::primitive::usize>> {
            #side::classes(samples)
        }

        fn client_lanes(
            lanes: #krate::ClientLanes<'_, Self>,
        ) -> ::core::result::Result<(), #krate::Error<Self::ClientError>> {
            #side::client_lanes(lanes.cast())
        }
    }
}

fn server(krate: &Path, ty: &Type) -> TokenStream {
    let side = quote!(<#ty as #krate::ServerSide>);
    quote! {
        const SERVER_STEPS: &'static [#krate::Step] = #side::SERVER_STEPS;
        const SERVER_LANES: ::core::primitive::usize = #side::SERVER_LANES;
        type Server = #side::Server;
        type ServerContext = #side::ServerContext;
        type ServerError = #side::ServerError;
        type ServerSetup = #side::ServerSetup;
        type ServerState = #side::ServerState;

        async fn server_step(
            step: ::core::primitive::usize,
            run: &mut #krate::ServerRun<'_, Self>,
        ) -> ::core::result::Result<(), #krate::PhaseError<<Self as #krate::ServerSide>::ServerError>> {
            #side::server_step(step, &mut run.cast()).await
        }

        fn fork_server(server: &<Self as #krate::ServerSide>::Server,
        ) -> ::core::option::Option<<Self as #krate::ServerSide>::Server> {
            #side::fork_server(server)
        }

        fn server_lanes(
            lanes: #krate::ServerLanes<'_, Self>,
        ) -> ::core::result::Result<(), #krate::Error<Self::ServerError>> {
            #side::server_lanes(lanes.cast())
        }
    }
}
