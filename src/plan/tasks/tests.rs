//! What the table says decides what is written; what it lacks is refused.

use serde_json::json;

use super::replacements::lost;
use super::*;
use crate::api::{Method, Observed};
use crate::kind::rules::{Is, Sign};
use crate::kind::{Change, Field, KINDS, Map, Removal, Sent, Shape, Silent, Stage, find};
use crate::live::LiveObject;
use crate::plan::forecast::{Basis, Forecast, Reading};
use crate::plan::ownership::set_defaults;
use crate::plan::requests::{Act, Sends};
use crate::plan::row::Going;
use crate::problem::Place;
use crate::state::{Reference, State};

const DIALECTS: [Dialect; 2] = [Dialect::Openapi, Dialect::Guide];

/// A kind with other endpoints.
fn altered(kind: &'static Kind, alter: impl Fn(&mut Api)) -> &'static Kind {
    let change = |api: Option<Api>| {
        api.map(|mut api| {
            alter(&mut api);
            api
        })
    };
    Box::leak(Box::new(Kind {
        openapi: change(kind.openapi),
        guide: change(kind.guide),
        ..*kind
    }))
}

/// Every kind that manifests may declare, in each dialect that has it.
fn managed() -> impl Iterator<Item = (&'static Kind, Dialect)> {
    let kinds = KINDS.iter().copied().filter(|kind| kind.managed);
    kinds.flat_map(|kind| {
        let has = move |dialect: &Dialect| kind.api(*dialect).is_some();
        DIALECTS
            .into_iter()
            .filter(has)
            .map(move |dialect| (kind, dialect))
    })
}

/// One object of a kind, on both sides of a plan.
struct Sides {
    kind: &'static Kind,
    address: Address,
    bound: Bound,
    owned: Owned,
    live: Live,
}

impl Sides {
    fn new(kind: &'static Kind, dialect: Dialect) -> Self {
        Self {
            kind,
            address: Address::new(kind.collection, "a"),
            bound: Bound::default(),
            owned: Owned::default(),
            live: Live::new(dialect),
        }
    }

    /// Makes an object live; the first one is the one that is planned.
    fn live(mut self, handle: &str, body: &[(&'static str, Value)]) -> Self {
        let index = self.live.objects.len();
        let named = self.kind.naming_field();
        let wire = named.wire(self.live.dialect).read_name();
        let mut raw = json!({ "isDefault": handle == "Standard" });
        raw[wire.unwrap_or(named.name)] = json!(handle);
        self.live.add(LiveObject {
            kind: self.kind,
            id: (index + 7).to_string(),
            raw: raw.as_object().unwrap().clone(),
            parts: Vec::new(),
        });
        let address = Address::new(self.kind.collection, handle);
        self.live.bind(index, address.clone());
        if address == self.address {
            let row = self.bound.rows.row(&address, self.kind);
            row.object = Some(index);
            row.live = Some(body.iter().cloned().collect());
        }
        self
    }

    fn wanted(mut self, body: &[(&'static str, Value)]) -> Self {
        let body: Body = body.iter().cloned().collect();
        let row = self.bound.rows.row(&self.address, self.kind);
        row.named = Some(body.clone());
        row.wanted = Some(body);
        self
    }

    fn plan(&self) -> Result<Planned, Vec<Code>> {
        let desired = Desired {
            state: State::default(),
            details: indexmap::IndexMap::default(),
            removed: Vec::new(),
            warnings: Vec::new(),
            digest: String::new(),
            is_lenient: false,
            heirs: std::collections::BTreeMap::default(),
        };
        let options = Options::default();
        plan(&desired, &self.bound, &self.owned, &self.live, &options)
            .map_err(|refusal| refusal.problems.iter().map(|one| one.code).collect())
    }

    /// The writes as a plan shows them, with the bodies that go out.
    fn told(&self) -> Vec<String> {
        let planned = self.plan().unwrap();
        let [task] = &*planned.tasks else {
            panic!("{:?}", planned.tasks);
        };
        if task.verb == Verb::Create {
            self.live.learn(&self.address, "new");
        }
        let context = task.context(self.live.dialect);
        let requests = task.ops.iter().map(|op| {
            let request = op.request(&context, &self.live).unwrap();
            let body = request.body.unwrap_or_default();
            let (method, path) = op.line(&context, &self.live).unwrap();
            assert_eq!((method, &*path), (request.method, &*request.path));
            format!("{method} {path} {body}")
        });
        requests.collect()
    }
}

/// A field of a text that an update can change.
fn changeable(kind: &'static Kind, dialect: Dialect) -> Option<&'static str> {
    let field = kind.fields.iter().find(|field| {
        matches!(field.shape, Shape::Text { .. })
            && field.wire(dialect).goes_with_update()
            && !field.create_only
    });
    field.map(|field| field.name)
}

#[test]
fn an_update_that_the_table_lacks_is_refused() {
    let mut seen = 0;
    for (kind, dialect) in managed() {
        let Some(field) = changeable(kind, dialect) else {
            continue;
        };
        if kind
            .api(dialect)
            .is_some_and(|api| api.grouping().is_some() || matches!(api.change, Change::Manual(_)))
        {
            continue;
        }
        let sides = |kind| {
            Sides::new(kind, dialect)
                .live("a", &[(field, Value::text("x"))])
                .wanted(&[(field, Value::text("y"))])
        };
        let without = altered(kind, |api| api.update = None);
        assert_eq!(
            sides(without).plan().unwrap_err(),
            [Code::CannotChange],
            "{kind:?} {dialect}"
        );
        let with = altered(kind, |api| api.update = Some("/things/{id}"));
        let told = sides(with).told();
        let puts = kind.api(dialect).is_some_and(Api::replaces);
        let line = if puts {
            "PUT /things/7 {"
        } else {
            "PATCH /things/7 {"
        };
        assert!(told[0].starts_with(line), "{told:?}");
        seen += 1;
    }
    assert!(seen > 8, "{seen}");
}

#[test]
fn a_removal_that_the_table_lacks_is_refused() {
    for (kind, dialect) in managed() {
        let sides = |kind| {
            let mut sides = Sides::new(kind, dialect).live("a", &[]);
            let at = Place {
                file: "desk.yaml".into(),
                document: 0,
                pointer: String::new(),
                part: crate::problem::Part::Key,
            };
            let row = sides.bound.rows.row(&sides.address, kind);
            row.object = None;
            row.going = Some(Box::new(Going {
                at: Some(at),
                ..Going::default()
            }));
            sides
        };
        let without = altered(kind, |api| api.removal = Removal::Never);
        let refused = sides(without).plan().unwrap_err();
        assert_eq!(refused, [Code::CannotRemove], "{kind:?} {dialect}");
        let with = altered(kind, |api| api.removal = Removal::Delete("/things/{id}"));
        assert_eq!(sides(with).told(), ["DELETE /things/7 null"]);
    }
}

#[test]
fn a_creation_that_the_table_lacks_is_refused() {
    for (kind, dialect) in managed() {
        let kind = altered(kind, |api| api.create = Create::Never);
        let sides = Sides::new(kind, dialect).wanted(&[]);
        let refused = sides.plan().unwrap_err();
        assert_eq!(refused, [Code::CannotCreate], "{kind:?} {dialect}");
    }
}

#[test]
fn the_writes_of_every_kind_stand_in_its_table() {
    for (kind, dialect) in managed() {
        let api = kind.api(dialect).unwrap();
        let ops = [
            match api.create {
                Create::Post(path) => Some(Op::create(path)),
                _ => None,
            },
            Op::update(api, &[FieldPath::of("name")]),
            api.switch.map(|switch| Op::switch(switch, true)),
            api.switch.map(|switch| Op::switch(switch, false)),
            api.founders.map(|founders| Op::leave(founders, "1")),
        ];
        for op in ops.into_iter().flatten() {
            let creates = op.act == Act::Create;
            // What there is one of is named by its path alone.
            let is_one_of_many = !creates && kind.only_name().is_none();
            assert_eq!(op.path.contains("{id}"), is_one_of_many, "{kind:?} {op:?}");
            let method = match (op.act, api.change) {
                (Act::Update, Change::Patch) => Method::Patch,
                (Act::Update, Change::Put) => Method::Put,
                _ => Method::Post,
            };
            assert_eq!(op.method, method, "{kind:?} {op:?}");
        }
    }
}

/// Roles of which new ones are copies, with a field that goes with creations alone and one that goes
/// with updates alone.
fn copied(otherwise: &'static [Sign], update: Option<&'static str>) -> &'static Kind {
    let roles = find("roles").unwrap();
    let field = |name: &str| *roles.field(name).unwrap();
    let fields = [
        field("name"),
        field("description"),
        Field {
            name: "cloneOf",
            ..field("reportsTo")
        }
        .in_path(),
        field("reportsTo"),
        field("shareDataWithPeers").stage(Stage::Update),
        Field {
            name: "year",
            openapi: Wire::Sent {
                name: "year",
                read: "year",
                shown: crate::kind::Shown::InList,
                encoding: crate::kind::Encoding::Plain,
                stage: Stage::Always,
            },
            ..field("description")
        }
        .stage(Stage::Create),
    ];
    let copied = altered(roles, |api| {
        api.update = update;
        api.required_on_create = &[];
        api.create = Create::Clone {
            path: "/roles/{cloneOf}/clone",
            otherwise,
            sends: &["name", "description"],
        };
    });
    Box::leak(Box::new(Kind {
        fields: Box::leak(Box::new(fields)),
        enabled: None,
        ..*copied
    }))
}

const UPDATE: Option<&str> = Some("/roles/{id}");

#[test]
fn a_copy_gets_what_does_not_go_with_it_by_an_update() {
    let original = Value::Reference(Reference::To(Address::new("roles", "Lead")));
    let kind = copied(&[], UPDATE);
    let named = [
        ("name", Value::text("a")),
        ("description", Value::text("b")),
    ];
    let sides = |body: &[(&'static str, Value)]| {
        Sides::new(kind, Dialect::Openapi)
            .live("Lead", &[])
            .wanted(&[&named, body].concat())
    };
    let of = ("cloneOf", original);
    assert_eq!(
        sides(std::slice::from_ref(&of)).told(),
        [r#"POST /roles/7/clone {"name":"a","description":"b"}"#]
    );
    let more = [
        of.clone(),
        ("reportsTo", of.1.clone()),
        ("shareDataWithPeers", Value::Bool(true)),
    ];
    assert_eq!(
        sides(&more).told(),
        [
            r#"POST /roles/7/clone {"name":"a","description":"b"}"#,
            r#"PATCH /roles/new {"reportsTo":"7","shareDataWithPeers":true}"#,
        ]
    );
    // What it is a copy of is shown, and known to come first.
    let planned = sides(&more).plan().unwrap();
    let shown: Vec<_> = planned.plan.steps[0].changes.iter().collect();
    assert!(shown.iter().any(|change| change.field == "/cloneOf"));
    let without = Sides::new(copied(&[], None), Dialect::Openapi)
        .live("Lead", &[])
        .wanted(&[&named, &more[..]].concat());
    assert_eq!(without.plan().unwrap_err(), [Code::CannotChange]);
}

#[test]
fn a_copy_that_does_not_say_of_what_is_one_of_the_standard() {
    const STANDARD: &[Sign] = &[Sign {
        key: "isDefault",
        is: Is::True,
    }];
    let sides = |signs, handle| {
        Sides::new(copied(signs, UPDATE), Dialect::Openapi)
            .live(handle, &[])
            .wanted(&[("name", Value::text("a"))])
    };
    let chosen = sides(STANDARD, "Standard");
    let planned = chosen.plan().unwrap();
    let shown: Vec<_> = planned.plan.steps[0].changes.iter().collect();
    assert!(
        shown
            .iter()
            .any(|change| change.field == "/cloneOf" && change.after == json!("roles/Standard"))
    );
    assert_eq!(chosen.told(), [r#"POST /roles/7/clone {"name":"a"}"#]);
    for (signs, handle) in [(STANDARD, "Lead"), (&[][..], "Standard")] {
        let refused = sides(signs, handle).plan().unwrap_err();
        assert_eq!(refused, [Code::MissingForCreate]);
    }
}

/// Roles of which new ones are copies with groups of flags, sent group by group.
fn copied_with_groups() -> &'static Kind {
    const FLAGS: &[Field] = &[Field::new("a", Shape::Flag), Field::new("b", Shape::Flag)];
    const fn group(name: &'static str, fields: &'static [Field], sent: Sent) -> Field {
        let map = Map {
            fields,
            owned: crate::kind::Owned::Named,
            sent,
            null: crate::kind::Null::Nothing,
            elsewhere: &[],
            keeps_unknown: false,
        };
        Field::new(name, Shape::Map(map))
    }
    const GROUPS: &[Field] = &[
        group("one", FLAGS, Sent::Whole),
        group("two", FLAGS, Sent::Whole),
    ];
    let kind = copied(&[], UPDATE);
    let groups = group("groups", GROUPS, Sent::Changed).stage(Stage::Update);
    Box::leak(Box::new(Kind {
        fields: Box::leak([kind.fields, &[groups]].concat().into_boxed_slice()),
        ..*kind
    }))
}

/// Groups of flags, by name.
fn groups(all: &[(&str, &[(&str, bool)])]) -> (&'static str, Value) {
    let flags = |flags: &[(&str, bool)]| {
        let flags = flags.iter().map(|(name, on)| (*name, Value::Bool(*on)));
        Value::Map(flags.collect())
    };
    let all = all.iter().map(|(name, own)| (*name, flags(own)));
    ("groups", Value::Map(all.collect()))
}

#[test]
fn a_copy_sends_what_is_laid_over_its_original_as_far_as_it_differs() {
    let kind = copied_with_groups();
    let of = |name: &str| {
        let original = Reference::To(Address::new("roles", name));
        ("cloneOf", Value::Reference(original))
    };
    let named = |name: &str| ("name", Value::text(name));
    let sides = |wanted| {
        let mut sides = Sides::new(kind, Dialect::Openapi)
            .live("Lead", &[])
            .wanted(&[named("a"), of("Lead"), wanted]);
        let raw = json!({"one": {"a": true, "b": "false"}, "two": {"a": true, "b": false}});
        sides.live.objects[0].raw.insert("groups".to_owned(), raw);
        sides
    };
    let copy = r#"POST /roles/7/clone {"name":"a"}"#;
    // What is as it is in the original is not sent.
    let same = sides(groups(&[("one", &[("b", false)]), ("two", &[("a", true)])]));
    assert_eq!(same.told(), [copy]);
    // Of what differs the whole group is sent, and no other one.
    let other = sides(groups(&[("one", &[("b", true)]), ("two", &[("a", true)])]));
    let update = r#"PATCH /roles/new {"groups":{"one":{"a":true,"b":true}}}"#;
    assert_eq!(other.told(), [copy, update]);
    // What is shown is what is sent.
    let planned = other.plan().unwrap();
    let shown = |planned: &Planned, step: usize| -> Vec<String> {
        let changes = planned.plan.steps[step].changes.iter();
        let told = changes.map(|one| format!("{}: {} {}", one.field, one.before, one.after));
        told.filter(|told| told.starts_with("/groups")).collect()
    };
    assert_eq!(shown(&planned, 0), ["/groups/one/b: false true"]);
    // Where the original is made or changed by the same plan, what it is to have counts.
    for original in ["b", "Lead"] {
        let mut sides = sides(groups(&[("one", &[("b", true)])]));
        let changed = groups(&[("one", &[("a", false)]), ("two", &[("a", false)])]);
        let mut body = vec![named(original), changed];
        let address = Address::new("roles", original);
        if original == "b" {
            body.push(of("Lead"));
        } else {
            let live = groups(&[("one", &[("a", true)]), ("two", &[("a", true)])]);
            let row = sides.bound.rows.row(&address, sides.kind);
            row.object = Some(0);
            row.live = Some([named(original), live].into_iter().collect());
        }
        let row = sides.bound.rows.row(&address, sides.kind);
        let body: Body = body.into_iter().collect();
        row.named = Some(body.clone());
        row.wanted = Some(body);
        let copy = [
            named("a"),
            of(original),
            groups(&[("one", &[("b", true)]), ("two", &[("a", false)])]),
        ];
        let row = sides.bound.rows.row(&sides.address, sides.kind);
        row.wanted = Some(copy.into_iter().collect());
        let planned = sides.plan().unwrap();
        let order: Vec<_> = planned
            .tasks
            .iter()
            .map(|task| &*task.address.handle)
            .collect();
        assert_eq!(order, [original, "a"]);
        assert_eq!(shown(&planned, 1), ["/groups/one/b: false true"]);
        sides.live.learn(&Address::new("roles", "b"), "8");
        sides.live.learn(&sides.address, "new");
        let context = planned.tasks[1].context(Dialect::Openapi);
        let update = planned.tasks[1].ops[1].request(&context, &sides.live);
        assert_eq!(
            update.unwrap().body,
            Some(json!({"groups": {"one": {"a": false, "b": true}}}))
        );
    }
}

#[test]
fn a_field_travels_with_the_writes_of_its_stage_alone() {
    let kind = altered(copied(&[], UPDATE), |api| {
        api.create = Create::Post("/roles");
    });
    let body = [
        ("name", Value::text("a")),
        ("shareDataWithPeers", Value::Bool(true)),
        ("year", Value::text("2026")),
    ];
    let sides = Sides::new(kind, Dialect::Openapi).wanted(&body);
    assert_eq!(
        sides.told(),
        [
            r#"POST /roles {"name":"a","year":"2026"}"#,
            r#"PATCH /roles/new {"shareDataWithPeers":true}"#,
        ]
    );
    let changed = |name: &'static str, before: Value, after: Value| {
        Sides::new(kind, Dialect::Openapi)
            .live("a", &[(name, before)])
            .wanted(&[(name, after)])
    };
    let shared = changed("shareDataWithPeers", Value::Bool(false), Value::Bool(true));
    assert_eq!(
        shared.told(),
        [r#"PATCH /roles/7 {"shareDataWithPeers":true}"#]
    );
    let year = changed("year", Value::text("2025"), Value::text("2026"));
    assert_eq!(year.plan().unwrap_err(), [Code::CannotChange]);
    let planned = shared.plan().unwrap();
    assert_eq!(
        planned.tasks[0].ops[0].sends,
        Sends::Paths([FieldPath::of("shareDataWithPeers")].into())
    );
}

#[test]
fn what_is_read_back_is_in_the_forecast() {
    let basis = Basis {
        dialect: Dialect::Openapi,
        reading: Reading::default(),
        observed: Observed::default(),
        concurrency: 5,
        now_ms: 0,
    };
    let told = |silent: &'static [Silent], item: Option<&'static str>| {
        let kind = altered(find("roles").unwrap(), |api| {
            api.silent = silent;
            api.item = item;
        });
        let changed = [("name", Value::text("x"))];
        let sides = Sides::new(kind, Dialect::Openapi)
            .live("a", &changed)
            .wanted(&[("name", Value::text("y"))]);
        let planned = sides.plan().unwrap();
        let forecast = Forecast::of(&planned.tasks, &basis).unwrap();
        let is_silent = planned.tasks[0].ops[0].silent;
        (is_silent, forecast.reads, forecast.credits())
    };
    let item = Some("/roles/{id}");
    assert_eq!(told(&[], item), (false, 0, 1));
    assert_eq!(told(&[Silent::Create], item), (false, 0, 1));
    assert_eq!(told(&[Silent::Update], item), (true, 1, 2));
    assert_eq!(told(&[Silent::Update], None), (true, 1, 4));
}

#[test]
fn what_stands_in_a_path_alone_is_never_compared() {
    let field = copied(&[], UPDATE).field("cloneOf").unwrap();
    assert!(field.create_only && field.write_only);
    let wire = field.wire(Dialect::Openapi);
    assert_eq!(wire.read_name(), None);
    assert!(!wire.goes_with_creation() && !wire.goes_with_update());
}

#[test]
fn what_is_replaced_takes_along_the_values_that_stand_under_it() {
    let mut seen = 0;
    for kind in KINDS {
        for field in kind.fields {
            let Some(target) = field.shape.keyed_by() else {
                continue;
            };
            seen += 1;
            let key = |handle: &str| Address::new(target.collection, handle).to_string();
            let mut body = Body::default();
            let values = [
                (key("gone"), Value::text("1")),
                (key("cleared"), Value::Null),
                (key("kept"), Value::text("2")),
            ];
            body.set(field.name, Value::Map(values.into_iter().collect()));
            let replaced = |collection, handles: &[&str]| {
                let keys = handles.iter().map(|handle| key(handle)).collect();
                std::iter::once((collection, keys)).collect()
            };
            let gone = ["gone", "cleared", "other"];
            let found = lost(kind, &body, &replaced(target.collection, &gone));
            let wanted = Difference {
                path: FieldPath::of(field.name).child(&key("gone")),
                before: Value::Null,
                after: Value::text("1"),
            };
            assert_eq!(found, [wanted], "{}.{}", kind.collection, field.name);
            assert_eq!(lost(kind, &body, &replaced(kind.collection, &gone)), []);
        }
    }
    assert!(seen > 0);
}

/// Roles with a word that a creation demands and a year that no update changes.
fn with_default(removal: Removal) -> &'static Kind {
    let altered = altered(copied(&[], UPDATE), |api| {
        api.create = Create::Post("/roles");
        api.removal = removal;
    });
    let status = Field {
        name: "status",
        shape: Shape::Choice(&["ACTIVE", "INACTIVE"]),
        default_on_create: Some(crate::kind::Switch::Word("ACTIVE")),
        openapi: Wire::Sent {
            name: "status",
            read: "status",
            shown: crate::kind::Shown::InList,
            encoding: crate::kind::Encoding::Plain,
            stage: Stage::Always,
        },
        ..*altered.field("description").unwrap()
    };
    let fields = [altered.fields, &[status]].concat();
    Box::leak(Box::new(Kind {
        fields: Box::leak(fields.into_boxed_slice()),
        replaces_itself: true,
        ..*altered
    }))
}

#[test]
fn what_a_creation_demands_has_a_default() {
    let kind = with_default(Removal::Delete("/roles/{id}"));
    let defaults = |body: &[(&'static str, Value)]| {
        let mut body: Body = body.iter().cloned().collect();
        set_defaults(kind, Dialect::Openapi, &mut body);
        body.get("status").cloned()
    };
    assert_eq!(defaults(&[]), Some(Value::text("ACTIVE")));
    for said in [Value::text("INACTIVE"), Value::Null] {
        assert_eq!(defaults(&[("status", said.clone())]), Some(said));
    }
    // What takes the place of another object is a creation, too.
    let name = ("name", Value::text("a"));
    let year = |year: &str| ("year", Value::text(year));
    let sides = |kind| {
        Sides::new(kind, Dialect::Openapi)
            .live("a", &[year("2025")])
            .wanted(&[name.clone(), year("2026")])
    };
    assert_eq!(
        sides(kind).told(),
        [
            "DELETE /roles/7 null",
            r#"POST /roles {"name":"a","year":"2026","status":"ACTIVE"}"#,
        ]
    );
    // What is only taken out of use leaves no room for another one.
    let disabled = with_default(Removal::DisableByPatch {
        path: "/roles/{id}",
        field: "status",
        word: "INACTIVE",
    });
    assert_eq!(
        sides(disabled).plan().unwrap_err(),
        [Code::CannotChange],
        "it cannot be replaced"
    );
    // The API has no way to make one without.
    let null = Sides::new(kind, Dialect::Openapi).wanted(&[name, ("status", Value::Null)]);
    assert_eq!(null.plan().unwrap_err(), [Code::CannotClear]);
}
