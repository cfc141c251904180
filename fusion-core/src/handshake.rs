//! Both parties state what they are about to run, before anything secret moves.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Fault, Malformed},
    protocol::{Phase, SemiHonest, Stage},
    soundness::Parameters,
    transcript::{Role, Transcript},
    wire::{
        Wire,
        frame::{Kind, Label, WIRE_VERSION},
    },
};

/// What is about to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    /// A hardened batch.
    Hardened(Parameters),
    /// So many executions of the base protocol as it is, without any guarantee.
    SemiHonest { slots: u32 },
}

impl Mode {
    fn slots(self) -> usize {
        match self {
            Self::Hardened(parameters) => parameters.slots(),
            Self::SemiHonest { slots } => slots as usize,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hardened(_) => "hardened",
            Self::SemiHonest { .. } => "semi-honest",
        }
    }
}

/// The client's first message.
#[derive(Serialize, Deserialize)]
struct Hello {
    wire_version: u16,
    identity: Identity,
    mode: Mode,
    /// Whether the setup stage is to run; an earlier batch on this connection ran it otherwise.
    setup: bool,
    nonce: [u8; 16],
}

/// The server's answer.
#[derive(Serialize, Deserialize)]
struct Welcome {
    wire_version: u16,
    identity: Identity,
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
    pub(crate) hardened: bool,
    pub(crate) max_slots: usize,
    /// Whether an earlier batch on this connection left a setup.
    pub(crate) has_setup: bool,
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
    fn differs(&self, theirs: &Self) -> Option<Malformed> {
        let mismatch = |what, ours, theirs| Some(Malformed::Mismatch { what, ours, theirs });
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
    mode: Mode,
    setup: bool,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), Fault> {
    let identity = Identity::of::<P>();
    let hello = Hello { wire_version: WIRE_VERSION, identity, mode, setup, nonce: nonce(rng) };
    wire.link().send_message(HELLO, &hello)?;
    let heard = wire.wait(|link, cx| link.poll_message::<Welcome>(cx, WELCOME, "welcome")).await;
    let (welcome, answer) = heard?;
    let mut link = wire.link();
    if let Some(reason) = differs(welcome.wire_version, &hello.identity, &welcome.identity) {
        return Err(link.malformed(reason));
    }
    if let Some(refusal) = welcome.refusal {
        return Err(link.malformed(explain(refusal, mode)));
    }
    let said = bytes_of(&hello);
    begin_transcript(&mut link, Role::Client, mode, &said, &answer);
    Ok(())
}

/// The server's side: how many executions the client wants, and whether setup runs.
pub(crate) async fn welcome<P: SemiHonest>(
    wire: &Wire,
    offer: Offer,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(usize, bool), Fault> {
    let heard = wire.wait(|link, cx| link.poll_message::<Hello>(cx, HELLO, "hello")).await;
    let (hello, said) = heard?;
    let mut link = wire.link();
    let identity = Identity::of::<P>();
    let difference = differs(hello.wire_version, &identity, &hello.identity);
    let slots = hello.mode.slots();
    let Offer { hardened, max_slots, has_setup } = offer;
    let needs_setup = P::PHASES.iter().any(|phase| phase.stage == Stage::Setup);
    let refusal = if difference.is_some() {
        Some(Refusal::Mismatch)
    } else if hardened != matches!(hello.mode, Mode::Hardened(_)) {
        Some(Refusal::Mode { server_is_hardened: hardened })
    } else if slots > max_slots || slots == 0 {
        Some(Refusal::TooManySlots { limit: max_slots as u64 })
    } else if needs_setup && !has_setup && !hello.setup {
        Some(Refusal::NoSetup)
    } else {
        None
    };
    let welcome = Welcome { wire_version: WIRE_VERSION, identity, nonce: nonce(rng), refusal };
    link.send_message(WELCOME, &welcome)?;
    if let Some(reason) = difference {
        return Err(link.malformed(reason));
    }
    if let Some(refusal) = refusal {
        return Err(link.malformed(explain(refusal, hello.mode)));
    }
    let answer = bytes_of(&welcome);
    begin_transcript(&mut link, Role::Server, hello.mode, &said, &answer);
    Ok((slots, hello.setup))
}

const HELLO: Label = Label::new(Kind::Hello, 0, 0);
const WELCOME: Label = Label::new(Kind::Welcome, 0, 0);

fn differs(their_wire: u16, ours: &Identity, theirs: &Identity) -> Option<Malformed> {
    if their_wire != WIRE_VERSION {
        return Some(Malformed::Mismatch {
            what: "Fusion's wire version",
            ours: WIRE_VERSION.to_string(),
            theirs: their_wire.to_string(),
        });
    }
    ours.differs(theirs)
}

fn explain(refusal: Refusal, mode: Mode) -> Malformed {
    match refusal {
        Refusal::Mismatch => Malformed::Refused("it runs another protocol".into()),
        Refusal::Mode { server_is_hardened } => Malformed::Mismatch {
            what: "the mode",
            ours: if server_is_hardened { "hardened" } else { "semi-honest" }.into(),
            theirs: mode.name().into(),
        },
        Refusal::TooManySlots { limit } => Malformed::Refused(format!(
            "a batch of {} executions; it takes 1 to {limit}",
            mode.slots()
        )),
        Refusal::NoSetup => Malformed::Refused(
            "a batch without setup, because no earlier batch on this connection ran it".into(),
        ),
    }
}

/// The transcript covers the handshake: what both parties agreed on, and both nonces, so that no
/// two runs have the same transcript.
fn begin_transcript(
    link: &mut crate::wire::Link,
    role: Role,
    mode: Mode,
    hello: &[u8],
    welcome: &[u8],
) {
    if matches!(mode, Mode::Hardened(_)) {
        let mut domain = (hello.len() as u64).to_le_bytes().to_vec();
        domain.extend_from_slice(hello);
        domain.extend_from_slice(welcome);
        link.begin_transcript(Transcript::new(role, &domain));
    }
}

/// Encoding a message of ours cannot fail; if it did, the digests of the parties would differ.
fn bytes_of(message: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(message).unwrap_or_default()
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
