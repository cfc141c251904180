//! Inner phases of a step: what `#[fusion::phase]` marks. They divide transcript and costs.

use std::{
    cell::RefCell,
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Instant,
};

use super::{Link, Wire, lock};
use crate::report::{InnerCost, PhaseCost};

thread_local! {
    /// The link of the step that runs on this thread.
    static CURRENT: RefCell<Option<Arc<Mutex<Link>>>> = const { RefCell::new(None) };
}

/// Runs a step with its link known to inner phases, wherever its future is polled.
pub(crate) async fn known<F: Future>(wire: Arc<Mutex<Link>>, step: F) -> F::Output {
    let mut step = pin!(step);
    std::future::poll_fn(move |cx| {
        let before = CURRENT.replace(Some(wire.clone()));
        let polled = step.as_mut().poll(cx);
        CURRENT.set(before);
        match polled {
            Poll::Ready(output) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// An inner phase that lasts until this is dropped. Outside of a hardened run it does nothing.
pub struct InnerPhase(Option<Arc<Mutex<Link>>>);

impl InnerPhase {
    /// Begins an inner phase of the step that runs on this thread.
    #[must_use]
    pub fn enter(name: &'static str) -> Self {
        let link = CURRENT.with_borrow(Clone::clone);
        if let Some(link) = &link {
            lock(link).enter(name);
        }
        Self(link)
    }
}

impl Drop for InnerPhase {
    fn drop(&mut self) {
        if let Some(link) = self.0.take() {
            lock(&link).leave();
        }
    }
}

impl Wire {
    pub(crate) fn shared(&self) -> Arc<Mutex<Link>> {
        self.reader.0.clone()
    }
}

/// The inner phases of the current slot.
#[derive(Default)]
pub(super) struct Inner {
    open: Vec<Open>,
    count: u16,
}

struct Open {
    number: u16,
    name: &'static str,
    began: Instant,
    sent: u64,
    received: u64,
    rounds: u64,
}

impl Inner {
    pub(super) fn begin_slot(&mut self) {
        self.open.clear();
        self.count = 0;
    }

    /// The number of the innermost one in its slot, from 1; 0 outside of all.
    pub(super) fn current(&self) -> u16 {
        self.open.last().map_or(0, |open| open.number)
    }

    pub(super) fn enter(&mut self, name: &'static str, cost: &PhaseCost) {
        // After 65,535 of them in one slot the rest share a number: a coarser transcript, no less.
        self.count = self.count.saturating_add(1);
        self.open.push(Open {
            number: self.count,
            name,
            began: Instant::now(),
            sent: cost.sent,
            received: cost.received,
            rounds: cost.rounds,
        });
    }

    pub(super) fn leave(&mut self, cost: &mut PhaseCost) {
        let Some(open) = self.open.pop() else { return };
        let at = cost.inner.iter().position(|inner| inner.name == open.name);
        let at = at.unwrap_or_else(|| {
            cost.inner.push(InnerCost::new(open.name));
            cost.inner.len().saturating_sub(1)
        });
        let (sent, received, rounds) = (cost.sent, cost.received, cost.rounds);
        if let Some(inner) = cost.inner.get_mut(at) {
            inner.sent = inner.sent.saturating_add(sent.saturating_sub(open.sent));
            inner.received = inner.received.saturating_add(received.saturating_sub(open.received));
            inner.rounds = inner.rounds.saturating_add(rounds.saturating_sub(open.rounds));
            inner.time = inner.time.saturating_add(open.began.elapsed());
        }
    }
}
