use std::time::Duration;

use super::{Channel, ChannelError, Incoming, Outgoing, queue::Queue};

/// One end of a connection inside a process, for tests and examples.
pub struct MemoryChannel {
    outgoing: Sender,
    incoming: Receiver,
}

struct Sender(Queue);

struct Receiver(Queue);

/// Two connected ends.
#[must_use]
pub fn memory_pair() -> (MemoryChannel, MemoryChannel) {
    let (up, down) = (Queue::default(), Queue::default());
    (
        MemoryChannel { outgoing: Sender(up.clone()), incoming: Receiver(down.clone()) },
        MemoryChannel { outgoing: Sender(down), incoming: Receiver(up) },
    )
}

impl Channel for MemoryChannel {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.outgoing.send(frame)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        self.incoming.recv(wait)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        (Box::new(self.outgoing), Box::new(self.incoming))
    }
}

impl Outgoing for Sender {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.0.push(frame, Duration::from_secs(30))
    }
}

impl Incoming for Receiver {
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        self.0.pop(Some(wait))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.close(ChannelError::Closed);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.close(ChannelError::Closed);
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
