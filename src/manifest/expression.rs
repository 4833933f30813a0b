//! Expressions over the items of a list, by their numbers: `(1 and 2) or 3`.

/// Says why a text is none.
///
/// # Errors
/// What is wrong, as the rest of a sentence.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut open = 0_usize;
    // Whether an item has to come next.
    let mut wants_item = true;
    let mut last = String::new();
    for token in tokens(text) {
        match token.to_lowercase().as_str() {
            "(" if wants_item => open += 1,
            ")" if !wants_item && open > 0 => open -= 1,
            "and" | "or" if !wants_item => wants_item = true,
            word if wants_item && word.bytes().all(|byte| byte.is_ascii_digit()) => {
                wants_item = false;
            }
            _ if last.is_empty() => return Err(format!("it cannot begin with `{token}`")),
            _ => return Err(format!("`{token}` cannot follow `{last}`")),
        }
        token.clone_into(&mut last);
    }
    match (wants_item, open) {
        (true, _) if last.is_empty() => Err("nothing is in it".to_owned()),
        (true, _) => Err(format!("it ends behind `{last}`")),
        (false, 0) => Ok(()),
        (false, _) => Err("a bracket is not closed".to_owned()),
    }
}

/// The brackets, numbers and words of a text.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '(' | ')') || c.is_ascii_digit() != is_digit;
        let end = match first {
            '(' | ')' => first.len_utf8(),
            _ => rest.find(ends).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(end);
        found.push(token);
        rest = behind.trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expression_is_told() {
        for text in [
            "1",
            "(1)",
            "( 1 )",
            "1 and 2",
            "(1and2)or 3",
            "((1) OR 2) And 3",
            "12or7",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, why) in [
            ("1 or", "it ends behind `or`"),
            ("or", "it cannot begin with `or`"),
            ("1 2", "`2` cannot follow `1`"),
            ("1 or or 2", "`or` cannot follow `or`"),
            ("(1 or 2", "a bracket is not closed"),
            ("()", "`)` cannot follow `(`"),
            (")1(", "it cannot begin with `)`"),
            ("1)", "`)` cannot follow `1`"),
            ("1 xor 2", "`xor` cannot follow `1`"),
            ("", "nothing is in it"),
        ] {
            assert_eq!(check(text), Err(why.to_owned()), "{text}");
        }
    }
}
