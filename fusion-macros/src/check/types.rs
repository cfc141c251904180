//! What types look like: macros see tokens, so everything here is by the way they are written.

use std::mem;

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    GenericArgument, GenericParam, Generics, Ident, PathArguments, ReturnType, Type,
    TypeParamBound, TypePath, WherePredicate,
};

use crate::plan::By;

/// `T`, `&T` or `&mut T`, taken apart.
pub(crate) fn peel(ty: &Type) -> (By, &Type) {
    match ty {
        Type::Paren(inner) => peel(&inner.elem),
        Type::Group(inner) => peel(&inner.elem),
        Type::Reference(reference) => {
            let by = if reference.mutability.is_some() { By::Mut } else { By::Ref };
            (by, bare(&reference.elem))
        }
        _ => (By::Value, ty),
    }
}

fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        _ => ty,
    }
}

/// Two types are the same if they are written the same.
pub(crate) fn same(left: &Type, right: &Type) -> bool {
    !differ(bare(left), bare(right)) && key(left) == key(right)
}

/// Whether types differ at first sight: spares most comparisons of tokens.
fn differ(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Path(left), Type::Path(right)) => {
            let last = |path: &TypePath| path.path.segments.last().map(|last| last.ident.clone());
            last(left) != last(right)
        }
        _ => mem::discriminant(left) != mem::discriminant(right),
    }
}

pub(crate) fn key(ty: &Type) -> String {
    ungroup(bare(ty).to_token_stream()).to_string()
}

/// A type as a reader would write it.
pub(crate) fn shown(ty: &Type) -> String {
    tidy(key(ty))
}

/// Tokens without the spaces that a reader would not write.
pub(crate) fn tidy(mut text: String) -> String {
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" ;", ";"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// Without the invisible brackets around what a `macro_rules!` macro passed on.
fn ungroup(tokens: TokenStream) -> TokenStream {
    let plain = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => ungroup(group.stream()),
        TokenTree::Group(group) => {
            TokenTree::Group(Group::new(group.delimiter(), ungroup(group.stream()))).into()
        }
        // `>>` may be one token or two.
        TokenTree::Punct(punct) if ['<', '>', '&', ','].contains(&punct.as_char()) => {
            TokenTree::Punct(Punct::new(punct.as_char(), Spacing::Alone)).into()
        }
        other => TokenStream::from(other),
    };
    tokens.into_iter().flat_map(plain).collect()
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// `T` of `Vec<T>`.
pub(crate) fn vec_item(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last()?;
    if last.ident == "Vec" { first_argument(&last.arguments) } else { None }
}

/// `T` of `[T]`.
pub(crate) fn slice_item(ty: &Type) -> Option<&Type> {
    match bare(ty) {
        Type::Slice(slice) => Some(bare(&slice.elem)),
        _ => None,
    }
}

/// Whether `&owned` can be passed for `&ty`.
pub(crate) fn derefs(owned: &Type, ty: &Type) -> bool {
    match (slice_item(ty), vec_item(owned)) {
        (Some(left), Some(right)) => same(left, right),
        _ => key(ty) == "str" && last_name(owned).is_some_and(|name| name == "String"),
    }
}

/// The owned form of a type behind a reference: `Vec<T>` for `[T]`, `String` for `str`.
pub(crate) fn owned(ty: &Type) -> Type {
    if let Some(item) = slice_item(ty) {
        return syn::parse_quote!(::std::vec::Vec<#item>);
    }
    if key(ty) == "str" {
        return syn::parse_quote!(::std::string::String);
    }
    ty.clone()
}

/// What a phase returns.
pub(crate) struct Returned {
    /// The type of success; none for `()`, or if an alias hides it.
    pub value: Option<Type>,
    /// The whole return type, if it is a `Result`.
    pub result: Option<Type>,
}

/// `Result<T, E>`, an alias whose name ends in `Result`, or a plain type.
pub(crate) fn returned(output: &ReturnType) -> Returned {
    let ReturnType::Type(_, ty) = output else { return Returned { value: None, result: None } };
    let some = |ty: &Type| if is_unit(ty) { None } else { Some(ty.clone()) };
    if let Type::Path(path) = bare(ty)
        && let Some(last) = path.path.segments.last()
        && last.ident.to_string().ends_with("Result")
    {
        let value = first_argument(&last.arguments).and_then(some);
        return Returned { value, result: Some(bare(ty).clone()) };
    }
    Returned { value: some(ty), result: None }
}

fn first_argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(bare(ty)),
        _ => None,
    })
}

/// The names of the traits that a type is known to have: of `impl A + B`, of `dyn A + B`, or of a
/// type parameter in any of `generics`.
pub(crate) fn bounds(ty: &Type, generics: &[&Generics]) -> Vec<String> {
    let mut names = Vec::new();
    match bare(ty) {
        Type::ImplTrait(ty) => add(&mut names, &ty.bounds),
        Type::TraitObject(ty) => add(&mut names, &ty.bounds),
        Type::Path(_) => {
            let wanted = key(ty);
            for generics in generics {
                for param in generics.type_params().filter(|param| param.ident == wanted) {
                    add(&mut names, &param.bounds);
                }
                for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates)
                {
                    match predicate {
                        WherePredicate::Type(on) if key(&on.bounded_ty) == wanted => {
                            add(&mut names, &on.bounds);
                        }
                        _ => {}
                    }
                }
            }
        }
        _ => {}
    }
    names
}

fn add<'a>(names: &mut Vec<String>, bounds: impl IntoIterator<Item = &'a TypeParamBound>) {
    names.extend(bounds.into_iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().map(|segment| segment.ident.to_string())
        }
        _ => None,
    }));
}

/// The last name in the path of a type.
pub(crate) fn last_name(ty: &Type) -> Option<String> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// Whether a name stands somewhere in a type.
pub(crate) fn mentions(ty: &Type, name: &Ident) -> bool {
    words(ty.to_token_stream()).iter().any(|word| name == word)
}

/// Why a type cannot be written outside of its method, if so.
pub(crate) fn unnameable(ty: &impl ToTokens, method: &Generics) -> Option<String> {
    if elides(ty) {
        return Some("its lifetime has no name; give it one that the impl declares".into());
    }
    let words = words(ty.to_token_stream());
    if words.iter().any(|word| word == "impl") {
        return Some("`impl Trait` has no name".into());
    }
    let own = method.params.iter().map(|param| match param {
        GenericParam::Type(param) => param.ident.to_string(),
        GenericParam::Const(param) => param.ident.to_string(),
        GenericParam::Lifetime(param) => param.lifetime.to_string(),
    });
    own.into_iter()
        .find(|own| words.contains(own))
        .map(|own| format!("`{own}` is a parameter of the method alone; move it to the impl"))
}

/// Whether a lifetime is left out: `&T` or `'_`.
pub(crate) fn elides(ty: &impl ToTokens) -> bool {
    let tokens: Vec<TokenTree> = ungroup(ty.to_token_stream()).into_iter().collect();
    let is = |at: usize, wanted: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
    let word = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    (0..tokens.len()).any(|at| match &tokens[at] {
        TokenTree::Punct(punct) if punct.as_char() == '&' => !is(at + 1, '\''),
        TokenTree::Punct(punct) if punct.as_char() == '\'' => word(Some(at + 1)) == "_",
        // The lifetimes of a function's own parameters need no names.
        TokenTree::Group(group) => {
            let is_function = word(at.checked_sub(1)).trim_end_matches("Mut").to_lowercase();
            !["fn", "fnonce"].contains(&is_function.as_str()) && elides(&group.stream())
        }
        _ => false,
    })
}

/// The names in a type; lifetimes with their quote.
fn words(tokens: TokenStream) -> Vec<String> {
    let mut is_lifetime = false;
    let mut all = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Ident(word) if is_lifetime => all.push(format!("'{word}")),
            TokenTree::Ident(word) => all.push(word.to_string()),
            TokenTree::Group(group) => all.extend(words(group.stream())),
            _ => {}
        }
        is_lifetime = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
    }
    all
}
