//! The scopes of a token, and which of those that are needed it lacks.

/// Splits the `scope` of a token's answer, which separates by spaces or commas.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    text.split([' ', ',', '\t', '\n'])
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The needed scopes that the granted ones do not cover, in their order, each once.
///
/// A needed entry may name alternatives, separated by `|`: any one of them will do. `ALL` covers
/// every operation of its module, `WRITE` covers `CREATE` and `UPDATE` and is covered by both of
/// them together. Case does not count: the published list of scopes and its operations differ.
#[must_use]
pub fn missing<'a>(granted: &[String], needed: &[&'a str]) -> Vec<&'a str> {
    let mut lacking = Vec::new();
    for entry in needed {
        let is_covered = entry
            .split('|')
            .any(|scope| is_granted(granted, scope.trim()));
        if !is_covered && !lacking.contains(entry) {
            lacking.push(*entry);
        }
    }
    lacking
}

fn is_granted(granted: &[String], scope: &str) -> bool {
    let holds = |module: &str, operation: &str| {
        granted.iter().any(|own| {
            own.rsplit_once('.').is_some_and(|(m, o)| {
                m.eq_ignore_ascii_case(module) && o.eq_ignore_ascii_case(operation)
            })
        })
    };
    let Some((module, operation)) = scope.rsplit_once('.') else {
        return granted.iter().any(|own| own.eq_ignore_ascii_case(scope));
    };
    if holds(module, operation) || holds(module, "ALL") {
        return true;
    }
    match operation.to_ascii_uppercase().as_str() {
        "CREATE" | "UPDATE" => holds(module, "WRITE"),
        "WRITE" => holds(module, "CREATE") && holds(module, "UPDATE"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lacking_scopes_are_named() {
        let granted =
            split("Desk.settings.ALL,Desk.contacts.WRITE Desk.basic.read  Desk.tickets.CREATE");
        assert_eq!(granted.len(), 4);
        for (needed, lacking) in [
            ("Desk.settings.READ", false),
            ("desk.settings.delete", false),
            ("Desk.settings.extension.READ", true),
            ("Desk.contacts.CREATE", false),
            ("Desk.contacts.UPDATE", false),
            ("Desk.contacts.READ", true),
            ("Desk.contacts.DELETE", true),
            ("Desk.basic.READ", false),
            ("Desk.basic.CREATE", true),
            ("Desk.tickets.WRITE", true),
            ("Desk.agents.READ|Desk.settings.READ", false),
            ("Desk.agents.READ | Desk.basic.DELETE", true),
            ("Desk.imports", true),
        ] {
            let expected: &[&str] = if lacking { &[needed] } else { &[] };
            assert_eq!(missing(&granted, &[needed, needed]), expected, "{needed}");
        }
        assert_eq!(
            missing(&[], &["Desk.a.READ", "Desk.b.READ"]),
            ["Desk.a.READ", "Desk.b.READ"]
        );
    }
}
