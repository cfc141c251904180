//! Tokens drawn without replacement: one number of bad ones, and the best of them.
//!
//! N tokens lie in an urn, z of them bad. T are drawn for the checks and R for the queries. A
//! server wins if at most `slack` checks and at least one query have a bad one:
//!
//! ```text
//! f(z) = sum over k <= slack of  C(T,k) (C(M+R, z-k) - C(M, z-k)) / C(N,z),   M = N - T - R.
//! ```
//!
//! With R = 1 this is the bound per query, because C(M+1, n) - C(M, n) = C(M, n-1).
//!
//! # Where the maximum is
//!
//! Let the tokens go bad one after the other, in random order; f(z) is the probability that the
//! server wins once z have. It gains with the next one if no query had a bad token and now one
//! has, and loses if a query had one and now check number slack + 1 has, too:
//!
//! ```text
//! (N-z) C(N,z) (f(z+1) - f(z))
//!     = R sum over k <= slack of C(T,k) C(M, z-k)  -  (T-s) C(T,s) (C(M+R, z-s) - C(M, z-s)),
//! ```
//!
//! s for slack. Up to z = s the second term is zero and the first is not: f grows. From there on,
//! y = z - s is at least 0. If y <= M, dividing by C(T,s) C(M,y) shows that f grows iff
//!
//! ```text
//! R sum over j <= s of  C(T,s-j)/C(T,s) * C(M,y+j)/C(M,y)  +  (T-s)  >  (T-s) C(M+R,y)/C(M,y).
//! ```
//!
//! The left falls with y or stays: C(M,y+j)/C(M,y) is a product of (M-y-i)/(y+1+i). The right grows
//! with each y by the factor (M+R-y)/(M-y), over 1 + 2^-24. So f grows, is equal at most once, and
//! falls: the maximum is where the answer turns to no, and halving finds it. If y > M, the first
//! term is zero, and f does not grow. If T = s, the second is zero and f grows up to y = M, where
//! a query must be bad; that is f = 1.
//!
//! **Rounding.** Both sides are sums and products of positive numbers, in fewer than 2^26 steps,
//! so an enclosure is within 2^-35 of its number. It leaves an answer open only if the sides are
//! as close; then, one y further, the right is greater by 2^-24 and the answer is no for certain.
//! An open answer counts as no; the number after it is the only one that may be better.

use crate::{Parameters, Probability, Ratio, float::Float, interval::Interval, search::first};

/// The urn. R and T together are at most N, R is not zero, and the slack is at most T.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Draw {
    pub(crate) slots: usize,
    pub(crate) queries: usize,
    pub(crate) checks: usize,
    pub(crate) slack: usize,
}

impl Draw {
    /// One copy of every query, and the checks.
    pub(crate) fn of_all_queries(parameters: Parameters) -> Self {
        Self {
            slots: parameters.slots(),
            queries: parameters.queries(),
            checks: parameters.checks(),
            slack: parameters.slack(),
        }
    }

    /// One copy of one query, and the checks.
    pub(crate) fn of_one_query(parameters: Parameters) -> Self {
        Self { queries: 1, ..Self::of_all_queries(parameters) }
    }

    /// M.
    fn others(self) -> usize {
        self.slots - self.checks - self.queries
    }

    /// The least z with the greatest f(z), but for rounding.
    pub(crate) fn peak(self) -> usize {
        let falls = |wrong| !self.rises(wrong);
        first(self.slack + 1, self.slots, falls).unwrap_or(self.slots)
    }

    /// Whether f(z + 1) > f(z), for z > slack; `false` if rounding hides it.
    pub(crate) fn rises(self, wrong: usize) -> bool {
        let (others, queries, slack) = (self.others(), self.queries as u64, self.slack);
        let (right, drawn) = ((self.checks - slack) as u64, wrong - slack);
        if drawn > others {
            return false;
        }
        let mut term = Interval::exact(queries);
        let mut gain = term;
        for forgiven in (1..=slack).rev() {
            let j = slack - forgiven;
            let (left, more) = (others.saturating_sub(drawn + j), right + j as u64 + 1);
            term = term.mul_div(forgiven as u64, more);
            term = term.mul_div(left as u64, (drawn + j) as u64 + 1);
            gain = gain.add(term);
        }
        gain = gain.add(Interval::exact(right));
        // C(M+R, y)/C(M, y) from one factor for each of the fewer: bad tokens, or queries.
        let mut loss = Interval::exact(right);
        let together = others + self.queries;
        let (steps, apart) =
            if drawn < self.queries { (drawn, self.queries) } else { (self.queries, drawn) };
        for step in 0..steps {
            if loss.lower >= gain.upper {
                return false;
            }
            let whole = together - step;
            loss = loss.mul_div(whole as u64, (whole - apart) as u64);
        }
        gain.lower > loss.upper
    }

    /// f(z), for z > slack.
    pub(crate) fn survives(self, wrong: usize) -> Probability {
        if self.slack == self.checks && wrong > self.others() + self.checks {
            return Probability::ONE;
        }
        // With all but `slack` bad tokens outside the checks there must be room for them.
        let Some(room) = (self.slots - self.checks).checked_sub(wrong - self.slack) else {
            return Probability::ZERO;
        };
        let (mut missed, mut hit) = self.queries_hit(wrong - self.slack);
        let mut failed = self.checks_failed(wrong);
        let mut sum = failed.mul(hit);
        for (step, forgiven) in (1..=self.slack).rev().enumerate() {
            // One bad token less among the checks, one more outside.
            let outside = wrong - forgiven + 1;
            let Some(room) = room.checked_sub(step + 1) else { break };
            failed = failed.mul_div(forgiven as u64, (self.checks - forgiven + 1) as u64);
            failed = failed.mul_div(room as u64 + 1, outside as u64);
            let left = (self.slots - self.checks - outside + 1) as u64;
            hit = hit.add(missed.mul_div(self.queries as u64, left));
            missed = missed.mul_div(left.saturating_sub(self.queries as u64), left);
            sum = sum.add(failed.mul(hit));
        }
        sum.probability()
    }

    /// With `outside` bad tokens among the N - T that the checks left: the probabilities that no
    /// query has one, and that some query has.
    fn queries_hit(self, outside: usize) -> (Interval, Interval) {
        let all = self.slots - self.checks;
        // Either may be drawn from the other: take the shorter draw.
        let (steps, bad) =
            if outside < self.queries { (outside, self.queries) } else { (self.queries, outside) };
        let (mut missed, mut hit) = (Interval::ONE, Interval::ZERO);
        for step in 0..steps {
            let left = (all - step) as u64;
            hit = hit.add(missed.mul_div(bad as u64, left));
            missed = missed.mul_div(left.saturating_sub(bad as u64), left);
            // What is still to come adds no more than what has not been hit.
            if missed.upper <= Float::power_of_two(-80) {
                return (Interval { lower: Float::ZERO, ..missed }, hit.widened(missed.upper));
            }
        }
        (missed, hit)
    }

    /// The probability that exactly `slack` checks have bad tokens.
    fn checks_failed(self, wrong: usize) -> Interval {
        let (few, many) =
            if wrong < self.checks { (wrong, self.checks) } else { (self.checks, wrong) };
        // Of `few` draws exactly `slack` are among the `many`: C(few, slack) orders, each with
        // the same probability.
        let mut probability = Interval::ONE;
        for step in 0..few {
            let left = (self.slots - step) as u64;
            let (by, over) = if step < self.slack {
                ((many - step) as u64 * (few - step) as u64, left * (step as u64 + 1))
            } else {
                ((self.slots - many + self.slack).saturating_sub(step) as u64, left)
            };
            probability = probability.mul_div(by, over);
        }
        probability
    }

    /// Whether f(z) is at most `limit`, in whole numbers; `None` if they do not fit 128 bits.
    pub(crate) fn is_at_most(self, wrong: usize, limit: Ratio) -> Option<bool> {
        let mut ways = 0u128;
        for forgiven in 0..=self.slack.min(wrong) {
            let outside = wrong - forgiven;
            let bad = choose(self.others() + self.queries, outside)?;
            let hit = bad.checked_sub(choose(self.others(), outside)?)?;
            ways = ways.checked_add(choose(self.checks, forgiven)?.checked_mul(hit)?)?;
        }
        let all = choose(self.slots, wrong)?;
        let (above, below) = (u128::from(limit.numerator()), u128::from(limit.denominator()));
        Some(ways.checked_mul(below)? <= all.checked_mul(above)?)
    }
}

/// C(n, k), if it and the steps to it fit 128 bits.
fn choose(n: usize, k: usize) -> Option<u128> {
    let Some(rest) = n.checked_sub(k) else { return Some(0) };
    let mut product = 1u128;
    for step in 0..k.min(rest) {
        product = product.checked_mul((n - step) as u128)? / (step as u128 + 1);
    }
    Some(product)
}
