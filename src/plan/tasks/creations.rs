//! Creations: by the endpoint that the table has, with an update of what does not go with it.

use super::{Builder, is_empty};
use crate::api::template;
use crate::kind::rules::Sign;
use crate::kind::{Api, Create, Field, Kind};
use crate::live::marks::shows;
use crate::plan::bound::place;
use crate::plan::requests::Op;
use crate::problem::{Code, Problem};
use crate::state::{Address, Body, FieldPath, Reference, Value};

impl Builder<'_> {
    /// The writes that make an object: its creation, and an update with what does not go with it. The
    /// `cleared` fields are sent as null by that update.
    pub(super) fn creation(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        api: &Api,
        body: &mut Body,
        cleared: &[FieldPath],
    ) -> Vec<Op> {
        let dialect = self.dialect();
        let op = match api.create {
            Create::Post(path) => self.with_founders(address, api, Op::create(path)),
            Create::Clone {
                path,
                otherwise,
                sends,
            } => {
                self.choose_original(address, kind, path, otherwise, body);
                Op::copy(path, sends)
            }
            Create::Manual(_) | Create::Never => return Vec::new(),
        };
        let follows = |field: &&Field| {
            let is_set = body.get(field.name).is_some_and(|value| !is_empty(value));
            let wire = field.wire(dialect);
            (is_set && wire.goes_with_update() && !op.sends(field, dialect))
                || cleared.iter().any(|path| path.field == field.name)
        };
        let paths: Vec<FieldPath> = kind
            .fields
            .iter()
            .filter(follows)
            .map(|field| FieldPath::of(field.name))
            .collect();
        let mut ops = vec![op];
        if let Some(first) = paths.first() {
            match api.update {
                Some(path) => ops.push(Op::update(path, &paths)),
                None => self.cannot_be_changed(address, first.field, api),
            }
        }
        ops
    }

    /// Chooses what a new object is a copy of, where the manifest does not say.
    fn choose_original(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        path: &'static str,
        signs: &[Sign],
        body: &mut Body,
    ) {
        let lacking = |name: &&'static str| body.get(name).is_none_or(Value::is_null);
        let Some(of) = template::names(path).into_iter().find(lacking) else {
            return;
        };
        let original = self.live.collection(kind.collection).find(|index| {
            let object = self.live.objects.get(*index);
            object.is_some_and(|object| {
                !signs.is_empty() && signs.iter().all(|sign| shows(&object.raw, sign))
            })
        });
        match original.and_then(|index| self.live.address_of(index)) {
            Some(original) => body.set(of, Value::Reference(Reference::To(original))),
            None => self.problems.push(
                Problem::error(
                    Code::MissingForCreate,
                    format!(
                        "a new {} is made as a copy of another one, and `{of}` does not say of which",
                        kind.singular
                    ),
                )
                .at(place(self.desired, address, ""), "declared here")
                .help(format!("set `{of}`")),
            ),
        }
    }

    pub(super) fn cannot_be_created(&mut self, address: &Address, kind: &'static Kind) {
        self.problems.push(
            Problem::error(
                Code::CannotCreate,
                format!("`{address}` does not exist and cannot be created through the API"),
            )
            .at(place(self.desired, address, ""), "declared here")
            .help(format!(
                "create the {} in Zoho Desk, then plan again",
                kind.singular
            )),
        );
    }
}
