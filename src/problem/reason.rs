//! Why JSON could not be read, in words for people who never saw the program.

/// What is wrong with JSON, without the names of types: a reader of a message knows maps and texts.
#[must_use]
pub fn of_json(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    let place = match whole.rfind(" at line ") {
        Some(start) if error.line() > 0 => whole.get(start..).unwrap_or_default(),
        _ => "",
    };
    let said = whole.strip_suffix(place).unwrap_or(&whole);
    if matches!(said, "expected value" | "expected ident") {
        return format!("not JSON{place}");
    }
    if said.starts_with("data did not match any variant of ") {
        return format!("a value has a form that is not known in its place{place}");
    }
    let is_of_a_type = |wanted: &str| {
        ["struct ", "tuple ", "enum ", "unit ", "newtype "]
            .iter()
            .chain(&[
                "internally tagged ",
                "adjacently tagged ",
                "variant ",
                "externally tagged ",
            ])
            .any(|begin| wanted.starts_with(begin))
    };
    // The last one: what was found may hold any words.
    match said.rsplit_once(", expected ") {
        Some((found, wanted)) if is_of_a_type(wanted) => {
            format!("{found}, expected a map of another form{place}")
        }
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::of_json;

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "a")]
        _a: u8,
        #[serde(rename = "b")]
        _b: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Either {
        #[expect(dead_code, reason = "read, never looked at")]
        Number(u8),
        #[expect(dead_code, reason = "read, never looked at")]
        Inner(Inner),
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Up,
        #[expect(dead_code, reason = "read, never looked at")]
        Down(Inner),
    }

    fn reason<T: for<'a> Deserialize<'a> + std::fmt::Debug>(text: &str) -> String {
        of_json(&serde_json::from_str::<T>(text).unwrap_err())
    }

    #[test]
    fn no_reason_names_a_type() {
        let reasons = [
            reason::<Inner>("[]"),
            reason::<Inner>("[1]"),
            reason::<Inner>("7"),
            reason::<Inner>("\"x, expected struct Y\""),
            reason::<Either>("true"),
            reason::<Vec<Either>>("[{}]"),
            reason::<Word>("7"),
            reason::<Word>("{\"up\": 1}"),
            reason::<Word>("\"down\""),
            reason::<Word>("{\"down\": []}"),
        ];
        for reason in &reasons {
            for word in [
                "struct Inner",
                "enum",
                "variant Word",
                "elements",
                "tuple",
                "Either",
            ] {
                assert!(!reason.contains(word), "{reason}");
            }
        }
        assert!(reasons[0].contains("line 1 column"), "{}", reasons[0]);
        // What tells something is kept.
        assert!(reason::<Inner>("{}").contains("missing field `a`"));
        assert!(reason::<Inner>("{").contains("EOF"));
        assert!(reason::<Word>("\"left\"").contains("left"));
    }
}
