//! The trusted dealer: a third process, or a thread in tests.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use fusion_core::channel::{Channel, ChannelError, Incoming, Outgoing};
use rand::{CryptoRng, Rng, SeedableRng};
use zeroize::Zeroizing;

use super::chain::{Chain, Layer};
use super::dense::Matrix;
use super::error::{DealerError, Refusal};
use super::layout::Layout;
use super::link::{Frames, Reply, Request, Seed, parse};
use super::material::{Need, expand};
use super::record;
use super::tables::Tables;

/// The most slots in one request.
pub const MAX_SLOTS: usize = 1 << 16;
/// The most words of material in one request: 16 GiB at each party.
pub const MAX_MATERIAL: usize = 1 << 31;

/// How long the parties may leave the dealer alone.
const IDLE: Duration = Duration::from_secs(24 * 3600);
/// How long the server may come after the client.
const LATE: Duration = Duration::from_secs(30);

/// What a dealer has sent, in bytes, without the framing of its channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dealt {
    /// To the client: a seed for each batch.
    pub to_client: u64,
    /// To the server: a seed for each model, and what completes the client's shares.
    pub to_server: u64,
}

/// Deals correlated randomness to one client and one server.
///
/// # Security
///
/// The dealer is trusted: dealer mode is not two-party computation without trust. It sees no
/// inputs, no weights and no message between the parties. But a dealer that colludes with the
/// server learns the inputs, one that colludes with the client learns the model, and one that
/// deals wrongly makes answers wrong. Its channels must be private and authenticated.
#[derive(Debug)]
pub struct Dealer;

impl Dealer {
    /// Serves until the client closes its channel; gives what it sent.
    ///
    /// Both parties must ask for the same in the same order. If they do not, both are told and
    /// both channels are closed.
    ///
    /// # Errors
    ///
    /// [`DealerError`]: a channel failed, or the requests differ or cannot be served.
    pub fn serve<C: Channel, S: Channel, G: CryptoRng>(
        client: C,
        server: S,
        rng: &mut G,
    ) -> Result<Dealt, DealerError> {
        let (mut client, mut server) = (Counted::new(client), Counted::new(server));
        let mut model = None;
        loop {
            let request = match client.recv(IDLE) {
                Ok(request) => request,
                Err(ChannelError::Closed) => {
                    return Ok(Dealt { to_client: client.sent, to_server: server.sent });
                }
                Err(error) => return Err(DealerError::Client(error)),
            };
            let second = match server.recv(LATE) {
                Ok(second) => second,
                Err(error) => {
                    // The client learns the reason if it still listens.
                    let _ = reply(&mut client, &Reply::Refused(Refusal::Absent));
                    return Err(DealerError::Server(error));
                }
            };
            let granted = match check(&request, &second, model.as_ref()) {
                Ok(granted) => granted,
                Err(reason) => {
                    // Each learns the reason, even if the other is gone.
                    let _ = reply(&mut client, &Reply::Refused(reason));
                    let _ = reply(&mut server, &Reply::Refused(reason));
                    return Err(DealerError::Refused(reason));
                }
            };
            let mut seed: Seed = Zeroizing::new([0; 32]);
            rng.fill_bytes(&mut *seed);
            match granted {
                Granted::Model(chain) => {
                    reply(&mut client, &Reply::Nothing).map_err(DealerError::Client)?;
                    reply(&mut server, &Reply::Seed(*seed)).map_err(DealerError::Server)?;
                    let masks = expand_masks(&chain, &seed);
                    model = Some((chain, masks));
                }
                Granted::Slots(slots) => {
                    reply(&mut client, &Reply::Seed(*seed)).map_err(DealerError::Client)?;
                    reply(&mut server, &Reply::Nothing).map_err(DealerError::Server)?;
                    if let Some((chain, masks)) = &model {
                        deal(chain, masks, &seed, slots, &mut server, rng)
                            .map_err(DealerError::Server)?;
                    }
                }
            }
        }
    }
}

/// A channel that counts what is sent.
struct Counted<C> {
    inner: C,
    sent: u64,
}

impl<C> Counted<C> {
    fn new(inner: C) -> Self {
        Self { inner, sent: 0 }
    }
}

impl<C: Channel> Channel for Counted<C> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.sent = self.sent.saturating_add(u64::try_from(frame.len()).unwrap_or(u64::MAX));
        self.inner.send(frame)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        self.inner.recv(wait)
    }

    /// No phase runs on it, so nobody counts what is sent after this.
    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        Box::new(self.inner).split()
    }
}

/// A uniform matrix A for each dense layer.
pub(super) fn expand_masks(chain: &Chain, seed: &Seed) -> Vec<Matrix> {
    let mut rng = ChaCha20Rng::from_seed(**seed);
    let masks = chain.layers().iter().filter_map(|layer| match *layer {
        Layer::Dense { inputs, outputs } => Some(Matrix::random(inputs, outputs, &mut rng)),
        Layer::Activation { .. } => None,
    });
    masks.collect()
}

/// What both parties ask for, and can be served.
enum Granted {
    Model(Chain),
    Slots(usize),
}

fn check(
    client: &[u8],
    server: &[u8],
    model: Option<&(Chain, Vec<Matrix>)>,
) -> Result<Granted, Refusal> {
    let request = parse(client).ok_or(Refusal::Malformed)?;
    if parse::<Request>(server).ok_or(Refusal::Malformed)? != request {
        return Err(Refusal::Differ);
    }
    match request {
        Request::Model(architecture) => {
            let chain = Chain::new(&architecture).map_err(|_| Refusal::Unsupported)?;
            Ok(Granted::Model(chain))
        }
        Request::Slots(slots) => {
            let (chain, _) = model.ok_or(Refusal::NoModel)?;
            let slots = usize::try_from(slots).map_err(|_| Refusal::TooLarge)?;
            let needs = chain.layers().iter().map(Need::of);
            let words = needs.fold(0, |sum: usize, need| {
                sum.saturating_add(need.mask).saturating_add(need.shared)
            });
            if slots > MAX_SLOTS || words.saturating_mul(slots) > MAX_MATERIAL {
                return Err(Refusal::TooLarge);
            }
            Ok(Granted::Slots(slots))
        }
    }
}

/// Sends the server what completes the client's shares.
fn deal<S: Channel, G: Rng>(
    chain: &Chain,
    masks: &[Matrix],
    seed: &Seed,
    slots: usize,
    server: &mut S,
    rng: &mut G,
) -> Result<(), ChannelError> {
    // One draw of 256 bits from the caller's generator: it may be slow.
    let mut rng = ChaCha20Rng::from_rng(rng);
    let mut client = ChaCha20Rng::from_seed(**seed);
    let mut masks = masks.iter();
    let mut frames = Frames::new(server);
    for layer in chain.layers() {
        let need = Need::of(layer);
        match *layer {
            Layer::Dense { .. } => {
                let b = expand(need.mask.saturating_mul(slots), &mut client);
                let mut shared = expand(need.shared.saturating_mul(slots), &mut client);
                shared.iter_mut().for_each(|word| *word = word.wrapping_neg());
                masks.by_ref().take(1).for_each(|mask| mask.add_product(&b, &mut shared));
                frames.push(&shared)?;
            }
            Layer::Activation { width, shift, .. } => {
                let layout = Layout::new(shift);
                let tables = Tables::new(&layout);
                for _ in 0..width.saturating_mul(slots) {
                    let mut share = expand(record::words(&layout), &mut client);
                    record::deal(&layout, &tables, &mut share, &mut rng);
                    frames.push(&share)?;
                }
            }
        }
        frames.finish()?;
    }
    Ok(())
}

fn reply<C: Channel>(channel: &mut C, reply: &Reply) -> Result<(), ChannelError> {
    // A reply is an enum of plain data: it always encodes.
    channel.send(postcard::to_stdvec(reply).unwrap_or_default())
}
