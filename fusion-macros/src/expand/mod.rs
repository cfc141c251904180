//! Stage 3: what has been checked, written down. Cannot fail.

mod call;
mod declaration;
mod hooks;
mod identity;
mod protocol;
mod sides;
mod state;

pub(crate) use self::{
    declaration::{declaration, declaration_without_promises},
    protocol::{Stub, inherent, protocol, without_phases},
};

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Path;

/// The same tokens, all where `span` is: for errors that only the compiler can find. Names mean what
/// they meant.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let span = Span::call_site().located_at(span);
    let moved = tokens.into_iter().map(|token| {
        let mut token = match token {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), at(span, group.stream())))
            }
            other => other,
        };
        token.set_span(span);
        token
    });
    moved.collect()
}

/// The same for tokens that name Fusion, unless a user said where it is: that may be the error.
fn at_unless_moved(krate: &Path, span: Span, tokens: TokenStream) -> TokenStream {
    let is_default = krate.leading_colon.is_some()
        && krate.segments.len() == 1
        && krate.segments.iter().all(|segment| segment.ident == "fusion");
    if is_default { at(span, tokens) } else { tokens }
}

/// What stands before every generated impl: Clippy looks into it as if a user had written it.
/// Lints of the compiler itself do not, and are not named here, so that a user may forbid them.
fn quiet() -> TokenStream {
    let silent = silent();
    quote!(#[automatically_derived] #silent)
}

/// What stands before other generated items.
fn silent() -> TokenStream {
    quote! {
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
    }
}
