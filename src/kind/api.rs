//! The endpoints of a kind in one dialect, and what is odd about them.

use serde_json::{Map, Value as Json};

use super::removal::Heir;
use super::rules::{Acting, KeepOne, Most, Placeholders, Quota, Sign, Uses};
use super::{KINDS, Kind, Questions, Removal};
use crate::api::Request;
use crate::dialect::Dialect;

/// The endpoints of a kind in one dialect; paths stand below `/api/v1`.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    /// How its objects are found.
    pub listing: Listing,
    /// Objects a listing page may hold; 0 means that the listing has no paging.
    pub page: u32,
    /// The last place that `from` of the listing may name, where that is known: a longer listing cannot be
    /// read.
    pub last: Option<u32>,
    /// The key under which an answer of the listing holds its objects; empty where the answer is the only
    /// object itself, and [`BARE`](crate::api::BARE) where it is the bare list.
    pub items: &'static str,
    /// How the listing nests objects in each other, where it is a tree.
    pub tree: Option<Tree>,
    /// The key that is null where an answer stands for nothing, of what a parent may have one of and need not.
    /// That there is no such thing says the same.
    pub blank: Option<&'static str>,
    /// Values of the listing's parameters that it may not take: nobody says for sure, and a refusal says that
    /// nothing is there.
    pub doubtful: &'static [(&'static str, &'static [&'static str])],
    /// The key under which answers carry an object's id.
    pub id: &'static str,
    /// The path of one object, with `{id}`; none where there is no such GET. Where there is one, only
    /// its answer proves an absence.
    pub item: Option<&'static str>,
    /// Whether the listing takes `fields=`.
    pub takes_fields: bool,
    /// How an object is found by its name without the listing.
    pub search: Option<Search>,
    /// Up to how many characters of a name the server is known to refuse a second object of it.
    pub unique: Option<u32>,
    /// How objects are created.
    pub create: Create,
    /// Fields that a creation must have in this dialect, besides the required ones.
    pub required_on_create: &'static [&'static str],
    /// The path of an update, with `{id}`; absent where there is none.
    pub update: Option<&'static str>,
    /// How an update is sent.
    pub change: Change,
    /// Calls that the items of a list have, where an update of the object does not say what becomes of
    /// those that it leaves out.
    pub item_calls: Option<&'static ItemCalls>,
    /// The writes whose answer is known not to show what was sent: each is read back.
    pub silent: &'static [Silent],
    /// Fields that every update sends again, since the server demands them.
    pub resend: &'static [&'static str],
    /// Flags of answers that no update takes and that its PUT switches off, each by its place in the answer, with
    /// what is lost.
    pub loses: &'static [(&'static str, &'static str)],
    /// How objects are removed.
    pub removal: Removal,
    /// Endpoints that switch an object on and off, where a PATCH cannot.
    pub switch: Option<SwitchApi>,
    /// Fields that an update of the object does not take, each with an endpoint of its own.
    pub apart: &'static [Apart],
    /// Endpoints of the items that stand inside of an object.
    pub inside: Option<Inside>,
    /// What a new object is laid over.
    pub standard: Option<Standard>,
    /// Whether live objects need a shape of their own before they are read.
    pub form: Form,
    /// Who must belong to a new object from the start.
    pub founders: Option<Founders>,
    /// Whether a creation has none of the effects that the kind names.
    pub creates_quietly: bool,
    /// How it is told which of the objects is acting.
    pub acting: Option<Acting>,
    /// Whether only the single object says when it was modified.
    pub dated_in_object: bool,
    /// How it is told how many more objects there is room for.
    pub quota: Option<Quota>,
    /// How it is told which placeholders its texts may hold.
    pub placeholders: Option<Placeholders>,
    /// How it is told what uses an object that goes.
    pub uses: Option<Uses>,
    /// How many objects an organization may have.
    pub most: &'static [Most],
    /// What a plan must leave one of.
    pub keep_one: &'static [KeepOne],
    /// Scopes, any one of each list.
    pub scopes: Scopes,
}

impl Api {
    /// Endpoints of which nothing is said.
    pub(super) const BLANK: Self = Self {
        listing: Listing::Mentioned,
        page: 100,
        last: None,
        items: "data",
        tree: None,
        blank: None,
        doubtful: &[],
        id: "id",
        item: None,
        takes_fields: false,
        search: None,
        unique: None,
        create: Create::Never,
        required_on_create: &[],
        update: None,
        change: Change::Patch,
        item_calls: None,
        silent: &[],
        resend: &[],
        loses: &[],
        removal: Removal::Never,
        switch: None,
        apart: &[],
        inside: None,
        standard: None,
        form: Form::Plain,
        founders: None,
        creates_quietly: false,
        acting: None,
        dated_in_object: false,
        quota: None,
        placeholders: None,
        uses: None,
        most: &[],
        keep_one: &[],
        scopes: Scopes {
            read: &[],
            create: &[],
            update: &[],
            delete: &[],
        },
    };

    /// Whether an update may replace the object, so that all that it takes is sent again, see
    /// [`Kind::resends`].
    #[must_use]
    pub const fn replaces(&self) -> bool {
        matches!(self.change, Change::Put | Change::Post)
    }

    /// Whether an answer stands for nothing.
    #[must_use]
    pub fn is_blank(&self, raw: &Map<String, Json>) -> bool {
        (self.blank).is_some_and(|key| raw.get(key).is_none_or(Json::is_null))
    }

    /// Whether a refusal of a listing says that nothing is there, see [`Api::doubtful`].
    #[must_use]
    pub fn may_not_take(&self, request: &Request) -> bool {
        request.query.iter().any(|(name, value)| {
            let mut doubtful = self.doubtful.iter();
            doubtful.any(|(param, values)| param == name && values.contains(&&**value))
        })
    }

    /// Tells how live objects form a resource, where one alone is none.
    #[must_use]
    pub const fn grouping(&self) -> Option<&'static Grouping> {
        match self.form {
            Form::Plain | Form::Ranked(_) => None,
            Form::Grouped(grouping) => Some(grouping),
        }
    }

    /// Tells whose order the one object of a listing is, where it is one.
    #[must_use]
    pub const fn ranking(&self) -> Option<&'static Ranking> {
        match self.form {
            Form::Plain | Form::Grouped(_) => None,
            Form::Ranked(ranking) => Some(ranking),
        }
    }
}

/// A listing whose objects stand in each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// The key under which an object holds those that lie directly below it.
    pub below: &'static str,
    /// The field that says below what an object lies. On top that is what the listing was asked for.
    pub parent: &'static str,
}

/// How the objects of a kind are found.
///
/// A path may hold a query and places for values: `{module}` is the text of that field, `{department}`
/// the id behind that reference, and `{layout.module}` the field `module` of what `layout` refers to.
/// `{parent.*}` is the id of the topmost parent, where others of the kind itself may stand between.
/// The fields in places are scopes: an object belongs to the listing that was asked for. Where only
/// what lies behind a field stands there, several values of it have one listing, whose objects tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// One listing holds them all.
    Whole(&'static str),
    /// There is a listing for each value of the scopes that its path names. The words are the known
    /// values of a scope that takes any text, for listing everything.
    Each(&'static str, &'static [&'static str]),
    /// No listing shows them: other answers mention their ids and names, see [`Kind::mentions`].
    Mentioned,
    /// They are no objects of the API: what is declared is held against the answers to questions.
    Asked(&'static Questions),
}

impl Listing {
    /// The path template of the listing, if there is one.
    #[must_use]
    pub const fn template(self) -> Option<&'static str> {
        match self {
            Self::Whole(template) | Self::Each(template, _) => Some(template),
            Self::Mentioned | Self::Asked(_) => None,
        }
    }

    /// The path of the listing without its query.
    #[must_use]
    pub fn path(self) -> &'static str {
        let template = self.template().unwrap_or_default();
        template.split('?').next().unwrap_or(template)
    }

    /// Whether the listing is made for each value of a scope.
    #[must_use]
    pub const fn is_scoped(self) -> bool {
        matches!(self, Self::Each(..))
    }
}

/// The kind of those who act: one of them is the one in whose name deskform works.
#[must_use]
pub fn acting() -> Option<&'static Kind> {
    let mut kinds = KINDS.iter().copied();
    kinds.find(|kind| kind.apis().any(|api| api.acting.is_some()))
}

/// The scopes of which any one lets a token ask who is acting, in words; empty where a dialect has no
/// such question.
#[must_use]
pub fn acting_scopes(dialect: Dialect) -> String {
    let acting = acting().and_then(|kind| kind.api(dialect)?.acting);
    let scopes = acting.iter().flat_map(|acting| acting.scopes);
    let ticked: Vec<String> = scopes.map(|scope| format!("`{scope}`")).collect();
    ticked.join(" or ")
}

/// How an object is found by its name without the listing.
///
/// A search may know a new object minutes later than everything else, and may find more than was asked
/// for: what it finds is looked at, and what it misses proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// The path.
    pub path: &'static str,
    /// The parameter that takes the name.
    pub by: &'static str,
    /// Hits on a page; 0 means that it takes no `limit`.
    pub page: u32,
    /// The last place that `from` may name.
    pub last: u32,
    /// The shortest text that it takes.
    pub shortest: usize,
    /// Characters with a meaning of their own: a name that has one cannot be searched.
    pub special: &'static [char],
    /// Scopes of which it needs any one besides those for reading.
    pub scopes: &'static [&'static str],
}

/// How objects are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// POST to this path.
    Post(&'static str),
    /// POST to a path that names an object of the kind, of which the new one is a copy at first.
    Clone {
        /// The path; `{cloneOf}` in it is the id behind the reference field `cloneOf`.
        path: &'static str,
        /// What the object shows that is copied where that field is left out.
        otherwise: &'static [Sign],
        /// The fields that go with the copy; all others follow in an update.
        sends: &'static [&'static str],
    },
    /// POST to this path where a declaration gives a field that only a person can make; a person has to
    /// create all others.
    PostWith {
        /// The path.
        path: &'static str,
        /// The field.
        needs: &'static str,
        /// Where a person creates what lacks it.
        otherwise: &'static str,
    },
    /// It comes with its parent, or with the organization: where none is seen, the update sends it.
    Update,
    /// A person has to, at the place that the text names.
    Manual(&'static str),
    /// Not at all: the kind can only be referred to.
    Never,
}

impl Create {
    /// Where a person has to create an object, if no request can; `gives` says whether it is declared with
    /// a field.
    #[must_use]
    pub fn by_hand(self, gives: impl FnOnce(&str) -> bool) -> Option<&'static str> {
        match self {
            Self::Manual(place) => Some(place),
            Self::PostWith {
                needs, otherwise, ..
            } => (!gives(needs)).then_some(otherwise),
            Self::Post(_) | Self::Clone { .. } | Self::Update | Self::Never => None,
        }
    }
}

/// How an update is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// PATCH: what it does not name stays.
    Patch,
    /// PUT: it may replace the object.
    Put,
    /// POST: what becomes of what it does not name is not said.
    Post,
    /// There is none: a person changes a live object, at the place that the text names, unless its
    /// declaration asks for a replacement.
    Manual(&'static str),
}

/// Calls that the items of a list have: one changes an item, one adds one. None takes one away: a PUT of
/// the whole object sends those that stay.
#[derive(Debug, PartialEq, Eq)]
pub struct ItemCalls {
    /// The field, a list by places.
    pub field: &'static str,
    /// The key under which an item shows its id.
    pub id: &'static str,
    /// The path of the PUT that replaces one item, with `{id}` and `{item}`.
    pub change: &'static str,
    /// The path of the POST that adds one at the end, with `{id}`.
    pub add: &'static str,
}

/// Who must belong to a new object from the start, since the API makes none without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Founders {
    /// The kind of those who belong to it. One of them is acting.
    pub of: &'static str,
    /// Their field that lists to what they belong.
    pub field: &'static str,
    /// The key under which a creation names them.
    pub key: &'static str,
    /// The POST path with `{id}` that takes one of them out again.
    pub leave: &'static str,
    /// The key under which that one is named then.
    pub leave_key: &'static str,
}

/// A write whose answer does not show what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silent {
    /// The creation.
    Create,
    /// The update.
    Update,
}

/// Endpoints that switch an object on and off.
#[derive(Debug, Clone, Copy)]
pub struct SwitchApi {
    /// POST path with `{id}` that switches on.
    pub on: &'static str,
    /// POST path with `{id}` that switches off.
    pub off: &'static str,
    /// The keys of that body, each with who takes over what hangs on the object; most need none.
    pub heirs: &'static [(&'static str, Heir)],
}

/// A field that an update of its object does not take: it has a PATCH of its own, or a POST for each entry,
/// which does not show the object. Where no answer of the object shows the field either, see
/// [`Shown::Apart`](super::Shown), the GET is made for each object of which it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// The field.
    pub field: &'static str,
    /// The path with `{id}` of the PATCH, whose body has the field alone, and of a GET that lists it.
    pub path: &'static str,
    /// The key under which listings of objects show what that GET lists, or would.
    pub shown: &'static str,
    /// Whether it is a map from resources to words whose every entry has a POST of its own: the path has
    /// places for the id behind the key, `{key}`, and for the word, `{value}`. There is no GET then.
    pub each: bool,
}

/// Endpoints of the items that stand in lists inside of an object, such as the fields of a layout's
/// sections. In paths `{item}` is the id of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// The field that holds the lists; its map is [`super::Listed`] with `once`.
    pub field: &'static str,
    /// What an item is called in a sentence.
    pub item: &'static str,
    /// The PATCH path of one item, which takes any of these leaves, none of them as null.
    pub change: (&'static str, &'static [&'static str]),
    /// The POST path without a body that takes an item out.
    pub leave: &'static str,
    /// The signs of an item that cannot be taken out.
    pub stays: &'static [Sign],
    /// How records get other values where an item loses some of its own.
    pub replace: Replace,
    /// The wire names of the items of whose values one at a time may come or go.
    pub one_at_a_time: &'static [&'static str],
}

/// A POST that gives the records with one value another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replace {
    /// Its path with `{id}`.
    pub path: &'static str,
    /// The leaf of the values.
    pub leaf: &'static str,
    /// The key of the item's id.
    pub item: &'static str,
    /// The key of the value that records have.
    pub old: &'static str,
    /// The key of the value that they get.
    pub new: &'static str,
}

/// What a new object is laid over: a GET shows what one has that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standard {
    /// The path of the GET, with places for words of the new object.
    pub path: &'static str,
    /// The field whose value it shows, under the key of listings.
    pub field: &'static str,
}

/// Whether live objects need a shape of their own before they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One live object is one resource.
    Plain,
    /// Several live objects form one resource.
    Grouped(&'static Grouping),
    /// All objects of a listing form one resource: the order in which they are.
    Ranked(&'static Ranking),
}

/// The order among siblings, which is sent as one list of all of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Ranking {
    /// The kind of the siblings.
    pub of: &'static str,
    /// The key under which each shows its id.
    pub id: &'static str,
    /// The key under which each shows the number by which they are in order.
    pub by: &'static str,
    /// The way from a sibling to what all of them lie below, such as `skillType.department`, and the field
    /// of the order that names it; none where they are all there are.
    pub below: Option<(&'static str, &'static str)>,
    /// Most siblings that a request takes; 0 means that no limit is known.
    pub most: usize,
}

/// Live objects of which those with one value form one resource, as its parts.
#[derive(Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The field whose value the parts share, under the same key in each: it is the identity.
    pub by: &'static str,
    /// The field that says which parts there are.
    pub parts: &'static str,
    /// What a part is called in a sentence.
    pub singular: &'static str,
    /// What an entry of that field is called in a sentence, and in the label of its place.
    pub entry: (&'static str, &'static str),
    /// The key under which a part says which one it is.
    pub part: &'static str,
    /// The key under which a part says whether it is in use.
    pub switch: &'static str,
    /// What a new part is sent besides.
    pub besides: (&'static str, &'static [&'static str]),
    /// The names of parts beside the keys of the field, with the one word for which a name stands
    /// where it stands for part of a key's meaning.
    pub names: &'static [(&'static str, &'static str, Option<&'static str>)],
    /// Where such words stand below a key of the field.
    pub words: &'static str,
    /// What can be written, for those who wrote something else.
    pub help: &'static str,
    /// What a resource leaves that moves, completing "it leaves …", and the label of the old place.
    pub left: (&'static str, &'static str),
    /// What is wrong with a name that is not what the parts share, and what to do about it.
    pub no_name: (&'static str, &'static str),
}

/// Scopes of a kind's operations; any one of each list is enough.
#[derive(Debug, Clone, Copy)]
pub struct Scopes {
    /// For listing and reading.
    pub read: &'static [&'static str],
    /// For creating.
    pub create: &'static [&'static str],
    /// For updating, switching and associating.
    pub update: &'static [&'static str],
    /// For removing.
    pub delete: &'static [&'static str],
}
