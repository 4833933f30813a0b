//! Takes Rust sources apart: identifiers and texts, without comments and without tests.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A text, as it is written between its quotes.
    Text(String),
    /// Any other character that is not white space.
    Sign(char),
}

impl Token {
    /// Says whether this is a word, and that one.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }
}

/// Takes a source apart.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut rest = source.chars().peekable();
    let mut found = Vec::new();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '/' if rest.peek() == Some(&'*') => skip_comment(&mut rest),
            '"' => found.push(Token::Text(text(&mut rest, None))),
            '\'' => skip_quoted(&mut rest),
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                let hashes = match word.as_str() {
                    "r" | "br" => opening(&mut rest),
                    _ => None,
                };
                found.push(match hashes {
                    Some(hashes) => Token::Text(text(&mut rest, Some(hashes))),
                    None => Token::Word(word),
                });
            }
            c if c.is_whitespace() => {}
            c => found.push(Token::Sign(c)),
        }
    }
    without_tests(&found)
}

/// Skips a comment between `/*` and `*/`, which may hold others.
fn skip_comment(rest: &mut Peekable<Chars<'_>>) {
    let mut depth = 1;
    rest.next();
    while let (1.., Some(c)) = (depth, rest.next()) {
        if c == '*' && rest.next_if_eq(&'/').is_some() {
            depth -= 1;
        } else if c == '/' && rest.next_if_eq(&'*').is_some() {
            depth += 1;
        }
    }
}

/// Skips a character after its first quote; a lifetime has no second one.
fn skip_quoted(rest: &mut Peekable<Chars<'_>>) {
    let mut ahead = rest.clone();
    if rest.next_if_eq(&'\\').is_some() {
        rest.next();
        while rest.next().is_some_and(|c| c != '\'') {}
    } else if ahead.next().is_some() && ahead.next() == Some('\'') {
        rest.nth(1);
    }
}

/// Takes what opens a raw text after its `r`, and counts the `#`; none where no text follows.
fn opening(rest: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let hashes = rest.clone().take_while(|c| *c == '#').count();
    (rest.clone().nth(hashes) == Some('"')).then(|| {
        rest.nth(hashes);
        hashes
    })
}

/// Takes a text after its first quote: one with escapes, or a raw one that so many `#` end.
fn text(rest: &mut Peekable<Chars<'_>>, raw: Option<usize>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match (c, raw) {
            ('\\', None) => {
                text.push(c);
                text.extend(rest.next());
            }
            ('"', None) => break,
            ('"', Some(hashes)) if rest.clone().take(hashes).all(|c| c == '#') => {
                for _ in 0..hashes {
                    rest.next();
                }
                break;
            }
            (c, _) => text.push(c),
        }
    }
    text
}

/// Leaves out every item that stands behind `#[cfg(test)]`, to its closing brace or semicolon.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mark = [
        Token::Sign('#'),
        Token::Sign('['),
        Token::Word("cfg".to_owned()),
        Token::Sign('('),
        Token::Word("test".to_owned()),
        Token::Sign(')'),
        Token::Sign(']'),
    ];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if tokens[at..].starts_with(&mark) {
            at += mark.len();
            let mut depth = 0;
            while let Some(token) = tokens.get(at) {
                at += 1;
                match token {
                    Token::Sign('{' | '(' | '[') => depth += 1,
                    Token::Sign('}') if depth == 1 => break,
                    Token::Sign('}' | ')' | ']') => depth -= 1,
                    Token::Sign(';') if depth == 0 => break,
                    _ => {}
                }
            }
            continue;
        }
        kept.push(token.clone());
        at += 1;
    }
    kept
}

#[test]
fn a_source_is_taken_apart() {
    let word = |word: &str| Token::Word(word.to_owned());
    let text = |text: &str| Token::Text(text.to_owned());
    let source = r##"
        // "no text"
        /* nor /* this */ "one" */
        let a = "one // \" more"; // "none"
        b('"', '\'', '\u{22}', 'c') as &'static str;
        r#"raw " text"#
        #[cfg(test)]
        #[path = "x.rs"]
        mod tests { fn a() { "tested" } }
        #[cfg(test)]
        mod tests;
        r"end"
    "##;
    let signs = |signs: &str| signs.chars().map(Token::Sign).collect::<Vec<_>>();
    let wanted = [
        vec![word("let"), word("a")],
        signs("="),
        vec![text("one // \\\" more")],
        signs(";"),
        vec![word("b")],
        signs("(,,,)"),
        vec![word("as")],
        signs("&"),
        vec![word("static"), word("str")],
        signs(";"),
        vec![text("raw \" text"), text("end")],
    ];
    assert_eq!(tokens(source), wanted.concat());
}
