//! How long an expansion takes. Prints, asserts nothing about time:
//! `cargo test -p fusion-macros --release timing -- --nocapture`.

use std::{fmt::Write, fs, path::Path, time::Instant};

use proc_macro2::TokenStream;
use quote::quote;

/// An impl with `phases` phases for each party, and what each is given.
fn protocol(phases: usize) -> TokenStream {
    let mut text = String::from("impl<P: FixedPoint> Large<P> {");
    for phase in 0..phases {
        let stage = if phase < phases / 2 { "offline" } else { "online" };
        let is_last = phase + 1 == phases;
        let query = if is_last { ", query = x" } else { "" };
        let input = if is_last { "x: &Input<P>," } else { "" };
        let before = match phase.checked_sub(1) {
            Some(before) => format!("left: Left{before}<P>,"),
            None => String::new(),
        };
        let left = if is_last { String::new() } else { format!("Left{phase}<P>") };
        let answer = if is_last { "Output<P>" } else { &left };
        let left = if is_last { "()" } else { &left };
        write!(
            text,
            "#[fusion::client({stage}{query})]
             fn client_{phase}<C: Read + Write, R: CryptoRng>(
                &self, {input} shape: &Shape<P>, {before} channel: &mut C, rng: &mut R,
             ) -> Result<{answer}, Error<P>> {{ channel.write_all(&[1])?; channel.flush() }}
             #[fusion::server({stage})]
             fn server_{phase}<R: Read, W: Write>(
                &self, model: &Model<P>, {before} reader: &mut R, writer: &mut W,
             ) -> Result<{left}, Error<P>> {{ let x = reader.get()?; writer.put(x) }}"
        )
        .unwrap();
    }
    text.push('}');
    text.parse().unwrap()
}

#[test]
fn timing_is_printed() {
    for phases in [2, 60] {
        let item = protocol(phases);
        let expansion = crate::harden_tokens(quote!(), item.clone());
        assert!(!expansion.to_string().contains("compile_error"), "{expansion}");
        report(&format!("{phases} phases of each party"), || {
            drop(crate::harden_tokens(quote!(), item.clone()));
        });
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shapes = fs::read_to_string(root.join("../tests/shapes.rs")).unwrap();
    report("reading tests/shapes.rs with syn, for comparison", || {
        drop(syn::parse_file(&shapes).unwrap());
    });
}

/// The fastest of twenty.
fn report(what: &str, run: impl Fn()) {
    let times = (0..20).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    println!("{what}: {:?}", times.min().unwrap_or_default());
}
