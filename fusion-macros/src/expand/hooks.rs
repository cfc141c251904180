//! What the driver asks about samples before anything is sent.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, Path, spanned::Spanned};

use super::at;
use crate::plan::{Protocol, Side};

/// Validation where the author said how, and what works for all types of queries.
pub(super) fn of(protocol: &Protocol, client: &Side) -> TokenStream {
    let (krate, hooks) = (&protocol.krate, &protocol.hooks);
    let query = hooks.query.as_ref().map(|function| validate(krate, "query", function, client));
    let answer = hooks.answer.as_ref().map(|function| validate(krate, "answer", function, client));
    let itself = quote!(<Self as #krate::ClientSide>);
    quote! {
        #query
        #answer

        fn touch(query: &#itself::Query) {
            use #krate::__private::Touch as _;
            (&#krate::__private::Whole(query)).fusion_touch();
        }

        fn classes(
            samples: &[&#itself::Query],
        ) -> ::core::option::Option<::std::vec::Vec<::core::primitive::usize>> {
            use #krate::__private::Classes as _;
            (&&#krate::__private::Samples(samples)).fusion_classes()
        }
    }
}

/// Calls the author's function like a phase: with the client and its context, if it has them.
fn validate(krate: &Path, what: &str, function: &Expr, client: &Side) -> TokenStream {
    let (method, what) = (format_ident!("validate_{what}"), format_ident!("{what}"));
    let ty = if what == "query" { quote!(Query) } else { quote!(Output) };
    let itself = quote!(<Self as #krate::ClientSide>);
    let given = [
        (client.has_self, quote!(client), quote!(#itself::Client)),
        (!client.contexts.is_empty(), quote!(context), quote!(#itself::ClientContext)),
        (true, quote!(#what), quote!(#itself::#ty)),
    ];
    let params = given.iter().map(|(is_used, name, ty)| {
        let name = if *is_used { name.clone() } else { quote!(_) };
        quote!(#name: &#ty)
    });
    let used = given.iter().filter(|(is_used, ..)| *is_used);
    let (args, types): (Vec<_>, Vec<_>) = used.map(|(_, name, ty)| (name, ty)).unzip();
    let result = match function {
        // On the function's span: it is there that its type may be another one.
        Expr::Path(path) => {
            let args = at(path.span(), quote!((#(#args),*)));
            quote!(#function #args)
        }
        closure => quote! {{
            let validate: fn(#(&#types),*) -> _ = #closure;
            validate(#(#args),*)
        }},
    };
    let valid = at(function.span(), quote!(#krate::__private::Valid::valid));
    quote! {
        fn #method(
            #(#params),*
        ) -> ::core::result::Result<(), ::std::string::String> {
            #valid(#result)
        }
    }
}
