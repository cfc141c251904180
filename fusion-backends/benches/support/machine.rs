//! Two parties on this machine, and what they take of it.

use std::thread;

use fusion_core::channel::{Channel, Emulated, Network, memory_pair};

pub(crate) fn emulated(network: Network) -> (impl Channel, impl Channel) {
    let (left, right) = memory_pair();
    (Emulated::new(left, network), Emulated::new(right, network))
}

/// Runs both parties, each on a thread of its own.
pub(crate) fn both<A: Send, B: Send>(
    client: impl FnOnce() -> A + Send,
    server: impl FnOnce() -> B + Send,
) -> (A, B) {
    thread::scope(|scope| {
        let (client, server) = (scope.spawn(client), scope.spawn(server));
        (client.join().expect("the client is fine"), server.join().expect("the server is fine"))
    })
}

/// Whether a row is among those that the words on the command line choose: all of them name it.
pub(crate) fn is_chosen(names: &[&str]) -> bool {
    let mut chosen = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    chosen.all(|word| names.iter().any(|name| name.eq_ignore_ascii_case(&word)))
}

/// Seconds that this thread has had a processor, where the system tells: others may have it too.
pub(crate) fn busy() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.map_or(f64::NAN, |nanoseconds| nanoseconds / 1e9)
}

/// The peak of memory starts anew, where the system can do that.
pub(crate) fn forget_peak() {
    _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process has had at once, in MiB, with both parties and what is between.
pub(crate) fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kibibytes.map_or(f64::NAN, |kibibytes| kibibytes / 1024.0)
}
