//! Whole models under the backend `cheetah`: the digests of the server's description and its parameter sets,
//! and what either party hears online.
//!
//! Base transfers and the preparation of transfers are left out. They would take nearly all of a run,
//! and [`ot`](crate::ot) fuzzes them; here parties have transfers in stock and are told nothing of them.

use std::{cell::RefCell, os::unix::net::UnixStream, sync::OnceLock, thread};

use fusion::transcript::Role;
use fusion_backends::{
    cheetah::{Answer, Cheetah, CheetahError, Outputs, Part, Served, Transfers},
    model::{
        Architecture, ConvolutionShape, InputRange, LayerShape, Model, Node, PoolShape, Source,
    },
    nonlinear::LayerError,
    ot::{Ends, OtReceiver, OtSender},
    rlwe::RlweError,
};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    Ended, MIB,
    ot::{refused, setup::prepared},
    peer::{Peer, Recorded},
    script::Script,
    within,
};

const SLOTS: usize = 2;
/// Prepared at a time, in either direction.
const PREPARED: usize = 1 << 19;
/// More than a batch takes.
const MOST: usize = 1 << 16;
/// Client first, as everywhere.
const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// A model that is served, with what an honest peer says to the client and to the server: digests and
/// parameter sets (those to the client alone), and then what each layer hears.
struct Dialogue {
    served: Served,
    said: [Vec<Vec<u8>>; 2],
}

thread_local! {
    /// Transfers are used up whatever the peer says, and a party without enough is set up anew.
    static PARTIES: RefCell<[Option<Ends>; 2]> = const { RefCell::new([None, None]) };
}

/// Any bits of the right number are a message of a layer, so what was said over other transfers still
/// is one.
pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    let dialogues = dialogues();
    let dialogue = &dialogues[script.below(dialogues.len())];
    let role = script.below(ROLES.len());
    let goes_on = script.byte() % 2 == 1;
    let mut messages = dialogue.said[role].clone();
    script.spoil(&mut messages);
    let mut says = messages.concat();
    if goes_on {
        // Zeros are well-formed in all layers: so those after the spoiled one run, and those whose
        // messages are longer than an honest peer's since the parameter sets are others.
        says.resize(says.len() + 2 * MIB, 0);
    }
    let mut peer = Peer::new(says);
    let mut party = party(role);
    let result = within(8 * MIB, || match ROLES[role] {
        Role::Client => ask(&mut party, &dialogue.served, &mut peer),
        Role::Server => answer(&mut party, &dialogue.served, &mut peer),
    });
    PARTIES.with_borrow_mut(|kept| kept[role] = party.__transfers().take());
    result.map_or_else(ended, |()| Ended::Well)
}

/// One that is set up, and has enough transfers for a batch.
fn party(role: usize) -> Cheetah {
    let ends = PARTIES.with_borrow_mut(|kept| {
        let enough = |ends: &Ends| ends.sender.prepared().min(ends.receiver.prepared()) >= MOST;
        if !kept[role].as_ref().is_some_and(enough) {
            *kept = prepared(PREPARED).map(|ends| Some(ends.into()));
        }
        kept[role].take()
    });
    let mut party = match ROLES[role] {
        Role::Client => Cheetah::client(),
        Role::Server => Cheetah::server(),
    };
    *party.__transfers() = ends;
    party
}

fn ask(party: &mut Cheetah, served: &Served, peer: &mut Peer) -> Result<(), CheetahError> {
    let (architecture, mut rng) = (served.model().architecture(), StdRng::seed_from_u64(0));
    let plan = Cheetah::__agreed(served.description(), peer)?;
    let prepared = party.offline_client(&plan, SLOTS, peer, &mut rng)?;
    let InputRange { low, high } = served.description().input();
    let queries = vec![vec![low; architecture.inputs()], vec![high; architecture.inputs()]];
    let answers = party.online_client(&plan, prepared, &queries, peer, &mut rng)?;
    assert_eq!(answers.len(), SLOTS);
    let outputs = architecture.outputs();
    assert!(answers.iter().all(|answer| match (answer, plan.outputs()) {
        (Answer::Label(label), Outputs::Label) => label.is_none_or(|label| label < outputs),
        (Answer::Logits(logits), Outputs::Logits) => logits.len() == outputs,
        _ => false,
    }));
    Ok(())
}

fn answer(party: &mut Cheetah, served: &Served, peer: &mut Peer) -> Result<(), CheetahError> {
    let mut rng = StdRng::seed_from_u64(0);
    let prepared = party.offline_server(served, SLOTS, peer, &mut rng)?;
    party.online_server(served, prepared, peer, &mut rng)
}

/// Blames the peer, or it is a mistake of ours.
fn ended(error: CheetahError) -> Ended {
    match error {
        CheetahError::Io(_)
        | CheetahError::Description { .. }
        | CheetahError::Sets
        | CheetahError::Layer {
            source: LayerError::Io { .. } | LayerError::Malformed { .. },
            ..
        }
        | CheetahError::Linear { source: RlweError::Malformed(_), .. } => Ended::Refused,
        // Of silent transfers, which are set up when they are announced.
        CheetahError::Transfers(error) => refused(error),
        other => panic!("not the peer's fault: {other:?}"),
    }
}

fn dialogues() -> &'static [Dialogue; 2] {
    static SAID: OnceLock<[Dialogue; 2]> = OnceLock::new();
    SAID.get_or_init(|| {
        let input = InputRange { low: -8, high: 7 };
        let served = Served::new(model(), input).expect("small numbers");
        let logits = Served::logits(model(), input).expect("small numbers");
        [served, logits].map(Dialogue::new)
    })
}

impl Dialogue {
    /// Records both parties, who are set up as users do it.
    fn new(served: Served) -> Self {
        let served = served.with_transfers(Transfers::SoftSpoken);
        let (left, right) = UnixStream::pair().expect("sockets");
        let said = thread::scope(|scope| {
            let server = scope.spawn(|| {
                let (mut stream, heard) = Recorded::new(right);
                let (mut party, mut rng) = (Cheetah::server(), StdRng::seed_from_u64(1));
                party.setup_server(&served, &mut stream, &mut rng).expect("honest");
                let prepared = party.offline_server(&served, SLOTS, &mut stream, &mut rng);
                heard.take();
                let prepared = prepared.expect("honest");
                party.online_server(&served, prepared, &mut stream, &mut rng).expect("honest");
                by_layer(&party, &heard.take().concat())
            });
            let (mut stream, heard) = Recorded::new(left);
            let (mut party, mut rng) = (Cheetah::client(), StdRng::seed_from_u64(0));
            let architecture = served.model().architecture();
            let plan = party.setup_client(served.description(), &mut stream, &mut rng);
            let plan = plan.expect("honest");
            let setup = heard.take().concat();
            let prepared = party.offline_client(&plan, SLOTS, &mut stream, &mut rng);
            let (prepared, offline) = (prepared.expect("honest"), heard.take().concat());
            let queries = vec![vec![1; architecture.inputs()]; SLOTS];
            let answers = party.online_client(&plan, prepared, &queries, &mut stream, &mut rng);
            assert_eq!(answers.expect("honest").len(), SLOTS);

            let digests = &setup[..32 * Part::ALL.len()];
            let linear = architecture.layers().filter(LayerShape::is_linear).count();
            let mut to_client = vec![digests.to_vec(), offline[..linear].to_vec()];
            to_client.extend(by_layer(&party, &heard.take().concat()));
            [to_client, server.join().expect("honest")]
        });
        Self { served, said }
    }
}

/// What each layer of the last batch heard, where it heard anything.
fn by_layer(party: &Cheetah, mut heard: &[u8]) -> Vec<Vec<u8>> {
    let lengths = party.costs().iter().map(|cost| cost.received as usize);
    let messages = lengths.map(|length| heard.split_off(..length).expect("counted").to_vec());
    messages.filter(|message| !message.is_empty()).collect()
}

/// Every kind of layer, and as little as possible under encryption.
fn model() -> Model {
    let pool = PoolShape { channels: 2, height: 2, width: 2, kernel: 2, stride: 1, padding: 0 };
    let PoolShape { channels: outputs, height, width, .. } = pool;
    let window = ConvolutionShape {
        channels: 1,
        outputs,
        height,
        width,
        kernel: 1,
        stride: 1,
        padding: 0,
        groups: 1,
    };
    // Numbers from 1 are those of layers, and 0 is the input.
    let source = |number: usize| number.checked_sub(1).map_or(Source::Input, Source::Layer);
    let one = |layer, from| Node { layer, from: source(from), with: None };
    let two = |layer, from, with| Node { layer, from: source(from), with: Some(source(with)) };
    let nodes = vec![
        one(LayerShape::Convolution(window), 0),
        one(LayerShape::Clamp { width: 8, shift: 1, bits: 4 }, 1),
        one(LayerShape::Relu { width: 8, shift: 0 }, 1),
        two(LayerShape::Add { width: 8, shift: 1 }, 3, 2),
        one(LayerShape::MaxPool(pool), 2),
        one(LayerShape::AveragePool(pool), 4),
        two(LayerShape::Concat { first: 2, second: 2 }, 5, 6),
        one(LayerShape::Truncate { width: 4, shift: 1 }, 7),
        one(LayerShape::Dense { inputs: 4, outputs: 3 }, 8),
        one(LayerShape::Relu { width: 3, shift: 2 }, 9),
        one(LayerShape::Clamp { width: 3, shift: 1, bits: 4 }, 10),
    ];
    let architecture = Architecture::graph(nodes).expect("layers that fit");
    Model::random(&architecture, 20, &mut StdRng::seed_from_u64(0))
}
