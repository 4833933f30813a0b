//! Removals: by the way that the table has for the object, and never by another one.

use super::{Builder, Draft};
use crate::kind::Kind;
use crate::kind::rules::Deed;
use crate::live::LiveObject;
use crate::live::marks::forbidden;
use crate::plan::bound::place;
use crate::plan::hierarchy;
use crate::plan::requests::{Way, way};
use crate::problem::{Code, Place, Problem};
use crate::state::Address;
use crate::verb::Verb;

impl Builder<'_> {
    pub(super) fn remove(&mut self, address: &Address) {
        let Some(resource) = self.owned.live.get(address) else {
            return;
        };
        let kind = resource.kind;
        let Some((index, at)) = self.removable.get(address).cloned() else {
            return;
        };
        let (Some(object), Some(api)) = (self.live.objects.get(index), kind.api(self.dialect()))
        else {
            return;
        };
        if let Some(why) = self.untouchable(kind, object) {
            let problem = Problem::error(
                Code::Protected,
                format!("`{address}` cannot be removed: it is {why}"),
            );
            self.problems.push(match at {
                Some(at) => problem.at(at, "removed here").help("take the line out"),
                None => problem.help(format!(
                    "declare it again, or let go of it with `deskform ledger forget '{address}'`"
                )),
            });
            return;
        }
        let mut draft = Draft {
            body: resource.body.clone(),
            pruned: at.is_none(),
            ..Draft::default()
        };
        let delete = match way(api.removal, self.options.removal(kind), object) {
            Way::None => {
                self.cannot_be_removed(address, at);
                return;
            }
            Way::Disable(op) => {
                draft.ops.push(op);
                draft.effects.extend(kind.disable_effect.map(str::to_owned));
                self.push(address, Verb::Disable, kind, draft);
                return;
            }
            Way::Manual(place) => {
                if self.options.ignoring(address, None).is_none() {
                    draft.instruction = Some(format!(
                        "delete the {} `{}` at {place}",
                        kind.singular, address.handle
                    ));
                    self.push(address, Verb::Manual, kind, draft);
                }
                return;
            }
            Way::Delete(op) => {
                draft.effects.extend(kind.delete_effect.map(str::to_owned));
                op
            }
            Way::Transfer { op, key, heir } => {
                let Some((id, instead)) = hierarchy::heir_of(&heir, index, self.live) else {
                    let problem =
                        Problem::error(Code::Protected, format!("`{address}` {}", heir.none)).help(
                            format!(
                                "delete it in Zoho Desk and choose the {} that takes over",
                                kind.singular
                            ),
                        );
                    self.problems.push(match at {
                        Some(at) => problem.at(at, "removed here"),
                        None => problem,
                    });
                    return;
                };
                let instead = instead.and_then(|index| self.live.address_of(index));
                draft.effects.extend(match instead {
                    Some(instead) => Some(format!("{} move to `{instead}`", heir.takes)),
                    None => kind.delete_effect.map(str::to_owned),
                });
                op.with_heir(key, &id)
            }
        };
        if object.parts.is_empty() {
            draft.ops.push(delete);
        } else {
            let parts = object.parts.iter();
            draft.ops = parts.map(|part| delete.clone().of_part(&part.id)).collect();
        }
        self.push(address, Verb::Delete, kind, draft);
    }

    /// Why an object must not be removed whatever the manifests say.
    fn untouchable(&self, kind: &'static Kind, object: &LiveObject) -> Option<&'static str> {
        let is_acting = (self.live.acting.as_ref()).is_some_and(|acting| acting.id == object.id);
        if let Some(acting) = kind.api(self.dialect()).and_then(|api| api.acting)
            && is_acting
        {
            return Some(acting.what);
        }
        forbidden(object, Deed::Remove).map(|mark| mark.what)
    }

    fn cannot_be_removed(&mut self, address: &Address, at: Option<Place>) {
        let problem = Problem::error(
            Code::CannotRemove,
            format!("`{address}` cannot be removed through the API"),
        );
        self.problems.push(match at {
            Some(at) => problem.at(at, "removed here").help("take the line out"),
            None => problem.help(format!(
                "declare it again, or let go of it with `deskform ledger forget '{address}'`"
            )),
        });
    }

    /// What the API cannot delete by itself, nothing can take the place of.
    pub(super) fn cannot_be_replaced(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        field: &str,
    ) {
        self.problems.push(
            Problem::error(
                Code::CannotChange,
                format!("`{field}` of `{address}` cannot be changed, and the {} cannot be deleted to make it anew", kind.singular),
            )
            .at(place(self.desired, address, field), "changed here")
            .help("put it back"),
        );
    }
}
