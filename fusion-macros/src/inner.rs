//! `#[fusion::phase]`: a guard at the start of a function.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, LitStr, Signature, Visibility,
    parse::{Parse, ParseStream, Parser},
};

use crate::{
    check::{Errors, inner_keys},
    parse::{self, Entries},
};

/// A function with a body of raw tokens.
struct Function {
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    /// What is in its braces.
    body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (attrs, vis) = (input.call(Attribute::parse_outer)?, input.parse()?);
        let sig = input.parse()?;
        let body;
        syn::braced!(body in input);
        Ok(Self { attrs, vis, sig, body: body.parse()? })
    }
}

pub(crate) fn phase(args: TokenStream, item: TokenStream) -> TokenStream {
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        // If it is a function, the compiler says better what is wrong with it.
        Err(_) if is_function.parse2(item.clone()).unwrap_or_default() => return item,
        Err(error) => {
            let error = syn::Error::new(
                error.span(),
                "`#[fusion::phase]` stands on a function with a body: one that a phase calls",
            );
            let error = error.to_compile_error();
            return quote!(#item #error);
        }
    };
    let Function { attrs, vis, sig, body } = function;
    let mut errors = Errors::default();
    let entries = parse::entries.parse2(args).unwrap_or_else(|error| {
        errors.add(error);
        Entries::default()
    });
    let (krate, name) = inner_keys(entries, &mut errors);
    if let Some(token) = &sig.constness {
        errors.push(token, "a `const fn` exchanges no messages; leave `#[fusion::phase]` out");
    }
    if let Err(errors) = errors.into_result() {
        let errors = errors.to_compile_error();
        return quote!(#(#attrs)* #vis #sig { #errors #body });
    }
    let name = name.unwrap_or_else(|| LitStr::new(&sig.ident.to_string(), sig.ident.span()));
    quote! {
        #(#attrs)*
        #vis #sig {
            let _inner_phase = #krate::InnerPhase::enter(#name);
            #body
        }
    }
}

/// Whether it starts like a function with a body.
fn is_function(input: ParseStream<'_>) -> syn::Result<bool> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    let words = input.step(|cursor| {
        let mut rest = *cursor;
        let mut words = Vec::new();
        while let Some((word, next)) = rest.ident() {
            words.push(word);
            rest = next;
        }
        Ok((words, rest))
    })?;
    let rest: TokenStream = input.parse()?;
    let has_body = rest.into_iter().any(
        |token| matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
    );
    Ok(has_body && words.iter().any(|word| word == "fn"))
}
