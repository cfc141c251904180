//! The work of a phase in lanes: slots are taken in order, run side by side, and put in order.

use std::{
    iter::Enumerate,
    panic,
    sync::{Arc, Mutex, PoisonError},
    thread,
    vec::IntoIter,
};

use super::hub::{Hub, Port};
use crate::{
    channel::ChannelError,
    connection::{Observer, caught, explain},
    error::{Error, Fault},
    protocol::PhaseError,
    report::PhaseCost,
    transcript::ALL_SLOTS,
    wire::{Common, Link, SlotEnd, Wire},
};

/// No party has more slots under way at once.
pub const MAX_LANES: usize = 64;

/// A phase that runs in lanes: what all of them share.
pub(crate) struct Work<'a> {
    hub: Arc<Hub>,
    common: Common,
    /// How many of a party's lanes the peer has, too.
    most: usize,
    call_done: &'a (dyn Fn() + Sync),
}

/// What a phase in lanes leaves for the connection's own transcript and costs.
#[derive(Default)]
pub(crate) struct Ended {
    slots: Vec<SlotEnd>,
    cost: Option<PhaseCost>,
}

/// Takes the connection apart for a phase, has it run, and puts the connection together again.
pub(crate) fn run<E>(
    wire: &Wire,
    slots: usize,
    most: usize,
    observer: &mut dyn Observer,
    phase: impl FnOnce(&Work<'_>, &mut Ended) -> Result<(), Error<E>>,
) -> Result<(), Error<E>> {
    let (parts, common) = wire.link().take_apart()?;
    let hub = Arc::new(Hub::new(parts, common, slots));
    let observer = Mutex::new(observer);
    let call_done = || observer.lock().unwrap_or_else(PoisonError::into_inner).call_done();
    let work = Work { hub, common, most, call_done: &call_done };
    let mut ended = Ended::default();
    phase(&work, &mut ended)?;
    let Some(parts) = work.hub.take_parts() else { return Err(lost_count(common)) };
    let cost = ended.cost.unwrap_or_else(|| PhaseCost::new(None));
    wire.link().put_together(parts, ended.slots, cost);
    Ok(())
}

/// The slots that nobody has taken yet.
type Queue<S> = Mutex<Enumerate<IntoIter<S>>>;

/// What became of the slots that one lane ran.
struct Lane<T, E> {
    results: Vec<(usize, T)>,
    ended: Vec<SlotEnd>,
    cost: PhaseCost,
    failed: Option<(usize, Error<E>)>,
}

impl Work<'_> {
    /// Runs all slots, in so many lanes; the results in slot order.
    pub(super) fn concurrently<S: Send, T: Send, E: Send>(
        &self,
        ended: &mut Ended,
        lanes: usize,
        slots: Vec<S>,
        call: impl Fn(usize, S, &mut Wire) -> Result<T, PhaseError<E>> + Sync,
    ) -> Result<Vec<T>, Error<E>> {
        let count = slots.len();
        let queue = Mutex::new(slots.into_iter().enumerate());
        let lane = || self.lane(&queue, &call);
        let others = lanes.min(self.most).min(MAX_LANES).min(count).saturating_sub(1);
        let lanes = thread::scope(|scope| {
            let spawned = (0..others).map_while(|_| {
                // With fewer threads than wished for there are fewer lanes.
                thread::Builder::new().name("fusion-lane".into()).spawn_scoped(scope, lane).ok()
            });
            let spawned: Vec<_> = spawned.collect();
            let mut lanes = vec![lane()];
            for other in spawned {
                lanes.push(other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)));
            }
            lanes
        });
        self.collect(ended, count, lanes)
    }

    /// Runs all slots on this thread.
    pub(super) fn one_by_one<S, T, E>(
        &self,
        ended: &mut Ended,
        slots: Vec<S>,
        call: impl Fn(usize, S, &mut Wire) -> Result<T, PhaseError<E>>,
    ) -> Result<Vec<T>, Error<E>> {
        let count = slots.len();
        let queue = Mutex::new(slots.into_iter().enumerate());
        self.collect(ended, count, vec![self.lane(&queue, &call)])
    }

    /// Runs the lowest slot that nobody has taken, until there is none or a lane has failed.
    fn lane<S, T, E>(
        &self,
        queue: &Queue<S>,
        call: &impl Fn(usize, S, &mut Wire) -> Result<T, PhaseError<E>>,
    ) -> Lane<T, E> {
        let cost = PhaseCost::new(None);
        let mut lane = Lane { results: Vec::new(), ended: Vec::new(), cost, failed: None };
        let mut listening = false;
        while !self.hub.is_stopped()
            && let Some((slot, own)) = next(queue)
        {
            let guard = StopOnPanic(&self.hub);
            let label = u32::try_from(slot).unwrap_or(u32::MAX);
            let port = Port::new(self.hub.clone(), label);
            let mut wire = Wire::new(Link::of_slot(&self.common, port, label, listening));
            let result = match caught(|| call(slot, own, &mut wire)) {
                Ok(Ok(result)) => self.end(&wire, label).map(|()| result).map_err(Error::from),
                Ok(Err(error)) => Err(explain(&wire, error)),
                Err(message) => Err(Error::Panicked { place: wire.link().place(), message }),
            };
            drop(guard);
            let (end, cost, still_listening) = wire.link().end_of_slot(label);
            lane.cost.then(cost);
            listening = still_listening;
            match result {
                Ok(result) => {
                    lane.results.push((slot, result));
                    lane.ended.push(end);
                    (self.call_done)();
                }
                Err(error) => {
                    // What stopped this lane is another's to report.
                    if !matches!(error, Error::Io { source: ChannelError::Stopped, .. }) {
                        lane.failed = Some((slot, error));
                    }
                    self.hub.stop();
                    break;
                }
            }
        }
        lane
    }

    fn end(&self, wire: &Wire, slot: u32) -> Result<(), Fault> {
        wire.link().end_slot()?;
        self.hub.finish(slot)
    }

    fn collect<T, E>(
        &self,
        ended: &mut Ended,
        count: usize,
        lanes: Vec<Lane<T, E>>,
    ) -> Result<Vec<T>, Error<E>> {
        if let Some(fault) = self.hub.fault() {
            return Err(fault.into());
        }
        let mut cost = PhaseCost::new(None);
        let mut results = Vec::with_capacity(count);
        let mut failed = Vec::new();
        for lane in lanes {
            cost.beside(lane.cost);
            results.extend(lane.results);
            ended.slots.extend(lane.ended);
            failed.extend(lane.failed);
        }
        if let Some((_, error)) = failed.into_iter().min_by_key(|(slot, _)| *slot) {
            return Err(error);
        }
        if results.len() != count {
            return Err(lost_count(self.common));
        }
        ended.slots.sort_by_key(|end| end.slot);
        ended.cost = Some(cost);
        results.sort_by_key(|(slot, _)| *slot);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}

/// A panic in a lane goes on when all lanes have ended; the others must not wait for its slot.
struct StopOnPanic<'a>(&'a Hub);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

fn next<S>(queue: &Queue<S>) -> Option<(usize, S)> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

fn lost_count<E>(common: Common) -> Error<E> {
    let place = common.plan.place(ALL_SLOTS);
    Error::Internal { place, reason: "the lanes did not run every slot".into() }
}
