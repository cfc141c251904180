use std::{
    any::Any,
    future::poll_fn,
    io,
    net::TcpStream,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use crate::{
    channel::{Carrier, Channel, MemoryChannel, PollChannel, TcpChannel, memory_pair},
    error::{Error, Fault},
    policy::Misuse,
    protocol::{Phase, PhaseError, Stage, Step},
    transcript::ALL_SLOTS,
    wire::{Limits, Link, PhasePlan, Wire},
};

/// A connection to the peer, over any [`Channel`].
///
/// A run that fails on the way closes it: the peer learns no more than that. A run that ends with
/// a rejection does not, because the peer must not learn the verdict: drop the connection when you
/// would have dropped it anyway.
pub struct Connection {
    wire: Wire,
    id: u64,
}

impl Connection {
    /// A connection over `channel`, with the default [`Limits`].
    pub fn new(channel: impl Channel) -> Self {
        Self::with_limits(channel, Limits::default())
    }

    /// A connection over `channel` that waits no longer than `limits`.
    pub fn with_limits(channel: impl Channel, limits: Limits) -> Self {
        Self::over(Carrier::Blocking(Box::new(channel)), limits)
    }

    /// A connection that is polled instead of waited for: `infer_async` and `serve_async` run on
    /// it, on the caller's runtime.
    pub fn polled(channel: impl PollChannel, limits: Limits) -> Self {
        Self::over(Carrier::Polled(Box::new(channel)), limits)
    }

    /// A connection over any `AsyncRead + AsyncWrite`. `timer` is the runtime's own, for example
    /// `tokio::time::sleep`; it ends the wait for a peer that is silent.
    #[cfg(feature = "async")]
    pub fn futures<S, F>(
        stream: S,
        timer: impl FnMut(std::time::Duration) -> F + Send + 'static,
    ) -> Self
    where
        S: futures_io::AsyncRead + futures_io::AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::polled(crate::channel::FuturesChannel::new(stream, timer), Limits::default())
    }

    fn over(carrier: Carrier, limits: Limits) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { wire: Wire::new(Link::new(carrier, limits)), id }
    }

    /// A connection over a TCP socket.
    ///
    /// # Errors
    ///
    /// If the socket refuses its options.
    pub fn tcp(stream: TcpStream) -> io::Result<Self> {
        Ok(Self::new(TcpChannel::new(stream, Limits::default().message)?))
    }

    /// Two ends of a connection inside this process.
    #[must_use]
    pub fn pair() -> (Self, Self) {
        let (left, right): (MemoryChannel, MemoryChannel) = memory_pair();
        (Self::new(left), Self::new(right))
    }

    pub(crate) fn begin_run(&mut self) -> Result<&mut Wire, Misuse> {
        self.usable()?;
        self.wire.link().begin_run();
        Ok(&mut self.wire)
    }

    /// Whether a run can begin.
    pub(crate) fn usable(&self) -> Result<(), Misuse> {
        let link = self.wire.link();
        // One that was dropped on the way leaves the parties at different places.
        if !link.is_open() || link.is_running() || link.is_spent() {
            return Err(Misuse::ConnectionClosed);
        }
        Ok(())
    }

    /// Tells the connections of a process apart.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// A run that failed on the way closes the connection. One that came to its end leaves it open,
    /// whatever the verdict: closing it would tell the peer. After a rejection no other run is
    /// possible, and that shows only when the connection is dropped.
    pub(crate) fn end_run(&mut self, end: End) {
        match end {
            End::Failed => self.close(),
            End::Accepted | End::Rejected => self.wire.link().end(end == End::Accepted),
        }
    }

    /// Closes the connection without a word.
    pub fn close(&mut self) {
        self.wire.link().close();
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Accepted,
    /// After the last message.
    Rejected,
    Failed,
}

impl End {
    pub(crate) fn of<T, E>(result: &Result<T, Error<E>>) -> Self {
        match result {
            Ok(_) => Self::Accepted,
            // Found after the last message, from what must not reach the peer.
            Err(Error::Rejected { .. } | Error::Misuse(Misuse::RepeatedRandomness { .. })) => {
                Self::Rejected
            }
            Err(_) => Self::Failed,
        }
    }
}

/// What happens in a run, for progress bars and logs. It must not reach the peer.
pub trait Observer: Send {
    /// A phase or a local step begins; it calls the protocol `calls` times.
    fn phase(&mut self, phase: &Phase, calls: usize);

    /// One more call of the current phase is done.
    fn call_done(&mut self) {}
}

/// Watches nothing.
impl Observer for () {
    fn phase(&mut self, _phase: &Phase, _calls: usize) {}
}

/// What the setup stage left at one party, and on which connection.
pub(crate) struct Setup<S> {
    connection: Option<u64>,
    fresh: bool,
    pub(crate) left: S,
}

impl<S: Default> Default for Setup<S> {
    fn default() -> Self {
        Self { connection: None, fresh: true, left: S::default() }
    }
}

impl<S: Default> Setup<S> {
    /// Whether a batch on this connection can build on what is here.
    pub(crate) fn is_from(&self, connection: u64) -> bool {
        self.connection == Some(connection)
    }

    /// Begins a batch; what another connection left, or an earlier setup on this one, is dropped
    /// if setup is to run.
    pub(crate) fn begin(&mut self, fresh: bool) {
        if fresh {
            *self = Self::default();
        }
        self.fresh = fresh;
    }

    /// Ends a batch: only one that came to its end leaves something to build on.
    pub(crate) fn end(&mut self, connection: u64, succeeded: bool) {
        if succeeded {
            self.connection = Some(connection);
        } else {
            *self = Self::default();
        }
    }

    /// Whether setup runs in this batch.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }
}

/// Walks through all steps of a party on all slots, in order. Both parties' drivers do that.
pub(crate) struct Walk {
    steps: &'static [Step],
    phases: &'static [Phase],
    slots: usize,
    fresh: bool,
    step: usize,
    phase: usize,
    calls: usize,
    slot: usize,
}

/// A call that is due: a step, for a slot.
pub(crate) struct Call {
    pub(crate) step: usize,
    pub(crate) slot: usize,
    pub(crate) online: bool,
    /// Whether it is for all slots.
    pub(crate) once: bool,
    /// Whether it is for all slots, several of them at once.
    pub(crate) lanes: bool,
    /// Whether it exchanges no messages.
    pub(crate) local: bool,
    /// Whether it is the party's last step.
    pub(crate) last: bool,
}

impl Call {
    /// Whether an error in it can wait for the verdict: nothing that the party does later depends on
    /// what the step would have left.
    pub(crate) fn can_be_sealed(&self) -> bool {
        self.last && self.online && !self.once && !self.lanes
    }
}

impl Walk {
    /// Setup runs only if it is `fresh`.
    pub(crate) fn new(
        steps: &'static [Step],
        phases: &'static [Phase],
        slots: usize,
        fresh: bool,
    ) -> Self {
        Self { steps, phases, slots, fresh, step: 0, phase: 0, calls: 0, slot: 0 }
    }

    /// The next call; `None` after the last.
    pub(crate) fn next(&mut self, wire: &Wire, observer: &mut dyn Observer) -> Option<Call> {
        loop {
            let step = *self.steps.get(self.step)?;
            if step.stage == Stage::Setup && !self.fresh {
                self.leave(step);
                continue;
            }
            if self.slot == 0 {
                self.begin(step, wire, observer);
            }
            if self.slot == self.calls {
                self.leave(step);
                continue;
            }
            let (once, slot, lanes) = (step.runs_once(), self.slot, self.in_lanes(step));
            if !lanes {
                wire.link().begin_slot(if once { ALL_SLOTS } else { slot as u32 });
            }
            let (online, local) = (step.stage == Stage::Online, step.local);
            let last = self.step.saturating_add(1) == self.steps.len();
            return Some(Call { step: self.step, slot, online, once, lanes, local, last });
        }
    }

    /// Ends the call that was due.
    pub(crate) fn done(&mut self, wire: &Wire, observer: &mut dyn Observer) -> Result<(), Fault> {
        let step = self.steps.get(self.step);
        if step.is_some_and(|&step| !step.local && !self.in_lanes(step)) {
            wire.link().end_slot()?;
        }
        self.ended(wire, observer)
    }

    /// Goes on after a call whose slot is at its end on the wire, too.
    pub(crate) fn ended(&mut self, wire: &Wire, observer: &mut dyn Observer) -> Result<(), Fault> {
        let step = self.steps.get(self.step);
        let local = step.is_some_and(|step| step.local);
        if !step.is_some_and(|&step| self.in_lanes(step)) {
            observer.call_done();
        }
        self.slot = self.slot.saturating_add(1);
        if self.slot == self.calls && !local {
            wire.link().end_phase()?;
        }
        Ok(())
    }

    fn begin(&mut self, step: Step, wire: &Wire, observer: &mut dyn Observer) {
        let calls = if step.runs_once() { 1 } else { self.slots };
        self.calls = if self.in_lanes(step) { calls.min(1) } else { calls };
        let phase = match self.phases.get(self.phase) {
            Some(phase) if !step.local => {
                let index = u16::try_from(self.phase).unwrap_or(u16::MAX);
                wire.link().begin_phase(PhasePlan { index, phase: *phase });
                *phase
            }
            _ => {
                let local = Phase::alone(step);
                wire.link().begin_local(&local);
                local
            }
        };
        tracing::debug!(step = step.name, calls, "begins");
        observer.phase(&phase, calls);
    }

    /// Whether the lanes see to all slots of the step that is due.
    fn in_lanes(&self, step: Step) -> bool {
        !step.local && self.phases.get(self.phase).is_some_and(|phase| phase.lanes)
    }

    fn leave(&mut self, step: Step) {
        self.step = self.step.saturating_add(1);
        self.phase = self.phase.saturating_add(usize::from(!step.local));
        (self.slot, self.calls) = (0, 0);
    }
}

/// If the wire failed first, that is the reason: the protocol only saw an `io::Error`.
pub(crate) fn explain<E>(wire: &Wire, error: PhaseError<E>) -> Error<E> {
    let link = wire.link();
    match (link.fault(), error) {
        (Some(fault), _) => fault.into(),
        (None, PhaseError::Protocol(source)) => Error::Protocol { place: link.place(), source },
        (None, PhaseError::State(error)) => Error::from_state(link.place(), error),
    }
}

/// Runs code of the user's; a panic in it becomes its message. What it leaves half done is not used
/// again: the run, or the answer, has failed.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|panic| said(&*panic))
}

/// As [`caught`], for a future.
pub(crate) async fn caught_async<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match caught(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(message) => Poll::Ready(Err(message)),
    })
    .await
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").into()
}

/// Runs a future to its end on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
