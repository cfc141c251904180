use rand::{CryptoRng, seq};

use crate::{
    connection::{Connection, Observer, Setup, run_phases},
    error::{Error, Place},
    handshake::{self, Mode},
    mix::Mix,
    policy::{Misuse, Policy},
    protocol::{Batch, ClientRun, Outputs, SemiHonest},
    report::{Costs, Report},
    rng::PhaseRng,
    soundness::Parameters,
    verify::{Agreement, Check, Verified, judge},
    wire::Wire,
};

/// The hardened client: mixes its queries with checks, runs the base protocol on all of them, and
/// gives answers only if every check and every copy fits.
///
/// `#[fusion::harden] struct Toy` names it `ToyClient`.
pub struct Client<P: SemiHonest> {
    party: P::Client,
    policy: Policy,
    checks: Vec<Check<P::Query, P::Output>>,
    agreement: P::Agreement,
    observer: Box<dyn Observer>,
    setup: Setup<P::ClientSetup>,
}

impl<P: SemiHonest<Client = ()>> Client<P> {
    /// A client for a protocol whose client phases are associated functions. T of the `checks`
    /// are drawn for each batch; a larger pool is harder to guess.
    #[must_use]
    pub fn new(policy: Policy, checks: Vec<Check<P::Query, P::Output>>) -> Self {
        Self::with((), policy, checks)
    }
}

impl<P: SemiHonest> Client<P> {
    /// A client whose phases are called on `party`.
    #[must_use]
    pub fn with(party: P::Client, policy: Policy, checks: Vec<Check<P::Query, P::Output>>) -> Self {
        let agreement = P::Agreement::default();
        Self { party, policy, checks, agreement, observer: Box::new(()), setup: Setup::default() }
    }

    /// Replaces the agreement, for one that has a parameter.
    #[must_use]
    pub fn agreement(mut self, agreement: P::Agreement) -> Self {
        self.agreement = agreement;
        self
    }

    /// Reports progress.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Runs one batch and gives one verified answer per query, in order. The setup stage runs in
    /// the first batch on a connection.
    ///
    /// # Errors
    ///
    /// [`Error::PeerMisbehaved`] if the verdict is "rejected" or the server's messages make no
    /// sense; [`Error::ApiMisuse`], before anything is sent, if the batch would be weaker than
    /// the policy or the policy weaker than the protocol's declaration; otherwise what failed.
    /// Every error but misuse closes the connection.
    ///
    /// # Security
    ///
    /// All executions run to the end, the verdict is computed once after the last message, and
    /// nothing that is sent depends on it. What the caller does next may: asking the same queries
    /// of the same server again after a rejection tells it the verdict, one bit about the inputs.
    pub fn infer<R: CryptoRng + ?Sized>(
        &mut self,
        connection: &mut Connection,
        context: &P::ClientContext,
        queries: &[P::Query],
        rng: &mut R,
    ) -> Result<Verified<Vec<P::Output>>, Error<P::Error>> {
        let parameters = self.parameters(queries.len())?;
        let id = connection.id();
        let wire = connection.begin_run()?;
        self.setup.begin(!self.setup.is_from(id));
        let result = self.run(parameters, wire, context, queries, PhaseRng::fork(rng));
        self.setup.end(id, result.is_ok());
        if result.is_err() {
            connection.close();
        }
        result
    }

    fn parameters(&self, queries: usize) -> Result<Parameters, Misuse> {
        let (declared, policy) = (P::DECLARATION.soundness, self.policy.soundness());
        if policy < declared {
            return Err(Misuse::BelowDeclared { declared, policy });
        }
        let (needed, available) = (self.policy.checks(), self.checks.len());
        if available < needed {
            return Err(Misuse::TooFewChecks { needed, available });
        }
        self.policy.parameters(queries)
    }

    fn run(
        &mut self,
        parameters: Parameters,
        wire: &mut Wire,
        context: &P::ClientContext,
        queries: &[P::Query],
        mut rng: PhaseRng,
    ) -> Result<Verified<Vec<P::Output>>, Error<P::Error>> {
        let report = Report::new(
            P::NAME,
            P::VERSION,
            P::DECLARATION,
            self.agreement.statement(),
            parameters,
            self.policy.soundness(),
        );
        let mode = Mode::Hardened(parameters);
        handshake::greet::<P>(wire, mode, self.setup.is_fresh(), &mut rng)?;

        let chosen: Vec<&Check<P::Query, P::Output>> =
            seq::index::sample(&mut rng, self.checks.len(), parameters.checks())
                .into_iter()
                .filter_map(|index| self.checks.get(index))
                .collect();
        let samples: Vec<&P::Query> = chosen.iter().map(|check| check.sample()).collect();
        let mix = Mix::shuffle(parameters, &mut rng);
        let slots = mix.arrange(queries, &samples).ok_or_else(lost_count)?;
        let observer = &mut *self.observer;
        let (outputs, mismatch, costs) = run_all::<P>(
            &mut self.party,
            &mut self.setup,
            wire,
            context,
            &slots,
            &mut rng,
            observer,
        )?;

        let answers = mix.unmix(outputs.unseal()).ok_or_else(lost_count)?;
        let expected: Vec<_> = chosen.iter().map(|check| &check.expected).collect();
        let report = Report { costs, ..report };
        judge(answers, &expected, &self.agreement, mismatch, report)
            .map_err(|(verdict, report)| Error::PeerMisbehaved { verdict, report: Some(report) })
    }
}

/// All phases on all slots, whatever is in them.
pub(crate) fn run_all<P: SemiHonest>(
    party: &mut P::Client,
    setup: &mut Setup<P::ClientSetup>,
    wire: &mut Wire,
    context: &P::ClientContext,
    slots: &[&P::Query],
    rng: &mut PhaseRng,
    observer: &mut dyn Observer,
) -> Result<(Outputs<P::Output>, Option<Place>, Costs), Error<P::Error>> {
    let count = slots.len();
    let mut state = P::ClientState::default();
    let mut outputs = Outputs::with_capacity(count);
    let mut forks: Vec<P::Client> = Vec::new();
    let fresh = setup.is_fresh();
    let (mismatch, costs) =
        run_phases(wire, P::PHASES, count, fresh, observer, |index, slot, wire| {
            let phase = P::PHASES.get(index).copied();
            let online = phase.is_some_and(|phase| phase.stage == crate::Stage::Online);
            let shared = phase.is_none_or(|phase| phase.runs_once());
            if !shared && forks.is_empty() {
                forks = (0..count).map_while(|_| P::fork_client(party)).collect();
            }
            P::client_phase(
                index,
                &mut ClientRun {
                    party: if shared { party } else { forks.get_mut(slot).unwrap_or(party) },
                    context,
                    setup: &mut setup.left,
                    state: &mut state,
                    wire,
                    rng,
                    batch: Batch::new(if online { slots } else { &[] }, count, slot),
                    outputs: &mut outputs,
                },
            )
        })?;
    Ok((outputs, mismatch, costs))
}

fn lost_count<E>() -> Error<E> {
    let reason = "the phases did not give exactly one answer per execution".into();
    Error::Internal { place: Place::handshake(), reason }
}
