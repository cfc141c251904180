//! No division of secrets: a division instruction takes longer for some numbers than for others. What
//! divides in this folder is found by its text, and must be in a list that says why it is public.

use std::collections::BTreeMap;
use std::path::Path;

/// File, expression, and why no secret is divided or divides.
#[rustfmt::skip]
const PUBLIC: &[(&str, &str, &str)] = &[
    ("compare.rs", "let odd = if nodes.len().is_multiple_of(2) { None } else { nodes.pop() };", COUNT),
    ("compare.rs", "joined.by_ref().take(nodes.len() / 2).chain(odd).collect()", COUNT),
    ("divide.rs", "let divided = |number: i128| (number.div_euclid(self.k()), number.rem_euclid(self.k()));", DIVISOR),
    ("divide.rs", "let (least, most) = (least.div_euclid(self.k()), most.div_euclid(self.k()));", DIVISOR),
    ("layout.rs", "for mut left in (1..=bits.div_ceil(LEAF)).rev() {", WIDTH),
    ("layout.rs", "left = cut.saturating_sub(low).div_ceil(left);", WIDTH),
    ("layout.rs", "if leaves.len().is_multiple_of(2) { Role::Server } else { Role::Client };", COUNT),
    ("maximum.rs", "std::iter::successors(Some(group), |left| Some(left.div_ceil(2))).take_while(|left| *left > 1)", COUNT),
    ("maximum.rs", "levels(group).map(move |members| (members / 2).saturating_mul(groups))", COUNT),
    ("maximum.rs", "let place = |at: usize| if client { (at % group) as u64 } else { 0 };", PLACE),
    ("maximum.rs", "let left = |at: &usize| (at % members).is_multiple_of(2) && at % members + 1 < members;", PLACE),
    ("maximum.rs", "(0..all).filter(|at| !members.is_multiple_of(2) && at % members == members - 1);", PLACE),
    ("maximum.rs", "interleave(winners, members / 2, &shares.gather(odd))", COUNT),
    ("maximum.rs", "match values.len().checked_div(group) {", COUNT),
    ("need.rs", "count.div_ceil(64)", COUNT),
    ("planes.rs", "let run = count.div_ceil(64);", COUNT),
    ("planes.rs", "words.truncate(self.count.div_ceil(64));", COUNT),
    ("planes.rs", "let run = self.count.div_ceil(64);", COUNT),
    ("pool.rs", "(size + 2 * self.padding - self.kernel) / self.stride + 1", SHAPE),
    ("pool.rs", "match values.len().checked_div(self.height * self.width) {", SHAPE),
    ("pool.rs", "let half = (windows.kernel * windows.kernel / 2) as u64;", SHAPE),
    ("prepare.rs", "let words = left.map(|left| left.min((CHUNK / run).max(1)));", COUNT),
    ("reciprocal.rs", "Self { divisor, inverse: u64::MAX / divisor }", DIVISOR),
    ("shares.rs", "assert_eq!(words.len(), count.div_ceil(64), );", COUNT),
    ("wire.rs", "self.0.reserve(count.div_ceil(64).saturating_mul(8));", COUNT),
    ("wire.rs", "for (word, _) in paired(words, 0..count.div_ceil(64))? {", COUNT),
    ("wire.rs", "self.0.truncate(start.saturating_add(count.div_ceil(8)));", COUNT),
    ("wire.rs", "let length = count.div_ceil(8);", COUNT),
    ("wire.rs", "let mut words = Vec::with_capacity(planes.saturating_mul(count.div_ceil(64)));", COUNT),
    ("wire.rs", "let used = (count % 8) as u32;", COUNT),
];

const COUNT: &str = "how many there are";
const PLACE: &str = "which one it is, whatever is there";
const SHAPE: &str = "the shape of a layer";
const WIDTH: &str = "bits of a ring";
const DIVISOR: &str = "the layer's divisor, and powers of two";

const METHODS: [&str; 6] = ["div", "rem", "div_euclid", "rem_euclid", "div_ceil", "is_multiple_of"];

/// Code without comments, strings and characters, up to its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let (mut code, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if next == '"' {
            let mut escaped = false;
            let ends = |(_, c): &(usize, char)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            };
            1 + rest[1..].char_indices().find(ends).map_or(rest.len() - 1, |(at, _)| at + 1)
        } else {
            code.push(next);
            next.len_utf8()
        };
        rest = &rest[end..];
    }
    code
}

/// Lines that divide.
fn divisions(code: &str) -> Vec<String> {
    let divides = |line: &&str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        let method = |word: &str| {
            let plain = ["checked_", "wrapping_", "saturating_", "overflowing_", "strict_"]
                .iter()
                .find_map(|prefix| word.strip_prefix(prefix));
            METHODS.contains(&plain.unwrap_or(word))
        };
        line.contains(['/', '%']) || words.any(method)
    };
    code.lines().map(str::trim).filter(divides).map(str::to_owned).collect()
}

#[test]
fn nothing_secret_is_divided() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nonlinear");
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (file, line, reason) in PUBLIC {
        assert!(!reason.is_empty() && known.insert((file, line), 0).is_none(), "{file}: {line}");
    }
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() || name == "tests.rs" {
            continue;
        }
        files += 1;
        for line in divisions(&code(&std::fs::read_to_string(&path).unwrap())) {
            let known = known.iter_mut().find(|((file, code), _)| *file == name && *code == line);
            let Some((_, uses)) = known else {
                panic!(
                    "{name} divides: `{line}`. If a secret is divided, use `Reciprocal`; if all of it is \
                     public, add it to `PUBLIC` with the reason"
                );
            };
            *uses += 1;
        }
    }
    assert!(files > 15, "{files} files");
    for ((file, line), uses) in known {
        assert!(uses > 0, "{file} does not say `{line}` any more: take it out of `PUBLIC`");
    }
}

#[test]
fn divisions_are_found() {
    let found = |text: &str| divisions(&code(text)).len();
    for divides in ["a / b", "a % b", "a.checked_div(b)", "x.rem_euclid(k)", "\"//\".len() / 2"] {
        assert_eq!(found(divides), 1, "{divides}");
    }
    for does_not in
        ["// a / b", "let a = \"a / \\\" % b\";", "a.divide(b)", "remainder", "a * b // / 2"]
    {
        assert_eq!(found(does_not), 0, "{does_not}");
    }
}
