//! Division takes longer for some numbers than for others, so no secret is divided: every division in the
//! source of the layers is in a list, with the reason why its numbers are public.

use std::path::Path;

/// A division that may stand in a file.
struct Allowed {
    file: &'static str,
    /// As it is written there, but for white space.
    expression: &'static str,
    /// How often it stands there.
    times: usize,
    /// Why nothing of it is secret.
    reason: &'static str,
}

const fn allow(
    file: &'static str,
    expression: &'static str,
    times: usize,
    reason: &'static str,
) -> Allowed {
    Allowed { file, expression, times, reason }
}

const COUNT: &str = "how many values there are";
const LAYOUT: &str = "follows from the widths of rings";
const GROUP: &str = "the size of groups, and places in them";
const DIVISOR: &str = "the divisor and the ring";
const WINDOWS: &str = "the sizes of images and windows";

const ALLOWED: [Allowed; 30] = [
    allow("compare.rs", "nodes.len().is_multiple_of(2)", 1, LAYOUT),
    allow("compare.rs", "nodes.len() / 2", 1, LAYOUT),
    allow("divide.rs", "number.div_euclid(self.k())", 1, DIVISOR),
    allow("divide.rs", "number.rem_euclid(self.k())", 1, DIVISOR),
    allow("divide.rs", "least.div_euclid(self.k())", 1, DIVISOR),
    allow("divide.rs", "most.div_euclid(self.k())", 1, DIVISOR),
    allow("layout.rs", "bits.div_ceil(LEAF)", 1, LAYOUT),
    allow("layout.rs", "cut.saturating_sub(low).div_ceil(left)", 1, LAYOUT),
    allow("layout.rs", "leaves.len().is_multiple_of(2)", 1, LAYOUT),
    allow("maximum.rs", "left.div_ceil(2)", 1, GROUP),
    allow("maximum.rs", "(members / 2).saturating_mul(groups)", 1, GROUP),
    allow("maximum.rs", "(at % group) as u64", 1, GROUP),
    allow("maximum.rs", "(at % members).is_multiple_of(2)", 1, GROUP),
    allow("maximum.rs", "at % members + 1 < members", 1, GROUP),
    allow("maximum.rs", "!members.is_multiple_of(2)", 1, GROUP),
    allow("maximum.rs", "at % members == members - 1", 1, GROUP),
    allow("maximum.rs", "interleave(winners, members / 2", 1, GROUP),
    allow("maximum.rs", "values.len().checked_div(group)", 1, COUNT),
    allow("need.rs", "count.div_ceil(64)", 1, COUNT),
    allow("planes.rs", "count.div_ceil(64)", 3, COUNT),
    allow("pool.rs", "(size + 2 * self.padding - self.kernel) / self.stride", 1, WINDOWS),
    allow("pool.rs", "values.len().checked_div(self.height * self.width)", 1, WINDOWS),
    allow("pool.rs", "windows.kernel * windows.kernel / 2", 1, WINDOWS),
    allow("prepare.rs", "CHUNK / run", 1, "transfers at a time"),
    allow("reciprocal.rs", "u64::MAX / divisor", 1, DIVISOR),
    allow("shares.rs", "count.div_ceil(64)", 1, COUNT),
    allow("wire.rs", "count.div_ceil(64)", 3, COUNT),
    allow("wire.rs", "start.saturating_add(count.div_ceil(8))", 1, COUNT),
    allow("wire.rs", "let length = count.div_ceil(8)", 1, COUNT),
    allow("wire.rs", "count % 8", 1, COUNT),
];

#[test]
fn nothing_secret_is_divided() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nonlinear");
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        if file == "tests" || file == "tests.rs" {
            continue;
        }
        assert!(file.ends_with(".rs"), "{file}: teach this test to look into it");
        let source = std::fs::read_to_string(&path).unwrap();
        faults.extend(check(&file, &source, &ALLOWED));
        files.push(file);
    }
    for allowed in ALLOWED.iter().filter(|allowed| !files.contains(&allowed.file.to_owned())) {
        faults.push(format!("{}: is in the list, and does not exist", allowed.file));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with a file.
fn check(file: &str, source: &str, allowed: &[Allowed]) -> Vec<String> {
    // Tests stand last, and have no secrets.
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = code(source);
    let mut found = divisions(&code);
    let mut faults = Vec::new();
    // Without white space, and where in the code each character stands.
    let (places, dense): (Vec<_>, Vec<_>) =
        code.iter().copied().enumerate().filter(|(_, c)| !c.is_whitespace()).unzip();
    for Allowed { expression, times, reason, .. } in allowed.iter().filter(|a| a.file == file) {
        let wanted: Vec<_> = expression.chars().filter(|c| !c.is_whitespace()).collect();
        let starts: Vec<_> =
            (0..dense.len()).filter(|at| dense[*at..].starts_with(&wanted)).collect();
        if starts.len() != *times {
            faults.push(format!(
                "{file}: `{expression}` stands there {} times, in the list {times} times ({reason})",
                starts.len()
            ));
        }
        for start in starts {
            let range = places[start]..=places[start + wanted.len() - 1];
            found.retain(|at| !range.contains(at));
        }
    }
    faults.extend(found.iter().map(|at| {
        let line = code[..*at].iter().filter(|c| **c == '\n').count();
        format!(
            "{file}:{}: `{}` divides: use `Reciprocal` for what is secret; for what is public add it to the \
             list in tests/division.rs",
            line + 1,
            source.lines().nth(line).unwrap().trim()
        )
    }));
    faults
}

/// Where code divides.
fn divisions(code: &[char]) -> Vec<usize> {
    let is_word = |at: usize| code.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let end = (at..).find(|at| !is_word(*at)).unwrap();
        let word: String = code[at..end].iter().collect();
        let other = ["is_multiple_of", "next_multiple_of", "isqrt", "Div", "Rem"];
        let other = other.into_iter().chain(["DivAssign", "RemAssign", "RemEuclid"]);
        let divides = |part: &str| ["div", "rem", "midpoint", "ilog", "ilog10"].contains(&part);
        let by_name = word.split('_').any(divides) || other.into_iter().any(|name| name == word);
        if by_name || matches!(code[at], '/' | '%') {
            found.push(at);
        }
        at = end.max(at + 1);
    }
    found
}

/// The source with blanks for comments and for what is in literals.
fn code(source: &str) -> Vec<char> {
    let mut code: Vec<char> = source.chars().collect();
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let word_before = at > 0 && (code[at - 1].is_alphanumeric() || code[at - 1] == '_');
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => literal(rest, '"'),
            ['r', '"' | '#', ..] | ['b', 'r', ..] if !word_before => raw_string(rest),
            ['\'', '\\', ..] | ['\'', _, '\'', ..] => literal(rest, '\''),
            _ => 0,
        };
        code[at..at + length].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
        at += length.max(1);
    }
    code
}

/// How long it is, with comments inside of it.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            [_, ..] => at += 1,
            [] => return at,
        }
    }
}

fn literal(rest: &[char], end: char) -> usize {
    let mut at = 1;
    while rest[at] != end {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// 0 if it is none.
fn raw_string(rest: &[char]) -> usize {
    let start = if rest[0] == 'b' { 2 } else { 1 };
    let hashes = rest[start..].iter().take_while(|c| **c == '#').count();
    if rest.get(start + hashes) != Some(&'"') {
        return 0;
    }
    let end: Vec<_> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let text = start + hashes + 1;
    let closed = (text..rest.len()).find(|at| rest[*at..].starts_with(&end)).unwrap();
    closed + end.len()
}

#[test]
fn the_check_finds_divisions_and_nothing_else() {
    let quiet = r##"
        //! a / b, 5 % 3, checked_div
        /* a / b /* c / d */ e % f */
        fn divide<'a>(divisor: &'a u64, remainder: char) -> &'static str {
            let _ = ('/', '%', '\'', b'/', "a / b \" % c", r"a / b", r#"a " / b"#, br"/", remainder);
            "rem_euclid"
        }
        #[cfg(test)]
mod tests { fn f() -> u64 { 1 / 2 } }
    "##;
    assert_eq!(check("a.rs", quiet, &[]), [""; 0]);
    for loud in [
        "a / b",
        "a %= b",
        "'a: loop { a / b }",
        "\"/\".len() % a",
        "x.checked_div(k)",
        "x.wrapping_rem(k)",
        "x . div_ceil (k)",
        "x.rem_euclid(k)",
        "u64::midpoint(a, b)",
        "x.is_multiple_of(3)",
        "use std::ops::Rem;",
    ] {
        let faults = check("a.rs", loud, &[]);
        assert!(matches!(&faults[..], [fault] if fault.starts_with("a.rs:1: ")), "{faults:?}");
    }
    let list = [allow("a.rs", "a/b", 1, "a test")];
    assert_eq!(check("a.rs", "let c = a\n/ b;", &list), [""; 0]);
    assert!(check("a.rs", "a / b; c / d", &list)[0].contains("`a / b; c / d` divides"));
    assert!(check("a.rs", "a / b; a / b", &list)[0].contains("stands there 2 times"));
    assert!(check("a.rs", "c", &list)[0].contains("stands there 0 times"));
}
