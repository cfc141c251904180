use rand::{CryptoRng, seq};

use crate::{
    connection::{Connection, End, Observer, Setup, Walk, block_on, explain},
    error::{Error, Place},
    handshake::{self, Mode},
    lanes::{self, ClientLanes},
    mix::Mix,
    policy::{Misuse, Policy},
    protocol::{Batch, ClientRun, ClientSide, Left, Outputs, SemiHonest},
    report::{Costs, Report},
    rng::PhaseRng,
    soundness::Parameters,
    verify::{Agreement, Check, Verified, judge},
    wire::{Wire, inner},
};

/// What a client of `P` gets: for each query the part of its answer that was verified (all of it,
/// unless the protocol says `agree_on`).
pub type Answers<P> =
    Verified<Vec<<<P as SemiHonest>::Agreement as Agreement<<P as ClientSide>::Output>>::Verified>>;

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
    /// Whether a batch was rejected and nobody has said that this does not matter.
    rejected: bool,
    blank: Option<Report>,
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
        Self {
            party,
            policy,
            checks,
            agreement,
            observer: Box::new(()),
            setup: Setup::default(),
            rejected: false,
            blank: None,
        }
    }

    /// Replaces the agreement, for one that has a parameter.
    #[must_use]
    pub fn agreement(mut self, agreement: P::Agreement) -> Self {
        self.agreement = agreement;
        self.blank = None;
        self
    }

    /// Reports progress.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Lets this client run again after a rejection, which it refuses otherwise.
    ///
    /// # Security
    ///
    /// Asking again tells the server your verdict: one bit, which a server that deviates on purpose
    /// can make depend on your queries. Do not ask the same queries of the same server again; with
    /// another server, or other queries that do not depend on the rejected ones, nothing is told.
    pub fn forget_rejection(&mut self) {
        self.rejected = false;
    }

    /// Runs one batch and gives one verified answer per query, in order. The setup stage runs in
    /// the first batch on a connection.
    ///
    /// # Errors
    ///
    /// [`Error::PeerMisbehaved`] if the verdict is "rejected" or the server's messages make no
    /// sense; [`Error::ApiMisuse`], before anything is sent, if the batch would be weaker than
    /// the policy or the policy weaker than the protocol's declaration; otherwise what failed.
    /// Every error but misuse makes the connection unusable; only one that ends the run early closes
    /// it at once.
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
    ) -> Result<Answers<P>, Error<P::ClientError>> {
        block_on(self.infer_async(connection, context, queries, rng))
    }

    /// As [`infer`](Self::infer), for phases that are `async fn`, on the caller's runtime. The
    /// future does nothing until it is polled, and must be polled to its end: dropping it leaves
    /// the connection unusable.
    ///
    /// # Errors
    ///
    /// As [`infer`](Self::infer).
    pub async fn infer_async<R: CryptoRng + ?Sized>(
        &mut self,
        connection: &mut Connection,
        context: &P::ClientContext,
        queries: &[P::Query],
        rng: &mut R,
    ) -> Result<Answers<P>, Error<P::ClientError>> {
        let whole = self.infer_whole(connection, context, queries, rng).await?;
        Ok(whole.compared(&self.agreement))
    }

    /// As [`infer_async`](Self::infer_async), with whole answers, whatever of them was compared.
    pub(crate) async fn infer_whole<R: CryptoRng + ?Sized>(
        &mut self,
        connection: &mut Connection,
        context: &P::ClientContext,
        queries: &[P::Query],
        rng: &mut R,
    ) -> Result<Verified<Vec<P::Output>>, Error<P::ClientError>> {
        if self.rejected {
            return Err(Misuse::AfterRejection.into());
        }
        let parameters = self.parameters(queries.len())?;
        let id = connection.id();
        let wire = connection.begin_run()?;
        self.setup.begin(!self.setup.is_from(id));
        let rng = PhaseRng::fork(rng);
        let result = self.run(parameters, wire, context, queries, rng).await;
        self.setup.end(id, result.is_ok());
        let end = End::of(&result);
        self.rejected = end == End::Rejected;
        connection.end_run(end);
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

    /// What the report says before anything has run; computed once for batches of one shape.
    fn blank_report(&mut self, parameters: Parameters) -> Report {
        match &self.blank {
            Some(report) if report.parameters == parameters => report.clone(),
            _ => {
                let (declared, agreement) = (P::DECLARATION, self.agreement.statement());
                let report =
                    Report::new(P::NAME, P::VERSION, declared, agreement, parameters, &self.policy);
                self.blank.insert(report).clone()
            }
        }
    }

    async fn run(
        &mut self,
        parameters: Parameters,
        wire: &mut Wire,
        context: &P::ClientContext,
        queries: &[P::Query],
        mut rng: PhaseRng,
    ) -> Result<Verified<Vec<P::Output>>, Error<P::ClientError>> {
        let report = self.blank_report(parameters);
        let mode = Mode::Hardened(parameters);
        handshake::greet::<P>(wire, mode, self.setup.is_fresh(), &mut rng).await?;

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
        )
        .await?;

        let answers = mix.unmix(outputs.unseal()).ok_or_else(lost_count)?;
        let expected: Vec<_> = chosen.iter().map(|check| &check.expected).collect();
        let report = Report { costs, ..report };
        judge(answers, &expected, &self.agreement, mismatch, report)
            .map_err(|(verdict, report)| Error::PeerMisbehaved { verdict, report: Some(report) })
    }
}

/// All steps on all slots, whatever is in them.
pub(crate) async fn run_all<P: SemiHonest>(
    party: &mut P::Client,
    setup: &mut Setup<P::ClientSetup>,
    wire: &mut Wire,
    context: &P::ClientContext,
    slots: &[&P::Query],
    rng: &mut PhaseRng,
    observer: &mut dyn Observer,
) -> Result<(Outputs<P::Output>, Option<Place>, Costs), Error<P::ClientError>> {
    let count = slots.len();
    let mut states: Vec<P::ClientState> = lanes::states(P::CLIENT_LANES, count);
    let mut outputs = Outputs::with_capacity(count);
    let mut forks: Vec<P::Client> = Vec::new();
    let mut walk = Walk::new(P::CLIENT_STEPS, P::PHASES, count, setup.is_fresh());
    while let Some(call) = walk.next(wire, observer) {
        if !call.once && forks.is_empty() {
            forks = (0..count).map_while(|_| P::fork_client(party)).collect();
        }
        let inputs = if call.online { slots } else { &[] };
        if call.lanes {
            let each = lanes::slots(&mut forks, &mut states, rng)?;
            lanes::run(wire, count, observer, |work, ended| {
                P::client_lanes(ClientLanes {
                    step: call.step,
                    context,
                    setup: &setup.left,
                    queries: inputs,
                    slots: each,
                    outputs: &mut outputs,
                    work,
                    ended,
                })
            })?;
            walk.done(wire, observer)?;
            continue;
        }
        let own = if call.once { None } else { forks.get_mut(call.slot) };
        let Some(state) = states.get_mut(if P::CLIENT_LANES > 0 { call.slot } else { 0 }) else {
            return Err(lost_count());
        };
        let shared = wire.shared();
        let mut run = ClientRun {
            party: own.unwrap_or(&mut *party),
            context,
            setup: Left::own(&mut setup.left),
            state,
            wire: &mut *wire,
            rng: &mut *rng,
            batch: Batch::new(inputs, count, call.slot),
            outputs: &mut outputs,
        };
        let step = inner::known(shared, P::client_step(call.step, &mut run)).await;
        step.map_err(|error| explain(wire, error))?;
        walk.done(wire, observer)?;
    }
    let (mismatch, costs) = wire.wait(|link, cx| link.poll_end_run(cx)).await?;
    Ok((outputs, mismatch, costs))
}

fn lost_count<E>() -> Error<E> {
    let reason = "the phases did not give exactly one answer per execution".into();
    Error::Internal { place: Place::handshake(), reason }
}
