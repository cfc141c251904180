//! What is in the `impl` block. Bodies stay raw tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Result, Signature, Token, Visibility,
    parse::{Parse, ParseStream, Parser},
    token,
};

use super::marker::{self, Marker};

pub(crate) enum Item {
    Method(Box<Method>),
    /// With the markers that stood on it.
    Other(TokenStream, Vec<Marker>),
    /// Something that is not Rust (yet).
    Unreadable(TokenStream),
}

/// A method with its markers taken off.
pub(crate) struct Method {
    pub attrs: Vec<Attribute>,
    pub markers: Vec<Marker>,
    pub vis: Visibility,
    pub sig: Signature,
    /// In braces; of a phase that has none yet, a semicolon.
    pub body: TokenTree,
}

impl Method {
    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.body, TokenTree::Punct(_))
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if is_method(input) {
            return input.parse().map(|method| Self::Method(Box::new(method)));
        }
        let ahead = input.fork();
        let markers = marker::split(ahead.call(Attribute::parse_outer).unwrap_or_default()).1;
        let ahead = input.fork();
        match ahead.parse::<syn::ImplItem>() {
            Err(_) => unreadable(input).map(Self::Unreadable),
            Ok(item) => {
                input.parse::<syn::ImplItem>()?;
                let tokens = marker::without_markers(item.into_token_stream());
                Ok(Self::Other(tokens, markers))
            }
        }
    }
}

/// All up to the end of what is probably one item. Nothing if the compiler gave up on it too: it
/// would only say again what it has said.
fn unreadable(input: ParseStream<'_>) -> Result<TokenStream> {
    let ahead = input.fork();
    let attrs = if ahead.call(Attribute::parse_outer).is_ok() {
        marker::split(input.call(Attribute::parse_outer)?).0
    } else {
        Vec::new()
    };
    let mut tokens = quote!(#(#attrs)*);
    // The same, with nothing between its parentheses: the compiler copes with what is wrong there.
    let mut outline = TokenStream::new();
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let is_end = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        outline.extend([match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                Group::new(Delimiter::Parenthesis, TokenStream::new()).into()
            }
            other => other.clone(),
        }]);
        tokens.extend([token]);
        if is_end {
            break;
        }
    }
    Ok(if is_readable.parse2(outline).unwrap_or_default() { tokens } else { TokenStream::new() })
}

fn is_readable(input: ParseStream<'_>) -> Result<bool> {
    let is_method = is_method(input);
    input.parse::<TokenStream>()?;
    Ok(is_method)
}

fn is_method(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(attrs) = ahead.call(Attribute::parse_outer) else { return false };
    ahead.parse::<Visibility>().is_ok()
        && ahead.parse::<Signature>().is_ok()
        && (ahead.peek(token::Brace)
            || ahead.peek(Token![;]) && attrs.iter().any(|attr| Marker::of(attr).is_some()))
}

impl Parse for Method {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (attrs, markers) = marker::split(input.call(Attribute::parse_outer)?);
        Ok(Self { attrs, markers, vis: input.parse()?, sig: input.parse()?, body: input.parse()? })
    }
}
