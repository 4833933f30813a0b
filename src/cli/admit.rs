//! Where credentials and the ledger may go: a project file alone sends neither to a stranger.
//!
//! Whoever may change a repository's YAML may not thereby have its credentials sent elsewhere. What
//! is unusual must be allowed from outside the repository: in the process's environment, or by the
//! user's own answer on a terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::common::{Failure, Workspace, environment_variable, is_ci};
use super::files::{read_file, write_private};
use super::output::tell;
use crate::api::{Endpoint, HostPort};
use crate::ledger::Location;
use crate::problem::{Code, Part, Place, Problem};
use crate::safe::safe;

/// The variable that allows hosts: exact `host` or `host:port`, commas between.
const ALLOW_ENDPOINT: &str = "DESKFORM_ALLOW_ENDPOINT";
/// The variable that says what the ledger's place must begin with.
const ALLOW_LEDGER: &str = "DESKFORM_ALLOW_LEDGER";
/// How a place begins that is the address of a git remote.
const GIT: &str = "git:";
/// The file of the user's configuration that holds the answers.
const ANSWERS: &str = "hosts.json";
/// Largest such file that is read, in bytes.
const MAX_ANSWERS: u64 = 1024 * 1024;

impl Workspace {
    /// Refuses hosts that are neither Zoho's nor this machine, unless somebody allows them.
    ///
    /// # Errors
    /// [`Failure`] for every host that nobody allows.
    pub(super) fn admit_endpoint(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let mut strangers = endpoint.strangers();
        if strangers.is_empty() {
            return Ok(());
        }
        let allowed = allowed_hosts(environment_variable(ALLOW_ENDPOINT).as_deref())?;
        strangers.retain(|(_, host)| !allowed.contains(host));
        let by_machine = is_ci();
        let directory = std::fs::canonicalize(&self.project.directory)?;
        // What a job's home holds may come from the repository that it runs.
        let answers = config_folder(&directory)
            .filter(|_| !by_machine)
            .map(|folder| Answers::at(&folder, &directory));
        let mut ask = |host: &str| ask(host, &self.environment.name, &directory);
        let is_attended = !by_machine && io::stdin().is_terminal() && io::stderr().is_terminal();
        let ask: Option<Ask<'_>> = if is_attended { Some(&mut ask) } else { None };
        decide(&mut strangers, answers, ask)?;
        if strangers.is_empty() {
            return Ok(());
        }
        let mut hosts: Vec<String> = Vec::new();
        for (_, host) in &strangers {
            let host = host.to_string();
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let way = if by_machine {
            ""
        } else {
            "; on a terminal you are asked once"
        };
        let problems: Vec<Problem> = strangers
            .iter()
            .map(|(name, host)| {
                Problem::error(
                    Code::HostNotAllowed,
                    format!(
                        "the environment `{}` would send credentials to `{host}`, which is none of Zoho's hosts",
                        self.environment.name
                    ),
                )
                .at(self.place(&["endpoint", name], Part::Value), "not Zoho's")
                .help(format!(
                    "if that is meant, set `{ALLOW_ENDPOINT}={}` for the process, outside the repository{way}",
                    hosts.join(",")
                ))
            })
            .collect();
        Err(self.failure(problems.into()))
    }

    /// Refuses a place of the ledger that does not begin with what `DESKFORM_ALLOW_LEDGER` says,
    /// where that is set.
    ///
    /// # Errors
    /// [`Failure`] when it does not, or when the variable names no place.
    pub(super) fn admit_ledger(&self, location: &Location) -> Result<(), Failure> {
        let Some(allowed) =
            environment_variable(ALLOW_LEDGER).filter(|text| !text.trim().is_empty())
        else {
            return Ok(());
        };
        let allowed = allowed.trim();
        let remote = if allowed.starts_with(GIT) {
            location.remote_address()?
        } else {
            None
        };
        let holds = match &remote {
            Some(_) if allowed == GIT => None,
            Some(remote) => Some(is_remote(remote, allowed)),
            None => begins_with(location, allowed, &self.project.directory),
        };
        let shown = match remote {
            Some(remote) => format!("{location}` at `{remote}"),
            None => location.to_string(),
        };
        match holds {
            Some(true) => Ok(()),
            Some(false) => {
                let environment = &self.environment;
                let (place, label) = match &environment.ledger {
                    Some(_) => (self.place(&["ledger"], Part::Value), "not allowed"),
                    None => (environment.place.clone(), "its ledger is at the default place"),
                };
                let problem = Problem::error(
                    Code::LedgerNotAllowed,
                    format!(
                        "the ledger of the environment `{}` is `{shown}`, and `{ALLOW_LEDGER}` allows `{allowed}` and what lies below alone",
                        environment.name
                    ),
                )
                .at(place, label)
                .help(format!("correct `ledger`, or what sets `{ALLOW_LEDGER}`; nothing was read"));
                Err(self.failure(problem.into()))
            }
            None => Err(Problem::error(
                Code::BadSetting,
                format!("`{ALLOW_LEDGER}` is `{allowed}`, and no ledger can lie there"),
            )
            .help("write `s3://bucket`, `s3://bucket/folder`, `git:` with the address of a remote, or a path; without it any place is allowed")
            .into()),
        }
    }

    /// A place in the project file below the environment.
    fn place(&self, keys: &[&str], part: Part) -> Place {
        let own = &self.environment.place;
        Place {
            pointer: format!("{}/{}", own.pointer, keys.join("/")),
            part,
            ..own.clone()
        }
    }
}

/// The hosts that the environment variable allows.
fn allowed_hosts(text: Option<&str>) -> Result<Vec<HostPort>, Failure> {
    let entries = text.unwrap_or_default().split(',').map(str::trim);
    entries
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            HostPort::parse(entry).ok_or_else(|| {
                Problem::error(
                    Code::BadSetting,
                    format!("`{ALLOW_ENDPOINT}` holds `{entry}`, which is no host"),
                )
                .help("write `host` or `host:port` exactly, with commas between")
                .into()
            })
        })
        .collect()
}

/// Asks whether a host may have the credentials.
type Ask<'a> = &'a mut dyn FnMut(&str) -> io::Result<bool>;

/// Takes out the hosts that the user has allowed for this project, before or now.
fn decide(
    strangers: &mut Vec<(&'static str, HostPort)>,
    mut answers: Option<Answers>,
    ask: Option<Ask<'_>>,
) -> io::Result<()> {
    if let Some(answers) = &answers {
        strangers.retain(|(_, host)| !answers.allow(&host.to_string()));
    }
    let Some(ask) = ask else {
        return Ok(());
    };
    while let Some((_, host)) = strangers.first().cloned() {
        if !ask(&host.to_string())? {
            return Ok(());
        }
        strangers.retain(|(_, other)| *other != host);
        if let Some(Err(Failure::Problems(problems, _))) = answers
            .as_mut()
            .map(|answers| answers.keep(&host.to_string()))
        {
            // The answer holds for this run all the same.
            tell(&format!(
                "the answer is not remembered: {}\n",
                safe(&problems.to_string())
            ));
        }
    }
    Ok(())
}

fn ask(host: &str, environment: &str, directory: &Path) -> io::Result<bool> {
    tell(&format!(
        "The environment `{}` of the project `{}` sends its credentials to `{}`, which is none of Zoho's hosts.\n\
         May it, from now on? Only `yes` will do: ",
        safe(environment),
        safe(&directory.display().to_string()),
        safe(host)
    ));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// The folder of the user's configuration; never one below the project, which others may write.
pub(super) fn config_folder(project: &Path) -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = set("DESKFORM_CONFIG")
        .or_else(|| set("XDG_CONFIG_HOME").map(|folder| folder.join("deskform")))
        .or_else(|| set("HOME").map(|home| home.join(".config/deskform")))?;
    is_outside(&folder, project).then_some(folder)
}

/// Whether a folder, be it there or not, lies neither at nor below another one.
fn is_outside(folder: &Path, project: &Path) -> bool {
    folder.is_absolute()
        && folder
            .ancestors()
            .find_map(|folder| std::fs::canonicalize(folder).ok())
            .is_some_and(|folder| !folder.starts_with(project))
}

/// The hosts that the user has allowed, by project.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    format_version: u64,
    projects: BTreeMap<String, BTreeSet<String>>,
}

/// What the user has answered for one project.
struct Answers {
    file: PathBuf,
    project: Option<String>,
}

impl Answers {
    fn at(folder: &Path, project: &Path) -> Self {
        Self {
            file: folder.join(ANSWERS),
            project: project.to_str().map(str::to_owned),
        }
    }

    /// A file that cannot be understood allows nothing.
    fn kept(&self) -> Kept {
        read_file(&self.file, MAX_ANSWERS)
            .ok()
            .flatten()
            .and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok())
            .filter(|kept| kept.format_version == 1)
            .unwrap_or_default()
    }

    fn allow(&self, host: &str) -> bool {
        let Some(project) = &self.project else {
            return false;
        };
        let kept = self.kept();
        kept.projects
            .get(project)
            .is_some_and(|hosts| hosts.contains(host))
    }

    fn keep(&mut self, host: &str) -> Result<(), Failure> {
        let Some(project) = &self.project else {
            return Ok(());
        };
        let mut kept = self.kept();
        kept.format_version = 1;
        let hosts = kept.projects.entry(project.clone()).or_default();
        hosts.insert(host.to_owned());
        let mut text = serde_json::to_string_pretty(&kept).map_err(io::Error::other)?;
        text.push('\n');
        write_private(&self.file, text.as_bytes())
    }
}

/// Whether a remote's address is the allowed one or lies below it, by whole parts. Names and passwords
/// in addresses, and `.git` at their end, do not count.
fn is_remote(remote: &str, allowed: &str) -> bool {
    fn parts(address: &str) -> Vec<&str> {
        let address = match address.split_once("://") {
            // The scheme counts, what follows it up to the host does not.
            Some((_, rest)) => {
                let host = rest.split('/').next().unwrap_or_default();
                let name = host.rfind('@').map_or(0, |at| at + 1);
                let scheme = address.len() - rest.len();
                return std::iter::once(&address[..scheme])
                    .chain(without_end(&rest[name..]).split('/'))
                    .collect();
            }
            None => address,
        };
        without_end(address).split('/').collect()
    }
    fn without_end(address: &str) -> &str {
        let address = address.trim_end_matches('/');
        address.strip_suffix(".git").unwrap_or(address)
    }
    let allowed = parts(allowed.strip_prefix(GIT).unwrap_or(allowed));
    let own = parts(remote);
    let leaves = own.iter().any(|part| matches!(*part, "." | ".."));
    !leaves && allowed != [""] && own.starts_with(&allowed)
}

/// Whether a place lies at or below the allowed one, by whole parts; nothing where no ledger can lie
/// at or below that.
fn begins_with(location: &Location, allowed: &str, directory: &Path) -> Option<bool> {
    if let Some((allowed_scheme, rest)) = allowed.split_once("://")
        && !allowed_scheme.starts_with(GIT)
    {
        let parts: Vec<&str> = rest.strip_suffix('/').unwrap_or(rest).split('/').collect();
        let is_place = matches!(allowed_scheme, "s3" | "gs" | "az")
            && parts.iter().all(|part| !matches!(*part, "" | "." | ".."));
        let Location::Object {
            scheme,
            container,
            key,
        } = location
        else {
            return is_place.then_some(false);
        };
        let own: Vec<&str> = std::iter::once(container.as_str())
            .chain(key.as_ref().split('/'))
            .collect();
        return is_place.then(|| scheme.as_str() == allowed_scheme && own.starts_with(&parts));
    }
    if let Some(remote) = allowed.strip_prefix(GIT) {
        return (!remote.is_empty()).then_some(false);
    }
    let Location::File(path) = location else {
        return Some(false);
    };
    // The folder may be named by a way through links.
    let directories = [
        std::path::absolute(directory).ok(),
        std::fs::canonicalize(directory).ok(),
    ];
    Some(directories.into_iter().flatten().any(|base| {
        let own = match path.strip_prefix(directory) {
            Ok(below) => base.join(below),
            Err(_) => base.join(path),
        };
        normal(&own).starts_with(normal(&base.join(allowed)))
    }))
}

/// A path without `.` and `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strangers(hosts: &[&str]) -> Vec<(&'static str, HostPort)> {
        ["desk", "accounts"]
            .into_iter()
            .zip(hosts)
            .map(|(name, host)| (name, HostPort::parse(host).unwrap()))
            .collect()
    }

    /// Asks and gives the answers in order; returns the questions and who is still a stranger.
    fn asked(
        hosts: &[&str],
        answers: Option<Answers>,
        says: &[bool],
    ) -> (Vec<String>, Vec<&'static str>) {
        let (mut strangers, mut questions) = (strangers(hosts), Vec::new());
        let mut says = says.iter();
        let mut ask = |host: &str| {
            questions.push(host.to_owned());
            Ok(*says.next().expect("no question more"))
        };
        decide(&mut strangers, answers, Some(&mut ask)).unwrap();
        (
            questions,
            strangers.into_iter().map(|(name, _)| name).collect(),
        )
    }

    #[test]
    fn case_37_a_host_is_asked_for_once_per_project() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("config/deskform");
        let answers = |project: &str| Some(Answers::at(&folder, Path::new(project)));
        let two = ["desk.example.com", "accounts.example.com:8443"];
        // A no is no answer for ever, and asks for nothing more.
        assert_eq!(
            asked(&two, answers("/a"), &[false]),
            (vec![two[0].to_owned()], vec!["desk", "accounts"])
        );
        assert!(!folder.exists());
        assert_eq!(
            asked(&two, answers("/a"), &[true, false]),
            (two.map(str::to_owned).to_vec(), vec!["accounts"])
        );
        assert_eq!(
            asked(&two, answers("/a"), &[true]),
            (vec![two[1].to_owned()], vec![])
        );
        assert_eq!(asked(&two, answers("/a"), &[]), (vec![], vec![]));
        // One question where both are one host.
        let same = ["p.example.com", "p.example.com:443"];
        assert_eq!(
            asked(&same, answers("/a"), &[true]),
            (vec!["p.example.com".to_owned()], vec![])
        );
        // Other projects, other ports and other hosts have not been asked for.
        for (project, hosts) in [
            ("/b", two),
            ("/a/b", two),
            ("/a", ["desk.example.com:8443", "accounts.example.com"]),
        ] {
            let (questions, left) = asked(&hosts, answers(project), &[false]);
            assert_eq!(questions, [hosts[0]], "{project}");
            assert_eq!(left, ["desk", "accounts"]);
        }
        // What is remembered counts where nobody can be asked.
        let mut left = strangers(&two);
        decide(&mut left, answers("/a"), None).unwrap();
        assert_eq!(left, []);
        // Without a folder the question comes each time.
        assert_eq!(asked(&two, None, &[true, true]).1, [""; 0]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder.join(ANSWERS)), 0o600);
            assert_eq!(mode(&folder), 0o700);
        }
        // What cannot be understood allows nothing, and is written anew.
        std::fs::write(folder.join(ANSWERS), "{").unwrap();
        assert_eq!(asked(&two, answers("/a"), &[true, true]).1, [""; 0]);
        assert_eq!(asked(&two, answers("/a"), &[]).0, [""; 0]);
    }

    #[test]
    fn case_37_the_project_answers_nothing_itself() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        let project = root.join("project");
        std::fs::create_dir_all(project.join(".config")).unwrap();
        for inside in ["project", "project/.config/deskform", "project/x/y/z"] {
            assert!(!is_outside(&root.join(inside), &project), "{inside}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(project.join(".config"), root.join("link")).unwrap();
            assert!(!is_outside(&root.join("link/deskform"), &project));
        }
        assert!(!is_outside(Path::new("deskform"), &project));
        for outside in ["config", "project-2/x", "x/y/z"] {
            assert!(is_outside(&root.join(outside), &project), "{outside}");
        }
    }

    #[test]
    fn case_37_hosts_are_allowed_one_by_one() {
        let hosts = allowed_hosts(Some("a.example.com, b.example.com:8443,,")).unwrap();
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["a.example.com", "b.example.com:8443"]);
        assert!(allowed_hosts(None).unwrap().is_empty());
        for text in ["*", "a.example.com,*.example.com", "https://a.example.com"] {
            assert!(allowed_hosts(Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn case_37_a_ledger_lies_below_what_is_allowed() {
        let directory = Path::new("/srv/project");
        for (ledger, allowed, expected) in [
            ("s3://bucket/a/eu.json", "s3://bucket", Some(true)),
            ("s3://bucket/a/eu.json", "s3://bucket/", Some(true)),
            ("s3://bucket/a/eu.json", "s3://bucket/a", Some(true)),
            ("s3://bucket/a/eu.json", "s3://bucket/a/eu.json", Some(true)),
            ("s3://bucket-of-others/eu.json", "s3://bucket", Some(false)),
            ("s3://bucket/ab/eu.json", "s3://bucket/a", Some(false)),
            ("s3://bucket/a/eu.json", "s3://bucket/a/eu", Some(false)),
            ("s3://bucket/a/eu.json", "s3://bucket/b", Some(false)),
            ("s3://bucket/eu.json", "s3://buck", Some(false)),
            ("gs://bucket/eu.json", "s3://bucket", Some(false)),
            ("s3://bucket/eu.json", ".deskform", Some(false)),
            (".deskform/eu.json", "s3://bucket", Some(false)),
            (".deskform/eu.json", ".deskform", Some(true)),
            (".deskform/eu.json", "./x/../.deskform/", Some(true)),
            (".deskform/eu.json", "/srv/project", Some(true)),
            (
                ".deskform/eu.json",
                "/srv/project/.deskform/eu.json",
                Some(true),
            ),
            (".deskform/../../other/eu.json", "/srv/project", Some(false)),
            (".deskform/../x/eu.json", ".deskform", Some(false)),
            (".deskform-2/eu.json", ".deskform", Some(false)),
            ("/srv/project-2/eu.json", "/srv/project", Some(false)),
            ("s3://bucket/eu.json", "s3://", None),
            ("s3://bucket/eu.json", "s3://bucket/../x", None),
            ("s3://bucket/eu.json", "s3://bucket//x", None),
            ("s3://bucket/eu.json", "ftp://bucket", None),
        ] {
            let location = Location::parse(ledger, directory).unwrap();
            let found = begins_with(&location, allowed, directory);
            assert_eq!(found, expected, "{ledger} {allowed}");
        }
    }
}
