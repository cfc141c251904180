//! The attribute macros of Fusion. Use them through the crate `fusion`, which re-exports them.
//!
//! Four stages: `parse` reads tokens into our tree, `check` holds all rules and finds all
//! mistakes, `expand` writes the result, `fallback` writes what is left to write after mistakes.
//! The macro describes a protocol; `fusion-core` runs it.
#![forbid(unsafe_code)]

mod check;
mod expand;
mod fallback;
mod inner;
mod parse;
mod plan;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod timing;
mod words;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;

use crate::{
    check::Errors,
    parse::{Entries, Half, ImplHalf, Item, StructHalf},
};

#[doc = include_str!("harden.md")]
#[proc_macro_attribute]
pub fn harden(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    harden_tokens(args.into(), item.into()).into()
}

/// Marks the client's side of a phase, inside a `#[fusion::harden] impl` block.
///
/// `#[fusion::client(stage, ..)]` with the stage `setup`, `offline` or `online`, then, as needed,
/// `query = name` (the parameter that takes the client's input), `batch` (one call for all slots),
/// `local` (no messages) and roles of parameters that cannot be told from their types. See
/// [`macro@harden`].
#[proc_macro_attribute]
pub fn client(
    _: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    outside("client", item.into()).into()
}

/// Marks the server's side of a phase, inside a `#[fusion::harden] impl` block.
///
/// `#[fusion::server(stage, ..)]` with the stage `setup`, `offline` or `online`, then, as needed,
/// `batch` (one call for all slots), `local` (no messages) and roles of parameters that cannot be
/// told from their types. See [`macro@harden`].
#[proc_macro_attribute]
pub fn server(
    _: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    outside("server", item.into()).into()
}

/// Marks an inner phase: a function that a phase calls, and that transcript and costs should see
/// as a part of it. Any function will do, a method or not, `async` or not.
///
/// In a hardened run what the function sends is hashed under a mark of its own, and the report
/// lists what it cost under its name. Elsewhere the attribute does nothing.
///
/// | key | meaning |
/// | --- | --- |
/// | `name = ".."` | the name in the report; the function's own unless given |
/// | `crate = path` | where Fusion is, if not at `::fusion` |
#[proc_macro_attribute]
pub fn phase(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    inner::phase(args.into(), item.into()).into()
}

fn outside(marker: &str, item: TokenStream) -> TokenStream {
    let message = format!(
        "`#[fusion::{marker}(..)]` works only on methods that stand inside a `#[fusion::harden] impl` \
         block (a macro called there is too late): put `#[fusion::harden]` on the impl"
    );
    quote!(#item ::core::compile_error!(#message);)
}

fn harden_tokens(args: TokenStream, item: TokenStream) -> TokenStream {
    let half = match syn::parse2::<Half>(item.clone()) {
        Ok(half) => half,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#item #error);
        }
    };
    let mut errors = Errors::default();
    let entries = parse::entries.parse2(args).unwrap_or_else(|error| {
        errors.add(error);
        Entries::default()
    });
    match half {
        Half::Struct(item) => harden_struct(&item, entries, errors),
        Half::Impl(half) => harden_impl(*half, entries, errors),
        Half::Unreadable(item) => item,
    }
}

fn harden_struct(item: &StructHalf, entries: Entries, mut errors: Errors) -> TokenStream {
    let declaration = check::declaration(item, entries, &mut errors);
    match errors.into_result() {
        Ok(()) => {
            let declared = expand::declaration(item, &declaration);
            quote!(#item #declared)
        }
        Err(errors) => fallback::declaration(item, &declaration, &errors),
    }
}

fn harden_impl(mut half: ImplHalf, entries: Entries, mut errors: Errors) -> TokenStream {
    let protocol = check::protocol(&mut half, entries, &mut errors);
    if half.items.iter().any(|item| matches!(item, Item::Unreadable(_))) {
        return fallback::unreadable(&half, &protocol);
    }
    match errors.into_result() {
        Ok(()) => {
            let inherent = expand::inherent(&half);
            let implementation = expand::protocol(&half, &protocol);
            quote!(#inherent #implementation)
        }
        Err(errors) => fallback::protocol(&half, &protocol, &errors),
    }
}
