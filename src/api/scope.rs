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

/// The fewest scopes that satisfy all needed lists, of each of which any one will do.
///
/// Scopes count by their names alone: whether one covers another one, the two descriptions of the API
/// do not say alike. `ALL` is taken where nothing narrower is listed. They come by module, and within
/// one from reading to removing.
#[must_use]
pub fn fewest(needed: &[&[&'static str]]) -> Vec<&'static str> {
    let narrow = |list: &[&'static str]| -> Vec<&'static str> {
        let all = list.iter().copied();
        let some: Vec<_> = all
            .clone()
            .filter(|scope| operation(scope) != "ALL")
            .collect();
        if some.is_empty() { all.collect() } else { some }
    };
    let lists: Vec<Vec<&'static str>> = needed
        .iter()
        .map(|list| narrow(list))
        .filter(|list| !list.is_empty())
        .collect();
    let mut open: Vec<&Vec<&'static str>> = lists.iter().collect();
    let mut chosen: Vec<&'static str> = Vec::new();
    loop {
        let serves = |scope: &str| open.iter().filter(|list| list.contains(&scope)).count();
        // Of those that serve alike the one that is listed first.
        let best = open.iter().copied().flatten().copied();
        let best = best.rev().max_by_key(|scope| serves(scope));
        let Some(best) = best else { break };
        chosen.push(best);
        open.retain(|list| !list.contains(&best));
    }
    // What was chosen early may have become superfluous.
    for scope in chosen.clone() {
        let is_needed = lists.iter().any(|list| {
            list.contains(&scope)
                && !list
                    .iter()
                    .any(|other| *other != scope && chosen.contains(other))
        });
        if !is_needed {
            chosen.retain(|other| *other != scope);
        }
    }
    let rank = |scope: &str| {
        let order = ["READ", "CREATE", "UPDATE", "WRITE", "DELETE", "ALL"];
        order.iter().position(|word| *word == operation(scope))
    };
    chosen.sort_by_key(|scope| {
        (
            scope.rsplit_once('.').map(|(module, _)| module),
            rank(scope),
        )
    });
    chosen
}

/// The scopes with which something may be written: all that are not for reading.
#[must_use]
pub fn writing(granted: &[String]) -> Vec<&str> {
    let scopes = granted.iter().map(String::as_str);
    scopes.filter(|scope| operation(scope) != "READ").collect()
}

/// What a scope allows in its module, in capital letters.
fn operation(scope: &str) -> String {
    let (_, operation) = scope.rsplit_once('.').unwrap_or(("", scope));
    operation.to_ascii_uppercase()
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

    #[test]
    fn the_fewest_scopes_are_taken() {
        const READS: &[&str] = &["Desk.settings.READ", "Desk.agents.READ", "Desk.basic.READ"];
        const FIELDS: &[&str] = &["Desk.fields.READ", "Desk.basic.READ"];
        const MAKES: &[&str] = &["Desk.settings.CREATE", "Desk.basic.CREATE"];
        const SETTINGS: &[&str] = &["Desk.settings.ALL", "Desk.settings.READ"];
        const WHOLE: &[&str] = &["Desk.imports.ALL"];
        for (needed, expected) in [
            (&[READS][..], "Desk.settings.READ"),
            (&[READS, FIELDS], "Desk.basic.READ"),
            (&[FIELDS], "Desk.fields.READ"),
            (&[READS, MAKES], "Desk.settings.READ,Desk.settings.CREATE"),
            (
                &[MAKES, READS, READS],
                "Desk.settings.READ,Desk.settings.CREATE",
            ),
            (&[SETTINGS, FIELDS], "Desk.fields.READ,Desk.settings.READ"),
            (&[WHOLE], "Desk.imports.ALL"),
            (&[], ""),
            (&[&[]], ""),
        ] {
            assert_eq!(fewest(needed).join(","), expected, "{needed:?}");
        }
        // What is chosen first, since it serves most, may be superfluous in the end.
        let needed: &[&[&str]] = &[&["m.a", "m.b"], &["m.a", "m.c"], &["m.b"], &["m.c"]];
        assert_eq!(fewest(needed), ["m.b", "m.c"]);
    }

    #[test]
    fn all_but_reading_may_write() {
        let granted = split(
            "Desk.basic.READ desk.settings.read Desk.contacts.WRITE Desk.fields.ALL Desk.x.Update odd",
        );
        assert_eq!(
            writing(&granted),
            [
                "Desk.contacts.WRITE",
                "Desk.fields.ALL",
                "Desk.x.Update",
                "odd"
            ]
        );
        assert_eq!(writing(&[]), Vec::<&str>::new());
    }
}
