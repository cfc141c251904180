//! Least numbers of checks and of copies.
//!
//! Binary search is right because all bounds fall with both. **Blind tampering.** Take the best attack S on a batch
//! with one check more. Reveal which slot the last check has: the others are in random order, and
//! S without that slot survives among them with the same slack or one less. So it survives no
//! more often than the best attack there. With one copy more, reveal where the last copy of every
//! query is: to survive, S without those slots must be all copies or none of each remaining query,
//! at least one in full, and no more checks. In the number of queries the bound is not monotone:
//! two queries with 2 copies and 1,000 checks are worse off than one.
//!
//! **Any server**, in the words of [`draw`](crate::draw). With one check more, reveal its token:
//! the other N lie in an urn with z or z - 1 bad ones, and no fewer checks are wrong than among
//! the others; so f(z) is at most a mean of two values of f there. With one copy more, N grows and
//! R and T stay: reveal a token that nobody draws, likewise.

use crate::{
    Demands, MAX_SLOTS, Parameters, Planner,
    binomial::{binomial, binomial_reaches},
    interval::Interval,
};

/// The least number from `least` to `most` for which `does` holds, if all greater ones do too;
/// asks about numbers in proportion to the answer.
pub(crate) fn first(
    least: usize,
    most: usize,
    mut does: impl FnMut(usize) -> bool,
) -> Option<usize> {
    let (mut low, mut reach, mut step) = (least, least, 1);
    if least > most {
        return None;
    }
    while !does(reach) {
        low = reach + 1;
        if reach == most {
            return None;
        }
        reach = reach.saturating_add(step).min(most);
        step = step.saturating_mul(2);
    }
    let mut high = reach;
    while low < high {
        let middle = low.midpoint(high);
        if does(middle) { high = middle } else { low = middle + 1 }
    }
    Some(high)
}

/// Two attacks that must fail, in a few steps: one query alone, and all of them with the checks
/// that the slack forgives. Both survive less often with more checks or copies: R / C(N,B) because
/// C(N+1,B) >= C(N,B) and C(N+R,B+1) >= C(N,B); C(T,k) / C(N,T-k) because one more check multiplies
/// it by (T+1)/(T+1-k) * (T+1-k)/(N+1) = (T+1)/(N+1). And what the risks rule out as quickly.
/// `false` rules the batch out; `true` promises nothing.
pub(crate) fn plausible(
    (queries, copies, checks, slack): (usize, usize, usize, usize),
    Demands { soundness, risk }: &Demands,
) -> bool {
    let soundness = *soundness;
    let slots = queries.saturating_mul(copies).saturating_add(checks);
    let one = Interval::exact(queries as u64).scaled(soundness);
    if slack > checks || !binomial_reaches(slots, copies, one) {
        return false;
    }
    let all = binomial(checks, slack).scaled(soundness);
    binomial_reaches(slots, checks - slack, all)
        && risk.are_plausible((queries, copies, checks, slack))
}

/// The fewest checks from `least` to `most` with which the batch does what is asked.
pub(crate) fn least_checks(
    (queries, copies, slack): (usize, usize, usize),
    demands: &Demands,
    least: usize,
    most: usize,
) -> Option<usize> {
    let least = least_plausible_checks((queries, copies, slack), demands, least, most)?;
    first(least, most, |checks| {
        Parameters::new(queries, copies, checks, slack)
            .is_ok_and(|parameters| demands.are_met_by(parameters))
    })
}

/// Fewer than this do not do.
pub(crate) fn least_plausible_checks(
    (queries, copies, slack): (usize, usize, usize),
    demands: &Demands,
    least: usize,
    most: usize,
) -> Option<usize> {
    let most = most.min(MAX_SLOTS.checked_sub(queries.checked_mul(copies)?)?);
    first(least.max(slack), most, |checks| plausible((queries, copies, checks, slack), demands))
}

/// The fewest copies, up to `most`, with which the batch does what is asked.
pub(crate) fn least_copies(
    (queries, checks, slack): (usize, usize, usize),
    demands: &Demands,
    most: usize,
) -> Option<usize> {
    let most = MAX_SLOTS.checked_sub(checks)?.checked_div(queries)?.min(most);
    let batch = |copies| Parameters::new(queries, copies, checks, slack);
    let least = first(1, most, |copies| plausible((queries, copies, checks, slack), demands))?;
    first(least, most, |copies| batch(copies).is_ok_and(|p| demands.are_met_by(p)))
}

/// The batch with the fewest executions that is as sound as wanted; of equals the one with the
/// fewest copies. `None` if no batch with at most `max_checks` checks and [`MAX_SLOTS`] executions
/// is. A short form of [`Planner`].
#[must_use]
pub fn cheapest(
    queries: usize,
    soundness: u32,
    slack: usize,
    max_checks: Option<usize>,
) -> Option<Parameters> {
    let planner = Planner::new(queries, soundness).slack(slack);
    let plan = planner.available_checks(max_checks.unwrap_or(MAX_SLOTS)).plan().ok()?;
    Some(plan.parameters())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Survival;

    #[test]
    fn the_first_is_found_wherever_it_is() {
        for least in 0..5 {
            for most in least..40 {
                for edge in least..=most + 1 {
                    let found = first(least, most, |n| n >= edge);
                    assert_eq!(found, (edge <= most).then_some(edge));
                }
            }
        }
        assert_eq!(first(3, 2, |_| true), None);
    }

    #[test]
    fn least_numbers_agree_with_counting_up() {
        for (queries, slack) in [(1, 0), (2, 1), (5, 2), (30, 3)] {
            for soundness in [3, 8, 13] {
                let demands = Demands::new(soundness);
                let sound = |copies, checks| {
                    let parameters = Parameters::new(queries, copies, checks, slack).unwrap();
                    let sound = Survival::of(parameters).is_at_most(soundness);
                    assert!(!sound || plausible((queries, copies, checks, slack), &demands));
                    sound
                };
                for given in 2..12 {
                    let checks = (slack..80).find(|&checks| sound(given, checks));
                    let batch = (queries, given, slack);
                    assert_eq!(least_checks(batch, &demands, 0, 79), checks);
                    let checks = given.max(slack);
                    let copies = (1..80).find(|&copies| sound(copies, checks));
                    let batch = (queries, checks, slack);
                    let found = least_copies(batch, &demands, 79);
                    assert_eq!(found, copies);
                }
            }
        }
    }
}
