//! Removals: by the way that the table has for the object, and never by another one.

use super::{Builder, Draft};
use crate::codec::{Ids as _, read_field};
use crate::config::written::TRANSFER_TO;
use crate::diff::Difference;
use crate::kind::removal::Heir;
use crate::kind::rules::Deed;
use crate::kind::{Kind, SwitchApi, Within};
use crate::live::marks::forbidden;
use crate::live::{LiveObject, key};
use crate::plan::bound::place;
use crate::plan::hierarchy;
use crate::plan::requests::{Op, Way, way};
use crate::plan::resolve::{heirs_beside, heirs_of_kind};
use crate::plan::risk::in_use;
use crate::plan::row::{Going, Row};
use crate::plan::shown::{called, removed_fields, switched_off};
use crate::plan::taken::written_name;
use crate::plan::within;
use crate::problem::{Code, Problem, listed, ticked};
use crate::state::{Address, Heirs, Reference, Value};
use crate::verb::Verb;
use crate::yaml::written::quoted;

/// What stands for nobody where somebody could take over.
const NOBODY: &str = "null";

/// Who takes over, by key of a body.
type Takers = Vec<(&'static str, Value)>;

impl Builder<'_> {
    pub(super) fn remove(&mut self, address: &Address) {
        let Some(row) = self.row(address) else {
            return;
        };
        let (Some(body), Some(going)) = (&row.live, row.going.as_deref()) else {
            return;
        };
        let kind = row.kind;
        let object = self.live.objects.get(going.object);
        let (Some(object), Some(api)) = (object, kind.api(self.dialect())) else {
            return;
        };
        if let Some(why) = self.untouchable(kind, object) {
            self.cannot_be_removed(row, Code::Protected, &format!(": it is {why}"));
            return;
        }
        let mut draft = Draft {
            body: body.clone(),
            pruned: going.at.is_none(),
            ..Draft::default()
        };
        let delete = match way(api.removal, self.options.removal(kind), object) {
            Way::None => {
                self.cannot_be_removed(row, Code::CannotRemove, " through the API");
                return;
            }
            Way::Disable(op) => {
                draft.ops.push(op);
                draft.changes = switched_off(kind, body).into_iter().collect();
                draft.effects.extend(kind.disable_effect.map(str::to_owned));
                self.push(address, Verb::Disable, kind, draft);
                return;
            }
            Way::Manual(place) => {
                if self.options.ignoring(address, None).is_none() {
                    draft.changes = removed_fields(kind, body).into();
                    let name = called(&self.bound.rows, self.live, address);
                    let name = name.unwrap_or_else(|| format!("`{}`", address.handle));
                    draft.instruction =
                        Some(format!("delete the {} {name} at {place}", kind.singular));
                    self.push(address, Verb::Manual, kind, draft);
                }
                return;
            }
            Way::Delete(op) => {
                draft.effects.extend(kind.delete_effect.map(str::to_owned));
                op
            }
            Way::Transfer { op, heirs } => {
                let Some((heirs, effects)) = self.heirs(row, going, heirs) else {
                    // A plan that is refused for it shows the step.
                    if self.held.iter().any(|(held, _)| held == address) {
                        draft.changes = removed_fields(kind, body).into();
                        self.push(address, Verb::Delete, kind, draft);
                    }
                    return;
                };
                draft.effects.extend(effects);
                let values = heirs.into_iter();
                values.fold(op, |op, (key, heir)| op.value(key, heir))
            }
        };
        draft.changes = removed_fields(kind, body).into();
        if object.parts.is_empty() {
            draft.ops.push(delete);
        } else {
            let parts = object.parts.iter();
            draft.ops = parts.map(|part| delete.clone().of_part(&part.id)).collect();
        }
        self.push(address, Verb::Delete, kind, draft);
    }

    /// Finds who takes over what hangs on an object, under which keys, with what is said about it.
    fn heirs(
        &mut self,
        row: &Row,
        going: &Going,
        table: &'static [(&'static str, Heir)],
    ) -> Option<(Takers, Vec<String>)> {
        let (kind, index) = (row.kind, going.object);
        let needs_choice = table
            .iter()
            .any(|(_, heir)| matches!(heir, Heir::Chosen(_)));
        let chosen = if needs_choice {
            self.chosen_heirs(row, going)?
        } else {
            Heirs::new()
        };
        let (mut heirs, mut effects) = (Vec::new(), Vec::new());
        for (key, heir) in table {
            let value = match heir {
                Heir::Nobody => Value::text(NOBODY),
                Heir::Chosen(one) => match chosen.get(one.name) {
                    Some(heir) => Value::Reference(heir.clone()),
                    None => Value::text(NOBODY),
                },
                Heir::Above(above) => {
                    let Some((id, instead)) = hierarchy::heir_of(above, index, self.live) else {
                        self.refuse_removal(
                            row,
                            Code::Protected,
                            above.none,
                            format!(
                                "delete it in Zoho Desk and choose the {} that takes over",
                                kind.singular
                            ),
                        );
                        return None;
                    };
                    let instead = instead.and_then(|index| self.live.address_of(index));
                    effects.extend(match instead {
                        Some(instead) => Some(format!("{} move to `{instead}`", above.takes)),
                        None => kind.delete_effect.map(str::to_owned),
                    });
                    Value::text(&id)
                }
            };
            heirs.push((*key, value));
        }
        if !chosen.is_empty() {
            let names: Vec<String> = chosen
                .values()
                .filter_map(|heir| match heir {
                    Reference::To(heir) => Some(self.heir_for_people(index, heir)),
                    _ => None,
                })
                .collect();
            effects.push(format!(
                "what hangs on it goes to {}",
                listed(&names, "and")
            ));
        }
        Some((heirs, effects))
    }

    /// An heir by its address; where its handle is the name of the removed object, by its own name, too,
    /// so that nothing seems to go to itself.
    fn heir_for_people(&self, removed: usize, heir: &Address) -> String {
        let name = self.live.key_of(removed).map(|key| key.name);
        let shown = self.live.shown_key(removed);
        let is_alike =
            name.as_deref() == Some(&*heir.handle) || shown.as_deref() == Some(&*heir.handle);
        let id = self.live.id(heir).filter(|_| is_alike);
        let index = id.and_then(|id| self.live.find_id(heir.collection, &id));
        match index.and_then(|index| self.live.shown_key(index)) {
            Some(own) => format!("`{heir}`, which is named `{own}`"),
            None => format!("`{heir}`"),
        }
    }

    /// Finds whom manifests, the ledger or the project choose to take over, in this order.
    fn chosen_heirs(&mut self, row: &Row, going: &Going) -> Option<Heirs> {
        let (address, kind, index) = (&row.address, row.kind, going.object);
        let by_tombstone = Some(going.heirs.clone()).filter(|heirs| !heirs.is_empty());
        // What has replaced an object takes over from it, where a run ended between the two halves.
        let replacement = going.replaced_by.as_ref();
        let by_policy = || Some(heirs_of_kind(self.desired, self.live, kind, index));
        let chosen = by_tombstone
            .or_else(|| self.remembered_heirs(kind, index))
            .or_else(|| Some(Self::to_itself(kind, replacement?)))
            .or_else(by_policy)
            .filter(|heirs| !heirs.is_empty());
        let Some(chosen) = chosen else {
            let help = self.how_to_name_heirs(row, going);
            let problem = removal_refused(
                row,
                Code::NoHeir,
                "cannot be removed: nobody is named who takes over what hangs on it",
                help,
            );
            self.held.push((address.clone(), problem));
            return None;
        };
        let own = |scope: &str| self.live_scope(kind, index, scope);
        let mut wrong = chosen.iter();
        let wrong = wrong.find_map(|(name, heir)| self.wrong_heir(address, kind, name, heir, &own));
        if let Some((code, why, help)) = wrong {
            self.refuse_removal(row, code, &why, help);
            return None;
        }
        Some(chosen)
    }

    /// Switches a declared object on or off; none where it is not known who takes over from one that is
    /// switched off, which is then reported.
    pub(super) fn switched(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        switch: SwitchApi,
        on: bool,
    ) -> Option<Op> {
        let op = Op::switch(switch, on);
        if on || switch.heirs.is_empty() {
            return Some(op);
        }
        let row = self.bound.rows.get(address)?;
        let body = row.wanted.as_ref()?;
        let chosen = if row.heirs.is_empty() {
            heirs_beside(self.desired, self.live, kind, body)
        } else {
            row.heirs.clone()
        };
        let own = |scope: &str| body.get(scope).cloned();
        let mut wrong = chosen.iter();
        let wrong = wrong.find_map(|(name, heir)| self.wrong_heir(address, kind, name, heir, &own));
        let at = place(self.desired, address, "");
        if let Some((code, why, help)) = wrong {
            let problem = Problem::error(code, format!("`{address}` {why}")).help(help);
            self.problems.push(problem.at(at, "declared here"));
            return None;
        }
        let mut sent = op;
        for (key, heir) in switch.heirs {
            let taker = match heir {
                Heir::Chosen(one) => chosen.get(one.name),
                Heir::Above(_) | Heir::Nobody => None,
            };
            let Some(Reference::To(taker)) = taker else {
                let problem = Problem::error(
                    Code::NoHeir,
                    format!("`{address}` cannot be taken out of use: nobody is named who takes over what hangs on it"),
                )
                .help(format!(
                    "name another {} under `lifecycle: {{{TRANSFER_TO}: HANDLE}}`",
                    kind.singular
                ));
                self.problems.push(problem.at(at, "declared here"));
                return None;
            };
            sent = sent.value(key, Value::Reference(Reference::To(taker.clone())));
        }
        Some(sent)
    }

    /// Why somebody cannot take over from a resource, and what to do about it; `own` is what that lies below.
    fn wrong_heir(
        &self,
        address: &Address,
        kind: &'static Kind,
        name: &str,
        heir: &Reference,
        own: &dyn Fn(&str) -> Option<Value>,
    ) -> Option<(Code, String, String)> {
        let Reference::To(heir) = heir else {
            return None;
        };
        let mut targets = kind.chosen_heirs().into_iter();
        let target = targets.find(|one| one.name == name).map(|one| one.target);
        if let Some(Within::Same(scope)) = target.map(|target| target.within)
            && let (Some(own), Some(other)) = (
                own(scope),
                within::below(heir, scope, &self.bound.rows, self.live),
            )
            && own != other
        {
            let why = match (&own, &other) {
                (Value::Reference(Reference::To(own)), Value::Reference(Reference::To(other))) => {
                    format!(
                        "hands over to `{heir}`, which lies below `{other}` and not below `{own}`"
                    )
                }
                (own, other) => {
                    let word = |value: &Value| value.as_text().unwrap_or_default().to_owned();
                    format!(
                        "hands over to `{heir}`, whose `{scope}` is `{}` and not `{}`",
                        word(other),
                        word(own)
                    )
                }
            };
            let help = format!("name one of the same {scope} under `{TRANSFER_TO}`");
            return Some((Code::NotWithin, why, help));
        }
        let is_there = self.is_there(heir);
        let why = if heir == address || self.bound.rows.going(heir).is_some() {
            "goes in the same plan"
        } else if self.is_switched_off(heir) {
            "is taken out of use in the same plan"
        } else if is_there {
            return None;
        } else {
            "is neither declared nor live"
        };
        let why = format!("hands over to `{heir}`, which {why}");
        let help = format!("name another one under `{TRANSFER_TO}`");
        Some((Code::HeirGoes, why, help))
    }

    /// The lines that name who takes over from an object, ready to be pasted but for the heirs.
    fn how_to_name_heirs(&self, row: &Row, going: &Going) -> String {
        let (kind, index) = (row.kind, going.object);
        let names: Vec<&str> = kind.chosen_heirs().iter().map(|one| one.name).collect();
        let heirs = match names.as_slice() {
            [] | [""] => "HANDLE".to_owned(),
            names => format!("{{{}: HANDLE}}", names.join(": HANDLE, ")),
        };
        let name = written_name(self.live, index).unwrap_or_else(|| {
            let key = self.live.key_of(index);
            let name = key.map(|key| key.name.into_owned());
            let name = name.unwrap_or_else(|| row.address.handle.to_string());
            format!("{{{}: {}}}", kind.naming_field().name, quoted(&name))
        });
        let open = name.strip_suffix('}').unwrap_or(&name);
        let entry = format!("{open}, {TRANSFER_TO}: {heirs}}}");
        let collection = kind.collection;
        let here = if going.at.is_some() {
            format!("write `{entry}` here")
        } else {
            format!("list it with who takes over: `removed: {{{collection}: [{entry}]}}`")
        };
        let enough = if names.len() > 1 {
            format!("; one of {} is enough", ticked(&names, "and"))
        } else {
            String::new()
        };
        format!(
            "{here}, or say it for all {collection} in the project file: `kinds: {{{collection}: {{{TRANSFER_TO}: {heirs}}}}}`{enough}"
        )
    }

    /// Whom the ledger remembers to take over.
    fn remembered_heirs(&self, kind: &'static Kind, index: usize) -> Option<Heirs> {
        let id = &self.live.objects.get(index)?.id;
        let ledger = self.options.ledger.as_ref()?;
        let (_, entry) = ledger.by_id(kind.collection, id)?;
        let heirs = kind.chosen_heirs().into_iter().filter_map(|one| {
            let heir = entry.transfer_to.get(one.name)?;
            let by_id = || {
                let index = self.live.find_id(one.target.collection, &heir.id)?;
                self.live.address_of(index)
            };
            let known = self.is_there(&heir.address).then(|| heir.address.clone());
            let address = known.or_else(by_id).unwrap_or_else(|| heir.address.clone());
            Some((one.name, Reference::To(address)))
        });
        let heirs: Heirs = heirs.collect();
        (!heirs.is_empty()).then_some(heirs)
    }

    /// Whether the plan takes an object out of use.
    fn is_switched_off(&self, address: &Address) -> bool {
        let Some(row) = self.bound.rows.get(address) else {
            return false;
        };
        in_use(row.kind, row.live.as_ref()) && !in_use(row.kind, row.wanted.as_ref())
    }

    /// Whether an address is declared or live.
    fn is_there(&self, address: &Address) -> bool {
        self.bound.rows.wanted(address).is_some() || self.live.id(address).is_some()
    }

    /// What a live object lies below.
    fn live_scope(&self, kind: &'static Kind, index: usize, scope: &str) -> Option<Value> {
        let object = self.live.objects.get(index)?;
        read_field(kind.field(scope)?, self.dialect(), &object.raw, self.live)
    }

    /// What replaces a resource takes over from it.
    fn to_itself(kind: &'static Kind, address: &Address) -> Heirs {
        let heirs = kind.chosen_heirs();
        heirs
            .iter()
            .filter(|one| one.target.collection == kind.collection)
            .map(|one| (one.name, Reference::To(address.clone())))
            .collect()
    }

    /// Removes a resource once it is replaced, where the two can be told apart until then: what is new
    /// takes over.
    pub(super) fn hands_over(
        &self,
        address: &Address,
        kind: &'static Kind,
        index: usize,
        way: Way,
    ) -> Option<Op> {
        let Way::Transfer { op, heirs } = way else {
            return None;
        };
        let body = self.bound.rows.wanted(address)?;
        let id = |reference: &Reference| self.live.in_scope(reference);
        let is_same = key(kind, self.dialect(), body, &id)
            .is_some_and(|key| self.live.key_of(index).as_ref() == Some(&key));
        let own = Self::to_itself(kind, address);
        if is_same || own.is_empty() {
            return None;
        }
        let heirs = heirs.iter().map(|(key, heir)| {
            let chosen = match heir {
                Heir::Chosen(one) => own.get(one.name).cloned(),
                Heir::Above(_) | Heir::Nobody => None,
            };
            (*key, chosen.map_or(Value::text(NOBODY), Value::Reference))
        });
        Some(heirs.fold(op, |op, (key, heir)| op.value(key, heir)))
    }

    fn refuse_removal(&mut self, row: &Row, code: Code, why: &str, help: String) {
        self.problems.push(removal_refused(row, code, why, help));
    }

    /// Refuses another name for what must keep the one that it has.
    pub(super) fn must_keep_name(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        index: usize,
        differences: &[Difference],
    ) -> bool {
        let naming = |difference: &&Difference| {
            kind.field(difference.path.field)
                .is_some_and(|field| field.naming)
        };
        let Some(difference) = differences.iter().find(naming) else {
            return false;
        };
        let object = self.live.objects.get(index);
        let Some(mark) = object.and_then(|object| forbidden(object, Deed::Rename)) else {
            return false;
        };
        let field = difference.path.field;
        let help = match difference.before.as_text() {
            Some(name) => format!("put back `{name}`"),
            None => "put it back".to_owned(),
        };
        self.problems.push(
            Problem::error(
                Code::Protected,
                format!("`{address}` cannot be renamed: it is {}", mark.what),
            )
            .at(place(self.desired, address, field), "changed here")
            .help(help),
        );
        true
    }

    /// Why an object must not be removed whatever the manifests say.
    fn untouchable(&self, kind: &'static Kind, object: &LiveObject) -> Option<&'static str> {
        if let Some(acting) = kind.api(self.dialect()).and_then(|api| api.acting)
            && self.live.is_acting(object)
        {
            return Some(acting.what);
        }
        forbidden(object, Deed::Remove).map(|mark| mark.what)
    }

    fn cannot_be_removed(&mut self, row: &Row, code: Code, why: &str) {
        let is_listed = row.going.as_ref().is_some_and(|going| going.at.is_some());
        let help = if is_listed {
            "take the line out".to_owned()
        } else {
            format!(
                "declare it again, or let go of it with `deskform ledger forget '{}'`",
                row.address
            )
        };
        self.refuse_removal(row, code, &format!("cannot be removed{why}"), help);
    }

    /// What the API cannot delete by itself, nothing can take the place of.
    pub(super) fn cannot_be_replaced(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        (field, why): (&str, &str),
    ) {
        self.problems.push(
            Problem::error(
                Code::CannotChange,
                format!(
                    "`{field}` of `{address}` {why}, and the {} cannot be deleted to make it anew",
                    kind.singular
                ),
            )
            .at(place(self.desired, address, field), "changed here")
            .help("put it back, or declare what you want under another name"),
        );
    }
}

/// Why a removal is refused, with the place where it is written.
fn removal_refused(row: &Row, code: Code, why: &str, help: String) -> Problem {
    let problem = Problem::error(code, format!("`{}` {why}", row.address)).help(help);
    let at = row.going.as_ref().and_then(|going| going.at.clone());
    match at {
        Some(at) => problem.at(at, "removed here"),
        None => problem,
    }
}
