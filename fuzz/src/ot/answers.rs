//! The messages that transfers exchange once they are prepared.

use std::cell::RefCell;

use fusion_backends::ot::{
    Malformed, OtError, OtReceiver, OtSender, Width, chosen, correlated,
    one_of_n::{self, Table},
    softspoken::SoftSpoken,
};

use super::{refused, setup::prepared};
use crate::{Ended, MIB, peer::Peer, script::Script, within};

/// Prepared at a time, in either direction.
const PREPARED: usize = 1 << 17;
/// The most that one run takes: 40 of 1 of 256.
const MOST: usize = 40 * 8;

thread_local! {
    /// No answer breaks a party, so it is set up once in a while.
    static PARTY: RefCell<Option<SoftSpoken>> = const { RefCell::new(None) };
}

/// Any bytes of the right length are an answer, so there is nothing to record.
pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    PARTY.with_borrow_mut(|slot| {
        let used_up = |ot: &SoftSpoken| ot.sender.prepared().min(ot.receiver.prepared()) < MOST;
        if slot.as_ref().is_none_or(used_up) {
            let [client, _] = prepared(PREPARED);
            *slot = Some(client);
        }
        let ot = slot.as_mut().expect("just made");
        match within(MIB, || answer(ot, script)) {
            Ok(()) => Ended::Well,
            Err(error @ OtError::Malformed(Malformed::Padding)) => refused(error),
            Err(error @ OtError::Io(_)) => refused(error),
            Err(other) => panic!("not what a bad answer is: {other:?}"),
        }
    })
}

fn answer(ot: &mut SoftSpoken, script: &mut Script<'_>) -> Result<(), OtError> {
    let kind = script.below(7);
    let count = script.below(41);
    let width = Width::new(script.below(64) as u32 + 1).expect("1 to 64");
    let table = Table::new(script.below(255) + 2, width).expect("2 to 256");
    let bits: Vec<u8> = (0..count).map(|_| script.byte() & 1).collect();
    let choices: Vec<u8> = (0..count).map(|i| (i * 77 % table.messages()) as u8).collect();
    let words: Vec<u64> = (0..count).map(|i| i as u64 * 0x0101_0101_0101).collect();
    let peer = &mut Peer::new(script.rest().to_vec());
    match kind {
        0 => {
            let sent = correlated::send_xor(&mut ot.sender, count, peer)?;
            assert_eq!(sent.rows.len(), count);
        }
        1 => {
            let sums = correlated::send_ring(&mut ot.sender, width, &words, peer)?;
            assert!(sums.len() == count && sums.iter().all(|sum| *sum <= width.mask()));
        }
        2 => {
            let sums = correlated::receive_ring(&mut ot.receiver, width, &bits, peer)?;
            assert!(sums.len() == count && sums.iter().all(|sum| *sum <= width.mask()));
        }
        3 => {
            let messages: Vec<[u128; 2]> = words.iter().map(|word| [(*word).into(), 7]).collect();
            chosen::send(&mut ot.sender, &messages, peer)?;
        }
        4 => {
            let messages = chosen::receive(&mut ot.receiver, &bits, peer)?;
            assert_eq!(messages.len(), count);
        }
        5 => {
            let messages = words.repeat(table.messages());
            one_of_n::send(&mut ot.sender, table, &messages, peer)?;
        }
        _ => {
            let messages = one_of_n::receive(&mut ot.receiver, table, &choices, peer)?;
            assert!(messages.len() == count && messages.iter().all(|m| *m <= width.mask()));
        }
    }
    Ok(())
}
