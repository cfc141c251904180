//! The types of what phases leave: structs of ours, because the user's own types may be less
//! visible than the protocol, and an associated type may not name them. A private field may.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Path, Type};

use super::{protocol::title, quiet, silent};
use crate::{
    check::last_name,
    parse::{ImplHalf, Party},
    plan::Side,
};

/// A struct and its name, with the arguments of the impl.
pub(super) struct State {
    pub definition: TokenStream,
    pub ty: TokenStream,
}

/// What setup leaves, or what the phases of a batch leave.
pub(super) fn of(
    half: &ImplHalf,
    krate: &Path,
    party: Party,
    side: &Side,
    from_setup: bool,
) -> State {
    let states = side.states.iter().filter(|state| state.from_setup == from_setup);
    let containers: Vec<TokenStream> = states
        .map(|state| {
            let ty = outside(state.ty.clone(), &half.self_ty);
            if state.column { quote!(#krate::Column<#ty>) } else { quote!(#krate::Kept<#ty>) }
        })
        .collect();
    if containers.is_empty() {
        return State { definition: TokenStream::new(), ty: quote!(()) };
    }
    let (what, of) = (if from_setup { "Setup" } else { "State" }, last_name(&half.self_ty));
    let name = format_ident!("__Fusion{}{what}Of{}", title(party), of.unwrap_or_default());
    let (self_ty, (generics, arguments, bounds)) = (&half.self_ty, half.generics.split_for_impl());
    let (quiet, silent) = (quiet(), silent());
    let defaults = containers.iter().map(|_| quote!(::core::default::Default::default()));
    let definition = quote! {
        #[doc(hidden)]
        #silent
        pub struct #name #generics #bounds {
            kept: (#(#containers,)*),
            marker: ::core::marker::PhantomData<fn() -> #self_ty>,
        }
        #quiet
        impl #generics ::core::default::Default for #name #arguments #bounds {
            fn default() -> Self {
                Self { kept: (#(#defaults,)*), marker: ::core::marker::PhantomData }
            }
        }
    };
    State { definition, ty: quote!(#name #arguments) }
}

/// A type of the impl as it is written outside of it: there `Self` is another type.
fn outside(ty: TokenStream, self_ty: &Type) -> TokenStream {
    let tokens = ty.into_iter().map(|token| match token {
        TokenTree::Ident(word) if word == "Self" => self_ty.to_token_stream(),
        TokenTree::Group(group) => {
            let inside = outside(group.stream(), self_ty);
            TokenTree::Group(Group::new(group.delimiter(), inside)).into()
        }
        other => other.into(),
    });
    tokens.collect()
}
