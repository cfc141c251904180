//! Decimal fractions as exact rationals.

use std::{fmt, str::FromStr};

/// Decimal places that are read.
const PLACES: usize = 9;

/// The greatest numerator and denominator.
const MOST: u64 = 10u64.pow(PLACES as u32);

/// An exact ratio of two whole numbers, each at most 10^9, in lowest terms; read from a decimal
/// such as `0.98` or a percentage such as `98 %`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

impl Ratio {
    /// 1.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// `numerator` / `denominator`, or `None` if the denominator is zero or either exceeds 10^9 in
    /// lowest terms.
    #[must_use]
    pub const fn new(numerator: u64, denominator: u64) -> Option<Self> {
        let (mut common, mut rest) = (numerator, denominator);
        while rest != 0 {
            (common, rest) = (rest, common % rest);
        }
        if denominator == 0 {
            return None;
        }
        let ratio = Self { numerator: numerator / common, denominator: denominator / common };
        if ratio.numerator > MOST || ratio.denominator > MOST { None } else { Some(ratio) }
    }

    /// Above the line.
    #[must_use]
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// Below it.
    #[must_use]
    pub const fn denominator(self) -> u64 {
        self.denominator
    }

    /// `1%`; the ratio itself if a hundred of it cannot be held.
    pub(crate) fn percent(self) -> String {
        let percent = Self::new(self.numerator * 100, self.denominator);
        percent.map_or_else(|| self.to_string(), |percent| format!("{percent}%"))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Products of at most 10^18.
        (self.numerator * other.denominator).cmp(&(other.numerator * self.denominator))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Ratio {
    type Err = RatioError;

    fn from_str(text: &str) -> Result<Self, RatioError> {
        let refuse = || RatioError { text: text.chars().take(40).collect() };
        let trimmed = text.trim();
        let (number, percent) = match trimmed.strip_suffix('%') {
            Some(number) => (number.trim_end(), 100),
            None => (trimmed, 1),
        };
        let (whole, places) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let places = places.trim_end_matches('0');
        if number.trim_matches('.').is_empty()
            || !digits(whole)
            || !digits(places)
            || places.len() > PLACES
        {
            return Err(refuse());
        }
        let scale = 10u64.pow(places.len() as u32);
        let read = |text: &str| if text.is_empty() { Ok(0) } else { text.parse::<u64>() };
        let (whole, places) =
            (read(whole).map_err(|_| refuse())?, read(places).map_err(|_| refuse())?);
        whole
            .checked_mul(scale)
            .and_then(|whole| whole.checked_add(places))
            .and_then(|numerator| Self::new(numerator, scale * percent))
            .ok_or_else(refuse)
    }
}

/// As a decimal if it is one of at most nine places, else as a fraction.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !MOST.is_multiple_of(self.denominator) {
            return write!(f, "{}/{}", self.numerator, self.denominator);
        }
        let whole = self.numerator / self.denominator;
        let places = self.numerator % self.denominator * (MOST / self.denominator);
        let text = format!("{whole}.{places:0PLACES$}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Not a number that [`Ratio`] can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatioError {
    text: String,
}

impl fmt::Display for RatioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a decimal with at most {PLACES} places; write it like 0.98 or 98%",
            self.text
        )
    }
}

impl std::error::Error for RatioError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, numerator, denominator, shown) in [
            ("0.98", 49, 50, "0.98"),
            ("98%", 49, 50, "0.98"),
            (" 97.5 % ", 39, 40, "0.975"),
            ("1", 1, 1, "1"),
            ("1.0", 1, 1, "1"),
            ("0", 0, 1, "0"),
            (".5", 1, 2, "0.5"),
            ("2.75", 11, 4, "2.75"),
            ("0.000000001", 1, 1_000_000_000, "0.000000001"),
        ] {
            let ratio: Ratio = text.parse().unwrap();
            assert_eq!((ratio.numerator(), ratio.denominator()), (numerator, denominator));
            assert_eq!(ratio.to_string(), shown);
        }
        assert_eq!(Ratio::new(2, 6).unwrap().to_string(), "1/3");
        assert!(Ratio::new(1, 3) < Ratio::new(34, 100));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in
            ["", ".", "%", "-1", "+1", "1e-3", "0.9.8", "0,98", "0.0000000001", "NaN", "9999999999"]
        {
            let error = text.parse::<Ratio>().unwrap_err().to_string();
            assert!(error.contains("write it like 0.98"), "{error}");
        }
        assert_eq!(Ratio::new(1, 0), None);
        assert_eq!(Ratio::new(0, 0), None);
    }
}
