//! Writes of steps as values: each carries its endpoint and what it sends, chosen once from the table.
//!
//! The line that a plan shows and the request that goes out are two views of that value. It is made
//! when the plan is made: what the table has no endpoint for is refused there.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::api::{Method, Request, template};
use crate::codec::{EncodeError, Ids, Part, encode, is_nothing, listed, plain};
use crate::dialect::Dialect;
use crate::kind::removal::{Heir, RemovalPolicy};
use crate::kind::{
    Apart, Api, Change, Field, Founders, ItemCalls, Kind, Removal, Shape, Silent, Switch,
    SwitchApi, Wire,
};
use crate::ledger::journal::Effect;
use crate::live::LiveObject;
use crate::live::grouped::NewPart;
use crate::live::marks::shows;
use crate::state::{Address, Body, FieldPath, Leaves, Reference, Value};

/// One write of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// What it does.
    pub act: Act,
    /// Its method.
    pub method: Method,
    /// Its path, with places such as `{id}`.
    pub path: &'static str,
    /// The id of the object that it is about; none where that is the resource's own, which may not be
    /// known before it is sent.
    pub id: Option<Box<str>>,
    /// What its body holds.
    pub sends: Sends,
    /// Whether its answer is known not to show what was sent, so that it is read back.
    pub silent: bool,
    /// What few writes have.
    pub besides: Option<Box<Besides>>,
}

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Makes the object.
    Create,
    /// Changes fields of it.
    Update,
    /// Switches it on or off.
    Switch(bool),
    /// Takes it out of use.
    Disable,
    /// Removes it.
    Delete,
    /// Makes one part of a resource that several objects form.
    AddPart,
    /// Removes one such part.
    RemovePart,
    /// Takes a temporary member out.
    Leave,
}

/// What the body of a write holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sends {
    /// There is no body.
    Nothing,
    /// Nothing but the values of [`Besides::values`].
    Values,
    /// Every field that goes with a creation.
    Whole,
    /// What stands at these paths.
    Paths(Box<[FieldPath]>),
}

/// What few writes have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Besides {
    /// Values that are no field's, by their key in the body. Where all items of a list are sent, they are those of
    /// the other fields, and encoded as such.
    pub values: Vec<(&'static str, Value)>,
    /// Which part is made, in its own words.
    pub part: Option<Box<str>>,
    /// Who is made a member for a time so that the object can be created, by id.
    pub temporary_member: Option<Box<str>>,
    /// What the write costs in credits (openapi), where that is not 1.
    pub credits: Option<usize>,
    /// The id of the item inside of the object that it is about.
    pub item: Option<Box<str>>,
    /// What the values stand for, where they are those of a field.
    pub about: Box<[FieldPath]>,
    /// What it is to the items of a list that have calls of their own.
    pub items: Option<OfItems>,
}

/// What a write is to the items of a list that have calls of their own, see [`ItemCalls`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfItems {
    /// It replaces the one that the write names by its id, which stands at the place that it names.
    Change,
    /// It adds the one at that place.
    Add,
    /// It sends all of them, each with its id under this key where it has one.
    All(&'static str, Vec<Option<Box<str>>>),
}

/// What moving one record to the recycle bin costs, in credits.
///
/// Source: the price table of API credits: a bulk deletion 6 a record.
const TRASH_CREDITS: usize = 6;

/// What an operation is built from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The kind.
    pub kind: &'static Kind,
    /// The dialect.
    pub dialect: Dialect,
    /// The resource.
    pub address: &'a Address,
    /// All its compared fields as wanted.
    pub body: &'a Body,
    /// The fields and leaves that the manifests name.
    pub named: &'a Body,
}

impl Op {
    const fn new(act: Act, method: Method, path: &'static str, sends: Sends) -> Self {
        Self {
            act,
            method,
            path,
            id: None,
            sends,
            silent: false,
            besides: None,
        }
    }

    /// Makes an object from every field that goes with a creation.
    #[must_use]
    pub const fn create(path: &'static str) -> Self {
        Self::new(Act::Create, Method::Post, path, Sends::Whole)
    }

    /// Sends every field that goes with a creation by the update; none where the table has none.
    #[must_use]
    pub fn create_by_update(api: &Api) -> Option<Self> {
        let path = api.update?;
        Some(Self::new(Act::Create, changing(api), path, Sends::Whole))
    }

    /// Makes an object as a copy of the one that the path names, with these fields.
    #[must_use]
    pub fn copy(path: &'static str, fields: &[&'static str]) -> Self {
        Self::new(
            Act::Create,
            Method::Post,
            path,
            Sends::Paths(fields.iter().map(|field| FieldPath::of(field)).collect()),
        )
    }

    /// Changes what stands at some paths: by the update, and by endpoints of their own for fields that have
    /// one; none where it takes an update and the table has none.
    #[must_use]
    pub fn updates(api: &Api, paths: &[FieldPath], wanted: &Body) -> Option<Vec<Self>> {
        let is_apart = |path: &FieldPath| api.apart.iter().any(|apart| apart.field == path.field);
        let together = paths.iter().filter(|path| !is_apart(path));
        let together: Vec<FieldPath> = together.cloned().collect();
        let mut ops = Vec::new();
        if !together.is_empty() {
            ops.push(Self::update(api, &together)?);
        }
        for apart in api.apart {
            let own = paths.iter().filter(|path| path.field == apart.field);
            let own: Vec<FieldPath> = own.cloned().collect();
            if apart.each {
                ops.extend(entries(&own, wanted).map(|path| {
                    let sends = Sends::Paths([path].into());
                    Self::new(Act::Update, Method::Post, apart.path, sends)
                }));
            } else if !own.is_empty() {
                let sends = Sends::Paths(own.into());
                ops.push(Self::new(Act::Update, Method::Patch, apart.path, sends));
            }
        }
        Some(ops)
    }

    /// Changes something of an item inside of an object: sends these values, which stand for what is at
    /// some paths.
    #[must_use]
    pub fn inside(
        (method, path): (Method, &'static str),
        item: &str,
        values: Vec<(&'static str, Value)>,
        about: Vec<FieldPath>,
    ) -> Self {
        let sends = if values.is_empty() {
            Sends::Nothing
        } else {
            Sends::Values
        };
        let mut op = Self::new(Act::Update, method, path, sends);
        let besides = op.besides();
        besides.values = values;
        besides.item = Some(item.into());
        besides.about = about.into();
        op
    }

    /// Changes what stands at some paths; none where the table has no update.
    #[must_use]
    pub fn update(api: &Api, paths: &[FieldPath]) -> Option<Self> {
        let method = changing(api);
        let sends = Sends::Paths(paths.into());
        Some(Self::new(Act::Update, method, api.update?, sends))
    }

    /// Replaces one item of a list, or adds it where it has no id yet.
    #[must_use]
    pub fn item(calls: &ItemCalls, place: usize, id: Option<&str>) -> Self {
        let path = FieldPath::of(calls.field).child(&place.to_string());
        let sends = Sends::Paths([path].into());
        let (method, path, items) = match id {
            Some(_) => (Method::Put, calls.change, OfItems::Change),
            None => (Method::Post, calls.add, OfItems::Add),
        };
        let mut op = Self::new(Act::Update, method, path, sends);
        // The answer shows the item alone.
        op.silent = true;
        let besides = op.besides();
        besides.items = Some(items);
        besides.item = id.map(Into::into);
        op
    }

    /// Sends the whole object with those items of a list that stay; none where the table has no update.
    #[must_use]
    pub fn all_items(api: &Api, calls: &ItemCalls, ids: Vec<Option<Box<str>>>) -> Option<Self> {
        let sends = Sends::Paths([FieldPath::of(calls.field)].into());
        let mut op = Self::new(Act::Update, Method::Put, api.update?, sends);
        op.silent = true;
        op.besides().items = Some(OfItems::All(calls.id, ids));
        Some(op)
    }

    /// The other way to send what the server has taken and not carried out, where there is one: a PATCH
    /// of the same items.
    #[must_use]
    pub fn otherwise(&self) -> Option<Self> {
        let items @ OfItems::All(..) = self.items()? else {
            return None;
        };
        if self.method != Method::Put {
            return None;
        }
        let mut op = Self::new(self.act, Method::Patch, self.path, self.sends.clone());
        op.silent = true;
        op.besides().items = Some(items.clone());
        Some(op)
    }

    fn items(&self) -> Option<&OfItems> {
        self.besides.as_ref()?.items.as_ref()
    }

    /// Switches an object on or off.
    #[must_use]
    pub const fn switch(api: SwitchApi, on: bool) -> Self {
        let (path, sends) = if on {
            (api.on, Sends::Nothing)
        } else {
            (api.off, Sends::Values)
        };
        Self::new(Act::Switch(on), Method::Post, path, sends)
    }

    /// Takes a temporary member out of an object.
    #[must_use]
    pub fn leave(founders: Founders, member: &str) -> Self {
        Self::new(Act::Leave, Method::Post, founders.leave, Sends::Values)
            .value(founders.leave_key, ids(&[member]))
    }

    /// Makes one part of a resource that several objects form.
    #[must_use]
    pub fn add_part(path: &'static str, part: NewPart) -> Self {
        let mut op = Self::new(Act::AddPart, Method::Post, path, Sends::Values);
        let besides = op.besides();
        besides.values = part.values;
        besides.part = Some(part.identity.into());
        op
    }

    /// Turns a removal of an object into that of a part of it.
    #[must_use]
    pub(super) fn of_part(mut self, id: &str) -> Self {
        self.act = Act::RemovePart;
        self.id = Some(id.into());
        self
    }

    fn about(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    fn besides(&mut self) -> &mut Besides {
        self.besides.get_or_insert_default()
    }

    /// Adds a value that is no field's.
    pub(super) fn value(mut self, key: &'static str, value: Value) -> Self {
        self.besides().values.push((key, value));
        self
    }

    /// Says who is made a member for a time.
    pub(super) fn with_temporary_member(mut self, id: &str) -> Self {
        self.besides().temporary_member = Some(id.into());
        self
    }

    /// Names the one who is made a member for a time.
    #[must_use]
    pub fn temporary_member(&self) -> Option<&str> {
        self.besides.as_ref()?.temporary_member.as_deref()
    }

    /// Names the part that the write makes.
    #[must_use]
    pub fn part(&self) -> Option<&str> {
        self.besides.as_ref()?.part.as_deref()
    }

    /// Lists the values that are no field's, by their key in the body.
    #[must_use]
    pub fn values(&self) -> &[(&'static str, Value)] {
        self.besides.as_ref().map_or(&[], |besides| &besides.values)
    }

    /// Whether the write makes an object.
    #[must_use]
    pub const fn creates(&self) -> bool {
        matches!(self.act, Act::Create | Act::AddPart)
    }

    /// Whether the write carries a field.
    #[must_use]
    pub fn sends(&self, field: &Field, dialect: Dialect) -> bool {
        match &self.sends {
            Sends::Whole => field.wire(dialect).goes_with_creation(),
            Sends::Paths(_) => self.names(field.name),
            Sends::Nothing | Sends::Values => {
                let mut about = self.stands_for().iter();
                about.any(|path| path.field == field.name)
            }
        }
    }

    /// What the values stand for, where they are those of a field.
    #[must_use]
    pub fn stands_for(&self) -> &[FieldPath] {
        self.besides.as_ref().map_or(&[], |besides| &besides.about)
    }

    /// Whether the write carries what stands at a path.
    #[must_use]
    pub fn sends_at(&self, path: &FieldPath) -> bool {
        let paths = match &self.sends {
            Sends::Whole => return true,
            Sends::Paths(paths) => &**paths,
            Sends::Nothing | Sends::Values => self.stands_for(),
        };
        paths.iter().any(|sent| {
            let mut below = sent.below.iter().zip(&path.below);
            sent.field == path.field && below.all(|(one, other)| one == other)
        })
    }

    /// Whether the write carries a field that it names itself.
    #[must_use]
    pub fn names(&self, field: &str) -> bool {
        matches!(&self.sends, Sends::Paths(paths) if paths.iter().any(|path| path.field == field))
    }

    /// The ways down from a field to what is sent of it.
    fn ways(&self, field: &str) -> Vec<&[Arc<str>]> {
        let Sends::Paths(paths) = &self.sends else {
            return Vec::new();
        };
        let of_field = paths.iter().filter(|path| path.field == field);
        of_field.map(|path| &*path.below).collect()
    }

    /// Says whether the table knows its answer not to show what was sent.
    #[must_use]
    pub fn as_shown_by(mut self, api: &Api) -> Self {
        self.silent |= match self.act {
            Act::Create | Act::AddPart => api.silent.contains(&Silent::Create),
            Act::Update => {
                let is_whole = Some(self.path) == api.update;
                !is_whole || api.silent.contains(&Silent::Update)
            }
            _ => false,
        };
        self
    }

    /// What the write is to what a run keeps.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        match self.act {
            Act::AddPart => Effect::Part,
            Act::Leave => Effect::Leave,
            _ => Effect::Whole,
        }
    }

    /// What the write costs in the `openapi` dialect, in credits.
    ///
    /// Source: the price table of API credits: a write of one record 1.
    #[must_use]
    pub fn credits(&self) -> usize {
        let credits = self.besides.as_ref().and_then(|besides| besides.credits);
        credits.unwrap_or(1)
    }

    /// The request's verb and path, without the work of building its body.
    ///
    /// # Errors
    /// [`EncodeError`] when an id is missing that stands in the path.
    pub fn line(
        &self,
        context: &Context<'_>,
        ids: &dyn Ids,
    ) -> Result<(Method, Cow<'static, str>), EncodeError> {
        if !self.path.contains('{') {
            return Ok((self.method, Cow::Borrowed(self.path)));
        }
        let value = |place: &str| match place {
            "id" => match &self.id {
                Some(id) => Some(id.to_string()),
                None => ids.id(context.address),
            },
            "item" => {
                let besides = self.besides.as_ref()?;
                besides.item.as_deref().map(str::to_owned)
            }
            "key" => {
                let (field, key, _) = self.entry(context)?;
                let target = field.shape.keyed_by()?;
                ids.id_of_key(&target, key)
            }
            "value" => {
                let (_, _, value) = self.entry(context)?;
                value.as_word().map(str::to_owned)
            }
            field => match context.body.get(field)? {
                Value::Reference(Reference::To(address)) => ids.id(address),
                Value::Reference(Reference::Id { id, .. }) => Some(id.to_string()),
                value => value.as_text().map(str::to_owned),
            },
        };
        let path = template::fill(self.path, &value)
            .ok_or_else(|| EncodeError::UnknownId(context.address.clone()))?;
        Ok((self.method, path.into()))
    }

    /// The entry of a map that its path is about, where the path is about one.
    fn entry<'c>(&self, context: &Context<'c>) -> Option<(&'static Field, &str, &'c Value)> {
        let api = context.kind.api(context.dialect)?;
        let is_own = |apart: &&Apart| apart.each && apart.path == self.path;
        let field = context.kind.field(api.apart.iter().find(is_own)?.field)?;
        let (Sends::Paths(paths), Some(Value::Map(map))) =
            (&self.sends, context.body.get(field.name))
        else {
            return None;
        };
        let key = paths.first()?.below.first()?;
        Some((field, key, map.get(key)?))
    }

    /// Whether it adds one item to a list whose items have calls of their own.
    pub(crate) fn adds_an_item(&self) -> bool {
        self.items() == Some(&OfItems::Add)
    }

    /// Whether it makes items inside of an object that is there: sent twice, they may be there twice.
    fn makes_items(&self, context: &Context<'_>) -> bool {
        let makes = |field: &&Field| {
            let value = context.body.get(field.name);
            self.sends(field, context.dialect)
                && value.is_some_and(|value| listed::makes(&field.shape, value))
        };
        self.adds_an_item()
            || !self.creates() && context.kind.fields.iter().any(|field| makes(&field))
    }

    /// Builds the request.
    ///
    /// # Errors
    /// [`EncodeError`] when an id or a secret is missing.
    pub fn request(&self, context: &Context<'_>, ids: &dyn Ids) -> Result<Request, EncodeError> {
        let (method, line) = self.line(context, ids)?;
        let mut request = Request::of_line(method, &line);
        if self.makes_items(context) {
            request = request.once();
        } else if !self.creates() {
            // What is done already is not done twice by a repetition.
            request = request.repeatable();
        }
        if let Some(OfItems::Change | OfItems::Add) = self.items() {
            return Ok(request.body(self.one_item(context, ids)?));
        }
        if self.sends == Sends::Nothing || self.entry(context).is_some() {
            return Ok(request);
        }
        let mut object = Map::new();
        let api = context.kind.api(context.dialect);
        let is_update = api.and_then(|api| api.update) == Some(self.path);
        let fields = if self.sends == Sends::Values && !is_update {
            &[]
        } else {
            context.kind.fields
        };
        for field in fields {
            let Some(value) = context.body.get(field.name) else {
                continue;
            };
            let sends = self.sends(field, context.dialect);
            let encoded = match (field.wire(context.dialect), self.act) {
                (Wire::Query(name), Act::Create) if sends => {
                    let sent = encode(field, context.dialect, value, Part::All, ids)?;
                    request = request.query(*name, sent.as_str().unwrap_or_default());
                    continue;
                }
                (Wire::Sent { .. }, Act::Create) if sends => {
                    let sent = without_nulls(field, value);
                    let is_demanded = field.default_on_create == Some(Switch::Empty);
                    if sent.is_null() && (value.is_null() || !is_demanded) {
                        continue;
                    }
                    encode(field, context.dialect, &sent, Part::All, ids)?
                }
                (Wire::Sent { .. }, Act::Update)
                    if sends || (is_update && is_resent(field, value, context)) =>
                {
                    let ways = self.ways(field.name);
                    let part = if ways.is_empty() {
                        Part::All
                    } else {
                        Part::Leaves(&ways)
                    };
                    encode(field, context.dialect, value, part, ids)?
                }
                _ => continue,
            };
            if let Wire::Sent { name, .. } = field.wire(context.dialect) {
                object.insert((*name).to_owned(), encoded);
            }
        }
        for (key, value) in self.values() {
            let encoded = match self.field_of(key, context) {
                Some(field) => encode(field, context.dialect, value, Part::All, ids)?,
                None => plain(value, ids)?,
            };
            object.insert((*key).to_owned(), encoded);
        }
        if let (Some(OfItems::All(key, known)), Sends::Paths(paths)) = (self.items(), &self.sends) {
            let fields = paths
                .iter()
                .filter_map(|path| context.kind.field(path.field));
            let names = fields.filter_map(|field| match field.wire(context.dialect) {
                Wire::Sent { name, .. } => Some(*name),
                _ => None,
            });
            for name in names {
                let items = object.get_mut(name).and_then(Json::as_array_mut);
                for (item, id) in items.into_iter().flatten().zip(known) {
                    if let (Some(item), Some(id)) = (item.as_object_mut(), id) {
                        item.insert((*key).to_owned(), Json::from(&**id));
                    }
                }
            }
        }
        Ok(request.body(Json::Object(object)))
    }

    /// The field whose value goes besides under a key. Only a write of all items of a list has such values.
    fn field_of(&self, key: &str, context: &Context<'_>) -> Option<&'static Field> {
        let Some(OfItems::All(..)) = self.items() else {
            return None;
        };
        let mut fields = context.kind.fields.iter();
        fields.find(
            |field| matches!(field.wire(context.dialect), Wire::Sent { name, .. } if *name == key),
        )
    }

    /// The body of a write that is about one item of a list.
    fn one_item(&self, context: &Context<'_>, ids: &dyn Ids) -> Result<Json, EncodeError> {
        let Sends::Paths(paths) = &self.sends else {
            return Ok(Json::Null);
        };
        let item = paths.iter().find_map(|path| {
            let Shape::Keyed(keyed) = context.kind.field(path.field)?.shape else {
                return None;
            };
            let Value::Map(items) = context.body.get(path.field)? else {
                return None;
            };
            Some((keyed.value, items.get(path.below.first()?)?))
        });
        match item {
            Some((field, value)) => encode(field, context.dialect, value, Part::All, ids),
            None => Ok(Json::Null),
        }
    }
}

/// The ways to the entries of a map that stand at some paths, each once.
fn entries<'b>(paths: &'b [FieldPath], wanted: &'b Body) -> impl Iterator<Item = FieldPath> + 'b {
    let all = paths.iter().flat_map(|path| match wanted.get(path.field) {
        Some(Value::Map(map)) if path.below.is_empty() => {
            map.keys().map(|key| path.child(key)).collect()
        }
        _ => vec![path.clone()],
    });
    let mut told = BTreeSet::new();
    all.filter(move |path| told.insert(path.clone()))
}

/// The method of an update.
const fn changing(api: &Api) -> Method {
    match api.change {
        // Without an update there is no method to choose.
        Change::Patch | Change::Manual(_) => Method::Patch,
        Change::Put => Method::Put,
        Change::Post => Method::Post,
    }
}

/// Ids in a list.
fn ids(ids: &[&str]) -> Value {
    Value::List(ids.iter().map(|id| Value::text(id)).collect())
}

/// Whether every update sends a field again. What is not there is not sent, but for a list in a PUT: a
/// list that is left out may stay as it is.
fn is_resent(field: &Field, value: &Value, context: &Context<'_>) -> bool {
    let replaces = (context.kind.api(context.dialect)).is_some_and(Api::replaces);
    let may_be_empty = replaces && matches!(field.shape, Shape::References(_));
    (!is_nothing(value) || may_be_empty)
        && context.kind.resends(field, context.dialect)
        && is_whole(&field.shape, value)
}

/// Whether a map has all that requests demand of it. What manifests name has; what is live may not, and the
/// server would refuse it.
pub(super) fn is_whole(shape: &Shape, value: &Value) -> bool {
    let (Shape::Map(map), Value::Map(leaves)) = (shape, value) else {
        return true;
    };
    map.fields.iter().all(|leaf| match leaves.get(leaf.name) {
        None | Some(Value::Null) => !leaf.required,
        Some(value) => is_whole(&leaf.shape, value),
    })
}

/// Null is left out of a creation; so are empty lists and maps, but for a map of which the API demands
/// keys that say nothing.
fn without_nulls(field: &Field, value: &Value) -> Value {
    let has_keys = match field.shape {
        Shape::Map(map) => map.fields.iter().any(|leaf| leaf.sent_empty),
        _ => false,
    };
    match value {
        Value::Map(map) => {
            let map: Leaves = map
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, value.clone()))
                .collect();
            if map.is_empty() && !has_keys {
                Value::Null
            } else {
                Value::Map(map)
            }
        }
        Value::List(list) if list.is_empty() => Value::Null,
        value => value.clone(),
    }
}

/// How one object is removed, by the table and by what the object shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// It is taken out of use.
    Disable(Op),
    /// It is deleted.
    Delete(Op),
    /// It is deleted once it is known who takes over, whose id goes under a key.
    Transfer {
        op: Op,
        heirs: &'static [(&'static str, Heir)],
    },
    /// A person has to, at the place that the text names.
    Manual(&'static str),
    /// The API has no way.
    None,
}

/// Reads from the table how an object is removed; no way is made up.
pub(super) fn way(removal: Removal, policy: Option<RemovalPolicy>, object: &LiveObject) -> Way {
    let post = |act, path, sends| Op::new(act, Method::Post, path, sends).about(&object.id);
    let several = |path, key| post(Act::Delete, path, Sends::Values).value(key, ids(&[&object.id]));
    match removal {
        Removal::Delete(path) => {
            let op = Op::new(Act::Delete, Method::Delete, path, Sends::Nothing);
            Way::Delete(op.about(&object.id))
        }
        Removal::Trash(path, key) => {
            let mut op = several(path, key);
            op.besides().credits = Some(TRASH_CREDITS);
            Way::Delete(op)
        }
        Removal::Bulk(path, key) => Way::Delete(several(path, key)),
        Removal::Transfer {
            path,
            deletes,
            heirs,
        } => {
            let mut op = post(Act::Delete, path, Sends::Values);
            if deletes {
                op.method = Method::Delete;
            }
            Way::Transfer { op, heirs }
        }
        Removal::Disable { path, body } => {
            let sends = if body { Sends::Values } else { Sends::Nothing };
            Way::Disable(post(Act::Disable, path, sends))
        }
        Removal::DisableByPatch { path, field, word } => {
            let op = Op::new(Act::Disable, Method::Patch, path, Sends::Values);
            Way::Disable(op.about(&object.id).value(field, Value::text(word)))
        }
        Removal::Manual(place) => Way::Manual(place),
        Removal::Never => Way::None,
        Removal::Chosen { .. } => way(removal.chosen(policy), policy, object),
        Removal::By {
            sign,
            with,
            without,
        } => {
            let removal = if shows(&object.raw, &sign) {
                *with
            } else {
                *without
            };
            way(removal, policy, object)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::KINDS;
    use crate::live::Live;

    fn object(kind: &'static Kind, raw: &Json) -> LiveObject {
        LiveObject {
            kind,
            id: "7".to_owned(),
            raw: raw.as_object().cloned().unwrap_or_default(),
            parts: Vec::new(),
        }
    }

    /// The request of a write that is about no field; what the object lies below has the id 9.
    fn sent(op: &Op, kind: &'static Kind) -> Request {
        let parents = crate::kind::scopes(kind).filter_map(|field| {
            let collection = field.shape.target()?.collection;
            let id = "9".into();
            Some((
                field.name,
                Value::Reference(Reference::Id { collection, id }),
            ))
        });
        let context = Context {
            kind,
            dialect: Dialect::Openapi,
            address: &Address::new(kind.collection, "a"),
            body: &parents.collect(),
            named: &Body::default(),
        };
        op.request(&context, &Live::new(Dialect::Openapi)).unwrap()
    }

    /// The paths that stand in a table.
    fn paths(removal: &Removal) -> Vec<&'static str> {
        match removal {
            Removal::Delete(path)
            | Removal::Trash(path, _)
            | Removal::Bulk(path, _)
            | Removal::Disable { path, .. }
            | Removal::DisableByPatch { path, .. }
            | Removal::Transfer { path, .. } => vec![path],
            Removal::Chosen { ways, .. } => ways.iter().flat_map(|(_, way)| paths(way)).collect(),
            Removal::By { with, without, .. } => [paths(with), paths(without)].concat(),
            Removal::Manual(_) | Removal::Never => Vec::new(),
        }
    }

    #[test]
    fn every_path_of_a_removal_stands_in_the_table() {
        for kind in KINDS {
            for api in [&kind.openapi, &kind.guide].into_iter().flatten() {
                let known: Vec<String> = paths(&api.removal)
                    .into_iter()
                    .filter_map(|path| {
                        let id =
                            |place: &str| Some(if place == "id" { "7" } else { "9" }.to_owned());
                        template::fill(path, &id)
                    })
                    .collect();
                for policy in [
                    None,
                    Some(RemovalPolicy::Deactivate),
                    Some(RemovalPolicy::Delete),
                ] {
                    for raw in [json!({}), json!({"isConfirmed": false})] {
                        let op = match way(api.removal, policy, &object(kind, &raw)) {
                            Way::Delete(op) | Way::Disable(op) => op,
                            Way::Transfer { op, heirs } => heirs
                                .iter()
                                .fold(op, |op, (key, _)| op.value(key, Value::text("8"))),
                            Way::Manual(_) | Way::None => continue,
                        };
                        let request = sent(&op, kind);
                        assert!(known.contains(&request.path), "{request:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_agent_is_removed_as_the_policy_and_the_invitation_say() {
        let kind = crate::kind::find("agents").unwrap();
        let told = |dialect, policy, raw: Json| {
            let removal = kind.api(dialect).unwrap().removal;
            let (Way::Delete(op) | Way::Disable(op)) = way(removal, policy, &object(kind, &raw))
            else {
                panic!("{removal:?}");
            };
            let request = sent(&op, kind);
            format!("{:?} {}", request.method, request.path)
        };
        let delete = Some(RemovalPolicy::Delete);
        for (dialect, policy, raw, wanted) in [
            (
                Dialect::Openapi,
                None,
                json!({}),
                "Post /agents/7/deactivate",
            ),
            (
                Dialect::Openapi,
                Some(RemovalPolicy::Deactivate),
                json!({}),
                "Post /agents/7/deactivate",
            ),
            (
                Dialect::Openapi,
                delete,
                json!({"isConfirmed": true}),
                "Delete /agents/7",
            ),
            (Dialect::Openapi, delete, json!({}), "Delete /agents/7"),
            (
                Dialect::Openapi,
                delete,
                json!({"isConfirmed": "false"}),
                "Post /agents/deleteUnconfirmed",
            ),
            (Dialect::Guide, None, json!({}), "Patch /agents/7"),
            (
                Dialect::Guide,
                delete,
                json!({"isConfirmed": false}),
                "Delete /agents/7",
            ),
        ] {
            assert_eq!(told(dialect, policy, raw), wanted);
        }
    }

    #[test]
    fn a_write_takes_little_room() {
        // A plan for a new organization holds 100,000.
        assert!(size_of::<Op>() <= 80, "{}", size_of::<Op>());
    }

    #[test]
    fn a_way_that_the_table_lacks_is_not_made_up() {
        let kind = crate::kind::find("agents").unwrap();
        for removal in [Removal::Never, Removal::Chosen { doc: "", ways: &[] }] {
            assert_eq!(way(removal, None, &object(kind, &json!({}))), Way::None);
        }
    }
}
