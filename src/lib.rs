//! Makes semi-honest two-party inference protocols safe against a malicious server.
//!
//! A client with a private input asks a server with a private model. Put [`harden`] on the protocol's
//! struct and on the `impl` block that holds its phases, and mark these with [`client`] and [`server`]:
//! the struct `Toy` gets a `ToyClient` and a `ToyServer`. The client runs every query several times,
//! mixed with checks whose answers it knows, in an order that it alone knows; answers come out only if
//! all copies agree and the checks are right. Method: mix-and-check, NDSS 2023, arXiv 2205.03040.
//!
//! | to | see |
//! | --- | --- |
//! | annotate a protocol | [`harden`], and `docs/annotating.md` in the repository |
//! | choose how many copies and checks | [`Policy::against_any_server`], [`Policy::plan`], [`Planner`] |
//! | say what the client knows | [`Check::model_answer`], [`Check::truth`], [`Pool`] |
//! | ask, and serve | [`Client::infer`], [`Server::serve`], [`Connection`] |
//! | read what came of it | [`Verified`], [`Report`], [`Error::may_retry`], [`Session`] |
//! | write by hand what the attribute writes | [`SemiHonest`], [`ClientSide`], [`ServerSide`] |
//!
//! What a report promises rests on what the protocol's author states: that inputs are hidden even from a
//! server that deviates ([`Declaration::privacy`]), and that executions are isolated
//! ([`Declaration::executions`]). Without both, copies and checks bound only servers that run the
//! protocol with another model. `docs/security.md` in the repository has the proofs.
//!
//! ```
//! // Whatever the server does: each of 16 answers is wrong and accepted with at most 1%.
//! let policy = fusion::Policy::against_any_server("1%".parse()?, 40, 16)?;
//! assert_eq!((policy.copies(), policy.checks()), (8, 46));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub use fusion_core::*;
pub use fusion_macros::{client, harden, phase, server};

/// The README's programs run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
