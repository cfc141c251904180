//! What both parties share: the name, the version, and when two answers agree.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Path, spanned::Spanned};

use super::{at, at_unless_moved, protocol::item};
use crate::plan::{Agreement, Identity};

/// What is in `impl SemiHonest`.
pub(super) fn identity(krate: &Path, identity: &Identity, output: Span) -> TokenStream {
    let Identity { name, version, agreement } = identity;
    let version = version.as_ref().map(|version| quote!(const VERSION: u32 = #version;));
    // On the answer's span: it is there that a comparison may be missing.
    let agreement = match agreement {
        Agreement::Exact => at_unless_moved(krate, output, quote!(type Agreement = #krate::Exact;)),
        Agreement::Type(ty) => quote!(type Agreement = #ty;),
        Agreement::On { .. } | Agreement::Unknown => {
            quote!(type Agreement = #krate::Projection<Self>;)
        }
    };
    quote! {
        const NAME: &'static ::core::primitive::str = #name;
        #version
        #agreement
    }
}

/// What is in `impl Projected`, if answers agree on a part of them.
pub(super) fn projection(
    krate: &Path,
    identity: &Identity,
    output: &impl ToTokens,
) -> Option<TokenStream> {
    let answer = quote!(<Self as #krate::ClientSide>::Output);
    let (function, part) = match &identity.agreement {
        Agreement::Exact | Agreement::Type(_) => return None,
        Agreement::On { function, part } => (function, part),
        Agreement::Unknown => {
            return Some(quote! {
                type Part = ();
                const STATEMENT: &'static ::core::primitive::str = "";
                fn part(_: &#answer) {}
            });
        }
    };
    let shown = function.to_token_stream().to_string().replace(' ', "");
    let statement = format!("copies must give the same `{shown}`");
    let take = match function {
        // On the function's span: it is there that its type may be another one.
        syn::Expr::Path(path) => {
            let argument = at(path.span(), quote!((answer)));
            quote!(#function #argument)
        }
        closure => quote! {{
            let part: fn(&#output) -> #part = #closure;
            part(answer)
        }},
    };
    let ty = item(&format_ident!("Part"), &quote!(#part), Some(part.span()));
    Some(quote! {
        #ty
        const STATEMENT: &'static ::core::primitive::str = #statement;

        fn part(answer: &#answer) -> <Self as #krate::Projected>::Part {
            #take
        }
    })
}
