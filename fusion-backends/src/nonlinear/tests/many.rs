//! More values than the gate has time for: `cargo xtask exhaustive`.

use super::*;

/// Random values of each width, beyond the edges.
const MANY: usize = 10_000_000;
/// At a time.
const PART: usize = 1 << 20;
/// Values of which the largest is found.
const CLASSES: usize = 10;

/// Every pair of shares of every ring up to 8 bits, by every shift, to every ring up to 10 bits.
#[test]
#[ignore = "takes a minute with optimisation: cargo xtask exhaustive"]
fn every_pair_of_shares_of_small_rings() {
    for bits in 1..=8 {
        let ring = width(bits);
        let shares: Vec<(u64, u64)> =
            (0..1 << (2 * bits)).map(|i: u64| (i >> bits, i & ring.mask())).collect();
        let values: Vec<_> = shares.iter().map(|(x, y)| ring.signed(x.wrapping_add(*y))).collect();
        let pick = |layers: &Run<'_>| {
            let client = layers.material.role() == Role::Client;
            Shares::new(ring, shares.iter().map(|(x, y)| if client { *x } else { *y }))
        };
        let check =
            |need: Need,
             layer: &(dyn Fn(&mut Run<'_>, &Shares) -> Result<Shares, LayerError> + Sync),
             expected: &dyn Fn(i64) -> i64| {
                let found = opened(run(&need, ring, &[], |layers, _| layer(layers, &pick(layers))));
                let expected: Vec<_> = values.iter().map(|value| expected(*value)).collect();
                assert!(found == expected, "{bits} bits");
            };
        let count = values.len();
        check(Need::relu(ring, count), &|l, x| l.relu(x), &|v| v.max(0));
        for divisor in 1..20 {
            let division = Division::new(ring, divisor).unwrap();
            check(Need::divide(division, count), &|l, x| l.divide(division, x), &|v| {
                v.div_euclid(i64::from(divisor))
            });
        }
        for (shift, to) in (0..bits).flat_map(|shift| (1..=10).map(move |to| (shift, to))) {
            let truncation = Truncation::new(ring, shift, width(to)).unwrap();
            let in_ring = |value: i64| width(to).signed(value.cast_unsigned());
            check(Need::truncate(truncation, count), &|l, x| l.truncate(truncation, x), &|v| {
                in_ring(v >> shift)
            });
            check(
                Need::relu_truncate(truncation, count),
                &|l, x| l.relu_truncate(truncation, x),
                &|v| in_ring(v.max(0) >> shift),
            );
            for most in 1..to {
                let clamp = Clamp::new(ring, shift, most, width(to)).unwrap();
                check(Need::relu_clamp(clamp, count), &|l, x| l.relu_clamp(clamp, x), &|v| {
                    (v.max(0) >> shift).min((1 << most) - 1)
                });
            }
        }
    }
}

/// Ten million random values and all edges, in large rings.
#[test]
#[ignore = "takes minutes with optimisation: cargo xtask exhaustive"]
fn ten_million_values_of_large_rings() {
    for bits in [20, 32, 37, 64] {
        let ring = width(bits);
        let values = values(ring, MANY);
        for values in values.chunks(PART) {
            let count = values.len();
            let expected =
                |f: &dyn Fn(i64) -> i64| -> Vec<i64> { values.iter().map(|v| f(*v)).collect() };

            let found = opened(run(&Need::relu(ring, count), ring, values, |l, x| l.relu(x)));
            assert!(found == expected(&|v| v.max(0)), "ReLU, {bits} bits");

            let truncation = Truncation::new(ring, bits / 3, ring).unwrap();
            let need = Need::relu_truncate(truncation, count);
            let found = opened(run(&need, ring, values, |l, x| l.relu_truncate(truncation, x)));
            assert!(found == expected(&|v| v.max(0) >> (bits / 3)), "ReLU, truncated, {bits} bits");

            let clamp = Clamp::new(ring, bits / 3, 8, ring).unwrap();
            let need = Need::relu_clamp(clamp, count);
            let found = opened(run(&need, ring, values, |l, x| l.relu_clamp(clamp, x)));
            assert!(
                found == expected(&|v| (v.max(0) >> (bits / 3)).min(255)),
                "clamp, {bits} bits"
            );

            let need = Need::truncate(truncation, count);
            let found = opened(run(&need, ring, values, |l, x| l.truncate(truncation, x)));
            assert!(found == expected(&|v| v >> (bits / 3)), "truncation, {bits} bits");

            let division = Division::new(ring, 49).unwrap();
            let need = Need::divide(division, count);
            let found = opened(run(&need, ring, values, |l, x| l.divide(division, x)));
            assert!(found == expected(&|v| v.div_euclid(49)), "division, {bits} bits");

            let less: Vec<_> = values.iter().map(|value| value >> 1).collect();
            let less = &less[..count / CLASSES * CLASSES];
            let need = Need::argmax(ring, CLASSES, less.len() / CLASSES);
            let [labels, _] = run(&need, ring, less, |l, x| l.label(CLASSES, x));
            let expected: Vec<_> = less.chunks(CLASSES).map(crate::model::argmax).collect();
            assert!(labels.unwrap() == Some(expected), "label, {bits} bits");
        }
    }
}
