//! `deskform init`.

use std::path::{Path, PathBuf};

use super::Global;
use super::common::{Failure, file_failure};
use super::output::announce;
use crate::config::begins_at_home;
use crate::config::schema::{
    MANIFEST_SCHEMA, OVERLAY_SCHEMA, PROJECT_SCHEMA, SCHEMA_FOLDER, project_schema,
};
use crate::kind::schema::{manifest_schema, overlay_schema};
use crate::problem::{Code, Problem, exit, ticked};
use crate::safe::safe;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of the new project; made where it is not there
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Without sample manifests: for an organization that `deskform export` will write
    #[arg(long)]
    bare: bool,
}

/// The project file of a new project, below its head.
const PROJECT: &str = r#"environments:
  local:                             # the embedded simulator: no account needed
    simulator: {dialect: openapi, edition: enterprise}
  # sandbox:                         # the sandbox of an organization: an organization of its own
  #   dataCenter: us                 # us eu in au jp cn ca sa sg ae
  #   orgId: "700001"                # `deskform auth status` lists what the token reaches
  # production:
  #   dataCenter: us
  #   orgId: "700002"
  #   overlays: [overlays/production]
"#;

/// How a project begins, and how one of a real organization does: a forgotten `-e` must not work on
/// the simulator, where it would look like success.
const FIRST: &str = "# The project file of deskform. The first environment is the default.\n";
const NOBODY: &str = "# The project file of deskform.\n";
const SCHEMA: &str = "# yaml-language-server: $schema=./schema/project.schema.json\n";
const NONE: &str = "defaultEnvironment: none             # each command names one: -e sandbox; better, name your sandbox here\n";

/// What an ignore file has to hold, each with what is written where it is missing.
const IGNORED: &[(&str, &str)] = &[
    (
        ".deskform",
        "# Tokens, ledgers and the simulator's state stay on this machine.\n.deskform/\n",
    ),
    (".env", "# Secrets stay on this machine.\n.env\n"),
];

const DEPARTMENTS: &str = r"# yaml-language-server: $schema=../schema/manifest.schema.json
departments:
  Technical Support:                 # the handle; it is the name unless `name` says otherwise
    description: Handles all technical issues
";

const CUSTOMERS: &str = r"# yaml-language-server: $schema=../schema/manifest.schema.json
accounts:
  Example Corporation:
    website: https://www.example.com
contacts:
  jane.doe@example.com:
    firstName: Jane
    lastName: Doe
    account: Example Corporation     # references are handles
";

/// Writes a project that works at once.
///
/// # Errors
/// [`Failure`] when one of the files exists already, or cannot be written.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let path = args.path.as_deref();
    let folder = &match path {
        // As it was written, unless it begins in another folder.
        Some(path) if global.named.is_none() => path.to_owned(),
        Some(path) => global.directory.join(path),
        None => global.directory.clone(),
    };
    if path.and_then(Path::to_str).is_some_and(begins_at_home) {
        return Err(Problem::error(
            Code::BadPath,
            format!(
                "`{}` begins with `~`, which is not expanded here",
                folder.display()
            ),
        )
        .help("write the whole path")
        .into());
    }
    let schemas = [
        (MANIFEST_SCHEMA, manifest_schema()),
        (OVERLAY_SCHEMA, overlay_schema()),
        (PROJECT_SCHEMA, project_schema()),
    ]
    .map(|(name, schema)| (format!("{SCHEMA_FOLDER}/{name}"), format!("{schema:#}\n")));
    let project = if args.bare {
        [NOBODY, SCHEMA, NONE, PROJECT].concat()
    } else {
        [FIRST, SCHEMA, PROJECT].concat()
    };
    let ignored: String = IGNORED.iter().map(|(_, text)| *text).collect();
    let mut files: Vec<(&str, &str)> = vec![("deskform.yaml", &project), (".gitignore", &ignored)];
    files.extend(schemas.iter().map(|(name, text)| (&**name, &**text)));
    if !args.bare {
        files.push(("manifests/departments.yaml", DEPARTMENTS));
        files.push(("manifests/customers.yaml", CUSTOMERS));
    }
    let taken: Vec<&str> = files
        .iter()
        .map(|(name, _)| *name)
        // An ignore file may hold what belongs to others; our own schemas are made anew at any time.
        .filter(|name| *name != ".gitignore")
        .filter(|name| folder.join(name).exists() && !is_our_schema(&folder.join(name)))
        .collect();
    if !taken.is_empty() {
        return Err(Problem::error(
            Code::Exists,
            format!(
                "{} {} already",
                ticked(&taken, "and"),
                if taken.len() == 1 { "exists" } else { "exist" }
            ),
        )
        .help("choose another folder: `deskform init PATH`; nothing was written")
        .into());
    }
    for (name, text) in files {
        let path = folder.join(name);
        if name == ".gitignore" && path.exists() {
            append_ignored(&path)?;
        } else {
            super::files::write_file(&path, text.as_bytes())?;
        }
    }
    if !global.quiet {
        let (what, next) = if args.bare {
            (
                "deskform.yaml and schema/",
                "add your organization there, then `deskform -e NAME export manifests`",
            )
        } else {
            (
                "deskform.yaml, manifests/ and schema/",
                "`deskform plan`, then `deskform apply`",
            )
        };
        let (place, first) = path.map_or_else(Default::default, |_| {
            let folder = safe(&folder.display().to_string()).into_owned();
            (format!(" in {folder}"), format!("`cd {folder}`, then "))
        });
        announce(
            global,
            &format!("Wrote {what}{place}. Next: {first}{next}.\n"),
        );
    }
    Ok(exit::OK)
}

/// Whether a file is a schema that deskform wrote.
fn is_our_schema(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "json")
        && std::fs::read_to_string(path).is_ok_and(|text| text.contains("\"title\": \"deskform "))
}

fn append_ignored(path: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| file_failure("read", path, &error))?;
    let is_there = |name: &str| {
        let mut lines = text.lines().map(str::trim);
        lines.any(|line| line.trim_start_matches('/').trim_end_matches('/') == name)
    };
    let missing = IGNORED.iter().filter(|(name, _)| !is_there(name));
    let missing: String = missing.map(|(_, text)| *text).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let separator = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    super::files::write_file(path, format!("{text}{separator}{missing}").as_bytes())
}
