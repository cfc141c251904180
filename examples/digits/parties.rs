//! The client, the server and the dealer, for any base protocol that runs the model.

use std::{
    error::Error as StdError,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use fusion::{
    Channel, Client, Connection, Costs, Error, Exact, Limits, Network, Policy, Rejection, Report,
    SemiHonest, Server, Stage, Verified,
    channel::{Emulated, TcpChannel},
};
use fusion_backends::{
    additive::{Additive, Dealer, Dealt},
    cheetah::{Answer, Cheetah, Description, Outputs, Served},
    clear::Clear,
    model::{Architecture, Model, argmax},
};
use fusion_core::misbehave::{self, At, Cheating, CheatingServer, Fault, Faulty};
use rand::{rand_core::UnwrapErr, rngs::SysRng};

use crate::{
    Cheat, Net, Options, Result,
    data::{self, Data, Image},
    processes::{PATIENCE, accept},
    show::Progress,
};

type BoxedChannel = Box<dyn Channel>;

/// A base protocol that runs the model, and how its parties are made.
pub(crate) trait Backend:
    SemiHonest<
        ClientContext: Public,
        Query = Vec<i64>,
        Agreement = Exact,
        Output: Label + PartialEq,
        ServerContext: Context<Self::ClientContext>,
        ClientError: StdError + 'static,
        ServerError: StdError + 'static,
    >
{
    /// What the dealer runs, on its channels to the client and to the server. A protocol that has
    /// one gets a process for it, and its parties get their channels to it.
    const DEALER: Option<fn(BoxedChannel, BoxedChannel) -> Result<Dealt>> = None;

    fn client(dealer: Option<BoxedChannel>) -> Result<Self::Client>;

    fn server(dealer: Option<BoxedChannel>) -> Result<Self::Server>;
}

/// What both parties know of the model.
pub(crate) trait Public: Sized {
    fn load(options: &Options) -> Result<Self>;
}

impl Public for Architecture {
    fn load(options: &Options) -> Result<Self> {
        Ok(data::architecture(options.model)?)
    }
}

impl Public for Description {
    fn load(options: &Options) -> Result<Self> {
        data::description(options)
    }
}

/// What a server serves.
pub(crate) trait Context<P>: Sized {
    fn of(model: Model, public: &P) -> Result<Self>;

    /// Of a server that pretends that the model were the one that is publicly known.
    fn pretending(model: Model, public: &P) -> Result<Self> {
        Self::of(model, public)
    }
}

impl Context<Architecture> for Model {
    fn of(model: Model, _: &Architecture) -> Result<Self> {
        Ok(model)
    }
}

impl Context<Description> for Served {
    fn of(model: Model, description: &Description) -> Result<Self> {
        Ok(Self::described(model, description)?)
    }

    fn pretending(model: Model, description: &Description) -> Result<Self> {
        Ok(Self::pretending(model, description)?)
    }
}

/// What a client learns of a digit.
pub(crate) trait Label: PartialEq + 'static {
    /// What an honest server answers where the reference model has these outputs.
    fn of(logits: Vec<i64>) -> Self;

    /// The digit that it stands for.
    fn digit(&self) -> Option<usize>;
}

impl Label for Vec<i64> {
    fn of(logits: Self) -> Self {
        logits
    }

    fn digit(&self) -> Option<usize> {
        argmax(self)
    }
}

impl Label for Answer {
    fn of(logits: Vec<i64>) -> Self {
        Self::of(&logits, Outputs::Label)
    }

    fn digit(&self) -> Option<usize> {
        self.label()
    }
}

impl Backend for Cheetah {
    fn client(_: Option<BoxedChannel>) -> Result<Self> {
        Ok(Self::client())
    }

    fn server(_: Option<BoxedChannel>) -> Result<Self> {
        Ok(Self::server())
    }
}

impl Backend for Clear {
    fn client(_: Option<BoxedChannel>) -> Result<()> {
        Ok(())
    }

    fn server(_: Option<BoxedChannel>) -> Result<()> {
        Ok(())
    }
}

impl Backend for Additive {
    const DEALER: Option<fn(BoxedChannel, BoxedChannel) -> Result<Dealt>> =
        Some(|client, server| Ok(Dealer::serve(client, server, &mut UnwrapErr(SysRng))?));

    fn client(dealer: Option<BoxedChannel>) -> Result<Self> {
        Ok(Self::new(dealer.ok_or(NO_DEALER)?))
    }

    fn server(dealer: Option<BoxedChannel>) -> Result<Self> {
        Ok(Self::new(dealer.ok_or(NO_DEALER)?))
    }
}

const NO_DEALER: &str = "this backend needs a dealer";

/// How a batch ended.
pub(crate) enum Outcome<A> {
    Accepted(Box<Verified<Vec<A>>>),
    Rejected { reason: Rejection, report: Box<Report> },
    EndedEarly(String),
}

/// The client: one batch.
pub(crate) fn infer<B: Backend>(
    server: SocketAddr,
    dealer: Option<SocketAddr>,
    options: &Options,
    policy: Policy,
    data: &Data,
    queries: &[Image],
) -> Result<Outcome<B::Output>> {
    let party = B::client(dealer.map(|at| call_dealer(at, CLIENT)).transpose()?)?;
    let stream = TcpStream::connect(server)?;
    let mut connection = Connection::new(emulate(options.network, channel(stream)?));
    let inputs: Vec<_> = queries.iter().map(|image| data.input(image)).collect();

    let checks = data.checks(B::Output::of);
    let mut client = Client::<B>::with(party, policy, checks).observe(Progress::default());
    let public = B::ClientContext::load(options)?;
    let result = client.infer(&mut connection, &public, &inputs, &mut UnwrapErr(SysRng));
    match result {
        Ok(answers) => Ok(Outcome::Accepted(Box::new(answers))),
        Err(Error::Rejected { reason, report, .. }) => Ok(Outcome::Rejected { reason, report }),
        // Online, only what the server sends makes the protocol fail. It may have chosen when, so it is
        // not asked again.
        Err(error @ (Error::Protocol { place, .. } | Error::Misbehaved { place, .. }))
            if place.stage() == Some(Stage::Online) =>
        {
            Ok(Outcome::EndedEarly(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The server: one batch, honest or not.
pub(crate) fn serve<B: Backend>(
    listener: &TcpListener,
    dealer: Option<SocketAddr>,
    options: &Options,
    model: Model,
) -> Result<Costs> {
    let public = B::ClientContext::load(options)?;
    let context = match options.cheat {
        Some(Cheat::WrongModel) => B::ServerContext::pretending(model, &public)?,
        _ => B::ServerContext::of(model, &public)?,
    };
    let party = B::server(dealer.map(|at| call_dealer(at, SERVER)).transpose()?)?;
    let line = emulate(options.network, channel(accept(listener)?)?);
    let online = B::PHASES.iter().position(|phase| phase.stage == Stage::Online).unwrap_or(0);
    let mut connection = match options.cheat {
        Some(Cheat::Corrupt) => {
            Connection::new(Faulty::new(line, Fault::Flip, At::data(u16::try_from(online)?)))
        }
        _ => Connection::new(line),
    };
    let cheat = match options.cheat {
        Some(Cheat::Flip) => Some(misbehave::Cheat::Flip { slots: 1 }),
        Some(Cheat::Swap) => Some(misbehave::Cheat::Swap { pairs: 1 }),
        Some(Cheat::WrongModel | Cheat::Corrupt) | None => None,
    };
    let mut rng = UnwrapErr(SysRng);
    Ok(match cheat {
        Some(cheat) => Server::<Cheating<B>>::with(CheatingServer::new(party, cheat)).serve(
            &mut connection,
            &context,
            &mut rng,
        )?,
        None => Server::<B>::with(party).serve(&mut connection, &context, &mut rng)?,
    })
}

/// The first byte that each party sends to the dealer: it tells them apart.
const CLIENT: u8 = 0;
const SERVER: u8 = 1;

/// The dealer: accepts both parties, in either order, and serves them.
pub(crate) fn deal<B: Backend>(listener: &TcpListener) -> Result<Dealt> {
    let deal = B::DEALER.ok_or("this backend has no dealer")?;
    let (first, second) = (answer_call(listener)?, answer_call(listener)?);
    match (first, second) {
        ((CLIENT, client), (SERVER, server)) | ((SERVER, server), (CLIENT, client)) => {
            deal(channel(client)?, channel(server)?)
        }
        _ => Err("the dealer needs one client and one server".into()),
    }
}

fn call_dealer(at: SocketAddr, who: u8) -> Result<BoxedChannel> {
    let mut stream = TcpStream::connect(at)?;
    stream.write_all(&[who])?;
    channel(stream)
}

fn answer_call(listener: &TcpListener) -> Result<(u8, TcpStream)> {
    let mut stream = accept(listener)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut who = [0];
    stream.read_exact(&mut who)?;
    let [who] = who;
    Ok((who, stream))
}

fn channel(stream: TcpStream) -> Result<BoxedChannel> {
    Ok(Box::new(TcpChannel::new(stream, stall())?))
}

fn stall() -> Duration {
    Limits::default().message
}

fn emulate(network: Net, line: BoxedChannel) -> BoxedChannel {
    match network {
        Net::None => line,
        Net::Lan => Box::new(Emulated::new(line, Network::LAN)),
        Net::Wan => Box::new(Emulated::new(line, Network::WAN)),
    }
}
