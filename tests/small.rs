//! A small change of a desk is one step that shows just that, with one write.

mod common;

use common::runs::{Run, organization, plan, sources};
use common::work;
use deskform::dialect::Dialect;
use deskform::ledger::Ledger;
use deskform::plan::Options;

/// A desk before anything changes.
const DESK: &str = r"
departments:
  Support: {}
layouts:
  Premium:
    module: tickets
    department: Support
    sections:
      Ticket Information:
        fields:
          status: {values: [Open, Waiting, Closed], defaultValue: Open}
          dueDate: {}
      More:
        fields:
          description: {}
directAssignmentRules:
  $order: [Payments, Everything else]
  Payments:
    executeOptions: [CREATE]
    targets: {1: {toDepartment: Support}}
  Everything else:
    executeOptions: [CREATE]
    targets: {1: {toDepartment: Support}}
profiles:
  Senior:
    cloneOf: {lookup: Agent}
    permissions:
      tickets: {delete: true, export: true}
templateFolders:
  Answers: {department: Support, access: {type: allAgents}}
emailTemplates:
  Welcome:
    department: Support
    folder: Answers
    recordType: tickets
    subject: Hello
    from: info@example.com
    body: |
      <p>Dear customer,</p>
      <p>we answer within a day.</p>
";

/// A change, by its name, the texts, the steps and the writes.
type Change = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    &'static [&'static str],
);

/// What changes, by the texts before and after it; what the plan shows; and the writes that it takes.
const CHANGES: &[Change] = &[
    (
        "a value of a status",
        &[(
            "[Open, Waiting, Closed]",
            "[Open, Waiting, Escalated, Closed]",
        )],
        &["layouts/Premium: /sections/Ticket Information/fields/status/values"],
        &["PATCH /layouts/ID/fields/ID"],
    ),
    (
        "a field that moves to another section",
        &[
            ("          dueDate: {}\n", ""),
            ("description: {}", "description: {}\n          dueDate: {}"),
        ],
        &[
            "layouts/Premium: /sections/More/fields/$order, /sections/More/fields/dueDate, /sections/Ticket Information/fields/dueDate",
        ],
        &["PATCH /layouts/ID"],
    ),
    (
        "the order of assignment rules",
        &[("[Payments, Everything else]", "[Everything else, Payments]")],
        &["directAssignmentRules/$order: /order"],
        &["POST /directAssignmentRules/reorder"],
    ),
    (
        "a permission of a profile",
        &[("delete: true", "delete: false")],
        &["profiles/Senior: /permissions/tickets/delete"],
        &["PATCH /profiles/ID"],
    ),
    (
        "a word of a template",
        &[("within a day", "within an hour")],
        &["emailTemplates/Welcome: /body"],
        &["PATCH /templates/ID"],
    ),
];

/// A path without ids and query.
fn without_ids(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let part = |part: &str| {
        let is_id = part.len() > 9 && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_id { "ID" } else { part }.to_owned()
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test(start_paused = true)]
async fn a_small_change_is_one_step_that_shows_just_that_with_one_write() {
    let dialect = Dialect::Openapi;
    for (what, texts, shown, written) in CHANGES {
        let simulator = organization(dialect);
        let first = Run::of(dialect, DESK, &simulator, |front| front).await;
        // What the server makes of HTML nobody knows without it.
        let ledger = first.ledger(Ledger::new("test", "700001"));
        let text = texts.iter().fold(DESK.to_owned(), |text, (one, other)| {
            assert!(text.contains(one), "{what}: {one}");
            text.replace(one, other)
        });
        let mut desk = first.desk;
        desk.sources = sources(&text);
        desk.take_log();
        let options = Options {
            ledger: Some(ledger),
            ..desk.options()
        };
        let desired = desk.compose().expect("manifests");
        let ready = desk.plan_of(&desired, &options).await.expect("a plan");
        let steps = ready.planned.plan.steps.iter();
        let steps: Vec<String> = steps
            .map(|step| {
                let fields = step.changes.iter().map(|change| change.field.clone());
                let mut fields: Vec<String> = fields.collect();
                fields.sort();
                format!("{}: {}", step.address, fields.join(", "))
            })
            .collect();
        assert_eq!(steps, *shown, "{what}");
        let done = desk.applied(&ready).await;
        assert_eq!(done, Ok(()), "{what}");
        let log = desk.take_log().into_iter();
        let writes: Vec<String> = log
            .filter(|request| request.method != "GET" && !request.target.contains("/oauth/"))
            .map(|request| format!("{} {}", request.method, without_ids(&request.target)))
            .collect();
        assert_eq!(writes, *written, "{what}");
        let rest = plan(dialect, &text, &simulator, None)
            .await
            .expect("a plan");
        assert!(work(&rest.planned.plan).is_empty(), "{what}");
    }
}
