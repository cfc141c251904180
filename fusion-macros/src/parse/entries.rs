//! What stands between the brackets of an attribute. Reads on after what it cannot read.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Ident, Result, Token, Type, ext::IdentExt, parse::ParseStream};

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
    /// There is an error already.
    Unread,
}

/// The entries that could be read, and what was wrong with the others.
#[derive(Default)]
pub(crate) struct Entries {
    pub list: Vec<Entry>,
    pub unread: Vec<syn::Error>,
}

/// The keys whose values are types.
const TYPE_KEYS: [&str; 3] = ["client", "server", "agreement"];

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Expr(expr) => expr.to_tokens(tokens),
            Self::Type(ty) => ty.to_tokens(tokens),
            Self::Unread => {}
        }
    }
}

/// The entries of an attribute, separated by commas.
pub(crate) fn entries(input: ParseStream<'_>) -> Result<Entries> {
    let mut entries = Entries::default();
    while !input.is_empty() {
        entry(input, &mut entries)?;
        if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
            continue;
        }
        let (ahead, found) = (input.fork(), input.fork().parse::<TokenTree>()?);
        let message = match ahead.call(Ident::parse_any) {
            Ok(word) => format!("a comma is missing before `{word}`"),
            Err(_) => format!("a comma is missing before `{found}`"),
        };
        entries.unread.push(syn::Error::new(found.span(), message));
        if !matches!(found, TokenTree::Ident(_)) {
            skip(input)?;
        }
    }
    Ok(entries)
}

fn entry(input: ParseStream<'_>, entries: &mut Entries) -> Result<()> {
    let Ok(key) = input.call(Ident::parse_any) else {
        let message = "keys come first: `key` or `key = value`";
        entries.unread.push(input.error(message));
        return skip(input);
    };
    let is_over = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    let value = if let Some(equals) = input.parse::<Option<Token![=]>>()? {
        if is_over(input) {
            let message = format!("`{key} =` is unfinished: its value is missing");
            entries.unread.push(syn::Error::new_spanned(equals, message));
            Some(Value::Unread)
        } else {
            Some(value(&key, input).or_else(|error| {
                let message = error.to_string();
                // The end has no place of its own.
                entries.unread.push(match message.strip_prefix("unexpected end of input, ") {
                    Some(rest) => {
                        syn::Error::new_spanned(&key, format!("`{key} = ..` is unfinished: {rest}"))
                    }
                    None => error,
                });
                skip(input).map(|()| Value::Unread)
            })?)
        }
    } else if is_over(input) || input.peek(Ident::peek_any) {
        None
    } else {
        entries.unread.push(input.error(format!("the value of a key follows `=`: `{key} = ..`")));
        skip(input)?;
        Some(Value::Unread)
    };
    entries.list.push(Entry { key, value });
    Ok(())
}

fn value(key: &Ident, input: ParseStream<'_>) -> Result<Value> {
    if TYPE_KEYS.iter().any(|name| key == name) {
        // Other expressions are kept, so that the rule on the key can say what it takes.
        let ahead = input.fork();
        if ahead.parse::<Type>().is_ok() && (ahead.is_empty() || ahead.peek(Token![,])) {
            return Ok(Value::Type(input.parse()?));
        }
    }
    Ok(Value::Expr(ungroup(input.parse()?)))
}

/// Without the invisible brackets around what a `macro_rules!` macro passed on.
fn ungroup(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungroup(*group.expr),
        other => other,
    }
}

/// To the next comma.
fn skip(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
