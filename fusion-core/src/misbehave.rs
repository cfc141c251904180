//! The misbehaving-peer kit (feature `test-kit`): servers that cheat, links that corrupt, and a
//! recorder of what passes. For tests and demonstrations of hardened protocols, ours or yours.

mod cheating;
mod link;

pub use cheating::{Cheat, Cheating, CheatingServer};
pub use link::{Corrupting, Event, Recorded, Recording};
