//! Silent oblivious transfer extension.

mod check;
mod expansion;
mod receiver;
mod sender;
mod setup;
mod size;
mod tree;

#[cfg(test)]
mod tests;

pub use receiver::SilentReceiver;
pub use sender::SilentSender;
pub use setup::{Silent, setup};

use super::Block;
