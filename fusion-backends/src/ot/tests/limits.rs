//! At the end of the numbers, and with less than belongs there.

use std::io::Read;

use rand::CryptoRng;

use super::*;

/// Gives a row too few.
struct Short<T>(T);

impl<T: OtSender> OtSender for Short<T> {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        self.0.prepare(count, stream, rng)
    }

    fn prepared(&self) -> usize {
        self.0.prepared()
    }

    fn take(&mut self, count: usize) -> Result<SenderBatch, OtError> {
        self.0.take(count - 1)
    }
}

impl<T: OtReceiver> OtReceiver for Short<T> {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        self.0.prepare(count, stream, rng)
    }

    fn speaks_alone(&self) -> bool {
        self.0.speaks_alone()
    }

    fn prepared(&self) -> usize {
        self.0.prepared()
    }

    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError> {
        self.0.take(count - 1)
    }
}

/// Nothing is masked by zero, and no term left out, because some row is not there.
#[test]
fn a_row_too_few_is_an_error() {
    let (mut client, mut server) = parties(TWO);
    both(
        || client.ot.sender.prepare(900, &mut client.stream, &mut client.rng).unwrap(),
        || server.ot.receiver.prepare(900, &mut server.stream, &mut server.rng).unwrap(),
    );
    let table = one_of_n::Table::new(8, Width::BIT).unwrap();
    let internal = |error: OtError| assert!(matches!(error, OtError::Internal(_)), "{error}");

    // What the peer says: no choice is another one than the random one.
    server.stream.write_all(&[0; 64]).unwrap();
    server.stream.flush().unwrap();
    let (ot, stream) = (&mut Short(client.ot.sender), &mut client.stream);
    internal(correlated::send_xor(ot, 9, stream).unwrap_err());
    internal(correlated::send_ring(ot, Width::WORD, &[5; 9], stream).unwrap_err());
    internal(chosen::send(ot, &[[3, 4]; 9], stream).unwrap_err());
    let refused = one_of_n::send(ot, table, &[1; 72], stream).unwrap_err();
    assert!(matches!(refused, OtError::Rows { bits: 3, rows: 26 }));

    let (ot, stream) = (&mut Short(server.ot.receiver), &mut server.stream);
    internal(correlated::receive_xor(ot, &[1; 9], stream).unwrap_err());
    internal(correlated::receive_ring(ot, Width::WORD, &[1; 9], stream).unwrap_err());
    internal(chosen::receive(ot, &[1; 9], stream).unwrap_err());
    let refused = one_of_n::receive(ot, table, &[7; 9], stream).unwrap_err();
    assert!(matches!(refused, OtError::Rows { bits: 3, rows: 26 }));
}

/// As if all numbers of both ends but so many were used: of rows, and of blocks or iterations.
fn forward(ot: &mut Ends, others: u64, rows: u64) {
    match &mut ot.sender {
        Sender::SoftSpoken(sender) => sender.forward(others, rows),
        Sender::Silent(sender) => sender.forward(others, rows),
    }
    match &mut ot.receiver {
        Receiver::SoftSpoken(receiver) => receiver.forward(others, rows),
        Receiver::Silent(receiver) => receiver.forward(others, rows),
    }
}

#[test]
fn no_row_has_the_number_of_another() {
    for policy in BOTH {
        let (mut client, mut server) = parties(policy);
        for Party { ot, stream, rng } in [&mut client, &mut server] {
            forward(ot, 1 << 40, 20);
            let sent = stream.sent;
            // Twice: a refusal breaks nothing.
            for _ in 0..2 {
                let refused = ot.sender.prepare(21, stream, rng);
                assert!(matches!(refused, Err(OtError::Exhausted)));
                let refused = ot.receiver.prepare(21, stream, rng);
                assert!(matches!(refused, Err(OtError::Exhausted)));
            }
            stream.flush().unwrap();
            assert_eq!(stream.sent, sent);
        }
        // The last ones are as good as all before.
        both(
            || client.ot.sender.prepare(20, &mut client.stream, &mut client.rng).unwrap(),
            || server.ot.receiver.prepare(20, &mut server.stream, &mut server.rng).unwrap(),
        );
        let pairs = client.ot.sender.take(20).unwrap().pairs();
        let (choices, chosen) = server.ot.receiver.take(20).unwrap().chosen();
        for ((pair, choice), chosen) in pairs.iter().zip(&*choices).zip(chosen.iter()) {
            assert_eq!(pair[usize::from(*choice)], *chosen);
        }
        // There is a surplus, but no number for it.
        assert!(client.ot.sender.prepared() > 0 && server.ot.receiver.prepared() > 0);
        assert!(matches!(client.ot.sender.take(1), Err(OtError::Exhausted)));
        assert!(matches!(server.ot.receiver.take(1), Err(OtError::Exhausted)));
    }
}

#[test]
fn no_chunk_and_no_iteration_has_the_numbers_of_another() {
    for policy in BOTH {
        let (mut client, mut server) = parties(policy);
        let Party { ot, stream, rng } = &mut client;
        forward(ot, 0, 1 << 40);
        let sent = stream.sent;
        assert!(matches!(ot.receiver.prepare(1, stream, rng), Err(OtError::Exhausted)));
        assert!(matches!(ot.receiver.prepare(1, stream, rng), Err(OtError::Broken)));
        // The sender may have to read first, and the peer has numbers left.
        if let Receiver::SoftSpoken(receiver) = &mut server.ot.receiver {
            receiver.prepare(1, &mut server.stream, &mut server.rng).unwrap();
        }
        assert!(matches!(ot.sender.prepare(1, stream, rng), Err(OtError::Exhausted)));
        assert!(matches!(ot.sender.prepare(1, stream, rng), Err(OtError::Broken)));
        stream.flush().unwrap();
        assert_eq!(stream.sent, sent);
    }
}

#[test]
fn rows_that_are_no_transfers_are_refused() {
    let (mut client, mut server) = parties(TWO);
    both(
        || client.ot.sender.prepare(900, &mut client.stream, &mut client.rng).unwrap(),
        || server.ot.receiver.prepare(900, &mut server.stream, &mut server.rng).unwrap(),
    );
    for (rows, bits) in [(10, 3), (9, 0), (9, 9), (18, usize::MAX)] {
        let sent = client.ot.sender.take(rows).unwrap().each_tables(bits, |_| panic!("no pads"));
        let received =
            server.ot.receiver.take(rows).unwrap().each_chosen(bits, |_, _| panic!("no pads"));
        for refused in [sent, received] {
            let expected = (bits, rows);
            assert!(
                matches!(refused, Err(OtError::Rows { bits, rows }) if (bits, rows) == expected)
            );
        }
    }
}

/// What `each` gives ends it.
#[test]
fn an_error_of_the_caller_comes_back() {
    let (mut client, mut server) = parties(TWO);
    both(
        || client.ot.sender.prepare(900, &mut client.stream, &mut client.rng).unwrap(),
        || server.ot.receiver.prepare(900, &mut server.stream, &mut server.rng).unwrap(),
    );
    let mut calls = 0;
    let mut fail = || {
        calls += 1;
        Err(OtError::Broken)
    };
    let results = [
        client.ot.sender.take(300).unwrap().each_pairs(|_| fail()),
        client.ot.sender.take(300).unwrap().each_tables(1, |_| fail()),
        server.ot.receiver.take(300).unwrap().each_chosen(1, |_, _| fail()),
    ];
    assert!(results.iter().all(|result| matches!(result, Err(OtError::Broken))));
    assert_eq!(calls, 3);
}
