//! What a party sees: of a label, and of anything before it.

use std::io::{self, Read, Write};

use rand::Rng;

use super::*;

/// Logits of eight slots: a multiple of 8, so that no bits fill up a byte.
const SLOTS: usize = 8;
const CLASSES: usize = 10;
const BITS: u32 = 12;

/// Writes down what a party receives and sends.
struct Recorded<S> {
    stream: S,
    received: Vec<u8>,
    sent: Vec<u8>,
    /// Where messages end in what is sent.
    ends: Vec<usize>,
}

trait Duplex: Read + Write {}

impl<S: Read + Write> Duplex for S {}

/// Whatever the peer is.
type Line = Recorded<Box<dyn Duplex + Send>>;

fn line(peer: impl Duplex + Send + 'static) -> Line {
    Recorded::new(Box::new(peer))
}

impl<S> Recorded<S> {
    fn new(stream: S) -> Self {
        Self { stream, received: Vec::new(), sent: Vec::new(), ends: Vec::new() }
    }

    fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.sent[*start..*end])
    }
}

impl<S: Read> Read for Recorded<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.received.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

impl<S: Write> Write for Recorded<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sent.extend_from_slice(bytes);
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.ends.push(self.sent.len());
        self.stream.flush()
    }
}

/// A peer that says anything, then something certain.
struct Anything<'a> {
    rng: StdRng,
    /// How much is arbitrary.
    before: usize,
    last: &'a [u8],
}

impl Read for Anything<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.before == 0 {
            return self.last.read(buffer);
        }
        let count = buffer.len().min(self.before);
        self.rng.fill_bytes(&mut buffer[..count]);
        self.before -= count;
        Ok(count)
    }
}

impl Write for Anything<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logits() -> (Vec<i64>, Need) {
    (images(width(BITS), SLOTS * CLASSES), Need::argmax(width(BITS), CLASSES, SLOTS))
}

/// Bytes of the message that opens labels: 4 bits each.
const LAST: usize = SLOTS * 4 / 8;

/// What the client receives and what it learns in a run with fresh preparation.
fn client_view(
    shares: &[Shares; 2],
    need: &Need,
    seed: u64,
) -> (Recorded<Stream>, Vec<Option<usize>>) {
    let [mut client, mut server] = materials(need, seed);
    let (left, mut right) = streams();
    let mut left = Recorded::new(left);
    let (labels, _) = both(
        || Layers::new(&mut client, &mut left).label(CLASSES, &shares[0]).unwrap().unwrap(),
        || Layers::new(&mut server, &mut right).label(CLASSES, &shares[1]).unwrap(),
    );
    (left, labels)
}

/// Each bit is as often one as zero, within five standard deviations.
fn assert_uniform(layer: &str, views: &[Vec<u8>]) {
    let half = views.len() as f64 / 2.0;
    let spread = 5.0 * (views.len() as f64).sqrt() / 2.0;
    for bit in 0..views[0].len() * 8 {
        let ones = views.iter().filter(|view| view[bit / 8] >> (bit % 8) & 1 == 1).count();
        assert!(
            (ones as f64 - half).abs() < spread,
            "{layer}, bit {bit}: {ones} of {}",
            views.len()
        );
    }
}

#[test]
fn the_client_sees_labels_and_nothing_else() {
    let (values, need) = logits();
    let shares = Shares::split(width(BITS), &values, &mut StdRng::seed_from_u64(5));
    let expected: Vec<_> = values.chunks(CLASSES).map(crate::model::argmax).collect();
    let runs = 300;
    let mut views: Vec<_> = (0..runs)
        .map(|seed| {
            let (view, labels) = client_view(&shares, &need, seed);
            assert_eq!(labels, expected);
            view.received
        })
        .collect();
    // The same shares and logits each time: all that varies is what hides them. With what the client
    // chose and has, nothing is left to learn but from the last message, which is a share of labels.
    views.iter_mut().for_each(|view| view.truncate(view.len() - LAST));
    assert_uniform("label", &views);
}

/// The client's view can be made up from the labels alone: anything, then a share that fits.
#[test]
fn a_view_that_is_made_up_from_a_label_gives_that_label() {
    let (values, need) = logits();
    let shares = Shares::split(width(BITS), &values, &mut StdRng::seed_from_u64(6));
    let (real, _) = client_view(&shares, &need, 0);
    let [share, _] = shares;
    let before = real.received.len() - LAST;

    let mut peer = Anything { rng: StdRng::seed_from_u64(7), before, last: &[] };
    let mut client = material(Role::Client, &need, 8);
    let own = Layers::new(&mut client, &mut peer).argmax(CLASSES, &share).unwrap();
    assert_eq!(peer.before, 0, "the client reads as much as in a real run before the labels");

    for label in [0, 3, 9] {
        let nibbles = own.values().iter().map(|own| (label as u8).wrapping_sub(*own as u8) & 15);
        let nibbles: Vec<_> = nibbles.collect();
        let last: Vec<_> = nibbles.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
        let mut peer = Anything { rng: StdRng::seed_from_u64(7), before, last: &last };
        let mut client = material(Role::Client, &need, 8);
        let labels = Layers::new(&mut client, &mut peer).label(CLASSES, &share).unwrap();
        assert_eq!(labels, Some(vec![Some(label); SLOTS]));
    }
}

#[test]
fn the_server_sees_what_is_uniform_even_if_it_deviates() {
    let (values, need) = logits();
    let [share, _] = Shares::split(width(BITS), &values, &mut StdRng::seed_from_u64(9));
    for server in [0x00, 0xff] {
        let views: Vec<_> = (0..200)
            .map(|seed| {
                let mut client = material(Role::Client, &need, seed);
                let said = vec![server; 1 << 16];
                let mut peer = Recorded::new(Anything {
                    rng: StdRng::seed_from_u64(0),
                    before: 0,
                    last: &said,
                });
                Layers::new(&mut client, &mut peer).argmax(CLASSES, &share).unwrap();
                peer.sent
            })
            .collect();
        assert_uniform("argmax", &views);
    }
}

type Layer<'a> = &'a (dyn Fn(&mut Layers<'_, Line>, &Shares) -> Result<Shares, LayerError> + Sync);

/// Runs a test with each layer that opens nothing: its name, what it takes, and shares of its values.
fn with_each_layer(test: impl Fn(&str, &Need, &[Shares; 2], Layer<'_>)) {
    let (from, to) = (width(BITS), width(BITS + 2));
    let truncation = Truncation::new(from, 3, to).unwrap();
    let clamp = Clamp::new(from, 3, 4, to).unwrap();
    let division = Division::new(from, 7).unwrap();
    // Images of one window each: of every layer, and of each of its parts, a multiple of 8 values.
    let windows = Windows::new(2, 2, 2, 2, 0).unwrap();
    let (narrow, count) = (width(BITS - 3), SLOTS * 4);
    let layers: [(&str, Need, Layer<'_>); 6] = [
        ("ReLU", Need::relu(from, count), &|l, x| l.relu(x)),
        ("ReLU with truncation", Need::relu_truncate(truncation, count), &|l, x| {
            l.relu_truncate(truncation, x)
        }),
        ("clamp", Need::relu_clamp(clamp, count), &|l, x| l.relu_clamp(clamp, x)),
        ("truncation", Need::truncate(truncation, count), &|l, x| l.truncate(truncation, x)),
        ("division", Need::divide(division, count), &|l, x| l.divide(division, x)),
        ("max-pool", Need::max_pool_within(windows, narrow, SLOTS), &|l, x| {
            l.max_pool_within(windows, narrow, x)
        }),
    ];
    let shares = Shares::split(from, &images(from, count), &mut StdRng::seed_from_u64(10));
    layers.into_iter().for_each(|(name, need, layer)| test(name, &need, &shares, layer));
}

#[test]
fn layers_that_open_nothing_show_what_is_uniform_to_a_peer_that_deviates() {
    with_each_layer(|name, need, shares, layer| {
        for (role, share) in [Role::Client, Role::Server].into_iter().zip(shares) {
            for said in [&[0x00; 1 << 14], &[0xff; 1 << 14]] {
                let views: Vec<_> = (0..200)
                    .map(|seed| {
                        let mut material = material(role, need, seed);
                        let rng = StdRng::seed_from_u64(0);
                        let mut line = line(Anything { rng, before: 0, last: said });
                        layer(&mut Layers::new(&mut material, &mut line), share).unwrap();
                        line.sent
                    })
                    .collect();
                assert_uniform(name, &views);
            }
        }
    });
}

/// All that the server has is the same each time; so a share of the client's that is not masked shows,
/// in itself or beside the server's, which opens what it masks at the same time.
#[test]
fn what_the_client_sends_is_uniform_beside_what_the_server_has() {
    with_each_layer(|name, need, shares, layer| {
        let views: Vec<_> = (0..200)
            .map(|client| {
                let seeds = Seeds { client, server: 0 };
                let material = |role| material_of(role, need, seeds);
                let (mut client, mut server) = (material(Role::Client), material(Role::Server));
                let (left, right) = streams();
                let (mut left, mut right) = (line(left), line(right));
                both(
                    || layer(&mut Layers::new(&mut client, &mut left), &shares[0]).unwrap(),
                    || layer(&mut Layers::new(&mut server, &mut right), &shares[1]).unwrap(),
                );
                let pairs = left.messages().zip(right.messages());
                let sums = pairs.filter(|(ours, theirs)| ours.len() == theirs.len());
                let sums: Vec<_> = sums
                    .flat_map(|(ours, theirs)| ours.iter().zip(theirs).map(|(a, b)| a ^ b))
                    .collect();
                [left.sent, sums].concat()
            })
            .collect();
        assert_uniform(name, &views);
    });
}

/// The server's messages have one length, whatever the labels.
#[test]
fn lengths_do_not_depend_on_values() {
    let (values, need) = logits();
    let lengths = [values.clone(), vec![0; values.len()]].map(|values| {
        let shares = Shares::split(width(BITS), &values, &mut StdRng::seed_from_u64(5));
        let (view, _) = client_view(&shares, &need, 1);
        (view.received.len(), view.sent.len())
    });
    assert_eq!(lengths[0], lengths[1]);
}
