//! Every layer against integer arithmetic, over transfers that a test makes up.

mod division;
mod hostile;
mod ideal;
mod many;
mod view;

use fusion_core::transcript::Role;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use self::ideal::Seeds;
use super::*;
use crate::cheetah::ot::Width;
use crate::cheetah::ot::tests::{Stream, both, streams};

type Run<'a> = Layers<'a, Stream>;

fn width(bits: u32) -> Width {
    Width::new(bits).unwrap()
}

/// Prepares for `need` at both parties.
fn materials(need: &Need, seed: u64) -> [Material; 2] {
    let (client, server) =
        both(|| material(Role::Client, need, seed), || material(Role::Server, need, seed));
    [client, server]
}

fn material(role: Role, need: &Need, seed: u64) -> Material {
    material_of(role, need, Seeds { client: seed, server: seed })
}

fn material_of(role: Role, need: &Need, seeds: Seeds) -> Material {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut stream, _) = streams();
    let mut material = Material::new(role);
    let (mut sender, mut receiver) = ideal::ends(role, seeds);
    material.prepare(need, &mut sender, &mut receiver, &mut stream, &mut rng).unwrap();
    material
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
    let [mut client, mut server] = materials(need, 1);
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
fn millionaires_compare() {
    for bits in WIDTHS {
        let ring = width(bits);
        let numbers = values(ring, 1000);
        // The same in another order, and with a few equal ones.
        let others: Vec<_> = numbers.iter().rev().chain(&numbers).copied().collect();
        let numbers = numbers.repeat(2);
        let unsigned = |n: &i64| n.cast_unsigned() & ring.mask();
        let need = Need::less(ring, numbers.len());
        let [client, server] = run(&need, ring, &[], |layers, _| {
            let own = if layers.material.role() == Role::Client { &numbers } else { &others };
            layers.less(ring, &own.iter().map(unsigned).collect::<Vec<_>>())
        });
        let expected = numbers.iter().zip(&others).map(|(a, b)| unsigned(a) < unsigned(b));
        assert_eq!(client.unwrap().open(&server.unwrap()), expected.collect::<Vec<_>>());
    }
}

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

#[test]
fn clamps_cut_off_what_is_too_large() {
    for (bits, shift, most, to) in [
        (2, 0, 1, 2),
        (8, 0, 3, 8),
        (8, 3, 2, 3),
        (8, 3, 4, 5),
        (8, 7, 1, 12),
        (10, 2, 8, 9),
        (20, 7, 8, 9),
        (27, 10, 8, 27),
        (37, 12, 8, 45),
        (64, 0, 62, 63),
    ] {
        let clamp = Clamp::new(width(bits), shift, most, width(to)).unwrap();
        let values = values(width(bits), 500);
        let need = Need::relu_clamp(clamp, values.len());
        let found = opened(run(&need, width(bits), &values, |l, x| l.relu_clamp(clamp, x)));
        let limit = (1_i64 << most) - 1;
        let expected: Vec<_> = values.iter().map(|v| ((*v).max(0) >> shift).min(limit)).collect();
        assert_eq!(found, expected, "{bits} bits by {shift}, at most {most}, to {to}");
    }
    assert_eq!(Clamp::new(width(8), 8, 2, width(8)), None);
    assert_eq!(Clamp::new(width(8), 1, 8, width(8)), None);
}

#[test]
fn requantisation_rounds_halves_up() {
    let truncation = Truncation::new(width(20), 5, width(12)).unwrap();
    let values = values(width(14), 500);
    let need = Need::requantise(truncation, values.len());
    let layer = |layers: &mut Run<'_>, x: &Shares| layers.requantise(truncation, 21, x);
    let found = opened(run(&need, width(20), &values, layer));
    // 21 x + 16 has 14 + 5 bits, so it fits.
    let expected: Vec<_> =
        values.iter().map(|v| width(12).signed(((21 * v + 16) >> 5).cast_unsigned())).collect();
    assert_eq!(found, expected);
}

#[test]
fn division_rounds_down() {
    for bits in [1, 2, 5, 8, 20, 37, 64] {
        let values = values(width(bits), 200);
        for divisor in [1, 2, 3, 4, 5, 7, 9, 49, 64, 255, 1000, u32::MAX] {
            let division = Division::new(width(bits), divisor).unwrap();
            let need = Need::divide(division, values.len());
            let found = opened(run(&need, width(bits), &values, |l, x| l.divide(division, x)));
            let expected: Vec<_> =
                values.iter().map(|v| v.div_euclid(i64::from(divisor))).collect();
            assert_eq!(found, expected, "{bits} bits by {divisor}");
        }
    }
}

/// Images with values of one bit less than the ring holds.
fn images(width: Width, count: usize) -> Vec<i64> {
    let less = Width::new(width.bits() - 1).unwrap();
    let mut rng = StdRng::seed_from_u64(4);
    (0..count).map(|_| less.signed(rng.random::<u64>() >> rng.random_range(0..64))).collect()
}

#[test]
fn the_largest_value_and_the_first_place_of_it() {
    for bits in [3, 8, 20, 37, 64] {
        for group in [1, 2, 3, 4, 7, 10, 17] {
            // Few different values, so that there are ties.
            let mut values = images(width(bits), group * 50);
            values.iter_mut().step_by(3).for_each(|value| *value %= 2);
            let groups = values.chunks(group);
            let largest: Vec<_> = groups.clone().filter_map(|g| g.iter().max().copied()).collect();
            let places: Vec<_> = groups.filter_map(crate::model::argmax).collect();

            let need = Need::max(width(bits), group, 50);
            let found = opened(run(&need, width(bits), &values, |l, x| l.max(group, x)));
            assert_eq!(found, largest, "{bits} bits, {group}");

            let need = Need::argmax(width(bits), group, 50);
            let [client, server] = run(&need, width(bits), &values, |l, x| l.label(group, x));
            let labels = places.iter().copied().map(Some).collect();
            assert_eq!(client.unwrap(), Some(labels), "{bits} bits, {group}");
            assert_eq!(server.unwrap(), None);

            let [client, server] = run(&need, width(bits), &values, |l, x| l.argmax(group, x));
            let (client, server) = (client.unwrap(), server.unwrap());
            let sums = client.values().iter().zip(server.values());
            let mask = client.width().mask();
            assert!(sums.map(|(a, b)| (a + b) & mask).eq(places.iter().map(|place| *place as u64)));
        }
    }
}

#[test]
fn pooling_is_that_of_every_window() {
    for (height, columns, kernel, stride, padding) in [
        (4, 6, 2, 2, 0),
        (7, 7, 3, 2, 1),
        (5, 4, 3, 1, 0),
        (6, 5, 3, 3, 2),
        (3, 3, 3, 1, 2),
        (8, 5, 1, 4, 0),
    ] {
        let windows = Windows::new(height, columns, kernel, stride, padding).unwrap();
        let width = width(16);
        let values: Vec<_> = images(width, 3 * height * columns).iter().map(|v| v / 16).collect();
        let (mut largest, mut averages) = (Vec::new(), Vec::new());
        let (rows_out, columns_out) = windows.outputs();
        for image in values.chunks(height * columns) {
            for row in 0..rows_out {
                for column in 0..columns_out {
                    let mut inside = Vec::new();
                    for i in 0..kernel * kernel {
                        let (y, x) = (row * stride + i / kernel, column * stride + i % kernel);
                        let (y, x) = (y.wrapping_sub(padding), x.wrapping_sub(padding));
                        if y < height && x < columns {
                            inside.push(image[y * columns + x]);
                        }
                    }
                    largest.push(*inside.iter().max().unwrap());
                    let k = (kernel * kernel) as i64;
                    averages.push((inside.iter().sum::<i64>() + k / 2).div_euclid(k));
                }
            }
        }
        let need = Need::max_pool(width, windows, 3);
        assert_eq!(opened(run(&need, width, &values, |l, x| l.max_pool(windows, x))), largest);
        // Values are of 12 bits, in whatever ring.
        let within = Width::new(13).unwrap();
        let need = Need::max_pool_within(windows, within, 3);
        let narrow = run(&need, width, &values, |l, x| l.max_pool_within(windows, within, x));
        assert_eq!(opened(narrow), largest);
        let [refused, _] = run(&Need::default(), width, &values, |l, x| {
            l.max_pool_within(windows, Width::WORD, x).unwrap_err().to_string()
        });
        assert!(refused.contains("its differences exceed the ring"), "{refused}");
        let need = Need::average_pool(width, windows, 3);
        assert_eq!(opened(run(&need, width, &values, |l, x| l.average_pool(windows, x))), averages);
    }
}

#[test]
fn opened_values_are_the_clients_alone() {
    let values = values(width(9), 0);
    let [client, server] = run(&Need::default(), width(9), &values, |l, x| l.reveal(x));
    assert_eq!(client.unwrap(), Some(values));
    assert_eq!(server.unwrap(), None);
}

#[test]
fn nothing_to_do_takes_nothing() {
    let none = |layers: &mut Run<'_>, x: &Shares| {
        let division = Division::new(x.width(), 3).unwrap();
        let truncation = Truncation::new(x.width(), 3, Width::WORD).unwrap();
        let clamp = Clamp::new(x.width(), 3, 2, Width::WORD).unwrap();
        let layers = [
            layers.relu(x).unwrap().len(),
            layers.relu_truncate(truncation, x).unwrap().len(),
            layers.truncate(truncation, x).unwrap().len(),
            layers.relu_clamp(clamp, x).unwrap().len(),
            layers.divide(division, x).unwrap().len(),
            layers.max(3, x).unwrap().len(),
            layers.argmax(3, x).unwrap().len(),
        ];
        layers == [0; 7]
    };
    assert_eq!(run(&Need::default(), width(8), &[], none), [true; 2]);
}
