//! Fuzz targets, one for each decoder of bytes from a peer. `cargo xtask fuzz` builds and runs them.
//!
//! A target plays a peer. It has recorded what an honest one says, with fixed seeds, and the
//! fuzzer's input spoils that ([`Script`]), because random bytes would not get past the first hash.
//! Whatever the peer says: no panic, no overflow, bounded memory, and either success or an error that
//! blames the peer.
//!
//! A new target is a function from [`Script`] to [`Ended`], and a line in [`TARGETS`].
#![no_main]

mod additive;
mod channels;
mod drivers;
mod inference;
mod layers;
mod model;
mod ot;
mod peer;
mod rlwe;
mod script;

use std::{alloc::System, backtrace::Backtrace, sync::OnceLock};

use cap::Cap;
use libfuzzer_sys::fuzz_target;

use crate::script::Script;

/// How a run ended, if the program is right.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended {
    /// The peer was taken for an honest one.
    Well,
    /// The peer was blamed.
    Refused,
}

/// A decoder.
struct Target {
    name: &'static str,
    run: fn(&mut Script<'_>) -> Ended,
}

pub(crate) const MIB: usize = 1 << 20;

const TARGETS: &[Target] = &[
    Target { name: "ot-setup", run: ot::setup::run },
    Target { name: "ot-chunk", run: ot::chunk::run },
    Target { name: "ot-answers", run: ot::answers::run },
    Target { name: "ot-silent", run: ot::silent::run },
    Target { name: "layers", run: layers::run },
    Target { name: "rlwe", run: rlwe::run },
    Target { name: "inference", run: inference::run },
    Target { name: "client", run: drivers::client },
    Target { name: "server", run: drivers::server },
    Target { name: "client-lanes", run: drivers::client_in_lanes },
    Target { name: "server-lanes", run: drivers::server_in_lanes },
    Target { name: "plain-client", run: drivers::plain_client },
    Target { name: "plain-server", run: drivers::plain_server },
    Target { name: "client-stream", run: drivers::client_of_a_stream },
    Target { name: "tcp", run: channels::tcp },
    Target { name: "emulated", run: channels::emulated },
    Target { name: "additive-client", run: additive::client },
    Target { name: "additive-server", run: additive::server },
    Target { name: "additive-dealer", run: additive::dealer },
    Target { name: "model", run: model::run },
];

/// The variable that names the target; `list` prints the names of all.
const VARIABLE: &str = "FUSION_FUZZ_TARGET";

/// Fails an allocation beyond the limit, which ends the process like a panic does.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(
    init: start(),
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(&mut Script::new(input));
        }
    }
);

/// Finds the target, and sees that the honest peer still is one.
fn start() {
    let name = std::env::var(VARIABLE).unwrap_or_default();
    if name == "list" {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        std::process::exit(0);
    }
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        eprintln!("{VARIABLE}: no target `{name}`; see `cargo xtask fuzz --help`");
        std::process::exit(1);
    };
    // Whoever tells of a panic needs memory, and does not return.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = MEMORY.set_limit(usize::MAX);
        eprintln!("{}", Backtrace::force_capture());
        tell(panic);
    }));
    assert_eq!((target.run)(&mut Script::new(&[])), Ended::Well, "an honest peer is refused");
    TARGET.get_or_init(|| target);
}

/// Runs what a peer can make take memory, so many bytes at most: what the recordings take, and the
/// script, does not count.
pub(crate) fn within<T>(memory: usize, run: impl FnOnce() -> T) -> T {
    // Neither can fail, since both limits are above what is allocated.
    let _ = MEMORY.set_limit(MEMORY.allocated().saturating_add(memory));
    let result = run();
    let _ = MEMORY.set_limit(usize::MAX);
    result
}
