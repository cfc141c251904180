//! Are these numbers sound, and what would be? The question that the macro asks at compile time.

use std::fmt;

use crate::{
    AnyServer, Demands, MAX_SLOTS, Missed, ParameterError, Parameters, Planner, Survival,
    search::{least_checks, least_copies},
};

/// What costs more than so many times the cheapest batch is not recommended, nor looked for.
pub const FAR: usize = 8;

/// What [`judge`] says of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one value per batch, looked at once")]
pub enum Judgement {
    /// It does all that is asked.
    Sound(Survival),
    /// It does not.
    Weak(Weakness),
}

/// What a batch lacks, and what would do for the same queries, slack and demands. If a risk per
/// session is asked for, only slack 0 does: then the cheapest batch has that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Weakness {
    /// The batch that was judged.
    pub parameters: Parameters,
    /// What was asked for.
    pub demands: Demands,
    /// What blind tampering gets.
    pub survival: Survival,
    /// What any server gets.
    pub any_server: AnyServer,
    /// The batch with the fewest executions.
    pub cheapest: Option<Parameters>,
    /// With the same number of copies, the fewest checks; `None` if that is no advice, because the
    /// batch would be more than [`FAR`] times the cheapest.
    pub more_checks: Option<Parameters>,
    /// With the same number of checks, the fewest copies; `None` likewise.
    pub more_copies: Option<Parameters>,
}

/// Judges R `queries`, B `copies`, T `checks` and `slack` by what is asked of a batch.
///
/// Quick enough for a macro in a build without optimisation: under 0.1 s for thousands of queries
/// as long as the slack is under a few hundred.
///
/// ```
/// use fusion_soundness::{Demands, Judgement, judge};
///
/// let demands = Demands::new(40);
/// assert!(matches!(judge(100, 6, 58, 0, &demands)?, Judgement::Sound(_)));
/// let Judgement::Weak(weakness) = judge(100, 6, 57, 0, &demands)? else { panic!() };
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
    demands: &Demands,
) -> Result<Judgement, ParameterError> {
    let parameters = Parameters::new(queries, copies, checks, slack)?;
    let survival = Survival::of(parameters);
    if survival.is_at_most(demands.soundness) && demands.risk.are_met_by(parameters) {
        return Ok(Judgement::Sound(survival));
    }
    let batch = |copies, checks| Parameters::new(queries, copies, checks, slack).ok();
    let allowed = if demands.risk.session().is_some() { 0 } else { slack };
    let planner = Planner::new(queries, demands.soundness).risk(demands.risk).slack(allowed);
    let cheapest = planner.plan().ok().map(|plan| plan.parameters());
    let far = cheapest.map_or(0, |cheapest| cheapest.slots() * FAR).min(MAX_SLOTS);
    let most = far.saturating_sub(queries * copies);
    let more_checks = least_checks((queries, copies, slack), demands, checks, most);
    let most = far.saturating_sub(checks) / queries;
    let more_copies = least_copies((queries, checks, slack), demands, most);
    let more_checks = more_checks.and_then(|checks| batch(copies, checks));
    let more_copies = more_copies.and_then(|copies| batch(copies, checks));
    Ok(Judgement::Weak(Weakness {
        parameters,
        demands: *demands,
        survival,
        any_server: AnyServer::of(parameters),
        cheapest,
        more_checks,
        more_copies,
    }))
}

/// `R = .. gives 38.98 bits of soundness, not the 40 asked for; copies = 7, checks = 6 would do
/// (706 executions); or, with copies = 6, checks = 58; or, with checks = 57, copies = 7`
impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.parameters)?;
        for (index, missed) in self.missed().enumerate() {
            write!(f, "{}{missed}", if index == 0 { "" } else { ", and " })?;
        }
        f.write_str("; ")?;
        self.fix(f)
    }
}

impl Weakness {
    /// The demands that the batch does not meet.
    pub fn missed(&self) -> impl Iterator<Item = Missed> {
        Missed::all(self.parameters, &self.demands, self.survival, self.any_server)
    }

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
                "no batch of a size that can be run does; ask for less soundness or slack, or \
                 accept more risk",
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
        match judge(r, b, t, f, &Demands::new(soundness)).unwrap() {
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
    fn every_demand_that_is_missed_is_named() {
        let one = "1%".parse().unwrap();
        let risk = crate::RiskTargets::NONE.per_query(one).per_batch(one).per_session(one);
        let weak = |demands: Demands, slack| match judge(16, 2, 100, slack, &demands).unwrap() {
            Judgement::Weak(weakness) => weakness,
            Judgement::Sound(survival) => panic!("{survival}"),
        };
        let all = weak(Demands::new(40).risk(risk), 1);
        assert_eq!(
            all.to_string(),
            "R = 16 queries x B = 2 copies + T = 100 checks (slack 1) = 132 executions gives 7.87 \
             bits of soundness, not the 40 asked for, and lets the best server through 1.516% per \
             query, not the 1% asked for, and lets the best server through 22.855% per batch, not \
             the 1% asked for, and bounds no risk per session, because its slack forgives wrong \
             checks in every batch; copies = 5, checks = 1584, slack = 0 would do (1664 executions)"
        );
        let some = weak(Demands::new(9).risk(risk), 0);
        let missed: Vec<Missed> = some.missed().collect();
        assert!(
            matches!(missed[..], [Missed::PerBatch { .. }, Missed::PerSession { .. }]),
            "{missed:?}"
        );
        assert_eq!(some.more_copies, None);
    }

    /// The macro asks at compile time, without optimisation.
    #[test]
    fn thousands_of_queries_are_judged_quickly() {
        let risk = |text: &str| text.parse().unwrap();
        for (queries, batch, query) in
            [(4_000, "50%", "1%"), (1_000, "10%", "0.1%"), (1, "1%", "1%")]
        {
            let targets = crate::RiskTargets::NONE.per_query(risk(query)).per_batch(risk(batch));
            let began = std::time::Instant::now();
            let judged = judge(queries, 3, 10, 0, &Demands::new(40).risk(targets)).unwrap();
            let took = began.elapsed();
            assert!(matches!(judged, Judgement::Weak(weak) if weak.cheapest.is_some()));
            println!("{queries}: {took:?}");
            assert!(took.as_secs() < 2, "{took:?}");
        }
    }

    #[test]
    fn nothing_helps_what_is_out_of_reach() {
        let weak = weakness(10, 2, 2, 0, 600);
        assert_eq!((weak.cheapest, weak.more_checks, weak.more_copies), (None, None, None));
        assert!(weak.advice().contains("ask for less"));
        // No number of copies makes up for checks that are all forgiven.
        assert_eq!(weakness(10, 2, 3, 3, 20).more_copies, None);
        assert_eq!(judge(0, 1, 1, 0, &Demands::new(40)), Err(ParameterError::NoQueries));
    }
}
