//! Stage 1: tokens to our tree. Only what cannot be read at all is an error here; rules are in
//! `check`.

mod entries;
mod item;
mod marker;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Generics, Ident, Result, Token, Type, Visibility, parse::Parse, parse::ParseStream,
    token,
};

pub(crate) use self::{
    entries::{Entries, Entry, Value, entries},
    item::{Item, Method},
    marker::Marker,
};

/// What `#[fusion::harden]` can stand on.
pub(crate) enum Half {
    /// The struct, which carries the security parameters.
    Struct(Box<StructHalf>),
    /// The `impl` block, which holds the phases.
    Impl(Box<ImplHalf>),
    /// Something that is not Rust (yet), without our markers. The compiler says what is wrong.
    Unreadable(TokenStream),
}

/// A struct or an enum. What is in it stays raw tokens.
pub(crate) struct StructHalf {
    pub attrs: Vec<Attribute>,
    /// Further attributes like the one that is expanded.
    pub again: Vec<Attribute>,
    pub vis: Visibility,
    pub ident: Ident,
    pub generics: Generics,
    /// All but the attributes.
    item: TokenStream,
}

/// An inherent `impl` block. Bodies stay raw tokens.
pub(crate) struct ImplHalf {
    pub attrs: Vec<Attribute>,
    pub again: Vec<Attribute>,
    pub impl_token: Token![impl],
    pub generics: Generics,
    pub self_ty: Type,
    pub braces: token::Brace,
    pub items: Vec<Item>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Party {
    Client,
    Server,
}

impl Party {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl Parse for Half {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        if ahead.call(Attribute::parse_outer).is_err() {
            return Ok(Self::Unreadable(input.parse()?));
        }
        let is_impl = ahead.peek(Token![impl]);
        ahead.parse::<Visibility>()?;
        if !is_impl && !ahead.peek(Token![struct]) && !ahead.peek(Token![enum]) {
            return Err(ahead.error(
                "`#[fusion::harden]` stands on a struct (security parameters) or on the `impl` \
                 block that holds the phases",
            ));
        }
        if is_impl && let Some(of_trait) = of_trait(input) {
            return Err(syn::Error::new_spanned(
                of_trait,
                "`#[fusion::harden]` stands on an inherent impl: move the phases into \
                 `impl MyProtocol { .. }`; the trait's methods can call them",
            ));
        }
        let ahead = input.fork();
        let read = if is_impl {
            input.parse().map(|half| Self::Impl(Box::new(half)))
        } else {
            input.parse().map(|half| Self::Struct(Box::new(half)))
        };
        read.or_else(|_| {
            input.parse::<TokenStream>()?;
            Ok(Self::Unreadable(marker::without_markers(ahead.parse()?)))
        })
    }
}

/// The `for` of an `impl Trait for Type`.
fn of_trait(input: ParseStream<'_>) -> Option<Token![for]> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer).ok()?;
    ahead.parse::<Token![impl]>().ok()?;
    if ahead.peek(Token![<]) {
        ahead.parse::<Generics>().ok()?;
    }
    ahead.parse::<Option<Token![!]>>().ok()?;
    ahead.parse::<Type>().ok()?;
    ahead.parse().ok()
}

/// Takes out attributes like the one that is expanded.
fn split_again(attrs: Vec<Attribute>) -> (Vec<Attribute>, Vec<Attribute>) {
    attrs.into_iter().partition(|attr| {
        attr.path().segments.last().is_none_or(|segment| segment.ident != "harden")
    })
}

impl Parse for StructHalf {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (attrs, again) = split_again(input.call(Attribute::parse_outer)?);
        let item = input.fork().parse()?;
        let vis = input.parse()?;
        input.parse::<TokenTree>()?;
        let ident = input.parse()?;
        let mut generics: Generics = input.parse()?;
        if input.peek(token::Paren) {
            input.parse::<TokenTree>()?;
        }
        generics.where_clause = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Self { attrs, again, vis, ident, generics, item })
    }
}

impl ToTokens for StructHalf {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.attrs.iter().map(ToTokens::to_token_stream));
        self.item.to_tokens(tokens);
    }
}

impl Parse for ImplHalf {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (attrs, again) = split_again(input.call(Attribute::parse_outer)?);
        let impl_token = input.parse()?;
        let mut generics: Generics =
            if input.peek(Token![<]) { input.parse()? } else { Generics::default() };
        let self_ty = input.parse()?;
        generics.where_clause = input.parse()?;
        let body;
        let braces = syn::braced!(body in input);
        let mut items = Vec::new();
        while !body.is_empty() {
            items.push(body.parse()?);
        }
        Ok(Self { attrs, again, impl_token, generics, self_ty, braces, items })
    }
}
