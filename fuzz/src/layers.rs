//! Layers that are not linear: flips, tables, opened operands, masked numbers and shares, at either
//! party.

use std::{
    cell::RefCell,
    io::{Read, Write},
    os::unix::net::UnixStream,
    sync::OnceLock,
    thread,
};

use fusion::transcript::Role;
use fusion_backends::{
    nonlinear::{Clamp, Division, LayerError, Layers, Material, Need, Shares, Truncation, Windows},
    ot::{OtReceiver, OtSender, Width, softspoken::SoftSpoken},
};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    Ended, MIB,
    ot::setup::prepared,
    peer::{Peer, Recorded},
    script::Script,
    within,
};

/// Prepared at a time, in either direction.
const PREPARED: usize = 1 << 19;
/// Values that go in: with bits left in the last byte of a message.
const COUNT: usize = 90;
const GROUP: usize = 10;
/// Client first, as everywhere.
const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// A layer on [`COUNT`] values; gives how many come out.
struct Layer {
    width: Width,
    need: Need,
    run: Box<dyn Fn(&mut Layers<'_, Stream>, &Shares) -> Run + Send + Sync>,
    /// What each party hears from an honest peer, and how many values come out, once that is known.
    honest: OnceLock<[(Vec<u8>, usize); 2]>,
}

type Run = Result<usize, LayerError>;

trait ReadWrite: Read + Write {}
impl<S: Read + Write> ReadWrite for S {}
type Stream = Box<dyn ReadWrite>;

thread_local! {
    /// Material is used up whatever the peer says, and made of these, at either party.
    static PARTIES: RefCell<Option<[SoftSpoken; 2]>> = const { RefCell::new(None) };
}

/// Any bits of the right number are a message, so what was said over other transfers still is one.
/// Only labels may then not exist.
pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    let layers = layers();
    let layer = &layers[script.below(layers.len())];
    let role = script.below(ROLES.len());
    let (honest, outputs) = &layer.honest()[role];
    let mut messages = vec![honest.clone()];
    script.spoil(&mut messages);
    let mut material = PARTIES.with_borrow_mut(|slot| {
        let needed = ROLES.map(|sender| layer.need.transfers(sender)).into_iter().max();
        let used_up = |[client, server]: &[SoftSpoken; 2]| {
            let left = [client, server].map(|ot| ot.sender.prepared().min(ot.receiver.prepared()));
            left.into_iter().min() < needed
        };
        if slot.as_ref().is_none_or(used_up) {
            *slot = Some(prepared(PREPARED));
        }
        layer.material(ROLES[role], &mut slot.as_mut().expect("just made")[role])
    });
    let mut layer_with = |said: Vec<u8>| layer.run(ROLES[role], &mut material, Peer::new(said));
    match within(MIB, || layer_with(messages.concat())) {
        Ok(found) => {
            assert_eq!(found, *outputs);
            assert_eq!(material.prepared(), Need::default(), "not all is used up");
            Ended::Well
        }
        Err(LayerError::Io { .. } | LayerError::Malformed { .. }) => {
            let again = layer_with(Vec::new());
            assert!(matches!(again, Err(LayerError::Broken)), "{again:?} after a failure");
            Ended::Refused
        }
        Err(other) => panic!("not the peer's fault: {other:?}"),
    }
}

impl Layer {
    fn new(
        width: Width,
        need: Need,
        run: impl Fn(&mut Layers<'_, Stream>, &Shares) -> Run + Send + Sync + 'static,
    ) -> Self {
        Self { width, need, run: Box::new(run), honest: OnceLock::new() }
    }

    /// What the layer takes, out of what is prepared.
    fn material(&self, role: Role, ot: &mut SoftSpoken) -> Material {
        let (mut material, mut rng) = (Material::new(role), StdRng::seed_from_u64(0));
        // Nothing is left to be said.
        let mut peer = Peer::new(Vec::new());
        let made =
            material.prepare(&self.need, &mut ot.sender, &mut ot.receiver, &mut peer, &mut rng);
        made.expect("as many as were prepared");
        material
    }

    fn run(&self, role: Role, material: &mut Material, peer: impl ReadWrite + 'static) -> Run {
        let values: Vec<i64> = (0..COUNT as i64).map(|value| value * value - 500).collect();
        let shares = Shares::split(self.width, &values, &mut StdRng::seed_from_u64(0));
        let own = if role == Role::Client { &shares[0] } else { &shares[1] };
        (self.run)(&mut Layers::new(material, &mut (Box::new(peer) as Stream)), own)
    }

    fn honest(&self) -> &[(Vec<u8>, usize); 2] {
        self.honest.get_or_init(|| {
            let needed = ROLES.map(|sender| self.need.transfers(sender)).into_iter().max();
            let parties = prepared(needed.unwrap_or_default());
            let (left, right) = UnixStream::pair().expect("sockets");
            let parties = ROLES.into_iter().zip(parties).zip([left, right]);
            thread::scope(|scope| {
                let runs = parties.map(|((role, mut ot), stream)| {
                    scope.spawn(move || {
                        let mut material = self.material(role, &mut ot);
                        let (stream, recording) = Recorded::new(stream);
                        let outputs = self.run(role, &mut material, stream).expect("honest");
                        (recording.take().concat(), outputs)
                    })
                });
                let runs: Vec<_> = runs.collect();
                let mut runs = runs.into_iter().map(|run| run.join().expect("honest"));
                std::array::from_fn(|_| runs.next().expect("two parties"))
            })
        })
    }
}

fn layers() -> &'static [Layer] {
    static LAYERS: OnceLock<Vec<Layer>> = OnceLock::new();
    LAYERS.get_or_init(|| {
        let width = |bits| Width::new(bits).expect("1 to 64");
        let relu = |bits| {
            let need = Need::relu(width(bits), COUNT);
            Layer::new(width(bits), need, |l, x| Ok(l.relu(x)?.len()))
        };
        let by = |from, shift, to| Truncation::new(width(from), shift, width(to)).expect("less");
        let truncate = |from, shift, to| {
            let by = by(from, shift, to);
            let need = Need::truncate(by, COUNT);
            Layer::new(width(from), need, move |l, x| Ok(l.truncate(by, x)?.len()))
        };
        let relu_truncate = |from, shift, to| {
            let by = by(from, shift, to);
            let need = Need::relu_truncate(by, COUNT);
            Layer::new(width(from), need, move |l, x| Ok(l.relu_truncate(by, x)?.len()))
        };
        let relu_clamp = |from, shift, to| {
            let clamp = Clamp::new(width(from), shift, 8, width(to)).expect("it fits");
            let need = Need::relu_clamp(clamp, COUNT);
            Layer::new(width(from), need, move |l, x| Ok(l.relu_clamp(clamp, x)?.len()))
        };
        let ring = width(20);
        let by = Division::new(ring, 7).expect("not 0");
        let windows = Windows::new(9, 5, 3, 2, 1).expect("they fit");
        let groups = COUNT / GROUP;
        vec![
            relu(20),
            relu(64),
            relu(1),
            truncate(20, 7, 20),
            truncate(37, 12, 60),
            truncate(20, 7, 1),
            relu_truncate(20, 7, 12),
            relu_truncate(20, 7, 33),
            relu_clamp(20, 7, 12),
            relu_clamp(27, 10, 27),
            Layer::new(ring, Need::divide(by, COUNT), move |l, x| Ok(l.divide(by, x)?.len())),
            Layer::new(ring, Need::max(ring, GROUP, groups), |l, x| Ok(l.max(GROUP, x)?.len())),
            Layer::new(ring, Need::argmax(ring, GROUP, groups), |l, x| {
                let labels = l.label(GROUP, x)?;
                assert!(labels.iter().flatten().flatten().all(|label| *label < GROUP));
                Ok(labels.map_or(0, |labels| labels.len()))
            }),
            Layer::new(ring, Need::default(), |l, x| Ok(l.reveal(x)?.map_or(0, |all| all.len()))),
            Layer::new(ring, Need::max_pool(ring, windows, 2), move |l, x| {
                Ok(l.max_pool(windows, x)?.len())
            }),
            Layer::new(ring, Need::max_pool_within(windows, width(11), 2), move |l, x| {
                Ok(l.max_pool_within(windows, width(11), x)?.len())
            }),
            Layer::new(ring, Need::average_pool(ring, windows, 2), move |l, x| {
                Ok(l.average_pool(windows, x)?.len())
            }),
        ]
    })
}
