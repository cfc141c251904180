use std::{
    io::{self, BufReader, BufWriter, Read, Write},
    net::{Shutdown, TcpStream, ToSocketAddrs},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Channel, ChannelError, MAX_FRAME, deadline, queue::Queue};

/// Frames over TCP: a length of four bytes (little endian), then the frame.
///
/// A thread of its own writes, so that sending never waits for the peer to read; dropping the
/// channel writes what is still queued, unless the peer has stopped reading.
pub struct TcpChannel {
    reader: BufReader<TcpStream>,
    outgoing: Queue,
    writer: Option<JoinHandle<()>>,
    stall: Duration,
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
        let outgoing = Queue::default();
        let (socket, queue) = (stream.try_clone()?, outgoing.clone());
        let writer = thread::Builder::new()
            .name("fusion-writer".into())
            .spawn(move || write_frames(socket, &queue, stall))?;
        let reader = BufReader::with_capacity(1 << 16, stream);
        Ok(Self { reader, outgoing, writer: Some(writer), stall })
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

    fn read_exact(&mut self, bytes: &mut [u8], end: Deadline) -> Result<usize, ChannelError> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            self.reader.get_ref().set_read_timeout(Some(end.left()?))?;
            match self.reader.read(rest) {
                Ok(0) => break,
                Ok(count) => filled = filled.saturating_add(count),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        return Err(ChannelError::Silent(end.wait));
                    }
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(error.into()),
                },
            }
        }
        Ok(filled)
    }
}

impl Channel for TcpChannel {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        if frame.len() > MAX_FRAME {
            return Err(ChannelError::TooLong(frame.len() as u64));
        }
        self.outgoing.push(frame, self.stall)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let end = Deadline { at: deadline(wait), wait };
        let mut length = [0; 4];
        match self.read_exact(&mut length, end)? {
            0 => return Err(ChannelError::Closed),
            4 => {}
            _ => return Err(ChannelError::Truncated),
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_FRAME {
            return Err(ChannelError::TooLong(length as u64));
        }
        let mut frame = vec![0; length];
        if self.read_exact(&mut frame, end)? < length {
            return Err(ChannelError::Truncated);
        }
        Ok(frame)
    }
}

impl Drop for TcpChannel {
    fn drop(&mut self) {
        self.outgoing.close(ChannelError::Closed);
        let Some(writer) = self.writer.take() else { return };
        // A peer that reads a byte now and then must not keep us: one `stall` for everything.
        let deadline = deadline(self.stall);
        while !writer.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_micros(200));
        }
        if !writer.is_finished() {
            let _ = self.reader.get_ref().shutdown(Shutdown::Both);
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
