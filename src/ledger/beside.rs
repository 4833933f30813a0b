//! Ledgers that lie beside one another, told apart by the name of the environment in their places.

use std::path::Path;

use super::backend::git::Repository;
use super::location::{Location, is_ref, open};

/// A name that any place can hold, in the stead of those that are looked for.
const ANY: &str = "x";

/// The names that stand for `mark` in the places of the form `pattern` where something lies, sorted:
/// it may be a ledger or something else. In git without a name of its own the refs are the names.
///
/// Nothing where the place cannot be listed: this serves to notice what was left behind.
pub async fn names_beside(
    pattern: &str,
    mark: &str,
    directory: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    let Ok(place) = Location::parse(&pattern.replace(mark, ANY), directory) else {
        return Vec::new();
    };
    let (above, part) = first_part(pattern, mark);
    let entries = match place {
        Location::File(_) => files(&directory.join(above)),
        Location::Object {
            scheme, container, ..
        } => {
            let root = format!("{}://{container}/", scheme.as_str());
            let Some(folder) = above.strip_prefix(&root) else {
                return Vec::new();
            };
            match open(scheme, &container, &root, env) {
                Ok(store) => objects(&*store, folder).await,
                Err(_) => Vec::new(),
            }
        }
        Location::Git {
            folder,
            remote,
            name,
        } => {
            let (own, _) = pattern.split_once('/').unwrap_or((pattern, ""));
            // A remote of each environment has one ref, and one name that is written down is one.
            if own.contains(mark) || (name.is_some() && !pattern.contains(mark)) {
                return Vec::new();
            }
            let refs = Repository::new(&folder, &remote, ANY).names().await;
            return named(&refs, if name.is_some() { part } else { mark }, mark);
        }
        Location::Nowhere => return Vec::new(),
    };
    named(&entries, part, mark)
}

/// The first part of a place in which a mark stands, and all before it.
fn first_part<'p>(pattern: &'p str, mark: &str) -> (&'p str, &'p str) {
    let at = pattern.find(mark).unwrap_or(pattern.len());
    let (before, after) = pattern.split_at(at);
    let begin = before.rfind('/').map_or(0, |slash| slash + 1);
    let end = after.find('/').map_or(pattern.len(), |slash| at + slash);
    let (above, rest) = pattern.split_at(begin);
    (above, rest.get(..end - begin).unwrap_or(rest))
}

/// The names that make entries of a part.
fn named(entries: &[String], part: &str, mark: &str) -> Vec<String> {
    let found = entries
        .iter()
        .filter_map(|entry| name_in(entry, part, mark));
    let mut names: Vec<String> = found.map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The name that makes an entry of a part, if one does.
fn name_in<'e>(entry: &'e str, part: &str, mark: &str) -> Option<&'e str> {
    let count = part.matches(mark).count();
    let rest = entry.len().checked_sub(part.len() - count * mark.len())?;
    let at = part.find(mark)?;
    let name = entry.get(at..at + rest.checked_div(count)?)?;
    (is_ref(name) && part.replace(mark, name) == entry).then_some(name)
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

async fn objects(store: &dyn object_store::ObjectStore, folder: &str) -> Vec<String> {
    let Ok(prefix) = object_store::path::Path::parse(folder.trim_end_matches('/')) else {
        return Vec::new();
    };
    let prefix = (!prefix.as_ref().is_empty()).then_some(&prefix);
    let Ok(found) = store.list_with_delimiter(prefix).await else {
        return Vec::new();
    };
    let objects = found.objects.into_iter().map(|meta| meta.location);
    let entries = objects.chain(found.common_prefixes);
    entries
        .filter_map(|path| path.filename().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::ObjectStoreExt as _;
    use object_store::memory::InMemory;

    const MARK: &str = "${environment}";

    #[test]
    fn a_name_is_read_out_of_a_part_of_a_place() {
        for (part, entry, expected) in [
            ("${environment}.json", "prod.json", Some("prod")),
            ("${environment}", "eu-west_1", Some("eu-west_1")),
            ("a-${environment}-b", "a-prod-b", Some("prod")),
            ("${environment}-${environment}", "prod-prod", Some("prod")),
            ("${environment}-${environment}", "prod-test", None),
            ("${environment}.json", ".json", None),
            ("${environment}.json", "prod.lock", None),
            ("${environment}.json", "prod.old.json", None),
            ("a-${environment}-b", "a-b", None),
            ("${environment}.json", "ümlaut.json", None),
            ("plain.json", "plain.json", None),
        ] {
            assert_eq!(name_in(entry, part, MARK), expected, "{part} {entry}");
        }
    }

    #[test]
    fn the_first_part_with_the_name_tells_which_names_there_are() {
        for (pattern, expected) in [
            ("${environment}.json", ("", "${environment}.json")),
            ("a/b/x-${environment}", ("a/b/", "x-${environment}")),
            ("a/${environment}/l.json", ("a/", "${environment}")),
            (
                "s3://b/${environment}/${environment}.json",
                ("s3://b/", "${environment}"),
            ),
        ] {
            assert_eq!(first_part(pattern, MARK), expected, "{pattern}");
        }
    }

    #[tokio::test]
    async fn files_and_objects_are_listed_one_level_deep() {
        let folder = tempfile::tempdir().unwrap();
        let store = InMemory::new();
        for path in [
            "desk/prod.json",
            "desk/test.json",
            "desk/prod.lock",
            "desk/runs/deep.json",
            "other/far.json",
        ] {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
            store.put(&path.into(), "".into()).await.unwrap();
        }
        let of = |pattern: &'static str| names_beside(pattern, MARK, folder.path(), &|_| None);
        assert_eq!(of("desk/${environment}.json").await, ["prod", "test"]);
        assert_eq!(of("./desk/${environment}.lock").await, ["prod"]);
        assert_eq!(of("${environment}/prod.json").await, ["desk", "other"]);
        assert_eq!(of("none").await, Vec::<String>::new());
        let level = |names: Vec<String>| named(&names, "${environment}.json", MARK);
        assert_eq!(level(objects(&store, "desk/").await), ["prod", "test"]);
        assert_eq!(
            named(&objects(&store, "").await, MARK, MARK),
            ["desk", "other"]
        );
    }
}
