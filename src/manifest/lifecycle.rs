//! What a manifest says about how a resource may be treated.

use super::convert::{Converter, Here};
use super::resolve::article;
use crate::codec::named_path;
use crate::config::written::TRANSFER_TO;
use crate::kind::words::{IGNORE_CHANGES, LIFECYCLE_KEYS};
use crate::problem::{Code, Part};
use crate::state::identity::readings;
use crate::state::{Lifecycle, pointer};
use crate::yaml::raw::{At, Raw};
use crate::yaml::walk::Walker;

impl Converter<'_> {
    pub(super) fn lifecycle(&mut self, here: Here<'_>, raw: &Raw, at: At<'_>) -> Lifecycle {
        let place = |inner: At<'_>, part: Part| {
            here.part(&format!("{}{}", at.pointer(), inner.pointer()), part)
        };
        let mut walker = Walker {
            place: &place,
            problems: Vec::new(),
        };
        let mut lifecycle = Lifecycle::default();
        let (mut former, mut heirs) = (None, None);
        let names: Vec<&'static str> = here.kind.fields.iter().map(|field| field.name).collect();
        for (key, value) in walker.known(raw, At::ROOT, "lifecycle", LIFECYCLE_KEYS) {
            let at = At::ROOT.key(key);
            if !here.kind.takes(key) {
                walker.report(
                    Code::NotAllowed,
                    (at, Part::Key),
                    format!("`{key}` means nothing for {}", article(here.kind.singular)),
                    "nothing is made, changed or removed for it",
                    Some(format!("take it away; `{IGNORE_CHANGES}` is what there is")),
                );
                continue;
            }
            match key {
                "preventDestroy" => {
                    lifecycle.prevent_destroy = walker.flag(value, at, key).unwrap_or_default();
                }
                "createOnly" => {
                    lifecycle.create_only = walker.flag(value, at, key).unwrap_or_default();
                }
                "replace" => lifecycle.replace = walker.flag(value, at, key).unwrap_or_default(),
                "renamedFrom" if !matches!(value, Raw::Map(_)) => {
                    let text = walker.plain(value, at, key);
                    lifecycle.renamed_from = text.map_or_else(Vec::new, |text| {
                        let readings = readings(here.kind, &text).into_iter();
                        let all = readings.map(|old| self.handles.with_handles(here.kind, old));
                        all.collect()
                    });
                }
                // Read below, since they may hold references.
                "renamedFrom" => former = Some(value),
                TRANSFER_TO => heirs = Some(value),
                _ => {
                    for (index, item) in walker.items(value, at, key).iter().enumerate() {
                        let path = match item {
                            Raw::Text(text) => named_path(here.kind, text),
                            _ => None,
                        };
                        // What is no path is reported as a word that is none of the fields.
                        let path = path.or_else(|| {
                            let name = walker.word(item, at.index(index), key, &names)?;
                            Some(pointer([name]))
                        });
                        lifecycle.ignore_changes.extend(path);
                    }
                    lifecycle.ignore_changes.sort();
                    lifecycle.ignore_changes.dedup();
                }
            }
        }
        self.problems.append(&mut walker.problems);
        if let Some(raw) = former {
            let inside = at.key("renamedFrom");
            let what = ("renamedFrom", here.kind);
            let written = self.written(here, inside, |reader| {
                let read = reader.name(raw, At::ROOT, what, &[]);
                reader.whole(read, At::ROOT, what)
            });
            let old = written.and_then(|written| self.handles.name(here.kind, &written));
            lifecycle.renamed_from.extend(old);
        }
        if here.kind.fixed_name().is_some() && !lifecycle.renamed_from.is_empty() {
            lifecycle.renamed_from.clear();
            self.error(
                here,
                (at.key("renamedFrom"), Part::Value),
                Code::NotAllowed,
                format!("a {} never had another name", here.kind.singular),
                "means nothing here",
                Some("take it away".to_owned()),
            );
        }
        if let Some(raw) = heirs {
            let inside = at.key(TRANSFER_TO);
            let written = self.written(here, inside, |reader| {
                reader.heirs(raw, At::ROOT, here.kind)
            });
            self.heirs = written;
        }
        lifecycle
    }
}
