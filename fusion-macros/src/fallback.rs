//! Stage 4, after mistakes: the user's own item, and as much of the rest as is known, so that one
//! mistake gives one error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use crate::{expand, parse::ImplHalf, plan::Protocol};

/// The struct, with aliases and some declaration.
pub(crate) fn declaration(item: &DeriveInput, krate: &Path, errors: &syn::Error) -> TokenStream {
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let name = &item.ident;
    let aliases = expand::aliases(item, krate);
    let errors = errors.to_compile_error();
    quote! {
        #item
        #errors
        #[automatically_derived]
        impl #generics #krate::Declared for #name #arguments #bounds {
            const DECLARATION: #krate::Declaration = #krate::Declaration::new(1);
        }
        #aliases
    }
}

/// The `impl` block without markers, and an implementation with the types that are known.
pub(crate) fn protocol(half: &ImplHalf, protocol: &Protocol, errors: &syn::Error) -> TokenStream {
    let inherent = expand::inherent(half);
    let errors = errors.to_compile_error();
    let stub = expand::protocol(half, protocol, false);
    quote!(#inherent #errors #stub)
}
