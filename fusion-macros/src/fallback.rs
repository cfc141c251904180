//! Stage 4, after mistakes: the user's own item, and as much of the rest as is known, so that one
//! mistake gives one error.
//!
//! Errors stand where the list of phases would. So the list is no value, and nobody who reads it
//! complains again.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{self, Stub},
    parse::{ImplHalf, StructHalf},
    plan::{Declaration, Protocol},
};

/// The struct, with aliases and some declaration.
pub(crate) fn declaration(
    item: &StructHalf,
    declaration: &Declaration,
    errors: &syn::Error,
) -> TokenStream {
    let errors = errors.to_compile_error();
    let rest = expand::declaration_without_promises(item, declaration);
    quote!(#item #errors #rest)
}

/// The `impl` block without markers, and an implementation with the types that are known.
pub(crate) fn protocol(half: &ImplHalf, protocol: &Protocol, errors: &syn::Error) -> TokenStream {
    let inherent = expand::inherent(half);
    let errors = errors.to_compile_error();
    let stub = Stub { steps: quote!({ #errors &[] }), call: TokenStream::new() };
    let stub = expand::without_phases(half, protocol, &stub);
    quote!(#inherent #stub)
}

/// The same where the compiler itself cannot read a method, and says so. If it can, the protocol
/// does not get built.
pub(crate) fn unreadable(half: &ImplHalf, protocol: &Protocol) -> TokenStream {
    let inherent = expand::inherent(half);
    let message = "`#[fusion::harden]` cannot read the signature of a method here: move the method \
                   to an `impl` block without `#[fusion::harden]`, or write it in a simpler way";
    let stub = Stub { steps: quote!(&[]), call: quote!(const { ::core::panic!(#message) }) };
    let stub = expand::without_phases(half, protocol, &stub);
    quote!(#inherent #stub)
}
