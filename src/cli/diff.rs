//! `deskform diff`.

mod credentials;
mod revision;
mod sides;

use std::collections::{BTreeMap, BTreeSet};

use super::Global;
use super::choice;
use super::common::{Failure, Folder, Texts, Workspace, block_on, remark};
use super::export::{Chosen, Read};
use super::many::Form;
use super::progress::{reading, remembered};
use super::terminal::style;
use super::wait::MaxWait;
use crate::comparison::{Against, Compared, Exports, Report, Side, against, declared, exports};
use crate::config::Prune;
use crate::export::Exported;
use crate::kind;
use crate::problem::{Code, Problem, exit};
use crate::report;
use crate::run_record::watched;
use sides::{Declared, Manifests, Word};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 both sides are equal; 1 error; 2 they differ.")]
pub struct Args {
    /// The first side: an environment as it is live, `dir:PATH` for the manifests of another project
    /// folder (the path counts from this project's), or `git:REV` for those of a revision of this one
    #[arg(value_name = "A")]
    a: String,
    /// The second side, written in the same way
    #[arg(value_name = "B")]
    b: String,
    /// Compare this kind only; `all` means every kind; repeatable. By default those that manifests
    /// declare, and of two environments all but customers' records. Beside manifests it lists as well what
    /// only the environment has of the kind
    #[arg(long = "kinds", value_name = "KIND")]
    kinds: Vec<String>,
    /// The form of the report: text for people, json for programs, markdown for a comment
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Form,
    #[command(flatten)]
    wait: MaxWait,
}

/// What a comparison came to, and what could not be told.
type Found = (Report, Option<Failure>);

/// Compares two sides.
///
/// # Errors
/// [`Failure`] with everything that is in the way.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let a = Word::of(global, &args.a)?;
    let b = Word::of(global, &args.b)?;
    if a == b {
        return Err(Problem::error(
            Code::SameSides,
            format!("`{}` and `{}` are one side", args.a, args.b),
        )
        .help("name two: environments, `dir:PATH` for another folder, or `git:REV` for a revision")
        .into());
    }
    let kinds = choice::kinds(&args.kinds)
        .map_err(|problems| Failure::Problems(problems.into(), Texts::default()))?;
    let work = Work {
        global,
        wait: args.wait,
        kinds,
    };
    let (report, failure) = match (a, b) {
        (Word::Environment(a), Word::Environment(b)) => work.environments([a, b])?,
        (Word::Environment(live), Word::Manifests(own)) => work.against(live, own, true)?,
        (Word::Manifests(own), Word::Environment(live)) => work.against(live, own, false)?,
        (Word::Manifests(a), Word::Manifests(b)) => work.manifests(a, b)?,
    };
    args.format.print(&match args.format {
        Form::Text => report::comparison::text(&report, style(global)),
        Form::Json => report::comparison::json(&report),
        Form::Markdown => report::comparison::markdown(&report),
    })?;
    if let Some(failure) = failure {
        // What differs there nobody knows; the rest was told all the same.
        return Err(failure);
    }
    Ok(if report.differences.is_empty() {
        exit::OK
    } else {
        exit::DIFFERENCE
    })
}

/// One comparison.
struct Work<'w> {
    global: &'w Global,
    wait: MaxWait,
    kinds: choice::Kinds,
}

impl Work<'_> {
    /// Whether `--kinds` says anything.
    fn names_kinds(&self) -> bool {
        self.kinds.are_all || !self.kinds.named.is_empty()
    }

    /// The kinds that are compared; `otherwise` where none is named.
    fn chosen(&self, otherwise: impl IntoIterator<Item = &'static str>) -> BTreeSet<&'static str> {
        if self.names_kinds() {
            self.export().kinds
        } else {
            otherwise.into_iter().collect()
        }
    }

    /// What an export of the kinds would read.
    fn export(&self) -> Chosen {
        let kinds = choice::Kinds {
            are_all: self.kinds.are_all,
            named: self.kinds.named.clone(),
        };
        Chosen::new(kinds, Vec::new(), Vec::new())
    }

    fn note(&self, text: &str) {
        if !self.global.quiet {
            remark(self.global, &format!("note: {text}"));
        }
    }

    /// An environment of the project.
    fn environment(&self, folder: &Folder, name: &str) -> Result<Workspace, Failure> {
        let workspace = Workspace::of(self.global, folder, Some(name))?;
        workspace.max_wait.set(self.wait.max_wait);
        workspace.endpoint()?;
        Ok(workspace)
    }

    /// Compares two organizations.
    fn environments(&self, names: [&str; 2]) -> Result<Found, Failure> {
        let global = self.global;
        let folder = Folder::read(global)?;
        let [a, b] = names;
        let (a, b) = (self.environment(&folder, a)?, self.environment(&folder, b)?);
        credentials::refuse_shared(&a, &b)?;
        let chosen = self.export();
        if let Some(left_out) = chosen.left_out("compares") {
            self.note(&left_out);
        }
        let mut one = self.read(&a, &chosen)?;
        let mut other = self.read(&b, &chosen)?;
        let mut first = one.exported(global, &a, &chosen, None, BTreeMap::new())?;
        let names = first.names(&one.live);
        let mut second = other.exported(global, &b, &chosen, None, names)?;
        self.tell(&[(&a, &first), (&b, &second)]);
        let mut kinds = chosen.kinds.clone();
        for read in [&one, &other] {
            for collection in read.cannot(&chosen.kinds) {
                kinds.remove(&*collection);
            }
        }
        for exported in [&mut first, &mut second] {
            let is_compared = |collection: &str| kinds.contains(collection);
            (exported.state).retain(|address, _| is_compared(address.collection));
        }
        let compared = exports(Exports {
            a: (&first, one.live.dialect),
            b: (&second, other.live.dialect),
        });
        let report = compared.report(side(&a), side(&b), &kinds);
        Ok((report, None))
    }

    /// Reads an organization.
    fn read(&self, workspace: &Workspace, chosen: &Chosen) -> Result<Read, Failure> {
        let name = &workspace.environment.name;
        if !self.global.quiet {
            remark(self.global, &format!("environment `{name}`"));
        }
        let store = workspace.store()?.batched();
        block_on(Read::live(self.global, workspace, &store, chosen))
    }

    /// Says what exports left out: what is said of all of them once, and of the others which are meant.
    fn tell(&self, exports: &[(&Workspace, &Exported)]) {
        let lines = |exported: &Exported| {
            if self.global.verbose > 0 {
                exported.notes.lines()
            } else {
                // The rest is about how manifests would be written.
                exported.notes.general()
            }
        };
        let mut told = BTreeSet::new();
        for (workspace, exported) in exports {
            for line in lines(exported) {
                let is_of_all = exports
                    .iter()
                    .all(|(_, other)| lines(other).contains(&line));
                if !is_of_all {
                    self.note(&format!("{}: {line}", workspace.environment.name));
                } else if told.insert(line.clone()) {
                    self.note(&line);
                }
            }
        }
    }

    /// Compares manifests with an organization.
    fn against(
        &self,
        live: &str,
        manifests: Manifests<'_>,
        is_live_first: bool,
    ) -> Result<Found, Failure> {
        let global = self.global;
        let folder = Folder::read(global)?;
        let workspace = self.environment(&folder, live)?;
        let own = global.one_environment()?.unwrap_or(live);
        let manifests = Declared::open(global, manifests, Some(own))?;
        let kinds = self.chosen(manifests.desired.state.keys().map(|one| one.collection));
        let mut options = workspace.options(global, &[])?;
        // What nobody declares is told by an export, where it is asked for.
        options.prune = (kind::all())
            .map(|kind| (kind.collection.to_owned(), Prune::None))
            .collect();
        let store = workspace.store()?.batched();
        let sides = block_on(async {
            let view = workspace.look(&store).await?;
            workspace.warn(global, &view.warnings);
            options.watched = watched(&view.doubts);
            options.ledger = Some(view.ledger)
                .filter(|ledger| ledger.serial > 0 || !ledger.resources.is_empty());
            let connected = workspace.connect(None).await?;
            let known = options.ledger.iter();
            let expected = remembered(known.flat_map(|ledger| ledger.listings.values()));
            let session = &connected.session;
            let comparing = session.compare(&manifests.desired, &options);
            let compared = reading(global, session, expected, comparing).await;
            compared.map_err(|error| manifests.workspace.session_failure(error))
        })?;
        // Secrets are compared as templates, whether they are set or not.
        let warnings = sides.warnings.iter();
        let warnings: Vec<Problem> = (warnings)
            .filter(|problem| problem.code != Code::NotCompared)
            .cloned()
            .collect();
        manifests.workspace.warn(global, &warnings);
        let mut compared = against(
            Against {
                sides: &sides,
                is_live_first,
            },
            &kinds,
        );
        if self.names_kinds() {
            self.add_live(&workspace, &manifests, &mut compared, is_live_first)?;
        }
        let (live, declared) = (side(&workspace), manifests.side);
        let (a, b) = if is_live_first {
            (live, declared)
        } else {
            (declared, live)
        };
        let report = compared.report(a, b, &kinds);
        let problems = sides.problems;
        let failure = (!problems.is_empty()).then(|| manifests.workspace.failure(problems.into()));
        Ok((report, failure))
    }

    /// Adds what an organization has of the kinds that are named, and no manifest.
    fn add_live(
        &self,
        workspace: &Workspace,
        manifests: &Declared,
        compared: &mut Compared,
        is_live_first: bool,
    ) -> Result<(), Failure> {
        let chosen = self.export();
        let mut read = self.read(workspace, &chosen)?;
        let desired = Some(&manifests.desired);
        let exported = read.exported(self.global, workspace, &chosen, desired, BTreeMap::new())?;
        self.tell(&[(workspace, &exported)]);
        compared.add_live(&exported.state, is_live_first);
        Ok(())
    }

    /// Compares manifests with manifests.
    fn manifests(&self, a: Manifests<'_>, b: Manifests<'_>) -> Result<Found, Failure> {
        let own = self.global.one_environment()?;
        let a = Declared::open(self.global, a, own)?;
        let b = Declared::open(self.global, b, own)?;
        let all = a.desired.state.keys().chain(b.desired.state.keys());
        let kinds = self.chosen(all.map(|address| address.collection));
        let compared = declared(&a.desired, &b.desired, &kinds);
        Ok((compared.report(a.side, b.side, &kinds), None))
    }
}

/// An environment as a side.
fn side(workspace: &Workspace) -> Side {
    let environment = &workspace.environment;
    Side {
        name: environment.name.clone(),
        environment: environment.name.clone(),
        org_id: Some(environment.org_id.clone()),
        commit: None,
    }
}
