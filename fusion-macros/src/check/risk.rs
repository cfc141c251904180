//! Rules on risks: how often any server may get a wrong answer accepted.

use fusion_soundness::{Ratio, RiskTargets};
use syn::LitStr;

use super::{Errors, keys::Keys};
use crate::plan::Risk;

/// Per query, per batch, per session.
pub(super) const KEYS: [&str; 3] = ["query_risk", "batch_risk", "session_risk"];

pub(super) fn read(keys: &Keys, errors: &mut Errors) -> Vec<Risk> {
    let risks = KEYS.iter().filter_map(|&key| {
        let text = keys.string(key, "1%", errors)?;
        Some(Risk { key, ratio: probability(key, &text, errors)? })
    });
    risks.collect()
}

fn probability(key: &str, text: &LitStr, errors: &mut Errors) -> Option<Ratio> {
    match text.value().parse::<Ratio>() {
        Ok(ratio) if ratio.numerator() == 0 => {
            let message = format!(
                "`{key}` is above 0: some server is accepted now and then, however large the batch"
            );
            errors.push(text, message);
        }
        Ok(ratio) if ratio >= Ratio::ONE => {
            errors.push(text, format!("`{key}` is a probability, below 1: `{key} = \"1%\"`"));
        }
        Ok(ratio) => return Some(ratio),
        Err(_) => {
            let message = format!(
                "`{key}` is a decimal of at most nine places, or a percentage: `{key} = \"1%\"`"
            );
            errors.push(text, message);
        }
    }
    None
}

/// What is asked of a batch.
pub(super) fn targets(risks: &[Risk]) -> RiskTargets {
    risks.iter().fold(RiskTargets::NONE, |targets, risk| match risk.key {
        "query_risk" => targets.per_query(risk.ratio),
        "batch_risk" => targets.per_batch(risk.ratio),
        _ => targets.per_session(risk.ratio),
    })
}
