use std::{
    io::{self, BufReader, BufWriter, Read, Write},
    net::{Shutdown, TcpStream, ToSocketAddrs},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Channel, ChannelError, Incoming, MAX_FRAME, Outgoing, deadline, queue::Queue};

/// Frames over TCP: a length of four bytes (little endian), then the frame.
///
/// A thread of its own writes, so that sending never waits for the peer to read; dropping the
/// channel writes what is still queued, unless the peer has stopped reading.
pub struct TcpChannel {
    // Dropped first: what is queued is still written.
    outgoing: Sender,
    incoming: Receiver,
}

struct Sender {
    queue: Queue,
    writer: Option<JoinHandle<()>>,
    socket: TcpStream,
    stall: Duration,
}

struct Receiver {
    reader: BufReader<TcpStream>,
    /// What there is of the current frame, or of its length.
    frame: Vec<u8>,
    filled: usize,
    has_length: bool,
}

impl TcpChannel {
    /// Wraps a connected socket. A peer that reads nothing for `stall` ends the connection.
    ///
    /// # Errors
    ///
    /// If the socket refuses its options.
    pub fn new(stream: TcpStream, stall: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(stall))?;
        let queue = Queue::default();
        let (socket, queued) = (stream.try_clone()?, queue.clone());
        let writer = thread::Builder::new()
            .name("fusion-writer".into())
            .spawn(move || write_frames(socket, &queued, stall))?;
        let socket = stream.try_clone()?;
        let reader = BufReader::with_capacity(1 << 16, stream);
        Ok(Self {
            outgoing: Sender { queue, writer: Some(writer), socket, stall },
            incoming: Receiver { reader, frame: vec![0; 4], filled: 0, has_length: false },
        })
    }

    /// Connects to a listening peer, trying again until `patience` is over: a server that starts
    /// at the same time may need a moment.
    ///
    /// # Errors
    ///
    /// The last refusal.
    pub fn connect(address: impl ToSocketAddrs, patience: Duration) -> io::Result<Self> {
        let deadline = deadline(patience);
        loop {
            match TcpStream::connect(&address) {
                Ok(stream) => return Self::new(stream, Duration::from_secs(30)),
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Channel for TcpChannel {
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
        if frame.len() > MAX_FRAME {
            return Err(ChannelError::TooLong(frame.len() as u64));
        }
        self.queue.push(frame, self.stall)
    }
}

impl Incoming for Receiver {
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let end = Deadline { at: deadline(wait), wait };
        if !self.has_length {
            match self.fill(end)? {
                None => {}
                Some(0) => return Err(ChannelError::Closed),
                Some(_) => return Err(ChannelError::Truncated),
            }
            let length = self.frame.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
            let length = length as usize;
            if length > MAX_FRAME {
                return Err(ChannelError::TooLong(length as u64));
            }
            self.frame = vec![0; length];
            (self.filled, self.has_length) = (0, true);
        }
        if self.fill(end)?.is_some() {
            return Err(ChannelError::Truncated);
        }
        (self.filled, self.has_length) = (0, false);
        Ok(std::mem::replace(&mut self.frame, vec![0; 4]))
    }
}

impl Receiver {
    /// Reads the rest of the buffer. `Some(filled)` if the stream ended first.
    fn fill(&mut self, end: Deadline) -> Result<Option<usize>, ChannelError> {
        while let Some(rest) = self.frame.get_mut(self.filled..).filter(|rest| !rest.is_empty()) {
            self.reader.get_ref().set_read_timeout(Some(end.left()?))?;
            match self.reader.read(rest) {
                Ok(0) => return Ok(Some(self.filled)),
                Ok(count) => self.filled = self.filled.saturating_add(count),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        return Err(ChannelError::Silent(end.wait));
                    }
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(error.into()),
                },
            }
        }
        Ok(None)
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.queue.close(ChannelError::Closed);
        let Some(writer) = self.writer.take() else { return };
        // A peer that reads a byte now and then must not keep us: one `stall` for everything.
        let deadline = deadline(self.stall);
        while !writer.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_micros(200));
        }
        if !writer.is_finished() {
            let _ = self.socket.shutdown(Shutdown::Both);
        }
        // Nobody is left to hear what became of the last frames.
        let _ = writer.join();
    }
}

#[derive(Clone, Copy)]
struct Deadline {
    at: Instant,
    wait: Duration,
}

impl Deadline {
    fn left(self) -> Result<Duration, ChannelError> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ChannelError::Silent(self.wait)) } else { Ok(left) }
    }
}

/// Writes what is queued until the queue is closed and empty, or the peer is gone.
fn write_frames(socket: TcpStream, queue: &Queue, stall: Duration) {
    let mut socket = BufWriter::with_capacity(1 << 16, socket);
    while let Ok(frame) = queue.pop(None) {
        if let Err(error) = write_frame(&mut socket, &frame, queue.is_empty()) {
            let reason = match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    ChannelError::NotReading { after: stall, waiting: frame.len() }
                }
                _ => error.into(),
            };
            queue.close(reason);
            break;
        }
    }
    // Whatever is left is of no use to a peer that is gone.
    let (socket, _unwritten) = socket.into_parts();
    let _ = socket.shutdown(Shutdown::Write);
}

fn write_frame(socket: &mut BufWriter<TcpStream>, frame: &[u8], last: bool) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    socket.write_all(&length.to_le_bytes())?;
    socket.write_all(frame)?;
    if last { socket.flush() } else { Ok(()) }
}
