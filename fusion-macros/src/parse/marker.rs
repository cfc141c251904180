//! Markers: the attributes that say which methods are phases.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::{Attribute, Meta, Token, parse::Parser, punctuated::Punctuated};

use super::{Party, entries, entries::Entries};
use crate::words::nearest;

/// `#[fusion::client(..)]` or `#[fusion::server(..)]`.
pub(crate) struct Marker {
    pub party: Party,
    /// The marker's own name, for errors that have no better token.
    pub name: Ident,
    pub entries: Entries,
    /// The `cfg_attr` that it stands in.
    pub condition: Option<Attribute>,
}

impl Marker {
    /// The marker that an attribute is; known by its last path segment, so that it works however
    /// the crate is called.
    pub(super) fn of(attr: &Attribute) -> Option<Self> {
        if !attr.path().is_ident("cfg_attr") {
            return Self::of_meta(&attr.meta);
        }
        let nested = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
        let marker = nested.iter().skip(1).find_map(Self::of_meta)?;
        Some(Self { condition: Some(attr.clone()), ..marker })
    }

    fn of_meta(meta: &Meta) -> Option<Self> {
        let path = meta.path();
        let name = path.segments.last()?.ident.clone();
        let is_ours = path.segments.len() > 1 && path.segments.first()?.ident == "fusion";
        let word = name.to_string();
        let meant = match word.as_str() {
            "phase" | "harden" => return None,
            word if is_ours => nearest(word, &["client", "server"])?,
            word => word,
        };
        let party =
            [Party::Client, Party::Server].into_iter().find(|party| meant == party.name())?;
        let mut entries = match meta {
            Meta::List(list) => entries.parse2(list.tokens.clone()).unwrap_or_default(),
            Meta::Path(_) | Meta::NameValue(_) => Entries::default(),
        };
        if let Meta::NameValue(pair) = meta {
            let message = format!("keys go in brackets: `{name}(..)`");
            entries.unread.push(syn::Error::new_spanned(pair.eq_token, message));
        }
        Some(Self { party, name, entries, condition: None })
    }
}

/// The attributes without the markers, and the markers.
pub(super) fn split(attrs: Vec<Attribute>) -> (Vec<Attribute>, Vec<Marker>) {
    let mut markers = Vec::new();
    let keep = |attr: Attribute| match Marker::of(&attr) {
        Some(marker) => {
            markers.push(marker);
            None
        }
        None => Some(attr),
    };
    (attrs.into_iter().filter_map(keep).collect(), markers)
}

/// Tokens that could not be read, without what looks like a marker.
pub(super) fn without_markers(tokens: TokenStream) -> TokenStream {
    let mut rest = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#' && punct.spacing() == Spacing::Alone);
        if is_hash && tokens.peek().is_some_and(is_marker) {
            tokens.next();
        } else {
            rest.extend([token]);
        }
    }
    rest
}

/// Whether these are the brackets of a marker.
fn is_marker(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let path = group.stream().into_iter().take_while(|token| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    });
    let last = path.last().map(|token| token.to_string());
    group.delimiter() == Delimiter::Bracket
        && last.is_some_and(|last| last == "client" || last == "server")
}
