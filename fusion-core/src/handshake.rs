//! Both parties state what they are about to run, before anything secret moves.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use rand::CryptoRng;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    error::{Fault, Incompatible, Malformed},
    lanes::MAX_LANES,
    protocol::{Phase, SemiHonest, Stage},
    transcript::{Role, Transcript},
    wire::{
        Link, Wire,
        frame::{Kind, Label, WIRE_VERSION},
    },
};

/// What is about to run. Of a batch's shape the server learns the number of executions and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    /// A hardened batch.
    Hardened,
    /// Executions of the base protocol as it is, without any guarantee.
    SemiHonest,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Hardened => "hardened",
            Self::SemiHonest => "semi-honest",
        }
    }
}

/// What a client wants to run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) mode: Mode,
    pub(crate) slots: u32,
    /// Whether the setup stage is to run; an earlier batch on this connection ran it otherwise.
    pub(crate) setup: bool,
}

/// The client's first message. The version comes first, in every version.
#[derive(Serialize, Deserialize)]
struct Hello {
    wire_version: u16,
    identity: Identity,
    mode: Mode,
    slots: u32,
    setup: bool,
    lanes: u8,
    nonce: [u8; 16],
}

/// The server's answer. The version comes first, in every version.
#[derive(Serialize, Deserialize)]
struct Welcome {
    wire_version: u16,
    identity: Identity,
    lanes: u8,
    nonce: [u8; 16],
    refusal: Option<Refusal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Refusal {
    Mismatch,
    Mode { server_is_hardened: bool },
    TooManySlots { limit: u64 },
    NoSetup,
}

/// What a server is ready for.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) mode: Mode,
    pub(crate) max_slots: usize,
    /// Whether an earlier batch on this connection left a setup.
    pub(crate) has_setup: bool,
}

/// What both parties run.
#[derive(Clone, Copy)]
pub(crate) struct Agreed {
    pub(crate) slots: usize,
    pub(crate) setup: bool,
    /// The smaller of both parties' numbers of lanes.
    pub(crate) lanes: usize,
}

/// Which protocol, in which version, with which steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    protocol: String,
    version: u32,
    schedule: Vec<(Stage, Calls)>,
}

/// How a phase is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Calls {
    SlotBySlot,
    Once,
    InLanes,
}

impl Calls {
    fn of(phase: &Phase) -> Self {
        match (phase.batch, phase.lanes) {
            (true, _) => Self::Once,
            (false, true) => Self::InLanes,
            (false, false) => Self::SlotBySlot,
        }
    }
}

impl Identity {
    fn of<P: SemiHonest>() -> Self {
        Self {
            protocol: P::NAME.into(),
            version: P::VERSION,
            schedule: P::PHASES.iter().map(|phase| (phase.stage, Calls::of(phase))).collect(),
        }
    }

    /// The first difference, in words. The peer's text is escaped and cut.
    fn differs(&self, theirs: &Self) -> Option<Incompatible> {
        let mismatch = |what, ours, theirs| Some(Incompatible::Mismatch { what, ours, theirs });
        if self.protocol != theirs.protocol {
            let shown: String = theirs.protocol.escape_debug().take(64).collect();
            return mismatch("the protocol", self.protocol.clone(), shown);
        }
        if self.version != theirs.version {
            let (ours, theirs) = (self.version.to_string(), theirs.version.to_string());
            return mismatch("the protocol's version", ours, theirs);
        }
        if self.schedule != theirs.schedule {
            let (ours, theirs) = (list(&self.schedule), list(&theirs.schedule));
            return mismatch("the schedule of phases", ours, theirs);
        }
        None
    }
}

/// The client's side. Leaves the wire hashing, if the mode is hardened.
pub(crate) async fn greet<P: SemiHonest>(
    wire: &Wire,
    wish: Wish,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Agreed, Fault> {
    let identity = Identity::of::<P>();
    let Wish { mode, slots, setup } = wish;
    let lanes = lanes(P::CLIENT_LANES);
    let wire_version = WIRE_VERSION;
    let hello = Hello { wire_version, identity, mode, slots, setup, lanes, nonce: nonce(rng) };
    let said = wire.link().send_message(HELLO, &hello)?;
    let answer = wire.wait(|link, cx| link.poll_message(cx, WELCOME)).await?;
    let mut link = wire.link();
    let welcome: Welcome = decode(&answer, "welcome").map_err(|flaw| flaw.fail(&mut link))?;
    if let Some(reason) = hello.identity.differs(&welcome.identity) {
        return Err(link.incompatible(reason));
    }
    if let Some(refusal) = welcome.refusal {
        return Err(link.incompatible(explain(refusal, mode, slots)));
    }
    begin_transcript(&mut link, Role::Client, mode, &said, &answer);
    let lanes = usize::from(lanes.min(welcome.lanes));
    Ok(Agreed { slots: slots as usize, setup, lanes })
}

/// The server's side.
pub(crate) async fn welcome<P: SemiHonest>(
    wire: &Wire,
    offer: Offer,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Agreed, Fault> {
    let said = wire.wait(|link, cx| link.poll_message(cx, HELLO)).await?;
    let mut link = wire.link();
    let identity = Identity::of::<P>();
    let heard: Result<Hello, Flaw> = decode(&said, "hello");
    let difference = match &heard {
        Ok(hello) => identity.differs(&hello.identity),
        Err(Flaw::Incompatible(reason)) => Some(reason.clone()),
        Err(Flaw::Malformed(_)) => None,
    };
    let refusal = match &heard {
        _ if difference.is_some() => Some(Refusal::Mismatch),
        Ok(hello) => offer.refuses::<P>(hello),
        Err(_) => None,
    };
    if let Err(Flaw::Malformed(reason)) = heard {
        return Err(link.malformed(reason));
    }
    let lanes = lanes(P::SERVER_LANES);
    let wire_version = WIRE_VERSION;
    let welcome = Welcome { wire_version, identity, lanes, nonce: nonce(rng), refusal };
    let answer = link.send_message(WELCOME, &welcome)?;
    if let Some(reason) = difference {
        return Err(link.incompatible(reason));
    }
    let hello = heard.map_err(|flaw| flaw.fail(&mut link))?;
    if let Some(refusal) = refusal {
        return Err(link.incompatible(explain(refusal, hello.mode, hello.slots)));
    }
    begin_transcript(&mut link, Role::Server, hello.mode, &said, &answer);
    let lanes = usize::from(lanes.min(hello.lanes));
    Ok(Agreed { slots: hello.slots as usize, setup: hello.setup, lanes })
}

impl Offer {
    fn refuses<P: SemiHonest>(self, hello: &Hello) -> Option<Refusal> {
        let Self { mode, max_slots, has_setup } = self;
        let slots = hello.slots as usize;
        let needs_setup = P::PHASES.iter().any(|phase| phase.stage == Stage::Setup);
        if mode != hello.mode {
            Some(Refusal::Mode { server_is_hardened: mode == Mode::Hardened })
        } else if slots > max_slots || slots == 0 {
            Some(Refusal::TooManySlots { limit: max_slots as u64 })
        } else if needs_setup && !has_setup && !hello.setup {
            Some(Refusal::NoSetup)
        } else {
            None
        }
    }
}

const HELLO: Label = Label::new(Kind::Hello, 0, 0);
const WELCOME: Label = Label::new(Kind::Welcome, 0, 0);

/// What is wrong with a first message.
enum Flaw {
    Incompatible(Incompatible),
    Malformed(Malformed),
}

impl Flaw {
    fn fail(self, link: &mut Link) -> Fault {
        match self {
            Self::Incompatible(reason) => link.incompatible(reason),
            Self::Malformed(reason) => link.malformed(reason),
        }
    }
}

/// Another version of Fusion may say something else after its number.
fn decode<M: DeserializeOwned>(message: &[u8], name: &'static str) -> Result<M, Flaw> {
    let malformed = || Flaw::Malformed(Malformed::Undecodable(name));
    let (version, _) = postcard::take_from_bytes::<u16>(message).map_err(|_| malformed())?;
    if version != WIRE_VERSION {
        return Err(Flaw::Incompatible(Incompatible::Mismatch {
            what: "Fusion's wire version",
            ours: WIRE_VERSION.to_string(),
            theirs: version.to_string(),
        }));
    }
    match postcard::take_from_bytes(message) {
        Ok((message, [])) => Ok(message),
        _ => Err(malformed()),
    }
}

/// A party without lanes has one.
fn lanes(stated: usize) -> u8 {
    u8::try_from(stated.clamp(1, MAX_LANES)).unwrap_or(u8::MAX)
}

fn explain(refusal: Refusal, mode: Mode, slots: u32) -> Incompatible {
    match refusal {
        Refusal::Mismatch => Incompatible::Refused("another protocol than its own".into()),
        Refusal::Mode { server_is_hardened } => {
            let server = if server_is_hardened { Mode::Hardened } else { Mode::SemiHonest };
            let say = |mode: Mode| format!("a {} run", mode.name());
            Incompatible::Refused(format!("{}; it serves {}", say(mode), say(server)))
        }
        Refusal::TooManySlots { limit } => {
            Incompatible::Refused(format!("a batch of {slots} executions; it takes 1 to {limit}"))
        }
        Refusal::NoSetup => Incompatible::Refused(
            "a batch without setup, because no earlier batch on this connection ran it".into(),
        ),
    }
}

/// The transcript covers the handshake: what both parties agreed on, and both nonces, so that no
/// two runs have the same transcript.
fn begin_transcript(link: &mut Link, role: Role, mode: Mode, hello: &[u8], welcome: &[u8]) {
    if mode == Mode::Hardened {
        let mut domain = (hello.len() as u64).to_le_bytes().to_vec();
        domain.extend_from_slice(hello);
        domain.extend_from_slice(welcome);
        link.begin_transcript(Transcript::new(role, &domain));
    }
}

fn nonce(rng: &mut (impl CryptoRng + ?Sized)) -> [u8; 16] {
    let mut nonce = [0; 16];
    rng.fill_bytes(&mut nonce);
    nonce
}

fn list(schedule: &[(Stage, Calls)]) -> String {
    let names: Vec<String> = schedule
        .iter()
        .take(32)
        .map(|(stage, calls)| match calls {
            Calls::SlotBySlot => stage.to_string(),
            Calls::Once => format!("{stage} (batch)"),
            Calls::InLanes => format!("{stage} (lanes)"),
        })
        .collect();
    names.join(", ")
}
