//! Renames whose new name is taken: an error for every kind, whoever owns the two objects.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use common::runs::{Run, organization, plan};
use common::smallest::{self, beside, needed, parent};
use common::{Desk, Variables, settings, shown};
use deskform::config::{Environment, Project, Prune};
use deskform::dialect::{Dialect, Edition};
use deskform::kind::{Create, KINDS, Kind, Removal, find};
use deskform::ledger::{Entry, Ledger};
use deskform::manifest::Sources;
use deskform::plan::Options;
use deskform::session::Ready;
use deskform::simulator::{Settings, Simulator};
use deskform::state::identity::spelled;
use deskform::state::{Address, Key};
use deskform::yaml::source::Source;

const BOTH: [Dialect; 2] = [Dialect::Openapi, Dialect::Guide];
const ORGANIZATION: &str = "700001";

/// One organization and one session, without a ledger but the one that a test makes up.
struct Place {
    dialect: Dialect,
    desk: Desk,
    /// The identities that the ledger remembers, by handle.
    identities: BTreeMap<String, String>,
}

impl Place {
    /// With the named objects of a kind.
    async fn with(kind: &'static Kind, dialect: Dialect, names: &[Name]) -> Self {
        let mut simulator = Simulator::new(Settings {
            enforce_minute_limits: false,
            ..settings(dialect, Edition::Enterprise)
        });
        let create = kind.api(dialect).map(|api| api.create);
        let by_hand = matches!(create, Some(Create::Manual(_)));
        let organization = simulator.organization_mut(ORGANIZATION).expect("it");
        if by_hand {
            for name in names {
                smallest::insert_by_hand(organization, kind, &name.handle(kind));
            }
        } else if smallest::looks_up_sla(kind) {
            smallest::insert_sla(organization, "Gold");
        }
        let simulator = Arc::new(Mutex::new(simulator));
        let sources = Sources::default();
        let desk = Desk::with(environment(dialect), sources, Variables::new(), simulator).await;
        let mut place = Self {
            dialect,
            desk,
            identities: BTreeMap::new(),
        };
        let none = BTreeMap::new();
        if !by_hand {
            let text = both(kind, dialect, names);
            let ready = place.plan(kind, &text, &none, None).await;
            let ready = ready.unwrap_or_else(|text| panic!("{text}"));
            place.desk.apply(&ready).await;
        }
        let again = place
            .plan(kind, &both(kind, dialect, names), &none, None)
            .await;
        let again = again.unwrap_or_else(|text| panic!("{text}"));
        assert_eq!(common::work(&again.planned.plan), Vec::<String>::new());
        place
    }

    /// Plans with a ledger and a policy.
    async fn plan(
        &mut self,
        kind: &'static Kind,
        text: &str,
        owned: &BTreeMap<String, String>,
        prune: Option<Prune>,
    ) -> Result<Ready, String> {
        let desk = &mut self.desk;
        desk.sources.base = vec![Source::new("all.yaml", text.as_bytes())];
        let desired = desk
            .compose()
            .map_err(|problems| shown(&problems, &desk.sources))?;
        let mut options: Options = desk.options();
        if !owned.is_empty() {
            let parent = parent(kind).and_then(|(_, collection, name)| {
                let parents = desk.objects(collection);
                let naming = find(collection)?.naming_field().name;
                let parent = parents.iter().find(|one| one[naming] == name)?;
                parent["id"].as_str().map(str::to_owned)
            });
            let mut ledger = Ledger::new("test", ORGANIZATION);
            for (handle, id) in owned {
                let entry = Entry {
                    id: id.clone(),
                    adopted: true,
                    key: (self.identities.get(handle))
                        .map(|text| {
                            below_parent(spelled(kind, text).into_owned(), kind, parent.as_deref())
                        })
                        .unwrap_or_default(),
                    ..Entry::default()
                };
                let address = Address::new(kind.collection, handle.as_str());
                ledger.resources.insert(address, entry);
            }
            options.ledger = Some(ledger);
        }
        if let Some(prune) = prune {
            options.prune.insert(kind.collection.to_owned(), prune);
        }
        let before = desk.writes();
        let planned = desk.plan_of(&desired, &options).await;
        assert_eq!(desk.writes(), before, "a plan wrote something");
        planned
    }

    /// The ids of the named objects.
    async fn ids(&mut self, kind: &'static Kind, names: &[Name]) -> Vec<String> {
        let dialect = self.dialect;
        let ready = self
            .plan(kind, &both(kind, dialect, names), &BTreeMap::new(), None)
            .await
            .unwrap_or_else(|text| panic!("{text}"));
        names
            .iter()
            .map(|name| {
                let address = Address::new(kind.collection, name.handle(kind).as_str());
                let found = ready.live.object_at(&address);
                let Some(object) = found else {
                    panic!("{} {name:?} is not there", kind.collection)
                };
                object.id.clone()
            })
            .collect()
    }
}

/// A key of a name that counts below a parent, where names of the kind count below one.
fn below_parent(mut key: Key<'static>, kind: &Kind, id: Option<&str>) -> Key<'static> {
    if let (Some((field, ..)), Some(id)) = (parent(kind), id) {
        key.scope.set(field, id);
    }
    key
}

/// A manifest that declares some resources of a kind and nothing more.
fn both(kind: &Kind, dialect: Dialect, names: &[Name]) -> String {
    let declared: Vec<(Name, String)> = names.iter().map(|name| (*name, String::new())).collect();
    manifest(kind, dialect, &declared)
}

fn environment(dialect: Dialect) -> Environment {
    let mut project = format!(
        "environments: {{test: {{simulator: {{dialect: {dialect}, edition: enterprise, organization: '{ORGANIZATION}'}}}}}}\n"
    );
    if dialect == Dialect::Openapi {
        // What is pruned hands over to what every organization has.
        let heir = format!("admin@{ORGANIZATION}.example.com");
        let policies = format!(
            "kinds: {{profiles: {{transferTo: {{lookup: Agent}}}}, layouts: {{transferTo: {{lookup: {{module: \
             contacts, layoutName: Default}}}}}}, teams: {{transferTo: {{agent: {{lookup: {heir}}}}}}}}}\n"
        );
        project.push_str(&policies);
    }
    let source = Source::new("deskform.yaml", project.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

/// One of the objects that take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name(&'static str);

const ALPHA: Name = Name("alpha");
const BETA: Name = Name("beta");

impl Name {
    fn handle(self, kind: &Kind) -> String {
        match kind.collection {
            "agents" | "contacts" => format!("{}@example.com", self.0),
            _ => self.0.to_owned(),
        }
    }

    fn url(self) -> String {
        smallest::url(self.0)
    }

    /// How the object is told to people: below what its name counts.
    fn told(self, kind: &Kind, dialect: Dialect) -> String {
        match parent(kind) {
            Some((_, _, name)) if kind.collection == "layouts" => {
                format!("{name}/contacts/{}", self.0)
            }
            Some((_, _, name)) => format!("{name}/{}", self.0),
            None => self.identity(kind, dialect),
        }
    }

    /// What says which object it is.
    fn identity(self, kind: &Kind, dialect: Dialect) -> String {
        match (kind.collection, dialect) {
            ("customFields" | "layouts", _) => format!("contacts/{}", self.0),
            ("ruleGroups", _) => format!("MACRO/tickets/{}", self.0),
            ("webhooks", Dialect::Guide) => self.url(),
            _ => self.handle(kind),
        }
    }
}

/// A manifest that declares some resources of a kind, each with more fields.
fn manifest(kind: &Kind, dialect: Dialect, declared: &[(Name, String)]) -> String {
    let mut text = beside(kind).to_owned();
    let _ = writeln!(text, "{}:", kind.collection);
    for (name, more) in declared {
        let fields: Vec<String> = [needed(kind, dialect, name.0), more.clone()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let _ = writeln!(text, "  {}: {{{}}}", name.handle(kind), fields.join(", "));
    }
    text
}

/// The kinds that can be declared in a dialect under several names, but for those that have a creation and no
/// way to another name after it, and for checks, which nothing owns.
fn declarable(dialect: Dialect) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(move |kind| {
        let is_there = kind.managed && kind.api(dialect).is_some();
        let keeps_name = kind.fixes(kind.naming_field(), dialect);
        is_there && kind.fixed_name().is_none() && !keeps_name && !kind.is_check()
    })
}

/// Whether the API removes nothing of a kind: a plan that would remove something is refused, and says so.
fn is_never_removed(kind: &Kind, dialect: Dialect) -> bool {
    kind.api(dialect)
        .is_some_and(|api| api.removal == Removal::Never)
}

/// What is said of such a removal.
const NEVER: &str = "cannot be removed through the API";

/// A report in one line.
fn flat(report: &str) -> String {
    let words = report.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

fn renamed(kind: &Kind, dialect: Dialect) -> String {
    format!(
        "lifecycle: {{renamedFrom: \"{}\"}}",
        ALPHA.identity(kind, dialect)
    )
}

#[tokio::test(start_paused = true)]
async fn case_5_a_rename_whose_new_name_is_taken_is_refused() {
    let mut tried = 0;
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[ALPHA, BETA]).await;
            let ids = place.ids(kind, &[ALPHA, BETA]).await;
            let (alpha, beta) = (ids[0].clone(), ids[1].clone());
            let (old, new) = (ALPHA.handle(kind), BETA.handle(kind));
            let ledgers: [&[(&str, &String)]; 7] = [
                &[],
                &[(&old, &alpha), (&new, &beta)],
                &[(&old, &alpha)],
                &[(&new, &beta)],
                &[("x", &alpha), ("y", &beta)],
                // The ledger takes the object of the old name for the declared one.
                &[(&new, &alpha)],
                &[(&new, &alpha), ("y", &beta)],
            ];
            let text = manifest(kind, dialect, &[(BETA, renamed(kind, dialect))]);
            let identity = ALPHA.identity(kind, dialect);
            let told = ALPHA.told(kind, dialect);
            let below = parent(kind).map_or_else(String::new, |(field, _, name)| {
                let naming = kind.naming_field().name;
                // A layout counts in its module as well.
                let words = if kind.collection == "layouts" {
                    "module: contacts, "
                } else {
                    ""
                };
                format!("[{{{naming}: alpha, {words}{field}: {name}}}]")
            });
            let buried = format!("{text}removed: {{{}: [\"{identity}\"]}}\n", kind.collection);
            for ledger in ledgers {
                let owned: BTreeMap<String, String> = ledger
                    .iter()
                    .map(|(handle, id)| ((*handle).to_owned(), (*id).clone()))
                    .collect();
                for prune in [
                    None,
                    Some(Prune::None),
                    Some(Prune::Owned),
                    Some(Prune::All),
                ] {
                    for text in [&text, &buried] {
                        let what = format!("{dialect} {} {owned:?} {prune:?}", kind.collection);
                        let refusal = match place.plan(kind, text, &owned, prune).await {
                            Ok(ready) => {
                                panic!("{what}: {:?}", common::work(&ready.planned.plan))
                            }
                            Err(refusal) => flat(&refusal),
                        };
                        for word in [
                            "both exist; nothing was renamed",
                            &*format!("`{told}` (id `{alpha}`)"),
                            &*format!("(id `{beta}`)"),
                            "take `renamedFrom` away",
                            "`removed: {",
                            &*below,
                        ] {
                            assert!(refusal.contains(word), "{what}: {word}\n{refusal}");
                        }
                        tried += 1;
                    }
                }
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn case_5_a_rename_that_was_done_plans_to_nothing() {
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[BETA]).await;
            let ids = place.ids(kind, &[BETA]).await;
            let text = manifest(kind, dialect, &[(BETA, renamed(kind, dialect))]);
            let owned = BTreeMap::from([(BETA.handle(kind), ids[0].clone())]);
            for ledger in [BTreeMap::new(), owned] {
                let ready = place
                    .plan(kind, &text, &ledger, None)
                    .await
                    .unwrap_or_else(|text| panic!("{dialect} {}: {text}", kind.collection));
                assert_eq!(
                    common::work(&ready.planned.plan),
                    Vec::<String>::new(),
                    "{dialect} {}",
                    kind.collection
                );
            }
        }
    }
}

/// Without `renamedFrom`: the ledger owns an object, and its new name is that of another one.
#[tokio::test(start_paused = true)]
async fn case_5_a_handle_whose_new_name_is_taken_is_refused() {
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[ALPHA, BETA]).await;
            let ids = place.ids(kind, &[ALPHA, BETA]).await;
            let text = both(kind, dialect, &[BETA]);
            for other in [None, Some("y")] {
                let mut owned = BTreeMap::from([(BETA.handle(kind), ids[0].clone())]);
                owned.extend(other.map(|handle| (handle.to_owned(), ids[1].clone())));
                for prune in [Prune::None, Prune::Owned, Prune::All] {
                    let what = format!("{dialect} {} {owned:?} {prune:?}", kind.collection);
                    match place.plan(kind, &text, &owned, Some(prune)).await {
                        Ok(ready) => panic!("{what}: {:?}", common::work(&ready.planned.plan)),
                        Err(refusal) => assert!(
                            flat(&refusal).contains("by the ledger or the object"),
                            "{what}: {refusal}"
                        ),
                    }
                }
            }
        }
    }
}

/// Names that move on, or round: whoever is what is told by the ledger, or by what is live.
#[tokio::test(start_paused = true)]
async fn case_5_a_chain_of_names_moves_in_one_run() {
    for dialect in BOTH {
        let kind = deskform::kind::find("departments").expect("it");
        let mut place = Place::with(kind, dialect, &[ALPHA, BETA]).await;
        let ids = place.ids(kind, &[ALPHA, BETA]).await;
        let both = BTreeMap::from([
            ("alpha".to_owned(), ids[0].clone()),
            ("beta".to_owned(), ids[1].clone()),
        ]);
        let none = BTreeMap::new();
        let chain = "departments:\n  beta: {lifecycle: {renamedFrom: alpha}}\n  gamma: {lifecycle: {renamedFrom: beta}}\n";
        let swap = "departments:\n  beta: {lifecycle: {renamedFrom: alpha}}\n  alpha: {lifecycle: {renamedFrom: beta}}\n";
        for (text, owned, steps) in [(chain, &none, 2), (chain, &both, 2), (swap, &both, 3)] {
            let ready = place.plan(kind, text, owned, None).await;
            let ready = ready.unwrap_or_else(|report| panic!("{dialect} {text}: {report}"));
            let summary = ready.planned.plan.summary;
            assert_eq!(
                (summary.update, summary.create, summary.delete),
                (steps, 0, 0),
                "{text}"
            );
            let work = common::work(&ready.planned.plan);
            assert_eq!(work.len(), steps, "{text}{work:?}");
            let object = ready.live.object_at(&Address::new("departments", "beta"));
            assert_eq!(object.expect("it is live").id, ids[0], "{text}");
        }
        // Without a ledger nobody knows whether a swap was done already.
        let refusal = place.plan(kind, swap, &none, None).await.err();
        let refusal = flat(&refusal.unwrap_or_else(|| panic!("{dialect}")));
        let help = "give one of them another name first, apply, and then the name it is to have";
        assert!(refusal.contains(help), "{refusal}");
        // A chain that was done is no work, and neither is half of it.
        let ready = place.plan(kind, chain, &none, None).await;
        place
            .desk
            .apply(&ready.unwrap_or_else(|report| panic!("{report}")))
            .await;
        let ready = place.plan(kind, chain, &none, None).await;
        let ready = ready.unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(common::work(&ready.planned.plan), Vec::<String>::new());
    }
}

/// The other one may give the name up in the same run, by its handle.
#[tokio::test(start_paused = true)]
async fn case_5_a_name_that_the_ledger_gives_up_is_waited_for() {
    for dialect in BOTH {
        let kind = deskform::kind::find("departments").expect("it");
        let mut place = Place::with(kind, dialect, &[ALPHA, BETA]).await;
        let ids = place.ids(kind, &[ALPHA, BETA]).await;
        let one = BTreeMap::from([("y".to_owned(), ids[1].clone())]);
        let two = BTreeMap::from([
            ("x".to_owned(), ids[0].clone()),
            ("y".to_owned(), ids[1].clone()),
        ]);
        let text = "departments:\n  x: {name: beta, lifecycle: {renamedFrom: alpha}}\n  y: {name: gamma}\n";
        for owned in [one, two] {
            let ready = place.plan(kind, text, &owned, None).await;
            let ready = ready.unwrap_or_else(|report| panic!("{report}"));
            let summary = ready.planned.plan.summary;
            assert_eq!((summary.update, summary.create, summary.delete), (2, 0, 0));
        }
    }
}

/// Zoho Desk takes names that differ in case only for one.
#[tokio::test(start_paused = true)]
async fn case_5_a_name_that_is_taken_but_for_its_case_is_taken() {
    for dialect in BOTH {
        let kind = deskform::kind::find("departments").expect("it");
        let mut place = Place::with(kind, dialect, &[ALPHA, BETA]).await;
        let none = BTreeMap::new();
        let text = "departments: {Beta: {lifecycle: {renamedFrom: alpha}}}\n";
        let refusal = place.plan(kind, text, &none, None).await.err();
        let refusal = flat(&refusal.unwrap_or_else(|| panic!("{dialect}")));
        assert!(
            refusal.contains("both exist; nothing was renamed"),
            "{refusal}"
        );
    }
}

/// An old name in other letters finds nothing, and the object would be pruned.
#[tokio::test(start_paused = true)]
async fn case_5_an_old_name_in_other_letters_removes_nothing() {
    let mut tried = 0;
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[ALPHA, BETA]).await;
            let ids = place.ids(kind, &[ALPHA, BETA]).await;
            let identity = ALPHA.identity(kind, dialect);
            let told = ALPHA.told(kind, dialect);
            let written = identity.replace("alpha", "Alpha");
            let lifecycle = format!("lifecycle: {{renamedFrom: \"{written}\"}}");
            let (alpha, beta) = (ids[0].clone(), ids[1].clone());
            let owned = BTreeMap::from([(ALPHA.handle(kind), alpha), (BETA.handle(kind), beta)]);
            // To a name that is taken, and to one that is not.
            for name in [BETA, Name("gamma")] {
                let mut declared = vec![(name, lifecycle.clone())];
                if name != BETA {
                    declared.push((BETA, String::new()));
                }
                let text = manifest(kind, dialect, &declared);
                for ledger in [BTreeMap::new(), owned.clone()] {
                    for prune in [Prune::None, Prune::Owned, Prune::All] {
                        if kind.collection == "agents" && prune == Prune::All {
                            // Then the agent in whose name deskform works is in the way.
                            continue;
                        }
                        let what = format!("{dialect} {} {name:?} {prune:?}", kind.collection);
                        match place.plan(kind, &text, &ledger, Some(prune)).await {
                            // An e-mail address has no case.
                            Ok(ready) if matches!(kind.collection, "agents" | "contacts") => {
                                assert_eq!(ready.planned.plan.summary.delete, 0, "{what}");
                            }
                            Ok(ready) => {
                                panic!("{what}: {:?}", common::work(&ready.planned.plan))
                            }
                            Err(refusal) => {
                                let refusal = flat(&refusal);
                                let differs = refusal.contains("in case only; nothing was renamed")
                                    && refusal.contains(&format!("`{told}`"));
                                let both = refusal.contains("both exist; nothing was renamed");
                                assert!(differs || both, "{what}: {refusal}");
                            }
                        }
                        tried += 1;
                    }
                }
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

/// Where the ledger knows the object, `renamedFrom` is not needed, and its letters are in nobody's way.
#[tokio::test(start_paused = true)]
async fn case_5_what_the_ledger_owns_is_renamed_whatever_the_letters() {
    for dialect in BOTH {
        let kind = deskform::kind::find("departments").expect("it");
        let mut place = Place::with(kind, dialect, &[ALPHA]).await;
        let ids = place.ids(kind, &[ALPHA]).await;
        let owned = BTreeMap::from([("alpha".to_owned(), ids[0].clone())]);
        let text = "departments: {alpha: {name: gamma, lifecycle: {renamedFrom: ALPHA}}}";
        let ready = place.plan(kind, text, &owned, None).await;
        let ready = ready.unwrap_or_else(|report| panic!("{dialect}: {report}"));
        let work = common::work(&ready.planned.plan);
        assert_eq!(work.len(), 1, "{dialect}: {work:?}");
        assert!(work[0].starts_with("update departments/alpha:"), "{work:?}");
    }
}

const GAMMA: Name = Name("gamma");

/// The old name as it is written by mistake, with the handle that the ledger has for the object.
fn written_amiss(kind: &Kind, dialect: Dialect) -> [(String, String); 3] {
    let old = ALPHA.identity(kind, dialect);
    let handle = ALPHA.handle(kind);
    [
        // A typing error, the old handle, and a name that an earlier rename gave and never applied.
        (old.replace("alpha", "alhpa"), handle.clone()),
        ("former".to_owned(), "former".to_owned()),
        (BETA.identity(kind, dialect), handle),
    ]
}

fn renamed_from(written: &str) -> String {
    format!("lifecycle: {{renamedFrom: \"{written}\"}}")
}

#[tokio::test(start_paused = true)]
async fn a_rename_that_finds_nothing_removes_nothing() {
    let mut tried = 0;
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[ALPHA]).await;
            let alpha = place.ids(kind, &[ALPHA]).await.remove(0);
            for (written, handle) in written_amiss(kind, dialect) {
                let text = manifest(kind, dialect, &[(GAMMA, renamed_from(&written))]);
                let owned = BTreeMap::from([(handle.clone(), alpha.clone())]);
                let what = format!("{dialect} {} {written}", kind.collection);
                for prune in [Prune::Owned, Prune::All] {
                    if kind.collection == "agents" && prune == Prune::All {
                        // Then the agent in whose name deskform works is in the way.
                        continue;
                    }
                    let refusal = match place.plan(kind, &text, &owned, Some(prune)).await {
                        Ok(ready) => panic!("{what}: {:?}", common::work(&ready.planned.plan)),
                        Err(refusal) => flat(&refusal),
                    };
                    let address = Address::new(kind.collection, GAMMA.handle(kind).as_str());
                    let going = Address::new(kind.collection, handle.as_str());
                    // Long lines are divided at a slash, too.
                    let joined = refusal.replace(' ', "");
                    for words in [
                        &format!(
                            "`{address}` was renamed from `{written}`, but nothing live is named so, and"
                        ),
                        &format!("`{going}`"),
                    ] {
                        assert!(
                            joined.contains(&words.replace(' ', "")),
                            "{what}: {words}\n{refusal}"
                        );
                    }
                    tried += 1;
                    if prune == Prune::All {
                        // There may be more of the kind, such as the organization's own.
                        continue;
                    }
                    // The way out is a rename that is found.
                    let (_, way_out) = refusal.split_once("`renamedFrom: ").expect("help");
                    let (name, _) = way_out.split_once('`').expect("help");
                    let name = name.trim_matches('"');
                    let text = manifest(kind, dialect, &[(GAMMA, renamed_from(name))]);
                    let ready = place.plan(kind, &text, &owned, Some(prune)).await;
                    let api = kind.api(dialect).expect("the kind is there");
                    if api.update.is_none() && matches!(api.create, Create::Manual(_)) {
                        // It is found, but only a person can rename it.
                        let refusal = flat(&ready.expect_err("no call renames it"));
                        assert!(
                            refusal.contains("cannot be changed through the API"),
                            "{what}: {refusal}"
                        );
                        continue;
                    }
                    let ready = ready.unwrap_or_else(|report| panic!("{what}: {report}"));
                    let summary = ready.planned.plan.summary;
                    assert_eq!((summary.delete, summary.disable, summary.create), (0, 0, 0));
                    // So is taking it away, where the two have nothing to do with each other; that is
                    // said twice where something is lost.
                    let mut text = both(kind, dialect, &[GAMMA]);
                    if kind.removal_loses {
                        let refusal = place.plan(kind, &text, &owned, Some(prune)).await;
                        let refusal = flat(&refusal.expect_err("the two are alike"));
                        assert!(
                            refusal.contains("this may be a rename"),
                            "{what}: {refusal}"
                        );
                        let stone = ALPHA.identity(kind, dialect);
                        let _ = writeln!(text, "removed: {{{}: [\"{stone}\"]}}", kind.collection);
                    }
                    let refusal = place.plan(kind, &text, &owned, Some(prune)).await.err();
                    let refusal = refusal.map(|refusal| flat(&refusal));
                    let is_told = |text: &str| text.contains(&format!("`{going}` {NEVER}"));
                    if is_never_removed(kind, dialect) {
                        assert!(
                            refusal.as_deref().is_some_and(is_told),
                            "{what}: {refusal:?}"
                        );
                    } else {
                        assert_eq!(refusal, None, "{what}");
                    }
                }
            }
        }
    }
    assert!(tried > 70, "{tried}");
}

/// Where nothing of the kind goes without being named, nothing can be lost: a first apply elsewhere,
/// an object that is declared, listed under `removed`, or kept by the policy.
#[tokio::test(start_paused = true)]
async fn a_rename_that_finds_nothing_creates_where_nothing_is_pruned() {
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[ALPHA]).await;
            let alpha = place.ids(kind, &[ALPHA]).await.remove(0);
            let owned = BTreeMap::from([(ALPHA.handle(kind), alpha)]);
            let none = BTreeMap::new();
            let created = (GAMMA, renamed_from("former"));
            let alone = manifest(kind, dialect, std::slice::from_ref(&created));
            let beside = manifest(kind, dialect, &[created, (ALPHA, String::new())]);
            let buried = format!(
                "{alone}removed: {{{}: [\"{}\"]}}\n",
                kind.collection,
                ALPHA.identity(kind, dialect)
            );
            for (text, ledger, prune) in [
                (&alone, &none, Prune::Owned),
                (&alone, &owned, Prune::None),
                (&beside, &owned, Prune::Owned),
                (&buried, &owned, Prune::Owned),
            ] {
                let what = format!("{dialect} {} {prune:?}\n{text}", kind.collection);
                let ready = place.plan(kind, text, ledger, Some(prune)).await;
                if *text == buried && is_never_removed(kind, dialect) {
                    let refusal = flat(&ready.err().unwrap_or_default());
                    assert!(refusal.contains(NEVER), "{what}: {refusal}");
                    assert!(!refusal.contains("nothing live is named so"), "{refusal}");
                    continue;
                }
                let ready = ready.unwrap_or_else(|report| panic!("{what}: {report}"));
                let summary = ready.planned.plan.summary;
                assert!(summary.create + summary.manual > 0, "{what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rename_that_is_done_stays_done_while_others_are_pruned() {
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[ALPHA, BETA]).await;
            let ids = place.ids(kind, &[ALPHA, BETA]).await;
            let text = manifest(kind, dialect, &[(BETA, renamed_from("former"))]);
            let pruned = (ALPHA.handle(kind), ids[0].clone());
            let kept = (BETA.handle(kind), ids[1].clone());
            for owned in [
                BTreeMap::from([pruned.clone(), kept]),
                // Renamed by hand, or by a run whose ledger was lost.
                BTreeMap::from([pruned]),
            ] {
                let what = format!("{dialect} {} {owned:?}", kind.collection);
                let ready = place.plan(kind, &text, &owned, Some(Prune::Owned)).await;
                if is_never_removed(kind, dialect) {
                    let refusal = flat(&ready.err().unwrap_or_default());
                    let alpha = Address::new(kind.collection, ALPHA.handle(kind).as_str());
                    let told = format!("`{alpha}` {NEVER}");
                    assert!(refusal.contains(&told), "{what}: {refusal}");
                    assert!(refusal.contains("1 problem:"), "{what}: {refusal}");
                    continue;
                }
                let ready = ready.unwrap_or_else(|report| panic!("{what}: {report}"));
                let steps = &ready.planned.plan.steps;
                assert_eq!(steps.len(), 1, "{what}: {steps:?}");
                assert_eq!(*steps[0].address.handle, *ALPHA.handle(kind), "{what}");
            }
        }
    }
}

/// The names are bounded, the likeliest first, and what is out of use already is not among them.
#[tokio::test(start_paused = true)]
async fn a_rename_that_finds_nothing_names_what_may_be_meant() {
    const NAMES: [Name; 8] = [
        Name("alpha"),
        Name("b"),
        Name("c"),
        Name("d"),
        Name("e"),
        Name("f"),
        Name("g"),
        Name("h"),
    ];
    let kind = deskform::kind::find("departments").expect("it");
    for dialect in BOTH {
        let mut place = Place::with(kind, dialect, &NAMES).await;
        let ids = place.ids(kind, &NAMES).await;
        let owned: BTreeMap<String, String> = NAMES
            .iter()
            .zip(&ids)
            .map(|(name, id)| (format!("x{}", name.0), id.clone()))
            .collect();
        let text = manifest(kind, dialect, &[(GAMMA, renamed_from("alhpa"))]);
        let refusal = place.plan(kind, &text, &owned, None).await.err();
        let refusal = flat(&refusal.unwrap_or_else(|| panic!("{dialect}")));
        // Long lines are divided at a slash, too.
        let words = "and`departments/xalpha`(`alpha`),";
        assert!(refusal.replace(' ', "").contains(words), "{refusal}");
        let done = match dialect {
            Dialect::Openapi => "and 3 more would be taken out of use",
            Dialect::Guide => "and 3 more would be removed",
        };
        assert!(refusal.contains(done), "{refusal}");
    }
    // Of a kind that is taken out of use, what is out of use already is no rename's.
    let mut place = Place::with(kind, Dialect::Openapi, &[ALPHA]).await;
    let alpha = place.ids(kind, &[ALPHA]).await.remove(0);
    let owned = BTreeMap::from([("alpha".to_owned(), alpha)]);
    let text = "departments: {alpha: {isEnabled: false}}";
    let ready = place.plan(kind, text, &owned, None).await;
    place
        .desk
        .apply(&ready.unwrap_or_else(|report| panic!("{report}")))
        .await;
    let text = manifest(kind, Dialect::Openapi, &[(GAMMA, renamed_from("former"))]);
    let ready = place.plan(kind, &text, &owned, None).await;
    let ready = ready.unwrap_or_else(|report| panic!("{report}"));
    let summary = ready.planned.plan.summary;
    assert_eq!((summary.create, summary.disable), (1, 0));
}

/// Where the ledger knows the object that was meant, and that it is gone, no other one is meant.
#[tokio::test(start_paused = true)]
async fn a_rename_of_what_is_known_to_be_gone_creates() {
    for dialect in BOTH {
        for kind in declarable(dialect) {
            let mut place = Place::with(kind, dialect, &[ALPHA]).await;
            let alpha = place.ids(kind, &[ALPHA]).await.remove(0);
            let old = BETA.identity(kind, dialect);
            let text = manifest(kind, dialect, &[(GAMMA, renamed_from(&old))]);
            place.identities = BTreeMap::from([("beta".to_owned(), old)]);
            for (gone, is_meant) in [
                // Its own address, whatever it was called, and another one of the old name.
                (GAMMA.handle(kind), true),
                ("beta".to_owned(), true),
                ("other".to_owned(), false),
            ] {
                let what = format!("{dialect} {} {gone}", kind.collection);
                let owned = BTreeMap::from([
                    (ALPHA.handle(kind), alpha.clone()),
                    (gone, "700001000000999999".to_owned()),
                ]);
                let planned = place.plan(kind, &text, &owned, Some(Prune::Owned)).await;
                match planned {
                    Ok(ready) => {
                        assert!(is_meant, "{what}");
                        assert_eq!(ready.planned.plan.steps.len(), 2, "{what}");
                    }
                    Err(refusal) => {
                        let refusal = flat(&refusal);
                        let is_never = is_never_removed(kind, dialect);
                        assert!(!is_meant || is_never, "{what}: {refusal}");
                        let is_told = refusal.contains("nothing live is named so");
                        assert_eq!(is_told, !is_meant, "{what}: {refusal}");
                        assert!(!is_meant || refusal.contains(NEVER), "{what}: {refusal}");
                    }
                }
            }
        }
    }
}

/// A URL that may hold a key is not told, and the way out is its handle.
#[tokio::test(start_paused = true)]
async fn a_rename_that_finds_nothing_tells_no_key() {
    let kind = deskform::kind::find("webhooks").expect("it");
    let mut place = Place::with(kind, Dialect::Guide, &[]).await;
    let hook = |handle: &str, url: &str, more: &str| {
        format!(
            "webhooks: {{{handle}: {{url: '{url}', subscriptions: {{Ticket_Add: {{}}}}{more}}}}}\n"
        )
    };
    let (open, key) = (
        "https://h.example.com/in",
        "https://h.example.com/in?key=hunter2",
    );
    let none = BTreeMap::new();
    let ready = place.plan(kind, &hook("old", key, ""), &none, None).await;
    place
        .desk
        .apply(&ready.unwrap_or_else(|report| panic!("{report}")))
        .await;
    let ready = place.plan(kind, &hook("old", key, ""), &none, None).await;
    let ready = ready.unwrap_or_else(|report| panic!("{report}"));
    let [index] = *ready
        .live
        .find("webhooks", &deskform::state::Key::of_name(key))
    else {
        panic!("no webhook")
    };
    let owned = BTreeMap::from([("old".to_owned(), ready.live.objects[index].id.clone())]);
    let more = format!(", lifecycle: {{renamedFrom: '{open}'}}");
    let new = "https://h.example.com/new";
    let refusal = place
        .plan(kind, &hook("new", new, &more), &owned, None)
        .await;
    let refusal = flat(&refusal.expect_err("a refusal"));
    assert!(!refusal.contains("hunter2"), "{refusal}");
    assert!(
        refusal.contains("declare it as `webhooks/old`"),
        "{refusal}"
    );
    // That is a way out.
    let ready = place.plan(kind, &hook("old", new, ""), &owned, None).await;
    assert!(ready.is_ok_and(|ready| ready.planned.plan.summary.create == 0));
}

/// Names that are written down are compared as the dialect compares what is live: the guide's webhooks
/// are known by their URL, of which spellings are one, and the published API's by a name, of which none
/// are.
#[tokio::test(start_paused = true)]
async fn written_names_are_compared_as_the_dialect_does() {
    const WRITTEN: &str = "HTTPS://Hooks.example.com:443";
    let hook = |url: &str, more: &str| {
        format!(
            "webhooks: {{h: {{name: 'https://hooks.example.com/', url: '{url}', subscriptions: {{Ticket_Add: {{}}}}{more}}}}}\n"
        )
    };
    for dialect in BOTH {
        let is_guide = dialect == Dialect::Guide;
        let simulator = organization(dialect);
        let first = hook("https://hooks.example.com/", "");
        Run::of(dialect, &first, &simulator, |front| front).await;
        let removed = format!("removed: {{webhooks: ['{WRITTEN}']}}\n");
        let ready = plan(dialect, &removed, &simulator, None).await;
        let steps = ready.map(|ready| common::work(&ready.planned.plan).len());
        assert_eq!(steps, Ok(usize::from(is_guide)), "{dialect}");

        // A name that is found is moved: nothing of the old one is left.
        let renamed = hook(
            "https://hooks.example.com/2",
            &format!(", lifecycle: {{renamedFrom: '{WRITTEN}'}}"),
        )
        .replace("name: 'https://hooks.example.com/'", "name: other");
        Run::of(dialect, &renamed, &simulator, |front| front).await;
        let urls: Vec<String> = {
            let simulator = simulator.lock().expect("one thread");
            let organization = simulator.organization(ORGANIZATION).expect("it");
            let hooks = organization.objects(if is_guide { "events" } else { "webhooks" });
            hooks.iter().map(|hook| hook["url"].to_string()).collect()
        };
        assert_eq!(
            urls.len(),
            if is_guide { 1 } else { 2 },
            "{dialect}: {urls:?}"
        );

        // What the ledger knows under the old name, in whatever spelling, is known to be gone: then
        // nothing that goes can be what is meant.
        let simulator = organization(dialect);
        let other = hook("https://hooks.example.com/other", "");
        let run = Run::of(dialect, &other, &simulator, |front| front).await;
        let mut ledger = run.ledger(Ledger::new("test", ORGANIZATION));
        let gone = Entry {
            id: "1".to_owned(),
            parts: Vec::new(),
            key: Key::of_name("https://HOOKS.example.com"),
            ..ledger.resources.values().next().expect("it").clone()
        };
        ledger
            .resources
            .insert(Address::new("webhooks", "old"), gone);
        let renamed = renamed.replace("{h:", "{new:");
        let mut unknown = ledger.clone();
        unknown.resources.remove(&Address::new("webhooks", "old"));
        for (ledger, is_known) in [(ledger, is_guide), (unknown, false)] {
            let planned = plan(dialect, &renamed, &simulator, Some(ledger)).await;
            let refusal = planned.err().unwrap_or_default();
            assert_eq!(
                refusal.contains("nothing live is named so"),
                !is_known,
                "{dialect}: {refusal}"
            );
        }
    }
}
