use super::*;

/// The fields that a rule names.
fn named_by(rule: &Rule) -> Vec<&'static str> {
    match rule {
        Rule::Sorts(sorts) => {
            let of_sort = |sort: &rules::Sort| {
                let mut names = [sort.required, sort.allowed].concat();
                names.extend(sort.bounds.map(|(field, ..)| field));
                if let Some((field, fits)) = sort.fits {
                    names.push(field);
                    if let rules::Fits::OneOf(other) = fits {
                        names.push(other);
                    }
                }
                names
            };
            let mut names: Vec<_> = sorts.sorts.iter().flat_map(of_sort).collect();
            names.push(sorts.field);
            names
        }
        Rule::GoWith(rule) => [rule.fields, &[rule.with]].concat(),
        Rule::AtMost(rule) => vec![rule.field, rule.most],
        Rule::OnlyFor(rule) => vec![rule.field, rule.by],
    }
}

#[test]
fn every_word_of_a_field_that_tells_sorts_apart_is_a_sort() {
    for kind in KINDS {
        let Some(sorts) = kind.sorts() else { continue };
        let Some(Shape::Choice(words)) = kind.field(sorts.field).map(|field| field.shape) else {
            panic!("{} {}", kind.collection, sorts.field)
        };
        for word in words {
            assert!(sorts.find(word).is_some(), "{} {word}", kind.collection);
        }
        assert_eq!(sorts.sorts.len(), words.len(), "{}", kind.collection);
    }
}

#[test]
fn every_kind_has_one_naming_field_and_distinct_names() {
    for kind in KINDS {
        let naming: Vec<_> = kind.fields.iter().filter(|field| field.naming).collect();
        assert_eq!(naming.len(), 1, "{}", kind.collection);
        assert!(naming[0].identity);
        let mut names: Vec<_> = kind.fields.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kind.fields.len(), "{}", kind.collection);
        if let Some(enabled) = kind.enabled {
            assert!(kind.field(enabled.field).is_some());
        }
        for name in kind.rules.iter().flat_map(named_by) {
            assert!(kind.field(name).is_some(), "{} {name}", kind.collection);
        }
        for api in [&kind.openapi, &kind.guide].into_iter().flatten() {
            let kept = api.keep_one.iter().flat_map(|guard| guard.fields);
            let asked = api.quota.iter().flat_map(|quota| [quota.by, quota.sort]);
            let names = kept.map(|(name, _)| *name).chain(asked);
            for name in names.chain(api.required_on_create.iter().copied()) {
                assert!(kind.field(name).is_some(), "{} {name}", kind.collection);
            }
            if let Removal::Transfer { heir, .. } = api.removal {
                let above = kind.field(heir.above).unwrap();
                assert!(
                    matches!(above.shape, Shape::Reference(to) if to.collection == kind.collection)
                );
            }
        }
        for field in kind.fields {
            assert!(
                field.doc.ends_with('.'),
                "{}.{}",
                kind.collection,
                field.name
            );
        }
    }
}
