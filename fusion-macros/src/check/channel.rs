//! Rules on the user's own channel: how it is made, where it is kept, what ends it.

use super::{Errors, keys::Keys, phases::Draft};
use crate::plan::Channel;

pub(super) fn read(keys: &Keys, errors: &mut Errors) -> Channel {
    let make = keys.function("channel", "Mux::new", errors);
    let message = || "`field` takes the name of a field: `field = channel`".into();
    let field = keys.ident("field", message, |_| true, errors);
    let flush = keys.path("flush", errors);
    if let (Some(flush), None) = (&flush, keys.get("channel").or(keys.get("field"))) {
        errors.push(
            flush,
            "`flush` is called on a channel of your own: say how it is made (`channel = Mux::new`); \
             everything else is flushed anyway",
        );
    }
    Channel { make, field, flush }
}

/// A channel in a field needs a `self` to be in.
pub(super) fn check(channel: &Channel, draft: &Draft, errors: &mut Errors) {
    if let (Some(field), crate::plan::Receiver::None, false) =
        (&channel.field, draft.receiver, draft.is_local())
    {
        errors.push(
            &draft.method,
            format!(
                "`{}` has no `self` that could hold the channel in `{field}`; take `&mut self`",
                draft.method
            ),
        );
    }
}

impl Channel {
    /// Whether a parameter of this type is the channel that `channel = Type::new` or
    /// `channel = Type` makes.
    pub(super) fn is_type(&self, name: Option<&str>) -> bool {
        let Some(syn::Expr::Path(make)) = &self.make else { return false };
        let mut names = make.path.segments.iter().rev().take(2);
        name.is_some_and(|name| names.any(|segment| segment.ident == name))
    }
}
