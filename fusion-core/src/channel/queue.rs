use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{ChannelError, deadline};

/// What may wait for a peer that does not read. Far more than a protocol has in flight, so two
/// parties that write at once do not stop each other, and still a bound on memory.
const BACKLOG: usize = 256 << 20;

/// A queue of frames between two threads, bounded in bytes, closed from either end.
#[derive(Clone, Default)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    closed: Option<ChannelError>,
}

impl Queue {
    /// Adds a frame. Waits only if [`BACKLOG`] is full, and no longer than `wait`.
    pub(super) fn push(&self, frame: Vec<u8>, wait: Duration) -> Result<(), ChannelError> {
        let mut state = self.lock();
        let mut stuck_at = state.bytes;
        let mut end = deadline(wait);
        loop {
            if let Some(reason) = &state.closed {
                return Err(reason.clone());
            }
            if state.bytes < BACKLOG {
                state.bytes = state.bytes.saturating_add(frame.len());
                state.frames.push_back(frame);
                self.0.changed.notify_all();
                return Ok(());
            }
            if state.bytes < stuck_at {
                stuck_at = state.bytes;
                end = deadline(wait);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ChannelError::NotReading { after: wait, waiting: state.bytes });
            }
            state = self.wait(state, left);
        }
    }

    /// Takes the oldest frame, waiting for one until the deadline (for ever without one). Frames
    /// that were queued before the queue was closed still come out.
    pub(super) fn pop(&self, wait: Option<Duration>) -> Result<Vec<u8>, ChannelError> {
        let deadline = wait.map(|wait| (wait, deadline(wait)));
        let mut state = self.lock();
        loop {
            if let Some(frame) = state.frames.pop_front() {
                state.bytes = state.bytes.saturating_sub(frame.len());
                self.0.changed.notify_all();
                return Ok(frame);
            }
            if let Some(reason) = &state.closed {
                return Err(reason.clone());
            }
            state = match deadline {
                None => self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some((wait, deadline)) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(ChannelError::Silent(wait));
                    }
                    self.wait(state, left)
                }
            };
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().frames.is_empty()
    }

    /// No more frames go in. The first reason stays.
    pub(super) fn close(&self, reason: ChannelError) {
        self.lock().closed.get_or_insert(reason);
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, left: Duration) -> MutexGuard<'a, State> {
        self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_does_not_read_is_reported_and_not_waited_for_for_ever() {
        let queue = Queue::default();
        let wait = Duration::from_millis(20);
        for _ in 0..4 {
            queue.push(vec![0; BACKLOG / 4], wait).unwrap();
        }
        let refused = queue.push(vec![0], wait);
        assert_eq!(refused, Err(ChannelError::NotReading { after: wait, waiting: BACKLOG }));
        queue.pop(None).unwrap();
        queue.push(vec![0], wait).unwrap();
    }

    #[test]
    fn frames_queued_before_closing_still_come_out() {
        let queue = Queue::default();
        queue.push(vec![7], Duration::ZERO).unwrap();
        queue.close(ChannelError::Closed);
        assert_eq!(queue.pop(None), Ok(vec![7]));
        assert_eq!(queue.pop(None), Err(ChannelError::Closed));
    }
}
