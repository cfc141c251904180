//! `#[fusion::phase]`: a guard at the start of a function.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, LitStr, Signature, Visibility,
    parse::{Parse, ParseStream, Parser},
};

use crate::{
    check::{Errors, inner_keys},
    parse,
};

/// A function with a body of raw tokens.
struct Function {
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    body: TokenTree,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

pub(crate) fn phase(args: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<Function>(item.clone()) else {
        let message = "`#[fusion::phase]` stands on a function with a body: one that a phase calls";
        return quote!(#item ::core::compile_error!(#message););
    };
    let Function { attrs, vis, sig, body } = function;
    let mut errors = Errors::default();
    let entries = parse::entries.parse2(args).map_err(|error| errors.add(error)).ok();
    let (krate, name) = inner_keys(entries.unwrap_or_default(), &mut errors);
    if let Some(token) = &sig.constness {
        errors.push(token, "a `const fn` exchanges no messages; leave `#[fusion::phase]` out");
    }
    if let Err(errors) = errors.into_result() {
        let errors = errors.to_compile_error();
        return quote!(#(#attrs)* #vis #sig #body #errors);
    }
    let name = name.unwrap_or_else(|| LitStr::new(&sig.ident.to_string(), sig.ident.span()));
    let TokenTree::Group(body) = body else { return item };
    let body = body.stream();
    quote! {
        #(#attrs)*
        #vis #sig {
            let _inner_phase = #krate::InnerPhase::enter(#name);
            #body
        }
    }
}
