//! A protocol whose parties are structs of their own: its sides are theirs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path, Type};

use super::{
    protocol::{identity, projection},
    quiet,
};
use crate::plan::Parties;

/// `impl SemiHonest`, and the sides that are other structs'.
pub(super) fn of_two(item: &DeriveInput, krate: &Path, parties: &Parties) -> TokenStream {
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let (name, quiet) = (&item.ident, quiet());
    let of = |body: TokenStream, of: TokenStream| {
        quote! {
            #quiet
            impl #generics #krate::#of for #name #arguments #bounds { #body }
        }
    };
    let client = parties.client.as_ref().map(|ty| of(client(krate, ty), quote!(ClientSide)));
    let server = parties.server.as_ref().map(|ty| of(server(krate, ty), quote!(ServerSide)));
    let output: Type = syn::parse_quote!(<Self as #krate::ClientSide>::Output);
    let projection =
        projection(krate, &parties.identity, &output).map(|body| of(body, quote!(Projected)));
    let whole = of(identity(krate, &parties.identity), quote!(SemiHonest));
    // Phases that do not pair up are an error here, not where the protocol is first used.
    let paired = item.generics.params.is_empty().then(|| {
        quote! {
            const _: &[#krate::Phase] = <#name as #krate::SemiHonest>::PHASES;
        }
    });
    quote!(#client #server #projection #whole #paired)
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
        ) -> ::core::result::Result<(), #krate::PhaseError<Self::ClientError>> {
            #side::client_step(step, &mut run.cast()).await
        }

        fn fork_client(client: &Self::Client) -> ::core::option::Option<Self::Client> {
            #side::fork_client(client)
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
        ) -> ::core::result::Result<(), #krate::PhaseError<Self::ServerError>> {
            #side::server_step(step, &mut run.cast()).await
        }

        fn fork_server(server: &Self::Server) -> ::core::option::Option<Self::Server> {
            #side::fork_server(server)
        }

        fn server_lanes(
            lanes: #krate::ServerLanes<'_, Self>,
        ) -> ::core::result::Result<(), #krate::Error<Self::ServerError>> {
            #side::server_lanes(lanes.cast())
        }
    }
}
