//! The noise, measured, beside the bounds that correctness and hiding count on.

use super::*;
use crate::rlwe::noise::{INFORMATION, Weight, hiding};
use crate::rlwe::request::Cipher;
use crate::rlwe::response::{mask_and_flood, randomise};
use crate::rlwe::sample::Sampler;

/// v of one response, in units of 1, from all its coefficients; and the bounds.
fn measure(set: Set, bits: u32, weight: i64, channels: usize, seed: u64) -> (Vec<f64>, Weight) {
    let (parameters, mut rng) = (parameters(set, bits), StdRng::seed_from_u64(seed));
    let shape = Shape {
        slots: 1,
        channels,
        outputs: 1,
        height: 60,
        width: 60,
        kernel: 3,
        stride: 1,
        padding: 1,
        groups: 1,
    };
    let encoding = Encoding::new(&parameters, shape).unwrap();
    assert_eq!(encoding.responses(), 1);
    let width = parameters.width();
    let random =
        |rng: &mut StdRng| Shares::new(width, (0..shape.inputs_len()).map(|_| rng.random::<u64>()));
    let (ours, theirs) = (random(&mut rng), random(&mut rng));
    let (pending, request) = Pending::request(&encoding, &ours, &mut rng).unwrap();
    let mut request = Request::decode(&encoding, &request).unwrap();
    request.add(&theirs, &mut rng).unwrap();

    let weights: Vec<i64> =
        (0..shape.weights_len()).map(|_| rng.random_range(-weight..=weight)).collect();
    let mut heaviness = Weight::default();
    let polynomials: Vec<Vec<i64>> = (0..encoding.channel_blocks())
        .map(|block| {
            let numbers = encoding.weights(block, 0, &weights);
            numbers.iter().for_each(|weight| heaviness.add(*weight));
            numbers
        })
        .collect();
    let prepared = Weights::prepare(&encoding, &weights, LEAST_HIDING, Storage::Compact).unwrap();

    // The product over Z_2^l, by hand: weights are few.
    let inputs = ours.plus(&theirs);
    let degree = parameters.degree();
    let mut expected = vec![0_u64; degree];
    for (block, polynomial) in polynomials.iter().enumerate() {
        let numbers = encoding.request(block, inputs.values());
        for (i, weight) in polynomial.iter().enumerate().filter(|(_, weight)| **weight != 0) {
            for (j, number) in numbers.iter().enumerate() {
                let term = number.wrapping_mul(weight.cast_unsigned());
                let place = &mut expected[(i + j) % degree];
                *place = if i + j >= degree {
                    place.wrapping_sub(term)
                } else {
                    place.wrapping_add(term)
                };
            }
        }
    }

    let sum = prepared.multiply(&request.ciphers, 0..1).cipher(&parameters, 0);
    let [first, second] = randomise(&parameters, &request.zero, sum, &mut Sampler::new(&mut rng));
    // b + a s, in coefficients: a goes back to values and is multiplied by the secret.
    let cipher =
        Cipher { first: first.into_values(&parameters), second: second.into_values(&parameters) };
    let mut phase = cipher.second;
    phase.add_product(&parameters, &cipher.first, pending.values());
    let phase = phase.into_coefficients(&parameters);
    let q = 2_f64.powi(set.modulus_bits().cast_signed());
    let noise = (0..degree).map(|at| {
        let exact = u128::from(expected[at]) << (128 - bits);
        let off = phase.fraction(&parameters, at).wrapping_sub(exact).cast_signed();
        off as f64 / 2_f64.powi(128) * q
    });
    (noise.collect(), heaviness)
}

#[test]
fn noise_is_within_its_bounds_and_as_large_as_they_say() {
    for (set, bits, weight, channels) in [
        (Set::Tiny, 20, 127, 2),
        (Set::Small, 24, 127, 1),
        (Set::Medium, 37, 127, 3),
        (Set::Medium, 37, 0, 1),
        (Set::Large, 45, 4095, 2),
    ] {
        let parameters = parameters(set, bits);
        // The secret's weight varies from key to key, so a few keys are measured together.
        let (mut squares, mut count, mut bound) = (0.0, 0.0, 0.0);
        for seed in 0..6 {
            let (noise, heaviness) = measure(set, bits, weight, channels, seed);
            let largest = noise.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            assert!(largest <= heaviness.largest(&parameters) as f64);
            squares += noise.iter().map(|v| v * v).sum::<f64>();
            bound += heaviness.variance(&parameters) * noise.len() as f64;
            count += noise.len() as f64;
        }
        // The bound counts 1/4 for a rounding whose variance is 1/6 on uniform numbers.
        let ratio = squares / bound;
        assert!((0.9..1.03).contains(&ratio), "{set:?} {weight}: {ratio} of the bound, {count}");
    }
}

/// By hand: l = 37, q = 2^106, one response of 3136 needed coefficients, W = 2^20.
/// 4.57^(1/2) 2^38 (3136 (11 * 2^20 + 14 * 4096))^(1/2) / 2^106 = 2^(1.0961 + 38 + 5.8074 + 11.7333 - 106).
#[test]
fn hiding_is_what_the_formula_says() {
    let parameters = parameters(Set::Medium, 37);
    let weight = Weight { squares: 1 << 20, magnitudes: 1 << 15 };
    let found = hiding(&parameters, [(3136, weight)]);
    assert!((49.355..49.365).contains(&found), "{found}");
    let twice = hiding(&parameters, [(3136, weight), (3136, weight)]);
    assert!((found - twice - 0.5).abs() < 0.01);
}

/// The law of the sum of three numbers uniform on M integers, the least of which is zero.
fn law_of_a_flood(size: usize) -> Vec<f64> {
    let add = |law: &[f64]| {
        let mut sum = 0.0;
        let places = (0..law.len() + size - 1).map(|at| {
            sum += law.get(at).unwrap_or(&0.0);
            sum -= at.checked_sub(size).map_or(0.0, |at| law[at]);
            f64::max(sum, 0.0) / size as f64
        });
        places.collect::<Vec<_>>()
    };
    add(&add(&vec![1.0 / size as f64; size]))
}

/// The squared Hellinger distance of a flood and the same, one larger; times 8 M^2.
fn information(size: usize) -> f64 {
    let law = [&[0.0][..], &law_of_a_flood(size), &[0.0]].concat();
    let steps = law.windows(2).map(|pair| (pair[1].sqrt() - pair[0].sqrt()).powi(2));
    4.0 * (size as f64).powi(2) * steps.sum::<f64>()
}

/// The exact information is 4 + 8 (3^(1/2) / 4 ln((3^(1/2) + 1) / (3^(1/2) - 1)) - 1/2).
#[test]
fn shifted_floods_are_as_close_as_the_information_says() {
    let root = 3_f64.sqrt();
    let exact = 4.0 + 8.0 * (root / 4.0 * ((root + 1.0) / (root - 1.0)).ln() - 0.5);
    assert!(exact < INFORMATION && exact > INFORMATION - 0.01);
    for bits in 4..=16 {
        let size = 1_usize << bits;
        let excess = information(size) - exact;
        let most = 8.0 * (size as f64).ln() / size as f64;
        assert!(excess > 0.0 && excess < most, "2^{bits}: {excess}, {most}");
    }
}

/// The statistical distance of one to three floods and the same, shifted: exactly, and the bound.
#[test]
fn shifted_floods_are_not_further_than_the_bound() {
    const SIZE: usize = 16;
    let (law, mut tightest) = (law_of_a_flood(SIZE), 0.0_f64);
    let at = |place: Option<usize>| place.and_then(|place| law.get(place)).copied().unwrap_or(0.0);
    for shifts in [&[1][..], &[5], &[1, 1], &[2, 7], &[1, 1, 1], &[1, 2, 4]] {
        // All places of as many floods: the chance of each, with and without shifts.
        let mut chances = vec![(1.0, 1.0)];
        for shift in shifts {
            let of = |place: usize| (at(Some(place)), at(place.checked_sub(*shift)));
            let places = 0..law.len() + shift;
            chances = chances
                .iter()
                .flat_map(|(p, q)| places.clone().map(of).map(move |(a, b)| (p * a, q * b)))
                .collect();
        }
        let distance = chances.iter().map(|(p, q): &(f64, f64)| (p - q).abs()).sum::<f64>() / 2.0;
        let squares: usize = shifts.iter().map(|shift| shift * shift).sum();
        let bound = (information(SIZE) * squares as f64).sqrt() / 2.0 / SIZE as f64;
        assert!(distance <= bound, "{shifts:?}: {distance}, {bound}");
        tightest = tightest.max(distance / bound);
    }
    assert!(tightest > 0.6, "{tightest}");
}

/// By hand: l = 37, q = 2^106, |w| = 2^15: 106 - 37 - 7 - log2(23 * 2^15 + 2 * 4096 * 21).
#[test]
fn the_margin_is_what_the_formula_says() {
    let parameters = parameters(Set::Medium, 37);
    let weight = Weight { squares: 1 << 20, magnitudes: 1 << 15 };
    assert!((42.179..42.180).contains(&weight.margin(&parameters)));
    let most = ((1 << 62) - Weight::default().largest(&parameters)) / 23;
    let of = |magnitudes| Weight { squares: 0, magnitudes };
    assert_eq!(of(most).check(&parameters), Ok(()));
    assert_eq!(of(most + 1).check(&parameters), Err(RlweError::Noise));
    assert!(of(most).margin(&parameters).abs() < 1e-9);
}

#[test]
fn weights_that_would_show_are_refused() {
    let shape = Shape::dense(2048, 1000, 1);
    let weights = vec![100; shape.weights_len()];
    let prepare = |set, bits, weights: &[i64], hiding| {
        Weights::prepare(
            &Encoding::new(&parameters(set, bits), shape).unwrap(),
            weights,
            hiding,
            Storage::Compact,
        )
    };
    let refused = prepare(Set::Small, 37, &weights, 40).unwrap_err();
    assert!(matches!(refused, RlweError::Hiding { wanted: 40, .. }), "{refused}");
    // Nobody gets less than the least.
    let refused = prepare(Set::Small, 37, &weights, 0).unwrap_err();
    assert!(matches!(refused, RlweError::Hiding { wanted: 40, .. }), "{refused}");
    let heavy = vec![1 << 30; shape.weights_len()];
    assert_eq!(prepare(Set::Small, 45, &heavy, 40).unwrap_err(), RlweError::Noise);
    let heavier = vec![(1 << 30) + 1; shape.weights_len()];
    assert_eq!(prepare(Set::Large, 8, &heavier, 40).unwrap_err(), RlweError::Weight);
    let expected = shape.weights_len();
    let error = RlweError::Count { expected, found: 3 };
    assert_eq!(prepare(Set::Large, 8, &[1; 3], 40).unwrap_err(), error);
}

/// What the flood adds stays within three quarters of the room, reaches it, and its mean is 0; and the mask is
/// what is told.
#[test]
fn masks_are_uniform_and_floods_are_sums_of_three() {
    for (set, bits) in [(Set::Tiny, 45), (Set::Small, 8), (Set::Medium, 37), (Set::Large, 45)] {
        let parameters = parameters(set, bits);
        let mut sampler = Sampler::new(&mut StdRng::seed_from_u64(5));
        let most = 0.75 * 2_f64.powi(127 - bits.cast_signed());
        let count = 1 << 14;
        let (mut flood_sum, mut flood_squares, mut mask_sum, mut largest) =
            (0.0, 0.0, 0.0, 0.0_f64);
        for _ in 0..count {
            let (both, mask) = mask_and_flood(&parameters, &mut sampler);
            let flood =
                both.wrapping_sub(u128::from(mask) << (128 - bits)).cast_signed() as f64 / most;
            assert!(flood.abs() <= 1.0);
            flood_sum += flood;
            flood_squares += flood * flood;
            largest = largest.max(flood.abs());
            mask_sum += mask as f64 / parameters.width().mask() as f64;
        }
        // Seven standard deviations of the means. The variance is a ninth, three parts of 1/27 each.
        let (n, root) = (f64::from(count), f64::from(count).sqrt());
        assert!((flood_sum / n).abs() < 7.0 / 3.0 / root && largest > 0.9);
        assert!((flood_squares / n - 1.0 / 9.0).abs() < 7.0 * 0.141 / root);
        assert!((mask_sum / n - 0.5).abs() < 7.0 * 0.289 / root);
    }
}
