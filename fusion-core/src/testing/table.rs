use std::fmt;

use serde::Serialize;

/// What became of the attacks on a protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Table {
    /// The protocol.
    pub protocol: String,
    /// One attack each.
    pub rows: Vec<Row>,
    /// A phase in which what the client says depends on its queries but not on its randomness, of a
    /// protocol that states `privacy = malicious`.
    pub repeats: Option<String>,
}

/// What became of one attack.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The attack.
    pub attack: String,
    /// How often it was tried.
    pub tried: usize,
    /// How often the client got an error.
    pub caught: usize,
    /// How often the client got the right answers all the same.
    pub harmless: usize,
    /// How often the client accepted a wrong answer.
    pub survived: usize,
    /// The probability of survival is at most 2^-`bound`.
    pub bound: f64,
    /// The client's error, the first time.
    pub example: Option<String>,
    /// How the run ended with the queries and with others, if that differs for the server.
    pub differs: Option<(String, String)>,
}

impl Row {
    pub(super) fn new(attack: String, bound: f64) -> Self {
        Self {
            attack,
            tried: 0,
            caught: 0,
            harmless: 0,
            survived: 0,
            bound,
            example: None,
            differs: None,
        }
    }

    /// Whether so many survivals are to be expected at least once in a billion tries, if each has
    /// the probability of the bound: the union bound over all sets of that size.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let (mut log2_sets, mut left) = (0.0, self.tried as f64);
        for chosen in 1..=self.survived {
            log2_sets += (left / chosen as f64).log2();
            left -= 1.0;
        }
        log2_sets - self.bound * self.survived as f64 >= -30.0
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Attacks on {}", self.protocol)?;
        writeln!(
            f,
            "  {:<44} {:>6} {:>7} {:>9} {:>9}  {:<10} {:<5} the client's error",
            "attack", "tried", "caught", "harmless", "survived", "bound", "ends"
        )?;
        for row in &self.rows {
            writeln!(
                f,
                "  {:<44} {:>6} {:>7} {:>9} {:>9}  {:<10} {:<5} {}",
                row.attack,
                row.tried,
                row.caught,
                row.harmless,
                row.survived,
                format!("2^-{:.1}", row.bound),
                if row.differs.is_some() { "DIFFER" } else { "alike" },
                row.example.as_deref().unwrap_or("-")
            )?;
        }
        match &self.repeats {
            None => Ok(()),
            Some(phase) => writeln!(f, "  The client repeats itself in {phase}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survived(survived: usize, tried: usize, bound: f64) -> bool {
        let row = Row { tried, survived, ..Row::new("a".into(), bound) };
        row.is_plausible()
    }

    #[test]
    fn survivals_are_judged_by_the_bound() {
        assert!(survived(0, 5, 40.0));
        assert!(!survived(1, 5, 40.0));
        assert!(survived(3, 10, 2.0));
        assert!(survived(1, 1000, 10.0));
        assert!(!survived(100, 1000, 10.0));
    }
}
