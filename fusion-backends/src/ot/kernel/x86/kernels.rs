//! The kernels, written once for both widths of vector.

/// The kernels, for one width of vector.
macro_rules! kernels {
    (
        $features:literal, $vector:ty, $lanes:literal, $registers:literal,
        load: $load:ident, store: $store:ident, zero: $zero:ident, xor: $xor:ident,
        spread: $spread:expr,
        round: $round:ident, last: $last:ident, product: $product:ident,
        swap: $swap:ident, and: $and:ident, high: $high:expr,
        add: $add:ident, step: $step:expr
    ) => {
        /// Blocks that are under way at once: enough to hide the latency of a round.
        const GROUP: usize = $lanes * $registers;
        type Group = [Block; GROUP];
        type State = [$vector; $registers];

        #[target_feature(enable = $features)]
        #[inline]
        fn load(group: &Group) -> State {
            let mut state = [$zero(); $registers];
            for (state, blocks) in state.iter_mut().zip(group.as_chunks::<$lanes>().0) {
                // SAFETY: `blocks` is as long as a vector, and the load need not be aligned.
                *state = unsafe { $load(blocks.as_ptr().cast()) };
            }
            state
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn store(state: &State, group: &mut Group) {
            for (state, blocks) in state.iter().zip(group.as_chunks_mut::<$lanes>().0) {
                // SAFETY: `blocks` is as long as a vector, and the store need not be aligned.
                unsafe { $store(blocks.as_mut_ptr().cast(), *state) };
            }
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn encrypt(rounds: &[Block; 11], state: &mut State) {
            let [first, middle @ .., last] = rounds;
            let key = $spread(first);
            for state in state.iter_mut() {
                *state = $xor(*state, key);
            }
            for key in middle {
                let key = $spread(key);
                for state in state.iter_mut() {
                    *state = $round(*state, key);
                }
            }
            let key = $spread(last);
            for state in state.iter_mut() {
                *state = $last(*state, key);
            }
        }

        #[target_feature(enable = $features)]
        pub(super) fn hash(rounds: &[Block; 11], blocks: &mut [Block], tweaks: &[Block]) {
            let (groups, rest) = blocks.as_chunks_mut::<GROUP>();
            let (tweak_groups, tweak_rest) = tweaks.as_chunks::<GROUP>();
            for (group, tweaks) in groups.iter_mut().zip(tweak_groups) {
                hash_group(rounds, group, tweaks);
            }
            if !rest.is_empty() {
                let (mut group, mut tweaks) = ([0; GROUP], [0; GROUP]);
                group[..rest.len()].copy_from_slice(rest);
                tweaks[..rest.len()].copy_from_slice(tweak_rest);
                hash_group(rounds, &mut group, &tweaks);
                rest.copy_from_slice(&group[..rest.len()]);
            }
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn hash_group(rounds: &[Block; 11], group: &mut Group, tweaks: &Group) {
            let mut once = load(group);
            encrypt(rounds, &mut once);
            let mut twice = load(tweaks);
            for (twice, once) in twice.iter_mut().zip(&once) {
                *twice = $xor(*twice, *once);
            }
            encrypt(rounds, &mut twice);
            for (twice, once) in twice.iter_mut().zip(&once) {
                *twice = $xor(*twice, *once);
            }
            store(&twice, group);
        }

        #[target_feature(enable = $features)]
        pub(super) fn stream(rounds: &[Block; 11], first: Block, blocks: &mut [Block]) {
            let mut counter = first;
            let (groups, rest) = blocks.as_chunks_mut::<GROUP>();
            for group in groups {
                stream_group(rounds, counter, group);
                counter = counter.wrapping_add(GROUP as Block);
            }
            if !rest.is_empty() {
                let mut group = [0; GROUP];
                stream_group(rounds, counter, &mut group);
                rest.copy_from_slice(&group[..rest.len()]);
            }
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn stream_group(rounds: &[Block; 11], first: Block, group: &mut Group) {
            for (block, offset) in group.iter_mut().zip(0..) {
                *block = first.wrapping_add(offset);
            }
            let mut state = load(group);
            encrypt(rounds, &mut state);
            store(&state, group);
        }

        #[target_feature(enable = $features)]
        pub(super) fn split(
            rounds: &[Block; 11],
            left: &mut [Block],
            right: &mut [Block],
        ) -> Block {
            let (groups, rest) = left.as_chunks_mut::<GROUP>();
            let (right_groups, right_rest) = right.as_chunks_mut::<GROUP>();
            let mut sums = [$zero(); $registers];
            for (left, right) in groups.iter_mut().zip(right_groups) {
                split_group(rounds, left, right, &mut sums);
            }
            let mut lanes = [0; GROUP];
            store(&sums, &mut lanes);
            let mut sum = lanes.iter().fold(0, |sum, lane| sum ^ lane);
            if !rest.is_empty() {
                let (mut left, mut right) = ([0; GROUP], [0; GROUP]);
                left[..rest.len()].copy_from_slice(rest);
                split_group(rounds, &mut left, &mut right, &mut [$zero(); $registers]);
                rest.copy_from_slice(&left[..rest.len()]);
                right_rest.copy_from_slice(&right[..rest.len()]);
                sum = rest.iter().fold(sum, |sum, left| sum ^ left);
            }
            sum
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn split_group(
            rounds: &[Block; 11],
            left: &mut Group,
            right: &mut Group,
            sums: &mut State,
        ) {
            let high = $high;
            let parents = load(left);
            let mut swapped = [$zero(); $registers];
            for (swapped, parent) in swapped.iter_mut().zip(&parents) {
                // The high half a and the low half b become a + b and a.
                *swapped = $xor($swap::<0x4e>(*parent), $and(*parent, high));
            }
            let mut state = swapped;
            encrypt(rounds, &mut state);
            for ((state, swapped), sum) in state.iter_mut().zip(&swapped).zip(sums) {
                *state = $xor(*state, *swapped);
                *sum = $xor(*sum, *state);
            }
            store(&state, left);
            for (state, parent) in state.iter_mut().zip(&parents) {
                *state = $xor(*state, *parent);
            }
            store(&state, right);
        }

        #[target_feature(enable = $features)]
        pub(super) fn gather(
            rounds: &[Block; 11],
            first: u64,
            table: &[Block],
            rows: &mut [Block],
        ) {
            let mut counters: Group = [0; GROUP];
            for (counter, offset) in counters.iter_mut().zip(0..) {
                *counter = Block::from(first) * 2 + offset;
            }
            let mut counters = load(&counters);
            for rows in rows.chunks_mut(DRAWN) {
                let drawn = draw(rounds, &mut counters);
                for (row, drawn) in rows.iter_mut().zip(drawn.as_chunks().0) {
                    let mut sum = super::narrow::block(row);
                    for place in places(drawn, table.len()) {
                        sum = _mm_xor_si128(sum, super::narrow::block(&table[place]));
                    }
                    super::narrow::put(row, sum);
                }
            }
        }

        /// The stream for the places of the next rows. Counters stay below 2^64.
        #[target_feature(enable = $features)]
        #[inline]
        fn draw(rounds: &[Block; 11], counters: &mut State) -> [Block; 2 * DRAWN] {
            let step = $step;
            let mut drawn = [0; 2 * DRAWN];
            for group in drawn.as_chunks_mut().0 {
                let mut state = *counters;
                encrypt(rounds, &mut state);
                store(&state, group);
                counters.iter_mut().for_each(|counter| *counter = $add(*counter, step));
            }
            drawn
        }

        #[target_feature(enable = $features)]
        pub(super) fn fold(keys: &[Key], first: Block, all: &mut Stripe, by_bit: &mut [Stripe]) {
            let zero = [$zero(); $registers];
            for (group, all) in all.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
                let mut counters: Group = [0; GROUP];
                for (counter, offset) in counters.iter_mut().zip((group * GROUP) as Block..) {
                    *counter = first.wrapping_add(offset);
                }
                let counters = load(&counters);
                let mut sums = [zero; 8];
                let sums = &mut sums[..by_bit.len()];
                let one = |key: &Key| {
                    let mut state = counters;
                    encrypt(&key.rounds, &mut state);
                    state
                };
                let sum = fold_with::fold(keys, zero, sums, one, |to: &mut State, from| {
                    for (to, from) in to.iter_mut().zip(from) {
                        *to = $xor(*to, *from);
                    }
                });
                store(&sum, all);
                for (sum, stripe) in sums.iter().zip(by_bit.iter_mut()) {
                    store(sum, &mut stripe.as_chunks_mut::<GROUP>().0[group]);
                }
            }
        }

        #[target_feature(enable = $features)]
        pub(super) fn dot(a: &[Block], b: &[Block]) -> (Block, Block) {
            let (mut low, mut middle, mut high) = ($zero(), $zero(), $zero());
            let (mut add, vectors) = (
                |a: &[Block; $lanes], b: &[Block; $lanes]| {
                    // SAFETY: both are as long as a vector, and the loads need not be aligned.
                    let (a, b) = unsafe { ($load(a.as_ptr().cast()), $load(b.as_ptr().cast())) };
                    low = $xor(low, $product::<0x00>(a, b));
                    middle = $xor(middle, $product::<0x01>(a, b));
                    middle = $xor(middle, $product::<0x10>(a, b));
                    high = $xor(high, $product::<0x11>(a, b));
                },
                a.as_chunks().0.iter().zip(b.as_chunks().0),
            );
            for (a, b) in vectors {
                add(a, b);
            }
            let (a, b) = (a.as_chunks::<$lanes>().1, b.as_chunks::<$lanes>().1);
            if !a.is_empty() {
                let (mut last_a, mut last_b) = ([0; $lanes], [0; $lanes]);
                last_a[..a.len()].copy_from_slice(a);
                last_b[..b.len()].copy_from_slice(b);
                add(&last_a, &last_b);
            }
            let [low, middle, high] = [low, middle, high].map(|sum| {
                let mut lanes: [Block; $lanes] = [0; $lanes];
                // SAFETY: `lanes` is as long as a vector, and the store need not be aligned.
                unsafe { $store(lanes.as_mut_ptr().cast(), sum) };
                lanes.iter().fold(0, |sum, lane| sum ^ lane)
            });
            (low ^ (middle << 64), high ^ (middle >> 64))
        }
    };
}

pub(super) use kernels;
