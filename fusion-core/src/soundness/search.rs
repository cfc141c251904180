use super::{Parameters, Survival};

/// The batch with the fewest executions that is as sound as wanted; of equals the one with the
/// fewest copies. `None` if no batch of at most 20,000 executions and
/// `max_checks` checks was found.
///
/// A simple search: for each B the least T, by doubling and halving. Every answer is confirmed
/// exactly.
#[must_use]
pub fn cheapest(
    queries: usize,
    soundness: u32,
    slack: usize,
    max_checks: Option<usize>,
) -> Option<Parameters> {
    let mut best: Option<Parameters> = None;
    for copies in 1..=MAX_COPIES {
        // A batch with more slots than the best one so far is of no use.
        let room = best.map_or(MAX_SEARCH, |best| best.slots()).checked_sub(queries * copies);
        let Some(most) = room.map(|room| room.min(max_checks.unwrap_or(usize::MAX))) else { break };
        if let Some(found) = least_checks(queries, copies, soundness, slack, most)
            && best.is_none_or(|best| found.slots() < best.slots())
        {
            best = Some(found);
        }
    }
    best
}

const MAX_COPIES: usize = 512;

/// Larger batches are left to a planner that does not need exact fractions to search.
const MAX_SEARCH: usize = 20_000;

fn least_checks(
    queries: usize,
    copies: usize,
    soundness: u32,
    slack: usize,
    most: usize,
) -> Option<Parameters> {
    let sound = |checks: usize| {
        let parameters = Parameters::new(queries, copies, checks, slack).ok()?;
        Survival::of(parameters).is_at_most(soundness).then_some(parameters)
    };
    // One wrong query alone must already be unlikely: C(N, B) >= R * 2^soundness. This holds
    // for any slack and rules most numbers out without a big integer.
    let possible = |checks: usize| {
        let slots = (queries * copies + checks) as f64;
        let places: f64 =
            (0..copies).map(|i| ((slots - i as f64) / (copies - i) as f64).log2()).sum();
        places + 1e-6 >= (queries as f64).log2() + f64::from(soundness)
    };
    if most < slack || !possible(most) {
        return None;
    }
    let (mut low, mut high) = (slack, most);
    while low < high {
        let middle = low.midpoint(high);
        if possible(middle) { high = middle } else { low = middle + 1 }
    }
    let first = low;
    let mut step = 1;
    let mut reach = first;
    while reach < most && sound(reach).is_none() {
        reach = (reach + step).min(most);
        step *= 2;
    }
    let (mut low, mut high) = (first, reach);
    while low < high {
        let middle = low.midpoint(high);
        if sound(middle).is_some() { high = middle } else { low = middle + 1 }
    }
    sound(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_points() {
        for (queries, copies, checks) in [
            (1, 19, 25),
            (2, 16, 16),
            (4, 13, 12),
            (8, 10, 14),
            (16, 9, 8),
            (32, 8, 7),
            (64, 7, 6),
            (128, 6, 5),
            (512, 5, 4),
        ] {
            let found = cheapest(queries, 40, 0, None).unwrap();
            assert_eq!((found.copies(), found.checks()), (copies, checks), "{queries} queries");
        }
    }

    #[test]
    fn nothing_cheaper_exists() {
        for (queries, soundness, slack) in [(1, 8, 0), (2, 10, 0), (3, 6, 1), (5, 12, 0), (4, 8, 2)]
        {
            let found = cheapest(queries, soundness, slack, None).unwrap();
            for copies in 1..found.slots() {
                for checks in slack..found.slots() {
                    let other = Parameters::new(queries, copies, checks, slack).unwrap();
                    if other.slots() < found.slots() {
                        assert!(!Survival::of(other).is_at_most(soundness), "{other} < {found}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_owner_of_few_checks_is_told_so() {
        assert_eq!(cheapest(1, 40, 0, Some(0)), None);
    }
}
