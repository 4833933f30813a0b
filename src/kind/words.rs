//! What manifests and overlays may hold besides fields.

use crate::yaml::words::{Word, choice, flag, form, names};

/// The key under which a manifest lists what is to be removed.
pub(crate) const REMOVED: &str = "removed";

/// What a manifest may hold besides the kinds.
pub(crate) const MANIFEST: &[Word; 1] = &[form(
    REMOVED,
    "map from kinds to lists of identities",
    "What is to be removed, by identity (for custom fields `module/displayLabel`).",
)];
pub(crate) const MANIFEST_KEYS: &[&str] = &names(MANIFEST);

/// The key by which an overlay says that a resource is new.
pub(crate) const NEW: &str = "new";

/// What a resource of an overlay may hold besides its fields and `lifecycle`.
pub(crate) const OVERLAY: &[Word; 1] = &[flag(
    NEW,
    "Whether the overlay declares a resource that nothing below it has.",
)];

/// The key of `lifecycle` that takes fields out of the comparison.
pub(crate) const IGNORE_CHANGES: &str = "ignoreChanges";

/// What `lifecycle` may hold.
pub(crate) const LIFECYCLE: &[Word; 6] = &[
    flag("preventDestroy", "Never delete, disable or replace it."),
    flag(
        "createOnly",
        "Create it when it is absent, never change it afterwards.",
    ),
    form(
        IGNORE_CHANGES,
        "list of fields, or of JSON Pointers such as `/cf/region`",
        "Fields, or JSON Pointers such as `/cf/region`, to what is left as it is live.",
    ),
    form(
        "renamedFrom",
        "name, or map with what the name counts below",
        "The identity it had before.",
    ),
    flag(
        "replace",
        "Delete and create it anew when a create-only field changes.",
    ),
    form(
        "transferTo",
        "handle or reference; a map of them where there are several heirs",
        "Who takes over what hangs on it when it is removed.",
    ),
];
pub(crate) const LIFECYCLE_KEYS: &[&str] = &names(LIFECYCLE);

/// The key of a map that stands for the text of a file.
pub(crate) const FILE: &str = "file";

/// The key of an item of a list that says what it is, where it says more.
pub(crate) const VALUE: &str = "value";
/// The key of such an item that says which other values it replaces.
pub(crate) const REPLACES: &str = "replaces";

/// How a text is written that stands in a file of its own.
pub(crate) const TEXT: &[Word; 1] = &[form(
    FILE,
    "path from the folder of the manifest on",
    "The file whose text is the value, as if it stood in the manifest: its expressions are replaced, too. Line ends count as one form, and one at its end is none.",
)];

/// The key beside handles that stands for the rows of tables.
pub(crate) const CSV: &str = "$csv";

/// How a table is written whose rows are resources.
pub(crate) const TABLE: &[Word; 5] = &[
    form(
        FILE,
        "path from the folder of the manifest on",
        "The file of the table: UTF-8, with the names of its columns in the first line.",
    ),
    form(
        "columns",
        "map from names of columns to fields, `cf.key`, JSON Pointers such as `/cf/region`, or `null`",
        "Which field each column gives; a column with `null` is left out. Without it the columns are called as the fields are.",
    ),
    form(
        "delimiter",
        "one character, or `tab`",
        "What stands between two cells; left out, the first line tells whether it is `,`, `;` or a tab.",
    ),
    choice(
        "decimal",
        &[".", ","],
        "What stands before the decimals of numbers; left out, it is `.`. Where it is `,`, no number holds a point.",
    ),
    form(
        "null",
        "text",
        "The text of a cell that clears its field, as `null` does in YAML. An empty cell says nothing of it. White space at the ends of a cell does not count.",
    ),
];
pub(crate) const TABLE_KEYS: &[&str] = &names(TABLE);

/// How a reference is written that is no handle.
pub(crate) const REFERENCE: &[Word; 2] = &[
    form(
        "lookup",
        "name, or map with what the name counts below",
        "A live object that no manifest manages, by its name.",
    ),
    form(
        "id",
        "digits",
        "A live object by its id, which is another one in each organization: the last resort.",
    ),
];

/// The expressions that values may hold.
pub(crate) const EXPRESSIONS: &[Word; 3] = &[
    form(
        "var",
        "`${var.name}`",
        "A value that the environment sets under `variables` in `deskform.yaml`.",
    ),
    form(
        "env",
        "`${env.NAME}`",
        "An environment variable whose value may be shown. What is a credential or a secret elsewhere is refused.",
    ),
    form(
        "secret",
        "`${secret.NAME}`",
        "An environment variable whose value is never shown nor stored, for fields that may hold a key, such as a webhook's `url`.",
    ),
];
