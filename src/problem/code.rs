//! The codes of all problems: one table gives each of them its text and its sentence.

use std::fmt;

/// Defines [`Code`] from the one table, so that no code can lack its text or its sentence.
macro_rules! codes {
    ($($code:ident = $text:literal: $sentence:literal,)+) => {
        /// Names a problem; scripts may rely on its text.
        ///
        /// The codes stand and compare in the order of their texts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $sentence] $code,)+
        }

        impl Code {
            /// Lists every code.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// Returns the stable text in kebab-case, such as `unknown-key`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)+
                }
            }

            /// Returns one sentence that says what the problem means.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$code => $sentence,)+
                }
            }
        }
    };
}

codes! {
    AliasBomb = "alias-bomb": "The aliases of a file repeat its values too often.",
    AmbiguousLive = "ambiguous-live": "Several live objects have the name of one resource.",
    AmbiguousName = "ambiguous-name": "A `lookup` names several live objects.",
    BadAddress = "bad-address": "An entry of `ignore` does not name a kind and a handle.",
    BadCharacter = "bad-character": "A text holds a character that its field does not take.",
    BadCustomValue = "bad-custom-value": "A value does not suit the type of its custom field.",
    BadDefault = "bad-default": "The default of a custom field is not a value that the field can have.",
    BadEmail = "bad-email": "A text does not have the form of an e-mail address.",
    BadFormat = "bad-format": "A value does not have the form that is wanted in its place.",
    BadHandle = "bad-handle": "A handle is empty, holds an expression or begins with `$`.",
    BadName = "bad-name": "The name of an environment or of a variable holds a character that is not allowed there.",
    BadPath = "bad-path": "A path is written in a form that deskform does not expand.",
    BadPattern = "bad-pattern": "An entry of `skipFiles` is no pattern of files below the project folder.",
    BadReference = "bad-reference": "A value does not have the form of a reference.",
    BadSecret = "bad-secret": "A value does not suit its field once its secrets are filled in.",
    BadSetting = "bad-setting": "An environment variable that sets up deskform has a value that cannot be used.",
    BadSpan = "bad-span": "A span of time ends before it begins, or two of one day overlap.",
    BadTable = "bad-table": "A table has no header, or a row that does not fit the header or its quotes.",
    BadTombstone = "bad-tombstone": "An entry under `removed` does not have the form of an identity.",
    BothExist = "both-exist": "The old and the new name of a resource both belong to live objects.",
    BudgetTooSmall = "budget-too-small": "The plan needs more calls or credits than are left for the day.",
    CanWrite = "can-write": "A token that is to read alone has scopes with which it can write.",
    CannotChange = "cannot-change": "A field differs that cannot be changed once its object exists.",
    CannotClear = "cannot-clear": "A value is to be cleared, and the API cannot clear it.",
    CannotCreate = "cannot-create": "A declared resource does not exist, and the API cannot create it.",
    CannotRemove = "cannot-remove": "An object is to be removed, and the API cannot remove it.",
    CannotTell = "cannot-tell": "A text differs from the live one, and nothing tells whether somebody changed it or the server rewrote it.",
    CaseDiffers = "case-differs": "The name of a live object differs in case only from the one that is written.",
    CharacterRefused = "character-refused": "The API refuses a character in the value of a custom field.",
    CommentInValue = "comment-in-value": "A comment begins where a number sign may be a part of a text.",
    Conflict = "conflict": "A key has no meaning beside another one.",
    CreatedByKilledRun = "created-by-killed-run": "A run that was killed may have created an object that is no longer declared.",
    CredentialCommand = "credential-command": "The program that `DESKFORM_CREDENTIAL_COMMAND` names does not give or keep credentials.",
    CredentialFile = "credential-file": "The file of saved credentials cannot be used.",
    CredentialInManifest = "credential-in-manifest": "A manifest uses a credential of an environment.",
    DeclaredAndRemoved = "declared-and-removed": "A resource is both declared and listed under `removed`.",
    Declined = "declined": "The question whether to apply the plan was not answered with `yes`.",
    DependencyCycle = "dependency-cycle": "The steps of a plan wait for each other in a circle.",
    DialectUnknown = "dialect-unknown": "The answers of the server do not tell the dialect of its API.",
    Dotenv = "dotenv": "A line of the file `.env` cannot be understood.",
    DotenvIgnored = "dotenv-ignored": "A line of the file `.env` has no effect.",
    DuplicateIdentity = "duplicate-identity": "Two resources of one kind have the same identity.",
    DuplicateItem = "duplicate-item": "A list names one item twice.",
    DuplicateKey = "duplicate-key": "A map holds one key twice.",
    DuplicateResource = "duplicate-resource": "A resource is declared twice.",
    DuplicateUrl = "duplicate-url": "Two webhooks call the same URL.",
    Empty = "empty": "A value is empty where something must stand.",
    EmptyFile = "empty-file": "A file holds nothing.",
    Endpoint = "endpoint": "The hosts of Zoho Desk do not follow from `dataCenter` and `endpoint`.",
    EventNotInDialect = "event-not-in-dialect": "The dialect of the API cannot express the subscription to an event.",
    Exists = "exists": "A file that is to be written exists already.",
    Expression = "expression": "An expression stands where none is allowed.",
    FieldLeftOut = "field-left-out": "A field does not exist in the dialect of the API and is left out.",
    FieldNotInDialect = "field-not-in-dialect": "A field cannot be set in the dialect of the API.",
    File = "file": "A file cannot be read or written.",
    FileTooLarge = "file-too-large": "A file is larger than such a file may be.",
    HeirGoes = "heir-goes": "Who is to take over what hangs on a removed object is not there or goes as well.",
    HiddenFile = "hidden-file": "A manifest names a hidden file for a text or a table.",
    HostNotAllowed = "host-not-allowed": "Credentials would be sent to a host that is not allowed.",
    IdentityCase = "identity-case": "The identities of two resources differ in case only.",
    IgnoreExpired = "ignore-expired": "An exception under `ignore` has expired.",
    Interrupted = "interrupted": "A signal stopped the run before its first write.",
    InvalidYaml = "invalid-yaml": "A file is not valid YAML.",
    Journal = "journal": "The journals of earlier runs cannot be read.",
    JournalDamaged = "journal-damaged": "Some lines of a journal cannot be understood.",
    KeyInClear = "key-in-clear": "A text of a manifest looks like a key that stands there in clear.",
    KindNotInDialect = "kind-not-in-dialect": "A kind cannot be managed in the dialect of the API.",
    LastAdministrator = "last-administrator": "The plan would leave the organization without an administrator.",
    Ledger = "ledger": "The ledger cannot be used or saved.",
    LedgerAbandoned = "ledger-abandoned": "An environment has no ledger, and one of the same organization lies where it was kept before, or belongs to an environment that the project does not have.",
    LedgerCorrupt = "ledger-corrupt": "The content of the ledger cannot be understood.",
    LedgerIsLocal = "ledger-is-local": "The ledger of a pipeline is a file that the next job will not see.",
    LedgerMove = "ledger-move": "The ledger of a renamed environment cannot be taken over.",
    LedgerNotAllowed = "ledger-not-allowed": "The ledger lies outside the place that `DESKFORM_ALLOW_LEDGER` allows.",
    LedgerOfOthers = "ledger-of-others": "The ledger belongs to another environment or organization.",
    LiveCycle = "live-cycle": "References between live objects would run in a circle.",
    Lock = "lock": "The lock of the ledger cannot be read.",
    Locked = "locked": "The lock of the ledger cannot be taken.",
    LookAlike = "look-alike": "A name holds a blank or a character that nobody sees, so that it looks like another one.",
    MalformedExpression = "malformed-expression": "An expression `${…}` does not have a known form.",
    MayBeRenamed = "may-be-renamed": "A removal loses something, and what would be made in the same plan is alike.",
    Merge = "merge": "The key `<<` merges something that is not a map.",
    MisnamedProjectFile = "misnamed-project-file": "The name of a file is almost that of the project file.",
    MisplacedSecret = "misplaced-secret": "A secret stands in a value that plans and reports show.",
    MissingCredentials = "missing-credentials": "The credentials of an environment are not set.",
    MissingForCreate = "missing-for-create": "A new object lacks a field that its creation needs.",
    MissingOverlay = "missing-overlay": "An overlay that the project file lists cannot be read.",
    MissingRequired = "missing-required": "A key that must stand there is missing.",
    MissingSecret = "missing-secret": "A secret is not set, so its value cannot be compared.",
    NamesInACircle = "names-in-a-circle": "Each of several resources takes the name that the next one still has.",
    NearHandle = "near-handle": "A name of a live object is nearly the handle of a declared resource.",
    NoActingAgent = "no-acting-agent": "A new department needs an agent, and the API does not say which agent is acting.",
    NoDefaultEnvironment = "no-default-environment": "A command names no environment, and the project file says that none is the default.",
    NoExpression = "no-expression": "A text of a manifest is `$NAME`, which is no expression and stays as it is.",
    NoHeir = "no-heir": "Nobody is named who takes over what hangs on a removed object.",
    NoLedger = "no-ledger": "A pipeline applies to a real organization, and nothing keeps the ledger for its next job.",
    NoMember = "no-member": "A new department needs an agent, and none is declared as its member.",
    NoProject = "no-project": "The project file cannot be read.",
    NoRoom = "no-room": "The plan would make or put into use more objects than there is room for.",
    NoSandbox = "no-sandbox": "What only a sandbox is there for is asked of an environment that does not say that it is one.",
    NoSuchField = "no-such-field": "A module has no custom field of the API name that is written.",
    NoSuchLiveObject = "no-such-live-object": "A `lookup` names an object that the organization does not show.",
    NoSuchObject = "no-such-object": "The organization has no object with the given id.",
    NoSuchRun = "no-such-run": "No past run of this name is kept, or what is kept of it cannot be shown.",
    NobodyToAsk = "nobody-to-ask": "Nobody can be asked whether to apply the plan.",
    NotAChoice = "not-a-choice": "A value is not one of the choices.",
    NotAFile = "not-a-file": "Something among the manifests is not a file that can be read.",
    NotAMap = "not-a-map": "A manifest is not a map of kinds.",
    NotAMember = "not-a-member": "A list names what is not a member of what it has to belong to.",
    NotAPlan = "not-a-plan": "A file is not a saved plan.",
    NotAllowed = "not-allowed": "A key or value is not allowed for this kind or type.",
    NotAnAddress = "not-an-address": "A text is not the address of a resource.",
    NotAnId = "not-an-id": "A text is not the id of an object.",
    NotAnIdentity = "not-an-identity": "An entry under `removed` is not an identity in the dialect of the API.",
    NotBelow = "not-below": "An overlay changes a resource that nothing below it declares, and does not say `new: true`.",
    NotCompared = "not-compared": "A part of a resource was not compared because its secret is not set.",
    NotDeclared = "not-declared": "The address that is to own an object is not declared.",
    NotItsOwnFile = "not-its-own-file": "A file that deskform writes would take the place of one that it reads.",
    NotJson = "not-json": "A text that is read as JSON is none.",
    NotOwned = "not-owned": "The ledger does not own the resource that was named.",
    NotRead = "not-read": "The server refuses a listing for what a manifest says.",
    NotShown = "not-shown": "No answer shows a field that was applied, so that it is not compared.",
    NotUtf8 = "not-utf8": "The content of a file is not UTF-8.",
    NotUtf8Name = "not-utf8-name": "The name of a file is not UTF-8.",
    NotWithin = "not-within": "A reference names what lies below another parent.",
    NothingDeclared = "nothing-declared": "No resource is declared, and the plan would remove what is owned.",
    NothingToRemove = "nothing-to-remove": "An overlay takes out a resource that nothing below it declares.",
    OneEnvironment = "one-environment": "A command that works in one environment was given several.",
    OneFieldTwice = "one-field-twice": "A resource names one custom field by its handle and by its API name.",
    Organization = "organization": "A text is not the id of an organization.",
    OtherDeletes = "other-deletes": "The plan would remove another number of objects than `--allow-deletes` says.",
    OthersToo = "others-too": "An export of what one organization alone has would be read by other environments.",
    OutOfRange = "out-of-range": "A number lies outside the range that is allowed.",
    Output = "output": "Standard output cannot be written.",
    OwnedAlready = "owned-already": "Another resource owns the object already.",
    PathOutside = "path-outside": "A path does not lead to a place below the project folder.",
    PlainSecret = "plain-secret": "A secret stands in the project file itself.",
    Port = "port": "The simulator cannot use the port that was chosen.",
    PreventDestroy = "prevent-destroy": "The plan would remove or replace a resource that `preventDestroy` protects.",
    PreventedRemoval = "prevented-removal": "An entry under `removed` names a resource that is declared with `preventDestroy`.",
    Protected = "protected": "An object of the system, of others or of the acting agent cannot be removed.",
    ReadsAlike = "reads-alike": "A tombstone names nothing, and reads as plans show an object that lies below another one.",
    ReferenceCycle = "reference-cycle": "References between declared resources run in a circle.",
    RefersToRemoved = "refers-to-removed": "A declared resource refers to one that is to be removed.",
    RefusedPlan = "refused-plan": "A saved plan was refused by guards when it was made.",
    RemovedAndDeclared = "removed-and-declared": "An entry under `removed` names the live object of a declared resource.",
    RenameOfDeclared = "rename-of-declared": "The old name of a resource belongs to another declared resource.",
    RenameOfNothing = "rename-of-nothing": "The old name of a resource is nobody's, while an object of its kind would be removed.",
    RenameToItself = "rename-to-itself": "The old name of a resource is the name that it has now.",
    Revision = "revision": "A revision of the project cannot be read from its repository.",
    RunUnderWay = "run-under-way": "Another run is under way and may change what was planned.",
    RunWasKilled = "run-was-killed": "An earlier run did not end in order.",
    SameSides = "same-sides": "Both sides of a comparison are the same.",
    SavedPlanRequired = "saved-plan-required": "The environment takes saved plans only.",
    ScopeMissing = "scope-missing": "The token lacks a scope that is needed.",
    ScopesUnknown = "scopes-unknown": "The server does not tell which scopes the token has.",
    SecretInFile = "secret-in-file": "A file that holds a text names a secret.",
    SecretMissing = "secret-missing": "A secret that the plan needs is not set.",
    SecretPrinted = "secret-printed": "An expression other than `${secret.…}` would print a secret.",
    ServerDecides = "server-decides": "A value does not match the pattern that is published for its field, and the server decides.",
    SeveralDocuments = "several-documents": "The project file does not hold exactly one YAML document.",
    SharedCredentials = "shared-credentials": "Two environments that are compared read the same credentials.",
    SharedOrganization = "shared-organization": "Two environments work in the same organization, each with a ledger of its own.",
    ShortSecret = "short-secret": "A secret is so short that it is not masked wherever it turns up.",
    ShortenedNumber = "shortened-number": "A spreadsheet has shortened a long number, such as `1.23E+17`, so that its digits are lost.",
    Simulated = "simulated": "A simulated environment needs no login.",
    SimulatorState = "simulator-state": "The saved state of a simulator cannot be used.",
    Skipped = "skipped": "Files are written where `skipFiles` leaves them out.",
    StalePlan = "stale-plan": "The saved plan is no longer what a new plan would be.",
    StillUsed = "still-used": "Rules of Zoho Desk use what the plan takes away.",
    StrangeWord = "strange-word": "A live object has a word in a field that deskform does not know.",
    StrayOverlay = "stray-overlay": "What lies beside overlays is listed by no environment, and would be a manifest of all.",
    SymbolicLink = "symbolic-link": "A path leads over a symbolic link, which is not followed.",
    Tag = "tag": "A YAML tag stands where tags mean nothing.",
    TakenBySystem = "taken-by-system": "An object of the system or of an extension would be taken over.",
    TemporaryName = "temporary-name": "A live object has the temporary name that a killed run gave it, and nobody knows what it was.",
    TooDeep = "too-deep": "The values of a file are nested too deep.",
    TooLong = "too-long": "A text is longer than its field allows.",
    TooMany = "too-many": "A list has more items than are allowed.",
    TooManyChanges = "too-many-changes": "The plan changes or removes more objects than a guard allows.",
    TooManyCustomFields = "too-many-custom-fields": "The plan would create more custom fields than the organization has room for.",
    TooManyFolders = "too-many-folders": "The folders of the project are nested too deep.",
    TooManyInUse = "too-many-in-use": "More of a kind would be in use than the organization may have.",
    TooManyWebhooks = "too-many-webhooks": "The organization would have more webhooks than it may have.",
    TooShallow = "too-shallow": "A key stands one level too shallow: it belongs below what stands above it.",
    TooShort = "too-short": "A text is shorter than its field allows.",
    TwoAddresses = "two-addresses": "Two declared resources are the same live object.",
    TwoCandidates = "two-candidates": "It is open which live object a resource is: the ledger, its name and past names do not agree.",
    TwoDefaults = "two-defaults": "Two resources are declared as the default where there is one.",
    TypographicQuote = "typographic-quote": "A value without quotes begins or ends with a typographic quote, which is a part of it.",
    UndefinedEnv = "undefined-env": "An expression uses an environment variable that is not set, or empty.",
    UndefinedVariable = "undefined-variable": "An expression uses a variable that the environment does not define.",
    UnknownCode = "unknown-code": "No problem has the code that was asked for.",
    UnknownCollection = "unknown-collection": "A manifest names a kind that does not exist.",
    UnknownColumn = "unknown-column": "A table's first line and `columns` do not name the same columns.",
    UnknownCustomField = "unknown-custom-field": "A key names a custom field that its module does not have.",
    UnknownEnvironment = "unknown-environment": "The project file has no environment of the given name.",
    UnknownField = "unknown-field": "A kind has no field of the given name.",
    UnknownKey = "unknown-key": "A map holds a key that is not known in its place.",
    UnknownKind = "unknown-kind": "No kind has the given name.",
    UnknownOrganization = "unknown-organization": "The token does not reach the organization.",
    UnknownPlaceholder = "unknown-placeholder": "A text holds a placeholder that Zoho Desk does not have for its module.",
    UnknownTarget = "unknown-target": "A target names a resource that the run does not know.",
    UnmanagedCollection = "unmanaged-collection": "A manifest declares a kind that can only be referred to.",
    UnquotedNumber = "unquoted-number": "A value without quotes would become another text than the one in the file.",
    Unreadable = "unreadable": "A file or folder of the project cannot be read.",
    UnresolvedReference = "unresolved-reference": "A reference names a resource that is not declared.",
    Usage = "usage": "The command line cannot be understood.",
    WordSecret = "word-secret": "A secret is a word that deskform itself uses, and is not masked wherever it turns up.",
    WrongDialect = "wrong-dialect": "The server speaks another dialect than the one that is stated.",
    WrongKind = "wrong-kind": "A reference names a resource of another kind than is wanted.",
    WrongModule = "wrong-module": "A custom field belongs to another module.",
    WrongType = "wrong-type": "A value has another type than is wanted.",
}

impl Code {
    /// Finds the code that has a text.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn texts_are_distinct_and_in_kebab_case() {
        for code in Code::ALL {
            let text = code.as_str();
            assert!(
                text.split('-').all(|word| {
                    !word.is_empty()
                        && word
                            .chars()
                            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                }),
                "{text}"
            );
            // The variant spells the text, so that a reader of either finds the other.
            let spelled: String = text.split('-').collect();
            assert_eq!(format!("{code:?}").to_lowercase(), spelled);
            assert_eq!(code.to_string(), text);
            assert_eq!(Code::find(text), Some(*code));
        }
        // Sorted and distinct: problems of one place are shown in the order of their codes.
        for pair in Code::ALL.windows(2) {
            assert!(pair[0].as_str() < pair[1].as_str(), "{pair:?}");
        }
        assert_eq!(Code::find("Unknown-Key"), None);
        assert_eq!(Code::find(""), None);
    }

    #[test]
    fn every_code_has_a_sentence_of_its_own() {
        let mut sentences: Vec<&str> = Code::ALL.iter().map(|code| code.sentence()).collect();
        for sentence in &sentences {
            assert!(
                sentence.starts_with(|c: char| c.is_uppercase()),
                "{sentence}"
            );
            assert!(sentence.ends_with('.'), "{sentence}");
            assert!(
                !sentence.contains(". "),
                "more than one sentence: {sentence}"
            );
            assert!(!sentence.contains(['\n', '"']), "{sentence}");
            assert!(sentence.split(' ').count() > 2, "{sentence}");
            assert_eq!(sentence.matches('`').count() % 2, 0, "{sentence}");
        }
        sentences.sort_unstable();
        for pair in sentences.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
    }
}
