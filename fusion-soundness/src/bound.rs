//! Guarantee E: the probability that the best set of wrong slots survives.

use std::fmt;

use crate::{
    Parameters, Probability,
    binomial::{binomial, binomials, binomials_from},
    float::{
        Float,
        Rounding::{Down, Up},
    },
    interval::Interval,
};

/// The probability that the best cheating server survives with a wrong answer: enclosed, with
/// every rounding against us.
///
/// # How it is computed
///
/// With t(c, k) = C(R,c) C(T,k) / C(N, c*B + k), the bound of the [crate] is the greatest sum of
/// t(c, k) along c*B + k = s. Coefficients are exact up to 64 bits; beyond, each step errs by a
/// factor of at most 1 + 2^-63 to the side that is against us, and all is positive, so after n
/// steps the two ends of the enclosure are within a factor 1 + n 2^-61. No n here exceeds 2^26.
///
/// Only a few c are visited. Vandermonde's identity, twice:
///
/// ```text
/// C(N, c*B + k)  >=  C(R*B, c*B) * C(T,k)  >=  C(R,c)^B * C(T,k),   so   t(c, k) <= C(R,c)^-(B-1)
/// ```
///
/// for every k, every slack and every number of checks. A sum along s has at most
/// W = slack/B + 1 terms. So with the least a for which
/// W C(R,a+1)^-(B-1) <= 2^-64 t(1, 0), all terms with a < c < R - a together add at most 2^-64 of
/// the result to any sum: they are replaced by that much. Usually a < 10. For B = 1 the
/// best attack is known: one slot more than the slack forgives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survival {
    probability: Probability,
    worst_slots: usize,
}

impl Survival {
    /// Maximises the bound of the [crate] over the number of wrong slots.
    #[must_use]
    pub fn of(parameters: Parameters) -> Self {
        Self::scan(parameters, None)
    }

    /// Whether the bound is at most 2^-`soundness`; stops at the first attack that is better.
    pub(crate) fn suffices(parameters: Parameters, soundness: u32) -> bool {
        Self::scan(parameters, Some(soundness)).is_at_most(soundness)
    }

    /// May stop at an attack that exceeds 2^-`limit`.
    fn scan(parameters: Parameters, limit: Option<u32>) -> Self {
        if parameters.copies() == 1 {
            return single_copy(parameters);
        }
        let rows = Rows::of(parameters);
        let mut worst = Worst { limit, survival: Interval::ZERO, slots: 0 };
        if let Some(beyond) = rows.beyond {
            if rows.upwards(parameters, rows.count, &mut worst) {
                rows.downwards(parameters, rows.count, &mut worst);
            }
            worst.survival = worst.survival.widened(beyond);
        } else if parameters.queries() * parameters.copies() + parameters.slack()
            <= parameters.slots() - parameters.copies()
        {
            rows.upwards(parameters, parameters.queries(), &mut worst);
        } else {
            rows.downwards(parameters, parameters.queries() - 1, &mut worst);
        }
        Self { probability: worst.survival.probability(), worst_slots: worst.slots }
    }

    /// Whether the probability is at most 2^-`soundness`; never wrongly `true`.
    #[must_use]
    pub fn is_at_most(&self, soundness: u32) -> bool {
        self.probability.is_at_most(soundness)
    }

    /// The greatest whole number of bits that the probability stays below.
    #[must_use]
    pub fn soundness(&self) -> u32 {
        self.probability.whole_bits()
    }

    /// -log2 of the probability, rounded down.
    #[must_use]
    pub fn bits(&self) -> f64 {
        self.probability.bits()
    }

    /// The probability itself.
    #[must_use]
    pub fn probability(&self) -> Probability {
        self.probability
    }

    /// How many slots the best attack makes wrong; the fewest if several are equally good.
    #[must_use]
    pub fn worst_slots(&self) -> usize {
        self.worst_slots
    }
}

impl fmt::Display for Survival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (best attack: {} wrong slots)", self.probability, self.worst_slots)
    }
}

/// B = 1: the sum at s is Pr[at most slack of s slots are checks, and not all are]. For
/// s > slack the second part holds by itself and the first falls with s. For s <= slack the first
/// part holds by itself and the second, 1 - C(T,s) / C(N,s), grows with s; at s = slack + 1 both
/// expressions agree. So s = slack + 1 is the best attack.
fn single_copy(parameters: Parameters) -> Survival {
    let (queries, checks) = (parameters.queries(), parameters.checks());
    let wrong = parameters.slack() + 1;
    let by_check: Vec<Interval> = binomials(checks).take(wrong).collect();
    let spoiled = binomials(queries).skip(1).take(queries.min(wrong));
    let survive: Interval =
        spoiled.zip(by_check.iter().rev()).map(|(query, check)| query.mul(*check)).sum();
    let probability = survive.div(binomial(parameters.slots(), wrong)).probability();
    Survival { probability, worst_slots: wrong }
}

/// The numbers c of spoiled queries that are visited: 1 to `count`, and R - `count` to R.
struct Rows {
    count: usize,
    /// What all other terms add to any sum at most; `None` if there are none.
    beyond: Option<Float>,
    /// C(R, 0), .., C(R, count), or all.
    by_query: Vec<Interval>,
    /// C(T, 0), .., C(T, slack).
    by_check: Vec<Interval>,
}

impl Rows {
    fn of(parameters: Parameters) -> Self {
        let (queries, copies) = (parameters.queries(), parameters.copies());
        let slack = parameters.slack();
        let by_check = binomials(parameters.checks()).take(slack + 1).collect();
        let terms = Interval::exact((slack / copies + 1) as u64);
        // 1 / (2^-64 t(1, 0)), of which the upper end counts.
        let first = binomial(parameters.slots(), copies).mul_div(1, queries as u64).scaled(64);
        let mut by_query = Vec::new();
        for (c, choose) in binomials(queries).take(queries + 1).enumerate() {
            // C(R, c) bounds the rows c to R - c; those before are visited.
            let apart = (queries + 2).saturating_sub(2 * c) * copies;
            if c >= 2 && 2 * c <= queries && apart > slack {
                let least = choose.lower.pow(copies as u64 - 1, Down);
                if least >= terms.mul(first).upper {
                    let beyond = Some(terms.upper.div(least, Up));
                    return Self { count: c - 1, beyond, by_query, by_check };
                }
            }
            by_query.push(choose);
        }
        Self { count: queries, beyond: None, by_query, by_check }
    }

    /// s = B, B + 1, .., with c up to `most`. Whether to go on.
    fn upwards(&self, parameters: Parameters, most: usize, worst: &mut Worst) -> bool {
        let (copies, slack) = (parameters.copies(), parameters.slack());
        let slots = binomials_from(parameters.slots(), copies);
        for (wrong, places) in slots.take((most - 1) * copies + slack + 1) {
            let least = wrong.saturating_sub(slack).div_ceil(copies).max(1);
            let survive = self.sum(least..=most.min(wrong / copies), |c| wrong - c * copies);
            if !worst.meets(wrong, survive, places) {
                return false;
            }
        }
        true
    }

    /// The mirror image, s = N - u for u = T - slack, .., with R - c up to `most`:
    /// C(R, c) = C(R, R - c) and C(N, s) = C(N, u).
    fn downwards(&self, parameters: Parameters, most: usize, worst: &mut Worst) -> bool {
        let (copies, slack) = (parameters.copies(), parameters.slack());
        let (slots, checks) = (parameters.slots(), parameters.checks());
        let right = binomials_from(slots, checks - slack);
        for (right, places) in right.take(slack + most * copies + 1) {
            let least = right.saturating_sub(checks).div_ceil(copies);
            let greatest = (right + slack - checks) / copies;
            let forgiven = |m: usize| checks + m * copies - right;
            let survive = self.sum(least..=most.min(greatest), forgiven);
            if !worst.meets(slots - right, survive, places) {
                return false;
            }
        }
        true
    }

    /// The sum of C(R, c) C(T, forgiven(c)).
    fn sum(
        &self,
        spoiled: impl Iterator<Item = usize>,
        forgiven: impl Fn(usize) -> usize,
    ) -> Interval {
        let term = |c: usize| Some(self.by_query.get(c)?.mul(*self.by_check.get(forgiven(c))?));
        spoiled.filter_map(term).sum()
    }
}

/// The best attack so far.
struct Worst {
    limit: Option<u32>,
    survival: Interval,
    slots: usize,
}

impl Worst {
    /// Whether to go on.
    fn meets(&mut self, wrong: usize, survive: Interval, places: Interval) -> bool {
        if survive.upper.is_zero() {
            return true;
        }
        let survival = survive.div(places);
        let (better, equal) =
            (survival.lower > self.survival.upper, survival.upper >= self.survival.lower);
        if better || (equal && wrong < self.slots) {
            self.slots = wrong;
        }
        self.survival.lower = self.survival.lower.max(survival.lower);
        self.survival.upper = self.survival.upper.max(survival.upper);
        !self.limit.is_some_and(|limit| survival.probability().exceeds(limit))
    }
}

#[cfg(test)]
#[path = "bound_tests.rs"]
mod tests;
