//! The incoming half of a link: frames that are due, data, messages, digests that are owed.

use std::{
    io::Read,
    task::{Context, Poll, ready},
    time::Instant,
};

use super::{Link, counted};
use crate::{
    channel::{ChannelError, MAX_FRAME},
    error::{Fault, Malformed},
    wire::frame::{HEADER, Label},
};

impl Link {
    /// Reads what there is of the step's data, waiting for some.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, Fault>> {
        if buffer.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.read_to == self.incoming.len() {
            self.flush()?;
            ready!(self.poll_data(cx))?;
        }
        let mut ready = self.incoming.get(self.read_to..).unwrap_or_default();
        // Reading from a slice copies what fits and cannot fail.
        let count = ready.read(buffer).unwrap_or_default();
        self.read_to = self.read_to.saturating_add(count);
        Poll::Ready(Ok(count))
    }

    /// Receives a message as it came.
    pub(crate) fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        label: Label,
    ) -> Poll<Result<Vec<u8>, Fault>> {
        let (_, mut frame) = ready!(self.poll_frame(cx, label))?;
        Poll::Ready(Ok(frame.split_off(HEADER)))
    }

    pub(super) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        ready!(self.poll_owed(cx))?;
        let due = self.data_label()?;
        let (label, frame) = ready!(self.poll_frame(cx, due))?;
        if frame.len() == HEADER {
            return Poll::Ready(Err(self.malformed(Malformed::Empty)));
        }
        if let (Some(transcript), Some(payload)) = (&mut self.transcript, frame.get(HEADER..)) {
            transcript.received(label.inner, payload);
        }
        #[cfg(feature = "test-kit")]
        if let (Some((plan, slot)), Some(mischief)) = (self.now_in, &mut self.mischief) {
            mischief.heard(plan.place(slot), frame.get(HEADER..).unwrap_or_default());
        }
        let more = frame.len().saturating_sub(HEADER) as u64;
        let heard = &mut self.passed.in_this_slot.received;
        *heard = heard.saturating_add(more);
        self.incoming = frame;
        self.read_to = HEADER;
        Poll::Ready(Ok(()))
    }

    /// The next frame, which must be the one that is due.
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
        due: Label,
    ) -> Poll<Result<(Label, Vec<u8>), Fault>> {
        self.usable()?;
        if !self.listening {
            self.listening = true;
            self.cost.rounds = self.cost.rounds.saturating_add(1);
        }
        let left = self.phase_ends.saturating_duration_since(Instant::now());
        let wait = self.limits.message.min(left);
        let Some(channel) = &mut self.channel else {
            return Poll::Ready(Err(self.lost(ChannelError::Closed)));
        };
        let frame = ready!(channel.poll_recv(cx, wait)).map_err(|error| self.lost(error))?;
        self.cost.received = counted(self.cost.received, &frame);
        if frame.len() > MAX_FRAME {
            return Poll::Ready(Err(self.lost(ChannelError::TooLong(frame.len() as u64))));
        }
        let label = Label::parse(&frame).map_err(|reason| self.malformed(reason))?;
        if !label.is_due(due) {
            return Poll::Ready(Err(self.malformed(label.instead_of(due))));
        }
        Poll::Ready(Ok((label, frame)))
    }

    pub(super) fn poll_owed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        while let Some(due) = self.owed.due() {
            let (_, frame) = ready!(self.poll_frame(cx, due))?;
            self.owed.settle(&frame).map_err(|reason| self.malformed(reason))?;
        }
        Poll::Ready(Ok(()))
    }
}
