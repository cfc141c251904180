use std::{
    fmt, thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Channel, ChannelError, Incoming, Outgoing};

/// A network to emulate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    /// What each direction carries, in bits per second.
    pub bits_per_second: f64,
    /// How long a message and its answer are under way, apart from their length.
    pub round_trip: Duration,
}

impl Network {
    /// A local network: 3 Gbit/s, 0.3 ms.
    pub const LAN: Self = Self { bits_per_second: 3e9, round_trip: Duration::from_micros(300) };
    /// A wide network: 400 Mbit/s, 40 ms.
    pub const WAN: Self = Self { bits_per_second: 4e8, round_trip: Duration::from_millis(40) };

    fn time_of(self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 * 8.0 / self.bits_per_second)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, trip) = (self.bits_per_second / 1e6, self.round_trip.as_secs_f64() * 1e3);
        write!(f, "{rate} Mbit/s, {trip} ms round trip")
    }
}

/// A channel with a network in between. Both ends must be wrapped and share a clock, so they run
/// on one machine: each frame carries the time at which it arrives, and the receiver waits for it.
pub struct Emulated<C> {
    inner: C,
    pace: Pace,
    late: Late,
}

/// When what is sent arrives.
struct Pace {
    network: Network,
    link_free: Duration,
}

/// A frame that came and has not arrived yet, with its time of arrival.
#[derive(Default)]
struct Late(Option<(Duration, Vec<u8>)>);

struct Sender {
    inner: Box<dyn Outgoing>,
    pace: Pace,
}

struct Receiver {
    inner: Box<dyn Incoming>,
    late: Late,
}

impl<C: Channel> Emulated<C> {
    /// Puts `network` in front of `inner`.
    #[must_use]
    pub fn new(inner: C, network: Network) -> Self {
        Self { inner, pace: Pace { network, link_free: Duration::ZERO }, late: Late::default() }
    }
}

impl<C: Channel> Channel for Emulated<C> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.inner.send(self.pace.stamp(frame))
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let Self { inner, late, .. } = self;
        late.recv(wait, |wait| inner.recv(wait))
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        let Self { inner, pace, late } = *self;
        let (outgoing, incoming) = Box::new(inner).split();
        (Box::new(Sender { inner: outgoing, pace }), Box::new(Receiver { inner: incoming, late }))
    }
}

impl Outgoing for Sender {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.inner.send(self.pace.stamp(frame))
    }
}

impl Incoming for Receiver {
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let Self { inner, late } = self;
        late.recv(wait, |wait| inner.recv(wait))
    }
}

impl Pace {
    /// The frame with its time of arrival.
    fn stamp(&mut self, mut frame: Vec<u8>) -> Vec<u8> {
        let busy = self.network.time_of(frame.len());
        let sent = now().max(self.link_free).saturating_add(busy);
        self.link_free = sent;
        let arrival = sent.saturating_add(self.network.round_trip.div_f64(2.0));
        frame.extend_from_slice(&(arrival.as_nanos() as u64).to_le_bytes());
        frame
    }
}

impl Late {
    fn recv(
        &mut self,
        wait: Duration,
        inner: impl FnOnce(Duration) -> Result<Vec<u8>, ChannelError>,
    ) -> Result<Vec<u8>, ChannelError> {
        let end = now().saturating_add(wait);
        let (arrival, frame) = match self.0.take() {
            Some(late) => late,
            None => {
                let mut frame = inner(wait)?;
                let at = frame.len().checked_sub(8).ok_or(ChannelError::NotEmulated)?;
                let stamp = frame.split_off(at).try_into();
                let stamp = stamp.map_err(|_| ChannelError::NotEmulated)?;
                (Duration::from_nanos(u64::from_le_bytes(stamp)), frame)
            }
        };
        if arrival > end {
            self.0 = Some((arrival, frame));
            thread::sleep(end.saturating_sub(now()));
            return Err(ChannelError::Silent(wait));
        }
        thread::sleep(arrival.saturating_sub(now()));
        Ok(frame)
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::channel::memory_pair;

    #[test]
    fn frames_arrive_after_delay_and_length() {
        let network = Network { bits_per_second: 8e6, round_trip: Duration::from_millis(20) };
        let (left, right) = memory_pair();
        let mut left = Emulated::new(left, network);
        let mut right = Emulated::new(right, network);
        let start = Instant::now();
        left.send(vec![0; 10_000]).unwrap();
        left.send(vec![1; 10_000]).unwrap();
        right.recv(Duration::from_secs(5)).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(right.recv(Duration::from_secs(5)).unwrap(), vec![1; 10_000]);
        assert!(start.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn a_peer_without_emulation_is_told_apart() {
        let (mut left, right) = memory_pair();
        let mut right = Emulated::new(right, Network::LAN);
        left.send(vec![1, 2, 3]).unwrap();
        assert_eq!(right.recv(Duration::from_secs(1)), Err(ChannelError::NotEmulated));
    }
}
