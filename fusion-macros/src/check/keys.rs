//! Rules on the keys of an attribute: known, not twice, with the value that they take.

use syn::{Expr, ExprLit, ExprPath, Ident, Lit, LitInt, LitStr, Path, Type};

use super::Errors;
use crate::parse::{Entry, Value};

/// The entries of an attribute that passed the rules on keys.
pub(crate) struct Keys(Vec<Entry>);

impl Keys {
    /// Keeps known keys. `repeatable` ones may come more than once. `elsewhere` says where a key
    /// belongs that does not belong here.
    pub(crate) fn read(
        entries: Vec<Entry>,
        known: &[&str],
        repeatable: &[&str],
        elsewhere: impl Fn(&str) -> Option<&'static str>,
        errors: &mut Errors,
    ) -> Self {
        let mut kept: Vec<Entry> = Vec::new();
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
            } else if kept.iter().any(|other| other.key == entry.key)
                && !repeatable.contains(&key.as_str())
            {
                errors.push(&entry.key, format!("`{key}` is given twice; leave one"));
            } else {
                kept.push(entry);
            }
        }
        Self(kept)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// A key without a value.
    pub(crate) fn flag(&self, key: &str, errors: &mut Errors) -> Option<&Ident> {
        let entry = self.get(key)?;
        if let Some(value) = &entry.value {
            errors.push(value, format!("`{key}` takes no value; write `{key}`"));
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

    pub(crate) fn string(&self, key: &str, errors: &mut Errors) -> Option<LitStr> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. }))) => {
                return Some(text.clone());
            }
            Some(other) => errors.push(other, format!("`{key}` must be a string literal")),
            None => errors.push(&entry.key, format!("`{key}` needs a string: `{key} = \"..\"`")),
        }
        None
    }

    pub(crate) fn path(&self, key: &str, errors: &mut Errors) -> Option<Path> {
        let entry = self.get(key)?;
        match &entry.value {
            Some(Value::Expr(Expr::Path(ExprPath { path, qself: None, .. }))) => {
                return Some(path.clone());
            }
            Some(other) => errors.push(other, format!("`{key}` must be a path")),
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
            Some(other) => errors.push(other, format!("`{key}` must be a type")),
            None => errors.push(&entry.key, format!("`{key}` needs a type: `{key} = SomeType`")),
        }
        None
    }

    /// One of a few words.
    pub(crate) fn word(&self, key: &str, words: &[&str], errors: &mut Errors) -> Option<Ident> {
        let path = self.path(key, errors)?;
        match path.get_ident() {
            Some(word) if words.iter().any(|known| word == known) => Some(word.clone()),
            _ => {
                errors.push(&path, format!("`{key}` is one of {}", list(words)));
                None
            }
        }
    }
}

/// `a`, `b` and `c`, in backticks.
pub(crate) fn list<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "none".into(),
    }
}

/// The word that differs in the fewest letters, if it is at most two.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let candidates = known.iter().map(|&other| (distance(word, other), other));
    candidates.filter(|&(distance, _)| distance <= 2).min().map(|(_, other)| other)
}

/// Levenshtein's.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, &r) in right.iter().enumerate() {
            let change = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (left, right, expected) in
            [("", "abc", 3), ("slack", "slack", 0), ("slck", "slack", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(left, right), expected);
        }
        assert_eq!(nearest("soundnes", &["slack", "soundness"]), Some("soundness"));
        assert_eq!(nearest("colour", &["slack", "soundness"]), None);
    }
}
