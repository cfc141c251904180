//! What `check` has made sure of and `expand` writes down.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{GenericArgument, Ident, LitInt, LitStr, Path, PathArguments, Type};

use crate::parse::Party;

/// The struct half.
pub(crate) struct Declaration {
    pub krate: Path,
    pub soundness: LitInt,
    pub batch: Option<FixedBatch>,
    pub privacy: Option<Ident>,
    pub assumes: Option<LitStr>,
}

/// R, B, T and slack, where the struct fixes them.
pub(crate) struct FixedBatch {
    pub queries: LitInt,
    pub copies: LitInt,
    pub checks: LitInt,
    pub slack: Option<LitInt>,
}

/// The impl half.
pub(crate) struct Protocol {
    pub krate: Path,
    pub name: LitStr,
    pub version: Option<LitInt>,
    pub agreement: Option<Path>,
    /// Whether each execution gets an instance of its own.
    pub per_slot: bool,
    pub query: Type,
    pub output: Type,
    /// None if no phase can fail.
    pub error: Option<ErrorType>,
    pub client: Side,
    pub server: Side,
    /// In the order in which both parties run them.
    pub steps: Vec<Step>,
}

/// The protocol's own error.
pub(crate) enum ErrorType {
    /// `E` of `Result<T, E>`.
    Named(Type),
    /// The error of an alias such as `io::Result<T>`.
    Of(Type),
}

impl ErrorType {
    /// The error of a type whose name ends in `Result`.
    pub(crate) fn of(result: Type) -> Self {
        if let Type::Path(path) = &result
            && let Some(last) = path.path.segments.last()
            && let PathArguments::AngleBracketed(arguments) = &last.arguments
            && let Some(GenericArgument::Type(error)) = arguments.args.get(1)
        {
            return Self::Named(error.clone());
        }
        Self::Of(result)
    }

    pub(crate) fn ty(&self) -> &Type {
        match self {
            Self::Named(ty) | Self::Of(ty) => ty,
        }
    }

    /// Equal for equal errors, as far as can be seen.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Named(error) => error.to_token_stream().to_string(),
            Self::Of(Type::Path(alias)) => {
                let names = alias.path.segments.iter().map(|segment| segment.ident.to_string());
                names.collect::<Vec<_>>().join("::")
            }
            Self::Of(other) => other.to_token_stream().to_string(),
        }
    }
}

/// What one party is made of.
#[derive(Default)]
pub(crate) struct Side {
    /// Whether a phase has a receiver.
    pub has_self: bool,
    pub contexts: Vec<Type>,
    pub states: Vec<State>,
}

/// A value that a phase leaves for later ones.
pub(crate) struct State {
    /// The type of one value: of one slot's, if `column`.
    pub ty: TokenStream,
    /// One value per slot, rather than one for all.
    pub column: bool,
    /// Lives as long as the connection, rather than one batch.
    pub from_setup: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    Setup,
    Offline,
    Online,
}

impl Stage {
    pub(crate) const ALL: [Self; 3] = [Self::Setup, Self::Offline, Self::Online];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Offline => "offline",
            Self::Online => "online",
        }
    }

    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Setup => "Setup",
            Self::Offline => "Offline",
            Self::Online => "Online",
        }
    }
}

/// One phase, both sides.
pub(crate) struct Step {
    pub stage: Stage,
    pub batch: bool,
    pub client: Call,
    pub server: Call,
}

impl Step {
    pub(crate) fn call(&self, party: Party) -> &Call {
        match party {
            Party::Client => &self.client,
            Party::Server => &self.server,
        }
    }
}

/// How one side of a phase is called.
pub(crate) struct Call {
    pub method: Ident,
    pub receiver: Receiver,
    pub args: Vec<Arg>,
    pub fallible: Fallible,
    pub result: Fate,
    /// One call for all slots.
    pub runs_once: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    None,
    Ref,
    Mut,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fallible {
    No,
    /// With the protocol's own error.
    Same,
    /// With an error that converts into it.
    Converted,
}

/// What becomes of a phase's result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Dropped,
    Output,
    /// The state with this index.
    Kept(usize),
}

/// How a value is handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Value,
    Ref,
    Mut,
}

/// What a parameter is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arg {
    Query(By),
    /// The queries of all slots.
    Queries(By),
    /// The queries of all slots as `&[&Q]`.
    QueryRefs,
    Channel,
    Reader,
    Writer,
    Rng,
    State(usize, By),
    Context(usize, By),
    Slot,
    Slots,
}
