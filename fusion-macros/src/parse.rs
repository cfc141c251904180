//! Stage 1: tokens to our tree. Only what cannot be read at all is an error here; rules are in
//! `check`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, DeriveInput, Expr, Generics, Ident, Result, Signature, Token, Type, Visibility,
    ext::IdentExt, parse::Parse, parse::ParseStream, punctuated::Punctuated, token,
};

/// What `#[fusion::harden]` can stand on.
pub(crate) enum Half {
    /// The struct, which carries the security parameters.
    Struct(Box<DeriveInput>),
    /// The `impl` block, which holds the phases.
    Impl(Box<ImplHalf>),
}

/// An inherent `impl` block. Bodies stay raw tokens.
pub(crate) struct ImplHalf {
    pub attrs: Vec<Attribute>,
    pub impl_token: Token![impl],
    pub generics: Generics,
    pub self_ty: Type,
    pub items: Vec<Item>,
}

pub(crate) enum Item {
    Method(Box<Method>),
    Other(TokenStream),
}

/// A method with its markers taken off.
pub(crate) struct Method {
    pub attrs: Vec<Attribute>,
    pub markers: Vec<Marker>,
    pub vis: Visibility,
    pub sig: Signature,
    pub body: TokenTree,
}

/// `#[fusion::client(..)]` or `#[fusion::server(..)]`.
pub(crate) struct Marker {
    pub party: Party,
    /// The marker's own name, for errors that have no better token.
    pub name: Ident,
    pub entries: Vec<Entry>,
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

/// `key` or `key = value` between the brackets of an attribute.
pub(crate) struct Entry {
    pub key: Ident,
    pub value: Option<Value>,
}

/// The value of a key.
pub(crate) enum Value {
    Expr(Expr),
    /// Of the keys that take a type: `Evaluator<P>` is no expression.
    Type(Type),
}

/// The keys whose values are types.
const TYPE_KEYS: [&str; 3] = ["client", "server", "agreement"];

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input.call(Ident::parse_any)?;
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Ok(Self { key, value: None });
        }
        let value = if TYPE_KEYS.iter().any(|name| key == name) {
            Value::Type(input.parse()?)
        } else {
            Value::Expr(input.parse()?)
        };
        Ok(Self { key, value: Some(value) })
    }
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Expr(expr) => expr.to_tokens(tokens),
            Self::Type(ty) => ty.to_tokens(tokens),
        }
    }
}

/// The entries of an attribute, separated by commas.
pub(crate) fn entries(input: ParseStream<'_>) -> Result<Vec<Entry>> {
    Ok(Punctuated::<Entry, Token![,]>::parse_terminated(input)?.into_iter().collect())
}

impl Parse for Half {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        if ahead.peek(Token![impl]) {
            return input.parse().map(|half| Self::Impl(Box::new(half)));
        }
        ahead.parse::<Visibility>()?;
        if ahead.peek(Token![struct]) || ahead.peek(Token![enum]) {
            return input.parse().map(|item| Self::Struct(Box::new(item)));
        }
        Err(ahead.error(
            "`#[fusion::harden]` stands on a struct (security parameters) or on the `impl` block \
             that holds the phases",
        ))
    }
}

impl Parse for ImplHalf {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let impl_token = input.parse()?;
        let mut generics: Generics =
            if input.peek(Token![<]) { input.parse()? } else { Generics::default() };
        let self_ty = input.parse()?;
        if input.peek(Token![for]) {
            return Err(input.error(
                "`#[fusion::harden]` stands on an inherent impl: move the phases into \
                 `impl MyProtocol { .. }`; the trait's methods can call them",
            ));
        }
        generics.where_clause = input.parse()?;
        let body;
        syn::braced!(body in input);
        let mut items = Vec::new();
        while !body.is_empty() {
            items.push(body.parse()?);
        }
        Ok(Self { attrs, impl_token, generics, self_ty, items })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if is_method(input) {
            return input.parse().map(|method| Self::Method(Box::new(method)));
        }
        let item: syn::ImplItem = input.parse()?;
        Ok(Self::Other(item.into_token_stream()))
    }
}

fn is_method(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer).is_ok()
        && ahead.parse::<Visibility>().is_ok()
        && ahead.parse::<Signature>().is_ok()
        && ahead.peek(token::Brace)
}

impl Parse for Method {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attrs = Vec::new();
        let mut markers = Vec::new();
        for attr in input.call(Attribute::parse_outer)? {
            match party(&attr) {
                Some((party, name)) => markers.push(marker(party, name, &attr)?),
                None => attrs.push(attr),
            }
        }
        Ok(Self { attrs, markers, vis: input.parse()?, sig: input.parse()?, body: input.parse()? })
    }
}

/// A marker is known by its last path segment, so that it works however the crate is called.
fn party(attr: &Attribute) -> Option<(Party, Ident)> {
    let name = &attr.path().segments.last()?.ident;
    [Party::Client, Party::Server]
        .into_iter()
        .find(|party| name == party.name())
        .map(|party| (party, name.clone()))
}

fn marker(party: Party, name: Ident, attr: &Attribute) -> Result<Marker> {
    let entries = match &attr.meta {
        syn::Meta::Path(_) => Vec::new(),
        _ => attr.parse_args_with(entries)?,
    };
    Ok(Marker { party, name, entries })
}
