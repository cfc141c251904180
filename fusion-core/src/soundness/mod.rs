//! The execution bound (guarantee E): exact, in big integers.
//!
//! Mix-and-check (NDSS 2023, arXiv 2205.03040). A server that makes the slots of any set S wrong
//! survives with at least one wrong query with probability at most
//!
//! ```text
//! max over s of  sum over c >= 1, 0 <= k <= slack, c*B + k = s  of  C(R,c) * C(T,k) / C(N,s)
//! ```
//!
//! because S must be all copies of c queries plus k checks that the slack forgives, and all
//! C(N,s) places of s slots are equally likely.

mod bound;
mod parameters;
mod search;

pub use bound::Survival;
pub use parameters::{MAX_SLOTS, ParameterError, Parameters};
pub use search::cheapest;
