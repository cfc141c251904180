//! Every layer against integer arithmetic, over transfers that a test makes up.

mod ideal;

use fusion_core::transcript::Role;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;
use crate::cheetah::ot::Width;
use crate::cheetah::ot::tests::{Stream, both, streams};

type Run<'a> = Layers<'a, Stream>;

fn width(bits: u32) -> Width {
    Width::new(bits).unwrap()
}

/// Prepares for `need` at both parties.
fn materials(need: &Need) -> [Material; 2] {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut stream, _) = streams();
    [Role::Client, Role::Server].map(|role| {
        let mut material = Material::new(role);
        let (mut sender, mut receiver) = ideal::ends(role);
        material.prepare(need, &mut sender, &mut receiver, &mut stream, &mut rng).unwrap();
        material
    })
}

/// Runs a layer at both parties with shares of `values`; gives what each has, in order client,
/// server. All that was prepared must be used up.
fn run<T: Send>(
    need: &Need,
    width: Width,
    values: &[i64],
    layer: impl Fn(&mut Run<'_>, &Shares) -> T + Sync,
) -> [T; 2] {
    let mut rng = StdRng::seed_from_u64(2);
    let shares = Shares::split(width, values, &mut rng);
    let [mut client, mut server] = materials(need);
    let (mut left, mut right) = streams();
    let (at_client, at_server) = both(
        || layer(&mut Layers::new(&mut client, &mut left), &shares[0]),
        || layer(&mut Layers::new(&mut server, &mut right), &shares[1]),
    );
    assert_eq!([client.prepared(), server.prepared()], [Need::default(); 2]);
    [at_client, at_server]
}

fn opened([client, server]: [Result<Shares, LayerError>; 2]) -> Vec<i64> {
    client.unwrap().open(&server.unwrap())
}

/// All values of a few bits, or edges and random ones of many.
fn values(width: Width, random: usize) -> Vec<i64> {
    let bits = width.bits();
    if bits <= 10 {
        return (0..1 << bits).map(|value| width.signed(value)).collect();
    }
    let mut rng = StdRng::seed_from_u64(3);
    let mut values = Vec::with_capacity(random + 6 * bits as usize);
    for bit in 0..bits {
        for near in [-1, 0, 1_i64] {
            let edge = 1_i64.wrapping_shl(bit).wrapping_add(near);
            values.extend([edge, edge.wrapping_neg()]);
        }
    }
    // Of every magnitude.
    values.extend((0..random).map(|_| rng.random::<i64>() >> rng.random_range(0..64)));
    values.iter().map(|value| width.signed(value.cast_unsigned())).collect()
}

const WIDTHS: [u32; 12] = [1, 2, 3, 4, 5, 8, 9, 20, 32, 37, 63, 64];

#[test]
fn the_sign_is_the_highest_bit() {
    for bits in WIDTHS {
        let values = values(width(bits), 1000);
        let need = Need::negative(width(bits), values.len());
        let [client, server] = run(&need, width(bits), &values, |layers, x| layers.negative(x));
        let expected: Vec<_> = values.iter().map(|value| *value < 0).collect();
        assert_eq!(client.unwrap().open(&server.unwrap()), expected, "{bits} bits");
    }
}

#[test]
fn relu_keeps_what_is_positive() {
    for bits in WIDTHS {
        let values = values(width(bits), 1000);
        let need = Need::relu(width(bits), values.len());
        let found = opened(run(&need, width(bits), &values, |layers, x| layers.relu(x)));
        let expected: Vec<_> = values.iter().map(|value| (*value).max(0)).collect();
        assert_eq!(found, expected, "{bits} bits");
    }
}

/// Whatever the shares of a value are.
#[test]
fn every_pair_of_shares_gives_the_same() {
    let width = width(6);
    let (x, y): (Vec<_>, Vec<_>) = (0..64 * 64).map(|i| (i / 64, i % 64)).unzip();
    let values: Vec<_> = x.iter().zip(&y).map(|(x, y)| width.signed(x + y)).collect();
    let truncation = Truncation::new(width, 2, Width::new(9).unwrap()).unwrap();
    let need = Need::relu(width, values.len()) + Need::truncate(truncation, values.len());
    let layer = |layers: &mut Run<'_>, _: &Shares| {
        let own = if layers.material.role() == Role::Client { &x } else { &y };
        let own = Shares::new(width, own.iter().copied());
        (layers.relu(&own).unwrap(), layers.truncate(truncation, &own).unwrap())
    };
    let [client, server] = run(&need, width, &[], layer);
    let relu: Vec<_> = values.iter().map(|value| (*value).max(0)).collect();
    assert_eq!(client.0.open(&server.0), relu);
    let quotients: Vec<_> = values.iter().map(|value| value >> 2).collect();
    assert_eq!(client.1.open(&server.1), quotients);
}

#[test]
fn truncation_rounds_down_in_every_ring() {
    for (bits, shifts, to) in [
        (1, vec![0], vec![1, 2, 64]),
        (2, vec![0, 1], vec![1, 2, 3, 64]),
        (8, vec![0, 1, 3, 7], vec![1, 4, 5, 8, 9, 33]),
        (20, vec![0, 8, 19], vec![12, 13, 20, 64]),
        (37, vec![12], vec![20, 25, 26, 37, 60]),
        (64, vec![0, 1, 16, 62, 63], vec![1, 2, 48, 64]),
    ] {
        let values = values(width(bits), 300);
        for (shift, to) in shifts.iter().flat_map(|shift| to.iter().map(move |to| (*shift, *to))) {
            let truncation = Truncation::new(width(bits), shift, width(to)).unwrap();
            let need = Need::truncate(truncation, values.len());
            let found = opened(run(&need, width(bits), &values, |l, x| l.truncate(truncation, x)));
            let expected: Vec<_> =
                values.iter().map(|v| width(to).signed((v >> shift).cast_unsigned())).collect();
            assert_eq!(found, expected, "{bits} bits by {shift} to {to}");

            let need = Need::relu_truncate(truncation, values.len());
            let found =
                opened(run(&need, width(bits), &values, |l, x| l.relu_truncate(truncation, x)));
            let expected: Vec<_> = (values.iter())
                .map(|v| width(to).signed(((*v).max(0) >> shift).cast_unsigned()))
                .collect();
            assert_eq!(found, expected, "ReLU, {bits} bits by {shift} to {to}");
        }
    }
}
