//! Takes entries and items away, and gives entries other keys.

use std::sync::Arc;

use super::Step;
use super::carry::{Here, Maker, No, at_way};
use super::inside;
use super::outline::Id;
use super::wanted::{Entries, Origin, Want};

impl<'a> Maker<'_, 'a> {
    /// Goes to the value at the end of a way, or as far as what is new, and says how far; none where it is
    /// not there.
    fn find<'w>(
        &mut self,
        here: Here<'w, 'a>,
        way: &[Step],
        last: &Step,
    ) -> Result<Option<(Here<'w, 'a>, usize)>, No> {
        let mut here = here;
        for (passed, step) in way.iter().enumerate() {
            let mut rest = way.get(passed..).unwrap_or_default().to_vec();
            rest.push(last.clone());
            if let Some(no) = self.aliased(&here, &rest, None) {
                return no.map(|()| None);
            }
            here = self.pass(here);
            self.open(here.want, here.node)?;
            let blocked = here.blocked;
            here = match (here.want, step) {
                (Want::Map(entries), Step::Key(key)) => {
                    let Some(entry) = entries.find(key).filter(|entry| !entry.is_gone) else {
                        return Ok(None);
                    };
                    let node = match entry.origin {
                        Origin::Own(_, node) => Some(node),
                        Origin::New => None,
                        Origin::Merged(alias) => {
                            let rest = rest.get(1..).unwrap_or_default();
                            let is_there = match &entry.value {
                                Want::Kept(raw) => at_way(raw, rest).is_some(),
                                _ => true,
                            };
                            if is_there {
                                return Err(self.is_alias(alias, "it"));
                            }
                            return Ok(None);
                        }
                    };
                    Here {
                        want: &mut entry.value,
                        node,
                        blocked,
                    }
                }
                (Want::List { items, .. }, Step::Index(index)) => {
                    let Some(item) = items.get_mut(*index) else {
                        return Ok(None);
                    };
                    Here {
                        node: item.from.map(|(_, node)| node),
                        want: &mut item.value,
                        blocked,
                    }
                }
                (want @ Want::New(_), _) => {
                    // What is new is edited as a value.
                    let new = Here {
                        want,
                        node: None,
                        blocked,
                    };
                    return Ok(Some((new, passed)));
                }
                _ => return Ok(None),
            };
        }
        let rest = std::slice::from_ref(last);
        if let Some(no) = self.aliased(&here, rest, None) {
            return no.map(|()| None);
        }
        let here = self.pass(here);
        self.open(here.want, here.node)?;
        Ok(Some((here, way.len())))
    }

    /// Takes away what stands at the end of a way, if it is there.
    pub(super) fn remove(
        &mut self,
        here: Here<'_, 'a>,
        above: &[Step],
        last: &Step,
    ) -> Result<(), No> {
        let Some((here, passed)) = self.find(here, above, last)? else {
            return Ok(());
        };
        let blocked = here.blocked;
        match (here.want, last) {
            (Want::New(value), _) => {
                inside::remove(value, above.get(passed..).unwrap_or_default(), last);
                Ok(())
            }
            (Want::Map(entries), Step::Key(key)) => {
                if entries.find(key).is_none_or(|entry| entry.is_gone) {
                    return Ok(());
                }
                blocked.map_or(Ok(()), Err)?;
                self.remove_entry(entries, here.node, key)
            }
            (Want::List { items, .. }, Step::Index(index)) => {
                let Some(item) = items.get(*index) else {
                    return Ok(());
                };
                blocked.map_or(Ok(()), Err)?;
                self.is_item_needed(item)?;
                items.remove(*index);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Takes an entry away, unless something else needs it.
    pub(super) fn remove_entry(
        &mut self,
        entries: &mut Entries<'a>,
        node: Option<Id>,
        key: &str,
    ) -> Result<(), No> {
        let Some(entry) = entries.find(key) else {
            return Ok(());
        };
        match entry.origin {
            Origin::New => {}
            Origin::Merged(alias) => return Err(self.is_alias(alias, "it")),
            Origin::Own(at, _) => {
                let units = node.and_then(|id| self.outline.units(id));
                let unit = units.and_then(|units| units.list.get(at));
                if let Some(unit) = unit
                    && let Some(no) = self.is_needed(&(unit.start..unit.end))
                {
                    return Err(no);
                }
                let merge = units.and_then(|units| units.list.iter().find(|unit| unit.merges));
                *self.looked_at += 1;
                if let (Some(merge), Some(unit)) = (merge, unit)
                    && self.brings(merge.value, key)
                {
                    let line = self.outline.line(merge.start);
                    let why = format!("`<<` on line {line} would bring another `{key}` in");
                    return Err((unit.start, why));
                }
            }
        }
        entry.is_gone = true;
        Ok(())
    }

    /// Whether the alias behind a `<<` means a map with a key, as far as its spelling tells.
    fn brings(&self, alias: Id, key: &str) -> bool {
        let Some(anchor) = self.outline.meaning(alias) else {
            return false;
        };
        let units = self.outline.units(anchor.node);
        units.is_some_and(|units| {
            units.list.iter().any(|unit| {
                let written = self.text.get(unit.key.clone()).unwrap_or_default();
                written.trim_matches(['"', '\'']) == key
            })
        })
    }

    /// Gives the entry at the end of a way another key.
    pub(super) fn rename(
        &mut self,
        here: Here<'_, 'a>,
        above: &[Step],
        last: &str,
        key: &str,
    ) -> Result<(), No> {
        let byte = self.byte(here.node);
        let missing = (byte, format!("there is no `{last}` to rename"));
        let step = Step::Key(last.to_owned());
        let Some((here, passed)) = self.find(here, above, &step)? else {
            return Err(missing);
        };
        let byte = self.byte(here.node);
        let missing = (byte, format!("there is no `{last}` to rename"));
        let entries = match here.want {
            Want::New(value) => {
                let above = above.get(passed..).unwrap_or_default();
                return if inside::rename(value, above, last, key) {
                    Ok(())
                } else {
                    Err(missing)
                };
            }
            Want::Map(entries) => entries,
            _ => return Err(missing),
        };
        let is_there = |entries: &mut Entries<'a>, key: &str| {
            entries.find(key).is_some_and(|entry| !entry.is_gone)
        };
        match (is_there(entries, last), is_there(entries, key)) {
            (true, _) if last == key => return Ok(()),
            (false, true) => return Ok(()),
            (false, false) => return Err(missing),
            (true, true) => return Err((byte, format!("there is a `{key}` already"))),
            (true, false) => {}
        }
        here.blocked.map_or(Ok(()), Err)?;
        // One that goes gives its key away.
        entries.index.remove(key);
        let Some(at) = entries.index.remove(last) else {
            return Err(missing);
        };
        let Some(entry) = entries.list.get_mut(at) else {
            return Err(missing);
        };
        if let Origin::Merged(alias) = entry.origin {
            return Err(self.is_alias(alias, "it"));
        }
        entry.key = key.into();
        entry.is_renamed = entry.origin != Origin::New;
        let key = Arc::clone(&entry.key);
        entries.index.insert(key, at);
        Ok(())
    }
}
