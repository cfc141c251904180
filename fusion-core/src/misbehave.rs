//! The misbehaving-peer kit (feature `test-kit`), for tests and demonstrations of hardened protocols,
//! ours or yours: servers that cheat ([`Cheating`]), links on which things go wrong ([`Faulty`]), and
//! a recorder of what passes ([`Recorded`]). [`testing`](crate::testing) runs all of it on a protocol.

mod cheating;
mod fault;
mod plot;
mod record;

pub use cheating::{Cheating, CheatingServer};
pub use fault::{At, Fault, Faulty};
pub use plot::Cheat;
pub use record::{Event, Recorded, Recording};
