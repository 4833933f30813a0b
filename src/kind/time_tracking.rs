//! Settings of time tracking.

use super::{
    Alike, Api, Change, Create, Field, Items, Kind, Listing, Map, Pattern, Scopes, Shape, choice,
    flag, in_department, of_the_department, reference, sent, text, to,
};

/// Source: Time Tracking, `saveTimeTrackingSettings` (`fixedCost`), which takes numbers and texts.
const COST: Pattern = Pattern {
    regex: r"^[0-9]{1,5}(?:\.[0-9]{1,2})?$",
    words: "an amount of at most five digits, with two more behind the point at most",
    sample: "20",
    allows_empty: false,
};

const fn cost(name: &'static str) -> Field {
    text(name).max(8).pattern(COST).alike(Alike::Decimal)
}

/// A list of what each costs, by the field that names it.
const fn costs(fields: &'static [Field], key: &'static str) -> Shape {
    Shape::Items(Items {
        fields,
        key,
        min: 0,
        max: 0,
        one_each: true,
        idle: &[],
        span: None,
    })
}

/// Source: Time Tracking, the examples of `agents` and `profiles`: objects with an id and a cost.
const OF_AGENTS: &[Field] = &[
    reference("agent", to("agents"))
        .openapi(sent("id"))
        .required()
        .doc("The agent."),
    cost("cost").required().doc("The cost."),
];
const OF_PROFILES: &[Field] = &[
    reference("profile", to("profiles"))
        .openapi(sent("id"))
        .required()
        .doc("The profile."),
    cost("cost").required().doc("The cost."),
];

const fn what(name: &'static str, doc: &'static str) -> Field {
    flag(name).required().doc(doc)
}

/// Source: Time Tracking, `saveTimeTrackingSettings` (`autoTrackAction`), which demands all eight. Answers
/// have `onRemoteAssist` besides, and examples send it, but the schema of requests lacks it: it is not sent, so
/// that a PUT may switch it off, which the plan tells.
const ACTIONS: Map = Map::whole(&[
    what("fieldUpdate", "When a field is changed."),
    what("sendReply", "When a reply is sent."),
    what("manualDraft", "When a draft is written."),
    what("commentActions", "When something is done with a comment."),
    what(
        "approvalActions",
        "When something is done with an approval.",
    ),
    what(
        "resolutionActions",
        "When something is done with a resolution.",
    ),
    what(
        "attachmentActions",
        "When something is done with an attachment.",
    ),
    what("onChatComplete", "When a chat ends."),
]);

/// Source: Time Tracking, `saveTimeTrackingSettings` (`ticketPreference`), which demands all five.
const TICKETS: Map = Map::whole(&[
    Field::new("autoTrackAction", Shape::Map(ACTIONS))
        .required()
        .doc("At which actions time is tracked without being asked."),
    what("isAutoTimer", "Whether a timer starts by itself."),
    what("isAutoPause", "Whether it pauses by itself."),
    what(
        "isReviewTime",
        "Whether agents look at the time before it is kept.",
    ),
    what("isHideTimeTracking", "Whether the timer is hidden."),
]);

/// Source: Time Tracking, `saveTimeTrackingSettings` (`activityPreference`), which demands all four.
const ACTIVITIES: Map = Map::whole(&[
    what("isTasksEnabled", "Whether the time of tasks is tracked."),
    what("isEventsEnabled", "Whether the time of events is tracked."),
    what(
        "canAutoTrackCalls",
        "Whether the time of calls is tracked by itself.",
    ),
    choice("trackMode", &["CONSECUTIVE", "CONCURRENT"])
        .required()
        .doc("Whether one timer runs at a time, or several."),
]);

/// How a department tracks time. Source: Time Tracking (`getTimeTrackingSetup`, `saveTimeTrackingSettings`,
/// `updateTimeTrackingSettings`). Nothing removes the settings.
///
/// The source does not say what is answered for a department that has none: nothing, that there is no such
/// thing, or an answer whose `isTimeTracking` is null are all taken for that, and are followed by a POST. What
/// is there is changed by a PUT, which may lose what it does not name: all that is live is sent again, but for a
/// preference that lacks a flag that requests demand, which is sent where a manifest names it. Costs are
/// lists of ids and costs in the examples and in the body of a POST, and empty objects in that of a PUT: lists
/// are sent where there are any, and nothing where there are none.
///
/// Not written: `timerAction`, by which nobody knows what becomes of running timers.
pub static KIND: Kind = Kind {
    collection: "timeTracking",
    singular: "set of time tracking settings",
    doc: "How a department tracks time, and what it costs. A department has one set at most, and its handle is that of the department; what is not named stays as it is. Nothing removes it: `isTimeTracking: false` switches it off.",
    fields: &[
        in_department("The department whose settings they are; left out, the one of the same handle.")
            .openapi(sent("depId")),
        of_the_department(),
        flag("isTimeTracking")
            .never_null()
            .doc("Whether time is tracked. A creation needs it."),
        flag("isBillable")
            .never_null()
            .doc("Whether time is billed."),
        choice(
            "billingType",
            &[
                "FIXED_COST_FOR_TICKETS",
                "FIXED_COST_FOR_AGENTS",
                "SPECIFIC_COST_PER_AGENT",
                "SPECIFIC_COST_PER_PROFILE",
            ],
        )
        .never_null()
        .doc("By what costs are told."),
        cost("fixedCost")
            .never_null()
            .doc("The one cost, where `billingType` is a fixed one."),
        Field::new("agents", costs(OF_AGENTS, "agent"))
            .doc("The cost of each agent, such as `{jane.doe@example.com: {cost: \"20\"}}`. Who is not named has no cost."),
        Field::new("profiles", costs(OF_PROFILES, "profile"))
            .doc("The cost of agents with each profile, likewise."),
        Field::new("ticketPreference", Shape::Map(TICKETS))
            .never_null()
            .doc("How the time of tickets is tracked, all of it."),
        Field::new("activityPreference", Shape::Map(ACTIVITIES))
            .never_null()
            .doc("How the time of activities is tracked, all of it."),
    ],
    openapi: Some(Api {
        listing: Listing::Each("/timeTrackSettings?depId={department}", &[]),
        page: 0,
        items: "",
        blank: Some("isTimeTracking"),
        id: "depId",
        item: Some("/timeTrackSettings?depId={id}"),
        create: Create::Post("/timeTrackSettings"),
        required_on_create: &["isTimeTracking"],
        update: Some("/timeTrackSettings"),
        change: Change::Put,
        resend: &["department"],
        loses: &[(
            "ticketPreference/autoTrackAction/onRemoteAssist",
            "may switch off `onRemoteAssist`, which is on and which no request takes",
        )],
        scopes: Scopes {
            read: &["Desk.settings.READ"],
            create: &["Desk.settings.CREATE"],
            update: &["Desk.settings.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
