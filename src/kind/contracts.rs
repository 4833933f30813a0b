//! Contracts.

use super::{
    Api, Create, Field, Kind, Listing, Removal, Scopes, Shape, Within, custom_values, in_object,
    integer, object_at, patterns, reference, references, sent, text, to,
};

/// A contract. Source: Contract (`getContracts`, `getContract`, `createContract`, `updateContract`). The
/// module has no operation that deletes.
///
/// Its list items come in four variants, and nobody says what selects one: what not all of them have is
/// read from the object. `updateContract` takes another account, and what a name counts below never
/// changes here: another account is refused. The source says neither what makes a duplicate, which has
/// an error code of its own, nor whether an end may be taken away or a text be empty: no request takes
/// null, the patterns want one character, and so nothing is cleared but lists. Its schema writes days as
/// `yyyy-MM-dd` and its examples as milliseconds since the epoch: of these the day in UTC counts. Nor
/// does it say whether a contract needs a plan of its own department, or may be made with one that is
/// discontinued: there the server decides. Left out are `associatedSLAId`, which is deprecated, and the
/// maps `account`, `sla` and `product` of creations, whose meaning is not stated. Not read are
/// `contractStatus` and `notifyOn`, which follow from the days.
pub static KIND: Kind = Kind {
    collection: "contracts",
    singular: "contract",
    doc: "A contract: which support plan a customer has, and from when on. Contracts are seeds: deleting a line never deletes one, and the API deletes none.",
    seed: true,
    may_be_pruned: false,
    fields: &[
        reference("account", to("accounts"))
            .identity()
            .required()
            .create_only()
            .openapi(sent("accountId"))
            .doc("The company that the contract is with."),
        text("contractName")
            .max(80)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The contract's name."),
        reference("department", to("departments"))
            .required()
            .openapi(sent("departmentId"))
            .doc("The department that gives the support."),
        reference("owner", to("agents"))
            .openapi(sent("ownerId"))
            .doc("The agent who looks after the contract. A creation needs one."),
        // `updateContract` does not take it, and answers show it as an object.
        reference("supportPlan", to("supportPlans"))
            .create_only()
            .openapi(object_at("associatedSupportPlanId", "supportPlan/id"))
            .doc("The support plan that the customer has. A creation needs it."),
        Field::new("startDate", Shape::Date)
            .openapi(in_object("startDate"))
            .doc("The first day. A creation needs it."),
        Field::new("endDate", Shape::Date)
            .openapi(in_object("endDate"))
            .doc("The last day."),
        text("contractNumber")
            .max(50)
            .pattern(patterns::NAME)
            .openapi(in_object("contractNumber"))
            .doc("The number by which you call the contract elsewhere."),
        text("description")
            .max(65_535)
            .pattern(patterns::NAME)
            .openapi(in_object("description"))
            .doc("Notes about the contract."),
        reference("product", to("products"))
            .openapi(in_object("productId"))
            .doc("The product that the contract is about."),
        integer("notifyBefore", 0, 2_147_483_647)
            .openapi(in_object("notifyBefore"))
            .doc("How many days before the last one people are told of it."),
        references("notificationAgents", to("agents"))
            .openapi(in_object("notificationAgentIds"))
            .doc("The agents who are told."),
        reference("layout", to("layouts").within(Within::Fixed("module", "contracts")))
            .openapi(in_object("layoutId"))
            .doc("The layout of the record, by name."),
        custom_values("contracts")
            .openapi(in_object("cf"))
            .doc("Values of custom fields of the module `contracts`, by `customFields` handle or API name."),
    ],
    openapi: Some(Api {
        // One listing shows the contracts of all accounts.
        listing: Listing::Whole("/contracts"),
        item: Some("/contracts/{id}"),
        // The listing lacks `modifiedTime`.
        dated_in_object: true,
        create: Create::Post("/contracts"),
        required_on_create: &["owner", "supportPlan", "startDate"],
        update: Some("/contracts/{id}"),
        removal: Removal::Never,
        scopes: Scopes {
            read: &["Desk.settings.READ", "Desk.contracts.READ"],
            create: &["Desk.settings.CREATE", "Desk.contracts.CREATE"],
            update: &["Desk.settings.UPDATE", "Desk.contracts.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
