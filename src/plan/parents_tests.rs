//! Names that count below other resources, heirs, hierarchies and memberships, from manifests to
//! requests.

use serde_json::{Value as Json, json};

use crate::config::Project;
use crate::dialect::Dialect;
use crate::export::export;
use crate::kind::{self, Kind};
use crate::ledger::{Entry, Ledger, RememberedHeir};
use crate::live::{Live, LiveObject};
use crate::manifest::write::{to_sources, to_yaml};
use crate::manifest::{Desired, Detail, Sources, compose};
use crate::plan::Options;
use crate::plan::matching::bind;
use crate::plan::ownership::own;
use crate::plan::tasks::{Planned, plan};
use crate::problem::{Code, Problems};
use crate::reading::Needs;
use crate::state::{Address, Below, Key, Lifecycle, Reference, Resource, Value};
use crate::verb::Verb;
use crate::yaml::Source;

fn project(kinds: &str) -> Project {
    let text = format!(
        "environments: {{test: {{simulator: {{dialect: openapi}}}}}}\nkinds: {{{kinds}}}\n"
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    Project::parse(std::path::Path::new("."), &source).unwrap()
}

fn composed(text: &str) -> Result<Desired, Problems> {
    with_kinds("", text)
}

fn with_kinds(kinds: &str, text: &str) -> Result<Desired, Problems> {
    let sources = Sources {
        base: vec![Source::new("all.yaml", text.as_bytes())],
        overlays: Vec::new(),
    };
    compose(&sources, &project(kinds).environments[0], &|_| None)
}

fn codes(result: Result<Desired, Problems>) -> Vec<Code> {
    let problems = result.err().map(|problems| problems.list);
    let problems = problems.into_iter().flatten();
    problems.map(|problem| problem.code).collect()
}

fn add(live: &mut Live, kind: &'static Kind, raw: Json) {
    let Json::Object(raw) = raw else {
        unreachable!()
    };
    live.add(LiveObject {
        kind,
        id: raw["id"].as_str().unwrap().to_owned(),
        raw,
        parts: Vec::new(),
    });
}

/// Two departments, one with a slash in its name, each with a team `Tier 1`, and two agents.
fn organization() -> Live {
    let mut live = Live::new(Dialect::Openapi);
    let of = |collection: &str| kind::find(collection).unwrap();
    for (id, name) in [("1", "Support/EU"), ("2", "Billing")] {
        add(
            &mut live,
            of("departments"),
            json!({"id": id, "name": name, "isEnabled": true}),
        );
    }
    for (id, email, departments) in [
        ("8", "ann@example.com", ["1"]),
        ("9", "bob@example.com", ["2"]),
    ] {
        let raw = json!({
            "id": id, "emailId": email, "lastName": "A", "status": "ACTIVE",
            "associatedDepartmentIds": departments,
        });
        add(&mut live, of("agents"), raw);
    }
    for (id, name, department) in [
        ("11", "Tier 1", "1"),
        ("12", "Tier 1", "2"),
        ("13", "Tier 2", "1"),
    ] {
        add(&mut live, of("teams"), team(id, name, department, &[], &[]));
    }
    live
}

fn team(id: &str, name: &str, department: &str, agents: &[&str], sub_teams: &[&str]) -> Json {
    json!({
        "id": id, "name": name, "departmentId": department, "description": null,
        "agents": agents, "roles": [], "rolesWithSubordinates": [], "subTeams": sub_teams,
    })
}

fn planned(
    desired: &Desired,
    live: &mut Live,
    options: &Options,
) -> Result<Planned, Vec<(Code, String)>> {
    let told = |problems: Vec<crate::problem::Problem>| -> Vec<(Code, String)> {
        problems
            .into_iter()
            .map(|problem| {
                (
                    problem.code,
                    format!("{} ({})", problem.message, problem.help.unwrap_or_default()),
                )
            })
            .collect()
    };
    let mut bound = bind(desired, live, options).map_err(told)?;
    let owned = own(desired, &mut bound.rows, live, options);
    plan(desired, &bound, &owned, live, options).map_err(|refusal| told(refusal.problems))
}

/// What a plan does, in order, with what each step comes after.
fn steps(planned: &Planned) -> Vec<String> {
    let steps = planned.plan.steps.iter();
    steps
        .map(|step| {
            let after: Vec<String> = step.after.iter().map(ToString::to_string).collect();
            let after = match after.as_slice() {
                [] => String::new(),
                after => format!(" after {}", after.join(", ")),
            };
            format!("{:?} {}{after}", step.verb, step.address)
        })
        .collect()
}

/// The bodies of a plan's removals.
fn removals(planned: &Planned, live: &Live) -> Vec<Json> {
    let tasks = planned
        .tasks
        .iter()
        .filter(|task| task.verb == Verb::Delete || task.verb == Verb::Replace);
    tasks
        .flat_map(|task| task.ops.iter().map(move |op| (task, op)))
        .filter(|(_, op)| !op.creates())
        .map(|(task, op)| {
            op.request(&task.context(live.dialect), live)
                .unwrap()
                .body
                .unwrap()
        })
        .collect()
}

const DEPARTMENTS: &str = "departments: {EU: {name: Support/EU}, Billing: {}}\n";

#[test]
fn two_teams_of_one_name_in_two_departments_are_two() {
    let desired = composed(&format!(
        "{DEPARTMENTS}teams:\n  EU/Tier 1: {{department: EU, name: Tier 1}}\n  Tier 1: {{department: Billing}}\n"
    ))
    .unwrap();
    let mut live = organization();
    let bound = bind(&desired, &mut live, &Options::default()).unwrap();
    for (handle, id) in [("EU/Tier 1", "11"), ("Tier 1", "12")] {
        let index = bound.rows.object(&Address::new("teams", handle)).unwrap();
        assert_eq!(live.objects[index].id, id);
    }
    let planned = planned(&desired, &mut organization(), &Options::default()).unwrap();
    assert!(planned.plan.steps.is_empty(), "{:?}", steps(&planned));
    // In one department it is one, however the department is said.
    for department in ["Billing", "{lookup: Billing}"] {
        let twice = format!(
            "{DEPARTMENTS}teams: {{A: {{department: Billing, name: T}}, B: {{department: {department}, name: T}}}}\n"
        );
        assert_eq!(
            codes(composed(&twice)),
            [Code::DuplicateIdentity],
            "{department}"
        );
    }
    let case = format!(
        "{DEPARTMENTS}teams: {{A: {{department: Billing, name: T}}, B: {{department: Billing, name: t}}}}\n"
    );
    assert_eq!(codes(composed(&case)), [Code::IdentityCase]);
}

#[test]
fn a_team_below_what_is_made_or_looked_up_is_told() {
    for (text, expected) in [
        (
            "departments: {New: {}}\nagents: {ann@example.com: {lastName: A, departments: [New]}}\nteams: {Tier 1: {department: New}}\n",
            &[
                "Update agents/ann@example.com after departments/New",
                "Create departments/New",
                "Create teams/Tier 1 after departments/New",
            ][..],
        ),
        ("teams: {Tier 1: {department: {lookup: Support/EU}}}\n", &[]),
        ("teams: {Tier 1: {department: {id: \"2\"}}}\n", &[]),
        (
            "teams: {Tier 3: {department: {id: \"2\"}}}\n",
            &["Create teams/Tier 3"],
        ),
    ] {
        let desired = composed(text).unwrap();
        let mut live = organization();
        live.acting = crate::live::Acting::Agent(crate::live::ActingAgent {
            id: "8".to_owned(),
            email: "ann@example.com".to_owned(),
        });
        let planned = planned(&desired, &mut live, &Options::default()).unwrap();
        let mut steps: Vec<String> = steps(&planned);
        steps.retain(|step| {
            !step.contains("departments") || step.contains("teams") || !expected.is_empty()
        });
        for wanted in expected.iter().filter(|step| step.contains("teams")) {
            assert!(steps.iter().any(|step| step == wanted), "{steps:?}");
        }
        assert_eq!(expected.is_empty(), steps.is_empty(), "{steps:?}");
    }
    let unknown = composed("teams: {T: {department: {lookup: Nowhere}}}\n").unwrap();
    let refused = planned(&unknown, &mut organization(), &Options::default()).unwrap_err();
    assert_eq!(refused[0].0, Code::NoSuchLiveObject, "{refused:?}");
    // One that is elsewhere is told with where it is, and what was written is never proposed.
    for (lookup, help) in [
        (
            "Tier 2",
            "there is one with `department: Support/EU`; name it with what it lies below, such as `{lookup: {name: Tier 2, department: Support/EU}}`",
        ),
        (
            "Billing/Tier 1",
            "did you mean `Tier 1` with `department: Billing`? write `{lookup: {name: Tier 1, department: Billing}}`",
        ),
    ] {
        let text = format!(
            "teams: {{Tier 9: {{department: {{lookup: Billing}}, subTeams: [{{lookup: {lookup}}}]}}}}\n"
        );
        let refused = planned(
            &composed(&text).unwrap(),
            &mut organization(),
            &Options::default(),
        )
        .unwrap_err();
        let told = refused.iter().find(|one| one.0 == Code::NoSuchLiveObject);
        let told = &told.unwrap_or_else(|| panic!("{refused:?}")).1;
        assert!(told.contains(help), "{told}");
    }
}

#[test]
fn what_is_read_follows_the_parents() {
    for (text, paths) in [
        ("teams: {T: {department: {lookup: Billing}}}\n", false),
        (
            "removed: {teams: [{name: T, department: {lookup: Billing}, transferTo: {agent: ann@example.com}}]}\n",
            false,
        ),
        (
            "removed: {teams: [{name: T, transferTo: {agent: ann@example.com}}]}\n",
            true,
        ),
    ] {
        let needs = Needs::of(&composed(text).unwrap(), Dialect::Openapi);
        assert!(needs.reads("departments") && needs.reads("teams"), "{text}");
        assert_eq!(needs.lists_everywhere("teams"), paths, "{text}");
    }
}

#[test]
fn who_takes_over_from_what_is_only_owned_is_read() {
    let policy = "teams: {transferTo: {agent: {lookup: ann@example.com}}}";
    let desired = with_kinds(policy, "departments: {Billing: {}}\n").unwrap();
    let entry = Entry {
        key: key_of("Tier 2", "1"),
        ..Entry::default()
    };
    let ledger = ledger(&[("Tier 2", "13", entry)]);
    let needs = |prunes: bool| {
        let mut needs = Needs::of(&desired, Dialect::Openapi);
        assert!(!needs.reads("teams") && !needs.reads("agents"));
        needs.add_owned(&desired, &ledger, Dialect::Openapi, &|_| prunes);
        needs
    };
    assert!(needs(true).reads("teams") && needs(true).reads("agents"));
    assert!(!needs(false).reads("teams") && !needs(false).reads("agents"));
}

#[test]
fn tombstones_and_old_names_say_what_they_lie_below() {
    let with_agent = "transferTo: {agent: ann@example.com}";
    let removed =
        |item: &str| composed(&format!("{DEPARTMENTS}removed: {{teams: [{item}]}}\n")).unwrap();
    for (item, id) in [
        (
            "{name: Tier 1, department: EU, transferTo: {agent: ann@example.com}}",
            "11",
        ),
        (
            "{name: Tier 1, department: Support/EU, transferTo: {agent: ann@example.com}}",
            "11",
        ),
        (
            "{name: Tier 1, department: {lookup: Billing}, transferTo: {agent: {lookup: bob@example.com}}}",
            "12",
        ),
        (
            "{name: Tier 2, transferTo: {team: {lookup: {name: Tier 1, department: EU}}, agent: {lookup: bob@example.com}}}",
            "13",
        ),
    ] {
        let desired = removed(item);
        let mut live = organization();
        let planned = planned(&desired, &mut live, &Options::default()).unwrap();
        let body = removals(&planned, &live);
        assert_eq!(planned.tasks.len(), 1, "{item}");
        assert_eq!(planned.tasks[0].verb, Verb::Delete);
        assert!(
            body.len() == 1 && body[0].as_object().unwrap().len() == 4,
            "{body:?}"
        );
        let index = live.find_id("teams", id).unwrap();
        assert_eq!(
            live.address_of(index).as_ref(),
            Some(&planned.tasks[0].address),
            "{item}"
        );
    }
    // One that may be either is refused with ids and parents.
    let refused = planned(
        &removed(&format!("{{name: Tier 1, {with_agent}}}")),
        &mut organization(),
        &Options::default(),
    );
    let refused = refused.unwrap_err();
    assert_eq!(refused[0].0, Code::AmbiguousLive);
    assert!(
        refused[0]
            .1
            .contains("`11` (`EU/Tier 1`) and `12` (`Billing/Tier 1`)"),
        "{refused:?}"
    );
    // Both ways to say an old name.
    for (team, id) in [
        (
            "New: {department: EU, lifecycle: {renamedFrom: Tier 1}}",
            "11",
        ),
        (
            "New: {department: Billing, lifecycle: {renamedFrom: {name: Tier 1}}}",
            "12",
        ),
    ] {
        let desired = composed(&format!("{DEPARTMENTS}teams: {{{team}}}\n")).unwrap();
        let mut live = organization();
        let bound = bind(&desired, &mut live, &Options::default()).unwrap();
        assert_eq!(
            live.objects[bound.rows.object(&Address::new("teams", "New")).unwrap()].id,
            id
        );
    }
    let moved =
        "New: {department: Billing, lifecycle: {renamedFrom: {name: Tier 2, department: EU}}}";
    let moved = composed(&format!("{DEPARTMENTS}teams: {{{moved}}}\n")).unwrap();
    let refused = planned(&moved, &mut organization(), &Options::default()).unwrap_err();
    assert_eq!(refused[0].0, Code::CannotChange, "{refused:?}");
    let old = format!(
        "{DEPARTMENTS}teams: {{A: {{department: EU, lifecycle: {{renamedFrom: B}}}}, B: {{department: EU}}}}\n"
    );
    assert_eq!(codes(composed(&old)), [Code::RenameOfDeclared]);
    let other = old.replace("B: {department: EU}", "B: {department: Billing}");
    assert_eq!(codes(composed(&other)), []);
}

#[test]
fn lookups_count_where_what_refers_to_them_lies() {
    let text = format!(
        "{DEPARTMENTS}teams:\n  A: {{department: EU, subTeams: [{{lookup: Tier 1}}]}}\n  B: {{department: Billing, subTeams: [{{lookup: {{name: Tier 1, department: Billing}}}}]}}\n"
    );
    let desired = composed(&text).unwrap();
    let sub = |handle: &str| {
        let body = &desired.state[&Address::new("teams", handle)].body;
        let Some(Value::List(items)) = body.get("subTeams").cloned() else {
            unreachable!()
        };
        items[0].clone()
    };
    let Value::Reference(Reference::Lookup { name, .. }) = sub("A") else {
        panic!("{:?}", sub("A"))
    };
    let eu = Reference::To(Address::new("departments", "EU"));
    assert_eq!(name.below("department"), Some(&Below::Parent(eu)));
    let mut live = organization();
    let bound = bind(&desired, &mut live, &Options::default()).unwrap();
    for (handle, id) in [("A", "11"), ("B", "12")] {
        let body = bound.rows.named(&Address::new("teams", handle)).unwrap();
        let Some(Value::List(items)) = body.get("subTeams") else {
            unreachable!()
        };
        let index = live.find_id("teams", id).unwrap();
        assert_eq!(
            items[0],
            Value::Reference(Reference::To(live.address_of(index).unwrap()))
        );
    }
    // A declared one is meant before a live one, and what is written is read back.
    let declared = text + "  Tier 1: {department: EU}\n";
    let desired = composed(&declared).unwrap();
    let body = &desired.state[&Address::new("teams", "A")].body;
    let to = Value::Reference(Reference::To(Address::new("teams", "Tier 1")));
    assert_eq!(body.get("subTeams"), Some(&Value::List(vec![to])));
    let written = to_yaml(&desired.state, "departments") + &to_yaml(&desired.state, "teams");
    assert_eq!(
        composed(&written).unwrap().state,
        desired.state,
        "{written}"
    );
    let twice = declared.replace("[{lookup: Tier 1}]", "[Tier 1, {lookup: Tier 1}]");
    assert_eq!(codes(composed(&twice)), [Code::DuplicateItem]);
}

#[test]
fn an_export_is_read_back_whatever_stands_in_names() {
    let mut live = organization();
    let of = |collection: &str| kind::find(collection).unwrap();
    add(
        &mut live,
        of("departments"),
        json!({"id": "3", "name": "Support", "isEnabled": true}),
    );
    add(
        &mut live,
        of("teams"),
        team("14", "EU/Tier 1", "3", &["8"], &["13"]),
    );
    let exported = export(&mut live, &|_| false);
    let teams: Vec<String> = exported
        .state
        .keys()
        .filter(|address| address.collection == "teams")
        .map(|address| address.handle.to_string())
        .collect();
    assert_eq!(
        teams,
        ["Billing/Tier 1", "EU/Tier 1", "Support/EU/Tier 1", "Tier 2"]
    );
    let sources = to_sources(&exported.state);
    let again = compose(&sources, &project("").environments[0], &|_| None);
    let again = again.map_err(|problems| format!("{problems:?}")).unwrap();
    for collection in ["departments", "agents", "teams"] {
        let written = to_yaml(&again.state, collection);
        assert_eq!(written, to_yaml(&exported.state, collection));
    }
    let mut live = organization();
    add(
        &mut live,
        of("departments"),
        json!({"id": "3", "name": "Support", "isEnabled": true}),
    );
    add(
        &mut live,
        of("teams"),
        team("14", "EU/Tier 1", "3", &["8"], &["13"]),
    );
    let planned = planned(&again, &mut live, &Options::default());
    let steps = planned.map(|planned| steps(&planned));
    assert_eq!(steps, Ok(Vec::new()));
}

#[test]
fn two_that_read_alike_have_two_addresses() {
    let mut live = Live::new(Dialect::Openapi);
    let of = |collection: &str| kind::find(collection).unwrap();
    for (id, name) in [("1", "A/B"), ("2", "A")] {
        add(
            &mut live,
            of("departments"),
            json!({"id": id, "name": name}),
        );
    }
    add(&mut live, of("teams"), team("11", "C", "1", &[], &[]));
    add(&mut live, of("teams"), team("12", "B/C", "2", &[], &[]));
    let addresses: Vec<String> = ["11", "12"]
        .iter()
        .map(|id| {
            live.address_of(live.find_id("teams", id).unwrap())
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(addresses, ["teams/A/B/C [11]", "teams/A/B/C [12]"]);
}

fn ledger(entries: &[(&str, &str, Entry)]) -> Ledger {
    let mut ledger = Ledger::new("test", "1");
    for (handle, id, entry) in entries {
        let id = (*id).to_owned();
        let entry = Entry {
            id,
            ..entry.clone()
        };
        ledger
            .resources
            .insert(Address::new("teams", *handle), entry);
    }
    ledger
}

fn key_of(name: &str, department: &str) -> Key<'static> {
    let mut key = Key::of_name(name.to_owned());
    key.scope.set("department", department);
    key
}

#[test]
fn heirs_are_those_of_tombstone_ledger_and_policy() {
    let heir = |name: &str, address: &str, id: &str| {
        let address: Address = address.parse().unwrap();
        (
            name.to_owned(),
            RememberedHeir {
                address,
                id: id.to_owned(),
            },
        )
    };
    let remembers = Entry {
        key: key_of("Tier 2", "1"),
        transfer_to: [heir("agent", "agents/gone", "9")].into(),
        ..Entry::default()
    };
    let forgets = Entry {
        key: key_of("Tier 2", "1"),
        ..Entry::default()
    };
    let policy = "teams: {transferTo: {team: {lookup: {name: Tier 1, department: EU}}}}";
    let stays = format!("{DEPARTMENTS}agents: {{ann@example.com: {{lastName: A}}}}\n");
    for (entry, kinds, expected) in [
        (
            &remembers,
            "",
            Ok(
                json!({"ticketNewTeam": "null", "ticketNewAgent": "9", "taskNewTeam": "null", "taskNewAgent": "9"}),
            ),
        ),
        (
            &remembers,
            policy,
            Ok(
                json!({"ticketNewTeam": "null", "ticketNewAgent": "9", "taskNewTeam": "null", "taskNewAgent": "9"}),
            ),
        ),
        (
            &forgets,
            policy,
            Ok(
                json!({"ticketNewTeam": "11", "ticketNewAgent": "null", "taskNewTeam": "11", "taskNewAgent": "null"}),
            ),
        ),
        (&forgets, "", Err(Code::NoHeir)),
    ] {
        let desired = with_kinds(kinds, &stays).unwrap();
        let options = Options {
            ledger: Some(ledger(&[("Tier 2", "13", entry.clone())])),
            ..Options::default()
        };
        let mut live = organization();
        match (planned(&desired, &mut live, &options), expected) {
            (Ok(planned), Ok(body)) => assert_eq!(removals(&planned, &live), [body]),
            (Err(refused), Err(code)) => {
                assert_eq!(refused[0].0, code);
                assert!(
                    refused[0]
                        .1
                        .contains("transferTo: {team: Handle, agent: Handle}"),
                    "{refused:?}"
                );
            }
            (got, _) => panic!("{:?}", got.map(|planned| steps(&planned))),
        }
    }
    // The ledger reads and writes what it remembers, and a ledger of before has none.
    let bytes = ledger(&[("Tier 2", "13", remembers)]).to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(
        text.contains(r#""transferTo":{"agent":{"address":"agents/gone","id":"9"}}"#),
        "{text}"
    );
    let read = Ledger::parse(&bytes, "test", "1")
        .unwrap()
        .or_new("test", "1");
    assert_eq!(read.resources.len(), 1);
    assert!(
        !String::from_utf8(ledger(&[("T", "1", forgets)]).to_bytes().unwrap())
            .unwrap()
            .contains("transferTo")
    );
}

#[test]
fn an_heir_that_is_taken_out_of_use_is_refused() {
    let text = format!(
        "{DEPARTMENTS}agents: {{ann@example.com: {{lastName: Ann, status: DISABLED}}}}\nremoved: {{teams: [{{name: Tier 2, department: EU, transferTo: {{agent: ann@example.com}}}}]}}\n"
    );
    let refused = planned(
        &composed(&text).unwrap(),
        &mut organization(),
        &Options::default(),
    )
    .unwrap_err();
    assert!(
        refused.iter().any(|(code, message)| *code == Code::HeirGoes
            && message.contains("is taken out of use in the same plan")),
        "{refused:?}"
    );
}

#[test]
fn an_heir_that_goes_is_refused_and_one_that_is_made_comes_first() {
    let goes = format!(
        "{DEPARTMENTS}removed: {{teams: [{{name: Tier 2, department: EU, transferTo: {{team: {{lookup: {{name: Tier 1, department: EU}}}}}}}}, {{name: Tier 1, department: EU, transferTo: {{agent: ann@example.com}}}}]}}\n"
    );
    let refused = planned(
        &composed(&goes).unwrap(),
        &mut organization(),
        &Options::default(),
    )
    .unwrap_err();
    assert_eq!(
        refused.iter().map(|one| one.0).collect::<Vec<_>>(),
        [Code::HeirGoes],
        "{refused:?}"
    );
    let made = format!(
        "{DEPARTMENTS}teams: {{New: {{department: EU}}}}\nremoved: {{teams: [{{name: Tier 2, department: EU, transferTo: {{team: New}}}}]}}\n"
    );
    let planned = planned(
        &composed(&made).unwrap(),
        &mut organization(),
        &Options::default(),
    )
    .unwrap();
    assert_eq!(
        steps(&planned),
        ["Create teams/New", "Delete teams/EU/Tier 2 after teams/New"]
    );
    for text in [
        "removed: {teams: [{name: T, transferTo: {}}]}",
        "removed: {teams: [{name: T, transferTo: {group: A}}]}",
        "departments: {A: {lifecycle: {transferTo: B}}}",
        "removed: {departments: [{name: A, transferTo: B}]}",
    ] {
        assert!(composed(&format!("{text}\n")).is_err(), "{text}");
    }
    let source = Source::new(
        "deskform.yaml",
        b"environments: {test: {simulator: {}}}\nkinds: {teams: {prune: all}}\n",
    );
    let refused = Project::parse(std::path::Path::new("."), &source).unwrap_err();
    assert_eq!(refused.list[0].code, Code::NotAllowed);
}

#[test]
fn what_replaces_a_team_takes_over_from_it() {
    let text = format!(
        "{DEPARTMENTS}teams: {{Tier 2: {{department: Billing, lifecycle: {{replace: true}}}}}}\n"
    );
    let entry = Entry {
        key: key_of("Tier 2", "1"),
        ..Entry::default()
    };
    let options = Options {
        ledger: Some(ledger(&[("Tier 2", "13", entry)])),
        ..Options::default()
    };
    let mut live = organization();
    let planned = planned(&composed(&text).unwrap(), &mut live, &options).unwrap();
    let step: Vec<String> = planned.plan.steps[0]
        .requests
        .iter()
        .map(|one| one.path.to_string())
        .collect();
    assert_eq!(planned.plan.steps[0].verb, Verb::Replace);
    let effects = &planned.plan.steps[0].effects;
    assert_eq!(
        effects[..],
        ["what hangs on the old one goes to the new one"]
    );
    assert_eq!(
        step.last().map(String::as_str),
        Some("/teams/13/deleteTeam")
    );
    // Once the new one is there.
    live.learn(&Address::new("teams", "Tier 2"), "99");
    let body = json!({"ticketNewTeam": "99", "ticketNewAgent": "null", "taskNewTeam": "99", "taskNewAgent": "null"});
    assert_eq!(removals(&planned, &live), [body]);
}

#[test]
fn an_heir_lies_below_the_same_parent() {
    let elsewhere = format!(
        "{DEPARTMENTS}removed: {{teams: [{{name: Tier 2, department: EU, transferTo: {{team: {{lookup: {{name: Tier 1, department: Billing}}}}}}}}]}}\n"
    );
    let refused = planned(
        &composed(&elsewhere).unwrap(),
        &mut organization(),
        &Options::default(),
    )
    .unwrap_err();
    assert_eq!(refused[0].0, Code::NotWithin, "{refused:?}");
}

#[test]
fn circles_of_sub_teams_are_refused_and_avoided() {
    let circle = format!(
        "{DEPARTMENTS}teams: {{A: {{department: EU, subTeams: [B]}}, B: {{department: EU, subTeams: [C]}}, C: {{department: EU, subTeams: [A]}}}}\n"
    );
    let problems = composed(&circle).unwrap_err().list;
    assert_eq!(problems[0].code, Code::ReferenceCycle);
    assert!(
        problems[0]
            .message
            .contains("teams/A -> teams/B -> teams/C -> teams/A"),
        "{problems:?}"
    );
    // A stands over B, and is to stand below it: A lets go first.
    let turn = |tier_1: &str, tier_2: &str| {
        let mut live = Live::new(Dialect::Openapi);
        let of = |collection: &str| kind::find(collection).unwrap();
        add(
            &mut live,
            of("departments"),
            json!({"id": "1", "name": "EU", "isEnabled": true}),
        );
        add(&mut live, of("teams"), team("11", "A", "1", &[], &["12"]));
        add(&mut live, of("teams"), team("12", "B", "1", &[], &[]));
        let text = format!(
            "departments: {{EU: {{}}}}\nteams: {{A: {{department: EU{tier_1}}}, B: {{department: EU{tier_2}}}}}\n"
        );
        planned(&composed(&text).unwrap(), &mut live, &Options::default())
    };
    let steps = turn(", subTeams: []", ", subTeams: [A]")
        .map(|planned| steps(&planned))
        .unwrap();
    assert_eq!(steps, ["Update teams/A", "Update teams/B after teams/A"]);
    // What is left alone counts as well.
    let refused = turn("", ", subTeams: [A]").unwrap_err();
    assert_eq!(refused[0].0, Code::LiveCycle, "{refused:?}");
}

#[test]
fn agents_join_before_their_team_needs_them_and_leave_after() {
    let text = format!(
        "{DEPARTMENTS}agents:\n  ann@example.com: {{lastName: A, departments: [Billing]}}\n  bob@example.com: {{lastName: A, departments: [Billing, EU]}}\nteams:\n  Tier 2: {{department: EU, agents: [bob@example.com]}}\n"
    );
    let mut live = Live::new(Dialect::Openapi);
    for object in organization().objects {
        let mut object = object;
        if object.id == "13" {
            object.raw.insert("agents".to_owned(), json!(["8"]));
        }
        live.add(object);
    }
    let planned = planned(&composed(&text).unwrap(), &mut live, &Options::default()).unwrap();
    assert_eq!(
        steps(&planned),
        [
            "Update agents/bob@example.com",
            "Update teams/Tier 2 after agents/bob@example.com",
            "Update agents/ann@example.com after teams/Tier 2",
        ]
    );
}

/// A plan for samples, of which two are live and one keeps its name.
fn samples(declared: &[(&str, Lifecycle)]) -> Result<Planned, Vec<(Code, String)>> {
    let kind = &kind::sample::KIND;
    let mut desired = composed("departments: {}\n").unwrap();
    let origin = composed("departments: {A: {}}\n").unwrap().details[0]
        .origin
        .clone();
    for (name, lifecycle) in declared {
        let address = Address::new("samples", *name);
        let body = [("name", Value::text(name))].into_iter().collect();
        desired
            .state
            .insert(address.clone(), Resource { kind, body });
        let (lifecycle, origin) = (lifecycle.clone().into(), origin.clone());
        desired
            .details
            .insert(address, Detail { lifecycle, origin });
    }
    let mut live = Live::new(Dialect::Openapi);
    for (id, name, default) in [("1", "Standard", true), ("2", "Light", false)] {
        let raw = json!({"id": id, "name": name, "description": "", "default": default});
        add(&mut live, kind, raw);
    }
    planned(&desired, &mut live, &Options::default())
}

#[test]
fn what_keeps_its_name_may_be_managed_and_not_renamed() {
    let from = |name: &'static str| Lifecycle {
        renamed_from: vec![crate::state::Named::of_name(name)],
        ..Lifecycle::default()
    };
    let plain = Lifecycle::default;
    assert_eq!(
        samples(&[("Standard", plain()), ("Light", plain())]).map(|one| steps(&one)),
        Ok(Vec::new())
    );
    let renamed = samples(&[("Standard", plain()), ("Lighter", from("Light"))]).unwrap();
    assert_eq!(steps(&renamed), ["Update samples/Lighter"]);
    let refused = samples(&[("Usual", from("Standard"))]).unwrap_err();
    assert_eq!(refused[0].0, Code::Protected);
    assert!(
        refused[0]
            .1
            .contains("cannot be renamed: it is a default of the organization"),
        "{refused:?}"
    );
}

#[test]
fn bare_names_of_managed_kinds_are_nearly_handles() {
    let agents = |role: &str| {
        composed(&format!("roles: {{Leader: {{name: Team lead, shareDataWithPeers: true}}}}\nagents: {{a@example.com: {{lastName: A, role: {role}}}}}\n")).unwrap()
    };
    for (role, codes) in [
        ("Leader", &[][..]),
        ("Team lead", &[]),
        ("Leadre", &[Code::NearHandle]),
        ("Somebody else", &[]),
        ("{lookup: Leadre}", &[]),
    ] {
        let found: Vec<Code> = agents(role)
            .warnings
            .iter()
            .map(|warning| warning.code)
            .collect();
        assert_eq!(found, codes, "{role}");
    }
}

#[test]
fn heirs_by_name_lie_where_the_removed_one_does() {
    let tombstone =
        "removed: {teams: [{name: Tier 2, department: EU, transferTo: {team: Tier 1}}]}";
    let bare = "removed: {teams: [{name: Tier 2, transferTo: {team: Tier 1}}]}";
    let policy = "teams: {transferTo: {team: Tier 1}}";
    for (kinds, text) in [
        ("", tombstone),
        ("", bare),
        (policy, "removed: {teams: [Tier 2]}"),
    ] {
        let desired = with_kinds(kinds, &format!("{DEPARTMENTS}{text}\n")).unwrap();
        let mut live = organization();
        let planned = planned(&desired, &mut live, &Options::default()).unwrap();
        assert_eq!(removals(&planned, &live)[0]["taskNewTeam"], "11", "{text}");
    }
    // What is said of a declared one is remembered by the next ledger.
    let text = format!(
        "{DEPARTMENTS}teams: {{Tier 2: {{department: EU, lifecycle: {{transferTo: {{team: Tier 1, agent: ann@example.com}}}}}}}}\n"
    );
    let mut live = organization();
    let bound = bind(&composed(&text).unwrap(), &mut live, &Options::default()).unwrap();
    let heirs = &bound
        .rows
        .get(&Address::new("teams", "Tier 2"))
        .unwrap()
        .heirs;
    let to = |collection, handle| Reference::To(Address::new(collection, handle));
    assert_eq!(heirs["team"], to("teams", "EU/Tier 1"));
    assert_eq!(heirs["agent"], to("agents", "ann@example.com"));
}

#[test]
fn two_ways_to_say_a_department_make_no_two_teams() {
    let text = format!(
        "{DEPARTMENTS}teams: {{A: {{department: Billing, name: T}}, B: {{department: {{id: \"2\"}}, name: T}}}}\n"
    );
    let refused = planned(
        &composed(&text).unwrap(),
        &mut organization(),
        &Options::default(),
    );
    assert_eq!(refused.unwrap_err()[0].0, Code::DuplicateIdentity);
}

#[test]
fn a_department_that_the_ledger_knows_by_another_name_is_read() {
    // The parent has a new name in the manifests, and only the ledger knows which one it is.
    let desired =
        composed("departments: {Sales: {}}\nteams: {Tier 1: {department: Sales}}\n").unwrap();
    let mut ledger = Ledger::new("test", "1");
    let entry = Entry {
        id: "2".to_owned(),
        key: Key::of_name("Billing"),
        ..Entry::default()
    };
    ledger
        .resources
        .insert(Address::new("departments", "Sales"), entry);
    let mut needs = Needs::of(&desired, Dialect::Openapi);
    needs.add_owned(&desired, &ledger, Dialect::Openapi, &|_| true);
    let mut departments = Live::new(Dialect::Openapi);
    add(
        &mut departments,
        kind::find("departments").unwrap(),
        json!({"id": "2", "name": "Billing"}),
    );
    assert_eq!(needs.paths("teams", &departments), ["/departments/2/teams"]);
    // Below a department that is not there nothing is.
    let gone = Live::new(Dialect::Openapi);
    assert_eq!(needs.paths("teams", &gone), [""; 0]);
    let by_id = composed("teams: {Tier 1: {department: {id: \"7\"}}}\n").unwrap();
    assert_eq!(
        Needs::of(&by_id, Dialect::Openapi).paths("teams", &departments),
        [""; 0]
    );
    let options = Options {
        ledger: Some(ledger),
        ..Options::default()
    };
    let planned = planned(&desired, &mut organization(), &options).unwrap();
    assert_eq!(steps(&planned), ["Update departments/Sales"]);
}

/// A department takes the name that another one gives up: its teams are where they were.
#[test]
fn teams_are_read_below_the_department_that_the_ledger_knows() {
    let desired = composed(
        "departments: {Support: {name: Billing}, Billing: {name: Invoices}}
teams: {Tier 1: {department: Support}}
",
    )
    .unwrap();
    let mut ledger = Ledger::new("test", "1");
    let mut departments = Live::new(Dialect::Openapi);
    for (id, name) in [("1", "Support"), ("2", "Billing")] {
        let entry = Entry {
            id: id.to_owned(),
            key: Key::of_name(name),
            ..Entry::default()
        };
        let address = Address::new("departments", name);
        ledger.resources.insert(address, entry);
        let kind = kind::find("departments").unwrap();
        add(&mut departments, kind, json!({"id": id, "name": name}));
    }
    let mut needs = Needs::of(&desired, Dialect::Openapi);
    needs.add_owned(&desired, &ledger, Dialect::Openapi, &|_| true);
    assert_eq!(needs.paths("teams", &departments), ["/departments/1/teams"]);
}
