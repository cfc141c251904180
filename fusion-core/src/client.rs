use std::{collections::BTreeSet, num::NonZeroU64};

use rand::{CryptoRng, Rng};

use crate::{
    check::{Check, Pool},
    connection::{Connection, End, Observer, Setup, Walk, block_on, caught, caught_async, explain},
    entropy,
    error::{Cause, Error, Failure, Place, Rejection, Sample},
    freshness,
    handshake::{self, Mode, Wish},
    lanes::{self, ClientLanes},
    mix::{Item, Mix},
    policy::{Misuse, Policy},
    protocol::{Batch, ClientRun, ClientSide, Left, Outputs, PhaseError, Privacy, SemiHonest},
    report::{Costs, Report},
    rng::PhaseRng,
    session::Session,
    soundness::{Parameters, Standing},
    verify::{Agreement, Verified, judge},
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
    pool: Pool,
    agreement: P::Agreement,
    observer: Box<dyn Observer>,
    setup: Setup<P::ClientSetup>,
    session: Session,
    /// Which checks have equal samples, once that was looked at.
    classes: Classes,
    /// Whether a run ended in a way that the server may have caused, and nobody has said that this
    /// does not matter.
    latched: bool,
    blank: Option<Report>,
    #[cfg(feature = "test-kit")]
    order_seed: Option<u64>,
}

impl<P: SemiHonest<Client = ()>> Client<P> {
    /// A client for a protocol whose client phases are associated functions. T of the `checks` are
    /// dealt for each batch; a larger pool stays fresh for more batches.
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
            session: Session::new(checks.len()),
            checks,
            pool: Pool::default(),
            agreement,
            observer: Box::new(()),
            setup: Setup::default(),
            classes: Classes::Unknown,
            latched: false,
            blank: None,
            #[cfg(feature = "test-kit")]
            order_seed: None,
        }
    }

    /// Replaces the agreement, for one that has a parameter.
    #[must_use]
    pub fn agreement(mut self, agreement: P::Agreement) -> Self {
        self.agreement = agreement;
        self.blank = None;
        self
    }

    /// Says what the checks are: a sample of the inputs, unless said.
    #[must_use]
    pub fn pool(mut self, pool: Pool) -> Self {
        self.pool = pool;
        self
    }

    /// Reports progress.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// What this client remembers of its batches with the server.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Goes on with a session that an earlier client with the same checks, in the same order, had with
    /// the same server.
    ///
    /// # Errors
    ///
    /// [`Misuse::OtherPool`] if its pool had another number of checks, [`Misuse::SpoiltSession`] if it is
    /// none that a client stored.
    pub fn resume(mut self, session: Session) -> Result<Self, Misuse> {
        session.fits(self.checks.len(), self.policy.targets())?;
        self.session = session;
        Ok(self)
    }

    /// Lets this client run again after a run that the server may have ended
    /// ([`Error::may_retry`] is `false`), which it refuses otherwise.
    ///
    /// # Security
    ///
    /// Asking again tells the server how the run ended for you: one bit, which a server that deviates
    /// on purpose can make depend on your queries. Do not ask the same queries of the same server
    /// again; with another server, or other queries that do not depend on these, nothing is told.
    pub fn unlatch(&mut self) {
        self.latched = false;
    }

    /// Makes the order of slots and the choice of checks those of a seed, for tests that repeat a run.
    #[cfg(feature = "test-kit")]
    #[must_use]
    pub fn order_from_seed(mut self, seed: u64) -> Self {
        self.set_order_seed(seed);
        self
    }

    #[cfg(feature = "test-kit")]
    fn set_order_seed(&mut self, seed: u64) {
        self.order_seed = Some(seed);
    }

    /// Makes the next batch the first of a session again, with the order and the checks of a seed.
    #[cfg(feature = "test-kit")]
    pub(crate) fn rewind(&mut self, seed: u64) {
        self.set_order_seed(seed);
        self.session = Session::new(self.checks.len());
        self.latched = false;
    }

    /// Runs one batch and gives one verified answer per query, in order. The setup stage runs in
    /// the first batch on a connection.
    ///
    /// `rng` is what the protocol's phases draw from. The order of slots and the choice of checks come
    /// from the operating system as well, so that a generator which somebody else can know or repeat
    /// does not give them away.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] if the verdict is "rejected"; [`Error::Misuse`], before anything is sent, if
    /// the batch would be weaker than the policy, the policy weaker than the protocol's declaration, or
    /// a query or check is none that the protocol can take; otherwise what failed. Every error
    /// but misuse makes the connection unusable; only one that ends the run early closes it at once.
    ///
    /// # Security
    ///
    /// All executions run to the end, the verdict is computed once after the last message, and
    /// nothing that is sent depends on it. An error (or a panic) of the protocol's own code in the
    /// client's last step is sealed like an answer that agrees with nothing. What the caller does next
    /// may depend on the verdict: see [`Error::may_retry`].
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
    /// the connection unusable and the client latched.
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
        caught(|| whole.compared(&self.agreement)).map_err(|message| {
            let reason = format!("the agreement panicked on an answer that it compared: {message}");
            Error::Internal { place: Place::handshake(), reason }
        })
    }

    /// As [`infer_async`](Self::infer_async), with whole answers, whatever of them was compared.
    pub(crate) async fn infer_whole<R: CryptoRng + ?Sized>(
        &mut self,
        connection: &mut Connection,
        context: &P::ClientContext,
        queries: &[P::Query],
        rng: &mut R,
    ) -> Result<Verified<Vec<P::Output>>, Error<P::ClientError>> {
        if self.latched {
            return Err(Misuse::Latched.into());
        }
        let parameters = self.parameters(queries.len())?;
        connection.usable()?;
        self.validate(context, queries)?;
        let chosen = self.deal(parameters, rng)?;
        let id = connection.id();
        let wire = connection.begin_run()?;
        self.setup.begin(!self.setup.is_from(id));
        let result = self.run(parameters, wire, context, queries, &chosen, rng).await;
        self.setup.end(id, result.is_ok());
        let end = End::of(&result);
        // What set it is the handshake, and until setup is over nothing was looked at.
        self.latched &= result.as_ref().is_err_and(|error| !error.may_retry());
        connection.end_run(end);
        result
    }

    fn parameters(&self, queries: usize) -> Result<Parameters, Misuse> {
        self.policy.covers(&P::DECLARATION)?;
        let (needed, available) = (self.policy.checks(), self.checks.len());
        if available < needed {
            return Err(Misuse::TooFewChecks { needed, available });
        }
        if self.checks.iter().any(Check::is_truth) && !self.policy.forgives_honest_errors() {
            return Err(Misuse::TruthWithoutSlack);
        }
        self.policy.parameters(queries)
    }

    /// All queries and checks, before anything is sent: an error names them as their owner does.
    fn validate(&self, context: &P::ClientContext, queries: &[P::Query]) -> Result<(), Misuse> {
        let party = &self.party;
        let ask = |of: Sample, what: &dyn Fn() -> Result<(), String>| {
            let answer = caught(what).unwrap_or_else(|panic| Err(format!("panicked: {panic}")));
            answer.map_err(|reason| Misuse::Invalid { of, reason })
        };
        for (index, query) in queries.iter().enumerate() {
            ask(Sample::Query(index), &|| P::validate_query(party, context, query))?;
        }
        for (index, check) in self.checks.iter().enumerate() {
            let of = Sample::Check(index);
            ask(of, &|| P::validate_query(party, context, check.sample()))?;
            if let Some(answer) = check.answer() {
                ask(of, &|| P::validate_answer(party, context, answer))?;
            }
        }
        Ok(())
    }

    /// Deals the checks of a batch. They are used up from here on, whatever becomes of it.
    fn deal<R: CryptoRng + ?Sized>(
        &mut self,
        parameters: Parameters,
        rng: &mut R,
    ) -> Result<Vec<usize>, Misuse> {
        let (needed, available) = (parameters.checks(), self.checks.len());
        let mut secret = self.secret(rng)?;
        let chosen = self.session.deal(needed, &mut secret);
        chosen.ok_or(Misuse::TooFewChecks { needed, available })
    }

    /// A generator for the order, or for the choice of checks.
    fn secret<R: CryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
    ) -> Result<chacha20::ChaCha20Rng, Misuse> {
        #[cfg(feature = "test-kit")]
        if let Some(seed) = &mut self.order_seed {
            *seed = seed.wrapping_add(1);
            return Ok(rand::SeedableRng::seed_from_u64(*seed));
        }
        entropy::secret(rng)
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

    async fn run<R: CryptoRng + ?Sized>(
        &mut self,
        parameters: Parameters,
        wire: &mut Wire,
        context: &P::ClientContext,
        queries: &[P::Query],
        chosen: &[usize],
        rng: &mut R,
    ) -> Result<Verified<Vec<P::Output>>, Error<P::ClientError>> {
        let report = self.blank_report(parameters);
        let mut phase_rng = PhaseRng::fork(rng);
        // 1. Read everything that goes into slots, so that no slot is the first to load a query.
        let checks: Option<Vec<_>> = chosen.iter().map(|&index| self.checks.get(index)).collect();
        let checks = checks.ok_or_else(lost_count)?;
        queries.iter().for_each(P::touch);
        checks.iter().for_each(|check| P::touch(check.sample()));

        // 2. Agree with the server on what runs. It learns N. From here on it may have caused whatever
        //    ends the run (docs/security.md, "The verdict").
        let slots = u32::try_from(parameters.slots()).map_err(|_| lost_count())?;
        let wish = Wish { mode: Mode::Hardened, slots, setup: self.setup.is_fresh() };
        let agreed = handshake::greet::<P>(wire, wish, &mut phase_rng).await?;
        self.latched = true;
        self.session.begin(parameters);

        // 3. Draw the order, which nobody can know before (docs/security.md, "Setting").
        let mix = Mix::shuffle(parameters, &mut self.secret(rng)?);
        let checks: Option<Vec<_>> = chosen.iter().map(|&index| self.checks.get(index)).collect();
        let checks = checks.ok_or_else(lost_count)?;
        let samples: Vec<&P::Query> = checks.iter().map(|check| check.sample()).collect();
        let slots = mix.arrange(queries, &samples).ok_or_else(lost_count)?;

        // 4. Run every slot to its end, whatever comes back: the server must not learn the verdict.
        if P::DECLARATION.privacy == Privacy::Malicious {
            let mut key = [0; 32];
            phase_rng.fill_bytes(&mut key);
            wire.link().listen_to_own(key);
        }
        let run = Batches { context, slots: &slots, lanes: agreed.lanes, seals: true };
        let (party, setup, observer) = (&mut self.party, &mut self.setup, &mut *self.observer);
        let ran = run_all::<P>(party, setup, wire, run, &mut phase_rng, observer).await?;

        // 5. Only now look: at what this client said, and at the answers, once ("The verdict").
        let query_in = |slot: u32| match mix.item_in(slot as usize) {
            Some(Item::Copy { query }) => Some(query),
            Some(Item::Check { .. }) | None => None,
        };
        let said = wire.link().take_said();
        if let Some(phase) = freshness::repeated(&said, parameters, query_in) {
            let phase = P::PHASES.get(usize::from(phase)).map_or("?", |phase| phase.client);
            return Err(Misuse::RepeatedRandomness { phase }.into());
        }
        let failures = ran.failures.into_iter().map(|Unread { slot, cause, .. }| {
            let of = match mix.item_in(slot)? {
                Item::Copy { query } => Sample::Query(query),
                Item::Check { check } => Sample::Check(*chosen.get(check)?),
            };
            Some(Failure { of, cause })
        });
        let failures: Option<Vec<_>> = failures.collect();
        let failures = failures.ok_or_else(lost_count)?;
        let answers = mix.unmix(ran.outputs.unseal()).ok_or_else(lost_count)?;
        let expected: Vec<_> = checks.iter().map(|check| &check.expected).collect();
        let classes =
            classes(&mut self.classes, &self.checks, chosen, |samples| P::classes(samples));
        let distinct =
            classes.as_ref().map(|classes| classes.iter().collect::<BTreeSet<_>>().len());
        let known_as = classes.unwrap_or_else(|| chosen.to_vec());
        let (session, policy) = (&mut self.session, &self.policy);
        let pool = self.pool;
        let report = Report { costs: ran.costs, ..report };
        let judged =
            judge(answers, &expected, &self.agreement, ran.mismatch, report, |seen, report| {
                let checks = known_as.iter().copied().zip(seen.right.iter().copied());
                let standing = session.judge(checks, policy.targets());
                report.tell_session(session, pool, distinct, policy);
                match (standing, policy.targets(), policy.cap().map(NonZeroU64::get)) {
                    (Some(Standing::Rejected), Some(targets), _) => {
                        Some(report.session_accuracy(targets))
                    }
                    (_, _, Some(cap)) if session.wrong() >= cap => {
                        Some(Rejection::SessionCap { wrong: session.wrong(), cap })
                    }
                    _ => None,
                }
            });
        self.session.end(judged.is_ok());
        judged.map_err(|(reason, report)| Error::Rejected { reason, report, failures })
    }
}

/// Which checks of a pool have equal samples.
enum Classes {
    Unknown,
    /// Samples cannot be compared.
    None,
    /// A number for each check, the same for equal ones.
    Known(Vec<usize>),
}

/// The classes of the chosen checks, if samples can be compared.
fn classes<Q, O>(
    known: &mut Classes,
    pool: &[Check<Q, O>],
    chosen: &[usize],
    compare: impl FnOnce(&[&Q]) -> Option<Vec<usize>>,
) -> Option<Vec<usize>> {
    if matches!(known, Classes::Unknown) {
        let samples: Vec<&Q> = pool.iter().map(Check::sample).collect();
        let compared = caught(|| compare(&samples)).ok().flatten();
        let whole = compared.filter(|classes| classes.len() == pool.len());
        *known = whole.map_or(Classes::None, Classes::Known);
    }
    let Classes::Known(classes) = known else { return None };
    chosen.iter().map(|&index| classes.get(index).copied()).collect()
}

/// What runs: inputs by slot.
pub(crate) struct Batches<'a, P: SemiHonest> {
    pub(crate) context: &'a P::ClientContext,
    pub(crate) slots: &'a [&'a P::Query],
    pub(crate) lanes: usize,
    /// Whether a slot whose last step fails is sealed rather than the end of the run.
    pub(crate) seals: bool,
}

/// What came of it.
pub(crate) struct Ran<P: SemiHonest> {
    pub(crate) outputs: Outputs<P::Output>,
    failures: Vec<Unread<P::ClientError>>,
    mismatch: Option<Place>,
    pub(crate) costs: Costs,
}

/// A slot whose answer the client's own code could not make sense of.
struct Unread<E> {
    slot: usize,
    place: Place,
    cause: Cause<E>,
}

impl<E> Unread<E> {
    fn into_error(self) -> Error<E> {
        let place = self.place;
        match self.cause {
            Cause::Error(source) => Error::Protocol { place, source },
            Cause::Panic(message) => Error::Panicked { place, message },
        }
    }
}

/// All steps on all slots, whatever is in them.
pub(crate) async fn run_all<P: SemiHonest>(
    party: &mut P::Client,
    setup: &mut Setup<P::ClientSetup>,
    wire: &mut Wire,
    run: Batches<'_, P>,
    rng: &mut PhaseRng,
    observer: &mut dyn Observer,
) -> Result<Ran<P>, Error<P::ClientError>> {
    let mut failures = Vec::new();
    let ran = run_slots::<P>(party, setup, wire, run, &mut failures, rng, observer).await;
    match (ran, failures.is_empty()) {
        (Ok((outputs, mismatch, costs)), _) => Ok(Ran { outputs, failures, mismatch, costs }),
        // A slot that failed could not go on as if it had not: that is what ended the run.
        (Err(Error::Io { .. } | Error::Misbehaved { .. }), false) => {
            Err(failures.swap_remove(0).into_error())
        }
        (Err(error), _) => Err(error),
    }
}

async fn run_slots<P: SemiHonest>(
    party: &mut P::Client,
    setup: &mut Setup<P::ClientSetup>,
    wire: &mut Wire,
    run: Batches<'_, P>,
    failures: &mut Vec<Unread<P::ClientError>>,
    rng: &mut PhaseRng,
    observer: &mut dyn Observer,
) -> Result<(Outputs<P::Output>, Option<Place>, Costs), Error<P::ClientError>> {
    let Batches { context, slots, lanes, seals } = run;
    let count = slots.len();
    let mut states: Vec<P::ClientState> = lanes::states(P::CLIENT_LANES, count);
    let mut outputs = Outputs::with_capacity(count);
    let mut forks: Vec<P::Client> = Vec::new();
    let mut walk = Walk::new(P::CLIENT_STEPS, P::PHASES, count, setup.is_fresh());
    while let Some(call) = walk.next(wire, observer) {
        if !call.once && forks.is_empty() {
            let fork = || (0..count).map_while(|_| P::fork_client(party)).collect();
            let place = wire.link().place();
            forks = caught(fork).map_err(|message| Error::Panicked { place, message })?;
        }
        let inputs = if call.online { slots } else { &[] };
        if call.lanes {
            let each = lanes::slots(&mut forks, &mut states, rng)?;
            lanes::run(wire, count, lanes, observer, |work, ended| {
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
        let step = inner::known(shared, P::client_step(call.step, &mut run));
        let cause = match caught_async(step).await {
            Ok(Ok(())) => {
                walk.done(wire, observer)?;
                continue;
            }
            Ok(Err(PhaseError::Protocol(error))) => Cause::Error(error),
            Ok(Err(error)) => return Err(explain(wire, error)),
            Err(message) => Cause::Panic(message),
        };
        let unread = Unread { slot: call.slot, place: wire.link().place(), cause };
        if let Some(fault) = wire.link().fault() {
            return Err(fault.into());
        }
        // The step's shape does not let it wait for the verdict, or the server waits for more.
        if !seals || !call.can_be_sealed() || !(call.local || wire.link().has_said_all()) {
            return Err(unread.into_error());
        }
        failures.push(unread);
        if !call.local {
            wire.wait(|link, cx| link.poll_end_failed_slot(cx)).await?;
        }
        outputs.fail(call.slot);
        walk.ended(wire, observer)?;
    }
    let (mismatch, costs) = wire.wait(|link, cx| link.poll_end_run(cx)).await?;
    Ok((outputs, mismatch, costs))
}

pub(crate) fn lost_count<E>() -> Error<E> {
    let reason = "the phases did not give exactly one answer per execution".into();
    Error::Internal { place: Place::handshake(), reason }
}
