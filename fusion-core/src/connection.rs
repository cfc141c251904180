use std::{
    io,
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{
    channel::{Channel, MemoryChannel, TcpChannel, memory_pair},
    error::{Error, Place},
    policy::Misuse,
    protocol::{Phase, PhaseError, Stage},
    report::Costs,
    transcript::ALL_SLOTS,
    wire::{Limits, Link, PhasePlan, Wire},
};

/// A connection to the peer, over any [`Channel`].
///
/// A run that fails closes it: the peer learns no more than that.
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
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { wire: Wire::new(Link::new(Box::new(channel), limits)), id }
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
        let mut link = self.wire.link();
        if !link.is_open() {
            return Err(Misuse::ConnectionClosed);
        }
        link.begin_run();
        drop(link);
        Ok(&mut self.wire)
    }

    /// Tells the connections of a process apart.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Closes the connection without a word.
    pub fn close(&mut self) {
        self.wire.link().close();
    }
}

/// What happens in a run, for progress bars and logs. It must not reach the peer.
pub trait Observer {
    /// A phase begins; it calls the protocol `calls` times.
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

/// Runs all phases on all slots, in order, and gives the first phase in which the transcripts
/// differ. Setup runs only if it is `fresh`. Both parties' drivers are this function.
pub(crate) fn run_phases<E>(
    wire: &mut Wire,
    phases: &'static [Phase],
    slots: usize,
    fresh: bool,
    observer: &mut dyn Observer,
    mut call: impl FnMut(usize, usize, &mut Wire) -> Result<(), PhaseError<E>>,
) -> Result<(Option<Place>, Costs), Error<E>> {
    let due = |phase: &Phase| fresh || phase.stage != Stage::Setup;
    for (index, phase) in phases.iter().enumerate().filter(|(_, phase)| due(phase)) {
        let plan = PhasePlan { index: index as u16, phase: *phase };
        let calls = if phase.runs_once() { 1 } else { slots };
        let _span = tracing::debug_span!("phase", name = phase.client, calls).entered();
        observer.phase(phase, calls);
        wire.link().begin_phase(plan);
        for slot in 0..calls {
            wire.link().begin_slot(if phase.runs_once() { ALL_SLOTS } else { slot as u32 });
            call(index, slot, wire).map_err(|error| explain(wire, error))?;
            wire.link().end_slot()?;
            observer.call_done();
        }
        wire.link().end_phase()?;
    }
    Ok(wire.link().end_run()?)
}

/// If the wire failed first, that is the reason: the protocol only saw an `io::Error`.
fn explain<E>(wire: &Wire, error: PhaseError<E>) -> Error<E> {
    let link = wire.link();
    match (link.fault(), error) {
        (Some(fault), _) => fault.into(),
        (None, PhaseError::Protocol(source)) => Error::Protocol { place: link.place(), source },
        (None, PhaseError::State(error)) => Error::from_state(link.place(), error),
    }
}
