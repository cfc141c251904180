//! Words in messages: lists, and the one that was probably meant.

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
