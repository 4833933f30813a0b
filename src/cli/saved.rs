//! Credentials that `auth login --save` keeps: in a file of the user, or by a program of the user's.
//!
//! Nothing of a project says where they are: the file lies in the user's configuration folder, and the
//! program is named by the environment of the process alone. They are kept by the host that they go
//! to and by organization, so that no project gets them sent elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::admit::config_folder;
use super::common::{Failure, Workspace, environment_variable, is_ci};
use super::files::{read_file, write_private};
use crate::api::Credentials;
use crate::problem::{Code, Problem, listed};
use crate::safe::mask;

/// The variable that names the program.
const COMMAND: &str = "DESKFORM_CREDENTIAL_COMMAND";
/// The file in the user's configuration folder.
const FILE: &str = "credentials.json";
/// Largest such file, and longest answer of the program, in bytes.
const MAX: u64 = 1024 * 1024;
const FORMAT_VERSION: u64 = 1;

/// What credentials are kept by.
struct Whose {
    /// The address of the accounts server.
    accounts: String,
    organization: String,
    /// The client, where the environment says it.
    client_id: Option<String>,
}

/// What is kept for one organization. Deliberately without `Debug`.
#[derive(Serialize, Deserialize, Clone)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    client_id: String,
    client_secret: String,
    refresh_token: String,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    format_version: u64,
    /// By the address of the accounts server, a blank, and the organization's id.
    credentials: BTreeMap<String, Entry>,
}

/// Where credentials are kept.
enum Place {
    File(PathBuf),
    Program(String),
}

impl Workspace {
    /// The credentials that were saved for this organization, if there are any.
    ///
    /// # Errors
    /// [`Failure`] when the file or the program cannot be used.
    pub(super) fn saved_credentials(&self) -> Result<Option<Credentials>, Failure> {
        let whose = self.whose()?;
        let found = match self.place_of_saved(true)? {
            None => return Ok(None),
            Some(Place::File(path)) => read(&path)?.credentials.remove(&whose.key()),
            Some(Place::Program(program)) => whose.entry(&ask(&program, "get", &whose, None)?)?,
        };
        // Another client's are none of this environment's.
        let found = found.filter(|entry| {
            let own = whose.client_id.as_deref();
            own.is_none_or(|own| own == entry.client_id)
        });
        Ok(found.map(|entry| {
            mask::hide([entry.client_secret.as_str(), entry.refresh_token.as_str()]);
            Credentials {
                client_id: entry.client_id,
                client_secret: SecretString::from(entry.client_secret),
                refresh_token: SecretString::from(entry.refresh_token),
            }
        }))
    }

    /// Says for which organizations credentials are saved where there are none for this one.
    ///
    /// # Errors
    /// [`Failure`] when the file cannot be used.
    pub(super) fn saved_for_others(&self) -> Result<Option<String>, Failure> {
        let whose = self.whose()?;
        let Some(Place::File(path)) = self.place_of_saved(true)? else {
            return Ok(None);
        };
        let kept = read(&path)?.credentials;
        let shown = |key: &str| {
            let (accounts, organization) = key.split_once(' ').unwrap_or((key, ""));
            let host = accounts
                .split_once("://")
                .map_or(accounts, |(_, host)| host);
            format!("`{organization}` at `{host}`")
        };
        let own = whose.key();
        if kept.contains_key(&own) {
            return Ok(Some(format!(
                "what is saved for the organization {} is of another client",
                shown(&own)
            )));
        }
        let others: Vec<String> = kept.keys().map(|key| shown(key)).collect();
        Ok((!others.is_empty()).then(|| {
            format!(
                "credentials are saved for the organization {}, not for {}: check `orgId` and `dataCenter`",
                listed(&others, "and"),
                shown(&own)
            )
        }))
    }

    /// Keeps credentials for this organization; says where.
    ///
    /// # Errors
    /// [`Failure`] when they cannot be kept.
    pub(super) fn save_credentials(&self, credentials: &Credentials) -> Result<String, Failure> {
        let whose = self.whose()?;
        let entry = Entry {
            client_id: credentials.client_id.clone(),
            client_secret: credentials.client_secret.expose_secret().to_owned(),
            refresh_token: credentials.refresh_token.expose_secret().to_owned(),
        };
        match self.place_of_saved(false)? {
            None => Err(no_folder()),
            Some(Place::Program(program)) => {
                ask(&program, "store", &whose, Some(&entry))?;
                Ok(format!("the program of `{COMMAND}`"))
            }
            Some(Place::File(path)) => {
                let mut kept = read(&path)?;
                kept.credentials.insert(whose.key(), entry);
                write(&path, &kept)?;
                Ok(format!("`{}`", path.display()))
            }
        }
    }

    /// Forgets what was saved for this organization; says where it was.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be forgotten.
    pub(super) fn erase_credentials(&self) -> Result<Option<String>, Failure> {
        let whose = self.whose()?;
        match self.place_of_saved(false)? {
            None => Ok(None),
            Some(Place::Program(program)) => {
                ask(&program, "erase", &whose, None)?;
                Ok(Some(format!("the program of `{COMMAND}`")))
            }
            Some(Place::File(path)) => {
                let mut kept = read(&path)?;
                if kept.credentials.remove(&whose.key()).is_none() {
                    return Ok(None);
                }
                write(&path, &kept)?;
                Ok(Some(format!("`{}`", path.display())))
            }
        }
    }

    fn whose(&self) -> Result<Whose, Failure> {
        Ok(Whose {
            accounts: self.endpoint()?.accounts().to_owned(),
            organization: self.environment.org_id.clone(),
            // A line break would be another line for the program that is asked.
            client_id: (self.environment.client_id(&self.credential_variables()))
                .filter(|id| !id.contains(char::is_control)),
        })
    }

    /// The program where one is named; else the file, which a pipeline does not look for: what its
    /// home holds may come from the repository that it runs.
    fn place_of_saved(&self, is_read: bool) -> Result<Option<Place>, Failure> {
        if let Some(program) = environment_variable(COMMAND).filter(|text| !text.trim().is_empty())
        {
            return Ok(Some(Place::Program(program)));
        }
        if is_read && is_ci() {
            return Ok(None);
        }
        let directory = fs::canonicalize(&self.project.directory)?;
        Ok(config_folder(&directory).map(|folder| Place::File(folder.join(FILE))))
    }
}

fn no_folder() -> Failure {
    Problem::error(
        Code::CredentialFile,
        "there is no folder for saved credentials outside the project",
    )
    .help("set `DESKFORM_CONFIG` to a folder of yours outside every project")
    .into()
}

impl Whose {
    fn key(&self) -> String {
        format!("{} {}", self.accounts, self.organization)
    }

    /// The lines that tell a program whose credentials are meant.
    fn lines(&self) -> String {
        let (protocol, host) = self
            .accounts
            .split_once("://")
            .unwrap_or(("https", &self.accounts));
        let client = self.client_id.as_deref();
        let client = client.map_or_else(String::new, |id| format!("clientId={id}\n"));
        format!(
            "protocol={protocol}\nhost={host}\norganization={}\n{client}",
            self.organization
        )
    }

    /// What a program answered; nothing where it knows nothing.
    fn entry(&self, answer: &str) -> Result<Option<Entry>, Failure> {
        let value = |key: &str| {
            let mut lines = answer.lines().filter_map(|line| line.split_once('='));
            let found = lines.find(|(name, _)| *name == key);
            found
                .map(|(_, value)| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let given = [value("clientSecret"), value("refreshToken")];
        mask::hide(given.iter().flatten().map(String::as_str));
        let client_id = value("clientId").or_else(|| self.client_id.clone());
        match (client_id, given) {
            (_, [None, None]) => Ok(None),
            (Some(client_id), [Some(client_secret), Some(refresh_token)]) => Ok(Some(Entry {
                client_id,
                client_secret,
                refresh_token,
            })),
            (client_id, [secret, token]) => {
                let all = [
                    ("clientId", client_id.is_none()),
                    ("clientSecret", secret.is_none()),
                    ("refreshToken", token.is_none()),
                ];
                let lacking: Vec<&str> = all
                    .into_iter()
                    .filter_map(|(key, lacks)| lacks.then_some(key))
                    .collect();
                Err(command_failure(&format!(
                    "it gave no {}",
                    crate::problem::ticked(&lacking, "and")
                )))
            }
        }
    }
}

fn file_failure(path: &Path, why: &str, help: String) -> Failure {
    Problem::error(
        Code::CredentialFile,
        format!(
            "the saved credentials in `{}` are not used: {why}",
            path.display()
        ),
    )
    .help(help)
    .into()
}

/// What the file keeps; nothing where there is none.
fn read(path: &Path) -> Result<Kept, Failure> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Kept {
                format_version: FORMAT_VERSION,
                ..Kept::default()
            });
        }
        Err(error) => return Err(super::common::file_failure("read", path, &error)),
        Ok(found) => found,
    };
    if !found.is_file() {
        let help = "put a file there, or delete it and save again".to_owned();
        return Err(file_failure(path, "it is no regular file", help));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(file_failure(
                path,
                &format!("others may get at them (mode {mode:04o})"),
                format!(
                    "`chmod 600 {}`, and make a new refresh token if somebody may have read it",
                    path.display()
                ),
            ));
        }
    }
    let bytes = read_file(path, MAX)?.unwrap_or_default();
    // The parser's words could repeat a part of a secret.
    serde_json::from_slice::<Kept>(&bytes)
        .ok()
        .filter(|kept| kept.format_version == FORMAT_VERSION)
        .ok_or_else(|| {
            let help = "delete the file, and save again with `deskform auth login --save`";
            file_failure(path, "the file cannot be understood", help.to_owned())
        })
}

fn write(path: &Path, kept: &Kept) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(kept).map_err(io::Error::other)?;
    text.push('\n');
    write_private(path, text.as_bytes())
}

fn command_failure(why: &str) -> Failure {
    Problem::error(
        Code::CredentialCommand,
        format!("the program of `{COMMAND}` cannot be used: {why}"),
    )
    .help("it is called with `get`, `store` or `erase` and reads and writes lines `key=value`; unset the variable to use the file")
    .into()
}

/// Calls the program as git calls its credential helpers, and returns what it printed.
fn ask(
    program: &str,
    action: &str,
    whose: &Whose,
    entry: Option<&Entry>,
) -> Result<String, Failure> {
    let mut lines = whose.lines();
    if let Some(entry) = entry {
        if !lines.contains("clientId=") {
            lines.extend(["clientId=", &entry.client_id, "\n"]);
        }
        lines.extend(["clientSecret=", &entry.client_secret, "\n"]);
        lines.extend(["refreshToken=", &entry.refresh_token, "\n"]);
    }
    lines.push('\n');
    let failed = |error: &io::Error| command_failure(&error.to_string());
    let mut child = start(&format!("{program} {action}")).map_err(|error| failed(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that wants to know nothing closes its end.
        match stdin.write_all(lines.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(failed(&error)),
            _ => {}
        }
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let mut bounded = stdout.take(MAX);
        bounded
            .read_to_end(&mut answer)
            .map_err(|error| failed(&error))?;
    }
    let status = child.wait().map_err(|error| failed(&error))?;
    if !status.success() {
        return Err(command_failure(&format!("`{action}` ended with {status}")));
    }
    String::from_utf8(answer).map_err(|_| command_failure("what it printed is not UTF-8"))
}

/// Starts a line of the shell; what it says to the user goes where deskform's own remarks go.
fn start(line: &str) -> io::Result<Child> {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.arg("/C");
        command
    } else {
        let mut command = Command::new("sh");
        command.arg("-c");
        command
    };
    command
        .arg(line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
}
