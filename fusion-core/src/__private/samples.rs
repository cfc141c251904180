//! What generated code can do with a query without knowing its type: an inherent method is taken if
//! its bounds hold, otherwise that of a trait, which does nothing.

use std::{collections::HashMap, fmt::Display, hash::Hash, hint::black_box};

/// Pairs of samples are compared up to so many samples if they cannot be hashed.
const MOST_PAIRED: usize = 4096;

/// A query, to be read from end to end.
pub struct Whole<'a, T>(pub &'a T);

impl<T: Clone> Whole<'_, T> {
    /// Reads it: a clone does.
    pub fn touch(&self) {
        drop(black_box(self.0.clone()));
    }
}

/// A query that cannot be cloned.
pub trait Untouched {
    /// Does nothing.
    fn touch(&self) {}
}

impl<T> Untouched for Whole<'_, T> {}

/// Samples, to be compared with each other.
pub struct Samples<'a, 'b, T>(pub &'a [&'b T]);

impl<T: Hash + Eq> Samples<'_, '_, T> {
    /// Which are equal: a number for each, the same for equal ones.
    #[must_use]
    pub fn classes(&self) -> Option<Vec<usize>> {
        let mut seen: HashMap<&T, usize> = HashMap::new();
        let mut class = |sample| {
            let next = seen.len();
            *seen.entry(sample).or_insert(next)
        };
        Some(self.0.iter().map(|&sample| class(sample)).collect())
    }
}

/// Samples that cannot be hashed.
pub trait Unclassed {
    /// As [`Samples::classes`], if they can be compared.
    fn classes(&self) -> Option<Vec<usize>>;
}

impl<T: PartialEq> Unclassed for &Samples<'_, '_, T> {
    fn classes(&self) -> Option<Vec<usize>> {
        if self.0.len() > MOST_PAIRED {
            return None;
        }
        let (mut firsts, mut classes): (Vec<&T>, Vec<usize>) = (Vec::new(), Vec::new());
        for &sample in self.0 {
            let seen = firsts.iter().position(|&first| first == sample);
            if seen.is_none() {
                firsts.push(sample);
            }
            classes.push(seen.unwrap_or(firsts.len().saturating_sub(1)));
        }
        Some(classes)
    }
}

impl<T> Unclassed for &&Samples<'_, '_, T> {
    fn classes(&self) -> Option<Vec<usize>> {
        None
    }
}

/// What a function of the author's that validates may return.
pub trait Valid {
    /// The reason in words.
    ///
    /// # Errors
    ///
    /// If it is not valid.
    fn valid(self) -> Result<(), String>;
}

impl<E: Display> Valid for Result<(), E> {
    fn valid(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    #[allow(clippy::needless_borrow, reason = "the number of references chooses the method")]
    fn the_best_way_to_compare_is_taken() {
        let (a, b) = (vec![1_i64, 2], vec![1, 3]);
        assert_eq!((&&Samples(&[&a, &b, &a])).classes(), Some(vec![0, 1, 0]));
        let (a, b) = (vec![1.5_f64], vec![2.5]);
        assert_eq!((&&Samples(&[&a, &b, &b])).classes(), Some(vec![0, 1, 1]));
        assert_eq!((&&Samples(&[&Opaque, &Opaque])).classes(), None);
    }

    #[test]
    fn what_cannot_be_cloned_is_left_alone() {
        Whole(&Opaque).touch();
        Whole(&vec![1]).touch();
    }
}
