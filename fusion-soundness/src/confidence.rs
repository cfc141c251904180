//! How often a model is wrong at most, as far as its checks tell: at every time at which somebody
//! looks.
//!
//! The interval of Clopper and Pearson is about a number of checks that is fixed before. Who looks
//! after every batch and stops when it suits takes the luckiest of many: at a level of 5%, it is
//! wrong at some time in over 30% of sessions.

use crate::{
    Probability, Ratio, float::Float, float::Rounding::Up, interval::Interval, tails::Trials,
};

/// An upper limit on the error rate of one model, after `right` and `wrong` answers to distinct
/// checks that hold the truth, or its own answers: over all times at which it is asked for, it is
/// too low at any with probability at most `alpha`. Rounded up; 1 if there is no check.
///
/// It is the limit of Clopper and Pearson at the level alpha / ((w+1)(w+2)), w wrong ones. *Why:*
/// let the rate be p. For one w the limit is below p from the first number n of checks on for
/// which Pr[Bin(n, p) <= w] falls below the level, and while w does not change, that has happened
/// only if at most w were wrong among the first n: with a probability below the level. The levels
/// of all w add up to alpha.
///
/// ```
/// use fusion_soundness::wrong_at_most;
///
/// // 5 wrong of 400: 4% at most.
/// let limit = wrong_at_most(395, 5, "5%".parse()?);
/// assert!(limit > "3.9%".parse()? && limit < "4.1%".parse()?);
/// # Ok::<(), fusion_soundness::RatioError>(())
/// ```
#[must_use]
pub fn wrong_at_most(right: u64, wrong: u64, alpha: Ratio) -> Ratio {
    let w = u128::from(wrong);
    limit(right, wrong, alpha, (w + 1) * (w + 2))
}

/// The same for a client that leaves at the first wrong check, and says nothing after it:
/// 1 - alpha^(1/n) for n = `right`. That is lower, since the whole of alpha counts here. It holds for
/// the mean of a model that changes, too: none of n checks with error rates p_i is wrong with
/// probability prod(1 - p_i) <= (1 - mean p)^n.
///
/// Who goes on after a wrong check with [`wrong_at_most`] must use that from the beginning.
///
/// ```
/// use fusion_soundness::wrong_at_most_without_a_wrong_check;
///
/// let limit = wrong_at_most_without_a_wrong_check(400, "5%".parse()?);
/// assert!(limit > "0.74%".parse()? && limit < "0.75%".parse()?);
/// # Ok::<(), fusion_soundness::RatioError>(())
/// ```
#[must_use]
pub fn wrong_at_most_without_a_wrong_check(right: u64, alpha: Ratio) -> Ratio {
    limit(right, 0, alpha, 1)
}

/// A billionth: the limit is a whole number of them.
const WHOLE: u64 = 1_000_000_000;

/// The least p with Pr[Bin(n, p) <= wrong] <= alpha / `share`, which falls with p.
fn limit(right: u64, wrong: u64, alpha: Ratio, share: u128) -> Ratio {
    // More trials than this do not fit the arithmetic; leaving right ones out raises the limit.
    let most = u64::from(u32::MAX);
    let (wrong, right) = (wrong.min(most), right.min(most));
    let share = u64::try_from(share).unwrap_or(u64::MAX);
    let Ok(count) = usize::try_from(right + wrong) else { return Ratio::ONE };
    let Ok(failed) = usize::try_from(wrong) else { return Ratio::ONE };
    if right == 0 {
        return Ratio::ONE;
    }
    let does = |fails: u64| {
        let tail = Trials { count, fails, passes: WHOLE - fails }.at_most(failed);
        below(tail, alpha, share)
    };
    let (mut low, mut high) = (0, WHOLE);
    while low < high {
        let middle = low.midpoint(high);
        if does(middle) { high = middle } else { low = middle + 1 }
    }
    Ratio::new(high, WHOLE).unwrap_or(Ratio::ONE)
}

/// Whether a tail is at most alpha / `share`, never wrongly `true`.
fn below(tail: Probability, alpha: Ratio, share: u64) -> bool {
    let tail = tail.0.upper.mul(Float::exact(share), Up);
    Probability(Interval { lower: tail, upper: tail }).is_within(alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(text: &str) -> Ratio {
        text.parse().unwrap()
    }

    #[test]
    fn known_answers() {
        let alpha = ratio("5%");
        let near = |limit: Ratio, percent: f64| {
            let value = limit.numerator() as f64 / limit.denominator() as f64 * 100.0;
            assert!((value - percent).abs() < 0.006 * percent, "{value} {percent}");
        };
        near(wrong_at_most_without_a_wrong_check(400, alpha), 0.746);
        near(wrong_at_most(395, 5, alpha), 4.0);
        near(wrong_at_most(3960, 40, alpha), 1.79);
        // By hand: 1 - 0.025^(1/400).
        near(wrong_at_most(400, 0, alpha), 0.918);
        assert_eq!(wrong_at_most(0, 0, alpha), Ratio::ONE);
        assert_eq!(wrong_at_most(0, 9, alpha), Ratio::ONE);
        assert_eq!(wrong_at_most(10, 0, ratio("0")), Ratio::ONE);
        // Rounded up: at the limit the tail is at most alpha, just below it is not.
        let limit = wrong_at_most_without_a_wrong_check(3, ratio("0.125"));
        assert_eq!(limit, ratio("0.5"));
    }

    /// The probability that one model with error rate p is at some time within `most` checks said to
    /// be better than it is, by the levels for each number of wrong ones.
    fn fails_at_some_time(p: f64, most: usize, level: impl Fn(usize) -> f64) -> f64 {
        let last = (most as f64 * p * 1.2) as usize;
        // Of all, and of those that have not failed.
        let mut all = vec![0.0; last + 1];
        all[0] = 1.0;
        let (mut kept, mut failed) = (all.clone(), 0.0);
        for _ in 0..most {
            for row in [&mut all, &mut kept] {
                for w in (0..=last).rev() {
                    row[w] = row[w] * (1.0 - p) + if w > 0 { row[w - 1] * p } else { 0.0 };
                }
            }
            let mut tail = 0.0;
            for w in 0..=last {
                tail += all[w];
                if tail < level(w) {
                    failed += kept[w];
                    kept[w] = 0.0;
                }
            }
        }
        failed
    }

    #[test]
    fn it_holds_at_every_time() {
        let share = |w: usize| ((w + 1) * (w + 2)) as f64;
        for (p, ours, plain) in [(0.05, 0.032, 0.329), (0.2, 0.029, 0.396)] {
            let failure = fails_at_some_time(p, 5_000, |w| 0.05 / share(w));
            assert!((failure - ours).abs() < 5e-4, "{p}: {failure}");
            assert!((fails_at_some_time(p, 5_000, |_| 0.05) - plain).abs() < 1e-3);
        }
        // The whole of alpha as long as none is wrong, and more after that, is too much.
        let both = |w| if w == 0 { 0.05 } else { 0.05 / share(w) };
        assert!(fails_at_some_time(0.05, 500, both) > 0.05);
        let leaves = |w| if w == 0 { 0.05 } else { 0.0 };
        assert!(fails_at_some_time(0.05, 500, leaves) <= 0.05);
    }
}
