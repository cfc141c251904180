//! Are these numbers sound, and what would be? The question that the macro asks at compile time.

use std::fmt;

use crate::{
    MAX_SLOTS, ParameterError, Parameters, Planner, Survival,
    search::{least_checks, least_copies},
};

/// What costs more than so many times the cheapest batch is not recommended, nor looked for.
pub const FAR: usize = 8;

/// What [`judge`] says of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// As sound as asked for.
    Sound(Survival),
    /// Not as sound as asked for.
    Weak(Weakness),
}

/// What a batch lacks, and what would do for the same queries, slack and soundness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Weakness {
    /// The batch that was judged.
    pub parameters: Parameters,
    /// The bits asked for.
    pub soundness: u32,
    /// What it has instead.
    pub survival: Survival,
    /// The batch with the fewest executions.
    pub cheapest: Option<Parameters>,
    /// With the same number of copies, the fewest checks; `None` if that is no advice, because the
    /// batch would be more than [`FAR`] times the cheapest.
    pub more_checks: Option<Parameters>,
    /// With the same number of checks, the fewest copies; `None` likewise.
    pub more_copies: Option<Parameters>,
}

/// Judges R `queries`, B `copies`, T `checks` and `slack` by a `soundness` in bits.
///
/// Quick enough for a macro in a build without optimisation: under 0.1 s for thousands of queries
/// as long as the slack is under a few hundred.
///
/// ```
/// use fusion_soundness::{Judgement, judge};
///
/// assert!(matches!(judge(100, 6, 58, 0, 40)?, Judgement::Sound(_)));
/// let Judgement::Weak(weakness) = judge(100, 6, 57, 0, 40)? else { panic!() };
/// assert_eq!(weakness.more_checks.unwrap().checks(), 58);
/// assert_eq!(weakness.more_copies.unwrap().copies(), 7);
/// assert_eq!(weakness.cheapest.unwrap().overhead(), 6.58);
/// # Ok::<(), fusion_soundness::ParameterError>(())
/// ```
///
/// # Errors
///
/// [`ParameterError`] if the numbers make no batch.
pub fn judge(
    queries: usize,
    copies: usize,
    checks: usize,
    slack: usize,
    soundness: u32,
) -> Result<Judgement, ParameterError> {
    let parameters = Parameters::new(queries, copies, checks, slack)?;
    let survival = Survival::of(parameters);
    if survival.is_at_most(soundness) {
        return Ok(Judgement::Sound(survival));
    }
    let batch = |copies, checks| Parameters::new(queries, copies, checks, slack).ok();
    let plan = Planner::new(queries, soundness).slack(slack).plan();
    let cheapest = plan.ok().map(|plan| plan.parameters());
    let far = cheapest.map_or(0, |cheapest| cheapest.slots() * FAR).min(MAX_SLOTS);
    let most = far.saturating_sub(queries * copies);
    let more_checks = least_checks((queries, copies, slack), soundness, checks, most);
    let most = far.saturating_sub(checks) / queries;
    let more_copies = least_copies((queries, checks, slack), soundness, most);
    let more_checks = more_checks.and_then(|checks| batch(copies, checks));
    let more_copies = more_copies.and_then(|copies| batch(copies, checks));
    Ok(Judgement::Weak(Weakness {
        parameters,
        soundness,
        survival,
        cheapest,
        more_checks,
        more_copies,
    }))
}

/// `R = .. gives 38.98 bits of soundness, not the 40 asked for; copies = 7, checks = 6 would do
/// (706 executions); or, with copies = 6, checks = 58; or, with checks = 57, copies = 7`
impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parameters, soundness) = (self.parameters, self.soundness);
        let bits = (self.survival.bits() * 100.0).floor() / 100.0;
        write!(f, "{parameters} gives {bits:.2} bits of soundness, not the {soundness} asked for")?;
        f.write_str("; ")?;
        self.fix(f)
    }
}

impl Weakness {
    /// What would do, in words.
    #[must_use]
    pub fn advice(&self) -> String {
        struct Advice<'a>(&'a Weakness);
        impl fmt::Display for Advice<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fix(f)
            }
        }
        Advice(self).to_string()
    }

    fn fix(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(cheapest) = self.cheapest else {
            return f.write_str(
                "no batch of a size that can be run does; ask for less soundness or slack",
            );
        };
        write!(
            f,
            "copies = {}, checks = {}, slack = {} would do ({} executions)",
            cheapest.copies(),
            cheapest.checks(),
            cheapest.slack(),
            cheapest.slots()
        )?;
        for (kept, changed, other) in [
            (format!("copies = {}", self.parameters.copies()), "checks", self.more_checks),
            (format!("checks = {}", self.parameters.checks()), "copies", self.more_copies),
        ] {
            if let Some(other) = other.filter(|other| *other != cheapest) {
                let number = if changed == "checks" { other.checks() } else { other.copies() };
                let slots = other.slots();
                write!(f, "; with {kept}, {changed} = {number} ({slots} executions)")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weakness(r: usize, b: usize, t: usize, f: usize, soundness: u32) -> Weakness {
        match judge(r, b, t, f, soundness).unwrap() {
            Judgement::Weak(weakness) => weakness,
            Judgement::Sound(survival) => panic!("{survival}"),
        }
    }

    #[test]
    fn what_would_do_does_and_nothing_less() {
        for (r, b, t, f, soundness) in
            [(1, 3, 4, 0, 20), (100, 6, 57, 0, 40), (10, 8, 100, 10, 40), (1000, 4, 2, 1, 30)]
        {
            let weak = weakness(r, b, t, f, soundness);
            let sound = |p: Parameters| Survival::of(p).is_at_most(soundness);
            let cheapest = weak.cheapest.unwrap();
            assert!(sound(cheapest));
            if let Some(more) = weak.more_checks {
                assert!(sound(more) && more.copies() == b && more.slots() >= cheapest.slots());
                assert!(!sound(Parameters::new(r, b, more.checks() - 1, f).unwrap()));
            }
            if let Some(more) = weak.more_copies {
                assert!(sound(more) && more.checks() == t && more.slots() >= cheapest.slots());
                assert!(!sound(Parameters::new(r, more.copies() - 1, t, f).unwrap()));
            }
        }
    }

    #[test]
    fn a_weak_batch_is_explained() {
        assert_eq!(
            weakness(100, 6, 57, 0, 40).to_string(),
            "R = 100 queries x B = 6 copies + T = 57 checks (slack 0) = 657 executions gives 39.98 \
             bits of soundness, not the 40 asked for; copies = 6, checks = 58, slack = 0 would do \
             (658 executions); with checks = 57, copies = 7 (757 executions)"
        );
    }

    #[test]
    fn nothing_helps_what_is_out_of_reach() {
        let weak = weakness(10, 2, 2, 0, 600);
        assert_eq!((weak.cheapest, weak.more_checks, weak.more_copies), (None, None, None));
        assert!(weak.advice().contains("ask for less"));
        // No number of copies makes up for checks that are all forgiven.
        assert_eq!(weakness(10, 2, 3, 3, 20).more_copies, None);
        assert_eq!(judge(0, 1, 1, 0, 40), Err(ParameterError::NoQueries));
    }
}
