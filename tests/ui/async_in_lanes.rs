use std::io::Result;

use futures::{AsyncRead, AsyncWrite, AsyncWriteExt};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden(lanes = 4)]
impl Toy {
    #[fusion::client(online, query = x)]
    async fn ask(x: &u8, channel: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<u8> {
        channel.write_all(&[*x]).await.map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(_channel: &mut impl std::io::Read) {}
}

fn main() {}
