//! What a command is: its name, its arguments, what it needs, its result, and its work.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::caller::{Caller, Rank};
use super::output::Output;
use super::{Done, Failed};
use crate::domain::access::DataClass;
use crate::domain::registry::OrganiserCode;
use crate::services::Services;

/// What a command asks of who runs it, and what it leaves in the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The least rank that may run it.
    pub rank: Rank,
    pub about: About,
    pub row: Row,
}

/// Whose data a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nobody's.
    Nothing,
    /// The organiser's that its arguments name ([`Operation::organiser`]).
    Named,
    /// The organiser's that its arguments name, or every organiser's where they name none.
    NamedOrAll,
    /// An organiser's that is found while it runs. It asks [`Caller::acts_for`] itself, and answers what is another's
    /// as what there is not.
    Found,
    /// Every organiser's at once.
    All,
}

/// The row that a command leaves in the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// It keeps its rows itself.
    Own,
    /// One row, kept before anything is done or shown, with this purpose and class of data.
    One(&'static str, DataClass),
    /// None: it shows how things are and no data.
    None,
}

/// One command with its arguments: values, never paths. Its doc comment describes it to whoever calls it.
pub trait Operation: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name: in the address, in the log and in the access log.
    const NAME: &'static str;
    const NEEDS: Needs;

    /// The organiser that the arguments name; `None` where they name none that could be one.
    fn organiser(&self) -> Option<OrganiserCode> {
        None
    }

    /// Does it.
    fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> impl Future<Output = Result<Done, Failed>> + Send;
}

/// A command that tokens of the API may run, each by its role.
pub trait Published: Operation + JsonSchema {
    /// What its result is.
    type Answer: JsonSchema;

    /// Arguments that could be, as JSON.
    const EXAMPLE: &'static str;
}

/// What the document of the API says of a command.
pub struct Schemas {
    pub arguments: Schema,
    pub answer: Schema,
    pub example: Value,
    /// Its doc comment.
    pub description: String,
}

/// Work under way.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<Done, Failed>> + Send + 'a>>;

/// A command with its arguments, of whatever kind.
trait Ready: Send + Sync {
    fn organiser(&self) -> Option<OrganiserCode>;
    fn arguments(&self) -> Result<Vec<u8>, serde_json::Error>;
    fn run<'a>(
        self: Box<Self>,
        services: &'a Services,
        caller: &'a Caller,
        output: &'a Output,
    ) -> Running<'a>;
}

impl<O: Operation> Ready for O {
    fn organiser(&self) -> Option<OrganiserCode> {
        Operation::organiser(self)
    }

    fn arguments(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    fn run<'a>(
        self: Box<Self>,
        services: &'a Services,
        caller: &'a Caller,
        output: &'a Output,
    ) -> Running<'a> {
        Box::pin(Operation::run(*self, services, caller, output))
    }
}

/// Name, needs and organiser of a command.
pub(super) type Unrun = (&'static str, Needs, Option<OrganiserCode>);

/// A command ready to run.
pub struct Command {
    pub name: &'static str,
    pub needs: Needs,
    ready: Box<dyn Ready>,
}

impl Command {
    /// A command of these arguments.
    pub fn of<O: Operation>(operation: O) -> Command {
        Command {
            name: O::NAME,
            needs: O::NEEDS,
            ready: Box::new(operation),
        }
    }

    /// The organiser that its arguments name.
    pub fn organiser(&self) -> Option<OrganiserCode> {
        self.ready.organiser()
    }

    /// Its arguments, as a server takes them.
    ///
    /// # Errors
    /// They cannot be written as JSON.
    pub fn arguments(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.ready.arguments()
    }

    /// What stands in the access log of it, whatever becomes of it.
    pub(super) fn unrun(&self) -> Unrun {
        (self.name, self.needs, self.organiser())
    }

    pub(super) fn run<'a>(
        self,
        services: &'a Services,
        caller: &'a Caller,
        output: &'a Output,
    ) -> Running<'a> {
        self.ready.run(services, caller, output)
    }
}

/// A command whose arguments are not given yet: what [`super::OPERATIONS`] lists.
pub trait Listed: Send + Sync {
    fn name(&self) -> &'static str;
    fn needs(&self) -> Needs;

    /// Its schemas, where it is published.
    fn schemas(&self, generator: &mut SchemaGenerator) -> Option<Schemas>;

    /// The command with these arguments.
    ///
    /// # Errors
    /// Which member is wrong and why; nothing of what was given is in the text.
    fn parse(&self, arguments: &[u8]) -> Result<Command, String>;
}

/// A command as [`super::OPERATIONS`] lists it.
pub(super) struct Entry<O: Operation> {
    schemas: Option<fn(&mut SchemaGenerator) -> Schemas>,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Entry<O> {
    /// For the owner alone.
    pub(super) const OWNERS: Entry<O> = Entry {
        schemas: None,
        operation: PhantomData,
    };
}

impl<O: Published> Entry<O> {
    pub(super) const PUBLISHED: Entry<O> = Entry {
        schemas: Some(schemas::<O>),
        operation: PhantomData,
    };
}

fn schemas<O: Published>(generator: &mut SchemaGenerator) -> Schemas {
    let whole = O::json_schema(generator);
    let description = whole.get("description").and_then(Value::as_str);
    Schemas {
        arguments: generator.subschema_for::<O>(),
        answer: generator.subschema_for::<O::Answer>(),
        example: serde_json::from_str(O::EXAMPLE).unwrap_or_default(),
        description: description.unwrap_or_default().to_owned(),
    }
}

impl<O: Operation> Listed for Entry<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn needs(&self) -> Needs {
        O::NEEDS
    }

    fn schemas(&self, generator: &mut SchemaGenerator) -> Option<Schemas> {
        self.schemas.map(|schemas| schemas(generator))
    }

    fn parse(&self, arguments: &[u8]) -> Result<Command, String> {
        super::arguments::read::<O>(arguments).map(Command::of)
    }
}
