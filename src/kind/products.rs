//! Products.

use super::{
    Alike, Api, Create, Holders, Kind, Listing, Removal, Scopes, Within, by_fields, custom_values,
    in_object, patterns, reference, references, text, to,
};

/// A product. Source: Product (`getProducts`, `getProduct`, `createProduct`, `updateProduct`,
/// `deleteProduct`).
///
/// The source does not say whether names differ, so two live products of one name are told apart by
/// nothing but their ids. Its list item has no departments, though its example shows some: they are
/// read from the object. The prices of its examples are numbers, and its schema takes texts as well:
/// they are sent as texts and compared as numbers. A creation takes any text as `description`, and an
/// update fewer characters: the server decides, as it does for accounts. Which of the two scopes of an
/// operation it needs is not said; any one is asked for, as for other kinds.
pub static KIND: Kind = Kind {
    collection: "products",
    singular: "product",
    word: "product",
    doc: "A product that customers write tickets about. Products are seeds: deleting a line never deletes a product unless `prune` says so.",
    seed: true,
    may_be_pruned: false,
    holders: Holders {
        fields: &[],
        places: &["the recycle bin"],
    },
    delete_effect: Some("it goes to the recycle bin for 60 days"),
    fields: &[
        text("productName")
            .max(200)
            .naming()
            .required()
            .doc("The product's name."),
        references("departments", to("departments"))
            .openapi(in_object("departmentIds"))
            .doc("The departments that the product belongs to. A creation needs them."),
        text("productCode")
            .max(200)
            .pattern(patterns::NAME)
            .nullable()
            .doc("The code by which you call the product elsewhere."),
        text("unitPrice")
            .max(100)
            .pattern(patterns::AMOUNT)
            .alike(Alike::Decimal)
            .nullable()
            .doc("The price of one, as a text of digits."),
        reference("owner", to("agents"))
            .openapi(by_fields("ownerId"))
            .doc("The agent who looks after the product."),
        // An update takes any text, and so the empty one.
        text("productCategory")
            .pattern(patterns::WORDS_OR_EMPTY)
            .openapi(by_fields("productCategory"))
            .doc("The category, one of the organization's choices."),
        text("manufacturer")
            .pattern(patterns::WORDS_OR_EMPTY)
            .openapi(by_fields("manufacturer"))
            .doc("The maker, one of the organization's choices."),
        text("description")
            .max(65_535)
            .openapi(in_object("description"))
            .doc("Notes about the product."),
        reference("layout", to("layouts").within(Within::Fixed("module", "products")))
            .openapi(by_fields("layoutId"))
            .doc("The layout of the record, by name."),
        custom_values("products")
            .openapi(by_fields("cf"))
            .doc("Values of custom fields of the module `products`, by `customFields` handle or API name."),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/products"),
        item: Some("/products/{id}"),
        takes_fields: true,
        // The listing lacks `modifiedTime`.
        dated_in_object: true,
        create: Create::Post("/products"),
        required_on_create: &["departments"],
        update: Some("/products/{id}"),
        removal: Removal::Trash("/products/moveToTrash", "productIds"),
        scopes: Scopes {
            read: &["Desk.settings.READ", "Desk.products.READ"],
            create: &["Desk.settings.CREATE", "Desk.products.CREATE"],
            update: &["Desk.settings.UPDATE", "Desk.products.UPDATE"],
            delete: &["Desk.settings.DELETE", "Desk.products.DELETE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
