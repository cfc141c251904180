//! What a client learns of logits if it deviates: the figures of SECURITY.md.

use super::*;

const LOGITS: [i64; 10] = [-900, 17, 413, -2, 998, 0, -311, 640, 999, -1000];
const BITS: u32 = 12;

/// A client adds to its own share of a logit before the argmax: the label then says whether the logit
/// exceeds the largest by less. Logits of 12 bits, but for a common summand, in 12 executions each.
#[test]
fn a_client_that_shifts_its_shares_finds_logits_from_labels() {
    let mut rng = StdRng::seed_from_u64(3);
    let (mut executions, width) = (0, width(BITS + 2));
    let mut label = |shifts: [i64; 10]| {
        executions += 1;
        let [client, server] = Shares::split(width, &LOGITS, &mut rng);
        let shifts = Shares::new(width, shifts.map(i64::cast_unsigned));
        let client = client.plus(&shifts);
        let [mut at_client, mut at_server] = materials(&Need::argmax(width, 10, 1), 1);
        let (mut left, mut right) = streams();
        let (label, _) = both(
            || Layers::new(&mut at_client, &mut left).label(10, &client).unwrap(),
            || Layers::new(&mut at_server, &mut right).label(10, &server).unwrap(),
        );
        label.unwrap()[0].unwrap()
    };
    let largest = label([0; 10]);
    let below = std::array::from_fn(|which| {
        if which == largest {
            return 0;
        }
        // The least shift with which it is the largest; the first one wins a tie.
        let mut low = i64::from(which > largest);
        let mut high = low + (1 << BITS) - 1;
        while low < high {
            let middle = (low + high) / 2;
            let mut shifts = [0; 10];
            shifts[which] = middle;
            if label(shifts) == which { high = middle } else { low = middle + 1 }
        }
        low - i64::from(which > largest)
    });
    assert_eq!(below, LOGITS.map(|logit| 999 - logit));
    assert_eq!(executions, 1 + 9 * 12);
}
