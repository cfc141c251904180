//! The planner's questions the other way round. What soundness given numbers have is
//! [`Survival::of`](crate::Survival::of).

use crate::{
    Demands, MAX_SLOTS, MAX_SOUNDNESS, Parameters, PlanError, Planner, Ratio, Survival,
    search::{first, plausible},
};

/// The least number of queries that `soundness` bits cost at most `overhead` executions each
/// (N / R), and the batch. All checks are to be right (slack 0). `None` if no batch of at most
/// [`MAX_SLOTS`] executions is that cheap; always below 2, because one copy is sound only at an
/// overhead of 2^soundness.
///
/// ```
/// use fusion_soundness::queries_for_overhead;
///
/// // 40 bits at no more than 7 executions per answer.
/// let batch = queries_for_overhead(40, "7".parse()?).unwrap();
/// assert_eq!((batch.queries(), batch.copies(), batch.checks()), (93, 6, 93));
/// # Ok::<(), fusion_soundness::RatioError>(())
/// ```
///
/// # Why binary search is right
///
/// With B copies and R queries there is room for T = floor(x R) - R B checks; the best attack on
/// R + 1 queries is compared with attacks on R. With t as in [`Survival`] at slack 0,
///
/// ```text
/// t(R+1; c+1) / t(R; c) = (R+1)/(c+1) * product of (c B + i)/(N + i), i = 1..B
///                      <= (R+1)/(c+1) * ((c+1) B/(N + B))^B  <=  ((c+1)/(R+1))^(B-1)  <=  1
/// ```
///
/// for the same T, and more checks only help. That leaves one spoiled query, R / C(floor(x R), B):
/// it falls with R because floor(x (R+1)) >= floor(x R) + floor(x), so that the coefficient grows
/// at least by the factor 1 + B floor(x) / (x R) >= 1 + 1/R for B >= 2.
#[must_use]
pub fn queries_for_overhead(soundness: u32, overhead: Ratio) -> Option<Parameters> {
    if soundness == 0 || soundness > MAX_SOUNDNESS {
        return None;
    }
    let slots = |queries: usize| {
        let slots = u128::from(overhead.numerator()) * queries as u128;
        usize::try_from(slots / u128::from(overhead.denominator())).unwrap_or(usize::MAX)
    };
    let mut best: Option<Parameters> = None;
    let copies = usize::try_from(overhead.numerator() / overhead.denominator()).ok()?;
    for copies in 1..=copies.min(MAX_SLOTS) {
        // Only fewer queries than the best number so far are of interest.
        let fewer = best.map_or(MAX_SLOTS, |best| best.queries() - 1);
        let most =
            first(1, fewer + 1, |queries| slots(queries) > MAX_SLOTS).unwrap_or(fewer + 1) - 1;
        let batch = |queries: usize| {
            let checks = slots(queries).checked_sub(queries.checked_mul(copies)?)?;
            let numbers = (queries, copies, checks, 0);
            let batch =
                plausible(numbers, &Demands::new(soundness)).then_some((queries, checks))?;
            Parameters::new(batch.0, copies, batch.1, 0).ok()
        };
        let sound = |queries| batch(queries).is_some_and(|b| Survival::suffices(b, soundness));
        best = first(1, most, sound).and_then(batch).or(best);
    }
    best
}

/// What one soundness costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverheadRow {
    /// In bits.
    pub soundness: u32,
    /// The batch with the fewest executions.
    pub parameters: Parameters,
}

/// What each soundness costs for a number of queries, slack 0: a table of overhead against bits,
/// from covert security (10, 20 bits: cheating is caught almost surely and costs the server its
/// reputation) to 40 and more.
///
/// # Errors
///
/// [`PlanError`] for the first soundness that has no plan.
pub fn overheads(queries: usize, soundness: &[u32]) -> Result<Vec<OverheadRow>, PlanError> {
    let row = |&soundness: &u32| {
        let parameters = Planner::new(queries, soundness).plan()?.parameters();
        Ok(OverheadRow { soundness, parameters })
    };
    soundness.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counting up, with the planner at each number of queries.
    fn by_counting(soundness: u32, overhead: Ratio, most: usize) -> Option<usize> {
        (1..=most).find(|&queries| {
            let plan = Planner::new(queries, soundness).plan().unwrap().parameters();
            plan.slots() as u64 * overhead.denominator() <= overhead.numerator() * queries as u64
        })
    }

    #[test]
    fn agrees_with_counting_up() {
        for soundness in [5, 12] {
            for overhead in ["3.5", "4", "5.25", "7", "9", "30"] {
                let overhead = overhead.parse().unwrap();
                let found = queries_for_overhead(soundness, overhead);
                let counted = by_counting(soundness, overhead, 60);
                if let Some(counted) = counted {
                    assert_eq!(found.unwrap().queries(), counted, "{soundness} {overhead}");
                } else {
                    assert!(found.is_none_or(|found| found.queries() > 60));
                }
                if let Some(batch) = found {
                    assert!(Survival::of(batch).is_at_most(soundness));
                }
            }
        }
    }

    #[test]
    fn some_overheads_are_out_of_reach() {
        assert_eq!(queries_for_overhead(40, "1.99".parse().unwrap()), None);
        assert_eq!(queries_for_overhead(1000, "9".parse().unwrap()), None);
        assert_eq!(queries_for_overhead(40, "1000000".parse().unwrap()).unwrap().queries(), 1);
    }

    #[test]
    fn less_soundness_costs_less() {
        let rows = overheads(100, &[10, 20, 30, 40, 80]).unwrap();
        assert!(rows.is_sorted_by(|a, b| a.parameters.overhead() < b.parameters.overhead()));
        assert!(overheads(0, &[10]).is_err());
    }
}
