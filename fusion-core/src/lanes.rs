//! Lanes: several slots of a phase under way at once over one connection, so that their rounds
//! overlap.
//!
//! A phase in lanes takes the connection apart. Every slot gets a [`Wire`](crate::Wire) of its own,
//! with a transcript and costs of its own; a [`Hub`](hub::Hub) brings frames to the slot that their
//! label names. Each lane is a thread that takes the lowest slot that nobody has taken, runs it to
//! its end and takes the next. When all are done, the connection is put together again, and its
//! transcript takes the slots' digests in slot order.
//!
//! # Why parties in lanes never wait for each other in a circle
//!
//! Whatever the two numbers of lanes are, take the lowest slot that is not yet done at both
//! parties. Each party has finished all slots below it and takes slots in increasing order, so it
//! has finished this one or runs it now: a lane that ran a higher one would have taken this one
//! first. Both ends of the slot are alone with each other then, as they would be without lanes:
//! sending never waits for the peer ([`Channel`](crate::Channel)), and a frame for another slot that
//! comes first goes to that slot's inbox and holds nothing up. So the slot comes to its end, and the
//! argument holds for the next. Inboxes are bounded, but a full one is an error, not a wait.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod cost;
mod hub;
mod parties;
mod work;

pub(crate) use self::{
    hub::Port,
    parties::{slots, states},
    work::run,
};
pub use self::{
    parties::{ClientLanes, ServerLanes},
    work::MAX_LANES,
};

#[cfg(feature = "test-kit")]
pub(crate) use self::parties::Around;
