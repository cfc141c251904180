//! Rules on the keys of an attribute: known, not twice, with the value that they take.

use syn::{Expr, ExprLit, ExprPath, Ident, Lit, LitInt, LitStr, Path, Type};

use super::Errors;
use crate::{
    parse::{Entries, Entry, Value},
    words::{list, nearest},
};

/// The entries of an attribute that passed the rules on keys.
pub(crate) struct Keys {
    kept: Vec<Entry>,
    /// Those that do not belong here.
    pub strange: Vec<Entry>,
    /// Whether some could not be read.
    pub is_partial: bool,
}

impl Keys {
    /// Keeps known keys. `repeatable` ones may come more than once. `elsewhere` says where a key
    /// belongs that does not belong here.
    pub(crate) fn read(
        entries: Entries,
        known: &[&str],
        repeatable: &[&str],
        elsewhere: impl Fn(&str) -> Option<&'static str>,
        errors: &mut Errors,
    ) -> Self {
        let mut kept: Vec<Entry> = Vec::new();
        let Entries { list: entries, unread } = entries;
        let (mut strange, is_partial) = (Vec::new(), !unread.is_empty());
        unread.into_iter().for_each(|error| errors.add(error));
        for entry in entries {
            let key = entry.key.to_string();
            if !known.contains(&key.as_str()) {
                let advice = match (elsewhere(&key), nearest(&key, known)) {
                    (Some(place), _) => format!("it belongs {place}"),
                    (None, Some(similar)) => format!("did you mean `{similar}`?"),
                    (None, None) => format!("known here: {}", list(known)),
                };
                errors
                    .push(&entry.key, format!("`{key}` is not a key of this attribute; {advice}"));
                strange.push(entry);
            } else if kept.iter().any(|other| other.key == entry.key)
                && !repeatable.contains(&key.as_str())
            {
                errors.push(&entry.key, format!("`{key}` is given twice; leave one"));
            } else {
                kept.push(entry);
            }
        }
        Self { kept, strange, is_partial }
    }

    /// The key, or what is probably the key misspelt, or something that could not be read.
    pub(crate) fn may_have(&self, key: &str) -> bool {
        let is_close = |entry: &Entry| nearest(&entry.key.to_string(), &[key]).is_some();
        self.is_partial || self.get(key).is_some() || self.strange.iter().any(is_close)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.kept.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.kept.iter()
    }

    /// A key without a value.
    pub(crate) fn flag(&self, key: &str, errors: &mut Errors) -> Option<&Ident> {
        let entry = self.get(key)?;
        match &entry.value {
            None | Some(Value::Unread) => {}
            Some(value) => errors.push(value, format!("`{key}` takes no value; write `{key}`")),
        }
        Some(&entry.key)
    }

    /// A whole number, written as a literal.
    pub(crate) fn number(&self, key: &str, errors: &mut Errors) -> Option<LitInt> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Expr(Expr::Lit(ExprLit { lit: Lit::Int(number), .. }))) => {
                return Some(number.clone());
            }
            Some(Value::Unread) => {}
            Some(other) => errors.push(
                other,
                format!(
                    "`{key}` must be a number written out, so that a reader and the compiler see \
                     it; write `{key} = 40`, for example"
                ),
            ),
            None => errors.push(&entry.key, format!("`{key}` needs a number: `{key} = 40`")),
        }
        None
    }

    /// A string literal like this one.
    pub(crate) fn string(&self, key: &str, like: &str, errors: &mut Errors) -> Option<LitStr> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. }))) => {
                return Some(text.clone());
            }
            Some(Value::Unread) => {}
            Some(other) => errors
                .push(other, format!("`{key}` must be a string literal: `{key} = \"{like}\"`")),
            None => {
                errors.push(&entry.key, format!("`{key}` needs a string: `{key} = \"{like}\"`"))
            }
        }
        None
    }

    pub(crate) fn path(&self, key: &str, errors: &mut Errors) -> Option<Path> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Expr(Expr::Path(ExprPath { path, qself: None, .. }))) => {
                return Some(path.clone());
            }
            Some(Value::Unread) => {}
            Some(other) => errors.push(
                other,
                format!("`{key}` must be a path, without quotes: `{key} = some::path`"),
            ),
            None => errors.push(&entry.key, format!("`{key}` needs a path: `{key} = some::path`")),
        }
        None
    }

    /// A path or a closure, for a function that is called on something.
    pub(crate) fn function(&self, key: &str, like: &str, errors: &mut Errors) -> Option<Expr> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Expr(function @ (Expr::Path(_) | Expr::Closure(_)))) => {
                return Some(function.clone());
            }
            Some(Value::Unread) => {}
            Some(other) => errors.push(
                other,
                format!("`{key}` takes a function, by its path or as a closure: `{key} = {like}`"),
            ),
            None => errors.push(&entry.key, format!("`{key}` needs a function: `{key} = {like}`")),
        }
        None
    }

    pub(crate) fn ty(&self, key: &str, errors: &mut Errors) -> Option<Type> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Type(ty)) => return Some(ty.clone()),
            Some(Value::Unread) => {}
            Some(other) => {
                errors.push(other, format!("`{key}` must be a type: `{key} = SomeType`"))
            }
            None => errors.push(&entry.key, format!("`{key}` needs a type: `{key} = SomeType`")),
        }
        None
    }

    /// One of a few words.
    pub(crate) fn word(&self, key: &str, words: &[&str], errors: &mut Errors) -> Option<Ident> {
        let one_of = || format!("`{key}` is one of {}: `{key} = {}`", list(words), words[0]);
        self.ident(key, one_of, |word| words.iter().any(|known| word == known), errors)
    }

    /// A single name that passes.
    pub(crate) fn ident(
        &self,
        key: &str,
        message: impl Fn() -> String,
        passes: impl Fn(&Ident) -> bool,
        errors: &mut Errors,
    ) -> Option<Ident> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Expr(Expr::Path(path))) if path.path.get_ident().is_some_and(&passes) => {
                return path.path.get_ident().cloned();
            }
            Some(Value::Unread) => {}
            Some(other) => errors.push(other, message()),
            None => errors.push(&entry.key, message()),
        }
        None
    }
}
