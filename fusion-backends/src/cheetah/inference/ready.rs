//! What the server prepares for batches of some number of slots, and keeps for later ones.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::batch::Batch;
use super::error::CheetahError;
use crate::rlwe::{Set, Weights};

/// Everything that a model takes for some number of slots.
pub(super) struct Ready {
    pub(super) batch: Batch,
    pub(super) sets: Vec<Set>,
    /// For each layer, if it is linear.
    pub(super) layers: Vec<Option<LinearReady>>,
}

/// A linear layer: its weights as they are multiplied, and its biases.
pub(super) struct LinearReady {
    pub(super) weights: Weights,
    pub(super) bias: Vec<i64>,
    /// What transformed weights take, given back with them.
    pub(super) _room: Option<Taken>,
}

impl Ready {
    /// Weights and biases of a linear layer.
    pub(super) fn layer(&self, layer: usize) -> Option<(&Weights, &[i64])> {
        let LinearReady { weights, bias, .. } = self.layers.get(layer)?.as_ref()?;
        Some((weights, bias))
    }
}

/// For how many numbers of slots weights are kept, if there is room.
const KEPT: usize = 4;

/// What is ready, for several numbers of slots, the one used last at the end.
#[derive(Default)]
pub(super) struct Kept(Mutex<Vec<(usize, Place)>>);

/// Filled by whoever comes first; others that want the same wait for it, and nobody else does.
pub(super) type Place = Arc<Mutex<Option<Arc<Ready>>>>;

impl Kept {
    /// What is ready for so many slots; else what `make` makes.
    pub(super) fn get(
        &self,
        slots: usize,
        make: impl FnOnce() -> Result<Ready, CheetahError>,
    ) -> Result<Arc<Ready>, CheetahError> {
        let place = self.place(slots);
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = place.as_ref() {
            return Ok(ready.clone());
        }
        Ok(place.insert(Arc::new(make()?)).clone())
    }

    /// What is ready for so many slots, if it is: without waiting for whoever prepares it.
    pub(super) fn find(&self, slots: usize) -> Option<Arc<Ready>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, place) = all.iter().find(|(of, _)| *of == slots)?;
        place.try_lock().ok()?.clone()
    }

    /// Forgets what was used least recently, until there is as much room. Batches under way keep theirs.
    pub(super) fn make_room(&self, slots: usize, room: &Room, bytes: usize) {
        while room.left() < bytes {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(oldest) = all.iter().position(|(of, _)| *of != slots) else { return };
            let forgotten = all.remove(oldest);
            // It may take a while to free, and is no longer in the list.
            drop(all);
            drop(forgotten);
        }
    }

    fn place(&self, slots: usize) -> Place {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().position(|(of, _)| *of == slots);
        let entry = found.map(|at| all.remove(at)).unwrap_or_else(|| (slots, Place::default()));
        let place = entry.1.clone();
        all.push(entry);
        let forgotten = if all.len() > KEPT { Some(all.remove(0)) } else { None };
        drop(all);
        drop(forgotten);
        place
    }
}

/// Bytes for transformed weights, of all numbers of slots and on all connections together.
pub(super) struct Room {
    most: usize,
    taken: AtomicUsize,
}

/// Some of the [`Room`], until it is dropped.
pub(super) struct Taken {
    room: Arc<Room>,
    bytes: usize,
}

impl Room {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: AtomicUsize::new(0) })
    }

    pub(super) fn left(&self) -> usize {
        self.most.saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    /// `None` if there is not as much left.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Option<Taken> {
        let more = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.most);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Taken { room: self.clone(), bytes })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
