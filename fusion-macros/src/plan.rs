//! What `check` has made sure of and `expand` writes down.

use fusion_soundness::Ratio;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, GenericArgument, Ident, LitInt, LitStr, Path, PathArguments, Type};

/// The struct half.
pub(crate) struct Declaration {
    pub krate: Path,
    pub soundness: LitInt,
    pub risks: Vec<Risk>,
    pub batch: Option<FixedBatch>,
    /// `None` after mistakes, as `executions`.
    pub privacy: Option<Ident>,
    pub executions: Option<Ident>,
    pub assumes: Option<LitStr>,
    /// Where the parties are structs of their own.
    pub parties: Option<Parties>,
}

/// The protocol of two structs.
pub(crate) struct Parties {
    /// `None` if it is the struct itself.
    pub client: Option<Type>,
    pub server: Option<Type>,
    pub identity: Identity,
}

/// What `SemiHonest` itself holds.
pub(crate) struct Identity {
    pub name: LitStr,
    pub version: Option<LitInt>,
    pub agreement: Agreement,
}

/// When two answers count as the same.
pub(crate) enum Agreement {
    Exact,
    Type(Type),
    /// When this function gives the same for both: a part of this type.
    On {
        function: Expr,
        part: Type,
    },
    /// After mistakes in what would be a part.
    Unknown,
}

/// How often any server may get a wrong answer accepted.
pub(crate) struct Risk {
    /// As it is written: `query_risk`, for example.
    pub key: &'static str,
    pub ratio: Ratio,
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
    /// `None` if the other party is another struct: then the struct half says the rest.
    pub identity: Option<Identity>,
    pub instance: Instance,
    /// How many slots run at the same time, if it is for protocols that run in lanes.
    pub lanes: Option<LitInt>,
    pub channel: Channel,
    pub hooks: Hooks,
    pub query: Type,
    pub output: Type,
    /// `None` if the party is another struct.
    pub client: Option<Side>,
    pub server: Option<Side>,
}

/// Which instance an execution gets.
pub(crate) enum Instance {
    Shared,
    /// A clone; with the word that says so.
    PerSlot(Span),
    /// What this function makes of the instance that was passed in.
    Made(Expr),
}

/// What validates samples and answers: called like a phase, with the client if phases take `self`,
/// with its context if there is one, then with what is validated.
pub(crate) struct Hooks {
    pub query: Option<Expr>,
    pub answer: Option<Expr>,
}

/// The user's own channel.
#[derive(Default)]
pub(crate) struct Channel {
    /// Makes it of a `Wire`.
    pub make: Option<Expr>,
    /// The field of the struct that holds it.
    pub field: Option<Ident>,
    /// What is called on it when a phase is over.
    pub flush: Option<Path>,
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
pub(crate) struct Side {
    /// Whether a phase has a receiver.
    pub has_self: bool,
    pub contexts: Vec<Type>,
    pub states: Vec<State>,
    /// None if no phase can fail.
    pub error: Option<ErrorType>,
    /// In the order in which the party runs them.
    pub steps: Vec<Step>,
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

/// A phase of one party.
pub(crate) struct Step {
    pub stage: Stage,
    pub batch: bool,
    pub local: bool,
    pub call: Call,
}

/// How one side of a phase is called.
pub(crate) struct Call {
    pub method: Ident,
    pub receiver: Receiver,
    pub args: Vec<Arg>,
    /// Where the types of the parameters stand: for errors that only the compiler can find.
    pub spans: Vec<Span>,
    pub fallible: Fallible,
    pub result: Fate,
    /// One call for all slots.
    pub runs_once: bool,
    pub is_async: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    None,
    Ref,
    Mut,
    /// A clone.
    Value,
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
    /// The answers of all slots as an array with a leading axis.
    Unstacked,
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
    /// The queries of all slots as an array with a leading axis; flat if a query is one number.
    Stacked {
        by: By,
        is_view: bool,
        is_flat: bool,
    },
    Channel(By),
    Reader,
    Writer,
    Rng,
    State(usize, By),
    Context(usize, By),
    Slot,
    Slots,
}
