//! Rules on what validates queries and answers: functions about the client.

use super::{Errors, keys::Keys};
use crate::{parse::Party, plan::Hooks};

pub(super) const KEYS: [&str; 2] = ["validate", "validate_answer"];

/// `only` is the party whose phases the impl holds, if it is one party's.
pub(super) fn read(keys: &Keys, only: Option<Party>, errors: &mut Errors) -> Hooks {
    let [query, answer] = KEYS.map(|key| keys.function(key, "Self::check", errors));
    if only == Some(Party::Server) {
        for entry in KEYS.iter().filter_map(|key| keys.get(key)) {
            errors.push(
                &entry.key,
                format!(
                    "`{}` is about the client's samples, before anything is sent; move it to the \
                     client's impl",
                    entry.key
                ),
            );
        }
    }
    Hooks { query, answer }
}
