//! The types of what phases leave: structs of ours, because the user's own types may be less
//! visible than the protocol, and an associated type may not name them. A private field may.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Path;

use super::quiet;
use crate::{parse::ImplHalf, plan::Side};

/// A struct and its name, with the arguments of the impl.
pub(super) struct State {
    pub definition: TokenStream,
    pub ty: TokenStream,
}

/// What setup leaves, or what the phases of a batch leave.
pub(super) fn of(half: &ImplHalf, krate: &Path, side: &Side, from_setup: bool) -> State {
    let states = side.states.iter().filter(|state| state.from_setup == from_setup);
    let containers: Vec<TokenStream> = states
        .map(|state| {
            let ty = &state.ty;
            if state.column { quote!(#krate::Column<#ty>) } else { quote!(#krate::Kept<#ty>) }
        })
        .collect();
    if containers.is_empty() {
        return State { definition: TokenStream::new(), ty: quote!(()) };
    }
    let name = if from_setup { format_ident!("FusionSetup") } else { format_ident!("FusionState") };
    let (self_ty, (generics, arguments, bounds)) = (&half.self_ty, half.generics.split_for_impl());
    let quiet = quiet();
    let defaults = containers.iter().map(|_| quote!(::core::default::Default::default()));
    let definition = quote! {
        #[doc(hidden)]
        #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
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
