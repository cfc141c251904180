use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rand::seq;

use crate::{error::Place, protocol::Stage, rng::PhaseRng, wire::Mischief};

/// How a server cheats.
///
/// A server that uses another model for everything, all the time or from some batch on, needs no
/// kit: pass another model as its context.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cheat {
    /// Sends something else than it should, online, in so many slots of its choice.
    Flip {
        /// How many.
        slots: usize,
    },
    /// The same in just these slots.
    FlipAt {
        /// Which.
        slots: Vec<usize>,
    },
    /// Mixes up, online, so many pairs of slots: in a batched phase each gets what belongs to the
    /// other, in a phase that runs slot by slot the later one gets what belonged to the earlier.
    Swap {
        /// How many.
        pairs: usize,
    },
    /// As [`Flip`](Self::Flip), in the slots in which the client has sent the smallest numbers
    /// before: it picks by all that it can see.
    Adapt {
        /// How many.
        slots: usize,
    },
    /// Stops answering, online, in one slot of its choice, and closes the connection.
    Fail,
    /// Reports other digests than it has, at the end of the phase with this index.
    LieAboutDigests {
        /// The phase.
        phase: usize,
    },
    /// Uses another model in so many slots of its choice, in phases that run slot by slot. Where one
    /// model is for all slots, in a batched phase or in lanes, it is honest.
    OtherModel {
        /// How many.
        slots: usize,
    },
}

/// What a cheating server keeps in mind; shared by all instances of one server.
pub(super) struct Plot {
    pub(super) cheat: Cheat,
    slots: usize,
    chosen: Option<Vec<usize>>,
    /// For each pair of slots what the earlier one was sent.
    seen: HashMap<usize, Vec<u8>>,
    /// For each slot the first number that the client sent in it.
    heard: HashMap<usize, u64>,
}

/// The plot, as the link asks it.
pub(super) struct Plotting(pub(super) Arc<Mutex<Plot>>);

impl Plot {
    pub(super) fn new(cheat: Cheat) -> Self {
        Self { cheat, slots: 0, chosen: None, seen: HashMap::new(), heard: HashMap::new() }
    }

    /// A batch begins, of which a server sees the number of slots.
    pub(super) fn begin(&mut self, slots: usize, rng: &mut PhaseRng) {
        self.slots = slots;
        if self.chosen.is_some() {
            return;
        }
        let some = |count: usize, rng: &mut PhaseRng| {
            Some(seq::index::sample(rng, slots, count.min(slots)).into_vec())
        };
        self.chosen = match &self.cheat {
            Cheat::Flip { slots } | Cheat::OtherModel { slots } => some(*slots, rng),
            Cheat::FlipAt { slots } => Some(slots.clone()),
            Cheat::Swap { pairs } => some(pairs.saturating_mul(2), rng),
            Cheat::Fail => some(1, rng),
            // Chosen when it has seen enough, or never.
            Cheat::Adapt { .. } | Cheat::LieAboutDigests { .. } => None,
        };
    }

    /// A batch is over: the next one is another occasion.
    pub(super) fn end(&mut self) {
        self.chosen = None;
        self.seen.clear();
        self.heard.clear();
    }

    pub(super) fn has_chosen(&self, slot: usize) -> bool {
        self.chosen.as_ref().is_some_and(|chosen| chosen.contains(&slot))
    }

    /// The slots with the smallest numbers, of what was heard so far.
    fn adapt(&mut self, count: usize) {
        if self.chosen.is_none() && self.heard.len() >= count {
            let mut slots: Vec<(u64, usize)> =
                self.heard.iter().map(|(slot, number)| (*number, *slot)).collect();
            slots.sort_unstable();
            self.chosen = Some(slots.into_iter().take(count).map(|(_, slot)| slot).collect());
        }
    }

    /// Notes the first number that a slot has sent.
    fn note(&mut self, slot: usize, bytes: &[u8]) {
        let number = bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        self.heard.entry(slot).or_insert(number);
    }

    fn spoil(&mut self, slot: Option<usize>, message: &mut [u8]) {
        match (&self.cheat, slot) {
            (Cheat::Flip { .. } | Cheat::FlipAt { .. } | Cheat::Adapt { .. }, Some(slot)) => {
                if self.has_chosen(slot) {
                    flip(message);
                }
            }
            (Cheat::Flip { .. } | Cheat::FlipAt { .. } | Cheat::Adapt { .. }, None) => {
                let length = message.len() / self.slots.max(1);
                for slot in self.chosen.iter().flatten() {
                    let part = slot * length..(slot + 1) * length;
                    flip(message.get_mut(part).unwrap_or_default());
                }
            }
            (Cheat::Swap { .. }, Some(slot)) => self.repeat(slot, message),
            (Cheat::Swap { .. }, None) => self.swap(message),
            (Cheat::Fail | Cheat::LieAboutDigests { .. } | Cheat::OtherModel { .. }, _) => {}
        }
    }

    fn swap(&self, message: &mut [u8]) {
        let length = message.len() / self.slots.max(1);
        for pair in self.chosen.iter().flat_map(|chosen| chosen.chunks_exact(2)) {
            if let &[left, right] = pair {
                for byte in 0..length {
                    message.swap(left * length + byte, right * length + byte);
                }
            }
        }
    }

    fn repeat(&mut self, slot: usize, message: &mut [u8]) {
        let chosen = self.chosen.as_deref().unwrap_or_default();
        let Some(pair) = chosen.iter().position(|&other| other == slot).map(|at| at / 2) else {
            return;
        };
        match self.seen.get(&pair) {
            Some(earlier) if earlier.len() == message.len() => message.copy_from_slice(earlier),
            _ => {
                self.seen.insert(pair, message.to_vec());
            }
        }
    }
}

impl Mischief for Plotting {
    fn heard(&mut self, place: Place, bytes: &[u8]) {
        let mut plot = lock(&self.0);
        match place.slot() {
            Some(slot) => plot.note(slot, bytes),
            None => {
                let length = bytes.len() / plot.slots.max(1);
                for (slot, part) in bytes.chunks_exact(length.max(1)).take(plot.slots).enumerate() {
                    plot.note(slot, part);
                }
            }
        }
    }

    fn message(&mut self, place: Place, message: &mut [u8]) {
        let mut plot = lock(&self.0);
        if place.stage() == Some(Stage::Online) {
            if let Cheat::Adapt { slots } = plot.cheat {
                plot.adapt(slots);
            }
            plot.spoil(place.slot(), message);
        }
    }

    fn digest(&mut self, place: Place, digest: &mut [u8; 32]) {
        let plot = lock(&self.0);
        if matches!(plot.cheat, Cheat::LieAboutDigests { phase } if place.phase() == Some(phase)) {
            flip(digest);
        }
    }
}

fn flip(part: &mut [u8]) {
    part.iter_mut().for_each(|byte| *byte ^= 0x55);
}

pub(super) fn lock(plot: &Mutex<Plot>) -> MutexGuard<'_, Plot> {
    plot.lock().unwrap_or_else(PoisonError::into_inner)
}
