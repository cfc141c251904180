//! The backend `additive`: what its parties hear from the dealer and from each other, and what the
//! dealer hears.

use std::{os::unix::net::UnixStream, sync::OnceLock, thread};

use fusion::channel::memory_pair;
use fusion_backends::{
    additive::{Additive, AdditiveError, Dealer, DealerError},
    model::{Dense, Layer, Model},
};
use ndarray::{Array1, Array2};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    Ended, MIB,
    peer::{Peer, PeerChannel, Recorded},
    script::Script,
    within,
};

const SLOTS: usize = 2;

/// What was said in one run: each list by the dealer first, then by the other party.
struct Dialogue {
    to_client: [Vec<Vec<u8>>; 2],
    to_server: [Vec<Vec<u8>>; 2],
    to_dealer: [Vec<Vec<u8>>; 2],
}

pub(crate) fn client(script: &mut Script<'_>) -> Ended {
    let [dealer, server] = spoiled(script, &dialogue().to_client);
    let (party, mut peer) = (party(dealer), Peer::new(server.concat()));
    ended(within(MIB, || ask(party, &mut peer)))
}

pub(crate) fn server(script: &mut Script<'_>) -> Ended {
    let [dealer, client] = spoiled(script, &dialogue().to_server);
    let (party, mut peer) = (party(dealer), Peer::new(client.concat()));
    ended(within(MIB, || answer(party, &mut peer)))
}

/// One party is honest: what both ask for, the dealer grants.
pub(crate) fn dealer(script: &mut Script<'_>) -> Ended {
    let [client, server] = spoiled(script, &dialogue().to_dealer);
    let mut rng = StdRng::seed_from_u64(3);
    let (client, server) = (PeerChannel::new(client), PeerChannel::new(server));
    match within(2 * MIB, || Dealer::serve(client, server, &mut rng)) {
        Ok(_) => Ended::Well,
        Err(DealerError::Client(_) | DealerError::Server(_) | DealerError::Refused(_)) => {
            Ended::Refused
        }
        Err(other) => panic!("not a party's fault: {other:?}"),
    }
}

/// A party whose dealer says this.
fn party(dealer: Vec<Vec<u8>>) -> Additive {
    Additive::new(PeerChannel::new(dealer))
}

/// Spoils one of the two.
fn spoiled(script: &mut Script<'_>, said: &[Vec<Vec<u8>>; 2]) -> [Vec<Vec<u8>>; 2] {
    let mut said = said.clone();
    let which = script.below(2);
    script.spoil(&mut said[which]);
    said
}

fn ended(result: Result<(), AdditiveError>) -> Ended {
    match result {
        Ok(()) => Ended::Well,
        Err(
            AdditiveError::Io(_)
            | AdditiveError::Dealer(_)
            | AdditiveError::Refused(_)
            | AdditiveError::Malformed,
        ) => Ended::Refused,
        Err(other) => panic!("not the peer's fault: {other:?}"),
    }
}

fn ask(
    mut party: Additive,
    stream: &mut (impl std::io::Read + Split),
) -> Result<(), AdditiveError> {
    let model = model();
    let architecture = model.architecture();
    let masked = party.setup_client(architecture, stream)?;
    let shares = party.offline_client(architecture, &masked, SLOTS)?;
    let queries = vec![vec![5, -6, 7]; SLOTS];
    let mut writer = stream.writer();
    let logits = party.online_client(architecture, shares, &queries, stream, &mut writer)?;
    assert!(logits.len() == SLOTS && logits.iter().all(|l| l.len() == architecture.outputs()));
    Ok(())
}

fn answer(
    mut party: Additive,
    stream: &mut (impl std::io::Read + Split),
) -> Result<(), AdditiveError> {
    let (model, mut writer) = (model(), stream.writer());
    let mask = party.setup_server(&model, &mut writer)?;
    let shares = party.offline_server(&model, &mask, SLOTS)?;
    party.online_server(&model, shares, stream, &mut writer)
}

/// A stream with another end to write to.
trait Split {
    type Writer: std::io::Write;

    fn writer(&self) -> Self::Writer;
}

impl Split for Peer {
    type Writer = std::io::Sink;

    fn writer(&self) -> Self::Writer {
        std::io::sink()
    }
}

impl Split for Recorded<UnixStream> {
    type Writer = UnixStream;

    fn writer(&self) -> Self::Writer {
        self.inner().try_clone().expect("a socket")
    }
}

fn dialogue() -> &'static Dialogue {
    static SAID: OnceLock<Dialogue> = OnceLock::new();
    SAID.get_or_init(|| {
        let (left, right) = UnixStream::pair().expect("sockets");
        let ((mut left, from_server), (mut right, from_client)) =
            (Recorded::new(left), Recorded::new(right));
        let [(client, dealer_client), (server, dealer_server)] = [memory_pair(), memory_pair()];
        let ((client, to_client), (server, to_server)) =
            (Recorded::new(client), Recorded::new(server));
        let ((dealer_client, asked_by_client), (dealer_server, asked_by_server)) =
            (Recorded::new(dealer_client), Recorded::new(dealer_server));
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(3);
                Dealer::serve(dealer_client, dealer_server, &mut rng).expect("honest");
            });
            scope.spawn(|| answer(Additive::new(server), &mut right).expect("honest"));
            ask(Additive::new(client), &mut left).expect("honest");
        });
        Dialogue {
            to_client: [to_client.take(), from_server.take()],
            to_server: [to_server.take(), from_client.take()],
            to_dealer: [asked_by_client.take(), asked_by_server.take()],
        }
    })
}

/// Every kind of layer.
fn model() -> Model {
    let dense = |inputs: usize, outputs: usize| {
        let weights = (0..inputs * outputs).map(|w| w as i64 - 3).collect();
        let weights = Array2::from_shape_vec((outputs, inputs), weights).expect("as many");
        Layer::Dense(Dense::new(weights, Array1::from_elem(outputs, -1)).expect("fits"))
    };
    let layers = vec![
        dense(3, 2),
        Layer::Relu { shift: 2 },
        dense(2, 2),
        Layer::Truncate { shift: 1 },
        dense(2, 1),
    ];
    Model::new(layers).expect("a valid model")
}
