use serde_json::json;

use super::*;
use crate::plan::requests::Op;
use crate::state::Address;

/// A step on an object of a kind, with what it looks like after it.
fn task(collection: &'static str, name: &str, verb: Verb, body: &[(&'static str, &str)]) -> Task {
    let body: Body = body
        .iter()
        .map(|(field, text)| (*field, Value::text(text)))
        .collect();
    let mut task = Task::creation(&Address::new(collection, name), body);
    task.verb = verb;
    task
}

/// What is told of all steps of a plan, which are of one kind and one place.
fn told(
    collection: &'static str,
    about: &str,
    tasks: &[Task],
    rows: &Rows,
    answer: &Json,
) -> Vec<String> {
    let kind = crate::kind::find(collection).unwrap();
    let quota = kind.openapi.unwrap().quota.unwrap();
    let wanted = Wanted {
        kind,
        quota,
        request: template::get_by_id(quota.path, "1"),
        about: about.to_owned(),
        steps: (0..tasks.len()).collect(),
    };
    let problems = too_many(&wanted, answer, tasks, rows, Dialect::Openapi).into_iter();
    problems
        .map(|problem| format!("{}; {}", problem.message, problem.help.unwrap_or_default()))
        .collect()
}

fn fields(types: &[&str], answer: &Json) -> Vec<String> {
    let tasks = types.iter().enumerate();
    let tasks = tasks.map(|(n, word)| {
        let name = format!("f{n}");
        task("customFields", &name, Verb::Create, &[("type", word)])
    });
    let told = told(
        "customFields",
        "contacts",
        &tasks.collect::<Vec<_>>(),
        &Rows::default(),
        answer,
    );
    let sentences = told.iter().filter_map(|one| one.split("; ").next());
    sentences.map(str::to_owned).collect()
}

#[test]
fn what_fits_is_said_nothing_of() {
    let answer = json!({"totalAvailableCount": "3", "customFieldCounts": [
        {"type": "Varchar", "available": "2", "maximumLimit": 100, "types": ["Text", "PickList"]},
        {"type": "Boolean", "available": 1, "maximumLimit": 10, "types": ["Checkbox"]},
    ]});
    assert_eq!(fields(&["Text", "Picklist", "Boolean"], &answer), [""; 0]);
    assert_eq!(
        fields(&["Text", "Picklist", "Text"], &answer),
        [
            "the plan would create 3 custom fields (Text, PickList) of contacts, and the organization has room for 2"
        ]
    );
    assert_eq!(
        fields(&["Boolean", "Boolean"], &answer),
        [
            "the plan would create 2 custom fields (Checkbox) of contacts, and the organization has room for 1"
        ]
    );
    assert_eq!(fields(&["Date"; 4], &answer).len(), 1);
}

#[test]
fn what_is_not_told_is_not_checked() {
    for answer in [
        json!(null),
        json!([]),
        json!({"totalAvailableCount": null, "customFieldCounts": [null, {"types": 1}]}),
        json!({"customFieldCounts": {"a": 1}}),
    ] {
        assert_eq!(fields(&["Text"; 500], &answer), [""; 0], "{answer}");
    }
    let skill = || task("skills", "A", Verb::Create, &[("status", "ACTIVE")]);
    let used =
        |total: Json, active: Json| json!({"usedTotalCount": total, "usedActiveCount": active});
    for answer in [
        json!({}),
        json!({"maxTotalCount": 0, "maxActiveCount": 0}),
        json!({"maxTotalCount": "-1", "maxActiveCount": -1, "usedCountInfo": used(json!(9), json!(9))}),
        json!({"maxTotalCount": null, "maxActiveCount": 1, "usedCountInfo": null}),
        // Nobody knows whether that means no limit.
        json!({"maxTotalCount": 0, "maxActiveCount": 0, "usedCountInfo": used(json!(1), json!(1))}),
    ] {
        let told = told("skills", "", &[skill()], &Rows::default(), &answer);
        assert_eq!(told, [""; 0], "{answer}");
    }
    let none =
        json!({"maxTotalCount": 0, "maxActiveCount": 0, "usedCountInfo": used(json!(0), json!(0))});
    let told = told("skills", "", &[skill()], &Rows::default(), &none);
    assert_eq!(told.len(), 2, "{told:?}");
}

/// Room as an answer tells it of skills: how many there may be and are, in all and in use.
fn room(total: (u64, u64), active: (u64, u64)) -> Json {
    json!({"maxTotalCount": total.0, "maxActiveCount": active.0.to_string(),
        "usedCountInfo": {"usedTotalCount": total.1.to_string(), "usedActiveCount": active.1}})
}

/// Rows of live skills with a status each.
fn live(skills: &[(&str, &str)]) -> Rows {
    let mut rows = Rows::default();
    for (name, status) in skills {
        let kind = crate::kind::find("skills").unwrap();
        let row = rows.row(&Address::new("skills", *name), kind);
        row.live = Some([("status", Value::text(status))].into_iter().collect());
    }
    rows
}

#[test]
fn what_is_put_into_use_needs_room_among_what_is_in_use() {
    let skill = |name: &str, verb, status: &str| task("skills", name, verb, &[("status", status)]);
    let rows = live(&[("On", "ACTIVE"), ("Off", "INACTIVE")]);
    let in_use = "the plan would put 1 skill of `departments/EU` into use, and the organization has room for 0: 5 of at most 5 are in use; first take skills out of use with `status: INACTIVE`, or choose a larger edition";
    let all = "the plan would create 1 skill of `departments/EU`, and the organization has room for 0: 1 of at most 1 is there; first remove skills that nobody needs, or choose a larger edition";
    let full = room((9, 2), (5, 5));
    for (step, answer, wanted) in [
        (skill("New", Verb::Create, "ACTIVE"), &full, vec![in_use]),
        (skill("New", Verb::Create, "INACTIVE"), &full, vec![]),
        (skill("Off", Verb::Update, "ACTIVE"), &full, vec![in_use]),
        (skill("On", Verb::Update, "ACTIVE"), &full, vec![]),
        (skill("Off", Verb::Update, "INACTIVE"), &full, vec![]),
        // Whether it is in use already nobody knows.
        (skill("Unknown", Verb::Update, "ACTIVE"), &full, vec![]),
        (
            skill("New", Verb::Create, "INACTIVE"),
            &room((1, 1), (5, 0)),
            vec![all],
        ),
        (
            skill("New", Verb::Create, "INACTIVE"),
            &room((2, 1), (5, 0)),
            vec![],
        ),
        (
            skill("New", Verb::Create, "INACTIVE"),
            &room((1, 4), (5, 0)),
            vec![&all.replace("1 of at most 1 is", "4 of at most 1 are")],
        ),
        // Nobody makes a manual one but a person.
        (skill("New", Verb::Manual, "ACTIVE"), &full, vec![]),
    ] {
        let name = format!("{} {}", step.verb.as_str(), step.address);
        let told = told("skills", "`departments/EU`", &[step], &rows, answer);
        assert_eq!(told, wanted, "{name}");
    }
}

#[test]
fn what_goes_makes_room_only_where_it_goes_first() {
    let goes = || task("skills", "On", Verb::Delete, &[]);
    let comes = |after: &[usize]| {
        let mut task = task("skills", "New", Verb::Create, &[("status", "ACTIVE")]);
        task.prerequisites = after.to_vec();
        task
    };
    let other = || task("skills", "Off", Verb::Update, &[]);
    let rows = live(&[("On", "ACTIVE"), ("Off", "INACTIVE")]);
    let full = room((2, 2), (2, 2));
    let told = |tasks: Vec<Task>| told("skills", "", &tasks, &rows, &full);
    let later = told(vec![goes(), comes(&[])]);
    assert_eq!(later.len(), 2);
    for one in &later {
        assert!(one.ends_with("apply that first with `--target`"), "{one}");
    }
    assert_eq!(told(vec![goes(), comes(&[0])]), [""; 0]);
    // By way of another step.
    let mut between = other();
    between.prerequisites = vec![0];
    assert_eq!(told(vec![goes(), between, comes(&[1])]), [""; 0]);
    // One of two comes before it went.
    assert_eq!(told(vec![goes(), comes(&[0]), comes(&[])]).len(), 2);
    // One place is free for two.
    let two = told(vec![goes(), comes(&[0]), comes(&[0])]);
    assert!(
        two[0].contains("create 2 skills, and the organization has room for 1"),
        "{two:?}"
    );
    assert!(!two[0].contains("--target"), "{two:?}");
}

#[test]
fn a_replacement_needs_room_where_the_new_one_comes_first() {
    let rows = live(&[("On", "ACTIVE")]);
    let full = room((1, 1), (1, 1));
    let (mut create, mut delete) = (Op::create("/skills"), Op::create("/skills"));
    (create.act, delete.act) = (Act::Create, Act::Delete);
    let told = |ops: [&Op; 2]| {
        let mut task = task("skills", "On", Verb::Replace, &[("status", "ACTIVE")]);
        task.ops = ops.into_iter().cloned().collect();
        told("skills", "", &[task], &rows, &full).len()
    };
    assert_eq!(told([&delete, &create]), 0);
    assert_eq!(told([&create, &delete]), 2);
}
