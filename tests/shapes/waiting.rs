//! Phases that are `async fn`, on the caller's runtime (feature `async`).

use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::compat::TokioAsyncReadCompatExt;

use super::*;

async fn say(to: &mut (impl AsyncWrite + Unpin), value: i64) -> io::Result<()> {
    to.write_all(&value.to_le_bytes()).await
}

async fn hear(from: &mut (impl AsyncRead + Unpin)) -> io::Result<i64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes).await?;
    Ok(i64::from_le_bytes(bytes))
}

mod asynchronous {
    use super::*;

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    pub(super) struct Relay;

    struct Mask(i64);

    #[fusion::harden]
    impl Relay {
        #[fusion::client(offline, local)]
        fn draw(rng: &mut impl Rng) -> Mask {
            Mask(rng.random())
        }

        #[fusion::client(offline)]
        async fn offer(mask: &Mask, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
            say(writer, mask.0).await
        }

        #[fusion::server(offline)]
        async fn accept(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Mask> {
            hear(reader).await.map(Mask)
        }

        #[fusion::client(online, query = x)]
        async fn ask<C>(mask: Mask, x: &i64, channel: &mut C) -> io::Result<i64>
        where
            C: AsyncRead + AsyncWrite + Unpin,
        {
            part(channel, x.wrapping_add(mask.0)).await?;
            hear(channel).await
        }

        /// Waits for the runtime's clock too.
        #[fusion::server(online)]
        async fn answer<C>(delay: &Duration, mask: Mask, channel: &mut C) -> io::Result<()>
        where
            C: AsyncRead + AsyncWrite + Unpin,
        {
            let x = hear(channel).await?.wrapping_sub(mask.0);
            tokio::time::sleep(*delay).await;
            say(channel, x.wrapping_mul(6)).await
        }
    }

    #[fusion::phase]
    async fn part(channel: &mut (impl AsyncWrite + Unpin), x: i64) -> io::Result<()> {
        say(channel, x).await
    }
}

use asynchronous::{Relay, RelayClient, RelayServer};

fn connections() -> (Connection, Connection) {
    let (here, there) = tokio::io::duplex(64);
    let over =
        |stream: tokio::io::DuplexStream| Connection::futures(stream.compat(), tokio::time::sleep);
    (over(here), over(there))
}

fn checks() -> Vec<Check<i64, i64>> {
    (0..8).map(|x| Check::model_answer(x, 6 * x)).collect()
}

const POLICY: Policy = Policy::new(8, 3, 4, 0);
const QUERIES: [i64; 6] = [1, 2, 3, 4, 5, 6];

#[tokio::test(flavor = "current_thread")]
async fn one_thread_runs_both_parties() {
    let (mut here, mut there) = connections();
    let server = tokio::spawn(async move {
        let mut rng = StdRng::seed_from_u64(2);
        let delay = Duration::from_millis(1);
        let mut server = RelayServer::new();
        for _ in 0..2 {
            server.serve_async(&mut there, &delay, &mut rng).await.unwrap();
        }
    });
    let mut client = RelayClient::new(POLICY, checks());
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..2 {
        let answers = client.infer_async(&mut here, &(), &QUERIES, &mut rng).await.unwrap();
        assert_eq!(*answers, [6, 12, 18, 24, 30, 36]);
        let online = answers.report().costs.phases.last().unwrap();
        assert_eq!(online.inner.first().map(|part| part.name.as_str()), Some("part"));
    }
    server.await.unwrap();
}

#[tokio::test]
async fn a_cheating_server_is_caught() {
    let (mut here, mut there) = connections();
    let server = tokio::spawn(async move {
        let mut rng = StdRng::seed_from_u64(2);
        let party = CheatingServer::new((), Cheat::Flip { slots: 1 });
        let mut server = Server::<Cheating<Relay>>::with(party);
        server.serve_async(&mut there, &Duration::ZERO, &mut rng).await.unwrap();
    });
    let mut client = RelayClient::new(POLICY, checks());
    let mut rng = StdRng::seed_from_u64(1);
    let error = client.infer_async(&mut here, &(), &QUERIES, &mut rng).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_late_by_the_runtimes_clock() {
    let (mut here, _there) = connections();
    let mut client = RelayClient::new(POLICY, checks());
    let mut rng = StdRng::seed_from_u64(1);
    let error = client.infer_async(&mut here, &(), &QUERIES, &mut rng).await.unwrap_err();
    assert_eq!(error.to_string(), "handshake: the peer sent nothing for 30 s");
}

#[tokio::test]
async fn a_dropped_run_leaves_the_connection_unusable() {
    let (mut here, _there) = connections();
    let mut client = RelayClient::new(POLICY, checks());
    let mut rng = StdRng::seed_from_u64(1);
    let run = client.infer_async(&mut here, &(), &QUERIES, &mut rng);
    assert!(tokio::time::timeout(Duration::from_millis(5), run).await.is_err());
    let error = client.infer_async(&mut here, &(), &QUERIES, &mut rng).await.unwrap_err();
    assert!(error.to_string().contains("open a new one"), "{error}");
}

/// `async fn` phases run over blocking channels too, without any runtime.
#[test]
fn blocking_channels_do() {
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Plain;

    #[fusion::harden]
    impl Plain {
        #[fusion::client(online, query = x)]
        async fn ask<C>(x: &i64, channel: &mut C) -> io::Result<i64>
        where
            C: AsyncRead + AsyncWrite + Unpin,
        {
            say(channel, *x).await?;
            hear(channel).await
        }

        #[fusion::server(online)]
        async fn answer<C>(channel: &mut C) -> io::Result<()>
        where
            C: AsyncRead + AsyncWrite + Unpin,
        {
            let x = hear(channel).await?;
            say(channel, x.wrapping_add(1)).await
        }
    }

    agrees_and_catches::<Plain>(|| ((), ()), (&(), &()), |x| x + 1);
}

/// The other way round there is nothing to wait with.
#[tokio::test]
async fn blocking_phases_refuse_an_asynchronous_connection() {
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Blocking;

    #[fusion::harden]
    impl Blocking {
        #[fusion::client(online, query = x)]
        fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
            put(channel, *x)?;
            get(channel)
        }

        #[fusion::server(online)]
        fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x)
        }
    }

    let (mut here, mut there) = connections();
    let server = tokio::spawn(async move {
        let mut rng = StdRng::seed_from_u64(2);
        let mut server = BlockingServer::new();
        server.serve_async(&mut there, &(), &mut rng).await.unwrap_err()
    });
    let mut client = BlockingClient::new(POLICY, checks());
    let mut rng = StdRng::seed_from_u64(1);
    // Whoever waits first says why, and the other sees the connection close.
    client.infer_async(&mut here, &(), &QUERIES, &mut rng).await.unwrap_err();
    let error = server.await.unwrap();
    assert!(error.to_string().contains("make the phases `async fn`"), "{error}");
}
