//! Protocols in surroundings that are hard on generated code. Each gives the right answers with an
//! honest server, and catches one that cheats.

#![allow(clippy::unwrap_used, missing_docs)]
#![deny(
    future_incompatible,
    non_ascii_idents,
    rust_2018_compatibility,
    rust_2021_compatibility,
    rust_2024_compatibility
)]

#[path = "robust/collisions.rs"]
mod collisions;
#[path = "robust/from_macros.rs"]
mod from_macros;
#[path = "robust/generics.rs"]
mod generics;
#[path = "robust/lints.rs"]
mod lints;
#[path = "robust/no_prelude.rs"]
mod no_prelude;
#[path = "robust/renamed.rs"]
mod renamed;
#[path = "robust/run.rs"]
mod run;

#[test]
fn protocols_under_all_lints_work() {
    use lints::{Answerer, Asker, Stages};
    let instances = || ((), Stages::new(&[3, 4]));
    run::agrees_and_catches::<Stages<'_, i32>>(instances, (&1, &()), |x| 7 * x + 1);
    let instances = || (Asker { link: None }, ());
    run::agrees_and_catches::<Asker>(instances, (&(), &()), |x| 7 * x);
    let _ = Answerer;
}
