//! Attacks on what reports and documentation promise, each on a protocol that has nothing else wrong.

#[path = "promises/ends.rs"]
mod ends;
#[path = "promises/fresh.rs"]
mod fresh;
#[path = "promises/isolation.rs"]
mod isolation;
#[path = "promises/lanes.rs"]
mod lanes;
#[path = "promises/order.rs"]
mod order;
#[path = "promises/sessions.rs"]
mod sessions;

use std::{
    io::{self, Read, Write},
    thread,
};

use fusion_core::{Check, Client, Connection, Error, SemiHonest, Server, Verified};

/// A struct with what its author states.
macro_rules! states {
    ($name:ident, $privacy:ident, $executions:ident) => {
        struct $name;
        impl fusion_core::Declared for $name {
            const DECLARATION: fusion_core::Declaration = fusion_core::Declaration::new(20)
                .privacy(fusion_core::Privacy::$privacy)
                .executions(fusion_core::Executions::$executions);
        }
    };
}
use states;

fn put(to: &mut impl Write, value: u64) -> io::Result<()> {
    to.write_all(&value.to_le_bytes())
}

fn get(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Checks of a protocol that multiplies by `factor`.
fn checks(count: u64, factor: u64) -> Vec<Check<u64, u64>> {
    (1000..1000 + count).map(|x| Check::model_answer(x, x.wrapping_mul(factor))).collect()
}

type Answers<P> = Result<
    Verified<Vec<<P as fusion_core::ClientSide>::Output>>,
    Error<<P as fusion_core::ClientSide>::ClientError>,
>;

/// One batch of `client`, against a server on another thread. Whether the server came to its end, too.
fn run<P>(
    client: &mut Client<P>,
    context: &P::ServerContext,
    queries: &[P::Query],
) -> (Answers<P>, bool)
where
    P: SemiHonest<
            ClientContext = (),
            Server = (),
            ServerContext: Sync,
            Agreement: fusion_core::Agreement<
                <P as fusion_core::ClientSide>::Output,
                Verified = <P as fusion_core::ClientSide>::Output,
            >,
        >,
{
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        let server = scope
            .spawn(move || Server::<P>::new().serve(&mut there, context, &mut rand::rng()).is_ok());
        let answers = client.infer(&mut here, &(), queries, &mut rand::rng());
        drop(here);
        (answers, server.join().unwrap())
    })
}
