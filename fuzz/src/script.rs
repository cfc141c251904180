//! The fuzzer's input as instructions: how to spoil what an honest peer would say.

/// Reads the input from its front. After its end everything is zero, so the empty input changes
/// nothing and chooses the first of everything.
pub(crate) struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let low = usize::from(self.byte());
        let number = if end > 256 { low | usize::from(self.byte()) << 8 } else { low };
        number.checked_rem(end).unwrap_or(0)
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Spoils messages, as long as there is input.
    pub(crate) fn spoil(&mut self, messages: &mut Vec<Vec<u8>>) {
        while !self.0.is_empty() && !messages.is_empty() {
            let kind = self.byte() % 9;
            let at = self.below(messages.len());
            let message = &mut messages[at];
            let offset = self.below(message.len().saturating_add(1));
            match kind {
                // A flipped bit, or several.
                0 => {
                    let flip = self.byte();
                    message.iter_mut().skip(offset).take(1).for_each(|byte| *byte ^= flip);
                }
                // Other bytes.
                1 => {
                    let count = self.below(16);
                    for byte in message.iter_mut().skip(offset).take(count) {
                        *byte = self.byte();
                    }
                }
                // The end is missing.
                2 => message.truncate(offset),
                // More bytes than there should be.
                3 => {
                    let bytes: Vec<u8> = (0..self.below(16)).map(|_| self.byte()).collect();
                    message.splice(offset..offset, bytes);
                }
                // A part twice.
                4 => {
                    let part: Vec<u8> =
                        message[offset..].iter().take(self.below(256)).copied().collect();
                    message.splice(offset..offset, part);
                }
                // A message is missing.
                5 => drop(messages.remove(at)),
                // A message twice, the second time elsewhere.
                6 => {
                    let again = message.clone();
                    messages.insert(self.below(messages.len().saturating_add(1)), again);
                }
                // Messages in another order.
                7 => {
                    let other = self.below(messages.len());
                    messages.swap(at, other);
                }
                // Something else altogether.
                _ => *message = self.rest().to_vec(),
            }
        }
    }
}
