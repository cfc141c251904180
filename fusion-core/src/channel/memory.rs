use std::time::Duration;

use super::{Channel, ChannelError, queue::Queue};

/// One end of a connection inside a process, for tests and examples.
pub struct MemoryChannel {
    outgoing: Queue,
    incoming: Queue,
}

/// Two connected ends.
#[must_use]
pub fn memory_pair() -> (MemoryChannel, MemoryChannel) {
    let (up, down) = (Queue::default(), Queue::default());
    (
        MemoryChannel { outgoing: up.clone(), incoming: down.clone() },
        MemoryChannel { outgoing: down, incoming: up },
    )
}

impl Channel for MemoryChannel {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.outgoing.push(frame, Duration::from_secs(30))
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        self.incoming.pop(Some(wait))
    }
}

impl Drop for MemoryChannel {
    fn drop(&mut self) {
        self.outgoing.close(ChannelError::Closed);
        self.incoming.close(ChannelError::Closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_end_closes_the_other() {
        let (mut left, right) = memory_pair();
        drop(right);
        assert_eq!(left.recv(Duration::from_secs(1)), Err(ChannelError::Closed));
        assert_eq!(left.send(vec![1]), Err(ChannelError::Closed));
    }

    #[test]
    fn silence_ends_in_time() {
        let (mut left, _right) = memory_pair();
        let wait = Duration::from_millis(10);
        assert_eq!(left.recv(wait), Err(ChannelError::Silent(wait)));
    }
}
