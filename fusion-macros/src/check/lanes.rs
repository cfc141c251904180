//! Rules on `lanes`: slots that run at the same time share nothing that changes.

use syn::LitInt;

use super::{Errors, keys::Keys, phases::Draft};
use crate::plan::{By, Instance, Receiver, Stage};

/// More would only be threads that wait.
const MOST: u32 = 64;

pub(super) fn read(keys: &Keys, errors: &mut Errors) -> Option<LitInt> {
    let number = super::in_range(keys, "lanes", errors)?;
    if !number.base10_parse::<u32>().is_ok_and(|lanes| (1..=MOST).contains(&lanes)) {
        errors.push(
            &number,
            format!(
                "`lanes` is 1 to {MOST}: how many slots run at the same time, each on a thread"
            ),
        );
    }
    Some(number)
}

/// `is_said` tells whether `instance` was given at all, rightly or not.
pub(super) fn check(drafts: &[Draft], instance: &Instance, is_said: bool, errors: &mut Errors) {
    for draft in drafts {
        if let Some(batch) = &draft.batch {
            errors.push(
                batch,
                format!(
                    "`lanes` is for protocols that run slot by slot; `{}` handles all slots in one \
                     call and pays its rounds once. Leave `batch` out here and at its partner, or \
                     `lanes` on the impl",
                    draft.method
                ),
            );
        }
        if let Some(token) = &draft.is_async {
            errors.push(
                token,
                format!(
                    "lanes are threads, so phases block in them; `{}` is `async`. Leave `async` out, \
                     or `lanes` on the impl",
                    draft.method
                ),
            );
        }
    }
    let is_shared = matches!(instance, Instance::Shared);
    let on_self = drafts.iter().find_map(|draft| Some((draft, draft.receiver_token()?)));
    if let (true, Some((draft, receiver))) = (is_shared, on_self) {
        let instead = if is_said { "in place of `instance = shared` write" } else { "write" };
        errors.push(
            receiver,
            format!(
                "slots in `lanes` run at the same time, so `{}` needs an instance for each: {instead} \
                 `instance = per_slot` (a clone) or `instance = |it| Self::new(..)` (one made for \
                 it)",
                draft.method
            ),
        );
    }
}

/// What setup left is shared by slots that run at the same time.
pub(super) fn check_setup(
    left_by: Stage,
    by: By,
    consumer: &Draft,
    at: &syn::Type,
    errors: &mut Errors,
) {
    if left_by == Stage::Setup && consumer.stage != Stage::Setup && by == By::Mut {
        errors.push(
            at,
            format!(
                "`{}` runs in `lanes`, and what setup left is shared by slots that run at the same \
                 time; take it by `&`",
                consumer.method
            ),
        );
    }
}

impl Draft {
    fn receiver_token(&self) -> Option<&syn::Receiver> {
        self.self_token.as_ref().filter(|_| self.receiver != Receiver::None)
    }
}
