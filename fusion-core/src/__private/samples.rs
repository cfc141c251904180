//! What generated code can do with a query without knowing its type: an inherent method is taken if
//! its bounds hold, otherwise that of a trait, which does nothing.

use std::{collections::HashMap, fmt::Display, hash::Hash, hint::black_box};

/// Pairs of samples are compared up to so many samples if they cannot be hashed.
const MOST_PAIRED: usize = 4096;

/// A query, to be read from end to end.
pub struct Whole<'a, T>(pub &'a T);

/// Reads a query, as far as its type lets it. Called on `&Whole`: the fewer references, the later the
/// compiler tries it. The names of methods are ours alone, because the author's traits are in scope.
pub trait Touch {
    /// Reads it.
    fn fusion_touch(&self);
}

impl<T: Clone> Touch for Whole<'_, T> {
    /// A clone reads it.
    fn fusion_touch(&self) {
        drop(black_box(self.0.clone()));
    }
}

/// A query that cannot be cloned.
impl<T> Touch for &Whole<'_, T> {
    fn fusion_touch(&self) {}
}

/// Samples, to be compared with each other.
pub struct Samples<'a, 'b, T>(pub &'a [&'b T]);

/// Finds equal samples, as far as their type lets it. Called on `&&Samples`, as [`Touch`].
pub trait Classes {
    /// Which are equal: a number for each, the same for equal ones.
    fn fusion_classes(&self) -> Option<Vec<usize>>;
}

impl<T: Hash + Eq> Classes for &Samples<'_, '_, T> {
    fn fusion_classes(&self) -> Option<Vec<usize>> {
        let mut seen: HashMap<&T, usize> = HashMap::new();
        let mut class = |sample| {
            let next = seen.len();
            *seen.entry(sample).or_insert(next)
        };
        Some(self.0.iter().map(|&sample| class(sample)).collect())
    }
}

/// Samples that cannot be hashed.
impl<T: PartialEq> Classes for &&Samples<'_, '_, T> {
    fn fusion_classes(&self) -> Option<Vec<usize>> {
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

/// Samples that cannot be compared.
impl<T> Classes for Samples<'_, '_, T> {
    fn fusion_classes(&self) -> Option<Vec<usize>> {
        None
    }
}

/// What a function of the author's that validates may return.
#[diagnostic::on_unimplemented(
    message = "what validates returns `Result<(), E>` with an `E: Display`, not `{Self}`",
    label = "say what is wrong: `Err(\"the input is too wide\")`"
)]
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

    fn pairs<T>(values: &[T]) -> Vec<&T> {
        values.iter().chain(values).collect()
    }

    #[test]
    #[allow(clippy::needless_borrow, reason = "the number of references chooses the method")]
    fn the_best_way_to_compare_is_taken() {
        let twice = || Some((0..3000).chain(0..3000).collect());
        // Too many to compare each with each: these are hashed.
        let whole: Vec<i64> = (0..3000).collect();
        assert_eq!((&&Samples(&pairs(&whole))).fusion_classes(), twice());
        let floats: Vec<f64> = (0..3000).map(f64::from).collect();
        assert_eq!((&&Samples(&pairs(&floats))).fusion_classes(), None);
        assert_eq!((&&Samples(&pairs(&floats[..2]))).fusion_classes(), Some(vec![0, 1, 0, 1]));
        assert_eq!((&&Samples(&[&Opaque, &Opaque])).fusion_classes(), None);
    }

    #[test]
    #[allow(clippy::needless_borrow, reason = "the number of references chooses the method")]
    fn what_can_be_cloned_is_read() {
        struct Counted<'a>(&'a std::cell::Cell<usize>);
        impl Clone for Counted<'_> {
            fn clone(&self) -> Self {
                self.0.set(self.0.get() + 1);
                Self(self.0)
            }
        }
        let reads = std::cell::Cell::new(0);
        (&Whole(&Counted(&reads))).fusion_touch();
        assert_eq!(reads.get(), 1);
        (&Whole(&Opaque)).fusion_touch();
    }
}
