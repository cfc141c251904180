//! Misuse, and peers that lie, stop or flood: errors that say what is wrong, and no panic.

use std::io::{self, Read, Write};

use proptest::prelude::*;

use super::*;
use crate::ot::OtError;
use crate::ot::softspoken::{Depth, setup};

/// A peer that says these bytes, then nothing any more.
struct Says<'a>(&'a [u8]);

impl Read for Says<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Says<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn shares(count: usize) -> Shares {
    Shares::zero(width(8), count)
}

#[test]
fn too_little_is_told_before_anything_is_sent() {
    let need = Need::relu(width(8), 100);
    for role in [Role::Client, Role::Server] {
        let mut material = material(role, &need, 1);
        let mut peer = Says(&[]);
        let mut layers = Layers::new(&mut material, &mut peer);
        let refused = layers.relu(&shares(129)).unwrap_err();
        assert!(matches!(refused, LayerError::NotPrepared { layer: "ReLU" }), "{refused}");
        let windows = Windows::new(2, 2, 2, 2, 0).unwrap();
        let refused = layers.max_pool(windows, &shares(1000)).unwrap_err();
        assert!(matches!(refused, LayerError::NotPrepared { layer: "max-pool" }), "{refused}");
        assert_eq!(material.prepared(), need);
    }
}

/// A layer whose `Need` is too small, or that is given what does not belong together: a defect, which ends
/// it before anything without a mask is sent.
#[test]
fn a_defect_is_told_and_makes_no_zeros() {
    type Layer<'a> = &'a dyn Fn(&mut Layers<'_, Says<'_>>) -> Result<(), Fault>;
    let bits =
        |count: usize| Bits::new(count, zeroize::Zeroizing::new(vec![0; count.div_ceil(64)]));
    let (few, many) = (bits(70), bits(71));
    let layers: [(Need, Layer<'_>); 4] = [
        (Need::default(), &|l| l.sign(&shares(70)).map(drop)),
        (Need::default(), &|l| l.select([(&few, &shares(70))]).map(drop)),
        // The words are as many, the values are not.
        (Need::relu(width(8), 128), &|l| l.select([(&few, &shares(71))]).map(drop)),
        (Need::relu(width(8), 128), &|l| l.select([(&many, &shares(70))]).map(drop)),
    ];
    for role in [Role::Client, Role::Server] {
        for (need, layer) in &layers {
            let mut material = material(role, need, 1);
            let mut peer = Says(&[0; 1000]);
            let mut run = Layers::new(&mut material, &mut peer);
            let failed = run.layer("test", Need::default(), layer).unwrap_err();
            assert!(matches!(failed, LayerError::Internal { layer: "test", .. }), "{failed}");
            let failed = run.relu(&shares(1)).unwrap_err();
            assert!(matches!(failed, LayerError::Broken), "{failed}");
        }
    }
}

#[test]
fn more_than_memory_holds_is_told_before_anything_is_sent() {
    let few = Need::relu(width(8), 70);
    let (left, right) = streams();
    let party = |role, mut stream: Stream| {
        let mut rng = StdRng::seed_from_u64(role as u64);
        let mut ot = setup(role, Depth::Two, b"layers", &mut stream, &mut rng).unwrap();
        let mut material = Material::new(role);
        let sent = stream.sent;
        let all = usize::MAX;
        let windows = Windows::new(9, 9, 3, 2, 1).unwrap();
        for need in [
            Need::relu(width(64), 1 << 46),
            Need::relu(width(64), all),
            Need::divide(Division::new(width(20), 7).unwrap(), all),
            Need::truncate(Truncation::new(width(20), 7, width(20)).unwrap(), all),
            Need::max(width(20), 7, all),
            Need::argmax(width(20), all, all),
            Need::max_pool(width(20), windows, all),
            Need::average_pool(width(20), windows, all),
        ] {
            let (sender, receiver) = (&mut ot.sender, &mut ot.receiver);
            let refused = material.prepare(&need, sender, receiver, &mut stream, &mut rng);
            assert!(matches!(refused, Err(OtError::TooMany(_))));
        }
        stream.flush().unwrap();
        assert_eq!(stream.sent, sent);
        assert_eq!(material.prepared(), Need::default());
        let (sender, receiver) = (&mut ot.sender, &mut ot.receiver);
        material.prepare(&few, sender, receiver, &mut stream, &mut rng).unwrap();
        material.prepared()
    };
    let prepared = both(|| party(Role::Client, left), || party(Role::Server, right));
    assert_eq!(prepared, (few, few));
}

/// What is prepared in vain goes, and what was there before stays.
#[test]
fn transfers_that_fail_leave_what_was_prepared() {
    let few = Need::relu(width(20), 70);
    let values = values(width(20), 0);
    let values = &values[..70];
    let shares = Shares::split(width(20), values, &mut StdRng::seed_from_u64(12));
    let [client, server] = [Role::Client, Role::Server].map(|role| {
        let mut material = material(role, &few, 1);
        let mut rng = StdRng::seed_from_u64(1);
        let (mut sender, mut receiver) = ideal::ends(role, Seeds { client: 2, server: 2 });
        (sender.takes, receiver.takes) = (3, 3);
        let many = Need::relu_truncate(Truncation::new(width(20), 7, width(8)).unwrap(), 20_000);
        let failed = material.prepare(&many, &mut sender, &mut receiver, &mut Says(&[]), &mut rng);
        assert!(matches!(failed, Err(OtError::Broken)));
        assert_eq!(material.prepared(), few);
        material
    });
    let (mut materials, (mut left, mut right)) = ([client, server], streams());
    let [client, server] = &mut materials;
    let (at_client, at_server) = both(
        || Layers::new(client, &mut left).relu(&shares[0]).unwrap(),
        || Layers::new(server, &mut right).relu(&shares[1]).unwrap(),
    );
    let expected: Vec<_> = values.iter().map(|value| (*value).max(0)).collect();
    assert_eq!(at_client.open(&at_server), expected);
}

#[test]
fn shapes_that_do_not_fit_are_told() {
    let mut material = material(Role::Client, &Need::default(), 1);
    let mut peer = Says(&[]);
    let mut layers = Layers::new(&mut material, &mut peer);
    let windows = Windows::new(2, 2, 2, 2, 0).unwrap();
    let truncation = Truncation::new(width(9), 3, width(5)).unwrap();
    let division = Division::new(width(9), 3).unwrap();
    for refused in [
        layers.max(3, &shares(7)).unwrap_err(),
        layers.max(0, &shares(7)).unwrap_err(),
        layers.argmax(0, &shares(0)).unwrap_err(),
        layers.label(2, &shares(7)).unwrap_err(),
        layers.max_pool(windows, &shares(7)).unwrap_err(),
        layers.average_pool(windows, &shares(7)).unwrap_err(),
        layers.truncate(truncation, &shares(7)).unwrap_err(),
        layers.relu_truncate(truncation, &shares(7)).unwrap_err(),
        layers.divide(division, &shares(7)).unwrap_err(),
    ] {
        assert!(matches!(refused, LayerError::Shape { .. }), "{refused}");
    }
    assert_eq!(Truncation::new(width(9), 9, width(5)), None);
    assert_eq!(Division::new(width(9), 0), None);
    for (height, kernel, stride, padding) in
        [(0, 1, 1, 0), (2, 3, 1, 0), (4, 0, 1, 0), (4, 2, 0, 0), (4, 2, 1, 2), (1 << 17, 2, 1, 0)]
    {
        assert_eq!(Windows::new(height, 4, kernel, stride, padding), None);
    }
}

#[test]
fn a_peer_that_stops_is_an_error_and_the_end() {
    let need = Need::relu(width(8), 70);
    for role in [Role::Client, Role::Server] {
        let mut material = material(role, &(need + need), 1);
        let mut peer = Says(&[0; 20]);
        let mut layers = Layers::new(&mut material, &mut peer);
        let failed = layers.relu(&shares(70)).unwrap_err();
        assert!(matches!(failed, LayerError::Io { layer: "ReLU", .. }), "{failed}");
        let failed = layers.relu(&shares(70)).unwrap_err();
        assert!(matches!(failed, LayerError::Broken), "{failed}");
        // Before it is told that too little is left.
        let windows = Windows::new(2, 2, 2, 2, 0).unwrap();
        let failed = layers.max_pool(windows, &shares(1000)).unwrap_err();
        assert!(matches!(failed, LayerError::Broken), "{failed}");
    }
}

#[test]
fn bits_that_no_peer_sends_are_refused() {
    // 70 bits leave two bits of the ninth byte.
    let need = Need::relu(width(8), 70);
    let mut material = material(Role::Server, &need, 1);
    let mut peer = Says(&[0xff; 1000]);
    let failed = Layers::new(&mut material, &mut peer).relu(&shares(70)).unwrap_err();
    let expected = LayerError::Malformed { layer: "ReLU", what: crate::ot::Malformed::Padding };
    assert_eq!(failed.to_string(), expected.to_string());
}

/// An error would tell the server something about the label.
#[test]
fn a_label_that_does_not_exist_is_a_wrong_answer_and_no_error() {
    let values = [5, 3, 1, 1, 3, 5];
    let need = Need::argmax(width(8), 3, 2);
    let [client, _] = run(&need, width(8), &values, |layers, x| {
        if layers.material.role() == Role::Client {
            return layers.label(3, x);
        }
        // A server that shifts the labels by 1: 0 and 2 become 1 and 3.
        let place = layers.argmax(3, x)?;
        let one = Shares::of(place.width(), &[1, 1]);
        layers.reveal(&place.plus(&one)).map(|_| None)
    });
    assert_eq!(client.unwrap(), Some(vec![Some(1), None]));
}

#[test]
fn nothing_shows_secrets() {
    let need = Need::relu(width(64), 3);
    let material = material(Role::Client, &need, 1);
    let [share, _] = Shares::split(Width::WORD, &[1, 2, 3], &mut StdRng::seed_from_u64(1));
    let bits = Bits::new(3, zeroize::Zeroizing::new(vec![0xdead_beef_dead_beef]));
    for shown in [format!("{material:?}"), format!("{share:?}"), format!("{bits:?}")] {
        let numbers = shown.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() > 5);
        assert_eq!(numbers.count(), 0, "{shown}");
    }
}

/// With transfers that are real, in both directions from one setup.
#[test]
fn layers_run_on_real_transfers() {
    let values = values(width(20), 400);
    let mut rng = StdRng::seed_from_u64(11);
    let shares = Shares::split(width(20), &values, &mut rng);
    let truncation = Truncation::new(width(20), 7, width(8)).unwrap();
    let need = Need::relu_truncate(truncation, values.len());
    let (left, right) = streams();
    let party = |role, mut stream: Stream, share: &Shares| {
        let mut rng = StdRng::seed_from_u64(role as u64);
        let mut ot = setup(role, Depth::Two, b"layers", &mut stream, &mut rng).unwrap();
        let mut material = Material::new(role);
        // In two parts, of which the second is added to the first.
        for _ in 0..2 {
            let (sender, receiver) = (&mut ot.sender, &mut ot.receiver);
            material.prepare(&need, sender, receiver, &mut stream, &mut rng).unwrap();
        }
        let mut layers = Layers::new(&mut material, &mut stream);
        let first = layers.relu_truncate(truncation, share).unwrap();
        let second = layers.relu_truncate(truncation, share).unwrap();
        assert_eq!(material.prepared(), Need::default());
        [first, second]
    };
    let (client, server) =
        both(|| party(Role::Client, left, &shares[0]), || party(Role::Server, right, &shares[1]));
    let expected: Vec<_> =
        values.iter().map(|v| width(8).signed(((*v).max(0) >> 7).cast_unsigned())).collect();
    for (client, server) in client.iter().zip(&server) {
        assert_eq!(client.open(server), expected);
    }
}

/// What a peer can see of how a layer ended.
fn ending(result: Result<(), LayerError>) -> &'static str {
    match result {
        Ok(()) => "well",
        Err(LayerError::Io { .. }) => "connection",
        Err(LayerError::Malformed { .. }) => "malformed",
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever a peer says is an error of the connection, of the message, or a wrong result; and
    /// which of them does not depend on shares or on what is prepared.
    #[test]
    fn garbage_does_no_harm_and_tells_nothing(
        mut said in prop::collection::vec(any::<u8>(), 0..400),
        sparse: bool,
        client: bool,
        count in 1_usize..20,
    ) {
        // Zeros get further: they fill up bytes as they should.
        if sparse {
            said.iter_mut().for_each(|byte| *byte &= 1);
        }
        let role = if client { Role::Client } else { Role::Server };
        let width = width(9);
        let shares = [0, 77].map(|number| Shares::new(width, vec![number; count * 3]));
        let truncation = Truncation::new(width, 2, width).unwrap();
        let division = Division::new(width, 5).unwrap();
        type Layer<'a> = &'a dyn Fn(&mut Layers<'_, Says<'_>>, &Shares) -> Result<(), LayerError>;
        let clamp = Clamp::new(width, 2, 3, width).unwrap();
        let layers: [(Need, Layer<'_>); 5] = [
            (Need::relu_truncate(truncation, count * 3), &|l, x| l.relu_truncate(truncation, x).map(drop)),
            (Need::truncate(truncation, count * 3), &|l, x| l.truncate(truncation, x).map(drop)),
            (Need::relu_clamp(clamp, count * 3), &|l, x| l.relu_clamp(clamp, x).map(drop)),
            (Need::divide(division, count * 3), &|l, x| l.divide(division, x).map(drop)),
            (Need::argmax(width, 3, count), &|l, x| l.label(3, x).map(drop)),
        ];
        for (need, layer) in layers {
            let endings = [0, 1].map(|secret| {
                let mut material = material(role, &need, secret as u64);
                let mut peer = Says(&said);
                ending(layer(&mut Layers::new(&mut material, &mut peer), &shares[secret]))
            });
            prop_assert_eq!(endings[0], endings[1]);
        }
    }
}
