use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_io::{AsyncRead, AsyncWrite};

use super::{ChannelError, MAX_FRAME, PollChannel};

/// How much may be queued before a phase that writes has to wait.
const FULL: usize = 4 << 20;

/// A timer of the caller's runtime, such as `tokio::time::sleep`.
pub type Timer = Box<dyn FnMut(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Frames over any `AsyncRead + AsyncWrite`, as [`TcpChannel`](super::TcpChannel) frames them: a
/// length of four bytes (little endian), then the frame.
pub struct FuturesChannel<S> {
    stream: S,
    timer: Timer,
    /// The end of the wait for the frame that is being received.
    late: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    outgoing: VecDeque<Vec<u8>>,
    waiting: usize,
    sent_of_first: usize,
    incoming: Vec<u8>,
    filled: usize,
    has_length: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> FuturesChannel<S> {
    /// Wraps a connected stream. `timer` ends waits, because this crate has no clock that could
    /// wake a task.
    pub fn new<F>(stream: S, mut timer: impl FnMut(Duration) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            stream,
            timer: Box::new(move |wait| Box::pin(timer(wait))),
            late: None,
            outgoing: VecDeque::new(),
            waiting: 0,
            sent_of_first: 0,
            incoming: vec![0; 4],
            filled: 0,
            has_length: false,
        }
    }

    fn poll_write_queued(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ChannelError>> {
        while let Some(first) = self.outgoing.front() {
            let rest = first.get(self.sent_of_first..).unwrap_or_default();
            if rest.is_empty() {
                self.waiting = self.waiting.saturating_sub(first.len());
                self.outgoing.pop_front();
                self.sent_of_first = 0;
                continue;
            }
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(ChannelError::Closed)),
                count => self.sent_of_first = self.sent_of_first.saturating_add(count),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Fills `incoming`. How much came, if the stream ended first.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<usize>, ChannelError>> {
        while let Some(rest) = self.incoming.get_mut(self.filled..).filter(|rest| !rest.is_empty())
        {
            match ready!(Pin::new(&mut self.stream).poll_read(cx, rest))? {
                0 => return Poll::Ready(Ok(Some(self.filled))),
                count => self.filled = self.filled.saturating_add(count),
            }
        }
        Poll::Ready(Ok(None))
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<u8>, ChannelError>> {
        if !self.has_length {
            match ready!(self.poll_fill(cx))? {
                None => {}
                Some(0) => return Poll::Ready(Err(ChannelError::Closed)),
                Some(_) => return Poll::Ready(Err(ChannelError::Truncated)),
            }
            let length = self.incoming.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
            let length = length as usize;
            if length > MAX_FRAME {
                return Poll::Ready(Err(ChannelError::TooLong(length as u64)));
            }
            self.incoming = vec![0; length];
            (self.filled, self.has_length) = (0, true);
        }
        if ready!(self.poll_fill(cx))?.is_some() {
            return Poll::Ready(Err(ChannelError::Truncated));
        }
        (self.filled, self.has_length) = (0, false);
        Poll::Ready(Ok(std::mem::replace(&mut self.incoming, vec![0; 4])))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> PollChannel for FuturesChannel<S> {
    fn start_send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        let length = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= MAX_FRAME);
        let length = length.ok_or(ChannelError::TooLong(frame.len() as u64))?;
        for part in [length.to_le_bytes().to_vec(), frame] {
            self.waiting = self.waiting.saturating_add(part.len());
            self.outgoing.push_back(part);
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.waiting > FULL
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ChannelError>> {
        ready!(self.poll_write_queued(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx).map_err(Into::into)
    }

    fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
        wait: Duration,
    ) -> Poll<Result<Vec<u8>, ChannelError>> {
        // The peer may wait for what is queued here before it answers.
        if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        if let Poll::Ready(frame) = self.poll_frame(cx) {
            self.late = None;
            return Poll::Ready(frame);
        }
        if self.late.is_none() {
            self.late = Some((self.timer)(wait));
        }
        match self.late.as_mut().map(|late| late.as_mut().poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(ChannelError::Silent(wait))),
            _ => Poll::Pending,
        }
    }
}
